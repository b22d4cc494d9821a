"""The statements that a page runs, and how long they take by themselves, straight at the driver."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import Engine, event


class Statement(NamedTuple):
    """SQL as the driver gets it, with its values."""

    sql: str
    values: tuple[Any, ...]


@contextmanager
def heard() -> Iterator[list[Statement]]:
    """Every statement that this process runs meanwhile."""
    found: list[Statement] = []

    def hear(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        assert not many, "a page writes nothing"
        found.append(Statement(sql, tuple(values)))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


class Bare:
    """One connection of the driver's own: no pool, no ORM, no page."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    @staticmethod
    async def opened(address: str) -> "Bare":
        return Bare(await asyncpg.connect(address))

    async def run(self, statements: Sequence[Statement]) -> float:
        """Seconds for all of them, one after the other, prepared as SQLAlchemy has them prepared."""
        began = time.perf_counter()
        for statement in statements:
            await self.connection.fetch(statement.sql, *statement.values)
        return time.perf_counter() - began

    async def close(self) -> None:
        await self.connection.close()
