"""One turn of a case: what a command, a timer or a message changes, gathered into one event.

A Turn works on a draft; the case itself changes only by `evolve(case, event)`. So the workflow, the
projection and an auditor's fold run the same few lines over the same events.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from domain.calendar import Calendar
from domain.cases import KINDS, Case, Errand, Sealed, Task
from domain.clock import at
from domain.errors import Refused
from domain.events import GENESIS, Change, Event, Finding, Move, Notice, derived_id
from domain.facts import Facts
from domain.policy import Policy, TaskKind
from domain.policy import policy as policy_of
from domain.roles import SYSTEM, Actor, Role
from domain.verdict import Verdict
from state_machines.table import Situation, Table, check, fire, refusal
from state_machines.tables import TABLES
from state_machines.task import OPEN_TASK

_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def json_value(value: Any) -> Any:
    """The value as JSON data (dates as ISO text, tuples as lists)."""
    return _ANY.dump_python(value, mode="json")


class Turn:
    """Gathers moves, changes, findings and notices. Nothing is real until the event is evolved."""

    def __init__(
        self,
        case: Case,
        *,
        actor: Actor,
        now: datetime,
        facts: Facts,
        command: Any = None,
        command_id: str = "",
        command_digest: str = "",
    ) -> None:
        self.before = case
        self.case = case.model_copy(
            update={
                "entities": {kind: dict(bag) for kind, bag in case.entities.items()},
                "hands": dict(case.hands),
            }
        )
        self.actor = actor
        self.now = max(now, case.business_at)
        self.facts = facts
        self.policy: Policy = policy_of(case.policy_version)
        self.command = command
        self.command_id = command_id
        self.command_digest = command_digest
        self.moves: list[Move] = []
        self.findings: list[Finding] = []
        self.notices: list[Notice] = []
        self.payload: dict[str, Any] = {}
        self.created: dict[str, Any] = {}
        """What the receipt tells of what this turn made; no part of the event."""
        self._patches: dict[tuple[str, str], dict[str, Any]] = {}
        self._owned: set[tuple[str, str]] = set()
        self._count = 0

    # ---- reading -------------------------------------------------------------------------

    def get(self, kind: str, id: str) -> Any:
        """The entity of that kind and id; Refused (M-UNKNOWN) when the case has none."""
        found = self.case.entities[kind].get(id)
        if found is None:
            raise Refused.because(
                "M-UNKNOWN",
                "Hal yang dimaksud tidak ada dalam perkara ini.",
                "This case has no such thing.",
                kind=kind,
            )
        return found

    def situation(self, kind: str, id: str, *, as_system: bool = False) -> Situation:
        return Situation(
            case=self.case,
            subject=self._own(kind, id),
            actor=SYSTEM if as_system else self.actor,
            now=self.now,
            facts=self.facts,
            policy=self.policy,
            command=self.command,
        )

    def would(self, kind: str, id: str, trigger: str, *, as_system: bool = False) -> bool:
        """True when `fire` would succeed."""
        return not check(self._table(kind), self.situation(kind, id, as_system=as_system), trigger)

    def require(self, kind: str, id: str, trigger: str) -> Any:
        """The entity, when its table allows this act, which leaves its state as it is; raises with every
        reason when not. No move is recorded: what the act changes is its record."""
        violations = check(self._table(kind), self.situation(kind, id), trigger)
        if violations:
            raise refusal(violations)
        return self.get(kind, id)

    def touched(self, kind: str) -> list[str]:
        """Ids of the entities of this kind that the turn has made, moved or changed so far."""
        ids = [id for k, id in self._patches if k == kind]
        return list(dict.fromkeys(ids + [m.subject for m in self.moves if m.machine == kind]))

    # ---- changing ------------------------------------------------------------------------

    def new_id(self, kind: str) -> str:
        """An id that is the same in every replay: made of stream, next seq, kind and a counter."""
        self._count += 1
        return derived_id(self.case.stream, self.before.seq + 1, kind, self._count)

    def fire(self, kind: str, id: str, trigger: str, /, *, as_system: bool = False, **patch: Any) -> Move:
        """Set `patch` on the entity, then make the move; raises with every reason when it is illegal.

        `as_system` is for what follows by itself from a person's act (a class is scheduled when its
        programme is approved): the move is the system's, the event stays the person's.
        """
        if patch:
            self.set(kind, id, **patch)
        move = fire(self._table(kind), self.situation(kind, id, as_system=as_system), trigger)
        self.moves.append(move)
        return move

    def add(self, kind: str, id: str, /, **fields: Any) -> Any:
        """Make an entity in its machine's initial state (or the one given, where it has no machine)."""
        table = TABLES.get(kind)
        state = fields.pop("state", None) or (table.initial[0] if table else "")
        if table and state not in table.initial:
            raise AssertionError(f"{kind} cannot be made in state {state}")
        if id in self.case.entities[kind]:
            raise AssertionError(f"{kind} {id} is there already")
        entity = KINDS[kind].model_validate({"id": id, "state": state, **fields})
        self.case.entities[kind][id] = entity
        self._owned.add((kind, id))
        data = entity.model_dump(mode="json", exclude_defaults=True)
        self._patches[(kind, id)] = {**data, "id": id, "state": state}
        return entity

    def set(self, kind: str, id: str, /, **fields: Any) -> Any:
        """Set fields (never `state`, which only a move may change) of an entity that is there."""
        if "state" in fields and kind in TABLES:
            raise AssertionError("a state changes by a move only")
        entity = self._own(kind, id)
        for name, value in fields.items():
            setattr(entity, name, value)
        self._patches.setdefault((kind, id), {}).update(json_value(fields))
        return entity

    def hand(self, step: str, *persons: str) -> None:
        """Record who had a hand in a step, for R-SOD."""
        joined = tuple(dict.fromkeys([*self.case.hands.get(step, ()), *(p for p in persons if p)]))
        self.case.hands[step] = joined
        self._patches[("hands", step)] = {"persons": list(joined)}

    def extend_calendar(self, newer: Calendar) -> None:
        """Take from the newer table the years that the case's snapshot lacks."""
        extended = self.case.calendar.with_years_of(newer)
        self.case = self.case.model_copy(update={"calendar": extended})
        self._patches[("case", "calendar")] = {"calendar": extended.model_dump(mode="json")}

    def found(self, verdicts: Iterable[Verdict]) -> None:
        """Keep the rules' verdicts in the event."""
        self.findings += [
            Finding(
                rule=v.rule,
                version=v.version,
                outcome=v.outcome.value,
                subject=v.subject,
                facts=json_value(v.facts),
            )
            for v in verdicts
        ]

    def notify(self, to: str, template: str, /, **data: Any) -> None:
        """Tell somebody (`person:…`, `role:…`, `organisation:…`); data holds ids, dates, counts."""
        if to.split(":", 1)[1]:
            self.notices.append(Notice(to=to, template=template, data=json_value(data)))

    # ---- tasks, deadlines, errands ------------------------------------------------------

    def open_task(
        self,
        kind: str,
        subject: str,
        *,
        person: str = "",
        organisation: str = "",
        day: date | None = None,
        points: tuple[Sealed, ...] = (),
        rules: tuple[str, ...] = (),
    ) -> Task:
        """Open a human task of the catalogue, unless the same one is open already.

        `rules`: ids of those whose open question it puts to a person.

        `day` (WIB) is for kinds that are due by a moment: its day; the others count from now. A task bound
        to nobody known goes to operations.
        """
        for known in self.case.tasks.values():
            if (
                known.kind == kind
                and known.subject == subject
                and known.for_person == person
                and known.rules == rules
                and known.state in OPEN_TASK
            ):
                return known
        entry = self.policy.task(kind)
        due = self.due(entry, day)
        id = self.new_id("task")
        unbound = not organisation and (
            entry.bound == "organisation" or (entry.bound == "person" and not person)
        )
        task: Task = self.add(
            "task",
            id,
            kind=kind,
            subject=subject,
            group=(Role.OPERATIONS if unbound else Role.ORGANISER if organisation else entry.group).value,
            for_person=person,
            for_organisation=organisation,
            opened_at=self.now,
            due_at=due,
            reminders=self.case.calendar.reminders(self.now, due),
            priority=entry.priority,
            points=points,
            rules=rules,
        )
        self.created.setdefault("tasks", []).append({"id": id, "kind": kind})
        to = (
            f"person:{person}"
            if person
            else (f"organisation:{organisation}" if organisation else f"role:{task.group}")
        )
        self.notify(to, "task_opened", task=id, kind=kind, due_at=due)
        return task

    def due(self, entry: TaskKind, day: date | None = None) -> datetime:
        """When a task of this kind, opened now, is due (UTC), as its entry in the catalogue says; never
        before opening + 1 working day, 24-hour offers aside.

        `day` (WIB): the one that a `moment` is counted from.
        """
        calendar, due = self.case.calendar, entry.due
        if due.unit == "hours":
            return self.now + timedelta(hours=due.length)
        if due.unit == "wd":
            return calendar.due(self.now, max(due.length, 1))
        if day is None:
            raise AssertionError(f"{entry.kind} is due by {due.of}, and no such day is given")
        wanted = at(calendar.add_working_days(day, due.length), calendar.closes_hour)
        return max(wanted, calendar.due(self.now, 1))

    def open_tasks(self, kind: str = "", subject: str = "", person: str = "") -> list[Task]:
        """Open tasks that match what is given."""
        return [
            t
            for t in self.case.tasks.values()
            if t.state in OPEN_TASK
            and (not kind or t.kind == kind)
            and (not subject or t.subject == subject)
            and (not person or t.for_person == person)
        ]

    def cancel_tasks(self, *kinds: str, subject: str = "") -> None:
        """The process moved on without them."""
        for task in list(self.open_tasks(subject=subject)):
            if not kinds or task.kind in kinds:
                self.fire("task", task.id, "cancel", as_system=True)

    def settle_task(self, kind: str, subject: str = "") -> None:
        """A task that is done by doing it: complete each open one of this kind as the actor."""
        for task in self.open_tasks(kind, subject):
            self.fire(
                "task",
                task.id,
                "settle",
                as_system=True,
                decision="done",
                completed_at=self.now,
                completed_by=self.actor.person,
                late=self.now > task.due_at,
            )

    def wait(self, kind: str, subject: str, at: datetime) -> None:
        """The case is to move by itself at `at` (UTC); replaces an earlier wait of the same kind."""
        self.stop_waiting(kind, subject)
        self.add("deadline", self.new_id("deadline"), state="WAITING", kind=kind, subject=subject, at=at)

    def wait_days(self, kind: str, subject: str, working_days: int) -> datetime:
        """Wait until so many working days from now have passed, by the case's own calendar; gives the moment
        (UTC). A wait of that kind for that subject starts anew. Raises CalendarYearMissing."""
        at = self.case.calendar.due(self.now, working_days)
        self.wait(kind, subject, at)
        return at

    def stop_waiting(self, kind: str = "", subject: str = "") -> None:
        """Clear what is waited for: of that kind, of that subject, or both; with neither, everything."""
        for d in list(self.case.deadlines.values()):
            if (
                d.state == "WAITING"
                and (not kind or d.kind == kind)
                and (not subject or d.subject == subject)
            ):
                self.set("deadline", d.id, state="CLEARED")

    def ask(self, kind: str, subject: str, /, **body: Any) -> Errand:
        """Ask the world for something; the answer comes as an event of its own."""
        errand: Errand = self.add(
            "errand", self.new_id("errand"), state="ASKED", kind=kind, subject=subject, body=json_value(body)
        )
        return errand

    # ---- closing -------------------------------------------------------------------------

    def close(self, type: str, at: datetime) -> Event:
        """The event of this turn. `at` is the machine's own time (UTC), `self.now` the business time."""
        seq = self.before.seq + 1
        command_id = self.command_id or derived_id(self.case.stream, seq)
        payload = dict(self.payload)
        if self.command_digest:
            payload["command_digest"] = self.command_digest
        return Event(
            stream=self.case.stream,
            seq=seq,
            command_id=command_id,
            type=type,
            at=at.astimezone(UTC),
            business_at=self.now.astimezone(UTC),
            actor=self.actor,
            policy_version=self.case.policy_version,
            moves=tuple(self.moves),
            changes=tuple(
                Change(kind=kind, id=id, fields=fields) for (kind, id), fields in self._patches.items()
            ),
            findings=tuple(self.findings),
            notices=tuple(self.notices),
            payload=json_value(payload),
            prev_hash=self.before.head or GENESIS,
        ).sealed()

    # ---- within ---------------------------------------------------------------------------

    def _table(self, kind: str) -> Table:
        return TABLES[kind]

    def _own(self, kind: str, id: str) -> Any:
        entity = self.get(kind, id)
        if (kind, id) not in self._owned:
            entity = entity.model_copy()
            self.case.entities[kind][id] = entity
            self._owned.add((kind, id))
        return entity
