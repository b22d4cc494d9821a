"""What commands work with: the settings, the database, the Temporal client, and where a running `up` is."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from settings import Settings, load
from tools.cli.console import CommandFailed, Exit
from tools.processes import Identity, identity

if TYPE_CHECKING:
    from temporalio.client import Client

    from db.session import Database

CONNECT_WITHIN = 5.0


def settings_with(**overrides: Any) -> Settings:
    """The environment's settings with some replaced; "" puts one back to its default. UnsafeSettings."""
    load()  # names every problem of the environment itself
    try:
        return Settings(**overrides).check()
    except ValidationError as error:
        names = ", ".join(".".join(map(str, e["loc"])).upper() for e in error.errors(include_input=False))
        raise CommandFailed(
            Exit.CONFIG, f"Pengaturan tidak sah: {names}.", f"Not valid settings: {names}."
        ) from None


@dataclass(frozen=True)
class Whereabouts:
    """How the running `up` or `demo` of a VAR_DIR is reached; other commands in that folder find it so."""

    temporal_address: str
    temporal_namespace: str
    temporal_ui: str
    url: str
    clock: str

    def write(self, settings: Settings) -> None:
        draft = settings.var_dir / "where.new"
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(settings.var_dir / "where.json")

    @staticmethod
    def remove(settings: Settings) -> None:
        (settings.var_dir / "where.json").unlink(missing_ok=True)

    @staticmethod
    def read(settings: Settings) -> "Whereabouts | None":
        """None when nothing runs in this VAR_DIR; what a killed run left behind does not count."""
        try:
            supervisor = Identity(**json.loads((settings.var_dir / "run.json").read_text())["supervisor"])
            if identity(supervisor.pid) != supervisor:
                return None
            return Whereabouts(**json.loads((settings.var_dir / "where.json").read_text()))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def present() -> Settings:
    """The settings, with the addresses of the `up` that runs in this VAR_DIR where none were given."""
    settings = load()
    where = Whereabouts.read(settings)
    if where is None:
        return settings
    changed: dict[str, Any] = {"clock": where.clock, "temporal_namespace": where.temporal_namespace}
    if not settings.temporal_address:
        changed["temporal_address"] = where.temporal_address
    if settings.public_url == f"http://{settings.http_host}:{settings.http_port}":
        changed["public_url"] = where.url
    return settings_with(**changed)


def database_there(settings: Settings) -> None:
    """Refuse before SQLite makes an empty file where somebody mistyped VAR_DIR. CommandFailed."""
    from pathlib import Path

    from sqlalchemy.engine import make_url

    file = make_url(settings.database_url).database
    if settings.sqlite and not Path(str(file)).exists():
        raise CommandFailed(
            Exit.UNAVAILABLE,
            f"Basis data {file} belum ada; jalankan `asesor up` atau `asesor migrate`.",
            f"There is no database {file} yet; run `asesor up` or `asesor migrate`.",
        )


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator["Database"]:
    """The database of these settings, its stored policies known, closed at the end."""
    from sqlalchemy.exc import DBAPIError

    from db import registry
    from db.session import Database

    database_there(settings)
    opened = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    try:
        with contextlib.suppress(DBAPIError):  # a database that is not migrated yet has none
            async with opened.read() as session:
                await registry.load_policies(session)
        yield opened
    finally:
        await opened.dispose()


async def connect(settings: Settings, *, address: str = "", within: float = 0) -> "Client":
    """The Temporal client with our plugin. CommandFailed (69) when nothing answers within those seconds
    (CONNECT_WITHIN when not given)."""
    from temporalio.client import Client
    from temporalio.service import RPCError

    from activities.plugin import plugin

    address = address or settings.temporal_address or f"127.0.0.1:{settings.temporal_port}"
    end = asyncio.get_running_loop().time() + (within or CONNECT_WITHIN)
    while True:
        try:
            return await Client.connect(
                address, namespace=settings.temporal_namespace, plugins=[plugin(settings)]
            )
        except (RPCError, RuntimeError):
            if asyncio.get_running_loop().time() > end:
                raise CommandFailed(
                    Exit.UNAVAILABLE,
                    f"Server Temporal di {address} tidak menjawab; jalankan `asesor up` "
                    "atau periksa TEMPORAL_ADDRESS.",
                    f"The Temporal server at {address} does not answer; run `asesor up`, "
                    "or look at TEMPORAL_ADDRESS.",
                ) from None
        await asyncio.sleep(0.1)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple["Client", Settings]]:
    """The client and the settings of what runs here."""
    settings = present()
    yield await connect(settings), settings


async def together(*work: Any) -> list[Any]:
    """Do these at the same time; when one fails the others are ended first, then its own error is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
