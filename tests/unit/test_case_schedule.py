"""An assessment: scheduled, begun, missed, filed, and a certificate that ends before it, without a server."""

from datetime import timedelta

import pytest

from domain import commands as c
from domain.clock import at
from domain.errors import DomainError, Malformed
from domain.facts import ParticipantFacts, TechnicalCertificateFacts
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
    refusal,
    send_back,
)
from tests.support.programmes import (
    DIGEST,
    FIELD,
    ORGANISER,
    VERIFIER,
    actor,
    participant,
)

# ---- 3. assessment -------------------------------------------------------------------------------


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


# ---- a technical certificate that does not last --------------------------------------------------


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
