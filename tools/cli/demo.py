"""`asesor demo`: the same product in a simulation of its own, one programme from request to certificates.

What happens in it stands in examples/demonstration.py and goes through the HTTP API. Here: a fresh folder,
the people of examples/, and at the end what the witnesses say of it.
"""

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from settings import Settings, load
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import connect, database
from tools.cli.shape import for_demonstration, for_visitors
from tools.cli.stack import Stack, stack, until_stopped, until_told
from tools.cli.up import shown, welcome

if TYPE_CHECKING:
    from activities.replaying import Replayed
    from db.findings import Report

MARK = ".asesor-demo"
"""In every folder that a demonstration may empty."""
CERTIFICATES = "certificates"
"""Folder in the demonstration's own: the certificates' files, as people downloaded them."""
KEPT = frozenset({"run.json", "run.lock", MARK})
"""What the supervisor holds open, or reads, while the folder is emptied."""


@dataclass(frozen=True)
class Verdict:
    """What the two witnesses say after the story."""

    story: int
    report: "Report"
    replayed: "list[Replayed]"
    counts: dict[str, dict[str, int]]
    seconds: float

    @property
    def ok(self) -> bool:
        return self.story == 0 and self.report.ok and all(r.ok for r in self.replayed)


async def demo(out: Out, *, keep: bool, resume: bool) -> int:
    """0 when the story came out as expected, the ledger is whole and every history replays."""
    base = load()
    if base.production:
        raise CommandFailed(
            Exit.CONFIG,
            "Demonstrasi tidak dijalankan dengan ENVIRONMENT=production.",
            "The demonstration does not run with ENVIRONMENT=production.",
        )
    return await until_told(_demo(out, overrides(base, resume=resume), keep=keep, resume=resume), out)


def overrides(base: Settings, *, resume: bool) -> dict[str, Any]:
    """Settings that never touch other data: whatever the environment names, the demonstration's are its
    own folder, database, keys and clock. On a Temporal server that is not ours it has its own namespace."""
    folder = base.var_dir / "demo"
    namespace = f"asesor-demo-{int(time.time())}"
    if resume and (folder / MARK).exists():
        namespace = (folder / MARK).read_text().strip() or namespace
    own = dict.fromkeys(("database_url", "documents", "mail_folder", "public_url", "secret_key"), "")
    return {
        **own,
        "secret_keys_retired": (),
        "var_dir": folder,
        "clock": "simulation",
        "sqlite_synchronous": "NORMAL",
        **({"temporal_namespace": namespace} if base.temporal_address else {}),
    }


async def _demo(out: Out, own: dict[str, Any], *, keep: bool, resume: bool) -> int:
    from examples.actors import StoryBroken
    from examples.demonstration import run

    began = time.monotonic()
    async with stack(own, out, for_demonstration, empty=None if resume else emptied) as running:
        out.say(f"siap dalam – ready in {running.seconds:.1f} s: {running.url}  {running.temporal_ui}")
        try:
            code = await run(running.url, running.accounts, out.say, running.settings.var_dir / CERTIFICATES)
        except StoryBroken as broken:  # the witnesses are heard all the same: they tell why
            out.say(": ".join(map(str, broken.args)))
            code = Exit.WRONG
        verdict = await judged(out, running, code, time.monotonic() - began)
        tell(out, running, verdict)
        if keep and verdict.ok:
            await _left_open(out, running)
    return Exit.OK if verdict.ok else Exit.WRONG


async def _left_open(out: Out, running: Stack) -> None:
    """Work in everybody's inbox, who may sign in, and then whatever the visitor does, until told to stop."""
    from examples.story.office import fill_the_desks

    accounts = await for_visitors(running.settings)
    with tempfile.TemporaryDirectory(prefix="asesor-contoh-") as folder:
        await fill_the_desks(running.url, accounts, out.say, Path(folder))
    if not out.json:
        out.result({}, "", out.table(HEADINGS, _visitors(accounts)))
        welcome(out, running)
    await until_stopped(running)


HEADINGS = ("siapa – who", "nama pengguna – user name", "kata sandi – password", "di meja – on the desk")


