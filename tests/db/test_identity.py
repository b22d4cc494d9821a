"""Accounts and access on real databases."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from db import identity
from db.identity import Hat, passwords, signing_in
from db.people_tables import Account, ApiToken, SignInPlace, SignInSession
from db.session import Database
from db.streams import events_of
from db.vault import PersonData, Vault
from domain.errors import Conflict, Forbidden, Malformed, NotFound, NotSignedIn
from domain.roles import SYSTEM, Role

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PASSWORD = "gajah-terbang-7"
ORGANISER = Hat(Role.ORGANISER, "LSP-TIK")
VERIFIER = Hat(Role.VERIFIER)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
    monkeypatch.setattr(signing_in, "REFUSAL_SECONDS", 0.0)


@pytest.fixture
async def account(db: Database) -> str:
    vault = Vault(secrets.token_bytes(32))
    async with db.write() as session:
        await vault.seal_person(session, "p1", PersonData(full_name="Siti Contoh"), by="seed", at=NOW)
        return await identity.create_account(
            session, person="p1", username="Siti.Contoh", password=PASSWORD,
            hats=(VERIFIER, ORGANISER), by=SYSTEM, at=NOW,
        )  # fmt: skip


async def resolve(db: Database, secret: str, now: datetime = NOW) -> identity.Access:
    async with db.read() as session:
        return await identity.resolve_session(session, secret, now=now)


async def test_sign_in_gives_a_session_that_resolves_to_the_person(db: Database, account: str) -> None:
    secret = await identity.sign_in(db, " siti.CONTOH ", PASSWORD, now=NOW, agent="Firefox")
    access = await resolve(db, secret)
    assert (access.account, access.person) == (account, "p1")
    assert access.hats == (ORGANISER, VERIFIER)
    assert access.actor.organisation == "LSP-TIK"
    assert access.key not in secret and secret not in repr(access)


async def test_only_hashes_are_stored_and_events_hold_no_names(db: Database, account: str) -> None:
    secret = await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    async with db.read() as session:
        row = (await session.exec(select(SignInSession))).one()
        stored = (await session.exec(select(Account))).one()
        events = [*await events_of(session, "person-p1"), *await events_of(session, "access-2026-03-02")]
    assert secret not in row.model_dump_json() and PASSWORD not in stored.password_hash
    assert [e.type for e in events] == ["account_created", "role_granted", "role_granted", "signed_in"]
    assert all("siti" not in e.model_dump_json().lower() for e in events)
    assert all(e.intact() for e in events)


@pytest.mark.parametrize(
    ("name", "password"), [("siti.contoh", "salah-sekali-1"), ("nobody", PASSWORD), ("", "")]
)
async def test_a_refusal_never_says_what_was_wrong(
    db: Database, account: str, name: str, password: str
) -> None:
    with pytest.raises(NotSignedIn) as error:
        await identity.sign_in(db, name, password, now=NOW)
    assert [v.rule for v in error.value.violations] == ["A-SIGNIN"]


async def test_an_unknown_name_costs_a_hash_too(
    db: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = passwords.verify

    def noted(stored: str, password: str) -> bool:
        verified.append(stored)
        return real(stored, password)

    monkeypatch.setattr(signing_in, "verify", noted)
    with pytest.raises(NotSignedIn):
        await identity.sign_in(db, "nobody", PASSWORD, now=NOW)
    assert len(verified) == 1 and verified[0].startswith("$argon2id$")


async def test_a_refusal_takes_its_time(db: Database, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "REFUSAL_SECONDS", 0.3)
    started = asyncio.get_running_loop().time()
    with pytest.raises(NotSignedIn):
        await identity.sign_in(db, "nobody", PASSWORD, now=NOW)
    assert asyncio.get_running_loop().time() - started >= 0.29


async def fail(db: Database, now: datetime, address: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(NotSignedIn):
            await identity.sign_in(db, "siti.contoh", "salah-sekali-1", now=now, address=address)


async def test_a_strangers_failures_do_not_lock_the_owner_out(db: Database, account: str) -> None:
    await fail(db, NOW, "203.0.113.9", identity.FREE_FAILURES + 2)
    assert await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW, address="192.0.2.1")
    with pytest.raises(NotSignedIn):  # the stranger waits, with the right password too
        await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW, address="203.0.113.9")


async def test_guesses_from_many_addresses_are_slowed_down_but_not_the_owners(
    db: Database, account: str
) -> None:
    await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW, address="192.0.2.1")
    for n in range(identity.FREE_ANYWHERE):
        await fail(db, NOW, f"203.0.113.{n}")
    with pytest.raises(NotSignedIn):
        await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW, address="198.51.100.7")
    assert await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW, address="192.0.2.1")
    assert await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW, address="198.51.100.7")


async def test_failures_lock_an_address_for_longer_and_longer(db: Database, account: str) -> None:
    now, waits = NOW, []
    for _ in range(identity.FREE_FAILURES):
        with pytest.raises(NotSignedIn):
            await identity.sign_in(db, "siti.contoh", "salah-sekali-1", now=now)
    for _ in range(8):
        with pytest.raises(NotSignedIn):  # the right password does not help while it is locked
            await identity.sign_in(db, "siti.contoh", PASSWORD, now=now)
        async with db.read() as session:
            row = (await session.exec(select(SignInPlace))).one()
        assert row.locked_until is not None
        waits.append(row.locked_until - now)
        now = row.locked_until
        with pytest.raises(NotSignedIn):
            await identity.sign_in(db, "siti.contoh", "salah-sekali-1", now=now)
    assert waits[0] == identity.FIRST_WAIT and waits[1] == 2 * waits[0]
    assert waits[-1] == identity.LONGEST_WAIT
    assert await identity.sign_in(db, "siti.contoh", PASSWORD, now=now + identity.LONGEST_WAIT)
    async with db.read() as session:
        assert (await session.exec(select(Account))).one().failed == 0


async def test_guesses_at_once_do_not_slip_past_the_lock(db: Database, account: str) -> None:
    guesses = ["salah-sekali-1"] * 12
    tries = [identity.sign_in(db, "siti.contoh", guess, now=NOW) for guess in guesses]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(a, NotSignedIn) for a in answers)
    async with db.read() as session:
        assert (await session.exec(select(Account))).one().failed == identity.FREE_FAILURES


async def test_sessions_end(db: Database, account: str) -> None:
    secret = await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW, hours=8)
    for wrong in ("", "ass_", secret[:-1], secret.removeprefix("ass_"), "asr_" + secret[4:]):
        with pytest.raises(NotSignedIn):
            await resolve(db, wrong)
    with pytest.raises(NotSignedIn):
        await resolve(db, secret, NOW + timedelta(hours=8))
    access = await resolve(db, secret)
    async with db.write() as session:
        await identity.sign_out(session, access, now=NOW)
        await identity.sign_out(session, access, now=NOW)
    with pytest.raises(NotSignedIn):
        await resolve(db, secret)


async def test_changing_the_hat(db: Database, account: str) -> None:
    secret = await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    access = await resolve(db, secret)
    async with db.write() as session:
        worn = await identity.wear(session, access, VERIFIER, now=NOW)
    assert worn.actor.role is Role.VERIFIER
    assert (await resolve(db, secret)).hat == VERIFIER
    async with db.write() as session:
        with pytest.raises(Forbidden):
            await identity.wear(session, access, Hat(Role.APPROVER), now=NOW)


async def test_a_role_taken_away_is_gone_at_the_next_request(db: Database, account: str) -> None:
    secret = await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    async with db.write() as session:
        await identity.withdraw(session, account, ORGANISER, by=SYSTEM, at=NOW)
    with pytest.raises(NotSignedIn):
        await resolve(db, secret)
    async with db.read() as session:
        assert await identity.hats(session, account) == (VERIFIER,)
        with pytest.raises(Forbidden):
            await identity.actor(session, account, Role.ORGANISER, "LSP-TIK")
        assert (await identity.actor(session, account, Role.VERIFIER)).person == "p1"


async def test_a_disabled_account_is_out_everywhere(db: Database, account: str) -> None:
    secret = await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    async with db.write() as session:
        await identity.disable_account(session, account, by=SYSTEM, at=NOW)
    with pytest.raises(NotSignedIn):
        await resolve(db, secret)
    with pytest.raises(NotSignedIn):
        await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    async with db.write() as session:
        await identity.enable_account(session, account, by=SYSTEM, at=NOW)
    with pytest.raises(NotSignedIn):  # what was ended stays ended
        await resolve(db, secret)
    assert await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)


async def test_a_new_password_ends_every_session(db: Database, account: str) -> None:
    secret = await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    async with db.write() as session:
        await identity.change_password(session, account, "kuda-laut-biru-9", by=SYSTEM, at=NOW)
    with pytest.raises(NotSignedIn):
        await resolve(db, secret)
    with pytest.raises(NotSignedIn):
        await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    assert await identity.sign_in(db, "siti.contoh", "kuda-laut-biru-9", now=NOW)


@pytest.mark.parametrize("username", ["ab", "siti contoh", "ѕiti.contoh", "a" * 81, "siti/contoh"])
async def test_user_names_that_are_refused(db: Database, account: str, username: str) -> None:
    async with db.write() as session:
        with pytest.raises(Malformed):
            await identity.create_account(
                session, person="p1", username=username, password=PASSWORD, by=SYSTEM, at=NOW
            )


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "my-budi.contoh-1", "x" * 150 + "yz1" * 20])
async def test_weak_passwords_are_refused(db: Database, account: str, password: str) -> None:
    async with db.write() as session:
        with pytest.raises(Malformed):
            await identity.create_account(
                session, person="p1", username="budi.contoh", password=password, by=SYSTEM, at=NOW
            )


async def test_a_user_name_is_taken_once(db: Database, account: str) -> None:
    async with db.write() as session:
        with pytest.raises(Conflict):
            await identity.create_account(
                session, person="p1", username="SITI.contoh", password=PASSWORD, by=SYSTEM, at=NOW
            )
        with pytest.raises(NotFound):
            await identity.create_account(
                session, person="nobody", username="budi", password=PASSWORD, by=SYSTEM, at=NOW
            )


@pytest.mark.parametrize("hat", [Hat(Role.SYSTEM), Hat(Role.ORGANISER), Hat(Role.VERIFIER, "LSP-TIK")])
async def test_hats_that_nobody_gets(db: Database, account: str, hat: Hat) -> None:
    async with db.write() as session:
        with pytest.raises(Malformed):
            await identity.grant(session, account, hat, by=SYSTEM, at=NOW)


async def new_token(db: Database, account: str, **changes: object) -> identity.NewToken:
    given = {
        "account": account,
        "label": "SIM kami",
        "scopes": ["read"],
        "hat": VERIFIER,
        "expires_at": NOW + timedelta(days=30),
        "by": SYSTEM,
        "at": NOW,
        **changes,
    }
    async with db.write() as session:
        return await identity.create_token(session, **given)  # type: ignore[arg-type]  # keywords of a test


async def test_a_token_acts_in_its_one_hat_and_scope(db: Database, account: str) -> None:
    token = await new_token(db, account)
    assert token.secret.startswith("asr_") and token.secret not in repr(token)
    async with db.read() as session:
        access = await identity.resolve_token(session, token.secret, now=NOW)
        assert token.secret not in (await session.exec(select(ApiToken))).one().model_dump_json()
    assert access.actor.role is Role.VERIFIER and access.by_token
    access.require("read")
    with pytest.raises(Forbidden):
        access.require("write")
    async with db.write() as session:
        await identity.touch_token(session, access, now=NOW)
        with pytest.raises(Forbidden):
            await identity.wear(session, access, ORGANISER, now=NOW)
    async with db.read() as session:
        assert (await session.exec(select(ApiToken))).one().last_used_at == NOW


async def test_a_token_ends(db: Database, account: str) -> None:
    token = await new_token(db, account)
    async with db.read() as session:
        with pytest.raises(NotSignedIn):
            await identity.resolve_token(session, token.secret, now=NOW + timedelta(days=30))
        with pytest.raises(NotSignedIn):
            await identity.resolve_token(session, "asr_guess", now=NOW)
        with pytest.raises(NotSignedIn):
            await identity.resolve_session(session, token.secret, now=NOW)
    async with db.write() as session:
        await identity.revoke_token(session, token.id, by=SYSTEM, at=NOW)
        with pytest.raises(NotFound):
            await identity.revoke_token(session, "nothing", by=SYSTEM, at=NOW)
    async with db.read() as session:
        with pytest.raises(NotSignedIn):
            await identity.resolve_token(session, token.secret, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["admin"]},
        {"label": " "},
        {"expires_at": NOW},
        {"expires_at": NOW + timedelta(days=400)},
    ],
)
async def test_tokens_that_are_refused(db: Database, account: str, changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        await new_token(db, account, **changes)


async def test_a_token_never_gets_more_than_its_account(db: Database, account: str) -> None:
    with pytest.raises(Forbidden):
        await new_token(db, account, hat=Hat(Role.OPERATIONS))


async def test_old_sessions_are_swept(db: Database, account: str) -> None:
    await identity.sign_in(db, "siti.contoh", PASSWORD, now=NOW)
    async with db.write() as session:
        assert await identity.sweep(session, now=NOW + timedelta(days=1)) == 0
        assert await identity.sweep(session, now=NOW + timedelta(days=9)) == 1
