"""Guards of a candidate's journey. Each is a question; the empty list means yes.

Asked without a command they decide a button; with one they judge what its form says as well.
"""

from domain.clock import local_day
from domain.commands import (
    ApplicationForm,
    BeginForm,
    ConveneForm,
    ReviewerForm,
    ReviewForm,
    ScheduleForm,
    UnitsForm,
)
from domain.roles import Role
from domain.text import Text
from domain.verdict import Outcome, Violation
from state_machines.guards import no, own_organisation
from state_machines.journey_facts import (
    LAPSES,
    application_verdicts,
    failing,
    failures,
    form_of,
    journey_of,
    reassess_verdicts,
    recommendation,
    schedule_verdicts,
    sod,
    vote_verdicts,
)
from state_machines.table import Guard, Situation

APPEAL = "appeal"
"""Kind of the deadline that ends the time for an appeal."""


# ---- whose is it --------------------------------------------------------------------------------


def is_candidate(s: Situation) -> list[Violation]:
    """Is it the candidate who acts, or somebody on the candidate's behalf?"""
    if journey_of(s).person in s.actor.hands:
        return []
    return no(
        "M-OWN",
        "Permohonan ini milik orang lain.",
        "This application is another person's.",
        subject=s.subject.id,
    )


def candidate_or_organiser(s: Situation) -> list[Violation]:
    """Is it the candidate, or somebody of the organiser on the candidate's behalf?"""
    if s.actor.role is Role.ORGANISER and s.actor.organisation == journey_of(s).organiser:
        return []
    return is_candidate(s)


def is_assessor(s: Situation) -> list[Violation]:
    """Is it the assessor whom the schedule names?"""
    if journey_of(s).assessor and journey_of(s).assessor == s.actor.person:
        return []
    return no(
        "M-OWN",
        "Hanya asesor yang dijadwalkan yang dapat melakukannya.",
        "Only the assessor who is scheduled can do this.",
        subject=s.subject.id,
    )


def is_chair(s: Situation) -> list[Violation]:
    """Is it the chair of the committee that was convened?"""
    if journey_of(s).chair and journey_of(s).chair == s.actor.person:
        return []
    return no(
        "M-OWN",
        "Hanya ketua komite yang mencatat keputusan.",
        "Only the committee's chair records the decision.",
        subject=s.subject.id,
    )


def apart(step: str) -> Guard:
    """Has the one who acts taken no step that is kept apart from this one (R-SOD)?"""
    return Guard(f"R-SOD:{step}", lambda s: sod(s, step, s.actor.hands))


# ---- application and documents --------------------------------------------------------------------


def application_stands(s: Situation) -> list[Violation]:
    """Does no rule of the submission fail, and is the consent to its present wording? What needs a person
    is left to the reviewer."""
    form, asked = form_of(s, ApplicationForm), s.policy.consent_version
    found = failures(s, application_verdicts(s))
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


def reviewer_is_free(s: Situation) -> list[Violation]:
    """Is the reviewer named neither the candidate nor one who recommended or trained them?"""
    form = form_of(s, ReviewerForm)
    return sod(s, "reviewer", (form.reviewer,)) if form else _form_missing(s)


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


# ---- schedule and assessment ----------------------------------------------------------------------


def training_recorded(s: Situation) -> list[Violation]:
    """Is the training recorded, where there is one? Only then are the trainers known (R-SOD)."""
    j = journey_of(s)
    if j.training_recorded or not j.class_id:
        return []
    return no(
        "M-TRAINING",
        "Kehadiran pelatihan belum dicatat.",
        "The training has not been recorded yet.",
        subject=j.id,
        citation="[D] § 5 R-SOD",
    )


