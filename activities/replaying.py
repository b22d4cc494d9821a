"""Replay recorded histories against the present code: does it still decide what it decided then?

Replay proves that code and history agree, not that they are true; the ledger is the other half
(activities/verifying.py). Asked for by `asesor replay` and by the auditor's pages.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from activities.histories import archived
from activities.plugin import plugin
from activities.verifying import archive_folder
from db import reads
from db.session import Database
from db.tables import ArchiveRow
from settings import Settings

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
    folder = archive_folder(settings)
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


async def workflow_of(db: Database, case: str) -> str:
    """The workflow id of a case given by its stream or already by its workflow id."""
    async with db.read() as session:
        row = await reads.case_row(session, case)
    return row.workflow_id if row else case
