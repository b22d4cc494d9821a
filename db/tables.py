"""What is stored of cases: the ledger, its projection for lists, and what is scarce across cases.

`events`, `streams` and `checkpoints` are the witness. Every table of PROJECTED can be made again from events
alone (db.ledger.rebuild). Persons, organisations, accounts and documents stand in db/people_tables.py.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text, column, literal_column
from sqlmodel import Field, SQLModel

from db.base import Json, UtcDateTime, partial

COUNTED = "stream case_kind kind state group_role for_person for_organisation holder level seen_by opened_at"
"""Columns by which open tasks are counted. They stand in the index of open tasks, so that counting reads that
alone: as much as there is open, however many tasks there ever were."""


# ---- the ledger ----------------------------------------------------------------------------------


class EventRow(SQLModel, table=True):
    """One link of a chain. Append-only: a trigger refuses UPDATE and DELETE.

    `body` is the canonical JSON that the hash was taken over, byte for byte: an event stays verifiable
    when the model of events has grown since. The other columns repeat parts of it, to search by.
    """

    __tablename__ = "events"

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    command_id: str = Field(unique=True)
    schema_version: int
    type: str
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    business_at: datetime = Field(sa_type=UtcDateTime)
    actor_account: str = Field(index=True)
    actor_person: str = Field(index=True)
    actor_role: str
    on_behalf_of: str
    policy_version: str
    body: str = Field(sa_type=Text)
    prev_hash: str
    hash: str


class StreamRow(SQLModel, table=True):
    """The head of one chain, and the row that an appender locks.

    `openings` holds, as text because entities keep their order, the empty case before the first event of
    each run that began the stream anew: `{"0": case, "7": case}`. A fold starts there.
    """

    __tablename__ = "streams"
    __table_args__ = (
        # What begins so: the primary key's order is that of a language, which says nothing of beginnings.
        Index("ix_streams_beginning", "stream", postgresql_ops={"stream": "varchar_pattern_ops"}),
    )

    stream: str = Field(primary_key=True)
    kind: str
    """`programme`, `journey` or `certificate`; `row` for chains of rows (organisations, persons …)."""
    workflow_id: str = Field(index=True)
    head_seq: int
    head_hash: str
    frozen: bool = False
    frozen_reason: str = ""
    openings: str = Field(default="{}", sa_type=Text)


class CheckpointRow(SQLModel, table=True):
    """A signed Merkle root over the heads of all streams at a moment. Append-only."""

    __tablename__ = "checkpoints"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    previous: str
    """Digest of the checkpoint before, so that none can be taken out."""
    root: str
    heads: str = Field(sa_type=Text)
    """Canonical JSON: `[[stream, seq, hash], …]`, sorted by stream."""
    signature: str
    public_key_id: str


# ---- the projection of cases -----------------------------------------------------------------------


class CaseRow(SQLModel, table=True):
    """A case as its events made it; `snapshot` is the Case as JSON text (entities keep their order)."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_next", "closed_at", "next_moment"),
        Index("ix_cases_states", "kind", "state"),
        Index("ix_cases_opened", "kind", "opened_at", "closed_at"),
        Index("ix_cases_closed", "kind", "closed_at", "opened_at"),
        partial(
            "ix_cases_attention", "updated_at", "stream", where=column("attention") != literal_column("''")
        ),
    )

    stream: str = Field(primary_key=True)
    kind: str
    workflow_id: str = Field(index=True)
    state: str
    stage: int
    organiser: str = Field(index=True)
    track: str
    policy_version: str
    clock: str
    seq: int
    hash: str
    snapshot: str = Field(sa_type=Text)
    next_moment: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The earliest thing that the case will do by itself; None when it is closed."""
    pending_errands: int
    attention: str = ""
    """Why operations must look; not made of events, so a rebuild leaves it."""
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Business time like the two above; set while the main entity is at an end or a draft again."""


