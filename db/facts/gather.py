"""Which facts an act needs, and what rows say of them."""

from datetime import date, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from db import identity, registry
from db.facts.journey import journey_picture, places, recommenders
from db.facts.picture import Picture, PlannedSeat, focus
from db.facts.programme import programme_picture, submission_picture
from db.vault import Vault
from domain import commands as c
from domain.cases import Case
from domain.clock import local_day
from domain.errors import NotFound
from domain.facts import (
    CALENDAR_ALONE,
    AssessorFacts,
    CommitteeFacts,
    Facts,
    OrganiserFacts,
    ParticipantFacts,
)
from domain.policy import Policy, default
from domain.roles import Actor

JUDGED = frozenset(
    {
        "submit_programme",
        "reschedule_class",
        "set_committee",
        "correct_programme:resubmit",
        "approve_programme:approve",
        "approve_programme:approve_without",
        "assign_master_assessors:assign",
        "replace_assignment",
        "resolve_class_day:reschedule",
        "submit_application:submit",
        "correct_application:resubmit",
        "review_documents:accept",
        "schedule_assessment:schedule",
        "reassess:reassess",
        "reschedule_assessment",
        "convene:convene",
        "decide:decide_competent",
        "decide:decide_not_yet",
        "decide:clarify",
    }
)
"""Purposes that rules about organisations, participants, assessors or votes judge. For every other command
nothing of that is read, so that no history carries what nobody looked at."""
REVIEWED = frozenset({f"review_documents:{d}" for d in ("accept", "send_back", "reject")}) | {
    "assign_reviewer:assign_reviewer"
}
"""Purposes at which it counts who belongs to the recommending institution (R-SOD)."""
YEARS_BEFORE, YEARS_AFTER = 1, 2
"""The calendar's years around today: a programme may be submitted in one year and held in the next."""


def purpose_of(command: c.Model, case: Case | None) -> str:
    """What the facts are for: the command's type, or, for a task, its kind and decision."""
    if isinstance(command, c.CompleteTask) and case is not None and command.task in case.tasks:
        return f"{case.tasks[command.task].kind}:{command.decision}"
    return str(getattr(command, "type", ""))


async def facts_for(
    session: AsyncSession,
    vault: Vault,  # noqa: ARG001 (rules see nothing that is sealed)
    *,
    purpose: str,
    case: Case | None,
    command: c.Model | None,
    actor: Actor,
    now: datetime,
    subject: str = "",
) -> Facts:
    """Everything that the rules of this act need and rows know; what is not known stays unknown.

    `purpose` is the command's type, a task's `kind:decision`, or what a move of the system is for
    (`class_start` …) with its `subject`; `case` is None, or empty, before the first submit. `now` is the
    business moment (UTC).
    """
    today = local_day(now)
    kept = case.policy_version if case else ""
    policy = await registry.known_policy(session, kept) if kept else default(today)
    facts = Facts(
        policy=policy,
        today=today,
        hands=dict(case.hands) if case else {},
        actor_hands=tuple(sorted(actor.hands)),
        step=_step(case, command, policy),
    )
    if purpose == CALENDAR_ALONE:
        return facts.model_copy(update={"calendar": await _calendar(session)})
    if case and case.main and not {today.year, today.year + 1} <= set(case.calendar.years):
        # the case's snapshot runs out: what it lacks comes from the newest table
        facts = facts.model_copy(update={"calendar": await _calendar(session)})
    if isinstance(command, c.ReassignTask) and command.to_person:
        roles = await identity.roles_of(session, command.to_person)
        return facts.model_copy(update={"roles_of": {command.to_person: roles}})
    if case is not None and case.kind == "journey" and purpose in REVIEWED:
        facts = facts.model_copy(update={"recommenders": await recommenders(session, case, command, actor)})
    if command is not None and purpose not in JUDGED:
        return facts
    picture = await _picture(session, case, command, subject)
    if picture is None:
        return facts
    picture = focus(picture)
    participants = await _participants(session, picture, case, policy)
    ids = {picture.organiser, *(p.recommending for p in participants)}
    organisations = await registry.organisations(session, ids)
    return facts.model_copy(
        update={
            "calendar": await _calendar(session, today),
            "submitted_on": picture.submitted_on,
            "track": picture.track,
            "organiser": _organiser(organisations.pop(picture.organiser, None), picture),
            "organisations": organisations,
            "scheme": await registry.scheme_facts(session, picture.scheme, picture.scheme_version),
            "classes": picture.classes,
            "participants": participants,
            "recommended_before": _recommended_before(picture, participants),
            "assessors": await _assessors(session, picture),
            "committee_busy": await _committee(session, picture),
            "class_id": picture.class_id,
            **_counts(picture),
            **picture.rest,
            **await places(session, case, command),
        }
    )


async def _picture(
    session: AsyncSession, case: Case | None, command: c.Model | None, subject: str
) -> Picture | None:
    if isinstance(command, c.SubmitProgramme):
        return await submission_picture(session, case, command)
    if case is None or case.main is None:
        return None
    if case.kind == "programme":
        return programme_picture(case, command, subject)
    if case.kind == "journey":
        return await journey_picture(session, case, command)
    certificate = case.certificate
    return Picture(scheme=certificate.scheme, scheme_version=certificate.scheme_version)


