"""A class from its letters to its attendance: who is assigned, when it is READY, who runs it."""

from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain.facts import AssessorFacts, ClassFacts, Facts
from domain.roles import Role
from tests.support.programmes import FIELD, OPERATIONS, ORGANISER, World, actor, participant, sealed
from tests.unit.test_case_programme import approved, prepared


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


def test_one_person_gets_no_letters_for_two_classes_on_the_same_days() -> None:
    world = approved(TwoClasses())
    both = (letter("m1", "trainer"), letter("m1", "trainer", "class-b"))
    assert refused_letters(world, *both) == ["R-MA"]
    assign(world, *TRAINERS, letter("m3"))
    assert world.task("assign_master_assessors"), "class-b has nobody yet"
