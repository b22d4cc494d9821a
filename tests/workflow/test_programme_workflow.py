"""A programme on the real Temporal server."""

from domain import commands as c
from tests.support.stack import Stack


async def test_a_request_reaches_its_approval_and_opens_its_journeys(stack: Stack) -> None:
    request = await stack.submission([1, 2, 4])
    stream = request.programme
    organiser, verifier, approver = (stack.staff(n) for n in ("penyelenggara", "verifikator", "penyetuju"))
    receipt = await stack.send(organiser, stream, request)
    assert receipt.state == "SUBMITTED"
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    task = await stack.task(stream, "verify_programme")
    await stack.send(verifier, stream, c.ClaimTask(task=task.id))
    await stack.send(verifier, stream, c.VerifySeats(seats=tuple(s.id for s in request.seats)))
    await stack.complete(verifier, stream, "verify_programme", "recommend")
    await stack.complete(approver, stream, "approve_programme", "approve")
    case = await stack.until(
        stream,
        lambda x: x.state == "PREPARATION" and not [e for e in x.errands.values() if e.state == "ASKED"],
    )
    for seat in case.seats.values():
        journey = await stack.until(seat.journey, lambda x: x.state == "INVITED")
        assert journey.kind == "journey"
