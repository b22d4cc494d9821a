"""What a rule is: data, the sentences it can say, and a pure function that picks among them.

A verdict keeps the key of its sentence among its facts, so an event stores only rule and facts, and
`Rule.recall` makes the same sentence again from them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import TypeAdapter

from domain.facts import ClassFacts, Facts, ParticipantFacts
from domain.policy import Mark
from domain.text import Text
from domain.verdict import Outcome, Verdict

Subject = ClassFacts | ParticipantFacts | None
Ask = Callable[[Facts, Any], list[Verdict]]
Per = Literal["case", "class", "participant"]

_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MONTHS_ID = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
]
_MONTHS_EN = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

WORDS: dict[str, Text] = {
    "number": Text(id="nomor surat", en="letter number"),
    "date": Text(id="tanggal surat", en="letter date"),
    "signatory": Text(id="penanda tangan", en="signatory"),
    "file": Text(id="berkas surat", en="letter file"),
    "laptop": Text(id="laptop", en="laptop"),
    "technical_certificate": Text(id="sertifikat kompetensi teknis", en="technical certificate"),
    "recommendation_letter": Text(id="surat rekomendasi", en="letter of recommendation"),
    "submitter": Text(id="pengajuan", en="submission"),
    "verifier": Text(id="verifikasi", en="verification"),
    "approver": Text(id="persetujuan", en="approval"),
    "resolver": Text(id="putusan kesetaraan atau pengecualian", en="answer on an equivalence or exception"),
    "trainer": Text(id="pelatihan", en="training"),
    "assessor": Text(id="asesmen", en="assessment"),
    "recommender": Text(id="rekomendasi", en="recommendation"),
    "reviewer": Text(id="kaji dokumen", en="document review"),
    "decision": Text(id="keputusan sertifikasi", en="certification decision"),
    "panel": Text(id="banding", en="appeal"),
    "candidate": Text(id="calon itu sendiri", en="the candidate's own case"),
}
"""Words that facts name by key and sentences show in both languages."""


@dataclass(frozen=True)
class Sentence:
    """One thing a rule can say. Placeholders are names of facts."""

    outcome: Outcome
    id: str
    en: str
    remedy: Text | None = None


def yes(indonesian: str, english: str) -> Sentence:
    """The sentence of a `pass`."""
    return Sentence(Outcome.PASS, indonesian, english)


def beside(indonesian: str, english: str) -> Sentence:
    """The sentence of a `not_applicable`."""
    return Sentence(Outcome.NOT_APPLICABLE, indonesian, english)


def no(indonesian: str, english: str, remedy_id: str, remedy_en: str) -> Sentence:
    """The sentence of a `fail`, with what can be done about it."""
    return Sentence(Outcome.FAIL, indonesian, english, Text(id=remedy_id, en=remedy_en))


def ask_human(indonesian: str, english: str, remedy_id: str, remedy_en: str) -> Sentence:
    """The sentence of a `needs_human`, with what a person has to settle."""
    return Sentence(Outcome.NEEDS_HUMAN, indonesian, english, Text(id=remedy_id, en=remedy_en))


@dataclass(frozen=True)
class Rule:
    """One rule of the book. Call it with facts and one subject, or `over` every subject of the facts."""

    id: str
    version: str
    effective: date
    title: Text
    reading: Text
    """The exact reading, with the first policy's numbers spelt out in `docs/rules.md` beside it."""
    mark: tuple[Mark, ...]
    bases: tuple[str, ...]
    """Legal bases of `domain.reference` that it rests on."""
    citation: str
    per: Per
    parameters: tuple[str, ...]
    """Names of the policy's parameters that it reads."""
    sentences: Mapping[str, Sentence]
    ask: Ask
    alone: bool = False
    """It is asked once, without a subject, when the facts hold none."""

    def __call__(self, facts: Facts, subject: Subject = None) -> list[Verdict]:
        """Every finding about one subject at once; never empty."""
        return self.ask(facts, subject)

    def over(self, facts: Facts) -> list[Verdict]:
        """Every finding about every subject. Without any subject: `needs_human`."""
        subjects: Sequence[Subject] = (None,)
        if self.per == "class":
            subjects = facts.classes
        elif self.per == "participant":
            subjects = facts.participants
        if not subjects:
            if not self.alone:
                return [self.say(f"no_{self.per}")]
            subjects = (None,)
        return [verdict for subject in subjects for verdict in self(facts, subject)]

    def say(self, sentence: str, subject: Subject | str = None, **facts: Any) -> Verdict:
        """The verdict that this sentence is, about that subject, with these facts (ids, days, counts)."""
        seen = {"sentence": sentence, **_ANY.dump_python(facts, mode="json")}
        return self.recall(seen, subject if isinstance(subject, str) else _subject_id(subject))

    def recall(self, facts: Mapping[str, Any], subject: str = "") -> Verdict:
        """The same verdict again, from the facts that an event kept."""
        sentence = self.sentences.get(str(facts.get("sentence"))) or _COMMON[str(facts["sentence"])]
        return Verdict(
            rule=self.id,
            version=self.version,
            outcome=sentence.outcome,
            text=_filled(Text(id=sentence.id, en=sentence.en), facts),
            citation=self.citation,
            facts=dict(facts),
            remedy=_filled(sentence.remedy, facts) if sentence.remedy else None,
            subject=subject,
        )


