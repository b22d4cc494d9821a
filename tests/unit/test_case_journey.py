"""A journey from invitation to certificate, and what ends it, without a server."""

import pytest

from domain import commands as c
from domain.clock import local_day
from domain.months import add_months
from domain.roles import Role
from state_machines.evolve import fold
from tests.support.journeys import (
    APPLICATION,
    CANDIDATE,
    CHAIR,
    MEMBERS,
    NUMBERS,
    REASON,
    JourneyWorld,
    competent,
    reassess,
    recommended,
    refusal,
    send_back,
    votes,
)
from tests.support.programmes import (
    CALENDAR,
    OPERATIONS,
    ORGANISER,
    actor,
)
from workflows.errands import child_start, errand_call

# ---- the whole way -------------------------------------------------------------------------------


def test_the_happy_path_ends_certified_and_opens_the_certificate() -> None:
    world = JourneyWorld().in_decision()
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, False))
    assert world.case.state == "COMPETENT"
    world.complete(OPERATIONS, "issue_certificate", "issue", form=NUMBERS)
    assert world.case.state == "COMPETENT"  # asked for, not taken yet
    world.answer_all()
    assert world.case.state == "CERTIFIED"
    (opening,) = world.asked("start_certificate")
    assert opening["certificate_number"] == "SERT/1 2026"
    assert opening["registration_number"] == "MET.000.1"
    assert opening["valid_until"] == add_months(local_day(world.now), 36).isoformat()
    assert opening["certificate"] == world.journey.certificate
    assert opening["workflow_id"] == f"certificate-{world.journey.certificate}"
    assert world.open_tasks() == []
    assert [e.type for e in world.events if "answer" not in e.type] == [
        "journey_opened",
        "application_submitted",
        "documents_checked",
        "reviewer_assigned",
        "documents_accepted",
        "training_recorded",
        "assessment_scheduled",
        "assessor_place_taken",
        "agreement_signed",
        "agreement_signed",
        "assessment_begun",
        "assessment_filed",
        "committee_convened",
        "decided_competent",
        "numbers_requested",
        "certificate_issued",
    ]
    assert fold(world.opening, world.events) == world.case


def test_the_programme_hears_of_every_state() -> None:
    world = JourneyWorld().in_decision()
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    states = "RECEIVED DOCUMENT_REVIEW ELIGIBLE SCHEDULED ASSESSMENT RECOMMENDED DECISION COMPETENT"
    assert world.told() == states.split()
    bodies = world.asked("message")
    assert [b["body"]["first_decision"] for b in bodies] == [False] * 7 + [True]
    assert {b["to_workflow"] for b in bodies} == {"programme-programme-1"}
    assert {b["application"] for b in bodies} == {"application-1"}


def test_hands_are_kept_for_separation_of_duties() -> None:
    world = JourneyWorld().in_decision()
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    assert world.case.hands["candidate"] == ("p1",)
    assert world.case.hands["recommender"] == ("recommender-1",)
    assert world.case.hands["trainer"] == ("m1", "m2")
    assert world.case.hands["assessor"] == ("m3",)
    assert world.case.hands["reviewer"] == ("reviewer-1",)
    assert set(world.case.hands["decision"]) == set(MEMBERS)


def test_every_errand_is_a_request_that_its_activity_understands() -> None:
    world = JourneyWorld().in_decision(plan="BK").not_yet()
    reassess(world)
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    world.complete(OPERATIONS, "issue_certificate", "issue", form=NUMBERS)
    world.answer_all()
    kinds = set()
    for errand in world.case.errands.values():
        kinds.add(errand.kind)
        if errand.kind == "start_certificate":
            child = child_start(errand, world.case, world.now)
            assert child.case.stream == world.journey.certificate
        else:
            errand_call(errand, world.case)
    assert kinds == {"review_documents", "message", "reserve", "release", "start_certificate"}


# ---- news of the programme -----------------------------------------------------------------------


def test_the_schedule_opens_with_whichever_comes_second() -> None:
    accepted_first = JourneyWorld().eligible()
    assert accepted_first.kinds == []
    accepted_first.trained()
    assert accepted_first.kinds == ["schedule_assessment"]
    trained_first = JourneyWorld()
    trained_first.trained()
    assert trained_first.kinds == ["submit_application"]
    trained_first.eligible()
    assert trained_first.kinds == ["schedule_assessment"]
    task = trained_first.task("schedule_assessment")
    assert (task.for_organisation, task.due_at) == ("LSP-TIK", CALENDAR.due(trained_first.now, 10))


