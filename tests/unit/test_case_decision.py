"""The committee's decision, what is left after it, and the certificate's numbers, without a server."""

from datetime import date, timedelta

import pytest

from domain import commands as c
from domain.clock import at, end_of_day, local_day
from domain.months import add_months
from domain.roles import Role
from tests.support.journeys import (
    CHAIR,
    NUMBERS,
    REASON,
    UNITS,
    JourneyWorld,
    competent,
    no_show,
    reassess,
    recommended,
    refusal,
    votes,
)
from tests.support.programmes import (
    CALENDAR,
    OPERATIONS,
    ORGANISER,
    actor,
)

# ---- 4. decision ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "chair", "rules"),
    [
        (("k1", "k2"), "k1", ["R-VOTE"]),
        (("k1", "k2", "k2"), "k1", ["R-VOTE"]),
        (("k1", "k2", "k3"), "k4", ["R-VOTE"]),
        (("k1", "k2", "m1"), "k1", ["R-SOD"]),
        (("k1", "k2", "m3"), "k1", ["R-SOD"]),
        (("k1", "k2", "p1"), "k1", ["R-SOD"]),
    ],
)
def test_a_committee_has_three_uninvolved_members_and_a_chair_among_them(
    members: tuple[str, ...], chair: str, rules: list[str]
) -> None:
    form = c.ConveneForm(members=members, chair=chair)
    assert refusal(recommended(), OPERATIONS, "convene", "convene", form=form) == rules


def test_the_decision_needs_a_quorum_of_members_and_their_majority() -> None:
    world = recommended().convened()
    for form in (votes(True, True), votes(True, True, True, True), votes(True, False, False)):
        assert refusal(world, CHAIR, "decide", "decide_competent", form=form) == ["R-VOTE"]
    against = votes(True, True, True)
    found = refusal(world, CHAIR, "decide", "decide_not_yet", form=against, reason=REASON)
    assert found == ["R-VOTE"]


def test_a_member_who_trained_after_all_does_not_vote() -> None:
    world = recommended().convened()
    world.trained(trainers=["m1", "k2"])
    found = refusal(world, CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    assert found == ["R-VOTE"]


def test_only_the_chair_enters_the_decision() -> None:
    world = recommended().convened()
    member = actor(Role.COMMITTEE, "k2")
    assert "M-OWN" in refusal(world, member, "decide", "decide_competent", form=votes(True, True, True))


def test_a_committee_never_turns_bk_into_k() -> None:
    world = recommended(plan="BK").convened()
    found = refusal(world, CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    assert found == ["R-VOTE"]


def test_a_question_goes_back_to_the_assessor_and_needs_no_votes() -> None:
    world = recommended().convened()
    assert refusal(world, CHAIR, "decide", "clarify") == ["T-REASON"]
    world.complete(CHAIR, "decide", "clarify", reason=REASON)
    assert world.case.state == "ASSESSMENT"
    world.file(plan="BK")
    world.convened().not_yet()
    assert world.case.state == "NOT_YET_COMPETENT"
    assert [r.unit for r in world.journey.results if r.result == "BK"] == ["plan"]


# ---- after a decision BK -------------------------------------------------------------------------


def test_bk_names_the_units_and_leaves_re_assessment_and_appeal() -> None:
    world = JourneyWorld().in_decision(plan="BK", validate="BK").not_yet()
    decision = next(e for e in world.events if e.type == "decided_not_yet_competent")
    assert decision.payload["failing"] == ["plan", "validate"]
    assert world.kinds == ["reassess"]
    last = add_months(local_day(world.now), 6)
    assert world.task("reassess").due_at == at(last, 16)
    waits = {d.kind: d.at for d in world.case.deadlines.values() if d.state == "WAITING"}
    assert waits == {"appeal": CALENDAR.due(world.now, 7), "reassessment_window": end_of_day(last)}


def test_when_neither_is_used_the_journey_closes_with_the_window() -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    assert "appeal_passed" in world.days_later(7)
    assert world.case.state == "NOT_YET_COMPETENT"
    first = world.journey.first_decided_at
    assert first is not None
    end = end_of_day(add_months(local_day(first), 6))
    world.pass_time(end - timedelta(seconds=1))
    assert world.case.state == "NOT_YET_COMPETENT"
    assert world.pass_time(end)[-1] == "journey_closed"
    assert world.open_tasks() == []


def test_a_re_assessment_is_for_the_failing_units_and_takes_the_assessors_day() -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    form = world.form("m4")
    world.complete(ORGANISER, "reassess", "reassess", form=form)
    reserved = world.asked("reserve")[-1]
    assert reserved["keys"] == [{"kind": "master_day", "key": f"m4/{form.day}"}]
    assert "share" not in reserved
    assert (world.case.state, world.journey.to_assess, world.journey.reassessments) == (
        "SCHEDULED",
        ("plan",),
        1,
    )
    assert not [d for d in world.case.deadlines.values() if d.state == "WAITING"]
    world.answer_all()
    world.lettered().begun().file(plan="K")
    world.convened().complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    assert world.case.state == "COMPETENT"


def test_a_day_that_another_case_took_asks_the_organiser_again() -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4"))
    reserved = world.asked("reserve")[-1]
    event = world.answer("reserve", "", {"taken": [], "refused": reserved["keys"]})
    assert (event.type, event.payload["rules"]) == ("assessor_day_refused", ["R-MA"])
    assert (world.case.state, world.journey.assessor) == ("SCHEDULED", "")
    assert world.kinds == ["schedule_assessment"]
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form("m4", days=5))
    world.answer_all()
    assert world.journey.to_assess == ("plan",)
    assert world.journey.reassessments == 1
    world.lettered().begun()
    assert world.case.state == "ASSESSMENT"


def test_after_two_re_assessments_only_the_appeal_is_left() -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    for n in (1, 2):
        reassess(world, plan="BK")
        world.not_yet()
        assert (world.case.state, world.journey.reassessments) == ("NOT_YET_COMPETENT", n)
    assert world.kinds == []
    assert world.days_later(7)[-1] == "journey_closed"
    assert world.case.state == "CLOSED"


def test_the_window_counts_from_the_first_decision() -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    first = world.journey.first_decided_at
    assert first is not None
    world.later(days=60)
    reassess(world, plan="BK")
    world.not_yet()
    assert world.journey.first_decided_at == first
    assert world.task("reassess").due_at == at(add_months(local_day(first), 6), 16)
    late = c.ScheduleForm(
        assessor="m4", venue="TUK-1", day=add_months(local_day(first), 6) + timedelta(days=1)
    )
    assert "R-BK" in refusal(world, ORGANISER, "reassess", "reassess", form=late)


def test_a_no_show_at_a_re_assessment_keeps_its_units() -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    world.reassessed()
    no_show(world)
    assert world.case.state == "ELIGIBLE"
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form("m4"))
    assert world.journey.to_assess == ("plan",)
    assert world.journey.reassessments == 1


