"""Reference data as administration looks at it: every version, not the current one alone."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import CalendarVersion, Holiday, Scheme, SchemeUnit


async def scheme_versions(session: AsyncSession) -> list[Scheme]:
    """Every version of every scheme, the current one of each first."""
    found = await session.exec(
        select(Scheme).order_by(col(Scheme.id), col(Scheme.current).desc(), col(Scheme.version).desc())
    )
    return list(found)


async def scheme_units(session: AsyncSession) -> list[SchemeUnit]:
    """The units of every version of every scheme, in their order."""
    found = await session.exec(
        select(SchemeUnit).order_by(
            col(SchemeUnit.scheme), col(SchemeUnit.version), col(SchemeUnit.position), col(SchemeUnit.id)
        )
    )
    return list(found)


async def calendar_versions(session: AsyncSession) -> list[CalendarVersion]:
    """Holiday tables, the newest first: new cases get that one."""
    found = await session.exec(select(CalendarVersion).order_by(col(CalendarVersion.number).desc()))
    return list(found)


async def holidays(session: AsyncSession, version: str, year: int) -> Sequence[Holiday]:
    """The non-working days of that year in that version."""
    found = await session.exec(
        select(Holiday)
        .where(
            Holiday.version == version,
            col(Holiday.day) >= date(year, 1, 1),
            col(Holiday.day) <= date(year, 12, 31),
        )
        .order_by(col(Holiday.day), col(Holiday.category))
    )
    return list(found)
