"""Every SELECT that a screen or the API needs of cases. Nothing here writes.

Lists come in pages: `Page.next` is an opaque cursor for the same call with the same filters. Who may see
what is decided by the caller, who passes the organiser or the person that a list is narrowed to.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, or_, tuple_
from sqlalchemy import select as columns
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.ledger import Head, event_from, event_of
from db.registry.policies import load_policies
from db.session import Database
from db.tables import (
    ArchiveStateRow,
    AssignmentRow,
    CaseRow,
    CertificateRow,
    ClassRow,
    DenialRow,
    EventRow,
    JourneyRow,
    OutboxRow,
    ProgrammeRow,
    ReservationRow,
    SeatRow,
    SimClockRow,
    StreamRow,
    TaskRow,
)
from domain.cases import Case
from domain.clock import utc
from domain.errors import Malformed
from domain.events import Event
from domain.policy import POLICIES

R = TypeVar("R", bound=SQLModel)
T = TypeVar("T")

PAGE, MOST = 50, 200
POLL_SECONDS = 0.02
AHEAD = 100
"""Events that a receipt may be ahead of the record: two batches of the ledger's."""


@dataclass(frozen=True)
class Page(Generic[T]):
    items: list[T]
    next: str | None = None


class Place(NamedTuple):
    """Where a case is reached."""

    stream: str
    workflow_id: str
    kind: str


# What every command asks, built once: making a statement and an ORM object costs more than the question.
_SNAPSHOT = columns(col(CaseRow.snapshot)).where(col(CaseRow.stream) == bindparam("stream"))
_HEAD = columns(col(StreamRow.head_seq), col(StreamRow.head_hash)).where(
    col(StreamRow.stream) == bindparam("stream")
)
_TAKEN = columns(col(EventRow.body), col(EventRow.hash)).where(col(EventRow.command_id) == bindparam("id"))


# ---- cases -------------------------------------------------------------------------------------------


async def case(session: AsyncSession, stream: str) -> Case | None:
    """The case as the ledger knows it, which may be a moment behind its workflow."""
    connection = await session.connection()
    snapshot = (await connection.execute(_SNAPSHOT, {"stream": stream})).scalar_one_or_none()
    return await _judgeable(session, snapshot) if snapshot is not None else None


async def _judgeable(session: AsyncSession, snapshot: str) -> Case:
    """The case, its policy known to this process: one that was stored since it last looked is read now."""
    found = Case.model_validate_json(snapshot)
    if found.policy_version not in POLICIES:
        await load_policies(session, but=list(POLICIES))
    return found


async def case_row(session: AsyncSession, stream: str) -> CaseRow | None:
    return (await session.exec(select(CaseRow).where(CaseRow.stream == stream))).one_or_none()


async def cases_by_workflow(session: AsyncSession, workflow_id: str) -> list[CaseRow]:
    """Cases that ran under this workflow id, the latest first (a second application of a person for a
    scheme has a stream of its own)."""
    found = await session.exec(
        select(CaseRow)
        .where(CaseRow.workflow_id == workflow_id)
        .order_by(col(CaseRow.closed_at).is_(None).desc(), col(CaseRow.opened_at).desc(), col(CaseRow.stream))
    )
    return list(found)


async def case_by_workflow(session: AsyncSession, workflow_id: str) -> Case | None:
    """The open case of this workflow id, or else its latest."""
    rows = await cases_by_workflow(session, workflow_id)
    return await _judgeable(session, rows[0].snapshot) if rows else None


async def head(session: AsyncSession, stream: str) -> Head | None:
    """The end of a stream of either kind of truth; None when there is no such stream."""
    connection = await session.connection()
    row = (await connection.execute(_HEAD, {"stream": stream})).one_or_none()
    return Head(*row) if row else None


async def command_event(session: AsyncSession, command_id: str) -> Event | None:
    """The event that a command became: its old receipt, without asking the workflow."""
    connection = await session.connection()
    row = (await connection.execute(_TAKEN, {"id": command_id})).one_or_none()
    return event_from(*row) if row else None


