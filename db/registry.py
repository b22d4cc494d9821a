"""Row truth: organisations, schemes, persons and their evidence, master assessors, calendars, policies.

Whatever changes here appends an event to its own stream in the same transaction: `org-…`, `scheme-…`,
`person-…`, `policy-…`, `calendar-id`, `access-{day}`. Events hold ids, days and commitments, never a name
or number of a person. Moments (`at`) are UTC.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import delete, func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import calendar_seed
from db.given_names import keep_given_name
from db.ledger import append_row_event
from db.people_tables import (
    Account,
    AccountRole,
    CalendarVersion,
    Document,
    Holiday,
    MasterAssessor,
    Organisation,
    OrganisationScheme,
    ParticipantRecord,
    Person,
    PersonAnswer,
    RosterConflict,
    Scheme,
    SchemeUnit,
    StoredPolicy,
)
from db.tables import AssignmentRow, ReservationRow
from db.vault import PersonData, Vault, person_owner
from domain.calendar import Calendar
from domain.cases import Sealed
from domain.clock import local_day
from domain.errors import Conflict, Forbidden, Malformed, NotFound
from domain.facts import (
    Answer,
    OrganiserFacts,
    OrganiserKind,
    ParticipantFacts,
    PeriodFacts,
    RecommendationFacts,
    SchemeFacts,
    TechnicalCertificateFacts,
    UnitFacts,
)
from domain.ids import day_key, pair_key
from domain.nik import Nik
from domain.policy import Policy, adopt, former
from domain.reference import ABILITIES
from domain.roles import SYSTEM, Actor, Role
from domain.roster import RosterRow
from domain.text import Text

LETTER = "recommendation_letter"
"""Requirement name of the letter's file among a person's documents."""
REVEALERS = frozenset({Role.OPERATIONS, Role.AUDITOR})
DEFAULT_SCHEME = "asesor-kompetensi"
REASON_MIN = 5

log = structlog.get_logger()


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


# ---- organisations ------------------------------------------------------------------------------


class OrganisationData(Model):
    """An organisation as it is to be. Schemes by id."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{2,80}$")
    kind: OrganiserKind
    name: str = Field(min_length=1, max_length=200)
    licence: str = Field(default="NONE", pattern=r"^(NONE|IN_PROCESS|ACTIVE|SUSPENDED|REVOKED|EXPIRED)$")
    licence_valid_until: date | None = None
    approved_to_recommend: bool = False
    bnsp_confirmed: bool | None = None
    licensed_schemes: tuple[str, ...] = ()
    verified_schemes: tuple[str, ...] = ()


async def put_organisation(
    session: AsyncSession, data: OrganisationData, *, by: Actor, at: datetime, expected: int | None = None
) -> None:
    """Make or change an organisation; the same data again changes nothing.

    `expected` is the version that the editor saw: Conflict (A-VERSION) when somebody was faster.
    """
    row = await session.get(Organisation, data.id, with_for_update=True)
    if expected is not None and expected != (row.version if row else 0):
        raise Conflict.because(
            "A-VERSION",
            "Data ini sudah diubah orang lain; muat ulang lalu ulangi.",
            "Somebody changed this meanwhile; reload and try again.",
        )
    if row is not None and await organisation_data(session, data.id) == data:
        return
    plain = data.model_dump(exclude={"id", "kind", "licensed_schemes", "verified_schemes"})
    if row is None:
        row = Organisation(id=data.id, kind=data.kind.value, updated_at=at, **plain)
        type_ = "organisation_registered"
    else:
        row.version += 1
        row.kind, row.updated_at = data.kind.value, at
        row.sqlmodel_update(plain)
        type_ = "organisation_changed"
    session.add(row)
    await session.flush()
    await session.exec(delete(OrganisationScheme).where(col(OrganisationScheme.organisation) == data.id))
    licensed, verified = set(data.licensed_schemes), set(data.verified_schemes)
    session.add_all(
        OrganisationScheme(
            organisation=data.id, scheme=scheme, licensed=scheme in licensed, verified=scheme in verified
        )
        for scheme in sorted(licensed | verified)
    )
    await session.flush()
    await append_row_event(session, f"org-{data.id}", type_, by, data.model_dump(mode="json"), at)


async def organisation_data(session: AsyncSession, id: str) -> OrganisationData:
    """The organisation as it stands. NotFound (G-ORG)."""
    row = await session.get(Organisation, id)
    if row is None:
        raise NotFound.because("G-ORG", "Lembaga ini tidak dikenal.", "This organisation is not known.")
    schemes = list(
        await session.exec(
            select(OrganisationScheme)
            .where(OrganisationScheme.organisation == id)
            .order_by(col(OrganisationScheme.scheme))
        )
    )
    return OrganisationData(
        id=row.id,
        kind=OrganiserKind(row.kind),
        name=row.name,
        licence=row.licence,
        licence_valid_until=row.licence_valid_until,
        approved_to_recommend=row.approved_to_recommend,
        bnsp_confirmed=row.bnsp_confirmed,
        licensed_schemes=tuple(s.scheme for s in schemes if s.licensed),
        verified_schemes=tuple(s.scheme for s in schemes if s.verified),
    )


