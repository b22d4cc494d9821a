"""An assessment on the real server: its place and day are taken, moved, given back; a journey that is begun
now replays."""

import uuid
from datetime import date, timedelta

from temporalio.worker import Replayer

from activities.contracts import Message
from activities.messages import SIGNAL, sign
from activities.plugin import plugin
from db import reads, registry
from db.people_tables import Person
from domain import commands as c
from domain.cases import REVISION, Case, Journey
from domain.clock import at, local_day
from domain.events import digest
from domain.facts import (
    ParticipantFacts,
    PeriodFacts,
    RecommendationFacts,
    TechnicalCertificateFacts,
    UnitFacts,
)
from domain.ids import class_assessor, journey_workflow
from domain.months import add_months
from domain.openings import JourneyOpening
from domain.policy import default
from domain.roles import SYSTEM
from examples import organisations
from tests.support.journeys import PLANS
from tests.support.stack import Stack
from worker import WORKFLOWS
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
        facts=ParticipantFacts(
            person=person,
            recommending=organiser,
            qualification="S1",
            technical=(
                TechnicalCertificateFacts(
                    field=organisations.FIELD, valid_until=add_months(today, certificate_months)
                ),
            ),
            experience=(PeriodFacts(field=organisations.FIELD, first=add_months(today, -60)),),
            recommendation=RecommendationFacts(
                organisation=organiser,
                number_given=True,
                day=today - timedelta(days=14),
                signatory_given=True,
                file_digest=digest("letter"),
            ),
            it_declared=True,
        ),
        class_days=(today,),
        zone="WIB",
        trainers=tuple(stack.staff(name).person for name in ("master1", "master2")),
    )
    case = Case(
        stream=stream,
        kind="journey",
        workflow_id=opening.workflow_id,
        head="",
        policy_version=default().version,
        revision=REVISION,
        calendar=stack.calendar,
        clock="simulation",
        business_at=now,
    )
    await stack.client.start_workflow(
        "CertificationJourney",
        CaseStart(case=case, now=now, opening=opening),
        id=opening.workflow_id,
        task_queue=stack.settings.task_queue,
    )
    return stream


async def eligible(stack: Stack, stream: str) -> None:
    form = c.ApplicationForm(
        apl01=digest("1"), apl02=digest("2"), consent_version=default().consent_version, it_declared=True
    )
    await stack.complete(stack.candidate(1), stream, "submit_application", "submit", form=form)
    trainer = c.ReviewerForm(reviewer=stack.staff("master1").person)
    task = await stack.task(stream, "assign_reviewer")
    naming = c.CompleteTask(task=task.id, decision="assign_reviewer", form=trainer)
    assert await stack.refused(stack.staff("petugas"), stream, naming) == ["R-SOD"]
    reviewer = stack.staff("penelaah")
    await stack.complete(
        stack.staff("petugas"),
        stream,
        "assign_reviewer",
        "assign_reviewer",
        form=c.ReviewerForm(reviewer=reviewer.person),
    )
    case = await answered(stack, stream)
    left = tuple(f.requirement for f in case.journey.findings if f.outcome == "needs_human")
    await stack.complete(
        reviewer,
        stream,
        "review_documents",
        "accept",
        form=c.ReviewForm(resolved=left),
        reason=await stack.seal(stream, "Berkas asli sudah diperiksa."),
        evidence=(digest("diploma"),),
    )


async def answered(stack: Stack, stream: str) -> Case:
    await stack.case(stream)  # what was asked last is shown by now
    return await stack.until(
        stream, lambda x: all(e.state == "ANSWERED" for e in x.errands.values() if e.kind != "message")
    )


async def day_holder(stack: Stack, person: str, day: date) -> str:
    async with stack.db.read() as session:
        row = await reads.reservation(session, "master_day", f"{person}/{day}")
    return row.holder if row else ""


async def test_an_assessment_is_moved_and_interrupted_and_its_day_given_back(stack: Stack) -> None:
    stream = await opened(stack)
    await eligible(stack, stream)
    today = local_day(await stack.now())
    first, second = (stack.staff(name) for name in ("master3", "master4"))
    news = Message(
        id=str(uuid.uuid4()),
        type="training_recorded",
        sender="programme-x",
        sender_workflow="programme-programme-x",
        to_workflow=journey_workflow(stack.candidate(1).person, SCHEME.code),
        application=stream,
        body={
            "trainers": [stack.staff("master1").person],
            "assessors": [first.person, second.person],
            "class_days": [today.isoformat()],
        },
    )
    await stack.client.get_workflow_handle(news.to_workflow).signal(SIGNAL, sign(stack.vault, news))
    organiser = stack.staff("penyelenggara")
    day, later = (stack.calendar.add_working_days(today, n) for n in (3, 5))
    await stack.complete(
        organiser,
        stream,
        "schedule_assessment",
        "schedule",
        form=c.ScheduleForm(assessor=first.person, venue="TUK-1", day=day),
    )
    await answered(stack, stream)
    shared = class_assessor("programme-x", "class-a", first.person)
    assert await day_holder(stack, first.person, day) == shared

    move = c.RescheduleAssessment(
        form=c.ScheduleForm(assessor=second.person, venue="TUK-1", day=later),
        reason=await stack.seal(stream, "Asesor berhalangan."),
    )
    await stack.send(organiser, stream, move)
    await answered(stack, stream)
    assert await day_holder(stack, first.person, day) == ""
    assert (await day_holder(stack, second.person, later)).endswith(second.person)

    await stack.advance(to=at(later, 9))
    for who in (stack.candidate(1), second):
        task = await stack.task(stream, "sign_agreement", person=who.person)
        await stack.send(who, stream, c.CompleteTask(task=task.id, decision="sign"))
    await stack.complete(second, stream, "begin_assessment", "begin", form=PLANS)
    reason = await stack.seal(stream, "Listrik padam.")
    receipt = await stack.send(second, stream, c.InterruptAssessment(reason=reason))
    assert receipt.state == "SCHEDULED"
    case = await answered(stack, stream)
    assert await day_holder(stack, second.person, later) == ""
    journey: Journey = case.journey
    assert (journey.assessor, len(journey.forms)) == ("", 4)

    await stack.send(stack.candidate(1), stream, c.WithdrawJourney())
    handle = stack.client.get_workflow_handle(news.to_workflow, result_type=str)
    assert await handle.result() == "WITHDRAWN"
    async with stack.db.read() as session:
        person = await session.get(Person, stack.candidate(1).person)
    assert person is not None
    assert person.consent_version == default().consent_version
    history = await handle.fetch_history()
    for sandbox in (True, False):
        replayer = Replayer(workflows=WORKFLOWS, plugins=[plugin(stack.settings, sandbox=sandbox)])
        await replayer.replay_workflow(history)
