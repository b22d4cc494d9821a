"""Requests that nobody has touched for long: their drafts expire (domain specification § 2)."""

from datetime import datetime, timedelta

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import reads, waiting_rosters
from db.people_tables import DRAFT, EXPIRED, Draft
from db.streams import append_row_event
from db.tables import CaseRow
from domain.clock import local_day
from domain.events import Move
from domain.policy import default
from domain.roles import SYSTEM
from state_machines.table import follow
from state_machines.tables import TABLES

BATCH = 50


def lapses_at(touched: datetime, now: datetime) -> datetime:
    """When a draft that was touched last then is idle for too long, by the policy of `now` (business
    moments, UTC)."""
    return touched + timedelta(days=default(local_day(now)).term("draft_idle"))


async def touch(session: AsyncSession, id: str, *, at: datetime) -> None:
    """Somebody works on this draft (at the real moment `at`, UTC): its idle time begins anew. Does nothing
    where there is no draft, or one that was idle for too long before."""
    draft = await session.get(Draft, id, with_for_update=True)
    if draft is None or draft.state != DRAFT:
        return
    now = await business_moment(session, at)
    taken_back = (await session.exec(select(CaseRow.updated_at).where(CaseRow.stream == id))).first()
    if lapses_at(max(draft.updated_at, taken_back or draft.updated_at), now) > now:
        draft.updated_at = now
        session.add(draft)
        await session.flush()


async def business_moment(session: AsyncSession, at: datetime) -> datetime:
    """The business moment (UTC) of this real one: the simulation's clock where there is one."""
    clock = await reads.sim_clock(session)
    return clock.now if clock else at


async def expire_idle(session: AsyncSession, *, now: datetime, at: datetime) -> int:
    """Expire up to BATCH drafts that have been idle for the policy's term (`draft_idle`, in days) at the
    business moment `now`; `at` is the real one (both UTC). Gives their number; 0 when none is left.

    A request that was submitted has a case, which counts; one that was taken back is a draft again, touched
    last when it was. A draft that somebody is changing at this moment is not idle: it is passed over. The
    event's business moment is the end of the term, however late the sweep comes.
    """
    idle_since = now - (lapses_at(now, now) - now)
    untouched = (
        select(Draft, CaseRow.updated_at)
        .outerjoin(CaseRow, col(CaseRow.stream) == col(Draft.id))
        .where(
            Draft.state == DRAFT,
            col(Draft.updated_at) <= idle_since,
            or_(
                col(CaseRow.stream).is_(None),
                (col(CaseRow.state) == DRAFT) & (col(CaseRow.updated_at) <= idle_since),
            ),
        )
        .order_by(col(Draft.updated_at), col(Draft.id))
        .limit(BATCH)
        .with_for_update(of=Draft, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    drafts = list(await session.exec(untouched))
    for draft, taken_back in drafts:
        touched = max(draft.updated_at, taken_back or draft.updated_at)
        move = Move(machine="programme", subject=draft.id, trigger="expire", source=DRAFT, dest=EXPIRED)
        draft.state = follow(TABLES["programme"], draft.state, move)
        session.add(draft)
        await append_row_event(
            session,
            f"draft-{draft.id}",
            "draft_expired",
            SYSTEM,
            {"version": draft.version},
            at,
            business_at=lapses_at(touched, now),
            policy_version=default(local_day(now)).version,
        )
    await waiting_rosters.drop(session, [draft.id for draft, _ in drafts])
    return len(drafts)
