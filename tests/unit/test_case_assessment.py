"""An assessment's schedule: places and days, letters, moves, interruptions, lapses; R-SOD before training."""

from datetime import date, timedelta

import pytest

from domain import commands as c
from domain.cases import Renewal
from domain.clock import at, end_of_day, local_day
from domain.errors import Refused
from domain.facts import TechnicalCertificateFacts
from domain.roles import Role
from tests.support.journeys import (
    APPLICATION,
    ASSESSOR,
    CANDIDATE,
    PLANS,
    REASON,
    REVIEWER,
    UNITS,
    JourneyWorld,
    no_show,
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
)
from workflows.cases.journey import open_journey


def older(world: JourneyWorld) -> JourneyWorld:
    """The same journey, begun before revisions were counted."""
    world.events.clear()
    world.opening = world.case = world.opening.model_copy(update={"revision": 0})
    world.system(lambda turn: open_journey(turn, world.start()))
    return world


def refusal(world: JourneyWorld, who: object, kind: str, decision: str, **more: object) -> list[str]:
    command = c.CompleteTask(task=world.task(kind).id, decision=decision, **more)
    return world.refused(who, command)  # type: ignore[arg-type]


def move(form: c.ScheduleForm, *, asked_by_candidate: bool = False) -> c.RescheduleAssessment:
    return c.RescheduleAssessment(form=form, asked_by_candidate=asked_by_candidate, reason=REASON)


# ---- separation of duties before the training ---------------------------------------------------------


def opened(**changes: object) -> JourneyWorld:
    world = JourneyWorld(opened=False)
    world.system(lambda turn: open_journey(turn, world.start(**changes)))
    return world.submitted()


LEAVE = {"person": "m1", "reason": REASON.model_dump(), "by": "officer-1"}


def schedule_refused(world: JourneyWorld, assessor: str) -> list[str]:
    return refusal(world, ORGANISER, "schedule_assessment", "schedule", form=world.form(assessor))


def test_a_trainer_whom_bnsp_let_assess_the_class_assesses_the_candidate_and_does_not_decide() -> None:
    world = JourneyWorld().eligible()
    world.trained(assessors=["m1", "m3"])
    assert "R-SOD" in schedule_refused(world, "m1")
    world = JourneyWorld().eligible()
    world.trained(assessors=["m1", "m3"], overrides=[LEAVE])
    event = world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form("m1"))
    (found,) = [f for f in event.findings if f.rule == "R-SOD"]
    assert (found.outcome, found.facts["by"], found.facts["reason"]) == ("pass", "officer-1", REASON.id)
    world.begun().file()
    convene = c.ConveneForm(members=("k1", "k2", "m1"), chair="k1")
    assert "R-SOD" in refusal(world, OPERATIONS, "convene", "convene", form=convene)


def test_operations_let_a_trainer_hold_the_re_assessment_for_a_recorded_reason() -> None:
    world = JourneyWorld().in_decision(**{UNITS[0]: "BK"}).not_yet()
    again = world.form("m1")
    assert "R-SOD" in refusal(world, ORGANISER, "reassess", "reassess", form=again)
    leave = c.OverrideSeparation(person="m1", reason=REASON)
    assert "M-ROLE" in world.refused(ORGANISER, leave)
    assert world.refused(actor(Role.OPERATIONS, "m1"), leave) == ["R-SOD"]
    assert world.refused(OPERATIONS, leave.model_copy(update={"person": "m4"})) == ["M-OVERRIDE"]
    event = world.send(OPERATIONS, leave)
    assert event.type == "separation_overridden"
    assert event.payload["reason"] == REASON.model_dump()
    (found,) = event.findings
    assert (found.rule, found.facts["sentence"], found.facts["by"]) == (
        "R-SOD",
        "overridden",
        OPERATIONS.person,
    )
    world.reassessed(again)
    world.begun()
    assert world.case.state == "ASSESSMENT"


