"""Row truth: persons, organisations, schemes, accounts, documents, drafts, policies and calendars (§ 1).

Personal data stands only in `ciphertext` columns, closed under a key of its person or case. Keyed hashes
find it, and dates, levels and ids are what rules see. Every change of these rows appends an event to a
stream of its own (`person-…`, `org-…`, `account-…`, `policy-…`, `access-{day}`).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from db.base import Json, UtcDateTime, partial

# ---- persons and what is sealed ----------------------------------------------------------------


class Person(SQLModel, table=True):
    """A human being under an opaque id. After `forget_person` nothing but the id is left of them."""

    __tablename__ = "persons"

    id: str = Field(primary_key=True, max_length=80)
    ciphertext: bytes | None = None
    """Name, NIK, sex, date of birth, e-mail, telephone (`db.vault.PersonData`)."""
    hmac_key: str = Field(default="", max_length=16)
    """Id of the root key under which the two hashes below were made."""
    nik_hmac: str | None = Field(default=None, max_length=64, unique=True)
    nik_last4: str = Field(default="", max_length=4)
    email_hmac: str | None = Field(default=None, max_length=64, index=True)
    consent_version: str = Field(default="", max_length=60)
    consent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=80)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class PersonKey(SQLModel, table=True):
    """A person's own data key, wrapped by a root key. Forgotten: the wrapped key is gone for good."""

    __tablename__ = "person_keys"

    person: str = Field(primary_key=True, max_length=80, foreign_key="persons.id")
    wrapped: bytes | None = None
    key_id: str = Field(max_length=16, index=True)
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SealedText(SQLModel, table=True):
    """Free text of a person or a case. Events carry its id and commitment; the salt stays inside."""

    __tablename__ = "texts"
    __table_args__ = (Index("ix_texts_owner", "owner_kind", "owner"),)

    id: str = Field(primary_key=True, max_length=80)
    owner_kind: str = Field(max_length=10)
    """`person` or `case`."""
    owner: str = Field(max_length=80)
    """Person id, or the case's stream."""
    ciphertext: bytes | None = None
    key_id: str = Field(max_length=16)
    """Root key of a case's text; empty for a person's, whose own key closes it."""
    commitment: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=80)


class GivenName(SQLModel, table=True):
    """What an organisation calls a person now. What it said before stays in `texts`, where events name it."""

    __tablename__ = "given_names"

    organisation: str = Field(primary_key=True, max_length=80)
    person: str = Field(primary_key=True, max_length=80, foreign_key="persons.id")
    text: str = Field(max_length=80, foreign_key="texts.id")


class RosterConflict(SQLModel, table=True):
    """A roster said something else about a known person. Kept for two people to resolve, never applied."""

    __tablename__ = "roster_conflicts"

    id: str = Field(primary_key=True, max_length=80)
    person: str = Field(max_length=80, foreign_key="persons.id", index=True)
    fields: list[str] = Field(sa_type=Json)
    """Names of the fields that differ; their values are in the sealed text."""
    proposed: str = Field(max_length=80, foreign_key="texts.id")
    source: str = Field(default="", max_length=80)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=80)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str = Field(default="", max_length=80)


# ---- organisations and schemes -----------------------------------------------------------------


class Organisation(SQLModel, table=True):
    """BNSP, an LSP, a CLSP or a technical agency. Its name is not personal data."""

    __tablename__ = "organisations"

    id: str = Field(primary_key=True, max_length=80)
    kind: str = Field(max_length=20)
    name: str = Field(max_length=200)
    licence: str = Field(default="NONE", max_length=12)
    licence_valid_until: date | None = None
    """Last valid day."""
    approved_to_recommend: bool = False
    bnsp_confirmed: bool | None = None
    version: int = 1
    updated_at: datetime = Field(sa_type=UtcDateTime)