def test_a_recommendation_k_that_was_turned_down_is_assessed_again_as_a_whole() -> None:
    world = recommended().convened().not_yet()
    decision = next(e for e in world.events if e.type == "decided_not_yet_competent")
    assert decision.payload["failing"] == list(UNITS)
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4"))
    assert world.journey.to_assess == UNITS


# ---- numbers -------------------------------------------------------------------------------------


def test_a_number_that_is_taken_opens_the_task_again_with_the_rule() -> None:
    world = competent()
    world.complete(OPERATIONS, "issue_certificate", "issue", form=NUMBERS)
    key = {"kind": "blank_number", "key": "BL 7"}
    event = world.answer("reserve", "application-1", {"taken": [], "refused": [key]})
    assert event.type == "numbers_refused"
    assert event.payload["rules"] == ["M-NUMBERS"]
    assert event.payload["refused"] == ["blank_number"]
    assert (world.case.state, world.journey.numbers) == ("COMPETENT", {})
    again = NUMBERS.model_copy(update={"blank_number": "BL 8", "valid_until": date(2029, 12, 31)})
    world.complete(OPERATIONS, "issue_certificate", "issue", form=again)
    world.answer_all()
    assert world.case.state == "CERTIFIED"
    assert world.journey.valid_until == date(2029, 12, 31)


def test_the_printed_last_day_lies_ahead() -> None:
    world = competent()
    form = NUMBERS.model_copy(update={"valid_until": local_day(world.now)})
    assert refusal(world, OPERATIONS, "issue_certificate", "issue", form=form) == ["M-VALID"]


def test_a_printed_last_day_beyond_the_policys_longest_time_is_a_slip_of_the_pen() -> None:
    world = competent()
    latest = add_months(local_day(world.now), 120)
    for day in (latest + timedelta(days=1), date(9999, 12, 31)):
        form = NUMBERS.model_copy(update={"valid_until": day})
        assert refusal(world, OPERATIONS, "issue_certificate", "issue", form=form) == ["M-VALID"]
    world.complete(
        OPERATIONS, "issue_certificate", "issue", form=NUMBERS.model_copy(update={"valid_until": latest})
    )
    assert world.journey.valid_until == latest
