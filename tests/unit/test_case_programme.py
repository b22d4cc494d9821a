"""A programme from request to report, every branch of the new track, without a server."""

from datetime import timedelta

import pytest

from domain import commands as c
from domain.facts import Facts, OrganiserKind
from domain.roles import SYSTEM, Actor, Role
from state_machines.class_ import starts_at
from state_machines.evolve import fold
from state_machines.table import allowed
from state_machines.tables import TABLES
from state_machines.turn import Turn
from tests.support.programmes import (
    APPROVER,
    CALENDAR,
    DIGEST,
    LSP,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    World,
    actor,
    participant,
    sealed,
)
from workflows.cases.programme.share import flag_share


def submitted(world: World) -> World:
    world.send(ORGANISER, world.submission())
    world.answer_all()
    return world


def verified(world: World) -> World:
    submitted(world)
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(
        VERIFIER, c.VerifySeats(seats=tuple(s.id for s in world.case.seats.values() if s.state == "PROPOSED"))
    )
    return world


def approved(world: World) -> World:
    verified(world)
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(APPROVER, "approve_programme", "approve")
    world.answer_all()
    return world


def letters() -> c.LettersForm:
    return c.LettersForm(
        assignments=tuple(
            c.Letter(
                class_id="class-a",
                person=f"m{n}",
                kind="trainer" if n <= 2 else "assessor",
                letter_number=f"ST/{n}/2026",
                letter_date=CALENDAR.next_working_day(World().days[0]).replace(month=3, day=9),
            )
            for n in (1, 2, 3, 4)
        )
    )


def prepared(world: World) -> World:
    """Everything that READY needs, except seats beyond those confirmed here."""
    approved(world)
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters())
    world.answer_all()
    for a in list(world.case.assignments.values()):
        world.complete(actor(Role.MASTER_ASSESSOR, a.person), "answer_assignment", "accept", subject=a.id)
    world.send(ORGANISER, c.ConfirmVenue(class_id="class-a"))
    for seat in list(world.case.seats.values()):
        if seat.state == "VERIFIED":
            world.complete(actor(Role.CANDIDATE, seat.person), "confirm_seat", "confirm", subject=seat.id)
    return world


def running(world: World) -> World:
    prepared(world)
    world.pass_time(starts_at(world.case.classes["class-a"]))
    return world


def states(world: World) -> dict[str, str]:
    return {s.id: s.state for s in world.case.seats.values()}


def test_a_request_is_taken_in_and_waits_for_a_verifier() -> None:
    world = submitted(World())
    assert world.case.state == "SUBMITTED"
    assert [t.kind for t in world.open_tasks()] == ["verify_programme"]
    assert all(s.pair_taken for s in world.case.seats.values())


def test_the_first_claim_is_the_start_of_verification() -> None:
    world = submitted(World())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    assert world.case.state == "VERIFYING"


def test_the_submitter_does_not_verify_whatever_the_hat() -> None:
    world = submitted(World())
    same_person = actor(Role.VERIFIER, ORGANISER.person)
    assert "R-SOD" in world.refused(same_person, c.ClaimTask(task=world.task("verify_programme").id))


def test_an_eighth_external_of_24_is_refused_with_the_numbers() -> None:
    world = World([participant(n, external=n <= 8) for n in range(1, 25)])
    assert "R-30" in world.refused(ORGANISER, world.submission())


def test_a_25th_main_participant_is_refused() -> None:
    world = World([participant(n) for n in range(1, 26)])
    assert "R-24" in world.refused(ORGANISER, world.submission())


def test_one_person_stands_once_in_a_request() -> None:
    people = [participant(1), participant(2, person="p1")]
    assert world_rules(World(people)) == ["R-DUP"]


def world_rules(world: World) -> list[str]:
    return world.refused(ORGANISER, world.submission())


def test_another_organiser_cannot_submit_this_request() -> None:
    stranger = actor(Role.ORGANISER, organisation="LSP-NUSA")
    world = World()
    assert "M-OWN" in world.refused(stranger, world.submission())