def name_reviewer(world: JourneyWorld, person: str) -> list[str]:
    form = c.ReviewerForm(reviewer=person)
    return refusal(world, OPERATIONS, "assign_reviewer", "assign_reviewer", form=form)


def test_who_is_to_train_the_class_does_not_review_before_it_either() -> None:
    assert name_reviewer(opened(trainers=("m1", "m2")), "m2") == ["R-SOD"]


def test_who_belongs_to_the_recommending_institution_does_not_review() -> None:
    world = opened()
    form = c.ReviewerForm(reviewer="colleague")
    task = world.task("assign_reviewer")
    command = c.CompleteTask(task=task.id, decision="assign_reviewer", form=form)
    assert world.refused(OPERATIONS, command, world.facts(recommenders=("colleague",))) == ["R-SOD"]
    world.send(OPERATIONS, command)
    colleague = actor(Role.REVIEWER, "colleague")
    accept = c.CompleteTask(task=world.task("review_documents").id, decision="accept")
    assert "R-SOD" in world.refused(colleague, accept, world.facts(recommenders=("colleague",)))


def test_a_new_trainer_is_heard_of_and_replaces_the_reviewer() -> None:
    world = JourneyWorld().in_review()
    world.hear("assignment_changed", trainers=["m1", "reviewer-1"], assessors=["m3"])
    assert (world.journey.trainers, world.kinds) == (("m1", "reviewer-1"), ["assign_reviewer"])
    assert name_reviewer(world, "reviewer-1") == ["R-SOD"]


def test_once_the_training_is_recorded_its_record_counts() -> None:
    world = JourneyWorld().ready()
    world.hear("assignment_changed", trainers=["m9"])
    assert (world.journey.trainers, world.journey.assessors) == (("m1", "m2"), ("m3", "m4"))


# ---- places and days of the class's assessors ---------------------------------------------------------


def test_a_class_day_is_the_programmes_and_takes_a_place_only() -> None:
    world = JourneyWorld().eligible()
    world.now = at(world.days[-1], 7)
    world.hear("training_recorded", attended=[], trainers=["m1"], assessors=["m3"])
    form = c.ScheduleForm(assessor="m3", venue="TUK-1", day=world.days[-1])
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=form)
    (reserved,) = world.asked("reserve")
    assert (reserved["keys"], reserved["share"]["holder"]) == ([], "programme-1/class-a/m3")


def test_another_day_is_taken_by_a_name_that_the_classes_journeys_share() -> None:
    world = JourneyWorld().scheduled()
    (reserved,) = world.asked("reserve")
    assert reserved["keys"] == [{"kind": "master_day", "key": f"m3/{world.journey.assessment_day}"}]
    assert reserved["holder"] == "application-1/class-a"


@pytest.mark.parametrize("kind", ["master_day", "assessor_place"])
def test_without_a_place_or_a_day_the_organiser_names_another(kind: str) -> None:
    world = JourneyWorld().ready()
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    event = world.answer("reserve", "", {"taken": [], "refused": [{"kind": kind, "key": "k"}]})
    assert (event.type, event.payload["rules"], event.payload["refused"]) == (
        "assessor_place_refused",
        ["R-MA"],
        [kind],
    )
    assert (world.journey.assessor, world.kinds) == ("", ["schedule_assessment"])
    assert world.asked("release") == []
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form("m4"))
    world.answer_all()
    assert world.begun().case.state == "ASSESSMENT"


def test_the_thirteenth_candidate_of_an_assessor_is_refused_at_once() -> None:
    world = JourneyWorld().ready()
    command = c.CompleteTask(
        task=world.task("schedule_assessment").id, decision="schedule", form=world.form()
    )
    assert world.refused(ORGANISER, command, world.facts(places_taken=12)) == ["R-MA"]
    world.send(ORGANISER, command, world.facts(places_taken=11))
    assert world.case.state == "SCHEDULED"