@pytest.mark.parametrize(
    ("reason", "state"), [("no_show", "CLOSED"), ("withdrawn", "WITHDRAWN"), ("cancelled", "CLOSED")]
)
def test_a_closed_seat_ends_its_journey(reason: str, state: str) -> None:
    world = JourneyWorld().eligible()
    world.hear("seat_closed", reason=reason)
    assert world.case.state == state
    assert world.open_tasks() == []
    assert world.told()[-1] == state


def test_a_seat_that_closes_later_or_for_no_known_reason_changes_nothing() -> None:
    world = JourneyWorld().scheduled()
    assert world.hear("seat_closed", reason="withdrawn").type == "message_had_no_effect"
    other = JourneyWorld()
    assert other.hear("seat_closed", reason="bored").type == "message_had_no_effect"
    assert other.case.state == "INVITED"


def test_a_message_for_an_earlier_application_is_ignored() -> None:
    world = JourneyWorld()
    message = world.hear("seat_closed", application="application-0", reason="withdrawn")
    assert message.type == "message_had_no_effect"
    assert world.case.state == "INVITED"


def test_a_scheduled_assessor_who_leaves_the_class_is_replaced_by_a_reschedule() -> None:
    world = JourneyWorld().scheduled()
    world.hear("assignment_changed", assessors=["m4"])
    assert world.case.state == "SCHEDULED"
    assert world.journey.assessor == ""
    assert world.kinds == ["schedule_assessment"]
    assert refusal(world, ORGANISER, "schedule_assessment", "schedule", form=world.form("m3")) == ["R-MA"]
    event = world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form("m4"))
    assert event.type == "assessment_rescheduled"
    assert world.kinds == ["begin_assessment", "sign_agreement", "sign_agreement"]
    world.begun()
    assert world.case.state == "ASSESSMENT"


# ---- withdrawal and ends -------------------------------------------------------------------------


def test_the_candidate_withdraws_and_everything_is_let_go() -> None:
    world = JourneyWorld().scheduled()
    world.send(CANDIDATE, c.WithdrawJourney(reason=REASON))
    assert world.case.state == "WITHDRAWN"
    assert world.open_tasks() == []
    assert not [d for d in world.case.deadlines.values() if d.state == "WAITING"]
    place, pair = world.asked("release")
    assert place == {"holder": "application-1/class-a"}
    assert pair == {"holder": "programme-1", "keys": [{"kind": "pair", "key": "p1/SKEMA-ASKOM"}]}
    assert world.told()[-1] == "WITHDRAWN"
    assert world.events[-1].notices[-1].template == "journey_ended"
    assert fold(world.opening, world.events) == world.case


def test_the_tasks_of_the_candidate_offer_withdrawal_too() -> None:
    world = JourneyWorld()
    assert world.complete(CANDIDATE, "submit_application", "withdraw").type == "journey_withdrawn"
    other = JourneyWorld().in_review()
    send_back(other)
    other.complete(CANDIDATE, "correct_application", "withdraw")
    assert other.case.state == "WITHDRAWN"


def test_the_organiser_withdraws_on_behalf_and_a_stranger_does_not() -> None:
    world = JourneyWorld().in_review()
    assert world.refused(actor(Role.CANDIDATE, "p2"), c.WithdrawJourney()) == ["M-OWN"]
    assert world.refused(OPERATIONS, c.WithdrawJourney()) == ["M-ROLE", "M-OWN"]
    world.send(ORGANISER, c.WithdrawJourney())
    assert world.case.state == "WITHDRAWN"


def test_from_the_decision_on_nobody_withdraws() -> None:
    world = recommended().convened()
    assert world.refused(CANDIDATE, c.WithdrawJourney()) == ["M-STATE"]
    assert competent().refused(CANDIDATE, c.WithdrawJourney()) == ["M-STATE"]


def test_the_last_answers_of_an_ended_journey_change_nothing() -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    world.send(CANDIDATE, c.WithdrawJourney())
    world.answer_all()
    assert world.case.state == "WITHDRAWN"
    assert world.open_tasks() == []
