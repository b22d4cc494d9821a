"""The picture of an act on a journey, and who of it knows whom."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from db import registry
from db.facts.picture import Picture, PlannedMaster, PlannedSeat
from domain import commands as c
from domain.cases import Case, Journey
from domain.clock import Zone, local_day
from domain.facts import ClassFacts, VoteFacts
from domain.ids import class_assessor, holder_of
from domain.roles import Actor
from state_machines.journey_facts import failing, recommendation


async def journey_picture(session: AsyncSession, case: Case, command: c.Model | None) -> Picture:
    journey = case.journey
    form = getattr(command, "form", None)
    task = case.tasks.get(command.task) if isinstance(command, c.CompleteTask) else None
    applies = isinstance(form, c.ApplicationForm) or (task is not None and task.kind == "correct_application")
    schedule = form if isinstance(form, c.ScheduleForm) else None
    known = journey.facts
    if isinstance(form, c.ApplicationForm):
        known = known.model_copy(update={"it_declared": form.it_declared})
    # One assessment is judged by itself: the class's numbers are no matter of it (R-MA).
    held = schedule is None and bool(journey.class_days)
    person = schedule.assessor if schedule else journey.assessor
    return Picture(
        organiser=journey.organiser,
        track=journey.track,
        scheme=journey.scheme,
        scheme_version=journey.scheme_version,
        drafts=tuple(d for d in (journey.id, case.stream, journey.programme) if d),
        submitted_on=local_day(journey.submitted_at) if journey.submitted_at else None,
        classes=(
            ClassFacts(
                id=journey.class_id,
                days=journey.class_days,
                zone=Zone(journey.zone),
                trainers=journey.trainers,
                assessors=journey.assessors,
            ),
        )
        if held
        else (),
        seats=(
            PlannedSeat(
                journey.seat, journey.class_id, journey.person, "main", known.recommending, "", known
            ),
        ),
        masters=(PlannedMaster(person, "assessor", ""),) if person and not held else (),
        class_id=journey.class_id if held else "",
        fresh=applies,
        own_holders=await _shared_holders(session, case, person),
        own_streams=(case.stream,),
        rest=_journey_rest(journey, command, form, schedule),
    )


def _shares_class(case: Case) -> bool:
    """Is this schedule the class's own matter? (A re-assessment makes its own assignment.)"""
    journey = case.journey
    return bool(journey.class_id) and not journey.reassessments and journey.state != "NOT_YET_COMPETENT"


async def _shared_holders(session: AsyncSession, case: Case, assessor: str) -> tuple[str, ...]:
    """All journeys of a class share its assessors' days: those that the programme took for this class, and
    those that its journeys took together. What it took for another class of the same days is not theirs."""
    journey = case.journey
    if not _shares_class(case):
        return ()
    shared = class_assessor(journey.programme, journey.class_id, assessor)
    return (shared, *await registry.class_holders(session, journey.programme, journey.class_id))


async def places(session: AsyncSession, case: Case | None, command: c.Model | None) -> dict[str, int]:
    """How many other candidates of the class the assessor named has already (R-MA)."""
    form = getattr(command, "form", None)
    # journeys of before take no place
    if not isinstance(form, c.ScheduleForm) or case is None or case.revision < 1 or not _shares_class(case):
        return {}
    journey = case.journey
    share = class_assessor(journey.programme, journey.class_id, form.assessor)
    own = holder_of(case.stream, journey.class_id)
    return {"places_taken": await registry.places_taken(session, share, but=own)}


async def recommenders(
    session: AsyncSession, case: Case, command: c.Model | None, actor: Actor
) -> tuple[str, ...]:
    """Who of those concerned belongs to the institution that recommended the candidate. Its signatory is a
    name on a letter, sealed, and no person that we know."""
    form = getattr(command, "form", None)
    named = {form.reviewer} if isinstance(form, c.ReviewerForm) else set()
    recommending = case.journey.facts.recommending
    return await registry.members(session, recommending, actor.hands | named) if recommending else ()


def _journey_rest(
    journey: Journey, command: c.Model | None, form: object, schedule: c.ScheduleForm | None
) -> dict[str, Any]:
    votes = form.votes if isinstance(form, c.VotesForm) else journey.votes
    convened = form if isinstance(form, c.ConveneForm) else None
    return {
        "assessment_day": schedule.day if schedule else journey.assessment_day,
        "reassessments": journey.reassessments,
        "first_decision_on": local_day(journey.first_decided_at) if journey.first_decided_at else None,
        "failing_units": failing(journey),
        "requested_units": failing(journey),
        "members": convened.members if convened else journey.members,
        "chair": convened.chair if convened else journey.chair,
        "votes": tuple(VoteFacts(person=v.person, competent=v.competent) for v in votes),
        "recommendation": recommendation(journey) if journey.results else None,
        "decision": command.decision if isinstance(command, c.CompleteTask) else "",
    }
