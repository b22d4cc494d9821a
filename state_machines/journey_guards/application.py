"""Guards of the application and the review of its documents."""

from domain.commands import ApplicationForm, ReviewerForm, ReviewForm
from domain.rules.technical import r_tech
from domain.text import Text
from domain.verdict import Outcome, Violation
from state_machines.guards import form_missing, no
from state_machines.journey_facts import (
    application_verdicts,
    failures,
    form_of,
    journey_of,
    participant,
    sod,
)
from state_machines.table import Guard, Situation


def application_stands(s: Situation) -> list[Violation]:
    """Does no rule of the submission fail, and is the consent to its present wording? What needs a person
    is left to the reviewer."""
    form, asked = form_of(s, ApplicationForm), s.policy.consent_version
    found = failures(s, application_verdicts(s)) + _renews_nothing(s, form)
    # journeys of before took whatever version they were sent
    if form is None or form.consent_version == asked or s.case.revision < 1:
        return found
    return found + no(
        "P-CONSENT",
        f"Persetujuan pemrosesan data pribadi harus untuk versi {asked}, bukan {form.consent_version}.",
        f"The consent to process personal data must be to version {asked}, not {form.consent_version}.",
        subject=s.subject.id,
        citation="[D] § 7; UU 27/2022",
        remedy=Text(
            id="Baca persetujuan versi terkini, lalu ajukan lagi.",
            en="Read the present version of the consent, then send again.",
        ),
        given=form.consent_version,
        asked=asked,
    )


def _renews_nothing(s: Situation, form: ApplicationForm | None) -> list[Violation]:
    """Is a renewed certificate one of those that the request says the candidate has?"""
    if form is None or form.renewed is None:
        return []
    renewed = form.renewed
    if any(c.valid_until == renewed.valid_until for c in participant(s).technical):
        return []
    return no(
        "R-TECH",
        f"Tidak ada sertifikat kompetensi teknis Anda yang tercatat berlaku sampai {renewed.renews}.",
        f"No technical certificate of yours is recorded as valid until {renewed.renews}.",
        subject=s.subject.id,
        citation=r_tech.citation,
        remedy=Text(
            id="Sebutkan hari terakhir sertifikat lama seperti yang tercatat.",
            en="Give the last day of the former certificate as it is recorded.",
        ),
        renews=renewed.renews.isoformat(),
    )


def reviewer_is_free(s: Situation) -> list[Violation]:
    """Is the reviewer named neither the candidate nor one who recommended or trained them?"""
    form = form_of(s, ReviewerForm)
    return sod(s, "reviewer", (form.reviewer,)) if form else form_missing(s)


def send_backs_left(s: Situation) -> list[Violation]:
    """Has the application been sent back fewer times than the policy allows?"""
    limit, count = s.policy.send_backs_maximum, journey_of(s).send_backs
    if count < limit:
        return []
    return no(
        "M-SENDBACK",
        f"Permohonan sudah dikembalikan {count} kali, paling banyak {limit}; terima atau tolak.",
        f"The application was sent back {count} times, at most {limit}; accept or reject it.",
        subject=s.subject.id,
        citation="[D] § 3",
        send_backs=count,
        limit=limit,
    )


def requirements_met(s: Situation) -> list[Violation]:
    """Does each requirement pass, or did a person resolve it? A failed one is never resolved by hand."""
    j = journey_of(s)
    if any(e.kind == "review_documents" and e.state == "ASKED" for e in s.case.errands.values()):
        return no(
            "M-CHECKING",
            "Pemeriksaan dokumen oleh mesin belum selesai.",
            "The machine's check of the documents is not finished.",
            subject=j.id,
        )
    failed = sorted({f.requirement for f in j.findings if f.outcome == Outcome.FAIL})
    found: list[Violation] = []
    if failed:
        found += no(
            "M-REQUIREMENT",
            "Persyaratan yang tidak terpenuhi: {}.".format(", ".join(failed)),
            "Requirements that are not met: {}.".format(", ".join(failed)),
            subject=j.id,
            citation="[S] Mengkaji Kelengkapan Dokumen Persyaratan Asesi",
            remedy=Text(id="Kembalikan untuk diperbaiki, atau tolak.", en="Send it back, or reject it."),
            requirements=failed,
        )
    if s.command is None:
        return found
    form = form_of(s, ReviewForm)
    open_ = {f.requirement for f in j.findings if f.outcome == Outcome.NEEDS_HUMAN}
    open_ -= {*failed, *(form.resolved if form else ())}
    if open_:
        found += no(
            "M-UNRESOLVED",
            "Persyaratan yang harus Anda putuskan dahulu: {}.".format(", ".join(sorted(open_))),
            "Requirements for you to resolve first: {}.".format(", ".join(sorted(open_))),
            subject=j.id,
            citation="[S] Mengkaji Kelengkapan Dokumen Persyaratan Asesi",
            requirements=sorted(open_),
        )
    return found + _grounds_missing(s, form)


def _grounds_missing(s: Situation, form: ReviewForm | None) -> list[Violation]:
    """What a person resolves needs a reason and evidence, like every other equivalence (R-Q3 [D])."""
    # reviews of before were not asked for either
    if form is None or not form.resolved or s.case.revision < 1:
        return []
    found: list[Violation] = []
    if getattr(s.command, "reason", None) is None:
        found += no(
            "T-REASON",
            "Persyaratan yang Anda putuskan sendiri memerlukan alasan tertulis.",
            "What you resolve yourself needs a written reason.",
            subject=s.subject.id,
            citation="[D] § 5 R-Q3",
            remedy=Text(id="Tulis alasan Anda.", en="Write down your reason."),
            requirements=sorted(form.resolved),
        )
    if not getattr(s.command, "evidence", ()):
        found += no(
            "T-EVIDENCE",
            "Persyaratan yang Anda putuskan sendiri memerlukan bukti.",
            "What you resolve yourself needs evidence.",
            subject=s.subject.id,
            citation="[D] § 5 R-Q3",
            remedy=Text(id="Sebut berkas yang menjadi dasarnya.", en="Name the files that it rests on."),
            requirements=sorted(form.resolved),
        )
    return found


APPLICATION = Guard("rules:application_submit", application_stands, needs_command=True)
REVIEWER_FREE = Guard("R-SOD:reviewer", reviewer_is_free, needs_command=True)
SEND_BACKS = Guard("M-SENDBACK", send_backs_left)
REQUIREMENTS = Guard("M-REQUIREMENT", requirements_met)
