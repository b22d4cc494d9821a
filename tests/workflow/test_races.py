"""Two at once: exactly one wins, and the other learns nothing that is not its business."""

import asyncio

from domain import commands as c
from domain.errors import DomainError
from tests.support.stack import Stack


async def outcome(stack: Stack, who: object, stream: str, command: object) -> str:
    """`taken`, or the rule ids of the refusal."""
    try:
        await stack.gateway.dispatch(stream=stream, command=command, actor=who, key=f"race-{id(command)}")  # type: ignore[arg-type]  # actors of the stack
    except DomainError as error:
        return ",".join(v.rule for v in error.violations)
    return "taken"


async def test_the_same_person_in_two_requests_at_the_same_instant_gets_one_seat(stack: Stack) -> None:
    one, two = await stack.submission([1, 2]), await stack.submission([1, 4])
    organiser = stack.staff("penyelenggara")
    await asyncio.gather(stack.send(organiser, one.programme, one), stack.send(organiser, two.programme, two))
    person = one.seats[0].person
    found = []
    for request in (one, two):
        case = await stack.until(
            request.programme,
            lambda x: all(s.pair_taken or s.state == "REJECTED" for s in x.seats.values()),
        )
        found += [s.state for s in case.seats.values() if s.person == person]
        # nobody is told of another organiser
        assert "LSP-NUSA" not in "".join(e.model_dump_json() for e in case.errands.values())
    assert sorted(found) == ["PROPOSED", "REJECTED"]


async def test_approve_and_reject_at_once_the_first_legal_one_wins(stack: Stack) -> None:
    request = await stack.submission([1, 2])
    stream = request.programme
    await stack.send(stack.staff("penyelenggara"), stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    verifier, approver = stack.staff("verifikator"), stack.staff("penyetuju")
    task = await stack.task(stream, "verify_programme")
    await stack.send(verifier, stream, c.ClaimTask(task=task.id))
    await stack.send(verifier, stream, c.VerifySeats(seats=tuple(s.id for s in request.seats)))
    await stack.complete(verifier, stream, "verify_programme", "recommend")
    task = await stack.task(stream, "approve_programme")
    reason = await stack.seal(stream, "Surat permohonan belum lengkap.")
    answers = await asyncio.gather(
        outcome(stack, approver, stream, c.CompleteTask(task=task.id, decision="approve")),
        outcome(stack, approver, stream, c.CompleteTask(task=task.id, decision="reject", reason=reason)),
    )
    assert sorted(answers)[1] == "taken"
    assert "M-STATE" in sorted(answers)[0]
    case = await stack.until(stream, lambda x: x.tasks[task.id].state == "COMPLETED")
    assert case.state in ("PREPARATION", "REJECTED")


async def test_one_key_sent_to_two_cases_at_once_is_two_commands_and_freezes_nothing(stack: Stack) -> None:
    one, two = await stack.submission([1]), await stack.submission([2])
    organiser = stack.staff("penyelenggara")
    for request in (one, two):
        await stack.send(organiser, request.programme, request)
    receipts = await asyncio.gather(
        *(
            stack.gateway.dispatch(
                stream=r.programme, command=c.WithdrawProgramme(), actor=organiser, key="same"
            )
            for r in (one, two)
        )
    )
    assert len({r.command_id for r in receipts}) == 2
    for request in (one, two):
        await stack.until(request.programme, lambda x: x.state == "DRAFT")
