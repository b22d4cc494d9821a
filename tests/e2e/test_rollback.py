"""An operator puts an old copy back, or somebody alters the ledger: `verify` says what, `repair` what it can.

One small programme is brought to its preparation on a real Temporal server. Copies of the ledger's and of
Temporal's file are taken on the way (early) and at the end (late); each test mixes them anew.
"""

import asyncio
import json
import os
import random
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from temporalio.client import Client

from activities.documents import DocumentStore
from activities.verifying import verified
from api import simulation
from api.gateway import Gateway
from db import ledger, reads, streams
from db.findings import Report
from db.migrate import migrate
from db.projection import table_of
from db.session import Database
from db.streams import event_values
from db.tables import PROJECTED, EventRow
from db.vault import Vault
from domain import commands as c
from domain.roles import Actor
from settings import ROOT, Settings
from tests.support.stack import Stack
from tools.children import start_temporal
from tools.cli.parts import connect
from tools.cli.temporal_setup import prepare
from tools.supervise import ALL_SETTINGS, Supervisor
from worker import Parts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

Age = Literal["early", "late"]
Places = set[tuple[str, int]]
"""Stream and seq of events."""
LEDGER, TEMPORAL = "asesor.db", Path("temporal") / "temporal.db"
COMMAND_WITHIN = 90.0


@dataclass(frozen=True)
class World:
    """Copies of one programme's two records at two times, and who acts in it."""

    folder: Path
    task_queue: str
    programme: str
    class_id: str
    journeys: tuple[str, ...]
    organiser: Actor

    def settings(self, var: Path) -> Settings:
        return Settings(
            var_dir=var,
            clock="simulation",
            sqlite_synchronous="NORMAL",
            temporal_address="",
            temporal_port=random.randrange(20000, 30000),
            task_queue=self.task_queue,
        )

    def events(self, age: Age) -> dict[tuple[str, int], tuple[Any, ...]]:
        """Every event of a case, as that copy of the ledger has it."""
        return case_events(self.folder / age / LEDGER)

    @property
    def between(self) -> Places:
        """Events of cases that the late ledger has and the early one lacks."""
        return self.events("late").keys() - self.events("early").keys()


