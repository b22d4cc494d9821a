"""Long work that an auditor asks for: the replay of a case, the verification of the whole ledger."""

from collections.abc import Iterable
from typing import Any, Literal

from fastapi import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency, job_process, listings, views
from api.runtime import Runtime
from api.sight import missing
from db import jobs, reads
from db.identity import Access
from db.job_tables import Job, JobItem
from domain.errors import Refused
from domain.text import Text

Kind = Literal["replay", "verify"]
MOST_AT_ONCE = 2
"""Processes that may be busy with such work; the machine has others to serve."""
KINDS: dict[str, Text] = {
    "replay": Text(id="Putar ulang perkara", en="Replay of a case"),
    "verify": Text(id="Pemeriksaan buku besar", en="Verification of the ledger"),
}
STATES: dict[str, Text] = {
    jobs.WAITING: Text(id="menunggu", en="waiting"),
    jobs.RUNNING: Text(id="sedang berjalan", en="under way"),
    jobs.DONE: Text(id="selesai", en="done"),
    jobs.FAILED: Text(id="gagal", en="failed"),
    jobs.INTERRUPTED: Text(id="terputus", en="interrupted"),
}


async def ask(
    runtime: Runtime, access: Access, key: str, kind: Kind, subject: str, response: Response
) -> dict[str, Any]:
    """Begin it, unless the same is under way: then that one is told. NotFound for an unknown case; Refused
    (J-BUSY) while as many are under way as the machine bears."""
    begun: list[str] = []

    async def do(session: AsyncSession) -> dict[str, Any]:
        begun.clear()
        if kind == "replay" and await reads.case_row(session, subject) is None:
            raise missing("M-CASE")
        running = await jobs.under_way(session, KINDS, runtime.now())
        for row in running:
            if (row.kind, row.subject) == (kind, subject):
                return {"id": row.id}
        if len(running) >= MOST_AT_ONCE:
            raise Refused.because(
                "J-BUSY",
                "Pekerjaan lain sedang berjalan; coba lagi setelah selesai.",
                "Other work of this kind is under way; try again when it has ended.",
            )
        row = await jobs.begin(session, kind=kind, subject=subject, by=access.actor, at=runtime.now())
        begun.append(row.id)
        return {"id": row.id}

    asked = {"kind": kind, "subject": subject}
    answer = await idempotency.write(runtime, access, key, "ask_job", asked, response, do)
    for id_ in begun:
        job_process.start(runtime.settings, id_)
    return await one(runtime, answer["id"])


async def one(runtime: Runtime, id: str, cursor: str = "") -> dict[str, Any]:
    """A job with a page of its results. NotFound for an unknown one."""
    async with runtime.db.read() as session:
        row = await jobs.job(session, id)
        if row is None:
            raise missing("J-JOB")
        page = await jobs.items(session, id, cursor=cursor)
        account = await listings.account(session, row.asked_by)
    return {
        **job_json(row, runtime, {row.asked_by: account.username if account else ""}),
        "items": [_item_json(item) for item in page.items],
        "next": page.next,
    }


async def listed(
    runtime: Runtime, *, kinds: Iterable[str] = (), subject: str = "", cursor: str = "", limit: int = 20
) -> dict[str, Any]:
    """Jobs of any kind, the latest first, without their results."""
    async with runtime.db.read() as session:
        page = await jobs.jobs(session, kinds=kinds, subject=subject, cursor=cursor, limit=limit)
        called = await listings.usernames(session, [row.asked_by for row in page.items])
    return {"items": [job_json(row, runtime, called) for row in page.items], "next": page.next}


def job_json(row: Job, runtime: Runtime, called: dict[str, str]) -> dict[str, Any]:
    """A job as answers show it; `called`: user names by account."""
    state = jobs.state_of(row, runtime.now())
    kind = KINDS.get(row.kind) or Text(id=row.kind.replace("_", " "), en=row.kind.replace("_", " "))
    return {
        "id": row.id,
        "kind": row.kind,
        **views.both(kind),
        "subject": row.subject,
        "state": state,
        **views.both(STATES[state], "state_label"),
        "ended": state not in (jobs.WAITING, jobs.RUNNING),
        "asked_by": row.asked_by,
        "username": called.get(row.asked_by, ""),
        "asked_at": views.moment(row.asked_at),
        "ended_at": views.moment(row.ended_at),
        "done": row.done,
        "total": row.total,
        "result": row.result,
    }


def _item_json(item: JobItem) -> dict[str, Any]:
    return {"n": item.n, "subject": item.subject, "ok": item.ok, "detail": item.detail}