def assessor_of_class(s: Situation) -> list[Violation]:
    """Is the assessor named an accepted assessor of the class (a re-assessment's gets a letter of its own),
    with fewer candidates than the policy allows, and the day not past?"""
    j, form = journey_of(s), form_of(s, ScheduleForm)
    if form is None:
        return _form_missing(s)
    found: list[Violation] = []
    limit, taken = s.policy.candidates_per_assessor, s.facts.places_taken
    if taken is not None and taken >= limit and not own_assignment(s):
        found += no(
            "R-MA",
            f"Asesor itu sudah mengases {taken} calon kelas ini; paling banyak {limit}.",
            f"That assessor has {taken} candidates of this class already; at most {limit}.",
            subject=j.id,
            citation="[P] § 5 R-MA: one assessor for each 12 candidates",
            remedy=Text(id="Pilih asesor lain kelas ini.", en="Choose another assessor of the class."),
            taken=taken,
            limit=limit,
        )
    if j.class_id and form.assessor not in j.assessors and not own_assignment(s):
        found += no(
            "R-MA",
            "Orang itu bukan asesor kelas ini yang menerima surat tugasnya.",
            "That person is not an assessor of this class who accepted the letter of assignment.",
            subject=j.id,
            citation="[S] Definisi Penting: Master Asesor Kompetensi; [D] § 2",
            assessors=list(j.assessors),
        )
    if form.day < local_day(s.now, j.zone):
        found += no(
            "M-EARLY",
            "Hari asesmen sudah lewat.",
            "The assessment day is past.",
            subject=j.id,
            day=form.day.isoformat(),
        )
    return found


def own_assignment(s: Situation) -> bool:
    """Does this schedule make its own assignment, with its own letter: a re-assessment's, or a journey's
    without a class (§ 2)? (Older journeys take the class's assessors alone.)"""
    j = journey_of(s)
    return s.case.revision >= 1 and (
        not j.class_id or j.reassessments > 0 or s.subject.state == "NOT_YET_COMPETENT"
    )


def assignment_accepted(s: Situation) -> list[Violation]:
    """Are the assessor's place and day taken, and has the master assessor accepted the letter of an
    assignment that is this journey's own?"""
    # older journeys neither waited for a day nor assigned by letter
    if s.case.revision < 1:
        return []
    if any(e.kind == "reserve" and e.state == "ASKED" for e in s.case.errands.values()):
        return no(
            "R-MA",
            "Hari asesor sedang dipastikan.",
            "The assessor's day is still being taken.",
            subject=s.subject.id,
            citation="[P] § 5 R-MA",
            remedy=Text(id="Tunggu sebentar, lalu coba lagi.", en="Wait a moment, then try again."),
        )
    standing = [a for a in s.case.assignments.values() if a.state in ("PROPOSED", "ASSIGNED")]
    if not standing:
        return []
    return no(
        "R-MA",
        "Surat tugas untuk asesmen ini belum terbit atau belum diterima oleh asesornya.",
        "The letter of assignment for this assessment is not issued, or its assessor has not accepted it.",
        subject=s.subject.id,
        citation="[S] Definisi Penting: Master Asesor Kompetensi, surat tugas; [D] § 2",
        remedy=Text(
            id="Petugas BNSP menerbitkan surat tugas; master asesor menerimanya.",
            en="BNSP operations issue the letter; the master assessor accepts it.",
        ),
        state=standing[0].state,
    )


def schedule_stands(s: Situation) -> list[Violation]:
    """Does no rule of the schedule fail, and is a lapse by another's delay decided?"""
    return failures(s, schedule_verdicts(s), also=LAPSES) if form_of(s, ScheduleForm) else []


def no_schedule_stands(s: Situation) -> list[Violation]:
    """Has the schedule fallen away, so that neither an assessor nor a day is set?"""
    j = journey_of(s)
    if not j.assessor and j.assessment_day is None:
        return []
    return no(
        "M-STATE",
        "Asesmen masih terjadwal.",
        "The assessment is still scheduled.",
        subject=j.id,
    )


def day_has_come(s: Situation) -> list[Violation]:
    """Has the assessment day come, in the venue's zone?"""
    j = journey_of(s)
    day = j.assessment_day
    if day is not None and local_day(s.now, j.zone) >= day:
        return []
    return no(
        "M-EARLY",
        "Hari asesmen belum tiba.",
        "The assessment day has not come.",
        subject=j.id,
        day=day.isoformat() if day else "",
    )


def agreement_signed(s: Situation) -> list[Violation]:
    """Did both candidate and assessor sign FR.AK.01 for this schedule?"""
    j = journey_of(s)
    missing = [who for who, person in (("calon", j.person), ("asesor", j.assessor)) if person not in j.signed]
    if not missing:
        return []
    english = [{"calon": "candidate", "asesor": "assessor"}[m] for m in missing]
    return no(
        "M-AK01",
        "FR.AK.01 belum ditandatangani oleh: {}.".format(", ".join(missing)),
        "FR.AK.01 is not signed yet by: {}.".format(", ".join(english)),
        subject=j.id,
        citation="[P] FR.AK.01",
        missing=english,
    )