async def organisations(session: AsyncSession, ids: Iterable[str]) -> dict[str, OrganiserFacts]:
    """What rules see of these organisations; unknown ones are left out."""
    wanted = sorted({id for id in ids if id})
    rows = await session.exec(select(Organisation).where(col(Organisation.id).in_(wanted)))
    schemes: dict[str, list[OrganisationScheme]] = {}
    for scheme in await session.exec(
        select(OrganisationScheme)
        .where(col(OrganisationScheme.organisation).in_(wanted))
        .order_by(col(OrganisationScheme.scheme))
    ):
        schemes.setdefault(scheme.organisation, []).append(scheme)
    return {
        row.id: OrganiserFacts.model_validate(
            {
                "id": row.id,
                "kind": row.kind,
                "licence": row.licence,
                "licence_valid_until": row.licence_valid_until,
                "licensed_schemes": tuple(s.scheme for s in schemes.get(row.id, []) if s.licensed),
                "verified_schemes": tuple(s.scheme for s in schemes.get(row.id, []) if s.verified),
                "approved_to_recommend": row.approved_to_recommend,
                "bnsp_confirmed": row.bnsp_confirmed,
            }
        )
        for row in rows
    }


async def organisation_names(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """Display names by id; unknown ones are left out."""
    rows = await session.exec(
        select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(sorted(set(ids))))
    )
    return dict(rows.all())


# ---- schemes ------------------------------------------------------------------------------------


class SchemeData(Model):
    """One version of a scheme. A version is never changed: a changed scheme is a new version."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{2,80}$")
    version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    name_id: str = Field(min_length=1, max_length=200)
    name_en: str = Field(min_length=1, max_length=200)
    field: str = Field(min_length=1, max_length=80)
    units: tuple[UnitFacts, ...]
    licensed: bool = False
    verified: bool = False


async def put_scheme(session: AsyncSession, data: SchemeData, *, by: Actor, at: datetime) -> None:
    """Add a scheme's version and make it the current one; the same again changes nothing.

    Conflict (G-SCHEME) for a version that is there with other content: cases rest on it.
    """
    there = await session.get(Scheme, (data.id, data.version))
    if there is not None:
        if await scheme_data(session, data.id, data.version) == data:
            return
        raise Conflict.because(
            "G-SCHEME",
            "Versi skema itu sudah ada dengan isi lain; buat versi baru.",
            "This scheme version exists with other content; make a new version.",
        )
    for older in await session.exec(select(Scheme).where(Scheme.id == data.id, col(Scheme.current))):
        older.current = False
    session.add(Scheme(**data.model_dump(exclude={"units"})))
    session.add_all(
        SchemeUnit(scheme=data.id, version=data.version, position=n, **unit.model_dump())
        for n, unit in enumerate(data.units)
    )
    await session.flush()
    await append_row_event(
        session, f"scheme-{data.id}", "scheme_version_added", by, data.model_dump(mode="json"), at
    )


async def scheme_data(session: AsyncSession, id: str, version: str = "") -> SchemeData:
    """A scheme's version, the current one when none is given. NotFound (G-SCHEME)."""
    found = select(Scheme).where(Scheme.id == id)
    found = found.where(Scheme.version == version) if version else found.where(col(Scheme.current))
    row = (await session.exec(found)).first()
    if row is None:
        raise NotFound.because("G-SCHEME", "Skema ini tidak dikenal.", "This scheme is not known.")
    units = await session.exec(
        select(SchemeUnit)
        .where(SchemeUnit.scheme == row.id, SchemeUnit.version == row.version)
        .order_by(col(SchemeUnit.position))
    )
    return SchemeData(
        **row.model_dump(exclude={"current"}),
        units=tuple(
            UnitFacts(id=u.id, ability=u.ability, code=u.code, title=u.title, verified=u.verified)
            for u in units
        ),
    )


async def scheme_facts(session: AsyncSession, id: str, version: str = "") -> SchemeFacts | None:
    """What rules see of a scheme; None when it is not known."""
    try:
        data = await scheme_data(session, id, version)
    except NotFound:
        return None
    return SchemeFacts(
        id=data.id, version=data.version, field=data.field, units=data.units, licensed=data.licensed
    )


# ---- persons ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RosterPerson:
    """Who a roster's row is. `differs` names the fields that wait for two people; operations see them,
    the organiser does not: they would tell that somebody else knows the person."""

    person: str
    created: bool
    differs: tuple[str, ...] = ()


