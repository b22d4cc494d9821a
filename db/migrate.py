"""Bring a database to the present shape, at start-up, whoever comes first.

The API and the worker start together: each migrates under one lock and one transaction (PostgreSQL: an
advisory lock; SQLite: the write lock itself), so the second finds the work done and a failure leaves nothing.
"""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from db.base import metadata
from db.session import async_url

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
LOCK = 0x617365736F72  # "asesor"
WAIT_SECONDS = 120


def all_tables() -> MetaData:
    """The metadata with every module of tables loaded."""
    import db.candidate_tables
    import db.desk_tables
    import db.job_tables
    import db.people_tables
    import db.tables
    import db.work_tables  # noqa: F401

    return metadata


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def engine_for(url: str) -> AsyncEngine:
    """An engine for changing shapes: waits long for its turn, keeps no connection."""
    parsed = async_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_async_engine(parsed, poolclass=NullPool)
    Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        parsed, poolclass=NullPool, connect_args={"isolation_level": None, "timeout": WAIT_SECONDS}
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _write_ahead(file: str) -> None:
    """Switch the file to WAL once and for all, here, where nobody else is at work yet: two processes that
    both want to at their first connection get “database is locked”, which no busy timeout waits out."""
    with closing(sqlite3.connect(file, timeout=WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


async def migrate(url: str, revision: str = "head") -> None:
    """Upgrade the database at `url` to `revision`; nothing happens when it is there already.

    Raises what the database raises; then nothing was changed.
    """
    engine = engine_for(url)
    try:
        async with asyncio.timeout(WAIT_SECONDS), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            await connection.run_sync(lambda c: command.upgrade(config(c), revision))
        if engine.dialect.name == "sqlite":
            with suppress(sqlite3.OperationalError):  # somebody is: then it is done at their first connection
                await asyncio.to_thread(_write_ahead, str(async_url(url).database))
    finally:
        await engine.dispose()
