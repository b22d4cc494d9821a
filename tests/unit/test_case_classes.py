"""A class from its letters to its attendance: who is assigned, when it is READY, who runs it."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain import commands as c
from domain.clock import at
from domain.facts import AssessorFacts, ClassFacts, Facts
from domain.policy import policy
from domain.roles import Actor, Role
from state_machines.class_ import starts_at
from state_machines.class_facts import BOUND
from tests.support.programmes import FIELD, OPERATIONS, ORGANISER, World, actor, participant, sealed
from tests.support.stages import approved, attendance, prepared, running, states, tell


def letter(person: str, kind: str = "assessor", class_id: str = "class-a") -> c.Letter:
    return c.Letter(
        class_id=class_id,
        person=person,
        kind=kind,
        letter_number=f"ST/{person}",
        letter_date=date(2026, 3, 9),
    )


def form(*letters: c.Letter) -> c.LettersForm:
    return c.LettersForm(assignments=letters)


def known(world: World, *persons: str, **changes: Any) -> Facts:
    """The world's facts, with these people known as able master assessors, changed as given."""
    facts = world.facts()
    more = tuple(
        AssessorFacts(
            person=p,
            kind="assessor",
            class_id="class-a",
            fields=(FIELD,),
            certificate_state="ACTIVE",
            certificate_valid_until=date(2028, 1, 1),
        ).model_copy(update=changes)
        for p in persons
    )
    others = tuple(a for a in facts.assessors if a.person not in persons)
    return facts.model_copy(update={"assessors": (*others, *more)})


def assign(world: World, *letters: c.Letter, facts: Facts | None = None) -> None:
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=form(*letters), facts=facts)
    world.answer_all()


def accept_all(world: World) -> None:
    for a in list(world.case.assignments.values()):
        if a.state == "ASSIGNED":
            world.complete(actor(Role.MASTER_ASSESSOR, a.person), "answer_assignment", "accept", subject=a.id)


def refused_letters(world: World, *letters: c.Letter, facts: Facts | None = None) -> list[str]:
    task = world.task("assign_master_assessors")
    command = c.CompleteTask(task=task.id, decision="assign", form=form(*letters))
    return world.refused(OPERATIONS, command, facts)


TRAINERS = (letter("m1", "trainer"), letter("m2", "trainer"))


# ---- READY asks the rules -------------------------------------------------------------------------


def all_but_masters(world: World) -> World:
    approved(world)
    world.send(ORGANISER, c.ConfirmVenue(class_id="class-a"))
    for seat in list(world.case.seats.values()):
        if seat.state == "VERIFIED":
            world.complete(actor(Role.CANDIDATE, seat.person), "confirm_seat", "confirm", subject=seat.id)
    return world


def test_thirteen_confirmed_with_one_accepted_assessor_are_not_ready_and_with_two_they_are() -> None:
    world = all_but_masters(World([participant(n) for n in range(1, 14)]))
    assign(world, *TRAINERS, letter("m3"))
    accept_all(world)
    assert world.case.classes["class-a"].state == "SCHEDULED"
    assign(world, letter("m4"))
    accept_all(world)
    assert world.case.classes["class-a"].state == "READY"
    ready = world.events[-1]
    assert {(f.rule, f.outcome) for f in ready.findings} == {("R-2", "pass"), ("R-MA", "pass")}


def test_twelve_confirmed_need_one_assessor() -> None:
    world = all_but_masters(World([participant(n) for n in range(1, 13)]))
    assign(world, *TRAINERS, letter("m3"))
    accept_all(world)
    assert world.case.classes["class-a"].state == "READY"


def test_a_case_from_before_is_ready_with_any_assessor_as_it_was() -> None:
    world = World([participant(n) for n in range(1, 14)])
    world.case = world.opening = world.case.model_copy(update={"revision": 0})
    all_but_masters(world)
    assign(world, *TRAINERS, letter("m3"))
    accept_all(world)
    assert world.case.classes["class-a"].state == "READY"


def test_a_committee_member_who_takes_part_keeps_the_class_from_ready() -> None:
    world = prepared(World())
    world.send(ORGANISER, c.SetCommittee(class_id="class-a", committee=("panitia-1", "m1")))
    assert world.case.classes["class-a"].state == "SCHEDULED"
    world.send(ORGANISER, c.SetCommittee(class_id="class-a", committee=("panitia-1", "panitia-3")))
    assert world.case.classes["class-a"].state == "READY"


