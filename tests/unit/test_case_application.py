"""An application: sent, checked, sent back, rejected, without a server."""

from typing import Any

import pytest

from domain import commands as c
from domain.errors import DomainError, Malformed
from domain.roles import Role
from tests.support.journeys import (
    APPLICATION,
    CANDIDATE,
    POINTS,
    REASON,
    REVIEWER,
    JourneyWorld,
    refusal,
    send_back,
)
from tests.support.programmes import (
    CALENDAR,
    DIGEST,
    OPERATIONS,
    actor,
    participant,
)

# ---- 1. application ------------------------------------------------------------------------------


def test_an_invited_candidate_has_ten_working_days() -> None:
    world = JourneyWorld()
    task = world.task("submit_application")
    assert task.for_person == "p1"
    assert task.due_at == CALENDAR.due(world.now, 10)
    types = world.pass_time(task.due_at)
    assert types[-1] == "journey_expired"
    assert world.case.state == "EXPIRED"
    assert world.open_tasks() == []
    assert world.told() == ["EXPIRED"]


def test_an_application_without_the_computer_declaration_is_refused() -> None:
    form = APPLICATION.model_copy(update={"it_declared": False})
    assert refusal(JourneyWorld(), CANDIDATE, "submit_application", "submit", form=form) == ["R-IT"]


def test_every_failing_requirement_is_named_at_once() -> None:
    world = JourneyWorld(participant(1, technical=(), recommendation=None))
    form = APPLICATION.model_copy(update={"it_declared": False})
    found = refusal(world, CANDIDATE, "submit_application", "submit", form=form)
    assert sorted(found) == ["R-IT", "R-REC", "R-TECH"]


def test_what_needs_a_person_is_left_to_the_reviewer() -> None:
    world = JourneyWorld(participant(1, qualification="SMA")).submitted()
    assert world.case.state == "RECEIVED"
    assert [(f.requirement, f.outcome) for f in world.journey.findings] == [("R-Q3", "needs_human")]
    assert "R-Q3" in {f.rule for e in world.events for f in e.findings}


def test_nobody_else_sends_the_application() -> None:
    other = actor(Role.CANDIDATE, "p2")
    assert refusal(JourneyWorld(), other, "submit_application", "submit", form=APPLICATION) == ["M-OWN"]


def test_the_application_needs_its_forms() -> None:
    world = JourneyWorld()
    with pytest.raises(Malformed):
        world.complete(CANDIDATE, "submit_application", "submit")


def test_the_forms_are_kept_with_their_template_version() -> None:
    world = JourneyWorld().submitted()
    assert set(world.journey.forms) == {"FR.APL.01@2026-01", "FR.APL.02@2026-01"}
    assert world.journey.consent_version == "2026-01"
    assert world.journey.submitted_at == world.now


def test_fresh_facts_are_read_at_the_submission_and_a_persons_answers_stay() -> None:
    world = JourneyWorld(participant(1, qualification="SMA", equivalence="accepted"))
    fresh = participant(1, qualification="SMK", it_declared=None)
    world.complete(
        CANDIDATE,
        "submit_application",
        "submit",
        form=APPLICATION,
        facts=world.facts(participants=(fresh,)),
    )
    kept = world.journey.facts
    assert (kept.qualification, kept.equivalence, kept.it_declared) == ("SMK", "accepted", True)
    assert world.journey.findings == ()


# ---- 2. document review --------------------------------------------------------------------------


def test_who_recommended_or_trained_does_not_review() -> None:
    world = JourneyWorld().submitted()
    for person in ("recommender-1", "p1"):
        form = c.ReviewerForm(reviewer=person)
        assert refusal(world, OPERATIONS, "assign_reviewer", "assign_reviewer", form=form) == ["R-SOD"]


def test_the_review_is_the_named_reviewers() -> None:
    world = JourneyWorld().in_review()
    assert world.task("review_documents").for_person == "reviewer-1"
    other = actor(Role.REVIEWER, "reviewer-2")
    assert "M-OWN" in refusal(world, other, "review_documents", "accept")


def test_accepting_waits_for_the_machines_check() -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer="reviewer-1")
    )
    assert refusal(world, REVIEWER, "review_documents", "accept") == ["M-CHECKING"]
    world.findings(("R-Q3", "pass"))
    world.complete(REVIEWER, "review_documents", "accept")
    assert world.case.state == "ELIGIBLE"


