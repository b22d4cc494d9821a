"""The outbox's consumer: each notice becomes one mail a recipient, kept as a file in a folder.

At least once, and never twice to the reader: a repetition writes the same mail over the same file. Mails
hold names and addresses: the files are for their owner alone (0600), and no log repeats what is in them.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Row, and_, bindparam, or_, update
from sqlalchemy import select as columns
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.mail import Mail, Occasion, address_of, compose, publish
from db import identity, reads
from db.people_tables import Account, AccountRole
from db.projection import table_of
from db.session import Database
from db.tables import CaseRow, OutboxRow
from db.vault import Vault
from domain.errors import NotFound
from domain.notices import notice
from domain.roles import Role
from state_machines.tables import TABLES

BATCH = 50
LEASE = timedelta(seconds=30)
"""A claim stands this long; a consumer that died leaves its notices to the next one."""
ATTEMPTS = 10
BACK_OFF, LONGEST = timedelta(seconds=1), timedelta(minutes=5)
IDLE, LONGEST_IDLE = 0.05, 1.0
"""Seconds between two looks at an empty outbox: soon after a mail (a simulation waits), then rarely."""

ATTENTION = "notice_failed"
"""`cases.attention` when one of the case's notices was given up."""
Place = tuple[str, int, int]
"""Stream, seq and n of a notice."""

log = structlog.get_logger()


class Unreachable(Exception):
    """Nobody can be mailed: no such recipient, no address, or the person was forgotten."""


async def run_outbox(
    db: Database, vault: Vault, folder: Path, stop: asyncio.Event, *, public_url: str = ""
) -> None:
    """Send what the outbox holds until `stop` is set. An error is logged and never ends the loop."""
    pause = IDLE
    while not stop.is_set():
        try:
            sent = await send_once(db, vault, folder, public_url=public_url)
        except Exception as error:  # the database is away, say: it comes back, and so do we
            log.warning("outbox could not be read", error=type(error).__name__)
            sent, pause = 0, LONGEST_IDLE
        if sent:
            pause = IDLE
        if sent >= BATCH:
            continue  # else a moment's rest: a batch of one mail costs as many transactions as one of fifty
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
        pause = min(pause * 1.5, LONGEST_IDLE)


async def send_once(
    db: Database,
    vault: Vault,
    folder: Path,
    limit: int = BATCH,
    *,
    public_url: str = "",
    now: datetime | None = None,
) -> int:
    """Claim up to `limit` notices and mail them; gives how many were sent.

    `now` (UTC, real time) is what leases and back-off are measured by. A notice that fails is tried again,
    ten times in all; then it is FAILED and its case asks for attention. One that reaches nobody is FAILED at
    once: trying again finds nobody new.
    """
    now = now or datetime.now(UTC)
    lease = now + LEASE
    async with db.read() as session:  # an idle look must not hold the one writer of SQLite
        if (await (await session.connection()).execute(_ANY, {"now": now})).first() is None:
            return 0
    rows = await db.retrying(lambda session: _claim(session, now, lease, limit))
    if not rows:
        return 0
    mails: dict[Place, list[Mail]] = {}
    failures: dict[Place, Exception] = {}
    async with db.read() as session:
        readers = Readers(session, vault)
        for row in rows:
            try:
                mails[_place(row)] = await _mails(readers, row, public_url)
            except DBAPIError:
                raise  # says nothing about the notice, which its lease gives back
            except Exception as error:
                failures[_place(row)] = error
    if readers.invited:
        await db.retrying(lambda session: _invite(session, readers.invited, now))
    failures |= await asyncio.to_thread(_publish, folder, mails)
    await db.retrying(lambda session: _settle(session, rows, failures, lease, now))
    for row in rows:
        if (failure := failures.get(_place(row))) is not None:
            log.warning(
                "notice was not sent",
                stream=row.stream,
                seq=row.seq,
                n=row.n,
                template=row.template,
                error=type(failure).__name__,
            )
    return len(rows) - len(failures)


# ---- the row ------------------------------------------------------------------------------------------


async def _claim(session: AsyncSession, now: datetime, lease: datetime, limit: int) -> list[OutboxRow]:
    """Notices that nobody else is sending, the oldest first; ours until `lease`."""
    order = (col(OutboxRow.created_at), col(OutboxRow.stream), col(OutboxRow.seq), col(OutboxRow.n))
    # On SQLite FOR UPDATE says nothing: the transaction began IMMEDIATE and is alone already.
    query = select(OutboxRow).where(_WAITING).order_by(*order).limit(limit)
    rows = list(await session.exec(query.with_for_update(skip_locked=True), params={"now": now}))
    for row in rows:
        row.claimed_until = lease
    return rows


_OUTBOX = table_of(OutboxRow)
_WAITING = and_(
    _OUTBOX.c.state == "PENDING",
    or_(_OUTBOX.c.claimed_until.is_(None), _OUTBOX.c.claimed_until <= bindparam("now")),
)
_ANY = columns(_OUTBOX.c.seq).where(_WAITING).limit(1)
_SENT = (
    _OUTBOX.update()
    .where(
        *(_OUTBOX.c[name] == bindparam(f"of_{name}") for name in ("stream", "seq", "n")),
        _OUTBOX.c.state == "PENDING",
        _OUTBOX.c.claimed_until == bindparam("lease"),
    )
    .values(state="SENT", sent_at=bindparam("now"), claimed_until=None)
)