class StageRow(SQLModel, table=True):
    """A case came into another stage; the first row is its beginning. Written once and never changed."""

    __tablename__ = "stages"
    __table_args__ = (Index("ix_stages_kind", "kind", "stream", "seq", postgresql_include=["stage", "at"]),)

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    """Of the event."""
    kind: str
    stage: int
    """0: in none, as at an end or while suspended."""
    at: float
    """Business time, in seconds since 1970 (UTC): what is asked of it is how long things took."""


class ProgrammeRow(SQLModel, table=True):
    __tablename__ = "programmes"
    __table_args__ = (
        Index("ix_programmes_list", "updated_at", "stream"),
        Index("ix_programmes_organiser", "organiser", "updated_at", "stream"),
    )

    stream: str = Field(primary_key=True)
    id: str
    workflow_id: str = Field(index=True)
    state: str = Field(index=True)
    stage: int
    organiser: str
    organiser_kind: str
    track: str
    scheme: str
    scheme_version: str
    field: str
    submitted_at: datetime = Field(sa_type=UtcDateTime)
    submitted_total: int
    submitted_external: int
    send_backs: int
    share_flagged: bool
    suspended_from: str
    classes: int
    seats: int
    confirmed: int
    """Seats CONFIRMED or ATTENDED."""
    first_day: date | None = None
    last_day: date | None = None
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ClassRow(SQLModel, table=True):
    __tablename__ = "classes"

    stream: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    workflow_id: str
    state: str = Field(index=True)
    organiser: str = Field(index=True)
    scheme: str
    label: str
    days: list[str] = Field(sa_type=Json)
    first_day: date = Field(index=True)
    last_day: date
    start_hour: int
    zone: str
    venue: str = Field(index=True)
    venue_confirmed: bool
    committee: list[str] = Field(sa_type=Json)
    attendance_recorded: bool


class SeatRow(SQLModel, table=True):
    __tablename__ = "seats"

    stream: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    workflow_id: str
    state: str
    organiser: str
    scheme: str
    class_id: str
    person: str = Field(index=True)
    kind: str
    recommending: str
    external: bool
    position: int
    offers: int
    journey: str = Field(index=True)
    journey_state: str
    first_decision: bool
    attended: list[str] = Field(sa_type=Json)


class JourneyRow(SQLModel, table=True):
    __tablename__ = "journeys"
    __table_args__ = (
        Index("ix_journeys_list", "updated_at", "stream"),
        Index("ix_journeys_state", "state", "updated_at", "stream"),
    )

    stream: str = Field(primary_key=True)
    id: str = Field(index=True)
    workflow_id: str = Field(index=True)
    state: str
    person: str = Field(index=True)
    scheme: str
    scheme_version: str
    track: str
    organiser: str = Field(index=True)
    programme: str = Field(index=True)
    class_id: str
    seat: str
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reviewer: str
    assessor: str
    assessment_day: date | None = None
    venue: str
    reassessments: int
    first_decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    certificate: str
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class CertificateRow(SQLModel, table=True):
    """Numbers and codes are unique by their reservations; a projection itself never refuses an event."""

    __tablename__ = "certificates"

    stream: str = Field(primary_key=True)
    id: str = Field(index=True)
    workflow_id: str = Field(index=True)
    state: str = Field(index=True)
    person: str = Field(index=True)
    scheme: str
    scheme_version: str
    journey: str = Field(index=True)
    certificate_number: str = Field(index=True)
    registration_number: str = Field(index=True)
    blank_number: str = Field(index=True)
    issued_on: date
    valid_until: date = Field(index=True)
    check_code: str = Field(index=True)
    pdf_digest: str
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class AssignmentRow(SQLModel, table=True):
    __tablename__ = "assignments"

    stream: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    workflow_id: str
    state: str
    organiser: str
    scheme: str
    person: str = Field(index=True)
    kind: str
    class_id: str
    letter_number: str
    letter_date: date | None = None
    days_taken: bool
    first_day: date | None = None
    last_day: date | None = None