def test_recommending_waits_until_every_seat_is_judged() -> None:
    world = submitted(World())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    task = world.task("verify_programme")
    assert "M-SEATS" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="recommend"))


def test_a_school_leaver_needs_a_person_and_an_accepted_equivalence_lets_the_seat_be_verified() -> None:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    assert "M-RESOLVE" in world.refused(VERIFIER, c.VerifySeats(seats=("s1",)))
    task = world.task("resolve_equivalence", "s1")
    assert "T-REASON" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="accept"))
    world.complete(
        VERIFIER, "resolve_equivalence", "accept", subject="s1", reason=sealed("setara"), evidence=(DIGEST,)
    )
    world.send(VERIFIER, c.VerifySeats(seats=("s1",)))
    assert world.case.seats["s1"].facts.equivalence == "accepted"


def test_a_refused_equivalence_rejects_the_seat_and_gives_the_pair_back() -> None:
    world = submitted(World([participant(1, qualification="SMA"), participant(2)]))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.complete(VERIFIER, "resolve_equivalence", "refuse", subject="s1", reason=sealed("tidak setara"))
    assert states(world)["s1"] == "REJECTED"
    assert [e.kind for e in world.case.errands.values() if e.state == "ASKED"] == ["release"]


def test_a_pair_that_another_request_holds_rejects_the_seat_by_r_dup() -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    errand = next(e for e in world.case.errands.values() if e.kind == "reserve")
    keys = errand.body["keys"]
    event = world.answer("reserve", errand.subject, {"taken": keys[1:], "refused": keys[:1]})
    assert states(world)["s1"] == "REJECTED"
    assert event.payload["rules"] == ["R-DUP"]


def test_the_request_is_sent_back_three_times_and_not_a_fourth() -> None:
    world = verified(World())
    for _ in range(3):
        world.complete(
            VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("perbaiki surat"),))
        )
        assert world.case.state == "CORRECTION"
        form = c.ResubmitProgrammeForm(
            **world.submission().model_dump(include={"classes", "seats", "masters", "request_digest"})
        )
        world.complete(ORGANISER, "correct_programme", "resubmit", form=form)
        world.answer_all()
        assert world.case.state == "VERIFYING"
    task = world.task("verify_programme")
    points = c.PointsForm(points=(sealed("lagi"),))
    assert "M-SENDBACK" in world.refused(
        VERIFIER, c.CompleteTask(task=task.id, decision="send_back", form=points)
    )


def test_a_correction_that_never_comes_expires_after_five_working_days_with_reminders_before() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("perbaiki"),)))
    types = world.days_later(5)
    assert types[-1] == "programme_expired"
    assert types.count("task_remind") == 2
    assert "task_escalate" not in types
    assert world.case.state == "EXPIRED"
    assert not world.open_tasks()
    assert set(states(world).values()) == {"WITHDRAWN"}


def test_a_rejection_needs_a_reason_and_ends_everything() -> None:
    world = verified(World())
    task = world.task("verify_programme")
    assert "T-REASON" in world.refused(VERIFIER, c.CompleteTask(task=task.id, decision="reject"))
    world.complete(VERIFIER, "verify_programme", "reject", reason=sealed("tidak lengkap"))
    assert world.case.state == "REJECTED"
    assert {x.state for x in world.case.classes.values()} == {"CANCELLED"}


def test_the_verifier_does_not_approve() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    same = actor(Role.APPROVER, VERIFIER.person)
    task = world.task("approve_programme")
    assert "R-SOD" in world.refused(same, c.CompleteTask(task=task.id, decision="approve"))


