"""What a new database gets: the reference data, the first account, and for a demonstration its people."""

import uuid
from datetime import UTC, date, datetime
from pathlib import Path

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api import simulation
from db import identity, reads, registry
from db.people_tables import Account, Person
from db.session import Database
from db.tables import CaseRow
from db.vault import PersonData, Vault
from domain.clock import at
from domain.facts import OrganiserKind, UnitFacts
from domain.roles import Actor, Role
from examples import organisations, people
from examples.newcomers import NEWCOMERS
from settings import Settings
from tools.cli import accounts_file
from tools.cli.console import CommandFailed, Exit

BY = Actor(account="cli", person="", role=Role.SYSTEM)
"""Who acts when somebody with access to the machine uses the command line."""
FIRST, FIRST_NAME = "petugas", "Petugas BNSP (akun pertama)"
YEARS_BEFORE, YEARS_AFTER = 1, 6
"""The holiday table around the first day: three years of work and a certificate's validity."""
OPENING_HOUR = 8


def years(day: date) -> range:
    return range(day.year - YEARS_BEFORE, day.year + YEARS_AFTER + 1)


async def for_use(db: Database, vault: Vault, settings: Settings) -> dict[str, str]:
    """Reference data, and one operations account when there is none at all; gives what was made."""
    now = datetime.now(UTC)
    await _one_clock(db, settings)
    async with db.read() as session:
        fresh = (await session.exec(select(Account.id).limit(1))).first() is None
    made = {FIRST: accounts_file.new_password()} if fresh else {}
    if made:
        accounts_file.write(accounts(settings), made)

    async def fill(session: AsyncSession) -> None:
        await registry.seed(session, years=years(now.date()), at=now)
        for username, password in made.items():
            person = await registry.create_person(
                session, vault, PersonData(full_name=FIRST_NAME), by=BY, at=now
            )
            await identity.create_account(
                session,
                person=person,
                username=username,
                password=password,
                hats=[identity.Hat(Role.OPERATIONS)],
                by=BY,
                at=now,
            )

    await db.retrying(fill)
    if settings.clock == "simulation":
        await simulation.begin(db, now)
    return made


async def for_demonstration(db: Database, vault: Vault, settings: Settings) -> dict[str, str]:
    """Everything of examples/: organisations, scheme, staff, master assessors, participants, each with an
    account and a generated password. Gives all accounts; harmless again."""
    now = datetime.now(UTC)
    await _one_clock(db, settings)
    named = [*(s.username for s in organisations.STAFF if s.username), *(p.username for p in people.PEOPLE)]
    kept = accounts_file.read(accounts(settings))
    passwords = {name: kept.get(name) or accounts_file.new_password() for name in named}
    accounts_file.write(accounts(settings), passwords)

    async def fill(session: AsyncSession) -> None:
        await registry.seed(session, years=years(organisations.START), at=now)
        await _reference(session, now)
        known = set(await session.exec(select(Account.username)))
        for staff in organisations.STAFF:
            if staff.username not in known and await session.get(Person, person_id(staff.email)) is None:
                await _staff(session, vault, staff, passwords, now)
        for person in people.PEOPLE:
            if person.username not in known:
                await _participant(session, vault, person, passwords[person.username], now)

    await db.retrying(fill)
    await simulation.begin(db, at(organisations.START, OPENING_HOUR))
    return passwords


async def newcomers(db: Database, vault: Vault, settings: Settings) -> dict[str, str]:
    """The demonstration's next participants, each with an account; gives all accounts. Harmless again."""
    now = datetime.now(UTC)
    passwords = accounts_file.read(accounts(settings))
    for person in NEWCOMERS:
        passwords.setdefault(person.username, accounts_file.new_password())
    accounts_file.write(accounts(settings), passwords)

    async def fill(session: AsyncSession) -> None:
        known = set(await session.exec(select(Account.username)))
        for person in NEWCOMERS:
            if person.username not in known:
                await _participant(session, vault, person, passwords[person.username], now)

    await db.retrying(fill)
    return passwords


