"""The first filling of the holiday table, from the `holidays` package; BNSP edits it afterwards (§ 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import holidays

from domain.calendar import Calendar, CalendarYearMissing

CATEGORIES = ("public", "government")
"""National holidays, and collective leave (cuti bersama) as far as the package knows its decree."""
ESTIMATED = "(perkiraan)"
"""The package's Indonesian mark on a day of the moon calendar that no decree has fixed yet."""


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """One line of the editable table. A day that is both kinds has two lines."""

    day: date
    name: str
    """In Indonesian."""
    category: str
    """`public` or `government`."""
    estimated: bool
    """True when the day may still move: somebody should look at it again."""


def seed_rows(years: Iterable[int]) -> list[HolidayRow]:
    """Every holiday of those years, weekends included, by day.

    Raises CalendarYearMissing for a year of which the package knows nothing.
    """
    rows = [
        HolidayRow(day, name.removesuffix(ESTIMATED).rstrip(), category, name.endswith(ESTIMATED))
        for year in sorted(set(years))
        for category in CATEGORIES
        for day, name in _holidays_of(year, category).items()
    ]
    return sorted(rows, key=lambda row: (row.day, row.category))


def seed(years: Iterable[int]) -> Calendar:
    """The calendar of those years, with a version such as `holidays-0.109/ID/2026-2029`.

    Years with gaps are listed one by one. Raises CalendarYearMissing for a year of which the package
    knows nothing.
    """
    held = sorted(set(years))
    return Calendar(
        version=_version(held), years=tuple(held), non_working=tuple(row.day for row in seed_rows(held))
    )


def _holidays_of(year: int, category: str) -> dict[date, str]:
    # `expand` off: by default the package silently adds whatever year is asked for.
    found = holidays.country_holidays("ID", categories=(category,), years=year, language="id", expand=False)
    if category == "public" and not found:
        raise CalendarYearMissing.of(year, _version([year]))
    return {day: name for day, name in found.items() if day.year == year}


def _version(years: list[int]) -> str:
    if not years:
        span = "none"
    elif years == list(range(years[0], years[-1] + 1)):
        span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
    else:
        span = ",".join(map(str, years))
    return f"holidays-{version('holidays')}/ID/{span}"
