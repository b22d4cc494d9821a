"""Signing in, and the sessions that come of it: which hat is worn, how failures make the next one wait."""

import asyncio
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.identity.access import (
    SCOPES,
    SEEN_EVERY,
    Access,
    Hat,
    access_of,
    digest,
    hats,
    not_your_hat,
    resolved,
    resolving,
    session_over,
    tell_access,
)
from db.identity.accounts import change_password
from db.identity.devices import device_of
from db.identity.passwords import PASSWORD_MAX, dummy_hash, hashed, stale, try_fold, verify
from db.people_tables import Account, SignInPlace, SignInSession
from db.session import Database
from domain.errors import DomainError, Forbidden, Malformed, NotSignedIn
from domain.roles import SYSTEM, Actor

SESSION_PREFIX = "ass_"
FREE_FAILURES = 5
"""Failures from one address before it waits; then 30 s, doubled each time, up to 15 minutes."""
FREE_ANYWHERE = 50
"""Failures from all addresses together before the account waits in the same way; places from which its owner
has signed in do not, so that nobody locks another out."""
PLACE_KEPT = timedelta(days=90)
"""An address that did not try for so long is forgotten."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
REFUSAL_SECONDS = 0.25
"""A refused sign-in takes at least this long, whatever was wrong: so its time tells nothing."""


async def sign_in(
    database: Database,
    username: str,
    password: str,
    *,
    now: datetime,
    hours: float = 8,
    agent: str = "",
    address: str = "",
) -> str:
    """Check name and password; gives the secret of a new session, to be kept in a cookie.

    Takes the database, not a session: a failure must be counted though it is refused, and the slow hash
    must not hold the one writer. NotSignedIn (A-SIGNIN), the same for every cause and never sooner than
    after REFUSAL_SECONDS; Forbidden (A-HAT) for an account without any role.
    """
    started = asyncio.get_running_loop().time()
    name = try_fold(username)
    async with database.read() as session:
        found = (await session.exec(select(Account).where(Account.username == name))).first()
    stored = found.password_hash if found is not None else dummy_hash()
    # Always verified, for names that do not exist too: a faster no would tell which names do.
    right = await asyncio.to_thread(verify, stored, password[: PASSWORD_MAX + 1]) and found is not None
    secret = ""
    if found is not None:
        fresh = await asyncio.to_thread(hashed, password) if right and stale(stored) else None
        secret = await database.retrying(
            lambda session: _settle(session, found.id, right, stored, fresh, now, hours, agent, address)
        )
    if not secret:
        await asyncio.sleep(max(started + REFUSAL_SECONDS - asyncio.get_running_loop().time(), 0))
        raise _refused()
    return secret


async def _settle(
    session: AsyncSession,
    account: str,
    right: bool,
    checked: str,
    fresh: str | None,
    now: datetime,
    hours: float,
    agent: str,
    address: str,
) -> str:
    """Count the attempt under the account's lock; gives the session's secret, or "" for no."""
    row = (await session.exec(select(Account).where(Account.id == account).with_for_update())).one()
    # Asked here and not before the hash: of a thousand guesses at once, five count and the rest wait.
    place = await _place(session, account, address, now)
    waits = place.locked_until if place.succeeded_at else _later(place.locked_until, row.locked_until)
    if row.disabled_at is not None or (waits is not None and now < waits):
        return ""
    if not right or row.password_hash != checked:  # changed while we were hashing
        row.failed += 1
        place.failed += 1
        place.locked_until = _wait(now, place.failed - FREE_FAILURES)
        row.locked_until = _wait(now, row.failed - FREE_ANYWHERE)
        await tell_access(session, "sign_in_failed", SYSTEM, now, account=account, failed=row.failed)
        return ""
    worn = await hats(session, account)
    if not worn:
        raise Forbidden.because(
            "A-HAT",
            "Akun ini belum mempunyai peran; hubungi petugas BNSP.",
            "This account has no role yet; ask BNSP operations.",
        )
    row.failed, row.locked_until = 0, None
    place.failed, place.locked_until, place.succeeded_at = 0, None, now
    row.password_hash = fresh or row.password_hash
    secret = SESSION_PREFIX + secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            id_hash=digest(secret),
            account=account,
            role=worn[0].role.value,
            organisation=worn[0].organisation,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=hours),
            agent_digest=digest(agent) if agent else "",
            device=device_of(agent),
        )
    )
    await session.flush()
    who = Actor(account=account, person=row.person, role=worn[0].role, organisation=worn[0].organisation)
    await tell_access(session, "signed_in", who, now, account=account)
    return secret


async def _place(session: AsyncSession, account: str, address: str, now: datetime) -> SignInPlace:
    """Where the attempt comes from, as a row of this account's; made when it is new."""
    key = digest(f"{account}/{address}")
    row = await session.get(SignInPlace, (account, key))
    if row is None:
        await session.exec(
            delete(SignInPlace).where(
                col(SignInPlace.account) == account, col(SignInPlace.tried_at) < now - PLACE_KEPT
            )
        )
        row = SignInPlace(account=account, place=key, tried_at=now)
        session.add(row)
    row.tried_at = now
    return row


