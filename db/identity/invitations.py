"""Invitations: the way in for a participant who has no account yet.

The secret stands in the mail alone. It is made from the notice that carries it, so that a repeated mail is
the same mail; here only its hash is kept. It opens one account, once, until it expires, and nothing once the
person has an account.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.candidate_tables import Invitation
from db.identity.access import Hat, tell
from db.identity.accounts import create_account
from db.people_tables import Account
from db.tables import JourneyRow, SeatRow
from db.vault import Vault
from domain.errors import Conflict, DomainError, NotFound
from domain.roles import SYSTEM, Role
from domain.text import Text

PREFIX = "asi_"
VALID = timedelta(days=30)
"""Longer than a candidate has for the application (10 working days); mails that lie about are a risk."""


def secret_of(vault: Vault, notice: str, person: str) -> str:
    """The secret of the invitation that the mail of this notice to this person carries."""
    _, _, mac = vault.sign(f"invitation\0{notice}\0{person}".encode()).partition(".")
    return f"{PREFIX}{mac}"


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


async def uninvited(session: AsyncSession, persons: Iterable[str]) -> set[str]:
    """Which of these persons are participants without any account, open or closed?"""
    wanted = sorted(set(persons))
    if not wanted:
        return set()
    known = set(await session.exec(select(Account.person).where(col(Account.person).in_(wanted))))
    left = [p for p in wanted if p not in known]
    seats = await session.exec(select(SeatRow.person).where(col(SeatRow.person).in_(left)))
    journeys = await session.exec(select(JourneyRow.person).where(col(JourneyRow.person).in_(left)))
    return {*seats, *journeys}


async def invite(session: AsyncSession, person: str, secret: str, *, at: datetime) -> None:
    """Let this secret open an account of the person from now on (real time, UTC); the same again changes
    nothing."""
    if await session.get(Invitation, hashed(secret)) is not None:
        return
    session.add(
        Invitation(
            id_hash=hashed(secret),
            person=person,
            created_at=at,
            created_by=SYSTEM.account,
            expires_at=at + VALID,
        )
    )
    await session.flush()
    await tell(session, person, "invitation_made", SYSTEM, at)


async def invitation(session: AsyncSession, secret: str, *, now: datetime) -> Invitation:
    """The invitation of this secret. NotFound (A-INVITATION), one and the same for what is unknown, used or
    expired, and for whom has an account meanwhile."""
    row = await session.get(Invitation, hashed(secret), with_for_update=True)
    good = row is not None and row.used_at is None and now < row.expires_at
    if row is None or not good or not await uninvited(session, [row.person]):
        raise gone()
    return row


async def accept(session: AsyncSession, secret: str, username: str, password: str, *, at: datetime) -> str:
    """Open the account of an invited candidate; gives its id. Every invitation of that person is used by it.

    NotFound (A-INVITATION), Malformed (A-USERNAME, A-PASSWORD), Conflict (A-USERNAME) for a taken name.
    """
    row = await invitation(session, secret, now=at)
    account = await create_account(
        session,
        person=row.person,
        username=username,
        password=password,
        hats=[Hat(Role.CANDIDATE)],
        by=SYSTEM,
        at=at,
    )
    await session.exec(
        update(Invitation)
        .where(col(Invitation.person) == row.person, col(Invitation.used_at).is_(None))
        .values(used_at=at)
    )
    await tell(session, row.person, "invitation_used", SYSTEM, at, account=account)
    return account


def gone() -> DomainError:
    return NotFound.because(
        "A-INVITATION",
        "Undangan ini tidak berlaku (lagi): sudah dipakai, sudah lewat waktunya, atau bukan undangan.",
        "This invitation does not work (any more): it was used, it has expired, or it is none.",
        remedy=Text(
            id="Masuk bila akun Anda sudah ada. Bila belum, minta penyelenggara mengirim undangan baru.",
            en="Sign in if you have an account. If not, ask your organiser for a new invitation.",
        ),
    )


def has_account() -> DomainError:
    return Conflict.because(
        "A-INVITED",
        "Orang ini sudah mempunyai akun.",
        "This person has an account already.",
        remedy=Text(id="Ia dapat langsung masuk.", en="They can sign in."),
    )