async def upsert_person_from_roster(
    session: AsyncSession, vault: Vault, row: RosterRow, *, by: Actor, at: datetime, source: str = ""
) -> RosterPerson:
    """The person with the row's NIK, made when unknown.

    What differs from what is known, contact data that was missing included (whoever may add an address
    may take an account over), is kept sealed and reported; nothing known is ever overwritten.
    `source` is the draft. Raises Malformed (P-NIK).
    """
    data = PersonData(
        full_name=row.full_name,
        nik=Nik.parse(row.nik).nik,
        sex=row.sex,
        birth_date=row.birth_date,
        email=row.email,
        phone=row.phone,
    )
    person, created = await _found_or_new(session, vault, data, by=by, at=at)
    await keep_given_name(session, vault, person, data.full_name, data.nik, by=by, at=at)
    if created:
        return RosterPerson(person, created=True)
    known = await vault.open_person(session, person)
    given = data.model_dump(mode="json", exclude_defaults=True)
    differs = {
        name: value for name, value in given.items() if not _same(value, known.model_dump(mode="json")[name])
    }
    if differs:
        await _report(session, vault, person, differs, by=by, at=at, source=source)
    return RosterPerson(person, created=False, differs=tuple(sorted(differs)))


async def name_person(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime
) -> str:
    """The id of a person who is to be named in a request: who is known by NIK keeps it. What is known is
    not changed; that somebody asked by this NIK is on the person's record. Raises Malformed (P-NIK)."""
    person, _ = await _found_or_new(session, vault, data, by=by, at=at)
    given = await keep_given_name(session, vault, person, data.full_name, data.nik, by=by, at=at)
    payload = {"given": given.model_dump()} if given else {}
    await append_row_event(session, f"person-{person}", "person_named", by, payload, at)
    return person


async def _found_or_new(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime
) -> tuple[str, bool]:
    """The person with this NIK and whether it was made just now; without a NIK always a new one."""
    if data.nik is None:
        return await create_person(session, vault, data, by=by, at=at), True
    if (person := await vault.find_by_nik(session, data.nik)) is not None:
        return person, False
    if (person := await _new_person(session, vault, data, by=by, at=at)) is not None:
        return person, True
    person = await vault.find_by_nik(session, data.nik)  # another request was faster
    assert person is not None
    return person, False


async def create_person(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime, id: str = ""
) -> str:
    """A new person; gives the id. Conflict (V-NIK) when the NIK is somebody's."""
    if data.nik:
        Nik.parse(data.nik)
    person = id or str(uuid.uuid4())
    await vault.seal_person(session, person, data, by=by.account, at=at)
    await append_row_event(session, f"person-{person}", "person_registered", by, {"person": person}, at)
    return person


async def _new_person(
    session: AsyncSession, vault: Vault, data: PersonData, *, by: Actor, at: datetime
) -> str | None:
    """None when the NIK turned out to be taken in this very moment."""
    try:
        async with session.begin_nested():
            return await create_person(session, vault, data, by=by, at=at)
    except (IntegrityError, Conflict):
        return None


async def record_consent(
    session: AsyncSession, person: str, version: str, *, by: Actor, at: datetime
) -> None:
    """The person agreed to this version of the consent to process personal data."""
    row = await session.get(Person, person)
    if row is None:
        raise NotFound.because("V-PERSON", "Orang ini tidak dikenal.", "This person is not known.")
    if row.consent_version == version:
        return
    row.consent_version, row.consent_at = version, at
    await append_row_event(session, f"person-{person}", "consent_given", by, {"version": version}, at)


async def resolve_conflict(
    session: AsyncSession, vault: Vault, conflict: str, *, accept: bool, by: Actor, at: datetime
) -> None:
    """Take a roster's differing data over, or drop it. Forbidden (R-SOD) for who brought it, and for
    anybody but operations: what is known of a person is corrected by two people."""
    row = await session.get(RosterConflict, conflict, with_for_update=True)
    if row is None:
        raise NotFound.because("G-CONFLICT", "Perbedaan data ini tidak ada.", "There is no such conflict.")
    if row.resolved_at is not None:
        raise Conflict.because("G-CONFLICT", "Sudah diselesaikan.", "This is resolved already.")
    if by.role is not Role.OPERATIONS or row.created_by in by.hands:
        raise Forbidden.because(
            "R-SOD",
            "Data diperbaiki oleh petugas BNSP yang bukan pengusulnya.",
            "It takes BNSP operations, and another person than the one who brought it.",
        )
    if accept:
        known = await vault.open_person(session, row.person)
        proposed = json.loads(await vault.open_text(session, row.proposed))
        data = PersonData.model_validate({**known.model_dump(), **proposed})
        await vault.seal_person(session, row.person, data, by=by.account, at=at)
    row.resolved_at, row.resolved_by = at, by.person
    await append_row_event(
        session,
        f"person-{row.person}",
        "person_data_corrected" if accept else "person_data_conflict_dropped",
        by,
        {"conflict": conflict, "fields": row.fields},
        at,
    )