async def open_cases(session: AsyncSession, kind: str = "") -> list[Place]:
    """Cases that have not ended, by stream."""
    query = select(CaseRow.stream, CaseRow.workflow_id, CaseRow.kind).where(col(CaseRow.closed_at).is_(None))
    if kind:
        query = query.where(CaseRow.kind == kind)
    return [Place(*row) for row in await session.exec(query.order_by(col(CaseRow.stream)))]


async def attention(session: AsyncSession) -> list[CaseRow]:
    """Cases that operations must look at."""
    found = await session.exec(
        select(CaseRow).where(CaseRow.attention != "").order_by(col(CaseRow.updated_at), col(CaseRow.stream))
    )
    return list(found)


async def archive_state(session: AsyncSession) -> ArchiveStateRow | None:
    """What the archiver saw when it last looked back; None when it never did."""
    return await session.get(ArchiveStateRow, 1)


async def cases_of_workflows(session: AsyncSession, workflows: Sequence[str]) -> list[CaseRow]:
    """The latest case of each of these workflow ids that has a row, by stream."""
    found = await session.exec(
        select(CaseRow).where(col(CaseRow.workflow_id).in_(workflows)).order_by(col(CaseRow.opened_at))
    )
    latest = {row.workflow_id: row for row in found}
    return sorted(latest.values(), key=lambda row: row.stream)


async def attention_count(session: AsyncSession) -> int:
    """How many cases operations must look at."""
    query = select(func.count()).select_from(CaseRow).where(CaseRow.attention != "")
    return (await session.exec(query)).one()


def credible(claimed: int, head: int) -> int:
    """What a reader says to have seen of a stream whose record ends at `head`; 0 where no receipt can have
    said it, so that an invented number is neither waited for nor believed."""
    return claimed if claimed <= head + AHEAD else 0


async def wait_for(db: Database, stream: str, seq: int, timeout: float = 2.0) -> bool:  # noqa: ASYNC109
    """Wait until the ledger has written the stream up to `seq`; False when `timeout` seconds were too few."""
    pause, deadline = POLL_SECONDS, asyncio.get_running_loop().time() + timeout
    while True:
        async with db.read() as session:
            found = await head(session, stream)
        if found is not None and found.seq >= seq:
            return True
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            return False
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.2)


# ---- programmes, journeys, certificates ---------------------------------------------------------------


async def programmes(
    session: AsyncSession,
    *,
    organiser: str = "",
    state: str = "",
    stage: int = 0,
    track: str = "",
    q: str = "",
    q_organisers: Sequence[str] = (),
    cursor: str = "",
    limit: int = PAGE,
) -> Page[ProgrammeRow]:
    """Programmes, the latest change first. `q` is looked for in id, scheme and field; `q_organisers` are
    organisers whose names the caller found to match it."""
    query = select(ProgrammeRow)
    for column, value in (
        (ProgrammeRow.organiser, organiser),
        (ProgrammeRow.state, state),
        (ProgrammeRow.stage, stage),
        (ProgrammeRow.track, track),
    ):
        if value:
            query = query.where(col(column) == value)
    if q:
        columns = (ProgrammeRow.id, ProgrammeRow.stream, ProgrammeRow.scheme, ProgrammeRow.field)
        query = query.where(
            or_(
                *(col(c).icontains(q, autoescape=True) for c in columns),
                col(ProgrammeRow.organiser).in_(list(q_organisers)),
            )
        )
    order = _Order((col(ProgrammeRow.updated_at), col(ProgrammeRow.stream)), (datetime, str), descending=True)
    return await _page(session, query, order, cursor, limit, lambda r: (r.updated_at, r.stream))


async def programme(session: AsyncSession, stream: str) -> ProgrammeRow | None:
    return (await session.exec(select(ProgrammeRow).where(ProgrammeRow.stream == stream))).one_or_none()


async def programme_counts(session: AsyncSession, *, organiser: str = "") -> dict[str, int]:
    """How many programmes are in each state."""
    query = select(ProgrammeRow.state, func.count()).group_by(col(ProgrammeRow.state))
    if organiser:
        query = query.where(ProgrammeRow.organiser == organiser)
    return {state: n for state, n in await session.exec(query)}  # noqa: C416 (rows are not pairs to mypy)


