"""A journey driven without a server, in the programme tests' world: one candidate of class-a."""

from datetime import timedelta
from typing import Any

from activities.contracts import Message
from domain import commands as c
from domain.cases import REVISION, Case, Journey, UnitResult, Vote
from domain.clock import at, local_day
from domain.events import Event
from domain.facts import Facts, ParticipantFacts
from domain.ids import journey_workflow
from domain.openings import JourneyOpening
from domain.policy import default
from domain.roles import Actor, Role
from tests.support.programmes import (
    CALENDAR,
    DIGEST,
    FIELD,
    OPERATIONS,
    ORGANISER,
    SCHEME,
    START,
    World,
    actor,
    participant,
    sealed,
)
from workflows.cases.journey import JOURNEY_LOGIC, open_journey

CANDIDATE = actor(Role.CANDIDATE, "p1")
REVIEWER = actor(Role.REVIEWER, "reviewer-1")
ASSESSOR = actor(Role.MASTER_ASSESSOR, "m3")
CHAIR = actor(Role.COMMITTEE, "k1")
MEMBERS = ("k1", "k2", "k3")
UNITS = tuple(u.id for u in SCHEME.units)
APPLICATION = c.ApplicationForm(apl01=DIGEST, apl02=DIGEST, consent_version="2026-01", it_declared=True)
REASON = sealed("reason")
PLANS = c.BeginForm(mapa=DIGEST, mapa02=DIGEST)
"""FR.MAPA.01 and FR.MAPA.02."""
NUMBERS = c.NumbersForm(
    certificate_number="sert/1  2026", registration_number="met.000.1", blank_number="BL 7"
)
POINTS = c.PointsForm(points=(sealed("point"),))


def votes(*competent: bool) -> c.VotesForm:
    return c.VotesForm(
        votes=tuple(Vote(person=f"k{n}", competent=yes) for n, yes in enumerate(competent, 1)),
        minutes_number="BA/1",
    )


