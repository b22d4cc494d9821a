"""What the people of a journey do, step by step, on the real server."""

from datetime import date

from domain import commands as c
from domain.cases import Case, UnitResult, Vote
from domain.clock import at
from domain.events import digest
from domain.policy import default
from domain.roles import Actor
from examples import organisations
from tests.support.journeys import PLANS
from tests.support.stack import Stack

UNITS = tuple(u.id for u in organisations.SCHEME.units)


async def answered(stack: Stack, stream: str) -> Case:
    """The case, once everything that it asked of the world is answered."""
    await stack.case(stream)  # what was asked last is shown by now
    return await stack.until(stream, lambda x: all(e.state == "ANSWERED" for e in x.errands.values()))


def application() -> c.ApplicationForm:
    return c.ApplicationForm(
        apl01=digest("1"), apl02=digest("2"), consent_version=default().consent_version, it_declared=True
    )


async def applied(stack: Stack, stream: str, who: Actor) -> None:
    """The candidate applies, and operations name the reviewer."""
    await stack.complete(who, stream, "submit_application", "submit", form=application())
    await reviewer_named(stack, stream)


async def reviewer_named(stack: Stack, stream: str) -> None:
    reviewer = c.ReviewerForm(reviewer=stack.staff("penelaah").person)
    await stack.complete(stack.staff("petugas"), stream, "assign_reviewer", "assign_reviewer", form=reviewer)


async def points(stack: Stack, stream: str) -> c.PointsForm:
    return c.PointsForm(points=(await stack.seal(stream, "Surat belum terbaca."),))


async def accepted(stack: Stack, stream: str) -> None:
    """The reviewer resolves what the machine left open, and accepts."""
    case = await answered(stack, stream)
    left = tuple(f.requirement for f in case.journey.findings if f.outcome == "needs_human")
    await stack.complete(
        stack.staff("penelaah"),
        stream,
        "review_documents",
        "accept",
        form=c.ReviewForm(resolved=left),
        reason=await stack.seal(stream, "Berkas asli sudah diperiksa."),
        evidence=(digest("seen"),),
    )


async def scheduled(
    stack: Stack, stream: str, master: Actor, day: date, *, kind: str = "schedule_assessment"
) -> Case:
    """The organiser schedules (or schedules again, or re-assesses), and the assessor's time is taken."""
    form = c.ScheduleForm(assessor=master.person, venue="TUK-1", day=day)
    decision = {"schedule_assessment": "schedule"}.get(kind, kind)
    await stack.complete(stack.staff("penyelenggara"), stream, kind, decision, form=form)
    return await answered(stack, stream)


async def lettered(stack: Stack, stream: str, master: Actor, day: date) -> None:
    """Surat tugas for the assessor of a journey's own assignment."""
    case = await stack.case(stream)
    letter = c.Letter(
        class_id=case.journey.class_id,
        person=master.person,
        kind="assessor",
        letter_number=f"ST/{day}",
        letter_date=day,
    )
    await stack.complete(
        stack.staff("petugas"),
        stream,
        "assign_master_assessors",
        "assign",
        form=c.LettersForm(assignments=(letter,)),
    )


async def begun(stack: Stack, stream: str, candidate: Actor, master: Actor) -> None:
    """On the day: both sign FR.AK.01, the assessor begins."""
    for who in (candidate, master):
        task = await stack.task(stream, "sign_agreement", person=who.person)
        await stack.send(who, stream, c.CompleteTask(task=task.id, decision="sign"))
    await stack.complete(master, stream, "begin_assessment", "begin", form=PLANS)


async def convened(stack: Stack, stream: str, master: Actor, **results: str) -> None:
    """The assessor files K for every unit but those named; the committee is convened."""
    case = await stack.case(stream)
    form = c.UnitsForm(
        results=tuple(
            UnitResult.model_validate({"unit": u, "result": results.get(u, "K")})
            for u in case.journey.to_assess
        ),
        ak02=digest("ak02"),
        ak05=digest("ak05"),
    )
    await stack.complete(master, stream, "file_assessment", "recommend", form=form)
    members = tuple(stack.staff(f"komite{n}").person for n in (1, 2, 3))
    sitting = c.ConveneForm(members=members, chair=members[0])
    await stack.complete(stack.staff("petugas"), stream, "convene", "convene", form=sitting)


async def decided(stack: Stack, stream: str, decision: str) -> None:
    """The chair enters the committee's decision with its three votes."""
    competent = decision == "decide_competent"
    form = c.VotesForm(
        votes=tuple(Vote(person=stack.staff(f"komite{n}").person, competent=competent) for n in (1, 2, 3)),
        minutes_number="BA/1",
    )
    reason = None if competent else await stack.seal(stream, "Satu unit belum kompeten.")
    await stack.complete(stack.staff("komite1"), stream, "decide", decision, form=form, reason=reason)


async def on(stack: Stack, day: date, hour: int = 9) -> None:
    """Business time moves to that hour (WIB) of that day."""
    await stack.advance(to=at(day, hour))
