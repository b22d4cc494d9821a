"""Accounts and access: who is asking, under which hat, and how we know.

Passwords are Argon2id; sessions and API tokens are random secrets of which only the SHA-256 is kept. Every
answer rests on the rows of this moment: a role taken away is gone at the next request. Moments (`now`,
`at`) are UTC and given by the caller.
"""

import asyncio
import secrets
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.ledger import append_row_event
from db.people_tables import Account, AccountRole, ApiToken, Person, SignInPlace, SignInSession
from db.session import Database
from domain.clock import local_day
from domain.errors import Conflict, DomainError, Forbidden, Malformed, NotFound, NotSignedIn
from domain.roles import SYSTEM, Actor, Role

Scope = Literal["read", "write"]
SCOPES: frozenset[str] = frozenset({"read", "write"})
TOKEN_PREFIX = "asr_"  # noqa: S105 (the public part, by which scanners find a leaked one)
SESSION_PREFIX = "ass_"

PASSWORD_MIN, PASSWORD_MAX = 10, 200
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
SEEN_EVERY = timedelta(minutes=5)
TOKEN_DAYS_MAX = 366

_HASHER = PasswordHasher()


@dataclass(frozen=True, order=True)
class Hat:
    """A role that an account may wear; an organiser's is of one organisation."""

    role: Role
    organisation: str = ""


@dataclass(frozen=True)
class Access:
    """Somebody who proved who they are, and what they may do as that."""

    account: str
    person: str
    hat: Hat
    hats: tuple[Hat, ...]
    scopes: frozenset[str]
    expires_at: datetime
    key: str = field(repr=False)
    """Hash of the session's secret, or id of the API token."""
    by_token: bool = False

    @property
    def actor(self) -> Actor:
        """The one who acts, in the hat now worn."""
        return Actor(
            account=self.account,
            person=self.person,
            role=self.hat.role,
            organisation=self.hat.organisation,
        )

    def require(self, scope: Scope) -> None:
        """Forbidden unless the scope was given."""
        if scope not in self.scopes:
            raise Forbidden.because(
                "A-SCOPE",
                "Token ini tidak diberi wewenang itu.",
                "This token was not given that scope.",
                scope=scope,
            )


# ---- accounts -----------------------------------------------------------------------------------


async def create_account(
    session: AsyncSession,
    *,
    person: str,
    username: str,
    password: str,
    hats: Iterable[Hat] = (),
    by: Actor,
    at: datetime,
) -> str:
    """A new account of a known person; gives its id.

    Malformed (A-USERNAME, A-PASSWORD), NotFound (V-PERSON), Conflict (A-USERNAME) when the name is taken.
    """
    name = fold_username(username)
    _acceptable(password, name)
    if await session.get(Person, person) is None:
        raise NotFound.because("V-PERSON", "Orang ini tidak dikenal.", "This person is not known.")
    if (await session.exec(select(Account.id).where(Account.username == name))).first() is not None:
        raise Conflict.because("A-USERNAME", "Nama pengguna sudah dipakai.", "This user name is taken.")
    account = Account(
        id=str(uuid.uuid4()),
        person=person,
        username=name,
        password_hash=await asyncio.to_thread(_HASHER.hash, password),
        created_at=at,
    )
    session.add(account)
    await session.flush()
    await _tell(session, person, "account_created", by, at, account=account.id)
    for hat in hats:
        await grant(session, account.id, hat, by=by, at=at)
    return account.id


async def grant(session: AsyncSession, account: str, hat: Hat, *, by: Actor, at: datetime) -> None:
    """Let the account wear the hat; nothing happens when it may already.

    Malformed (A-HAT) for `system`, which nobody signs in as, and for an organiser without organisation.
    """
    if hat.role is Role.SYSTEM or (hat.role is Role.ORGANISER) != bool(hat.organisation):
        raise Malformed.because(
            "A-HAT",
            "Peran ini tidak dapat diberikan begitu; penyelenggara memerlukan organisasinya.",
            "This role cannot be given like that; an organiser needs its organisation.",
            role=hat.role.value,
        )
    row = await _account(session, account)
    if await session.get(AccountRole, (account, hat.role.value, hat.organisation)) is not None:
        return
    session.add(AccountRole(account=account, role=hat.role.value, organisation=hat.organisation))
    await session.flush()
    await _tell(session, row.person, "role_granted", by, at, account=account, **_plain(hat))


