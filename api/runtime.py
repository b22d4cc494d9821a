"""What one API process holds open, and how it comes up when the rest is not there yet."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from fastapi import FastAPI, Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.service import RPCError

from activities.documents import DocumentStore
from activities.plugin import plugin
from activities.upkeep import run_policies
from api.gateway import Gateway
from api.pictures import Pictures
from db import registry
from db.session import Database
from db.tables import StreamRow
from db.vault import Vault
from domain.errors import Unknown
from settings import Settings

REMEMBERED = 512
CHECK_WITHIN = timedelta(seconds=3)
WAITS = (0.1, 0.25, 0.5, 1.0, 2.0)
"""Seconds between two attempts to reach what is not there yet; the last one for ever."""
LEARN_EVERY = 30.0
"""Seconds between two looks for policies that BNSP stored meanwhile."""
UNREACHED = (RPCError, RuntimeError, OSError, TimeoutError)
DATABASE_DOWN = (DBAPIError, PoolTimeout, OSError)

log = structlog.get_logger()


@dataclass
class Runtime:
    settings: Settings
    db: Database
    vault: Vault
    store: DocumentStore
    client: Client
    gateway: Gateway
    pictures: Pictures
    connected: bool = False
    """Temporal has answered once; from then on the client reconnects by itself."""
    policies: bool = False
    """The policies that BNSP made are known to this process."""
    unwritten: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)
    """stream → (seq of our latest receipt, when): what the ledger may not have written yet."""
    touched: dict[str, float] = field(default_factory=dict)
    """When a session or token was last noted as used."""
    checked: tuple[float, dict[str, dict[str, Any]]] | None = None
    """When the parts of the product were last looked at, and what was found (api/routers/health.py)."""
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    pulse: tuple[float, tuple[int, int, int]] | None = None
    """When all chains were last counted, and how many streams, events and frozen streams there were
    (api/pulse.py)."""
    beating: asyncio.Lock = field(default_factory=asyncio.Lock)
    hitches: tuple[float, dict[str, Any]] | None = None
    """When Temporal was last asked what fails, and what it said (api/hitches.py)."""
    hitching: asyncio.Lock = field(default_factory=asyncio.Lock)
    bulk_asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an act on many things was asked for here (api/bulk_runner.py)."""
    rosters: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Workbooks read at once: each may take a processor and a hundred megabytes."""

    def require_temporal(self) -> None:
        """Unknown (503) as long as Temporal has never answered this process."""
        if not self.connected:
            raise Unknown.because(
                "T-DOWN",
                "Layanan perkara sedang disiapkan. Kirim ulang dengan kunci yang sama.",
                "The service that keeps cases is coming up. Send again with the same key.",
            )

    def remember(self, stream: str, seq: int) -> None:
        """A receipt was given: the ledger must write it soon."""
        self.unwritten.pop(stream, None)
        self.unwritten[stream] = (seq, time.monotonic())
        if len(self.unwritten) > REMEMBERED:
            self.unwritten.popitem(last=False)

    async def lag(self) -> float:
        """Seconds that the oldest of our receipts has been waiting to be written; 0 when none waits."""
        if not self.unwritten:
            return 0.0
        async with self.db.read() as session:
            rows = await session.exec(
                select(StreamRow.stream, StreamRow.head_seq).where(
                    col(StreamRow.stream).in_(list(self.unwritten))
                )
            )
            heads = dict(rows.all())
        for stream, (seq, _) in list(self.unwritten.items()):
            if heads.get(stream, 0) >= seq:
                del self.unwritten[stream]
        now = time.monotonic()
        return max((now - since for _, since in self.unwritten.values()), default=0.0)

    def use_touch(self, key: str, every: float) -> bool:
        """Is it time to note this key as used? At most once in `every` seconds."""
        now = time.monotonic()
        if now - self.touched.get(key, -every) < every:
            return False
        if len(self.touched) > 10_000:
            self.touched.clear()
        self.touched[key] = now
        return True

    def now(self) -> datetime:
        """Real time (UTC): what sessions, documents and rows are stamped with."""
        return datetime.now(UTC)

    async def warm(self) -> None:
        """Reach the database and Temporal, however long that takes."""
        for attempt in range(1_000_000):
            with contextlib.suppress(*DATABASE_DOWN):
                await self.load_policies()
            with contextlib.suppress(*UNREACHED):
                if not self.connected:
                    self.connected = await self.client.service_client.check_health(timeout=CHECK_WITHIN)
            if self.connected and self.policies:
                log.info("ready", attempts=attempt + 1)
                return
            await asyncio.sleep(WAITS[min(attempt, len(WAITS) - 1)])

    async def stay_warm(self) -> None:
        """As `warm`, and then learn each policy that BNSP stores; until it is cancelled with the process."""
        await self.warm()
        # Later than the workers, who judge by what is begun here.
        await run_policies(self.db, asyncio.Event(), every=LEARN_EVERY)

    async def load_policies(self) -> None:
        """Make the policies that BNSP stored known to this process, once."""
        if self.policies:
            return
        async with self.db.read() as session:
            await registry.load_policies(session)
        self.policies = True


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    """Everything that a process needs, closed again at the end."""
    db = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    vault = Vault(settings.keys("vault"))
    # Lazy: the API must come up, and say so, before Temporal can be reached.
    client = await Client.connect(
        settings.temporal_address or f"127.0.0.1:{settings.temporal_port}",
        namespace=settings.temporal_namespace,
        plugins=[plugin(settings)],
        lazy=True,
    )
    store = DocumentStore(settings.documents, limit=settings.upload_limit)
    runtime = Runtime(
        settings=settings,
        db=db,
        vault=vault,
        store=store,
        client=client,
        gateway=Gateway(client, db, vault, settings),
        pictures=Pictures(store),
    )
    # Once before anything else: the first connections to a SQLite file must not come two at a time, each
    # wanting to switch it to WAL.
    with contextlib.suppress(*DATABASE_DOWN):
        async with asyncio.timeout(CHECK_WITHIN.total_seconds()):
            await runtime.load_policies()
    warming = asyncio.create_task(runtime.stay_warm())
    try:
        yield runtime
    finally:
        warming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warming
        await db.dispose()


def runtime_of(holder: Request | FastAPI) -> Runtime:
    """The runtime of the application that is asked."""
    app = holder if isinstance(holder, FastAPI) else holder.app
    runtime: Runtime = app.state.runtime
    return runtime
