"""The archiver: exports every closed run before Temporal forgets it (design § 5). Runs beside the cases."""

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col, select
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from db.session import Database
from db.tables import ArchiveRow

CLOSED = "ExecutionStatus != 'Running'"
RUN_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
PAGE = 100
EVERY = 5.0
"""Seconds between two rounds."""

log = structlog.get_logger()


async def archive_once(client: Client, db: Database, folder: Path) -> int:
    """Export every closed run (runs that continued as new among them) that is not in the index yet; gives
    their number. Safe to kill and to run twice: a file is complete or absent, and the index comes after it.
    """
    count = 0
    page: list[WorkflowExecution] = []
    async for run in client.list_workflows(CLOSED):
        page.append(run)
        if len(page) == PAGE:
            count += await _archive(client, db, folder, page)
            page = []
    return count + await _archive(client, db, folder, page)


async def _archive(client: Client, db: Database, folder: Path, runs: list[WorkflowExecution]) -> int:
    async with db.read() as session:
        ids = [r.run_id for r in runs]
        done = set(await session.exec(select(ArchiveRow.run_id).where(col(ArchiveRow.run_id).in_(ids))))
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


async def run_archiver(client: Client, db: Database, folder: Path, stop: asyncio.Event) -> None:
    """Archive closed runs until `stop` is set; a failure is logged and tried again at the next round."""
    while not stop.is_set():
        try:
            await archive_once(client, db, folder)
        except (RPCError, DBAPIError, PoolTimeout, OSError) as error:
            log.warning("archive round failed", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)
