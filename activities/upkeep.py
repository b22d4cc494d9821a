"""What a worker looks after beside the cases, round after round. Runs until it is told to stop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db import checkpoints, drafts, reads, registry
from db.session import Database
from domain.policy import POLICIES

LOOK_EVERY = 60.0
"""Seconds between two looks at whether a checkpoint is due."""

LEARN_EVERY = 2.0
"""Seconds between two looks for policies that are new."""

SWEEP_EVERY, SWEEP_SIMULATION = 600.0, 2.0
"""Seconds between two looks for drafts that have been idle for too long."""

log = structlog.get_logger()


async def run_checkpoints(
    db: Database, key: Ed25519PrivateKey, every: timedelta, stop: asyncio.Event
) -> None:
    """Sign the ledger's heads whenever `every` has passed and anything was written."""

    async def look() -> None:
        row = await db.retrying(
            lambda session: checkpoints.checkpoint_when_due(session, key, every, datetime.now(UTC))
        )
        if row is not None:
            log.info("checkpoint", id=row.id, root=row.root)

    await _repeat("checkpoint", look, stop, min(LOOK_EVERY, every.total_seconds()))


async def first_policies(db: Database, stop: asyncio.Event) -> None:
    """Make the stored policies known to this process before it judges anything; waits for the database.

    Raises Conflict (P-VERSION) when one has the version of the product's own with other content.
    """
    known = False

    async def load() -> None:
        nonlocal known
        async with db.read() as session:
            await registry.load_policies(session)
        known = True

    while not (known or stop.is_set()):
        await _round("policies", load)
        if not known:
            await _pause(stop, LEARN_EVERY)


async def run_policies(db: Database, stop: asyncio.Event, *, every: float = LEARN_EVERY) -> None:
    """Make the policies that BNSP stores meanwhile known to this process: a case keeps its policy by version
    alone, and who does not know it cannot judge the case."""

    async def learn() -> None:
        async with db.read() as session:
            if await registry.load_policies(session, but=list(POLICIES)):
                log.info("policies", versions=sorted(POLICIES))

    await _repeat("policies", learn, stop, every)


async def run_drafts(db: Database, stop: asyncio.Event, *, simulation: bool) -> None:
    """Expire the drafts that nobody touches, as business time goes on: real time, or the simulation's clock,
    which may leap by months at once."""

    async def sweep() -> None:
        at = now = datetime.now(UTC)
        if simulation:
            async with db.read() as session:
                clock = await reads.sim_clock(session)
            if clock is None:
                return
            now = clock.now
        while count := await db.retrying(lambda session: drafts.expire_idle(session, now=now, at=at)):
            log.info("drafts expired", drafts=count)

    await _repeat("drafts", sweep, stop, SWEEP_SIMULATION if simulation else SWEEP_EVERY)


async def _repeat(
    what: str, work: Callable[[], Awaitable[None]], stop: asyncio.Event, seconds: float
) -> None:
    """Do it every so many seconds until `stop` is set."""
    while not stop.is_set():
        await _round(what, work)
        await _pause(stop, seconds)


async def _round(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """A database that does not answer, or another worker that was first, is met again at the next round.
    Anything else ends the loop, and with it the worker."""
    try:
        await work()
    except (DBAPIError, PoolTimeout, OSError) as error:
        log.warning(f"{what} round failed", error=type(error).__name__)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
