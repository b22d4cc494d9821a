"""A programme from its approval to its report, every branch of the new track, without a server."""

from datetime import timedelta

import pytest

from domain import commands as c
from domain.roles import Actor, Role
from state_machines.class_ import starts_at
from state_machines.evolve import fold
from tests.support.programmes import (
    CALENDAR,
    DIGEST,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    World,
    actor,
    participant,
    sealed,
)
from tests.support.stages import (
    approved,
    attendance,
    letters,
    offers,
    prepared,
    running,
    states,
    submitted,
    tell,
    verified,
)


def test_a_class_is_ready_when_committee_letters_venue_and_seats_are_there() -> None:
    world = prepared(World())
    assert world.case.classes["class-a"].state == "READY"
    assert world.case.state == "READY"
    assert not world.open_tasks()


def test_a_declined_assignment_frees_the_days_and_asks_operations_again() -> None:
    world = approved(World())
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters())
    world.answer_all()
    a = next(a for a in world.case.assignments.values() if a.person == "m1")
    world.complete(
        actor(Role.MASTER_ASSESSOR, "m1"),
        "answer_assignment",
        "decline",
        subject=a.id,
        reason=sealed("sakit"),
    )
    assert world.case.assignments[a.id].state == "DECLINED"
    assert world.task("assign_master_assessors")
    assert any(e.kind == "release" and e.subject == a.id for e in world.case.errands.values())


def test_an_unanswered_assignment_lapses_after_three_working_days() -> None:
    world = approved(World())
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters())
    world.answer_all()
    world.days_later(3)
    assert {a.state for a in world.case.assignments.values()} == {"LAPSED"}


def test_a_trainer_of_a_class_is_not_assigned_to_assess_it() -> None:
    world = approved(World())
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters())
    world.answer_all()
    world.complete(
        actor(Role.MASTER_ASSESSOR, "m3"),
        "answer_assignment",
        "decline",
        reason=sealed("x"),
        subject=next(a.id for a in world.case.assignments.values() if a.person == "m3"),
    )
    wrong = c.LettersForm(
        assignments=(
            c.Letter(
                class_id="class-a",
                person="m1",
                kind="assessor",
                letter_number="ST/9",
                letter_date=world.days[0],
            ),
        )
    )
    task = world.task("assign_master_assessors")
    assert "R-SOD" in world.refused(OPERATIONS, c.CompleteTask(task=task.id, decision="assign", form=wrong))


def test_a_withdrawal_frees_the_seat_for_the_first_on_the_list() -> None:
    people = [participant(1), participant(2), participant(3, kind="reserve"), participant(4, kind="reserve")]
    world = prepared(World(people))
    world.send(actor(Role.CANDIDATE, "p1"), c.WithdrawSeat(seat="s1"))
    assert states(world) == {"s1": "WITHDRAWN", "s2": "CONFIRMED", "s3": "OFFERED", "s4": "WAITLISTED"}
    world.complete(actor(Role.CANDIDATE, "p3"), "answer_offer", "accept_offer", subject="s3")
    assert states(world)["s3"] == "CONFIRMED"
    assert world.case.seats["s3"].journey


def test_an_unanswered_offer_goes_to_the_next_and_the_second_time_off_the_list() -> None:
    people = [participant(1), participant(2), participant(3, kind="reserve"), participant(4, kind="reserve")]
    world = prepared(World(people))
    world.send(actor(Role.CANDIDATE, "p1"), c.WithdrawSeat(seat="s1"))
    for expected in ("s4", "s3", "s4"):
        world.pass_time(world.now + timedelta(hours=24, minutes=1))
        assert states(world)[expected] == "OFFERED", states(world)
    assert states(world)["s3"] == "RELEASED"
    world.pass_time(world.now + timedelta(hours=24, minutes=1))
    assert states(world)["s4"] == "RELEASED"


