"""Persons: known by their NIK, named by whoever brings them, forgotten on record."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.given_names import keep_given_name
from db.people_tables import Account, Document, Person, RosterConflict
from db.streams import append_row_event
from db.vault import PersonData, Vault, person_owner
from domain.cases import Sealed
from domain.errors import Conflict, Forbidden, NotFound
from domain.nik import Nik
from domain.roles import Actor, Role
from domain.roster.model import RosterRow


@dataclass(frozen=True)
class RosterPerson:
    """Who a roster's row is. `differs` names the fields that wait for two people; operations see them,
    the organiser does not: they would tell that somebody else knows the person."""

    person: str
    created: bool
    differs: tuple[str, ...] = ()


async def upsert_person_from_roster(
    session: AsyncSession, vault: Vault, row: RosterRow, *, by: Actor, at: datetime, source: str = ""
) -> RosterPerson:
    """The person with the row's NIK, made when unknown.

    What differs from what is known, contact data that was missing included (whoever may add an address
    may take an account over), is kept sealed and reported; nothing known is ever overwritten.
    `source` is the draft. Raises Malformed (P-NIK).
    """
    data = PersonData(
        full_name=row.full_name,
        nik=Nik.parse(row.nik).nik,
        sex=row.sex,
        birth_date=row.birth_date,
        email=row.email,
        phone=row.phone,
    )
    person, created = await _found_or_new(session, vault, data, by=by, at=at)
    await keep_given_name(session, vault, person, data.full_name, data.nik, by=by, at=at)
    if created:
        return RosterPerson(person, created=True)
    known = await vault.open_person(session, person)
    given = data.model_dump(mode="json", exclude_defaults=True)
    differs = {
        name: value for name, value in given.items() if not _same(value, known.model_dump(mode="json")[name])
    }
    if differs:
        await _report(session, vault, person, differs, by=by, at=at, source=source)
    return RosterPerson(person, created=False, differs=tuple(sorted(differs)))


async def name_person(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime
) -> str:
    """The id of a person who is to be named in a request: who is known by NIK keeps it. What is known is
    not changed; that somebody asked by this NIK is on the person's record. Raises Malformed (P-NIK)."""
    person, _ = await _found_or_new(session, vault, data, by=by, at=at)
    given = await keep_given_name(session, vault, person, data.full_name, data.nik, by=by, at=at)
    payload = {"given": given.model_dump()} if given else {}
    await append_row_event(session, f"person-{person}", "person_named", by, payload, at)
    return person


async def _found_or_new(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime
) -> tuple[str, bool]:
    """The person with this NIK and whether it was made just now; without a NIK always a new one."""
    if data.nik is None:
        return await create_person(session, vault, data, by=by, at=at), True
    if (person := await vault.find_by_nik(session, data.nik)) is not None:
        return person, False
    if (person := await _new_person(session, vault, data, by=by, at=at)) is not None:
        return person, True
    person = await vault.find_by_nik(session, data.nik)  # another request was faster
    assert person is not None
    return person, False


async def create_person(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime, id: str = ""
) -> str:
    """A new person; gives the id. Conflict (V-NIK) when the NIK is somebody's."""
    if data.nik:
        Nik.parse(data.nik)
    person = id or str(uuid.uuid4())
    await vault.seal_person(session, person, data, by=by.account, at=at)
    await append_row_event(session, f"person-{person}", "person_registered", by, {"person": person}, at)
    return person


async def _new_person(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime
) -> str | None:
    """None when the NIK turned out to be taken in this very moment."""
    try:
        async with session.begin_nested():
            return await create_person(session, vault, data, by=by, at=at)
    except (IntegrityError, Conflict):
        return None


async def record_consent(
    session: AsyncSession, person: str, version: str, *, by: Actor, at: datetime
) -> None:
    """The person agreed to this version of the consent to process personal data. A later consent stays:
    events that a repair puts back may come after it."""
    row = await session.get(Person, person)
    if row is None:
        raise NotFound.because("V-PERSON", "Orang ini tidak dikenal.", "This person is not known.")
    if row.consent_version == version or (row.consent_at is not None and row.consent_at > at):
        return
    row.consent_version, row.consent_at = version, at
    await append_row_event(session, f"person-{person}", "consent_given", by, {"version": version}, at)


