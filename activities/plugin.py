"""One plugin carries converter, codec and sandbox to client, worker and replayer alike (design § 7)."""

from collections.abc import Sequence

import temporalio.client
import temporalio.worker
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.plugin import SimplePlugin
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.codec import EncryptingCodec
from activities.converter import PayloadConverter
from activities.log_context import LogContext
from settings import Settings

PASSED_THROUGH = (
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "structlog",
    "transitions",
    "domain",
    "state_machines",
    # Decisions alone, as pure as the two above: they import each other late, which the sandbox forbids.
    "workflows.cases",
    # Models alone: without it the sandbox builds them anew for every single run.
    "activities.contracts",
    "workflows.model",
)
"""Modules that the sandbox shares with the outside: pure ones, held to that by a lint (design § 7)."""

Interceptor = temporalio.client.Interceptor | temporalio.worker.Interceptor


def codec(settings: Settings) -> EncryptingCodec:
    """The codec with all keys that the settings know."""
    return EncryptingCodec(settings.keys("codec"))


def data_converter(settings: Settings) -> DataConverter:
    """Pydantic JSON, encrypted; messages and stack traces of failures are encrypted too."""
    return DataConverter(
        payload_converter_class=PayloadConverter,
        payload_codec=codec(settings),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def workflow_runner(*, sandbox: bool) -> WorkflowRunner:
    """The runner of workflows; off is faster, for code that has passed with it on."""
    if not sandbox:
        return UnsandboxedWorkflowRunner()
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


def plugin(
    settings: Settings, *, interceptors: Sequence[Interceptor] = (), sandbox: bool | None = None
) -> SimplePlugin:
    """The product's plugin for `Client.connect`, `Worker` and `Replayer`.

    A worker takes it from its client: give it to one of them only. `sandbox` overrides the setting
    (histories are replayed with it on and off).
    """
    on = settings.sandbox if sandbox is None else sandbox
    return SimplePlugin(
        "asesor",
        data_converter=data_converter(settings),
        interceptors=[LogContext(), *interceptors],
        workflow_runner=lambda _existing: workflow_runner(sandbox=on),
    )
