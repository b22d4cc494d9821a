"""Months as grids: working days, holidays by name, and what falls on each day."""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api import reference
from api.runtime import Runtime
from domain.clock import local_day
from domain.errors import NotFound

SATURDAY = 5


@dataclass(frozen=True)
class DayCell:
    """One day of a month."""

    day: date
    working: bool
    holiday: str = ""
    """The holiday's name; empty for a plain working day or weekend."""
    mark: str = ""
    """`chosen`, `today` or `early` (before the day that is early enough)."""
    events: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Month:
    """A month in weeks of seven places, Monday first; None before its first and after its last day."""

    first: date
    weeks: tuple[tuple[DayCell | None, ...], ...]
    known: bool
    """Does the holiday table hold this year? Otherwise only weekends are marked."""


async def beside(runtime: Runtime, days: Sequence[str], early: date | None, count: int) -> tuple[Month, ...]:
    """Months to choose class days from: from the first chosen day, the first one early enough, or today."""
    today = local_day(await runtime.gateway.business_now())
    chosen = sorted(date.fromisoformat(day) for day in days)
    begin = chosen[0] if chosen else early or today
    marks = dict.fromkeys(chosen, "chosen") | ({today: "today"} if today not in chosen else {})
    return await grids(runtime, begin, count, marks=marks, early=early)


async def grids(
    runtime: Runtime,
    begin: date,
    count: int,
    *,
    marks: Mapping[date, str] | None = None,
    early: date | None = None,
    events: Mapping[date, Iterable[Mapping[str, Any]]] | None = None,
) -> tuple[Month, ...]:
    """So many months from that of `begin` on."""
    months = (begin.year * 12 + begin.month - 1 + n for n in range(count))
    firsts = [date(month // 12, month % 12 + 1, 1) for month in months]
    holidays: dict[int, dict[str, str] | None] = {}
    for year in sorted({first.year for first in firsts}):
        holidays[year] = await _holidays(runtime, year)

    def cell(day: date) -> DayCell:
        table = holidays[day.year] or {}
        name = table.get(day.isoformat(), "")
        mark = (marks or {}).get(day, "")
        if not mark and early is not None and day < early:
            mark = "early"
        return DayCell(
            day, day.weekday() < SATURDAY and not name, name, mark, tuple((events or {}).get(day, ()))
        )

    def month(first: date) -> Month:
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        rows = tuple(tuple(cell(d) if d.month == first.month else None for d in week) for week in weeks)
        return Month(first, rows, holidays[first.year] is not None)

    return tuple(month(first) for first in firsts)


async def _holidays(runtime: Runtime, year: int) -> dict[str, str] | None:
    try:
        found = await reference.holidays(runtime, "", year)
    except NotFound:
        return None
    return {h["day"]: h["name"] for h in found["days"]} if found["years"] else None
