"""Applications as each asker may see them, and their evidence."""

import asyncio
from datetime import date
from typing import Any
from unittest.mock import AsyncMock

import pytest

from db import reads
from db.vault import case_owner
from domain import commands as c
from domain.errors import Refused
from domain.roles import Role
from tests.api.conftest import Product
from tests.api.test_evidence import pdf
from tests.support.journeys import JourneyWorld
from tests.support.programmes import OPERATIONS, START

PATH = "/v1/applications/application-1"


@pytest.fixture
async def world(product: Product) -> JourneyWorld:
    world = JourneyWorld()
    await product.project(world)
    return world


async def test_a_candidate_sees_the_own_application_with_what_it_still_needs(
    product: Product, world: JourneyWorld
) -> None:
    answer = await product.ask("GET", PATH, "candidate")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["state"], body["name"]) == ("INVITED", "Nama candidate")
    assert (body["seq"], body["hash"]) == (world.case.seq, world.case.head)
    assert [r["requirement"] for r in body["requirements"]] == [
        "R-Q3",
        "R-TECH",
        "R-REC",
        "R-IT",
        "D-IDENTITY",
    ]
    assert [t["kind"] for t in body["tasks"]] == ["submit_application"]
    assert any(o["trigger"] == "withdraw" and o["ok"] for o in body["allowed"])
    listed = (await product.ask("GET", "/v1/applications", "candidate")).json()["items"]
    assert [a["id"] for a in listed] == ["application-1"]


@pytest.mark.parametrize(
    ("who", "status"), [("organiser", 200), ("verifier", 200), ("auditor", 200), ("neighbour", 404)]
)
async def test_others_see_it_as_far_as_they_have_to(
    product: Product, world: JourneyWorld, who: str, status: int
) -> None:
    assert (await product.ask("GET", PATH, who)).status_code == status
    assert (await product.ask("GET", f"/v1/cases/{world.case.stream}/timeline", who)).status_code == status
    listed = (await product.ask("GET", "/v1/applications", who)).json()["items"]
    assert len(listed) == (1 if status == 200 else 0)


async def test_another_candidate_is_a_stranger(product: Product, world: JourneyWorld) -> None:
    await product.person("other", Role.CANDIDATE)
    tries: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", PATH, {}),
        ("GET", f"{PATH}/evidence", {}),
        ("POST", f"{PATH}/evidence?requirement=diploma", {"content": pdf()}),
        ("POST", f"{PATH}/commands/withdraw_journey", {}),
    )
    for method, path, more in tries:
        answer = await product.ask(method, path, "other", **more)
        assert answer.status_code == 404, path
    assert len(await product.denials("other")) == 4
    assert (await product.ask("GET", "/v1/applications", "other")).json()["items"] == []


async def test_evidence_is_kept_shown_and_given_to_those_who_may(
    product: Product, world: JourneyWorld
) -> None:
    sent = await product.ask(
        "POST", f"{PATH}/evidence?requirement=diploma&dated=2015-07-01", "candidate", content=pdf()
    )
    assert sent.status_code == 201, sent.text
    document = sent.json()["items"][0]
    again = await product.ask(
        "POST", f"{PATH}/evidence?requirement=diploma&dated=2015-07-01", "candidate", content=pdf()
    )
    assert again.json()["items"][0]["id"] == document["id"]
    body: dict[str, Any] = (await product.ask("GET", PATH, "candidate")).json()
    line = next(r for r in body["requirements"] if r["requirement"] == "R-Q3")
    assert line["documents"][0]["uploaded"][0]["digest"] == sent.json()["digest"]
    for who, status in (("candidate", 200), ("verifier", 200), ("organiser", 404), ("neighbour", 404)):
        got = await product.ask("GET", f"{PATH}/evidence/{document['id']}", who)
        assert (who, got.status_code) == (who, status)
    named = await product.ask("GET", f"{PATH}/evidence", "organiser")
    assert "duplicate_of" not in named.text
    assert "duplicate_of" in (await product.ask("GET", f"{PATH}/evidence", "auditor")).text


class Dispatched:
    """Stands where the gateway would call the workflow; keeps what came."""

    def __init__(self) -> None:
        self.commands: list[Any] = []

    async def __call__(self, *, stream: str, command: Any, **_: Any) -> c.Receipt:
        self.commands.append(command)
        return c.Receipt(stream=stream, seq=1, hash="h", state="X", command_id="c", command_digest="d")


