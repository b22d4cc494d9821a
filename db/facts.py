"""Facts: what the rules of one act see, gathered from the case, from the command and from rows.

The case says what is so, the command says what is to be, and rows say the rest: licences, evidence,
certificates, days that others took. Facts from rows are a pre-check; what is scarce is decided by its
reservation (design § 4).
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from db import identity, registry
from db.people_tables import Draft
from db.vault import Vault
from domain import commands as c
from domain.cases import Case, Journey
from domain.clock import Zone, local_day
from domain.errors import NotFound
from domain.facts import (
    CALENDAR_ALONE,
    AssessorFacts,
    ClassFacts,
    CommitteeFacts,
    Facts,
    OrganiserFacts,
    ParticipantFacts,
    VoteFacts,
)
from domain.ids import class_assessor
from domain.policy import Policy, default
from domain.roles import Actor
from state_machines.class_facts import SEATED, STANDING
from state_machines.journey_facts import failing, recommendation

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
ANSWERS: dict[str, bool | None] = {"": None, "accepted": True, "refused": False}
REVIEWED = frozenset({f"review_documents:{d}" for d in ("accept", "send_back", "reject")}) | {
    "assign_reviewer:assign_reviewer"
}
"""Purposes at which it counts who belongs to the recommending institution (R-SOD)."""
YEARS_BEFORE, YEARS_AFTER = 1, 2
"""The calendar's years around today: a programme may be submitted in one year and held in the next."""

Track = Literal["new", "recertification"]


@dataclass(frozen=True)
class _Seat:
    id: str
    class_id: str
    person: str
    kind: Literal["main", "reserve"]
    recommending: str
    state: str
    known: ParticipantFacts | None = None
    """What the case was told of the participant before."""


@dataclass(frozen=True)
class _Master:
    person: str
    kind: Literal["trainer", "assessor"]
    class_id: str
    letter_issued: bool = False
    accepted: bool = False


@dataclass(frozen=True)
class _Picture:
    """How things would stand if the command were taken."""

    organiser: str = ""
    track: Track | None = None
    scheme: str = ""
    scheme_version: str = ""
    drafts: tuple[str, ...] = ()
    submitted_on: date | None = None
    organiser_confirmed: bool | None = None
    """A verifier's answer on the organiser, kept by the case; None: ask the rows (R-ORG)."""
    classes: tuple[ClassFacts, ...] = ()
    seats: tuple[_Seat, ...] = ()
    masters: tuple[_Master, ...] = ()
    class_id: str = ""
    """The class that the act is about."""
    fresh: bool = False
    """Participants are read from rows: this is a submission of theirs."""
    own_holders: tuple[str, ...] = ()
    """Holders whose taken days are this act's own."""
    own_streams: tuple[str, ...] = ()
    """Streams all of whose taken days are this act's own; empty where only `own_holders` are."""
    seat: str = ""
    """The seat that moves."""
    rest: dict[str, Any] = field(default_factory=dict)
    """Further facts, of a journey."""


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
        facts = facts.model_copy(update={"recommenders": await _recommenders(session, case, command, actor)})
    if command is not None and purpose not in JUDGED:
        return facts
    picture = await _picture(session, case, command, subject)
    if picture is None:
        return facts
    picture = _focus(picture)
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
            **await _places(session, case, command),
        }
    )


# ---- what the case and the command say ----------------------------------------------------------


async def _picture(
    session: AsyncSession, case: Case | None, command: c.Model | None, subject: str
) -> _Picture | None:
    if isinstance(command, c.SubmitProgramme):
        return await _submitted(session, case, command)
    if case is None or case.main is None:
        return None
    if case.kind == "programme":
        return _programme(case, command, subject)
    if case.kind == "journey":
        return await _journey(session, case, command)
    certificate = case.certificate
    return _Picture(scheme=certificate.scheme, scheme_version=certificate.scheme_version)


async def _submitted(session: AsyncSession, case: Case | None, command: c.SubmitProgramme) -> _Picture:
    draft = await session.get(Draft, command.programme)
    content = draft.content if draft is not None else {}
    return _Picture(
        organiser=command.organiser,
        track=command.track,
        scheme=str(content.get("scheme") or registry.DEFAULT_SCHEME),
        scheme_version=str(content.get("scheme_version") or ""),
        drafts=(command.programme,),
        classes=_classes(command.classes, command.masters),
        seats=tuple(_requested(seat, None) for seat in command.seats),
        masters=tuple(_Master(m.person, m.kind, m.class_id) for m in command.masters),
        fresh=True,
        own_streams=(case.stream if case else command.programme,),
    )