def accounts(settings: Settings) -> Path:
    return settings.var_dir / "accounts.txt"


def person_id(email: str) -> str:
    """The id under which the demonstration's person with that address is registered."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{email}"))


async def _reference(session: AsyncSession, now: datetime) -> None:
    scheme = organisations.SCHEME
    await registry.put_scheme(
        session,
        registry.SchemeData(
            id=scheme.code,
            version=scheme.version,
            name_id=scheme.name.id,
            name_en=scheme.name.en,
            field=scheme.field,
            units=tuple(
                UnitFacts(id=u.id, ability=u.id, code=u.code, title=u.title.id, verified=u.verified)
                for u in scheme.units
            ),
            verified=scheme.verified,
        ),
        by=BY,
        at=now,
    )
    for organisation in organisations.ORGANISATIONS:
        if organisation.kind == "bnsp":
            continue  # registry.seed makes it
        await registry.put_organisation(
            session,
            registry.OrganisationData(
                id=organisation.code,
                kind=OrganiserKind(organisation.kind),
                name=organisation.name,
                licence=organisation.licence,
                approved_to_recommend=organisation.approved_to_recommend,
                licensed_schemes=organisation.licensed_schemes,
                verified_schemes=organisation.verified_schemes,
            ),
            by=BY,
            at=now,
        )


async def _staff(
    session: AsyncSession,
    vault: Vault,
    staff: organisations.Staff,
    passwords: dict[str, str],
    now: datetime,
) -> None:
    data = PersonData(
        full_name=staff.name,
        nik=staff.nik,
        sex=staff.sex,
        birth_date=staff.birth_date,
        email=staff.email,
    )
    person = await registry.create_person(session, vault, data, by=BY, at=now, id=person_id(staff.email))
    if staff.role is Role.MASTER_ASSESSOR:
        await registry.put_master_assessor(
            session,
            person=person,
            fields=[organisations.FIELD],
            certificate_state="ACTIVE",
            certificate_valid_until=staff.certificate_valid_until(),
            by=BY,
            at=now,
        )
    if staff.username and staff.role is not None:
        of = staff.organisation if staff.role is Role.ORGANISER else ""
        await identity.create_account(
            session,
            person=person,
            username=staff.username,
            password=passwords[staff.username],
            hats=[identity.Hat(staff.role, of)],
            by=BY,
            at=now,
        )


async def _participant(
    session: AsyncSession, vault: Vault, person: people.Person, password: str, now: datetime
) -> None:
    """Just what the roster will say of the person, so that its import finds nothing that differs."""
    data = PersonData(
        full_name=person.name,
        nik=person.nik,
        sex=person.sex,
        birth_date=person.birth_date,
        email=person.email,
        phone=person.phone,
    )
    id_ = await registry.create_person(session, vault, data, by=BY, at=now, id=person_id(person.email))
    await identity.create_account(
        session,
        person=id_,
        username=person.username,
        password=password,
        hats=[identity.Hat(Role.CANDIDATE)],
        by=BY,
        at=now,
    )


async def _one_clock(db: Database, settings: Settings) -> None:
    """A database has one kind of time: a simulation's cases would stand still for ever under the real
    clock, and real ones would be moved by the simulation's. CommandFailed (78)."""
    async with db.read() as session:
        simulated = await reads.sim_clock(session) is not None
        real = (await session.exec(select(CaseRow.stream).where(CaseRow.clock == "real").limit(1))).first()
    if simulated and settings.clock == "real":
        raise CommandFailed(
            Exit.CONFIG,
            f"{settings.var_dir} berisi simulasi; tambahkan --simulation, atau berikan VAR_DIR lain.",
            f"{settings.var_dir} holds a simulation; add --simulation, or give another VAR_DIR.",
        )
    if real is not None and settings.clock == "simulation":
        raise CommandFailed(
            Exit.CONFIG,
            f"{settings.var_dir} berisi perkara nyata; simulasi memerlukan VAR_DIR lain.",
            f"{settings.var_dir} holds real cases; a simulation needs another VAR_DIR.",
        )
