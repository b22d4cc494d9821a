"""Organisations: organisers and recommending institutions, with their licences and schemes."""

from collections.abc import Iterable
from datetime import date, datetime

from pydantic import Field
from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Organisation, OrganisationScheme
from db.registry.base import Model
from db.streams import append_row_event
from domain.errors import Conflict, NotFound
from domain.facts import OrganiserFacts, OrganiserKind
from domain.roles import Actor


class OrganisationData(Model):
    """An organisation as it is to be. Schemes by id."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{2,80}$")
    kind: OrganiserKind
    name: str = Field(min_length=1, max_length=200)
    licence: str = Field(default="NONE", pattern=r"^(NONE|IN_PROCESS|ACTIVE|SUSPENDED|REVOKED|EXPIRED)$")
    licence_valid_until: date | None = None
    approved_to_recommend: bool = False
    bnsp_confirmed: bool | None = None
    licensed_schemes: tuple[str, ...] = ()
    verified_schemes: tuple[str, ...] = ()


async def put_organisation(
    session: AsyncSession, data: OrganisationData, *, by: Actor, at: datetime, expected: int | None = None
) -> None:
    """Make or change an organisation; the same data again changes nothing.

    `expected` is the version that the editor saw: Conflict (A-VERSION) when somebody was faster.
    """
    row = await session.get(Organisation, data.id, with_for_update=True)
    if expected is not None and expected != (row.version if row else 0):
        raise Conflict.because(
            "A-VERSION",
            "Data ini sudah diubah orang lain; muat ulang lalu ulangi.",
            "Somebody changed this meanwhile; reload and try again.",
        )
    if row is not None and await organisation_data(session, data.id) == data:
        return
    plain = data.model_dump(exclude={"id", "kind", "licensed_schemes", "verified_schemes"})
    if row is None:
        row = Organisation(id=data.id, kind=data.kind.value, updated_at=at, **plain)
        type_ = "organisation_registered"
    else:
        row.version += 1
        row.kind, row.updated_at = data.kind.value, at
        row.sqlmodel_update(plain)
        type_ = "organisation_changed"
    session.add(row)
    await session.flush()
    await session.exec(delete(OrganisationScheme).where(col(OrganisationScheme.organisation) == data.id))
    licensed, verified = set(data.licensed_schemes), set(data.verified_schemes)
    session.add_all(
        OrganisationScheme(
            organisation=data.id, scheme=scheme, licensed=scheme in licensed, verified=scheme in verified
        )
        for scheme in sorted(licensed | verified)
    )
    await session.flush()
    await append_row_event(session, f"org-{data.id}", type_, by, data.model_dump(mode="json"), at)


async def organisation_data(session: AsyncSession, id: str) -> OrganisationData:
    """The organisation as it stands. NotFound (G-ORG)."""
    row = await session.get(Organisation, id)
    if row is None:
        raise NotFound.because("G-ORG", "Lembaga ini tidak dikenal.", "This organisation is not known.")
    schemes = list(
        await session.exec(
            select(OrganisationScheme)
            .where(OrganisationScheme.organisation == id)
            .order_by(col(OrganisationScheme.scheme))
        )
    )
    return OrganisationData(
        id=row.id,
        kind=OrganiserKind(row.kind),
        name=row.name,
        licence=row.licence,
        licence_valid_until=row.licence_valid_until,
        approved_to_recommend=row.approved_to_recommend,
        bnsp_confirmed=row.bnsp_confirmed,
        licensed_schemes=tuple(s.scheme for s in schemes if s.licensed),
        verified_schemes=tuple(s.scheme for s in schemes if s.verified),
    )


async def organisations(session: AsyncSession, ids: Iterable[str]) -> dict[str, OrganiserFacts]:
    """What rules see of these organisations; unknown ones are left out."""
    wanted = sorted({id for id in ids if id})
    rows = await session.exec(select(Organisation).where(col(Organisation.id).in_(wanted)))
    schemes: dict[str, list[OrganisationScheme]] = {}
    for scheme in await session.exec(
        select(OrganisationScheme)
        .where(col(OrganisationScheme.organisation).in_(wanted))
        .order_by(col(OrganisationScheme.scheme))
    ):
        schemes.setdefault(scheme.organisation, []).append(scheme)
    return {
        row.id: OrganiserFacts.model_validate(
            {
                "id": row.id,
                "kind": row.kind,
                "licence": row.licence,
                "licence_valid_until": row.licence_valid_until,
                "licensed_schemes": tuple(s.scheme for s in schemes.get(row.id, []) if s.licensed),
                "verified_schemes": tuple(s.scheme for s in schemes.get(row.id, []) if s.verified),
                "approved_to_recommend": row.approved_to_recommend,
                "bnsp_confirmed": row.bnsp_confirmed,
            }
        )
        for row in rows
    }


async def organisation_names(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """Display names by id; unknown ones are left out."""
    rows = await session.exec(
        select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(sorted(set(ids))))
    )
    return dict(rows.all())
