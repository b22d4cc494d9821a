"""Uploaded evidence: kept by its digest, noted with what it shows, given out as something that cannot run."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.documents import ENDINGS
from api import idempotency, listings, uploads, views
from api.pictures import Drawn
from api.runtime import Runtime
from api.schemas.exact import Day
from api.sight import missing, sees_file, sees_masked, staff, stranger
from db import drafts, registry
from db.identity import Access
from db.people_tables import Document
from domain.cases import Case
from domain.document_names import document_name
from domain.errors import DomainError, Forbidden, Refused
from domain.policy import CURRENT, Policy
from domain.text import Text

Requirement = Annotated[
    str,
    Query(
        pattern=r"^[A-Za-z0-9_.-]{2,40}$",
        description="What it shows: "
        + "".join(
            f"`{name}` ({document_name(name).en}), "
            for asked in CURRENT.requirements
            for name in asked.documents
        )
        + "or a form such as `FR.APL.01`.",
        examples=["recommendation_letter"],
    ),
]
Dated = Annotated[Day | None, Query(description="The day that stands on the document.")]
MEAN_SIZE = 2 * 1024 * 1024
"""Bytes for which there is room a document, on the average: a scanned page or two."""
DOCS = uploads.body_docs(*CURRENT.upload_types)
SANDBOX = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


async def keep(
    request: Request,
    response: Response,
    runtime: Runtime,
    access: Access,
    key: str,
    *,
    application: str,
    persons: Sequence[str],
    requirement: str,
    dated: date | None,
    policy: Policy,
    programme: bool = False,
) -> dict[str, Any]:
    """Store what is sent and note it for these persons (`[""]`: for the request itself).

    Refused (D-QUOTA) when this account has sent as many documents, or as many bytes, as it may for one case:
    nobody can use up another's room. What is noted already is not refused. Conflict (A-KEY) when the
    Idempotency-Key stood for another file, or for another purpose of it.
    """
    full = await _full(runtime, access, application, len(persons), programme=programme)
    stored = None
    if full is None:
        stored = await runtime.store.put(uploads.chunks(request), policy)
        digest = stored.digest
    else:
        hashed = sha256()
        async for piece in uploads.chunks(request):
            hashed.update(piece)
        digest = hashed.hexdigest()

    async def note(session: AsyncSession) -> dict[str, Any]:
        if stored is None:
            same = await listings.documents_same(session, application, digest, requirement, persons)
            if full is not None and {row.person for row in same} != set(persons):
                raise full
            return _answer(same)
        rows = [
            await registry.add_document(
                session,
                digest=stored.digest,
                media_type=stored.media_type,
                size=stored.size,
                requirement=requirement,
                person=person,
                application=application,
                dated=dated,
                by=access.actor,
                at=runtime.now(),
            )
            for person in persons
        ]
        await drafts.touch(session, application, at=runtime.now())
        return _answer(rows)

    asked = {
        "digest": digest,
        "persons": list(persons),
        "requirement": requirement,
        "dated": dated.isoformat() if dated else None,
    }
    return await idempotency.write(runtime, access, key, f"evidence {application}", asked, response, note)


def _answer(rows: Sequence[Document]) -> dict[str, Any]:
    first = rows[0]
    items = [views.document_json(row, whole=False) for row in rows]
    return {"digest": first.digest, "media_type": first.media_type, "size": first.size, "items": items}


async def _full(
    runtime: Runtime, access: Access, application: str, more: int, *, programme: bool
) -> DomainError | None:
    """Why there is no room for so many more; asked before a byte is kept. Of two
    uploads at once both may still fit in: a brake, not a scale."""
    settings = runtime.settings
    most = settings.programme_documents if programme else settings.journey_documents
    most_bytes = most * MEAN_SIZE
    async with runtime.db.read() as session:
        count, size = await listings.documents_kept(session, application, access.account)
    if count + more > most or size >= most_bytes:
        return Refused.because(
            "D-QUOTA",
            f"Anda sudah mengunggah {count} dokumen untuk perkara ini ({size // 2**20} MiB); batasnya "
            f"{most} dokumen dan {most_bytes // 2**20} MiB.",
            f"You have sent {count} documents ({size // 2**20} MiB) for this case already; the most "
            f"are {most} documents and {most_bytes // 2**20} MiB.",
            remedy=Text(
                id="Gunakan dokumen yang sudah diunggah, atau hubungi petugas BNSP.",
                en="Use the documents that are uploaded already, or ask BNSP operations.",
            ),
            documents=count,
            bytes=size,
        )
    return None


async def listed(runtime: Runtime, access: Access, application: str, *, person: str = "") -> dict[str, Any]:
    """What was uploaded: metadata alone."""
    async with runtime.db.read() as session:
        rows = await listings.documents_of(session, [application], person=person)
    return {"items": [views.document_json(row, whole=staff(access)) for row in rows]}


async def file(
    runtime: Runtime, access: Access, application: str, document: str, case: Case | None
) -> StreamingResponse:
    """The document itself, as a download that runs nothing. NotFound; a stranger's try is recorded."""
    row = await _opened(runtime, access, application, document, case)
    return sent(runtime, row.digest, row.media_type, f"{row.requirement}-{row.digest[:8]}")


