"""What an organiser calls a person: its latest word, while events keep naming the earlier ones."""

import json
import secrets
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from db import identity, registry
from db.given_names import fill_given_names, given_names, keep_given_name
from db.people_tables import Draft, GivenName, SealedText
from db.registry import ParticipantData
from db.session import Database
from db.streams import events_of
from db.vault import PersonData, Vault, person_owner
from domain.events import derived_id
from domain.roles import Actor, Role
from tests.db.test_registry import NIK, SCHEME_ID, row

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ORGANISER = Actor(account="a1", person="po", role=Role.ORGANISER, organisation="LSP-TIK")


@pytest.fixture
def vault() -> Vault:
    return Vault(secrets.token_bytes(32))


async def test_a_name_given_anew_leaves_the_former_ones_commitment_whole(db: Database, vault: Vault) -> None:
    for name in ("Siti Contoh", "Siti C.", "Siti C.", "Siti Contoh"):
        async with db.write() as session:
            person = await registry.name_person(
                session, vault, PersonData(full_name=name, nik=NIK), by=ORGANISER, at=AT
            )
    async with db.read() as session:
        events = await events_of(session, f"person-{person}")
        named = [e.payload["given"] for e in events if e.type == "person_named"]
        kept = {t.id: t.commitment for t in await session.exec(select(SealedText))}
        opened = await vault.open_texts(session, [one["id"] for one in named])
        shown = await given_names(session, vault, "LSP-TIK", [person])
    assert [kept[one["id"]] == one["commitment"] for one in named] == [True] * 4
    assert len(opened) == 3
    assert named[1] == named[2]
    assert shown == {person: {"name": "Siti Contoh", "nik_last4": NIK[-4:]}}


async def test_a_name_kept_under_the_one_id_of_before_is_shown_until_another_is_given(
    db: Database, vault: Vault
) -> None:
    async with db.write() as session:
        person = await registry.create_person(session, vault, PersonData(full_name="X"), by=ORGANISER, at=AT)
        first = derived_id("given-name", "LSP-TIK", person)
        text = json.dumps({"name": "Siti Contoh", "nik_last4": ""}, sort_keys=True)
        old = await vault.seal_text(session, person_owner(person), text, "a1", at=AT, id=first)
    for name, same in (("Siti Contoh", True), ("Siti C.", False)):
        async with db.write() as session:
            before = await given_names(session, vault, "LSP-TIK", [person])
            assert before[person]["name"] == "Siti Contoh"
            kept = await keep_given_name(session, vault, person, name, None, by=ORGANISER, at=AT)
            assert (kept == old) is same
            assert (await given_names(session, vault, "LSP-TIK", [person]))[person]["name"] == name
    async with db.read() as session:
        assert await vault.open_text(session, first) == text


async def test_names_of_before_are_filled_in_with_what_each_organiser_said(
    db: Database, vault: Vault
) -> None:
    """The first brought the person; the second's roster called the same NIK otherwise; the third's agreed. A
    fourth only guessed the NIK for its committee."""
    organisers = {n: ORGANISER.model_copy(update={"organisation": f"LSP-{n}"}) for n in range(1, 5)}
    names = {1: "Siti Contoh", 2: "Bukan Siti", 3: "siti contoh"}
    async with db.write() as session:
        for n, name in names.items():
            found = await registry.upsert_person_from_roster(
                session, vault, row(full_name=name), by=organisers[n], at=AT, source=f"d{n}"
            )
            data = ParticipantData(person=found.person, scheme=SCHEME_ID, draft=f"d{n}")
            await registry.put_participant(session, vault, data, by=organisers[n], at=AT)
            organiser = organisers[n].organisation
            session.add(Draft(id=f"d{n}", organiser=organiser, content={}, created_by="a", updated_at=AT))
        guess = PersonData(full_name="Tebakan", nik=NIK)
        await registry.name_person(session, vault, guess, by=organisers[4], at=AT)
        for kept in await session.exec(select(GivenName)):
            await session.delete(kept)

    async def shown() -> dict[int, str]:
        async with db.read() as session:
            asked = {n: await given_names(session, vault, f"LSP-{n}", [found.person]) for n in organisers}
        return {n: one[found.person]["name"] for n, one in asked.items() if one}

    assert await shown() == {}
    assert await fill_given_names(db, vault, at=AT) == 3
    expected = {1: "Siti Contoh", 2: "Bukan Siti", 3: "Siti Contoh"}
    assert await shown() == expected
    assert await fill_given_names(db, vault, at=AT) == 0
    assert await shown() == expected


async def test_who_brought_a_committees_person_sees_the_name_again(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        account = await identity.create_account(
            session,
            person=await registry.create_person(
                session, vault, PersonData(full_name="Budi Contoh"), by=ORGANISER, at=AT
            ),
            username="budi",
            password="kata-sandi-uji-1",
            hats=[identity.Hat(Role.ORGANISER, "LSP-TIK")],
            by=ORGANISER,
            at=AT,
        )
        by = ORGANISER.model_copy(update={"account": account})
        person = await registry.create_person(
            session, vault, PersonData(full_name="Panitia Contoh"), by=by, at=AT
        )
    assert await fill_given_names(db, vault, at=AT) == 1
    async with db.read() as session:
        assert (await given_names(session, vault, "LSP-TIK", [person]))[person]["name"] == "Panitia Contoh"
        assert await given_names(session, vault, "LSP-NUSA", [person]) == {}


async def test_a_forgotten_persons_name_is_not_filled_in(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        found = await registry.upsert_person_from_roster(
            session, vault, row(), by=ORGANISER, at=AT, source="d1"
        )
        data = ParticipantData(person=found.person, scheme=SCHEME_ID, draft="d1")
        await registry.put_participant(session, vault, data, by=ORGANISER, at=AT)
        session.add(Draft(id="d1", organiser="LSP-TIK", content={}, created_by="a", updated_at=AT))
        for kept in await session.exec(select(GivenName)):
            await session.delete(kept)
        await session.flush()
        await vault.forget_person(session, found.person, at=AT)
    assert await fill_given_names(db, vault, at=AT) == 0
    async with db.read() as session:
        assert await given_names(session, vault, "LSP-TIK", [found.person]) == {}