def test_promotion_keeps_the_external_limit() -> None:
    people = [participant(n, external=n <= 3) for n in range(1, 11)]
    people += [participant(11, kind="reserve", external=True), participant(12, kind="reserve")]
    world = prepared(World(people))
    world.send(actor(Role.CANDIDATE, "p10"), c.WithdrawSeat(seat="s10"))
    assert states(world)["s11"] == "WAITLISTED"
    assert states(world)["s12"] == "OFFERED"


def test_a_stranger_withdraws_nobody() -> None:
    world = prepared(World())
    assert "M-OWN" in world.refused(actor(Role.CANDIDATE, "p2"), c.WithdrawSeat(seat="s1"))


def test_at_the_first_hour_a_ready_class_starts_and_the_list_is_released() -> None:
    world = running(World([participant(1), participant(2, kind="reserve")]))
    assert world.case.classes["class-a"].state == "RUNNING"
    assert world.case.state == "RUNNING"
    assert states(world)["s2"] == "RELEASED"


def test_a_class_that_is_not_ready_on_its_day_is_resolved_or_cancelled() -> None:
    world = approved(World())
    world.pass_time(starts_at(world.case.classes["class-a"]))
    assert world.task("resolve_class_day")
    world.days_later(2)
    assert world.case.classes["class-a"].state == "CANCELLED"
    assert world.case.state == "CANCELLED"
    assert not world.open_tasks()


def test_rescheduling_asks_everybody_to_confirm_again_and_takes_new_days() -> None:
    world = prepared(World())
    days = tuple(CALENDAR.add_working_days(world.days[-1], n) for n in (5, 6, 7))
    world.send(ORGANISER, c.RescheduleClass(class_id="class-a", days=days, reason=sealed("banjir")))
    assert world.case.classes["class-a"].state == "SCHEDULED"
    assert set(states(world).values()) == {"VERIFIED"}
    assert len([t for t in world.open_tasks() if t.kind == "confirm_seat"]) == 4


def test_attendance_of_every_day_attends_and_a_missed_day_is_a_no_show() -> None:
    world = running(World())
    trainer = actor(Role.MASTER_ASSESSOR, "m1")
    task = world.task("record_attendance")
    early = c.CompleteTask(task=task.id, decision="finish", form=attendance(world))
    assert "M-EARLY" in world.refused(trainer, early)
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=3))
    world.complete(trainer, "record_attendance", "finish", form=attendance(world, missing="s4"))
    assert states(world) == {"s1": "ATTENDED", "s2": "ATTENDED", "s3": "ATTENDED", "s4": "NO_SHOW"}
    sent = [e.body["type"] for e in world.case.errands.values() if e.kind == "message"]
    assert sorted(sent) == ["seat_closed", "training_recorded", "training_recorded", "training_recorded"]


def test_the_report_comes_after_every_first_decision_and_closes_the_programme_when_accepted() -> None:
    world = running(World([participant(1), participant(2)]))
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=3))
    world.complete(actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world))
    tell(world, "s1", "CERTIFIED", first_decision=True)
    assert world.case.state == "RUNNING"
    tell(world, "s2", "NOT_YET_COMPETENT", first_decision=True)
    assert world.case.state == "REPORTING"
    world.complete(ORGANISER, "submit_report", "submit_report", form=c.ReportForm(report=DIGEST))
    world.complete(OPERATIONS, "accept_report", "return_report", reason=sealed("kurang lampiran"))
    world.complete(ORGANISER, "submit_report", "submit_report", form=c.ReportForm(report=DIGEST))
    world.complete(OPERATIONS, "accept_report", "accept_report")
    assert world.case.state == "COMPLETED"
    assert not world.open_tasks()


def test_a_journey_that_ends_before_the_class_gives_its_seat_to_the_list() -> None:
    world = prepared(World([participant(1), participant(2), participant(3, kind="reserve")]))
    tell(world, "s1", "EXPIRED")
    assert states(world)["s1"] == "WITHDRAWN"
    assert states(world)["s3"] == "OFFERED"