async def picture(
    runtime: Runtime,
    access: Access,
    application: str,
    document: str,
    case: Case | None,
    *,
    page: int,
    turn: int,
    zoom: int,
) -> Response:
    """One page of the document as an answer. Raises as `drawn`."""
    found = await drawn(runtime, access, application, document, case, page=page, turn=turn, zoom=zoom)
    headers = {**SANDBOX, "Content-Disposition": "inline", "X-Pages": str(found.pages)}
    return Response(found.picture, media_type="image/jpeg", headers=headers)


async def drawn(
    runtime: Runtime,
    access: Access,
    application: str,
    document: str,
    case: Case | None,
    *,
    page: int,
    turn: int,
    zoom: int,
) -> Drawn:
    """One page of the document, drawn anew, to be looked at in a page of ours. Raises as `file` and
    `Pictures.draw` do."""
    row = await _opened(runtime, access, application, document, case)
    return await runtime.pictures.draw(
        row.digest, row.media_type, who=access.account, page=page, turn=turn, zoom=zoom
    )


async def _opened(
    runtime: Runtime, access: Access, application: str, document: str, case: Case | None
) -> Document:
    """The document's row, for who may open it. NotFound; a stranger's try is recorded."""
    async with runtime.db.read() as session:
        row = await listings.documents_by_id(session, document)
    if row is None or row.application != application:
        raise missing("D-MISSING")
    if not sees_file(access, row, case):
        raise stranger()
    await require_opened(runtime, access, document)
    return row


async def require_opened(runtime: Runtime, access: Access, document: str) -> None:
    """May it be opened by who sees what is personal masked? Forbidden (G-CLOSED) before a reason is on
    record, and when the time that it opened is over."""
    if not sees_masked(access):
        return
    async with runtime.db.read() as session:
        until = await registry.opened(session, account=access.account, document=document, at=runtime.now())
    if until is None:
        raise Forbidden.because(
            "G-CLOSED",
            "Dokumen ini tertutup bagi auditor sampai alasannya dicatat.",
            "This document is closed to auditors until a reason is recorded.",
            citation="UU 27/2022; [D] § 7",
            remedy=Text(
                id="Buka dari halaman audit perkara ini dengan menyebutkan alasan.",
                en="Open it from this case's audit page, giving a reason.",
            ),
        )


def sent(runtime: Runtime, digest: str, media_type: str, name: str) -> StreamingResponse:
    """A stored document as an answer; the file's name holds nobody's name."""
    runtime.store.open(digest).close()  # NotFound before the answer begins
    ending = next((end for kind, end in ENDINGS.items() if kind == media_type), "bin")
    headers = {**SANDBOX, "Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return StreamingResponse(runtime.store.read(digest), media_type=media_type, headers=headers)
