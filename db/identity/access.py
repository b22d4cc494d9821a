"""Who is asking, under which hat, with which account behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Select, and_, bindparam, update
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Account, AccountRole, ApiToken, SignInSession
from db.projection import table_of
from db.streams import append_row_event
from domain.clock import local_day
from domain.errors import DomainError, Forbidden, NotFound, NotSignedIn
from domain.roles import Actor, Role

Scope = Literal["read", "write"]
SCOPES: frozenset[str] = frozenset({"read", "write"})
SEEN_EVERY = timedelta(minutes=5)


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


async def hats(session: AsyncSession, account: str) -> tuple[Hat, ...]:
    """Every hat that the account may wear now, sorted; none for a disabled or unknown one."""
    rows = await session.exec(
        select(AccountRole)
        .join(Account, col(Account.id) == col(AccountRole.account))
        .where(AccountRole.account == account, col(Account.disabled_at).is_(None))
    )
    return tuple(sorted(Hat(Role(row.role), row.organisation) for row in rows))


def digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


async def account_row(session: AsyncSession, account: str) -> Account:
    row = await session.get(Account, account)
    if row is None:
        raise NotFound.because("A-ACCOUNT", "Akun ini tidak ada.", "There is no such account.")
    return row


async def access_of(
    session: AsyncSession,
    row: SignInSession | ApiToken,
    *,
    scopes: frozenset[str],
    key: str,
    by_token: bool,
) -> Access:
    mine = await hats(session, row.account)
    account = await account_row(session, row.account)
    return _access(row, account.person, mine, scopes, key, by_token=by_token)


def resolving(table: type[SignInSession] | type[ApiToken], key: str) -> Select[Any]:
    """The row whose column `key` is `:key`, once for each hat of its account, with that hat and the person:
    one question, asked at every request. The hat is None for a disabled account, or one without any."""
    hat = and_(col(AccountRole.account) == col(Account.id), col(Account.disabled_at).is_(None))
    return (
        columns(
            *(c for c in table_of(table).c),
            col(Account.person).label("person"),
            col(AccountRole.role).label("hat_role"),
            col(AccountRole.organisation).label("hat_organisation"),
        )
        .join(Account, col(Account.id) == col(table.account))
        .outerjoin(AccountRole, hat)
        .where(table_of(table).c[key] == bindparam("key"))
    )


def resolved(rows: Sequence[Any], *, scopes: frozenset[str], key: str, by_token: bool) -> Access:
    """The access that the rows of `resolving` give."""
    mine = tuple(sorted(Hat(Role(row.hat_role), row.hat_organisation) for row in rows if row.hat_role))
    return _access(rows[0], rows[0].person, mine, scopes, key, by_token=by_token)


def _access(
    row: Any, person: str, mine: tuple[Hat, ...], scopes: frozenset[str], key: str, *, by_token: bool
) -> Access:
    hat = Hat(Role(row.role), row.organisation)
    if hat not in mine:  # disabled, or the role was taken away since
        raise session_over()
    return Access(
        account=row.account,
        person=person,
        hat=hat,
        hats=mine,
        scopes=scopes,
        expires_at=row.expires_at,
        key=key,
        by_token=by_token,
    )


async def end_all(session: AsyncSession, account: str, at: datetime) -> None:
    for table in (SignInSession, ApiToken):
        await session.exec(
            update(table)
            .where(col(table.account) == account, col(table.revoked_at).is_(None))
            .values(revoked_at=at)
        )
    await session.flush()


async def tell(
    session: AsyncSession, person: str, type: str, by: Actor, at: datetime, **payload: object
) -> None:
    await append_row_event(session, f"person-{person}", type, by, payload, at)


async def tell_access(session: AsyncSession, type: str, by: Actor, at: datetime, **payload: object) -> None:
    await append_row_event(session, f"access-{local_day(at).isoformat()}", type, by, payload, at)


def plain_hat(hat: Hat) -> dict[str, object]:
    return {"role": hat.role.value, "organisation": hat.organisation}


def session_over() -> DomainError:
    return NotSignedIn.because(
        "A-SESSION", "Sesi berakhir; silakan masuk lagi.", "The session is over; please sign in again."
    )


def not_your_hat() -> DomainError:
    return Forbidden.because(
        "A-HAT", "Akun ini tidak mempunyai peran itu.", "This account does not have that role."
    )


async def access_as(session: AsyncSession, account: str, hat: Hat, *, until: datetime) -> Access:
    """The rights of an account in one hat as they are now, for what it asked for earlier and is done later.

    NotSignedIn (A-SESSION) when the account was disabled or the hat taken away since.
    """
    mine = await hats(session, account)
    if hat not in mine:
        raise session_over()
    row = await account_row(session, account)
    return Access(
        account=row.id,
        person=row.person,
        hat=hat,
        hats=mine,
        scopes=SCOPES,
        expires_at=until,
        key="",
        by_token=True,
    )