async def reveal_nik(
    session: AsyncSession, vault: Vault, *, actor: Actor, person: str, reason: str, at: datetime
) -> str:
    """The whole NIK, for operations and auditors with a reason; the access is on record before it shows.

    Forbidden (G-REVEAL), Malformed (G-REASON), NotFound (V-PERSON, V-FORGOTTEN, V-NIK).
    """
    if actor.role not in REVEALERS:
        raise Forbidden.because(
            "G-REVEAL",
            "NIK lengkap hanya untuk petugas BNSP dan auditor.",
            "The whole NIK is for BNSP operations and auditors only.",
        )
    reason = " ".join(reason.split())
    if len(reason) < REASON_MIN:
        raise Malformed.because(
            "G-REASON", "Sebutkan alasannya.", "Give a reason.", citation="UU 27/2022; [D] § 7"
        )
    nik = (await vault.open_person(session, person)).nik
    if nik is None:
        raise NotFound.because("V-NIK", "NIK belum tercatat.", "No NIK is recorded.")
    sealed = await vault.seal_text(session, person_owner(person), reason, actor.account, at=at)
    await append_row_event(
        session,
        f"access-{local_day(at).isoformat()}",
        "nik_revealed",
        actor,
        {"person": person, "reason": sealed.model_dump()},
        at,
    )
    return nik


async def forget_person(
    session: AsyncSession, vault: Vault, *, actor: Actor, person: str, reason: Sealed, at: datetime
) -> tuple[str, ...]:
    """Erase a person (operations): key destroyed, accounts closed; every chain still verifies.

    Gives the digests of the documents that nobody else's rows need any more, for the store to remove.
    """
    if actor.role is not Role.OPERATIONS:
        raise Forbidden.because(
            "G-FORGET",
            "Penghapusan data pribadi hanya oleh petugas BNSP.",
            "Personal data is erased by BNSP operations only.",
        )
    await vault.forget_person(session, person, at=at)
    for account in await session.exec(select(Account).where(Account.person == person)):
        account.disabled_at = account.disabled_at or at
        account.username = f"forgotten-{account.id}"
        account.password_hash = ""
    mine = list(await session.exec(select(Document).where(Document.person == person)))
    digests = {d.digest for d in mine}
    shared = set(
        await session.exec(
            select(Document.digest).where(col(Document.digest).in_(digests), Document.person != person)
        )
    )
    for document in mine:
        await session.delete(document)
    await session.flush()
    await append_row_event(
        session, f"person-{person}", "person_forgotten", actor, {"reason": reason.model_dump()}, at
    )
    return tuple(sorted(digests - shared))


def _same(given: Any, known: Any) -> bool:
    """Equal but for case and spacing."""
    if isinstance(given, str) and isinstance(known, str):
        return " ".join(given.casefold().split()) == " ".join(known.casefold().split())
    return bool(given == known)


async def _report(
    session: AsyncSession,
    vault: Vault,
    person: str,
    differs: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    source: str,
) -> None:
    text = json.dumps(differs, sort_keys=True)
    waiting = await session.exec(
        select(RosterConflict.proposed).where(
            RosterConflict.person == person,
            RosterConflict.source == source,
            col(RosterConflict.resolved_at).is_(None),
        )
    )
    if text in (await vault.open_texts(session, waiting.all())).values():
        return  # the same roster into the same draft again
    sealed = await vault.seal_text(session, person_owner(person), text, by.account, at=at)
    conflict = RosterConflict(
        id=str(uuid.uuid4()),
        person=person,
        fields=sorted(differs),
        proposed=sealed.id,
        source=source,
        created_at=at,
        created_by=by.person,
    )
    session.add(conflict)
    await session.flush()
    await append_row_event(
        session,
        f"person-{person}",
        "person_data_conflict_reported",
        by,
        {"conflict": conflict.id, "fields": conflict.fields, "proposed": sealed.model_dump()},
        at,
    )


# ---- participants -------------------------------------------------------------------------------


class ParticipantData(Model):
    """What a request says of a participant. The last three fields name people or papers: sealed."""

    person: str
    scheme: str
    draft: str = ""
    track: str = "new"
    qualification: str | None = None
    kkni_level: int | None = None
    technical: tuple[TechnicalCertificateFacts, ...] = ()
    experience: tuple[PeriodFacts, ...] = ()
    recommending: str = ""
    letter_day: date | None = None
    letter_digest: str = ""
    letter_approved: bool = False
    it_declared: bool | None = None
    assessor_certificate_until: date | None = None
    evidence: tuple[str, ...] = ()
    kit: tuple[str, ...] = ()
    way: str | None = None
    letter_number: str = Field(default="", repr=False)
    signatory: str = Field(default="", repr=False)
    certificate_number: str = Field(default="", repr=False)

    @classmethod
    def from_roster(
        cls, row: RosterRow, *, person: str, scheme: str, draft: str, track: str = "new"
    ) -> "ParticipantData":
        """The same as a roster's row says it."""
        return cls(
            person=person,
            scheme=scheme,
            draft=draft,
            track=track,
            qualification=row.qualification,
            kkni_level=row.kkni_level,
            technical=(
                TechnicalCertificateFacts(field=row.technical_field, valid_until=row.certificate_valid_until),
            ),
            experience=tuple(PeriodFacts(field=e.field, first=e.first, last=e.last) for e in row.experience),
            recommending=row.recommending,
            letter_day=row.letter_date,
            it_declared=row.computer_declaration,
            letter_number=row.letter_number,
            signatory=row.signatory,
            certificate_number=row.certificate_number,
        )


