"""The vault on real databases: what is closed opens again, what is forgotten does not, chains still hold."""

import asyncio
import json
import secrets
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text as sql
from sqlmodel import select

from db.people_tables import Person, PersonKey, SealedText
from db.sealing import VaultBroken, commitment, commitment_holds
from db.session import Database
from db.vault import PersonData, Vault, case_owner, person_owner
from domain.errors import Conflict, NotFound
from examples.synthetic import synthetic
from tests.support.patience import eventually

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
NIK = synthetic("317101", date(1990, 1, 1), "P", 9001)
SITI = PersonData(
    full_name="Siti Contoh", nik=NIK, sex="P", birth_date=date(1990, 1, 1), email="Siti@Example.org"
)


@pytest.fixture
def root() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def vault(root: bytes) -> Vault:
    return Vault(root)


async def seal(db: Database, vault: Vault, person: str = "p1", data: PersonData = SITI) -> None:
    async with db.write() as session:
        await vault.seal_person(session, person, data, by="a1", at=AT)


async def test_a_sealed_person_opens_again(db: Database, vault: Vault) -> None:
    await seal(db, vault)
    async with db.read() as session:
        assert await vault.open_person(session, "p1") == SITI
        assert await vault.open_persons(session, ["p1", "nobody"]) == {"p1": SITI}


async def test_no_table_holds_anything_readable(db: Database, vault: Vault) -> None:
    await seal(db, vault)
    async with db.write() as session:
        await vault.seal_text(session, case_owner("s1"), "alasan rahasia", "a1", at=AT)
    async with db.read() as session:
        everything = b""
        for table in (Person, PersonKey, SealedText):
            for row in await session.exec(select(table)):
                everything += b"".join(
                    v if isinstance(v, bytes) else str(v).encode() for v in row.model_dump().values()
                )
    for secret in ("Siti", NIK, NIK[:12], "example.org", "rahasia"):
        assert secret.encode() not in everything


def test_nothing_of_a_person_shows_in_a_repr_or_an_error() -> None:
    assert "Siti" not in repr(SITI) and NIK not in repr(SITI)
    with pytest.raises(ValueError) as error:
        PersonData(full_name="Siti", nik="not a nik of Siti")
    assert "Siti" not in str(error.value)


async def test_a_person_is_found_by_nik_and_by_email(db: Database, vault: Vault) -> None:
    await seal(db, vault)
    async with db.read() as session:
        assert await vault.find_by_nik(session, NIK) == "p1"
        assert await vault.find_by_nik(session, synthetic("317101", date(1990, 1, 1), "P", 9002)) is None
        assert await vault.find_by_email(session, " siti@example.ORG ") == ["p1"]


async def test_one_nik_is_one_person(db: Database, vault: Vault) -> None:
    await seal(db, vault)
    with pytest.raises(Conflict):
        await seal(db, vault, person="p2")


async def test_data_is_replaced_under_the_same_key(db: Database, vault: Vault) -> None:
    await seal(db, vault)
    await seal(db, vault, data=SITI.model_copy(update={"phone": "+628120000"}))
    async with db.read() as session:
        assert (await vault.open_person(session, "p1")).phone == "+628120000"


async def test_a_forgotten_person_is_gone_and_commitments_remain(db: Database, vault: Vault) -> None:
    await seal(db, vault)
    async with db.write() as session:
        sealed = await vault.seal_text(session, person_owner("p1"), "catatan", "a1", at=AT)
        await vault.forget_person(session, "p1", at=AT)
        await vault.forget_person(session, "p1", at=AT)  # a second time changes nothing
    async with db.read() as session:
        for opening in (vault.open_person(session, "p1"), vault.open_text(session, sealed.id)):
            with pytest.raises(NotFound) as error:
                await opening
            assert error.value.violations[0].rule == "V-FORGOTTEN"
        assert await vault.open_persons(session, ["p1"]) == {}
        assert await vault.find_by_nik(session, NIK) is None
        row = (await session.exec(select(SealedText))).one()
        assert row.commitment == sealed.commitment and row.ciphertext is None
        person = (await session.exec(select(Person))).one()
        assert (person.nik_last4, person.email_hmac, person.ciphertext) == ("", None, None)
    with pytest.raises(NotFound):
        await seal(db, vault)