def test_a_late_refusal_of_a_schedule_that_was_moved_changes_nothing() -> None:
    world = JourneyWorld().ready()
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    world.send(ORGANISER, move(world.form("m4", days=5)))
    late = world.answer("reserve", "", {"taken": [], "refused": [{"kind": "master_day", "key": "k"}]})
    assert (late.type, world.journey.assessor) == ("assessor_place_answered", "m4")


def test_nothing_begins_before_the_place_is_taken() -> None:
    world = JourneyWorld().ready()
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    world.to_the_day()
    world.sign()
    assert refusal(world, ASSESSOR, "begin_assessment", "begin", form=PLANS) == ["R-MA"]
    world.answer_all()
    world.complete(ASSESSOR, "begin_assessment", "begin", form=PLANS)


def test_a_place_is_given_back_by_a_no_show_and_kept_by_an_assessment() -> None:
    world = JourneyWorld().scheduled()
    world.to_the_day()
    world.complete(ASSESSOR, "begin_assessment", "no_show")
    assert {"holder": "application-1/class-a"} in world.asked("release")
    before = len(world.asked("release"))
    world.scheduled().begun().file(plan="BK")
    world.convened().not_yet().reassessed()
    assert len(world.asked("release")) == before


def test_an_older_journey_takes_neither_place_nor_letter() -> None:
    world = older(JourneyWorld()).scheduled()
    assert world.asked("reserve") == []
    world.to_the_day()
    world.sign()
    world.complete(ASSESSOR, "begin_assessment", "begin", form=c.BeginForm(mapa=DIGEST))
    world.file(plan="BK")
    world.convened().not_yet()
    form = world.form("m9")
    assert "R-MA" in refusal(world, ORGANISER, "reassess", "reassess", form=form)
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4"))
    world.answer_all()
    assert "assign_master_assessors" not in world.kinds
    world.to_the_day()
    world.sign()
    world.complete(world.assessor(), "begin_assessment", "begin", form=c.BeginForm(mapa=DIGEST))
    assert world.case.state == "ASSESSMENT"


# ---- a re-assessment's own assignment -------------------------------------------------------------------


def failed() -> JourneyWorld:
    return JourneyWorld().in_decision(plan="BK").not_yet()


def test_an_assessor_from_outside_the_class_re_assesses_by_letter() -> None:
    world = failed()
    outside = world.facts(
        assessors=tuple(
            a.model_copy(update={"person": "m9"}) for a in world.facts().assessors if a.person == "m4"
        )
    )
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m9"), facts=outside)
    world.answer_all()
    world.to_the_day()
    world.sign()
    begin = c.CompleteTask(task=world.task("begin_assessment").id, decision="begin", form=PLANS)
    assert world.refused(world.assessor(), begin) == ["R-MA"]
    world.letter()
    assert world.refused(world.assessor(), begin) == ["R-MA"]
    world.complete(world.assessor(), "answer_assignment", "accept")
    world.hear("assignment_changed", assessors=["m3"])  # the class's matter, not this assessor's
    world.send(world.assessor(), begin)
    world.file(plan="K")
    assert [a.state for a in world.case.assignments.values()] == ["DONE"]
    assert world.case.state == "RECOMMENDED"


@pytest.mark.parametrize(("revision", "bound"), [(2, False), (3, True)])
def test_who_has_not_accepted_the_letter_records_no_no_show(revision: int, bound: bool) -> None:
    world = failed()
    world.case = world.case.model_copy(update={"revision": revision})
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4"))
    world.answer_all()
    world.to_the_day()
    absent = c.CompleteTask(task=world.task("begin_assessment").id, decision="no_show")
    if bound:
        assert world.refused(world.assessor(), absent) == ["R-MA"]
        world.letter()
        assert world.refused(world.assessor(), absent) == ["R-MA"]
        world.complete(world.assessor(), "answer_assignment", "accept")
    world.send(world.assessor(), absent)
    assert world.journey.no_shows == 1


