"""The moments at which a case moves by itself, and what passing one does."""

from datetime import date, datetime

from domain.calendar import CalendarYearMissing
from domain.cases import Case, Deadline, Task
from domain.clock import at
from domain.policy import policy as policy_of
from state_machines.task import OPEN_TASK
from state_machines.turn import Turn


def moments(case: Case) -> list[tuple[datetime, int, str, str]]:
    """Everything that will happen by itself, earliest first: (UTC moment, order, what, id).

    `what` is `deadline`, `remind` or `escalate`. Deadlines come before reminders and escalations of the
    same moment: a case that expires at its task's due time does not escalate it first.
    """
    policy = policy_of(case.policy_version)
    found: list[tuple[datetime, int, str, str]] = [
        (d.at, 0, "deadline", d.id) for d in case.deadlines.values() if d.state == "WAITING"
    ]
    for task in case.tasks.values():
        if task.state not in OPEN_TASK:
            continue
        if task.reminders:
            found.append((task.reminders[0], 1, "remind", task.id))
        if task.level < len(policy.task(task.kind).chain):
            found.append((_escalation_or_year(case, task), 2, "escalate", task.id))
    return sorted(found)


def escalation(case: Case, task: Task) -> datetime:
    """When the next group of the chain sees the task too: at its due time, then a working day later for
    each further group."""
    return task.due_at if task.level == 0 else case.calendar.due(task.due_at, task.level)


def _escalation_or_year(case: Case, task: Task) -> datetime:
    """`escalation`, or the first moment of the year for which the case needs a newer calendar to tell."""
    try:
        return escalation(case, task)
    except CalendarYearMissing as error:
        return at(date(int(error.violations[0].facts["year"]), 1, 1), 0)


def pass_moment(turn: Turn, what: str, id: str) -> Deadline | None:
    """Do what every case does alike at a moment: remind, escalate, mark a deadline as passed.

    Gives back the deadline that the case itself must act on, or None. Raises CalendarYearMissing where the
    case's calendar does not reach as far as the escalation.
    """
    if what == "deadline":
        deadline: Deadline = turn.set("deadline", id, state="PASSED")
        return deadline
    task: Task = turn.get("task", id)
    if what == "remind":
        turn.set("task", id, reminders=task.reminders[1:], reminded=task.reminded + 1)
        turn.notify(_recipient(task), "task_reminder", task=id, kind=task.kind, due_at=task.due_at)
    else:
        level = task.level
        escalation(turn.case, task)
        turn.set("task", id, level=level + 1)
        group = turn.policy.task(task.kind).chain[level]
        turn.notify(f"role:{group.value}", "task_escalated", task=id, kind=task.kind, due_at=task.due_at)
    return None


def _recipient(task: Task) -> str:
    if task.holder or task.for_person:
        return f"person:{task.holder or task.for_person}"
    if task.for_organisation:
        return f"organisation:{task.for_organisation}"
    return f"role:{task.group}"
