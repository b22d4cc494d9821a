"""Accounts and their roles: made, granted, withdrawn, disabled, and who holds a role."""

import asyncio
import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.identity.access import Hat, account_row, end_all, hats, not_your_hat, plain_hat, tell
from db.identity.passwords import acceptable, fold_username, hashed
from db.people_tables import Account, AccountRole, Person, SignInPlace
from domain.errors import Conflict, Malformed, NotFound
from domain.roles import Actor, Role


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
    acceptable(password, name)
    if await session.get(Person, person) is None:
        raise NotFound.because("V-PERSON", "Orang ini tidak dikenal.", "This person is not known.")
    if (await session.exec(select(Account.id).where(Account.username == name))).first() is not None:
        raise Conflict.because("A-USERNAME", "Nama pengguna sudah dipakai.", "This user name is taken.")
    account = Account(
        id=str(uuid.uuid4()),
        person=person,
        username=name,
        password_hash=await asyncio.to_thread(hashed, password),
        created_at=at,
    )
    session.add(account)
    await session.flush()
    await tell(session, person, "account_created", by, at, account=account.id)
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
    row = await account_row(session, account)
    if await session.get(AccountRole, (account, hat.role.value, hat.organisation)) is not None:
        return
    session.add(AccountRole(account=account, role=hat.role.value, organisation=hat.organisation))
    await session.flush()
    await tell(session, row.person, "role_granted", by, at, account=account, **plain_hat(hat))


async def withdraw(session: AsyncSession, account: str, hat: Hat, *, by: Actor, at: datetime) -> None:
    """Take the hat away; sessions and tokens that wear it stop at their next request."""
    row = await account_row(session, account)
    held = await session.get(AccountRole, (account, hat.role.value, hat.organisation))
    if held is None:
        return
    await session.delete(held)
    await session.flush()
    await tell(session, row.person, "role_withdrawn", by, at, account=account, **plain_hat(hat))


async def disable_account(session: AsyncSession, account: str, *, by: Actor, at: datetime) -> None:
    """Nobody comes in by this account any more; its sessions and tokens end now."""
    row = await account_row(session, account)
    if row.disabled_at is not None:
        return
    row.disabled_at = at
    await end_all(session, account, at)
    await tell(session, row.person, "account_disabled", by, at, account=account)


async def enable_account(session: AsyncSession, account: str, *, by: Actor, at: datetime) -> None:
    """Let a disabled or locked account in again, with its password as it was."""
    row = await account_row(session, account)
    row.disabled_at, row.locked_until, row.failed = None, None, 0
    await free_places(session, account)
    await tell(session, row.person, "account_enabled", by, at, account=account)


async def change_password(
    session: AsyncSession, account: str, password: str, *, by: Actor, at: datetime
) -> None:
    """Set the password and end every session and token: whoever knew the old one is out."""
    row = await account_row(session, account)
    acceptable(password, row.username)
    row.password_hash = await asyncio.to_thread(hashed, password)
    row.failed, row.locked_until = 0, None
    await free_places(session, account)
    await end_all(session, account, at)
    await tell(session, row.person, "password_changed", by, at, account=account)


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
        raise not_your_hat()
    row = await account_row(session, account)
    return Actor(account=account, person=row.person, role=role, organisation=organisation)


async def free_places(session: AsyncSession, account: str) -> None:
    """No address waits any more; which ones are the owner's stays known."""
    await session.exec(
        update(SignInPlace).where(col(SignInPlace.account) == account).values(failed=0, locked_until=None)
    )
