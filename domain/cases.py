"""The things a case is made of. Plain data with a `state`; who may move it stands in state_machines.

Every id is opaque. Names, NIK, e-mail and free text never stand here: a person is a person id, a
reason is a `Sealed` (id and commitment of a text that is stored encrypted elsewhere).
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.calendar import Calendar
from domain.clock import Zone
from domain.facts import OverrideFacts, ParticipantFacts, UnitFacts


class Sealed(BaseModel):
    """A free text that is stored encrypted: its id, and the salted commitment to its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    commitment: str


class Entity(BaseModel):
    """One thing with a state. `id` is unique in its kind."""

    model_config = ConfigDict(extra="forbid")

    id: str
    state: str


class Programme(Entity):
    """One request of an organiser, with all its classes (stages 1 to 4)."""

    organiser: str
    organiser_kind: str
    track: Literal["new", "recertification"]
    scheme: str
    scheme_version: str
    field: str
    units: tuple[UnitFacts, ...] = ()
    submitted_at: datetime
    """First submit (of the request as it stands, if one was taken back before); the submission day of every
    rule that judges the programme."""
    submitted_total: int = 0
    submitted_external: int = 0
    send_backs: int = 0
    share_flagged: bool = False
    """The external share stands above the limit, by a partial approval or a withdrawal (R-30)."""
    suspended_from: str = ""
    request_digest: str = ""
    report_digest: str = ""
    organiser_answer: Literal["", "accepted", "refused"] = ""
    """A verifier's answer where R-ORG left the organiser to a person; refused, the request goes no
    further."""
    letters: tuple[str, ...] = ()


class Class(Entity):
    """One class: its days (local dates of `zone`), its committee and its venue."""

    label: str
    days: tuple[date, ...]
    start_hour: int
    zone: Zone
    venue: str
    venue_confirmed: bool = False
    committee: tuple[str, ...] = ()
    attendance_recorded: bool = False


class Seat(Entity):
    """One participant in one class."""

    class_id: str
    person: str
    kind: Literal["main", "reserve"]
    recommending: str
    external: bool
    position: int = 0
    """Place on the waiting list; smaller is earlier. 0 for main seats."""
    offers: int = 0
    facts: ParticipantFacts
    journey: str = ""
    """The application's uuid; the journey's workflow id is made of person and scheme."""
    journey_state: str = ""
    first_decision: bool = False
    attended: tuple[date, ...] = ()
    pair_taken: bool = False
    """The (person, scheme) pair of R-DUP is reserved for this seat."""
    reason: Sealed | None = None
    """Why a person refused this participant."""
    exception_until: date | None = None
    """The last class day that a verifier excused after the class moved, and every earlier one (R-TECH)."""


class Assignment(Entity):
    """A master assessor for one class (or, later, one re-assessment)."""

    person: str
    kind: Literal["trainer", "assessor"]
    class_id: str = ""
    letter_number: str = ""
    letter_date: date | None = None
    days_taken: bool = False
    override: Sealed | None = None
    """Why BNSP lets this person both train and assess the class (R-SOD)."""
    override_by: str = ""
    """Person who recorded it."""
    days_with: str = ""
    """The person's other assignment to this class, whose days this one shares: a day is taken once."""


class UnitResult(BaseModel):
    """K (competent) or BK (not yet competent) for one unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str
    result: Literal["K", "BK"]


class DocumentFinding(BaseModel):
    """What the machine's review found for one requirement (rule id)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requirement: str
    outcome: str
    facts: dict[str, Any] = Field(default_factory=dict)


class Renewal(BaseModel):
    """A technical certificate that its holder renewed after the application was first filed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    renews: date
    """Last day of the certificate that was renewed: it says which one."""
    valid_until: date
    """The new last day."""
    document: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the uploaded certificate, by which the reviewer judges it."""


class Vote(BaseModel):
    """One committee member's vote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    competent: bool


class DutyOverride(BaseModel):
    """BNSP's leave for one person to train and to assess this candidate (R-SOD); `by`: the person who
    recorded it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    reason: Sealed
    by: str


