"""What is known of a participant for one scheme, and what people decided about it."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Document, ParticipantRecord, PersonAnswer
from db.registry.base import LETTER, Model
from db.streams import append_row_event
from db.tables import ReservationRow
from db.vault import Vault
from domain.errors import NotFound
from domain.facts import (
    Answer,
    ParticipantFacts,
    PeriodFacts,
    RecommendationFacts,
    TechnicalCertificateFacts,
)
from domain.ids import pair_key
from domain.roles import Actor
from domain.roster.model import RosterRow


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
    """Keep a person's answer on equivalence or field, made in a case (whose event is its record). A later
    one stays: events that a repair puts back may come after it."""
    if question not in ("equivalence", "field_accepted"):
        raise ValueError("only equivalence and field belong to the person")
    kept = await session.get(PersonAnswer, (person, scheme, policy_version, question))
    if kept is not None and kept.decided_at > at:
        return
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
