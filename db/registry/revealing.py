"""What is personal, shown whole for a recorded reason: a person's data, a document, a list as a file.

Every one is an event of the day's chain `access-{day}`, in place before anything is shown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Document
from db.reads.pages import PAGE, Order, Page, page_of
from db.registry.base import REASON_MIN, REVEALERS
from db.streams import append_row_event, event_of
from db.tables import EventRow
from db.vault import Owner, Vault, case_owner, person_owner
from domain.clock import local_day
from domain.errors import Forbidden, Malformed, NotFound
from domain.events import Event
from domain.roles import Actor

PersonField = Literal["full_name", "nik", "email", "phone"]
FIELDS: tuple[PersonField, ...] = get_args(PersonField)
OPEN_FOR = timedelta(minutes=5)
"""How long a document stays open to the one who gave a reason for it."""
TYPES = (
    "nik_revealed",
    "person_revealed",
    "document_revealed",
    "certificate_revealed",
    "list_exported",
)


async def reveal_nik(
    session: AsyncSession, vault: Vault, *, actor: Actor, person: str, reason: str, at: datetime
) -> str:
    """The whole NIK, for operations and auditors with a reason; the access is on record before it shows.

    Forbidden (G-REVEAL), Malformed (G-REASON), NotFound (V-PERSON, V-FORGOTTEN, V-NIK).
    """
    found = await reveal_person(
        session, vault, actor=actor, person=person, fields=("nik",), reason=reason, at=at
    )
    return found["nik"]


async def reveal_person(
    session: AsyncSession,
    vault: Vault,
    *,
    actor: Actor,
    person: str,
    fields: Sequence[PersonField],
    reason: str,
    at: datetime,
) -> dict[str, str]:
    """These fields of the person, empty where nothing is recorded. Raises what `reveal_nik` raises."""
    reason = _reason(actor, reason)
    data = await vault.open_person(session, person)
    alone = tuple(fields) == ("nik",)
    if alone and data.nik is None:
        raise NotFound.because("V-NIK", "NIK belum tercatat.", "No NIK is recorded.")
    type_ = "nik_revealed" if alone else "person_revealed"
    about = {"person": person} if alone else {"person": person, "fields": list(fields)}
    await tell(session, vault, type_, actor, person_owner(person), about, reason, at)
    return {name: str(getattr(data, name) or "") for name in fields}


async def reveal_document(
    session: AsyncSession, vault: Vault, *, actor: Actor, document: str, reason: str, at: datetime
) -> None:
    """The document may be opened by this account for OPEN_FOR. Forbidden (G-REVEAL), Malformed (G-REASON),
    NotFound (D-MISSING)."""
    reason = _reason(actor, reason)
    row = await session.get(Document, document)
    if row is None:
        raise NotFound.because("D-MISSING", "Dokumen ini tidak ada.", "There is no such document.")
    owner = person_owner(row.person) if row.person else case_owner(row.application)
    about = {"document": document, "case": row.application}
    await tell(session, vault, "document_revealed", actor, owner, about, reason, at)


async def reveal_certificate(
    session: AsyncSession,
    vault: Vault,
    *,
    actor: Actor,
    certificate: str,
    person: str,
    reason: str,
    at: datetime,
) -> None:
    """As `reveal_document`, for the certificate as it was printed for this person."""
    reason = _reason(actor, reason)
    about = {"document": certificate, "case": certificate}
    await tell(session, vault, "certificate_revealed", actor, person_owner(person), about, reason, at)


async def record_export(
    session: AsyncSession, *, actor: Actor, what: str, form: str, filters: Mapping[str, str], at: datetime
) -> None:
    """A list left as a file: which, in what form, narrowed how. `filters` hold nothing personal."""
    payload = {"what": what, "form": form, "filters": dict(filters)}
    await append_row_event(session, _chain(at), "list_exported", actor, payload, at)


async def opened(session: AsyncSession, *, account: str, document: str, at: datetime) -> datetime | None:
    """Until when this account may open the document or printed certificate; None: it gave no reason yet."""
    found = await session.exec(
        select(EventRow)
        .where(
            EventRow.actor_account == account,
            col(EventRow.at) > at - OPEN_FOR,
            col(EventRow.type).in_(("document_revealed", "certificate_revealed")),
            col(EventRow.body).contains(f'"document":"{document}"', autoescape=True),
        )
        .order_by(col(EventRow.at).desc())
        .limit(1)
    )
    row = found.first()
    return row.at + OPEN_FOR if row is not None else None


async def reveals(
    session: AsyncSession, *, account: str = "", cursor: str = "", limit: int = PAGE
) -> Page[Event]:
    """What was shown whole to whom, and what left as a file; the latest first."""
    query = select(EventRow).where(
        col(EventRow.type).in_(TYPES), col(EventRow.stream).startswith("access-", autoescape=True)
    )
    if account:
        query = query.where(EventRow.actor_account == account)
    order = Order(
        (col(EventRow.at), col(EventRow.stream), col(EventRow.seq)), (datetime, str, int), descending=True
    )
    page = await page_of(session, query, order, cursor, limit, lambda r: (r.at, r.stream, r.seq))
    return Page([event_of(row) for row in page.items], page.next)


def _reason(actor: Actor, reason: str) -> str:
    if actor.role not in REVEALERS:
        raise Forbidden.because(
            "G-REVEAL",
            "Data pribadi lengkap hanya untuk petugas BNSP dan auditor.",
            "Whole personal data is for BNSP operations and auditors only.",
        )
    reason = " ".join(reason.split())
    if len(reason) < REASON_MIN:
        raise Malformed.because(
            "G-REASON",
            "Sebutkan alasannya.",
            "Give a reason.",
            citation="UU 27/2022; [D] § 7",
            field="reason",
        )
    return reason


async def tell(
    session: AsyncSession,
    vault: Vault,
    type_: str,
    actor: Actor,
    owner: Owner,
    about: Mapping[str, Any],
    reason: str,
    at: datetime,
) -> None:
    """The access, with its reason sealed, on the day's chain."""
    sealed = await vault.seal_text(session, owner, reason, actor.account, at=at)
    await append_row_event(session, _chain(at), type_, actor, {**about, "reason": sealed.model_dump()}, at)


def _chain(at: datetime) -> str:
    return f"access-{local_day(at).isoformat()}"
