"""`asesor show CASE`: what the ledger and its projection know of a case. No personal data, no free text."""

from typing import TYPE_CHECKING, Any

from domain.clock import format_wib
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import database, present

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from db.tables import CaseRow, TaskRow
    from domain.events import Event

CASE_FIELDS = (
    *("stream", "kind", "workflow_id", "state", "stage", "organiser", "track", "policy_version", "clock"),
    *("seq", "hash", "next_moment", "pending_errands", "attention", "opened_at", "updated_at", "closed_at"),
)
TASK_FIELDS = (
    *("id", "kind", "state", "open", "group_role", "level", "opened_at", "due_at", "priority", "decision"),
    *("completed_at", "late"),
)
"""Whoever holds a task is a person: not even their opaque id is shown."""


async def show(out: Out, *, case: str, limit: int) -> int:
    """State, tasks and timeline (the newest `limit` events, the latest first) of one case."""
    from db import reads

    settings = present()
    async with database(settings) as db, db.read() as session:
        row = await _row(session, case)
        if row is None:
            raise CommandFailed(
                Exit.WRONG, f"Perkara {case} tidak ada.", f"There is no case {case} in the ledger."
            )
        found = await reads.all_tasks(
            session, now=row.updated_at, open=None, stream=row.stream, sort="age", limit=reads.MOST
        )
        tasks, events = found.items, (await reads.timeline(session, row.stream, limit=limit)).items
    out.result(
        {
            "ok": True,
            "case": {name: getattr(row, name) for name in CASE_FIELDS},
            "tasks": [{name: getattr(task, name) for name in TASK_FIELDS} for task in tasks],
            "timeline": [_event(event) for event in events],
        },
        *_head(row),
        "",
        _tasks(out, tasks),
        "",
        _timeline(out, events),
    )
    return Exit.OK


async def _row(session: "AsyncSession", case: str) -> "CaseRow | None":
    """By stream, or by workflow id: then the open case, or else the latest."""
    from db import reads

    row = await reads.case_row(session, case)
    if row is not None:
        return row
    return next(iter(await reads.cases_by_workflow(session, case)), None)


def _event(event: "Event") -> dict[str, Any]:
    return {
        "seq": event.seq,
        "type": event.type,
        "at": event.at,
        "business_at": event.business_at,
        "role": event.actor.role.value,
        "moves": [f"{m.machine}: {m.source or '–'} → {m.dest}" for m in event.moves],
        "rules": sorted({f.rule for f in event.findings}),
        "hash": event.hash,
    }


def _head(row: "CaseRow") -> list[str]:
    lines = [
        f"{row.kind} {row.stream}",
        f"  keadaan – state        {row.state}  (tahap – stage {row.stage})",
        f"  workflow               {row.workflow_id}",
        f"  kebijakan – policy     {row.policy_version}",
        f"  dibuka – opened        {format_wib(row.opened_at)}",
        f"  berubah – changed      {format_wib(row.updated_at)}  (#{row.seq} {row.hash[:12]})",
    ]
    if row.next_moment is not None:
        lines.append(f"  berikut – next         {format_wib(row.next_moment)}")
    if row.closed_at is not None:
        lines.append(f"  ditutup – closed       {format_wib(row.closed_at)}")
    if row.clock == "simulation":
        lines.append("  waktu – time           SIMULASI")
    if row.attention:
        lines.append(f"  PERHATIAN – ATTENTION  {row.attention}")
    return lines


def _tasks(out: Out, tasks: list["TaskRow"]) -> str:
    heads = ("tugas – task", "keadaan – state", "kelompok – group", "tenggat – due", "keputusan – decision")
    rows = [(t.kind, t.state, t.group_role or "–", format_wib(t.due_at), t.decision or "–") for t in tasks]
    return out.table(heads, rows) if rows else "tidak ada tugas – no tasks"


def _timeline(out: Out, events: list["Event"]) -> str:
    heads = ("#", "kapan – when", "peristiwa – event", "peran – role", "perpindahan – moves", "hash")
    rows = []
    for event in events:
        moves = [f"{m.machine} {m.source or '–'}→{m.dest}" for m in event.moves]
        more = f" +{len(moves) - 2}" if len(moves) > 2 else ""
        told = ", ".join(moves[:2]) + more
        when, role = format_wib(event.business_at), event.actor.role.value
        rows.append((event.seq, when, event.type, role, told, event.hash[:12]))
    return out.table(heads, rows)
