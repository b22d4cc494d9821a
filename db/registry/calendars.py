"""Holiday tables, version by version."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import Field
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import CalendarVersion, Holiday
from db.registry.base import Model
from db.streams import append_row_event
from domain.calendar import Calendar
from domain.errors import Malformed, NotFound
from domain.roles import Actor


class HolidayData(Model):
    """One non-working day; a day that is both kinds has two."""

    day: date
    name: str = Field(min_length=1, max_length=200)
    category: str = Field(default="public", pattern=r"^(public|government)$")
    estimated: bool = False


async def put_calendar(
    session: AsyncSession,
    *,
    version: str,
    years: Sequence[int],
    holidays: Sequence[HolidayData],
    by: Actor,
    at: datetime,
) -> None:
    """Add a version of the holiday table; new cases get it, open ones keep their snapshot (§ 6).

    The same version again changes nothing. Malformed (C-DAY) for a day of a year that it does not hold.
    """
    if await session.get(CalendarVersion, version) is not None:
        return
    held = sorted(set(years))
    stray = sorted({h.day.year for h in holidays} - set(held))
    if stray or not held:
        raise Malformed.because(
            "C-DAY", "Ada hari di luar tahun tabel.", "A day lies outside the table's years.", years=stray
        )
    number = (await session.exec(select(func.coalesce(func.max(col(CalendarVersion.number)), 0)))).one() + 1
    session.add(
        CalendarVersion(version=version, number=number, years=held, created_by=by.account, created_at=at)
    )
    await session.flush()
    session.add_all(
        Holiday(version=version, **h.model_dump())
        for h in {(h.day, h.category): h for h in holidays}.values()
    )
    await session.flush()
    days = sorted({h.day.isoformat() for h in holidays})
    await append_row_event(
        session,
        "calendar-id",
        "calendar_version_added",
        by,
        {"version": version, "years": held, "days": days},
        at,
    )


async def calendar(
    session: AsyncSession, *, version: str = "", years: Iterable[int] | None = None
) -> Calendar:
    """The newest holiday table (or that version), cut to the years asked for that it holds.

    NotFound (C-NONE) while there is none.
    """
    found = select(CalendarVersion).order_by(col(CalendarVersion.number).desc())
    if version:
        found = found.where(CalendarVersion.version == version)
    row = (await session.exec(found.limit(1))).first()
    if row is None:
        raise NotFound.because(
            "C-NONE", "Tabel hari libur belum ada.", "There is no holiday table yet.", calendar=version
        )
    held = tuple(y for y in row.years if years is None or y in set(years))
    # A version never changes, and every command asks for it: one made before is as good as a new one.
    made = _CALENDARS.setdefault(session.get_bind(), {})
    if (row.version, held) not in made:
        days = await session.exec(select(col(Holiday.day)).where(Holiday.version == row.version))
        made[row.version, held] = Calendar(
            version=row.version, years=held, non_working=tuple(d for d in days if d.year in held)
        )
    return made[row.version, held]


_CALENDARS: WeakKeyDictionary[Any, dict[tuple[str, tuple[int, ...]], Calendar]] = WeakKeyDictionary()
"""Calendars by database, version and years."""
