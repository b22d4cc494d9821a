"""Drafts, and programmes as each asker may see them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock

import pytest
from sqlmodel import select

from api import reading
from api.drafts import DraftContent
from api.roster_xlsx import write
from api.schemas.derive import request_model
from db.drafts import expire_idle
from db.given_names import keep_given_name
from db.ledger import events_of
from db.people_tables import Draft, Idempotency, SealedText
from db.tables import SimClockRow
from domain import commands as c
from domain.cases import UnitResult
from domain.commands import Receipt
from domain.errors import Conflict, Unknown
from domain.roles import Actor, Role
from examples.people import PEOPLE
from tests.api.conftest import CLASS, Product, roster
from tests.support.journeys import JourneyWorld
from tests.support.programmes import APPROVER, ORGANISER, VERIFIER, World

SCHEME = "asesor-kompetensi"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\ntrailer\n<< >>\nstartxref\n50\n%%EOF\n"


async def test_a_draft_is_begun_shown_and_changed(product: Product) -> None:
    id_ = await product.draft()
    shown = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    assert (shown["kind"], shown["state"], shown["state_label"], shown["stage"]) == (
        "draft",
        "DRAFT",
        "draf",
        1,
    )
    assert shown["organiser"] == {"id": "LSP-TIK", "name": "Lembaga LSP-TIK"}
    assert shown["classes"][0]["label"] == "A"
    changed = await product.ask(
        "PATCH",
        f"/v1/programmes/{id_}",
        "organiser",
        json={"version": 1, "classes": [CLASS, {**CLASS, "label": "B", "zone": "WIT"}]},
    )
    assert changed.json()["version"] == 2
    again = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    assert [(k["label"], k["zone"]) for k in again["classes"]] == [("A", "WIB"), ("B", "WIT")]
    assert again["classes"][0]["id"] == shown["classes"][0]["id"]
    assert await product.events(f"draft-{id_}") == ["draft_created", "draft_changed"]


async def test_an_expired_draft_is_shown_and_no_longer_changed_or_submitted(product: Product) -> None:
    id_ = await product.draft()
    async with product.runtime.db.write() as session:
        draft = await session.get_one(Draft, id_)
        assert await expire_idle(session, now=draft.updated_at + timedelta(days=90), at=product.runtime.now())
    shown = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    assert (shown["state"], shown["state_label"]) == ("EXPIRED", "kedaluwarsa")
    listed = (await product.ask("GET", "/v1/programmes", "organiser")).json()
    assert listed["drafts"] == []
    for method, path, body in (
        ("PATCH", f"/v1/programmes/{id_}", {"version": 1, "venue": "TUK-9"}),
        ("POST", f"/v1/programmes/{id_}/submit", None),
    ):
        answer = await product.ask(method, path, "organiser", json=body)
        assert answer.status_code == 409, answer.text
        assert answer.json()["violations"][0]["rule"] == "A-DRAFT-EXPIRED"
    assert await product.events(f"draft-{id_}") == ["draft_created", "draft_expired"]


async def test_a_draft_is_over_with_its_term_though_nobody_has_swept_yet(product: Product) -> None:
    """A simulation leaps; whether the sweep or the organiser comes first must not matter."""
    start = datetime(2031, 5, 1, tzinfo=UTC)
    async with product.runtime.db.write() as session:
        session.add(SimClockRow(id=1, now=start, target=start))
    id_ = await product.draft()
    change = ("PATCH", f"/v1/programmes/{id_}", "organiser")
    for days, version, status in ((89, 1, 200), (178, 2, 200), (268, 3, 409)):
        async with product.runtime.db.write() as session:
            clock = await session.get_one(SimClockRow, 1)
            clock.now = start + timedelta(days=days)
            session.add(clock)
        answer = await product.ask(*change, json={"version": version, "venue": f"TUK-{days}"})
        assert answer.status_code == status, answer.text
    assert answer.json()["violations"][0]["rule"] == "A-DRAFT-EXPIRED"


async def test_evidence_for_a_draft_is_work_on_it(product: Product) -> None:
    start = datetime(2031, 5, 1, tzinfo=UTC)
    async with product.runtime.db.write() as session:
        session.add(SimClockRow(id=1, now=start, target=start))
    id_ = await product.draft()
    async with product.runtime.db.write() as session:
        clock = await session.get_one(SimClockRow, 1)
        clock.now = start + timedelta(days=60)
        session.add(clock)
    path = f"/v1/programmes/{id_}/evidence?requirement=request_letter"
    sent = await product.ask("POST", path, "organiser", content=PDF)
    assert sent.status_code == 201, sent.text
    async with product.runtime.db.read() as session:
        draft = await session.get_one(Draft, id_)
    assert (draft.updated_at, draft.version) == (start + timedelta(days=60), 1)


async def test_a_draft_is_touched_at_the_business_moment(product: Product) -> None:
    """A simulation leaps by months: a draft is not idle for the time that lies between two clocks."""
    now = datetime(2031, 5, 1, tzinfo=UTC)
    async with product.runtime.db.write() as session:
        session.add(SimClockRow(id=1, now=now, target=now))
    id_ = await product.draft()
    async with product.runtime.db.read() as session:
        assert (await session.get_one(Draft, id_)).updated_at == now
        (event,) = await events_of(session, f"draft-{id_}")
    assert (event.business_at, event.at > now) == (now, False)


async def test_who_saw_an_older_draft_does_not_overwrite_the_newer(product: Product) -> None:
    id_ = await product.draft()
    for expected in (200, 409):
        body = {"version": 1, "venue": "TUK-9"}
        answer = await product.ask("PATCH", f"/v1/programmes/{id_}", "organiser", json=body)
        assert answer.status_code == expected


async def test_a_draft_is_the_organisers_own(product: Product) -> None:
    id_ = await product.draft()
    for method, path, body in (
        ("GET", f"/v1/programmes/{id_}", None),
        ("PATCH", f"/v1/programmes/{id_}", {"version": 1}),
        ("GET", f"/v1/programmes/{id_}/participants", None),
        ("POST", f"/v1/programmes/{id_}/submit", None),
        ("POST", f"/v1/programmes/{id_}/commands/cancel_programme", {"reason": "x"}),
        ("GET", f"/v1/cases/{id_}", None),
        ("GET", f"/v1/cases/{id_}/timeline", None),
    ):
        strange = await product.ask(method, path, "neighbour", json=body)
        nothing = await product.ask(method, path.replace(id_, "tidak-ada"), "neighbour", json=body)
        assert strange.status_code == nothing.status_code == 404, path
        assert strange.json()["detail"] == nothing.json()["detail"]
    recorded = [d.what for d in await product.denials("neighbour") if d.stream == id_]
    assert recorded == [
        "programme",
        "change",
        "participants",
        "submit",
        "cancel_programme",
        "case",
        "timeline",
    ]
    listed = (await product.ask("GET", "/v1/programmes", "neighbour")).json()
    assert listed["drafts"] == []
    assert len((await product.ask("GET", "/v1/programmes", "organiser")).json()["drafts"]) == 1


@pytest.mark.parametrize("role", ["verifier", "candidate"])
async def test_only_an_organiser_begins_a_request(product: Product, role: str) -> None:
    answer = await product.ask("POST", "/v1/programmes", role, json={"scheme": SCHEME})
    assert answer.status_code == 403


async def test_a_write_needs_its_key(product: Product) -> None:
    for path in ("/v1/programmes", "/v1/programmes/x/submit", "/v1/programmes/x/commands/withdraw_programme"):
        answer = await product.ask("POST", path, "organiser", key="none", json={"scheme": SCHEME})
        assert answer.status_code == 422
        assert "A-KEY-MISSING" in [v["rule"] for v in answer.json()["violations"]], answer.text


async def test_the_same_key_makes_the_same_draft_and_another_body_is_a_conflict(product: Product) -> None:
    body = {"scheme": SCHEME, "venue": "TUK-1"}
    first = await product.ask("POST", "/v1/programmes", "organiser", key="k1", json=body)
    second = await product.ask("POST", "/v1/programmes", "organiser", key="k1", json=body)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    other = await product.ask(
        "POST", "/v1/programmes", "organiser", key="k1", json={**body, "venue": "TUK-2"}
    )
    assert other.status_code == 409
    assert other.json()["violations"][0]["rule"] == "A-KEY"
    neighbours = await product.ask("POST", "/v1/programmes", "neighbour", key="k1", json=body)
    assert neighbours.json()["id"] != first.json()["id"]


async def test_an_unchanged_thing_is_not_sent_again(product: Product) -> None:
    id_ = await product.draft()
    first = await product.ask("GET", f"/v1/programmes/{id_}", "organiser")
    headers = {"If-None-Match": first.headers["etag"]}
    again = await product.ask("GET", f"/v1/programmes/{id_}", "organiser", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    await product.ask("PATCH", f"/v1/programmes/{id_}", "organiser", json={"version": 1, "venue": "TUK-5"})
    changed = await product.ask("GET", f"/v1/programmes/{id_}", "organiser", headers=headers)
    assert changed.status_code == 200


async def test_a_class_with_participants_cannot_be_dropped(product: Product) -> None:
    id_ = await product.draft()
    assert (
        await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    ).status_code == 200
    answer = await product.ask(
        "PATCH",
        f"/v1/programmes/{id_}",
        "organiser",
        json={"version": 2, "classes": [{**CLASS, "label": "B"}]},
    )
    assert answer.json()["violations"][0]["rule"] == "X-CLASS-TAKEN"


async def test_while_temporal_is_not_there_a_submit_is_unknown_and_leaves_nothing(product: Product) -> None:
    id_ = await product.draft()
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser", key="s1")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    async with product.runtime.db.read() as session:
        kept = await session.exec(select(Idempotency).where(Idempotency.key == "s1"))
        assert kept.first() is None


async def test_an_empty_request_is_refused(product: Product) -> None:
    id_ = await product.draft(classes=[])
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert answer.status_code == 409
    assert answer.json()["violations"][0]["rule"] == "A-DRAFT-EMPTY"


async def test_a_refused_submit_names_every_rule_at_once(product: Product) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    id_ = await product.draft()
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert answer.status_code in (403, 409)
    rules = {v["rule"] for v in answer.json()["violations"]}
    assert {"R-REC", "R-NOTICE"} <= rules, rules
    assert all(v["citation"] and v["text"] and v["text_en"] for v in answer.json()["violations"])
    assert len(await product.denials("organiser")) == 1


@pytest.mark.parametrize(
    ("mains", "external", "rule"),
    [(25, 0, "R-24"), (24, 8, "R-30")],
)
async def test_a_25th_seat_and_an_8th_external_of_24_are_refused(
    product: Product, mains: int, external: int, rule: str
) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    id_ = await product.draft()
    rows: list[dict[str, object]] = [
        {**one.cells(), "kind": "main", "recommending": "LSP-NUSA" if n < external else "LSP-TIK"}
        for n, one in enumerate(PEOPLE[:mains])
    ]
    imported = await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=write(rows))
    assert imported.status_code == 200, imported.text
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert answer.status_code in (403, 409)
    found = next(v for v in answer.json()["violations"] if v["rule"] == rule)
    assert found["text"] and found["text_en"] and found["citation"]
    (denial,) = await product.denials("organiser")
    assert rule in denial.rules
    assert denial.stream == id_
    assert await product.events(id_) == []


async def test_24_with_7_externals_are_not_too_many(product: Product) -> None:
    product.runtime.connected = True
    id_ = await product.draft()
    rows: list[dict[str, object]] = [
        {**one.cells(), "kind": "main", "recommending": "LSP-NUSA" if n < 7 else "LSP-TIK"}
        for n, one in enumerate(PEOPLE[:24])
    ]
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=write(rows))
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert not {"R-24", "R-30"} & {v["rule"] for v in answer.json()["violations"]}


class Dispatched:
    """Stands where the gateway would call the workflow; keeps what came."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, Any, Actor]] = []

    async def __call__(
        self, *, stream: str, command: Any, actor: Actor, key: str, min_seq: int = 0
    ) -> Receipt:
        self.commands.append((stream, command, actor))
        return Receipt(
            stream=stream, seq=len(self.commands), hash="h", state="X", command_id="c", command_digest="d"
        )


