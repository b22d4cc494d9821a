"""Every branch of a programme on the real server, within two long requests. With KEEP_HISTORIES=1 the
histories are stored for tests/replay."""

from datetime import date

from domain import commands as c
from domain.clock import local_day
from domain.events import digest
from domain.ids import journey_workflow, programme_workflow
from domain.policy import default
from examples import organisations
from tests.support.histories import replayed
from tests.support.openings import papers
from tests.support.requests import assignment, candidates, letters, verifying
from tests.support.stack import Stack
from tests.support.stories import accepted, answered, applied, on, points, scheduled


async def corrected(stack: Stack, request: c.SubmitProgramme, **changes: object) -> None:
    form = c.ResubmitProgrammeForm.model_validate(
        {**request.model_dump(include={"classes", "seats", "masters", "request_digest"}), **changes}
    )
    organiser = stack.staff("penyelenggara")
    await stack.complete(organiser, request.programme, "correct_programme", "resubmit", form=form)
    await answered(stack, request.programme)


async def answer(stack: Stack, stream: str, username: str, decision: str) -> None:
    given = await assignment(stack, stream, username)
    reason = await stack.seal(stream, "Sedang bertugas.") if decision == "decline" else None
    await stack.complete(
        stack.staff(username), stream, "answer_assignment", decision, subject=given.id, reason=reason
    )


async def confirm(stack: Stack, stream: str, seats: dict[int, str], *numbers: int) -> None:
    for n in numbers:
        await stack.complete(stack.candidate(n), stream, "confirm_seat", "confirm", subject=seats[n])


async def days_on(stack: Stack, working_days: int, length: int = 1) -> tuple[date, ...]:
    today = local_day(await stack.now())
    return tuple(stack.calendar.add_working_days(today, working_days + n) for n in range(length))


async def test_a_request_sent_back_three_times_and_returned_to_its_verifier(stack: Stack) -> None:
    request = await verifying(stack, [1, 2, 4])
    stream, verifier, approver = request.programme, stack.staff("verifikator"), stack.staff("penyetuju")
    for round_ in range(3):
        await stack.complete(
            verifier, stream, "verify_programme", "send_back", form=await points(stack, stream)
        )
        leaving = request.seats[: len(request.seats) - (round_ > 0)]
        await corrected(stack, request, seats=[s.model_dump() for s in leaving])
    task = await stack.task(stream, "verify_programme")
    once_more = c.CompleteTask(task=task.id, decision="send_back", form=await points(stack, stream))
    assert await stack.refused(verifier, stream, once_more) == ["M-SENDBACK"]
    reason = await stack.seal(stream, "Rekomendasi tidak dapat dipastikan.")
    await stack.send(verifier, stream, c.RefuseSeat(seat=request.seats[0].id, reason=reason))
    await stack.send(verifier, stream, c.VerifySeats(seats=(request.seats[1].id,)))
    for decision in ("return_to_verifier", "reject"):
        await stack.complete(verifier, stream, "verify_programme", "recommend")
        reason = await stack.seal(stream, "Periksa lagi pesertanya.")
        await stack.complete(approver, stream, "approve_programme", decision, reason=reason)
    assert await replayed(stack, programme_workflow(stream), keep="sent-back") == "REJECTED"


