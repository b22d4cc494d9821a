"""What a worker looks after beside the cases, round after round. Runs until it is told to stop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db import checkpoints
from db.session import Database

LOOK_EVERY = 60.0
"""Seconds between two looks at whether a checkpoint is due."""

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


async def _repeat(
    what: str, work: Callable[[], Awaitable[None]], stop: asyncio.Event, seconds: float
) -> None:
    """Do it every so many seconds until `stop` is set; a database that does not answer, or another worker
    that was first, is met again at the next round. Anything else ends the loop, and with it the worker."""
    while not stop.is_set():
        try:
            await work()
        except (DBAPIError, PoolTimeout, OSError) as error:
            log.warning(f"{what} round failed", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
