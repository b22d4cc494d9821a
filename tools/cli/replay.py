"""Replay recorded histories against the present code: does it still decide what it decided then?

Replay proves that code and history agree, not that they are true; the ledger is the other half
(`asesor verify`).
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from db.session import Database
from db.tables import ArchiveRow
from settings import Settings
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import connect, database, present

Source = Literal["all", "server", "archive"]
BATCH = 16
BOTH = (True, False)
THREADS = 4


@dataclass(frozen=True)
class Replayed:
    """How one run came out, once for each sandbox setting."""

    workflow_id: str
    run_id: str
    events: int
    sandbox: bool
    problem: str = ""
    """Empty: the present code does what the history says."""
    nondeterministic: bool = False

    @property
    def ok(self) -> bool:
        return not self.problem


async def replay_histories(
    histories: AsyncIterable[WorkflowHistory] | Iterable[WorkflowHistory],
    settings: Settings,
    *,
    workflows: Sequence[type] | None = None,
    sandbox: Sequence[bool] = BOTH,
) -> AsyncIterator[Replayed]:
    """Replay each history, once for each entry of `sandbox`; gives the results in the order of histories.

    `settings` hold the keys that open the payloads. `workflows`: those of worker.py when not given. A
    history that does not replay is a result, never an exception.
    """
    if workflows is None:
        from worker import WORKFLOWS

        workflows = WORKFLOWS
    with ThreadPoolExecutor(THREADS) as threads:
        replayers = {on: _replayer(settings, workflows, threads, on) for on in sandbox}
        async for batch in _batches(histories):
            found = {on: await _replay(replayers[on], batch, on) for on in replayers}
            for n in range(len(batch)):
                for on in replayers:
                    yield found[on][n]


def _replayer(
    settings: Settings, workflows: Sequence[type], threads: ThreadPoolExecutor, sandbox: bool
) -> Replayer:
    from activities.plugin import plugin

    return Replayer(
        workflows=workflows,
        workflow_task_executor=threads,
        namespace=settings.temporal_namespace,
        plugins=[plugin(settings, sandbox=sandbox)],
    )


async def _replay(replayer: Replayer, batch: Sequence[WorkflowHistory], sandbox: bool) -> list[Replayed]:
    async def given() -> AsyncIterator[WorkflowHistory]:
        for history in batch:
            yield history

    found: list[Replayed] = []
    async with replayer.workflow_replay_iterator(given()) as results:
        async for result in results:
            failure = result.replay_failure
            history = result.history
            found.append(
                Replayed(
                    workflow_id=history.workflow_id,
                    run_id=history.run_id,
                    events=len(history.events),
                    sandbox=sandbox,
                    problem=f"{type(failure).__name__}: {failure}" if failure else "",
                    nondeterministic=isinstance(failure, NondeterminismError),
                )
            )
    return found


async def _batches(
    histories: AsyncIterable[WorkflowHistory] | Iterable[WorkflowHistory],
) -> AsyncIterator[list[WorkflowHistory]]:
    batch: list[WorkflowHistory] = []
    async for history in _each(histories):
        batch.append(history)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _each(
    histories: AsyncIterable[WorkflowHistory] | Iterable[WorkflowHistory],
) -> AsyncIterator[WorkflowHistory]:
    if isinstance(histories, AsyncIterable):
        async for history in histories:
            yield history
    else:
        for history in histories:
            yield history


# ---- where histories come from ------------------------------------------------------------------


async def stored_histories(
    settings: Settings, db: Database, client: Client | None, workflow_id: str = ""
) -> AsyncIterator[WorkflowHistory]:
    """Every run that the archive knows, then those that only the server knows (none without a client); of
    one workflow id or of all cases. An archived file that was altered is skipped: `verify` names it."""
    from activities.histories import archived

    folder = settings.var_dir / "archive"
    told: set[str] = set()
    async with db.read() as session:
        rows = await _archived_rows(session, workflow_id)
    for row in rows:
        try:
            yield await asyncio.to_thread(archived, folder, row)
        except (OSError, ValueError):
            continue
        told.add(row.run_id)
    if client is None:
        return
    if '"' in workflow_id or "\\" in workflow_id or "'" in workflow_id:
        raise ValueError("not a workflow id")
    which = f" AND WorkflowId = '{workflow_id}'" if workflow_id else ""
    async for run in client.list_workflows(f"TaskQueue = '{settings.task_queue}'{which}"):
        if run.run_id in told:
            continue
        try:
            yield await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # deleted between the list and now
                raise


async def _archived_rows(session: AsyncSession, workflow_id: str) -> list[ArchiveRow]:
    query = select(ArchiveRow).order_by(col(ArchiveRow.workflow_id), col(ArchiveRow.closed_at))
    if workflow_id:
        query = query.where(ArchiveRow.workflow_id == workflow_id)
    return list(await session.exec(query))


# ---- the command --------------------------------------------------------------------------------


@asynccontextmanager
async def _sources(source: Source) -> AsyncIterator[tuple[Settings, Database, Client | None]]:
    settings = present()
    async with database(settings) as db:
        yield settings, db, None if source == "archive" else await connect(settings)


async def replay(out: Out, *, case: str, everything: bool, source: Source, file: Path | None) -> int:
    """`asesor replay CASE|--all|--file`: 1 when a run does not replay."""
    if sum((bool(case), everything, file is not None)) != 1:
        raise CommandFailed(
            Exit.USAGE,
            "Sebutkan satu perkara, atau --all, atau --file.",
            "Give one case, or --all, or --file.",
        )
    if file is not None:
        text = await asyncio.to_thread(file.read_text)
        given = [WorkflowHistory.from_json(file.stem, text)]
        return _report(out, [r async for r in replay_histories(given, present())])
    async with _sources(source) as (settings, db, client):
        found: list[Replayed] = []
        workflow_id = await workflow_of(db, case) if case else ""
        with out.progress("replay") as step:
            histories = stored_histories(settings, db, client, workflow_id)
            async for result in replay_histories(histories, settings):
                found.append(result)
                step(1)
    if case and not found:
        raise CommandFailed(Exit.WRONG, f"Tidak ada riwayat untuk {case}.", f"There is no history of {case}.")
    return _report(out, found)


async def workflow_of(db: Database, case: str) -> str:
    """The workflow id of a case given by its stream or already by its workflow id."""
    from db import reads

    async with db.read() as session:
        row = await reads.case_row(session, case)
    return row.workflow_id if row else case


def _report(out: Out, found: Sequence[Replayed]) -> int:
    wrong = [r for r in found if not r.ok]
    rows = [
        (r.workflow_id, r.run_id, r.events, "on" if r.sandbox else "off", r.problem.split("\n")[0] or "ok")
        for r in found
    ]
    runs = len({r.run_id for r in found})
    lines = [out.table(("workflow", "run", "events", "sandbox", "result"), rows)] if rows else []
    data: dict[str, Any] = {
        "ok": not wrong,
        "runs": runs,
        "failed": len({r.run_id for r in wrong}),
        "results": [{**asdict(r), "ok": r.ok} for r in found],
    }
    last = f"{runs} riwayat – histories; {data['failed']} tidak sesuai – do not replay"
    out.result(data, *lines, last)
    return Exit.WRONG if wrong else Exit.OK