@pytest.fixture
def sent(product: Product, monkeypatch: pytest.MonkeyPatch) -> Dispatched:
    dispatched = Dispatched()
    product.runtime.connected = True
    monkeypatch.setattr(product.runtime.gateway, "dispatch", dispatched)
    monkeypatch.setattr(product.runtime.gateway, "rehearse", AsyncMock())
    return dispatched


async def test_a_refused_text_is_not_kept_and_its_key_stays_free(product: Product) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    path = "/v1/programmes/programme-1/commands/cancel_programme"
    for reason in ("Satu.", "Dua."):  # not before verification has begun
        answer = await product.ask("POST", path, "organiser", key="c1", json={"reason": reason})
        assert answer.status_code == 409
        assert "A-KEY" not in [v["rule"] for v in answer.json()["violations"]]
    async with product.runtime.db.read() as session:
        kept = await session.exec(select(SealedText).where(SealedText.owner == "programme-1"))
        assert kept.all() == []
    assert len(await product.denials("organiser")) == 2


async def test_a_submit_takes_everything_from_the_draft(product: Product, sent: Dispatched) -> None:
    id_ = await product.draft()
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    shown = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser", key="s1")
    assert answer.status_code == 200
    assert answer.headers["x-seq"] == "1"
    stream, command, actor = sent.commands[0]
    assert (stream, command.programme, command.organiser) == (id_, id_, "LSP-TIK")
    assert command.request_digest == shown["digest"]
    assert [s.id for s in command.seats] == [s["id"] for s in shown["seats"]]
    assert actor.role is Role.ORGANISER
    again = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser", key="s1")
    assert again.json() == answer.json()
    assert len(sent.commands) == 1