async def classes(session: AsyncSession, stream: str) -> list[ClassRow]:
    found = await session.exec(
        select(ClassRow)
        .where(ClassRow.stream == stream)
        .order_by(col(ClassRow.first_day), col(ClassRow.label), col(ClassRow.id))
    )
    return list(found)


async def seats(session: AsyncSession, stream: str, class_id: str = "") -> list[SeatRow]:
    """Seats of a programme (or of one class), main before the waiting list in its order."""
    query = select(SeatRow).where(SeatRow.stream == stream)
    if class_id:
        query = query.where(SeatRow.class_id == class_id)
    found = await session.exec(
        query.order_by(col(SeatRow.class_id), col(SeatRow.kind), col(SeatRow.position), col(SeatRow.id))
    )
    return list(found)


async def seats_of_person(session: AsyncSession, person: str) -> list[SeatRow]:
    found = await session.exec(
        select(SeatRow).where(SeatRow.person == person).order_by(col(SeatRow.stream), col(SeatRow.id))
    )
    return list(found)


async def assignments(session: AsyncSession, stream: str) -> list[AssignmentRow]:
    found = await session.exec(
        select(AssignmentRow)
        .where(AssignmentRow.stream == stream)
        .order_by(col(AssignmentRow.class_id), col(AssignmentRow.kind).desc(), col(AssignmentRow.id))
    )
    return list(found)


async def assignments_of_person(session: AsyncSession, person: str) -> list[AssignmentRow]:
    found = await session.exec(
        select(AssignmentRow)
        .where(AssignmentRow.person == person)
        .order_by(col(AssignmentRow.first_day), col(AssignmentRow.stream), col(AssignmentRow.id))
    )
    return list(found)