class OrganisationScheme(SQLModel, table=True):
    """What an organisation may do with a scheme: licensed by BNSP, or (a CLSP) verified by it."""

    __tablename__ = "organisation_schemes"

    organisation: str = Field(primary_key=True, max_length=80, foreign_key="organisations.id")
    scheme: str = Field(primary_key=True, max_length=80)
    licensed: bool = False
    verified: bool = False


class Scheme(SQLModel, table=True):
    """One version of a certification scheme; the `current` one is what new cases get."""

    __tablename__ = "schemes"

    id: str = Field(primary_key=True, max_length=80)
    version: str = Field(primary_key=True, max_length=40)
    name_id: str = Field(max_length=200)
    name_en: str = Field(max_length=200)
    field: str = Field(max_length=80)
    licensed: bool = False
    verified: bool = False
    current: bool = True


class SchemeUnit(SQLModel, table=True):
    """A competency unit of one scheme version. Codes are reference data, unverified until BNSP says."""

    __tablename__ = "scheme_units"

    scheme: str = Field(primary_key=True, max_length=80)
    version: str = Field(primary_key=True, max_length=40)
    id: str = Field(primary_key=True, max_length=80)
    position: int = 0
    ability: str = Field(max_length=20)
    code: str | None = Field(default=None, max_length=40)
    title: str = Field(max_length=200)
    verified: bool = False


# ---- what is known of a participant or master assessor --------------------------------------------


class ParticipantRecord(SQLModel, table=True):
    """What one request (a programme's or journey's draft) says of one person: the rules' evidence.

    The letter's number and signatory and whatever else names somebody is in `ciphertext`, under the
    person's key.
    """

    __tablename__ = "participant_facts"
    __table_args__ = (UniqueConstraint("person", "scheme", "draft"),)

    id: str = Field(primary_key=True, max_length=80)
    person: str = Field(max_length=80, foreign_key="persons.id", index=True)
    scheme: str = Field(max_length=80)
    draft: str = Field(default="", max_length=80)
    """The draft, which is the programme's or application's uuid too; empty: whatever the request."""
    track: str = Field(default="new", max_length=20)
    qualification: str | None = Field(default=None, max_length=10)
    kkni_level: int | None = None
    technical: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    experience: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    recommending: str = Field(default="", max_length=80)
    letter_given: bool = False
    signatory_given: bool = False
    letter_day: date | None = None
    letter_digest: str = Field(default="", max_length=64)
    letter_approved: bool = False
    """BNSP approved this recommendation (R-REC, second mode)."""
    it_declared: bool | None = None
    assessor_certificate_until: date | None = None
    evidence: list[str] = Field(default_factory=list, sa_type=Json)
    kit: list[str] = Field(default_factory=list, sa_type=Json)
    way: str | None = Field(default=None, max_length=10)
    ciphertext: bytes | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)
    updated_by: str = Field(max_length=80)


class PersonAnswer(SQLModel, table=True):
    """A question that a rule left to a person: kept for person, scheme and policy version (§ 3)."""

    __tablename__ = "person_answers"

    person: str = Field(primary_key=True, max_length=80, foreign_key="persons.id")
    scheme: str = Field(primary_key=True, max_length=80)
    policy_version: str = Field(primary_key=True, max_length=60)
    question: str = Field(primary_key=True, max_length=20)
    """`equivalence` (R-Q3) or `field_accepted` (R-TECH)."""
    answer: str = Field(max_length=10)
    decided_in: str = Field(max_length=80)
    """Stream of the case that holds the decision, its reason and evidence."""
    decided_at: datetime = Field(sa_type=UtcDateTime)


class MasterAssessor(SQLModel, table=True):
    """Certified to train and assess assessors in some fields; assigned case by case (R-MA)."""

    __tablename__ = "master_assessors"

    person: str = Field(primary_key=True, max_length=80, foreign_key="persons.id")
    fields: list[str] = Field(sa_type=Json)
    certificate_state: str = Field(max_length=12)
    certificate_valid_until: date | None = None
    registration_number: str = Field(default="", max_length=40)
    updated_at: datetime = Field(sa_type=UtcDateTime)


