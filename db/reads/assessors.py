"""Assessors of an organisation: persons whom it recommended, with the certificates that came of it."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import CertificateRow, JourneyRow, SeatRow

STANDING = ("ACTIVE", "SUSPENDED", "EXPIRED")
"""States of a certificate that may still be followed by a recertification."""


async def recommended_certificates(
    session: AsyncSession, organisation: str, limit: int = 500
) -> Sequence[CertificateRow]:
    """Certificates that came of this organisation's recommendation, whoever organised the programme; the
    earliest end first. What was replaced, renewed or revoked is left out."""
    found = await session.exec(
        select(CertificateRow)
        .join(
            JourneyRow,
            (col(JourneyRow.stream) == col(CertificateRow.journey))
            | (col(JourneyRow.id) == col(CertificateRow.journey)),
        )
        .join(
            SeatRow,
            (col(SeatRow.stream) == col(JourneyRow.programme)) & (col(SeatRow.id) == col(JourneyRow.seat)),
        )
        .where(SeatRow.recommending == organisation, col(CertificateRow.state).in_(STANDING))
        .order_by(col(CertificateRow.valid_until), col(CertificateRow.stream))
        .limit(limit)
    )
    return list(found)
