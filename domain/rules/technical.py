"""A valid technical certificate and three years' experience (R-TECH)."""

from collections.abc import Iterable
from datetime import date

from domain.facts import Facts, ParticipantFacts, PeriodFacts, TechnicalCertificateFacts
from domain.months import experience
from domain.rules.rule import ask_human, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict

REAL_DATES = frozenset({"schedule", "reschedule"})
"""Moments at which the assessment day is a real one, and a lapse is somebody's delay (§ 6)."""


@rule(
    id="R-TECH",
    title=Text(
        id="Sertifikat teknis yang berlaku dan pengalaman 3 tahun",
        en="Valid technical certificate and 3 years' experience",
    ),
    reading=Text(
        id="Sertifikat berlaku pada hari pengajuan sampai hari asesmen terakhir (rencana, lalu nyata). "
        "Pengalaman di bidang sertifikat itu paling sedikit 36 bulan pada hari pengajuan; di bidang lain "
        "diputuskan orang. Hari pertama dan terakhir sama-sama dihitung; masa yang bertumpuk atau bersambung "
        "digabung; 30 hari sisa menjadi satu bulan; masa yang dimulai di kemudian hari ditolak; masa yang "
        "masih berjalan berakhir pada hari pengajuan. Sertifikat yang habis karena keterlambatan calon "
        "gagal; "
        "karena penyelenggara atau BNSP menjadi pengecualian.",
        en="The certificate is valid at submission and through the last assessment day (planned, then real). "
        "At least 36 months' experience in that certificate's field at submission; in another field a person "
        "decides. First and last day both count; overlapping or touching periods merge; 30 left-over days "
        "make a month; a period that starts in the future is refused; one still running ends on the "
        "submission "
        "day. A certificate that lapses by the candidate's delay fails; by the organiser's or BNSP's it "
        "is an "
        "exception.",
    ),
    mark=("S", "D"),
    bases=("LB-6", "LB-4"),
    citation="[S] Persyaratan Peserta: sertifikat kompetensi teknis dan pengalaman minimal 3 tahun; "
    "[D] § 5; PP 31/2006 (LB-6), Kepmenaker 333/2020 (LB-4)",
    per="participant",
    parameters=("experience_months",),
    sentences={
        "met": yes(
            "Sertifikat teknis berlaku sampai {until} dan pengalamannya {months} bulan {days} hari; paling "
            "sedikit {needed} bulan.",
            "The technical certificate is valid until {until}; experience: {months} months {days} days, at "
            "least {needed} months needed.",
        ),
        "none": no(
            "Sertifikat kompetensi teknis belum ada.",
            "There is no technical certificate.",
            "Lampirkan sertifikat kompetensi teknis yang masih berlaku.",
            "Attach a technical certificate that is still valid.",
        ),
        "expired": no(
            "Sertifikat kompetensi teknis berakhir pada {until}, sebelum hari pengajuan {day}.",
            "The technical certificate ended on {until}, before the submission day {day}.",
            "Perpanjang sertifikat, lalu ajukan lagi.",
            "Renew the certificate, then send again.",
        ),
        "lapses": no(
            "Sertifikat kompetensi teknis berakhir pada {until}, sebelum hari asesmen terakhir {last}.",
            "The technical certificate ends on {until}, before the last assessment day {last}.",
            "Perpanjang sertifikat atau pilih hari asesmen paling lambat {until}.",
            "Renew the certificate, or choose an assessment day no later than {until}.",
        ),
        "lapses_excused": ask_human(
            "Sertifikat kompetensi teknis berakhir pada {until}, sebelum hari asesmen terakhir {last}, bukan "
            "karena keterlambatan calon.",
            "The technical certificate ends on {until}, before the last assessment day {last}, not by the "
            "candidate's delay.",
            "Verifikator memutuskan pengecualian dengan alasan dan bukti.",
            "A verifier decides on the exception, with reason and evidence.",
        ),
        "lapses_unclear": ask_human(
            "Sertifikat kompetensi teknis berakhir pada {until}, sebelum hari asesmen terakhir {last}; belum "
            "jelas karena keterlambatan siapa.",
            "The technical certificate ends on {until}, before the last assessment day {last}; by whose "
            "delay "
            "is not clear.",
            "Verifikator menetapkan penyebabnya dan memutuskan pengecualian.",
            "A verifier settles the cause and decides on the exception.",
        ),
        "future": no(
            "Masa pengalaman yang dimulai pada {first} belum berjalan pada hari pengajuan {day}.",
            "A period of experience starting on {first} has not begun on the submission day {day}.",
            "Hapus masa yang belum dimulai.",
            "Remove the period that has not begun.",
        ),
        "backwards": no(
            "Masa pengalaman yang dimulai pada {first} berakhir lebih awal, pada {end}.",
            "A period of experience starting on {first} ends before that, on {end}.",
            "Perbaiki tanggal masa pengalaman itu.",
            "Correct the days of that period.",
        ),
        "short": no(
            "Pengalaman {months} bulan {days} hari; paling sedikit {needed} bulan.",
            "Experience: {months} months {days} days; at least {needed} months are needed.",
            "Lampirkan bukti pengalaman lain, atau ajukan setelah cukup.",
            "Attach evidence of further experience, or send again when it suffices.",
        ),
        "other_field": ask_human(
            "Pengalaman di bidang sertifikat {months} bulan {days} hari; di semua bidang {all_months} bulan. "
            "Bidang lain perlu diputuskan.",
            "Experience in the certificate's field: {months} months {days} days; in all fields: {all_months} "
            "months. The other field is to be decided on.",
            "Verifikator memutuskan apakah bidang itu setara, dengan alasan dan bukti.",
            "A verifier decides whether that field is equivalent, with reason and evidence.",
        ),
        "field_refused": no(
            "Pengalaman di bidang lain tidak diterima; di bidang sertifikat baru {months} bulan {days} hari.",
            "Experience in another field was not accepted; in the certificate's field: {months} months "
            "{days} "
            "days.",
            "Lampirkan bukti pengalaman di bidang sertifikat.",
            "Attach evidence of experience in the certificate's field.",
        ),
        "unknown": ask_human(
            "Hari pengajuan belum diketahui.",
            "The submission day is not known.",
            "Isi hari pengajuan.",
            "Give the submission day.",
        ),
        "unknown_last": ask_human(
            "Hari asesmen terakhir belum diketahui, jadi masa berlaku sertifikat belum dapat dipastikan.",
            "The last assessment day is not known, so the certificate's validity cannot be settled.",
            "Isi hari asesmen.",
            "Give the assessment day.",
        ),
    },
)
def r_tech(facts: Facts, participant: ParticipantFacts) -> list[Verdict]:
    """Is one technical certificate valid all the way, with 36 months' experience in its field?

    [S] Persyaratan Peserta: sertifikat yang masih berlaku dan pengalaman minimal 3 tahun; [D] § 5 how
    periods count, § 6 whose delay a lapse is.
    """
    day = facts.submission_day
    if day is None:
        return [r_tech.say("unknown", participant)]
    found, usable = _certificates(facts, participant, day)
    faults = _faulty_periods(participant, day)
    if faults:
        return [*found, *faults]
    return [*found, *_experience(facts, participant, day, usable, met=not found)]