class Journey(Entity):
    """One candidate's certification, from application to decision. `id` is the application's uuid."""

    person: str
    scheme: str
    scheme_version: str
    field: str
    units: tuple[UnitFacts, ...]
    track: Literal["new", "recertification"]
    organiser: str
    programme: str = ""
    """Stream of the programme; empty for a journey that stands alone."""
    programme_workflow: str = ""
    class_id: str = ""
    seat: str = ""
    facts: ParticipantFacts
    class_days: tuple[date, ...] = ()
    zone: Zone = Zone.WIB
    submitted_at: datetime | None = None
    forms: dict[str, str] = Field(default_factory=dict)
    """`form_type + template_version` → digest of what was filed."""
    consent_version: str = ""
    renewed: Annotated[tuple[Renewal, ...], Field(exclude_if=lambda value: not value)] = ()
    """Renewed technical certificates, in the order that they were handed in. Left out while there is none:
    journeys stand in events."""
    findings: tuple[DocumentFinding, ...] = ()
    reviewer: str = ""
    send_backs: int = 0
    training_recorded: bool = False
    trainers: tuple[str, ...] = ()
    """The class's proposed to accepted trainers; once the training is recorded, those who trained."""
    assessors: tuple[str, ...] = ()
    """Accepted assessors of the class; the schedule picks one."""
    overrides: tuple[DutyOverride, ...] = ()
    assessor: str = ""
    assessment_day: date | None = None
    venue: str = ""
    place: str = ""
    """The errand that takes the assessor's place (and day) for this candidate; empty once it is used."""
    candidate_delayed: bool = False
    """The candidate asked for a later day: a certificate that lapses by it is their own delay (R-TECH)."""
    exception_day: date | None = None
    """The assessment day that a verifier is asked to excuse (R-TECH)."""
    exception_until: date | None = None
    """The assessment day that a verifier excused, and every earlier one."""
    signed: tuple[str, ...] = ()
    """Persons who signed AK.01 for the present schedule."""
    no_shows: int = 0
    to_assess: tuple[str, ...] = ()
    """Units of the present (re-)assessment."""
    results: tuple[UnitResult, ...] = ()
    """Standing result of every unit assessed so far: the latest one wins."""
    reassessments: int = 0
    decided_at: datetime | None = None
    first_decided_at: datetime | None = None
    minutes_number: str = ""
    votes: tuple[Vote, ...] = ()
    members: tuple[str, ...] = ()
    chair: str = ""
    appealed_from: str = ""
    """State whose result was appealed against; it stays after a dismissal: no second appeal."""
    certificate: str = ""
    """Stream id of the certificate, once numbers were taken."""
    numbers: dict[str, str] = Field(default_factory=dict)
    valid_until: date | None = None


class Certificate(Entity):
    """A certificate: three numbers kept apart, and the printed last day."""

    person: str
    scheme: str
    scheme_version: str
    journey: str
    certificate_number: str
    registration_number: str
    blank_number: str
    issued_on: date
    valid_until: date
    check_code: str = ""
    pdf_digest: str = ""
    reminded: tuple[str, ...] = ()


class Task(Entity):
    """Something a person owes. Escalation is a level, not a state (catalogue: domain/policy.py)."""

    kind: str
    subject: str
    """Id of the entity that it is about."""
    group: str
    for_person: str = ""
    """Set when exactly one person can do it."""
    for_organisation: str = ""
    opened_at: datetime
    due_at: datetime
    reminders: tuple[datetime, ...] = ()
    """Those still to be sent."""
    level: int = 0
    """0: the group alone; n: the first n groups of the escalation chain see it too."""
    priority: int = 0
    holder: str = ""
    """Person who claimed it."""
    reminded: int = 0
    decision: str = ""
    reason: Sealed | None = None
    evidence: tuple[str, ...] = ()
    comments: tuple[Sealed, ...] = ()
    completed_at: datetime | None = None
    completed_by: str = ""
    late: bool = False
    points: tuple[Sealed, ...] = ()
    """What must be mended, for correction tasks."""
    rules: tuple[str, ...] = ()
    """Ids of the rules whose open question is to be decided, for `resolve_…` tasks."""


class Deadline(Entity):
    """A moment at which the case moves by itself. States: WAITING, PASSED, CLEARED."""

    kind: str
    subject: str
    at: datetime


class Errand(Entity):
    """Something the workflow asked of the world; its answer is a second event.

    States: ASKED, ANSWERED. `kind` names the activity or message; `body` holds ids only.
    """

    kind: str
    subject: str
    body: dict[str, Any] = Field(default_factory=dict)
    answer: dict[str, Any] = Field(default_factory=dict)


