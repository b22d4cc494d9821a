"""Accounts, for whoever administers or audits them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.identity import Hat
from db.people_tables import Account, AccountRole
from db.reads.pages import PAGE, Order, Page, page_of
from domain.clock import utc
from domain.roles import Role


@dataclass(frozen=True)
class AccountsAsked:
    """Which accounts; what is empty narrows nothing. `q` is looked for in the user name."""

    q: str = ""
    role: str = ""
    organisation: str = ""
    state: str = ""
    """active, locked or disabled."""
    person: str = ""


async def accounts(
    session: AsyncSession, asked: AccountsAsked, *, now: datetime, cursor: str = "", limit: int = PAGE
) -> Page[Account]:
    """By user name. `now`: real time (UTC), by which an account is still locked."""
    query = select(Account)
    if asked.q:
        query = query.where(col(Account.username).icontains(asked.q, autoescape=True))
    if asked.person:
        query = query.where(Account.person == asked.person)
    if asked.role or asked.organisation:
        worn = columns(col(AccountRole.account))
        if asked.role:
            worn = worn.where(col(AccountRole.role) == asked.role)
        if asked.organisation:
            worn = worn.where(col(AccountRole.organisation) == asked.organisation)
        query = query.where(col(Account.id).in_(worn))
    unlocked = or_(col(Account.locked_until).is_(None), col(Account.locked_until) <= utc(now))
    match asked.state:
        case "disabled":
            query = query.where(col(Account.disabled_at).is_not(None))
        case "locked":
            query = query.where(col(Account.disabled_at).is_(None), ~unlocked)
        case "active":
            query = query.where(col(Account.disabled_at).is_(None), unlocked)
    order = Order((col(Account.username),), (str,))
    return await page_of(session, query, order, cursor, limit, lambda r: (r.username,))


async def roles_of_accounts(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[Hat]]:
    """account → the hats that it may wear, sorted."""
    found: dict[str, list[Hat]] = {}
    for row in await session.exec(select(AccountRole).where(col(AccountRole.account).in_(list(ids)))):
        found.setdefault(row.account, []).append(Hat(Role(row.role), row.organisation))
    return {account: sorted(hats) for account, hats in found.items()}
