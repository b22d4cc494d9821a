"""One way to the database, for SQLite and PostgreSQL alike: `read()`, `write()` and `retrying()`.

SQLite: WAL, one writer connection a process behind a lock, every write transaction BEGIN IMMEDIATE (a
deferred one that begins with a read fails at its first write when another process wrote in between), and
readers that cannot write. PostgreSQL: writes in READ COMMITTED, where a stream's row is locked by
SELECT … FOR UPDATE; reads in one snapshot, so that a page or an audit never sees half a transaction.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T")

BUSY_TIMEOUT_MS = 5000
STATEMENT_TIMEOUT_MS = 15000
IDLE_IN_TRANSACTION_MS = 60000
ATTEMPTS = 8
UNASKED = 1.0
"""Seconds for which a connection is taken to be alive after it was used last. To ask it costs three round
trips: as much as half a page's own questions."""
STATEMENTS_KEPT = 400
"""Statements that a connection keeps prepared: more than the product has in daily use."""
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
SQLITE_BUSY, SQLITE_LOCKED = 5, 6


class Session(AsyncSession):
    """Asks for its connection once: SQLAlchemy looks it up anew each time, at the price of a statement."""

    _here: AsyncConnection | None = None

    async def connection(
        self, bind_arguments: Any = None, execution_options: Any = None, **others: Any
    ) -> AsyncConnection:
        if bind_arguments or execution_options or others:
            return await super().connection(bind_arguments, execution_options, **others)
        if self._here is None or self._here.closed:  # closed: its transaction has ended
            self._here = await super().connection()
        return self._here


class Database:
    """Engines of one process. Make it inside the event loop that uses it; `dispose()` closes everything.

    `url` is a SQLAlchemy URL of SQLite (a file; each connection to `:memory:` would be another database)
    or PostgreSQL. `sqlite_synchronous` is what SQLite promises at a power cut.
    """

    def __init__(self, url: str, *, sqlite_synchronous: Literal["NORMAL", "FULL"] = "NORMAL") -> None:
        self.url = async_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            self._writer = _sqlite(self.url, sqlite_synchronous, writes=True)
            self._reader = self._glancer = _sqlite(self.url, sqlite_synchronous, writes=False)
        else:
            self._writer = _postgresql(self.url)
            self._reader = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._glancer = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one snapshot and cannot write."""
        async with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncSession]:
        """A session for a single SELECT, which is a snapshot by itself: without the transaction that `read`
        needs, and its two round trips."""
        async with Session(self._glancer, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose one transaction commits at exit and is undone by an exception."""
        if not self.sqlite:
            async with Session(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
            return
        if self._owner is asyncio.current_task() and self._lock.locked():
            raise RuntimeError("a write inside a write: it would wait for itself")
        async with self._lock:
            self._owner = asyncio.current_task()
            try:
                async with Session(self._writer, expire_on_commit=False) as session, session.begin():
                    yield session
            finally:
                self._owner = None

    async def retrying(self, fn: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `fn` in a write transaction, again from the start when the database asks for it.

        Only for what the database undid as a whole: serialization failure, deadlock, a busy file.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.write() as session:
                    return await fn(session)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not _undone(error):
                    raise
                # jitter, so that two that collided do not collide again
                await asyncio.sleep(random.uniform(0.5, 1) * min(0.01 * 2**attempt, 1))  # noqa: S311
        raise AssertionError("unreachable")

    async def dispose(self) -> None:
        """Close every connection; safe to call twice."""
        await self._writer.dispose()
        if self.sqlite:
            await self._reader.dispose()


def async_url(url: str) -> URL:
    """The URL with an asynchronous driver; refuses databases that are not supported."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("SQLite needs a file: an in-memory database belongs to one connection only")
        return parsed.set(drivername="sqlite+aiosqlite")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+asyncpg")
    raise ValueError(f"not a supported database: {backend}")


def _sqlite(url: URL, synchronous: str, *, writes: bool) -> AsyncEngine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    sizes = {"pool_size": 1, "max_overflow": 0} if writes else {"pool_size": 4, "max_overflow": 12}
    # isolation_level None: the driver begins nothing by itself, the "begin" event below does.
    engine = create_async_engine(url, connect_args={"isolation_level": None}, **sizes)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")  # first: the next one may have to wait
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        if not writes:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=10,
        max_overflow=10,
        pool_use_lifo=True,  # the connection used last is the one that need not be asked whether it lives
        connect_args={
            "prepared_statement_cache_size": STATEMENTS_KEPT,
            "server_settings": {
                "application_name": "asesor",
                "timezone": "UTC",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
            },
        },
    )

    @event.listens_for(engine.sync_engine, "checkin")
    def used(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        """Is it still a connection? The server may have been started again since."""
        now = time.monotonic()
        if now - record.info.get("used", now) < UNASKED:  # just used, or just made
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # the pool makes another one

    return engine


def _undone(error: DBAPIError) -> bool:
    """True when the database undid the transaction and the same again may succeed."""
    if getattr(error.orig, "sqlstate", None) in (SERIALIZATION_FAILURE, DEADLOCK):
        return True
    # the low byte is the primary code; the rest tells apart kinds of busy
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in (SQLITE_BUSY, SQLITE_LOCKED)
