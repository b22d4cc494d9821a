"""`asesor user …`: accounts, for whoever may reach the database of this machine. Every change is an event."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import identity, registry
from db.identity import Hat
from db.people_tables import Account, AccountRole
from db.vault import PersonData, Vault
from domain.errors import NotFound
from domain.roles import Role
from tools.cli.accounts_file import new_password
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.first_filling import BY
from tools.cli.parts import database, present

if TYPE_CHECKING:
    from db.session import Database


@dataclass(frozen=True)
class NewUser:
    """A new account, for a new person (by name) or for a known one (by id)."""

    username: str
    hat: Hat
    name: str = ""
    person: str = ""
    nik: str = ""
    email: str = ""
    password: str = ""
    """Empty: generated and shown once."""


async def add(out: Out, user: NewUser) -> int:
    """`user add`."""
    if bool(user.name) == bool(user.person):
        raise CommandFailed(
            Exit.USAGE,
            "Berikan --name untuk orang baru, atau --person untuk yang sudah dikenal.",
            "Give --name for a new person, or --person for a known one.",
        )
    now = datetime.now(UTC)
    password = user.password or new_password()
    settings = present()
    vault = Vault(settings.keys("vault"))

    async def work(session: AsyncSession) -> tuple[str, str]:
        person = user.person
        if user.hat.organisation:
            await registry.organisation_data(session, user.hat.organisation)
        if not person:
            data = PersonData(full_name=user.name, nik=user.nik or None, email=user.email)
            person = await registry.create_person(session, vault, data, by=BY, at=now)
        account = await identity.create_account(
            session, person=person, username=user.username, password=password, hats=[user.hat], by=BY, at=now
        )
        return account, person

    async with database(settings) as db:
        account, person = await db.retrying(work)
    shown = {} if user.password else {"password": password}
    out.result(
        {"ok": True, "username": user.username, "account": account, "person": person, **shown},
        f"{user.username}: {_hat(user.hat)}",
        *([f"kata sandi, hanya sekali ini – password, shown this once: {password}"] if shown else []),
    )
    return Exit.OK


async def list_all(out: Out) -> int:
    """`user list`: user names, roles and states; never a person's name."""
    async with database(present()) as db, db.read() as session:
        accounts = list(await session.exec(select(Account).order_by(col(Account.username))))
        hats: dict[str, list[str]] = {}
        for row in await session.exec(select(AccountRole).order_by(col(AccountRole.role))):
            hats.setdefault(row.account, []).append(_hat(Hat(Role(row.role), row.organisation)))
    now = datetime.now(UTC)
    users = [
        {
            "username": a.username,
            "roles": hats.get(a.id, []),
            "state": _state(a, now),
            "account": a.id,
            "person": a.person,
            "created_at": a.created_at,
        }
        for a in accounts
    ]
    rows = [(a.username, ", ".join(hats.get(a.id, [])) or "–", _state(a, now)) for a in accounts]
    out.result(
        {"ok": True, "users": users},
        out.table(("nama pengguna – user name", "peran – roles", "keadaan – state"), rows),
    )
    return Exit.OK


def _state(account: Account, now: datetime) -> str:
    if account.disabled_at is not None:
        return "disabled"
    return "locked" if account.locked_until is not None and account.locked_until > now else "active"


async def disable(out: Out, username: str) -> int:
    """`user disable`: sessions and tokens end now."""
    async with _account(username) as (db, account, now):
        await db.retrying(lambda s: identity.disable_account(s, account, by=BY, at=now))
    return _done(out, username, "dinonaktifkan – disabled")


async def enable(out: Out, username: str) -> int:
    """`user enable`: let a disabled or locked account in again."""
    async with _account(username) as (db, account, now):
        await db.retrying(lambda s: identity.enable_account(s, account, by=BY, at=now))
    return _done(out, username, "diaktifkan – enabled")


async def grant(out: Out, username: str, hat: Hat) -> int:
    """`user grant`."""

    async def work(session: AsyncSession, account: str, now: datetime) -> None:
        if hat.organisation:
            await registry.organisation_data(session, hat.organisation)
        await identity.grant(session, account, hat, by=BY, at=now)

    async with _account(username) as (db, account, now):
        await db.retrying(lambda s: work(s, account, now))
    return _done(out, username, f"+ {_hat(hat)}")


async def password(out: Out, username: str, given: str = "") -> int:
    """`user password`: a new one; every session and token of the account ends."""
    new = given or new_password()
    async with _account(username) as (db, account, now):
        await db.retrying(lambda s: identity.change_password(s, account, new, by=BY, at=now))
    shown = {} if given else {"password": new}
    out.result(
        {"ok": True, "username": username, **shown},
        f"{username}: kata sandi diganti – password changed",
        *([f"hanya sekali ini – shown this once: {new}"] if shown else []),
    )
    return Exit.OK


async def token(out: Out, username: str, hat: Hat, *, scopes: list[str], days: int, label: str) -> int:
    """`user token`: the secret is shown once and kept nowhere."""
    async with _account(username) as (db, account, now):
        made = await db.retrying(
            lambda s: identity.create_token(
                s,
                account=account,
                label=label,
                scopes=scopes,
                hat=hat,
                expires_at=now + timedelta(days=days),
                by=BY,
                at=now,
            )
        )
    expires = now + timedelta(days=days)
    out.result(
        {"ok": True, "id": made.id, "token": made.secret, "scopes": scopes, "expires_at": expires},
        f"token, hanya sekali ini – shown this once: {made.secret}",
        f"{_hat(hat)}; {', '.join(scopes)}; sampai – until {expires.date()}",
    )
    return Exit.OK


def given_password(wanted: bool) -> str:
    """The password from standard input, so that it stands in no history of a shell."""
    if not wanted:
        return ""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass("kata sandi – password: ")
    return sys.stdin.readline().rstrip("\r\n")


@asynccontextmanager
async def _account(username: str) -> AsyncIterator[tuple["Database", str, datetime]]:
    """The database, the id of that user name's account, and now."""
    async with database(present()) as db:
        name = identity.fold_username(username)
        async with db.read() as session:
            found = (await session.exec(select(Account.id).where(Account.username == name))).first()
        if found is None:
            raise NotFound.because("A-ACCOUNT", f"Akun {name} tidak ada.", f"There is no account {name}.")
        yield db, found, datetime.now(UTC)


def _done(out: Out, username: str, what: str) -> int:
    out.result({"ok": True, "username": username}, f"{username}: {what}")
    return Exit.OK


def _hat(hat: Hat) -> str:
    return f"{hat.role.value}:{hat.organisation}" if hat.organisation else hat.role.value
