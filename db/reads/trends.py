"""What was, over time: how long stages took, what came and went, and how old the open tasks are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, or_
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import CaseRow, StageRow, TaskRow
from domain.clock import utc

DAY = 86_400.0


class StageTime(NamedTuple):
    """How long cases stayed in a stage that they have left, in days."""

    stage: int
    cases: int
    median: float
    p90: float


class Life(NamedTuple):
    """When a case began and when it ended (business time)."""

    opened_at: datetime
    closed_at: datetime | None


async def stage_times(session: AsyncSession, kind: str, *, since: datetime) -> list[StageTime]:
    """Median and ninth decile of the days that cases of that kind, which have changed since, spent in each
    stage before they left it. A case that comes back to a stage has its times there added up; what is in no
    stage (suspended) counts for none."""
    changed = (
        columns(
            col(StageRow.stream),
            col(StageRow.stage),
            col(StageRow.at),
            func.lead(col(StageRow.at))
            .over(partition_by=col(StageRow.stream), order_by=col(StageRow.seq))
            .label("left"),
        )
        .join(CaseRow, col(CaseRow.stream) == col(StageRow.stream))
        .where(col(StageRow.kind) == kind, col(CaseRow.kind) == kind, col(CaseRow.updated_at) >= utc(since))
        .subquery()
    )
    spent = (
        columns(changed.c.stage, func.sum(changed.c.left - changed.c.at).label("seconds"))
        .where(changed.c.stage > 0)
        .group_by(changed.c.stream, changed.c.stage)
        .having(func.count() == func.count(changed.c.left))  # else it is there still
        .subquery()
    )
    ranked = columns(
        spent.c.stage,
        spent.c.seconds,
        func.row_number().over(partition_by=spent.c.stage, order_by=spent.c.seconds).label("rank"),
        func.count().over(partition_by=spent.c.stage).label("cases"),
    ).subquery()

    def share(tenths: int) -> ColumnElement[Any]:
        """The smallest of the values that at least so many tenths of them do not exceed."""
        rank = (ranked.c.cases * tenths + 9) // 10
        return func.max(case((ranked.c.rank == rank, ranked.c.seconds))) / DAY

    query = (
        columns(ranked.c.stage, ranked.c.cases, share(5), share(9))
        .group_by(ranked.c.stage, ranked.c.cases)
        .order_by(ranked.c.stage)
    )
    found = await (await session.connection()).execute(query)
    return [StageTime(stage, int(cases), median, p90) for stage, cases, median, p90 in found]


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
