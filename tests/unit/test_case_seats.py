"""Seats after the approval: promotion, reserves who leave, two applications, a class that moves."""

from datetime import date, timedelta
from typing import Any

from domain import commands as c
from domain.cases import Errand
from domain.clock import end_of_day
from domain.facts import TechnicalCertificateFacts
from domain.roles import Role
from state_machines.class_ import starts_at
from tests.support.journeys import APPLICATION, CANDIDATE, JourneyWorld
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
from tests.support.stages import approved, attendance, prepared, running, states, submitted, tell


def candidate(number: int) -> Any:
    return actor(Role.CANDIDATE, f"p{number}")


def moved(world: World, by: int = 5) -> World:
    """The class is held some working days later, for the organiser's reasons."""
    last = max(world.case.classes["class-a"].days)
    world.days = tuple(CALENDAR.add_working_days(last, by + n) for n in range(3))
    world.send(ORGANISER, c.RescheduleClass(class_id="class-a", days=world.days, reason=sealed("banjir")))
    return world


def sent(world: World, type_: str, seat: str = "") -> list[Errand]:
    return [
        e
        for e in world.case.errands.values()
        if e.kind == "message" and e.body["type"] == type_ and (not seat or e.subject == seat)
    ]


def released(world: World) -> list[str]:
    """Keys that were given back by name."""
    return [
        k["key"] for e in world.case.errands.values() if e.kind == "release" for k in e.body.get("keys", ())
    ]


# ---- promotion ------------------------------------------------------------------------------------


def promoted(world: World, leaver: int, reserve: int) -> World:
    world.send(candidate(leaver), c.WithdrawSeat(seat=f"s{leaver}"))
    world.complete(candidate(reserve), "answer_offer", "accept_offer", subject=f"s{reserve}")
    world.answer_all()
    return world


def test_a_promoted_reserve_confirms_again_after_a_reschedule() -> None:
    world = prepared(World([participant(1), participant(2), participant(3, kind="reserve")]))
    moved(promoted(world, 1, 3))
    assert states(world)["s3"] == "VERIFIED"
    world.complete(candidate(3), "confirm_seat", "confirm", subject="s3")
    assert states(world)["s3"] == "CONFIRMED"


def test_a_reserve_promoted_before_revision_1_confirms_again_too() -> None:
    world = World([participant(1), participant(2), participant(3, kind="reserve")])
    world.case = world.opening = world.case.model_copy(update={"revision": 0})
    moved(promoted(prepared(world), 1, 3))
    assert world.case.seats["s3"].kind == "reserve"
    world.complete(candidate(3), "confirm_seat", "confirm", subject="s3")
    assert states(world)["s3"] == "CONFIRMED"


def test_a_promoted_external_who_is_to_confirm_again_counts_for_the_next_promotion() -> None:
    people = [participant(n, external=n <= 2) for n in range(1, 11)]
    people += [participant(n, kind="reserve", external=True) for n in (11, 12)]
    world = moved(promoted(prepared(World(people)), 10, 11))
    world.send(candidate(9), c.WithdrawSeat(seat="s9"))
    assert states(world)["s12"] == "WAITLISTED", "four of ten would be external"


def test_a_reserve_who_leaves_the_list_frees_no_seat() -> None:
    people = [participant(1), participant(2), *(participant(n, kind="reserve") for n in (3, 4))]
    world = prepared(World(people))
    world.send(candidate(3), c.WithdrawSeat(seat="s3"))
    assert states(world)["s4"] == "WAITLISTED"


def test_who_was_offered_a_seat_may_withdraw_and_the_next_is_asked() -> None:
    people = [participant(1), participant(2), *(participant(n, kind="reserve") for n in (3, 4))]
    world = prepared(World(people))
    world.send(candidate(1), c.WithdrawSeat(seat="s1"))
    world.send(candidate(3), c.WithdrawSeat(seat="s3"))
    assert states(world) == {"s1": "WITHDRAWN", "s2": "CONFIRMED", "s3": "WITHDRAWN", "s4": "OFFERED"}
    assert [t.subject for t in world.open_tasks() if t.kind == "answer_offer"] == ["s4"]


def test_an_offer_leaves_their_place_to_main_participants_who_have_yet_to_confirm() -> None:
    people = [participant(n) for n in range(1, 25)] + [participant(25, kind="reserve")]
    world = approved(World(people))
    world.complete(candidate(1), "confirm_seat", "confirm", subject="s1")
    # a place that nobody freed: the offer would be the 25th
    assert not _would_offer(world, "s25")
    world.send(candidate(1), c.WithdrawSeat(seat="s1"))
    assert states(world)["s25"] == "OFFERED"