def test_approval_opens_a_journey_for_each_verified_main_and_lists_the_reserves() -> None:
    world = approved(World([participant(1), participant(2), participant(3, kind="reserve")]))
    assert world.case.state == "PREPARATION"
    assert states(world) == {"s1": "VERIFIED", "s2": "VERIFIED", "s3": "WAITLISTED"}
    assert {s.id for s in world.case.seats.values() if s.journey} == {"s1", "s2"}
    assert sorted(t.kind for t in world.open_tasks()) == [
        "assign_master_assessors",
        "complete_class",
        "confirm_seat",
        "confirm_seat",
    ]


def approved_without(world: World, *seats: str) -> World:
    verified(world)
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(
        APPROVER,
        "approve_programme",
        "approve_without",
        reason=sealed("dokumen"),
        form=c.ApproveWithoutForm(seats=seats),
    )
    return world


def test_approving_without_a_participant_flags_a_share_above_the_limit() -> None:
    world = approved_without(World([participant(n, external=n <= 3) for n in range(1, 11)]), "s10")
    assert states(world)["s10"] == "REJECTED"
    assert world.case.programme.share_flagged


def test_each_participant_left_out_has_a_reason_of_the_own() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    task = world.task("approve_programme")
    reasons = tuple(c.SeatReason(seat=id_, reason=sealed(id_)) for id_ in ("s1", "s2"))

    def without(*seats: str, told: tuple[c.SeatReason, ...] = reasons) -> c.CompleteTask:
        form = c.ApproveWithoutForm(seats=seats, reasons=told)
        return c.CompleteTask(task=task.id, decision="approve_without", reason=sealed("x"), form=form)

    assert world.refused(APPROVER, without("s1")) == ["T-REASON"]
    assert world.refused(APPROVER, without("s1", "s2", told=(*reasons, reasons[0]))) == ["T-REASON"]
    world.send(APPROVER, without("s1", "s2", "s3"))
    told = {s.id: s.reason for s in world.case.seats.values()}
    assert told == {"s1": sealed("s1"), "s2": sealed("s2"), "s3": None, "s4": None}


def test_a_command_of_before_reasons_has_the_digest_that_it_had() -> None:
    """The digest stands in the event; a field of later days must not change it."""
    form = c.ApproveWithoutForm(seats=("s1",))
    assert form.model_dump(mode="json") == {"form": "approve_without", "seats": ["s1"]}


def test_the_flag_of_a_share_is_not_for_bnsp_as_organiser() -> None:
    world = World([participant(n, external=True) for n in range(1, 4)])
    bnsp = LSP.model_copy(update={"kind": OrganiserKind.BNSP})
    world.send(ORGANISER, world.submission(), world.facts(organiser=bnsp))
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(VERIFIER, "verify_programme", "recommend")
    form = c.ApproveWithoutForm(seats=("s3",))
    world.complete(APPROVER, "approve_programme", "approve_without", reason=sealed("x"), form=form)
    assert not world.case.programme.share_flagged


def test_the_share_counts_who_still_takes_part() -> None:
    people = [participant(n, external=n <= 3) for n in range(1, 11)]
    people.append(participant(11, kind="reserve"))
    world = prepared(World(people))
    turn = Turn(world.case, actor=SYSTEM, now=world.now, facts=Facts())
    for id_, flagged in (("s10", True), ("s1", False)):
        turn.fire("seat", id_, "withdraw")
        flag_share(turn)
        assert turn.case.programme.share_flagged is flagged


def test_returning_to_the_verifier_opens_verification_again() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(APPROVER, "approve_programme", "return_to_verifier", reason=sealed("periksa lagi"))
    assert world.case.state == "VERIFYING"
    assert world.task("verify_programme")


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


def attendance(world: World, missing: str = "") -> c.AttendanceForm:
    return c.AttendanceForm(
        attended={
            s.id: world.days if s.id != missing else world.days[:1]
            for s in world.case.seats.values()
            if s.state == "CONFIRMED"
        }
    )


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


class News:
    """A journey_moved message as it reaches the programme."""

    type = "journey_moved"

    def __init__(self, application: str, state: str, first_decision: bool = False) -> None:
        self.application = application
        self.body = {"state": state, "first_decision": first_decision}