def _visitors(accounts: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Who may sign in, a line for each hat: what waits for them there."""
    from examples.story.office import DESKS

    return [(who, name, accounts[name], desk) for name, who, desk in DESKS]


def emptied(settings: Settings) -> None:
    """Empty the demonstration's folder, and only a folder that a demonstration made. CommandFailed (78)."""
    folder = settings.var_dir
    mark = folder / MARK
    ours = {"log", "ready", *KEPT}
    if not mark.exists() and any(entry.name not in ours for entry in folder.iterdir()):
        raise CommandFailed(
            Exit.CONFIG,
            f"{folder} bukan folder demonstrasi; pindahkan isinya, atau berikan VAR_DIR lain.",
            f"{folder} is not a demonstration's folder; move what is in it, or give another VAR_DIR.",
        )
    mark.write_text(settings.temporal_namespace)
    for entry in folder.iterdir():
        if entry.name in KEPT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for name in ("log", "ready"):
        (folder / name).mkdir()


async def judged(out: Out, running: Stack, story: int, seconds: float) -> Verdict:
    """Let everything come to rest, then ask the ledger and the histories."""
    from activities.replaying import replay_histories, stored_histories
    from activities.verifying import verified
    from api.simulation import settle
    from tools.cli.ledger import sealed

    settings = running.settings
    async with database(settings) as db:
        client = await connect(settings)
        await settle(db, client)
        await sealed(settings, db)
        with out.progress("verify"):
            report = await verified(settings, db, client)
        replayed = []
        with out.progress("replay") as step:
            async for result in replay_histories(stored_histories(settings, db, client), settings):
                replayed.append(result)
                step(1)
        counts = await _counts(db)
    return Verdict(story, report, replayed, counts, seconds)


async def _counts(db: Any) -> dict[str, dict[str, int]]:
    """How many of each kind ended in which state."""
    from sqlalchemy import func
    from sqlmodel import col, select

    from db.tables import CertificateRow, JourneyRow, ProgrammeRow, SeatRow, TaskRow

    found: dict[str, dict[str, int]] = {}
    models = (
        ("programmes", ProgrammeRow),
        ("seats", SeatRow),
        ("journeys", JourneyRow),
        ("certificates", CertificateRow),
        ("tasks", TaskRow),
    )
    async with db.read() as session:
        for name, model in models:
            rows = await session.exec(
                select(model.state, func.count()).group_by(col(model.state)).order_by(col(model.state))
            )
            found[name] = dict(rows.all())
    return found


def tell(out: Out, running: Stack, verdict: Verdict) -> None:
    """The table: what came out, and whether two independent records agree about it."""
    from tools.cli.ledger import lines_of

    runs = {r.run_id for r in verdict.replayed}
    failed = [r for r in verdict.replayed if not r.ok]
    rows = [
        (name, state, number) for name, states in verdict.counts.items() for state, number in states.items()
    ]
    out.result(
        {
            "ok": verdict.ok,
            "story": verdict.story,
            "seconds": round(verdict.seconds, 1),
            "counts": verdict.counts,
            "ledger": {
                "ok": verdict.report.ok,
                "streams": verdict.report.streams,
                "events": verdict.report.events,
                "checkpoints": verdict.report.checkpoints,
                "witnessed": verdict.report.witnessed,
                "problems": len(verdict.report.problems),
            },
            "replay": {"runs": len(runs), "failed": len({r.run_id for r in failed})},
            "folder": str(running.settings.var_dir),
            "certificates": str(running.settings.var_dir / CERTIFICATES),
            "mail": str(running.settings.mail_folder),
        },
        "",
        out.table(("apa – what", "keadaan – state", "jumlah – number"), rows),
        "",
        "buku besar – ledger: " + "\n  ".join(lines_of(verdict.report)),
        f"riwayat – histories: {len(runs)} diulang – replayed, sandbox on/off; "
        f"{len({r.run_id for r in failed})} tidak sesuai – differ",
        *(f"  {r.workflow_id} {r.run_id} sandbox {r.sandbox}: {r.problem}" for r in failed[:10]),
        f"data: {shown(running.settings.var_dir)}",
        f"  sertifikat – certificates  {shown(running.settings.var_dir / CERTIFICATES)}",
        f"  surat – mails (.eml)       {shown(running.settings.mail_folder)}",
        f"asesor: {'semua sesuai – all as expected' if verdict.ok else 'ADA YANG SALAH – SOMETHING IS WRONG'}"
        f", {verdict.seconds:.1f} s",
    )
