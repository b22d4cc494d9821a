"""What was, over time: how long stages took, what came and went, and how old the open tasks are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import CaseRow, EventRow, TaskRow
from domain.clock import utc


class Entered(NamedTuple):
    """A move of a case's main machine: into which stage (0: into none, as an end is)."""

    stream: str
    opened_at: datetime
    at: datetime
    stage: int


class Life(NamedTuple):
    """When a case began and when it ended (business time)."""

    opened_at: datetime
    closed_at: datetime | None


async def entered(
    session: AsyncSession, kind: str, stages: Mapping[str, int], *, since: datetime
) -> list[Entered]:
    """Moves into these states (with the stage of each) of cases of that kind that have changed since, case by
    case in their order (business time). Bodies are canonical JSON, so that what stands beside a state's name
    is known: only the stage leaves the database, and not the bodies."""
    into = [(_holds(f'"dest":"{state}","machine":"{kind}"'), stage) for state, stage in stages.items()]
    query = (
        select(EventRow.stream, CaseRow.opened_at, EventRow.business_at, case(*into, else_=-1))
        .join(CaseRow, col(CaseRow.stream) == col(EventRow.stream))
        .where(
            CaseRow.kind == kind,
            col(CaseRow.updated_at) >= utc(since),
            _holds(f'"machine":"{kind}"'),
        )
        .order_by(col(EventRow.stream), col(EventRow.seq))
    )
    return [Entered(*row) for row in await session.exec(query) if row[3] >= 0]


def _holds(part: str) -> ColumnElement[bool]:
    return col(EventRow.body).contains(part, autoescape=True)


async def lives(session: AsyncSession, kind: str, *, since: datetime) -> list[Life]:
    """Cases of that kind that began or ended since."""
    moment = utc(since)
    query = select(CaseRow.opened_at, CaseRow.closed_at).where(
        CaseRow.kind == kind, or_(col(CaseRow.opened_at) >= moment, col(CaseRow.closed_at) >= moment)
    )
    return [Life(*row) for row in await session.exec(query)]


async def tasks_by_age(session: AsyncSession, cuts: Sequence[datetime]) -> dict[tuple[str, int], int]:
    """How many open tasks each group has, by age: 0 for those opened after the first of `cuts` (the latest
    moment first), 1 after the second, and so on."""
    age = case(
        *((col(TaskRow.opened_at) > utc(cut), n) for n, cut in enumerate(cuts)), else_=len(cuts)
    ).label("age")
    query = (
        select(TaskRow.group_role, age, func.count())
        .where(col(TaskRow.open).is_(True))
        .group_by(col(TaskRow.group_role), age)
    )
    return {(group, int(n)): count for group, n, count in await session.exec(query)}