def test_a_letter_is_for_the_scheduled_assessor_alone() -> None:
    world = failed()
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4"))
    with pytest.raises(Refused) as error:
        world.letter("m3")
    assert [v.rule for v in error.value.violations] == ["R-MA"]


def test_a_trainer_re_assesses_nobody_whom_they_trained() -> None:
    world = failed()
    trainer = world.facts(
        assessors=tuple(
            a.model_copy(update={"person": "m1"}) for a in world.facts().assessors if a.person == "m4"
        )
    )
    command = c.CompleteTask(task=world.task("reassess").id, decision="reassess", form=world.form("m1"))
    assert "R-SOD" in world.refused(ORGANISER, command, trainer)


@pytest.mark.parametrize("way", ["decline", "lapse"])
def test_a_letter_that_is_not_accepted_asks_the_organiser_again(way: str) -> None:
    world = failed()
    world.complete(ORGANISER, "reassess", "reassess", form=world.form("m4", days=8))
    world.answer_all()
    world.letter()
    if way == "decline":
        world.complete(world.assessor(), "answer_assignment", "decline", reason=REASON)
    else:
        assert "assignment_lapsed" in world.days_later(3)
    (assignment,) = world.case.assignments.values()
    assert assignment.state == ("DECLINED" if way == "decline" else "LAPSED")
    assert (world.case.state, world.journey.assessor, world.kinds) == (
        "SCHEDULED",
        "",
        ["schedule_assessment"],
    )
    assert world.asked("release")[-1] == {"holder": f"application-1/{assignment.id}"}
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form("m4"))
    world.answer_all()
    world.lettered().begun()
    assert world.case.state == "ASSESSMENT"


def test_a_moved_re_assessment_lets_its_assignment_go() -> None:
    world = failed().reassessed()
    world.send(ORGANISER, move(world.form("m3", days=6)))
    assert [a.state for a in world.case.assignments.values()] == ["REPLACED", "PROPOSED"]
    assert world.kinds.count("assign_master_assessors") == 1
    assert world.journey.to_assess == ("plan",)


# ---- moved, or stopped ------------------------------------------------------------------------------------


def test_the_organiser_moves_an_assessment_and_both_sign_again() -> None:
    world = JourneyWorld().scheduled()
    world.sign()
    form = world.form("m4", days=5)
    event = world.send(ORGANISER, move(form))
    assert (event.type, event.payload["reason"]) == ("assessment_rescheduled", REASON.model_dump())
    j = world.journey
    assert (world.case.state, j.assessor, j.assessment_day, j.signed) == ("SCHEDULED", "m4", form.day, ())
    assert world.kinds == ["begin_assessment", "sign_agreement", "sign_agreement"]
    assert world.asked("release") == [{"holder": "application-1/class-a"}]
    assert world.asked("reserve")[-1]["share"]["holder"] == "programme-1/class-a/m4"
    world.answer_all()
    assert world.begun().case.state == "ASSESSMENT"


def test_every_date_rule_runs_again_when_it_is_moved() -> None:
    world = JourneyWorld().scheduled()
    assert world.refused(ORGANISER, move(world.form("m1"))) == ["R-MA", "R-SOD"]
    assert world.refused(ORGANISER, move(world.form(days=-1))) == ["M-EARLY"]
    assert "M-OWN" in world.refused(actor(Role.ORGANISER, organisation="LSP-NUSA"), move(world.form()))
    assert "M-ROLE" in world.refused(CANDIDATE, move(world.form()))
    assert world.refused(ORGANISER, c.InterruptAssessment(reason=REASON))[0] == "M-STATE"


def test_moving_settles_the_task_that_a_lost_assessor_left() -> None:
    world = JourneyWorld().scheduled()
    world.hear("assignment_changed", assessors=["m4"])
    world.send(ORGANISER, move(world.form("m4")))
    assert world.kinds == ["begin_assessment", "sign_agreement", "sign_agreement"]


