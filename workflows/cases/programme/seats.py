"""Seats: confirmation, waiting list, offers, promotion, withdrawal; and the journeys they lead to."""

from typing import Any

from domain.cases import Deadline, Errand, Seat, Task
from domain.commands import CompleteTask, WithdrawSeat
from domain.events import derived_id
from domain.ids import journey_workflow
from domain.openings import JourneyOpening
from state_machines.assignment import STANDING
from state_machines.turn import Turn
from workflows.cases.programme.ending import close_seat, tell_journey


def start_journey(turn: Turn, seat: Seat) -> None:
    """Open the candidate's journey: the application's uuid is made of this stream and the seat."""
    programme = turn.case.programme
    class_ = turn.case.classes[seat.class_id]
    application = derived_id(turn.case.stream, "application", seat.id)
    turn.set("seat", seat.id, journey=application, journey_state="INVITED")
    opening = JourneyOpening(
        application=application,
        workflow_id=journey_workflow(seat.person, programme.scheme),
        person=seat.person,
        scheme=programme.scheme,
        scheme_version=programme.scheme_version,
        field=programme.field,
        units=programme.units,
        track=programme.track,
        organiser=programme.organiser,
        programme=turn.case.stream,
        programme_workflow=turn.case.workflow_id,
        class_id=seat.class_id,
        seat=seat.id,
        facts=seat.facts,
        class_days=class_.days,
        zone=class_.zone,
        venue=class_.venue,
        # programmes of before told their journeys of no trainers ahead of the training
        trainers=_trainers(turn, seat.class_id) if turn.case.revision >= 1 else (),
        hands={"submitter": turn.case.hands.get("submitter", ())},
    )
    turn.ask("start_journey", seat.id, **opening.model_dump(mode="json"))


def _trainers(turn: Turn, class_id: str) -> tuple[str, ...]:
    """Proposed to accepted: before the training they count as its trainers (R-SOD)."""
    return tuple(
        a.person
        for a in turn.case.assignments.values()
        if a.class_id == class_id and a.kind == "trainer" and a.state in STANDING
    )


def journey_started(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    """Started, or there already: then the candidate has two applications and chooses."""
    seat: Seat = turn.get("seat", errand.subject)
    if answer["outcome"] == "started":
        return "journey_started"
    turn.open_task("choose_application", seat.id, person=seat.person)
    turn.payload["rules"] = ["R-DUP"]
    return "journey_exists_already"


def chosen(turn: Turn, task: Task, command: CompleteTask) -> str:
    """keep: this application is to go on (the other one must end first); give_up: this seat is withdrawn."""
    seat: Seat = turn.get("seat", task.subject)
    if command.decision == "give_up":
        turn.fire("seat", seat.id, "withdraw")
        leave(turn, turn.get("seat", seat.id), "withdrawn")
        return "application_given_up"
    start_journey(turn, seat)
    return "application_kept"


def ask_to_confirm(turn: Turn, seat: Seat) -> None:
    turn.open_task("confirm_seat", seat.id, person=seat.person)


def confirmed(turn: Turn, task: Task, command: CompleteTask) -> str:
    seat: Seat = turn.get("seat", task.subject)
    if command.decision == "confirm":
        turn.fire("seat", seat.id, "confirm")
        return "seat_confirmed"
    turn.fire("seat", seat.id, "withdraw")
    leave(turn, turn.get("seat", seat.id), "withdrawn")
    return "seat_withdrawn"


def withdraw(turn: Turn, command: WithdrawSeat) -> str:
    """The participant, or the organiser on behalf; withdraws the journey too, and frees the seat."""
    if command.reason is not None:
        turn.payload["reason"] = command.reason
    turn.fire("seat", command.seat, "withdraw")
    leave(turn, turn.get("seat", command.seat), "withdrawn")
    return "seat_withdrawn"


def leave(turn: Turn, seat: Seat, reason: str, *, keep_pair: bool = False) -> None:
    """After a seat was given up: its tasks end, its journey hears of it, and it is offered on (before the
    start only)."""
    close_seat(turn, seat, keep_pair=keep_pair)
    if seat.journey and seat.journey_state not in ("CLOSED", "WITHDRAWN", "EXPIRED", "REJECTED"):
        tell_journey(turn, seat, "seat_closed", reason=reason)
    offer_next(turn, seat.class_id)


def offer_next(turn: Turn, class_id: str) -> None:
    """Offer a freed seat to the first on the list who is still eligible (the row's guards: R-24, R-30)."""
    class_ = turn.case.classes[class_id]
    if class_.state not in ("SCHEDULED", "READY"):
        return
    waiting = sorted(
        (s for s in turn.case.seats.values() if s.class_id == class_id and s.state == "WAITLISTED"),
        key=lambda s: s.position,
    )
    for seat in waiting:
        if not turn.would("seat", seat.id, "offer", as_system=True):
            continue
        turn.fire("seat", seat.id, "offer", as_system=True, offers=seat.offers + 1)
        task = turn.open_task("answer_offer", seat.id, person=seat.person)
        turn.wait("offer", seat.id, task.due_at)
        return


def offer_answered(turn: Turn, task: Task, command: CompleteTask) -> str:
    seat: Seat = turn.get("seat", task.subject)
    turn.stop_waiting("offer", seat.id)
    turn.fire("seat", seat.id, command.decision)
    if command.decision == "accept_offer":
        start_journey(turn, turn.get("seat", seat.id))
        return "offer_accepted"
    close_seat(turn, turn.get("seat", seat.id))
    offer_next(turn, seat.class_id)
    return "offer_declined"


def offer_unanswered(turn: Turn, deadline: Deadline) -> str:
    """24 hours without an answer: to the end of the list, the second time off it; the next one is asked."""
    seat: Seat = turn.get("seat", deadline.subject)
    turn.cancel_tasks("answer_offer", subject=seat.id)
    turn.fire("seat", seat.id, "unanswered", as_system=True)
    seat = turn.get("seat", seat.id)
    if seat.state == "RELEASED":
        close_seat(turn, seat)
    else:
        last = max(s.position for s in turn.case.seats.values() if s.class_id == seat.class_id)
        turn.set("seat", seat.id, position=last + 1)
    offer_next(turn, seat.class_id)
    return "offer_unanswered"
