"""`asesor simulate`: look at a simulation's time, and move it."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from domain.clock import Zone, at, format_wib
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import connect, database, present

if TYPE_CHECKING:
    from api.simulation import Advanced
    from db.session import Database

SPAN = re.compile(r"(\d+)\s*(w|d|h|m)")
UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}
LONGEST = timedelta(days=36525)


def span(text: str) -> timedelta:
    """`20d`, `36h`, `2w`, `90m` or several together (`1d12h`). CommandFailed (2) for anything else."""
    given = text.strip().lower()
    if not given or SPAN.sub("", given).strip():
        raise CommandFailed(
            Exit.USAGE,
            f"Bukan lama waktu: {text}. Contoh: 20d, 36h, 2w, 1d12h.",
            f"Not a length of time: {text}. Such as 20d, 36h, 2w, 1d12h.",
        )
    parts = [(int(n), UNITS[unit]) for n, unit in SPAN.findall(given)]
    if sum(n * unit.total_seconds() for n, unit in parts) > LONGEST.total_seconds():
        raise CommandFailed(Exit.USAGE, f"Terlalu lama: {text}.", f"Too long: {text}.")
    return sum((n * unit for n, unit in parts), timedelta())


def moment(text: str) -> datetime:
    """`2026-12-01` (its first instant in WIB), or a moment, in WIB without a zone. CommandFailed (2)."""
    try:
        if len(text) == len("2026-12-01"):
            return at(date.fromisoformat(text), 0)
        given = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(
            Exit.USAGE,
            f"Bukan tanggal: {text}. Contoh: 2026-12-01 atau 2026-12-01T16:00.",
            f"Not a date: {text}. Such as 2026-12-01 or 2026-12-01T16:00.",
        ) from None
    return (given if given.tzinfo else given.replace(tzinfo=Zone.WIB.tz)).astimezone(UTC)


async def clock(out: Out) -> int:
    """`simulate now`: business time, and where an interrupted advance was going."""
    from db import reads

    async with database(present()) as db:
        now, target = await _clock(db)
        async with db.read() as session:
            following = await reads.next_moment(session)
    out.result(
        {"ok": True, "now": now, "target": target, "next": following},
        f"sekarang – now      {format_wib(now)}",
        *([f"menuju – target     {format_wib(target)}  (asesor simulate advance)"] if target > now else []),
        f"berikut – next      {format_wib(following) if following else 'tidak ada – nothing'}",
    )
    return Exit.OK


async def following(out: Out) -> int:
    """`simulate next`: to the next moment at which anything will happen by itself."""
    from api import simulation

    settings = present()
    async with database(settings) as db:
        await _clock(db)
        client = await connect(settings)
        to = await simulation.next_moment(db, client)
        if to is None:
            now, _ = await _clock(db)
            out.result(
                {"ok": True, "now": now, "moments": 0, "ticks": 0},
                "tidak ada yang menunggu waktu – nothing waits for time",
            )
            return Exit.OK
        now, _ = await _clock(db)
        done = await simulation.advance(db, client, max(to, now))
    return _told(out, done)


async def advance(out: Out, *, by: str = "", to: str = "") -> int:
    """`simulate advance 20d`, `simulate to 2026-12-01`; neither: where an interrupted one was going."""
    from api import simulation

    settings = present()
    length, until = span(by) if by else None, moment(to) if to else None
    async with database(settings) as db:
        now, target = await _clock(db)
        client = await connect(settings)
        goal = until or (now + length if length is not None else target)
        with out.progress("simulate", max((goal - now).days, 1)) as step:
            before = now

            async def passed(when: datetime, _ticks: int) -> None:
                nonlocal before
                step(max((when - before).days, 0))
                before = when

            done = await simulation.advance(db, client, goal, progress=passed)
    return _told(out, done)


def _told(out: Out, done: "Advanced") -> int:
    out.result(
        {"ok": True, "now": done.now, "moments": done.moments, "ticks": done.ticks},
        f"sekarang – now      {format_wib(done.now)}",
        f"{done.moments} saat dilalui – moments passed, {done.ticks} perkara digerakkan – cases moved",
    )
    return Exit.OK


async def _clock(db: "Database") -> tuple[datetime, datetime]:
    from db import reads

    async with db.read() as session:
        row = await reads.sim_clock(session)
    if row is None:
        raise CommandFailed(
            Exit.CONFIG,
            "Tidak ada simulasi di sini; jalankan `asesor up --simulation` atau `asesor demo`.",
            "There is no simulation here; run `asesor up --simulation` or `asesor demo`.",
        )
    return row.now, row.target