def _programme(case: Case, command: c.Model | None, subject: str) -> _Picture:
    programme = case.programme
    standing = [a for a in case.assignments.values() if a.state in STANDING]
    picture = _Picture(
        organiser=programme.organiser,
        track=programme.track,
        scheme=programme.scheme,
        scheme_version=programme.scheme_version,
        drafts=(programme.id, case.stream),
        submitted_on=local_day(programme.submitted_at),
        organiser_confirmed=ANSWERS[programme.organiser_answer],
        classes=tuple(
            ClassFacts(
                id=k.id,
                days=k.days,
                start_hour=k.start_hour,
                zone=k.zone,
                committee=k.committee,
                trainers=tuple(a.person for a in standing if a.class_id == k.id and a.kind == "trainer"),
                assessors=tuple(a.person for a in standing if a.class_id == k.id and a.kind == "assessor"),
            )
            for k in case.classes.values()
            if k.state != "CANCELLED"
        ),
        seats=tuple(
            _Seat(s.id, s.class_id, s.person, s.kind, s.recommending, s.state, s.facts)
            for s in case.seats.values()
            if s.state in SEATED
        ),
        masters=tuple(
            _Master(a.person, a.kind, a.class_id, bool(a.letter_number), a.state == "ACCEPTED")
            for a in standing
        ),
        own_streams=(case.stream,),
    )
    return _changed(picture, case, command, subject)


def _changed(picture: _Picture, case: Case, command: c.Model | None, subject: str) -> _Picture:
    """The picture with what the command asks for drawn in."""
    about = subject
    if isinstance(command, c.CompleteTask) and command.task in case.tasks:
        about = case.tasks[command.task].subject
    if isinstance(command, c.ReplaceAssignment):
        about = command.assignment
    about = str(
        getattr(command, "class_id", "")
        or getattr(command, "seat", "")
        or (about if about in case.classes or about in case.seats else "")
        or (case.assignments[about].class_id if about in case.assignments else "")
    )
    if about in case.seats:
        picture = replace(picture, seat=about, class_id=case.seats[about].class_id)
    elif about in case.classes:
        picture = replace(picture, class_id=about)
    if picture.class_id:
        mine = [a.id for a in case.assignments.values() if a.class_id == picture.class_id]
        holders = tuple(f"{case.stream}/{id}" for id in (picture.class_id, *mine))
        picture = replace(picture, own_holders=holders)
    form = command.form if isinstance(command, c.CompleteTask) else None
    if isinstance(form, c.ResubmitProgrammeForm):
        return _corrected(picture, case, form)
    if isinstance(form, c.ApproveWithoutForm):
        left_out = set(form.seats)
        return replace(picture, seats=tuple(s for s in picture.seats if s.id not in left_out))
    if isinstance(form, c.LettersForm):
        return _lettered(picture, form)
    if isinstance(command, c.ReplaceAssignment) and about:
        kind = case.assignments[command.assignment].kind
        new = _Master(command.person, kind, picture.class_id, letter_issued=True)
        return replace(picture, masters=(*picture.masters, new))
    if isinstance(command, c.SetCommittee):
        return _with_class(picture, command.class_id, committee=command.committee)
    move = command if isinstance(command, c.RescheduleClass) else form
    if isinstance(move, c.RescheduleClass | c.RescheduleClassForm):
        return _with_class(picture, picture.class_id, days=move.days, start_hour=move.start_hour)
    return picture


def _corrected(picture: _Picture, case: Case, form: c.ResubmitProgrammeForm) -> _Picture:
    """The corrected list as the case will take it: who has left stays away, whoever was verified keeps the
    place that was judged, and a class that was cancelled is not held (decision 0009)."""
    known = {s.id: s for s in picture.seats}
    classes = {k.id for k in form.classes}
    held = [k for k in form.classes if k.id not in case.classes or case.classes[k.id].state != "CANCELLED"]
    return replace(
        picture,
        # A refusal is asked again: the correction may be its answer.
        organiser_confirmed=picture.organiser_confirmed or None,
        classes=_classes(held, form.masters),
        seats=tuple(
            _requested(seat, known.get(seat.id), classes)
            for seat in form.seats
            if seat.id in known or seat.id not in case.seats
        ),
        masters=tuple(_Master(m.person, m.kind, m.class_id) for m in form.masters),
        fresh=True,
    )


