"""A machine is a table of rows; everything that asks "may this be done?" reads it from here.

From the rows come: the guards of the workflow, the API's `allowed`, buttons, diagrams, docs and tests.
`transitions` makes the move, with our guards as its conditions, so that no way leads round them.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from transitions import EventData, Machine

from domain.cases import Case, Entity
from domain.errors import DomainError, Forbidden, IllegalMove, Refused
from domain.events import Move
from domain.facts import Facts
from domain.policy import Policy
from domain.roles import LABELS, Actor, Role
from domain.text import Text
from domain.verdict import Violation

# `transitions` logs each move at INFO, on replay too; the ledger is the record of moves.
logging.getLogger("transitions").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Situation:
    """All that a guard may look at. `command` is None when only a button is asked about."""

    case: Case
    subject: Entity
    actor: Actor
    now: datetime
    facts: Facts
    policy: Policy
    command: Any = None


Question = Callable[[Situation], list[Violation]]


@dataclass(frozen=True)
class Guard:
    """A pure question; the empty list means yes.

    `needs_command` guards are asked by `check` and `fire` only, never by `may`.
    `selects` guards choose between rows of the same trigger and source: a row whose selector says no
    is passed over as long as another row's says yes.
    """

    id: str
    ask: Question
    needs_command: bool = False
    selects: bool = False


@dataclass(frozen=True)
class State:
    """A state of a machine. `terminal`: no row leads out of it."""

    name: str
    label: Text
    terminal: bool = False
    stage: int = 0
    """The programme's stage, 1 to 4 (Permohonan … Pelaksanaan); 0 where the source names none."""


@dataclass(frozen=True)
class Row:
    """One legal move. A row without roles permits no one."""

    trigger: str
    source: str
    dest: str
    roles: frozenset[Role]
    label: Text
    why: str
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class Allowed:
    """What one trigger would answer now, for the one who asks."""

    trigger: str
    label: Text
    violations: tuple[Violation, ...]

    @property
    def ok(self) -> bool:
        return not self.violations


