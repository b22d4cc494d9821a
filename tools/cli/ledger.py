"""Looking after the witness: verify, repair, checkpoint, archive."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from activities.verifying import archive_folder, verified, witnesses
from tools.cli.console import Exit, Out
from tools.cli.parts import connect, database, present

if TYPE_CHECKING:
    from db.findings import Report
    from db.session import Database
    from db.tables import CheckpointRow
    from settings import Settings

SHOWN = 20


async def verify(out: Out, *, ledger_only: bool, grace: float | None = None) -> int:
    """`asesor verify`: 1 when something cannot be true, with the first broken link of each stream."""
    settings = present()
    async with database(settings) as db:
        client = None if ledger_only else await connect(settings)
        with out.progress("verify"):
            report = await verified(settings, db, client, grace)
    first = [asdict(problem) for problem in report.first_broken.values()]
    out.result(
        {
            "ok": report.ok,
            "histories": not ledger_only,
            **{k: v for k, v in asdict(report).items() if k != "problems"},
            "first_broken": first,
            "problems": [asdict(p) for p in report.problems],
        },
        *lines_of(report, ledger_only=ledger_only),
    )
    return Exit.OK if report.ok else Exit.WRONG


def lines_of(report: "Report", *, ledger_only: bool = False) -> list[str]:
    """The report for people: what was looked at, then the first broken link of each stream."""
    looked = f"{report.streams} aliran – streams, {report.events} peristiwa – events, "
    looked += f"{report.checkpoints} titik periksa – checkpoints"
    if not ledger_only:
        looked += f", {report.witnessed} disaksikan riwayat – confirmed by histories"
    lines = [looked]
    if report.pending:
        lines.append(f"{report.pending} sedang ditulis – being written")
    broken = list(report.first_broken.values())
    lines += [f"RUSAK – BROKEN  {p.stream} @ {p.seq}  {p.kind}: {p.detail}" for p in broken[:SHOWN]]
    if len(broken) > SHOWN:
        lines.append(f"… {len(broken) - SHOWN} aliran lagi – more streams (--json)")
    lines.append("utuh – whole" if report.ok else f"{len(report.problems)} masalah – problems")
    return lines


async def repair(out: Out, *, streams: list[str]) -> int:
    """`asesor repair`: 1 when a stream was refused, because only people can decide it."""
    from db.repair import repair as refill

    settings = present()
    async with database(settings) as db:
        client = await connect(settings)
        with out.progress("repair"):
            done = await refill(db, witnesses(settings, db, client), streams or None)
    out.result(
        {
            "ok": not done.refused,
            "events": done.events,
            "streams": sorted(done.streams),
            "refused": done.refused,
        },
        f"{done.events} peristiwa dikembalikan – events put back, {len(done.streams)} aliran – streams",
        *(f"DITOLAK – REFUSED  {stream}: {why}" for stream, why in sorted(done.refused.items())),
    )
    return Exit.WRONG if done.refused else Exit.OK


async def thaw(out: Out, *, stream: str, reason: str) -> int:
    """`asesor repair --thaw STREAM --reason …`: for whoever may reach the database of this machine, after the
    record was mended. Verifies nothing: ask `asesor verify` before.

    The case is told also where its row takes events (the right database was restored, or telling failed the
    last time); the reason is on record either way. Wrong (L-THAW) when neither was frozen.
    """
    from activities.messages import froze
    from activities.messages import thaw as tell
    from db.repair import thaw as take_up
    from db.tables import StreamRow
    from db.vault import Vault
    from tools.cli.first_filling import BY

    settings = present()
    vault, now = Vault(settings.keys("vault")), datetime.now(UTC)
    client = await connect(settings)  # first: a row that takes events again helps nobody alone
    async with database(settings) as db:
        async with db.read() as session:
            row = await session.get(StreamRow, stream)
        held = row is not None and await froze(client, row.workflow_id)
        why = await db.retrying(
            lambda session: take_up(session, vault, stream, reason, by=BY, at=now, held=held)
        )
    told = held and row is not None and await tell(client, vault, workflow_id=row.workflow_id, stream=stream)
    out.result(
        {"ok": True, "stream": stream, "frozen": why, "told": told},
        f"{stream}: diterima lagi – takes events again ({why})",
        "perkara diberi tahu – the case was told" if told else "tidak ada perkara berjalan – no case runs",
    )
    return Exit.OK


async def sealed(settings: "Settings", db: "Database") -> "CheckpointRow":
    """A checkpoint of the ledger as it is, signed with the key in use."""
    from db import checkpoints

    key = checkpoints.signing_key(settings.key(checkpoints.PURPOSE).material)
    return await db.retrying(lambda session: checkpoints.checkpoint(session, key))


async def checkpoint(out: Out) -> int:
    """`asesor checkpoint`: sign the heads of all streams. Keep the result elsewhere: it shows what is
    taken away later, the newest checkpoints included."""
    from db import checkpoints

    settings = present()
    key = checkpoints.signing_key(settings.key(checkpoints.PURPOSE).material)
    async with database(settings) as db:
        row = await sealed(settings, db)
    out.result(
        {
            "ok": True,
            **row.model_dump(include={"id", "at", "previous", "root", "signature", "public_key_id"}),
            "public_key": key.public_key().public_bytes_raw().hex(),
        },
        f"titik periksa – checkpoint {row.id}  {row.at.isoformat()}",
        f"root {row.root}",
        f"key  {row.public_key_id}",
    )
    return Exit.OK


async def archive(out: Out) -> int:
    """`asesor archive`: export every closed run that is not archived yet."""
    from activities.archive import archive_once

    settings = present()
    async with database(settings) as db:
        client = await connect(settings)
        with out.progress("archive"):
            count = await archive_once(client, db, archive_folder(settings))
    out.result(
        {"ok": True, "archived": count, "folder": str(archive_folder(settings))},
        f"{count} riwayat diarsipkan – histories archived in {archive_folder(settings)}",
    )
    return Exit.OK
