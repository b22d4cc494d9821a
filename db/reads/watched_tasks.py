"""All tasks as operations watch them: whose, how late, how old, and whether anybody may do them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads.monitor import Separation, nobody_may
from db.reads.pages import PAGE, Order, Page, page_of
from db.tables import TaskRow
from domain.clock import utc

TaskNeed = Literal["late", "soon", "nobody"]
TaskWatchSort = Literal["due", "-due", "opened", "-opened"]


@dataclass(frozen=True)
class TaskWatch:
    """Which open tasks are looked for. `now` and `soon` are business moments (UTC) as in `Watch`."""

    now: datetime
    soon: datetime
    separations: tuple[Separation, ...] = ()
    group: str = ""
    kind: str = ""
    organiser: str = ""
    stream: str = ""
    holder: str = ""
    """`held` by somebody, or `free`; empty: either."""
    need: TaskNeed | None = None
    opened_after: datetime | None = None
    opened_until: datetime | None = None
    """Opened after the first and not after the second (UTC)."""


async def watched_tasks(
    session: AsyncSession,
    watch: TaskWatch,
    *,
    sort: TaskWatchSort = "due",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[TaskRow]:
    """The open tasks that are looked for."""
    column, key = _ORDERS[sort.removeprefix("-")]
    order = Order((column, col(TaskRow.id)), (datetime, str), descending=sort.startswith("-"))
    return await page_of(session, select(TaskRow).where(*_conditions(watch)), order, cursor, limit, key)


async def watched_tasks_count(session: AsyncSession, watch: TaskWatch) -> int:
    """How many they are: the rows of all pages."""
    query = select(func.count()).select_from(TaskRow).where(*_conditions(watch))
    return (await session.exec(query)).one()


_ORDERS: Mapping[str, tuple[Any, Callable[[TaskRow], tuple[Any, ...]]]] = {
    "due": (col(TaskRow.due_at), lambda r: (r.due_at, r.id)),
    "opened": (col(TaskRow.opened_at), lambda r: (r.opened_at, r.id)),
}


def _conditions(watch: TaskWatch) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(TaskRow.open).is_(True)]
    for column, value in (
        (TaskRow.group_role, watch.group),
        (TaskRow.kind, watch.kind),
        (TaskRow.organiser, watch.organiser),
        (TaskRow.stream, watch.stream),
    ):
        if value:
            found.append(col(column) == value)
    if watch.holder:
        found.append(col(TaskRow.holder) != "" if watch.holder == "held" else col(TaskRow.holder) == "")
    if watch.opened_after is not None:
        found.append(col(TaskRow.opened_at) > utc(watch.opened_after))
    if watch.opened_until is not None:
        found.append(col(TaskRow.opened_at) <= utc(watch.opened_until))
    if watch.need == "late":
        found.append(col(TaskRow.due_at) < utc(watch.now))
    elif watch.need == "soon":
        found += [col(TaskRow.due_at) >= utc(watch.now), col(TaskRow.due_at) < utc(watch.soon)]
    elif watch.need == "nobody":
        found.append(nobody_may(watch.separations))
    return found
