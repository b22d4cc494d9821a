"""One case of each kind, small or large, as rows that people look at."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlmodel import col, select

from benchmarks import streams
from db import ledger, registry
from db.tables import AssignmentRow, TaskRow
from db.vault import PersonData
from domain.facts import ParticipantFacts
from domain.policy import CURRENT
from domain.roles import SYSTEM, Role
from tests.api.conftest import Product
from tests.support.journeys import JourneyWorld
from tests.support.programmes import World, participant
from tests.support.stages import prepared, submitted

PEOPLE = ("operations", "auditor", "verifier", "organiser", "master", "candidate")
Known = Mapping[str, Sequence[str]]


async def people(product: Product) -> None:
    """Those whom cases name: participants, and a master assessor who can sign in."""
    async with product.runtime.db.write() as session:
        await product.person("master", Role.MASTER_ASSESSOR, person="m1", session=session)
        for person in [f"p{n}" for n in range(2, 30)] + ["m2", "m3", "m4", "person-organiser"]:
            data = PersonData(full_name=f"Nama {person}")
            await registry.create_person(
                session, product.runtime.vault, data, by=SYSTEM, at=datetime.now(UTC), id=person
            )


def _seats(count: int) -> list[ParticipantFacts]:
    return [participant(n) for n in range(1, count + 1)]


async def cases(product: Product, name: str, seats: int, others: int) -> Known:
    """A programme with so many participants, one of their journeys and its certificate, and so many further
    programmes and journeys beside it. Gives what stands in the addresses of their pages."""
    case = await _write(product, prepared(World(_seats(seats))), f"{name}-programme")
    journey = await _write(product, JourneyWorld().in_decision(), f"{name}-journey")
    issued = streams.certificate_template(datetime(2026, 5, 4, 2, 0, tzinfo=UTC))
    certificate = streams.copied(issued, f"{name}-certificate", {"CHECK-CODE": f"{name}-check-code-of-it"})
    await ledger.commit(product.runtime.db, certificate)
    for number in range(others):
        await _write(product, submitted(World(_seats(3))), f"{name}-programme-{number}")
        await _write(product, JourneyWorld().in_decision(), f"{name}-journey-{number}")
    async with product.runtime.db.read() as session:
        open_ = await session.exec(
            select(TaskRow.id).where(TaskRow.stream == journey, col(TaskRow.open).is_(True))
        )
        assignments = await session.exec(
            select(AssignmentRow.id).where(AssignmentRow.stream == case, AssignmentRow.person == "m1")
        )
        return {
            "programme": [case],
            "application": [journey],
            "stream": [case, journey, certificate.stream],
            "class_id": ["class-a"],
            "seat": ["s1"],
            "task": open_.all()[:1],
            "assignment": assignments.all()[:1],
            "person": ["p1"],
            "organisation": ["LSP-TIK"],
            "version": [CURRENT.version],
            "code": [f"{name}-check-code-of-it"],
            "command": ["withdraw_programme", "withdraw_journey"],
        }


async def _write(product: Product, world: World, stream: str) -> str:
    await ledger.commit(product.runtime.db, streams.copied(streams.template_of(world), stream, {}))
    return stream
