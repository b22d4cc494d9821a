"""Bring a database to its present shape and first content, and do so quickly when it has them already.

The second `asesor up` must be ready at once, and importing the drivers, the migrations and the holiday
tables costs seconds: so a SQLite file is first asked with the standard library alone.
"""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from settings import ROOT, Settings

VERSIONS = ROOT / "db" / "migrations" / "versions"
REVISION = re.compile(r'^(down_revision|revision)\s*(?::[^=]*)?=\s*"([^"]+)"', re.MULTILINE)
FILLED = """
SELECT EXISTS (SELECT 1 FROM accounts) AND EXISTS (SELECT 1 FROM calendars)
   AND EXISTS (SELECT 1 FROM sim_clock) = :simulated
   AND NOT EXISTS (SELECT 1 FROM cases WHERE clock <> :clock)
"""
Shape = Callable[[Settings], Awaitable[dict[str, str]]]
"""Makes the database ready for these settings; user name and password of each account that it made."""


async def for_use(settings: Settings) -> dict[str, str]:
    """What `asesor up` needs: the schema, the reference data, one first account."""
    if at_hand(settings):
        return {}
    from tools.cli.first_filling import for_use as fill

    return await _shaped(settings, fill)


async def for_demonstration(settings: Settings) -> dict[str, str]:
    """What `asesor demo` needs: everything of examples/."""
    from tools.cli.first_filling import for_demonstration as fill

    return await _shaped(settings, fill)


async def for_visitors(settings: Settings) -> dict[str, str]:
    """What a demonstration needs that goes on: its next participants; gives every account."""
    from tools.cli.first_filling import newcomers as fill

    return await _shaped(settings, fill)


def at_hand(settings: Settings) -> bool:
    """Is it a SQLite file in the present shape, filled, and of the same kind of clock? When in doubt: no."""
    file = Path(settings.database_url.partition(":///")[2])
    if not settings.sqlite or not file.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            if {revision} != newest():
                return False
            asked = {"simulated": settings.clock == "simulation", "clock": settings.clock}
            (filled,) = database.execute(FILLED, asked).fetchone()
    except (sqlite3.Error, TypeError):
        return False
    return bool(filled)


def newest() -> set[str]:
    """Revisions of migrations that no other one follows: one, unless two people made one at once."""
    told = [pair for file in VERSIONS.glob("*.py") for pair in REVISION.findall(file.read_text())]
    return {id_ for kind, id_ in told if kind == "revision"} - {
        id_ for kind, id_ in told if kind == "down_revision"
    }


async def _shaped(
    settings: Settings, fill: Callable[[Any, Any, Settings], Awaitable[dict[str, str]]]
) -> dict[str, str]:
    from datetime import UTC, datetime

    from db.given_names import fill_given_names
    from db.migrate import migrate
    from db.session import Database
    from db.vault import Vault

    await migrate(settings.database_url)
    db = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    try:
        vault = Vault(settings.keys("vault"))
        await fill_given_names(db, vault, at=datetime.now(UTC))
        return await fill(db, vault, settings)
    finally:
        await db.dispose()
