"""The names that an organiser itself gave to persons, kept apart for each organiser.

Persons are found by NIK across organisers. Were an organiser shown what others know of a person, a guessed
NIK would tell whose it is: so it sees what it gave (roster, committee), and otherwise the id alone. Sealed
under the person's own key: who forgets the person forgets these, too.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Person, SealedText
from db.vault import Vault, person_owner
from domain.cases import Sealed
from domain.events import derived_id
from domain.roles import Actor


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
    id_ = _id(by.organisation, person)
    text = json.dumps({"name": name, "nik_last4": (nik or "")[-4:]}, sort_keys=True)
    before = await session.get(SealedText, id_)
    if before is not None:
        if await vault.open_text(session, id_) == text:
            return Sealed(id=id_, commitment=before.commitment)
        await session.delete(before)
        await session.flush()
    return await vault.seal_text(session, person_owner(person), text, by.account, at=at, id=id_)


async def given_names(
    session: AsyncSession, vault: Vault, organisation: str, persons: Iterable[str]
) -> dict[str, dict[str, str]]:
    """`name` and `nik_last4` by person, as this organisation gave them; the others are left out."""
    ids = {_id(organisation, person): person for person in persons if person}
    opened = await vault.open_texts(session, ids)
    return {ids[id_]: json.loads(text) for id_, text in opened.items()}


def _id(organisation: str, person: str) -> str:
    return derived_id("given-name", organisation, person)