def _would_offer(world: World, seat: str) -> bool:
    found: list[bool] = []

    def ask(turn: Any) -> str:
        found.append(turn.would("seat", seat, "offer", as_system=True))
        return "asked"

    world.system(ask, world.facts())
    return found[0]


def test_a_withdrawal_that_leaves_too_many_external_is_flagged() -> None:
    world = prepared(World([participant(n, external=n <= 3) for n in range(1, 11)]))
    assert not world.case.programme.share_flagged
    world.send(candidate(10), c.WithdrawSeat(seat="s10"))
    assert world.case.programme.share_flagged


# ---- two applications -----------------------------------------------------------------------------


def already(world: World, seat: str) -> None:
    world.answer("start_journey", seat, {"outcome": "already"})


def chosen_late(decision: str) -> World:
    """A class whose only participant has another application, and chooses after the class."""
    world = submitted(World([participant(1)]))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(VERIFIER, c.VerifySeats(seats=("s1",)))
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(actor(Role.APPROVER), "approve_programme", "approve")
    already(world, "s1")
    world.answer_all()
    _ready_and_run(world)
    world.complete(candidate(1), "choose_application", decision, subject="s1")
    world.answer_all()
    return world


def _ready_and_run(world: World) -> None:
    from tests.unit.test_case_classes import TRAINERS, accept_all, assign, letter

    assign(world, *TRAINERS, letter("m3"))
    accept_all(world)
    world.send(ORGANISER, c.ConfirmVenue(class_id="class-a"))
    world.complete(candidate(1), "confirm_seat", "confirm", subject="s1")
    world.pass_time(starts_at(world.case.classes["class-a"]))
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=3))
    world.complete(actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world))
    world.answer_all()


def test_an_application_kept_after_the_class_gets_its_training_record_and_the_report_waits() -> None:
    world = chosen_late("keep")
    records = sent(world, "training_recorded", "s1")
    started = [e for e in world.case.errands.values() if e.kind == "start_journey"]
    assert len(records) == 2, "once with the attendance, and once after the journey began"
    assert list(world.case.errands).index(records[-1].id) > list(world.case.errands).index(started[-1].id)
    assert records[-1].body["body"]["attended"] == [d.isoformat() for d in world.days]
    assert world.case.state == "RUNNING"
    tell(world, "s1", "CERTIFIED", first_decision=True)
    assert world.case.state == "REPORTING"


def test_an_application_given_up_after_the_class_holds_no_report() -> None:
    world = chosen_late("give_up")
    assert states(world)["s1"] == "ATTENDED"
    assert world.case.state == "REPORTING"
    assert released(world) == ["p1/SKEMA-ASKOM"]


def test_a_seat_that_was_withdrawn_before_the_answer_asks_nobody_to_choose() -> None:
    world = submitted(World([participant(1), participant(2)]))
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(VERIFIER, c.VerifySeats(seats=("s1", "s2")))
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(actor(Role.APPROVER), "approve_programme", "approve")
    world.send(candidate(1), c.WithdrawSeat(seat="s1"))
    already(world, "s1")
    already(world, "s2")
    assert [t.subject for t in world.open_tasks() if t.kind == "choose_application"] == ["s2"]


def test_an_assessor_refused_after_the_programme_ended_opens_no_task() -> None:
    from tests.support.stages import letters

    world = approved(World())
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters())
    world.send(OPERATIONS, c.CancelProgramme(reason=sealed("tempat terbakar")))
    for errand in [e for e in world.case.errands.values() if e.kind == "reserve" and e.state == "ASKED"]:
        world.answer("reserve", errand.subject, {"taken": [], "refused": errand.body["keys"]})
    assert not world.open_tasks()


def test_what_a_journey_said_before_its_end_changes_nothing_after_it() -> None:
    world = prepared(World())
    tell(world, "s1", "WITHDRAWN")
    tell(world, "s1", "ELIGIBLE")
    assert world.case.seats["s1"].journey_state == "WITHDRAWN"


# ---- pairs and days -------------------------------------------------------------------------------


def test_a_person_who_is_proposed_twice_is_told_too() -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    errand = next(e for e in world.case.errands.values() if e.kind == "reserve")
    keys = errand.body["keys"]
    event = world.answer("reserve", errand.subject, {"taken": keys[1:], "refused": keys[:1]})
    assert [(n.to, n.template) for n in event.notices] == [
        ("organisation:LSP-TIK", "seat_refused"),
        ("person:p1", "applied_twice"),
    ]


def test_a_rejected_application_keeps_its_pair_when_its_seat_closes_later() -> None:
    world = running(World())
    tell(world, "s4", "REJECTED")
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=3))
    world.complete(
        actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world, missing="s4")
    )
    assert states(world)["s4"] == "NO_SHOW"
    assert released(world) == []


