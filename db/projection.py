"""Rows for lists, made from a case: nothing here knows more than the case and the times of its events.

So the projection of a live append and that of a rebuild are the same function of the same fold.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from db.base import metadata
from db.tables import (
    PROJECTED,
    AssignmentRow,
    CaseRow,
    CertificateRow,
    ClassRow,
    JourneyRow,
    ProgrammeRow,
    SeatRow,
    StageRow,
    TaskRow,
)
from domain.cases import KINDS, Case, Entity
from domain.events import Event
from state_machines.moments import moments
from state_machines.tables import TABLES
from state_machines.task import OPEN_TASK

Values = dict[str, Any]
Rows = dict[type[SQLModel], list[Values]]
Touched = frozenset[tuple[str, str]]

DRAFT = "DRAFT"
SHARED = frozenset({"organiser", "scheme", "track"})
"""Fields of the main entity that rows of the others repeat."""
KEPT = ("attention",)
"""Columns that no event gives back, so that neither an append nor a rebuild may touch them."""


@dataclass(frozen=True)
class Folded:
    """A case with the business times that its events gave it; `touched` None stands for everything."""

    case: Case
    opened_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    touched: Touched | None = field(default=frozenset())
    stage: int | None = None
    """Where the case stands (`stage_of`); None before the first event."""
    entered: tuple[tuple[int, int, datetime], ...] = ()
    """Seq, stage and business time of each change of stage that these events made."""

    def after(self, event: Event, case: Case) -> "Folded":
        """The same one event later; `case` is what `evolve` made of it."""
        moved = touched_by(event, case)
        stage = stage_of(case.kind, case.state)
        entered = self.entered
        if stage != self.stage:
            entered = (*entered, (case.seq, stage, case.business_at))
        return Folded(
            case=case,
            opened_at=self.opened_at or case.business_at,
            updated_at=case.business_at,
            closed_at=(self.closed_at or case.business_at) if ended(case) else None,
            touched=None if self.touched is None or moved is None else self.touched | moved,
            stage=stage,
            entered=entered,
        )


def ended(case: Case) -> bool:
    """Is the case's main entity at an end?"""
    return over(case.kind, case.state)


def over(kind: str, state: str) -> bool:
    """Has a case of that kind ended in that state? A request taken back is a draft again: its workflow has
    ended."""
    return (kind == "programme" and state == DRAFT) or state in TABLES[kind].terminal


def stage_of(kind: str, state: str) -> int:
    """The stage in which a case of that kind is in that state; 0 for none, as at an end."""
    found = TABLES[kind].state(state)
    return 0 if found.terminal else found.stage


def touched_by(event: Event, case: Case) -> Touched | None:
    """Entities whose rows the event may change; None when it may be all of them."""
    found = {(m.machine, m.subject) for m in event.moves}
    for change in event.changes:
        if change.kind == "case" or (change.kind == case.kind and SHARED & change.fields.keys()):
            return None
        if change.kind in KINDS:
            found.add((change.kind, change.id))
    # an assignment repeats its class's days, a task the person of its subject
    found |= {("assignment", a.id) for a in case.assignments.values() if ("class", a.class_id) in found}
    subjects = {id for kind, id in found if kind != "task"}
    found |= {("task", t.id) for t in case.tasks.values() if t.subject in subjects}
    return frozenset(found)


def rows(folded: Folded) -> Rows:
    """The rows of everything touched; the case's and the main entity's are always among them."""
    case = folded.case
    made: Rows = {CaseRow: [_case(folded)]}
    for kind, (model, values) in _PROJECTORS.items():
        entities = [
            entity
            for id, entity in case.bag(kind).items()
            if folded.touched is None or kind == case.kind or (kind, id) in folded.touched
        ]
        if entities:
            made[model] = [{"stream": case.stream, **values(folded, entity)} for entity in entities]
    if folded.entered:
        made[StageRow] = [
            {"stream": case.stream, "seq": seq, "kind": case.kind, "stage": stage, "at": at.timestamp()}
            for seq, stage, at in folded.entered
        ]
    return made


async def write(session: AsyncSession, folded: Folded, *, whole: bool = False) -> None:
    """Bring the tables up to the case; `touched` None replaces every row of the stream. `whole`: it is the
    fold of all the stream's events."""
    if folded.touched is None:
        await clear(session, folded.case.stream, whole=whole)
    for model, values in rows(folded).items():
        await upsert(session, model, values)


async def clear(session: AsyncSession, stream: str, *, whole: bool) -> None:
    """Take the stream out of every projected table but `cases`, whose `attention` no event gives back, and,
    unless it is the `whole` fold that comes, `stages`: a run that begins does not know those of the run
    before."""
    for model in PROJECTED:
        if model is not CaseRow and (whole or model is not StageRow):
            table = table_of(model)
            await session.exec(delete(table).where(table.c.stream == stream))


async def upsert(session: AsyncSession, model: type[SQLModel], values: Sequence[Values]) -> None:
    """Insert the rows, or set the given columns (never KEPT ones) where the primary key is there already."""
    connection = await session.connection()
    # one statement for however many rows
    await connection.execute(_upserting(model, connection.dialect.name, tuple(values[0])), list(values))


