"""Master assessors of a class or of one assessment (R-MA)."""

from collections.abc import Sequence
from datetime import date

from domain.facts import AssessorFacts, ClassFacts, Facts
from domain.rules.duties import lifted
from domain.rules.rule import ask_human, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict


@rule(
    id="R-MA",
    title=Text(id="Master asesor", en="Master assessors"),
    reading=Text(
        id="Surat tugas terbit dan bidang sesuai skema. Paling sedikit 2 pelatih per kelas, paling sedikit "
        "satu asesor untuk setiap 12 calon, orang yang berbeda dari pelatih, sertifikat aktif pada "
        "semua hari "
        "kelas, satu penugasan per orang per hari. Jumlah, bidang, sertifikat, dan hari kosong saat "
        "pengajuan, "
        "persetujuan, penjadwalan, dan penjadwalan ulang; surat tugas dan kesediaan saat kelas siap. "
        "Kekurangan "
        "sebelum kelas siap dipenuhi petugas BNSP.",
        en="Letter of assignment issued, and field matching the scheme. At least 2 trainers a class, at "
        "least "
        "one assessor for each 12 candidates, different people from the trainers, certificate ACTIVE on all "
        "class days, one assignment a day a person. Numbers, field, certificate and free days at submit, "
        "approve, schedule, reschedule; letter and acceptance at ready. A shortage before ready is for BNSP "
        "operations to fill.",
    ),
    mark=("S", "P", "D"),
    bases=("LB-2", "LB-4"),
    citation="[S] Definisi Penting: Master Asesor Kompetensi; [P] jumlah per kelas; PP 10/2018 (LB-2), "
    "Kepmenaker 333/2020 (LB-4)",
    per="class",
    parameters=("trainers_minimum", "candidates_per_assessor", "overridable"),
    alone=True,
    sentences={
        "fit": yes(
            "Master asesor sesuai: {trainers} pelatih dan {assessors} asesor.",
            "The master assessors fit; trainers: {trainers}, assessors: {assessors}.",
        ),
        "ready": yes(
            "Semua master asesor bersurat tugas dan bersedia: {trainers} pelatih dan {assessors} asesor.",
            "Every master assessor has a letter and accepted; trainers: {trainers}, assessors: {assessors}.",
        ),
        "few_trainers": ask_human(
            "Baru ada {trainers} pelatih untuk kelas ini; paling sedikit {needed}.",
            "Trainers for this class so far: {trainers}; at least {needed} are needed.",
            "Petugas BNSP menugaskan pelatih lain.",
            "BNSP operations assigns further trainers.",
        ),
        "few_assessors": ask_human(
            "Baru ada {assessors} asesor untuk {candidates} calon; paling sedikit {needed}.",
            "Assessors so far: {assessors}, for {candidates} candidates; at least {needed} are needed.",
            "Petugas BNSP menugaskan asesor lain.",
            "BNSP operations assigns further assessors.",
        ),
        "lacks_trainers": no(
            "Baru {trainers} pelatih yang bersedia; kelas siap dengan paling sedikit {needed}.",
            "Trainers who accepted: {trainers}; a class is ready with at least {needed}.",
            "Petugas BNSP menugaskan pelatih lain.",
            "BNSP operations assigns further trainers.",
        ),
        "lacks_assessors": no(
            "Baru {assessors} asesor yang bersedia untuk {candidates} calon; paling sedikit {needed}.",
            "Assessors who accepted: {assessors}, for {candidates} candidates; at least {needed} are needed.",
            "Petugas BNSP menugaskan asesor lain.",
            "BNSP operations assigns further assessors.",
        ),
        "same_person": no(
            "{count} orang menjadi pelatih sekaligus asesor kelas ini.",
            "People who are both trainer and assessor of this class: {count}.",
            "Tugaskan asesor lain, atau minta BNSP mencatat pengecualian dengan alasan.",
            "Assign another assessor, or have BNSP record an override with its reason.",
        ),
        "field": no(
            "Bidang master asesor tidak sesuai dengan bidang skema.",
            "The master assessor's fields do not match the scheme's field.",
            "Pilih master asesor dengan bidang yang sesuai.",
            "Choose a master assessor of the matching field.",
        ),
        "certificate": no(
            "Sertifikat master asesor tidak aktif pada {day}.",
            "The master assessor's certificate is not active on {day}.",
            "Pilih master asesor dengan sertifikat yang aktif pada semua hari itu.",
            "Choose a master assessor whose certificate is active on all those days.",
        ),
        "busy": no(
            "Master asesor sudah bertugas pada {days}.",
            "The master assessor already has an assignment on {days}.",
            "Pilih master asesor lain atau hari lain.",
            "Choose another master assessor, or other days.",
        ),
        "letter": no(
            "Surat tugas untuk {count} master asesor belum terbit.",
            "Letters of assignment still to be issued: {count}.",
            "Petugas BNSP menerbitkan surat tugas.",
            "BNSP operations issues the letters.",
        ),
        "answer": no(
            "{count} master asesor belum menerima penugasannya.",
            "Master assessors who have not accepted their assignment: {count}.",
            "Tunggu jawabannya, atau ganti master asesor itu.",
            "Wait for their answer, or replace them.",
        ),
        "unknown": ask_human(
            "Data {count} master asesor, bidang skema, atau harinya belum diketahui.",
            "Facts about {count} master assessors, the scheme's field or the days are not known.",
            "Lengkapi data master asesor dan hari-harinya.",
            "Complete the facts about the master assessors and their days.",
        ),
    },
)
def r_ma(facts: Facts, class_: ClassFacts | None) -> list[Verdict]:
    """Are the class's master assessors enough, of the right field, certified, free, and at ready accepted?

    [S] Definisi Penting: bersertifikat, kompeten di bidang tertentu, dan diberi tugas; [P] the numbers.
    Without a class it judges the assessor of one assessment (`facts.assessment_day`).
    """
    mine = [a for a in facts.assessors if class_ is None or a.class_id == class_.id]
    if facts.moment == "class_ready":
        return _at_ready(facts, class_, mine)
    found = [*_numbers(facts, class_, mine), *_same_person(facts, class_, mine)]
    unknown = _named(class_) - {a.person for a in mine}
    no_scheme = bool(mine) and (facts.scheme is None or not facts.scheme.field)
    if unknown or no_scheme or (class_ is None and not mine):
        found.append(r_ma.say("unknown", class_, count=len(unknown)))
    for assessor in mine:
        found += _one(facts, class_, assessor)
    trainers, assessors = _people(class_, mine)
    return found or [r_ma.say("fit", class_, trainers=len(trainers), assessors=len(assessors))]


