"""Moving a simulation's time: nothing happens but by `advance`, and then everything that was due happens.

One row owns "now"; it is written first and never goes back, so a driver that was killed goes on from it.
At each moment the cases that are due are ticked, in the order (deadline, stream), until none is due; then
the next moment comes. Between moments everything is let come to rest: no event unwritten, no errand
unanswered, no message on its way.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from db import reads
from db.session import Database
from db.tables import SimClockRow
from domain.errors import DomainError, Refused, Unknown
from workflows.model import Status

ROUNDS_A_MOMENT = 50
SETTLE_WITHIN = 120.0
"""Real seconds in which everything must come to rest; longer means that something is stuck."""
TICK_WITHIN = timedelta(seconds=60)
QUERIES_AT_ONCE = 8

Progress = Callable[[datetime, int], Awaitable[None]]


@dataclass(frozen=True)
class Advanced:
    """Where an advance ended: business time (UTC), moments passed, ticks sent."""

    now: datetime
    moments: int
    ticks: int


async def begin(db: Database, now: datetime) -> SimClockRow:
    """Make the clock's row when there is none; gives the row as it stands."""

    async def make(session: AsyncSession) -> SimClockRow:
        row = await reads.sim_clock(session)
        if row is None:
            row = SimClockRow(id=1, now=now.astimezone(UTC), target=now.astimezone(UTC))
            session.add(row)
            await session.flush()
        return row

    return await db.retrying(make)


async def advance(
    db: Database, client: Client, to: datetime | None = None, *, progress: Progress | None = None
) -> Advanced:
    """Move business time to `to` (UTC); without `to`, to the target that an interrupted advance left.

    Raises Refused (S-BACK) when `to` is in the simulation's past, Unknown when the cases do not come to
    rest.
    """
    to = await _target(db, to)
    moments = ticks = 0
    await settle(db, client)
    while True:
        async with db.read() as session:
            moment = await reads.next_moment(session)
        if moment is None or moment > to:
            break
        await _write_now(db, moment)
        moments += 1
        for _round in range(ROUNDS_A_MOMENT):
            async with db.read() as session:
                due = await reads.due_at(session, moment)
            if not due:
                break
            for place in due:
                if await _tick(client, place.workflow_id, moment):
                    ticks += 1
            await settle(db, client)
        else:
            raise Unknown.because(
                "S-STUCK",
                "Ada perkara yang tetap jatuh tempo setelah diproses berkali-kali.",
                "Some case stays due after being ticked many times.",
                cases=[p.stream for p in due],
            )
        if progress is not None:
            await progress(moment, ticks)
    await _write_now(db, to)
    return Advanced(now=to, moments=moments, ticks=ticks)


async def next_moment(db: Database, client: Client) -> datetime | None:
    """The next moment at which anything will happen by itself, after everything has come to rest."""
    await settle(db, client)
    async with db.read() as session:
        return await reads.next_moment(session)


async def settle(db: Database, client: Client) -> None:
    """Wait until nothing is pending anywhere: every open case says so itself, and the outbox is empty."""
    quiet_twice = 0
    loop = asyncio.get_running_loop()
    end = loop.time() + SETTLE_WITHIN
    pause = 0.01
    while quiet_twice < 2:
        if loop.time() > end:
            raise Unknown.because(
                "S-SETTLE",
                "Simulasi tidak kunjung tenang; periksa pekerja dan perkara yang perlu perhatian.",
                "The simulation does not come to rest; look at the worker and at cases needing attention.",
            )
        async with db.read() as session:
            pending = await reads.pending(session)
            places = await reads.open_cases(session)
        if pending.quiet:
            children = await _all_quiet(client, [p.workflow_id for p in places])
            if children is not None:
                async with db.read() as session:
                    unseen = await reads.unseen(session, children)
                if not unseen:
                    quiet_twice += 1
                    continue
        quiet_twice = 0
        await asyncio.sleep(pause)
        pause = min(pause * 2, 0.25)


async def _all_quiet(client: Client, workflows: list[str]) -> list[str] | None:
    """None when something is pending; else the streams of the cases that these have started."""
    gate = asyncio.Semaphore(QUERIES_AT_ONCE)

    async def ask(workflow_id: str) -> tuple[str, ...] | None:
        async with gate:
            try:
                status = await client.get_workflow_handle(workflow_id).query(
                    "status", result_type=Status, rpc_timeout=timedelta(seconds=10)
                )
            except RPCError as error:
                return () if error.status is RPCStatusCode.NOT_FOUND else None
        return None if status.pending or status.errands or status.busy else status.children

    answers = await asyncio.gather(*(ask(w) for w in workflows))
    quiet = [a for a in answers if a is not None]
    return [stream for a in quiet for stream in a] if len(quiet) == len(answers) else None


async def _tick(client: Client, workflow_id: str, to: datetime) -> bool:
    """Send one tick; a case that has ended meanwhile needs none. Unknown when Temporal does not answer."""
    try:
        async with asyncio.timeout(TICK_WITHIN.total_seconds()):
            await client.get_workflow_handle(workflow_id).execute_update(
                "tick",
                to,
                id=f"tick-{uuid.uuid4()}",
                result_type=Status,
                rpc_timeout=TICK_WITHIN,
            )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise _unanswered(error.status.name) from None
    except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
        raise _unanswered("TIMEOUT") from None
    return True


def _unanswered(why: str) -> DomainError:
    return Unknown.because(
        f"T-{why}",
        "Temporal tidak menjawab di tengah jalan. Kirim ulang: simulasi berlanjut dari tempatnya.",
        "Temporal did not answer on the way. Send again: the simulation goes on from where it is.",
    )


async def _target(db: Database, to: datetime | None) -> datetime:
    async def write(session: AsyncSession) -> datetime:
        row = await reads.sim_clock(session)
        if row is None:
            raise Refused.because(
                "S-CLOCK", "Jam simulasi belum dimulai.", "The simulation has no clock yet."
            )
        target = row.target if to is None else to.astimezone(UTC)
        # Compared where it is written: another driver may have moved the clock since it was read.
        ahead = update(SimClockRow).where(col(SimClockRow.id) == 1, col(SimClockRow.now) <= target)
        if not (await session.exec(ahead.values(target=target))).rowcount:
            raise Refused.because(
                "S-BACK", "Waktu simulasi tidak dapat mundur.", "A simulation's time does not go back."
            )
        return target

    return await db.retrying(write)


async def _write_now(db: Database, now: datetime) -> None:
    """Set the clock forward; where it is further already, it stays."""

    async def write(session: AsyncSession) -> None:
        behind = update(SimClockRow).where(col(SimClockRow.id) == 1, col(SimClockRow.now) < now)
        await session.exec(behind.values(now=now.astimezone(UTC)))

    await db.retrying(write)