async def _calendar(session: AsyncSession, today: date | None = None) -> Any:
    """The newest table's years around that day; all of them without one."""
    years = range(today.year - YEARS_BEFORE, today.year + YEARS_AFTER + 1) if today else None
    try:
        return await registry.calendar(session, years=years)
    except NotFound:  # rules that count days then ask a person
        return None


async def _participants(
    session: AsyncSession, picture: Picture, case: Case | None, policy: Policy
) -> tuple[ParticipantFacts, ...]:
    read: dict[str, ParticipantFacts] = {}
    if picture.fresh:
        own = {*picture.own_streams, *picture.drafts, *((case.stream,) if case else ())}
        read = await registry.participants(
            session,
            [s.person for s in picture.seats],
            scheme=picture.scheme,
            drafts=picture.drafts,
            policy_version=policy.version,
            own_streams=own,
        )
    return tuple(_participant(seat, read.get(seat.person)) for seat in picture.seats)


def _organiser(found: OrganiserFacts | None, picture: Picture) -> OrganiserFacts | None:
    """The organiser as rows know it, with the answer that a person gave in this case."""
    if found is None or picture.organiser_confirmed is None:
        return found
    return found.model_copy(update={"bnsp_confirmed": picture.organiser_confirmed})


def _recommended_before(picture: Picture, participants: tuple[ParticipantFacts, ...]) -> tuple[str, ...]:
    """Seats of a corrected list whose recommendation the case has taken already, of the same institution."""
    if not picture.fresh:
        return ()
    return tuple(
        seat.id
        for seat, now in zip(picture.seats, participants, strict=True)
        if seat.state and seat.known is not None and _same_letter(seat.known, now)
    )


def _same_letter(before: ParticipantFacts, now: ParticipantFacts) -> bool:
    old, new = before.recommendation, now.recommendation
    return old is not None and new is not None and old.organisation == new.organisation


def _participant(seat: PlannedSeat, read: ParticipantFacts | None) -> ParticipantFacts:
    """Rows and case together: rows know the evidence, the case knows the seat and what people decided."""
    known = seat.known
    # What was judged stays as it was judged (decision 0009); and a record without anything in it says
    # nothing: what the case was given before stands.
    judged = seat.state not in ("", "PROPOSED")
    empty = read is not None and read.qualification is None and not read.technical
    if read is not None and known is not None and (judged or empty):
        found = known.model_copy(update={"active_elsewhere": read.active_elsewhere})
    else:
        found = read or known or ParticipantFacts(person=seat.person)
    decided = {
        name: getattr(known, name)
        for name in ("equivalence", "field_accepted", "exception", "way")
        if known is not None and getattr(known, name) is not None
    }
    if known is not None and known.recommendation_accepted and _same_letter(known, found):
        decided["recommendation_accepted"] = known.recommendation_accepted
    if known is not None and known.it_declared is not None:
        decided["it_declared"] = known.it_declared
    return found.model_copy(
        update={
            **decided,
            "seat": seat.id,
            "class_id": seat.class_id,
            "kind": seat.kind,
            "recommending": seat.recommending or found.recommending,
        }
    )


async def _assessors(session: AsyncSession, picture: Picture) -> tuple[AssessorFacts, ...]:
    persons = {m.person for m in picture.masters}
    if not persons:
        return ()
    known = await registry.master_assessors(session, persons)
    days = {day for k in picture.classes for day in k.days}
    if isinstance(held := picture.rest.get("assessment_day"), date):
        days.add(held)
    busy = await registry.busy_days(
        session,
        "master_day",
        persons,
        days,
        not_holders=picture.own_holders,
        not_streams=picture.own_streams,
    )
    return tuple(
        AssessorFacts(
            person=m.person,
            kind=m.kind,
            class_id=m.class_id,
            fields=tuple(known[m.person].fields) if m.person in known else (),
            certificate_state=known[m.person].certificate_state if m.person in known else "",
            certificate_valid_until=known[m.person].certificate_valid_until if m.person in known else None,
            busy=busy[m.person],
            letter_issued=m.letter_issued,
            accepted=m.accepted,
        )
        for m in picture.masters
    )


async def _committee(session: AsyncSession, picture: Picture) -> tuple[CommitteeFacts, ...]:
    persons = {p for k in picture.classes for p in k.committee}
    days = {day for k in picture.classes for day in k.days}
    if not persons:
        return ()
    busy = await registry.busy_days(
        session,
        "committee_day",
        persons,
        days,
        not_holders=picture.own_holders,
        not_streams=picture.own_streams,
    )
    return tuple(CommitteeFacts(person=p, busy=taken) for p, taken in busy.items())


def _counts(picture: Picture) -> dict[str, Any]:
    """Seats of the class that the act is about, the one that moves left out (R-24)."""
    if not picture.class_id or picture.rest:
        return {}
    here = [s for s in picture.seats if s.class_id == picture.class_id]
    others = [s for s in here if s.id != picture.seat]
    return {
        "seats_main": sum(s.kind == "main" for s in here),
        "seats_confirmed": sum(s.state == "CONFIRMED" for s in others),
        "seats_offered": sum(s.state == "OFFERED" for s in others),
    }


def _step(case: Case | None, command: c.Model | None, policy: Policy) -> str:
    """The step of `hands` that completing this task is; empty where the moment says it."""
    task = getattr(command, "task", "")
    if case is None or task not in case.tasks:
        return ""
    try:
        return policy.task(case.tasks[task].kind).step
    except NotFound:
        return ""
