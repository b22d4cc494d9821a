"""A request that comes again: corrected after it was sent back, or submitted anew after it was taken back."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain import commands as c
from domain.clock import local_day
from domain.facts import OrganiserKind, PeriodFacts
from domain.roles import Role
from tests.support.programmes import (
    APPROVER,
    DIGEST,
    LSP,
    NEIGHBOUR,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    World,
    actor,
    participant,
    sealed,
)


def class_request(world: World, id_: str) -> c.ClassRequest:
    return world.submission().classes[0].model_copy(update={"id": id_, "label": id_[-1].upper()})


def sent_back(world: World, *more: str, verify: tuple[str, ...] = ()) -> World:
    """A request with further classes of these ids, returned to its organiser; `verify`: seats accepted."""
    submission = world.submission()
    classes = (*submission.classes, *(class_request(world, id_) for id_ in more))
    world.send(ORGANISER, submission.model_copy(update={"classes": classes}))
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    if verify:
        world.send(VERIFIER, c.VerifySeats(seats=verify))
    return returned(world)


def returned(world: World) -> World:
    world.complete(VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("x"),)))
    return world


def form(world: World, *classes: str, **changes: Any) -> c.ResubmitProgrammeForm:
    """The corrected request with the classes of these ids; every participant in the first one."""
    submission = world.submission()
    given: dict[str, Any] = {
        "classes": tuple(class_request(world, id_) for id_ in classes),
        "seats": tuple(s.model_copy(update={"class_id": classes[0]}) for s in submission.seats),
        "masters": tuple(m.model_copy(update={"class_id": classes[0]}) for m in submission.masters),
        "request_digest": DIGEST,
    }
    return c.ResubmitProgrammeForm(**{**given, **changes})


def resubmit(world: World, corrected: c.ResubmitProgrammeForm, **changes: Any) -> Any:
    event = world.complete(
        ORGANISER, "correct_programme", "resubmit", form=corrected, facts=world.facts(**changes)
    )
    world.answer_all()
    return event


def test_classes_are_taken_out_in_the_order_of_the_case() -> None:
    """Their order stands in the event: that of a set would give another hash in every process."""
    more = [f"class-{letter}" for letter in "bcdefghij"]
    world = sent_back(World([participant(1)]), *more)
    event = resubmit(world, form(world, "class-a"))
    assert [m.subject for m in event.moves if m.machine == "class"] == more


# ---- classes and seats of a correction ------------------------------------------------------------


def test_a_request_is_corrected_again_after_a_class_was_taken_out() -> None:
    world = sent_back(World(), "class-b")
    resubmit(world, form(world, "class-a"))
    resubmit(returned(world), form(world, "class-a"))
    assert world.case.state == "VERIFYING"
    assert {id_: k.state for id_, k in world.case.classes.items()} == {
        "class-a": "PLANNED",
        "class-b": "CANCELLED",
    }


def test_a_verified_participant_goes_along_when_the_own_class_is_taken_out() -> None:
    world = sent_back(World(), "class-b", verify=("s1", "s2"))
    resubmit(world, form(world, "class-b"))
    assert {s.class_id for s in world.case.seats.values()} == {"class-b"}
    assert world.case.seats["s1"].state == "VERIFIED"


def test_a_verified_participant_stays_in_a_class_that_stays() -> None:
    world = sent_back(World(), "class-b", verify=("s1",))
    resubmit(world, form(world, "class-b", "class-a"))
    assert world.case.seats["s1"].class_id == "class-a"
    assert world.case.seats["s2"].class_id == "class-b"


def test_a_cancelled_class_takes_no_participants() -> None:
    world = sent_back(World(), "class-b")
    resubmit(world, form(world, "class-a"))
    returned(world)
    task = world.task("correct_programme")
    command = c.CompleteTask(task=task.id, decision="resubmit", form=form(world, "class-b"))
    assert world.refused(ORGANISER, command) == ["X-CLASS-CANCELLED"]


def test_a_changed_recommendation_counts_as_external() -> None:
    world = sent_back(World([participant(n) for n in range(1, 5)]), verify=("s1",))
    seats = tuple(
        s.model_copy(update={"recommending": "LSP-NUSA"}) if s.id in ("s1", "s2") else s
        for s in form(world, "class-a").seats
    )
    resubmit(world, form(world, "class-a", seats=seats))
    told = {s.id: (s.recommending, s.external) for s in world.case.seats.values()}
    assert told["s2"] == ("LSP-NUSA", True)
    assert told["s1"] == ("LSP-TIK", False), "a judged participant stays as judged (decision 0009)"
    assert world.case.programme.submitted_external == 1


def test_who_left_is_not_brought_back_by_the_draft() -> None:
    world = sent_back(World())
    world.send(actor(Role.CANDIDATE, "p1"), c.WithdrawSeat(seat="s1"))
    resubmit(world, form(world, "class-a"))
    assert world.case.seats["s1"].state == "WITHDRAWN"
    assert world.case.programme.submitted_total == 3


# ---- a request that was taken back ----------------------------------------------------------------


def test_a_request_taken_back_is_submitted_anew_with_ids_and_a_day_of_its_own() -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    assert world.refused(ORGANISER, world.submission()) == ["M-OPEN"]
    world.send(ORGANISER, c.WithdrawProgramme())
    assert world.refused(ORGANISER, world.submission()) == ["M-CLOSING"]
    world.answer_all()
    assert world.refused(ORGANISER, world.submission()) == ["X-ID-USED"]
    world.now += timedelta(days=2)
    again = world.submission()
    again = again.model_copy(
        update={
            "classes": (again.classes[0].model_copy(update={"id": "class-z"}),),
            "seats": tuple(
                s.model_copy(update={"id": f"{s.id}z", "class_id": "class-z"}) for s in again.seats
            ),
            "masters": (),
        }
    )
    world.send(ORGANISER, again)
    assert local_day(world.case.programme.submitted_at) == local_day(world.now)


def test_one_id_stands_for_one_participant() -> None:
    world = World()
    first, second, *_ = world.submission().seats
    twice = world.submission().model_copy(update={"seats": (first, second.model_copy(update={"id": "s1"}))})
    assert world.refused(ORGANISER, twice) == ["X-ID-USED"]


# ---- what a person answers ------------------------------------------------------------------------


def verifying(world: World, **changes: Any) -> World:
    world.send(ORGANISER, world.submission(), world.facts(**changes))
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    return world


def test_an_answer_on_equivalence_says_nothing_about_the_field_of_experience() -> None:
    elsewhere = (PeriodFacts(field="PERIKANAN", first=date(2018, 1, 1)),)
    world = verifying(World([participant(1, qualification="SMA", experience=elsewhere), participant(2)]))
    asked = {t.rules: t.id for t in world.open_tasks() if t.kind == "resolve_equivalence"}
    assert set(asked) == {("R-Q3",), ("R-TECH",)}
    accept: dict[str, Any] = {"decision": "accept", "reason": sealed("setara"), "evidence": (DIGEST,)}
    world.send(VERIFIER, c.CompleteTask(task=asked[("R-Q3",)], **accept))
    facts = world.case.seats["s1"].facts
    assert (facts.equivalence, facts.field_accepted, facts.exception) == ("accepted", None, None)
    assert "M-RESOLVE" in world.refused(VERIFIER, c.VerifySeats(seats=("s1",)))
    world.send(VERIFIER, c.CompleteTask(task=asked[("R-TECH",)], **accept))
    world.send(VERIFIER, c.VerifySeats(seats=("s1",)))
    assert world.case.seats["s1"].facts.field_accepted == "accepted"


def test_a_licence_revoked_after_the_submit_is_a_question_also_for_who_was_verified() -> None:
    world = sent_back(
        World([participant(1, external=True), *(participant(n) for n in (2, 3, 4))]), verify=("s1",)
    )
    revoked = NEIGHBOUR.model_copy(update={"licence": "REVOKED"})
    facts: dict[str, Any] = {
        "organisations": {"LSP-TIK": LSP, "LSP-NUSA": revoked},
        "recommended_before": ("s1", "s2", "s3", "s4"),
    }
    resubmit(world, form(world, "class-a"), **facts)
    task = world.task("resolve_exception", "s1")
    assert task.rules == ("R-REC",)
    world.complete(
        VERIFIER, "resolve_exception", "accept", subject="s1", reason=sealed("ya"), evidence=(DIGEST,)
    )
    known = world.case.seats["s1"].facts
    assert (known.recommendation_accepted, known.exception) == ("accepted", None)
    world.people[0] = known
    resubmit(returned(world), form(world, "class-a"), **facts)
    assert not [t for t in world.open_tasks() if t.kind == "resolve_exception"]


AGENCY = LSP.model_copy(update={"kind": OrganiserKind.TECHNICAL_AGENCY, "licensed_schemes": ()})


def asked_about_the_organiser(answer: str) -> World:
    world = World()
    scheme = world.facts().scheme
    assert scheme is not None
    trusted = AGENCY.model_copy(update={"approved_to_recommend": True})
    facts: dict[str, Any] = {
        "organiser": trusted,
        "organisations": {},
        "scheme": scheme.model_copy(update={"licensed": False}),
    }
    verifying(world, **facts)
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(VERIFIER, "resolve_exception", answer, reason=sealed("x"), evidence=(DIGEST,))
    return world


def test_an_organiser_that_a_verifier_refused_is_not_recommended_until_the_request_is_corrected() -> None:
    world = asked_about_the_organiser("refuse")
    assert world.case.programme.organiser_answer == "refused"
    task = world.task("verify_programme")
    assert world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="recommend")) == ["R-ORG"]
    resubmit(returned(world), form(world, "class-a"))
    world.complete(VERIFIER, "verify_programme", "recommend")


def test_an_organiser_that_a_verifier_accepted_goes_on() -> None:
    world = asked_about_the_organiser("accept")
    assert world.case.programme.organiser_answer == "accepted"
    world.complete(VERIFIER, "verify_programme", "recommend")


def test_an_lsp_accepted_though_its_licence_ends_before_the_class_is_not_asked_about_again() -> None:
    world = World()
    ending = LSP.model_copy(update={"licence_valid_until": world.days[0]})
    verifying(world, organiser=ending)
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    (asked,) = (t for t in world.open_tasks() if t.kind == "resolve_exception")
    assert asked.rules == ("R-ORG",)
    world.complete(VERIFIER, "resolve_exception", "accept", reason=sealed("x"), evidence=(DIGEST,))
    resubmit(returned(world), form(world, "class-a"), organiser=ending)
    assert not [t for t in world.open_tasks() if t.kind == "resolve_exception"]
    world.complete(VERIFIER, "verify_programme", "recommend")


# ---- who may judge --------------------------------------------------------------------------------


def recommended(world: World) -> World:
    verifying(world)
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(VERIFIER, "verify_programme", "recommend")
    return world


def test_who_returned_a_request_as_approver_does_not_recommend_it() -> None:
    world = recommended(World())
    world.complete(APPROVER, "approve_programme", "return_to_verifier", reason=sealed("lagi"))
    task = world.task("verify_programme")
    for decision, more in (
        ("recommend", {}),
        ("reject", {"reason": sealed("x")}),
        ("send_back", {"form": c.PointsForm(points=(sealed("x"),))}),
    ):
        command = c.CompleteTask(task=task.id, decision=decision, **more)
        assert "R-SOD" in world.refused(actor(Role.VERIFIER, APPROVER.person), command)
    # Nor does the task lie with somebody who cannot complete it.
    assert "R-SOD" in world.refused(actor(Role.VERIFIER, APPROVER.person), c.ClaimTask(task=task.id))
    to_them = c.ReassignTask(task=task.id, to_person=APPROVER.person, reason=sealed("x"))
    assert "R-SOD" in world.refused(OPERATIONS, to_them)
    world.complete(VERIFIER, "verify_programme", "recommend")


@pytest.mark.parametrize("decision", ["approve", "return_to_verifier", "reject"])
def test_a_participant_does_not_decide_on_the_own_list(decision: str) -> None:
    world = recommended(World())
    command = c.CompleteTask(task=world.task("approve_programme").id, decision=decision, reason=sealed("x"))
    assert "R-SOD" in world.refused(actor(Role.APPROVER, "p1"), command)


def test_a_participant_answers_no_question_about_the_own_list() -> None:
    world = verifying(World([participant(1, qualification="SMA"), participant(2)]))
    task = world.task("resolve_equivalence", "s1")
    assert "R-SOD" in world.refused(actor(Role.VERIFIER, "p1"), c.ClaimTask(task=task.id))


def test_a_participant_does_not_begin_to_verify_the_own_list() -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    task = world.task("verify_programme")
    assert "R-SOD" in world.refused(actor(Role.VERIFIER, "p1"), c.ClaimTask(task=task.id))


def test_a_participant_or_an_approver_judges_nobody_of_the_list() -> None:
    world = verifying(World())
    for person in ("p1", "p2"):
        somebody = actor(Role.VERIFIER, person)
        assert "R-SOD" in world.refused(somebody, c.VerifySeats(seats=("s1",)))
        assert "R-SOD" in world.refused(somebody, c.RefuseSeat(seat="s1", reason=sealed("x")))
    world = recommended(World())
    world.complete(APPROVER, "approve_programme", "return_to_verifier", reason=sealed("lagi"))
    world.people.append(participant(9))
    resubmit(returned(world), form(world, "class-a"))
    once_approver = actor(Role.VERIFIER, APPROVER.person)
    assert "R-SOD" in world.refused(once_approver, c.VerifySeats(seats=("s9",)))


def test_who_submits_a_correction_does_not_verify_it() -> None:
    world = sent_back(World())
    colleague = actor(Role.ORGANISER, "colleague", organisation="LSP-TIK")
    world.complete(colleague, "correct_programme", "resubmit", form=form(world, "class-a"))
    task = world.task("verify_programme")
    command = c.ClaimTask(task=task.id)
    assert "R-SOD" in world.refused(actor(Role.VERIFIER, "colleague"), command)


def test_cases_of_before_keep_the_events_that_they_had() -> None:
    world = World([participant(1, qualification="SMA"), participant(2)])
    world.opening = world.case = world.case.model_copy(update={"revision": 0})
    verifying(world)
    assert set(world.case.hands) == {"submitter", "verifier"}
    assert world.task("resolve_equivalence").rules == ()
    world.complete(
        VERIFIER, "resolve_equivalence", "accept", subject="s1", reason=sealed("ya"), evidence=(DIGEST,)
    )
    assert world.case.seats["s1"].facts.field_accepted == "accepted"
    world.send(VERIFIER, c.VerifySeats(seats=("s1", "s2")))
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(APPROVER, "approve_programme", "return_to_verifier", reason=sealed("lagi"))
    world.complete(actor(Role.VERIFIER, APPROVER.person), "verify_programme", "recommend")


def test_who_comes_again_under_another_seat_keeps_the_pair() -> None:
    world = sent_back(World([participant(1), participant(2)]))
    pairs = {id_ for id_, e in world.case.errands.items() if e.kind in ("reserve", "release")}
    asked = form(world, "class-a")
    seats = (asked.seats[0].model_copy(update={"id": "s9"}), asked.seats[1])
    resubmit(world, asked.model_copy(update={"seats": seats}))
    later = [e for id_, e in world.case.errands.items() if id_ not in pairs]
    assert not [e for e in later if e.kind in ("reserve", "release")], "side by side the pair could be lost"
    taken = {id_: (s.state, s.pair_taken) for id_, s in world.case.seats.items()}
    assert taken == {"s1": ("WITHDRAWN", False), "s2": ("PROPOSED", True), "s9": ("PROPOSED", True)}


def test_who_is_taken_out_for_good_gives_the_pair_back() -> None:
    world = sent_back(World([participant(1), participant(2)]))
    asked = form(world, "class-a")
    resubmit(world, asked.model_copy(update={"seats": asked.seats[1:]}))
    released = [e.body["keys"] for e in world.case.errands.values() if e.kind == "release"]
    assert released == [[{"kind": "pair", "key": "p1/SKEMA-ASKOM"}]]
