"""Evidence: what was handed in, by digest."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Document
from db.streams import append_row_event
from domain.errors import Malformed
from domain.roles import Actor
from domain.text import Text


async def add_document(
    session: AsyncSession,
    *,
    digest: str,
    media_type: str,
    size: int,
    requirement: str,
    person: str,
    application: str,
    dated: date | None,
    by: Actor,
    at: datetime,
) -> Document:
    """Note an uploaded document. The same one again for the same purpose gives the first row; the same
    bytes anywhere else make it a duplicate, which the review leaves to a person."""
    same = list(
        await session.exec(
            select(Document).where(Document.digest == digest).order_by(col(Document.uploaded_at))
        )
    )
    for row in same:
        if (row.requirement, row.person, row.application) == (requirement, person, application):
            return row
    row = Document(
        id=str(uuid.uuid4()),
        digest=digest,
        media_type=media_type,
        size=size,
        requirement=requirement,
        person=person,
        application=application,
        dated=dated,
        uploaded_by=by.account,
        uploaded_at=at,
        duplicate_of=next((d.id for d in same if d.person != person), ""),
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:  # the same upload, twice at once: the other one has noted it by now
        return (
            await session.exec(
                select(Document).where(
                    Document.digest == digest,
                    Document.requirement == requirement,
                    Document.person == person,
                    Document.application == application,
                )
            )
        ).one()
    await append_row_event(
        session,
        f"person-{person}" if person else f"draft-{application}",
        "document_added",
        by,
        {"document": row.id, "digest": digest, "requirement": requirement, "application": application},
        at,
    )
    return row


async def require_documents(session: AsyncSession, stream: str, digests: Sequence[str]) -> None:
    """Malformed (D-UNKNOWN) unless each of these was uploaded for this case: what never was is not filed."""
    if not digests:
        return
    found = await session.exec(
        select(Document.digest).where(
            col(Document.digest).in_(sorted(set(digests))), Document.application == stream
        )
    )
    known = set(found)
    lost = [d for d in dict.fromkeys(digests) if d not in known]
    if lost:
        raise Malformed.because(
            "D-UNKNOWN",
            "Dokumen atau formulir yang disebut belum diunggah untuk perkara ini.",
            "A document or form that is named was not uploaded for this case.",
            remedy=Text(
                id="Unggah dokumennya lebih dahulu, lalu sebutkan sidiknya (digest).",
                en="Upload the document first, then name its digest.",
            ),
            digests=lost,
        )