# ---- letters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": ("pariwisata",)},
        {"certificate_state": "REVOKED"},
        {"certificate_valid_until": date(2026, 3, 31)},
        {"busy": (World().days[1],)},
    ],
    ids=["field", "revoked", "ends before the class", "busy"],
)
def test_a_letter_to_who_does_not_fit_is_refused_and_assigns_nobody(wrong: dict[str, Any]) -> None:
    world = approved(World())
    facts = known(world, "m9", **wrong)
    assert refused_letters(world, *TRAINERS, letter("m9"), facts=facts) == ["R-MA"]
    assert {a.state for a in world.case.assignments.values()} == {"PROPOSED"}
    assign(world, *TRAINERS, letter("m9"), facts=known(world, "m9"))
    assert "m9" in {a.person for a in world.case.assignments.values() if a.state == "ASSIGNED"}


def test_a_letter_to_a_person_nobody_knows_as_master_assessor_is_refused() -> None:
    world = approved(World())
    assert refused_letters(world, letter("somebody")) == ["R-MA"]


def test_a_participant_or_committee_member_of_the_class_gets_no_letter_for_it() -> None:
    world = approved(World())
    assert refused_letters(world, letter("p1"), facts=known(world, "p1")) == ["R-SOD"]
    assert refused_letters(world, letter("panitia-1"), facts=known(world, "panitia-1")) == ["R-2"]


def test_the_rest_of_a_partial_assignment_stays_a_task_until_every_class_has_its_people() -> None:
    world = approved(World())
    assign(world, *TRAINERS)
    assert world.task("assign_master_assessors")
    assign(world, letter("m3"))
    assert not [t for t in world.open_tasks() if t.kind == "assign_master_assessors"]


class TwoClasses(World):
    """A second class on the same days, with participants and a committee of its own."""

    def __init__(self) -> None:
        mine = [participant(n, class_id="class-a" if n <= 2 else "class-b") for n in range(1, 5)]
        super().__init__(mine)

    def classes(self) -> tuple[ClassFacts, ...]:
        (first,) = super().classes()
        second = {"id": "class-b", "committee": ("panitia-3", "panitia-4"), "trainers": (), "assessors": ()}
        return first, first.model_copy(update=second)

    def submission(self) -> c.SubmitProgramme:
        given = super().submission()
        (first,) = given.classes
        second = first.model_copy(
            update={"id": "class-b", "label": "B", "committee": ("panitia-3", "panitia-4")}
        )
        class_of = {p.seat: p.class_id for p in self.people}
        seats = tuple(s.model_copy(update={"class_id": class_of[s.id]}) for s in given.seats)
        return given.model_copy(update={"classes": (first, second), "seats": seats})


def test_letters_for_a_cancelled_class_are_refused() -> None:
    world = approved(TwoClasses())
    world.send(ORGANISER, c.CancelClass(class_id="class-b", reason=sealed("ruang rusak")))
    world.answer_all()
    assert refused_letters(world, letter("m3", class_id="class-b")) == ["M-STATE"]


def test_the_task_to_assign_ends_when_the_class_that_lacked_people_is_gone() -> None:
    world = prepared(TwoClasses())
    assert world.case.classes["class-a"].state == "READY"
    assert world.task("assign_master_assessors"), "class-b has nobody yet"
    world.send(ORGANISER, c.CancelClass(class_id="class-b", reason=sealed("ruang rusak")))
    assert not [t for t in world.open_tasks() if t.kind == "assign_master_assessors"]
    assert world.case.state == "READY"


def test_an_assessor_who_declines_a_class_that_is_over_is_asked_for_again_only_when_it_needs_one() -> None:
    world = running(World())
    last_day(world)
    world.complete(actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world))
    for person, needed in (("m3", False), ("m4", True)):
        world.send(OPERATIONS, replace(world, person, f"{person}9"), known(world, f"{person}9"))
        world.answer_all()
        answer = next(t for t in world.open_tasks() if t.for_person == f"{person}9")
        declines = c.CompleteTask(task=answer.id, decision="decline", reason=sealed("sakit"))
        world.send(actor(Role.MASTER_ASSESSOR, f"{person}9"), declines)
        asked = [t for t in world.open_tasks() if t.kind == "assign_master_assessors"]
        assert bool(asked) is needed
    assign(world, letter("m5"), facts=known(world, "m5"))
    assert not [t for t in world.open_tasks() if t.kind == "assign_master_assessors"]