class TaskRow(SQLModel, table=True):
    """A human task as inboxes list it. Who may do it is asked of the case, never of this row."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_group", "group_role", "open", "due_at"),
        Index("ix_tasks_person", "for_person", "open", "due_at"),
        Index("ix_tasks_organisation", "for_organisation", "open", "due_at"),
        Index("ix_tasks_holder", "holder", "open", "due_at"),
        Index("ix_tasks_level", "open", "level"),
        partial("ix_tasks_open", "due_at", "id", where=column("open").is_(True), beside=COUNTED),
        partial(
            "ix_tasks_done",
            "completed_by",
            "completed_at",
            "id",
            where=column("state") == literal_column("'COMPLETED'"),
        ),
    )

    id: str = Field(primary_key=True)
    stream: str = Field(index=True)
    workflow_id: str
    case_kind: str
    organiser: str = Field(index=True)
    track: str
    scheme: str
    kind: str = Field(index=True)
    subject: str = Field(index=True)
    about_person: str = Field(index=True)
    """The participant or candidate that it is about; empty when it is about more than one."""
    state: str
    open: bool
    group_role: str
    for_person: str
    for_organisation: str
    holder: str
    level: int
    seen_by: str
    """Groups that see it too by escalation: `,operations,approver,`."""
    opened_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    priority: int
    decision: str
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    completed_by: str
    late: bool


# ---- what happens beside cases -----------------------------------------------------------------------


class OutboxRow(SQLModel, table=True):
    """Somebody is to be told; at least once, keyed by the event and the notice's place in it.

    States: PENDING, SENT, FAILED. A consumer claims (FOR UPDATE SKIP LOCKED) by setting `claimed_until`;
    a claim that has run out is anybody's again.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "state", "claimed_until", "created_at"),)

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    n: int = Field(primary_key=True)
    to: str = Field(index=True)
    template: str
    data: dict[str, Any] = Field(sa_type=Json)
    state: str = "PENDING"
    attempts: int = 0
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    """Business time of the event."""
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DenialRow(SQLModel, table=True):
    """A refusal, by rule ids only."""

    __tablename__ = "denials"
    __table_args__ = (Index("ix_denials_list", "at", "id"),)

    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    account: str = Field(index=True)
    rules: list[str] = Field(sa_type=Json)
    what: str
    stream: str = Field(index=True)
    workflow_id: str


class ReservationRow(SQLModel, table=True):
    """One scarce thing, taken. The primary key is the race's referee."""

    __tablename__ = "reservations"

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    holder: str = Field(index=True)
    stream: str = Field(index=True)
    taken_at: datetime = Field(sa_type=UtcDateTime)


class SimClockRow(SQLModel, table=True):
    """The single row (id 1) that owns "now" in a simulation; it never goes back."""

    __tablename__ = "sim_clock"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    now: datetime = Field(sa_type=UtcDateTime)
    target: datetime = Field(sa_type=UtcDateTime)


class ArchiveRow(SQLModel, table=True):
    """A closed run's history, exported. `path` is relative to the archive's folder."""

    __tablename__ = "archive_index"

    workflow_id: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    closed_at: datetime = Field(sa_type=UtcDateTime)
    status: str
    path: str
    digest: str


class ArchiveStateRow(SQLModel, table=True):
    """The single row (id 1) of the archiver: when it last looked, and what it has left undone."""

    __tablename__ = "archive_state"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    looked_at: datetime = Field(sa_type=UtcDateTime)
    """UTC, real time."""
    overdue: int
    """Closed runs that are not archived half a retention after their end: Temporal will forget them."""
    oldest: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the oldest of them closed."""


PROJECTED: tuple[type[SQLModel], ...] = (
    CaseRow,
    StageRow,
    ProgrammeRow,
    ClassRow,
    SeatRow,
    JourneyRow,
    CertificateRow,
    AssignmentRow,
    TaskRow,
)
"""What a rebuild empties and makes again for a stream (each has a column `stream`)."""

LEDGER_TABLES: tuple[str, ...] = (
    "events",
    "streams",
    "checkpoints",
    "cases",
    "programmes",
    "classes",
    "seats",
    "journeys",
    "certificates",
    "assignments",
    "tasks",
    "outbox",
    "denials",
    "reservations",
    "sim_clock",
    "archive_index",
)
"""The tables of migration 0001."""