def rule(
    *,
    id: str,
    title: Text,
    reading: Text,
    mark: tuple[Mark, ...],
    bases: tuple[str, ...],
    citation: str,
    sentences: Mapping[str, Sentence],
    per: Per = "case",
    parameters: tuple[str, ...] = (),
    version: str = "1",
    effective: date = date(2026, 1, 1),
    alone: bool = False,
) -> Callable[[Ask], Rule]:
    """Make the decorated function a Rule of the book; the function's docstring is its question."""

    def made(ask: Ask) -> Rule:
        return Rule(
            id=id,
            version=version,
            effective=effective,
            title=title,
            reading=reading,
            mark=mark,
            bases=bases,
            citation=citation,
            per=per,
            parameters=parameters,
            sentences=sentences,
            ask=ask,
            alone=alone,
        )

    return made


_COMMON: dict[str, Sentence] = {
    "no_class": ask_human(
        "Belum ada kelas yang dapat diperiksa.",
        "There is no class to check yet.",
        "Tambahkan kelas dengan hari-harinya.",
        "Add a class with its days.",
    ),
    "no_participant": ask_human(
        "Belum ada peserta yang dapat diperiksa.",
        "There is no participant to check yet.",
        "Tambahkan peserta dengan data persyaratannya.",
        "Add a participant with the facts that the requirements ask for.",
    ),
}
"""What every rule says when it is to run over subjects and there are none."""


def _subject_id(subject: Subject) -> str:
    if isinstance(subject, ParticipantFacts):
        return subject.seat or subject.person
    return subject.id if subject else ""


def _filled(text: Text, facts: Mapping[str, Any]) -> Text:
    return Text(
        id=text.id.format(**{name: _shown(value, "id") for name, value in facts.items()}),
        en=text.en.format(**{name: _shown(value, "en") for name, value in facts.items()}),
    )


def _shown(value: Any, language: Literal["id", "en"]) -> str:
    """A fact as a person reads it: days in words, lists joined, known words translated."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        day = date.fromisoformat(value)
        return f"{day.day} {(_MONTHS_ID if language == 'id' else _MONTHS_EN)[day.month - 1]} {day.year}"
    if isinstance(value, list):
        return ", ".join(_shown(item, language) for item in value)
    if isinstance(value, str) and value in WORDS:
        return getattr(WORDS[value], language)  # type: ignore[no-any-return]  # Text has these two fields
    return str(value)