class JourneyWorld(World):
    """One journey, opened by programme-1, and everybody who acts on it."""

    logic = JOURNEY_LOGIC

    def __init__(self, candidate: ParticipantFacts | None = None, *, opened: bool = True) -> None:
        super().__init__([candidate or participant(1)])
        self.opening = self.case = Case(
            stream="application-1",
            kind="journey",
            workflow_id=journey_workflow("p1", SCHEME.id),
            head="",
            policy_version=default().version,
            revision=REVISION,
            calendar=CALENDAR,
            clock="simulation",
            business_at=START,
        )
        if opened:
            self.system(lambda turn: open_journey(turn, self.start()))

    def start(self, **changes: Any) -> JourneyOpening:
        opening = JourneyOpening(
            application="application-1",
            workflow_id=self.case.workflow_id,
            person="p1",
            scheme=SCHEME.id,
            scheme_version="1",
            field=FIELD,
            units=SCHEME.units,
            track="new",
            organiser="LSP-TIK",
            programme="programme-1",
            programme_workflow="programme-programme-1",
            class_id="class-a",
            seat="s1",
            facts=self.people[0],
            class_days=self.days,
            zone="WIB",
            venue="TUK-1",
            hands={"submitter": ("person-organiser",), "recommender": ("recommender-1",)},
        )
        return opening.model_copy(update=changes)

    def facts(self, **changes: Any) -> Facts:
        """As rows would answer: no class, no hands; the case knows those itself."""
        return super().facts(classes=(), hands={}, **changes)

    @property
    def journey(self) -> Journey:
        return self.case.journey

    @property
    def kinds(self) -> list[str]:
        return sorted(t.kind for t in self.open_tasks())

    def asked(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of every errand of that kind so far."""
        return [e.body for e in self.case.errands.values() if e.kind == kind]

    def told(self) -> list[str]:
        """States that the programme was told, in order."""
        return [e["body"]["state"] for e in self.asked("message")]

    def findings(self, *pairs: tuple[str, str]) -> Event:
        found = [{"requirement": r, "outcome": o, "facts": {}} for r, o in pairs]
        return self.answer("review_documents", "", {"findings": found})

    def hear(self, type_: str, application: str = "application-1", **body: Any) -> Event:
        message = Message(
            id=f"message-{len(self.events)}",
            type=type_,
            sender="programme-1",
            sender_workflow="programme-programme-1",
            to_workflow=self.case.workflow_id,
            application=application,
            body=body,
        )
        return self.system(lambda turn: JOURNEY_LOGIC.message(turn, message))

    # ---- the way, step by step -------------------------------------------------------------

    def submitted(self) -> "JourneyWorld":
        self.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
        self.answer_all()
        return self

    def in_review(self) -> "JourneyWorld":
        self.submitted()
        self.complete(
            OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer="reviewer-1")
        )
        return self

    def eligible(self) -> "JourneyWorld":
        self.in_review()
        self.complete(REVIEWER, "review_documents", "accept")
        return self

    def trained(self, **changes: Any) -> Event:
        self.now = max(self.now, at(self.days[-1], 16))
        body = {
            "attended": [d.isoformat() for d in self.days],
            "trainers": ["m1", "m2"],
            "assessors": ["m3", "m4"],
        }
        return self.hear("training_recorded", **{**body, **changes})

    def ready(self) -> "JourneyWorld":
        self.eligible()
        self.trained()
        return self

    def form(self, assessor: str = "m3", days: int = 3) -> c.ScheduleForm:
        day = CALENDAR.add_working_days(local_day(self.now), days)
        return c.ScheduleForm(assessor=assessor, venue="TUK-1", day=day)

    def scheduled(self) -> "JourneyWorld":
        if self.case.state == "INVITED":
            self.ready()
        self.complete(ORGANISER, "schedule_assessment", "schedule", form=self.form())
        self.answer_all()
        return self

    def reassessed(self, form: c.ScheduleForm | None = None) -> "JourneyWorld":
        """A re-assessment is scheduled, its day taken, its letter issued and accepted."""
        self.complete(ORGANISER, "reassess", "reassess", form=form or self.form("m4"))
        self.answer_all()
        return self.lettered()

    def lettered(self) -> "JourneyWorld":
        """Operations issue the letter of the journey's own assignment; the master assessor accepts."""
        self.letter()
        self.complete(self.assessor(), "answer_assignment", "accept")
        return self

    def letter(self, person: str = "") -> Event:
        letter = c.Letter(
            class_id="class-a",
            person=person or self.journey.assessor,
            kind="assessor",
            letter_number="ST/9",
            letter_date=local_day(self.now),
        )
        return self.complete(
            OPERATIONS, "assign_master_assessors", "assign", form=c.LettersForm(assignments=(letter,))
        )

    def to_the_day(self) -> None:
        assert self.journey.assessment_day
        self.now = max(self.now, at(self.journey.assessment_day, 9))

    def sign(self) -> None:
        for person, role in (
            (CANDIDATE.person, Role.CANDIDATE),
            (self.journey.assessor, Role.MASTER_ASSESSOR),
        ):
            task = next(t for t in self.open_tasks() if t.kind == "sign_agreement" and t.for_person == person)
            self.send(actor(role, person), c.CompleteTask(task=task.id, decision="sign"))

    def begun(self) -> "JourneyWorld":
        self.answer_all()
        self.to_the_day()
        self.sign()
        assessor = self.assessor()
        self.complete(assessor, "begin_assessment", "begin", form=PLANS)
        return self

    def assessor(self) -> Actor:
        return actor(Role.MASTER_ASSESSOR, self.journey.assessor)

    def file(self, **results: str) -> Event:
        units = dict.fromkeys(self.journey.to_assess, "K") | results
        form = c.UnitsForm(
            results=tuple(UnitResult(unit=u, result=r) for u, r in units.items()),
            ak02=DIGEST,
            ak05=DIGEST,
        )
        return self.complete(self.assessor(), "file_assessment", "recommend", form=form)

    def convened(self) -> "JourneyWorld":
        self.complete(OPERATIONS, "convene", "convene", form=c.ConveneForm(members=MEMBERS, chair="k1"))
        return self

    def in_decision(self, **results: str) -> "JourneyWorld":
        self.scheduled().begun().file(**results)
        return self.convened()

    def not_yet(self) -> "JourneyWorld":
        """Through an assessment with BK in one unit to the decision BK."""
        self.complete(CHAIR, "decide", "decide_not_yet", form=votes(False, False, True), reason=REASON)
        self.answer_all()
        return self

    def later(self, **span: int) -> list[str]:
        return self.pass_time(self.now + timedelta(**span))


def refusal(world: JourneyWorld, who: Actor, kind: str, decision: str, **more: Any) -> list[str]:
    """Rule ids of what stands in the way of that decision."""
    task = world.task(kind)
    return world.refused(who, c.CompleteTask(task=task.id, decision=decision, **more))


def send_back(world: JourneyWorld) -> None:
    world.complete(REVIEWER, "review_documents", "send_back", form=POINTS)


def no_show(world: JourneyWorld) -> None:
    world.to_the_day()
    world.complete(world.assessor(), "begin_assessment", "no_show")


def recommended(**results: str) -> JourneyWorld:
    world = JourneyWorld().scheduled().begun()
    world.file(**results)
    return world


def reassess(world: JourneyWorld, **results: str) -> None:
    world.reassessed().begun().file(**results)
    world.convened()


def competent() -> JourneyWorld:
    world = recommended().convened()
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    world.answer_all()
    return world
