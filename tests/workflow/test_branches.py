"""The ways on which a case ends before its time, on the real server. Run with KEEP_HISTORIES=1 these tests
store their histories for tests/replay."""

import uuid
from datetime import date, timedelta

from db import reads, streams
from domain import commands as c
from domain.clock import local_day
from domain.ids import certificate_workflow, programme_workflow
from domain.openings import CertificateOpening
from examples import organisations
from state_machines.class_ import starts_at
from tests.support.histories import replayed
from tests.support.openings import new_case
from tests.support.requests import approved, verifying, with_new_ids
from tests.support.stack import Stack
from workflows.model import CaseStart


async def free_again(stack: Stack, request: c.SubmitProgramme) -> None:
    """Every (person, scheme) pair and every day that the request took has been given back."""
    async with stack.db.read() as session:
        for seat in request.seats:
            key = f"{seat.person}/{organisations.SCHEME.code}"
            assert await reads.reservation(session, "pair", key) is None
        for class_ in request.classes:
            for person in class_.committee:
                assert await reads.reservation(session, "committee_day", f"{person}/{class_.days[0]}") is None


async def test_a_rejected_request_ends_and_gives_everything_back(stack: Stack) -> None:
    request = await verifying(stack, [1, 2])
    stream = request.programme
    reason = await stack.seal(stream, "Lisensi skema belum ada.")
    await stack.complete(stack.staff("verifikator"), stream, "verify_programme", "reject", reason=reason)
    assert await replayed(stack, programme_workflow(stream)) == "REJECTED"
    await stack.until(stream, lambda x: not [e for e in x.errands.values() if e.state == "ASKED"])
    await free_again(stack, request)


async def test_a_request_taken_back_is_a_draft_and_goes_on_in_the_same_chain(stack: Stack) -> None:
    request = await stack.submission([1, 2])
    stream, organiser = request.programme, stack.staff("penyelenggara")
    await stack.send(organiser, stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    await stack.send(organiser, stream, c.WithdrawProgramme())
    assert await replayed(stack, programme_workflow(stream)) == "DRAFT"
    before = await stack.until(stream, lambda x: not [e for e in x.errands.values() if e.state == "ASKED"])
    receipt = await stack.send(organiser, stream, with_new_ids(request))
    assert (receipt.state, receipt.seq) == ("SUBMITTED", before.seq + 1)
    await stack.until(stream, lambda x: sum(s.pair_taken for s in x.seats.values()) == 2)


async def test_a_correction_that_never_comes_expires(stack: Stack) -> None:
    request = await verifying(stack, [1, 2])
    stream = request.programme
    points = c.PointsForm(points=(await stack.seal(stream, "Tanggal surat belum ada."),))
    await stack.complete(stack.staff("verifikator"), stream, "verify_programme", "send_back", form=points)
    await stack.advance(days=14)
    assert await replayed(stack, programme_workflow(stream)) == "EXPIRED"
    await free_again(stack, request)


async def test_a_cancelled_programme_closes_its_journeys(stack: Stack) -> None:
    request = await approved(stack, [1, 2])
    stream = request.programme
    reason = await stack.seal(stream, "Tempat terkena banjir.")
    await stack.send(stack.staff("petugas"), stream, c.CancelProgramme(reason=reason))
    assert await replayed(stack, programme_workflow(stream)) == "CANCELLED"
    case = await stack.until(stream, lambda x: not [e for e in x.errands.values() if e.state == "ASKED"])
    for seat in case.seats.values():
        await stack.until(seat.journey, lambda x: x.state == "CLOSED")
    await free_again(stack, request)


async def test_a_class_that_is_never_ready_is_cancelled_after_its_day(stack: Stack) -> None:
    request = await approved(stack, [1, 2])
    stream = request.programme
    case = await stack.case(stream)
    (class_,) = case.classes.values()
    await stack.advance(to=starts_at(class_) + timedelta(days=6))
    case = await stack.until(stream, lambda x: x.state == "CANCELLED")
    assert [x.state for x in case.classes.values()] == ["CANCELLED"]
    assert await replayed(stack, programme_workflow(stream)) == "CANCELLED"
    async with stack.db.read() as session:
        types = [e.type for e in await streams.events_of(session, stream)]
    assert "class_not_ready_on_its_day" in types
    for seat in case.seats.values():
        journey = await stack.until(seat.journey, lambda x: x.state in ("CLOSED", "EXPIRED"))
        assert await replayed(stack, journey.workflow_id) == journey.state


async def test_a_certificate_lives_its_three_years_and_expires_the_day_after(stack: Stack) -> None:
    now = await stack.now()
    today = local_day(now)
    until = date(today.year + 3, today.month, today.day)
    stream = str(uuid.uuid4())
    opening = CertificateOpening(
        certificate=stream,
        workflow_id=certificate_workflow(stream),
        person=stack.candidate(1).person,
        scheme=organisations.SCHEME.code,
        scheme_version=organisations.SCHEME.version,
        journey=str(uuid.uuid4()),
        certificate_number="CONTOH/1",
        registration_number="MET.1",
        blank_number="B-1",
        issued_on=today,
        valid_until=until,
    )
    case = new_case(stack, "certificate", stream, opening.workflow_id, now)
    await stack.client.start_workflow(
        "Certificate",
        CaseStart(case=case, now=now, opening=opening),
        id=opening.workflow_id,
        task_queue=stack.settings.task_queue,
    )
    active = await stack.until(stream, lambda x: x.state == "ACTIVE")
    assert active.certificate.check_code
    assert stack.parts.store.has(active.certificate.pdf_digest)
    await stack.advance(to=now + timedelta(days=3 * 366))
    ended = await stack.until(stream, lambda x: x.state == "EXPIRED")
    assert set(ended.certificate.reminded) == {"reminder_60", "reminder_30", "reminder_7", "window_opens"} | (
        {"reminder_90"} & set(ended.certificate.reminded)
    )
    async with stack.db.read() as session:
        events = await streams.events_of(session, stream)
    last = events[-1]
    assert last.type == "certificate_expired"
    assert local_day(last.business_at) == until + timedelta(days=1)
    assert await replayed(stack, opening.workflow_id) == "EXPIRED"
