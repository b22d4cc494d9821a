"""The first policy: placeholders until BNSP confirms each number (domain specification, §§ 2–7)."""

from datetime import date

from domain.policy.journey_tasks import JOURNEY_TASKS
from domain.policy.model import FormKind, Policy, Requirement, Source, Term
from domain.policy.programme_tasks import PROGRAMME_TASKS
from domain.text import Text

TERMS: dict[str, Term] = {
    "draft_idle": Term(length=90, unit="days", mark="D", reason="an untouched draft expires"),
    "appeal": Term(length=7, unit="wd", mark="D", reason="the candidate appeals; then the result stands"),
}
"""Lengths that no task has: a task's own stands with its kind, and R-BK's months are a parameter."""

RETENTION: dict[str, Term] = {
    "draft": Term(length=90, unit="days", mark="D", reason="§ 7, Law 27/2022: no longer than needed"),
    "refused_or_withdrawn": Term(length=12, unit="months", mark="D", reason="§ 7: after the end"),
    "evidence": Term(length=24, unit="months", mark="D", reason="§ 7: after the decision"),
    "decision": Term(length=60, unit="months", mark="D", reason="§ 7: after the certificate's expiry"),
    "certificate": Term(length=60, unit="months", mark="D", reason="§ 7: after its expiry"),
}


REQUIREMENTS = (
    Requirement(rule="R-Q3", documents=("diploma",), mark="S", reason="Persyaratan Peserta: kualifikasi"),
    Requirement(
        rule="R-TECH",
        documents=("technical_certificate", "experience_letter"),
        mark="S",
        reason="Persyaratan Peserta: sertifikat teknis dan pengalaman",
    ),
    Requirement(
        rule="R-REC",
        documents=("recommendation_letter",),
        mark="S",
        reason="Persyaratan Peserta: rekomendasi",
    ),
    Requirement(
        rule="R-IT", documents=("it_declaration",), mark="S", reason="Persyaratan Peserta: Word dan Excel"
    ),
    Requirement(
        rule="D-IDENTITY",
        documents=("photo",),
        pictures=("photo",),
        mark="D",
        reason="the assessor meets the right person",
    ),
)


def _form(code: str, indonesian: str, english: str) -> FormKind:
    return FormKind(code=code, template_version="2026-01", title=Text(id=indonesian, en=english))


FORMS = (
    _form("FR.APL.01", "Permohonan sertifikasi kompetensi", "Application for certification"),
    _form("FR.APL.02", "Asesmen mandiri", "Self-assessment"),
    _form("FR.MAPA.01", "Merencanakan aktivitas dan proses asesmen", "Assessment plan"),
    _form("FR.MAPA.02", "Peta instrumen asesmen", "Map of assessment instruments"),
    _form("FR.AK.01", "Persetujuan asesmen dan kerahasiaan", "Agreement and confidentiality"),
    _form("FR.AK.02", "Rekaman asesmen kompetensi", "Record of the assessment"),
    _form("FR.AK.03", "Umpan balik dan catatan asesmen", "Feedback"),
    _form("FR.AK.04", "Banding asesmen", "Appeal"),
    _form("FR.AK.05", "Laporan asesmen", "Assessment report"),
)

