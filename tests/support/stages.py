"""How far a programme has come, without a server: each stage from the one before."""

from domain import commands as c
from domain.roles import Actor, Role
from state_machines.class_ import starts_at
from state_machines.table import allowed
from state_machines.tables import TABLES
from state_machines.turn import Turn
from tests.support.programmes import (
    APPROVER,
    CALENDAR,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    World,
    actor,
)


def submitted(world: World) -> World:
    world.send(ORGANISER, world.submission())
    world.answer_all()
    return world


def verified(world: World) -> World:
    submitted(world)
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(
        VERIFIER, c.VerifySeats(seats=tuple(s.id for s in world.case.seats.values() if s.state == "PROPOSED"))
    )
    return world


def approved(world: World) -> World:
    verified(world)
    world.complete(VERIFIER, "verify_programme", "recommend")
    world.complete(APPROVER, "approve_programme", "approve")
    world.answer_all()
    return world


def letters() -> c.LettersForm:
    return c.LettersForm(
        assignments=tuple(
            c.Letter(
                class_id="class-a",
                person=f"m{n}",
                kind="trainer" if n <= 2 else "assessor",
                letter_number=f"ST/{n}/2026",
                letter_date=CALENDAR.next_working_day(World().days[0]).replace(month=3, day=9),
            )
            for n in (1, 2, 3, 4)
        )
    )


def prepared(world: World) -> World:
    """Everything that READY needs, except seats beyond those confirmed here."""
    approved(world)
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters())
    world.answer_all()
    for a in list(world.case.assignments.values()):
        world.complete(actor(Role.MASTER_ASSESSOR, a.person), "answer_assignment", "accept", subject=a.id)
    world.send(ORGANISER, c.ConfirmVenue(class_id="class-a"))
    for seat in list(world.case.seats.values()):
        if seat.state == "VERIFIED":
            world.complete(actor(Role.CANDIDATE, seat.person), "confirm_seat", "confirm", subject=seat.id)
    return world


def running(world: World) -> World:
    prepared(world)
    world.pass_time(starts_at(world.case.classes["class-a"]))
    return world


def states(world: World) -> dict[str, str]:
    return {s.id: s.state for s in world.case.seats.values()}


def attendance(world: World, missing: str = "") -> c.AttendanceForm:
    return c.AttendanceForm(
        attended={
            s.id: world.days if s.id != missing else world.days[:1]
            for s in world.case.seats.values()
            if s.state == "CONFIRMED"
        }
    )


class News:
    """A journey_moved message as it reaches the programme."""

    type = "journey_moved"

    def __init__(self, application: str, state: str, first_decision: bool = False) -> None:
        self.application = application
        self.body = {"state": state, "first_decision": first_decision}


def tell(world: World, seat: str, state: str, *, first_decision: bool = False) -> None:
    news = News(world.case.seats[seat].journey, state, first_decision)
    world.system(lambda turn: world.logic.message(turn, news))


def offers(world: World, who: Actor, kind: str, id_: str) -> dict[str, list[str]]:
    """What the tables offer this actor: trigger → the rules that stand in the way."""
    turn = Turn(world.case, actor=who, now=world.now, facts=world.facts())
    found = allowed(TABLES[kind], turn.situation(kind, id_))
    return {offer.trigger: [v.rule for v in offer.violations] for offer in found}
