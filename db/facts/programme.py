"""The picture of an act on a programme."""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from db import registry
from db.facts.picture import (
    Picture,
    PlannedMaster,
    PlannedSeat,
    lettered,
    planned_classes,
    requested_seat,
    with_class,
)
from db.people_tables import Draft
from domain import commands as c
from domain.cases import Case
from domain.clock import local_day
from domain.facts import ClassFacts
from domain.ids import holder_of
from state_machines.class_facts import SEATED, STANDING

ANSWERS: dict[str, bool | None] = {"": None, "accepted": True, "refused": False}


async def submission_picture(session: AsyncSession, case: Case | None, command: c.SubmitProgramme) -> Picture:
    draft = await session.get(Draft, command.programme)
    content = draft.content if draft is not None else {}
    return Picture(
        organiser=command.organiser,
        track=command.track,
        scheme=str(content.get("scheme") or registry.DEFAULT_SCHEME),
        scheme_version=str(content.get("scheme_version") or ""),
        drafts=(command.programme,),
        classes=planned_classes(command.classes, command.masters),
        seats=tuple(requested_seat(seat, None) for seat in command.seats),
        masters=tuple(PlannedMaster(m.person, m.kind, m.class_id) for m in command.masters),
        fresh=True,
        own_streams=(case.stream if case else command.programme,),
    )


def programme_picture(case: Case, command: c.Model | None, subject: str) -> Picture:
    programme = case.programme
    standing = [a for a in case.assignments.values() if a.state in STANDING]
    picture = Picture(
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
            PlannedSeat(s.id, s.class_id, s.person, s.kind, s.recommending, s.state, s.facts)
            for s in case.seats.values()
            if s.state in SEATED
        ),
        masters=tuple(
            PlannedMaster(a.person, a.kind, a.class_id, bool(a.letter_number), a.state == "ACCEPTED")
            for a in standing
        ),
        own_streams=(case.stream,),
    )
    return _changed(picture, case, command, subject)


def _changed(picture: Picture, case: Case, command: c.Model | None, subject: str) -> Picture:
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
        holders = tuple(holder_of(case.stream, id) for id in (picture.class_id, *mine))
        picture = replace(picture, own_holders=holders)
    form = command.form if isinstance(command, c.CompleteTask) else None
    if isinstance(form, c.ResubmitProgrammeForm):
        return _corrected(picture, case, form)
    if isinstance(form, c.ApproveWithoutForm):
        left_out = set(form.seats)
        return replace(picture, seats=tuple(s for s in picture.seats if s.id not in left_out))
    if isinstance(form, c.LettersForm):
        return lettered(picture, form)
    if isinstance(command, c.ReplaceAssignment) and about:
        kind = case.assignments[command.assignment].kind
        new = PlannedMaster(command.person, kind, picture.class_id, letter_issued=True)
        return replace(picture, masters=(*picture.masters, new))
    if isinstance(command, c.SetCommittee):
        return with_class(picture, command.class_id, committee=command.committee)
    move = command if isinstance(command, c.RescheduleClass) else form
    if isinstance(move, c.RescheduleClass | c.RescheduleClassForm):
        return with_class(picture, picture.class_id, days=move.days, start_hour=move.start_hour)
    return picture


def _corrected(picture: Picture, case: Case, form: c.ResubmitProgrammeForm) -> Picture:
    """The corrected list as the case will take it: who has left stays away, whoever was verified keeps the
    place that was judged, and a class that was cancelled is not held (decision 0009)."""
    known = {s.id: s for s in picture.seats}
    classes = {k.id for k in form.classes}
    held = [k for k in form.classes if k.id not in case.classes or case.classes[k.id].state != "CANCELLED"]
    return replace(
        picture,
        # A refusal is asked again: the correction may be its answer.
        organiser_confirmed=picture.organiser_confirmed or None,
        classes=planned_classes(held, form.masters),
        seats=tuple(
            requested_seat(seat, known.get(seat.id), classes)
            for seat in form.seats
            if seat.id in known or seat.id not in case.seats
        ),
        masters=tuple(PlannedMaster(m.person, m.kind, m.class_id) for m in form.masters),
        fresh=True,
    )