@dataclass(frozen=True)
class Site:
    """A ledger and a Temporal server beside it, as an operator finds them."""

    world: World
    settings: Settings
    db: Database
    client: Client

    @property
    def file(self) -> Path:
        return self.settings.var_dir / LEDGER

    async def verify(self) -> Report:
        """Nothing is at work in these copies: what the ledger lacks is lost, however young."""
        return await verified(self.settings, self.db, self.client, grace=0)

    async def asesor(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The real command: its exit code and its JSON."""
        outside = {name: value for name, value in os.environ.items() if name not in ALL_SETTINGS}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "cli.py"),
            *arguments,
            "--json",
            cwd=ROOT,
            env={**outside, **self.settings.environ()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            told, _ = await asyncio.wait_for(process.communicate(), COMMAND_WITHIN)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        return process.returncode, json.loads(told)

    def tamper(self, *statements: tuple[str, Sequence[Any]]) -> None:
        """What somebody with the file can do: the triggers that guard it are dropped first."""
        with closing(sqlite3.connect(self.file, timeout=10)) as file, file:
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
            for (name,) in file.execute(guards).fetchall():
                file.execute(f"DROP TRIGGER {name}")
            for statement, values in statements:
                assert file.execute(statement, values).rowcount, statement

    def remove(self, stream: str) -> None:
        """Take a whole stream away, with everything that was made of it."""
        tables = ["events", "streams"]
        with closing(sqlite3.connect(self.file)) as file:
            for model in PROJECTED:
                name = table_of(model).name
                if file.execute(f"SELECT 1 FROM {name} WHERE stream = ?", [stream]).fetchone():
                    tables.append(name)
        self.tamper(*((f"DELETE FROM {table} WHERE stream = ?", [stream]) for table in tables))


def case_events(file: Path) -> dict[tuple[str, int], tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as ledger_file:
        rows = ledger_file.execute(
            "SELECT e.stream, e.seq, e.command_id, e.body, e.prev_hash, e.hash FROM events e "
            "JOIN streams s USING (stream) WHERE s.kind <> ?",
            [streams.ROW_STREAM],
        ).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


def copied(source: Path, target: Path) -> None:
    """A consistent copy of a SQLite file that may be in use."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def places(found: Sequence[Any]) -> Places:
    """Of problems, as objects or as the command's JSON."""
    return {(p["stream"], p["seq"]) if isinstance(p, dict) else (p.stream, p.seq) for p in found}


# ---- a small programme, twice copied ---------------------------------------------------------------


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("rollback")
    var = folder / "var"
    settings = Settings(
        var_dir=var,
        clock="simulation",
        sqlite_synchronous="NORMAL",
        temporal_address="",
        temporal_port=random.randrange(20000, 30000),
    )

    async def copy(age: Age) -> None:
        for name in (Path(LEDGER), TEMPORAL):
            await asyncio.to_thread(copied, var / name, folder / age / name)

    async with Supervisor(settings, say=print) as supervisor:
        address = await start_temporal(supervisor)
        await prepare(await connect(settings, address=address, within=30), settings.retention_days)
        await migrate(settings.database_url)
        async with Stack.open(address, settings.database_url, var, clock="simulation") as stack:
            request = await stack.submission([1, 2, 4])
            programme = request.programme
            organiser, verifier, approver = map(stack.staff, ("penyelenggara", "verifikator", "penyetuju"))
            await stack.send(organiser, programme, request)
            await stack.until(programme, lambda x: all(s.pair_taken for s in x.seats.values()))
            await simulation.settle(stack.db, stack.client)
            await copy("early")
            task = await stack.task(programme, "verify_programme")
            await stack.send(verifier, programme, c.ClaimTask(task=task.id))
            await stack.send(verifier, programme, c.VerifySeats(seats=tuple(s.id for s in request.seats)))
            await stack.complete(verifier, programme, "verify_programme", "recommend")
            await stack.complete(approver, programme, "approve_programme", "approve")
            case = await stack.until(programme, lambda x: x.state == "PREPARATION")
            await simulation.settle(stack.db, stack.client)
            case = await stack.case(programme)
            journeys = tuple(seat.journey for seat in case.seats.values())
            for journey in journeys:
                await stack.until(journey, lambda x: x.state == "INVITED")
            await simulation.settle(stack.db, stack.client)
            queue = stack.settings.task_queue
        await copy("late")
    yield World(folder, queue, programme, request.classes[0].id, journeys, organiser)


@asynccontextmanager
async def site(
    world: World, tmp_path: Path, *, of_ledger: Age = "late", of_temporal: Age = "late"
) -> AsyncIterator[Site]:
    """The copies put in their places, and Temporal started on its own."""
    var = tmp_path / "var"
    (var / "temporal").mkdir(parents=True)
    shutil.copytree(world.folder / "var" / "keys", var / "keys")
    shutil.copy(world.folder / of_ledger / LEDGER, var / LEDGER)
    shutil.copy(world.folder / of_temporal / TEMPORAL, var / TEMPORAL)
    settings = world.settings(var)
    async with Supervisor(settings, say=print) as supervisor:
        address = await start_temporal(supervisor)
        settings = settings.model_copy(update={"temporal_address": address})
        db = Database(settings.database_url)
        try:
            yield Site(world, settings, db, await connect(settings, within=30))
        finally:
            await db.dispose()


# ---- Temporal is put back ----------------------------------------------------------------------


async def test_a_temporal_put_back_leaves_ghosts_that_no_repair_hides(world: World, tmp_path: Path) -> None:
    async with site(world, tmp_path, of_temporal="early") as place:
        report = await place.verify()
        assert report.kinds() == {"ghost"}
        assert places(report.problems) == world.between

        code, told = await place.asesor("verify")
        assert code == 1
        assert {p["kind"] for p in told["problems"]} == {"ghost"}
        assert places(told["problems"]) == world.between

        code, told = await place.asesor("repair")
        assert (code, told["events"]) == (0, 0)
        assert places((await place.verify()).problems) == world.between


# ---- one event is altered ----------------------------------------------------------------------


async def test_an_altered_event_is_named(world: World, tmp_path: Path) -> None:
    async with site(world, tmp_path) as place:
        assert (await place.verify()).problems == []
        async with place.db.read() as session:
            event = (await streams.events_of(session, world.programme))[1]
        forged = event_values(event.model_copy(update={"payload": {**event.payload, "forged": True}}))
        place.tamper(
            ("UPDATE events SET body = ? WHERE stream = ? AND seq = 2", [forged["body"], world.programme])
        )
        report = await place.verify()
        assert [(p.kind, p.stream, p.seq) for p in report.problems] == [("body", world.programme, 2)]
        code, told = await place.asesor("verify", "--ledger-only")
        assert code == 1
        assert places(told["first_broken"]) == {(world.programme, 2)}


async def test_a_forger_who_makes_everything_fit_is_named_by_the_histories(
    world: World, tmp_path: Path
) -> None:
    """The last event of a case with another actor, its hash, the head and the tables made anew: the ledger
    alone is whole then. Only Temporal's history tells another event, and `repair` leaves that to people."""
    stream = world.journeys[0]
    async with site(world, tmp_path) as place:
        async with place.db.read() as session:
            event = (await streams.events_of(session, stream))[-1]
        forged = event.model_copy(update={"payload": {**event.payload, "forged": True}}).sealed()
        values = event_values(forged)
        place.tamper(
            (
                "UPDATE events SET body = ?, hash = ? WHERE stream = ? AND seq = ?",
                [values["body"], values["hash"], stream, event.seq],
            ),
            ("UPDATE streams SET head_hash = ? WHERE stream = ?", [values["hash"], stream]),
        )
        async with place.db.write() as session:
            await ledger.rebuild(session, stream)
        code, told = await place.asesor("verify", "--ledger-only")
        assert (code, told["problems"]) == (0, [])

        report = await place.verify()
        assert [(p.kind, p.stream, p.seq) for p in report.problems] == [("differs", stream, event.seq)]
        code, told = await place.asesor("repair")
        assert code == 1
        assert set(told["refused"]) == {stream}
        assert places((await place.verify()).problems) == {(stream, event.seq)}


# ---- the ledger is put back --------------------------------------------------------------------


async def test_a_ledger_put_back_is_named_event_by_event_and_refilled(world: World, tmp_path: Path) -> None:
    missing = world.between
    assert {stream for stream, _ in missing} == {world.programme, *world.journeys}
    async with site(world, tmp_path, of_ledger="early") as place:
        report = await place.verify()
        assert report.kinds() == {"lost"}
        assert places(report.problems) == missing

        code, told = await place.asesor("verify", "--grace", "0")
        assert (code, told["ok"]) == (1, False)
        assert places(told["problems"]) == missing
        first = {stream: min(seq for s, seq in missing if s == stream) for stream, _ in missing}
        assert places(told["first_broken"]) == set(first.items())

        code, told = await place.asesor("repair")
        assert code == 0
        assert (told["events"], told["refused"]) == (len(missing), {})
        assert set(told["streams"]) == {stream for stream, _ in missing}

        code, told = await place.asesor("verify")
        assert (code, told["problems"]) == (0, [])
        assert case_events(place.file) == world.events("late")
        assert projected(place.file) == projected(world.folder / "late" / LEDGER)
        await goes_on(place)
        assert (await place.verify()).problems == []


def projected(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is made of events, but for the snapshot's text, whose fields may change places."""
    found = {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as rows:
        for model in PROJECTED:
            table = table_of(model)
            columns = ", ".join(f'"{column.name}"' for column in table.columns if column.name != "snapshot")
            found[table.name] = sorted(
                rows.execute(f"SELECT {columns} FROM {table.name}").fetchall(), key=repr
            )
    return found


async def goes_on(place: Site) -> None:
    """The case takes its next command, and the ledger continues the chain that was put back."""
    vault, store = Vault(place.settings.keys("vault")), DocumentStore(place.settings.documents, limit=1)
    parts = Parts(place.client, place.db, vault, store, place.settings)
    gateway = Gateway(place.client, place.db, vault, place.settings)
    before = max(seq for stream, seq in case_events(place.file) if stream == place.world.programme)
    async with parts.worker():
        receipt = await gateway.dispatch(
            stream=place.world.programme,
            command=c.ConfirmVenue(class_id=place.world.class_id),
            actor=place.world.organiser,
            key="after-the-repair",
        )
        assert receipt.seq == before + 1
        assert await reads.wait_for(place.db, receipt.stream, receipt.seq, 30)


# ---- a whole stream is taken away --------------------------------------------------------------


async def test_a_stream_taken_away_is_named_by_the_checkpoint(world: World, tmp_path: Path) -> None:
    journey = world.journeys[0]
    async with site(world, tmp_path) as place:
        code, told = await place.asesor("checkpoint")
        assert (code, told["id"]) == (0, 1)
        assert (await place.verify()).problems == []
        async with place.db.read() as session:
            table = table_of(EventRow)
            connection = await session.connection()
            rows = await connection.execute(table.select().with_only_columns(table.c.stream).distinct())
            person = sorted(stream for (stream,) in rows if stream.startswith("person-"))[0]
        for stream in (journey, person):
            place.remove(stream)

        code, told = await place.asesor("verify", "--ledger-only")
        assert code == 1
        assert {(p["kind"], p["stream"]) for p in told["problems"]} == {
            ("removed", journey),
            ("removed", person),
        }
        report = await place.verify()  # a case's events are known to its history, a person's to nobody else
        assert {(p.kind, p.stream) for p in report.problems} == {
            ("removed", journey),
            ("removed", person),
            ("lost", journey),
        }
        code, told = await place.asesor("repair")
        assert (code, told["streams"]) == (0, [journey])
        report = await place.verify()
        assert {(p.kind, p.stream) for p in report.problems} == {("removed", person)}
        assert case_events(place.file) == world.events("late")