def test_an_interrupted_assessment_keeps_what_was_filed_and_is_scheduled_again() -> None:
    world = JourneyWorld().scheduled().begun()
    assert "M-OWN" in world.refused(actor(Role.MASTER_ASSESSOR, "m4"), c.InterruptAssessment(reason=REASON))
    event = world.send(ASSESSOR, c.InterruptAssessment(reason=REASON))
    assert (event.type, world.case.state) == ("assessment_interrupted", "SCHEDULED")
    assert world.kinds == ["schedule_assessment"]
    assert "FR.MAPA.01@2026-01" in world.journey.forms
    world.answer_all()
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    world.answer_all()
    world.begun().file()
    assert world.case.state == "RECOMMENDED"


# ---- forms and consent --------------------------------------------------------------------------------


def test_both_plans_are_needed_and_kept() -> None:
    world = JourneyWorld().scheduled()
    world.to_the_day()
    world.sign()
    one = c.BeginForm(mapa=DIGEST)
    assert refusal(world, ASSESSOR, "begin_assessment", "begin", form=one) == ["M-MAPA"]
    other = "f" * 64
    form = c.BeginForm(mapa=DIGEST, mapa02=other)
    world.complete(ASSESSOR, "begin_assessment", "begin", form=form)
    assert world.journey.forms["FR.MAPA.01@2026-01"] == DIGEST
    assert world.journey.forms["FR.MAPA.02@2026-01"] == other


def test_a_command_of_before_keeps_its_digest() -> None:
    assert c.BeginForm(mapa=DIGEST).model_dump(mode="json") == {"form": "begin", "mapa": DIGEST}
    assert "renewed" not in APPLICATION.model_dump(mode="json")


def test_the_consent_is_to_its_present_version() -> None:
    world = JourneyWorld()
    form = APPLICATION.model_copy(update={"consent_version": "2020-01"})
    assert refusal(world, CANDIDATE, "submit_application", "submit", form=form) == ["P-CONSENT"]
    before = older(JourneyWorld())
    before.complete(CANDIDATE, "submit_application", "submit", form=form)
    assert before.journey.consent_version == "2020-01"


# ---- what the reviewer resolves ---------------------------------------------------------------------------


def test_a_paper_that_others_handed_in_is_no_answer_about_the_field() -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    form = c.ReviewerForm(reviewer="reviewer-1")
    world.complete(OPERATIONS, "assign_reviewer", "assign_reviewer", form=form)
    finding = {
        "requirement": "R-TECH",
        "outcome": "needs_human",
        "facts": {"handed_in_by_others": ["experience_letter"]},
    }
    world.answer("review_documents", "", {"findings": [finding]})
    resolved = c.ReviewForm(resolved=("R-TECH",))
    world.complete(REVIEWER, "review_documents", "accept", form=resolved, reason=REASON, evidence=(DIGEST,))
    assert (world.case.state, world.journey.facts.field_accepted) == ("ELIGIBLE", None)


# ---- certificates that do not last ----------------------------------------------------------------------


def lasting(day: date) -> JourneyWorld:
    return JourneyWorld(participant(1, technical=(TechnicalCertificateFacts(field=FIELD, valid_until=day),)))


def excused(days: int = 3) -> tuple[JourneyWorld, date]:
    """A certificate that ends with the class, and the later day that a verifier excused."""
    world = lasting(JourneyWorld().days[-1]).ready()
    form = world.form(days=days)
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=form)
    world.complete(VERIFIER, "resolve_exception", "accept", reason=REASON, evidence=(DIGEST,))
    return world, form.day