async def test_each_command_of_an_application_has_its_address(
    product: Product, world: JourneyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Dispatched()
    product.runtime.connected = True
    monkeypatch.setattr(product.runtime.gateway, "dispatch", sent)
    monkeypatch.setattr(product.runtime.gateway, "rehearse", AsyncMock())
    form = {"form": "schedule", "assessor": "m4", "venue": "TUK-1", "day": "2026-05-04"}
    moved = {"form": form, "asked_by_candidate": True, "reason": "Calon sakit."}
    for who, name, body in (
        ("organiser", "reschedule_assessment", moved),
        ("organiser", "interrupt_assessment", {"reason": "Listrik padam."}),
        ("operations", "override_separation", {"person": "m1", "reason": "Satu-satunya di bidang ini."}),
        ("candidate", "withdraw_journey", None),
    ):
        answer = await product.ask("POST", f"{PATH}/commands/{name}", who, json=body)
        assert answer.status_code == 200, answer.text
    move, stop, override, leave = sent.commands
    assert isinstance(move, c.RescheduleAssessment)
    assert (move.form.day, move.asked_by_candidate) == (date(2026, 5, 4), True)
    assert isinstance(stop, c.InterruptAssessment)
    assert isinstance(override, c.OverrideSeparation)
    assert leave == c.WithdrawJourney()
    for name in ("reschedule_assessment", "interrupt_assessment"):
        assert (await product.ask("POST", f"{PATH}/commands/{name}", "organiser")).status_code == 422
    async with product.runtime.db.read() as session:
        assert await product.runtime.vault.open_text(session, move.reason.id) == "Calon sakit."
        opened = await product.runtime.vault.open_text(session, override.reason.id)
        assert opened == "Satu-satunya di bidang ini."


async def test_an_override_shows_by_whom_and_why_to_bnsp_and_the_organiser(product: Product) -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    async with product.runtime.db.write() as session:
        reason = await product.runtime.vault.seal_text(
            session, case_owner("application-1"), "Satu-satunya di bidang ini.", "officer", at=START
        )
    world.send(OPERATIONS, c.OverrideSeparation(person="m1", reason=reason))
    await product.project(world)
    for who, why in (
        ("operations", "Satu-satunya di bidang ini."),
        ("organiser", "Satu-satunya di bidang ini."),
        ("candidate", None),
    ):
        (shown,) = (await product.ask("GET", PATH, who)).json()["overrides"]
        assert (shown["person"], shown["by"]["person"]) == ("m1", OPERATIONS.person)
        assert (shown["reason_id"], shown["reason"]) == (reason.id, why)
    timeline = (await product.ask("GET", "/v1/cases/application-1/timeline", "auditor")).json()
    event = next(e for e in timeline["items"] if e["type"] == "separation_overridden")
    (found,) = event["findings"]
    assert (found["rule"], found["outcome"]) == ("R-SOD", "pass")
    assert (found["facts"]["by"], found["facts"]["reason"]) == (OPERATIONS.person, reason.id)
    assert "Satu-satunya" not in str(timeline)


async def test_of_one_command_sent_twice_at_once_the_text_outlives_the_refusal_of_the_other(
    product: Product, world: JourneyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The try that stored the text is refused only after the other one, with the same key, was taken."""
    stored, taken = asyncio.Event(), asyncio.Event()
    texts: list[str] = []

    async def dispatch(*, stream: str, command: Any, **_: Any) -> c.Receipt:
        texts.append(command.reason.id)
        if len(texts) == 1:
            stored.set()
            await taken.wait()
            raise Refused.because("M-STATE", "Tidak berlaku.", "Does not apply.")
        return c.Receipt(stream=stream, seq=1, hash="h", state="X", command_id="c", command_digest="d")

    product.runtime.connected = True
    monkeypatch.setattr(product.runtime.gateway, "dispatch", dispatch)
    monkeypatch.setattr(product.runtime.gateway, "rehearse", AsyncMock())
    path, body = f"{PATH}/commands/interrupt_assessment", {"reason": "Listrik padam."}
    first = asyncio.create_task(product.ask("POST", path, "organiser", key="k1", json=body))
    await stored.wait()
    second = await product.ask("POST", path, "organiser", key="k1", json=body)
    taken.set()
    assert (second.status_code, (await first).status_code) == (200, 409)
    assert texts[0] == texts[1]
    async with product.runtime.db.read() as session:
        assert await product.runtime.vault.open_text(session, texts[1]) == "Listrik padam."


async def test_an_invented_min_seq_is_neither_waited_for_nor_believed(
    product: Product, world: JourneyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that no receipt can have said costs neither two seconds nor a task of the case."""
    waited: list[int] = []

    async def wait_for(_db: Any, _stream: str, seq: int, _timeout: float = 0) -> bool:
        waited.append(seq)
        return False

    product.runtime.connected = True
    monkeypatch.setattr(reads, "wait_for", wait_for)
    called = AsyncMock(side_effect=AssertionError("the case was asked"))
    monkeypatch.setattr(product.runtime.gateway, "_update", called)
    head = world.case.seq
    path, body = f"{PATH}/commands/interrupt_assessment", {"reason": "Listrik padam."}
    for seen in (head + reads.AHEAD + 1, 999_999_999):
        headers = {"X-Min-Seq": str(seen)}
        shown = await product.ask("GET", PATH, "organiser", headers=headers)
        assert (shown.status_code, shown.json()["projection"]) == (200, "sedang ditulis")
        refused = await product.ask("POST", path, "organiser", headers=headers, json=body)
        assert "M-STATE" in [v["rule"] for v in refused.json()["violations"]]
    assert waited == []
    called.assert_not_called()
    await product.ask("GET", PATH, "organiser", headers={"X-Min-Seq": str(head + reads.AHEAD)})
    assert waited == [head + reads.AHEAD]