@cache  # building it takes longer than running it
def _upserting(model: type[SQLModel], dialect: str, names: tuple[str, ...]) -> Executable:
    table = table_of(model)
    keys = [c.name for c in table.primary_key.columns]
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    changed = {name: statement.excluded[name] for name in names if name not in (*keys, *KEPT)}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model."""
    return metadata.tables[str(model.__tablename__)]


# ---- one function a table -----------------------------------------------------------------------


def _case(folded: Folded) -> Values:
    case = folded.case
    waiting = moments(case) if folded.closed_at is None else []
    return {
        "stream": case.stream,
        "kind": case.kind,
        "workflow_id": case.workflow_id,
        "state": case.state,
        "stage": TABLES[case.kind].state(case.state).stage,
        "organiser": _shared(case, "organiser"),
        "track": _shared(case, "track"),
        "policy_version": case.policy_version,
        "clock": case.clock,
        "seq": case.seq,
        "hash": case.head,
        "snapshot": case.model_dump_json(),
        "next_moment": waiting[0][0] if waiting else None,
        "pending_errands": sum(e.state == "ASKED" for e in case.errands.values()),
        "attention": "",
        "opened_at": folded.opened_at,
        "updated_at": folded.updated_at,
        "closed_at": folded.closed_at,
    }


def _programme(folded: Folded, entity: Entity) -> Values:
    case = folded.case
    days = [day for c in case.classes.values() if c.state != "CANCELLED" for day in c.days]
    return {
        **_picked(
            entity,
            "id state organiser organiser_kind track scheme scheme_version field submitted_at "
            "submitted_total submitted_external send_backs share_flagged suspended_from",
        ),
        "workflow_id": case.workflow_id,
        "stage": TABLES["programme"].state(entity.state).stage,
        "classes": len(case.classes),
        "seats": len(case.seats),
        "confirmed": sum(s.state in ("CONFIRMED", "ATTENDED") for s in case.seats.values()),
        "first_day": min(days, default=None),
        "last_day": max(days, default=None),
        "opened_at": folded.opened_at,
        "updated_at": folded.updated_at,
    }


def _class(folded: Folded, entity: Entity) -> Values:
    days: tuple[date, ...] = getattr(entity, "days", ())
    return {
        **_picked(entity, "id state label start_hour venue venue_confirmed attendance_recorded"),
        "workflow_id": folded.case.workflow_id,
        "organiser": _shared(folded.case, "organiser"),
        "scheme": _shared(folded.case, "scheme"),
        "zone": str(getattr(entity, "zone", "")),
        "days": [day.isoformat() for day in days],
        "first_day": min(days),
        "last_day": max(days),
        "committee": list(getattr(entity, "committee", ())),
    }


def _seat(folded: Folded, entity: Entity) -> Values:
    return {
        **_picked(
            entity,
            "id state class_id person kind recommending external position offers journey journey_state "
            "first_decision",
        ),
        "workflow_id": folded.case.workflow_id,
        "organiser": _shared(folded.case, "organiser"),
        "scheme": _shared(folded.case, "scheme"),
        "attended": [day.isoformat() for day in getattr(entity, "attended", ())],
    }


def _journey(folded: Folded, entity: Entity) -> Values:
    return {
        **_picked(
            entity,
            "id state person scheme scheme_version track organiser programme class_id seat submitted_at "
            "reviewer assessor assessment_day venue reassessments first_decided_at decided_at certificate",
        ),
        "workflow_id": folded.case.workflow_id,
        "opened_at": folded.opened_at,
        "updated_at": folded.updated_at,
    }


def _certificate(folded: Folded, entity: Entity) -> Values:
    return {
        **_picked(
            entity,
            "id state person scheme scheme_version journey certificate_number registration_number "
            "blank_number issued_on valid_until check_code pdf_digest",
        ),
        "workflow_id": folded.case.workflow_id,
        "opened_at": folded.opened_at,
        "updated_at": folded.updated_at,
    }


def _assignment(folded: Folded, entity: Entity) -> Values:
    class_ = folded.case.classes.get(getattr(entity, "class_id", ""))
    return {
        **_picked(entity, "id state person kind class_id letter_number letter_date days_taken"),
        "workflow_id": folded.case.workflow_id,
        "organiser": _shared(folded.case, "organiser"),
        "scheme": _shared(folded.case, "scheme"),
        "first_day": min(class_.days) if class_ else None,
        "last_day": max(class_.days) if class_ else None,
    }


def _task(folded: Folded, entity: Entity) -> Values:
    case = folded.case
    task = case.tasks[entity.id]
    chain = _chain(case, task.kind)[: task.level]
    return {
        **_picked(
            task,
            "id state kind subject for_person for_organisation holder level opened_at due_at priority "
            "decision completed_at completed_by late",
        ),
        "workflow_id": case.workflow_id,
        "case_kind": case.kind,
        "organiser": _shared(case, "organiser"),
        "track": _shared(case, "track"),
        "scheme": _shared(case, "scheme"),
        "about_person": _person_of(case, task.subject),
        "open": task.state in OPEN_TASK,
        "group_role": task.group,
        "seen_by": f",{','.join(chain)}," if chain else "",
    }


_PROJECTORS: dict[str, tuple[type[SQLModel], Callable[[Folded, Entity], Values]]] = {
    "programme": (ProgrammeRow, _programme),
    "class": (ClassRow, _class),
    "seat": (SeatRow, _seat),
    "journey": (JourneyRow, _journey),
    "certificate": (CertificateRow, _certificate),
    "assignment": (AssignmentRow, _assignment),
    "task": (TaskRow, _task),
}


def _picked(entity: Entity, names: str) -> Values:
    return {name: getattr(entity, name) for name in names.split()}


def _shared(case: Case, name: str) -> str:
    return str(getattr(case.main, name, ""))


def _person_of(case: Case, subject: str) -> str:
    bags: Iterable[Mapping[str, Any]] = (
        case.bag(k) for k in ("seat", "assignment", "journey", "certificate")
    )
    return next((str(bag[subject].person) for bag in bags if subject in bag), "")


def _chain(case: Case, kind: str) -> list[str]:
    from domain.policy import policy

    return [role.value for role in policy(case.policy_version).task(kind).chain]