# ---- accounts -------------------------------------------------------------------------------------


class Account(SQLModel, table=True):
    """A way in for one person. R-SOD compares persons, so two accounts of one person are one."""

    __tablename__ = "accounts"
    __table_args__ = (partial("ix_accounts_able", "person", where=column("disabled_at").is_(None)),)

    id: str = Field(primary_key=True, max_length=80)
    person: str = Field(max_length=80, foreign_key="persons.id", index=True)
    username: str = Field(max_length=80, unique=True)
    """Folded: one form of every letter, lower case."""
    password_hash: str = Field(max_length=200)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed: int = 0
    """Failures since the last success, from anywhere."""
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until then it is tried only from places where its owner has signed in before."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class SignInPlace(SQLModel, table=True):
    """An address from which an account was tried. Failures are counted for each, so that a stranger's do
    not lock the owner out."""

    __tablename__ = "sign_in_places"

    account: str = Field(primary_key=True, max_length=80, foreign_key="accounts.id")
    place: str = Field(primary_key=True, max_length=64)
    """Hash of account and address."""
    failed: int = 0
    """Failures since the last success from here."""
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    succeeded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tried_at: datetime = Field(sa_type=UtcDateTime)


class AccountRole(SQLModel, table=True):
    """A hat that an account may wear; an organiser's belongs to one organisation."""

    __tablename__ = "account_roles"
    __table_args__ = (Index("ix_account_roles_worn", "role", "organisation", "account"),)

    account: str = Field(primary_key=True, max_length=80, foreign_key="accounts.id")
    role: str = Field(primary_key=True, max_length=20)
    organisation: str = Field(primary_key=True, default="", max_length=80)


class SignInSession(SQLModel, table=True):
    """A signed-in browser and the hat it wears. Only the hash of its secret is kept."""

    __tablename__ = "sessions"

    id_hash: str = Field(primary_key=True, max_length=64)
    account: str = Field(max_length=80, foreign_key="accounts.id", index=True)
    role: str = Field(max_length=20)
    organisation: str = Field(default="", max_length=80)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    agent_digest: str = Field(default="", max_length=64)
    device: str = Field(default="", max_length=60)
    """In a few words, such as `Chrome · Android`."""


class ApiToken(SQLModel, table=True):
    """A secret for programs: one account, one hat, a few scopes. Only its hash is kept."""

    __tablename__ = "api_tokens"

    id: str = Field(primary_key=True, max_length=80)
    hash: str = Field(max_length=64, unique=True)
    account: str = Field(max_length=80, foreign_key="accounts.id", index=True)
    label: str = Field(max_length=80)
    scopes: list[str] = Field(sa_type=Json)
    role: str = Field(max_length=20)
    organisation: str = Field(default="", max_length=80)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


# ---- documents and drafts ---------------------------------------------------------------------------


class Document(SQLModel, table=True):
    """One uploaded piece of evidence: which bytes, for whom, for what."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("digest", "application", "person", "requirement"),)

    id: str = Field(primary_key=True, max_length=80)
    digest: str = Field(max_length=64, index=True)
    media_type: str = Field(max_length=40)
    size: int
    requirement: str = Field(max_length=40)
    """Name of one that the policy asks for, such as `diploma`."""
    person: str = Field(default="", max_length=80, index=True)
    application: str = Field(default="", max_length=80, index=True)
    """Draft, or the application's uuid; empty: the person's, for any application."""
    dated: date | None = None
    """The day that stands on the document, as its uploader gave it."""
    uploaded_by: str = Field(max_length=80)
    uploaded_at: datetime = Field(sa_type=UtcDateTime)
    duplicate_of: str = Field(default="", max_length=80)
    """An earlier document with the same bytes, of anybody."""


DRAFT, EXPIRED = "DRAFT", "EXPIRED"
"""A draft that is being written, and one that nobody touched for long (see `db.drafts`)."""


class Draft(SQLModel, table=True):
    """A request before its submit. `content` holds ids, dates and numbers, never personal data."""

    __tablename__ = "drafts"

    id: str = Field(primary_key=True, max_length=80)
    kind: str = Field(default="programme", max_length=12)
    """`programme`, or `journey` for an application without a programme."""
    organiser: str = Field(default="", max_length=80, index=True)
    person: str = Field(default="", max_length=80, index=True)
    """The candidate of a journey's draft."""
    content: dict[str, Any] = Field(sa_type=Json)
    version: int = 1
    state: str = Field(default="DRAFT", max_length=10)
    """DRAFT, SUBMITTED or EXPIRED."""
    created_by: str = Field(max_length=80)
    updated_at: datetime = Field(sa_type=UtcDateTime, index=True)