def needed_assessors(candidates: int, per_assessor: int) -> int:
    """One assessor for each 12 candidates begun, and never none."""
    return max(1, -(-candidates // per_assessor))


def _named(class_: ClassFacts | None) -> set[str]:
    return {*class_.trainers, *class_.assessors} if class_ else set()


def _people(class_: ClassFacts | None, mine: Sequence[AssessorFacts]) -> tuple[set[str], set[str]]:
    """Trainers and assessors, by the class's own list and by what is known of each."""
    trainers = {a.person for a in mine if a.kind == "trainer"} | set(class_.trainers if class_ else ())
    assessors = {a.person for a in mine if a.kind == "assessor"} | set(class_.assessors if class_ else ())
    return trainers, assessors


def _candidates(facts: Facts, class_: ClassFacts) -> int:
    """Main participants of the class, or the seats taken or offered, whichever is more."""
    listed = sum(p.kind == "main" for p in facts.participants_of(class_))
    if facts.class_id not in ("", class_.id):
        return listed
    return max(listed, (facts.seats_confirmed or 0) + (facts.seats_offered or 0))


def _numbers(
    facts: Facts, class_: ClassFacts | None, mine: Sequence[AssessorFacts], *, ready: bool = False
) -> list[Verdict]:
    if class_ is None:
        return []
    found, policy = [], facts.policy
    trainers, assessors = _people(None if ready else class_, mine)
    if len(trainers) < policy.trainers_minimum:
        sentence = "lacks_trainers" if ready else "few_trainers"
        found.append(r_ma.say(sentence, class_, trainers=len(trainers), needed=policy.trainers_minimum))
    candidates = _candidates(facts, class_)
    needed = needed_assessors(candidates, policy.candidates_per_assessor)
    if len(assessors) < needed:
        sentence = "lacks_assessors" if ready else "few_assessors"
        found.append(
            r_ma.say(sentence, class_, assessors=len(assessors), candidates=candidates, needed=needed)
        )
    return found


def _same_person(facts: Facts, class_: ClassFacts | None, mine: Sequence[AssessorFacts]) -> list[Verdict]:
    trainers, assessors = _people(class_, mine)
    class_id = class_.id if class_ else ""
    both = sorted(p for p in trainers & assessors if not lifted(facts, "trainer", "assessor", p, class_id))
    return [r_ma.say("same_person", class_, count=len(both), persons=both)] if both else []


def _days(facts: Facts, class_: ClassFacts | None, assessor: AssessorFacts) -> set[date]:
    days = set(class_.days) if class_ else set()
    if facts.assessment_day is not None and assessor.kind == "assessor":
        days.add(facts.assessment_day)
    return days


def _one(facts: Facts, class_: ClassFacts | None, assessor: AssessorFacts) -> list[Verdict]:
    """Field, certificate and free days of one master assessor."""
    found, seen = [], {"person": assessor.person, "kind": assessor.kind}
    if facts.scheme is not None and facts.scheme.field and facts.scheme.field not in assessor.fields:
        found.append(r_ma.say("field", class_, **seen))
    days = _days(facts, class_, assessor)
    if not days or (assessor.certificate_state == "ACTIVE" and assessor.certificate_valid_until is None):
        return [*found, r_ma.say("unknown", class_, count=1, **seen)]
    last = assessor.certificate_valid_until
    if not assessor.certificate_state:
        found.append(r_ma.say("unknown", class_, count=1, **seen))
    elif assessor.certificate_state != "ACTIVE" or last is None or last < max(days):
        uncovered = min(d for d in days if last is None or d > last or assessor.certificate_state != "ACTIVE")
        found.append(r_ma.say("certificate", class_, day=uncovered, **seen))
    taken = sorted(days & (set(assessor.busy) | _elsewhere(facts, class_, assessor.person)))
    if taken:
        found.append(r_ma.say("busy", class_, days=taken, **seen))
    return found


def _elsewhere(facts: Facts, class_: ClassFacts | None, person: str) -> set[date]:
    """Days of the request's other classes in which the person works."""
    return {
        day
        for other in facts.classes
        if class_ is not None and other.id != class_.id
        if person in _named(other)
        or any(a.person == person and a.class_id == other.id for a in facts.assessors)
        for day in other.days
    }


def _at_ready(facts: Facts, class_: ClassFacts | None, mine: Sequence[AssessorFacts]) -> list[Verdict]:
    """Letters and acceptance; only who accepted counts for the numbers."""
    found = []
    unknown = _named(class_) - {a.person for a in mine}
    if unknown or class_ is None:
        found.append(r_ma.say("unknown", class_, count=len(unknown)))
    no_letter = [a for a in mine if not a.letter_issued]
    silent = [a for a in mine if not a.accepted]
    if no_letter:
        found.append(r_ma.say("letter", class_, count=len(no_letter)))
    if silent:
        found.append(r_ma.say("answer", class_, count=len(silent)))
    accepted = [a for a in mine if a.accepted and a.letter_issued]
    found += [*_numbers(facts, class_, accepted, ready=True), *_same_person(facts, class_, mine)]
    trainers, assessors = _people(None, accepted)
    return found or [r_ma.say("ready", class_, trainers=len(trainers), assessors=len(assessors))]
