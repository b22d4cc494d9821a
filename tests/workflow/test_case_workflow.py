"""What every case does on the real server: once-only commands, hostile signals, timers, replay."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import RawValue
from temporalio.worker import Replayer

from activities import contracts
from activities.authorise import TaskSignal
from activities.messages import sign
from activities.plugin import plugin
from db import ledger, reads, streams
from db.vault import Vault
from domain import commands as c
from domain.errors import Conflict, DomainError, NotFound
from domain.ids import programme_workflow
from state_machines.turn import Turn
from tests.support.patience import WITHIN, eventually
from tests.support.programmes import VERIFIER, World, participant, sealed
from tests.support.running import status, submitted, until_denied
from tests.support.stack import Stack
from worker import WORKFLOWS
from workflows.model import CaseStart


def news(to: str) -> contracts.Message:
    """What a journey that the case does not know would tell it."""
    return contracts.Message(
        id="m1",
        type="journey_moved",
        sender="somebody",
        sender_workflow="journey-somebody",
        to_workflow=to,
        application="unknown",
        body={"state": "CERTIFIED"},
    )


async def test_the_same_key_is_the_same_command_and_another_body_a_conflict(stack: Stack) -> None:
    request = await submitted(stack)
    verifier = stack.staff("verifikator")
    claim = c.ClaimTask(task=(await stack.task(request.programme, "verify_programme")).id)
    first = await stack.send(verifier, request.programme, claim, key="k1")
    again = await stack.send(verifier, request.programme, claim, key="k1")
    assert (again.seq, again.hash) == (first.seq, first.hash)
    with pytest.raises(Conflict) as refusal:
        await stack.send(verifier, request.programme, c.ReleaseTask(task=claim.task), key="k1")
    assert str(refusal.value) == "A-KEY"
    # Somebody else's key is not the same command.
    other = stack.staff("penyetuju")
    assert "A-KEY" not in await stack.refused(other, request.programme, claim)


async def test_of_eight_submits_at_once_exactly_one_wins(stack: Stack) -> None:
    request = await stack.submission([1, 2, 4])
    organiser = stack.staff("penyelenggara")

    async def attempt(n: int) -> bool:
        try:
            await stack.gateway.dispatch(
                stream=request.programme, command=request, actor=organiser, key=f"submit-{n}"
            )
        except DomainError:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt(n) for n in range(8)))) == 1


async def test_a_refused_first_command_leaves_nothing_running_and_a_good_one_works_later(
    stack: Stack,
) -> None:
    request = await stack.submission([1, 2, 4])
    twice = request.model_copy(
        update={"seats": (*request.seats, request.seats[0].model_copy(update={"id": "x"}))}
    )
    organiser = stack.staff("penyelenggara")
    assert await stack.refused(organiser, request.programme, twice) == ["R-DUP"]
    with pytest.raises(NotFound):
        await stack.send(organiser, request.programme, c.WithdrawProgramme())
    receipt = await stack.send(organiser, request.programme, request)
    assert receipt.seq == 1


async def test_hostile_signals_are_refused_and_recorded_and_the_case_goes_on(stack: Stack) -> None:
    request = await submitted(stack)
    await stack.until(request.programme, lambda x: all(s.pair_taken for s in x.seats.values()))
    handle = stack.client.get_workflow_handle(programme_workflow(request.programme))
    before = await status(handle)
    message = news(handle.id)
    forged = sign(Vault(b"x" * 32), message)
    await handle.signal("message", forged)
    await handle.signal("message", {"nonsense": True})
    await handle.signal("message", args=[1, 2, 3])
    await handle.signal("message")
    await handle.signal("no_such_signal", "x")
    await handle.signal("complete_task", {"token": "asr_none", "command_id": "k", "command": {}})
    unknown_key = Payload(
        metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"nobody"}, data=b"\x00" * 40
    )
    plain = await Client.connect(stack.settings.temporal_address)
    await plain.get_workflow_handle(handle.id).signal("message", RawValue(unknown_key))
    found = await until_denied(stack, 7)
    assert {rule for row in found for rule in row.rules} <= {
        "A-SIGNAL",
        "A-FORGED",
        "A-TOKEN",
        "A-SIGNED-OUT",
    }
    after = await status(handle)
    assert (after.seq, after.state) == (before.seq, before.state)
    # and people still work on it
    task = await stack.task(request.programme, "verify_programme")
    await stack.send(stack.staff("verifikator"), request.programme, c.ClaimTask(task=task.id))


@pytest.mark.parametrize(
    "more",
    [
        {"reason": {"id": "a\x00b", "commitment": "c"}},
        {"form": {"form": "votes", "minutes_number": "1", "votes": [{"person": "\x00", "competent": True}]}},
        {"form": {"form": "points", "points": [{"id": "a", "commitment": "\x00"}]}},
    ],
)
def test_a_signal_with_a_nul_is_no_signal(more: dict[str, Any]) -> None:
    """PostgreSQL would raise at it, and the case would ask again for ever."""
    command = {"type": "complete_task", "task": "t", "decision": "reject"}
    body = {"token": "asr_x", "command_id": "k", "command": command}
    TaskSignal.model_validate(body)
    with pytest.raises(ValidationError):
        TaskSignal.model_validate({**body, "command": {**command, **more}})


async def test_a_genuine_message_arrives_once_however_often_it_is_sent(stack: Stack) -> None:
    request = await submitted(stack)
    handle = stack.client.get_workflow_handle(programme_workflow(request.programme))
    message = news(handle.id)
    for _ in range(3):
        await handle.signal("message", sign(stack.vault, message))
    case = await stack.until(request.programme, lambda x: "m1" in x.messages)
    async with stack.db.read() as session:
        events = await streams.events_of(session, request.programme)
    assert sum(e.payload.get("message_id") == "m1" for e in events) == 1
    assert case.state == "SUBMITTED"


async def test_a_cancel_request_is_recorded_and_the_case_goes_on(stack: Stack) -> None:
    request = await submitted(stack)
    handle = stack.client.get_workflow_handle(programme_workflow(request.programme))
    await handle.cancel()
    await handle.cancel()

    async def recorded() -> bool:
        return (await status(handle)).cancel_requests > 0

    await eventually(recorded)
    task = await stack.task(request.programme, "verify_programme")
    await stack.send(stack.staff("verifikator"), request.programme, c.ClaimTask(task=task.id))
    described = await handle.describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    await stack.case(request.programme)  # the ledger has reached the claim, so what came before it too
    async with stack.db.read() as session:
        events = await streams.events_of(session, request.programme)
    assert "cancel_request_ignored" in {e.type for e in events}


async def test_in_a_simulation_a_correction_that_never_comes_expires_with_its_reminders(stack: Stack) -> None:
    request = await submitted(stack)
    stream = request.programme
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    points = c.PointsForm(points=(await stack.seal(stream, "Perbaiki surat permohonan."),))
    await stack.complete(stack.staff("verifikator"), stream, "verify_programme", "send_back", form=points)
    await stack.advance(days=14)
    case = await stack.until(stream, lambda x: x.state == "EXPIRED")
    assert not [t for t in case.tasks.values() if t.state in ("OFFERED", "CLAIMED")]
    async with stack.db.read() as session:
        events = await streams.events_of(session, stream)
        assert (await reads.pending(session)).quiet
    assert [e.type for e in events].count("task_reminded") == 2
    handle = stack.client.get_workflow_handle(programme_workflow(stream))
    assert await handle.result() == "EXPIRED"
    for sandbox in (True, False):
        replayer = Replayer(workflows=WORKFLOWS, plugins=[plugin(stack.settings, sandbox=sandbox)])
        await replayer.replay_workflow(await handle.fetch_history())


async def test_in_real_time_a_plain_timer_moves_the_case(real_time: Stack) -> None:
    stack = real_time
    world = World([participant(1), participant(2)])
    workflow_id = f"{world.opening.workflow_id}-{stack.settings.task_queue}"
    world.opening = world.opening.model_copy(update={"clock": "real", "workflow_id": workflow_id})
    world.case = world.opening
    from tests.support.stages import verified

    verified(world)
    world.complete(VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("x"),)))
    soon = datetime.now(UTC) + timedelta(seconds=2)
    deadline = next(iter(world.case.deadlines.values()))

    def shorten(turn: Turn) -> str:
        turn.set("deadline", deadline.id, at=soon)
        for task in turn.open_tasks():
            turn.set("task", task.id, reminders=(), due_at=soon)
        return "deadline_shortened"

    world.system(shorten)
    await ledger.commit(
        stack.db,
        contracts.AppendRequest(
            stream=world.case.stream,
            workflow_id=world.case.workflow_id,
            events=tuple(world.events),
            opening=world.opening,
        ),
    )
    handle = await stack.client.start_workflow(
        "TrainingProgramme",
        CaseStart(case=world.case, now=world.now),
        id=workflow_id,
        task_queue=stack.settings.task_queue,
        result_type=str,
    )
    async with asyncio.timeout(WITHIN):
        assert await handle.result() == "EXPIRED"
    assert datetime.now(UTC) >= soon
    history = await handle.fetch_history()
    assert any(e.HasField("timer_fired_event_attributes") for e in history.events)
