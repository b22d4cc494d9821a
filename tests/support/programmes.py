"""A programme case driven without a server: the same `decide` and `evolve` that the workflow uses."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from db.calendar_seed import seed
from domain import commands as c
from domain.cases import REVISION, Case, Sealed, Task
from domain.clock import Zone, local_day
from domain.errors import DomainError
from domain.events import Event, digest
from domain.facts import (
    AssessorFacts,
    ClassFacts,
    Facts,
    OrganiserFacts,
    OrganiserKind,
    ParticipantFacts,
    PeriodFacts,
    RecommendationFacts,
    SchemeFacts,
    TechnicalCertificateFacts,
    UnitFacts,
)
from domain.policy import default
from domain.roles import SYSTEM, Actor, Role
from state_machines.evolve import evolve
from state_machines.moments import moments, pass_moment
from state_machines.turn import Turn
from workflows.cases.logic import CaseLogic, decide
from workflows.cases.programme import PROGRAMME_LOGIC

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""09:00 WIB on Monday 2 March 2026."""
CALENDAR = seed(range(2026, 2029))
FIELD = "TIK"
SCHEME = SchemeFacts(
    id="SKEMA-ASKOM",
    version="1",
    field=FIELD,
    licensed=True,
    units=tuple(UnitFacts(id=a, ability=a) for a in ("plan", "conduct", "validate")),
)
LSP = OrganiserFacts(id="LSP-TIK", kind=OrganiserKind.LSP, licence="ACTIVE", licensed_schemes=(SCHEME.id,))
NEIGHBOUR = LSP.model_copy(update={"id": "LSP-NUSA"})
DIGEST = digest("request")


def actor(role: Role, person: str = "", organisation: str = "") -> Actor:
    return Actor(
        account=f"account-{person or role.value}",
        person=person or f"person-{role.value}",
        role=role,
        organisation=organisation,
    )


ORGANISER = actor(Role.ORGANISER, organisation="LSP-TIK")
VERIFIER = actor(Role.VERIFIER)
APPROVER = actor(Role.APPROVER)
OPERATIONS = actor(Role.OPERATIONS)


def sealed(text: str) -> Sealed:
    return Sealed(id=digest(text)[:36], commitment=digest(text))


def participant(
    number: int, *, external: bool = False, kind: str = "main", **changes: Any
) -> ParticipantFacts:
    facts = ParticipantFacts(
        person=f"p{number}",
        seat=f"s{number}",
        class_id="class-a",
        kind=kind,
        recommending="LSP-NUSA" if external else "LSP-TIK",
        qualification="S1",
        technical=(TechnicalCertificateFacts(field=FIELD, valid_until=date(2028, 1, 1)),),
        experience=(PeriodFacts(field=FIELD, first=date(2018, 1, 1)),),
        recommendation=RecommendationFacts(
            organisation="LSP-NUSA" if external else "LSP-TIK",
            number_given=True,
            day=date(2026, 2, 1),
            signatory_given=True,
            file_digest=DIGEST,
        ),
        it_declared=True,
        active_elsewhere=False,
    )
    return facts.model_copy(update=changes)


