"""The single processes: `worker`, `serve`, and `migrate` before them."""

import asyncio
from collections.abc import Callable
from typing import Any

from settings import Settings, load
from tools.cli.console import CommandFailed, Exit, Out

WAIT_FOR_DATABASE = 120.0
PAUSE = 1.0


def loop_factory(settings: Settings) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop where it is wanted and there is one."""
    if not settings.uvloop:
        return None
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


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
    uvicorn.run(
        "api.app:create_app",
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
        {"ok": True, "before": before, "revision": after, "changed": before != after},
        f"skema – schema {after}" + ("" if before == after else f"  (sebelumnya – before: {before or '–'})"),
    )
    if prepare_too:
        from tools.cli.temporal_setup import prepare_command

        return await prepare_command(out)
    return Exit.OK


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
    from asyncpg import exceptions as pg
    from sqlalchemy.exc import DBAPIError

    cause: Any = error
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None) or error.orig
    if isinstance(cause, pg.InvalidAuthorizationSpecificationError | pg.InvalidCatalogNameError):
        raise CommandFailed(
            Exit.CONFIG,
            "Basis data menolak nama, kata sandi, atau nama basis data dari DATABASE_URL.",
            "The database refuses the user, the password or the database name in DATABASE_URL.",
        ) from None
    waiting = (OSError, pg.CannotConnectNowError, pg.PostgresConnectionError, pg.TooManyConnectionsError)
    if not isinstance(cause, waiting):
        raise error
