"""The commands themselves, the envelope in which one travels, and the receipt."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, StringConstraints
from pydantic.fields import FieldInfo

from domain.cases import Sealed
from domain.commands.forms import ClassRequest, MasterProposal, ScheduleForm, SeatRequest, TaskForm
from domain.commands.words import DIGEST, Digest, Id, Model, Number
from domain.events import digest
from domain.facts import Facts
from domain.roles import Actor


class SubmitProgramme(Model):
    """Send the request to BNSP (stage 1, Permohonan)."""

    type: Literal["submit_programme"] = "submit_programme"
    programme: Id
    organiser: Id
    track: Literal["new", "recertification"] = "new"
    classes: Annotated[tuple[ClassRequest, ...], Field(min_length=1, max_length=20)]
    seats: Annotated[tuple[SeatRequest, ...], Field(min_length=1, max_length=500)]
    masters: tuple[MasterProposal, ...] = ()
    request_digest: Digest


class WithdrawProgramme(Model):
    """Take a request back before verification began; its row is a draft again."""

    type: Literal["withdraw_programme"] = "withdraw_programme"


class CancelProgramme(Model):
    """The organiser, or operations, gives the request up for good, from the start of verification until the
    first class begins. Classes, seats, tasks and what was taken end with it; everybody concerned is told."""

    type: Literal["cancel_programme"] = "cancel_programme"
    reason: Sealed


class VerifySeats(Model):
    """The verifier accepts these participants."""

    type: Literal["verify_seats"] = "verify_seats"
    seats: Annotated[tuple[Id, ...], Field(min_length=1, max_length=500)]


class RefuseSeat(Model):
    """The verifier refuses one PROPOSED participant while the request is verified. The seat is REJECTED, its
    (person, scheme) pair is free again, and the participant reads the reason."""

    type: Literal["refuse_seat"] = "refuse_seat"
    seat: Id
    reason: Sealed


class WithdrawSeat(Model):
    """The participant gives up an open seat, or the organiser on behalf. Before the class starts it is
    offered to the first on the waiting list who is still eligible; the seat's journey ends with it."""

    type: Literal["withdraw_seat"] = "withdraw_seat"
    seat: Id
    reason: Sealed | None = None


class ConfirmVenue(Model):
    """The organiser, or operations, confirms the venue of a class that is SCHEDULED; READY waits for it. A
    class that is moved needs it again."""

    type: Literal["confirm_venue"] = "confirm_venue"
    class_id: Id


class SetCommittee(Model):
    """Name the class's committee (panitia); replaces the former one."""

    type: Literal["set_committee"] = "set_committee"
    class_id: Id
    committee: tuple[Id, ...]


class RescheduleClass(Model):
    """The organiser, or operations, moves a class that has not started to other days. `days` and `start_hour`
    are local to the zone of the class. Every date rule runs again; the class is SCHEDULED again, its venue is
    to be confirmed again, and its participants reconfirm."""

    type: Literal["reschedule_class"] = "reschedule_class"
    class_id: Id
    days: Annotated[tuple[date, ...], Field(min_length=1, max_length=30)]
    start_hour: Annotated[int, Field(ge=0, le=23)] = 8
    reason: Sealed


class CancelClass(Model):
    """The organiser, or operations, cancels a class before its start; once it is INTERRUPTED its trainer or
    the organiser does. Seats and journeys of the class end; with its last class the programme is
    CANCELLED before any class has started; otherwise it reports."""

    type: Literal["cancel_class"] = "cancel_class"
    class_id: Id
    reason: Sealed


class InterruptClass(Model):
    """A running class cannot go on for now (a trainer or the organiser)."""

    type: Literal["interrupt_class"] = "interrupt_class"
    class_id: Id
    reason: Sealed


class ResumeClass(Model):
    """An interrupted class goes on."""

    type: Literal["resume_class"] = "resume_class"
    class_id: Id


class ReplaceAssignment(Model):
    """Another master assessor takes over, by a surat tugas of their own (operations)."""

    type: Literal["replace_assignment"] = "replace_assignment"
    assignment: Id
    person: Id
    letter_number: Number
    letter_date: date
    reason: Sealed
    # left out when empty, like a letter's
    override: Annotated[Sealed | None, Field(exclude_if=lambda value: value is None)] = None
    """Why a trainer of the class may take an assessor's place in it, or the other way round (R-SOD)."""


class CheckIn(Model):
    """What a participant brought to the running class of the training kit (R-KIT; names of the policy's
    list `kit`). Once more when something was brought later: it says all that is there."""

    type: Literal["check_in"] = "check_in"
    seat: Id
    kit: Annotated[tuple[Id, ...], Field(max_length=20)]


class WithdrawJourney(Model):
    """The candidate gives the application up, or the organiser on behalf; possible until the committee
    decides."""

    type: Literal["withdraw_journey"] = "withdraw_journey"
    reason: Sealed | None = None


