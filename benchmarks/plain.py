"""(a) A plain SDK program, as its tutorial would have it: nothing of ours, nothing tuned.

Default converter, sandbox on, default worker options, the standard event loop. Each update is followed by
one awaited activity that commits one row.

    python -m benchmarks.plain worker ADDRESS NAMESPACE FILE
    python -m benchmarks.plain drive ADDRESS NAMESPACE
"""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    import sqlite3
    import threading

    from benchmarks import measure

QUEUE = "plain"
WORKERS = 20


@dataclass
class Decision:
    """About what a decision of ours says: who, on what, which one, and a digest."""

    journey: str
    seq: int
    actor: str
    task: str
    decision: str
    digest: str


class Rows:
    """One row a decision, one commit a row, one connection a thread; the same promises as ours get."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._local = threading.local()
        self._connection().execute(
            "CREATE TABLE IF NOT EXISTS decisions (journey TEXT, seq INTEGER, actor TEXT, task TEXT, "
            "decision TEXT, digest TEXT, PRIMARY KEY (journey, seq))"
        )

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = sqlite3.connect(self._file, timeout=5, isolation_level=None)
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA synchronous=NORMAL")
        return found

    @activity.defn(name="write_row")
    def write(self, d: Decision) -> int:
        row = (d.journey, d.seq, d.actor, d.task, d.decision, d.digest)
        self._connection().execute("INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?, ?, ?)", row)
        return d.seq


@workflow.defn(name="PlainJourney")
class PlainJourney:
    def __init__(self) -> None:
        self.seq = 0
        self.written = 0

    @workflow.run
    async def run(self, decisions: int) -> int:
        await workflow.wait_condition(lambda: self.written >= decisions and workflow.all_handlers_finished())
        return self.written

    @workflow.update
    async def decide(self, decision: Decision) -> int:
        self.seq += 1
        decision.seq = self.seq
        await workflow.execute_activity(
            "write_row", decision, result_type=int, start_to_close_timeout=timedelta(seconds=30)
        )
        self.written += 1
        return decision.seq


async def drive(address: str, namespace: str) -> None:
    client = await Client.connect(address, namespace=namespace)

    async def one(journey: str, done: measure.Load) -> None:
        handle = await client.start_workflow(
            PlainJourney.run, measure.DECISIONS, id=f"plain-{journey}", task_queue=QUEUE
        )
        done.workflows.append(handle.id)
        for number in range(measure.DECISIONS):
            decision = Decision(
                journey, 0, f"person-{number}", f"{journey}-task-{number}", "accept", "0123456789abcdef" * 4
            )
            await measure.timed(done, handle.execute_update(PlainJourney.decide, decision))
            done.visible.append(0.0)  # the row was committed before the answer

    await measure.serve(lambda told: measure.load(told["callers"], told["journeys"], one))


async def worker(address: str, namespace: str, file: str) -> None:
    client = await Client.connect(address, namespace=namespace)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with ThreadPoolExecutor(WORKERS) as executor:
        async with Worker(
            client,
            task_queue=QUEUE,
            workflows=[PlainJourney],
            activities=[Rows(file).write],
            activity_executor=executor,
        ):
            if ready := os.environ.get("READY_FILE"):
                await asyncio.to_thread(Path(ready).touch)
            await stop.wait()


if __name__ == "__main__":  # the sandbox imports this module again
    asyncio.run(drive(*sys.argv[2:]) if sys.argv[1] == "drive" else worker(*sys.argv[2:]))
    sys.stdout.flush()
    os._exit(0)  # the SDK may abort the interpreter while it finalizes