def test_days_of_a_committee_member_who_is_busy_on_one_of_them_are_all_given_back() -> None:
    world = approved(World())
    world.send(ORGANISER, c.SetCommittee(class_id="class-a", committee=("panitia-1", "panitia-9")))
    errand = [e for e in world.case.errands.values() if e.kind == "reserve"][-1]
    busy = f"panitia-9/{world.days[1]}"
    refused = [k for k in errand.body["keys"] if k["key"] == busy]
    taken = [k for k in errand.body["keys"] if k["key"] != busy]
    before = [e for e in world.case.errands.values() if e.kind == "release" and e.state == "ASKED"]
    for errand_ in before:
        world.answer("release", errand_.subject, {})
    world.answer("reserve", "class-a", {"taken": taken, "refused": refused})
    assert world.case.classes["class-a"].committee == ("panitia-1",)
    assert released(world) == [f"panitia-9/{world.days[0]}", f"panitia-9/{world.days[2]}"]


# ---- a class that moves ---------------------------------------------------------------------------


def test_a_class_that_moves_has_its_venue_confirmed_again_and_tells_its_journeys_the_days() -> None:
    world = moved(prepared(World()))
    assert not world.case.classes["class-a"].venue_confirmed
    days = [d.isoformat() for d in world.days]
    assert [e.body["body"] for e in sent(world, "class_moved")] == [{"class_days": days}] * 4
    for n in range(1, 5):
        world.complete(candidate(n), "confirm_seat", "confirm", subject=f"s{n}")
    assert world.case.classes["class-a"].state == "SCHEDULED"
    world.send(ORGANISER, c.ConfirmVenue(class_id="class-a"))
    assert world.case.classes["class-a"].state == "READY"


def test_who_had_yet_to_confirm_is_asked_once_with_a_new_due_time() -> None:
    world = approved(World([participant(1)]))
    before = world.task("confirm_seat", "s1")
    world.days_later(2)
    moved(world)
    assert world.case.tasks[before.id].state == "CANCELLED"
    assert world.task("confirm_seat", "s1").due_at > before.due_at


def lapsing(reserve: bool = False, *, offered: bool = False) -> World:
    """Three participants; the first one's technical certificate, or the reserve's, does not reach the
    class's new days. `offered`: that reserve has been offered the first one's place by then."""
    world = World([participant(1), participant(2), participant(3, kind="reserve")])
    until = max(world.days) + timedelta(days=3)
    short = (TechnicalCertificateFacts(field="TIK", valid_until=until),)
    late = 2 if reserve else 0
    world.people[late] = world.people[late].model_copy(update={"technical": short})
    prepared(world)
    if offered:
        world.send(candidate(1), c.WithdrawSeat(seat="s1"))
    return moved(world)


def test_a_certificate_that_ends_before_the_new_days_is_a_verifiers_question_before_the_seat() -> None:
    world = lapsing()
    assert [t.subject for t in world.open_tasks() if t.kind == "resolve_exception"] == ["s1"]
    task = world.task("confirm_seat", "s1")
    assert "M-RESOLVE" in world.refused(candidate(1), c.CompleteTask(task=task.id, decision="confirm"))
    world.complete(VERIFIER, "resolve_exception", "accept", reason=sealed("x"), evidence=(DIGEST,))
    world.complete(candidate(1), "confirm_seat", "confirm", subject="s1")
    assert states(world)["s1"] == "CONFIRMED"


def test_a_refused_exception_ends_the_seat_tells_the_journey_and_offers_the_place_on() -> None:
    world = lapsing()
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=sealed("dapat diperpanjang"))
    assert states(world) == {"s1": "REJECTED", "s2": "VERIFIED", "s3": "OFFERED"}
    assert [e.body["body"] for e in sent(world, "seat_closed", "s1")] == [{"reason": "cancelled"}]


def test_a_journey_plans_with_the_days_that_its_class_moved_to() -> None:
    world = JourneyWorld().submitted()
    days = [date(2026, 6, 8), date(2026, 6, 9)]
    world.hear("class_moved", class_days=[d.isoformat() for d in days])
    assert world.case.journey.class_days == tuple(days)


def excuse(world: World, seat: str = "s1") -> None:
    world.complete(
        VERIFIER, "resolve_exception", "accept", subject=seat, reason=sealed("x"), evidence=(DIGEST,)
    )


def test_the_journey_hears_of_the_day_that_a_verifier_excused() -> None:
    world = lapsing()
    excuse(world)
    days = [d.isoformat() for d in world.days]
    told = sent(world, "class_moved", "s1")[-1].body["body"]
    assert told == {"class_days": days, "exception_until": days[-1]}
    assert world.case.seats["s1"].exception_until == world.days[-1]


