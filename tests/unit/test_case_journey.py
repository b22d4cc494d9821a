"""A journey from invitation to certificate, and every way off it, without a server."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain import commands as c
from domain.clock import at, end_of_day, local_day
from domain.errors import DomainError, Malformed
from domain.facts import ParticipantFacts, TechnicalCertificateFacts
from domain.months import add_months
from domain.roles import Actor, Role
from state_machines.evolve import fold
from tests.support.journeys import (
    APPLICATION,
    ASSESSOR,
    CANDIDATE,
    CHAIR,
    MEMBERS,
    PLANS,
    REASON,
    REVIEWER,
    UNITS,
    JourneyWorld,
    votes,
)
from tests.support.programmes import (
    CALENDAR,
    DIGEST,
    FIELD,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    actor,
    participant,
    sealed,
)
from workflows.errands import child_start, errand_call

NUMBERS = c.NumbersForm(
    certificate_number="sert/1  2026", registration_number="met.000.1", blank_number="BL 7"
)
POINTS = c.PointsForm(points=(sealed("point"),))


def refusal(world: JourneyWorld, who: Actor, kind: str, decision: str, **more: Any) -> list[str]:
    task = world.task(kind)
    return world.refused(who, c.CompleteTask(task=task.id, decision=decision, **more))


# ---- the whole way ---------------------------------------------------------------------------------


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


# ---- 1. application ----------------------------------------------------------------------------------


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


# ---- 2. document review --------------------------------------------------------------------------------


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


def send_back(world: JourneyWorld) -> None:
    world.complete(REVIEWER, "review_documents", "send_back", form=POINTS)


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


# ---- news of the programme -------------------------------------------------------------------------------


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


# ---- 3. assessment -------------------------------------------------------------------------------------


def test_the_schedule_asks_both_to_sign_and_the_assessor_to_begin_on_the_day() -> None:
    world = JourneyWorld().scheduled()
    j = world.journey
    assert (j.assessor, j.to_assess, j.signed) == ("m3", UNITS, ())
    assert world.kinds == ["begin_assessment", "sign_agreement", "sign_agreement"]
    assert j.assessment_day is not None
    assert {t.due_at for t in world.open_tasks()} == {at(j.assessment_day, 16)}
    (reserved,) = world.asked("reserve")  # the class's assessors share what its journeys take
    assert reserved["share"] == {"holder": "programme-1/class-a/m3", "places": 12}


@pytest.mark.parametrize(("assessor", "rule"), [("m1", "R-SOD"), ("m9", "R-MA"), ("p1", "R-SOD")])
def test_only_an_accepted_assessor_of_the_class_who_did_not_train(assessor: str, rule: str) -> None:
    world = JourneyWorld().ready()
    found = refusal(world, ORGANISER, "schedule_assessment", "schedule", form=world.form(assessor))
    assert rule in found


def test_a_trainer_on_the_list_of_assessors_is_refused_still() -> None:
    world = JourneyWorld().eligible()
    world.trained(assessors=["m1", "m3"])
    assert refusal(world, ORGANISER, "schedule_assessment", "schedule", form=world.form("m1")) == ["R-SOD"]


def test_an_assessor_whose_certificate_or_day_does_not_fit_is_refused() -> None:
    world = JourneyWorld().ready()
    form = world.form()
    for changes in ({"certificate_state": "SUSPENDED"}, {"busy": (form.day,)}, {"fields": ("other",)}):
        masters = tuple(a.model_copy(update=changes) for a in world.facts().assessors)
        task = world.task("schedule_assessment")
        command = c.CompleteTask(task=task.id, decision="schedule", form=form)
        assert world.refused(ORGANISER, command, world.facts(assessors=masters)) == ["R-MA"]


def test_a_day_that_is_past_is_refused() -> None:
    world = JourneyWorld().ready()
    found = refusal(world, ORGANISER, "schedule_assessment", "schedule", form=world.form(days=-1))
    assert found == ["M-EARLY"]


def test_a_strangers_organisation_does_not_schedule() -> None:
    world = JourneyWorld().ready()
    stranger = actor(Role.ORGANISER, organisation="LSP-NUSA")
    found = refusal(world, stranger, "schedule_assessment", "schedule", form=world.form())
    assert "M-OWN" in found


def test_nothing_begins_before_the_day_the_signatures_and_the_plan() -> None:
    world = JourneyWorld().scheduled()
    form = PLANS
    assert refusal(world, ASSESSOR, "begin_assessment", "begin", form=form) == ["M-EARLY", "M-AK01"]
    assert refusal(world, ASSESSOR, "begin_assessment", "no_show") == ["M-EARLY"]
    world.to_the_day()
    world.complete(CANDIDATE, "sign_agreement", "sign")
    with pytest.raises(DomainError) as error:
        world.complete(ASSESSOR, "begin_assessment", "begin", form=form)
    assert error.value.violations[0].facts["missing"] == ["assessor"]
    world.complete(ASSESSOR, "sign_agreement", "sign")
    with pytest.raises(Malformed):
        world.complete(ASSESSOR, "begin_assessment", "begin")
    world.complete(ASSESSOR, "begin_assessment", "begin", form=form)
    assert world.kinds == ["file_assessment"]
    assert "FR.MAPA.01@2026-01" in world.journey.forms


def no_show(world: JourneyWorld) -> None:
    world.to_the_day()
    world.complete(world.assessor(), "begin_assessment", "no_show")


def test_two_no_shows_are_forgiven_and_the_third_closes() -> None:
    world = JourneyWorld()
    for n in (1, 2):
        world.scheduled()
        world.complete(CANDIDATE, "sign_agreement", "sign")
        no_show(world)
        assert (world.case.state, world.journey.no_shows) == ("ELIGIBLE", n)
        assert world.kinds == ["schedule_assessment"]
        assert world.journey.signed == ()
    world.scheduled()
    no_show(world)
    assert (world.case.state, world.journey.no_shows) == ("CLOSED", 3)
    assert world.open_tasks() == []


def test_each_unit_needs_exactly_one_result() -> None:
    world = JourneyWorld().scheduled().begun()
    for results in (
        [("plan", "K")],
        [(u, "K") for u in UNITS] + [("plan", "BK")],
        [(u, "K") for u in UNITS] + [("sing", "K")],
    ):
        form = c.UnitsForm.model_validate(
            {"results": [{"unit": u, "result": r} for u, r in results], "ak02": DIGEST, "ak05": DIGEST}
        )
        assert refusal(world, ASSESSOR, "file_assessment", "recommend", form=form) == ["M-UNITS"]
    world.file()
    assert world.case.state == "RECOMMENDED"
    assert world.kinds == ["convene"]


def test_a_refusal_to_sign_the_result_is_recorded_and_blocks_nothing() -> None:
    world = JourneyWorld().scheduled().begun()
    form = c.UnitsForm.model_validate(
        {
            "results": [{"unit": u, "result": "K"} for u in UNITS],
            "ak02": DIGEST,
            "ak05": DIGEST,
            "candidate_refused_to_sign": True,
        }
    )
    event = world.complete(ASSESSOR, "file_assessment", "recommend", form=form)
    assert event.payload["candidate_refused_to_sign"] is True
    assert world.case.state == "RECOMMENDED"


# ---- a technical certificate that does not last ------------------------------------------------------------


def short_lived(world: JourneyWorld, days: int = 0) -> ParticipantFacts:
    last = world.days[-1] + timedelta(days=days)
    return participant(1, technical=(TechnicalCertificateFacts(field=FIELD, valid_until=last),))


def lapsing() -> JourneyWorld:
    """Eligible and trained, with a certificate that ends with the class."""
    return JourneyWorld(short_lived(JourneyWorld())).ready()


def test_a_lapse_by_the_candidates_own_delay_is_refused() -> None:
    world = lapsing()
    task = world.task("schedule_assessment")
    command = c.CompleteTask(task=task.id, decision="schedule", form=world.form())
    assert world.refused(ORGANISER, command, world.facts(delayed_by="candidate")) == ["R-TECH"]


def test_a_lapse_by_anothers_delay_asks_a_verifier_who_may_accept_it() -> None:
    world = lapsing()
    event = world.complete(
        ORGANISER,
        "schedule_assessment",
        "schedule",
        form=world.form(),
        facts=world.facts(delayed_by="organiser"),
    )
    assert (event.type, world.case.state) == ("schedule_needs_exception", "ELIGIBLE")
    assert world.kinds == ["resolve_exception"]
    world.complete(VERIFIER, "resolve_exception", "accept", reason=REASON, evidence=(DIGEST,))
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    assert world.case.state == "SCHEDULED"


def test_a_refused_exception_leads_back_to_the_documents_for_a_certificate_that_lasts() -> None:
    world = lapsing()
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=REASON)
    assert world.case.state == "DOCUMENT_REVIEW"
    assert refusal(world, REVIEWER, "review_documents", "accept") == ["M-REQUIREMENT"]
    send_back(world)
    world.days_later(1)
    still_short = world.facts(participants=(short_lived(world),))
    task = world.task("correct_application")
    command = c.CompleteTask(task=task.id, decision="resubmit", form=APPLICATION)
    assert world.refused(CANDIDATE, command, still_short) == ["R-TECH"]
    renewed = world.facts(participants=(participant(1),))
    world.complete(CANDIDATE, "correct_application", "resubmit", form=APPLICATION, facts=renewed)
    world.answer_all()
    assert world.journey.facts.exception is None  # it was about the certificate of then
    world.complete(REVIEWER, "review_documents", "accept")
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    assert world.case.state == "SCHEDULED"


def test_a_certificate_that_ends_before_the_re_assessment_asks_a_verifier_too() -> None:
    world = JourneyWorld(short_lived(JourneyWorld(), days=12)).in_decision(plan="BK").not_yet()
    world.days_later(5)
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4"))
    assert (world.case.state, world.kinds) == ("NOT_YET_COMPETENT", ["resolve_exception"])
    world.complete(VERIFIER, "resolve_exception", "accept", reason=REASON, evidence=(DIGEST,))
    assert world.kinds == ["reassess"]
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4"))
    assert (world.case.state, world.journey.reassessments) == ("SCHEDULED", 1)


def test_another_fault_of_the_schedule_is_refused_before_an_exception_is_asked() -> None:
    world = lapsing()
    assert refusal(world, ORGANISER, "schedule_assessment", "schedule", form=world.form("m9")) == ["R-MA"]


# ---- 4. decision -------------------------------------------------------------------------------------------


def recommended(**results: str) -> JourneyWorld:
    world = JourneyWorld().scheduled().begun()
    world.file(**results)
    return world


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


# ---- after a decision BK -----------------------------------------------------------------------------------


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


def reassess(world: JourneyWorld, **results: str) -> None:
    world.reassessed().begun().file(**results)
    world.convened()


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


# ---- numbers -----------------------------------------------------------------------------------------------


def competent() -> JourneyWorld:
    world = recommended().convened()
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    world.answer_all()
    return world


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


# ---- withdrawal and ends -----------------------------------------------------------------------------------


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
