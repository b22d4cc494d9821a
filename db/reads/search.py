"""What an auditor looks for across everything: cases, tasks, events and refusals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, or_, union_all
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads.pages import PAGE, Order, Page, page_of
from db.streams import event_of
from db.tables import (
    AssignmentRow,
    CaseRow,
    CertificateRow,
    DenialRow,
    EventRow,
    JourneyRow,
    ProgrammeRow,
    TaskRow,
)
from domain.clock import at as at_hour
from domain.clock import end_of_day, utc
from domain.events import Event


@dataclass(frozen=True)
class Days:
    """From the first to the last day, in WIB; None: without that end."""

    first: date | None = None
    last: date | None = None

    def hold(self, column: Any) -> list[ColumnElement[bool]]:
        """The moment in the column lies in them."""
        found: list[ColumnElement[bool]] = []
        if self.first is not None:
            found.append(col(column) >= at_hour(self.first, 0))
        if self.last is not None:
            found.append(col(column) < end_of_day(self.last))
        return found


@dataclass(frozen=True)
class CasesAsked:
    """Which cases; what is empty narrows nothing."""

    q: str = ""
    """The beginning of a stream, or the whole of a number: certificate, registration, blank, letter."""
    kind: str = ""
    state: str = ""
    organiser: str = ""
    scheme: str = ""
    opened: Days = Days()


@dataclass(frozen=True)
class TasksAsked:
    """Which tasks; what is empty narrows nothing."""

    kind: str = ""
    group: str = ""
    stream: str = ""
    organiser: str = ""
    open: bool | None = None
    late: bool | None = None
    due: Days = Days()


@dataclass(frozen=True)
class EventsAsked:
    """Which events; what is empty narrows nothing."""

    type: str = ""
    rule: str = ""
    """One that found something in the event."""
    role: str = ""
    stream: str = ""
    account: str = ""
    happened: Days = Days()


def _equal(*asked: tuple[Any, str]) -> list[ColumnElement[bool]]:
    """Columns that hold just what was asked for; an empty text asks for nothing."""
    return [col(column) == value for column, value in asked if value]


async def search_cases(
    session: AsyncSession, asked: CasesAsked, *, cursor: str = "", limit: int = PAGE
) -> Page[CaseRow]:
    """The latest begun first."""
    query = select(CaseRow).where(*asked.opened.hold(CaseRow.opened_at))
    query = query.where(
        *_equal(
            (CaseRow.kind, asked.kind),
            (CaseRow.state, asked.state),
            (CaseRow.organiser, asked.organiser),
        )
    )
    if asked.scheme:
        of_scheme = union_all(
            *(
                columns(col(row.stream)).where(col(row.scheme) == asked.scheme)
                for row in (ProgrammeRow, JourneyRow, CertificateRow)
            )
        )
        query = query.where(col(CaseRow.stream).in_(of_scheme))
    if asked.q:
        query = query.where(_numbered(asked.q))
    order = Order((col(CaseRow.opened_at), col(CaseRow.stream)), (datetime, str), descending=True)
    return await page_of(session, query, order, cursor, limit, lambda r: (r.opened_at, r.stream))


def _numbered(q: str) -> ColumnElement[bool]:
    number = or_(
        col(CertificateRow.certificate_number) == q,
        col(CertificateRow.registration_number) == q,
        col(CertificateRow.blank_number) == q,
    )
    return or_(
        col(CaseRow.stream).startswith(q, autoescape=True),
        col(CaseRow.stream).in_(columns(col(CertificateRow.stream)).where(number)),
        col(CaseRow.stream).in_(columns(col(CertificateRow.journey)).where(number)),
        col(CaseRow.stream).in_(
            columns(col(AssignmentRow.stream)).where(col(AssignmentRow.letter_number) == q)
        ),
    )


async def search_tasks(
    session: AsyncSession, asked: TasksAsked, *, now: datetime, cursor: str = "", limit: int = PAGE
) -> Page[TaskRow]:
    """The latest due first. `now` is the business time: what is open and due before it is late."""
    query = select(TaskRow).where(*asked.due.hold(TaskRow.due_at))
    query = query.where(
        *_equal(
            (TaskRow.kind, asked.kind),
            (TaskRow.group_role, asked.group),
            (TaskRow.stream, asked.stream),
            (TaskRow.organiser, asked.organiser),
        )
    )
    if asked.open is not None:
        query = query.where(col(TaskRow.open).is_(asked.open))
    if asked.late is not None:
        overdue = or_(
            col(TaskRow.late).is_(True), (col(TaskRow.open).is_(True)) & (col(TaskRow.due_at) < utc(now))
        )
        query = query.where(overdue if asked.late else ~overdue)
    order = Order((col(TaskRow.due_at), col(TaskRow.id)), (datetime, str), descending=True)
    return await page_of(session, query, order, cursor, limit, lambda r: (r.due_at, r.id))


async def search_events(
    session: AsyncSession, asked: EventsAsked, *, cursor: str = "", limit: int = PAGE
) -> Page[Event]:
    """Events of all chains, the latest first (real time)."""
    query = select(EventRow).where(*asked.happened.hold(EventRow.at))
    query = query.where(
        *_equal(
            (EventRow.type, asked.type),
            (EventRow.actor_role, asked.role),
            (EventRow.stream, asked.stream),
            (EventRow.actor_account, asked.account),
        )
    )
    if asked.rule:
        # Bodies are canonical JSON: no space, and a text's quotes are escaped, so nothing else looks like it.
        query = query.where(col(EventRow.body).contains(f'"rule":"{asked.rule}"', autoescape=True))
    order = Order(
        (col(EventRow.at), col(EventRow.stream), col(EventRow.seq)), (datetime, str, int), descending=True
    )
    page = await page_of(session, query, order, cursor, limit, lambda r: (r.at, r.stream, r.seq))
    return Page([event_of(row) for row in page.items], page.next)


async def search_denials(
    session: AsyncSession,
    *,
    account: str = "",
    stream: str = "",
    rule: str = "",
    when: Days = Days(),
    cursor: str = "",
    limit: int = PAGE,
) -> Page[DenialRow]:
    """Refusals, the latest first."""
    query = select(DenialRow).where(*when.hold(DenialRow.at))
    if account:
        query = query.where(DenialRow.account == account)
    if stream:
        query = query.where(DenialRow.stream == stream)
    if rule:
        query = query.where(cast(col(DenialRow.rules), Text).contains(f'"{rule}"', autoescape=True))
    order = Order((col(DenialRow.at), col(DenialRow.id)), (datetime, str), descending=True)
    return await page_of(session, query, order, cursor, limit, lambda r: (r.at, r.id))


async def link(session: AsyncSession, stream: str, seq: int) -> Sequence[EventRow]:
    """One event as it is stored, with the one before and the one after it where there are such."""
    found = await session.exec(
        select(EventRow)
        .where(EventRow.stream == stream, col(EventRow.seq).between(seq - 1, seq + 1))
        .order_by(col(EventRow.seq))
    )
    return list(found)