def test_one_person_gets_no_letters_for_two_classes_on_the_same_days() -> None:
    world = approved(TwoClasses())
    both = (letter("m1", "trainer"), letter("m1", "trainer", "class-b"))
    assert refused_letters(world, *both) == ["R-MA"]
    assign(world, *TRAINERS, letter("m3"))
    assert world.task("assign_master_assessors"), "class-b has nobody yet"


# ---- the class runs -------------------------------------------------------------------------------


def last_day(world: World) -> None:
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=3))


def attendance_tasks(world: World) -> set[str]:
    tasks = [t for t in world.open_tasks() if t.kind == "record_attendance"]
    return {t.for_person or t.for_organisation for t in tasks}


@pytest.mark.parametrize("who", [actor(Role.MASTER_ASSESSOR, "m2"), ORGANISER], ids=["trainer", "organiser"])
def test_any_trainer_or_the_organiser_records_attendance_and_the_others_need_not(who: Actor) -> None:
    world = running(World())
    assert attendance_tasks(world) == {"m1", "m2", "LSP-TIK"}
    last_day(world)
    mine = "" if who is ORGANISER else who.person
    task = next(t for t in world.open_tasks() if t.kind == "record_attendance" and t.for_person == mine)
    world.send(who, c.CompleteTask(task=task.id, decision="finish", form=attendance(world)))
    assert world.case.classes["class-a"].state == "DONE"
    assert attendance_tasks(world) == set()
    assert set(world.case.hands["trainer"]) == {"m1", "m2"}, "who records attendance has not trained by it"


def test_an_assessor_of_the_class_or_another_organiser_records_no_attendance() -> None:
    world = running(World())
    last_day(world)
    for who in (actor(Role.MASTER_ASSESSOR, "m3"), actor(Role.ORGANISER, "x", "LSP-NUSA")):
        for task in [t for t in world.open_tasks() if t.kind == "record_attendance"]:
            command = c.CompleteTask(task=task.id, decision="finish", form=attendance(world))
            assert "M-OWN" in world.refused(who, command)


def test_a_case_from_before_has_one_attendance_task_that_goes_from_trainer_to_trainer() -> None:
    world = World()
    world.case = world.opening = world.case.model_copy(update={"revision": 0})
    running(world)
    assert attendance_tasks(world) == {"m1"}
    task = world.task("record_attendance")
    to_m3 = c.ReassignTask(task=task.id, to_person="m3", reason=sealed("sakit"))
    assert "T-BOUND" in world.refused(OPERATIONS, to_m3)
    world.send(OPERATIONS, c.ReassignTask(task=task.id, to_person="m2", reason=sealed("sakit")))
    last_day(world)
    world.complete(actor(Role.MASTER_ASSESSOR, "m2"), "record_attendance", "finish", form=attendance(world))
    assert world.case.classes["class-a"].state == "DONE"


def test_a_class_is_interrupted_goes_on_and_keeps_what_it_had() -> None:
    world = running(World())
    trainer = actor(Role.MASTER_ASSESSOR, "m1")
    stop = c.InterruptClass(class_id="class-a", reason=sealed("gempa"))
    assert "M-OWN" in world.refused(actor(Role.MASTER_ASSESSOR, "m3"), stop)
    event = world.send(trainer, stop)
    assert world.case.classes["class-a"].state == "INTERRUPTED"
    assert {n.to for n in event.notices} == {f"person:{p}" for p in ("p1", "p2", "p3", "p4", "m1", "m2")}
    last_day(world)
    task = world.task("record_attendance")
    finish = c.CompleteTask(task=task.id, decision="finish", form=attendance(world))
    assert "M-STATE" in world.refused(trainer, finish)
    world.send(ORGANISER, c.ResumeClass(class_id="class-a"))
    world.send(trainer, finish)
    assert world.case.classes["class-a"].state == "DONE"


