"""Tasks: one person's inbox, and all of them for those who watch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, literal, literal_column, or_
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.reads.pages import PAGE, Order, Page, page_of
from db.tables import TaskRow
from domain.clock import utc


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
    number: str = "",
    sort: TaskSort = "due",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[TaskRow]:
    """An inbox. `mine`: held by me, or for me alone; `groups`: open ones of my groups and organisation that
    nobody holds, or that escalated to my group; `done`: completed by me. `now` is the business time;
    `number`: how the case's number begins."""
    query = select(TaskRow).where(_boxes(whose, box))
    query = _filtered(query, now, kind=kind, state=state, late=late, organiser=organiser, subject=subject)
    if stream:
        query = query.where(TaskRow.stream == stream)
    if number:
        query = query.where(col(TaskRow.stream).startswith(number, autoescape=True))
    if box == "done":
        order = Order((col(TaskRow.completed_at), col(TaskRow.id)), (datetime, str), descending=True)
        return await page_of(session, query, order, cursor, limit, lambda r: (r.completed_at, r.id))
    order, key = _TASK_ORDER[sort]
    return await page_of(session, query, order, cursor, limit, key)


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
    number: str = "",
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
    if number:
        query = query.where(col(TaskRow.stream).startswith(number, autoescape=True))
    order, key = _TASK_ORDER[sort]
    return await page_of(session, query, order, cursor, limit, key)


async def open_tasks_of(session: AsyncSession, streams: Sequence[str]) -> dict[str, list[TaskRow]]:
    """What is open in each of these cases, the earliest due first; a case with nothing open is left out."""
    found: dict[str, list[TaskRow]] = {}
    if streams:
        query = select(TaskRow).where(col(TaskRow.stream).in_(list(streams)), col(TaskRow.open).is_(True))
        for row in await session.exec(query.order_by(col(TaskRow.due_at), col(TaskRow.id))):
            found.setdefault(row.stream, []).append(row)
    return found


async def task_counts(session: AsyncSession, whose: Whose, *, now: datetime) -> dict[str, int]:
    """How many open tasks are `mine`, in my `groups`, and `late` among both; and how many I have `done`."""
    mine, groups = _mine(whose), _offered(whose)
    done = columns(func.count()).select_from(TaskRow).where(_boxes(whose, "done")).scalar_subquery()
    query = (
        columns(
            func.count().filter(mine),
            func.count().filter(groups),
            func.count().filter(col(TaskRow.due_at) < utc(now)),
            done,
        )
        .select_from(TaskRow)
        .where(col(TaskRow.open).is_(True), or_(mine, groups))
    )
    found = (await (await session.connection()).execute(query)).one()
    return dict(zip(("mine", "groups", "late", "done"), found, strict=True))


async def task(session: AsyncSession, id: str) -> TaskRow | None:
    """The task's row; its `stream` and `workflow_id` say where it is completed."""
    return (await session.exec(select(TaskRow).where(TaskRow.id == id))).one_or_none()


async def tasks_by_id(session: AsyncSession, ids: Sequence[str]) -> dict[str, TaskRow]:
    """Those of these tasks that there are, by id."""
    found = await session.exec(select(TaskRow).where(col(TaskRow.id).in_(list(ids))))
    return {row.id: row for row in found}


def _boxes(whose: Whose, box: Box) -> ColumnElement[bool]:
    if box == "done":
        # Written out, so that the database sees that there is an index of exactly these.
        completed = col(TaskRow.state) == literal_column("'COMPLETED'")
        return and_(col(TaskRow.completed_by).in_(_persons(whose)), completed)
    return and_(col(TaskRow.open).is_(True), _mine(whose) if box == "mine" else _offered(whose))


def _persons(whose: Whose) -> list[str]:
    return [p for p in whose.persons if p]


def _mine(whose: Whose) -> ColumnElement[bool]:
    """Of open tasks: held by me, or for me alone."""
    persons = _persons(whose)
    return or_(col(TaskRow.holder).in_(persons), col(TaskRow.for_person).in_(persons))


def _offered(whose: Whose) -> ColumnElement[bool]:
    """Of open tasks: those of my groups and organisation that nobody holds, or that escalated to my group."""
    persons, roles = _persons(whose), list(whose.roles)
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


_TASK_ORDER: dict[TaskSort, tuple[Order, Callable[[TaskRow], tuple[Any, ...]]]] = {
    "due": (Order((col(TaskRow.due_at), col(TaskRow.id)), (datetime, str)), lambda r: (r.due_at, r.id)),
    "age": (
        Order((col(TaskRow.opened_at), col(TaskRow.id)), (datetime, str)),
        lambda r: (r.opened_at, r.id),
    ),
    "priority": (
        Order((-col(TaskRow.priority), col(TaskRow.due_at), col(TaskRow.id)), (int, datetime, str)),
        lambda r: (-r.priority, r.due_at, r.id),
    ),
}
