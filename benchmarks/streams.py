"""Believable cases for the pages' benchmark: streams that the product's own `decide` and `evolve` made, of
every age and stage, and copies of them with other people in them, chained and hashed anew.

The drivers are those of the tests (tests/support): the commands, the rules, the answers of the world. Days
are fixed ones of 2026, so that a filling is the same whenever it is made.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from domain import commands as c
from domain.cases import Case
from domain.clock import at
from domain.events import GENESIS, Event
from domain.openings import CertificateOpening
from domain.roles import Role
from state_machines.turn import Turn
from tests.support import journeys, stages
from tests.support.journeys import CHAIR, NUMBERS, JourneyWorld, votes
from tests.support.programmes import (
    CALENDAR,
    DIGEST,
    OPERATIONS,
    ORGANISER,
    START,
    World,
    actor,
    participant,
)
from workflows.cases.certificate import CERTIFICATE_LOGIC, open_certificate
from workflows.cases.journey import open_journey

SEATS = 22
WEEKS = 38
"""From the first programme's request to the last one's."""
NOW = START + timedelta(weeks=WEEKS)
"""23 November 2026: until then everything that was due by itself has happened."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN = re.compile(
    r'(?<=["/:])(?:account-)?(application-1|certificate-1|programme-1|programme-programme-1|journey-p1-SKEMA-ASKOM|'
    r"command-\d+|message-\d+|LSP-TIK|LSP-NUSA|reviewer-1|recommender-1|panitia-\d|person-[a-z]+|[pmk]\d+|"
    r'certificate-certificate-1|SERT/1 2026|MET\.000\.1|BL 7|CHECK-CODE)(?=["/])'
)


@dataclass(frozen=True)
class Stream:
    """A whole stream as one batch for the ledger (db.ledger.Batch)."""

    stream: str
    workflow_id: str
    events: list[Event]
    opening: Case


# ---- templates ---------------------------------------------------------------------------------------------


class _JourneyOf(JourneyWorld):
    """A journey whose steps take hours, as people do."""

    def __init__(self, week: int) -> None:
        super().__init__(opened=False)
        self.now = _monday(week)
        self.days = _class_days(week)
        self.opening = self.case = self.case.model_copy(update={"business_at": self.now})
        self.system(lambda turn: open_journey(turn, self.start()))

    def accept(self, turn: Turn, type_: str) -> Event:
        event = super().accept(turn, type_)
        self.now += timedelta(hours=3)
        return event


class _ProgrammeOf(World):
    """A programme of one class with SEATS seats."""

    def __init__(self, week: int) -> None:
        super().__init__([participant(n) for n in range(1, SEATS + 1)])
        self.now = _monday(week)
        self.days = _class_days(week)
        self.opening = self.case = self.case.model_copy(update={"business_at": self.now})

    def facts(self, **changes: Any) -> Any:
        return super().facts(**{"submitted_on": _monday(self.week).date(), **changes})

    week = 0
    """Set once it has begun."""


class _CertificateOf(World):
    logic = CERTIFICATE_LOGIC

    def __init__(self, issued: datetime) -> None:
        super().__init__([])
        self.now = issued
        self.opening = self.case = self.case.model_copy(
            update={
                "stream": "certificate-1",
                "kind": "certificate",
                "workflow_id": "certificate-certificate-1",
                "business_at": issued,
            }
        )
        start = CertificateOpening(
            certificate="certificate-1",
            workflow_id=self.case.workflow_id,
            person="p1",
            scheme="SKEMA-ASKOM",
            scheme_version="1",
            journey="application-1",
            certificate_number="SERT/1 2026",
            registration_number="MET.000.1",
            blank_number="BL 7",
            issued_on=issued.date(),
            valid_until=issued.date().replace(year=issued.year + 3),
        )
        self.system(lambda turn: open_certificate(turn, start))
        self.answer("render_certificate", "certificate-1", {"digest": DIGEST, "check_code": "CHECK-CODE"})


def _monday(week: int) -> datetime:
    return START + timedelta(weeks=week)


@cache
def _class_days(week: int) -> tuple[Any, ...]:
    first = CALENDAR.add_working_days(_monday(week).date(), 25)
    return tuple(CALENDAR.add_working_days(first, n) for n in range(3))


def _competent(world: JourneyWorld) -> None:
    world.in_decision()
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    world.answer_all()


def _certified(world: JourneyWorld) -> None:
    _competent(world)
    world.complete(OPERATIONS, "issue_certificate", "issue", form=NUMBERS)
    world.answer_all()


def _not_yet(world: JourneyWorld) -> None:
    world.in_decision(plan="BK").not_yet()