async def withdraw(session: AsyncSession, account: str, hat: Hat, *, by: Actor, at: datetime) -> None:
    """Take the hat away; sessions and tokens that wear it stop at their next request."""
    row = await _account(session, account)
    held = await session.get(AccountRole, (account, hat.role.value, hat.organisation))
    if held is None:
        return
    await session.delete(held)
    await session.flush()
    await _tell(session, row.person, "role_withdrawn", by, at, account=account, **_plain(hat))


async def disable_account(session: AsyncSession, account: str, *, by: Actor, at: datetime) -> None:
    """Nobody comes in by this account any more; its sessions and tokens end now."""
    row = await _account(session, account)
    if row.disabled_at is not None:
        return
    row.disabled_at = at
    await _end_all(session, account, at)
    await _tell(session, row.person, "account_disabled", by, at, account=account)


async def enable_account(session: AsyncSession, account: str, *, by: Actor, at: datetime) -> None:
    """Let a disabled or locked account in again, with its password as it was."""
    row = await _account(session, account)
    row.disabled_at, row.locked_until, row.failed = None, None, 0
    await _free_places(session, account)
    await _tell(session, row.person, "account_enabled", by, at, account=account)


async def change_password(
    session: AsyncSession, account: str, password: str, *, by: Actor, at: datetime
) -> None:
    """Set the password and end every session and token: whoever knew the old one is out."""
    row = await _account(session, account)
    _acceptable(password, row.username)
    row.password_hash = await asyncio.to_thread(_HASHER.hash, password)
    row.failed, row.locked_until = 0, None
    await _free_places(session, account)
    await _end_all(session, account, at)
    await _tell(session, row.person, "password_changed", by, at, account=account)


async def hats(session: AsyncSession, account: str) -> tuple[Hat, ...]:
    """Every hat that the account may wear now, sorted; none for a disabled or unknown one."""
    rows = await session.exec(
        select(AccountRole)
        .join(Account, col(Account.id) == col(AccountRole.account))
        .where(AccountRole.account == account, col(Account.disabled_at).is_(None))
    )
    return tuple(sorted(Hat(Role(row.role), row.organisation) for row in rows))


async def roles_of(session: AsyncSession, person: str) -> tuple[str, ...]:
    """Every role that one of the person's accounts may wear now, sorted."""
    rows = await session.exec(
        select(AccountRole.role)
        .join(Account, col(Account.id) == col(AccountRole.account))
        .where(Account.person == person, col(Account.disabled_at).is_(None))
        .distinct()
    )
    return tuple(sorted(rows))


async def actor(session: AsyncSession, account: str, role: Role, organisation: str = "") -> Actor:
    """The account as an actor in that hat. Forbidden (A-HAT) when it may not wear it now."""
    hat = Hat(role, organisation)
    if hat not in await hats(session, account):
        raise _not_your_hat()
    row = await _account(session, account)
    return Actor(account=account, person=row.person, role=role, organisation=organisation)


# ---- signing in ---------------------------------------------------------------------------------


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
    name = _try_fold(username)
    async with database.read() as session:
        found = (await session.exec(select(Account).where(Account.username == name))).first()
    stored = found.password_hash if found is not None else _dummy_hash()
    # Always verified, for names that do not exist too: a faster no would tell which names do.
    right = await asyncio.to_thread(_verify, stored, password[: PASSWORD_MAX + 1]) and found is not None
    secret = ""
    if found is not None:
        fresh = await asyncio.to_thread(_HASHER.hash, password) if right and _stale(stored) else None
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
        await _tell_access(session, "sign_in_failed", SYSTEM, now, account=account, failed=row.failed)
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
            id_hash=_digest(secret),
            account=account,
            role=worn[0].role.value,
            organisation=worn[0].organisation,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=hours),
            agent_digest=_digest(agent) if agent else "",
        )
    )
    await session.flush()
    who = Actor(account=account, person=row.person, role=worn[0].role, organisation=worn[0].organisation)
    await _tell_access(session, "signed_in", who, now, account=account)
    return secret


async def _place(session: AsyncSession, account: str, address: str, now: datetime) -> SignInPlace:
    """Where the attempt comes from, as a row of this account's; made when it is new."""
    key = _digest(f"{account}/{address}")
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