_SEALED_FIELDS = ("letter_number", "signatory", "certificate_number")
_PLAIN_FIELDS = (
    "track",
    "qualification",
    "kkni_level",
    "recommending",
    "letter_day",
    "letter_digest",
    "letter_approved",
    "it_declared",
    "assessor_certificate_until",
    "way",
)


async def put_participant(
    session: AsyncSession, vault: Vault, data: ParticipantData, *, by: Actor, at: datetime
) -> str:
    """Keep what a request says of a participant, in place of what it said before; gives the record's id."""
    row = (
        await session.exec(
            select(ParticipantRecord).where(
                ParticipantRecord.person == data.person,
                ParticipantRecord.scheme == data.scheme,
                ParticipantRecord.draft == data.draft,
            )
        )
    ).first()
    if row is None:
        row = ParticipantRecord(
            id=str(uuid.uuid4()),
            person=data.person,
            scheme=data.scheme,
            draft=data.draft,
            updated_at=at,
            updated_by=by.account,
        )
    sealed = {name: getattr(data, name) for name in _SEALED_FIELDS}
    dumped = data.model_dump(mode="json")
    row.sqlmodel_update({name: getattr(data, name) for name in _PLAIN_FIELDS})
    row.technical, row.experience = dumped["technical"], dumped["experience"]
    row.evidence, row.kit = dumped["evidence"], dumped["kit"]
    row.letter_given, row.signatory_given = bool(data.letter_number), bool(data.signatory)
    row.ciphertext = await vault.close_for(session, data.person, f"participant/{row.id}", sealed)
    row.updated_at, row.updated_by = at, by.account
    session.add(row)
    await session.flush()
    await append_row_event(
        session,
        f"person-{data.person}",
        "participant_facts_recorded",
        by,
        {"record": row.id, "scheme": data.scheme, "draft": data.draft},
        at,
    )
    return row.id


async def participant_details(session: AsyncSession, vault: Vault, record: str) -> dict[str, str]:
    """The sealed part of a record: letter number, signatory, certificate number. NotFound, VaultBroken."""
    row = await session.get(ParticipantRecord, record)
    if row is None:
        raise NotFound.because("G-RECORD", "Data peserta ini tidak ada.", "There is no such record.")
    if row.ciphertext is None:
        return {}
    opened: dict[str, str] = await vault.open_for(
        session, row.person, f"participant/{row.id}", row.ciphertext
    )
    return opened


async def participants(
    session: AsyncSession,
    persons: Sequence[str],
    *,
    scheme: str,
    drafts: Sequence[str] = (),
    policy_version: str = "",
    own_streams: Iterable[str] = (),
) -> dict[str, ParticipantFacts]:
    """What rules see of these persons, each of whom is in the answer.

    `drafts` are the requests whose record counts, best first; a record of no request counts last.
    `own_streams` hold the (person, scheme) pair without being another application (R-DUP).
    """
    wanted = sorted(set(persons))
    order = {draft: n for n, draft in enumerate([*drafts, ""])}
    records: dict[str, ParticipantRecord] = {}
    for row in await session.exec(
        select(ParticipantRecord).where(
            col(ParticipantRecord.person).in_(wanted),
            ParticipantRecord.scheme == scheme,
            col(ParticipantRecord.draft).in_(list(order)),
        )
    ):
        best = records.get(row.person)
        if best is None or order[row.draft] < order[best.draft]:
            records[row.person] = row
    answers = await _answers(session, wanted, scheme, policy_version)
    elsewhere = await _elsewhere(session, wanted, scheme, set(own_streams))
    letters = await _letters(session, wanted, order)
    return {
        person: _facts(
            person,
            records.get(person),
            answers.get(person, {}),
            person in elsewhere,
            letters.get(person, ""),
        )
        for person in wanted
    }


async def participant_facts(
    session: AsyncSession,
    vault: Vault,  # noqa: ARG001 (nothing of what rules see is sealed; kept for callers' symmetry)
    *,
    person: str,
    scheme: str,
    draft: str = "",
    policy_version: str = "",
    own_streams: Iterable[str] = (),
) -> ParticipantFacts:
    """The same for one person."""
    found = await participants(
        session,
        [person],
        scheme=scheme,
        drafts=[draft] if draft else [],
        policy_version=policy_version,
        own_streams=own_streams,
    )
    return found[person]


async def record_answer(
    session: AsyncSession,
    *,
    person: str,
    scheme: str,
    policy_version: str,
    question: str,
    answer: Answer,
    decided_in: str,
    at: datetime,
) -> None:
    """Keep a person's answer on equivalence or field, made in a case (whose event is its record)."""
    if question not in ("equivalence", "field_accepted"):
        raise ValueError("only equivalence and field belong to the person")
    await session.merge(
        PersonAnswer(
            person=person,
            scheme=scheme,
            policy_version=policy_version,
            question=question,
            answer=answer,
            decided_in=decided_in,
            decided_at=at,
        )
    )