def tell(world: World, seat: str, state: str, *, first_decision: bool = False) -> None:
    news = News(world.case.seats[seat].journey, state, first_decision)
    world.system(lambda turn: world.logic.message(turn, news))


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


def test_a_withdrawn_request_is_a_draft_again_and_can_be_submitted_on_the_same_chain() -> None:
    world = submitted(World())
    world.send(ORGANISER, c.WithdrawProgramme())
    assert world.case.state == "DRAFT"
    world.answer_all()
    again = world.submission()
    again = again.model_copy(
        update={
            "classes": tuple(k.model_copy(update={"id": "class-b"}) for k in again.classes),
            "seats": tuple(
                s.model_copy(update={"id": f"{s.id}b", "class_id": "class-b"}) for s in again.seats
            ),
            "masters": (),
        }
    )
    facts = world.facts(
        classes=tuple(k.model_copy(update={"id": "class-b"}) for k in world.classes()),
        participants=tuple(
            p.model_copy(update={"seat": f"{p.seat}b", "class_id": "class-b"}) for p in world.people
        ),
        assessors=tuple(a.model_copy(update={"class_id": "class-b"}) for a in world.facts().assessors),
    )
    world.send(ORGANISER, again, facts)
    assert world.case.state == "SUBMITTED"


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


def test_a_pair_that_is_taken_for_a_seat_that_has_ended_meanwhile_is_given_back() -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    errand = next(e for e in world.case.errands.values() if e.kind == "reserve")
    world.send(ORGANISER, c.WithdrawProgramme())
    world.answer("reserve", errand.subject, {"taken": errand.body["keys"], "refused": []})
    released = [e for e in world.case.errands.values() if e.kind == "release" and e.state == "ASKED"]
    assert [len(e.body["keys"]) for e in released if "keys" in e.body] == [4]
    assert not any(s.pair_taken for s in world.case.seats.values())


def test_the_submitter_judges_no_participant_whatever_the_hat() -> None:
    world = submitted(World())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    same_person = actor(Role.VERIFIER, ORGANISER.person)
    assert "R-SOD" in world.refused(same_person, c.VerifySeats(seats=("s1",)))
    assert "R-SOD" in world.refused(same_person, c.RefuseSeat(seat="s1", reason=sealed("x")))
    world.send(VERIFIER, c.RefuseSeat(seat="s1", reason=sealed("x")))
    assert world.case.seats["s1"].reason == sealed("x")


def test_participants_are_judged_while_the_request_is_verified_and_not_before_or_after() -> None:
    world = submitted(World())
    assert "M-STATE" in world.refused(VERIFIER, c.VerifySeats(seats=("s1",)))
    world = approved(World())
    assert world.refused(VERIFIER, c.RefuseSeat(seat="s1", reason=sealed("x")))
    assert "M-ROLE" in world.refused(APPROVER, c.RefuseSeat(seat="s1", reason=sealed("x")))


def offers(world: World, who: Actor, kind: str, id_: str) -> dict[str, list[str]]:
    """What the tables offer this actor: trigger → the rules that stand in the way."""
    turn = Turn(world.case, actor=who, now=world.now, facts=world.facts())
    found = allowed(TABLES[kind], turn.situation(kind, id_))
    return {offer.trigger: [v.rule for v in offer.violations] for offer in found}


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


def test_an_approver_is_not_offered_to_refuse_a_single_participant() -> None:
    world = verified(World())
    world.complete(VERIFIER, "verify_programme", "recommend")
    assert offers(world, APPROVER, "seat", "s1")["refuse"] == ["M-ROLE"]
    assert world.refused(APPROVER, c.RefuseSeat(seat="s1", reason=sealed("x"))) == ["M-ROLE"]
    form = c.ApproveWithoutForm(seats=("s1",))
    world.complete(APPROVER, "approve_programme", "approve_without", form=form, reason=sealed("x"))
    assert world.case.seats["s1"].state == "REJECTED"


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
