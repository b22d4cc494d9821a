"""Cases that a test opens by itself on the real server, as another case would: a journey of a class, with its
candidate's papers."""

import uuid
from datetime import datetime

from db import registry
from domain.cases import REVISION, Case
from domain.clock import local_day
from domain.events import digest
from domain.facts import (
    UnitFacts,
)
from domain.ids import journey_workflow
from domain.openings import JourneyOpening
from domain.policy import default
from domain.roles import SYSTEM
from examples import organisations
from examples.candidates import candidate
from tests.support.stack import Stack
from workflows.model import CaseStart

SCHEME = organisations.SCHEME
PAPERS = ("diploma", "technical_certificate", "experience_letter", "recommendation_letter", "it_declaration")


async def papers(stack: Stack, stream: str, number: int) -> None:
    """The candidate's papers for that application, as they were uploaded."""
    now = await stack.now()
    async with stack.db.write() as session:
        for name in (*PAPERS, "photo"):
            await registry.add_document(
                session,
                digest=digest(f"{name}/{number}"),
                media_type="image/png" if name == "photo" else "application/pdf",
                size=1000,
                requirement=name,
                person=stack.candidate(number).person,
                application=stream,
                dated=None,
                by=SYSTEM,
                at=now,
            )


def new_case(stack: Stack, kind: str, stream: str, workflow_id: str, now: datetime) -> Case:
    """A case of today's revision, before its first event."""
    return Case(
        stream=stream,
        kind=kind,
        workflow_id=workflow_id,
        head="",
        policy_version=default().version,
        revision=REVISION,
        calendar=stack.calendar,
        clock="simulation",
        business_at=now,
    )


async def opened(stack: Stack, number: int = 1, *, certificate_months: int = 24) -> str:
    """A journey of a class, as a programme opens it, with its candidate's papers."""
    now = await stack.now()
    today, stream, person = local_day(now), str(uuid.uuid4()), stack.candidate(number).person
    organiser = stack.staff("penyelenggara").organisation
    await papers(stack, stream, number)
    opening = JourneyOpening(
        application=stream,
        workflow_id=journey_workflow(person, SCHEME.code),
        person=person,
        scheme=SCHEME.code,
        scheme_version=SCHEME.version,
        field=SCHEME.field,
        units=tuple(UnitFacts(id=u.id, ability=u.id) for u in SCHEME.units),
        track="new",
        organiser=organiser,
        programme="programme-x",
        programme_workflow="programme-programme-x",
        class_id="class-a",
        seat="seat-1",
        facts=candidate(person, organiser, today, certificate_months=certificate_months),
        class_days=(today,),
        zone="WIB",
        trainers=tuple(stack.staff(name).person for name in ("master1", "master2")),
    )
    case = new_case(stack, "journey", stream, opening.workflow_id, now)
    await stack.client.start_workflow(
        "CertificationJourney",
        CaseStart(case=case, now=now, opening=opening),
        id=opening.workflow_id,
        task_queue=stack.settings.task_queue,
    )
    return stream
