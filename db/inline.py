"""SQLite under SQLAlchemy's asyncio, without a thread: a statement runs where it is asked for.

A statement of ours takes microseconds; through a driver's thread each took three or four hops of some 50 µs.
Nothing here waits inside SQLite: readers of a WAL never do, and a writer that finds another process writing
sleeps in the event loop (`do_begin`), so that everybody else goes on.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Generator
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util.concurrency import await_

DRIVER = "sqlite+inline"
PAUSES = (0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.025, 0.025, 0.025, 0.05, 0.05)
"""Seconds between the first tries to begin a write, as SQLite's own busy handler waits."""
LONGEST_PAUSE = 0.1


class Cursor(sqlite3.Cursor):
    """Holds all rows of its statement at once: none is left open in SQLite while somebody awaits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._rows: deque[Any] = deque()

    def execute(self, sql: str, parameters: Any = (), /) -> "Cursor":
        super().execute(sql, parameters)
        if self.description is not None:
            self._rows = deque(super().fetchall())
        return self

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        count = min(self.arraysize if size is None else size, len(self._rows))
        return [self._rows.popleft() for _ in range(count)]

    def fetchall(self) -> list[Any]:
        rows, self._rows = list(self._rows), deque()
        return rows

    def __iter__(self) -> "Cursor":
        return self

    def __next__(self) -> Any:
        if not self._rows:
            raise StopIteration
        return self._rows.popleft()

    async def _async_soft_close(self) -> None:
        """SQLAlchemy's asyncio asks for it between execute and fetch; the rows are kept."""


class Connection(sqlite3.Connection):
    """sqlite3's connection with cursors of ours."""

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)


class Inline(SQLiteDialect_pysqlite):
    """The dialect of Python's own sqlite3, for an asynchronous engine.

    `begin` is how every transaction begins. One that finds the file busy is tried again for `patience`
    seconds; then it raises what SQLite raised (SQLITE_BUSY).
    """

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    def __init__(self, begin: str = "BEGIN", patience: float = 5.0, **others: Any) -> None:
        super().__init__(**others)
        self._begin = begin
        self._patience = patience

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003
        return AsyncAdaptedQueuePool

    def do_begin(self, dbapi_connection: Any) -> None:
        waited, tries = 0.0, 0
        while True:
            try:
                dbapi_connection.execute(self._begin)
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or waited >= self._patience:
                    raise
            pause = PAUSES[tries] if tries < len(PAUSES) else LONGEST_PAUSE
            await_(asyncio.sleep(pause))
            waited, tries = waited + pause, tries + 1

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:  # noqa: ARG002
        await_(_NOTHING)
        cursor.execute(statement, parameters)

    def do_executemany(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:  # noqa: ARG002
        await_(_NOTHING)
        cursor.executemany(statement, parameters)


class _Nothing:
    """Awaited because SQLAlchemy's asyncio takes a driver that never awaits for a mistake."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


_NOTHING = _Nothing()

registry.register("sqlite.inline", __name__, "Inline")
