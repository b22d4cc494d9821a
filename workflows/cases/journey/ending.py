"""How a journey ends, and what follows by itself after any of its steps."""

from domain.cases import Deadline
from domain.commands import WithdrawJourney
from domain.ids import pair_key
from state_machines.tables import TABLES
from state_machines.turn import Turn
from workflows.cases.journey.assignment import free_day


def after(turn: Turn) -> None:
    """Tell the programme of a new state; let everything go at an end."""
    moves = [m for m in turn.moves if m.machine == "journey" and m.source != m.dest]
    if not moves:
        return
    j = turn.case.journey
    if j.programme:
        turn.ask(
            "message",
            j.id,
            type="journey_moved",
            to_workflow=j.programme_workflow,
            application=j.id,
            body={"state": j.state, "first_decision": j.first_decided_at is not None},
        )
    if j.state in TABLES["journey"].terminal:
        _end(turn)


def _end(turn: Turn) -> None:
    """No task and no wait is left; the (person, scheme) pair is free for another application (R-DUP)."""
    j = turn.case.journey
    turn.cancel_tasks()
    turn.stop_waiting()
    free_day(turn)
    turn.ask(
        "release",
        j.id,
        holder=j.programme or turn.case.stream,
        keys=[{"kind": "pair", "key": pair_key(j.person, j.scheme)}],
    )
    turn.notify(f"person:{j.person}", "journey_ended", state=j.state)


def withdrawn(turn: Turn) -> str:
    turn.fire("journey", turn.case.journey.id, "withdraw")
    return "journey_withdrawn"


def withdraw(turn: Turn, command: WithdrawJourney) -> str:
    """The candidate, or the organiser on behalf, before the decision."""
    if command.reason is not None:
        turn.payload["reason"] = command.reason
    return withdrawn(turn)


def expired(turn: Turn, deadline: Deadline) -> str:
    """The application, or its correction, never came."""
    turn.fire("journey", deadline.subject, "expire", as_system=True)
    return "journey_expired"


def window_passed(turn: Turn, deadline: Deadline) -> str:
    """The time for an appeal or for a re-assessment is over; when neither is left the journey closes."""
    if deadline.kind == "reassessment_window":
        turn.cancel_tasks("reassess")
    if not turn.would("journey", deadline.subject, "close", as_system=True):
        return f"{deadline.kind}_passed"
    turn.fire("journey", deadline.subject, "close", as_system=True)
    return "journey_closed"