def test_open_requirements_are_named_and_resolved_one_by_one() -> None:
    world = JourneyWorld(participant(1, qualification="SMA"))
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer="reviewer-1")
    )
    world.findings(("R-Q3", "pass"), ("R-REC", "needs_human"))
    grounds: dict[str, Any] = {"reason": REASON, "evidence": (DIGEST,)}
    with pytest.raises(DomainError) as error:
        form = c.ReviewForm(resolved=("R-REC",))
        world.complete(REVIEWER, "review_documents", "accept", form=form, **grounds)
    (violation,) = error.value.violations
    assert (violation.rule, violation.facts["requirements"]) == ("M-UNRESOLVED", ["R-Q3"])
    both = c.ReviewForm(resolved=("R-REC", "R-Q3"))
    assert refusal(world, REVIEWER, "review_documents", "accept", form=both) == ["T-REASON", "T-EVIDENCE"]
    world.complete(REVIEWER, "review_documents", "accept", form=both, **grounds)
    assert world.journey.facts.equivalence == "accepted"
    assert world.events[-1].payload["resolved"] == ["R-Q3", "R-REC"]


def test_a_failed_requirement_is_not_resolved_by_hand() -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer="reviewer-1")
    )
    world.findings(("R-REC", "fail"))
    found = refusal(
        world,
        REVIEWER,
        "review_documents",
        "accept",
        form=c.ReviewForm(resolved=("R-REC",)),
        reason=REASON,
        evidence=(DIGEST,),
    )
    assert found == ["M-REQUIREMENT"]


def test_the_worst_finding_of_a_requirement_counts_and_an_unknown_outcome_needs_a_person() -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    world.findings(("R-REC", "fail"), ("R-REC", "pass"), ("R-IT", "pass"), ("R-IT", "odd"))
    assert {f.requirement: f.outcome for f in world.journey.findings} == {"R-REC": "fail", "R-IT": "odd"}


def resubmit(world: JourneyWorld) -> None:
    world.complete(CANDIDATE, "correct_application", "resubmit", form=APPLICATION)
    world.answer_all()


def test_three_times_back_and_not_a_fourth() -> None:
    world = JourneyWorld().in_review()
    for n in range(1, 4):
        send_back(world)
        assert world.case.state == "CORRECTION"
        assert world.task("correct_application").points == POINTS.points
        resubmit(world)
        assert (world.case.state, world.journey.send_backs) == ("DOCUMENT_REVIEW", n)
        assert world.task("review_documents").for_person == "reviewer-1"
    assert refusal(world, REVIEWER, "review_documents", "send_back", form=POINTS) == ["M-SENDBACK"]
    assert len(world.asked("review_documents")) == 4
    world.complete(REVIEWER, "review_documents", "accept")
    assert world.case.state == "ELIGIBLE"


def test_the_submission_day_is_that_of_the_first_submit() -> None:
    world = JourneyWorld().in_review()
    first = world.journey.submitted_at
    send_back(world)
    world.days_later(3)
    resubmit(world)
    assert world.journey.submitted_at == first


def test_a_correction_may_leave_the_form_as_it_was() -> None:
    world = JourneyWorld().in_review()
    send_back(world)
    world.complete(CANDIDATE, "correct_application", "resubmit")
    assert world.case.state == "DOCUMENT_REVIEW"


def test_a_correction_that_never_comes_expires_after_ten_working_days() -> None:
    world = JourneyWorld().in_review()
    send_back(world)
    assert world.days_later(10)[-1] == "journey_expired"
    assert world.case.state == "EXPIRED"


def test_an_old_answer_of_the_machine_does_not_judge_a_newer_application() -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer="reviewer-1")
    )
    send_back(world)
    world.complete(CANDIDATE, "correct_application", "resubmit", form=APPLICATION)
    assert world.findings(("R-REC", "fail")).type == "documents_check_superseded"
    assert world.findings(("R-REC", "pass")).type == "documents_checked"
    world.complete(REVIEWER, "review_documents", "accept")


def test_a_rejection_stays_open_for_the_appeal_and_then_closes() -> None:
    world = JourneyWorld().in_review()
    assert refusal(world, REVIEWER, "review_documents", "reject") == ["T-REASON"]
    world.complete(REVIEWER, "review_documents", "reject", reason=REASON)
    assert world.case.state == "REJECTED"
    assert world.asked("release") == []  # it counts for R-DUP until it closes
    assert world.days_later(6) == []
    assert world.days_later(1) == ["journey_closed"]
    assert world.case.state == "CLOSED"
    assert len(world.asked("release")) == 1


def test_a_reviewer_who_turns_out_a_trainer_is_replaced() -> None:
    world = JourneyWorld().in_review()
    world.trained(trainers=["m1", "reviewer-1"])
    assert world.kinds == ["assign_reviewer"]
    same = c.ReviewerForm(reviewer="reviewer-1")
    assert refusal(world, OPERATIONS, "assign_reviewer", "assign_reviewer", form=same) == ["R-SOD"]
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer="reviewer-2")
    )
    assert world.case.state == "DOCUMENT_REVIEW"
    world.complete(actor(Role.REVIEWER, "reviewer-2"), "review_documents", "accept")
    assert world.case.state == "ELIGIBLE"
