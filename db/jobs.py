"""Jobs as rows: asked for, worked on, ended, and read. Moments are UTC, real time."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.job_tables import Job, JobItem
from db.reads.pages import PAGE, Order, Page, page_of
from domain.errors import NotFound
from domain.roles import Actor

WAITING, RUNNING, DONE, FAILED, INTERRUPTED = "WAITING", "RUNNING", "DONE", "FAILED", "INTERRUPTED"
LOST_AFTER = timedelta(seconds=60)
"""Without a beat for so long nobody works on it any more: its process ended."""


@dataclass(frozen=True)
class Item:
    """One result; `detail` holds nothing personal."""

    subject: str
    ok: bool
    detail: dict[str, Any] = field(default_factory=dict)


def state_of(job: Job, now: datetime) -> str:
    """WAITING, RUNNING, DONE, FAILED, or INTERRUPTED for what nobody works on any more."""
    if job.ended_at is None and now - job.beat_at > LOST_AFTER:
        return INTERRUPTED
    return job.state


async def begin(
    session: AsyncSession, *, kind: str, subject: str = "", by: Actor, at: datetime, total: int = 0
) -> Job:
    """A job that waits to be worked on."""
    row = Job(
        id=str(uuid.uuid4()),
        kind=kind,
        subject=subject,
        asked_by=by.account,
        asked_as=by.role.value,
        asked_at=at,
        total=total,
        beat_at=at,
    )
    session.add(row)
    await session.flush()
    return row


async def beat(session: AsyncSession, id: str, *, done: int, total: int, at: datetime) -> None:
    """It is worked on, and has come this far. An ended job stays as it ended."""
    row = await _row(session, id)
    if row.ended_at is None:
        row.state, row.done, row.total, row.beat_at = RUNNING, done, total, at


async def end(
    session: AsyncSession,
    id: str,
    *,
    state: str,
    at: datetime,
    result: dict[str, Any],
    items: Iterable[Item] = (),
) -> None:
    """What came out of it, once."""
    row = await _row(session, id)
    if row.ended_at is not None:
        return
    row.state, row.ended_at, row.beat_at, row.result = state, at, at, result
    if state == DONE and row.total:
        row.done = row.total
    session.add_all(
        JobItem(job=id, n=n, subject=item.subject, ok=item.ok, detail=item.detail)
        for n, item in enumerate(items, start=1)
    )
    await session.flush()


async def job(session: AsyncSession, id: str) -> Job | None:
    return await session.get(Job, id)


async def under_way(session: AsyncSession, kinds: Iterable[str], now: datetime) -> list[Job]:
    """Jobs of these kinds that are waiting or worked on, the oldest first."""
    found = await session.exec(
        select(Job)
        .where(
            col(Job.kind).in_(list(kinds)), col(Job.ended_at).is_(None), col(Job.beat_at) > now - LOST_AFTER
        )
        .order_by(col(Job.asked_at), col(Job.id))
    )
    return list(found)


async def jobs(
    session: AsyncSession,
    *,
    kinds: Iterable[str] = (),
    subject: str = "",
    asked_by: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[Job]:
    """The latest first."""
    query = select(Job)
    if wanted := list(kinds):
        query = query.where(col(Job.kind).in_(wanted))
    if subject:
        query = query.where(Job.subject == subject)
    if asked_by:
        query = query.where(Job.asked_by == asked_by)
    order = Order((col(Job.asked_at), col(Job.id)), (datetime, str), descending=True)
    return await page_of(session, query, order, cursor, limit, lambda r: (r.asked_at, r.id))


async def items(session: AsyncSession, id: str, *, cursor: str = "", limit: int = PAGE) -> Page[JobItem]:
    """Results, in the order in which they came."""
    query = select(JobItem).where(JobItem.job == id)
    order = Order((col(JobItem.n),), (int,))
    return await page_of(session, query, order, cursor, limit, lambda r: (r.n,))


async def _row(session: AsyncSession, id: str) -> Job:
    row = await session.get(Job, id, with_for_update=True)
    if row is None:
        raise NotFound.because("J-JOB", "Pekerjaan ini tidak ada.", "There is no such job.")
    return row
