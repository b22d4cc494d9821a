"""Seats: confirmation, waiting list, offers, promotion, withdrawal; and the journeys they lead to."""

from typing import Any

from domain.cases import Case, Class, Deadline, DutyOverride, Errand, Seat, Task
from domain.commands import CompleteTask, WithdrawSeat
from domain.errors import Refused
from domain.events import derived_id
from domain.ids import journey_workflow
from domain.openings import JourneyOpening
from state_machines.class_ import PREPARED
from state_machines.class_facts import STANDING
from state_machines.programme import DECIDED_JOURNEY
from state_machines.seat import OPEN, holds_place
from state_machines.tables import TABLES
from state_machines.turn import Turn
from workflows.cases.programme.ending import close_seat, tell_journey
from workflows.cases.programme.share import flag_share


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
        trainers=_trainers(turn.case, seat.class_id) if turn.case.revision >= 1 else (),
        exception_until=seat.exception_until,
        hands={"submitter": turn.case.hands.get("submitter", ())},
    )
    turn.ask("start_journey", seat.id, **opening.model_dump(mode="json"))


def _trainers(case: Case, class_id: str) -> tuple[str, ...]:
    """Proposed to accepted: before the training they count as its trainers (R-SOD)."""
    return tuple(
        a.person
        for a in case.assignments.values()
        if a.class_id == class_id and a.kind == "trainer" and a.state in STANDING
    )


