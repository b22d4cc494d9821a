"""A class that moved: its journeys learn the new days, and a technical certificate that does not reach them
is a verifier's question (R-TECH, § 6)."""

from domain.cases import Class, Seat
from domain.commands import CompleteTask
from domain.rules.matrix import Moment, run
from state_machines.journey_facts import LAPSES
from state_machines.seat import OPEN
from state_machines.turn import Turn
from workflows.cases.programme.ending import tell_journey
from workflows.cases.programme.seats import give_up


def tell_new_days(turn: Turn, class_: Class) -> None:
    """The journeys that the class's seats opened plan with its days."""
    for seat in turn.case.seats.values():
        if seat.class_id == class_.id and seat.journey and seat.state in OPEN:
            tell_journey(turn, seat, "class_moved", class_days=[d.isoformat() for d in class_.days])


def ask_about_lapses(turn: Turn) -> None:
    """A certificate that ends before the new days, and not clearly by the participant's own delay, is an
    exception to decide; until then the seat is neither confirmed nor offered."""
    for verdict in run(Moment.reschedule, turn.facts):
        seat = turn.case.seats.get(verdict.subject)
        if seat is not None and seat.state in OPEN and verdict.facts.get("sentence") in LAPSES:
            turn.open_task("resolve_exception", seat.id, rules=("R-TECH",))


def lapse_decided(turn: Turn, seat: Seat, command: CompleteTask) -> str:
    """accept: the participant may confirm the new days, and the journey counts them as excused; refuse: the
    seat ends, and is offered on."""
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
    else:
        give_up(turn, seat.id, "refuse", reason="cancelled", as_system=True)
    return f"exception_{answer}"