async def resolve_conflict(
    session: AsyncSession, vault: Vault, conflict: str, *, accept: bool, by: Actor, at: datetime
) -> None:
    """Take a roster's differing data over, or drop it. Forbidden (R-SOD) for who brought it, and for
    anybody but operations: what is known of a person is corrected by two people."""
    row = await session.get(RosterConflict, conflict, with_for_update=True)
    if row is None:
        raise NotFound.because("G-CONFLICT", "Perbedaan data ini tidak ada.", "There is no such conflict.")
    if row.resolved_at is not None:
        raise Conflict.because("G-CONFLICT", "Sudah diselesaikan.", "This is resolved already.")
    if by.role is not Role.OPERATIONS or row.created_by in by.hands:
        raise Forbidden.because(
            "R-SOD",
            "Data diperbaiki oleh petugas BNSP yang bukan pengusulnya.",
            "It takes BNSP operations, and another person than the one who brought it.",
        )
    if accept:
        known = await vault.open_person(session, row.person)
        proposed = json.loads(await vault.open_text(session, row.proposed))
        data = PersonData.model_validate({**known.model_dump(), **proposed})
        await vault.seal_person(session, row.person, data, by=by.account, at=at)
    row.resolved_at, row.resolved_by = at, by.person
    await append_row_event(
        session,
        f"person-{row.person}",
        "person_data_corrected" if accept else "person_data_conflict_dropped",
        by,
        {"conflict": conflict, "fields": row.fields},
        at,
    )


async def forget_person(
    session: AsyncSession, vault: Vault, *, actor: Actor, person: str, reason: Sealed, at: datetime
) -> tuple[str, ...]:
    """Erase a person (operations): key destroyed, accounts closed; every chain still verifies.

    Gives the digests of the documents that nobody else's rows need any more, for the store to remove.
    """
    if actor.role is not Role.OPERATIONS:
        raise Forbidden.because(
            "G-FORGET",
            "Penghapusan data pribadi hanya oleh petugas BNSP.",
            "Personal data is erased by BNSP operations only.",
        )
    await vault.forget_person(session, person, at=at)
    for account in await session.exec(select(Account).where(Account.person == person)):
        account.disabled_at = account.disabled_at or at
        account.username = f"forgotten-{account.id}"
        account.password_hash = ""
    mine = list(await session.exec(select(Document).where(Document.person == person)))
    digests = {d.digest for d in mine}
    shared = set(
        await session.exec(
            select(Document.digest).where(col(Document.digest).in_(digests), Document.person != person)
        )
    )
    for document in mine:
        await session.delete(document)
    await session.flush()
    await append_row_event(
        session, f"person-{person}", "person_forgotten", actor, {"reason": reason.model_dump()}, at
    )
    return tuple(sorted(digests - shared))


def _same(given: Any, known: Any) -> bool:
    """Equal but for case and spacing."""
    if isinstance(given, str) and isinstance(known, str):
        return " ".join(given.casefold().split()) == " ".join(known.casefold().split())
    return bool(given == known)


async def _report(
    session: AsyncSession,
    vault: Vault,
    person: str,
    differs: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    source: str,
) -> None:
    text = json.dumps(differs, sort_keys=True)
    waiting = await session.exec(
        select(RosterConflict.proposed).where(
            RosterConflict.person == person,
            RosterConflict.source == source,
            col(RosterConflict.resolved_at).is_(None),
        )
    )
    if text in (await vault.open_texts(session, waiting.all())).values():
        return  # the same roster into the same draft again
    sealed = await vault.seal_text(session, person_owner(person), text, by.account, at=at)
    conflict = RosterConflict(
        id=str(uuid.uuid4()),
        person=person,
        fields=sorted(differs),
        proposed=sealed.id,
        source=source,
        created_at=at,
        created_by=by.person,
    )
    session.add(conflict)
    await session.flush()
    await append_row_event(
        session,
        f"person-{person}",
        "person_data_conflict_reported",
        by,
        {"conflict": conflict.id, "fields": conflict.fields, "proposed": sealed.model_dump()},
        at,
    )