def test_an_interrupted_class_can_be_cancelled_and_the_programme_reports() -> None:
    world = running(World())
    world.send(ORGANISER, c.InterruptClass(class_id="class-a", reason=sealed("gempa")))
    world.send(actor(Role.MASTER_ASSESSOR, "m2"), c.CancelClass(class_id="class-a", reason=sealed("rusak")))
    assert world.case.classes["class-a"].state == "CANCELLED"
    assert attendance_tasks(world) == set()
    assert world.case.state == "REPORTING"


# ---- BNSP lets a trainer assess, for a reason (R-SOD) ---------------------------------------------

WHY = sealed("hanya satu master asesor bidang ini")


def with_override(given: c.Letter) -> c.Letter:
    return given.model_copy(update={"override": WHY})


def test_without_an_override_a_trainer_gets_no_letter_as_assessor_of_the_class() -> None:
    world = approved(World())
    assert refused_letters(world, *TRAINERS, letter("m1")) == ["R-SOD"]


@pytest.mark.parametrize("order", [1, -1], ids=["on the second letter", "on the first letter"])
def test_bnsp_lets_a_trainer_assess_and_the_event_says_by_whom_and_why(order: int) -> None:
    world = all_but_masters(World())
    letters = (letter("m1", "trainer"), with_override(letter("m1")))[::order]
    assign(world, letter("m2", "trainer"), *letters)
    event = next(e for e in world.events if e.type == "master_assessors_assigned")
    (found,) = [f for f in event.findings if f.rule == "R-SOD"]
    assert (found.outcome, found.facts["sentence"]) == ("pass", "overridden")
    assert found.facts["by"] == OPERATIONS.person
    assert found.facts["reason"] == WHY.id
    kept = [change.fields["override"] for change in event.changes if "override" in change.fields]
    assert kept == [WHY.model_dump()]
    accept_all(world)
    assert world.case.classes["class-a"].state == "READY"


def test_the_person_with_both_hats_takes_each_day_once_and_keeps_it_while_one_hat_is_left() -> None:
    world = all_but_masters(World())
    assign(world, *TRAINERS, with_override(letter("m1")))
    mine = [a for a in world.case.assignments.values() if a.person == "m1" and a.state == "ASSIGNED"]
    trainer, assessor = sorted(mine, key=lambda a: a.kind == "assessor")
    bodies = {e.subject: e.body for e in world.case.errands.values() if e.kind == "reserve"}
    assert bodies[trainer.id]["holder"] == bodies[assessor.id]["holder"]
    accept_all(world)
    released = len([e for e in world.case.errands.values() if e.kind == "release"])
    world.send(OPERATIONS, replace(world, "m1", "m9", kind="trainer"), known(world, "m9"))
    assert len([e for e in world.case.errands.values() if e.kind == "release"]) == released
    world.send(OPERATIONS, replace(world, "m1", "m8", kind="assessor"), known(world, "m8"))
    freed = [e.body["holder"] for e in world.case.errands.values() if e.kind == "release"]
    assert freed[released:] == [bodies[trainer.id]["holder"]]


def test_an_override_is_refused_where_nothing_needs_it_and_for_oneself() -> None:
    world = approved(World())
    assert refused_letters(world, *TRAINERS, with_override(letter("m3"))) == ["M-OVERRIDE"]
    task = world.task("assign_master_assessors")
    letters = form(*TRAINERS, with_override(letter("m1")))
    own = actor(Role.OPERATIONS, "m1")
    assert "R-SOD" in world.refused(own, c.CompleteTask(task=task.id, decision="assign", form=letters))


def test_a_trainer_takes_the_place_of_an_assessor_who_is_ill_with_an_override_alone() -> None:
    world = prepared(World())
    assert world.refused(OPERATIONS, replace(world, "m3", "m1")) == ["M-SAME"]
    allowed = replace(world, "m3", "m1").model_copy(update={"override": WHY})
    event = world.send(OPERATIONS, allowed)
    assert "overridden" in {f.facts["sentence"] for f in event.findings if f.rule == "R-SOD"}
    assert {a.kind for a in world.case.assignments.values() if a.person == "m1"} == {"trainer", "assessor"}


def test_the_journeys_of_the_class_are_told_of_the_override() -> None:
    world = all_but_masters(World())
    assign(world, *TRAINERS, with_override(letter("m1")))
    accept_all(world)
    world.pass_time(at(world.days[-1], 16))
    world.complete(actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world))
    told = [e.body for e in world.case.errands.values() if e.kind == "message"]
    records = [m["body"] for m in told if m["type"] == "training_recorded"]
    assert records
    for body in records:
        assert body["overrides"] == [{"person": "m1", "reason": WHY.model_dump(), "by": OPERATIONS.person}]


