"""Every way through and off a candidate's journey on the real server, within one stretch of time. With
KEEP_HISTORIES=1 the histories are stored for tests/replay."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.contracts import Key, ReserveRequest
from activities.scheduling import reserve
from domain import commands as c
from domain.ids import certificate_workflow
from domain.roles import Actor
from tests.support.eligible import days_on, eligible, workflow
from tests.support.histories import replayed, replays
from tests.support.openings import opened
from tests.support.patience import eventually
from tests.support.stack import Stack
from tests.support.stories import (
    accepted,
    answered,
    applied,
    begun,
    convened,
    decided,
    lettered,
    on,
    points,
    scheduled,
)

NUMBERS = c.NumbersForm(certificate_number="SERT/1", registration_number="MET.1", blank_number="B-1")
SAME_BLANK = NUMBERS.model_copy(update={"certificate_number": "SERT/2", "blank_number": "B-0"})


async def missed(stack: Stack, stream: str, master: Actor) -> None:
    await stack.complete(
        master,
        stream,
        "begin_assessment",
        "no_show",
        reason=await stack.seal(stream, "Calon tidak datang."),
    )


async def test_applications_that_never_reach_an_assessment(stack: Stack) -> None:
    given_up, late, rejected, lapsing = (stack.candidate(n) for n in (1, 2, 4, 5))
    reviewer = stack.staff("penelaah")
    first = await opened(stack, 1)
    await stack.complete(given_up, first, "submit_application", "withdraw")
    assert await replayed(stack, workflow(given_up), keep="given-up") == "WITHDRAWN"

    second, third, fourth = (
        await opened(stack, 2),
        await opened(stack, 4),
        await opened(stack, 5, certificate_months=2),
    )
    await applied(stack, second, late)
    await stack.complete(reviewer, second, "review_documents", "send_back", form=await points(stack, second))
    await applied(stack, third, rejected)
    reason = await stack.seal(third, "Pengalaman kerja tidak terbukti.")
    await stack.complete(reviewer, third, "review_documents", "reject", reason=reason)
    await applied(stack, fourth, lapsing)
    await accepted(stack, fourth)

    await stack.advance(days=75)
    assert await replayed(stack, workflow(late), keep="never-corrected") == "EXPIRED"
    assert await replayed(stack, workflow(rejected), keep="rejected") == "CLOSED"
    case = await stack.case(fourth)
    assert case.state == "ELIGIBLE", "the technical certificate ended meanwhile: a verifier's exception first"
    reason = await stack.seal(fourth, "Tidak ada alasan untuk pengecualian.")
    verifier = stack.staff("verifikator")
    await stack.complete(verifier, fourth, "resolve_exception", "refuse", reason=reason)
    assert (await stack.case(fourth)).state == "DOCUMENT_REVIEW"
    reason = await stack.seal(fourth, "Sertifikat teknis tidak diperbarui.")
    await stack.complete(reviewer, fourth, "review_documents", "reject", reason=reason)
    await stack.advance(days=14)
    assert await replayed(stack, workflow(lapsing), keep="certificate-lapsed") == "CLOSED"


async def test_assessments_missed_moved_repeated_and_decided(stack: Stack) -> None:
    absent, able, failing = (stack.candidate(n) for n in (1, 2, 4))
    third, fourth = stack.staff("master3"), stack.staff("master4")
    chair, organiser = stack.staff("komite1"), stack.staff("penyelenggara")
    missing, passing, never = (
        await eligible(stack, 1, corrections=1),
        await eligible(stack, 2, corrections=3),
        await eligible(stack, 4),
    )

    day = await days_on(stack, 3)
    for stream in (missing, passing, never):
        await scheduled(stack, stream, third, day)
    move = c.RescheduleAssessment(
        form=c.ScheduleForm(assessor=fourth.person, venue="TUK-1", day=day),
        reason=await stack.seal(passing, "Asesor berhalangan."),
    )
    await stack.send(organiser, passing, move)
    await answered(stack, passing)

    await on(stack, day)
    await missed(stack, missing, third)
    await begun(stack, passing, able, fourth)
    reason = await stack.seal(passing, "Listrik padam.")
    await stack.send(fourth, passing, c.InterruptAssessment(reason=reason))
    await begun(stack, never, failing, third)
    await convened(stack, never, third, plan="BK")
    await decided(stack, never, "decide_not_yet")

    day = await days_on(stack, 3)
    await scheduled(stack, missing, third, day)
    await scheduled(stack, passing, fourth, day)
    await on(stack, day)
    await missed(stack, missing, third)
    await begun(stack, passing, able, fourth)
    await convened(stack, passing, fourth)
    question = await stack.seal(passing, "Mana bukti unit pertama?")
    await stack.complete(chair, passing, "decide", "clarify", reason=question)
    await convened(stack, passing, fourth, plan="BK")
    await decided(stack, passing, "decide_not_yet")

    # a re-assessment: the first letter is not answered, the second declined, the third accepted
    today, day = await days_on(stack, 0), await days_on(stack, 10)
    await scheduled(stack, passing, fourth, day, kind="reassess")
    await lettered(stack, passing, fourth, today)
    await stack.advance(days=7)
    await scheduled(stack, passing, third, day)
    await lettered(stack, passing, third, today)
    reason = await stack.seal(passing, "Sedang bertugas di tempat lain.")
    await stack.complete(third, passing, "answer_assignment", "decline", reason=reason)
    await scheduled(stack, passing, fourth, day)
    await lettered(stack, passing, fourth, today)
    await stack.complete(fourth, passing, "answer_assignment", "accept")
    await scheduled(stack, missing, third, day)
    await on(stack, day)
    await missed(stack, missing, third)
    assert await replayed(stack, workflow(absent), keep="three-no-shows") == "CLOSED"
    await begun(stack, passing, able, fourth)
    await convened(stack, passing, fourth)
    await decided(stack, passing, "decide_competent")

    # the blank number is another's
    async def take(session: AsyncSession) -> None:
        request = ReserveRequest(stream="x", holder="x", keys=(Key(kind="blank_number", key="B-0"),))
        assert (await reserve(session, request)).taken

    await stack.db.retrying(take)
    await stack.complete(stack.staff("petugas"), passing, "issue_certificate", "issue", form=SAME_BLANK)
    await answered(stack, passing)
    await stack.complete(stack.staff("petugas"), passing, "issue_certificate", "issue", form=NUMBERS)
    assert await replayed(stack, workflow(able), keep="reassessed") == "CERTIFIED"

    await stack.advance(days=200)
    assert await replayed(stack, workflow(failing), keep="never-reassessed") == "CLOSED"
    case = await stack.case(passing)
    certificate = case.journey.certificate
    active = await stack.until(certificate, lambda x: x.state == "ACTIVE")
    await stack.advance(to=await stack.now() + timedelta(days=870))
    active = await stack.until(certificate, lambda x: "reminder_60" in x.certificate.reminded)
    assert active.state == "ACTIVE"
    await replays(stack, certificate_workflow(certificate), keep="reminded")


async def test_a_journey_sent_a_cancel_request_goes_on(stack: Stack) -> None:
    who, stream = stack.candidate(1), await opened(stack, 1)
    handle = stack.client.get_workflow_handle(workflow(who))
    await handle.cancel()

    async def recorded() -> bool:
        return bool((await handle.query("status"))["cancel_requests"])

    await eventually(recorded)
    await stack.complete(who, stream, "submit_application", "withdraw")
    assert await replayed(stack, handle.id, keep="cancel-request") == "WITHDRAWN"
