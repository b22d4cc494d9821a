"""What an application asks the candidate, part by part: FR.APL.01 and FR.APL.02, a group of questions each.

The groups follow forms that LSPs publish [P]; which of them BNSP asks for is for BNSP to confirm. Documents
and the consent are no parts: those are handed in by themselves, and the consent is given when all is sent.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.commands import Id
from domain.text import Text

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=8, max_length=20, pattern=r"^(0|\+62)[0-9 -]+$"),
]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class Part(BaseModel):
    """Base of the answers of one part."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Applicant(Part):
    """FR.APL.01: where the applicant is reached."""

    address: Line
    phone: Phone
    email: Line = ""


class Work(Part):
    """FR.APL.01: present work."""

    employer: Line
    position: Line
    office_address: Line = ""


class Purpose(Part):
    """FR.APL.01: what the assessment is for."""

    purpose: Literal["certification", "recertification", "recognition"]


class UnitAnswer(Part):
    """FR.APL.02: what the candidate thinks to be able to do, and what shows it."""

    unit: Id
    result: Literal["K", "BK"]
    shown_by: Paragraph


class SelfAssessment(Part):
    """FR.APL.02: one answer a unit."""

    units: Annotated[tuple[UnitAnswer, ...], Field(min_length=1, max_length=50)]


class Computer(Part):
    """R-IT: the signed declaration."""

    it_declared: bool


Said = Literal["yes", "no"]


class Feedback(Part):
    """FR.AK.03: how the candidate found the assessment."""

    informed: Said
    prepared: Said
    agreed: Said
    heard: Said
    fair: Said
    told: Said
    remarks: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""


class PartKind(BaseModel):
    """One part: what it is called, which form it belongs to, and what its answers look like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    form: Literal["FR.APL.01", "FR.APL.02", "FR.AK.03", ""]
    """Empty: it is filed with the application itself."""
    label: Text
    help: Text
    citation: str
    model: type[Part]


PARTS: tuple[PartKind, ...] = (
    PartKind(
        key="applicant",
        form="FR.APL.01",
        label=Text(id="Data pemohon", en="About you"),
        help=Text(
            id="Alamat dan nomor telepon tempat Anda dapat dihubungi tentang permohonan ini.",
            en="Where you can be reached about this application.",
        ),
        citation="[P] FR.APL.01",
        model=Applicant,
    ),
    PartKind(
        key="work",
        form="FR.APL.01",
        label=Text(id="Pekerjaan sekarang", en="Your present work"),
        help=Text(
            id="Tempat Anda bekerja sekarang. Bila tidak bekerja, tulis “tidak bekerja”.",
            en="Where you work at present. If you do not, write “none”.",
        ),
        citation="[P] FR.APL.01",
        model=Work,
    ),
    PartKind(
        key="purpose",
        form="FR.APL.01",
        label=Text(id="Tujuan asesmen", en="What the assessment is for"),
        help=Text(
            id="Pilih satu. Yang belum pernah bersertifikat asesor memilih sertifikasi.",
            en="Choose one. Who never held an assessor's certificate chooses certification.",
        ),
        citation="[P] FR.APL.01",
        model=Purpose,
    ),
    PartKind(
        key="self_assessment",
        form="FR.APL.02",
        label=Text(id="Asesmen mandiri", en="Self-assessment"),
        help=Text(
            id="Untuk tiap unit: apakah Anda merasa kompeten (K) atau belum (BK), dan apa buktinya.",
            en="For each unit: do you think that you are competent (K) or not yet (BK), and what shows it.",
        ),
        citation="[P] FR.APL.02",
        model=SelfAssessment,
    ),
    PartKind(
        key="computer",
        form="",
        label=Text(id="Pernyataan kemampuan komputer", en="Declaration of computer skills"),
        help=Text(
            id="Peserta mampu mengoperasikan komputer, paling sedikit Word dan Excel.",
            en="A participant can use a computer, at least Word and Excel.",
        ),
        citation="[S] Persyaratan Peserta: Word dan Excel (R-IT)",
        model=Computer,
    ),
)
BY_KEY = {part.key: part for part in PARTS}
FEEDBACK = PartKind(
    key="feedback",
    form="FR.AK.03",
    label=Text(id="Umpan balik tentang asesmen", en="Feedback on the assessment"),
    help=Text(
        id="Jawaban Anda membantu asesor dan BNSP memperbaiki asesmen. Hasil Anda tidak berubah karenanya.",
        en="Your answers help assessor and BNSP to do better. Your result does not change by them.",
    ),
    citation="[P] FR.AK.03",
    model=Feedback,
)
"""Asked once the assessment has begun; no part of the application."""
