"""What Temporal's histories say was decided: the inputs of `ledger_append`, decoded (design § 5).

Read from the server, and for runs that it may have forgotten from the archive's files. The archive keeps
histories as the server has them, encrypted payloads included.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from pathlib import Path

from sqlmodel import select
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from activities.codec import ENCODING
from activities.contracts import CASE_WORKFLOWS, LEDGER_APPEND, AppendRequest
from db.session import Database
from db.tables import ArchiveRow
from db.verify import Histories, Witness


async def recorded_events(client: Client, workflow_id: str, run_id: str | None = None) -> list[AppendRequest]:
    """Every batch that the run asked the ledger to write, in order; without `run_id`, those of all runs of
    this id that the server knows, the oldest run first. Empty when the server knows none."""
    runs = [run_id] if run_id else await _runs(client, workflow_id)
    found: list[AppendRequest] = []
    for run in runs:
        try:
            history = await client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                continue
            raise
        found += await requests_of(history.events, client.data_converter)
    return found


class Unencrypted(ValueError):
    """A payload that none of our workers made: they close every one (design § 5)."""


async def requests_of(events: Iterable[HistoryEvent], converter: DataConverter) -> list[AppendRequest]:
    """The inputs of the ledger's activity among these events. Raises Unencrypted: whoever can start workflows
    can write plain payloads, only who has the codec's keys can write closed ones."""
    found: list[AppendRequest] = []
    for event in events:
        if event.event_type != EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            continue
        attributes = event.activity_task_scheduled_event_attributes
        if attributes.activity_type.name == LEDGER_APPEND:
            if any(p.metadata.get("encoding") != ENCODING for p in attributes.input.payloads):
                raise Unencrypted
            found += await converter.decode(list(attributes.input.payloads), [AppendRequest])
    return found


def irregular(events: Sequence[HistoryEvent]) -> tuple[str, ...]:
    """What was done to this run that is forbidden on cases: reset, terminated, and ends that no case has."""
    ends = {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: "terminated",
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "failed",
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: "timed out",
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: "cancelled",
    }
    found = [ends[e.event_type] for e in events if e.event_type in ends]
    found += [
        "reset"
        for e in events
        if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        and e.workflow_task_failed_event_attributes.cause
        == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
    ]
    return tuple(dict.fromkeys(found))


def archived(folder: Path, row: ArchiveRow) -> WorkflowHistory:
    """The archived history; ValueError when the file is not the one whose digest was recorded."""
    data = (folder / row.path).read_bytes()
    if hashlib.sha256(data).hexdigest() != row.digest:
        raise ValueError(f"the archived history of {row.workflow_id} {row.run_id} was altered")
    return WorkflowHistory.from_json(row.workflow_id, data.decode())


async def archived_events(folder: Path, row: ArchiveRow, converter: DataConverter) -> list[AppendRequest]:
    """`recorded_events` of an archived run."""
    history = await asyncio.to_thread(archived, folder, row)
    return await requests_of(history.events, converter)


def histories(
    client: Client, db: Database, folder: Path, *, task_queue: str, types: Collection[str] = CASE_WORKFLOWS
) -> Histories:
    """Everything that the archive and then the server know of our cases, one run after the other: runs of
    these types on this queue. What others do in the same namespace bears no witness."""

    def ours(history: WorkflowHistory) -> bool:
        start = history.events[0].workflow_execution_started_event_attributes
        return start.workflow_type.name in types and start.task_queue.name == task_queue

    async def witnesses() -> AsyncIterator[Witness]:
        async with db.read() as session:
            rows = list(await session.exec(select(ArchiveRow)))
        told: set[tuple[str, str]] = set()
        for row in rows:
            try:
                history = await asyncio.to_thread(archived, folder, row)
            except (OSError, ValueError):
                # the server may still have it; if not, its events are told by nobody
                yield Witness(row.workflow_id, row.run_id, (), ("archive missing or altered",))
                continue
            told.add((row.workflow_id, row.run_id))
            if ours(history):
                yield await _witness(client, row.workflow_id, row.run_id, history)
        async for run in client.list_workflows():
            if (run.id, run.run_id) in told or run.workflow_type not in types:
                continue
            try:
                history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    continue  # deleted between the list and now
                raise
            if ours(history):
                yield await _witness(client, run.id, run.run_id, history)

    return witnesses


async def _witness(client: Client, workflow_id: str, run_id: str, history: WorkflowHistory) -> Witness:
    found = irregular(history.events)
    try:
        requests = await requests_of(history.events, client.data_converter)
    except Exception as error:
        # one run that cannot be read (a key is missing, a payload was altered) must not hide the others
        return Witness(workflow_id, run_id, (), (*found, f"cannot be read: {type(error).__name__}"))
    return Witness(workflow_id, run_id, tuple(requests), found)


async def _runs(client: Client, workflow_id: str) -> list[str]:
    """Run ids of this workflow id, the oldest first. Visibility may be a moment late, so the latest run is
    asked for by itself, and each run's predecessor is read from its start."""
    if '"' in workflow_id or "\\" in workflow_id:
        raise ValueError("not a workflow id")
    listed = [(w.start_time, w.run_id) async for w in client.list_workflows(f'WorkflowId = "{workflow_id}"')]
    runs = [run for _, run in sorted(listed)]
    try:
        latest = (await client.get_workflow_handle(workflow_id).describe()).run_id
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return runs
    return runs if latest in runs else [*runs, latest]