async def _free_places(session: AsyncSession, account: str) -> None:
    """No address waits any more; which ones are the owner's stays known."""
    await session.exec(
        update(SignInPlace).where(col(SignInPlace.account) == account).values(failed=0, locked_until=None)
    )


async def resolve_session(session: AsyncSession, secret: str, *, now: datetime) -> Access:
    """Who holds this session's secret. NotSignedIn (A-SESSION) when it is unknown, over or revoked."""
    row = await session.get(SignInSession, _digest(secret)) if secret.startswith(SESSION_PREFIX) else None
    if row is None or row.revoked_at is not None or now >= row.expires_at:
        raise _session_over()
    return await _access(session, row, scopes=SCOPES, key=row.id_hash, by_token=False)


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
        raise _not_your_hat()
    row = await session.get(SignInSession, access.key)
    if row is None or row.revoked_at is not None or now >= row.expires_at:
        raise _session_over()
    row.role, row.organisation = hat.role.value, hat.organisation
    await session.flush()
    changed = await _access(session, row, scopes=access.scopes, key=row.id_hash, by_token=False)
    await _tell_access(session, "hat_changed", changed.actor, now, account=access.account)
    return changed


async def sign_out(session: AsyncSession, access: Access, *, now: datetime) -> None:
    """End the session; a second time changes nothing."""
    row = await session.get(SignInSession, access.key)
    if row is None or row.revoked_at is not None:
        return
    row.revoked_at = now
    await _tell_access(session, "signed_out", access.actor, now, account=access.account)


# ---- API tokens ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewToken:
    """A token just made. `secret` is shown once and kept nowhere."""

    id: str
    secret: str = field(repr=False)


async def create_token(
    session: AsyncSession,
    *,
    account: str,
    label: str,
    scopes: Sequence[str],
    hat: Hat,
    expires_at: datetime,
    by: Actor,
    at: datetime,
) -> NewToken:
    """A token that acts as the account in one hat. Malformed (A-TOKEN), Forbidden (A-HAT)."""
    label = " ".join(label.split())
    late = at + timedelta(days=TOKEN_DAYS_MAX)
    if not (label and len(label) <= 80 and scopes and set(scopes) <= SCOPES and at < expires_at <= late):
        raise Malformed.because(
            "A-TOKEN",
            f"Token memerlukan nama, wewenang yang dikenal, dan akhir dalam {TOKEN_DAYS_MAX} hari.",
            f"A token needs a label, known scopes and an end within {TOKEN_DAYS_MAX} days.",
        )
    if hat not in await hats(session, account):
        raise _not_your_hat()
    row = await _account(session, account)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=str(uuid.uuid4()),
        hash=_digest(secret),
        account=account,
        label=label,
        scopes=sorted(set(scopes)),
        role=hat.role.value,
        organisation=hat.organisation,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(token)
    await session.flush()
    await _tell(
        session,
        row.person,
        "token_created",
        by,
        at,
        account=account,
        token=token.id,
        scopes=token.scopes,
        expires_at=expires_at.isoformat(),
        **_plain(hat),
    )
    return NewToken(token.id, secret)


async def revoke_token(session: AsyncSession, token: str, *, by: Actor, at: datetime) -> None:
    """End a token. NotFound (A-TOKEN) for an unknown one."""
    row = await session.get(ApiToken, token)
    if row is None:
        raise NotFound.because("A-TOKEN", "Token ini tidak ada.", "There is no such token.")
    if row.revoked_at is not None:
        return
    row.revoked_at = at
    owner = await _account(session, row.account)
    await _tell(session, owner.person, "token_revoked", by, at, account=row.account, token=token)


async def resolve_token(session: AsyncSession, secret: str, *, now: datetime) -> Access:
    """Whose API token this is. NotSignedIn (A-TOKEN) when it is unknown, over or revoked."""
    row = None
    if secret.startswith(TOKEN_PREFIX):
        row = (await session.exec(select(ApiToken).where(ApiToken.hash == _digest(secret)))).first()
    if row is None or row.revoked_at is not None or now >= row.expires_at:
        raise NotSignedIn.because("A-TOKEN", "Token tidak berlaku.", "This token is not valid.")
    return await _access(session, row, scopes=frozenset(row.scopes), key=row.id, by_token=True)