async def draft_of(product: Product, world: World) -> DraftContent:
    """The draft of the world's programme, as its organiser left it."""
    submission = world.submission()
    content = DraftContent(
        scheme=SCHEME, classes=submission.classes, seats=submission.seats, masters=submission.masters
    )
    async with product.runtime.db.write() as session:
        session.add(
            Draft(
                id="programme-1",
                organiser="LSP-TIK",
                content=content.model_dump(mode="json"),
                created_by="x",
                updated_at=datetime.now(UTC),
            )
        )
    return content


async def test_a_request_taken_back_is_submitted_again_with_new_ids(
    product: Product, sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.send(ORGANISER, c.WithdrawProgramme())
    world.answer_all()
    await product.project(world)
    before = await draft_of(product, world)
    taken = Unknown.because("A-UNKNOWN", "Belum diketahui.", "Not known.")

    async def lost(**_: Any) -> Receipt:
        raise taken

    path = "/v1/programmes/programme-1/submit"
    with monkeypatch.context() as patched:
        patched.setattr(product.runtime.gateway, "dispatch", lost)
        answer = await product.ask("POST", path, "organiser", key="again", json={"version": 1})
        assert answer.status_code == 503
    shown = (await product.ask("GET", "/v1/programmes/programme-1", "organiser")).json()["draft"]
    # The version that the organiser holds stays good, and the retry is the same request.
    answer = await product.ask("POST", path, "organiser", key="again", json={"version": 1})
    assert answer.status_code == 200, answer.text
    command = sent.commands[0][1]
    assert command.request_digest == shown["digest"]
    ids = {c.id for c in command.classes} | {s.id for s in command.seats}
    assert not ids & ({c.id for c in before.classes} | {s.id for s in before.seats})
    assert {s.class_id for s in command.seats} == {m.class_id for m in command.masters}
    assert [s.person for s in command.seats] == [s.person for s in before.seats]
    world.people = [
        p.model_copy(update={"seat": s.id, "class_id": s.class_id})
        for p, s in zip(world.people, command.seats, strict=True)
    ]
    command = command.model_copy(update={"programme": "programme-1"})
    world.send(ORGANISER, command)
    assert world.case.state == "SUBMITTED"


async def test_a_class_that_comes_again_is_another_class(product: Product) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}"
    ids = []
    for version, labels in ((1, "AB"), (2, "A"), (3, "AB")):
        body = {"version": version, "classes": [{**CLASS, "label": label} for label in labels]}
        assert (await product.ask("PATCH", path, "organiser", json=body)).status_code == 200
        ids.append(
            {k["label"]: k["id"] for k in (await product.ask("GET", path, "organiser")).json()["classes"]}
        )
    assert ids[0]["A"] == ids[1]["A"] == ids[2]["A"]
    assert ids[0]["B"] != ids[2]["B"]


