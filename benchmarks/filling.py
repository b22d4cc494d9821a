"""Fills a database for the pages' benchmark: people, programmes, journeys and certificates, each event by the
ledger's own `append`, so that every row of a list is the projection's.

    python -m benchmarks.filling PROGRAMMES PART PARTS      settings by the environment

Several processes share one filling: PART of PARTS, counted from 0.
"""

import asyncio
import contextlib
import sys
import uuid
from collections.abc import Iterator, Mapping
from functools import partial

from argon2 import PasswordHasher
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks import streams
from benchmarks.streams import EARLY, NOW, OPEN, SEATS, WEEKS, Stream
from db import identity, ledger, registry
from db.identity import Hat, passwords
from db.session import Database
from db.vault import PersonData, Vault
from domain.facts import OrganiserKind
from domain.ids import journey_workflow
from domain.roles import SYSTEM, Role
from settings import load
from tests.support.programmes import SCHEME

PASSWORD = "kata-sandi-ukur-1"
ORGANISERS = 60
STAFF: Mapping[Role, int] = {
    Role.VERIFIER: 4,
    Role.APPROVER: 2,
    Role.REVIEWER: 12,
    Role.COMMITTEE: 9,
    Role.OPERATIONS: 4,
    Role.AUDITOR: 1,
    Role.MASTER_ASSESSOR: 80,
}
OLD = 20
"""Weeks whose programmes are mostly over by now."""
BATCH = 50
"""People of one transaction."""
WITH_JOURNEYS = 0.91
"""Share of the programmes whose participants have journeys; the latest are not so far yet."""


# ---- who there is ----------------------------------------------------------------------------------------


