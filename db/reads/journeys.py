"""Journeys, and the certificates that come of them."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads.pages import PAGE, Order, Page, page_of
from db.tables import CertificateRow, JourneyRow


async def journeys(
    session: AsyncSession,
    *,
    person: str = "",
    programme: str = "",
    organiser: str = "",
    state: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[JourneyRow]:
    """Journeys of a person, of a programme (its stream) or of an organiser; the latest change first."""
    query = select(JourneyRow)
    for column, value in (
        (JourneyRow.person, person),
        (JourneyRow.programme, programme),
        (JourneyRow.organiser, organiser),
        (JourneyRow.state, state),
    ):
        if value:
            query = query.where(col(column) == value)
    order = Order((col(JourneyRow.updated_at), col(JourneyRow.stream)), (datetime, str), descending=True)
    return await page_of(session, query, order, cursor, limit, lambda r: (r.updated_at, r.stream))


async def journey(session: AsyncSession, stream: str) -> JourneyRow | None:
    return (await session.exec(select(JourneyRow).where(JourneyRow.stream == stream))).one_or_none()


async def journeys_of(session: AsyncSession, streams: Collection[str]) -> list[JourneyRow]:
    """These journeys, by stream."""
    found = await session.exec(
        select(JourneyRow).where(col(JourneyRow.stream).in_(list(streams))).order_by(col(JourneyRow.stream))
    )
    return list(found)


async def certificate(session: AsyncSession, stream: str) -> CertificateRow | None:
    return (await session.exec(select(CertificateRow).where(CertificateRow.stream == stream))).one_or_none()


async def certificate_by_code(session: AsyncSession, check_code: str) -> CertificateRow | None:
    """The certificate of an unguessable code; anyone may ask. None for an empty or unknown code."""
    if not check_code:
        return None
    found = await session.exec(select(CertificateRow).where(CertificateRow.check_code == check_code))
    return found.first()


async def certificates(
    session: AsyncSession,
    *,
    person: str = "",
    state: str = "",
    number: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[CertificateRow]:
    """Certificates, those that end first before the others; `number` is any of the three."""
    query = select(CertificateRow)
    if person:
        query = query.where(CertificateRow.person == person)
    if state:
        query = query.where(CertificateRow.state == state)
    if number:
        query = query.where(
            or_(
                col(CertificateRow.certificate_number) == number,
                col(CertificateRow.registration_number) == number,
                col(CertificateRow.blank_number) == number,
            )
        )
    order = Order((col(CertificateRow.valid_until), col(CertificateRow.stream)), (date, str))
    return await page_of(session, query, order, cursor, limit, lambda r: (r.valid_until, r.stream))
