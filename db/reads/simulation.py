"""What the simulated clock asks: where time stands, what moves next and what is not settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads.cases import Place
from db.tables import CaseRow, JourneyRow, OutboxRow, SimClockRow
from domain.clock import utc


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