async def _answers(
    session: AsyncSession, persons: Sequence[str], scheme: str, policy_version: str
) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in await session.exec(
        select(PersonAnswer).where(
            col(PersonAnswer.person).in_(persons),
            PersonAnswer.scheme == scheme,
            PersonAnswer.policy_version == policy_version,
        )
    ):
        found.setdefault(row.person, {})[row.question] = row.answer
    return found


async def _elsewhere(session: AsyncSession, persons: Sequence[str], scheme: str, own: set[str]) -> set[str]:
    keys = {pair_key(person, scheme): person for person in persons}
    rows = await session.exec(
        select(ReservationRow.key, ReservationRow.stream).where(
            ReservationRow.kind == "pair", col(ReservationRow.key).in_(list(keys))
        )
    )
    return {keys[key] for key, stream in rows if stream not in own}


async def _letters(session: AsyncSession, persons: Sequence[str], order: dict[str, int]) -> dict[str, str]:
    rows = await session.exec(
        select(Document)
        .where(
            col(Document.person).in_(persons),
            Document.requirement == LETTER,
            col(Document.application).in_(list(order)),
        )
        .order_by(col(Document.uploaded_at))
    )
    return {row.person: row.digest for row in rows}


def _facts(
    person: str,
    row: ParticipantRecord | None,
    answers: dict[str, str],
    elsewhere: bool,
    letter: str,
) -> ParticipantFacts:
    common = {"person": person, "active_elsewhere": elsewhere, **answers}
    if row is None:
        return ParticipantFacts.model_validate(common)
    letter = row.letter_digest or letter
    recommendation = RecommendationFacts(
        organisation=row.recommending,
        number_given=row.letter_given,
        day=row.letter_day,
        signatory_given=row.signatory_given,
        file_digest=letter,
        approved_by_bnsp=row.letter_approved,
    )
    return ParticipantFacts.model_validate(
        {
            **common,
            "recommending": row.recommending,
            "qualification": row.qualification,
            "kkni_level": row.kkni_level,
            "technical": row.technical or (),
            "experience": row.experience or (),
            "recommendation": recommendation if row.recommending else None,
            "it_declared": row.it_declared,
            "assessor_certificate_until": row.assessor_certificate_until,
            "evidence": row.evidence,
            "kit": row.kit,
            "way": row.way,
        }
    )


# ---- master assessors -----------------------------------------------------------------------------


async def put_master_assessor(
    session: AsyncSession,
    *,
    person: str,
    fields: Sequence[str],
    certificate_state: str,
    certificate_valid_until: date | None,
    registration_number: str = "",
    by: Actor,
    at: datetime,
) -> None:
    """Register a master assessor, or change what is known of one."""
    await session.merge(
        MasterAssessor(
            person=person,
            fields=sorted(set(fields)),
            certificate_state=certificate_state,
            certificate_valid_until=certificate_valid_until,
            registration_number=registration_number,
            updated_at=at,
        )
    )
    await session.flush()
    await append_row_event(
        session,
        f"person-{person}",
        "master_assessor_recorded",
        by,
        {
            "fields": sorted(set(fields)),
            "certificate_state": certificate_state,
            "certificate_valid_until": certificate_valid_until,
        },
        at,
    )


async def master_assessors(session: AsyncSession, persons: Iterable[str]) -> dict[str, MasterAssessor]:
    """Those of these persons who are master assessors."""
    rows = await session.exec(
        select(MasterAssessor).where(col(MasterAssessor.person).in_(sorted(set(persons))))
    )
    return {row.person: row for row in rows}


async def busy_days(
    session: AsyncSession,
    kind: str,
    persons: Iterable[str],
    days: Iterable[date],
    *,
    not_holders: Iterable[str] = (),
    not_streams: Iterable[str] = (),
) -> dict[str, tuple[date, ...]]:
    """Which of these days are taken of these persons: kind `master_day` or `committee_day`.

    Days that one of `not_holders`, or anything of `not_streams`, took are left out. Everybody asked about
    is in the answer.
    """
    asked = sorted(set(days))
    keys = {day_key(person, day): (person, day) for person in set(persons) for day in asked}
    taken: dict[str, list[date]] = {person: [] for person in sorted(set(persons))}
    own, streams = set(not_holders), set(not_streams)
    for some in batched(keys):
        rows = await session.exec(
            select(ReservationRow).where(ReservationRow.kind == kind, col(ReservationRow.key).in_(some))
        )
        for row in rows:
            if row.holder not in own and row.stream not in streams:
                person, day = keys[row.key]
                taken[person].append(day)
    return {person: tuple(sorted(found)) for person, found in taken.items()}


