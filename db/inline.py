"""SQLite without a thread: what SQLAlchemy's `aiosqlite` dialect asks of a connection, done on the spot.

aiosqlite hands every call (cursor, execute, fetch, close) to a thread and waits to be woken: for statements
of some ten microseconds that costs more than all the rest of a transaction. Here a statement runs where it is
asked for. What may take long does not: a lock that another process holds is waited for asleep, and a COMMIT,
which may wait for the disk, runs in a thread.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.0005, 0.02
"""Seconds between two tries at a lock."""


class InlineCursor:
    """A cursor whose coroutines never suspend, unless a lock is somebody else's."""

    def __init__(self, cursor: sqlite3.Cursor, patience: float) -> None:
        self._cursor = cursor
        self._patience = patience

    async def __aenter__(self) -> "InlineCursor":
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    @property
    def arraysize(self) -> int:
        return self._cursor.arraysize

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._cursor.arraysize = value

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> "InlineCursor":
        await _unlocked(lambda: self._cursor.execute(sql, parameters), self._patience)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "InlineCursor":
        rows = list(parameters)
        await _unlocked(lambda: self._cursor.executemany(sql, rows), self._patience)
        return self

    async def fetchone(self) -> Any:
        return self._cursor.fetchone()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        return self._cursor.fetchmany(self._cursor.arraysize if size is None else size)

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()


class InlineConnection:
    """One connection; used by one task at a time, as a pool gives it out."""

    def __init__(self, connection: sqlite3.Connection, patience: float) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._conn = connection
        self._patience = patience
        self._committer = ThreadPoolExecutor(1, "sqlite commit")

    @property
    def isolation_level(self) -> str | None:
        return self._conn.isolation_level

    def cursor(self) -> InlineCursor:
        return InlineCursor(self._conn.cursor(), self._patience)

    async def create_function(self, *args: Any, **more: Any) -> None:
        self._conn.create_function(*args, **more)

    async def commit(self) -> None:
        if not self._conn.in_transaction:
            return
        done = asyncio.get_running_loop().run_in_executor(self._committer, self._conn.commit)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:  # it cannot be called back: whoever comes next must find it done
            await asyncio.wait([done])
            raise

    async def rollback(self) -> None:
        self._conn.rollback()

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        """Close at once; safe to call twice."""
        if self._connection is not None:
            self._connection = None
            self._committer.shutdown(wait=True)
            self._conn.close()


async def connect(file: str, *, patience: float, **more: Any) -> InlineConnection:
    """A connection to that file. A lock held elsewhere is waited for so many seconds, then it is BUSY."""
    return InlineConnection(sqlite3.connect(file, timeout=0, check_same_thread=False, **more), patience)


async def _unlocked(work: Callable[[], T], patience: float) -> T:
    """Do it; while another process holds the lock, try again after a short sleep.

    BUSY_SNAPSHOT and its like are not waited for: they never pass.
    """
    until, pause = time.monotonic() + patience, FIRST_PAUSE
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
        pause = min(pause * 1.5, LONGEST_PAUSE)