async def test_free_text_reaches_the_case_sealed_and_a_retry_seals_nothing_twice(
    product: Product, sent: Dispatched
) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    path = "/v1/programmes/programme-1/commands/cancel_programme"
    body = {"reason": "Peserta mengundurkan diri."}
    answer = await product.ask("POST", path, "organiser", key="c1", json=body)
    assert answer.status_code == 200, answer.text
    command = sent.commands[0][1]
    assert isinstance(command, c.CancelProgramme)
    async with product.runtime.db.read() as session:
        assert await product.runtime.vault.open_text(session, command.reason.id) == body["reason"]
    again = await product.ask("POST", path, "organiser", key="c1", json=body)
    assert again.headers["idempotent-replayed"] == "true"
    other = await product.ask("POST", path, "organiser", key="c1", json={"reason": "Lain."})
    assert other.status_code == 409
    assert len(sent.commands) == 1


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("interrupt_class", {"class_id": "class-a", "reason": "Gempa."}),
        ("resume_class", {"class_id": "class-a"}),
        (
            "replace_assignment",
            {
                "assignment": "a1",
                "person": "m9",
                "letter_number": "ST/9",
                "letter_date": "2026-03-20",
                "reason": "Sakit.",
            },
        ),
        ("check_in", {"seat": "s1", "kit": ["laptop"]}),
    ],
)
async def test_what_happens_in_a_class_goes_to_the_programmes_case(
    product: Product, sent: Dispatched, name: str, body: dict[str, Any]
) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    answer = await product.ask("POST", f"/v1/programmes/programme-1/commands/{name}", "organiser", json=body)
    assert answer.status_code == 200, answer.text
    [(stream, command, _)] = sent.commands
    assert (stream, command.type) == ("programme-1", name)
    plain = {k: v for k, v in body.items() if k != "reason"}
    assert command.model_dump(mode="json", include=set(plain)) == plain