def plan_filed(s: Situation) -> list[Violation]:
    """Do FR.MAPA.01 and FR.MAPA.02 come with the command?"""
    form = form_of(s, BeginForm)
    # assessments of before were begun with one of them
    if form and (form.mapa02 or s.case.revision < 1):
        return []
    return no(
        "M-MAPA",
        "FR.MAPA.01 dan FR.MAPA.02 belum diajukan keduanya.",
        "FR.MAPA.01 and FR.MAPA.02 are not both filed.",
        subject=s.subject.id,
        citation="[P] FR.MAPA.01, FR.MAPA.02",
        remedy=Text(id="Unggah keduanya, lalu mulai.", en="File both of them, then begin."),
    )


def third_no_show(s: Situation) -> list[Violation]:
    """Would this no-show be the one that closes the journey?"""
    if journey_of(s).no_shows + 1 >= s.policy.no_shows_maximum:
        return []
    return no("M-NOSHOW", "Masih ada kesempatan lain.", "Another chance is left.", subject=s.subject.id)


def chance_left(s: Situation) -> list[Violation]:
    """May the candidate be scheduled again after this no-show?"""
    if third_no_show(s):
        return []
    return no("M-NOSHOW", "Tidak ada kesempatan lagi.", "No further chance is left.", subject=s.subject.id)


def every_unit_judged(s: Situation) -> list[Violation]:
    """Has each unit under assessment exactly one K or BK, and no other unit any?"""
    j, form = journey_of(s), form_of(s, UnitsForm)
    if form is None:
        return _form_missing(s)
    given = [r.unit for r in form.results]
    missing = sorted(set(j.to_assess) - set(given))
    surplus = sorted({u for u in given if u not in j.to_assess or given.count(u) > 1})
    if not missing and not surplus:
        return []
    return no(
        "M-UNITS",
        f"Setiap unit yang diases memerlukan tepat satu K atau BK; kurang {len(missing)}, "
        f"lebih {len(surplus)}.",
        f"Each unit under assessment needs exactly one K or BK; missing: {len(missing)}, "
        f"surplus: {len(surplus)}.",
        subject=j.id,
        citation="[P] FR.AK.02",
        missing=missing,
        surplus=surplus,
    )


# ---- decision -------------------------------------------------------------------------------------


def committee_fits(s: Situation) -> list[Violation]:
    """Are there members enough, the chair one of them, and nobody who trained or assessed?"""
    form = form_of(s, ConveneForm)
    if form is None:
        return _form_missing(s)
    needed, members = s.policy.votes_minimum, set(form.members)
    found: list[Violation] = []
    if len(members) < needed or len(members) < len(form.members):
        found += no(
            "R-VOTE",
            f"Komite memerlukan paling sedikit {needed} anggota yang berbeda; ada {len(members)}.",
            f"The committee needs at least {needed} different members; there are {len(members)}.",
            subject=s.subject.id,
            citation="[P] ISO/IEC 17024; [D] § 3",
            members=len(members),
            needed=needed,
        )
    if form.chair not in members:
        found += no(
            "R-VOTE",
            "Ketua bukan anggota sidang ini.",
            "The chair is not a member of this sitting.",
            subject=s.subject.id,
            citation="[P] ISO/IEC 17024; [D] § 3",
        )
    return found + sod(s, "decision", members)


def recommended_k(s: Situation) -> list[Violation]:
    """Was K recommended? A committee never turns BK into K without a new assessment."""
    if recommendation(journey_of(s)) == "K":
        return []
    return no(
        "R-VOTE",
        "Rekomendasi asesor adalah BK; komite tidak dapat menyatakan kompeten tanpa asesmen baru.",
        "The assessor recommended BK; the committee cannot decide competent without a new assessment.",
        subject=s.subject.id,
        citation="[D] § 3",
        failing=list(failing(journey_of(s))),
    )


def votes_carry(s: Situation) -> list[Violation]:
    """Do at least the policy's number of uninvolved members carry this very decision?"""
    return [v for v in failures(s, vote_verdicts(s)) if v.facts.get("sentence") != "bk"]


