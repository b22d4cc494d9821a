"""Small cases for tests of the ledger: real Turns, a real chain, nobody's real name."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from activities.contracts import AppendRequest
from domain.calendar import Calendar
from domain.cases import Case
from domain.events import Event, Move
from domain.facts import Facts, ParticipantFacts
from domain.policy import CURRENT
from domain.roles import SYSTEM, Actor, Role
from state_machines.evolve import evolve
from state_machines.turn import Turn

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CALENDAR = Calendar(version="test-1", years=(2026, 2027), non_working=(date(2026, 3, 19),))
ORGANISER = Actor(account="acc-o", person="per-o", role=Role.ORGANISER, organisation="org-1")
VERIFIER = Actor(account="acc-v", person="per-v", role=Role.VERIFIER)


def opening(stream: str = "prog-1", **changes: Any) -> Case:
    """The empty case before the first event."""
    values: dict[str, Any] = {
        "stream": stream,
        "kind": "programme",
        "workflow_id": f"programme-{stream}",
        "head": "",
        "policy_version": CURRENT.version,
        "calendar": CALENDAR,
        "business_at": MONDAY,
    }
    return Case(**{**values, **changes})


class Chain:
    """A programme that grows event by event, as its workflow would make them."""

    def __init__(self, stream: str = "prog-1", *, organiser: str = "org-1", start: datetime = MONDAY) -> None:
        self.opening = opening(stream, business_at=start)
        self.case = self.opening
        self.now = start
        self.organiser = organiser
        self.events: list[Event] = []
        self.states: list[Case] = [self.case]

    @property
    def stream(self) -> str:
        return self.opening.stream

    def turn(self, actor: Actor = SYSTEM, command_id: str = "") -> Turn:
        self.now += timedelta(minutes=5)
        return Turn(
            self.case,
            actor=actor,
            now=self.now,
            facts=Facts(),
            command_id=command_id,
            command_digest="0" * 64 if command_id else "",
        )

    def close(self, turn: Turn, type: str) -> Event:
        event = turn.close(type, self.now)
        self.case = evolve(self.case, event)
        self.events.append(event)
        self.states.append(self.case)
        return event

    def submit(self, seats: int = 3, command_id: str = "") -> Event:
        """Programme with one class, its seats, and the verifier's task."""
        turn = self.turn(ORGANISER, command_id)
        stream = self.stream
        turn.add(
            "programme",
            stream,
            organiser=self.organiser,
            organiser_kind="LSP",
            track="new",
            scheme="scheme-1",
            scheme_version="1",
            field="it",
            submitted_at=self.now,
            submitted_total=seats,
        )
        turn.add(
            "class",
            "class-1",
            label="A",
            days=(date(2026, 5, 4), date(2026, 5, 5)),
            start_hour=8,
            zone="WIB",
            venue="venue-1",
            committee=("per-k1", "per-k2"),
        )
        for n in range(1, seats + 1):
            turn.add(
                "seat",
                f"seat-{n}",
                class_id="class-1",
                person=f"per-{n}",
                kind="main",
                recommending="org-1",
                external=False,
                facts=ParticipantFacts(person=f"per-{n}"),
            )
        turn.add("assignment", "asg-1", person="per-m", kind="trainer", class_id="class-1")
        turn.hand("submitter", "per-o")
        turn.open_task("verify_programme", stream)
        # the guards of these moves are tested elsewhere
        turn.moves.append(self._move("submit", "DRAFT", "SUBMITTED"))
        return self.close(turn, "programme_submitted")

    def claim(self) -> Event:
        """The verifier takes the task, and with it the programme into verification."""
        turn = self.turn(VERIFIER)
        task = next(iter(self.case.tasks))
        turn.fire("task", task, "claim")
        turn.set("task", task, holder="per-v")
        turn.moves.append(self._move("start_verification", "SUBMITTED", "VERIFYING"))
        return self.close(turn, "task_claimed")

    def verify_seat(self, seat: str) -> Event:
        turn = self.turn(VERIFIER)
        turn.moves.append(
            Move(machine="seat", subject=seat, trigger="verify", source="PROPOSED", dest="VERIFIED")
        )
        turn.notify("person:per-1", "seat_verified", seat=seat)
        return self.close(turn, "seats_verified")

    def remark(self, n: int = 1) -> list[Event]:
        """Events that change little."""
        made = []
        for _ in range(n):
            turn = self.turn()
            turn.set("programme", self.stream, send_backs=self.case.programme.send_backs + 1)
            made.append(self.close(turn, "remarked"))
        return made

    def ask(self) -> Event:
        turn = self.turn()
        turn.ask("reserve", "seat-1", holder="h", keys=[])
        turn.wait("correction", self.stream, self.now + timedelta(days=5))
        return self.close(turn, "asked")

    def take_back(self) -> Event:
        turn = self.turn(ORGANISER)
        turn.cancel_tasks()
        turn.moves.append(self._move("withdraw", "SUBMITTED", "DRAFT"))
        return self.close(turn, "programme_withdrawn")

    def request(self, first: int = 1, last: int | None = None, *, with_opening: bool = True) -> AppendRequest:
        """The batch of events `first` … `last`, as the flusher sends it."""
        return AppendRequest(
            stream=self.stream,
            workflow_id=self.opening.workflow_id,
            events=tuple(self.events[first - 1 : last]),
            opening=self.opening if first == 1 and with_opening else None,
        )

    def _move(self, trigger: str, source: str, dest: str) -> Move:
        return Move(machine="programme", subject=self.stream, trigger=trigger, source=source, dest=dest)


def grown(stream: str = "prog-1", **kwargs: Any) -> Chain:
    """A chain of eight events that touches every kind of row."""
    chain = Chain(stream, **kwargs)
    chain.submit()
    chain.claim()
    chain.verify_seat("seat-1")
    chain.verify_seat("seat-2")
    chain.ask()
    chain.remark(3)
    return chain


def tampered(event: Event, **changes: Any) -> Event:
    """Another event in the same place, honestly hashed."""
    return event.model_copy(update=changes).sealed()
