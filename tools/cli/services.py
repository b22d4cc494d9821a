"""The single processes: `worker`, `serve`, and `migrate` before them."""

import asyncio
import contextlib
from datetime import UTC, datetime

from interpreter import loop_factory
from settings import Settings, load
from tools.cli.console import CommandFailed, Exit, Out

PAUSE = 1.0
NO_SUCH_DATABASE = "3D000"
COMING_UP = frozenset({"57P03", "53300"})
"""PostgreSQL: cannot connect now, too many connections."""


def worker() -> int:
    """`asesor worker`: take workflow and activity tasks until SIGTERM or Ctrl-C."""
    import worker as product

    with asyncio.Runner(loop_factory=loop_factory(load())) as runner:
        runner.run(product.main())
    return Exit.OK


def serve() -> int:
    """`asesor serve`: the API and the pages under uvicorn, until SIGTERM or Ctrl-C."""
    import uvicorn

    settings = load()
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again when it has stopped
        uvicorn.run(
            "web.app:create_app",
            factory=True,
            host=settings.http_host,
            port=settings.http_port,
            loop="auto" if settings.uvloop else "asyncio",
            server_header=False,
            log_level=settings.log_level.lower(),
        )
    return Exit.OK


async def migrate(out: Out, *, wait: float, prepare_too: bool) -> int:
    """`asesor migrate`: bring the database to the present shape; nothing happens when it is there already."""
    from db.migrate import migrate as bring

    settings = load()
    end = asyncio.get_running_loop().time() + wait
    said = False
    while True:
        try:
            before = await revision(settings) if not settings.sqlite or _file_there(settings) else None
            await bring(settings.database_url)
            names = await _given_names(settings)
            break
        except Exception as error:
            _judge(error)
            if asyncio.get_running_loop().time() > end:
                raise CommandFailed(
                    Exit.UNAVAILABLE,
                    f"Basis data tidak menjawab dalam {wait:g} detik.",
                    f"The database did not answer within {wait:g} s.",
                ) from None
        if not said:
            said = True
            out.say("menunggu basis data – waiting for the database")
        await asyncio.sleep(PAUSE)
    after = await revision(settings)
    out.result(
        {"ok": True, "before": before, "revision": after, "changed": before != after, "names": names},
        f"skema – schema {after}" + ("" if before == after else f"  (sebelumnya – before: {before or '–'})"),
    )
    if prepare_too:
        from tools.cli.temporal_setup import prepare_command

        return await prepare_command(out)
    return Exit.OK


async def _given_names(settings: Settings) -> int:
    """Note the names that organisers gave before they were kept: it takes the vault's keys, which the
    schema's own migrations do not have."""
    from db.given_names import fill_given_names
    from db.session import Database
    from db.vault import Vault

    db = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    try:
        return await fill_given_names(db, Vault(settings.keys("vault")), at=datetime.now(UTC))
    finally:
        await db.dispose()


async def revision(settings: Settings) -> str | None:
    """The schema's revision; None for a database without any."""
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from db.migrate import engine_for

    def ask(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    engine = engine_for(settings.database_url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(ask)
    finally:
        await engine.dispose()


def _file_there(settings: Settings) -> bool:
    from pathlib import Path

    from sqlalchemy.engine import make_url

    return Path(str(make_url(settings.database_url).database)).exists()


def _judge(error: Exception) -> None:
    """Come back when waiting may help: the server is not there yet or is starting. Else raise why not."""
    from sqlalchemy.exc import DBAPIError

    # The driver's own error, or what SQLAlchemy made of it.
    original = getattr(error, "orig", None)
    causes = [c for c in (error, original, getattr(original, "__cause__", None)) if c is not None]
    states = [str(getattr(c, "sqlstate", "") or "") for c in causes]
    if any(state.startswith("28") or state == NO_SUCH_DATABASE for state in states):
        raise CommandFailed(
            Exit.CONFIG,
            "Basis data menolak nama, kata sandi, atau nama basis data dari DATABASE_URL.",
            "The database refuses the user, the password or the database name in DATABASE_URL.",
        ) from None
    down = any(isinstance(c, OSError) for c in causes)
    down = down or (isinstance(error, DBAPIError) and error.connection_invalidated)
    if not down and not any(state.startswith("08") or state in COMING_UP for state in states):
        raise error