async def _settle(
    session: AsyncSession,
    rows: Sequence[OutboxRow],
    failures: Mapping[Place, Exception],
    lease: datetime,
    now: datetime,
) -> None:
    """Write down what became of each notice, unless our lease ran out and it is another's by now."""
    sent = [
        {"of_stream": row.stream, "of_seq": row.seq, "of_n": row.n, "lease": lease, "now": now}
        for row in rows
        if _place(row) not in failures
    ]
    if sent:
        await (await session.connection()).execute(_SENT, sent)
    for row in rows:
        failure = failures.get(_place(row))
        if failure is None:
            continue
        attempts = row.attempts + 1
        given_up = attempts >= ATTEMPTS
        values: dict[str, Any] = {"claimed_until": None, "attempts": attempts}
        if given_up or isinstance(failure, Unreachable):
            values["state"] = "FAILED"
        else:
            values["claimed_until"] = now + back_off(attempts)
        changed = await session.exec(
            update(OutboxRow)
            .where(
                col(OutboxRow.stream) == row.stream,
                col(OutboxRow.seq) == row.seq,
                col(OutboxRow.n) == row.n,
                col(OutboxRow.state) == "PENDING",
                col(OutboxRow.claimed_until) == lease,
            )
            .values(**values)
        )
        if given_up and changed.rowcount:
            await session.exec(
                update(CaseRow)
                .where(col(CaseRow.stream) == row.stream, col(CaseRow.attention) == "")
                .values(attention=ATTENTION)
            )


def back_off(attempts: int) -> timedelta:
    """How long to wait after that many failures: 1 s, 2 s, 4 s … at most five minutes."""
    return min(BACK_OFF * 2.0 ** (attempts - 1), LONGEST)


def _place(row: OutboxRow) -> Place:
    return row.stream, row.seq, row.n


# ---- who -----------------------------------------------------------------------------------------------


async def recipients(session: AsyncSession, to: str) -> list[str]:
    """The persons whom `person:…`, `role:…` or `organisation:…` names; accounts that are closed do not
    count."""
    kind, _, id = to.partition(":")
    if kind == "person":
        return [id]
    found = (
        select(Account.person)
        .join(AccountRole, col(AccountRole.account) == col(Account.id))
        .where(col(Account.disabled_at).is_(None))
        .order_by(col(Account.person))
        .distinct()
    )
    if kind == "role":
        return list(await session.exec(found.where(AccountRole.role == id)))
    if kind == "organisation":
        mine = (AccountRole.role == Role.ORGANISER.value, AccountRole.organisation == id)
        return list(await session.exec(found.where(*mine)))
    raise NotFound.because("N-TO", "Penerima tidak dikenal.", "No such recipient.", kind=kind)


class Readers:
    """Who is reached by what, read once for all notices of a batch: they share one snapshot."""

    def __init__(self, session: AsyncSession, vault: Vault) -> None:
        self.session, self._vault = session, vault
        self._found: dict[str, dict[str, Address]] = {}
        self._without: dict[str, bool] = {}
        self.invited: dict[str, str] = {}
        """secret → person, of the invitations that the mails of this batch carry."""
        self._cases: dict[str, Row[str, str, str] | None] = {}

    async def reached(self, to: str) -> dict[str, Address]:
        """The persons that a mail can reach. A group in which that is nobody is BNSP operations' (domain
        specification § 4: a task with nobody eligible goes there). Raises Unreachable."""
        for group in (to,) if to.startswith("person:") else (to, f"role:{Role.OPERATIONS.value}"):
            if group not in self._found:
                people = await self._vault.open_persons(self.session, await recipients(self.session, group))
                addresses = ((id, address_of(data)) for id, data in people.items())
                self._found[group] = {id: address for id, address in addresses if address}
            if found := self._found[group]:
                return found
        raise Unreachable

    async def invitation(self, row: OutboxRow, person: str, public_url: str) -> str:
        """Where this person, a participant without an account, opens one; empty for everybody else."""
        if not public_url or row.to != f"person:{person}":
            return ""
        if person not in self._without:
            self._without[person] = bool(await identity.uninvited(self.session, [person]))
        if not self._without[person]:
            return ""
        secret = identity.secret_of(self._vault, "/".join(map(str, _place(row))), person)
        self.invited[secret] = person
        return f"{public_url}/invitation/{secret}"

    async def case(self, stream: str) -> Row[str, str, str] | None:
        """Kind, policy version and clock of the case; None for a stream of rows."""
        if stream not in self._cases:
            connection = await self.session.connection()
            self._cases[stream] = (await connection.execute(_CASE, {"stream": stream})).one_or_none()
        return self._cases[stream]


_CASES = table_of(CaseRow).c
_CASE = columns(_CASES.kind, _CASES.policy_version, _CASES.clock).where(_CASES.stream == bindparam("stream"))


# ---- what ----------------------------------------------------------------------------------------------


async def _mails(readers: Readers, row: OutboxRow, public_url: str) -> list[Mail]:
    """The mails of one notice, one a recipient."""
    case = await readers.case(row.stream)
    occasion = Occasion(
        row=row,
        text=notice(row.template),
        about=TABLES[case.kind].label if case else None,
        policy_version=case.policy_version if case else "",
        simulation=case.clock == "simulation" if case else await reads.sim_clock(readers.session) is not None,
        public_url=public_url,
    )
    people = await readers.reached(row.to)
    return [
        compose(occasion, person, address, await readers.invitation(row, person, public_url))
        for person, address in people.items()
    ]


async def _invite(session: AsyncSession, invited: Mapping[str, str], at: datetime) -> None:
    """The invitations hold before the mails that carry them are out."""
    for secret, person in invited.items():
        await identity.invite(session, person, secret, at=at)


def _publish(folder: Path, mails: Mapping[Place, Sequence[Mail]]) -> dict[Place, Exception]:
    """Publish each notice's mails; gives those that failed."""
    failures: dict[Place, Exception] = {}
    for place, letters in mails.items():
        try:
            publish(folder, letters)
        except OSError as error:
            failures[place] = error
    return failures
