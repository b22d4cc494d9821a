"""What rules see: ids, dates and counts as values, read somewhere else; never a name, NIK or free text.

One model, `Facts`, bundles everything. Each field is optional: a rule that misses what it needs answers
`needs_human` with a sentence, it never guesses. `None` means "not known"; an empty tuple means "known to
be none". Days are days in WIB unless a class's own zone is meant.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from domain.calendar import Calendar
from domain.clock import Zone
from domain.policy import CURRENT, Policy
from domain.policy import policy as policy_of

Answer = Literal["accepted", "refused"]
"""What a person decided where a rule left the question to a person."""

SUBMISSIONS = frozenset({"programme_submit", "application_submit", "choose_track"})
"""Moments that are themselves the submission: their day is the submission day when none is given."""


PolicyByVersion = Annotated[
    Policy,
    BeforeValidator(lambda value: policy_of(value) if isinstance(value, str) else value),
    PlainSerializer(lambda value: value.version, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A policy that travels as its version: a history names it, and every process looks it up."""


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrganiserKind(StrEnum):
    """Who may organise or recommend (source.txt, Penyelenggara Pelatihan [S])."""

    BNSP = "BNSP"
    LSP = "LSP"
    CLSP = "CLSP"
    TECHNICAL_AGENCY = "TECHNICAL_AGENCY"

    @classmethod
    def _missing_(cls, value: object) -> "OrganiserKind | None":
        """Take the key of `domain.reference.ORGANISER_KINDS` (lower case) too."""
        return next((kind for kind in cls if isinstance(value, str) and value.upper() == kind.value), None)


class OrganiserFacts(Model):
    """An organisation as organiser (R-ORG) or as recommending institution (R-REC, R-30)."""

    id: str
    kind: OrganiserKind
    licence: Literal["NONE", "IN_PROCESS", "ACTIVE", "SUSPENDED", "REVOKED", "EXPIRED"] = "NONE"
    licence_valid_until: date | None = None
    """Last valid day; None when the licence has no known end."""
    licensed_schemes: tuple[str, ...] = ()
    """Schemes licensed by BNSP; for a technical agency, the licensed schemes that it names."""
    verified_schemes: tuple[str, ...] = ()
    approved_to_recommend: bool = False
    """BNSP approved this technical agency as a recommending institution (R-REC)."""
    bnsp_confirmed: bool | None = None
    """BNSP's own confirmation of a technical agency as organiser: a person's answer (R-ORG)."""


class UnitFacts(Model):
    """A unit of a scheme version. Logic keys on `ability`; the code is reference data."""

    id: str
    ability: str
    """`plan`, `conduct` or `validate`."""
    code: str | None = None
    title: str = ""
    verified: bool = False


class SchemeFacts(Model):
    id: str
    version: str = ""
    field: str = ""
    units: tuple[UnitFacts, ...] = ()
    licensed: bool = False


class TechnicalCertificateFacts(Model):
    """A technical certificate; `valid_until` is its last valid day."""

    field: str
    valid_until: date


class PeriodFacts(Model):
    """Work in a field, first and last day both worked; `last` None: still running."""

    field: str
    first: date
    last: date | None = None


class RecommendationFacts(Model):
    """The letter of recommendation, as present or absent parts (R-REC)."""

    organisation: str
    number_given: bool = False
    day: date | None = None
    signatory_given: bool = False
    file_digest: str = ""
    approved_by_bnsp: bool = False


class ParticipantFacts(Model):
    """A participant or candidate. `None` is "not known yet", an empty tuple is "there is none"."""

    person: str
    seat: str = ""
    class_id: str = ""
    """May stay empty where the facts hold one class only."""
    kind: Literal["main", "reserve"] = "main"
    recommending: str = ""
    """Id of the recommending organisation."""
    qualification: str | None = None
    """SMA, SMK, D1 … D4, S1 … S3, PROFESI or KKNI."""
    kkni_level: int | None = None
    """Level of a KKNI certificate, beside whatever the schooling is."""
    equivalence: Answer | None = None
    """A person's answer on equivalence to level 3 (R-Q3)."""
    technical: tuple[TechnicalCertificateFacts, ...] = ()
    field_accepted: Answer | None = None
    """A person's answer on experience in another field than the certificate's (R-TECH)."""
    exception: Answer | None = None
    """A person's answer to an exception task: a certificate lapsing by another's delay (R-TECH), or a
    class that starts after the window (R-WIN)."""
    experience: tuple[PeriodFacts, ...] = ()
    recommendation: RecommendationFacts | None = None
    recommendation_accepted: Annotated[Answer | None, Field(exclude_if=lambda v: v is None)] = None
    """A person's answer where R-REC left the recommendation to one. Left out while there is none: facts
    stand in events, and those of cases begun before this field must keep their hash."""
    it_declared: bool | None = None
    assessor_certificate_until: date | None = None
    """Last valid day of the assessor certificate that is to be renewed (R-WIN)."""
    evidence: tuple[str, ...] = ()
    """Kinds of direct evidence filed (R-KIT; names of the policy's list `direct_evidence`)."""
    kit: tuple[str, ...] = ()
    """What the participant brought (R-KIT; names of the policy's list `kit`)."""
    way: Literal["training", "upgrading", "direct"] | None = None
    """The way that the choice of track led to; `direct` needs no kit."""
    active_elsewhere: bool | None = None
    """Another application of the same person for the same scheme is open, whoever organises (R-DUP)."""


class ClassFacts(Model):
    """A class; `days` are local dates of `zone`, `trainers` and `assessors` are proposed to accepted."""

    id: str
    days: tuple[date, ...] = ()
    start_hour: int = 8
    zone: Zone = Zone.WIB
    committee: tuple[str, ...] = ()
    trainers: tuple[str, ...] = ()
    assessors: tuple[str, ...] = ()