def test_a_reserve_whose_lapse_was_excused_opens_a_journey_that_knows_the_day() -> None:
    world = lapsing(reserve=True)
    excuse(world, "s3")
    world.send(candidate(1), c.WithdrawSeat(seat="s1"))
    world.complete(candidate(3), "answer_offer", "accept_offer", subject="s3")
    opening = [e.body for e in world.case.errands.values() if e.kind == "start_journey"][-1]
    assert (opening["seat"], opening["exception_until"]) == ("s3", world.days[-1].isoformat())


def test_a_journey_whose_lapse_was_excused_is_applied_for_and_waits_for_the_excused_day() -> None:
    days = [date(2026, 6, 8), date(2026, 6, 9)]
    short = (TechnicalCertificateFacts(field="TIK", valid_until=date(2026, 6, 1)),)
    world = JourneyWorld(participant(1, technical=short))
    world.hear("class_moved", class_days=[d.isoformat() for d in days])
    task = world.task("submit_application")
    send = c.CompleteTask(task=task.id, decision="submit", form=APPLICATION)
    assert world.refused(CANDIDATE, send) == ["R-TECH"]
    iso = [d.isoformat() for d in days]
    world.hear("class_moved", class_days=iso, exception_until=iso[-1])
    world.eligible()
    waiting = [d.at for d in world.case.deadlines.values() if d.state == "WAITING"]
    assert waiting == [end_of_day(days[-1])]


def test_an_eligible_candidate_whose_lapse_was_excused_is_watched_to_the_excused_day() -> None:
    short = (TechnicalCertificateFacts(field="TIK", valid_until=date(2026, 6, 1)),)
    world = JourneyWorld(participant(1, technical=short)).eligible()
    iso = ["2026-06-08", "2026-06-09"]
    world.hear("class_moved", class_days=iso, exception_until=iso[-1])
    waiting = [d.at for d in world.case.deadlines.values() if d.state == "WAITING"]
    assert waiting == [end_of_day(date(2026, 6, 9))]


def offer_waits(world: World) -> list[str]:
    return [d.subject for d in world.case.deadlines.values() if d.kind == "offer" and d.state == "WAITING"]


def questions(world: World) -> list[str]:
    return [t.subject for t in world.open_tasks() if t.kind == "resolve_exception"]


def test_a_place_that_was_freed_while_the_reserve_was_in_question_is_offered_then() -> None:
    world = lapsing(reserve=True)
    world.send(candidate(1), c.WithdrawSeat(seat="s1"))
    assert states(world)["s3"] == "WAITLISTED"
    excuse(world, "s3")
    assert (states(world)["s3"], offer_waits(world)) == ("OFFERED", ["s3"])


def test_an_excused_reserve_is_offered_no_place_that_nobody_freed() -> None:
    world = lapsing(reserve=True)
    excuse(world, "s3")
    assert states(world)["s3"] == "WAITLISTED"


def test_an_offer_rests_while_a_verifier_decides_and_runs_anew_after_it() -> None:
    world = lapsing(reserve=True, offered=True)
    assert (questions(world), offer_waits(world)) == (["s3"], [])
    world.pass_time(world.now + timedelta(days=2))
    assert states(world)["s3"] == "OFFERED"
    excuse(world, "s3")
    assert offer_waits(world) == ["s3"]
    assert world.task("answer_offer", "s3").due_at > world.now
    world.complete(candidate(3), "answer_offer", "accept_offer", subject="s3")
    assert (states(world)["s3"], world.case.seats["s3"].offers) == ("CONFIRMED", 1)


def test_a_question_ends_when_the_class_moves_back_to_days_that_the_certificate_reaches() -> None:
    world = lapsing(reserve=True, offered=True)
    task = world.task("resolve_exception", "s3")
    moved(world, by=-9)
    assert (world.case.tasks[task.id].state, questions(world)) == ("CANCELLED", [])
    assert offer_waits(world) == ["s3"]


def test_an_accepted_exception_excuses_its_days_and_no_later_move() -> None:
    world = lapsing()
    excuse(world)
    world.people[0] = world.people[0].model_copy(update={"exception": "accepted"})
    moved(world, by=-3)
    assert questions(world) == []
    moved(world)
    assert questions(world) == ["s1"]


def test_who_is_refused_after_a_move_is_told_why() -> None:
    world = lapsing()
    reason = sealed("dapat diperpanjang")
    world.complete(VERIFIER, "resolve_exception", "refuse", reason=reason)
    assert world.case.seats["s1"].reason == reason
