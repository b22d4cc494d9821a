"""Certification schemes and their units, version by version."""

from datetime import datetime

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Scheme, SchemeUnit
from db.registry.base import Model
from db.streams import append_row_event
from domain.errors import Conflict, NotFound
from domain.facts import SchemeFacts, UnitFacts
from domain.roles import Actor


class SchemeData(Model):
    """One version of a scheme. A version is never changed: a changed scheme is a new version."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{2,80}$")
    version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    name_id: str = Field(min_length=1, max_length=200)
    name_en: str = Field(min_length=1, max_length=200)
    field: str = Field(min_length=1, max_length=80)
    units: tuple[UnitFacts, ...]
    licensed: bool = False
    verified: bool = False


async def put_scheme(session: AsyncSession, data: SchemeData, *, by: Actor, at: datetime) -> None:
    """Add a scheme's version and make it the current one; the same again changes nothing.

    Conflict (G-SCHEME) for a version that is there with other content: cases rest on it.
    """
    there = await session.get(Scheme, (data.id, data.version))
    if there is not None:
        if await scheme_data(session, data.id, data.version) == data:
            return
        raise Conflict.because(
            "G-SCHEME",
            "Versi skema itu sudah ada dengan isi lain; buat versi baru.",
            "This scheme version exists with other content; make a new version.",
        )
    for older in await session.exec(select(Scheme).where(Scheme.id == data.id, col(Scheme.current))):
        older.current = False
    session.add(Scheme(**data.model_dump(exclude={"units"})))
    session.add_all(
        SchemeUnit(scheme=data.id, version=data.version, position=n, **unit.model_dump())
        for n, unit in enumerate(data.units)
    )
    await session.flush()
    await append_row_event(
        session, f"scheme-{data.id}", "scheme_version_added", by, data.model_dump(mode="json"), at
    )


async def scheme_data(session: AsyncSession, id: str, version: str = "") -> SchemeData:
    """A scheme's version, the current one when none is given. NotFound (G-SCHEME)."""
    found = select(Scheme).where(Scheme.id == id)
    found = found.where(Scheme.version == version) if version else found.where(col(Scheme.current))
    row = (await session.exec(found)).first()
    if row is None:
        raise NotFound.because("G-SCHEME", "Skema ini tidak dikenal.", "This scheme is not known.")
    units = await session.exec(
        select(SchemeUnit)
        .where(SchemeUnit.scheme == row.id, SchemeUnit.version == row.version)
        .order_by(col(SchemeUnit.position))
    )
    return SchemeData(
        **row.model_dump(exclude={"current"}),
        units=tuple(
            UnitFacts(id=u.id, ability=u.ability, code=u.code, title=u.title, verified=u.verified)
            for u in units
        ),
    )


async def scheme_facts(session: AsyncSession, id: str, version: str = "") -> SchemeFacts | None:
    """What rules see of a scheme; None when it is not known."""
    try:
        data = await scheme_data(session, id, version)
    except NotFound:
        return None
    return SchemeFacts(
        id=data.id, version=data.version, field=data.field, units=data.units, licensed=data.licensed
    )