# ---- a master assessor is replaced ----------------------------------------------------------------


def replace(world: World, person: str, by: str, kind: str = "") -> c.ReplaceAssignment:
    here = (a for a in world.case.assignments.values() if a.person == person)
    old = next(a for a in here if a.state in BOUND and kind in ("", a.kind))
    return c.ReplaceAssignment(
        assignment=old.id,
        person=by,
        letter_number=f"ST/{by}",
        letter_date=date(2026, 3, 20),
        reason=sealed("sakit"),
    )


def test_a_replaced_trainer_gives_the_days_back_and_the_class_waits_for_the_new_ones_answer() -> None:
    world = prepared(World())
    facts = known(world, "m9")
    assert "M-ROLE" in world.refused(ORGANISER, replace(world, "m1", "m9"), facts)
    assert world.refused(OPERATIONS, replace(world, "m1", "m1"), facts) == ["M-SAME"]
    assert world.refused(OPERATIONS, replace(world, "m1", "m9"), known(world, "m9", fields=())) == ["R-MA"]
    world.send(OPERATIONS, replace(world, "m1", "m9"), facts)
    old = next(a for a in world.case.assignments.values() if a.person == "m1")
    assert old.state == "REPLACED"
    assert [e.subject for e in world.case.errands.values() if e.kind == "release"][-1] == old.id
    assert world.case.classes["class-a"].state == "SCHEDULED"
    accept_all(world)
    assert world.case.classes["class-a"].state == "READY"


def test_a_trainer_replaced_while_the_class_runs_counts_as_one_who_trained_with_the_new_one() -> None:
    world = running(World())
    second = world.days[1]
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=1))
    world.send(OPERATIONS, replace(world, "m1", "m9"), known(world, "m9", busy=(world.days[0],)))
    taken = [e for e in world.case.errands.values() if e.kind == "reserve"][-1]
    assert [k["key"] for k in taken.body["keys"]] == [f"m9/{d}" for d in world.days if d >= second]
    world.answer_all()
    assert attendance_tasks(world) == {"m2", "LSP-TIK"}
    accept_all(world)
    assert attendance_tasks(world) == {"m2", "m9", "LSP-TIK"}
    last_day(world)
    new = actor(Role.MASTER_ASSESSOR, "m9")
    task = next(t for t in world.open_tasks() if t.for_person == "m9")
    world.send(new, c.CompleteTask(task=task.id, decision="finish", form=attendance(world)))
    told = [e.body for e in world.case.errands.values() if e.kind == "message"]
    records = [m["body"] for m in told if m["type"] == "training_recorded"]
    assert {tuple(sorted(r["trainers"])) for r in records} == {("m1", "m2", "m9")}
    # and before that, who is to train the candidate is barred from the review
    changes = [m["body"] for m in told if m["type"] == "assignment_changed"]
    assert {tuple(sorted(c["trainers"])) for c in changes} == {("m2", "m9")}


def test_an_assessor_replaced_after_the_class_is_told_to_the_journeys_as_is_the_new_one() -> None:
    world = running(World())
    last_day(world)
    world.complete(actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world))
    world.answer_all()
    tell(world, "s4", "WITHDRAWN")
    world.send(OPERATIONS, replace(world, "m3", "m9"), known(world, "m9"))
    assert told_assessors(world) == {"s1": ["m4"], "s2": ["m4"], "s3": ["m4"]}
    world.answer_all()
    accept_all(world)
    assert told_assessors(world) == {seat: ["m4", "m9"] for seat in ("s1", "s2", "s3")}


def from_before(world: World) -> World:
    """The same programme, begun before revisions were counted."""
    world.case = world.opening = world.case.model_copy(update={"revision": 0})
    return world


def test_in_a_case_from_before_the_successor_of_the_trainer_records_the_attendance() -> None:
    world = running(from_before(World()))
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=1))
    world.send(OPERATIONS, replace(world, "m1", "m9"), known(world, "m9"))
    world.answer_all()
    assert attendance_tasks(world) == set()
    accept_all(world)
    assert attendance_tasks(world) == {"m9"}
    last_day(world)
    new = actor(Role.MASTER_ASSESSOR, "m9")
    world.complete(new, "record_attendance", "finish", form=attendance(world))
    assert world.case.classes["class-a"].state == "DONE"


