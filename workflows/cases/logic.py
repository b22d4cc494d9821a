"""The shape that every kind of case has, and the one way a command becomes a Turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.calendar import Calendar, CalendarYearMissing
from domain.cases import Case, Deadline, Errand, Task
from domain.commands import (
    ClaimTask,
    CommentTask,
    CompleteTask,
    Envelope,
    ReassignTask,
    ReleaseTask,
)
from domain.errors import Conflict, Refused
from state_machines.turn import Turn

Handler = Callable[[Turn, Any], str]
"""Takes the command; fires moves on the Turn; gives the event's type in the past tense, or raises."""


@dataclass(frozen=True)
class CaseLogic:
    """One kind of case.

    handlers     command class → handler
    completions  task kind → handler of its completion (called after the task's own move)
    deadline     what happens when a deadline passes
    answer       what happens when an errand is answered (body of the answer as JSON)
    message      what happens when another case sends a message (activities.contracts.Message)
    facts        purposes for which system moves need facts read: deadline kind, errand kind, message type
    """

    kind: str
    handlers: Mapping[type[Any], Handler]
    completions: Mapping[str, Callable[[Turn, Task, CompleteTask], str]]
    deadline: Callable[[Turn, Deadline], str]
    answer: Callable[[Turn, Errand, dict[str, Any]], str]
    message: Callable[[Turn, Any], str]
    facts: frozenset[str] = field(default_factory=frozenset)
    open: Callable[[Turn, Any], str] | None = None
    """First event of a case that another case opens; takes its opening (domain.openings)."""


def decide(logic: CaseLogic, case: Case, envelope: Envelope, now: datetime) -> tuple[Turn, str]:
    """Apply a person's command to a draft of the case.

    Gives the Turn and the event's type; raises a DomainError with every violation. `case` is unchanged:
    the gateway's pre-check, the workflow's validator and its handler are all this one call. Where the case's
    calendar lacks a year that the newer table has, which then comes with the facts, the case takes it over.
    """
    newer = envelope.facts.calendar
    try:
        return _decide(logic, case, envelope, now)
    except CalendarYearMissing:
        if newer is None or case.calendar.with_years_of(newer) is case.calendar:
            raise
        return _decide(logic, case, envelope, now, newer)


def _decide(
    logic: CaseLogic, case: Case, envelope: Envelope, now: datetime, newer: Calendar | None = None
) -> tuple[Turn, str]:
    turn = Turn(
        case,
        actor=envelope.actor,
        now=now,
        facts=envelope.facts,
        command=envelope.command,
        command_id=envelope.command_id,
        command_digest=envelope.command_digest,
    )
    if newer is not None:
        turn.extend_calendar(newer)
    handler = _HANDLERS.get(type(envelope.command)) or logic.handlers.get(type(envelope.command))
    if handler is None:
        raise Refused.because(
            "M-COMMAND",
            "Perintah ini tidak dikenal oleh perkara ini.",
            "This case does not know that command.",
            command=envelope.command.type,
            kind=case.kind,
        )
    if isinstance(envelope.command, CompleteTask):
        return turn, _complete_in(logic, turn, envelope.command)
    return turn, handler(turn, envelope.command)


def known(case: Case, envelope: Envelope) -> tuple[int, str] | None:
    """(seq, hash) when this command was taken before; Conflict when its id came with another body."""
    before = case.receipts.get(envelope.command_id)
    if before is None:
        return None
    seq, hash_, digest = before
    if digest != envelope.command_digest:
        raise Conflict.because(
            "A-KEY",
            "Kunci idempoten ini sudah dipakai untuk perintah lain.",
            "This idempotency key was used for another command.",
        )
    return seq, hash_


# ---- human tasks: alike in every case -----------------------------------------------------------


def _claim(turn: Turn, command: ClaimTask) -> str:
    turn.fire("task", command.task, "claim")
    turn.set("task", command.task, holder=turn.actor.person)
    task = turn.get("task", command.task)
    if task.kind == "verify_programme" and turn.case.state == "SUBMITTED":
        # domain specification, § 4: the first claim is start_verification
        turn.hand("verifier", *sorted(turn.actor.hands))
        turn.fire("programme", task.subject, "start_verification")
    return "task_claimed"


def _release(turn: Turn, command: ReleaseTask) -> str:
    turn.fire("task", command.task, "release")
    turn.set("task", command.task, holder="")
    return "task_released"


def _reassign(turn: Turn, command: ReassignTask) -> str:
    turn.payload["reason"] = command.reason
    turn.fire("task", command.task, "reassign")
    # A named person is the only one who may claim it now; without a name it is the group's again.
    turn.set("task", command.task, holder="", for_person=command.to_person or "")
    return "task_reassigned"


def _comment(turn: Turn, command: CommentTask) -> str:
    task = turn.get("task", command.task)
    turn.fire("task", command.task, "comment")
    turn.set("task", command.task, comments=(*task.comments, command.text))
    return "task_commented"


def _complete(turn: Turn, command: CompleteTask) -> str:
    raise AssertionError("completed through the case's own logic")


def _complete_in(logic: CaseLogic, turn: Turn, command: CompleteTask) -> str:
    task: Task = turn.get("task", command.task)
    if task.state == "OFFERED":  # completing what nobody holds claims it in the same act
        _claim(turn, ClaimTask(task=task.id))
    turn.fire("task", task.id, "complete")
    turn.set(
        "task",
        task.id,
        decision=command.decision,
        reason=command.reason,
        evidence=command.evidence,
        completed_at=turn.now,
        completed_by=turn.actor.person,
        late=turn.now > task.due_at,
    )
    turn.payload.update(task_kind=task.kind, decision=command.decision)
    step = turn.policy.task(task.kind).step
    if step and not task.for_organisation:  # an organiser who records attendance has not trained
        turn.hand(step, *sorted(turn.actor.hands))
    return logic.completions[task.kind](turn, turn.get("task", task.id), command)


_HANDLERS: dict[type[Any], Handler] = {
    ClaimTask: _claim,
    ReleaseTask: _release,
    ReassignTask: _reassign,
    CommentTask: _comment,
    CompleteTask: _complete,
}