class WaitingRoster(SQLModel, table=True):
    """A roster of which some cells are not in order yet; it waits, sealed, to be mended in the page."""

    __tablename__ = "waiting_rosters"

    draft: str = Field(primary_key=True, max_length=80, foreign_key="drafts.id")
    text: str = Field(max_length=80, foreign_key="texts.id")
    """The sealed text that holds its cells."""
    version: int = 1
    replace: bool = False
    """It is the whole list: whoever is not on it is taken out."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
    updated_by: str = Field(max_length=80)


class SheetCell(SQLModel, table=True):
    """One cell of a sheet that is filled in before its act (see `db.sheets`); its value is a sealed text."""

    __tablename__ = "sheet_cells"

    stream: str = Field(primary_key=True, max_length=80)
    """The case."""
    sheet: str = Field(primary_key=True, max_length=100)
    """`attendance:{class}`, `assessment:{task}` or `votes:{task}`."""
    cell: str = Field(primary_key=True, max_length=140)
    version: int
    text: str = Field(max_length=80, foreign_key="texts.id")
    person: str = Field(max_length=80)
    """Who filled it in last."""
    at: datetime = Field(sa_type=UtcDateTime)


class Idempotency(SQLModel, table=True):
    """What one Idempotency-Key of one account stood for, and what was answered."""

    __tablename__ = "idempotency"

    account: str = Field(primary_key=True, max_length=80)
    key: str = Field(primary_key=True, max_length=120)
    command_id: str = Field(max_length=80, index=True)
    request_digest: str = Field(max_length=64)
    receipt: dict[str, Any] | None = Field(default=None, sa_type=Json)
    status: int | None = None
    """HTTP status of the answer; None while it is not known."""
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


# ---- policies and calendars ---------------------------------------------------------------------------


class StoredPolicy(SQLModel, table=True):
    """A policy that BNSP made (`domain.policy.Policy` as JSON); never changed, only followed by another."""

    __tablename__ = "policies"

    version: str = Field(primary_key=True, max_length=60)
    content: dict[str, Any] = Field(sa_type=Json)
    effective: date
    status: str = Field(max_length=12)
    created_by: str = Field(max_length=80)
    created_at: datetime = Field(sa_type=UtcDateTime)


class CalendarVersion(SQLModel, table=True):
    """One version of the holiday table. The newest (highest `number`) is what new cases get."""

    __tablename__ = "calendars"

    version: str = Field(primary_key=True, max_length=80)
    number: int = Field(unique=True)
    years: list[int] = Field(sa_type=Json)
    created_by: str = Field(max_length=80)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Holiday(SQLModel, table=True):
    """A non-working day of one version: `public` (national) or `government` (collective leave)."""

    __tablename__ = "holidays"

    version: str = Field(primary_key=True, max_length=80, foreign_key="calendars.version")
    day: date = Field(primary_key=True)
    category: str = Field(primary_key=True, max_length=20)
    name: str = Field(max_length=200)
    estimated: bool = False
