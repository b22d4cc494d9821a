"""Is this process alive, and can it do its work?"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from api.deps import Run
from api.runtime import CHECK_WITHIN, DATABASE_DOWN, UNREACHED, Runtime
from db import reads

router = APIRouter(tags=["health"])

POLLED_WITHIN = timedelta(seconds=75)
"""A worker asks for work at least once a minute (its long poll)."""
WATCHED = frozenset({"archive"})
"""What people must look at, but is no reason to take the product out of service."""
LOOKED_WITHIN = timedelta(hours=3)
"""The archiver looks back every hour; an older look means that it does not run or does not get through."""
CHECKED_FOR = 2.0
"""Seconds for which an answer holds."""
LAG_LIMIT = 60.0
"""Seconds after which an event that is not written is worth a look (design § 4.5)."""


@router.get("/healthz", include_in_schema=False)
@router.get("/health/live", summary="Is the process alive?")
async def live() -> dict[str, str]:
    """200 as long as the process answers; looks at nothing else."""
    return {"status": "ok"}


@router.get(
    "/health/ready",
    summary="Can it do its work?",
    description="200 when database, Temporal and a worker can be reached; 503 otherwise, with what is amiss.",
)
async def ready(runtime: Run) -> JSONResponse:
    checks = await state_of(runtime)
    ok = all(check["ok"] for name, check in checks.items() if name not in WATCHED)
    body = {"status": "ok" if ok else "waiting", "checks": checks}
    return JSONResponse(body, 200 if ok else 503, {"Cache-Control": "no-store"})


async def state_of(runtime: Runtime) -> dict[str, dict[str, Any]]:
    """Each part of the product, and whether it is there; looked at every two seconds at most, however many
    ask: nobody needs to sign in for it."""
    async with runtime.checking:
        if runtime.checked is None or time.monotonic() - runtime.checked[0] > CHECKED_FOR:
            found = await _look(runtime)
            runtime.checked = (time.monotonic(), found)  # a look that takes seconds holds from its end
        return runtime.checked[1]


async def _look(runtime: Runtime) -> dict[str, dict[str, Any]]:
    """Three seconds for all of it: what has not answered by then counts as not there."""
    late: dict[str, Any] = {"ok": False, "error": "TimeoutError"}
    found: dict[str, dict[str, Any]] = {
        "database": late,
        "temporal": late,
        "worker": late | {"pollers": 0},
        "projection": {"ok": False, "seconds": None},
        "archive": {"ok": False},
    }

    async def books() -> None:
        found["database"] = await _database(runtime)
        if found["database"]["ok"]:
            found["projection"] = await _lag(runtime)
            found["archive"] = await archive_of(runtime)

    async def note(part: str, check: Awaitable[dict[str, Any]]) -> None:
        found[part] = await check

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CHECK_WITHIN.total_seconds()):
            await asyncio.gather(
                books(), note("temporal", _temporal(runtime)), note("worker", _worker(runtime))
            )
    return found


async def _database(runtime: Runtime) -> dict[str, Any]:
    try:
        async with runtime.db.read() as session:
            connection = await session.connection()
            revision = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except DATABASE_DOWN as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": runtime.policies, "kind": runtime.db.url.get_backend_name(), "revision": revision}


async def _temporal(runtime: Runtime) -> dict[str, Any]:
    if not runtime.connected:
        return {"ok": False, "error": "not reached yet"}
    try:
        return {"ok": bool(await runtime.client.service_client.check_health(timeout=CHECK_WITHIN))}
    except UNREACHED as error:
        return {"ok": False, "error": type(error).__name__}


async def _worker(runtime: Runtime) -> dict[str, Any]:
    """Does anybody poll the queue on which the cases' workflows wait?"""
    if not runtime.connected:
        return {"ok": False, "pollers": 0}
    request = DescribeTaskQueueRequest(
        namespace=runtime.settings.temporal_namespace,
        task_queue=TaskQueue(name=runtime.settings.task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        found = await runtime.client.workflow_service.describe_task_queue(request, timeout=CHECK_WITHIN)
    except UNREACHED as error:
        return {"ok": False, "pollers": 0, "error": type(error).__name__}
    since = datetime.now(UTC) - POLLED_WITHIN
    pollers = [p for p in found.pollers if p.last_access_time.ToDatetime(UTC) >= since]
    return {"ok": bool(pollers), "pollers": len(pollers)}


async def archive_of(runtime: Runtime) -> dict[str, Any]:
    """Is every closed run archived well before Temporal forgets it (design § 5)? Before the archiver's first
    look there is nothing to say."""
    try:
        async with runtime.db.read() as session:
            row = await reads.archive_state(session)
    except DATABASE_DOWN as error:
        return {"ok": False, "error": type(error).__name__}
    if row is None:
        return {"ok": True, "looked_at": None, "overdue": 0, "oldest": None}
    return {
        "ok": row.overdue == 0 and runtime.now() - row.looked_at < LOOKED_WITHIN,
        "looked_at": row.looked_at.isoformat(),
        "overdue": row.overdue,
        "oldest": row.oldest.isoformat() if row.oldest else None,
    }


async def _lag(runtime: Runtime) -> dict[str, Any]:
    """How long the oldest receipt of this process has been waiting for the ledger."""
    try:
        seconds = await runtime.lag()
        async with runtime.db.read() as session:
            attention = await reads.attention_count(session)
            outbox = (await reads.outbox_counts(session)).get("PENDING", 0)
    except DATABASE_DOWN as error:
        return {"ok": False, "error": type(error).__name__}
    # A case that needs people is no reason to take the product out of service.
    return {"ok": seconds < LAG_LIMIT, "seconds": round(seconds, 2), "outbox": outbox, "attention": attention}
