"""The whole product on this machine, as `up` and `demo` run it: started in order, ended in reverse."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from settings import Settings
from tools.children import api_child, start_temporal, worker_child
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import Whereabouts, connect, settings_with, together
from tools.cli.shape import Shape
from tools.readiness import http_ok, until
from tools.supervise import Supervisor

CODEC_PATH = "/codec"
READY_PATH = "/health/ready"
READY_WITHIN = 60.0
ANY_HOST = ("0.0.0.0", "::", "")  # noqa: S104 (compared, never bound)


@dataclass(frozen=True)
class Stack:
    """What is running. `settings` hold the ports and addresses that are really in use."""

    settings: Settings
    supervisor: Supervisor
    url: str
    temporal_ui: str
    """Empty when the Temporal server is not ours."""
    accounts: dict[str, str]
    seconds: float
    """From the command to the moment at which everything answered."""


@asynccontextmanager
async def stack(
    overrides: dict[str, Any],
    out: Out,
    shape: Shape,
    *,
    empty: Callable[[Settings], None] | None = None,
) -> AsyncIterator[Stack]:
    """Start everything and stop it at the end, whatever happens in between.

    `overrides` replace settings of the environment. `empty` may clear the folder, once it is ours alone.
    Raises AlreadyRunning, Unobtainable, ChildFailed, CommandFailed.
    """
    began = time.monotonic()
    wanted = settings_with(**overrides)
    async with Supervisor(wanted, say=out.say) as supervisor:
        if empty is not None:
            empty(wanted)
        # Only now: a killed run's children held their ports until the supervisor ended them.
        settings = supervisor.settings = _with_free_ports(supervisor, overrides)
        address = wanted.temporal_address or f"127.0.0.1:{settings.temporal_port}"
        # Side by side: each of the three spends seconds on being loaded, and waits for the others itself.
        accounts, _ = await together(
            _product(supervisor, address, shape), _temporal(supervisor, address, out)
        )
        await _answering(settings)
        settings = settings_with(**{**overrides, **_ports(settings), "temporal_address": address})
        ours = not wanted.temporal_address
        ui = f"http://127.0.0.1:{settings.temporal_ui_port}" if ours else ""
        where = Whereabouts(address, settings.temporal_namespace, ui, settings.public_url, settings.clock)
        where.write(settings)
        try:
            seconds = time.monotonic() - began
            yield Stack(settings, supervisor, settings.public_url, ui, accounts, seconds)
        finally:
            Whereabouts.remove(settings)
            out.say("menghentikan semuanya – stopping everything")


async def _answering(settings: Settings) -> None:
    """Wait until the API says that database, Temporal and a worker all do their part. CommandFailed (69)."""
    host = "127.0.0.1" if settings.http_host in ANY_HOST else settings.http_host
    try:
        async with asyncio.timeout(READY_WITHIN):
            await until(http_ok(f"http://{host}:{settings.http_port}{READY_PATH}"))
    except TimeoutError:
        raise CommandFailed(
            Exit.UNAVAILABLE,
            f"API hidup tetapi belum siap dalam {READY_WITHIN:g} detik; lihat {READY_PATH}.",
            f"The API is alive but not ready within {READY_WITHIN:g} s; see {READY_PATH}.",
        ) from None


def _with_free_ports(supervisor: Supervisor, overrides: dict[str, Any]) -> Settings:
    """The settings with ports that are free: one that is chosen here is the one that every child is told."""
    wanted = supervisor.settings
    found = {
        name: supervisor.port(getattr(wanted, name), host, what)
        for name, host, what in (
            ("http_port", wanted.http_host, "API"),
            ("temporal_port", "127.0.0.1", "Temporal"),
            ("temporal_ui_port", "127.0.0.1", "Temporal UI"),
        )
    }
    return settings_with(**{**overrides, **found})


def _ports(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in ("http_port", "temporal_port", "temporal_ui_port")}


async def _temporal(supervisor: Supervisor, address: str, out: Out) -> None:
    """Start the Temporal server (or find the one that was named) and prepare its namespace."""
    settings = supervisor.settings
    ports = settings.temporal_port, settings.temporal_ui_port
    await start_temporal(supervisor, ports, f"{settings.public_url}{CODEC_PATH}")
    from tools.cli.temporal_setup import prepare

    client = await connect(settings, address=address, within=30)
    done = await prepare(client, settings.retention_days)
    if done.added:
        out.say(f"Temporal: {len(done.added)} atribut pencarian didaftarkan – search attributes registered")


async def _product(supervisor: Supervisor, address: str, shape: Shape) -> dict[str, str]:
    """Shape the database, then start the worker and the API; gives the accounts that were made."""
    settings = supervisor.settings
    accounts = await shape(settings)
    while not settings.temporal_address and not _started(supervisor, "temporal"):  # noqa: ASYNC110
        await asyncio.sleep(0.02)  # the server is to be the first that starts, and so the last that ends
    await together(
        supervisor.start(worker_child(supervisor, address)),
        supervisor.start(api_child(supervisor, address, settings.http_port)),
    )
    return accounts


def _started(supervisor: Supervisor, name: str) -> bool:
    try:
        return supervisor.starts(name) > 0
    except KeyError:
        return False


async def until_told(work: Coroutine[Any, Any, int], out: Out) -> int:
    """Do the work until it ends or somebody says stop (Ctrl-C, SIGTERM, a closed terminal); then let it
    end what it started. A second Ctrl-C changes nothing: it would leave processes behind."""
    task = asyncio.ensure_future(work)
    told = False

    def stop() -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()
        else:
            out.say("sedang berhenti, tunggu sebentar – stopping already, a moment please")

    loop = asyncio.get_running_loop()
    signs = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for sign in signs:
        loop.add_signal_handler(sign, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if not told:
            raise
        return Exit.INTERRUPTED
    finally:
        for sign in signs:
            loop.remove_signal_handler(sign)


async def until_stopped(running: Stack) -> None:
    """Wait until a signal ends it, or a child is given up (ChildFailed)."""
    with contextlib.suppress(asyncio.CancelledError):
        await running.supervisor.wait()