def test_an_accepted_exception_covers_its_day_and_no_later_one() -> None:
    world, day = excused()
    later = c.ScheduleForm(assessor="m3", venue="TUK-1", day=day + timedelta(days=7))
    event = world.complete(ORGANISER, "schedule_assessment", "schedule", form=later)
    assert (event.type, world.kinds) == ("schedule_needs_exception", ["resolve_exception"])
    world.complete(VERIFIER, "resolve_exception", "accept", reason=REASON, evidence=(DIGEST,))
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=later)
    assert world.case.state == "SCHEDULED"


def test_an_exception_for_another_matter_excuses_no_lapse() -> None:
    day = JourneyWorld().days[-1]
    technical = (TechnicalCertificateFacts(field=FIELD, valid_until=day),)
    world = JourneyWorld(participant(1, technical=technical, exception="accepted")).ready()
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=world.form())
    assert world.kinds == ["resolve_exception"]


def test_a_lapse_after_the_candidates_own_no_show_is_refused() -> None:
    day = JourneyWorld().days[-1] + timedelta(days=5)
    world = lasting(day).scheduled()
    world.to_the_day()
    world.complete(ASSESSOR, "begin_assessment", "no_show")
    form = c.ScheduleForm(assessor="m3", venue="TUK-1", day=day + timedelta(days=1))
    assert refusal(world, ORGANISER, "schedule_assessment", "schedule", form=form) == ["R-TECH"]


def test_a_move_that_the_candidate_asked_for_is_their_own_delay() -> None:
    day = JourneyWorld().days[-1] + timedelta(days=5)
    later = c.ScheduleForm(assessor="m3", venue="TUK-1", day=day + timedelta(days=1))
    world = lasting(day).scheduled()
    assert world.refused(ORGANISER, move(later, asked_by_candidate=True)) == ["R-TECH"]
    event = world.send(ORGANISER, move(later))
    assert (event.type, world.case.state) == ("schedule_needs_exception", "SCHEDULED")
    world.begun()  # on the day that stands
    assert world.kinds == ["file_assessment"]


def waiting(day: date, revision: int = 3) -> JourneyWorld:
    """Eligible until the certificate ends on `day`, since the organiser schedules nothing."""
    world = lasting(day)
    world.events.clear()
    world.opening = world.case = world.opening.model_copy(update={"revision": revision})
    world.system(lambda turn: open_journey(turn, world.start()))
    world.ready()
    lapse = "lapse_needs_exception" if revision >= 3 else "technical_certificate_lapsed"
    assert world.pass_time(end_of_day(day))[-1] == lapse
    return world


def send_back(world: JourneyWorld) -> None:
    assert (world.case.state, world.kinds) == ("DOCUMENT_REVIEW", ["review_documents"])
    assert refusal(world, REVIEWER, "review_documents", "accept") == ["M-REQUIREMENT"]
    points = c.PointsForm(points=(REASON,))
    world.complete(REVIEWER, "review_documents", "send_back", form=points)


ENDING = JourneyWorld().days[-1] + timedelta(days=3)
NEW_DAY = date(2028, 6, 30)
RENEWED = APPLICATION.model_copy(
    update={"renewed": Renewal(renews=ENDING, valid_until=NEW_DAY, document="e" * 64)}
)


def test_a_lapse_by_the_organisers_delay_is_a_verifiers_exception_first() -> None:
    world = waiting(ENDING)
    assert (world.case.state, world.kinds) == ("ELIGIBLE", ["resolve_exception"])
    world.complete(VERIFIER, "resolve_exception", "accept", reason=REASON, evidence=(DIGEST,))
    excused = CALENDAR.add_working_days(local_day(world.now), 10)
    assert (world.journey.exception_until, world.kinds) == (excused, ["schedule_assessment"])
    form = c.ScheduleForm(assessor="m3", venue="TUK-1", day=excused)
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=form)
    assert world.case.state == "SCHEDULED"


def test_what_was_excused_and_not_used_is_asked_again() -> None:
    world = waiting(ENDING)
    world.complete(VERIFIER, "resolve_exception", "accept", reason=REASON, evidence=(DIGEST,))
    until = world.journey.exception_until
    assert until is not None
    assert world.pass_time(end_of_day(until))[-1] == "lapse_needs_exception"
    assert (world.case.state, world.kinds) == ("ELIGIBLE", ["resolve_exception"])


