"""What the people of a request do, step by step, on the real server."""

import uuid
from collections.abc import Iterable

from domain import commands as c
from domain.cases import Assignment
from domain.clock import local_day
from tests.support.stack import Stack
from tests.support.stories import answered


async def verifying(stack: Stack, numbers: list[int]) -> c.SubmitProgramme:
    """A submitted request that a verifier has claimed."""
    request = await stack.submission(numbers)
    await stack.send(stack.staff("penyelenggara"), request.programme, request)
    await stack.until(request.programme, lambda x: all(s.pair_taken for s in x.seats.values()))
    task = await stack.task(request.programme, "verify_programme")
    await stack.send(stack.staff("verifikator"), request.programme, c.ClaimTask(task=task.id))
    return request


async def approved(stack: Stack, numbers: list[int]) -> c.SubmitProgramme:
    request = await verifying(stack, numbers)
    stream = request.programme
    verifier = stack.staff("verifikator")
    await stack.send(verifier, stream, c.VerifySeats(seats=tuple(s.id for s in request.seats)))
    await stack.complete(verifier, stream, "verify_programme", "recommend")
    await stack.complete(stack.staff("penyetuju"), stream, "approve_programme", "approve")
    await stack.until(
        stream,
        lambda x: x.state == "PREPARATION" and not [e for e in x.errands.values() if e.state == "ASKED"],
    )
    return request


def candidates(stack: Stack, request: c.SubmitProgramme, numbers: Iterable[int]) -> dict[int, str]:
    """The seat of each of these people, by number."""
    seats = {s.person: s.id for s in request.seats}
    return {n: seats[stack.candidate(n).person] for n in numbers}


def with_new_ids(request: c.SubmitProgramme) -> c.SubmitProgramme:
    """The same request once more: its classes and seats are new ones."""
    renamed = {k.id: str(uuid.uuid4()) for k in request.classes}
    return request.model_copy(
        update={
            "classes": tuple(k.model_copy(update={"id": renamed[k.id]}) for k in request.classes),
            "seats": tuple(
                s.model_copy(update={"id": str(uuid.uuid4()), "class_id": renamed[s.class_id]})
                for s in request.seats
            ),
            "masters": tuple(m.model_copy(update={"class_id": renamed[m.class_id]}) for m in request.masters),
        }
    )


async def letters(stack: Stack, stream: str, *who: tuple[str, str]) -> None:
    """Operations issue surat tugas: (username, kind) each."""
    case = await stack.case(stream)
    (class_,), today = case.classes.values(), local_day(await stack.now())
    form = c.LettersForm(
        assignments=tuple(
            c.Letter(
                class_id=class_.id,
                person=stack.staff(name).person,
                kind=kind,
                letter_number=f"ST/{name}",
                letter_date=today,
            )
            for name, kind in who
        )
    )
    await stack.complete(stack.staff("petugas"), stream, "assign_master_assessors", "assign", form=form)
    await answered(stack, stream)


async def assignment(stack: Stack, stream: str, username: str) -> Assignment:
    case, person = await stack.case(stream), stack.staff(username).person
    return [a for a in case.assignments.values() if a.person == person][-1]