def _wait(now: datetime, beyond: int) -> datetime | None:
    """Until when to wait after so many failures beyond the free ones."""
    return now + min(FIRST_WAIT * 2 ** min(beyond, 10), LONGEST_WAIT) if beyond >= 0 else None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


async def resolve_session(session: AsyncSession, secret: str, *, now: datetime) -> Access:
    """Who holds this session's secret. NotSignedIn (A-SESSION) when it is unknown, over or revoked."""
    if not secret.startswith(SESSION_PREFIX):
        raise session_over()
    connection = await session.connection()
    rows = (await connection.execute(_RESOLVING, {"key": digest(secret)})).all()
    if not rows or rows[0].revoked_at is not None or now >= rows[0].expires_at:
        raise session_over()
    return resolved(rows, scopes=SCOPES, key=rows[0].id_hash, by_token=False)


_RESOLVING = resolving(SignInSession, "id_hash")


async def touch_session(session: AsyncSession, access: Access, *, now: datetime) -> None:
    """Note that the session was used, at most every five minutes."""
    await session.exec(
        update(SignInSession)
        .where(col(SignInSession.id_hash) == access.key, col(SignInSession.last_seen_at) < now - SEEN_EVERY)
        .values(last_seen_at=now)
    )


async def wear(session: AsyncSession, access: Access, hat: Hat, *, now: datetime) -> Access:
    """Change the session's hat. Forbidden (A-HAT) for one that the account may not wear."""
    if access.by_token or hat not in await hats(session, access.account):
        raise not_your_hat()
    row = await session.get(SignInSession, access.key)
    if row is None or row.revoked_at is not None or now >= row.expires_at:
        raise session_over()
    row.role, row.organisation = hat.role.value, hat.organisation
    await session.flush()
    changed = await access_of(session, row, scopes=access.scopes, key=row.id_hash, by_token=False)
    await tell_access(session, "hat_changed", changed.actor, now, account=access.account)
    return changed


async def change_own_password(
    database: Database, account: str, current: str, password: str, *, by: Actor, at: datetime
) -> None:
    """Change it for who knows the present one. Malformed (A-PASSWORD) when it is not that, or the new
    one is too weak."""
    async with database.read() as session:
        stored = (await session.exec(select(Account.password_hash).where(Account.id == account))).one()
    if not await asyncio.to_thread(verify, stored, current[: PASSWORD_MAX + 1]):
        raise Malformed.because(
            "A-PASSWORD",
            "Kata sandi sekarang tidak benar.",
            "The present password is not right.",
            field="current",
        )
    await database.retrying(lambda session: change_password(session, account, password, by=by, at=at))


async def sign_out(session: AsyncSession, access: Access, *, now: datetime) -> None:
    """End the session; a second time changes nothing."""
    row = await session.get(SignInSession, access.key)
    if row is None or row.revoked_at is not None:
        return
    row.revoked_at = now
    await tell_access(session, "signed_out", access.actor, now, account=access.account)


async def sweep(session: AsyncSession, *, now: datetime) -> int:
    """Remove sessions that were over a week ago; gives their number."""
    gone = await session.exec(
        delete(SignInSession).where(col(SignInSession.expires_at) < now - timedelta(days=7))
    )
    return int(gone.rowcount)


def _refused() -> DomainError:
    return NotSignedIn.because(
        "A-SIGNIN",
        "Nama pengguna atau kata sandi salah, atau terlalu banyak percobaan: tunggu sebentar.",
        "The user name or password is wrong, or there were too many attempts: wait a little.",
    )
