"""What a case does when the world fails it: it asks for attention, loses nothing, and goes on afterwards."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue
from temporalio.worker import Replayer

from activities.messages import thaw
from activities.plugin import plugin
from db import identity, ledger, reads, registry, streams
from db.identity import Hat
from domain import commands as c
from domain.clock import at, local_day
from domain.ids import programme_workflow
from domain.roles import SYSTEM, Role
from examples import organisations
from tests.support.histories import replays
from tests.support.patience import eventually
from tests.support.requests import with_new_ids
from tests.support.running import denials, status, submitted, until_denied
from tests.support.stack import Stack
from tests.support.stories import on
from worker import WORKFLOWS
from workflows import case_state
from workflows.search import ATTENTION


async def run_sql(stack: Stack, statement: str, **values: Any) -> None:
    async with stack.db.write() as session:
        await (await session.connection()).execute(text(statement), values)


async def until_attention(handle: WorkflowHandle[object, object], wanted: str) -> None:
    async def asked() -> bool:
        return (await status(handle)).attention == wanted

    await eventually(asked)


async def until_another_run(handle: WorkflowHandle[object, object], first: str | None) -> None:
    async def another() -> bool:
        return (await handle.describe()).run_id != first

    await eventually(another)


def programme_handle(stack: Stack, stream: str) -> WorkflowHandle[object, object]:
    return stack.client.get_workflow_handle(programme_workflow(stream))


async def test_an_errand_that_fails_asks_for_attention_and_is_done_once_it_can_be(hasty: Stack) -> None:
    await run_sql(
        hasty,
        "CREATE TRIGGER away BEFORE INSERT ON reservations BEGIN SELECT RAISE(ABORT, 'away'); END",
    )
    request = await submitted(hasty)
    handle = programme_handle(hasty, request.programme)
    await until_attention(handle, "errand:reserve")

    async def found() -> bool:
        return (await handle.describe()).typed_search_attributes.get(ATTENTION) == "errand:reserve"

    await eventually(found)
    assert (await hasty.gateway.troubled())[handle.id] == "errand:reserve"
    # people work on it meanwhile
    task = await hasty.task(request.programme, "verify_programme")
    await hasty.send(hasty.staff("verifikator"), request.programme, c.ClaimTask(task=task.id))
    await run_sql(hasty, "DROP TRIGGER away")
    await hasty.until(request.programme, lambda x: all(s.pair_taken for s in x.seats.values()))
    await until_attention(handle, "")

    async def untroubled() -> bool:
        return handle.id not in await hasty.gateway.troubled()

    await eventually(untroubled)
    await replays(hasty, handle.id, keep="errand-in-trouble")


async def test_a_frozen_case_takes_nothing_more_and_goes_on_once_its_record_is_mended(hasty: Stack) -> None:
    request = await submitted(hasty)
    stream, handle = request.programme, programme_handle(hasty, request.programme)
    case = await hasty.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    verifier, task = hasty.staff("verifikator"), await hasty.task(stream, "verify_programme")
    forged = "f" * 64
    await run_sql(hasty, "UPDATE streams SET head_hash = :hash WHERE stream = :s", hash=forged, s=stream)
    taken = await hasty.send(verifier, stream, c.ClaimTask(task=task.id))
    await until_attention(handle, "ledger:forked")
    assert await hasty.refused(verifier, stream, c.ReleaseTask(task=task.id)) == ["M-FROZEN"]

    await run_sql(hasty, "UPDATE streams SET head_hash = :hash WHERE stream = :s", hash=case.head, s=stream)
    await hasty.db.retrying(lambda session: ledger.thaw(session, stream))
    assert await thaw(hasty.client, hasty.vault, workflow_id=handle.id, stream=stream)
    await until_attention(handle, "")
    written = await hasty.until(stream, lambda x: x.seq >= taken.seq)
    assert written.head == taken.hash
    await hasty.send(verifier, stream, c.ReleaseTask(task=task.id))
    await replays(hasty, handle.id, keep="frozen-and-thawed")


async def test_a_completion_by_signal_outlives_a_database_that_is_away(hasty: Stack) -> None:
    request = await submitted(hasty)
    stream, handle = request.programme, programme_handle(hasty, request.programme)
    await hasty.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    now = datetime.now(UTC)
    async with hasty.db.write() as session:
        account = await identity.create_account(
            session,
            person=hasty.staff("verifikator").person,
            username="sistem.verifikasi",
            password="gajah-terbang-7",
            hats=(Hat(Role.VERIFIER),),
            by=SYSTEM,
            at=now,
        )
        made = await identity.create_token(
            session,
            account=account,
            label="SIM",
            scopes=("read", "write"),
            hat=Hat(Role.VERIFIER),
            expires_at=now + timedelta(days=1),
            by=SYSTEM,
            at=now,
        )
    reason = await hasty.seal(stream, "Penyelenggara belum berizin.")
    task = await hasty.task(stream, "verify_programme")
    await run_sql(hasty, "ALTER TABLE api_tokens RENAME TO api_tokens_away")
    body = {
        "token": made.secret,
        "command_id": "k1",
        "command": {
            "type": "complete_task",
            "task": task.id,
            "decision": "reject",
            "reason": reason.model_dump(),
        },
    }
    await handle.signal("complete_task", body)
    await until_attention(handle, "signal")
    await run_sql(hasty, "ALTER TABLE api_tokens_away RENAME TO api_tokens")
    case = await hasty.until(stream, lambda x: x.state == "REJECTED")
    assert case.tasks[task.id].completed_by == hasty.staff("verifikator").person
    assert await handle.result() == "REJECTED"
    assert not await denials(hasty)


async def test_a_long_case_goes_on_in_a_new_run_with_all_that_it_knew(
    hasty: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_state, "UPDATES_A_RUN", 4)
    request = await submitted(hasty)
    stream, handle = request.programme, programme_handle(hasty, request.programme)
    await hasty.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    first_run = (await handle.describe()).run_id
    verifier, task = hasty.staff("verifikator"), await hasty.task(stream, "verify_programme")
    claim = c.ClaimTask(task=task.id)
    first = await hasty.send(verifier, stream, claim, key="k-first")
    for _ in range(3):
        await hasty.send(verifier, stream, c.ReleaseTask(task=task.id))
        await hasty.send(verifier, stream, claim)
    await until_another_run(handle, first_run)
    # what was taken in the first run is the same command in the second
    again = await hasty.send(verifier, stream, claim, key="k-first")
    assert (again.seq, again.hash) == (first.seq, first.hash)
    reason = await hasty.seal(stream, "Penyelenggara belum berizin.")
    await hasty.complete(verifier, stream, "verify_programme", "reject", reason=reason)
    assert await handle.result() == "REJECTED"
    async with hasty.db.read() as session:
        events = await streams.events_of(session, stream)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    replayer = Replayer(workflows=WORKFLOWS, plugins=[plugin(hasty.settings)])
    for run in (first_run, None):
        history = await hasty.client.get_workflow_handle(handle.id, run_id=run).fetch_history()
        await replayer.replay_workflow(history)


async def test_a_case_goes_on_in_a_new_run_when_the_server_asks_for_it(impatient: Stack) -> None:
    request = await submitted(impatient)
    stream, handle = request.programme, programme_handle(impatient, request.programme)
    await impatient.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    first_run = (await handle.describe()).run_id
    verifier, task = impatient.staff("verifikator"), await impatient.task(stream, "verify_programme")
    while (await handle.describe()).history_length < 100 and (await handle.describe()).run_id == first_run:
        await impatient.send(verifier, stream, c.ClaimTask(task=task.id))
        await impatient.send(verifier, stream, c.ReleaseTask(task=task.id))
    await until_another_run(handle, first_run)
    await impatient.complete(
        verifier,
        stream,
        "verify_programme",
        "reject",
        reason=await impatient.seal(stream, "Penyelenggara belum berizin."),
    )
    assert await handle.result() == "REJECTED"
    for run in (first_run, None):
        await replays(impatient, handle.id, keep="long", run=run)


async def test_under_a_steady_load_the_next_run_takes_along_what_is_still_to_be_written(
    hasty: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_state, "UPDATES_A_RUN", 3)
    monkeypatch.setattr(case_state, "MOST_UPDATES_A_RUN", 4)
    request = await submitted(hasty)
    stream, handle = request.programme, programme_handle(hasty, request.programme)
    await hasty.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    first_run = (await handle.describe()).run_id
    verifier, task = hasty.staff("verifikator"), await hasty.task(stream, "verify_programme")
    # nothing can be written meanwhile: whatever is decided stays pending
    await run_sql(hasty, "CREATE TRIGGER away BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'away'); END")
    taken = None
    for n in range(4):
        command = c.ReleaseTask(task=task.id) if n % 2 else c.ClaimTask(task=task.id)
        taken = await hasty.send(verifier, stream, command)
    await until_another_run(handle, first_run)
    await run_sql(hasty, "DROP TRIGGER away")
    assert taken is not None
    case = await hasty.until(stream, lambda x: x.seq >= taken.seq)
    assert case.head == taken.hash
    async with hasty.db.read() as session:
        events = await streams.events_of(session, stream)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))


async def test_what_is_no_json_or_too_long_is_refused_and_never_blocks_the_case(stack: Stack) -> None:
    request = await submitted(stack)
    handle = programme_handle(stack, request.programme)
    plain = await Client.connect(stack.settings.temporal_address)
    hostile = [
        Payload(metadata={"encoding": b"binary/plain"}, data=b"\xff\xfe"),
        Payload(metadata={"encoding": b"binary/null"}, data=b""),
        Payload(metadata={"encoding": b"json/protobuf", "messageType": b"x"}, data=b"{}"),
        Payload(metadata={"encoding": b"json/plain"}, data=b"[" * 5000 + b"]" * 5000),
        Payload(metadata={"encoding": b"json/plain"}, data=b"[" + b"1e15," * 20_000 + b"1]"),
        Payload(metadata={"encoding": b"json/plain"}, data=b"[" + b"9" * 4000 + b"]"),
    ]
    for payload in hostile:
        await plain.get_workflow_handle(handle.id).signal("message", RawValue(payload))
    found = await until_denied(stack, len(hostile))
    assert {rule for row in found for rule in row.rules} == {"A-SIGNAL"}
    task = await stack.task(request.programme, "verify_programme")
    await stack.send(stack.staff("verifikator"), request.programme, c.ClaimTask(task=task.id))
    await replays(stack, handle.id)


async def test_a_request_taken_back_can_be_sent_again_at_once(stack: Stack) -> None:
    request = await submitted(stack)
    stream, organiser = request.programme, stack.staff("penyelenggara")
    await stack.send(organiser, stream, c.WithdrawProgramme())
    receipt = await stack.send(organiser, stream, with_new_ids(request))
    assert receipt.state == "SUBMITTED"
    await stack.until(stream, lambda x: sum(s.pair_taken for s in x.seats.values()) == len(request.seats))
    async with stack.db.read() as session:
        events = await streams.events_of(session, stream)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert (await status(programme_handle(stack, stream))).attention == ""


async def test_a_deadline_for_which_the_calendar_lacks_a_year_waits_for_it_and_is_not_given_up(
    hasty: Stack,
) -> None:
    """A class that is not ready on the year's last working day asks its organiser what to do, within working
    days of a year that the holiday table does not hold yet."""
    async with hasty.db.read() as session:
        years = list((await registry.calendar(session)).years)
    year = local_day(await hasty.now()).year
    last = hasty.calendar.add_working_days(date(year + 1, 1, 1), -1)
    await on(hasty, hasty.calendar.add_working_days(last, -organisations.NOTICE))
    await run_sql(hasty, "UPDATE calendars SET years = :years", years=f"[{year}]")
    request = await hasty.submission([1, 2, 4])
    stream, handle = request.programme, programme_handle(hasty, request.programme)
    (class_,) = request.classes
    request = request.model_copy(update={"classes": (class_.model_copy(update={"days": (last,)}),)})
    await hasty.send(hasty.staff("penyelenggara"), stream, request)
    await hasty.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    verifier = hasty.staff("verifikator")
    task = await hasty.task(stream, "verify_programme")
    await hasty.send(verifier, stream, c.ClaimTask(task=task.id))
    await hasty.send(verifier, stream, c.VerifySeats(seats=tuple(s.id for s in request.seats)))
    await hasty.complete(verifier, stream, "verify_programme", "recommend")
    await hasty.complete(hasty.staff("penyetuju"), stream, "approve_programme", "approve")
    assert (await hasty.case(stream)).calendar.years == (year,)

    moving = asyncio.create_task(hasty.advance(to=at(last, 9)))
    await until_attention(handle, "calendar")
    assert not moving.done()
    assert "resolve_class_day" not in {t.kind for t in (await hasty.case(stream)).tasks.values()}
    await run_sql(hasty, "UPDATE calendars SET years = :years", years=str(years))
    await moving
    await until_attention(handle, "")
    case = await hasty.case(stream)
    assert set(years) <= set(case.calendar.years)
    (task,) = (t for t in case.tasks.values() if t.kind == "resolve_class_day")
    assert task.due_at == hasty.calendar.due(at(last, class_.start_hour), 2)
    async with hasty.db.read() as session:
        told = [e.type for e in (await reads.timeline(session, stream, limit=200)).items]
    assert "calendar_extended" in told and "deadline_had_no_effect" not in told
    await replays(hasty, handle.id)
