"""Every line that an activity or a workflow logs says which case it is about."""

import re
from collections.abc import Sequence
from typing import Any

import structlog
from temporalio import activity, workflow
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SIGNALS = frozenset({"message", "complete_task"})
"""The names that a case knows (workflows/inbox.py)."""


class LogContext(Interceptor):
    """Binds the workflow's id, the case's stream, and what is being done; ids only."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activities(next)

    def workflow_interceptor_class(
        self, _input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        return _Workflows


class _Activities(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        _bind(input.args, workflow=info.workflow_id, activity=info.activity_type, attempt=info.attempt)
        return await super().execute_activity(input)


class _Workflows(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        _bind(input.args, workflow=workflow.info().workflow_id)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        # Whoever may signal chooses the name: a stranger's could hold anything, a person's data too.
        signal = input.signal if input.signal in SIGNALS else "unknown"
        _bind((), workflow=workflow.info().workflow_id, signal=signal)
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        # The gateway's own are uuids (domain.ids.command_id); a stranger's could hold anything, too.
        update = input.id if _UUID.fullmatch(input.id) else "unknown"
        _bind(input.args, workflow=workflow.info().workflow_id, update=update)
        return await super().handle_update_handler(input)


def _bind(args: Sequence[Any], **ids: Any) -> None:
    """Never unbound: each activity, run and handler is a task of its own, with a context of its own. (And a
    run that is evicted ends in another context than it began in, where nothing can be put back.)"""
    stream = next((found for argument in args if (found := stream_of(argument))), "")
    structlog.contextvars.bind_contextvars(**({"case": stream} if stream else {}), **ids)


def stream_of(argument: Any) -> str:
    """The case's stream in what an activity or workflow was given, wherever that model has it."""
    case = getattr(argument, "case", None)
    for holder, name in ((argument, "stream"), (case, "stream"), (argument, "application")):
        if isinstance(found := getattr(holder, name, None), str):
            return found
    return ""
