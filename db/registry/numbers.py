"""The registration number (MET) of a person, where BNSP recorded a wrong one.

The number is kept for life [P § 1], so no case ever gives it back; only this correction replaces it.
"""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import MasterAssessor
from db.registry.base import REASON_MIN
from db.streams import append_row_event
from db.tables import ReservationRow
from db.vault import Vault, person_owner
from domain import met
from domain.errors import Conflict, DomainError, Forbidden, Malformed, NotFound, Refused
from domain.roles import Actor, Role
from domain.text import Text

KIND = "registration_number"


async def correct_registration_number(
    session: AsyncSession, vault: Vault, *, person: str, number: str, reason: str, by: Actor, at: datetime
) -> str:
    """Give the person this number instead of the one recorded; gives the number as it is stored.

    The wrong one is free again: mostly it is somebody else's, who must be able to get it. Certificates keep
    what is printed on them; the next one carries the new number. `at` is UTC.
    Forbidden (G-MET) for anybody but operations, Malformed (P-MET, G-REASON), NotFound (M-NUMBERS, and
    V-PERSON or V-FORGOTTEN), Refused (M-SAME) for the same number, Conflict (M-NUMBERS) for a taken one.
    """
    if by.role is not Role.OPERATIONS:
        raise Forbidden.because(
            "G-MET",
            "Nomor registrasi hanya dibetulkan oleh petugas BNSP.",
            "A registration number is corrected by BNSP operations only.",
            citation=met.CITATION,
        )
    number, reason = met.normalise(number), " ".join(reason.split())
    if len(reason) < REASON_MIN:
        raise Malformed.because("G-REASON", "Sebutkan alasannya.", "Give a reason.", citation="[D] § 7")
    await vault.open_person(session, person)  # NotFound for somebody unknown or forgotten
    holder = f"person:{person}"
    if session.get_bind().dialect.name == "postgresql":
        # A case that takes a number for this person looks under the same lock (activities/scheduling).
        await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{KIND}/{holder}", 0))))
    query = select(ReservationRow).where(ReservationRow.kind == KIND, ReservationRow.holder == holder)
    former = (await session.exec(query.with_for_update())).first()
    if former is None:
        raise NotFound.because(
            "M-NUMBERS",
            "Orang ini belum mempunyai nomor registrasi.",
            "This person has no registration number yet.",
            citation=met.CITATION,
            remedy=Text(
                id="Nomor diberikan saat sertifikat diterbitkan.",
                en="The number is given when a certificate is issued.",
            ),
        )
    if former.key == number:
        raise Refused.because(
            "M-SAME",
            "Nomor itu sudah tercatat untuk orang ini.",
            "This number is on record for this person already.",
            citation=met.CITATION,
        )
    wrong = former.key
    await session.delete(former)
    await session.flush()
    await _take(session, number, holder, f"person-{person}", at)
    master = await session.get(MasterAssessor, person)
    if master is not None and master.registration_number in ("", wrong):
        master.registration_number, master.updated_at = number, at
    owner = person_owner(person)
    told = {
        "reason": await vault.seal_text(session, owner, reason, by.account, at=at),
        "numbers": await vault.seal_text(session, owner, f"{wrong} → {number}", by.account, at=at),
    }
    payload = {name: sealed.model_dump() for name, sealed in told.items()}
    await append_row_event(session, f"person-{person}", "registration_number_corrected", by, payload, at)
    return number


async def _take(session: AsyncSession, number: str, holder: str, stream: str, at: datetime) -> None:
    """Of all who want the number at once exactly one gets it; Conflict for the others."""
    query = select(ReservationRow.key).where(ReservationRow.kind == KIND, col(ReservationRow.key) == number)
    if (await session.exec(query)).first() is not None:
        raise _taken()
    try:
        async with session.begin_nested():
            session.add(ReservationRow(kind=KIND, key=number, holder=holder, stream=stream, taken_at=at))
    except IntegrityError as error:
        raise _taken() from error


def _taken() -> DomainError:
    return Conflict.because(
        "M-NUMBERS",
        "Nomor itu sudah dimiliki orang lain.",
        "This number belongs to somebody else already.",
        citation=met.CITATION,
        remedy=Text(id="Periksa nomor yang diberikan BNSP.", en="Check the number that BNSP gave."),
    )