async def _journey(session: AsyncSession, case: Case, command: c.Model | None) -> _Picture:
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
    return _Picture(
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
        seats=(_Seat(journey.seat, journey.class_id, journey.person, "main", known.recommending, "", known),),
        masters=(_Master(person, "assessor", ""),) if person and not held else (),
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


async def _places(session: AsyncSession, case: Case | None, command: c.Model | None) -> dict[str, int]:
    """How many other candidates of the class the assessor named has already (R-MA)."""
    form = getattr(command, "form", None)
    # journeys of before take no place
    if not isinstance(form, c.ScheduleForm) or case is None or case.revision < 1 or not _shares_class(case):
        return {}
    journey = case.journey
    share = class_assessor(journey.programme, journey.class_id, form.assessor)
    own = f"{case.stream}/{journey.class_id}"
    return {"places_taken": await registry.places_taken(session, share, but=own)}


async def _recommenders(
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


def _classes(
    requests: Iterable[c.ClassRequest], masters: Iterable[c.MasterProposal]
) -> tuple[ClassFacts, ...]:
    proposed = list(masters)
    return tuple(
        ClassFacts(
            id=k.id,
            days=k.days,
            start_hour=k.start_hour,
            zone=k.zone,
            committee=k.committee,
            trainers=tuple(m.person for m in proposed if m.class_id == k.id and m.kind == "trainer"),
            assessors=tuple(m.person for m in proposed if m.class_id == k.id and m.kind == "assessor"),
        )
        for k in requests
    )


def _requested(seat: c.SeatRequest, known: _Seat | None, classes: Container[str] = ()) -> _Seat:
    """The seat as the request asks for it; one past PROPOSED as the case has it, in one of these classes."""
    if known is not None and known.state != "PROPOSED":
        return known if known.class_id in classes else replace(known, class_id=seat.class_id)
    return _Seat(
        seat.id,
        seat.class_id,
        seat.person,
        seat.kind,
        seat.recommending,
        known.state if known else "PROPOSED",
        known.known if known and known.person == seat.person else None,
    )


def _with_class(picture: _Picture, class_id: str, **fields: Any) -> _Picture:
    return replace(
        picture,
        classes=tuple(k.model_copy(update=fields) if k.id == class_id else k for k in picture.classes),
    )


def _lettered(picture: _Picture, form: c.LettersForm) -> _Picture:
    """Who gets a letter joins; who was only proposed for those classes and gets none is let go."""
    letters = [_Master(x.person, x.kind, x.class_id, letter_issued=True) for x in form.assignments]
    classes = {x.class_id for x in letters}
    given = {(x.person, x.kind, x.class_id) for x in letters}
    kept = [
        m
        for m in picture.masters
        if (m.person, m.kind, m.class_id) not in given and (m.letter_issued or m.class_id not in classes)
    ]
    masters = (*kept, *letters)
    for k in picture.classes:
        mine = [m for m in masters if m.class_id == k.id]
        picture = _with_class(
            picture,
            k.id,
            trainers=tuple(m.person for m in mine if m.kind == "trainer"),
            assessors=tuple(m.person for m in mine if m.kind == "assessor"),
        )
    return replace(picture, masters=masters)


def _focus(picture: _Picture) -> _Picture:
    """An act about one class is judged by that class: another one's faults must not stop it.

    The other classes still count by the days that they took of people, so own days are told apart by
    holder then, and by stream while the whole request is judged.
    """
    if not picture.class_id or picture.fresh or picture.rest:
        return picture
    return replace(
        picture,
        own_streams=(),
        classes=tuple(k for k in picture.classes if k.id == picture.class_id),
        seats=tuple(s for s in picture.seats if s.class_id == picture.class_id),
        masters=tuple(m for m in picture.masters if m.class_id == picture.class_id),
    )


# ---- what rows say ------------------------------------------------------------------------------


async def _calendar(session: AsyncSession, today: date | None = None) -> Any:
    """The newest table's years around that day; all of them without one."""
    years = range(today.year - YEARS_BEFORE, today.year + YEARS_AFTER + 1) if today else None
    try:
        return await registry.calendar(session, years=years)
    except NotFound:  # rules that count days then ask a person
        return None


async def _participants(
    session: AsyncSession, picture: _Picture, case: Case | None, policy: Policy
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


def _organiser(found: OrganiserFacts | None, picture: _Picture) -> OrganiserFacts | None:
    """The organiser as rows know it, with the answer that a person gave in this case."""
    if found is None or picture.organiser_confirmed is None:
        return found
    return found.model_copy(update={"bnsp_confirmed": picture.organiser_confirmed})


def _recommended_before(picture: _Picture, participants: tuple[ParticipantFacts, ...]) -> tuple[str, ...]:
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


def _participant(seat: _Seat, read: ParticipantFacts | None) -> ParticipantFacts:
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


async def _assessors(session: AsyncSession, picture: _Picture) -> tuple[AssessorFacts, ...]:
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


async def _committee(session: AsyncSession, picture: _Picture) -> tuple[CommitteeFacts, ...]:
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


def _counts(picture: _Picture) -> dict[str, Any]:
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
