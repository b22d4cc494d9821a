"""What Temporal must know before the first case: the namespace, its retention, our search attributes."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    ListWorkflowExecutionsRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from tools.cli.console import CommandFailed, Exit, Out

VISIBLE_WITHIN = 60.0
PAUSE = 0.2
CALL = timedelta(seconds=10)


@dataclass(frozen=True)
class Prepared:
    """What was there and what was changed."""

    namespace: str
    created: bool
    retention_days: int
    retention_changed: bool
    added: tuple[str, ...]
    """Search attributes that were missing."""


async def prepare(client: Client, retention_days: int | None = None) -> Prepared:
    """Bring the client's namespace to what cases need; harmless when it is so already.

    `retention_days` (from the settings when not given): a closed history is kept so long. Comes back when
    the server can search by every attribute. Raises CommandFailed when it never can, and RPCError.
    """
    if retention_days is None:
        from settings import load

        retention_days = load().retention_days
    from workflows.case_workflow import SEARCH_ATTRIBUTES

    wanted = timedelta(days=retention_days)
    kept = await _retention(client)
    if kept is None:
        await _register(client, wanted)
    elif kept != wanted:
        await client.workflow_service.update_namespace(
            UpdateNamespaceRequest(
                namespace=client.namespace,
                config=NamespaceConfig(workflow_execution_retention_ttl=_duration(wanted)),
            ),
            timeout=CALL,
        )
    added = await _add_missing(client, SEARCH_ATTRIBUTES)
    return Prepared(client.namespace, kept is None, retention_days, kept != wanted, added)


async def _retention(client: Client) -> timedelta | None:
    """How long the namespace keeps histories; None when there is no such namespace."""
    try:
        described = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=CALL
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return described.config.workflow_execution_retention_ttl.ToTimedelta()


async def _register(client: Client, retention: timedelta) -> None:
    try:
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(
                namespace=client.namespace, workflow_execution_retention_period=_duration(retention)
            ),
            timeout=CALL,
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # another process was first
            raise


async def _add_missing(client: Client, keys: Sequence[SearchAttributeKey[Any]]) -> tuple[str, ...]:
    """Add what is missing and wait until all can be searched by; a namespace just made, or an attribute
    just added, is known to the whole server only a moment later."""
    added: tuple[str, ...] = ()
    end = asyncio.get_running_loop().time() + VISIBLE_WITHIN
    while True:
        try:
            there = await _known(client)
            missing = {
                k.name: IndexedValueType.ValueType(k.indexed_value_type) for k in keys if k.name not in there
            }
            if missing:
                await client.operator_service.add_search_attributes(
                    AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing),
                    timeout=CALL,
                )
                added = tuple(missing)
            await _search(client, keys)
            return added
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                raise
            if asyncio.get_running_loop().time() > end:
                raise CommandFailed(
                    Exit.UNAVAILABLE,
                    f"Atribut pencarian tidak kunjung dikenal server Temporal ({error}).",
                    f"The Temporal server does not come to know the search attributes ({error}).",
                ) from None
        await asyncio.sleep(PAUSE)


async def _known(client: Client) -> set[str]:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=CALL
    )
    return set(listed.custom_attributes)


async def _search(client: Client, keys: Sequence[SearchAttributeKey[Any]]) -> None:
    """Search by all of them at once; RPCError (INVALID_ARGUMENT) while one is not known."""
    await client.workflow_service.list_workflow_executions(
        ListWorkflowExecutionsRequest(
            namespace=client.namespace, page_size=1, query=" OR ".join(f"{k.name} IS NULL" for k in keys)
        ),
        timeout=CALL,
    )


def _duration(span: timedelta) -> Duration:
    made = Duration()
    made.FromTimedelta(span)
    return made


async def prepare_command(out: Out) -> int:
    """`asesor prepare`."""
    from tools.cli.parts import connected

    async with connected() as (client, settings):
        done = await prepare(client, settings.retention_days)
    out.result(
        {"ok": True, **asdict(done)},
        f"namespace {done.namespace}: {'dibuat – made' if done.created else 'ada – there'}, "
        f"{done.retention_days} hari – days",
        f"atribut pencarian – search attributes: {', '.join(done.added) or 'lengkap – complete'}",
    )
    return Exit.OK
