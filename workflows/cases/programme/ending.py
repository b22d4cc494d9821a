"""How seats, classes and programmes end before their time."""

from typing import Any

from domain.cases import Class, Deadline, Seat
from domain.commands import CancelClass, CancelProgramme, WithdrawProgramme
from domain.ids import holder_of, journey_workflow, pair_key
from state_machines.class_ import BEFORE_START
from state_machines.class_facts import STANDING
from state_machines.programme import DECIDED_JOURNEY
from state_machines.seat import OPEN, WAITING
from state_machines.turn import Turn


def tell_journey(turn: Turn, seat: Seat, type_: str, **body: Any) -> None:
    """Send a message to the seat's journey; repeated until it is delivered or the journey is closed."""
    turn.ask(
        "message",
        seat.id,
        type=type_,
        to_workflow=journey_workflow(seat.person, turn.case.programme.scheme),
        application=seat.journey,
        body=body,
    )


def close_seat(turn: Turn, seat: Seat, *, keep_pair: bool = False) -> None:
    """What every closed seat needs: no open task, no waiting, and its (person, scheme) pair given back.

    A rejected application counts for R-DUP until it closes: its journey gives the pair back then.
    """
    turn.cancel_tasks(subject=seat.id)
    turn.stop_waiting(subject=seat.id)
    # Before revision 1 the pair was kept only when the rejection itself closed the seat.
    lives_on = turn.case.revision >= 1 and seat.journey_state in ("REJECTED", "APPEAL")
    if seat.pair_taken and not keep_pair and not lives_on:
        turn.set("seat", seat.id, pair_taken=False)
        turn.ask(
            "release",
            seat.id,
            holder=turn.case.stream,
            keys=[{"kind": "pair", "key": pair_key(seat.person, turn.case.programme.scheme)}],
        )
    turn.notify(f"person:{seat.person}", "seat_closed", seat=seat.id, state=seat.state)


def end_seats(turn: Turn, class_id: str, reason: str) -> None:
    """The class will not be held: who waits is released, who has a seat is withdrawn by the system."""
    for seat in list(turn.case.seats.values()):
        if seat.class_id != class_id or seat.state not in OPEN:
            continue
        turn.fire("seat", seat.id, "release" if seat.state in WAITING else "withdraw", as_system=True)
        closed = turn.get("seat", seat.id)
        close_seat(turn, closed)
        if closed.journey and closed.journey_state not in DECIDED_JOURNEY:
            tell_journey(turn, closed, "seat_closed", reason=reason)


def end_class(turn: Turn, class_: Class, reason: str) -> None:
    """After a class was cancelled: seats, assignments and the days it took."""
    turn.cancel_tasks(subject=class_.id)
    turn.stop_waiting(subject=class_.id)
    end_seats(turn, class_.id, reason)
    for a in list(turn.case.assignments.values()):
        if a.class_id != class_.id or a.state not in STANDING:
            continue
        turn.cancel_tasks(subject=a.id)
        turn.stop_waiting(subject=a.id)
        turn.fire("assignment", a.id, "drop" if a.state == "PROPOSED" else "replace", as_system=True)
        turn.ask("release", a.id, holder=holder_of(turn.case.stream, a.id))
    if class_.committee:
        turn.ask("release", class_.id, holder=holder_of(turn.case.stream, class_.id))


def close_up(turn: Turn, reason: str) -> None:
    """The programme has ended: every class that is left is cancelled, every task and wait ends."""
    for class_ in list(turn.case.classes.values()):
        if class_.state in BEFORE_START:
            turn.fire("class", class_.id, "cancel", as_system=True)
            end_class(turn, turn.get("class", class_.id), reason)
    turn.cancel_tasks()
    turn.stop_waiting()
    programme = turn.case.programme
    turn.notify(
        f"organisation:{programme.organiser}",
        "programme_ended",
        programme=programme.id,
        state=programme.state,
    )


def withdraw(turn: Turn, command: WithdrawProgramme) -> str:
    """Taken back before verification: the workflow ends, the row is a draft again."""
    turn.fire("programme", turn.case.programme.id, "withdraw")
    close_up(turn, "withdrawn")
    return "programme_withdrawn"


def cancel(turn: Turn, command: CancelProgramme) -> str:
    turn.payload["reason"] = command.reason
    turn.fire("programme", turn.case.programme.id, "cancel")
    close_up(turn, "cancelled")
    return "programme_cancelled"


def cancel_class(turn: Turn, command: CancelClass) -> str:
    turn.payload["reason"] = command.reason
    turn.fire("class", command.class_id, "cancel")
    end_class(turn, turn.get("class", command.class_id), "cancelled")
    return "class_cancelled"


def correction_never_came(turn: Turn, deadline: Deadline) -> str:
    turn.fire("programme", deadline.subject, "expire", as_system=True)
    close_up(turn, "cancelled")
    return "programme_expired"