def test_in_a_case_from_before_the_journeys_hear_of_an_assessors_successor_even_the_second_one() -> None:
    world = running(from_before(World()))
    last_day(world)
    world.complete(actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world))
    world.answer_all()
    world.send(OPERATIONS, replace(world, "m3", "m8"), known(world, "m8"))
    world.answer_all()
    asked = actor(Role.MASTER_ASSESSOR, "m8")
    world.complete(asked, "answer_assignment", "decline", reason=sealed("sakit"))
    assign(world, letter("m9"), facts=known(world, "m9"))
    accept_all(world)
    assert {tuple(told) for told in told_assessors(world).values()} == {("m4", "m9")}


def told_assessors(world: World) -> dict[str, list[str]]:
    """Seat → the assessors that its journey was told of last."""
    news = [e for e in world.case.errands.values() if e.body.get("type") == "assignment_changed"]
    return {e.subject: e.body["body"]["assessors"] for e in news}


# ---- the training kit -----------------------------------------------------------------------------


def test_what_is_missing_at_check_in_is_a_task_until_the_rest_is_brought() -> None:
    world = running(World())
    trainer = actor(Role.MASTER_ASSESSOR, "m2")
    world.send(trainer, c.CheckIn(seat="s1", kit=("laptop",)))
    task = world.task("complete_kit", "s1")
    assert task.for_person == "p1"
    assert world.events[-1].findings[0].facts["missing"] == ["technical_certificate", "recommendation_letter"]
    world.send(ORGANISER, c.CheckIn(seat="s1", kit=world_kit(world)))
    assert world.case.tasks[task.id].state == "COMPLETED"
    world.send(trainer, c.CheckIn(seat="s2", kit=world_kit(world)))
    assert not [t for t in world.open_tasks() if t.kind == "complete_kit"]


def world_kit(world: World) -> tuple[str, ...]:
    return policy(world.case.policy_version).kit


def test_a_kit_that_stays_incomplete_ends_with_the_class_and_keeps_nobody_from_it() -> None:
    world = running(World())
    world.send(ORGANISER, c.CheckIn(seat="s1", kit=()))
    last_day(world)
    world.complete(actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world))
    assert states(world)["s1"] == "ATTENDED"
    assert not [t for t in world.open_tasks() if t.kind == "complete_kit"]


def test_check_in_is_for_the_running_class_its_people_and_the_policys_list() -> None:
    world = prepared(World())
    check_in = c.CheckIn(seat="s1", kit=("laptop",))
    assert "M-STATE" in world.refused(ORGANISER, check_in)
    world.pass_time(starts_at(world.case.classes["class-a"]))
    for who in (actor(Role.MASTER_ASSESSOR, "m3"), actor(Role.ORGANISER, "x", "LSP-NUSA")):
        assert "M-OWN" in world.refused(who, check_in)
    assert "M-ROLE" in world.refused(actor(Role.CANDIDATE, "p1"), check_in)
    assert world.refused(ORGANISER, c.CheckIn(seat="s1", kit=("sepeda",))) == ["R-KIT"]


def test_a_replacement_trainer_who_never_answered_goes_with_the_class() -> None:
    world = running(World())
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=1))
    world.send(OPERATIONS, replace(world, "m1", "m9"), known(world, "m9"))
    world.answer_all()
    new = next(a for a in world.case.assignments.values() if a.person == "m9")
    world.now = starts_at(world.case.classes["class-a"]) + timedelta(days=2)
    world.complete(actor(Role.MASTER_ASSESSOR, "m2"), "record_attendance", "finish", form=attendance(world))
    assert world.case.assignments[new.id].state == "REPLACED"
    assert not [t for t in world.open_tasks() if t.kind == "answer_assignment"]
    assert not [d for d in world.case.deadlines.values() if d.subject == new.id and d.state == "WAITING"]
    asked = [e for e in world.case.errands.values() if e.kind == "release" and e.state == "ASKED"]
    assert [e.body["holder"] for e in asked if e.subject == new.id] == [f"programme-1/{new.id}"]
