"""Guards of training, schedule and assessment: may it be held, by whom, and is every unit judged?"""

from domain.clock import local_day
from domain.commands import BeginForm, ScheduleForm, UnitsForm
from domain.text import Text
from domain.verdict import Violation
from state_machines.guards import form_missing, no
from state_machines.journey_facts import LAPSES, failures, form_of, journey_of, schedule_verdicts
from state_machines.table import Guard, Situation


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
        return form_missing(s)
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


def assignment_binds(s: Situation) -> list[Violation]:
    """Is the assessor who says that the candidate did not come bound to be there? (Before revision 3 one
    without a letter, or who had not accepted it, recorded a no-show, too.)"""
    return assignment_accepted(s) if s.case.revision >= 3 else []


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
        return form_missing(s)
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


TRAINING = Guard("M-TRAINING", training_recorded)
CLASS_ASSESSOR = Guard("R-MA:class", assessor_of_class, needs_command=True)
SCHEDULE = Guard("rules:schedule", schedule_stands, needs_command=True)
ASSIGNED = Guard("R-MA:letter", assignment_accepted)
BOUND = Guard("R-MA:bound", assignment_binds)
UNSCHEDULED = Guard("M-STATE:unscheduled", no_schedule_stands)
DAY_HAS_COME = Guard("M-EARLY", day_has_come)
AK01 = Guard("M-AK01", agreement_signed)
MAPA = Guard("M-MAPA", plan_filed, needs_command=True)
THIRD_NO_SHOW = Guard("M-NOSHOW:third", third_no_show, selects=True)
CHANCE_LEFT = Guard("M-NOSHOW:left", chance_left, selects=True)
UNITS = Guard("M-UNITS", every_unit_judged, needs_command=True)