def last_assessment_day(facts: Facts, participant: ParticipantFacts) -> date | None:
    """The real day; while planning, or when a class moves, the last class day stands in for it [D]."""
    if facts.assessment_day is not None or facts.moment == "schedule":
        return facts.assessment_day
    class_ = facts.class_of(participant)
    return max(class_.days) if class_ is not None and class_.days else None


def _certificates(
    facts: Facts, participant: ParticipantFacts, day: date
) -> tuple[list[Verdict], list[TechnicalCertificateFacts]]:
    """What is wrong with the certificates, and those that experience may count for."""
    if not participant.technical:
        return [r_tech.say("none", participant)], []
    current = [c for c in participant.technical if c.valid_until >= day]
    if not current:
        latest = max(c.valid_until for c in participant.technical)
        return [r_tech.say("expired", participant, until=latest, day=day)], list(participant.technical)
    last = last_assessment_day(facts, participant)
    if last is None:
        return [r_tech.say("unknown_last", participant)], current
    lasting = [c for c in current if c.valid_until >= last]
    if lasting:
        return [], lasting
    covered = facts.exception_until
    if participant.exception == "accepted" and (covered is None or last <= covered):
        return [], current
    until = max(c.valid_until for c in current)
    return [r_tech.say(_lapse(facts, participant), participant, until=until, last=last)], current


def _lapse(facts: Facts, participant: ParticipantFacts) -> str:
    if (
        participant.exception == "refused"
        or facts.moment not in REAL_DATES
        or facts.delayed_by == "candidate"
    ):
        return "lapses"
    return "lapses_unclear" if facts.delayed_by is None else "lapses_excused"


def _faulty_periods(participant: ParticipantFacts, day: date) -> list[Verdict]:
    found = []
    for period in participant.experience:
        if period.last is not None and period.last < period.first:
            found.append(r_tech.say("backwards", participant, first=period.first, end=period.last))
        elif period.first > day:
            found.append(r_tech.say("future", participant, first=period.first, day=day))
    return found


def _worked(periods: Iterable[PeriodFacts], day: date) -> tuple[int, int]:
    return experience([(p.first, p.last) for p in periods], day)


def _experience(
    facts: Facts,
    participant: ParticipantFacts,
    day: date,
    usable: list[TechnicalCertificateFacts],
    *,
    met: bool,
) -> list[Verdict]:
    """What is wrong with the experience; the `pass` of the whole rule when nothing is and `met`."""
    needed = facts.policy.experience_months
    total_months, total_days = _worked(participant.experience, day)
    if not usable and total_months >= needed:  # there is no certificate's field to hold it against
        return []
    (months, days), until = max(
        (
            (_worked([p for p in participant.experience if p.field == c.field], day), c.valid_until)
            for c in usable
        ),
        default=((0, 0), day),
    )
    seen = {"months": months, "days": days, "needed": needed, "until": until}
    if months >= needed or (total_months >= needed and participant.field_accepted == "accepted"):
        return [r_tech.say("met", participant, **seen)] if met else []
    if total_months < needed:
        return [r_tech.say("short", participant, **{**seen, "months": total_months, "days": total_days})]
    sentence = "field_refused" if participant.field_accepted == "refused" else "other_field"
    return [r_tech.say(sentence, participant, **seen, all_months=total_months)]
