"""What workflows may ask of the world: names, input and output. Imports `domain` alone.

Every activity takes one model and gives one model. Names are part of stored histories: they never change.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.cases import Case, DocumentFinding
from domain.commands import Envelope
from domain.events import Event
from domain.facts import Facts, ParticipantFacts

LEDGER_APPEND = "ledger_append"
READ_FACTS = "read_facts"
AUTHORISE_SIGNAL = "authorise_signal"
RECORD_DENIAL = "record_denial"
DELIVER_MESSAGE = "deliver_message"
RESERVE = "reserve"
RELEASE = "release"
REVIEW_DOCUMENTS = "review_documents"
RENDER_CERTIFICATE = "render_certificate"

CASE_WORKFLOWS = ("TrainingProgramme", "CertificationJourney", "Certificate")
"""The types of the workflows whose histories are witnesses of the ledger."""

# Names of non-retryable failures (ApplicationError types), which workflows tell apart.
LEDGER_FORKED = "LedgerForked"
LEDGER_BEHIND = "LedgerBehind"

FORKED = "ledger:forked"
"""What a case says of itself (`attention` of its query `status`) while it takes nothing more: its record in
the ledger is not its own."""


class Contract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AppendRequest(Contract):
    """Events of one stream, in order, to be written with their projection and notices in one
    transaction. `opening` is the empty case before the first event; needed when `events[0].seq` is 1."""

    stream: str
    workflow_id: str
    events: tuple[Event, ...]
    opening: Case | None = None


class AppendAnswer(Contract):
    head_seq: int
    head_hash: str


class FactsRequest(Contract):
    """Facts that a move of the system needs. `purpose` names the moment of the matrix or the deadline."""

    stream: str
    kind: Literal["programme", "journey", "certificate"]
    purpose: str
    subject: str = ""
    seq: int
    """The case's events so far: the activity waits until the projection has caught up with them, so that
    no case has to travel through a history."""


class FactsAnswer(Contract):
    facts: Facts


class Message(Contract):
    """From one case to another. `application` is the application's uuid: a message meant for an earlier
    application of the same person and scheme is ignored."""

    id: str
    type: Literal[
        "training_recorded", "seat_closed", "journey_moved", "assignment_changed", "class_moved", "thaw"
    ]
    """`thaw` comes from operations, after a frozen stream was mended: the case asks its ledger again."""
    sender: str
    """Stream of the sending case."""
    sender_workflow: str
    to_workflow: str
    application: str
    body: dict[str, Any] = Field(default_factory=dict)
    business_at: Annotated[datetime | None, Field(exclude_if=lambda value: value is None)] = None
    """Business time (UTC) at the sender; in a simulation alone, where a case that waits for nothing of its
    own would otherwise take the message at the time of its last event."""


class SignedMessage(Contract):
    message: Message
    token: str
    """HMAC over sender, target, message id and body digest; made and checked by activities only."""


class Delivered(Contract):
    outcome: Literal["delivered", "closed"]


class AuthoriseRequest(Contract):
    """A signal as it came, before anything in it is believed."""

    workflow_id: str
    stream: str
    kind: str
    name: str
    body: Any
    """JSON value, or None when it could not be decoded."""
    problem: str = ""
    seq: int
    """As in FactsRequest."""


class Authorised(Contract):
    """Exactly one of the three is set."""

    envelope: Envelope | None = None
    message: Message | None = None
    refused: str = ""
    """Rule id of the refusal; the denial has been recorded by the activity."""


class Denial(Contract):
    """A refused signal or request, for the record of denials. Rule ids only."""

    stream: str
    workflow_id: str
    what: str
    rules: tuple[str, ...]
    account: str = ""


class Done(Contract):
    pass


class Key(Contract):
    """One scarce thing: kind `pair`, `master_day`, `committee_day`, `certificate_number`, `blank_number` or
    `registration_number` (person-bound). `key` is made by domain/ids: opaque ids, a local date, or a number
    as BNSP gave it."""

    kind: str
    key: str


class Share(Contract):
    """What several cases take together: the keys are `holder`'s, and each case that uses them has one of its
    `places`. The keys are free again when the last case has given its use back."""

    holder: str
    places: int


class ReserveRequest(Contract):
    """Take keys for `holder` (stream/subject) in one transaction. A key that the same holder has already
    counts as taken, so that asking twice gives the same answer. `all_or_nothing`: one refusal takes none; so
    it always is with a `share`, where a missing place is refused as a key of kind `assessor_place`."""

    stream: str
    holder: str
    keys: tuple[Key, ...]
    all_or_nothing: bool = True
    share: Share | None = None


class ReserveAnswer(Contract):
    """Each key that was asked for, either way. A refusal does not say who has it."""

    taken: tuple[Key, ...] = ()
    refused: tuple[Key, ...] = ()


class ReleaseRequest(Contract):
    """Give back the holder's keys: all of them, or those named."""

    stream: str
    holder: str
    keys: tuple[Key, ...] = ()


class ReviewRequest(Contract):
    """What a machine can check of a candidate's evidence."""

    stream: str
    application: str
    person: str
    facts: ParticipantFacts
    policy_version: str
    seat: str = ""


class ReviewAnswer(Contract):
    findings: tuple[DocumentFinding, ...]


class RenderRequest(Contract):
    """Make the certificate's PDF with its QR; the same request gives the same document.

    The first request of a stream makes its check code; every later one finds it again."""

    stream: str
    """The certificate's."""
    person: str
    scheme: str
    scheme_version: str = ""
    """Empty: the scheme's current version."""
    certificate_number: str
    registration_number: str
    blank_number: str
    issued_on: str
    valid_until: str
    """Last valid day; both days in ISO form."""
    policy_version: str = ""
    """Empty: the policy of new cases. Tells whether BNSP has verified the certificate's form."""
    simulation: bool


class RenderAnswer(Contract):
    digest: str
    check_code: str