def test_a_lapse_after_the_candidates_own_delay_leads_back_to_the_documents() -> None:
    world = lasting(ENDING + timedelta(days=20)).scheduled()
    no_show(world)
    assert world.pass_time(end_of_day(ENDING + timedelta(days=20)))[-1] == "technical_certificate_lapsed"
    send_back(world)


@pytest.mark.parametrize("revision", [2, 3])
def test_a_candidate_whose_certificate_lapsed_goes_on_with_a_renewed_one(revision: int) -> None:
    """The rows say what the organiser wrote at the request, and nobody writes them any more."""
    world = waiting(ENDING, revision)
    if revision >= 3:
        world.complete(VERIFIER, "resolve_exception", "refuse", reason=REASON)
    send_back(world)
    assert refusal(world, CANDIDATE, "correct_application", "resubmit") == ["R-TECH"]
    assert refusal(world, CANDIDATE, "correct_application", "resubmit", form=APPLICATION) == ["R-TECH"]
    world.complete(CANDIDATE, "correct_application", "resubmit", form=RENEWED)
    asked = world.asked("review_documents")[-1]
    assert [t["valid_until"] for t in asked["facts"]["technical"]] == [NEW_DAY.isoformat()]
    world.answer_all()
    # the candidate's word is the reviewer's to judge, by the document
    (finding,) = (f for f in world.journey.findings if f.requirement == "R-TECH")
    assert (finding.outcome, finding.facts["document"]) == ("needs_human", "e" * 64)
    assert refusal(world, REVIEWER, "review_documents", "accept") == ["M-UNRESOLVED"]
    resolved = c.ReviewForm(resolved=("R-TECH",))
    world.complete(REVIEWER, "review_documents", "accept", form=resolved, reason=REASON, evidence=("e" * 64,))
    assert (world.case.state, world.kinds) == ("ELIGIBLE", ["schedule_assessment"])
    assert end_of_day(NEW_DAY) in [d.at for d in world.case.deadlines.values() if d.state == "WAITING"]
    world.scheduled()
    assert world.case.state == "SCHEDULED"


def test_a_lapse_begins_a_new_review_however_often_the_first_one_sent_back() -> None:
    world = lasting(ENDING).in_review()
    for _ in range(3):
        world.complete(REVIEWER, "review_documents", "send_back", form=c.PointsForm(points=(REASON,)))
        world.complete(CANDIDATE, "correct_application", "resubmit")
        world.answer_all()
    world.complete(REVIEWER, "review_documents", "accept")
    world.trained()
    world.pass_time(end_of_day(ENDING))
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=REASON)
    send_back(world)
    assert (world.case.state, world.journey.send_backs) == ("CORRECTION", 1)


def test_a_renewed_certificate_stays_through_a_second_correction_until_a_newer_one_comes() -> None:
    world = waiting(ENDING, 2)
    send_back(world)
    world.complete(CANDIDATE, "correct_application", "resubmit", form=RENEWED)
    world.answer_all()
    world.complete(REVIEWER, "review_documents", "send_back", form=c.PointsForm(points=(REASON,)))
    world.complete(CANDIDATE, "correct_application", "resubmit")
    assert [t.valid_until for t in world.journey.facts.technical] == [NEW_DAY]
    world.answer_all()
    world.complete(REVIEWER, "review_documents", "send_back", form=c.PointsForm(points=(REASON,)))
    newer = Renewal(renews=ENDING, valid_until=NEW_DAY + timedelta(days=1), document="d" * 64)
    form = RENEWED.model_copy(update={"renewed": newer})
    world.complete(CANDIDATE, "correct_application", "resubmit", form=form)
    assert world.journey.renewed == (newer,)
    assert [t.valid_until for t in world.journey.facts.technical] == [newer.valid_until]