REVISION = 3
"""What cases begin with now. A change of what may be done (or of what an act does) that a stored history
would not survive asks `case.revision`, so that a case ends under the logic that it began with:

0  every case begun before revisions were counted
1  master assessors are judged when letters are issued and at READY; participants are bound by R-SOD; a
   verifier's answer is kept for its rule alone; a corrected request counts as the case will take it; a
   journey takes its assessor's place, a re-assessment needs a letter and its answer, an exception covers one
   day, a lapse while waiting goes back to the documents, and what the reviewer resolves has its reason
2  a technical certificate is watched also while a scheduled assessment has lost its assessor
3  a deadline, an answer or a message for which the calendar lacks a year waits for the newer table; only
   an assessor who accepted the letter records a no-show; an organiser that was accepted is not asked about
   again; a certificate that lapses while waiting asks a verifier first, unless the candidate delayed,
   and its review counts anew how often it sends back
"""

KINDS: dict[str, type[Entity]] = {
    "programme": Programme,
    "class": Class,
    "seat": Seat,
    "assignment": Assignment,
    "journey": Journey,
    "certificate": Certificate,
    "task": Task,
    "deadline": Deadline,
    "errand": Errand,
}
"""Entity kinds by the name that events use. The first six and `task` have a machine of that name."""


class Case(BaseModel):
    """Everything one workflow knows: the fold of its events. Pure data, carried through
    continue-as-new as it is."""

    model_config = ConfigDict(extra="forbid")

    stream: str
    kind: Literal["programme", "journey", "certificate"]
    workflow_id: str
    seq: int = 0
    head: str
    policy_version: str
    revision: int = 0
    """The revision of the logic that the case began with (see REVISION); stays for its whole life."""
    calendar: Calendar
    clock: Literal["real", "simulation"] = "real"
    business_at: datetime
    """The latest business moment seen; never goes back."""
    hands: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """step → persons who had a hand in it (R-SOD)."""
    entities: dict[str, dict[str, Any]] = Field(default_factory=dict)
    receipts: dict[str, tuple[int, str, str]] = Field(default_factory=dict)
    """command id → (seq, hash of the event, digest of the command)."""
    messages: dict[str, int] = Field(default_factory=dict)
    """ids of messages received → seq at which they were recorded."""

    def model_post_init(self, _context: Any) -> None:
        """Turn plain dictionaries (from JSON) into entities."""
        for kind, model in KINDS.items():
            bag = self.entities.get(kind, {})
            self.entities[kind] = {
                key: value if isinstance(value, model) else model.model_validate(value)
                for key, value in bag.items()
            }

    def bag(self, kind: str) -> dict[str, Any]:
        """All entities of one kind by id, in the order they were made."""
        bag: dict[str, Any] = self.entities[kind]
        return bag

    @property
    def programme(self) -> Programme:
        """The programme of a programme case."""
        return next(iter(self.entities["programme"].values()))  # type: ignore[no-any-return]  # bag is typed by KINDS

    @property
    def journey(self) -> Journey:
        """The journey of a journey case."""
        return next(iter(self.entities["journey"].values()))  # type: ignore[no-any-return]  # bag is typed by KINDS

    @property
    def certificate(self) -> Certificate:
        """The certificate of a certificate case."""
        return next(iter(self.entities["certificate"].values()))  # type: ignore[no-any-return]  # bag is typed by KINDS

    @property
    def classes(self) -> dict[str, Class]:
        return self.entities["class"]

    @property
    def seats(self) -> dict[str, Seat]:
        return self.entities["seat"]

    @property
    def assignments(self) -> dict[str, Assignment]:
        return self.entities["assignment"]

    @property
    def tasks(self) -> dict[str, Task]:
        return self.entities["task"]

    @property
    def deadlines(self) -> dict[str, Deadline]:
        return self.entities["deadline"]

    @property
    def errands(self) -> dict[str, Errand]:
        return self.entities["errand"]

    @property
    def overrides(self) -> tuple[OverrideFacts, ...]:
        """BNSP's recorded leaves to train and to assess (R-SOD): a programme's for one class each, a
        journey's for its candidate."""
        given = [
            (a.class_id, a.person, a.override, a.override_by)
            for a in self.assignments.values()
            if a.override is not None
        ]
        for j in self.entities["journey"].values():
            given += [("", o.person, o.reason, o.by) for o in j.overrides]
        return tuple(
            OverrideFacts(
                steps=("trainer", "assessor"), person=person, reason=reason.id, by=by, class_id=class_id
            )
            for class_id, person, reason, by in given
        )

    @property
    def main(self) -> Entity | None:
        """The entity that the case is named after; None before the first event."""
        bag = self.entities[self.kind]
        return next(iter(bag.values()), None)

    @property
    def state(self) -> str:
        """State of the main entity; empty before the first event."""
        main = self.main
        return main.state if main else ""
