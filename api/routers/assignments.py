"""A master assessor's assignments: what is asked of one, for which class or candidate, by which letter."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlmodel.ext.asyncio.session import AsyncSession

from api import views
from api.deps import STAFF, Allow, Run
from api.schemas.common import PROBLEMS, Id
from api.sight import missing, stranger
from db import reads, registry
from db.identity import Access
from db.tables import AssignmentRow, ClassRow, JourneyRow, TaskRow
from domain.events import Event
from domain.roles import Role
from domain.text import Text
from state_machines.tables import TABLES

router = APIRouter(prefix="/v1/assignments", tags=["assignments"], responses=PROBLEMS)

Master = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR))]
Readers = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR, *STAFF))]
ANSWER = "answer_assignment"
KINDS: Mapping[str, Text] = {
    "trainer": Text(id="pelatih", en="trainer"),
    "assessor": Text(id="asesor", en="assessor"),
}


@router.get("", summary="My assignments")
async def assignments(access: Master, runtime: Run) -> dict[str, Any]:
    """Every assignment of the one who asks, by its first day: the class (or, for a re-assessment, the
    application) with its days in the venue's own zone, the letter, and the task by which it is answered."""
    async with runtime.db.read() as session:
        rows = await reads.assignments_of_person(session, access.person)
        return {"items": await _shown(session, access, rows)}


async def _shown(
    session: AsyncSession, access: Access, rows: Iterable[AssignmentRow]
) -> list[dict[str, Any]]:
    rows = list(rows)
    streams = sorted({row.stream for row in rows})
    classes = {(c.stream, c.id): c for c in await reads.classes_of(session, streams)}
    journeys = {j.stream: j for j in await reads.journeys_of(session, streams)}
    tasks = await reads.open_tasks_of(session, streams)
    names = await registry.organisation_names(session, sorted({row.organiser for row in rows}))
    answers = {
        t.subject: t
        for found in tasks.values()
        for t in found
        if t.kind == ANSWER and t.for_person == access.person
    }
    return [
        _row(
            row, classes.get((row.stream, row.class_id)), journeys.get(row.stream), answers.get(row.id), names
        )
        for row in rows
    ]


def _row(
    row: AssignmentRow,
    class_: ClassRow | None,
    journey: JourneyRow | None,
    answer: TaskRow | None,
    names: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "id": row.id,
        "stream": row.stream,
        **views.state_json("assignment", row.state),
        "kind": row.kind,
        **views.both(KINDS[row.kind], "kind_label"),
        "letter_number": row.letter_number,
        "letter_date": row.letter_date.isoformat() if row.letter_date else None,
        "organiser": {"id": row.organiser, "name": names.get(row.organiser, row.organiser)},
        "scheme": row.scheme,
        "first_day": row.first_day.isoformat() if row.first_day else None,
        "class": _class_json(class_) if class_ else None,
        "application": _journey_json(journey) if journey else None,
        "task": answer.id if answer else "",
        "due_at": views.moment(answer.due_at) if answer else None,
    }


def _class_json(class_: ClassRow) -> dict[str, Any]:
    return {
        "id": class_.id,
        "label": class_.label,
        **views.state_json("class", class_.state),
        "days": class_.days,
        "start_hour": class_.start_hour,
        "zone": class_.zone,
        "venue": class_.venue,
        "attendance_recorded": class_.attendance_recorded,
    }


def _journey_json(journey: JourneyRow) -> dict[str, Any]:
    return {
        **views.state_json("journey", journey.state),
        "day": journey.assessment_day.isoformat() if journey.assessment_day else None,
        "venue": journey.venue,
    }


@router.get("/{stream}/{assignment}", summary="One assignment and its letter")
async def assignment(stream: Id, assignment: Id, access: Readers, runtime: Run) -> dict[str, Any]:
    """The letter's number and date as they are recorded, and each step of the assignment: who, when, and the
    hash of the event that holds it."""
    async with runtime.db.read() as session:
        row = next((a for a in await reads.assignments(session, stream) if a.id == assignment), None)
        if row is None:
            raise missing()
        if access.hat.role is Role.MASTER_ASSESSOR and row.person != access.person:
            raise stranger()
        events = await reads.events_about(session, stream, assignment)
        known = await views.people(
            session, runtime.vault, {row.person, *(e.actor.person for e in events)}, access
        )
        (shown,) = await _shown(session, access, [row])
    return {
        **shown,
        "master": views.person_json(row.person, known),
        "steps": [_step(event, assignment, known) for event in events],
    }


def _step(event: Event, assignment: str, known: views.People) -> dict[str, Any]:
    table = TABLES["assignment"]
    move = next(m for m in event.moves if m.subject == assignment)
    row = next((r for r in table.by_trigger[move.source, move.trigger] if r.dest == move.dest), None)
    return {
        "trigger": move.trigger,
        **views.both(row.label if row else Text(id=move.trigger, en=move.trigger)),
        "role": event.actor.role.value,
        **views.person_json(event.actor.person, known),
        "at": views.moment(event.business_at),
        "seq": event.seq,
        "hash": event.hash,
    }
