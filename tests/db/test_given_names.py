"""What an organiser calls a person: its latest word, while events keep naming the earlier ones."""

import secrets
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from db import registry
from db.given_names import given_names
from db.people_tables import SealedText
from db.session import Database
from db.streams import events_of
from db.vault import PersonData, Vault
from domain.roles import Actor, Role
from tests.db.test_registry import NIK

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
