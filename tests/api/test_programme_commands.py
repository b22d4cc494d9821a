"""What is done with a programme goes to its case: once a key, its texts sealed, after what was read."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import select

from api import reading
from db.people_tables import SealedText
from domain import commands as c
from domain.commands import Receipt
from domain.errors import Conflict, Unknown
from domain.roles import Role
from tests.api.conftest import Dispatched, Product, draft_of, roster, submitted
from tests.support.programmes import ORGANISER, World


async def cancel(product: Product, text: str) -> Any:
    """What the organiser's cancelling for that reason is answered, under one key always."""
    path = "/v1/programmes/programme-1/commands/cancel_programme"
    return await product.ask("POST", path, "organiser", key="c1", json={"reason": text})


def refuses(rule: str) -> Callable[..., Awaitable[None]]:
    """Stands where the gateway would call the workflow: the case refuses."""

    async def refuse(**_: object) -> None:
        raise Conflict.because(rule, "Keadaannya telah berubah.", "The state has changed.")

    return refuse


async def test_a_refused_text_is_not_kept_and_its_key_stays_free(product: Product) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    await submitted(product)
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


async def test_free_text_reaches_the_case_sealed_and_a_retry_seals_nothing_twice(
    product: Product, sent: Dispatched
) -> None:
    await submitted(product)
    reason = "Peserta mengundurkan diri."
    answer = await cancel(product, reason)
    assert answer.status_code == 200, answer.text
    command = sent.commands[0][1]
    assert isinstance(command, c.CancelProgramme)
    async with product.runtime.db.read() as session:
        assert await product.runtime.vault.open_text(session, command.reason.id) == reason
    again = await cancel(product, reason)
    assert again.headers["idempotent-replayed"] == "true"
    other = await cancel(product, "Lain.")
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
    await submitted(product)
    answer = await product.ask("POST", f"/v1/programmes/programme-1/commands/{name}", "organiser", json=body)
    assert answer.status_code == 200, answer.text
    [(stream, command, _)] = sent.commands
    assert (stream, command.type) == ("programme-1", name)
    plain = {k: v for k, v in body.items() if k != "reason"}
    assert command.model_dump(mode="json", include=set(plain)) == plain


async def test_a_command_with_a_day_far_outside_reaches_no_case(product: Product, sent: Dispatched) -> None:
    await submitted(product)
    path = "/v1/programmes/programme-1/commands/reschedule_class"
    body = {"class_id": "class-a", "days": ["9999-12-31"], "reason": "Salah ketik."}
    answer = await product.ask("POST", path, "organiser", json=body)
    assert (answer.status_code, answer.json()["violations"][0]["rule"]) == (422, "X-YEAR")
    assert sent.commands == []


async def test_another_text_under_the_key_of_an_unknown_outcome_is_a_conflict(
    product: Product, sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submitted(product)
    with monkeypatch.context() as patched:
        patched.setattr(product.runtime.gateway, "dispatch", refuses("M-CLOSED"))
        first = await cancel(product, "Satu.")
    assert first.json()["violations"][0]["rule"] == "M-CLOSED"
    other = await cancel(product, "Dua.")
    assert other.json()["violations"][0]["rule"] == "A-KEY"
    same = await cancel(product, "Satu.")
    assert same.status_code == 200


async def test_what_the_case_itself_refuses_leaves_no_text_and_its_key_free(
    product: Product, sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submitted(product)
    with monkeypatch.context() as patched:
        patched.setattr(product.runtime.gateway, "dispatch", refuses("M-STATE"))
        await cancel(product, "Satu.")
    async with product.runtime.db.read() as session:
        assert (await session.exec(select(SealedText).where(SealedText.owner == "programme-1"))).all() == []
    other = await cancel(product, "Dua.")
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
