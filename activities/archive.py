"""The archiver: exports every closed run before Temporal forgets it (design § 5). Runs beside the cases."""

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col, select
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from db.session import Database
from db.tables import ArchiveRow, ArchiveStateRow
from domain.clock import utc

CLOSED = "ExecutionStatus != 'Running'"
RUN_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
PAGE = 100
EVERY = 5.0
"""Seconds between two rounds."""
OVERLAP = timedelta(minutes=10)
"""How far a round looks back before the one before it: visibility may be late, and two clocks may differ."""
ALL_EVERY = timedelta(hours=1)
"""How often every closed run is looked at, whenever it closed, and what was left undone is counted."""

log = structlog.get_logger()


async def archive_once(client: Client, db: Database, folder: Path, since: datetime | None = None) -> int:
    """Export every closed run (runs that continued as new among them) that is not in the index yet, or only
    those that closed after `since` (UTC); gives their number. Safe to kill and to run twice: a file is
    complete or absent, and the index comes after it.
    """
    count = 0
    page: list[WorkflowExecution] = []
    async for run in client.list_workflows(_closed(since)):
        page.append(run)
        if len(page) == PAGE:
            count += await _archive(client, db, folder, page)
            page = []
    return count + await _archive(client, db, folder, page)


def _closed(since: datetime | None = None, until: datetime | None = None) -> str:
    """The visibility query for runs that closed in that time (UTC)."""
    after = f" AND CloseTime > '{utc(since).isoformat()}'" if since else ""
    before = f" AND CloseTime < '{utc(until).isoformat()}'" if until else ""
    return CLOSED + after + before


async def look_back(client: Client, db: Database, retention: timedelta, now: datetime) -> ArchiveStateRow:
    """Note which runs closed more than half a retention ago and are still not archived (design § 5: an alarm,
    while there is time to mend what keeps the archiver from them)."""
    late: list[datetime] = []
    page: list[WorkflowExecution] = []

    async def count() -> None:
        done = await _done(db, page)
        late.extend(run.close_time for run in page if run.close_time and run.run_id not in done)
        page.clear()

    async for run in client.list_workflows(_closed(until=now - retention / 2)):
        page.append(run)
        if len(page) == PAGE:
            await count()
    await count()
    row = ArchiveStateRow(id=1, looked_at=utc(now), overdue=len(late), oldest=min(late, default=None))
    if late:
        log.error("closed runs are not archived", runs=len(late), oldest=str(row.oldest))
    async with db.write() as session:
        await session.merge(row)
    return row


async def _done(db: Database, runs: Sequence[WorkflowExecution]) -> set[str]:
    """Run ids that are in the index."""
    async with db.read() as session:
        ids = [r.run_id for r in runs]
        return set(await session.exec(select(ArchiveRow.run_id).where(col(ArchiveRow.run_id).in_(ids))))


async def _archive(client: Client, db: Database, folder: Path, runs: list[WorkflowExecution]) -> int:
    done = await _done(db, runs)
    count = 0
    for run in runs:
        if run.run_id in done or run.close_time is None or run.status is None:
            continue
        try:
            history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                continue  # visibility still lists what the server has deleted
            raise
        data = history.to_json().encode()
        path = _path(run.run_id)
        await asyncio.to_thread(_write, folder / path, data)
        row = ArchiveRow(
            workflow_id=run.id,
            run_id=run.run_id,
            closed_at=run.close_time,
            status=run.status.name,
            path=path.as_posix(),
            digest=hashlib.sha256(data).hexdigest(),
        )
        async with db.write() as session:
            await session.merge(row)
        count += 1
    return count


def _path(run_id: str) -> Path:
    """Where a run's file lies in the folder: 256 subfolders, named by what is random in the id."""
    if not RUN_ID.fullmatch(run_id):
        raise ValueError("not a run id")  # it becomes a file's name
    return Path(run_id[-2:]) / f"{run_id}.json"


def _write(path: Path, data: bytes) -> None:
    """Write the file whole or not at all, and on the disk before its index says that it is there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


FAILURES = (RPCError, DBAPIError, PoolTimeout, OSError)


async def run_archiver(
    client: Client, db: Database, folder: Path, stop: asyncio.Event, *, retention: timedelta
) -> None:
    """Archive closed runs until `stop` is set; a failure is logged and tried again at the next round."""
    since = looked = None
    while not stop.is_set():
        began = datetime.now(UTC)
        everything = looked is None or began - looked >= ALL_EVERY
        try:
            await archive_once(client, db, folder, None if everything else since)
            since = began - OVERLAP
        except FAILURES as error:
            log.warning("archive round failed", error=type(error).__name__)
        try:  # above all when the round failed: this is what raises the alarm
            if everything:
                await look_back(client, db, retention, began)
                looked = began
        except FAILURES as error:
            log.warning("archive not looked at", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)