async def journeys(
    session: AsyncSession,
    *,
    person: str = "",
    programme: str = "",
    organiser: str = "",
    state: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[JourneyRow]:
    """Journeys of a person, of a programme (its stream) or of an organiser; the latest change first."""
    query = select(JourneyRow)
    for column, value in (
        (JourneyRow.person, person),
        (JourneyRow.programme, programme),
        (JourneyRow.organiser, organiser),
        (JourneyRow.state, state),
    ):
        if value:
            query = query.where(col(column) == value)
    order = _Order((col(JourneyRow.updated_at), col(JourneyRow.stream)), (datetime, str), descending=True)
    return await _page(session, query, order, cursor, limit, lambda r: (r.updated_at, r.stream))


async def journey(session: AsyncSession, stream: str) -> JourneyRow | None:
    return (await session.exec(select(JourneyRow).where(JourneyRow.stream == stream))).one_or_none()


async def certificate(session: AsyncSession, stream: str) -> CertificateRow | None:
    return (await session.exec(select(CertificateRow).where(CertificateRow.stream == stream))).one_or_none()


async def certificate_by_code(session: AsyncSession, check_code: str) -> CertificateRow | None:
    """The certificate of an unguessable code; anyone may ask. None for an empty or unknown code."""
    if not check_code:
        return None
    found = await session.exec(select(CertificateRow).where(CertificateRow.check_code == check_code))
    return found.first()


async def certificates(
    session: AsyncSession,
    *,
    person: str = "",
    state: str = "",
    number: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[CertificateRow]:
    """Certificates, those that end first before the others; `number` is any of the three."""
    query = select(CertificateRow)
    if person:
        query = query.where(CertificateRow.person == person)
    if state:
        query = query.where(CertificateRow.state == state)
    if number:
        query = query.where(
            or_(
                col(CertificateRow.certificate_number) == number,
                col(CertificateRow.registration_number) == number,
                col(CertificateRow.blank_number) == number,
            )
        )
    order = _Order((col(CertificateRow.valid_until), col(CertificateRow.stream)), (date, str))
    return await _page(session, query, order, cursor, limit, lambda r: (r.valid_until, r.stream))


# ---- tasks -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whose:
    """For whom an inbox is: the person (and those acted for), its roles and its organisation."""

    persons: tuple[str, ...]
    roles: tuple[str, ...] = ()
    organisation: str = ""
    """Set for members of an organiser."""


Box = Literal["mine", "groups", "done"]
TaskSort = Literal["due", "age", "priority"]


async def tasks(
    session: AsyncSession,
    whose: Whose,
    box: Box,
    *,
    now: datetime,
    kind: str = "",
    state: str = "",
    late: bool | None = None,
    organiser: str = "",
    subject: str = "",
    stream: str = "",
    sort: TaskSort = "due",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[TaskRow]:
    """An inbox. `mine`: held by me, or for me alone; `groups`: open ones of my groups and organisation that
    nobody holds, or that escalated to my group; `done`: completed by me. `now` is the business time."""
    query = select(TaskRow).where(_boxes(whose, box))
    query = _filtered(query, now, kind=kind, state=state, late=late, organiser=organiser, subject=subject)
    if stream:
        query = query.where(TaskRow.stream == stream)
    if box == "done":
        order = _Order((col(TaskRow.completed_at), col(TaskRow.id)), (datetime, str), descending=True)
        return await _page(session, query, order, cursor, limit, lambda r: (r.completed_at, r.id))
    order, key = _TASK_ORDER[sort]
    return await _page(session, query, order, cursor, limit, key)


async def all_tasks(
    session: AsyncSession,
    *,
    now: datetime,
    open: bool | None = True,
    kind: str = "",
    state: str = "",
    late: bool | None = None,
    organiser: str = "",
    subject: str = "",
    stream: str = "",
    sort: TaskSort = "due",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[TaskRow]:
    """Every task, for operations and auditors, or those of one case."""
    query = _filtered(
        select(TaskRow), now, kind=kind, state=state, late=late, organiser=organiser, subject=subject
    )
    if open is not None:
        query = query.where(col(TaskRow.open).is_(open))
    if stream:
        query = query.where(TaskRow.stream == stream)
    order, key = _TASK_ORDER[sort]
    return await _page(session, query, order, cursor, limit, key)


async def task_counts(session: AsyncSession, whose: Whose, *, now: datetime) -> dict[str, int]:
    """How many open tasks are `mine`, in my `groups`, and `late` among both."""
    mine, groups = _boxes(whose, "mine"), _boxes(whose, "groups")

    async def count(condition: ColumnElement[bool]) -> int:
        return (await session.exec(select(func.count()).select_from(TaskRow).where(condition))).one()

    return {
        "mine": await count(mine),
        "groups": await count(groups),
        "late": await count(and_(or_(mine, groups), col(TaskRow.due_at) < utc(now))),
    }


async def task(session: AsyncSession, id: str) -> TaskRow | None:
    """The task's row; its `stream` and `workflow_id` say where it is completed."""
    return (await session.exec(select(TaskRow).where(TaskRow.id == id))).one_or_none()


def _boxes(whose: Whose, box: Box) -> ColumnElement[bool]:
    persons, roles = [p for p in whose.persons if p], list(whose.roles)
    if box == "done":
        return and_(col(TaskRow.completed_by).in_(persons), col(TaskRow.state) == "COMPLETED")
    held = col(TaskRow.holder).in_(persons)
    if box == "mine":
        return and_(col(TaskRow.open).is_(True), or_(held, col(TaskRow.for_person).in_(persons)))
    offered = and_(
        col(TaskRow.state) == "OFFERED",
        col(TaskRow.for_person) == "",
        or_(
            and_(col(TaskRow.for_organisation) == "", col(TaskRow.group_role).in_(roles)),
            and_(
                col(TaskRow.for_organisation) != "",
                col(TaskRow.for_organisation) == whose.organisation,
            ),
        ),
    )
    # escalation: the group sees it too, whoever it is bound to, and the holder keeps it
    escalated = [col(TaskRow.seen_by).contains(f",{role},", autoescape=True) for role in roles]
    also = and_(col(TaskRow.level) > 0, or_(*escalated)) if escalated else literal(False)
    return and_(
        col(TaskRow.open).is_(True),
        col(TaskRow.holder).not_in(persons),
        col(TaskRow.for_person).not_in(persons),
        or_(offered, also),
    )


def _filtered(
    query: SelectOfScalar[TaskRow],
    now: datetime,
    *,
    kind: str,
    state: str,
    late: bool | None,
    organiser: str,
    subject: str,
) -> SelectOfScalar[TaskRow]:
    for column, value in (
        (TaskRow.kind, kind),
        (TaskRow.state, state),
        (TaskRow.organiser, organiser),
        (TaskRow.subject, subject),
    ):
        if value:
            query = query.where(col(column) == value)
    if late is not None:
        overdue = or_(
            col(TaskRow.late).is_(True), and_(col(TaskRow.open).is_(True), col(TaskRow.due_at) < utc(now))
        )
        query = query.where(overdue if late else ~overdue)
    return query


# ---- the ledger ----------------------------------------------------------------------------------------


async def timeline(
    session: AsyncSession, stream: str, *, newest_first: bool = True, cursor: str = "", limit: int = PAGE
) -> Page[Event]:
    """The events of a stream, of either kind of truth."""
    query = select(EventRow).where(EventRow.stream == stream)
    order = _Order((col(EventRow.seq),), (int,), descending=newest_first)
    found = await _page(session, query, order, cursor, limit, lambda r: (r.seq,))
    return Page([event_of(row) for row in found.items], found.next)


async def denials(
    session: AsyncSession,
    *,
    account: str = "",
    stream: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[DenialRow]:
    """Refusals, the latest first."""
    query = select(DenialRow)
    if account:
        query = query.where(DenialRow.account == account)
    if stream:
        query = query.where(DenialRow.stream == stream)
    order = _Order((col(DenialRow.at), col(DenialRow.id)), (datetime, str), descending=True)
    return await _page(session, query, order, cursor, limit, lambda r: (r.at, r.id))


async def outbox_counts(session: AsyncSession) -> dict[str, int]:
    """How many notices are in each state."""
    found = await session.exec(select(OutboxRow.state, func.count()).group_by(col(OutboxRow.state)))
    return {state: n for state, n in found}  # noqa: C416 (rows are not pairs to mypy)


async def notices_for(session: AsyncSession, to: Sequence[str], limit: int = PAGE) -> list[OutboxRow]:
    """What these recipients (`person:…`, `role:…`, `organisation:…`) were told, the latest first."""
    found = await session.exec(
        select(OutboxRow)
        .where(col(OutboxRow.to).in_(list(to)))
        .order_by(col(OutboxRow.created_at).desc(), col(OutboxRow.stream), col(OutboxRow.seq))
        .limit(_limited(limit))
    )
    return list(found)


async def reservation(session: AsyncSession, kind: str, key: str) -> ReservationRow | None:
    found = await session.exec(
        select(ReservationRow).where(ReservationRow.kind == kind, ReservationRow.key == key)
    )
    return found.one_or_none()


# ---- the simulation --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pending:
    """What is not settled as far as rows know (events that a workflow has not written yet are not here)."""

    errands: int
    outbox: int

    @property
    def quiet(self) -> bool:
        return not (self.errands or self.outbox)


async def sim_clock(session: AsyncSession) -> SimClockRow | None:
    return (await session.exec(select(SimClockRow).where(SimClockRow.id == 1))).one_or_none()


async def next_moment(session: AsyncSession) -> datetime | None:
    """The earliest moment at which an open case will move by itself."""
    query = (
        select(CaseRow.next_moment)
        .where(col(CaseRow.closed_at).is_(None), col(CaseRow.next_moment).is_not(None))
        .order_by(col(CaseRow.next_moment))
        .limit(1)
    )
    return (await session.exec(query)).first()


async def due_at(session: AsyncSession, moment: datetime) -> list[Place]:
    """Open cases with something to do at or before the moment, in the order (deadline, stream)."""
    query = (
        select(CaseRow.stream, CaseRow.workflow_id, CaseRow.kind)
        .where(col(CaseRow.closed_at).is_(None), col(CaseRow.next_moment) <= utc(moment))
        .order_by(col(CaseRow.next_moment), col(CaseRow.stream))
    )
    return [Place(*row) for row in await session.exec(query)]


async def unseen(session: AsyncSession, streams: Sequence[str]) -> int:
    """How many cases were started and have no row yet: of these streams, and of certificates that a journey
    which may have ended meanwhile names."""
    row = select(CaseRow.stream).where(CaseRow.stream == JourneyRow.certificate).exists()
    issued = select(func.count()).select_from(JourneyRow).where(JourneyRow.state == "CERTIFIED", ~row)
    found = (
        await session.exec(select(func.count()).select_from(CaseRow).where(col(CaseRow.stream).in_(streams)))
    ).one()
    return len(set(streams)) - found + (await session.exec(issued)).one()


async def pending(session: AsyncSession) -> Pending:
    """Errands without an answer, over every case, and notices not sent."""
    errands = (await session.exec(select(func.coalesce(func.sum(CaseRow.pending_errands), 0)))).one()
    outbox = (
        await session.exec(select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "PENDING"))
    ).one()
    return Pending(errands=int(errands), outbox=outbox)


# ---- pages -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Order:
    """Columns that together are unique, each with the type of its values, all ascending or all descending."""

    columns: tuple[Any, ...]
    types: tuple[type[Any], ...]
    descending: bool = False


_TASK_ORDER: dict[TaskSort, tuple[_Order, Callable[[TaskRow], tuple[Any, ...]]]] = {
    "due": (_Order((col(TaskRow.due_at), col(TaskRow.id)), (datetime, str)), lambda r: (r.due_at, r.id)),
    "age": (
        _Order((col(TaskRow.opened_at), col(TaskRow.id)), (datetime, str)),
        lambda r: (r.opened_at, r.id),
    ),
    "priority": (
        _Order((-col(TaskRow.priority), col(TaskRow.due_at), col(TaskRow.id)), (int, datetime, str)),
        lambda r: (-r.priority, r.due_at, r.id),
    ),
}


async def _page(
    session: AsyncSession,
    query: SelectOfScalar[R],
    order: _Order,
    cursor: str,
    limit: int,
    key: Callable[[R], tuple[Any, ...]],
) -> Page[R]:
    limit = _limited(limit)
    if cursor:
        values = _opened(cursor, order)
        here = tuple_(*order.columns)
        there = tuple_(*(_bound(c, v) for c, v in zip(order.columns, values, strict=True)))
        query = query.where(here < there if order.descending else here > there)
    query = query.order_by(*(c.desc() if order.descending else c.asc() for c in order.columns))
    items = list(await session.exec(query.limit(limit + 1)))
    more = len(items) > limit
    items = items[:limit]
    return Page(items, _sealed(key(items[-1])) if more else None)


def _limited(limit: int) -> int:
    return max(1, min(limit, MOST))


def _bound(column: Any, value: Any) -> Any:
    return literal(value, column.type)


def _sealed(key: tuple[Any, ...]) -> str:
    values = [v.isoformat() if hasattr(v, "isoformat") else v for v in key]
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def _opened(cursor: str, order: _Order) -> list[Any]:
    """The values in a cursor, in the types of the order's columns; Malformed (A-CURSOR) for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order.columns):
            raise ValueError("another list's cursor")
        return [_typed(t, v) for t, v in zip(order.types, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise Malformed.because(
            "A-CURSOR",
            "Penanda halaman tidak sah; buka daftar dari awal.",
            "The page cursor is not valid; open the list from its beginning.",
        ) from None


def _typed(wanted: type[Any], value: Any) -> Any:
    if wanted is datetime:
        return utc(datetime.fromisoformat(value))  # OverflowError at the ends of time
    if wanted is date:
        return date.fromisoformat(value)
    if type(value) is not wanted or (wanted is int and abs(value) >= 2**31):
        raise ValueError("another list's cursor")
    if wanted is str:
        value.encode()  # ValueError for half a character, which no database takes
    return value