@dataclass(frozen=True)
class Table:
    """A machine as data: its states, its rows, and nothing else."""

    name: str
    label: Text
    initial: tuple[str, ...]
    states: tuple[State, ...]
    rows: tuple[Row, ...]
    by_trigger: Mapping[tuple[str, str], tuple[Row, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {s.name for s in self.states}
        index: dict[tuple[str, str], tuple[Row, ...]] = {}
        for row in self.rows:
            if row.source not in names or row.dest not in names:
                raise ValueError(f"{self.name}: {row.source} –{row.trigger}→ {row.dest}: unknown state")
            key = (row.source, row.trigger)
            index[key] = (*index.get(key, ()), row)
        object.__setattr__(self, "by_trigger", index)

    def state(self, name: str) -> State:
        """The state of that name; KeyError when the table has none."""
        return self._states[name]

    @cached_property
    def _states(self) -> dict[str, State]:
        return {s.name: s for s in self.states}

    @cached_property
    def terminal(self) -> frozenset[str]:
        return frozenset(s.name for s in self.states if s.terminal)

    @cached_property
    def machine(self) -> Machine:
        """The `transitions` machine of this table: built once, holds no case, knows no way round."""
        return Machine(
            model=None,
            states=[s.name for s in self.states],
            initial=None,
            transitions=[
                {
                    "trigger": row.trigger,
                    "source": row.source,
                    "dest": row.dest,
                    "conditions": [_condition(row)],
                }
                for row in self.rows
            ],
            auto_transitions=False,
            send_event=True,
            queued=False,
        )

    def triggers_from(self, state: str) -> list[str]:
        """Triggers that lead out of a state, in the order of the rows."""
        return list(dict.fromkeys(r.trigger for r in self.rows if r.source == state))


def _condition(row: Row) -> Callable[[EventData], bool]:
    def permitted(event: EventData) -> bool:
        situation: Situation = event.kwargs["situation"]
        return not _row_violations(row, situation, with_command=event.kwargs["with_command"])

    return permitted


def _role_violations(row: Row, situation: Situation) -> list[Violation]:
    if situation.actor.role in row.roles:
        return []
    who_id = ", ".join(LABELS[r].id for r in sorted(row.roles)) or "tidak seorang pun"
    who_en = ", ".join(LABELS[r].en for r in sorted(row.roles)) or "nobody"
    return [
        Violation(
            rule="M-ROLE",
            text=Text(
                id=f"Langkah “{row.label.id}” hanya untuk: {who_id}.",
                en=f"The step “{row.label.en}” is for: {who_en}.",
            ),
            facts={"role": situation.actor.role.value, "trigger": row.trigger},
            subject=situation.subject.id,
        )
    ]


def _row_violations(row: Row, situation: Situation, *, with_command: bool) -> list[Violation]:
    found = _role_violations(row, situation)
    for guard in row.guards:
        if guard.needs_command and not with_command:
            continue
        found.extend(guard.ask(situation))
    return found


def _selected(rows: Iterable[Row], situation: Situation, *, with_command: bool) -> list[Row]:
    def chosen(row: Row) -> bool:
        return not any(
            g.ask(situation) for g in row.guards if g.selects and (with_command or not g.needs_command)
        )

    rows = list(rows)
    return [r for r in rows if chosen(r)] or rows


def _illegal(table: Table, situation: Situation, trigger: str) -> Violation:
    state = table.state(situation.subject.state)
    possible = table.triggers_from(state.name)
    return Violation(
        rule="M-STATE",
        text=Text(
            id=f"Langkah ini tidak berlaku dalam keadaan “{state.label.id}”.",
            en=f"This step does not apply in the state “{state.label.en}”.",
        ),
        remedy=Text(
            id="Muat ulang halaman untuk melihat keadaan terakhir.",
            en="Reload the page to see the present state.",
        ),
        facts={"machine": table.name, "state": state.name, "trigger": trigger, "possible": possible},
        subject=situation.subject.id,
    )


def _violations(table: Table, situation: Situation, trigger: str, *, with_command: bool) -> list[Violation]:
    rows = table.by_trigger.get((situation.subject.state, trigger), ())
    if not rows:
        return [_illegal(table, situation, trigger)]
    answers = [
        _row_violations(row, situation, with_command=with_command)
        for row in _selected(rows, situation, with_command=with_command)
    ]
    return min(answers, key=len)


def may(table: Table, situation: Situation, trigger: str) -> list[Violation]:
    """May this actor make this move now, before knowing what the command will say? Empty means yes."""
    return _violations(table, situation, trigger, with_command=False)


def check(table: Table, situation: Situation, trigger: str) -> list[Violation]:
    """`may`, and what the command says. Every violation at once; empty means yes."""
    return _violations(table, situation, trigger, with_command=True)


def refusal(violations: list[Violation]) -> DomainError:
    """The error that fits the violations: who (403) before state (409) before rules (409)."""
    rules = {v.rule for v in violations}
    if rules & {"M-ROLE", "R-SOD", "M-OWN", "A-BEHALF"}:
        return Forbidden(violations)
    if "M-STATE" in rules:
        return IllegalMove(violations)
    return Refused(violations)


def fire(table: Table, situation: Situation, trigger: str) -> Move:
    """Make the move on `situation.subject` through `transitions`, or raise with every reason.

    Raises Forbidden, IllegalMove or Refused; the subject is unchanged then.
    """
    violations = check(table, situation, trigger)
    if violations:
        raise refusal(violations)
    subject = situation.subject
    source = subject.state
    moved = table.machine.events[trigger].trigger(subject, situation=situation, with_command=True)
    if not moved:  # check() and the machine read the same rows: this is a bug, never a refusal
        raise AssertionError(f"{table.name}: {trigger} from {source} passed check() and was then refused")
    return Move(machine=table.name, subject=subject.id, trigger=trigger, source=source, dest=subject.state)


def allowed(table: Table, situation: Situation) -> Iterator[Allowed]:
    """Every trigger out of the present state that has a role at all, with the reasons why not."""
    for trigger in table.triggers_from(situation.subject.state):
        row = table.by_trigger[(situation.subject.state, trigger)][0]
        yield Allowed(trigger, row.label, tuple(may(table, situation, trigger)))


def follow(table: Table, state: str, move: Move) -> str:
    """Where a recorded move leads; raises IllegalMove when no row of the table allows it."""
    rows = table.by_trigger.get((move.source, move.trigger), ())
    if move.source != state or move.dest not in {r.dest for r in rows}:
        raise IllegalMove(
            Violation(
                rule="M-FOLD",
                text=Text(
                    id="Riwayat memuat langkah yang tidak ada dalam tabel.",
                    en="The history holds a move that the table does not have.",
                ),
                facts={"machine": table.name, "state": state, **move.model_dump()},
                subject=move.subject,
            )
        )
    return move.dest


def to_mermaid(table: Table) -> str:
    """The table as a Mermaid state diagram, labels in Indonesian."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {s.name} : {s.name} – {s.label.id}" for s in table.states]
    lines += [f"    [*] --> {name}" for name in table.initial]
    merged: dict[tuple[str, str], list[str]] = {}
    for row in table.rows:
        triggers = merged.setdefault((row.source, row.dest), [])
        if row.trigger not in triggers:
            triggers.append(row.trigger)
    lines += [f"    {a} --> {b} : {' / '.join(t)}" for (a, b), t in merged.items()]
    lines += [f"    {s.name} --> [*]" for s in table.states if s.terminal]
    return "\n".join(lines) + "\n"