async def test_a_text_opens_and_holds_its_commitment(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        sealed = await vault.seal_text(session, case_owner("s1"), "tidak lengkap", "a1", at=AT)
        again = await vault.seal_text(session, case_owner("s1"), "tidak lengkap", "a1", at=AT)
    assert sealed.commitment != again.commitment, "without a salt equal reasons would show"
    async with db.read() as session:
        assert await vault.open_text(session, sealed.id) == "tidak lengkap"
        assert await vault.open_texts(session, [sealed.id, "nothing"]) == {sealed.id: "tidak lengkap"}


async def test_sealing_again_with_the_same_id_is_harmless(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        first = await vault.seal_text(session, case_owner("s1"), "alasan", "a1", at=AT, id="t1")
        assert await vault.seal_text(session, case_owner("s1"), "alasan", "a1", at=AT, id="t1") == first
        for owner, text in ((case_owner("s1"), "lain"), (case_owner("s2"), "alasan")):
            with pytest.raises(Conflict):
                await vault.seal_text(session, owner, text, "a1", at=AT, id="t1")


def test_a_commitment_binds_to_its_text_and_salt() -> None:
    salt = secrets.token_bytes(32)
    made = commitment("alasan", salt)
    assert commitment_holds("alasan", salt, made)
    assert not commitment_holds("alasam", salt, made)
    assert not commitment_holds("alasan", secrets.token_bytes(32), made)


async def test_bytes_of_one_row_do_not_open_in_another(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        a = await vault.seal_text(session, case_owner("s1"), "setuju", "a1", at=AT)
        b = await vault.seal_text(session, case_owner("s1"), "tolak", "a1", at=AT)
        await session.exec(  # type: ignore[call-overload]  # plain SQL, as an attacker would
            sql("UPDATE texts SET ciphertext = (SELECT ciphertext FROM texts WHERE id = :a) WHERE id = :b"),
            params={"a": a.id, "b": b.id},
        )
    async with db.read() as session:
        with pytest.raises(VaultBroken) as error:
            await vault.open_text(session, b.id)
    assert "setuju" not in str(error.value)


async def test_a_changed_commitment_is_noticed(db: Database, vault: Vault) -> None:
    async with db.write() as session:
        sealed = await vault.seal_text(session, case_owner("s1"), "setuju", "a1", at=AT)
        row = await session.get_one(SealedText, sealed.id)
        row.commitment = "0" * 64
    async with db.read() as session:
        with pytest.raises(VaultBroken):
            await vault.open_text(session, sealed.id)


async def test_a_retired_root_key_opens_finds_and_is_rotated_away(db: Database, root: bytes) -> None:
    new = secrets.token_bytes(32)
    old_vault, both, only_new = Vault(root), Vault([new, root]), Vault(new)
    await seal(db, old_vault)
    async with db.write() as session:
        sealed = await old_vault.seal_text(session, case_owner("s1"), "lama", "a1", at=AT)
    async with db.read() as session:
        assert await both.open_person(session, "p1") == SITI
        assert await both.open_text(session, sealed.id) == "lama"
        assert await both.find_by_nik(session, NIK) == "p1"
        with pytest.raises(VaultBroken):
            await only_new.open_person(session, "p1")
    with pytest.raises(Conflict):
        await seal(db, both, person="p2")
    async with db.write() as session:
        assert await both.rotate(session) == 2
        assert await both.rotate(session) == 0
    async with db.read() as session:
        assert await only_new.open_person(session, "p1") == SITI
        assert await only_new.open_text(session, sealed.id) == "lama"
        assert await only_new.find_by_nik(session, NIK) == "p1"


async def waiting(db: Database) -> None:
    """Until somebody waits for another's lock."""

    async def locks() -> object:
        async with db.read() as session:
            return await (await session.connection()).scalar(
                sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
            )

    await eventually(locks)


@pytest.mark.parametrize("what", ["rotate", "seal again", "seal text", "close detail"])
async def test_what_is_being_forgotten_does_not_come_back(
    postgresql_url: str, root: bytes, what: str
) -> None:
    """Somebody else is at work on a person whose key is destroyed in the same moment."""
    db, vault = Database(postgresql_url), Vault([secrets.token_bytes(32), root])
    await seal(db, Vault(root))

    async def meanwhile() -> None:
        async with db.write() as session:
            if what == "rotate":
                assert await vault.rotate(session) == 0
            elif what == "seal again":
                await vault.seal_person(session, "p1", SITI, by="a1", at=AT)
            elif what == "seal text":
                await vault.seal_text(session, person_owner("p1"), "alasan", "a1", at=AT)
            else:
                await vault.close_for(session, "p1", "record/1", {})

    try:
        async with db.write() as session:
            await vault.forget_person(session, "p1", at=AT)
            other = asyncio.create_task(meanwhile())
            await waiting(db)
        if what == "rotate":
            await other
        else:
            with pytest.raises(NotFound):
                await other
        async with db.read() as session:
            key, row = await session.get_one(PersonKey, "p1"), await session.get_one(Person, "p1")
            assert (key.wrapped, row.ciphertext, row.nik_hmac, row.nik_last4) == (None, None, None, "")
            assert list(await session.exec(select(SealedText))) == []
    finally:
        await db.dispose()


async def test_a_text_that_is_being_forgotten_is_not_rotated_back(postgresql_url: str, root: bytes) -> None:
    db, vault = Database(postgresql_url), Vault([secrets.token_bytes(32), root])
    try:
        async with db.write() as session:
            sealed = await Vault(root).seal_text(session, case_owner("s1"), "lama", "a1", at=AT)

        async def rotated() -> int:
            async with db.write() as session:
                return await vault.rotate(session)

        async with db.write() as session:
            await vault.forget_texts(session, case_owner("s1"))
            other = asyncio.create_task(rotated())
            await waiting(db)
        assert await other == 0
        async with db.read() as session:
            assert (await session.get_one(SealedText, sealed.id)).ciphertext is None
    finally:
        await db.dispose()


async def test_details_are_closed_under_the_persons_key(db: Database, vault: Vault) -> None:
    await seal(db, vault)
    async with db.write() as session:
        closed = await vault.close_for(session, "p1", "record/1", {"signatory": "Budi Contoh"})
        assert b"Budi" not in closed
        assert await vault.open_for(session, "p1", "record/1", closed) == {"signatory": "Budi Contoh"}
        with pytest.raises(VaultBroken):
            await vault.open_for(session, "p1", "record/2", closed)


def test_message_tokens(root: bytes) -> None:
    new = secrets.token_bytes(32)
    message = json.dumps({"id": "m1"}).encode()
    token = Vault(root).sign(message)
    assert Vault(root).signed(message, token)
    assert Vault([new, root]).signed(message, token)
    assert not Vault(new).signed(message, token)
    assert not Vault(root).signed(b"other", token)
    for forged in ("", ".", "é.é", token[:-1], token + "0", token.split(".")[1]):
        assert not Vault(root).signed(message, forged)


def test_a_vault_needs_whole_keys() -> None:
    with pytest.raises(ValueError):
        Vault([])
    with pytest.raises(ValueError):
        Vault(b"short")
