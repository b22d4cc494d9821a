"""The first filling of an empty database: one scheme, BNSP itself, the holidays."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import calendar_seed
from db.people_tables import CalendarVersion
from db.registry.base import DEFAULT_SCHEME
from db.registry.calendars import HolidayData, put_calendar
from db.registry.organisations import OrganisationData, put_organisation
from db.registry.schemes import SchemeData, put_scheme
from domain.facts import OrganiserKind, UnitFacts
from domain.reference import ABILITIES
from domain.roles import SYSTEM

SCHEME = SchemeData(
    id=DEFAULT_SCHEME,
    version="1",
    name_id="Asesor Kompetensi",
    name_en="Competency assessor",
    field="asesmen-kompetensi",
    units=tuple(
        UnitFacts(id=a.id, ability=a.id, code=a.code, title=a.unit_title.id, verified=a.verified)
        for a in ABILITIES
    ),
)
"""The one scheme of the programme [S]; its unit codes are unverified placeholders [P]."""
BNSP = OrganisationData(
    id="BNSP", kind=OrganiserKind.BNSP, name="Badan Nasional Sertifikasi Profesi", licence="ACTIVE"
)


async def seed(session: AsyncSession, *, years: Sequence[int], at: datetime) -> None:
    """What an empty product needs: BNSP itself, the assessor's scheme, the holiday table. Harmless again."""
    await put_organisation(session, BNSP, by=SYSTEM, at=at)
    await put_scheme(session, SCHEME, by=SYSTEM, at=at)
    if (await session.exec(select(CalendarVersion.version).limit(1))).first() is None:
        rows = calendar_seed.seed_rows(years)
        await put_calendar(
            session,
            version=calendar_seed.seed(years).version,
            years=years,
            holidays=_HOLIDAYS.validate_python(rows, from_attributes=True),
            by=SYSTEM,
            at=at,
        )


_HOLIDAYS: TypeAdapter[list[HolidayData]] = TypeAdapter(list[HolidayData])
