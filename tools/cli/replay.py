"""`asesor replay`: recorded histories against the present code (activities/replaying.py)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from temporalio.client import Client, WorkflowHistory

from activities.replaying import Replayed, replay_histories, stored_histories, workflow_of
from db.session import Database
from settings import Settings
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import connect, database, present

Source = Literal["all", "server", "archive"]


@asynccontextmanager
async def _sources(source: Source) -> AsyncIterator[tuple[Settings, Database, Client | None]]:
    settings = present()
    async with database(settings) as db:
        yield settings, db, None if source == "archive" else await connect(settings)


async def replay(out: Out, *, case: str, everything: bool, source: Source, file: Path | None) -> int:
    """`asesor replay CASE|--all|--file`: 1 when a run does not replay."""
    if sum((bool(case), everything, file is not None)) != 1:
        raise CommandFailed(
            Exit.USAGE,
            "Sebutkan satu perkara, atau --all, atau --file.",
            "Give one case, or --all, or --file.",
        )
    if file is not None:
        text = await asyncio.to_thread(file.read_text)
        given = [WorkflowHistory.from_json(file.stem, text)]
        return _report(out, [r async for r in replay_histories(given, present())])
    async with _sources(source) as (settings, db, client):
        found: list[Replayed] = []
        workflow_id = await workflow_of(db, case) if case else ""
        with out.progress("replay") as step:
            histories = stored_histories(settings, db, client, workflow_id)
            async for result in replay_histories(histories, settings):
                found.append(result)
                step(1)
    if case and not found:
        raise CommandFailed(Exit.WRONG, f"Tidak ada riwayat untuk {case}.", f"There is no history of {case}.")
    return _report(out, found)


def _report(out: Out, found: Sequence[Replayed]) -> int:
    wrong = [r for r in found if not r.ok]
    rows = [
        (r.workflow_id, r.run_id, r.events, "on" if r.sandbox else "off", r.problem.split("\n")[0] or "ok")
        for r in found
    ]
    runs = len({r.run_id for r in found})
    lines = [out.table(("workflow", "run", "events", "sandbox", "result"), rows)] if rows else []
    data: dict[str, Any] = {
        "ok": not wrong,
        "runs": runs,
        "failed": len({r.run_id for r in wrong}),
        "results": [{**asdict(r), "ok": r.ok} for r in found],
    }
    last = f"{runs} riwayat – histories; {data['failed']} tidak sesuai – do not replay"
    out.result(data, *lines, last)
    return Exit.WRONG if wrong else Exit.OK