class RescheduleAssessment(Model):
    """Move a scheduled assessment: another day, assessor or venue. Every date rule runs again, both sign
    FR.AK.01 again."""

    type: Literal["reschedule_assessment"] = "reschedule_assessment"
    form: ScheduleForm
    asked_by_candidate: bool = False
    """The candidate asked for it: a certificate that lapses by the move is their own delay (R-TECH)."""
    reason: Sealed


class InterruptAssessment(Model):
    """Stop an assessment that cannot go on; what was filed stays, and the organiser schedules it again."""

    type: Literal["interrupt_assessment"] = "interrupt_assessment"
    reason: Sealed


class OverrideSeparation(Model):
    """BNSP operations let a trainer of this candidate assess them, too, for a recorded reason (R-SOD); the
    organiser may then schedule that person. Nobody records it for oneself."""

    type: Literal["override_separation"] = "override_separation"
    person: Id
    reason: Sealed


class ClaimTask(Model):
    """Take an OFFERED task of one's group; nobody else can then complete it. The first claim of
    `verify_programme` starts the verification."""

    type: Literal["claim_task"] = "claim_task"
    task: Id


class ReleaseTask(Model):
    """The holder gives a CLAIMED task back to its group."""

    type: Literal["release_task"] = "release_task"
    task: Id


class ReassignTask(Model):
    """Put a task back for somebody else of its group (operations)."""

    type: Literal["reassign_task"] = "reassign_task"
    task: Id
    to_person: Id | None = None
    reason: Sealed


class CommentTask(Model):
    """Write beside an open task that one may do; it changes nothing else. The text is sealed."""

    type: Literal["comment_task"] = "comment_task"
    task: Id
    text: Sealed


class CompleteTask(Model):
    """Complete a human task with one of its decisions; a negative one needs a reason."""

    type: Literal["complete_task"] = "complete_task"
    task: Id
    decision: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,40}$")]
    reason: Sealed | None = None
    evidence: tuple[Digest, ...] = ()
    form: TaskForm | None = None


Command = Annotated[
    SubmitProgramme
    | WithdrawProgramme
    | CancelProgramme
    | VerifySeats
    | RefuseSeat
    | WithdrawSeat
    | ConfirmVenue
    | SetCommittee
    | RescheduleClass
    | CancelClass
    | InterruptClass
    | ResumeClass
    | ReplaceAssignment
    | CheckIn
    | WithdrawJourney
    | RescheduleAssessment
    | InterruptAssessment
    | OverrideSeparation
    | ClaimTask
    | ReleaseTask
    | ReassignTask
    | CommentTask
    | CompleteTask,
    Field(discriminator="type"),
]

PROGRAMME_COMMANDS: tuple[type[Model], ...] = (
    SubmitProgramme,
    WithdrawProgramme,
    CancelProgramme,
    VerifySeats,
    RefuseSeat,
    WithdrawSeat,
    ConfirmVenue,
    SetCommittee,
    RescheduleClass,
    CancelClass,
    InterruptClass,
    ResumeClass,
    ReplaceAssignment,
    CheckIn,
)
JOURNEY_COMMANDS: tuple[type[Model], ...] = (
    WithdrawJourney,
    RescheduleAssessment,
    InterruptAssessment,
    OverrideSeparation,
)
TASK_COMMANDS: tuple[type[Model], ...] = (ClaimTask, ReleaseTask, ReassignTask, CommentTask, CompleteTask)


def documents_named(command: BaseModel) -> list[str]:
    """Digests of every document that a command names: its evidence, and the forms that are filed with it."""
    named: list[str] = []
    for name, info in type(command).model_fields.items():
        value = getattr(command, name, None)
        if isinstance(value, BaseModel):
            named += documents_named(value)
        elif name == "evidence":
            named += value or ()
        elif isinstance(value, str) and _is_digest(info):
            named.append(value)
    return named


def _is_digest(field: FieldInfo) -> bool:
    """Is the field a Digest, or one that may be left out (`Digest | None`)?"""
    return DIGEST in field.metadata or Digest in get_args(field.annotation)


class Envelope(Model):
    """A command on its way into a case: who, when, and the facts that its guards need."""

    command_id: str
    command: Command
    actor: Actor
    facts: Facts
    as_of: datetime
    """When the facts were read (UTC)."""
    business_at: datetime | None = None
    """Stamped by the gateway in a simulation; None in real time, where the workflow's clock counts."""

    @property
    def command_digest(self) -> str:
        """Digest of the command's body: the same command id with another body is a conflict."""
        return digest(self.command.model_dump(mode="json"))


class Receipt(Model):
    """Proof that a case took a command: its place in the chain and the state it left behind."""

    stream: str
    seq: int
    hash: str
    state: str
    command_id: str
    command_digest: str
    created: dict[str, Any] = Field(default_factory=dict)
    """`tasks`: the tasks that the command opened, `{"id": …, "kind": …}` each, so that whoever is next need
    not wait for a list to show them. Empty on the receipt of a command that was sent again."""
