"""What is measured, and how: the load of one round, CPU of processes, percentiles, facts of the machine."""

import asyncio
import importlib.metadata
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

DECISIONS = 8
"""Decisions (updates) of one journey, plain or ours."""
TICKS = os.sysconf("SC_CLK_TCK")
LOOK_EVERY = 0.01
"""Seconds between two looks of the watcher at what the projection shows."""
PACKAGES = ("temporalio", "pydantic", "sqlalchemy", "aiosqlite", "fastapi", "uvicorn", "uvloop")


@dataclass
class Load:
    """What one round of one kind did, as its driver saw it. Moments are of the monotonic clock, which all
    processes of a machine share."""

    began: float = 0.0
    answered: float = 0.0
    """The last decision was answered."""
    shown: float = 0.0
    """The last decision was in the database for everybody to read."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from asking to the answer, one a decision."""
    visible: list[float] = field(default_factory=list)
    """Seconds from the answer until the projection showed the decision, one a decision."""
    workflows: list[str] = field(default_factory=list)


One = Callable[[Any, Load], Awaitable[None]]
"""Drives one journey to its eighth decision."""


async def load(callers: int, journeys: Sequence[Any], one: One) -> Load:
    """Drive these journeys with so many callers at a time; each takes the next one when it is done."""
    done = Load(began=time.monotonic())
    left = list(reversed(journeys))

    async def caller() -> None:
        while left:
            await one(left.pop(), done)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    done.answered = max(done.answered, done.began)
    done.shown = max(done.shown, done.answered)
    return done


async def timed(done: Load, work: Awaitable[Any]) -> Any:
    """One decision: its answer, with the time that it took noted."""
    began = time.monotonic()
    answer = await work
    done.answered = time.monotonic()
    done.latencies.append(done.answered - began)
    return answer


class Watcher:
    """Looks at the ledger's heads in the product's database, for everybody who waits for a seq.

    Straight at the SQLite file and not by the API: what is measured must not be loaded by the looking.
    """

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
        self._waiting: list[tuple[str, int, float, asyncio.Future[float]]] = []
        self._task: asyncio.Task[None] | None = None

    def until(self, stream: str, seq: int) -> "asyncio.Future[float]":
        """Done, with the seconds from now, when the stream's head has reached `seq`."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((stream, seq, time.monotonic(), future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        return future

    async def errands_done(self, stream: str) -> None:
        """Wait until the case waits for nothing that it asked of the world."""
        query = "SELECT pending_errands FROM cases WHERE stream = ?"
        while self._db.execute(query, (stream,)).fetchone() != (0,):
            await asyncio.sleep(LOOK_EVERY)

    def settled(self) -> bool:
        """Is no mail owed and no answer awaited?"""
        query = (
            "SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE state = 'PENDING') "
            "AND NOT EXISTS (SELECT 1 FROM cases WHERE pending_errands > 0)"
        )
        return bool(self._db.execute(query).fetchone()[0])

    def close(self) -> None:
        self._db.close()

    async def _look(self) -> None:
        while self._waiting:
            streams = list({w[0] for w in self._waiting})
            marks = ",".join("?" * len(streams))
            query = f"SELECT stream, head_seq FROM streams WHERE stream IN ({marks})"
            heads = dict(self._db.execute(query, streams).fetchall())
            now = time.monotonic()
            still = []
            for waiting in self._waiting:
                stream, seq, since, future = waiting
                if heads.get(stream, 0) < seq:
                    still.append(waiting)
                elif not future.done():
                    future.set_result(now - since)
            self._waiting = still
            await asyncio.sleep(LOOK_EVERY)


# ---- drivers: processes that are told by lines what to do ------------------------------------------------


async def serve(work: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
    """Answer each line of stdin (JSON) by one line on stdout, until stdin ends."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer = await work(json.loads(line))
        sys.stdout.write(json.dumps(asdict(answer) if isinstance(answer, Load) else answer) + "\n")
        sys.stdout.flush()


# ---- processes ------------------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_seconds() -> tuple[float, float]:
    """(busy, all) CPU time of the machine so far: what others took shows in the difference."""
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS, sum(fields) / TICKS


# ---- figures ----------------------------------------------------------------------------------------------


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies (nearest rank); 0.0 for none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = memory = ""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "")
        memory = Path("/proc/meminfo").read_text().split("\n", 1)[0].partition(":")[2].strip()
    return {
        "cores": os.cpu_count(),
        "cpu": model,
        "memory": memory,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