async def places_taken(session: AsyncSession, share: str, *, but: str = "") -> int:
    """Cases that have a place of this share (domain.ids.class_assessor), the holder `but` left out."""
    rows = await session.exec(
        select(ReservationRow.holder).where(
            ReservationRow.kind == "assessor_place",
            col(ReservationRow.key).startswith(f"{share}/", autoescape=True),
        )
    )
    return sum(holder != but for holder in rows)


async def class_holders(session: AsyncSession, programme: str, class_id: str) -> tuple[str, ...]:
    """Under which names the assignments of a class hold their days."""
    rows = await session.exec(
        select(AssignmentRow.id).where(AssignmentRow.stream == programme, AssignmentRow.class_id == class_id)
    )
    return tuple(f"{programme}/{assignment}" for assignment in rows)


async def members(session: AsyncSession, organisation: str, persons: Iterable[str]) -> tuple[str, ...]:
    """Those of these persons who wear a hat of the organisation, sorted."""
    rows = await session.exec(
        select(Account.person)
        .join(AccountRole, col(AccountRole.account) == col(Account.id))
        .where(AccountRole.organisation == organisation, col(Account.person).in_(sorted(set(persons))))
        .distinct()
    )
    return tuple(sorted(rows))


def batched(keys: Iterable[str], size: int = 500) -> Iterable[list[str]]:
    """The keys in parts: a statement takes only so many values."""
    every = list(keys)
    return (every[start : start + size] for start in range(0, len(every), size))


# ---- documents ----------------------------------------------------------------------------------


