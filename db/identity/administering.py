"""What BNSP's administrators do with accounts: each act for a reason, sealed as the account's owner's."""

import base64
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.identity.access import Hat, account_row, plain_hat, tell
from db.identity.accounts import (
    change_password,
    create_account,
    disable_account,
    enable_account,
    grant,
    withdraw,
)
from db.people_tables import Account, SignInSession
from db.vault import Vault, person_owner
from domain.cases import Sealed
from domain.errors import DomainError, Forbidden, NotFound
from domain.roles import SYSTEM, Actor
from domain.text import Text

LINK_PREFIX = "asp_"
LINK_VALID = timedelta(hours=24)
"""How long a link for a new password works; it works once, and none that was made before works after it."""


async def open_account(
    session: AsyncSession,
    vault: Vault,
    *,
    person: str,
    username: str,
    hat: Hat,
    reason: str,
    by: Actor,
    at: datetime,
) -> str:
    """An account that nobody can sign in to yet: its password is random, and set by a link. Gives its id.

    Forbidden (G-SELF) for another one of one's own: its hat would be a right given to oneself. Raises what
    `identity.create_account` and `identity.grant` raise.
    """
    _not_their_own(person, by)
    account = await create_account(
        session,
        person=person,
        username=username,
        password=secrets.token_urlsafe(24),
        hats=[hat],
        by=by,
        at=at,
    )
    await _note(session, vault, account, "account_created", reason, by, at)
    return account


async def give_role(
    session: AsyncSession, vault: Vault, account: str, hat: Hat, *, reason: str, by: Actor, at: datetime
) -> None:
    """Let the account wear the hat. Forbidden (G-SELF) for one's own."""
    await _not_oneself(session, account, by)
    await grant(session, account, hat, by=by, at=at)
    await _note(session, vault, account, "role_granted", reason, by, at, **plain_hat(hat))


async def end_role(
    session: AsyncSession, vault: Vault, account: str, hat: Hat, *, reason: str, by: Actor, at: datetime
) -> None:
    """Take the hat away. Forbidden (G-SELF) for one's own."""
    await _not_oneself(session, account, by)
    await withdraw(session, account, hat, by=by, at=at)
    await _note(session, vault, account, "role_withdrawn", reason, by, at, **plain_hat(hat))


async def close_account(
    session: AsyncSession, vault: Vault, account: str, *, reason: str, by: Actor, at: datetime
) -> None:
    """Nobody comes in by it any more. Forbidden (G-SELF) for one's own."""
    await _not_oneself(session, account, by)
    await disable_account(session, account, by=by, at=at)
    await _note(session, vault, account, "account_disabled", reason, by, at)


async def reopen_account(
    session: AsyncSession, vault: Vault, account: str, *, reason: str, by: Actor, at: datetime
) -> None:
    """Let a disabled or locked account in again, with its password as it was. Forbidden (G-SELF) for one's
    own."""
    await _not_oneself(session, account, by)
    await enable_account(session, account, by=by, at=at)
    await _note(session, vault, account, "account_enabled", reason, by, at)


async def end_sessions(
    session: AsyncSession, account: str, *, only: str = "", by: Actor, at: datetime
) -> int:
    """Sign the account out everywhere, or end that one session; gives how many were ended."""
    row = await account_row(session, account)
    query = (
        update(SignInSession)
        .where(
            col(SignInSession.account) == account,
            col(SignInSession.revoked_at).is_(None),
            col(SignInSession.expires_at) > at,
        )
        .values(revoked_at=at)
    )
    if only:
        query = query.where(col(SignInSession.id_hash) == only)
    ended = int((await session.exec(query)).rowcount)
    if ended:
        await tell(session, row.person, "sessions_ended", by, at, account=account, ended=ended)
    return ended


# ---- a new password, by a link --------------------------------------------------------------------


async def password_link(
    session: AsyncSession, vault: Vault, account: str, *, reason: str, by: Actor, at: datetime
) -> tuple[str, datetime]:
    """The secret of a link by which a new password is chosen, once, and until when. It is kept nowhere: it
    rests on the password as it is now, and is void as soon as that changes. Forbidden (G-SELF) for one's own:
    who has the account open changes its password by the present one."""
    await _not_oneself(session, account, by)
    row = await account_row(session, account)
    until = datetime.fromtimestamp(int((at + LINK_VALID).timestamp()), UTC)
    plain = f"{account}|{int(until.timestamp())}"
    told = base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")
    secret = f"{LINK_PREFIX}{told}.{vault.sign(_message(row, plain))}"
    await tell(session, row.person, "password_link_made", by, at, account=account)
    await _note(session, vault, account, "password_link_made", reason, by, at)
    return secret, until


async def follow_link(session: AsyncSession, vault: Vault, secret: str, *, now: datetime) -> Account:
    """The account of a link that still works. NotFound (A-LINK), the same for whatever is wrong with it."""
    told, _, mac = secret.removeprefix(LINK_PREFIX).partition(".")
    try:
        plain = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode()
        account, _, until = plain.partition("|")
        late = now.timestamp() >= int(until)
    except (ValueError, UnicodeDecodeError):
        raise _no_link() from None
    found = await session.exec(select(Account).where(Account.id == account).with_for_update())
    row = found.one_or_none()
    if late or row is None or row.disabled_at is not None or not vault.signed(_message(row, plain), mac):
        raise _no_link()
    return row


async def use_link(session: AsyncSession, vault: Vault, secret: str, password: str, *, at: datetime) -> None:
    """Set the password that its owner chose. NotFound (A-LINK), Malformed (A-PASSWORD)."""
    row = await follow_link(session, vault, secret, now=at)
    await change_password(session, row.id, password, by=SYSTEM, at=at)


def _message(row: Account, plain: str) -> bytes:
    return f"password\0{plain}\0{row.password_hash}".encode()


def _no_link() -> DomainError:
    return NotFound.because(
        "A-LINK",
        "Tautan ini tidak berlaku (lagi): sudah dipakai, sudah lewat waktunya, atau bukan tautan.",
        "This link does not work (any more): it was used, it has expired, or it is none.",
        remedy=Text(id="Minta tautan baru kepada petugas BNSP.", en="Ask BNSP operations for a new link."),
    )


async def _not_oneself(session: AsyncSession, account: str, by: Actor) -> None:
    _not_their_own((await account_row(session, account)).person, by)


def _not_their_own(person: str, by: Actor) -> None:
    if person == by.person:
        raise Forbidden.because(
            "G-SELF",
            "Hak akun sendiri diubah oleh petugas lain.",
            "The rights of one's own account are changed by somebody else.",
            remedy=Text(id="Minta petugas BNSP lain.", en="Ask another of BNSP's operations."),
        )


async def _note(
    session: AsyncSession,
    vault: Vault,
    account: str,
    what: str,
    reason: str,
    by: Actor,
    at: datetime,
    **more: object,
) -> Sealed:
    """Why it was done, on the person's chain beside the act itself."""
    row = await account_row(session, account)
    sealed = await vault.seal_text(session, person_owner(row.person), reason, by.account, at=at)
    await tell(
        session,
        row.person,
        "reason_recorded",
        by,
        at,
        account=account,
        what=what,
        reason=sealed.model_dump(),
        **more,
    )
    return sealed
