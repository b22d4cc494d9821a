"""The assessor's place and day: shared with the class, or by an assignment of the journey's own (§ 2)."""

from typing import Any

from domain.cases import Deadline, Errand, Task
from domain.commands import CompleteTask, LettersForm, ScheduleForm
from domain.errors import Refused
from domain.ids import class_assessor, day_key, holder_of
from domain.text import Text
from state_machines.class_facts import STANDING
from state_machines.overrides import nothing_to_override
from state_machines.table import refusal
from state_machines.turn import Turn
from workflows.cases.journey.forms import need

LETTER, ANSWER = "assign_master_assessors", "answer_assignment"


# ---- the class's assessors --------------------------------------------------------------------------


def take_place(turn: Turn, form: ScheduleForm) -> None:
    """One of the places that an assessor has for candidates of the class (R-MA); for a day that is not the
    class's own, which the programme has not taken, the day too. All journeys of the class share it."""
    j = turn.case.journey
    days = [] if form.day in j.class_days else [form.day]
    errand = turn.ask(
        "reserve",
        j.id,
        holder=_place_holder(turn),
        keys=[{"kind": "master_day", "key": day_key(form.assessor, day)} for day in days],
        share={
            "holder": class_assessor(j.programme, j.class_id, form.assessor),
            "places": turn.policy.candidates_per_assessor,
        },
    )
    turn.set("journey", j.id, place=errand.id)


def place_answered(turn: Turn, errand: Errand, refused: list[dict[str, Any]]) -> str:
    """Taken, or the assessor has no place or no time left: then the organiser names another."""
    from workflows.cases.journey.assessment import assessor_lost

    j = turn.case.journey
    if not refused:
        return "assessor_place_taken"
    if errand.id != j.place:  # rescheduled meanwhile
        return "assessor_place_answered"
    turn.set("journey", j.id, place="")  # nothing was taken, so there is nothing to give back
    turn.payload.update(rules=["R-MA"], refused=sorted({str(k["kind"]) for k in refused}))
    if j.state == "SCHEDULED":
        assessor_lost(turn)
        turn.notify(f"organisation:{j.organiser}", "assessor_busy")
    return "assessor_place_refused"


def _place_holder(turn: Turn) -> str:
    return holder_of(turn.case.stream, turn.case.journey.class_id)


# ---- an assignment of the journey's own ---------------------------------------------------------------


def take_day(turn: Turn, form: ScheduleForm) -> None:
    """A re-assessment, or a journey without a class, makes its own assignment and takes the day for it;
    operations issue the letter, and the master assessor answers."""
    assignment = turn.new_id("assignment")
    turn.add("assignment", assignment, person=form.assessor, kind="assessor")
    turn.ask(
        "reserve",
        turn.case.journey.id,
        holder=_holder(turn, assignment),
        keys=[{"kind": "master_day", "key": day_key(form.assessor, form.day)}],
    )
    if turn.case.revision >= 1:  # journeys of before assigned without a letter
        turn.open_task(LETTER, assignment)


def letter_issued(turn: Turn, task: Task, command: CompleteTask) -> str:
    """Surat tugas for the assessor who is scheduled, and for nobody else."""
    a = turn.get("assignment", task.subject)
    if any(letter.override for letter in need(command, LettersForm).assignments):
        # here the schedule was judged, with what was overridden before it (`override_separation`)
        raise refusal(nothing_to_override(a.id))
    letters = need(command, LettersForm).assignments
    if [(x.person, x.kind) for x in letters] != [(a.person, a.kind)]:
        raise Refused.because(
            "R-MA",
            "Surat tugas harus satu, untuk asesor yang dijadwalkan.",
            "There must be one letter of assignment, for the assessor who is scheduled.",
            subject=a.id,
            citation="[S] surat tugas; [D] § 2",
            remedy=Text(
                id="Terbitkan surat untuk asesor itu; asesor lain dijadwalkan oleh penyelenggara.",
                en="Issue it for that assessor; another one is scheduled by the organiser.",
            ),
        )
    (letter,) = letters
    turn.fire(
        "assignment", a.id, "assign", letter_number=letter.letter_number, letter_date=letter.letter_date
    )
    answer = turn.open_task(ANSWER, a.id, person=a.person)
    turn.wait("assignment", a.id, answer.due_at)
    return "assessor_assigned"


def answered(turn: Turn, task: Task, command: CompleteTask) -> str:
    """accept, or decline: then the organiser names another assessor."""
    turn.stop_waiting("assignment", task.subject)
    turn.fire("assignment", task.subject, command.decision)
    if command.decision == "accept":
        return "assignment_accepted"
    return _gone(turn, task.subject, "assignment_declined")


def unanswered(turn: Turn, deadline: Deadline) -> str:
    turn.fire("assignment", deadline.subject, "lapse", as_system=True)
    return _gone(turn, deadline.subject, "assignment_lapsed")


def _gone(turn: Turn, assignment: str, type_: str) -> str:
    from workflows.cases.journey.assessment import assessor_lost

    _let_go(turn, assignment)
    assessor_lost(turn)
    return type_


def day_answered(turn: Turn, assignment: str, *, refused: bool) -> str:
    from workflows.cases.journey.assessment import assessor_lost

    a = turn.get("assignment", assignment)
    if a.state not in STANDING:  # rescheduled meanwhile: its release is on the way
        return "assessor_day_answered"
    if not refused:
        turn.set("assignment", assignment, days_taken=True)
        return "assessor_day_taken"
    turn.payload["rules"] = ["R-MA"]
    if turn.case.journey.state == "SCHEDULED":
        assessor_lost(turn)
        turn.notify(f"organisation:{turn.case.journey.organiser}", "assessor_busy")
    return "assessor_day_refused"


def assignment_of(turn: Turn, holder: str) -> str:
    """The journey's own assignment that took a day under this name; empty for any other holder."""
    return next((a for a in turn.case.assignments if _holder(turn, a) == holder), "")


def own_stands(turn: Turn) -> bool:
    """Is the scheduled assessor here by an assignment of the journey's own, whoever the class's are?"""
    return turn.case.revision >= 1 and any(a.state in STANDING for a in turn.case.assignments.values())


def free_day(turn: Turn) -> None:
    """Give back the days and the place that the present schedule took.

    All errands are about the journey, so they go in order: a day is free before it is taken again.
    """
    j = turn.case.journey
    for a in list(turn.case.assignments.values()):
        if a.state in STANDING:
            turn.fire("assignment", a.id, "drop" if a.state == "PROPOSED" else "replace", as_system=True)
            _let_go(turn, a.id)
    if j.place:
        turn.set("journey", j.id, place="")
        turn.ask("release", j.id, holder=_place_holder(turn))


def _let_go(turn: Turn, assignment: str) -> None:
    turn.cancel_tasks(LETTER, ANSWER, subject=assignment)
    turn.stop_waiting("assignment", assignment)
    turn.ask("release", turn.case.journey.id, holder=_holder(turn, assignment))


def end_assignments(turn: Turn) -> None:
    """The assessment was held: the journey's own assignment is done, the class's place is used for good."""
    for a in list(turn.case.assignments.values()):
        if a.state == "ACCEPTED":
            turn.fire("assignment", a.id, "finish", as_system=True)
    if turn.case.journey.place:
        turn.set("journey", turn.case.journey.id, place="")


def _holder(turn: Turn, assignment: str) -> str:
    return holder_of(turn.case.stream, assignment)