class AssessorFacts(Model):
    """A master assessor proposed for, or assigned to, a class (or one assessment: `class_id` empty)."""

    person: str
    kind: Literal["trainer", "assessor"]
    class_id: str = ""
    fields: tuple[str, ...] = ()
    certificate_state: str = ""
    certificate_valid_until: date | None = None
    busy: tuple[date, ...] = ()
    """Days taken by other assignments, this one left out."""
    letter_issued: bool = False
    accepted: bool = False


class CommitteeFacts(Model):
    """Days on which this person is on the committee of a class outside this request (R-2)."""

    person: str
    busy: tuple[date, ...] = ()


CALENDAR_ALONE = "calendar"
"""What facts are for that are asked for the holiday table alone, with every year that it holds."""


class OverrideFacts(Model):
    """BNSP's recorded leave for one person to take two steps (R-SOD)."""

    steps: tuple[str, str]
    person: str
    reason: str
    """Id of the sealed reason; an override without one does not count."""
    by: str = ""
    """Person who recorded it."""
    class_id: str = ""
    """The class that it is for; empty: every class."""


class VoteFacts(Model):
    person: str
    competent: bool


class Facts(Model):
    """Everything that any rule may look at. Frozen; make a changed one with `model_copy(update=…)`."""

    policy: PolicyByVersion = Field(default_factory=lambda: CURRENT)
    """The policy that the case keeps."""
    moment: str = ""
    """Set by `domain.rules.matrix.run`: the name of the Moment."""
    calendar: Calendar | None = None
    today: date | None = None
    """Business day (WIB) of the act."""
    submitted_on: date | None = None
    """Submission day (WIB): the journey's own submit; while the programme is judged, the programme's
    first submit [D § 5]."""
    track: Literal["new", "recertification"] | None = None
    organiser: OrganiserFacts | None = None
    scheme: SchemeFacts | None = None
    organisations: dict[str, OrganiserFacts] = Field(default_factory=dict)
    """Recommending institutions by id; the organiser need not be repeated."""
    classes: tuple[ClassFacts, ...] = ()
    participants: tuple[ParticipantFacts, ...] = ()
    recommended_before: tuple[str, ...] = ()
    """Seats whose recommendation, of the same institution, an earlier submission of the list took (R-REC)."""
    assessors: tuple[AssessorFacts, ...] = ()
    committee_busy: tuple[CommitteeFacts, ...] = ()
    seats_main: int | None = None
    """`main` participants of the class that the act is about."""
    seats_confirmed: int | None = None
    """CONFIRMED seats of that class, the seat that moves left out (R-24)."""
    seats_offered: int | None = None
    """OFFERED seats of that class, the seat that moves left out (R-24)."""
    submitted_total: int | None = None
    """`main` participants of the list as last submitted (R-30 at a promotion)."""
    external_held: int | None = None
    """External ones among VERIFIED main, CONFIRMED, OFFERED and the promoted (R-30 at a promotion)."""
    assessment_day: date | None = None
    """Last assessment day: planned, then real. None: the last class day stands in while planning."""
    exception_until: date | None = None
    """Last assessment day that the participant's accepted exception covers (R-TECH); None: any day."""
    delayed_by: Literal["candidate", "organiser", "bnsp"] | None = None
    """Whose delay moved the assessment (R-TECH, § 6)."""
    hands: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """step → persons who had a hand in it (R-SOD)."""
    step: str = ""
    """The step that this act is, in the words of `hands`."""
    class_id: str = ""
    """The class that the act is about, where there are several."""
    actor_hands: tuple[str, ...] = ()
    """Persons who act, and on whose behalf; empty for the system."""
    recommenders: tuple[str, ...] = ()
    """Those of the persons concerned who belong to the institution that recommended the candidate (R-SOD)."""
    places_taken: int | None = None
    """Other candidates of the class whom the assessor named assesses already (R-MA); None: not asked."""
    overrides: tuple[OverrideFacts, ...] = ()
    reassessments: int = 0
    """Re-assessments held so far (R-BK)."""
    first_decision_on: date | None = None
    failing_units: tuple[str, ...] = ()
    requested_units: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """Members of the sitting (R-VOTE)."""
    chair: str = ""
    votes: tuple[VoteFacts, ...] = ()
    recommendation: Literal["K", "BK"] | None = None
    roles_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Person → roles that the person's accounts may wear now; for whoever a task is reassigned to."""
    decision: str = ""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """pydantic's own copy takes any key in silence, and a misspelt fact would turn its rule off."""
        unknown = sorted(set(update or {}) - set(type(self).model_fields))
        if unknown:
            raise ValueError(f"no such facts: {', '.join(unknown)}")
        return super().model_copy(update=update, deep=deep)

    @property
    def submission_day(self) -> date | None:
        """The day that submission rules count from; None when it is not known."""
        return self.submitted_on or (self.today if self.moment in SUBMISSIONS else None)

    def organisation(self, id: str) -> OrganiserFacts | None:
        """The organisation of that id, the organiser included; None when nothing is known of it."""
        if self.organiser is not None and self.organiser.id == id:
            return self.organiser
        return self.organisations.get(id)

    def class_of(self, participant: ParticipantFacts) -> ClassFacts | None:
        """The participant's class; the only one when the participant names none."""
        if not participant.class_id and len(self.classes) == 1:
            return self.classes[0]
        return next((c for c in self.classes if c.id == participant.class_id), None)

    def participants_of(self, class_: ClassFacts) -> tuple[ParticipantFacts, ...]:
        """The participants of that class, reserves included."""
        return tuple(p for p in self.participants if self.class_of(p) == class_)
