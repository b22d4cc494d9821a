"""A training programme's decisions, by stage: request, correction, preparation, seats, execution, ending."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from domain import commands as c
from domain.cases import Deadline, Errand, Task
from state_machines.tables import TABLES
from state_machines.turn import Turn
from workflows.cases.logic import CaseLogic
from workflows.cases.programme import correction, ending, execution, lapses, preparation, request, seats
from workflows.cases.programme.settling import settle

Step = Callable[..., str]


def _then_settle(step: Step) -> Step:
    """After every step: whatever has become ready, unready, cancelled or concluded by it."""

    @wraps(step)
    def run(turn: Turn, *args: Any) -> str:
        type_ = step(turn, *args)
        settle(turn)
        return type_

    return run


_DEADLINES: dict[str, Callable[[Turn, Deadline], str]] = {
    "correction": ending.correction_never_came,
    "assignment": preparation.assignment_lapsed,
    "offer": seats.offer_unanswered,
    "class_start": execution.class_hour_came,
    "class_unresolved": execution.class_unresolved,
}

_ANSWERS: dict[str, Callable[[Turn, Errand, dict[str, Any]], str]] = {
    "reserve": preparation.reserved,
    "start_journey": seats.journey_started,
}


def _deadline(turn: Turn, deadline: Deadline) -> str:
    return _DEADLINES[deadline.kind](turn, deadline)


def _answer(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    step = _ANSWERS.get(errand.kind)
    return step(turn, errand, answer) if step else f"{errand.kind}_answered"


def _exception_resolved(turn: Turn, task: Task, command: c.CompleteTask) -> str:
    """A question about a participant before the approval, or about one whose class moved after it."""
    seat = turn.case.seats.get(task.subject)
    approved = TABLES["programme"].state(turn.case.programme.state).stage > 2
    if seat is not None and approved:
        return lapses.lapse_decided(turn, seat, command)
    return request.resolved(turn, task, command)


_HANDLERS: dict[type[Any], Step] = {
    c.SubmitProgramme: request.submit,
    c.WithdrawProgramme: ending.withdraw,
    c.CancelProgramme: ending.cancel,
    c.VerifySeats: request.verify_seats,
    c.RefuseSeat: request.refuse_seat,
    c.WithdrawSeat: seats.withdraw,
    c.ConfirmVenue: preparation.confirm_venue,
    c.SetCommittee: preparation.set_committee,
    c.RescheduleClass: preparation.reschedule,
    c.CancelClass: ending.cancel_class,
    c.InterruptClass: execution.interrupt,
    c.ResumeClass: execution.resume,
    c.ReplaceAssignment: preparation.replaced,
    c.CheckIn: execution.check_in,
}

_COMPLETIONS: dict[str, Step] = {
    "verify_programme": request.verification_done,
    "resolve_equivalence": request.resolved,
    "resolve_exception": _exception_resolved,
    "approve_programme": request.approval_done,
    "correct_programme": correction.corrected,
    "assign_master_assessors": preparation.letters_issued,
    "answer_assignment": preparation.assignment_answered,
    "confirm_seat": seats.confirmed,
    "answer_offer": seats.offer_answered,
    "choose_application": seats.chosen,
    "resolve_class_day": execution.class_day_resolved,
    "record_attendance": execution.attendance_recorded,
    "submit_report": execution.report_submitted,
    "accept_report": execution.report_judged,
}

PROGRAMME_LOGIC = CaseLogic(
    kind="programme",
    handlers={command: _then_settle(step) for command, step in _HANDLERS.items()},
    completions={kind: _then_settle(step) for kind, step in _COMPLETIONS.items()},
    deadline=_then_settle(_deadline),
    answer=_then_settle(_answer),
    message=_then_settle(execution.journey_message),
    facts=frozenset({"class_start"}),
)
