"""People, papers and journeys of the benchmark: rows as the product's own functions write them."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlmodel.ext.asyncio.session import AsyncSession

from db import identity, registry
from db.identity import Hat, passwords
from db.session import Database
from db.vault import PersonData, Vault
from domain.calendar import Calendar
from domain.cases import REVISION, Case
from domain.clock import Zone, local_day
from domain.events import digest
from domain.facts import (
    OrganiserKind,
    UnitFacts,
)
from domain.ids import journey_workflow
from domain.openings import JourneyOpening
from domain.policy import CURRENT, default
from domain.roles import Actor, Role
from examples import organisations
from examples.candidates import candidate, experience, technical
from workflows.model import CaseStart

BY = Actor(account="bench", person="", role=Role.SYSTEM)
ORGANISATION = organisations.PROPOSER
STAFF = {"operations": Role.OPERATIONS, "reviewer": Role.REVIEWER, "organiser": Role.ORGANISER}
SAME = 2
"""Persons of each role on the staff; callers take them in turn."""
BATCH = 25
DOCUMENTS = [
    (name, requirement.rule) for requirement in CURRENT.requirements for name in requirement.documents
]


@dataclass(frozen=True)
class Someone:
    """A person who can act: by the gateway as an Actor, by HTTP with a token."""

    account: str
    person: str
    role: str
    organisation: str
    token: str

    @property
    def actor(self) -> Actor:
        return Actor(
            account=self.account,
            person=self.person,
            role=Role(self.role),
            organisation=self.organisation,
        )

    def json(self) -> dict[str, Any]:
        return asdict(self)


async def reference(db: Database, now: datetime) -> Calendar:
    """The calendar, the organisation and its scheme."""
    scheme = organisations.SCHEME

    async def fill(session: AsyncSession) -> None:
        await registry.seed(session, years=range(now.year - 1, now.year + 6), at=now)
        await registry.put_scheme(
            session,
            registry.SchemeData(
                id=scheme.code,
                version=scheme.version,
                name_id=scheme.name.id,
                name_en=scheme.name.en,
                field=scheme.field,
                units=units(),
                verified=scheme.verified,
            ),
            by=BY,
            at=now,
        )
        await registry.put_organisation(
            session,
            registry.OrganisationData(
                id=ORGANISATION,
                kind=OrganiserKind.LSP,
                name="LSP Contoh",
                licence="ACTIVE",
                licensed_schemes=(scheme.code,),
            ),
            by=BY,
            at=now,
        )

    await db.retrying(fill)
    async with db.read() as session:
        return await registry.calendar(session)


def units() -> tuple[UnitFacts, ...]:
    return tuple(
        UnitFacts(id=u.id, ability=u.id, code=u.code, title=u.title.id, verified=u.verified)
        for u in organisations.SCHEME.units
    )


async def people(
    db: Database, vault: Vault, now: datetime, candidates: int, with_tokens: int
) -> tuple[list[Someone], dict[str, list[Someone]]]:
    """So many candidates with their papers, the last `with_tokens` of them with an account and a token, and
    the staff."""
    kept, passwords._HASHER = passwords._HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    try:  # nobody signs in here: a slow hash of 700 passwords would measure nothing
        found: list[Someone] = []
        for first in range(0, candidates, BATCH):
            numbers = range(first, min(first + BATCH, candidates))
            found += await _some(db, vault, numbers, now, candidates - with_tokens)
        staff = {
            name: [await _one_of_staff(db, vault, name, role, n, now) for n in range(SAME)]
            for name, role in STAFF.items()
        }
    finally:
        passwords._HASHER = kept
    return found, staff


async def _some(
    db: Database, vault: Vault, numbers: Sequence[int], now: datetime, tokens_from: int
) -> list[Someone]:
    return await db.retrying(lambda session: _candidates(session, vault, numbers, now, tokens_from))


async def _one_of_staff(
    db: Database, vault: Vault, name: str, role: Role, number: int, now: datetime
) -> Someone:
    hat = Hat(role, ORGANISATION if role is Role.ORGANISER else "")
    return await db.retrying(lambda session: _someone(session, vault, f"{name}{number}", hat, now))


async def _someone(session: AsyncSession, vault: Vault, username: str, hat: Hat, now: datetime) -> Someone:
    person = await _person(session, vault, username, now)
    account = await identity.create_account(
        session,
        person=person,
        username=username,
        password=secrets.token_urlsafe(12),
        hats=[hat],
        by=BY,
        at=now,
    )
    token = await identity.create_token(
        session,
        account=account,
        label="bench",
        scopes=("read", "write"),
        hat=hat,
        expires_at=now + timedelta(days=1),
        by=BY,
        at=now,
    )
    return Someone(account, person, hat.role.value, hat.organisation, token.secret)


async def _person(session: AsyncSession, vault: Vault, username: str, now: datetime) -> str:
    data = PersonData(full_name=f"Nama {username}", email=f"{username}@example.org")
    return await registry.create_person(session, vault, data, by=BY, at=now)


async def _candidates(
    session: AsyncSession, vault: Vault, numbers: Sequence[int], now: datetime, tokens_from: int
) -> list[Someone]:
    today = local_day(now)
    made = []
    for number in numbers:
        name = f"peserta{number:04}"
        if number >= tokens_from:
            one = await _someone(session, vault, name, Hat(Role.CANDIDATE), now)
        else:  # who comes by the gateway has shown the rights already
            person = await _person(session, vault, name, now)
            one = Someone(str(uuid.uuid4()), person, Role.CANDIDATE.value, "", "")
        await registry.put_participant(
            session,
            vault,
            registry.ParticipantData(
                person=one.person,
                scheme=organisations.SCHEME.code,
                draft=application(one.person),
                qualification="S1",
                technical=(technical(today),),
                experience=(experience(today),),
                recommending=ORGANISATION,
                letter_day=today - timedelta(days=14),
                letter_digest=digest(f"letter {one.person}"),
                it_declared=True,
                letter_number=f"{number:04}/REK/2026",
                signatory="Penanda Tangan Contoh",
                certificate_number=f"CONTOH {number:07}",
            ),
            by=BY,
            at=now,
        )
        papers = {name: digest(f"{name} {one.person}") for name, _ in DOCUMENTS}
        papers["FR.APL"] = filed(application(one.person))
        for name, found in papers.items():
            await registry.add_document(
                session,
                digest=found,
                media_type="image/png" if name == "photo" else "application/pdf",
                size=100_000,
                requirement=name,
                person=one.person,
                application=application(one.person),
                dated=today - timedelta(days=14),
                by=BY,
                at=now,
            )
        made.append(one)
    return made


def filed(stream: str) -> str:
    """Digest of the form that the candidate files."""
    return digest(f"a filed form {stream}")


def application(person: str) -> str:
    """The uuid of the person's application: the stream of the journey."""
    return str(uuid.uuid5(uuid.UUID(person), "application"))


def journey_start(person: str, calendar: Calendar) -> CaseStart:
    """The start of a journey that stands alone, as `workflows.case_workflow.child_start` makes it."""
    now = datetime.now(UTC)
    today, scheme = local_day(now), organisations.SCHEME
    opening = JourneyOpening(
        application=application(person),
        workflow_id=journey_workflow(person, scheme.code),
        person=person,
        scheme=scheme.code,
        scheme_version=scheme.version,
        field=scheme.field,
        units=units(),
        track="new",
        organiser=ORGANISATION,
        programme="",
        programme_workflow="",
        class_id="",
        seat="",
        facts=candidate(person, ORGANISATION, today),
        class_days=(),
        zone=Zone.WIB,
    )
    case = Case(
        stream=opening.application,
        kind="journey",
        workflow_id=opening.workflow_id,
        head="",
        policy_version=default().version,
        revision=REVISION,
        calendar=calendar,
        clock="real",
        business_at=now,
    )
    return CaseStart(
        case=case, now=now, opening=opening, summary="Sertifikasi calon asesor / Certification journey"
    )
