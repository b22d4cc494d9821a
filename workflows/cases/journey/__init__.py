"""A certification journey's decisions, by step: application, assessment, decision, ending."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from domain import commands as c
from domain.cases import Deadline, Errand
from state_machines.turn import Turn
from workflows.cases.journey import (
    application,
    assessment,
    assignment,
    certification,
    decision,
    ending,
    news,
)
from workflows.cases.journey.application import open_journey
from workflows.cases.logic import CaseLogic

__all__ = ["JOURNEY_LOGIC", "open_journey"]

Step = Callable[..., str]


def _then_tell(step: Step) -> Step:
    """After every step: the programme hears of a new state, and an ended journey lets everything go."""

    @wraps(step)
    def run(turn: Turn, *args: Any) -> str:
        type_ = step(turn, *args)
        ending.after(turn)
        return type_

    return run


_DEADLINES: dict[str, Callable[[Turn, Deadline], str]] = {
    "application": ending.expired,
    "correction": ending.expired,
    "appeal": ending.window_passed,
    "reassessment_window": ending.window_passed,
    assessment.LAPSE: assessment.lapsed,
    "assignment": assignment.unanswered,
}

_ANSWERS: dict[str, Callable[[Turn, Errand, dict[str, Any]], str]] = {
    "review_documents": application.documents_checked,
    "reserve": certification.reserved,
}

_MESSAGES: dict[str, Callable[[Turn, dict[str, Any]], str]] = {
    "training_recorded": news.training_recorded,
    "seat_closed": news.seat_closed,
    "assignment_changed": news.assignment_changed,
    "class_moved": news.class_moved,
}


def _deadline(turn: Turn, deadline: Deadline) -> str:
    return _DEADLINES[deadline.kind](turn, deadline)


def _answer(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    step = _ANSWERS.get(errand.kind)
    return step(turn, errand, answer) if step else f"{errand.kind}_answered"


def _message(turn: Turn, message: Any) -> str:
    """A message meant for another application of the same person and scheme changes nothing."""
    step = _MESSAGES.get(message.type)
    if step is None or message.application != turn.case.journey.id:
        return news.NO_EFFECT
    return step(turn, message.body)


JOURNEY_LOGIC = CaseLogic(
    kind="journey",
    handlers={
        c.WithdrawJourney: _then_tell(ending.withdraw),
        c.RescheduleAssessment: _then_tell(assessment.rescheduled),
        c.InterruptAssessment: _then_tell(assessment.interrupted),
        c.OverrideSeparation: _then_tell(assessment.separation_overridden),
    },
    completions={
        kind: _then_tell(step)
        for kind, step in {
            "submit_application": application.sent,
            "assign_reviewer": application.reviewer_assigned,
            "review_documents": application.reviewed,
            "correct_application": application.corrected,
            "schedule_assessment": assessment.scheduled,
            "resolve_exception": assessment.exception_decided,
            "sign_agreement": assessment.signed,
            "begin_assessment": assessment.begun,
            "file_assessment": assessment.filed,
            "convene": decision.convened,
            "decide": decision.decided,
            "reassess": decision.reassessed,
            "issue_certificate": certification.numbers_given,
            assignment.LETTER: assignment.letter_issued,
            assignment.ANSWER: assignment.answered,
        }.items()
    },
    deadline=_then_tell(_deadline),
    answer=_then_tell(_answer),
    message=_then_tell(_message),
    open=open_journey,
)
