"""Parts of a programme's request, and the forms that complete a task with more than a decision."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.cases import Renewal, Sealed, UnitResult, Vote
from domain.clock import Zone
from domain.commands.words import Digest, Id, Model, Number


class ClassRequest(Model):
    """A class as it is asked for. `days` are local dates of `zone`, and `start_hour` is the hour (0–23) of
    that zone at which each of them begins."""

    id: Id
    label: Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9 -]+$")]
    days: Annotated[tuple[date, ...], Field(min_length=1, max_length=30)]
    start_hour: Annotated[int, Field(ge=0, le=23)] = 8
    zone: Zone = Zone.WIB
    venue: Id
    committee: tuple[Id, ...] = ()


class SeatRequest(Model):
    """A participant as proposed; what rules see of the person comes as facts."""

    id: Id
    class_id: Id
    person: Id
    kind: Literal["main", "reserve"]
    recommending: Id


class MasterProposal(Model):
    """A master assessor whom the organiser proposes for a class; operations assign by letter."""

    class_id: Id
    person: Id
    kind: Literal["trainer", "assessor"]


class SeatReason(Model):
    """Why this participant is left out."""

    seat: Id
    reason: Sealed


class ApproveWithoutForm(Model):
    """The participants that the approver leaves out; `reasons`: what each is told of why, beside the
    decision's own reason."""

    form: Literal["approve_without"] = "approve_without"
    seats: Annotated[tuple[Id, ...], Field(min_length=1)]
    # Left out while empty: the digest of a command of before this field stands in events.
    reasons: Annotated[tuple[SeatReason, ...], Field(max_length=500, exclude_if=lambda v: not v)] = ()


class Letter(Model):
    """One surat tugas. `class_id` is the class's id, or the application's where a re-assessment makes its own
    assignment. `letter_date` is the day printed on it (WIB)."""

    class_id: Id
    person: Id
    kind: Literal["trainer", "assessor"]
    letter_number: Number
    letter_date: date
    # left out when empty: the digest of a command of before this field stands in events
    override: Annotated[Sealed | None, Field(exclude_if=lambda value: value is None)] = None
    """Why this person is to train and to assess the same class (R-SOD); only where it is needed."""


class LettersForm(Model):
    """Surat tugas for master assessors: one assignment each."""

    form: Literal["letters"] = "letters"
    assignments: Annotated[tuple[Letter, ...], Field(min_length=1, max_length=60)]


class PointsForm(Model):
    """What must be mended, point by point."""

    form: Literal["points"] = "points"
    points: Annotated[tuple[Sealed, ...], Field(min_length=1, max_length=50)]


class ResubmitProgrammeForm(Model):
    """The corrected request. Who stays keeps the seat id; who is new gets a new one."""

    form: Literal["resubmit_programme"] = "resubmit_programme"
    classes: Annotated[tuple[ClassRequest, ...], Field(min_length=1, max_length=20)]
    seats: Annotated[tuple[SeatRequest, ...], Field(min_length=1, max_length=500)]
    masters: tuple[MasterProposal, ...] = ()
    request_digest: Digest


class ApplicationForm(Model):
    """FR.APL.01 and FR.APL.02 with the consent to process personal data (kept apart from AK.01)."""

    form: Literal["application"] = "application"
    apl01: Digest
    apl02: Digest
    consent_version: Number
    it_declared: bool
    # left out when empty: the digest of a command that was sent before must stay as it was
    renewed: Annotated[Renewal | None, Field(exclude_if=lambda value: value is None)] = None
    """A technical certificate that was renewed since the request; its document is uploaded first."""


class ReviewerForm(Model):
    """Who is to review the candidate's documents."""

    form: Literal["reviewer"] = "reviewer"
    reviewer: Id


class ReviewForm(Model):
    """Requirements (rule ids) that the machine left to a person, and that the reviewer resolved."""

    form: Literal["review"] = "review"
    resolved: tuple[Id, ...] = ()


class ScheduleForm(Model):
    """Who assesses, where, and on which `day`: a local date of the class's zone, WIB without a class."""

    form: Literal["schedule"] = "schedule"
    assessor: Id
    venue: Id
    day: date


class RescheduleClassForm(Model):
    """New class days: `days` and `start_hour` are local to the zone of the class."""

    form: Literal["reschedule_class"] = "reschedule_class"
    days: Annotated[tuple[date, ...], Field(min_length=1, max_length=30)]
    start_hour: Annotated[int, Field(ge=0, le=23)] = 8


class AttendanceForm(Model):
    """Attendance of a whole class in one act: seat id → the days that the person was there."""

    form: Literal["attendance"] = "attendance"
    attended: dict[Id, tuple[date, ...]]


class BeginForm(Model):
    """FR.MAPA.01 (`mapa`) and FR.MAPA.02 (`mapa02`), both filed before the assessment begins."""

    form: Literal["begin"] = "begin"
    mapa: Digest
    # left out when empty: the digest of a command that was sent before must stay as it was
    mapa02: Annotated[Digest | None, Field(exclude_if=lambda value: value is None)] = None
    """Empty only in what was filed before both were kept."""


class UnitsForm(Model):
    """FR.AK.02 and FR.AK.05: K or BK for each unit under assessment. A candidate's refusal to sign the
    result is recorded and never blocks the way."""

    form: Literal["units"] = "units"
    results: Annotated[tuple[UnitResult, ...], Field(min_length=1, max_length=40)]
    ak02: Digest
    ak05: Digest
    candidate_refused_to_sign: bool = False


class ConveneForm(Model):
    """The sitting of the decision committee: its members, one of them the chair."""

    form: Literal["convene"] = "convene"
    members: Annotated[tuple[Id, ...], Field(min_length=1, max_length=15)]
    chair: Id


class VotesForm(Model):
    """The committee's votes, one for each member who was convened, and the number of its minutes."""

    form: Literal["votes"] = "votes"
    votes: Annotated[tuple[Vote, ...], Field(min_length=1, max_length=15)]
    minutes_number: Number


class NumbersForm(Model):
    """The three numbers as BNSP gives them, kept apart. `valid_until` empty: issue date + the policy's
    months, last day included."""

    form: Literal["numbers"] = "numbers"
    certificate_number: Number
    registration_number: Number
    blank_number: Number
    valid_until: date | None = None


class ReportForm(Model):
    """The organiser's report, as the digest of the uploaded document."""

    form: Literal["report"] = "report"
    report: Digest


TaskForm = Annotated[
    ApproveWithoutForm
    | LettersForm
    | PointsForm
    | ResubmitProgrammeForm
    | ApplicationForm
    | ReviewerForm
    | ReviewForm
    | ScheduleForm
    | RescheduleClassForm
    | AttendanceForm
    | BeginForm
    | UnitsForm
    | ConveneForm
    | VotesForm
    | NumbersForm
    | ReportForm,
    Field(discriminator="form"),
]
