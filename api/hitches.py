"""What Temporal itself says of cases that do not get on: a workflow task that fails, and an activity that is
tried again and again, each with the error in Temporal's own words.

Failures hold rule ids and types alone (design § 5), so that they can be shown to those who watch.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, timedelta
from typing import Any, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError, RPCStatusCode

from api.runtime import Runtime
from db import reads
from domain.errors import DomainError, Unknown

FRESH_SECONDS = 10.0
"""Within this Temporal is not asked again, however many watch."""
MOST = 100
"""Cases of each sort that are looked at: those whose last event is the oldest, which are stuck if any are."""
AT_ONCE = 10
LAST_EVENTS = 10
"""Events at a history's end among which the failure of a workflow task is looked for."""
SHUT = ("Encoded failure", "Failure exceeds size limit.")
"""What stands where the server cut a failure that was too long for it, so that nobody can open it any more:
of such a one the type alone is told."""
LONGEST = 600
"""Characters of an error that are shown."""


@dataclass(frozen=True)
class Hitch:
    """One thing that fails in a running case."""

    kind: Literal["workflow_task", "activity"]
    what: str
    """The activity's name; empty for a workflow task."""
    attempt: int
    error: str
    next_at: str | None
    """When it is tried again (ISO, UTC, real time)."""


async def hitches(runtime: Runtime) -> dict[str, list[Hitch]]:
    """Workflow id → what fails in it, of every running case that is known to be held up. Raises Unknown when
    Temporal does not answer."""
    known = runtime.hitches
    if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
        async with runtime.hitching:
            known = runtime.hitches
            if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
                known = runtime.hitches = (time.monotonic(), await _look(runtime))
    return known[1]


async def _look(runtime: Runtime) -> dict[str, list[Hitch]]:
    async with runtime.db.read() as session:
        waiting = await reads.waiting_longest(session, limit=MOST)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(workflow: str) -> tuple[str, list[Hitch]]:
        async with places:
            return workflow, await _described(runtime, workflow)

    try:
        async with asyncio.timeout(runtime.settings.rpc_timeout * 2):
            failing = await _failing(runtime)
            found = await asyncio.gather(*(one(w) for w in dict.fromkeys([*failing, *waiting])))
    except (RPCError, RuntimeError, TimeoutError):
        raise _no_answer() from None
    return {workflow: told for workflow, told in found if told}


async def _failing(runtime: Runtime) -> list[str]:
    """Workflow ids whose workflow tasks fail again and again, as the server itself marks them."""
    query = (
        "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running' "
        f"AND TaskQueue = '{runtime.settings.task_queue}'"
    )
    try:
        return [one.id async for one in runtime.client.list_workflows(query, limit=MOST)]
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:  # a server from before it kept that mark
            return []
        raise


async def hitches_of(runtime: Runtime, workflow: str) -> list[Hitch]:
    """What fails in this running case now; nothing for one that has ended. Raises Unknown when Temporal does
    not answer."""
    try:
        return await _described(runtime, workflow)
    except (RPCError, RuntimeError, TimeoutError):
        raise _no_answer() from None


def _no_answer() -> DomainError:
    return Unknown.because("T-LIST", "Temporal tidak menjawab.", "Temporal does not answer.")


async def _described(runtime: Runtime, workflow: str) -> list[Hitch]:
    handle = runtime.client.get_workflow_handle(workflow)
    try:
        described = await handle.describe(rpc_timeout=timedelta(seconds=runtime.settings.rpc_timeout))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return []
        raise
    raw = described.raw_description
    found = []
    if raw.HasField("pending_workflow_task") and raw.pending_workflow_task.attempt > 1:
        said = await _task_error(runtime.client, described)
        found.append(Hitch("workflow_task", "", raw.pending_workflow_task.attempt, said, None))
    for one in raw.pending_activities:
        if one.attempt > 1 and one.HasField("last_failure"):
            found.append(
                Hitch(
                    "activity",
                    one.activity_type.name,
                    one.attempt,
                    await _said(runtime.client, one.last_failure),
                    _moment(one.next_attempt_schedule_time),
                )
            )
    return found


async def _task_error(client: Client, described: WorkflowExecutionDescription) -> str:
    """Why the last workflow task failed: it stands at the end of the history."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=described.id, run_id=described.run_id),
        maximum_page_size=LAST_EVENTS,
    )
    answer = await client.workflow_service.get_workflow_execution_history_reverse(request)
    for event in answer.history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            return await _said(client, event.workflow_task_failed_event_attributes.failure)
    return ""


async def _said(client: Client, failure: Failure) -> str:
    """The failure's type and message, and those of what caused it; opened by the product's codec."""
    parts: list[str] = []
    opened = Failure()
    opened.CopyFrom(failure)
    if client.data_converter.payload_codec:
        await client.data_converter.payload_codec.decode_failure(opened)
    error: BaseException | None = client.data_converter.failure_converter.from_failure(
        opened, client.data_converter.payload_converter
    )
    while error is not None:
        type_ = getattr(error, "type", None)
        message = getattr(error, "message", None) or str(error)
        message = "" if message in SHUT else message
        parts.append(
            f"{type_}: {message}" if type_ and message and type_ not in message else type_ or message
        )
        error = error.__cause__
    return " – ".join(dict.fromkeys(p for p in parts if p))[:LONGEST]


def _moment(at: Timestamp) -> str | None:
    return at.ToDatetime(UTC).isoformat() if at.seconds else None


def hitches_json(told: Sequence[Hitch]) -> list[dict[str, Any]]:
    return [asdict(one) for one in told]
