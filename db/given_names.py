"""The names that an organiser itself gave to persons, kept apart for each organiser.

Persons are found by NIK across organisers. Were an organiser shown what others know of a person, a guessed
NIK would tell whose it is: so it sees what it gave (roster, committee), and otherwise the id alone. Sealed
under the person's own key: who forgets the person forgets these, too.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import (
    AccountRole,
    Draft,
    GivenName,
    ParticipantRecord,
    Person,
    RosterConflict,
    SealedText,
)
from db.sealing import VaultBroken
from db.session import Database
from db.vault import Vault, person_owner
from domain.cases import Sealed
from domain.errors import NotFound
from domain.events import derived_id
from domain.roles import SYSTEM, Actor, Role

BATCH = 100
"""Names that are noted in one transaction."""


async def keep_given_name(
    session: AsyncSession, vault: Vault, person: str, name: str, nik: str | None, *, by: Actor, at: datetime
) -> Sealed | None:
    """Note what the actor's organisation calls this person, in place of what it said before. Of the NIK that
    it gave the last four digits are kept. None for actors without an organisation: BNSP sees what is known.
    """
    if not by.organisation:
        return None
    # Two imports at once: the second waits here, and then finds the first one's row.
    await session.exec(select(Person.id).where(Person.id == person).with_for_update())
    text = json.dumps({"name": name, "nik_last4": (nik or "")[-4:]}, sort_keys=True)
    key = (by.organisation, person)
    row = await session.get(GivenName, key, populate_existing=True)
    latest = row.text if row is not None else _first_id(*key)
    before = await session.get(SealedText, latest)
    if before is not None and await vault.open_text(session, latest) == text:
        return Sealed(id=latest, commitment=before.commitment)
    # Under an id of its own: an event may name the former one, with its commitment.
    sealed = await vault.seal_text(session, person_owner(person), text, by.account, at=at)
    row = row or GivenName(organisation=by.organisation, person=person, text="")
    row.text = sealed.id
    session.add(row)
    await session.flush()
    return sealed


async def given_names(
    session: AsyncSession, vault: Vault, organisation: str, persons: Iterable[str]
) -> dict[str, dict[str, str]]:
    """`name` and `nik_last4` by person, as this organisation gave them; the others are left out."""
    wanted = {person for person in persons if person}
    latest = await session.exec(
        select(GivenName.person, GivenName.text).where(
            GivenName.organisation == organisation, col(GivenName.person).in_(wanted)
        )
    )
    texts = {person: _first_id(organisation, person) for person in wanted} | dict(latest.all())
    ids = {text: person for person, text in texts.items()}
    opened = await vault.open_texts(session, ids)
    return {ids[id_]: json.loads(text) for id_, text in opened.items()}


async def fill_given_names(db: Database, vault: Vault, *, at: datetime) -> int:
    """Note the names that organisers gave before such names were kept; gives how many were noted. Run again
    it finds nothing more: what is noted stays. `at` is the real moment (UTC).

    Nothing is noted that the organiser did not say: of a roster's person the name that its draft's conflict
    holds, and without a conflict the known one, with which the roster agreed; of anybody else the known one,
    if an account of this organiser alone brought that person. Forgotten persons, and those whose key is not
    there, are left out.
    """
    noted = 0
    async with db.read() as session:
        wanted = await _unnoted(session)
    for some in (wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)):

        async def note(session: AsyncSession, some: Sequence[_Unnoted] = some) -> int:
            return sum([await _fill(session, vault, one, at) for one in some])

        noted += await db.retrying(note)
    return noted


class _Unnoted(NamedTuple):
    person: str
    organisation: str
    draft: str
    """The draft into which the organiser's roster took the person; empty for a committee's or a master."""


async def _unnoted(session: AsyncSession) -> list[_Unnoted]:
    """Whom organisers named and have no name for; in the order of persons, as they are locked."""
    rosters = await session.exec(
        select(ParticipantRecord.person, Draft.organiser, Draft.id)
        .join(Draft, col(Draft.id) == ParticipantRecord.draft)
        .where(Draft.kind == "programme", Draft.organiser != "")
        .order_by(col(ParticipantRecord.updated_at).desc())
    )
    found: dict[tuple[str, str], str] = {}
    for person, organisation, draft in rosters:  # the latest roster's word, if there are several
        found.setdefault((person, organisation), draft)
    brought = await session.exec(
        select(Person.id, AccountRole.organisation)
        .join(AccountRole, col(AccountRole.account) == Person.created_by)
        .where(AccountRole.role == Role.ORGANISER.value, AccountRole.organisation != "")
    )
    organisations: dict[str, set[str]] = {}
    for person, organisation in brought:
        organisations.setdefault(person, set()).add(organisation)
    for person, of in organisations.items():
        if len(of) == 1:  # an account of several organisers may have brought the person for any of them
            found.setdefault((person, of.pop()), "")
    noted = set(await session.exec(select(GivenName.person, GivenName.organisation)))
    return sorted(_Unnoted(*pair, draft) for pair, draft in found.items() if pair not in noted)


async def _fill(session: AsyncSession, vault: Vault, one: _Unnoted, at: datetime) -> bool:
    await session.exec(select(Person.id).where(Person.id == one.person).with_for_update())
    if await session.get(GivenName, (one.organisation, one.person), populate_existing=True) is not None:
        return False
    text = _first_id(one.organisation, one.person)
    if await session.get(SealedText, text) is None:
        try:
            known = await vault.open_person(session, one.person)
            name = await _said(session, vault, one) or known.full_name
        except (NotFound, VaultBroken):
            return False
        said = json.dumps({"name": name, "nik_last4": (known.nik or "")[-4:]}, sort_keys=True)
        text = (await vault.seal_text(session, person_owner(one.person), said, SYSTEM.account, at=at)).id
    session.add(GivenName(organisation=one.organisation, person=one.person, text=text))
    await session.flush()
    return True


async def _said(session: AsyncSession, vault: Vault, one: _Unnoted) -> str:
    """The name in that draft's roster where it was another than the known one, whatever became of the
    difference; empty where they agreed. NotFound when it has been erased."""
    if not one.draft:
        return ""
    differed = await session.exec(
        select(RosterConflict)
        .where(RosterConflict.person == one.person, RosterConflict.source == one.draft)
        .order_by(col(RosterConflict.created_at).desc(), col(RosterConflict.id))
    )
    proposed = next((row.proposed for row in differed if "full_name" in row.fields), "")
    return str(json.loads(await vault.open_text(session, proposed))["full_name"]) if proposed else ""


def _first_id(organisation: str, person: str) -> str:
    """The text's id from when each organisation and person had but one; nothing new gets it."""
    return derived_id("given-name", organisation, person)