async def test_a_command_with_a_day_far_outside_reaches_no_case(product: Product, sent: Dispatched) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    path = "/v1/programmes/programme-1/commands/reschedule_class"
    body = {"class_id": "class-a", "days": ["9999-12-31"], "reason": "Salah ketik."}
    answer = await product.ask("POST", path, "organiser", json=body)
    assert (answer.status_code, answer.json()["violations"][0]["rule"]) == (422, "X-YEAR")
    assert sent.commands == []


async def test_another_text_under_the_key_of_an_unknown_outcome_is_a_conflict(
    product: Product, sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    path = "/v1/programmes/programme-1/commands/cancel_programme"

    async def refuse(**_: object) -> None:
        raise Conflict.because("M-CLOSED", "Sudah berakhir.", "It has ended.")

    monkeypatch.setattr(product.runtime.gateway, "dispatch", refuse)
    first = await product.ask("POST", path, "organiser", key="c1", json={"reason": "Satu."})
    assert first.json()["violations"][0]["rule"] == "M-CLOSED"
    monkeypatch.setattr(product.runtime.gateway, "dispatch", sent)
    other = await product.ask("POST", path, "organiser", key="c1", json={"reason": "Dua."})
    assert other.json()["violations"][0]["rule"] == "A-KEY"
    same = await product.ask("POST", path, "organiser", key="c1", json={"reason": "Satu."})
    assert same.status_code == 200


async def test_what_the_case_itself_refuses_leaves_no_text_and_its_key_free(
    product: Product, sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    path = "/v1/programmes/programme-1/commands/cancel_programme"

    async def refuse(**_: object) -> None:
        raise Conflict.because("M-STATE", "Keadaannya telah berubah.", "The state has changed.")

    with monkeypatch.context() as patched:
        patched.setattr(product.runtime.gateway, "dispatch", refuse)
        await product.ask("POST", path, "organiser", key="c1", json={"reason": "Satu."})
    async with product.runtime.db.read() as session:
        assert (await session.exec(select(SealedText).where(SealedText.owner == "programme-1"))).all() == []
    other = await product.ask("POST", path, "organiser", key="c1", json={"reason": "Dua."})
    assert other.status_code == 200, other.text


async def test_what_was_acknowledged_is_waited_for_before_the_next_act(
    product: Product, sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    content = await draft_of(product, world)
    world.send(ORGANISER, world.submission())
    monkeypatch.setattr(reading, "WAIT_SECONDS", 0.05)
    product.runtime.gateway._heads["programme-1"] = world.case.seq
    withdraw = "/v1/programmes/programme-1/commands/withdraw_programme"
    early = await product.ask("POST", withdraw, "organiser", key="w1", json={})
    assert (early.status_code, early.json()["violations"][0]["rule"]) == (503, "D-BEHIND")
    assert (await product.ask("POST", withdraw, "neighbour", json={})).status_code == 404
    await product.project(world)
    assert (await product.ask("POST", withdraw, "organiser", key="w1", json={})).status_code == 200
    world.send(ORGANISER, c.WithdrawProgramme())
    product.runtime.gateway._heads["programme-1"] = world.case.seq
    submit = "/v1/programmes/programme-1/submit"
    early = await product.ask("POST", submit, "organiser", key="s1")
    assert (early.status_code, early.json()["violations"][0]["rule"]) == (503, "D-BEHIND")
    assert len(sent.commands) == 1
    monkeypatch.setattr(reading, "WAIT_SECONDS", 10.0)
    answer, _ = await asyncio.gather(
        product.ask("POST", submit, "organiser", key="s1"), product.project(world)
    )
    assert answer.status_code == 200, answer.text
    assert not {s.id for s in sent.commands[1][1].seats} & {s.id for s in content.seats}


async def test_one_key_sent_to_two_cases_is_two_commands(product: Product, sent: Dispatched) -> None:
    for number in ("programme-1", "programme-2"):
        world = World()
        world.opening = world.case = world.opening.model_copy(
            update={"stream": number, "workflow_id": f"programme-{number}"}
        )
        world.send(ORGANISER, world.submission(), key=f"submit-{number}")
        await product.project(world)
        path = f"/v1/programmes/{number}/commands/cancel_programme"
        answer = await product.ask("POST", path, "organiser", key="c1", json={"reason": f"Sebab {number}."})
        assert answer.status_code == 200, answer.text
    assert [stream for stream, _, _ in sent.commands] == ["programme-1", "programme-2"]


async def test_a_case_shows_names_to_its_organiser_and_bnsp_and_to_nobody_else(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    case = await product.project(world)
    async with product.runtime.db.write() as session:
        await keep_given_name(
            session, product.runtime.vault, "p1", "Nama dari daftar", None, by=ORGANISER, at=world.now
        )
    path = f"/v1/programmes/{case.stream}"
    own = (await product.ask("GET", path, "organiser")).json()
    assert own["kind"] == "case"
    assert own["state_label_en"] == "submitted"
    assert (own["seq"], own["hash"]) == (case.seq, case.head)
    named = next(s for s in own["seats"] if s["person"] == "p1")
    assert named["name"] == "Nama dari daftar"
    assert "name" not in next(s for s in own["seats"] if s["person"] == "p2")
    assert (await product.ask("GET", path, "verifier")).json()["seats"][0]["name"] == "Nama candidate"
    assert (await product.ask("GET", path, "neighbour")).status_code == 404
    mine = (await product.ask("GET", path, "candidate")).json()
    assert [s["person"] for s in mine["seats"]] == ["p1"]
    assert "name" not in mine["seats"][0]
    triggers = {o["trigger"]: o for o in own["allowed"] if o["kind"] == "programme"}
    assert triggers["withdraw"]["ok"] is True
    assert "start_verification" not in triggers


async def test_who_is_left_out_reads_the_own_reason_and_no_other(product: Product, sent: Dispatched) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(VERIFIER, "verify_programme", "recommend")
    await product.project(world)
    await product.person("approver", Role.APPROVER)
    await product.person("trainer", Role.MASTER_ASSESSOR, person="m1")
    texts = {"s1": "Sertifikat teknis tidak terbaca.", "s2": "Surat rekomendasi palsu."}
    form = {
        "form": "approve_without",
        "seats": ["s1", "s2"],
        "reasons": [{"seat": seat, "reason": text} for seat, text in texts.items()],
    }
    body = {"decision": "approve_without", "reason": "Dua peserta tidak memenuhi syarat.", "form": form}
    path = f"/v1/tasks/{world.task('approve_programme').id}/complete"
    answer = await product.ask("POST", path, "approver", json=body)
    assert answer.status_code == 200, answer.text
    command = sent.commands[0][1]
    assert not any(text in command.model_dump_json() for text in texts.values())
    world.send(APPROVER, command)
    await product.project(world)

    async def read(who: str) -> dict[str, Any]:
        shown = (await product.ask("GET", "/v1/programmes/programme-1", who)).json()
        return {s["id"]: s["reason"] for s in shown["seats"]}

    assert await read("organiser") == {**texts, "s3": None, "s4": None}
    assert await read("candidate") == {"s1": texts["s1"]}
    assert set((await read("trainer")).values()) == {None}


async def test_the_timeline_tells_findings_again_and_its_chain_holds(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    case = await product.project(world)
    body = (
        await product.ask("GET", f"/v1/cases/{case.stream}/timeline?newest_first=false", "organiser")
    ).json()
    event = body["items"][0]
    assert event["type"] == "programme_submitted"
    assert event["hash"] == case.head
    assert {"machine": "programme", "subject": "programme-1", "trigger": "submit"}.items() <= event["moves"][
        0
    ].items() or event["moves"]
    rule = next(f for f in event["findings"] if f["rule"] == "R-30")
    assert rule["text"]
    assert rule["text_en"]
    assert rule["citation"]
    assert "account" not in event["actor"]
    seen = (await product.ask("GET", f"/v1/cases/{case.stream}/timeline", "auditor")).json()
    assert "account" in seen["items"][0]["actor"]


async def test_a_participant_reads_nothing_of_how_others_were_judged(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    case = await product.project(world)
    await product.person("master", Role.MASTER_ASSESSOR, person="m1")
    path = f"/v1/cases/{case.stream}/timeline"
    whole = (await product.ask("GET", path, "organiser")).json()["items"]
    judged = {f["subject"] for event in whole for f in event["findings"]}
    assert {"s1", "s2"} <= judged or {"p1", "p2"} <= judged, judged
    for who, own in (("candidate", {"s1", "p1"}), ("master", {"m1"})):
        items = (await product.ask("GET", path, who)).json()["items"]
        assert [e["hash"] for e in items] == [e["hash"] for e in whole]  # every link is there
        assert {f["subject"] for e in items for f in e["findings"]} <= {*own, "class-a", case.stream}
        seats = {m["subject"] for e in items for m in e["moves"] if m["machine"] == "seat"}
        assert seats <= own
        assert all(f"{kind}2" not in json.dumps(items) for kind in ('"s', '"p'))


async def test_a_read_waits_for_what_its_reader_wrote_and_says_when_it_could_not(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.reading.WAIT_SECONDS", 0.05)
    world = World()
    world.send(ORGANISER, world.submission())
    case = await product.project(world)
    there = await product.ask("GET", f"/v1/cases/{case.stream}?min_seq={case.seq}", "organiser")
    assert there.json()["projection"] == "terkini"
    ahead = await product.ask(
        "GET", f"/v1/cases/{case.stream}", "organiser", headers={"X-Min-Seq": str(case.seq + 1)}
    )
    assert ahead.status_code == 200
    assert ahead.json()["projection"] == ahead.headers["x-projection"] == "sedang ditulis"


async def test_programmes_are_listed_page_by_page(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    await product.draft()
    listed = (await product.ask("GET", "/v1/programmes?limit=1", "organiser")).json()
    assert [p["stream"] for p in listed["items"]] == ["programme-1"]
    assert listed["counts"] == {"SUBMITTED": 1}
    assert len(listed["drafts"]) == 1
    assert (await product.ask("GET", "/v1/programmes", "neighbour")).json()["items"] == []
    bad = await product.ask("GET", "/v1/programmes?cursor=xxxx", "organiser")
    assert bad.status_code == 422


# ---- tasks -----------------------------------------------------------------------------------------


async def sent_back(product: Product) -> World:
    """A programme that the verifier sent back with two points, which are in the vault."""
    from db.vault import case_owner

    world = World()
    world.send(ORGANISER, world.submission())
    async with product.runtime.db.write() as session:
        points = tuple(
            [
                await product.runtime.vault.seal_text(
                    session, case_owner("programme-1"), text, "x", at=world.now
                )
                for text in ("Surat belum bertanggal.", "Peserta 3 tanpa ijazah.")
            ]
        )
    verifier = VERIFIER.model_copy(update={"person": "person-verifier"})
    world.complete(verifier, "verify_programme", "send_back", form=c.PointsForm(points=points))
    await product.project(world)
    return world


async def test_a_task_is_shown_to_whom_it_is_for_with_its_points(product: Product) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    inbox = (await product.ask("GET", "/v1/tasks?view=groups", "organiser")).json()
    assert [t["id"] for t in inbox["items"]] == [task.id]
    assert inbox["items"][0]["label_en"]
    one = (await product.ask("GET", f"/v1/tasks/{task.id}", "organiser")).json()
    assert one["points"] == ["Surat belum bertanggal.", "Peserta 3 tanpa ijazah."]
    assert [d["decision"] for d in one["decisions"]] == ["resubmit", "cancel"]
    claim = next(o for o in one["allowed"] if o["trigger"] == "claim")
    assert claim["ok"] is True
    assert (await product.ask("GET", f"/v1/tasks/{task.id}", "neighbour")).status_code == 404
    assert (await product.ask("GET", f"/v1/tasks/{task.id}", "candidate")).status_code == 404
    watcher = (await product.ask("GET", f"/v1/tasks/{task.id}", "auditor")).json()
    assert not any(o["ok"] for o in watcher["allowed"])
    assert all(o["violations"] for o in watcher["allowed"])


async def test_a_resubmit_takes_the_corrected_request_from_the_draft(
    product: Product, sent: Dispatched
) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    content = await draft_of(product, world)
    shown = (await product.ask("GET", "/v1/programmes/programme-1", "organiser")).json()
    assert shown["draft"]["digest"] == content.digest
    assert "draft" not in (await product.ask("GET", "/v1/programmes/programme-1", "verifier")).json()
    body = {"decision": "resubmit", "form": {"form": "resubmit_programme"}}
    answer = await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=body)
    assert answer.status_code == 200, answer.text
    command = sent.commands[0][1]
    assert command.task == task.id
    assert command.form.seats == content.seats
    assert command.form.request_digest == content.digest


async def test_evidence_that_was_not_uploaded_is_no_evidence(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    body = {"decision": "cancel", "evidence": ["a" * 64]}
    answer = await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=body)
    assert answer.status_code == 422
    assert answer.json()["violations"][0]["rule"] == "D-UNKNOWN"
    assert sent.commands == []


async def test_a_form_that_was_not_uploaded_is_not_filed(product: Product, sent: Dispatched) -> None:
    """Every digest of a form, not the evidence alone."""
    world = JourneyWorld()
    await product.project(world)
    task = world.task("submit_application")
    path = f"/v1/tasks/{task.id}/complete"
    form = {"form": "application", "apl01": "a" * 64, "consent_version": "2026-01", "it_declared": True}
    uploaded = await product.ask(
        "POST",
        f"/v1/applications/{world.case.stream}/evidence?requirement=FR.APL.02",
        "candidate",
        content=PDF,
    )
    form["apl02"] = uploaded.json()["digest"]
    answer = await product.ask("POST", path, "candidate", json={"decision": "submit", "form": form})
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert (violation["rule"], violation["facts"]["digests"]) == ("D-UNKNOWN", ["a" * 64])
    assert violation["text"] and violation["text_en"] and violation["remedy"]
    assert [d.rules for d in await product.denials("candidate")] == [["D-UNKNOWN"]]
    assert sent.commands == []
    form["apl01"] = form["apl02"]
    answer = await product.ask("POST", path, "candidate", json={"decision": "submit", "form": form})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("form", "digests"),
    [
        (c.BeginForm(mapa="a" * 64), ["a" * 64]),
        (c.ReportForm(report="b" * 64), ["b" * 64]),
        (
            c.UnitsForm(results=(UnitResult(unit="u", result="K"),), ak02="c" * 64, ak05="d" * 64),
            ["c" * 64, "d" * 64],
        ),
        (c.NumbersForm(certificate_number="1", registration_number="2", blank_number="3"), []),
    ],
)
def test_every_form_names_its_documents(form: c.Model, digests: list[str]) -> None:
    body = {"decision": "ok", "form": form.model_dump(mode="json", exclude_none=True)}
    assert c.documents_named(request_model(c.CompleteTask).model_validate(body)) == digests
    assert c.documents_named(form) == digests


async def test_a_decision_outside_the_tasks_set_is_refused_with_those_that_there_are(
    product: Product,
) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    world = await sent_back(product)
    task = world.task("correct_programme")
    answer = await product.ask(
        "POST", f"/v1/tasks/{task.id}/complete", "organiser", json={"decision": "approve"}
    )
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert violation["rule"] == "T-DECISION"
    assert "resubmit, cancel" in violation["text"]
    assert "resubmit, cancel" in violation["text_en"]
    assert [d.rules for d in await product.denials("organiser")] == [["T-DECISION"]]


async def test_one_key_for_two_tasks_is_a_conflict(product: Product, sent: Dispatched) -> None:
    """The task stands in the address: the key covers it like the body."""
    world = JourneyWorld().scheduled()
    await product.project(world)
    first, second, *_ = (t.id for t in world.open_tasks())
    claimed = await product.ask("POST", f"/v1/tasks/{first}/claim", "operations", key="k1")
    assert claimed.status_code == 200, claimed.text
    again = await product.ask("POST", f"/v1/tasks/{first}/claim", "operations", key="k1")
    assert again.headers["idempotent-replayed"] == "true"
    other = await product.ask("POST", f"/v1/tasks/{second}/claim", "operations", key="k1")
    assert other.status_code == 409
    assert other.json()["violations"][0]["rule"] == "A-KEY"
    assert len(sent.commands) == 1
    assert [d.rules for d in await product.denials("operations")] == [["A-KEY"]]


async def test_claim_and_release_take_no_other_body(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    for what in ("claim", "release"):
        for body in ({"to_person": "p1"}, [1], "x"):
            answer = await product.ask("POST", f"/v1/tasks/{task.id}/{what}", "organiser", json=body)
            assert answer.status_code == 422, body
    assert sent.commands == []


async def test_nobody_acts_on_behalf_of_just_anybody(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    body = {"decision": "cancel", "on_behalf": True}
    answer = await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=body)
    assert answer.status_code == 403
    assert answer.json()["violations"][0]["rule"] == "A-BEHALF"
    forged = {"decision": "cancel", "on_behalf_of": "p1"}
    assert (
        await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=forged)
    ).status_code == 422


async def test_every_task_command_goes_to_the_tasks_case(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    for what, body in (
        ("claim", None),
        ("release", None),
        ("comment", {"text": "Sedang disiapkan."}),
        ("reassign", {"reason": "Salah alamat."}),
    ):
        answer = await product.ask("POST", f"/v1/tasks/{task.id}/{what}", "organiser", json=body)
        assert answer.status_code == 200, answer.text
    assert [command.type for _, command, _ in sent.commands] == [
        "claim_task",
        "release_task",
        "comment_task",
        "reassign_task",
    ]
    assert {stream for stream, _, _ in sent.commands} == {"programme-1"}
    assert "Sedang" not in json.dumps([m.model_dump(mode="json") for _, m, _ in sent.commands])


async def test_late_tasks_can_be_asked_for(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await sent_back(product)
    due = world.task("correct_programme").due_at

    async def later() -> Any:
        return due + timedelta(hours=1)

    monkeypatch.setattr(product.runtime.gateway, "business_now", later)
    late = (await product.ask("GET", "/v1/tasks?view=groups&late=true", "organiser")).json()
    assert [t["late"] for t in late["items"]] == [True]
    everything = (await product.ask("GET", "/v1/tasks?view=all", "operations")).json()
    assert len(everything["items"]) == 1
    assert (await product.ask("GET", "/v1/tasks?view=all", "organiser")).status_code == 404
