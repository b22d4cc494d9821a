"""The process that a replay or a verification runs in: both keep a processor busy for long, and a server that
answers people must not wait for them. It has a database, a client and nothing else of its parent's."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from multiprocessing import active_children, get_context
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.service import RPCError

from activities.plugin import plugin
from activities.replaying import BOTH, Replayed, replay_histories, stored_histories, workflow_of
from activities.verifying import verified
from api import listings
from db import jobs, registry
from db.findings import Report
from db.jobs import Item
from db.session import Database
from logs import setup
from settings import Settings

BEAT_EVERY = 1.0
"""Seconds between two notes of how far it has come; many of them within jobs.LOST_AFTER."""
CONNECT_WITHIN = 5.0
KEPT = 500
"""Results that are kept of one job; the counts tell of the rest."""
LONGEST = 2000
"""Characters of one explanation."""

log = structlog.get_logger()


@dataclass
class Progress:
    """How far the work has come, and what came out of it."""

    done: Callable[[], int] = field(default=lambda: 0)
    total: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)


Work = Callable[[Settings, Database, Client | None, str, Progress], Awaitable[None]]


def start(settings: Settings, job: str) -> None:
    """Let a process of its own work on this job. It ends with its parent, and is then told as interrupted."""
    active_children()  # takes note of those that have ended
    get_context("spawn").Process(target=run, args=(settings, job), daemon=True, name=f"job-{job[:8]}").start()


def run(settings: Settings, job: str) -> None:
    """What the new process does."""
    setup(settings)
    asyncio.run(work(settings, job))


async def work(settings: Settings, id: str) -> None:
    """Work on the job until it has ended, one way or the other."""
    db = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    try:
        async with db.read() as session:
            await registry.load_policies(session)
            row = await jobs.job(session, id)
        if row is None:
            return
        progress, state = Progress(), jobs.DONE
        beating = asyncio.create_task(_beat(db, id, progress))
        try:
            client = await _client(settings)
            await WORKS[row.kind](settings, db, client, row.subject, progress)
        except Exception as error:  # whatever it was, the one who asked has to hear that it failed
            log.exception("job failed", job=id, kind=row.kind)
            state, progress.result = jobs.FAILED, {"error": type(error).__name__}
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
        await db.retrying(
            lambda s: jobs.end(
                s, id, state=state, at=datetime.now(UTC), result=progress.result, items=progress.items[:KEPT]
            )
        )
    finally:
        await db.dispose()


async def _beat(db: Database, id: str, progress: Progress) -> None:
    while True:
        done, total, now = progress.done(), progress.total, datetime.now(UTC)

        def note(session: Any, done: int = done, total: int = total, now: datetime = now) -> Awaitable[None]:
            return jobs.beat(session, id, done=done, total=total, at=now)

        with contextlib.suppress(DBAPIError, OSError):  # a database that is away for a while ends no work
            await db.retrying(note)
        await asyncio.sleep(BEAT_EVERY)


async def _client(settings: Settings) -> Client | None:
    """Temporal's client; None when nothing answers: then there is the archive alone."""
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            return await Client.connect(
                settings.temporal_address or f"127.0.0.1:{settings.temporal_port}",
                namespace=settings.temporal_namespace,
                plugins=[plugin(settings)],
            )
    except (RPCError, RuntimeError, OSError, TimeoutError):
        return None


async def replay(
    settings: Settings, db: Database, client: Client | None, case: str, progress: Progress
) -> None:
    """Every run of the case's workflow, with the sandbox on and off."""
    found: list[Replayed] = []
    progress.done = lambda: len(found)
    workflow_id = await workflow_of(db, case)
    histories = [h async for h in stored_histories(settings, db, client, workflow_id)]
    progress.total = len(histories) * len(BOTH)
    async for result in replay_histories(histories, settings):
        found.append(result)
    progress.items = [
        Item(
            r.run_id,
            r.ok,
            {
                **asdict(r),
                "problem": r.problem.split("\n")[0][:LONGEST],
            },
        )
        for r in found
    ]
    progress.result = {
        "ok": bool(found) and all(r.ok for r in found),
        "runs": len(histories),
        "events": sum(len(h.events) for h in histories),
        "failed": len({r.run_id for r in found if not r.ok}),
        "histories": client is not None,
    }


async def verify(
    settings: Settings, db: Database, client: Client | None, _subject: str, progress: Progress
) -> None:
    """Everything that can be checked of the ledger."""
    report = Report()
    progress.done = lambda: report.streams
    async with db.read() as session:
        progress.total, _, _ = await listings.ledger_summary(session)
    await verified(settings, db, client, report=report)
    progress.items = [
        Item(p.stream, False, {"kind": p.kind, "seq": p.seq, "detail": p.detail[:LONGEST]})
        for p in report.problems
    ]
    progress.result = {
        "ok": report.ok,
        "streams": report.streams,
        "events": report.events,
        "checkpoints": report.checkpoints,
        "witnessed": report.witnessed,
        "pending": report.pending,
        "problems": len(report.problems),
        "histories": client is not None,
    }


WORKS: Mapping[str, Work] = {"replay": replay, "verify": verify}