def numbers_taken(s: Situation) -> list[Violation]:
    """Are the three numbers there, and were they taken for this certificate?"""
    j = journey_of(s)
    if j.certificate and len(j.numbers) == 3:
        return []
    return no(
        "M-NUMBERS",
        "Nomor sertifikat, registrasi, dan blangko belum diambil.",
        "The certificate, registration and blank numbers are not taken yet.",
        subject=j.id,
        citation="[D] § 3: three numbers kept apart",
    )


# ---- after a negative decision --------------------------------------------------------------------


def reassessment_left(s: Situation) -> list[Violation]:
    """Is a re-assessment left, and does this day lie within its time (R-BK)?"""
    return failures(s, reassess_verdicts(s))


def appeal_open(s: Situation) -> list[Violation]:
    """Does the time for an appeal still run, and has there been none against this result?"""
    j = journey_of(s)
    waiting = any(d.kind == APPEAL and d.state == "WAITING" for d in s.case.deadlines.values())
    if waiting and j.appealed_from != j.state:
        return []
    return no(
        "M-APPEAL",
        "Waktu banding sudah lewat, atau banding sudah diputuskan.",
        "The time for an appeal is over, or the appeal has been decided.",
        subject=j.id,
        citation="[D] § 3",
    )


def nothing_left(s: Situation) -> list[Violation]:
    """Is neither an appeal nor a re-assessment possible any more?"""
    found: list[Violation] = []
    if not appeal_open(s):
        found += no(
            "M-APPEAL", "Banding masih mungkin.", "An appeal is still possible.", subject=s.subject.id
        )
    if s.subject.state == "NOT_YET_COMPETENT" and not reassessment_left(s):
        found += no(
            "R-BK",
            "Asesmen ulang masih mungkin.",
            "A re-assessment is still possible.",
            subject=s.subject.id,
        )
    return found


def appealed_from(state: str) -> Guard:
    """Was the appeal against the result of this very state?"""

    def ask(s: Situation) -> list[Violation]:
        if journey_of(s).appealed_from == state:
            return []
        return no(
            "M-APPEAL",
            "Banding diajukan atas keadaan lain.",
            "The appeal was against another state.",
            subject=s.subject.id,
        )

    return Guard(f"appealed_from:{state}", ask, selects=True)


def _form_missing(s: Situation) -> list[Violation]:
    return no("T-FORM", "Formulir belum diisi.", "The form is not filled in.", subject=s.subject.id)


CANDIDATE = Guard("M-OWN:candidate", is_candidate)
CANDIDATE_OR_ORGANISER = Guard("M-OWN:candidate", candidate_or_organiser)
ORGANISER = own_organisation(lambda s: journey_of(s).organiser)
ASSESSOR = Guard("M-OWN:assessor", is_assessor)
CHAIR = Guard("M-OWN:chair", is_chair)
APPLICATION = Guard("rules:application_submit", application_stands, needs_command=True)
REVIEWER_FREE = Guard("R-SOD:reviewer", reviewer_is_free, needs_command=True)
SEND_BACKS = Guard("M-SENDBACK", send_backs_left)
REQUIREMENTS = Guard("M-REQUIREMENT", requirements_met)
TRAINING = Guard("M-TRAINING", training_recorded)
CLASS_ASSESSOR = Guard("R-MA:class", assessor_of_class, needs_command=True)
SCHEDULE = Guard("rules:schedule", schedule_stands, needs_command=True)
ASSIGNED = Guard("R-MA:letter", assignment_accepted)
UNSCHEDULED = Guard("M-STATE:unscheduled", no_schedule_stands)
DAY_HAS_COME = Guard("M-EARLY", day_has_come)
AK01 = Guard("M-AK01", agreement_signed)
MAPA = Guard("M-MAPA", plan_filed, needs_command=True)
THIRD_NO_SHOW = Guard("M-NOSHOW:third", third_no_show, selects=True)
CHANCE_LEFT = Guard("M-NOSHOW:left", chance_left, selects=True)
UNITS = Guard("M-UNITS", every_unit_judged, needs_command=True)
COMMITTEE = Guard("R-VOTE:committee", committee_fits, needs_command=True)
RECOMMENDED_K = Guard("R-VOTE:K", recommended_k)
VOTES = Guard("R-VOTE", votes_carry, needs_command=True)
NUMBERS = Guard("M-NUMBERS", numbers_taken)
REASSESSMENT = Guard("R-BK", reassessment_left)
APPEAL_OPEN = Guard("M-APPEAL", appeal_open)
NOTHING_LEFT = Guard("M-OPEN", nothing_left)