class World:
    """One programme with one class, its time, and everybody who acts on it."""

    logic: CaseLogic = PROGRAMME_LOGIC

    def __init__(self, people: list[ParticipantFacts] | None = None, days: int = 3) -> None:
        self.now = START
        self.people = people if people is not None else [participant(n) for n in range(1, 5)]
        first = CALENDAR.add_working_days(local_day(START), 25)
        self.days = tuple(CALENDAR.add_working_days(first, n) for n in range(days))
        self.events: list[Event] = []
        self.count = 0
        self.opening = Case(
            stream="programme-1",
            kind="programme",
            workflow_id="programme-programme-1",
            head="",
            policy_version=default().version,
            revision=REVISION,
            calendar=CALENDAR,
            clock="simulation",
            business_at=START,
        )
        self.case = self.opening

    # ---- facts and requests ----------------------------------------------------------------

    def classes(self) -> tuple[ClassFacts, ...]:
        return (
            ClassFacts(
                id="class-a",
                days=self.days,
                committee=("panitia-1", "panitia-2"),
                trainers=("m1", "m2"),
                assessors=("m3", "m4"),
            ),
        )

    def facts(self, **changes: Any) -> Facts:
        facts = Facts(
            calendar=CALENDAR,
            today=local_day(self.now),
            submitted_on=local_day(START),
            track="new",
            organiser=LSP,
            scheme=SCHEME,
            organisations={"LSP-TIK": LSP, "LSP-NUSA": NEIGHBOUR},
            classes=self.classes(),
            participants=tuple(self.people),
            assessors=tuple(
                AssessorFacts(
                    person=f"m{n}",
                    kind="trainer" if n <= 2 else "assessor",
                    class_id="class-a",
                    fields=(FIELD,),
                    certificate_state="ACTIVE",
                    certificate_valid_until=date(2028, 1, 1),
                )
                for n in (1, 2, 3, 4)
            ),
            hands=self.case.hands,
        )
        return facts.model_copy(update=changes)

    def submission(self) -> c.SubmitProgramme:
        return c.SubmitProgramme(
            programme="programme-1",
            organiser="LSP-TIK",
            classes=(
                c.ClassRequest(
                    id="class-a",
                    label="A",
                    days=self.days,
                    zone=Zone.WIB,
                    venue="TUK-1",
                    committee=("panitia-1", "panitia-2"),
                ),
            ),
            seats=tuple(
                c.SeatRequest(
                    id=p.seat, class_id="class-a", person=p.person, kind=p.kind, recommending=p.recommending
                )
                for p in self.people
            ),
            masters=tuple(
                c.MasterProposal(class_id="class-a", person=f"m{n}", kind="trainer" if n <= 2 else "assessor")
                for n in (1, 2, 3, 4)
            ),
            request_digest=DIGEST,
        )

    # ---- acting --------------------------------------------------------------------------------

    def send(self, who: Actor, command: Any, facts: Facts | None = None, key: str = "") -> Event:
        self.count += 1
        envelope = c.Envelope(
            command_id=key or f"command-{self.count}",
            command=command,
            actor=who,
            facts=facts if facts is not None else self.facts(),
            as_of=self.now,
            business_at=self.now,
        )
        return self.accept(*decide(self.logic, self.case, envelope, self.now))

    def accept(self, turn: Turn, type_: str) -> Event:
        event = turn.close(type_, self.now)
        self.case = evolve(self.case, event)
        assert self.case.entities == turn.case.entities, "the draft and the evolved case differ"
        self.events.append(event)
        return event

    def refused(self, who: Actor, command: Any, facts: Facts | None = None) -> list[str]:
        """Rule ids of the refusal; fails when the command was taken."""
        before = self.case
        try:
            self.send(who, command, facts)
        except DomainError as error:
            assert self.case is before
            return [v.rule for v in error.violations]
        raise AssertionError("the command was taken")

    def task(self, kind: str, subject: str = "") -> Task:
        found = [
            t
            for t in self.case.tasks.values()
            if t.kind == kind and t.state in ("OFFERED", "CLAIMED") and (not subject or t.subject == subject)
        ]
        assert found, f"no open {kind}; open: {[t.kind for t in self.open_tasks()]}"
        return found[0]

    def open_tasks(self) -> list[Task]:
        return [t for t in self.case.tasks.values() if t.state in ("OFFERED", "CLAIMED")]

    def complete(
        self,
        who: Actor,
        kind: str,
        decision: str,
        *,
        subject: str = "",
        facts: Facts | None = None,
        **more: Any,
    ) -> Event:
        task = self.task(kind, subject)
        return self.send(who, c.CompleteTask(task=task.id, decision=decision, **more), facts)

    # ---- the world answers ---------------------------------------------------------------------

    def system(self, step: Callable[[Turn], str], facts: Facts | None = None) -> Event:
        turn = Turn(self.case, actor=SYSTEM, now=self.now, facts=facts if facts is not None else Facts())
        return self.accept(turn, step(turn))

    def answer(self, kind: str, subject: str, answer: dict[str, Any]) -> Event:
        errand = next(
            e
            for e in self.case.errands.values()
            if e.kind == kind and e.state == "ASKED" and (not subject or e.subject == subject)
        )

        def step(turn: Turn) -> str:
            turn.set("errand", errand.id, state="ANSWERED", answer=answer)
            return self.logic.answer(turn, errand, answer)

        return self.system(step)

    def answer_all(self) -> None:
        """Every errand answered the good way."""
        while asked := [e for e in self.case.errands.values() if e.state == "ASKED"]:
            errand = asked[0]
            good: dict[str, Any] = {
                "reserve": {"taken": errand.body.get("keys", []), "refused": []},
                "start_journey": {"outcome": "started"},
                "start_certificate": {"outcome": "started"},
                "message": {"outcome": "delivered"},
                "release": {},
                "review_documents": {"findings": []},
            }[errand.kind]
            self.answer(errand.kind, errand.subject, good)

    def pass_time(self, to: datetime, facts: Callable[[], Facts] | None = None) -> list[str]:
        """Everything that is due until `to`, one moment after the other; gives the events' types."""
        types = []
        while (upcoming := moments(self.case)) and upcoming[0][0] <= to:
            at, _, what, id_ = upcoming[0]
            self.now = max(self.now, at)

            def step(turn: Turn, what: str = what, id_: str = id_) -> str:
                passed = pass_moment(turn, what, id_)
                return self.logic.deadline(turn, passed) if passed else f"task_{what}"

            types.append(self.system(step, facts() if facts else self.facts()).type)
            self.answer_all()
        self.now = max(self.now, to)
        return types

    def days_later(self, working_days: int) -> list[str]:
        return self.pass_time(CALENDAR.due(self.now, working_days) + timedelta(minutes=1))
