"""What another case holds already is refused to a request and to an assessment, on the real server; and the
questions that a person answers. With KEEP_HISTORIES=1 the histories are stored for tests/replay."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import scheduling
from activities.contracts import Key, ReserveAnswer, ReserveRequest
from activities.scheduling import reserve
from domain import commands as c
from domain.clock import local_day
from domain.events import digest
from domain.ids import day_key, pair_key, programme_workflow
from examples import organisations
from tests.support.eligible import days_on, eligible, workflow
from tests.support.histories import replayed
from tests.support.openings import opened
from tests.support.requests import assignment, candidates, letters, verifying
from tests.support.stack import Stack
from tests.support.stories import answered, begun, convened, decided, lettered, on, points, scheduled

SCHEME = organisations.SCHEME.code


class Rival:
    """Another case, which takes what it wants a moment before the one that asks for it. (What it took
    earlier, the rules would have refused already.)"""

    def __init__(self) -> None:
        self.wants: set[Key] = set()

    def takes(self, kind: str, *keys: str) -> None:
        self.wants |= {Key(kind=kind, key=key) for key in keys}

    async def reserve(self, session: AsyncSession, request: ReserveRequest) -> ReserveAnswer:
        first = self.wants & set(request.keys)
        if first:
            wanted = ReserveRequest(stream="rival", holder="rival", keys=tuple(first))
            assert not (await reserve(session, wanted)).refused
        return await reserve(session, request)


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> Rival:
    made = Rival()
    monkeypatch.setattr(scheduling, "reserve", made.reserve)
    return made


async def resolve(stack: Stack, stream: str, kind: str) -> None:
    """A verifier says yes."""
    await stack.complete(
        stack.staff("verifikator"),
        stream,
        kind,
        "accept",
        reason=await stack.seal(stream, "Bukti kerja memadai."),
        evidence=(digest("seen"),),
    )


async def test_a_request_loses_what_a_rival_takes_and_its_candidates_choose(
    stack: Stack, rival: Rival
) -> None:
    organiser, verifier = stack.staff("penyelenggara"), stack.staff("verifikator")
    rival.takes("pair", pair_key(stack.candidate(4).person, SCHEME))
    request = await stack.submission([1, 2, 3, 4])
    stream, seats = request.programme, candidates(stack, request, (1, 2, 3, 4))
    days, busy = request.classes[0].days, request.classes[0].committee[0]
    rival.takes("committee_day", day_key(busy, days[0]))
    rival.takes("master_day", day_key(stack.staff("master1").person, days[1]))

    await stack.send(organiser, stream, request)
    case = await stack.until(stream, lambda x: sum(s.pair_taken for s in x.seats.values()) == 3)
    assert case.seats[seats[4]].state == "REJECTED"
    older = {n: await opened(stack, n) for n in (1, 2)}
    task = await stack.task(stream, "verify_programme")
    await stack.send(verifier, stream, c.ClaimTask(task=task.id))
    await resolve(stack, stream, "resolve_equivalence")
    await stack.send(verifier, stream, c.VerifySeats(seats=tuple(seats[n] for n in (1, 2, 3))))
    await stack.complete(verifier, stream, "verify_programme", "recommend")
    await stack.complete(stack.staff("penyetuju"), stream, "approve_programme", "approve")
    case = await answered(stack, stream)
    assert busy not in next(iter(case.classes.values())).committee

    await letters(stack, stream, ("master1", "trainer"), ("master2", "trainer"))
    assert (await assignment(stack, stream, "master1")).state == "LAPSED"
    assert (await assignment(stack, stream, "master2")).state == "ASSIGNED"

    await stack.send(stack.candidate(1), older[1], c.WithdrawJourney())
    handle = stack.client.get_workflow_handle(workflow(stack.candidate(1)))
    assert await handle.result() == "WITHDRAWN"
    for n, decision in ((1, "keep"), (2, "give_up")):
        await stack.complete(stack.candidate(n), stream, "choose_application", decision, subject=seats[n])
    case = await answered(stack, stream)
    assert {n: case.seats[seats[n]].state for n in (1, 2)} == {1: "VERIFIED", 2: "WITHDRAWN"}
    await stack.until(case.seats[seats[1]].journey, lambda x: x.state == "INVITED")

    reason = await stack.seal(stream, "Tempat terkena banjir.")
    await stack.send(stack.staff("petugas"), stream, c.CancelProgramme(reason=reason))
    assert await replayed(stack, programme_workflow(stream), keep="taken-elsewhere") == "CANCELLED"


async def test_a_request_that_is_to_be_corrected_is_cancelled(stack: Stack) -> None:
    request = await verifying(stack, [1, 2])
    stream = request.programme
    form = await points(stack, stream)
    await stack.complete(stack.staff("verifikator"), stream, "verify_programme", "send_back", form=form)
    reason = await stack.seal(stream, "Tidak dapat diperbaiki pada waktunya.")
    await stack.complete(stack.staff("penyelenggara"), stream, "correct_programme", "cancel", reason=reason)
    assert await replayed(stack, programme_workflow(stream), keep="not-corrected") == "CANCELLED"


async def test_assessors_taken_by_a_rival_and_a_certificate_that_ends_too_soon(
    stack: Stack, rival: Rival
) -> None:
    who, third, fourth = stack.candidate(5), stack.staff("master3"), stack.staff("master4")
    stream = await eligible(stack, 5, certificate_months=2)
    day = await days_on(stack, 3)
    rival.takes("master_day", day_key(third.person, day))
    case = await scheduled(stack, stream, third, day)
    assert (case.state, case.journey.assessor) == ("SCHEDULED", ""), "that day is another case's"
    await scheduled(stack, stream, fourth, day)
    await on(stack, day)
    await begun(stack, stream, who, fourth)
    await convened(stack, stream, fourth, plan="BK")
    await decided(stack, stream, "decide_not_yet")

    day = await days_on(stack, 10)
    rival.takes("master_day", day_key(third.person, day))
    case = await scheduled(stack, stream, third, day, kind="reassess")
    assert (case.state, case.journey.assessor) == ("SCHEDULED", "")
    (certificate,) = case.journey.facts.technical
    late = stack.calendar.add_working_days(certificate.valid_until, 2)
    await scheduled(stack, stream, fourth, late)
    await resolve(stack, stream, "resolve_exception")
    case = await scheduled(stack, stream, fourth, late)
    assert (case.journey.assessor, case.journey.assessment_day) == (fourth.person, late)
    await lettered(stack, stream, fourth, local_day(await stack.now()))
    await stack.complete(fourth, stream, "answer_assignment", "accept")
    await stack.send(who, stream, c.WithdrawJourney())
    assert await replayed(stack, workflow(who), keep="busy-assessors") == "WITHDRAWN"
