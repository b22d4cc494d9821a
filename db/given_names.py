"""The names that an organiser itself gave to persons, kept apart for each organiser.

Persons are found by NIK across organisers. Were an organiser shown what others know of a person, a guessed
NIK would tell whose it is: so it sees what it gave (roster, committee), and otherwise the id alone. Sealed
under the person's own key: who forgets the person forgets these, too.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import GivenName, Person, SealedText
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


def _first_id(organisation: str, person: str) -> str:
    """The text's id from when each organisation and person had but one; nothing new gets it."""
    return derived_id("given-name", organisation, person)
