"""A class that moved: its journeys learn the new days, and a technical certificate that does not reach them
is a verifier's question (R-TECH, § 6)."""

from collections.abc import Iterable
from datetime import date

from domain.cases import Class, Seat
from domain.commands import CompleteTask
from domain.facts import Facts, ParticipantFacts
from domain.rules.matrix import Moment, run
from state_machines.journey_facts import LAPSES
from state_machines.seat import OPEN
from state_machines.turn import Turn
from workflows.cases.programme.ending import tell_journey
from workflows.cases.programme.seats import ask_to_answer, give_up, offer_freed

ASKED = ("R-TECH",)
"""The rule that the question about a lapse is of."""


def tell_new_days(turn: Turn, class_: Class) -> None:
    """The journeys that the class's seats opened plan with its days."""
    for seat in turn.case.seats.values():
        if seat.class_id == class_.id and seat.journey and seat.state in OPEN:
            tell_journey(turn, seat, "class_moved", class_days=[d.isoformat() for d in class_.days])


def facts_of_move(turn: Turn, days: Iterable[date]) -> Facts:
    """What the rules see of a class that moves to these days: an exception excuses the day that a verifier
    excused and the earlier ones alone; one made for something else (R-WIN) excuses no lapse."""
    last = max(days)

    def known(p: ParticipantFacts) -> ParticipantFacts:
        seat = turn.case.seats.get(p.seat)
        until = seat.exception_until if seat is not None else None
        excused = "accepted" if until is not None and last <= until else None
        return p if p.exception == "refused" else p.model_copy(update={"exception": excused})

    people = tuple(known(p) for p in turn.facts.participants)
    return turn.facts.model_copy(update={"participants": people, "overrides": turn.case.overrides})


def ask_about_lapses(turn: Turn, class_: Class) -> None:
    """A certificate that ends before the new days, and not clearly by the participant's own delay, is an
    exception to decide; until then the seat is neither confirmed nor offered, and an offer's time rests.
    What was asked about the former days is asked no longer."""
    here = [s.id for s in turn.case.seats.values() if s.class_id == class_.id]
    former = [t for t in turn.open_tasks("resolve_exception") if t.subject in here and t.rules == ASKED]
    for task in former:
        turn.fire("task", task.id, "cancel", as_system=True)
    asked = set()
    for verdict in run(Moment.reschedule, facts_of_move(turn, class_.days)):
        seat = turn.case.seats.get(verdict.subject)
        if seat is None or seat.id not in here or seat.state not in OPEN:
            continue
        if verdict.facts.get("sentence") in LAPSES:
            asked.add(seat.id)
            turn.open_task("resolve_exception", seat.id, rules=ASKED)
            turn.cancel_tasks("answer_offer", subject=seat.id)
            turn.stop_waiting("offer", seat.id)
    for id_ in dict.fromkeys(t.subject for t in former if t.subject not in asked):
        _settled(turn, turn.get("seat", id_))


def _settled(turn: Turn, seat: Seat) -> None:
    """Nothing more is asked about this seat: its offer runs anew, and places that were freed while the list
    had nobody to offer them to are offered."""
    if seat.state == "OFFERED":
        ask_to_answer(turn, seat)
    offer_freed(turn, seat.class_id)


def lapse_decided(turn: Turn, seat: Seat, command: CompleteTask) -> str:
    """accept: the participant may confirm the new days, and the journey counts them as excused; refuse: the
    seat ends with the verifier's reason, and is offered on."""
    answer = "accepted" if command.decision == "accept" else "refused"
    turn.set("seat", seat.id, facts=seat.facts.model_copy(update={"exception": answer}))
    if answer == "accepted":
        days = turn.case.classes[seat.class_id].days
        turn.set("seat", seat.id, exception_until=max(days))
        if seat.journey:
            tell_journey(
                turn,
                seat,
                "class_moved",
                class_days=[d.isoformat() for d in days],
                exception_until=max(days).isoformat(),
            )
        _settled(turn, turn.get("seat", seat.id))
    else:
        turn.set("seat", seat.id, reason=command.reason)
        give_up(turn, seat.id, "refuse", reason="cancelled", as_system=True)
    return f"exception_{answer}"