async def touch_token(session: AsyncSession, access: Access, *, now: datetime) -> None:
    """Note that the token was used, at most every five minutes."""
    await session.exec(
        update(ApiToken)
        .where(
            col(ApiToken.id) == access.key,
            col(ApiToken.last_used_at).is_(None) | (col(ApiToken.last_used_at) < now - SEEN_EVERY),
        )
        .values(last_used_at=now)
    )


async def sweep(session: AsyncSession, *, now: datetime) -> int:
    """Remove sessions that were over a week ago; gives their number."""
    gone = await session.exec(
        delete(SignInSession).where(col(SignInSession.expires_at) < now - timedelta(days=7))
    )
    return int(gone.rowcount)


# ---- within -------------------------------------------------------------------------------------


def fold_username(username: str) -> str:
    """One form for all ways of typing a user name. Malformed (A-USERNAME)."""
    name = unicodedata.normalize("NFKC", username).strip().casefold()
    # ASCII only: letters of other scripts that look alike would make a second "admin".
    if not (3 <= len(name) <= 80 and name.isascii() and all(c.isalnum() or c in "._@+-" for c in name)):
        raise Malformed.because(
            "A-USERNAME",
            "Nama pengguna terdiri atas 3–80 huruf, angka, atau . _ @ + -",
            "A user name is 3–80 letters, digits or . _ @ + -",
        )
    return name


def _try_fold(username: str) -> str:
    try:
        return fold_username(username)
    except Malformed:
        return ""  # no account has it


def _acceptable(password: str, username: str) -> None:
    weak = (
        not PASSWORD_MIN <= len(password) <= PASSWORD_MAX
        or len(set(password)) < 4
        or username in password.casefold()
    )
    if weak:
        raise Malformed.because(
            "A-PASSWORD",
            f"Kata sandi: {PASSWORD_MIN}–{PASSWORD_MAX} karakter yang beragam, tanpa nama pengguna.",
            f"A password is {PASSWORD_MIN}–{PASSWORD_MAX} varied characters, without the user name.",
        )


@cache
def _dummy_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(16))


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password.encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False


def _stale(stored: str) -> bool:
    return _HASHER.check_needs_rehash(stored)


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


async def _account(session: AsyncSession, account: str) -> Account:
    row = await session.get(Account, account)
    if row is None:
        raise NotFound.because("A-ACCOUNT", "Akun ini tidak ada.", "There is no such account.")
    return row


async def _access(
    session: AsyncSession,
    row: SignInSession | ApiToken,
    *,
    scopes: frozenset[str],
    key: str,
    by_token: bool,
) -> Access:
    mine = await hats(session, row.account)
    hat = Hat(Role(row.role), row.organisation)
    if hat not in mine:  # disabled, or the role was taken away since
        raise _session_over()
    account = await _account(session, row.account)
    return Access(
        account=account.id,
        person=account.person,
        hat=hat,
        hats=mine,
        scopes=scopes,
        expires_at=row.expires_at,
        key=key,
        by_token=by_token,
    )


async def _end_all(session: AsyncSession, account: str, at: datetime) -> None:
    for table in (SignInSession, ApiToken):
        await session.exec(
            update(table)
            .where(col(table.account) == account, col(table.revoked_at).is_(None))
            .values(revoked_at=at)
        )
    await session.flush()


async def _tell(
    session: AsyncSession, person: str, type: str, by: Actor, at: datetime, **payload: object
) -> None:
    await append_row_event(session, f"person-{person}", type, by, payload, at)


async def _tell_access(session: AsyncSession, type: str, by: Actor, at: datetime, **payload: object) -> None:
    await append_row_event(session, f"access-{local_day(at).isoformat()}", type, by, payload, at)


def _plain(hat: Hat) -> dict[str, object]:
    return {"role": hat.role.value, "organisation": hat.organisation}


def _refused() -> DomainError:
    return NotSignedIn.because(
        "A-SIGNIN",
        "Nama pengguna atau kata sandi salah, atau terlalu banyak percobaan: tunggu sebentar.",
        "The user name or password is wrong, or there were too many attempts: wait a little.",
    )


def _session_over() -> DomainError:
    return NotSignedIn.because(
        "A-SESSION", "Sesi berakhir; silakan masuk lagi.", "The session is over; please sign in again."
    )


def _not_your_hat() -> DomainError:
    return Forbidden.because(
        "A-HAT", "Akun ini tidak mempunyai peran itu.", "This account does not have that role."
    )
