"""Acts on many things at once, as rows: asked for, taken up, item by item ended, and read.

Who runs one holds it for HELD at a time, as the outbox does: what a process that was killed had in
hand is taken up by the next. Moments are UTC, real time.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads.pages import PAGE, Order, Page, page_of
from db.work_tables import Bulk, BulkItem
from domain.errors import NotFound
from domain.roles import Actor

OPEN, ENDED = "OPEN", "ENDED"
WAITING, DONE, REFUSED, FAILED, STOPPED = "WAITING", "DONE", "REFUSED", "FAILED", "STOPPED"
AGAIN = (REFUSED, FAILED, STOPPED)
"""What may be tried again."""
HELD = timedelta(seconds=30)
"""Longer than one item takes; if not, its key keeps it from being done twice."""


@dataclass(frozen=True)
class Thing:
    """What a command is sent to: a case, or a task in it."""

    stream: str
    task: str = ""


async def begin(
    session: AsyncSession,
    *,
    by: Actor,
    command: str,
    given: Mapping[str, Any],
    texts: Mapping[str, str],
    things: Sequence[Thing],
    at: datetime,
    id: str,
) -> Bulk:
    """Ask for it; whoever runs these takes it up."""
    row = Bulk(
        id=id,
        account=by.account,
        person=by.person,
        role=by.role.value,
        organisation=by.organisation,
        command=command,
        given=dict(given),
        texts=dict(texts),
        total=len(things),
        created_at=at,
    )
    session.add(row)
    await session.flush()
    session.add_all(
        BulkItem(bulk=id, n=n, stream=one.stream, task=one.task, problems=[])
        for n, one in enumerate(things, start=1)
    )
    await session.flush()
    return row


def new_id() -> str:
    return str(uuid.uuid4())


async def claim(session: AsyncSession, *, at: datetime) -> Bulk | None:
    """The oldest that is open and that nobody holds, held from now on; None when there is none."""
    query = (
        select(Bulk)
        .where(Bulk.state == OPEN, or_(col(Bulk.claimed_until).is_(None), col(Bulk.claimed_until) < at))
        .order_by(col(Bulk.created_at), col(Bulk.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await session.exec(query)).first()
    if row is not None:
        row.claimed_until = at + HELD
        session.add(row)
        await session.flush()
    return row


async def next_item(session: AsyncSession, id: str) -> BulkItem | None:
    """The next that waits; None when none does."""
    query = select(BulkItem).where(BulkItem.bulk == id, BulkItem.state == WAITING).order_by(col(BulkItem.n))
    return (await session.exec(query.limit(1))).first()


async def ended(
    session: AsyncSession,
    id: str,
    n: int,
    state: str,
    *,
    at: datetime,
    seq: int | None = None,
    problems: Sequence[Mapping[str, Any]] = (),
) -> None:
    """What came of one item; the act is held on to. One that was stopped meanwhile and was done is done; and
    so it stays, whatever a slower process that had it in hand, too, hears of it."""
    row = await session.get(BulkItem, (id, n), with_for_update=True)
    assert row is not None  # rows are never deleted
    if row.state == DONE:
        return
    row.state, row.at, row.seq = state, at, seq
    row.problems = [dict(p) for p in problems]
    row.attempts += 1
    session.add(row)
    await session.exec(update(Bulk).where(col(Bulk.id) == id).values(claimed_until=at + HELD))


async def let_go(session: AsyncSession, id: str, *, at: datetime) -> None:
    """Nobody holds it any more; it has ended when nothing waits."""
    await bulk(session, id, lock=True)  # nobody asks for it again between the count and its end
    waiting = select(func.count()).select_from(BulkItem).where(BulkItem.bulk == id, BulkItem.state == WAITING)
    left = (await session.exec(waiting)).one()
    values: dict[str, Any] = {"claimed_until": None}
    if not left:
        values |= {"state": ENDED, "ended_at": at}
    await session.exec(update(Bulk).where(col(Bulk.id) == id).values(**values))


async def stop(session: AsyncSession, id: str) -> int:
    """What waits is not done any more; gives the number."""
    await bulk(session, id, lock=True)
    query = update(BulkItem).where(col(BulkItem.bulk) == id, col(BulkItem.state) == WAITING)
    return int((await session.exec(query.values(state=STOPPED))).rowcount)


async def again(session: AsyncSession, id: str) -> int:
    """What was refused, failed or stopped waits once more, under the same keys; gives the number."""
    row = await bulk(session, id, lock=True)
    query = update(BulkItem).where(col(BulkItem.bulk) == id, col(BulkItem.state).in_(AGAIN))
    found = int((await session.exec(query.values(state=WAITING, attempts=0))).rowcount)
    if found:
        row.state, row.ended_at = OPEN, None
        session.add(row)
        await session.flush()
    return found


async def bulk(session: AsyncSession, id: str, *, lock: bool = False) -> Bulk:
    """The row. NotFound (A-NONE-SUCH)."""
    row = await session.get(Bulk, id, with_for_update=lock)
    if row is None:
        raise NotFound.because(
            "A-NONE-SUCH", "Tidak ada, atau bukan untuk Anda.", "There is no such thing for you."
        )
    return row


async def bulks(session: AsyncSession, *, cursor: str = "", limit: int = PAGE) -> Page[Bulk]:
    """All of them, the latest first."""
    order = Order((col(Bulk.created_at), col(Bulk.id)), (datetime, str), descending=True)
    return await page_of(session, select(Bulk), order, cursor, limit, lambda r: (r.created_at, r.id))


async def counts(session: AsyncSession, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many items of each of these are in each state."""
    query = (
        select(BulkItem.bulk, BulkItem.state, func.count())
        .where(col(BulkItem.bulk).in_(list(ids)))
        .group_by(col(BulkItem.bulk), col(BulkItem.state))
    )
    found: dict[str, dict[str, int]] = {id_: {} for id_ in ids}
    for id_, state, number in await session.exec(query):
        found[id_][state] = number
    return found


async def items(
    session: AsyncSession, id: str, *, state: str = "", cursor: str = "", limit: int = PAGE
) -> Page[BulkItem]:
    """The items in their order; in one state alone when it is given."""
    query = select(BulkItem).where(BulkItem.bulk == id)
    if state:
        query = query.where(BulkItem.state == state)
    return await page_of(session, query, Order((col(BulkItem.n),), (int,)), cursor, limit, lambda r: (r.n,))