def journey_started(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    """Started, or there already: then the candidate has two applications and chooses."""
    seat: Seat = turn.get("seat", errand.subject)
    if answer["outcome"] == "started":
        if turn.case.revision >= 1 and seat.state == "ATTENDED":
            # The application was kept after the class: the record that it missed then is sent now.
            tell_training(turn, seat)
        return "journey_started"
    if turn.case.revision >= 1 and seat.state not in CHOOSING:
        return "journey_exists_already"  # the seat ended while the answer was on its way
    turn.open_task("choose_application", seat.id, person=seat.person)
    turn.payload["rules"] = ["R-DUP"]
    return "journey_exists_already"


def chosen(turn: Turn, task: Task, command: CompleteTask) -> str:
    """keep: this application is to go on (the other one must end first); give_up: this seat is withdrawn, or,
    after the class, its journey alone."""
    seat: Seat = turn.get("seat", task.subject)
    if command.decision == "give_up":
        if seat.state == "ATTENDED":  # what was attended stays; nothing more is waited for
            turn.set("seat", seat.id, journey_state="WITHDRAWN")
            close_seat(turn, turn.get("seat", seat.id))
        else:
            give_up(turn, seat.id)
        return "application_given_up"
    if turn.case.revision >= 1 and seat.state not in CHOOSING:
        raise Refused.because(
            "M-STATE",
            "Kursi ini sudah berakhir, jadi permohonannya tidak dapat dilanjutkan.",
            "This seat has ended, so its application cannot go on.",
            subject=seat.id,
            state=seat.state,
        )
    start_journey(turn, seat)
    return "application_kept"


ENDED = TABLES["journey"].terminal
"""States of a journey after which nothing that it said before counts."""
CHOOSING = OPEN | {"ATTENDED"}
"""States of a seat whose candidate may still choose between two applications."""


def accepted(turn: Turn, class_: Class, kind: str) -> tuple[str, ...]:
    """The class's master assessors of this kind who accepted, the training done or not."""
    return tuple(
        a.person
        for a in turn.case.assignments.values()
        if a.class_id == class_.id and a.kind == kind and a.state in ("ACCEPTED", "DONE")
    )


def _trained(turn: Turn, class_: Class) -> tuple[str, ...]:
    """The class's trainers, and those who were replaced after it had begun: they had a hand, too (R-SOD)."""
    here = accepted(turn, class_, "trainer")
    if turn.case.revision < 1:  # the record named those alone who were there at the end
        return here
    began = turn.case.hands.get("trainer", ())
    replaced = (
        a.person
        for a in turn.case.assignments.values()
        if a.class_id == class_.id and a.kind == "trainer" and a.state == "REPLACED" and a.person in began
    )
    return tuple(dict.fromkeys((*here, *replaced)))


def tell_trainers(turn: Turn) -> None:
    """Who is to train a class changed: the journeys that it opened bar them from the review (R-SOD)."""
    if turn.case.revision < 1 or not turn.touched("assignment"):
        return
    for class_ in turn.case.classes.values():
        now, before = _trainers(turn.case, class_.id), _trainers(turn.before, class_.id)
        if set(now) == set(before) or class_.state == "DONE":
            continue
        for seat in turn.case.seats.values():
            known = turn.before.seats.get(seat.id)  # a journey opened by this very turn was told at its start
            if seat.class_id == class_.id and seat.state in OPEN and known is not None and known.journey:
                tell_journey(turn, seat, "assignment_changed", trainers=list(now))


def tell_assessors(turn: Turn, class_: Class) -> None:
    """The accepted assessors changed after the training record named them: its journeys schedule with
    those who are there now."""
    for seat in turn.case.seats.values():
        here = seat.class_id == class_.id and seat.state == "ATTENDED"
        if here and seat.journey and seat.journey_state not in ENDED:
            assessors = list(accepted(turn, class_, "assessor"))
            tell_journey(turn, seat, "assignment_changed", assessors=assessors, **_overridden(turn, class_))


def tell_training(turn: Turn, seat: Seat) -> None:
    """The training record of an ATTENDED seat, for its journey: days, trainers (R-SOD), assessors."""
    class_ = turn.case.classes[seat.class_id]
    tell_journey(
        turn,
        seat,
        "training_recorded",
        attended=[d.isoformat() for d in seat.attended],
        trainers=list(_trained(turn, class_)),
        assessors=list(accepted(turn, class_, "assessor")),
        class_days=[d.isoformat() for d in class_.days],
        **_overridden(turn, class_),
    )


def _overridden(turn: Turn, class_: Class) -> dict[str, Any]:
    """Whom BNSP lets train and assess this class, by whom and why; nothing where there is nobody."""
    given = [
        DutyOverride(person=a.person, reason=a.override, by=a.override_by).model_dump(mode="json")
        for a in turn.case.assignments.values()
        if a.class_id == class_.id and a.override is not None
    ]
    return {"overrides": given} if given else {}


def ask_to_confirm(turn: Turn, seat: Seat) -> None:
    turn.open_task("confirm_seat", seat.id, person=seat.person)


def confirmed(turn: Turn, task: Task, command: CompleteTask) -> str:
    seat: Seat = turn.get("seat", task.subject)
    if command.decision == "confirm":
        turn.fire("seat", seat.id, "confirm")
        return "seat_confirmed"
    give_up(turn, seat.id)
    return "seat_withdrawn"


def withdraw(turn: Turn, command: WithdrawSeat) -> str:
    """The participant, or the organiser on behalf; withdraws the journey too, and frees the seat."""
    if command.reason is not None:
        turn.payload["reason"] = command.reason
    give_up(turn, command.seat)
    return "seat_withdrawn"


def give_up(
    turn: Turn, id_: str, trigger: str = "withdraw", *, reason: str = "withdrawn", as_system: bool = False
) -> None:
    """A seat is given up: its tasks end, its journey hears of it, and its place, when it held one, is
    offered on (before the start only)."""
    held = holds_place(turn.get("seat", id_))
    turn.fire("seat", id_, trigger, as_system=as_system)
    seat: Seat = turn.get("seat", id_)
    close_seat(turn, seat, keep_pair=as_system and seat.journey_state == "REJECTED")
    over = DECIDED_JOURNEY if turn.case.revision >= 1 else DECIDED_JOURNEY - {"CERTIFIED"}  # told, before
    if seat.journey and seat.journey_state not in over:
        tell_journey(turn, seat, "seat_closed", reason=reason)
    flag_share(turn)
    if held or turn.case.revision < 1:  # a place was offered on, before, whoever left
        offer_next(turn, seat.class_id)


def offer_next(turn: Turn, class_id: str) -> bool:
    """Offer a freed seat to the first on the list who is still eligible (the row's guards: R-24, R-30);
    False when there is nobody."""
    class_ = turn.case.classes[class_id]
    if class_.state not in PREPARED:
        return False
    waiting = sorted(
        (s for s in turn.case.seats.values() if s.class_id == class_id and s.state == "WAITLISTED"),
        key=lambda s: s.position,
    )
    for seat in waiting:
        if not turn.would("seat", seat.id, "offer", as_system=True):
            continue
        turn.fire("seat", seat.id, "offer", as_system=True, offers=seat.offers + 1)
        ask_to_answer(turn, seat)
        return True
    return False


def ask_to_answer(turn: Turn, seat: Seat) -> None:
    """The participant's task to answer the offer; its time begins now."""
    task = turn.open_task("answer_offer", seat.id, person=seat.person)
    turn.wait("offer", seat.id, task.due_at)


def offer_freed(turn: Turn, class_id: str) -> None:
    """Offer every place of the class that was given up while nobody on the list could be asked."""
    # The places are those of the participants approved as main; their journeys opened without an offer.
    seats = [s.id for s in turn.case.seats.values() if s.class_id == class_id]
    places = sum(bool(turn.case.seats[id].journey) and not turn.case.seats[id].offers for id in seats)
    while sum(holds_place(turn.case.seats[id]) for id in seats) < places:
        if not offer_next(turn, class_id):
            return


def offer_answered(turn: Turn, task: Task, command: CompleteTask) -> str:
    seat: Seat = turn.get("seat", task.subject)
    turn.stop_waiting("offer", seat.id)
    turn.fire("seat", seat.id, command.decision)
    if command.decision == "accept_offer":
        if turn.case.revision >= 1:  # the promoted is a main participant from now on, for every count
            turn.set("seat", seat.id, kind="main")
        start_journey(turn, turn.get("seat", seat.id))
        return "offer_accepted"
    close_seat(turn, turn.get("seat", seat.id))
    offer_next(turn, seat.class_id)
    return "offer_declined"


def offer_unanswered(turn: Turn, deadline: Deadline) -> str:
    """No answer in time: to the end of the list, the second time off it; the next one is asked."""
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