def test_cancelling_closes_classes_seats_tasks_and_tells_the_journeys() -> None:
    world = prepared(World())
    world.send(OPERATIONS, c.CancelProgramme(reason=sealed("tempat terbakar")))
    assert world.case.state == "CANCELLED"
    assert set(states(world).values()) == {"WITHDRAWN"}
    told = [e for e in world.case.errands.values() if e.kind == "message" and e.state == "ASKED"]
    assert len(told) == 4
    assert not world.open_tasks()


def test_completing_a_completed_task_changes_nothing() -> None:
    world = verified(World())
    task = world.task("verify_programme")
    world.complete(VERIFIER, "verify_programme", "recommend")
    assert "M-STATE" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="recommend"))


@pytest.mark.parametrize("decision", ["approve", "keep", "shout"])
def test_a_decision_outside_the_tasks_set_is_refused(decision: str) -> None:
    world = verified(World())
    task = world.task("verify_programme")
    assert "T-DECISION" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision=decision))


def test_a_late_task_escalates_and_may_still_be_completed_as_late() -> None:
    world = submitted(World())
    task = world.task("verify_programme")
    types = world.days_later(10)
    assert types == ["task_remind", "task_remind", "task_escalate"]
    assert world.case.tasks[task.id].level == 1
    world.send(VERIFIER, c.ClaimTask(task=task.id))
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(VERIFIER, "verify_programme", "recommend")
    assert world.case.tasks[task.id].late


def test_folding_the_events_gives_the_case() -> None:
    world = running(World())
    assert fold(world.opening, world.events) == world.case


def test_what_may_be_arranged_of_a_class_is_offered_and_judged_by_the_same_rows() -> None:
    stranger = actor(Role.ORGANISER, "o9", "LSP-NUSA")
    acts = {
        "confirm_venue": c.ConfirmVenue(class_id="class-a"),
        "set_committee": c.SetCommittee(class_id="class-a", committee=("panitia-1", "panitia-2")),
    }
    world = verified(World())
    for trigger, command in acts.items():
        assert trigger not in offers(world, ORGANISER, "class", "class-a")
        assert world.refused(ORGANISER, command) == ["M-STATE"]
    world = approved(World())
    for trigger, command in acts.items():
        for who, reason in ((ORGANISER, []), (OPERATIONS, []), (stranger, ["M-OWN"]), (VERIFIER, ["M-ROLE"])):
            assert offers(world, who, "class", "class-a")[trigger] == reason
            if reason:
                assert world.refused(who, command) == reason
        world.send(OPERATIONS, command)
    assert world.case.classes["class-a"].venue_confirmed


def test_only_a_confirmation_is_given_on_behalf_and_only_by_the_own_organiser() -> None:
    def behalf(who: Actor, person: str) -> Actor:
        return who.model_copy(update={"on_behalf_of": person})

    world = approved(World())
    task = next(t for t in world.case.tasks.values() if t.kind == "confirm_seat" and t.subject == "s1")
    claim = c.ClaimTask(task=task.id)
    stranger = actor(Role.ORGANISER, "o9", "LSP-NUSA")
    for who in (stranger, OPERATIONS, actor(Role.CANDIDATE, "p2")):
        assert world.refused(behalf(who, "p1"), claim) == ["A-BEHALF"]
    assert "A-BEHALF" in world.refused(behalf(ORGANISER, "p2"), claim)
    world.send(behalf(ORGANISER, "p1"), claim)
    world.send(behalf(ORGANISER, "p1"), c.CompleteTask(task=task.id, decision="confirm"))
    assert world.case.seats["s1"].state == "CONFIRMED"
    letters_task = world.task("assign_master_assessors")
    refused = world.refused(behalf(OPERATIONS, "p1"), c.ClaimTask(task=letters_task.id))
    assert refused == ["A-BEHALF"]
