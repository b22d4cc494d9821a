"""What follows by itself after any step of a programme."""

from domain.cases import Class
from state_machines.class_facts import ready_verdicts, short_of_masters
from state_machines.task import ATTENDANCE
from state_machines.turn import Turn
from workflows.cases.programme.ending import close_up
from workflows.cases.programme.seats import tell_trainers


def settle(turn: Turn) -> None:
    """Bring classes and programme to where their tables now allow them to be."""
    if not turn.case.entities["programme"]:
        return
    programme = turn.case.programme
    if programme.state in ("PREPARATION", "READY", "RUNNING"):
        for class_ in _changed(turn):
            if class_.state == "SCHEDULED" and turn.would("class", class_.id, "ready", as_system=True):
                if turn.case.revision >= 1:  # the event says which rules made it READY
                    turn.found(ready_verdicts(turn.situation("class", class_.id, as_system=True), class_))
                turn.fire("class", class_.id, "ready", as_system=True)
                turn.settle_task("complete_class", class_.id)
            elif class_.state == "READY" and turn.would("class", class_.id, "lose_resource", as_system=True):
                turn.fire("class", class_.id, "lose_resource", as_system=True)
                open_complete_class(turn, turn.get("class", class_.id))
        _ask_for_masters(turn)
        tell_trainers(turn)
    for trigger in ("all_cancelled", "make_ready", "lose_readiness", "conclude"):
        if turn.case.programme.state in ("PREPARATION", "READY", "RUNNING") and turn.would(
            "programme", programme.id, trigger, as_system=True
        ):
            turn.fire("programme", programme.id, trigger, as_system=True)
            if trigger == "conclude":
                turn.open_task("submit_report", programme.id, organisation=programme.organiser)
            if trigger == "all_cancelled":
                close_up(turn, "cancelled")


def _ask_for_masters(turn: Turn) -> None:
    """BNSP operations have the task to assign while some class lacks trainers or assessors, and have it no
    longer when none does and every class is ready."""
    moved = turn.touched("assignment") or turn.touched("class") or turn.touched("programme")
    if turn.case.revision < 1 or not moved:  # before, whoever fell away opened it, and it stayed
        return
    programme = turn.case.programme
    if short_of_masters(turn.situation("programme", programme.id, as_system=True)):
        turn.open_task("assign_master_assessors", programme.id)
    elif all(k.state != "SCHEDULED" for k in turn.case.classes.values()):
        turn.cancel_tasks("assign_master_assessors")


def _changed(turn: Turn) -> list[Class]:
    """The classes whose readiness this turn may have changed: asking every rule of every class after every
    step would cost more than the step."""
    classes = turn.case.classes
    if turn.case.revision < 1 or turn.touched("programme") or turn.touched("class"):
        return list(classes.values())
    here = {turn.case.seats[id].class_id for id in turn.touched("seat")}
    here |= {turn.case.assignments[id].class_id for id in turn.touched("assignment")}
    return [k for k in classes.values() if k.id in here]


def open_complete_class(turn: Turn, class_: Class) -> None:
    """The organiser's task to supply what the class lacks, due some working days before its first day."""
    organiser = turn.case.programme.organiser
    turn.open_task("complete_class", class_.id, organisation=organiser, day=min(class_.days))


def open_attendance(turn: Turn, class_: Class, *, person: str = "", organisation: str = "") -> None:
    """The task to record a class's attendance, due after its last day."""
    turn.open_task(ATTENDANCE, class_.id, person=person, organisation=organisation, day=max(class_.days))