SOURCES: dict[str, Source] = {
    "external_parts": Source(mark="S", reason="maksimal 30% dari jumlah peserta yang diajukan: 3 of 10"),
    "external_whole": Source(mark="S", reason="whole numbers, so that no rounding is needed: 3 of 10"),
    "class_maximum": Source(mark="S", reason="1 (satu) kelas maksimal 24 peserta"),
    "committee_minimum": Source(mark="S", reason="minimal 2 (dua) orang panitia per kelas"),
    "notice_working_days": Source(mark="P", reason="an LSP's published procedure asks for 20 working days"),
    "qualification_minimum": Source(mark="S", reason="kualifikasi 3 atau yang setara"),
    "qualification_levels": Source(
        mark="D", reason="KKNI levels of schooling; SMA and SMK are level 2, so a person decides equivalence"
    ),
    "experience_months": Source(mark="S", reason="pengalaman minimal 3 (tiga) tahun, counted as 36 months"),
    "recommendation_mode": Source(
        mark="D", reason="track 2's sentence can also be read so that BNSP approves every recommendation"
    ),
    "window_months": Source(mark="S", reason="3 (tiga) bulan sebelum atau 3 (tiga) bulan setelah berakhir"),
    "window_mode": Source(
        mark="D", reason="both ends counted from the last valid day, inclusive; other readings are kept"
    ),
    "kit": Source(mark="D", reason="kelengkapan pelatihan is named but not listed: a placeholder list"),
    "direct_evidence": Source(
        mark="D", reason="persyaratan sertifikasi ulang are not listed: a placeholder list, unverified"
    ),
    "trainers_minimum": Source(mark="P", reason="two master assessors train a class"),
    "candidates_per_assessor": Source(mark="P", reason="one assessor for each 12 candidates"),
    "separations": Source(mark="D", reason="nobody checks own work; ISO/IEC 17024 asks for safeguards"),
    "overridable": Source(
        mark="D", reason="the document lets a master assessor train and assess: BNSP may allow it, recorded"
    ),
    "uninvolved": Source(mark="P", reason="an appeal is heard by people who took no earlier step"),
    "reassessments_maximum": Source(mark="D", reason="at most two re-assessments of the failing units"),
    "reassessment_months": Source(mark="D", reason="evidence ages; counted from the first decision"),
    "votes_minimum": Source(mark="D", reason="three votes cannot tie, and nobody decides alone"),
    "panel_minimum": Source(mark="P", reason="an appeal panel of at least three"),
    "send_backs_maximum": Source(mark="D", reason="a fourth round is a refusal in other words"),
    "no_shows_maximum": Source(mark="D", reason="the third no-show closes the journey"),
    "offers_per_reserve": Source(mark="D", reason="the second unanswered offer releases the reserve"),
    "certificate_months": Source(
        mark="D", reason="default when BNSP prints no other last day; the printed day is the truth"
    ),
    "certificate_months_maximum": Source(
        mark="D",
        reason="no scheme runs longer; a later last day is a typing error",
    ),
    "certificate_reminder_days": Source(mark="D", reason="time enough to collect the documents again"),
    "upload_bytes": Source(mark="D", reason="10 MiB: a scanned letter fits, a film does not"),
    "upload_types": Source(mark="D", reason="what can be shown safely and kept for years"),
}

FIRST = Policy(
    version="2026-01",
    effective=date(2026, 1, 1),
    status="placeholder",
    note="The current juknis could not be read: [S] is the user's document, all else awaits BNSP.",
    external_parts=3,
    external_whole=10,
    class_maximum=24,
    committee_minimum=2,
    notice_working_days=20,
    qualification_minimum=3,
    qualification_levels={
        "SMA": 2,
        "SMK": 2,
        "D1": 3,
        "D2": 4,
        "D3": 5,
        "D4": 6,
        "S1": 6,
        "PROFESI": 7,
        "S2": 8,
        "S3": 9,
    },
    experience_months=36,
    recommendation_mode="agency_only",
    window_months=3,
    window_mode="inclusive_both_from_end",
    kit=("laptop", "technical_certificate", "recommendation_letter"),
    direct_evidence=("assessment_records",),
    trainers_minimum=2,
    candidates_per_assessor=12,
    separations=(
        ("submitter", "verifier"),
        ("submitter", "approver"),
        ("verifier", "approver"),
        ("submitter", "resolver"),
        ("trainer", "assessor"),
        ("trainer", "decision"),
        ("assessor", "decision"),
        ("recommender", "reviewer"),
        ("trainer", "reviewer"),
        ("candidate", "verifier"),
        ("candidate", "approver"),
        ("candidate", "resolver"),
        ("candidate", "reviewer"),
        ("candidate", "trainer"),
        ("candidate", "assessor"),
        ("candidate", "decision"),
    ),
    overridable=(("trainer", "assessor"),),
    uninvolved=("panel",),
    reassessments_maximum=2,
    reassessment_months=6,
    votes_minimum=3,
    panel_minimum=3,
    send_backs_maximum=3,
    no_shows_maximum=3,
    offers_per_reserve=2,
    certificate_months=36,
    certificate_months_maximum=120,
    certificate_reminder_days=(90, 60, 30, 7),
    upload_bytes=10 * 1024 * 1024,
    upload_types=("application/pdf", "image/jpeg", "image/png"),
    terms=TERMS,
    retention=RETENTION,
    requirements=REQUIREMENTS,
    forms=FORMS,
    consent_version="2026-01",
    tasks=PROGRAMME_TASKS + JOURNEY_TASKS,
    sources=SOURCES,
)