async def test_a_class_that_is_filled_moved_held_and_reported_with_every_trouble_on_its_way(
    stack: Stack,
) -> None:
    mains, reserves = (1, 2, 4, 5, 6, 7), (9, 11, 12)
    request = await stack.submission([*mains, *reserves], reserves=reserves)
    stream, seats = request.programme, candidates(stack, request, (*mains, *reserves))
    organiser, verifier, approver, operations = (
        stack.staff(n) for n in ("penyelenggara", "verifikator", "penyetuju", "petugas")
    )
    await stack.send(organiser, stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    task = await stack.task(stream, "verify_programme")
    await stack.send(verifier, stream, c.ClaimTask(task=task.id))
    await stack.send(verifier, stream, c.VerifySeats(seats=tuple(seats.values())))
    await stack.complete(verifier, stream, "verify_programme", "recommend")
    await stack.complete(
        approver,
        stream,
        "approve_programme",
        "approve_without",
        form=c.ApproveWithoutForm(seats=(seats[7],)),
        reason=await stack.seal(stream, "Surat rekomendasi tidak dapat dipastikan."),
    )
    case = await answered(stack, stream)
    (class_id,) = case.classes
    workflows = {
        n: journey_workflow(stack.candidate(n).person, organisations.SCHEME.code) for n in (*mains, *reserves)
    }
    journeys = {n: case.seats[seats[n]].journey for n in (1, 2, 4, 5, 6)}
    await papers(stack, journeys[1], 1)
    for n in (1, 2, 4):
        await applied(stack, journeys[n], stack.candidate(n))

    # master assessors: one declines, one never answers, one is replaced
    await letters(
        stack,
        stream,
        ("master1", "trainer"),
        ("master2", "trainer"),
        ("master3", "assessor"),
        ("master4", "assessor"),
    )
    for name, decision in (("master1", "accept"), ("master2", "decline"), ("master4", "accept")):
        await answer(stack, stream, name, decision)

    # places: an offer that nobody answers, one declined, one accepted
    await stack.send(stack.candidate(5), stream, c.WithdrawSeat(seat=seats[5]))
    assert await replayed(stack, workflows[5], keep="seat-withdrawn") == "WITHDRAWN"
    await stack.task(stream, "answer_offer", subject=seats[9])
    await stack.advance(days=1)
    await stack.complete(stack.candidate(11), stream, "answer_offer", "decline", subject=seats[11])
    await stack.complete(stack.candidate(12), stream, "answer_offer", "accept_offer", subject=seats[12])
    case = await answered(stack, stream)
    journeys[12] = case.seats[seats[12]].journey
    await applied(stack, journeys[12], stack.candidate(12))
    await stack.complete(stack.candidate(6), stream, "confirm_seat", "withdraw", subject=seats[6])
    await stack.advance(days=6)
    case = await answered(stack, stream)
    assert case.seats[seats[9]].state == "RELEASED", "unanswered twice"
    assert (await assignment(stack, stream, "master3")).state == "LAPSED"

    await letters(stack, stream, ("master5", "trainer"), ("master3", "assessor"))
    for name in ("master5", "master3"):
        await answer(stack, stream, name, "accept")
    replace = c.ReplaceAssignment(
        assignment=(await assignment(stack, stream, "master1")).id,
        person=stack.staff("master2").person,
        letter_number="ST/9",
        letter_date=local_day(await stack.now()),
        reason=await stack.seal(stream, "Pelatih sakit."),
    )
    await stack.send(operations, stream, replace)
    await answered(stack, stream)
    await answer(stack, stream, "master2", "accept")
    panel = tuple(class_committee(request))
    await stack.send(organiser, stream, c.SetCommittee(class_id=class_id, committee=panel))
    await stack.send(organiser, stream, c.ConfirmVenue(class_id=class_id))
    await confirm(stack, stream, seats, 1, 2, 4)
    assert (await answered(stack, stream)).state == "READY"

    # the class moves twice: because its organiser asks, and because it is not ready on its day
    days = await days_on(stack, 25, 2)
    reason = await stack.seal(stream, "Tempat terkena banjir.")
    move = c.RescheduleClass(class_id=class_id, days=days, reason=reason)
    await stack.send(organiser, stream, move)
    await stack.send(organiser, stream, c.ConfirmVenue(class_id=class_id))
    await on(stack, days[0])
    days = await days_on(stack, 5, 2)
    again = c.RescheduleClassForm(days=days)
    await stack.complete(organiser, stream, "resolve_class_day", "reschedule", form=again)
    await answered(stack, stream)
    await stack.send(organiser, stream, c.ConfirmVenue(class_id=class_id))
    await confirm(stack, stream, seats, 1, 2, 4, 12)
    await on(stack, days[0])
    case = await stack.until(stream, lambda x: x.state == "RUNNING")

    # held, interrupted and resumed; one comes without the kit, one does not come
    trainer = stack.staff("master2")
    await stack.send(trainer, stream, c.CheckIn(seat=seats[1], kit=()))
    await stack.send(trainer, stream, c.CheckIn(seat=seats[2], kit=default().kit))
    reason = await stack.seal(stream, "Listrik padam.")
    await stack.send(trainer, stream, c.InterruptClass(class_id=class_id, reason=reason))
    await stack.send(trainer, stream, c.ResumeClass(class_id=class_id))
    await on(stack, days[1])
    attended = {seats[n]: days for n in (1, 2, 12)}
    form = c.AttendanceForm(attended=attended)
    await stack.complete(trainer, stream, "record_attendance", "finish", form=form, person=trainer.person)
    assert await replayed(stack, workflows[4], keep="no-show-at-class") == "CLOSED"
    # the journeys had waited for nothing since they began; they hear of the training on the day it was held
    heard = await stack.until(journeys[2], lambda x: x.journey.training_recorded)
    assert heard.business_at == await stack.now()

    # an assessor is replaced after the training: the schedule with the former one is made again
    await answered(stack, stream)
    await accepted(stack, journeys[1])
    (day,) = await days_on(stack, 3)
    await scheduled(stack, journeys[1], stack.staff("master4"), day)
    replace = c.ReplaceAssignment(
        assignment=(await assignment(stack, stream, "master4")).id,
        person=stack.staff("master1").person,
        letter_number="ST/10",
        letter_date=local_day(await stack.now()),
        reason=await stack.seal(stream, "Asesor sakit."),
    )
    await stack.send(operations, stream, replace)
    await stack.until(journeys[1], lambda x: not x.journey.assessor)
    await scheduled(stack, journeys[1], stack.staff("master3"), day)
    for n in (1, 2, 12):
        await stack.send(stack.candidate(n), journeys[n], c.WithdrawJourney())
        assert await replayed(stack, workflows[n], keep="given-up-after-class") == "WITHDRAWN"

    # the report: returned once, then accepted
    report = c.ReportForm(report=digest("report"))
    for decision in ("return_report", "accept_report"):
        await stack.complete(organiser, stream, "submit_report", "submit_report", form=report)
        reason = await stack.seal(stream, "Daftar hadir belum lengkap.")
        await stack.complete(operations, stream, "accept_report", decision, reason=reason)
    assert await replayed(stack, programme_workflow(stream), keep="whole-way") == "COMPLETED"


def class_committee(request: c.SubmitProgramme) -> tuple[str, ...]:
    return tuple(p for k in request.classes for p in k.committee)