def test_only_a_certificate_that_the_candidate_has_is_renewed_and_for_long_enough() -> None:
    world = waiting(ENDING, 2)
    send_back(world)
    for wrong in (
        {"renews": ENDING - timedelta(days=1)},
        {"valid_until": local_day(world.now) - timedelta(1)},
    ):
        renewal = Renewal(renews=ENDING, valid_until=NEW_DAY, document="e" * 64).model_copy(update=wrong)
        form = RENEWED.model_copy(update={"renewed": renewal})
        found = refusal(world, CANDIDATE, "correct_application", "resubmit", form=form)
        assert set(found) == {"R-TECH"}


def test_a_scheduled_candidates_certificate_is_watched_no_longer() -> None:
    day = JourneyWorld().days[-1] + timedelta(days=6)
    world = lasting(day).scheduled()
    assert "technical_certificate_lapsed" not in world.pass_time(end_of_day(day))
    assert world.case.state == "SCHEDULED"


def test_what_a_verifier_excused_is_waited_for() -> None:
    world, day = excused(days=6)
    waiting = [d.at for d in world.case.deadlines.values() if d.state == "WAITING"]
    assert waiting == [end_of_day(day)]
    assert local_day(world.now) < day


def without_an_assessor(day: date) -> JourneyWorld:
    """A schedule whose assessor fell away; the certificate ends on `day`."""
    world = lasting(day).scheduled()
    world.hear("assignment_changed", assessors=["m4"])
    assert (world.case.state, world.kinds) == ("SCHEDULED", ["schedule_assessment"])
    return world


def test_a_certificate_that_ends_while_the_assessor_is_gone_is_a_verifiers_exception_first() -> None:
    day = JourneyWorld().days[-1] + timedelta(days=6)
    world = without_an_assessor(day)
    assert world.pass_time(end_of_day(day))[-1] == "lapse_needs_exception"
    assert (world.case.state, world.kinds) == ("SCHEDULED", ["resolve_exception"])
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=REASON)
    assert (world.case.state, world.kinds) == ("DOCUMENT_REVIEW", ["review_documents"])


def test_a_new_assessor_in_time_ends_the_watch_over_the_certificate() -> None:
    day = JourneyWorld().days[-1] + timedelta(days=6)
    world = without_an_assessor(day)
    world.send(ORGANISER, move(world.form("m4", days=2)))
    assert "technical_certificate_lapsed" not in world.pass_time(end_of_day(day))
    assert world.case.state == "SCHEDULED"


@pytest.mark.parametrize("fallen", [True, False])
def test_a_refused_exception_leads_back_to_the_documents_when_no_schedule_stands(fallen: bool) -> None:
    day = JourneyWorld().days[-1] + timedelta(days=6)
    world = without_an_assessor(day) if fallen else lasting(day).scheduled()
    later = c.ScheduleForm(assessor="m4", venue="TUK-1", day=day + timedelta(days=7))
    world.send(ORGANISER, move(later))
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=REASON)
    # what stands is kept for the day that the certificate covers
    assert world.case.state == ("DOCUMENT_REVIEW" if fallen else "SCHEDULED")
    assert ("review_documents" in world.kinds) is fallen
    assert ("schedule_assessment" in world.kinds) is not fallen


def test_a_refused_second_exception_leaves_the_first_one_to_schedule_by() -> None:
    world, day = excused()
    later = c.ScheduleForm(assessor="m3", venue="TUK-1", day=day + timedelta(days=7))
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=later)
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=REASON)
    assert (world.case.state, world.kinds) == ("ELIGIBLE", ["schedule_assessment"])
    form = c.ScheduleForm(assessor="m3", venue="TUK-1", day=day)
    world.complete(ORGANISER, "schedule_assessment", "schedule", form=form)
    assert (world.case.state, world.journey.assessment_day) == ("SCHEDULED", day)