def _sent_back(world: JourneyWorld) -> None:
    world.in_review()
    journeys.send_back(world)


JOURNEY_STAGES: Mapping[str, Callable[[JourneyWorld], object]] = {
    "invited": lambda _: None,
    "received": lambda w: w.submitted(),
    "review": lambda w: w.in_review(),
    "correction": _sent_back,
    "eligible": lambda w: w.eligible(),
    "ready": lambda w: w.ready(),
    "scheduled": lambda w: w.scheduled(),
    "assessment": lambda w: w.scheduled().begun(),
    "decision": lambda w: w.in_decision(),
    "competent": _competent,
    "not_yet": _not_yet,
    "certified": _certified,
}
EARLY = ("invited", "received", "review", "correction", "eligible")
"""Stages before the class is held."""
OPEN = tuple(name for name in JOURNEY_STAGES if name != "certified")


def _attended(world: World) -> None:
    stages.running(world)
    world.now = max(world.now, at(world.days[-1], 16))
    task = next(t for t in world.open_tasks() if t.kind == "record_attendance")
    world.complete(
        actor(Role.MASTER_ASSESSOR, task.for_person), task.kind, "finish", form=stages.attendance(world)
    )
    world.answer_all()


def _reporting(world: World) -> None:
    _attended(world)
    for seat in list(world.case.seats):
        stages.tell(world, seat, "CERTIFIED", first_decision=True)
    world.answer_all()


def _completed(world: World) -> None:
    _reporting(world)
    world.complete(ORGANISER, "submit_report", "submit_report", form=c.ReportForm(report=DIGEST))
    world.complete(OPERATIONS, "accept_report", "accept_report")
    world.answer_all()


PROGRAMME_STAGES: Mapping[str, Callable[[World], object]] = {
    "submitted": stages.submitted,
    "verifying": stages.verified,
    "preparation": stages.approved,
    "ready": stages.prepared,
    "running": stages.running,
    "attended": _attended,
    "reporting": _reporting,
    "completed": _completed,
}


@dataclass(frozen=True)
class Template:
    """A stream as JSON text, and what its seats and its certificate are called in it."""

    stream: str
    opening: str
    events: tuple[str, ...]
    journeys: Mapping[str, str]
    """seat → the stream of the journey that it began."""
    certificate: str
    ended_at: datetime
    tasks: int


@cache
def journey_template(week: int, stage: str) -> Template:
    world = _JourneyOf(week)
    JOURNEY_STAGES[stage](world)
    if world.now < NOW:
        world.pass_time(NOW)
    return template_of(world, {}, world.journey.certificate)


@cache
def programme_template(week: int, stage: str) -> Template:
    world = _ProgrammeOf(week)
    world.week = week
    PROGRAMME_STAGES[stage](world)
    if world.now < NOW:
        world.pass_time(NOW)
    return template_of(world, {s.id: s.journey for s in world.case.seats.values() if s.journey})


@cache
def certificate_template(issued: datetime) -> Template:
    return template_of(_CertificateOf(issued))


def template_of(
    world: World, its_journeys: Mapping[str, str] | None = None, certificate: str = ""
) -> Template:
    return Template(
        world.opening.stream,
        world.opening.model_dump_json(),
        tuple(event.model_dump_json() for event in world.events),
        its_journeys or {},
        certificate,
        world.now,
        len(world.case.tasks),
    )


# ---- copies ------------------------------------------------------------------------------------------------


def copied(template: Template, stream: str, names: Mapping[str, str]) -> Stream:
    """The same story of other people: `names` says who stands where somebody of the template stood. Every
    other id becomes one of the copy's own, and the chain is hashed anew."""
    space = uuid.uuid5(uuid.NAMESPACE_OID, stream)
    mine = {template.stream: stream, **names}

    def token(match: re.Match[str]) -> str:
        whole, inner = match[0], match[1]
        if inner.startswith(("command-", "message-")):
            return f"{stream}-{inner}"
        return whole[: len(whole) - len(inner)] + mine.get(inner, inner)

    def own(match: re.Match[str]) -> str:
        return mine.get(match[0]) or str(uuid.uuid5(space, match[0]))

    def renamed(text: str) -> Any:
        return json.loads(_TOKEN.sub(token, _UUID.sub(own, text)))

    events = list(_chained(renamed(text) for text in template.events))
    opening = Case.model_validate(renamed(template.opening))
    return Stream(stream, opening.workflow_id, events, opening)


def _chained(bodies: Iterator[dict[str, Any]]) -> Iterator[Event]:
    head = GENESIS
    for body in bodies:
        event = Event.model_validate({**body, "prev_hash": head, "hash": ""}).sealed()
        head = event.hash
        yield event
