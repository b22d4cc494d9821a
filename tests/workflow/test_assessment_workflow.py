"""An assessment on the real server: its place and day are taken, moved, given back; a journey that is begun
now replays."""

from datetime import date

from db import reads
from db.people_tables import Person
from domain import commands as c
from domain.cases import Journey
from domain.clock import local_day
from domain.ids import class_assessor
from domain.policy import default
from tests.support.eligible import trained, workflow
from tests.support.histories import replayed
from tests.support.openings import opened
from tests.support.stack import Stack
from tests.support.stories import accepted, answered, application, begun, on, reviewer_named, scheduled


async def day_holder(stack: Stack, person: str, day: date) -> str:
    async with stack.db.read() as session:
        row = await reads.reservation(session, "master_day", f"{person}/{day}")
    return row.holder if row else ""


async def test_an_assessment_is_moved_and_interrupted_and_its_day_given_back(stack: Stack) -> None:
    stream = await opened(stack)
    who = stack.candidate(1)
    await stack.complete(who, stream, "submit_application", "submit", form=application())
    task = await stack.task(stream, "assign_reviewer")
    trainer = c.ReviewerForm(reviewer=stack.staff("master1").person)
    naming = c.CompleteTask(task=task.id, decision="assign_reviewer", form=trainer)
    assert await stack.refused(stack.staff("petugas"), stream, naming) == ["R-SOD"]
    await reviewer_named(stack, stream)
    await accepted(stack, stream)
    await trained(stack, stream, who)
    today = local_day(await stack.now())
    first, second = (stack.staff(name) for name in ("master3", "master4"))
    organiser = stack.staff("penyelenggara")
    day, later = (stack.calendar.add_working_days(today, n) for n in (3, 5))
    await scheduled(stack, stream, first, day)
    shared = class_assessor("programme-x", "class-a", first.person)
    assert await day_holder(stack, first.person, day) == shared

    move = c.RescheduleAssessment(
        form=c.ScheduleForm(assessor=second.person, venue="TUK-1", day=later),
        reason=await stack.seal(stream, "Asesor berhalangan."),
    )
    await stack.send(organiser, stream, move)
    await answered(stack, stream)
    assert await day_holder(stack, first.person, day) == ""
    assert (await day_holder(stack, second.person, later)).endswith(second.person)

    await on(stack, later)
    await begun(stack, stream, who, second)
    reason = await stack.seal(stream, "Listrik padam.")
    receipt = await stack.send(second, stream, c.InterruptAssessment(reason=reason))
    assert receipt.state == "SCHEDULED"
    case = await answered(stack, stream)
    assert await day_holder(stack, second.person, later) == ""
    journey: Journey = case.journey
    assert (journey.assessor, len(journey.forms)) == ("", 4)

    await stack.send(who, stream, c.WithdrawJourney())
    assert await replayed(stack, workflow(who)) == "WITHDRAWN"
    async with stack.db.read() as session:
        person = await session.get(Person, who.person)
    assert person is not None
    assert person.consent_version == default().consent_version