def id_of(*parts: object) -> str:
    """The same uuid whenever it is made."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def staff(role: Role, number: int) -> str:
    """A person of the staff; numbers go round."""
    return id_of(role.value, number % STAFF[role])


def candidate(programme: int, seat: int) -> str:
    return id_of("candidate", programme, seat)


def organiser(programme: int) -> str:
    return f"LSP-{programme % ORGANISERS:03}"


async def reference(db: Database) -> None:
    """The calendar, the schemes and the organisers."""

    async def fill(session: AsyncSession) -> None:
        await registry.seed(session, years=range(2026, 2029), at=NOW)
        for number in range(ORGANISERS):
            await registry.put_organisation(
                session,
                registry.OrganisationData(
                    id=organiser(number),
                    kind=OrganiserKind.LSP,
                    name=f"Lembaga Sertifikasi Profesi {number:03}",
                    licence="ACTIVE",
                    licensed_schemes=(registry.DEFAULT_SCHEME,),
                ),
                by=SYSTEM,
                at=NOW,
            )

    await db.retrying(fill)


async def people(db: Database, vault: Vault, programmes: range) -> None:
    """The participants of these programmes, each with an account; with the first programme the staff too."""
    wanted: list[tuple[str, str, Hat, int]] = []
    if programmes.start == 0:
        for role, count in STAFF.items():
            wanted += [(staff(role, n), f"{role.value}-{n}", Hat(role), 0) for n in range(count)]
        wanted += [
            (id_of("organiser", n), f"organiser-{n}", Hat(Role.ORGANISER, organiser(n)), 0)
            for n in range(ORGANISERS)
        ]
    wanted += [
        (candidate(p, s), f"peserta-{p}-{s}", Hat(Role.CANDIDATE), 1 + p * SEATS + s)
        for p in programmes
        for s in range(1, SEATS + 1)
    ]

    async def some(session: AsyncSession, batch: list[tuple[str, str, Hat, int]]) -> None:
        for person, name, hat, number in batch:
            nik = f"317401{number // 9999 % 28 + 1:02}0190{number % 9999 + 1:04}" if number else None
            data = PersonData(full_name=f"Nama {name}", nik=nik, email=f"{name}@example.org")
            await registry.create_person(session, vault, data, by=SYSTEM, at=NOW, id=person)
            await identity.create_account(
                session, person=person, username=name, password=PASSWORD, hats=[hat], by=SYSTEM, at=NOW
            )

    with quick_hashes():
        for first in range(0, len(wanted), BATCH):
            batch = wanted[first : first + BATCH]
            await db.retrying(partial(some, batch=batch))


@contextlib.contextmanager
def quick_hashes() -> Iterator[None]:
    """Nobody but a few sign in: slow hashes of ten thousand passwords would fill an hour."""
    kept, passwords._HASHER = passwords._HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    try:
        yield
    finally:
        passwords._HASHER = kept


# ---- what runs and ran -----------------------------------------------------------------------------------


def programme_stage(week: int, number: int, *, with_journeys: bool) -> str:
    """How far a programme of that week has come by NOW."""
    if not with_journeys:
        return ("submitted", "verifying")[number % 2]
    if week <= OLD:
        return "completed" if number % 5 else "reporting"
    if week <= 31:
        return ("running", "attended")[number % 2]
    return ("preparation", "ready")[number % 2]


def journey_stage(week: int, number: int) -> str:
    """The older, the more have ended; the number stands for chance, so that a filling is always the same."""
    chance = number * 37 % 100
    if week <= OLD:
        return "certified" if chance < 85 else OPEN[number % len(OPEN)]
    if week <= 31:
        later = [name for name in OPEN if name not in EARLY]
        return "certified" if chance < 25 else later[number % len(later)]
    return EARLY[number % len(EARLY)]


def cases_of(number: int, programmes: int) -> Iterator[Stream]:
    """One programme with its journeys and their certificates."""
    week = number * WEEKS // programmes
    with_journeys = number < round(programmes * WITH_JOURNEYS)
    template = streams.programme_template(week, programme_stage(week, number, with_journeys=with_journeys))
    stream, names = id_of("programme", number), _names(number)
    its_journeys = {there: _journey(number, int(seat[1:])) for seat, there in template.journeys.items()}
    for seat in range(1, SEATS + 1):
        names[f"p{seat}"] = candidate(number, seat)
    yield streams.copied(
        template, stream, {**names, **its_journeys, "programme-programme-1": f"programme-{stream}"}
    )
    if with_journeys:
        for seat in range(1, SEATS + 1):
            yield from _journey_and_certificate(week, number, seat, stream, names)


def _journey_and_certificate(
    week: int, number: int, seat: int, programme: str, names: Mapping[str, str]
) -> Iterator[Stream]:
    unique = number * SEATS + seat
    template = streams.journey_template(week, journey_stage(week, unique))
    person, stream = candidate(number, seat), _journey(number, seat)
    certificate = id_of("certificate", number, seat)
    mine = {
        **names,
        "p1": person,
        "application-1": stream,
        "journey-p1-SKEMA-ASKOM": journey_workflow(person, SCHEME.id),
        "programme-1": programme,
        "programme-programme-1": f"programme-{programme}",
        "certificate-1": certificate,
        "certificate-certificate-1": f"certificate-{certificate}",
        "reviewer-1": staff(Role.REVIEWER, unique),
        "SERT/1 2026": f"SERT/{unique}/2026",
        "MET.000.1": f"MET.000.{unique}",
        "BL 7": f"BL {unique}",
        "CHECK-CODE": id_of("check", unique),
    }
    if template.certificate:
        mine[template.certificate] = certificate
    yield streams.copied(template, stream, mine)
    if template.certificate:
        yield streams.copied(streams.certificate_template(template.ended_at), certificate, mine)


def _journey(programme: int, seat: int) -> str:
    return id_of("journey", programme, seat)


def _names(number: int) -> dict[str, str]:
    """Who acts in this programme."""
    masters = {f"m{n}": staff(Role.MASTER_ASSESSOR, number * 4 + n) for n in range(1, 10)}
    board = {f"k{n}": staff(Role.COMMITTEE, number * 3 + n) for n in range(1, 4)}
    return {
        **masters,
        **board,
        "LSP-TIK": organiser(number),
        "LSP-NUSA": organiser(number + 1),
        "person-organiser": id_of("organiser", number % ORGANISERS),
        "person-operations": staff(Role.OPERATIONS, number),
        "person-verifier": staff(Role.VERIFIER, number),
        "person-approver": staff(Role.APPROVER, number),
    }


async def fill(db: Database, vault: Vault, programmes: int, part: int, parts: int) -> None:
    """This part of the programmes, with all their people and cases."""
    share = range(programmes * part // parts, programmes * (part + 1) // parts)
    if part == 0:
        await reference(db)
    await people(db, vault, share)
    for number in share:
        for stream in cases_of(number, programmes):
            await ledger.commit(db, stream)


async def main(programmes: int, part: int, parts: int) -> None:
    settings = load()
    db = Database(settings.database_url)
    try:
        await fill(db, Vault(settings.keys("vault")), programmes, part, parts)
    finally:
        await db.dispose()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