async def add_document(
    session: AsyncSession,
    *,
    digest: str,
    media_type: str,
    size: int,
    requirement: str,
    person: str,
    application: str,
    dated: date | None,
    by: Actor,
    at: datetime,
) -> Document:
    """Note an uploaded document. The same one again for the same purpose gives the first row; the same
    bytes anywhere else make it a duplicate, which the review leaves to a person."""
    same = list(
        await session.exec(
            select(Document).where(Document.digest == digest).order_by(col(Document.uploaded_at))
        )
    )
    for row in same:
        if (row.requirement, row.person, row.application) == (requirement, person, application):
            return row
    row = Document(
        id=str(uuid.uuid4()),
        digest=digest,
        media_type=media_type,
        size=size,
        requirement=requirement,
        person=person,
        application=application,
        dated=dated,
        uploaded_by=by.account,
        uploaded_at=at,
        duplicate_of=next((d.id for d in same if d.person != person), ""),
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:  # the same upload, twice at once: the other one has noted it by now
        return (
            await session.exec(
                select(Document).where(
                    Document.digest == digest,
                    Document.requirement == requirement,
                    Document.person == person,
                    Document.application == application,
                )
            )
        ).one()
    await append_row_event(
        session,
        f"person-{person}" if person else f"draft-{application}",
        "document_added",
        by,
        {"document": row.id, "digest": digest, "requirement": requirement, "application": application},
        at,
    )
    return row


async def require_documents(session: AsyncSession, stream: str, digests: Sequence[str]) -> None:
    """Malformed (D-UNKNOWN) unless each of these was uploaded for this case: what never was is not filed."""
    if not digests:
        return
    found = await session.exec(
        select(Document.digest).where(
            col(Document.digest).in_(sorted(set(digests))), Document.application == stream
        )
    )
    known = set(found)
    lost = [d for d in dict.fromkeys(digests) if d not in known]
    if lost:
        raise Malformed.because(
            "D-UNKNOWN",
            "Dokumen atau formulir yang disebut belum diunggah untuk perkara ini.",
            "A document or form that is named was not uploaded for this case.",
            remedy=Text(
                id="Unggah dokumennya lebih dahulu, lalu sebutkan sidiknya (digest).",
                en="Upload the document first, then name its digest.",
            ),
            digests=lost,
        )


# ---- calendars ----------------------------------------------------------------------------------


class HolidayData(Model):
    """One non-working day; a day that is both kinds has two."""

    day: date
    name: str = Field(min_length=1, max_length=200)
    category: str = Field(default="public", pattern=r"^(public|government)$")
    estimated: bool = False


async def put_calendar(
    session: AsyncSession,
    *,
    version: str,
    years: Sequence[int],
    holidays: Sequence[HolidayData],
    by: Actor,
    at: datetime,
) -> None:
    """Add a version of the holiday table; new cases get it, open ones keep their snapshot (§ 6).

    The same version again changes nothing. Malformed (C-DAY) for a day of a year that it does not hold.
    """
    if await session.get(CalendarVersion, version) is not None:
        return
    held = sorted(set(years))
    stray = sorted({h.day.year for h in holidays} - set(held))
    if stray or not held:
        raise Malformed.because(
            "C-DAY", "Ada hari di luar tahun tabel.", "A day lies outside the table's years.", years=stray
        )
    number = (await session.exec(select(func.coalesce(func.max(col(CalendarVersion.number)), 0)))).one() + 1
    session.add(
        CalendarVersion(version=version, number=number, years=held, created_by=by.account, created_at=at)
    )
    await session.flush()
    session.add_all(
        Holiday(version=version, **h.model_dump())
        for h in {(h.day, h.category): h for h in holidays}.values()
    )
    await session.flush()
    days = sorted({h.day.isoformat() for h in holidays})
    await append_row_event(
        session,
        "calendar-id",
        "calendar_version_added",
        by,
        {"version": version, "years": held, "days": days},
        at,
    )


async def calendar(
    session: AsyncSession, *, version: str = "", years: Iterable[int] | None = None
) -> Calendar:
    """The newest holiday table (or that version), cut to the years asked for that it holds.

    NotFound (C-NONE) while there is none.
    """
    found = select(CalendarVersion).order_by(col(CalendarVersion.number).desc())
    if version:
        found = found.where(CalendarVersion.version == version)
    row = (await session.exec(found.limit(1))).first()
    if row is None:
        raise NotFound.because(
            "C-NONE", "Tabel hari libur belum ada.", "There is no holiday table yet.", calendar=version
        )
    held = tuple(y for y in row.years if years is None or y in set(years))
    # A version never changes, and every command asks for it: one made before is as good as a new one.
    made = _CALENDARS.setdefault(session.get_bind(), {})
    if (row.version, held) not in made:
        days = await session.exec(select(col(Holiday.day)).where(Holiday.version == row.version))
        made[row.version, held] = Calendar(
            version=row.version, years=held, non_working=tuple(d for d in days if d.year in held)
        )
    return made[row.version, held]


_CALENDARS: WeakKeyDictionary[Any, dict[tuple[str, tuple[int, ...]], Calendar]] = WeakKeyDictionary()
"""Calendars by database, version and years."""


# ---- policies -----------------------------------------------------------------------------------


async def put_policy(session: AsyncSession, policy: Policy, *, by: Actor, at: datetime) -> None:
    """Keep a policy version; the same again changes nothing. Conflict (P-VERSION) with other content."""
    content = policy.model_dump(mode="json")
    row = await session.get(StoredPolicy, policy.version)
    if row is not None:
        if former.read(row.content) == policy:  # an earlier version's text may lack new fields
            return
        raise Conflict.because(
            "P-VERSION",
            "Versi kebijakan itu sudah ada dengan isi lain; buat versi baru.",
            "This policy version exists with other content; make a new version.",
        )
    session.add(
        StoredPolicy(
            version=policy.version,
            content=content,
            effective=policy.effective,
            status=policy.status,
            created_by=by.account,
            created_at=at,
        )
    )
    await session.flush()
    await append_row_event(session, f"policy-{policy.version}", "policy_added", by, {"content": content}, at)


async def load_policies(session: AsyncSession, *, but: Collection[str] = ()) -> int:
    """Make every stored policy known to this process, `but` those versions; gives their number. At start-up,
    and then again and again but for those that are known: BNSP stores new ones while it runs."""
    wanted = select(StoredPolicy).where(col(StoredPolicy.version).not_in(but))
    rows = list(await session.exec(wanted.order_by(col(StoredPolicy.effective))))
    known = 0
    for row in rows:
        try:
            made = former.read(row.content)
        except ValidationError:
            # a newer version's, in the middle of a roll-out: its cases are for those who understand it
            if row.version not in _NOT_UNDERSTOOD:
                log.error("policy not understood", version=row.version)
            _NOT_UNDERSTOOD.add(row.version)
            continue
        adopt(made)
        known += 1
    return known


_NOT_UNDERSTOOD: set[str] = set()
"""Named in the log once a process."""


# ---- the first filling --------------------------------------------------------------------------

SCHEME = SchemeData(
    id=DEFAULT_SCHEME,
    version="1",
    name_id="Asesor Kompetensi",
    name_en="Competency assessor",
    field="asesmen-kompetensi",
    units=tuple(
        UnitFacts(id=a.id, ability=a.id, code=a.code, title=a.unit_title.id, verified=a.verified)
        for a in ABILITIES
    ),
)
"""The one scheme of the programme [S]; its unit codes are unverified placeholders [P]."""
BNSP = OrganisationData(
    id="BNSP", kind=OrganiserKind.BNSP, name="Badan Nasional Sertifikasi Profesi", licence="ACTIVE"
)


async def seed(session: AsyncSession, *, years: Sequence[int], at: datetime) -> None:
    """What an empty product needs: BNSP itself, the assessor's scheme, the holiday table. Harmless again."""
    await put_organisation(session, BNSP, by=SYSTEM, at=at)
    await put_scheme(session, SCHEME, by=SYSTEM, at=at)
    if (await session.exec(select(CalendarVersion.version).limit(1))).first() is None:
        rows = calendar_seed.seed_rows(years)
        await put_calendar(
            session,
            version=calendar_seed.seed(years).version,
            years=years,
            holidays=_HOLIDAYS.validate_python(rows, from_attributes=True),
            by=SYSTEM,
            at=at,
        )


_HOLIDAYS: TypeAdapter[list[HolidayData]] = TypeAdapter(list[HolidayData])
