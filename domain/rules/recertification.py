"""Recertification (RCC): the window around the certificate's end, and the choice of track (R-WIN, R-KIT)."""

from datetime import date

from domain.facts import Facts, ParticipantFacts
from domain.months import add_months
from domain.policy import Policy
from domain.rules.participants import r_q3, r_rec
from domain.rules.rule import Rule, ask_human, beside, no, rule, yes
from domain.rules.technical import r_tech
from domain.text import Text
from domain.verdict import Outcome, Verdict


def window(until: date, policy: Policy) -> tuple[date, date]:
    """First and last day of the window round `until`, the certificate's last valid day; both are in it.

    Calendar months with end-of-month clamp, both counted from `until` (R-WIN [D])."""
    return add_months(until, -policy.window_months), add_months(until, policy.window_months)


def _in_window(day: date, until: date, policy: Policy) -> bool:
    first, last = window(until, policy)
    if policy.window_mode == "until_after_end":
        return day <= last
    if policy.window_mode == "early_or_after_end":
        return day <= first or until < day <= last
    return first <= day <= last


@rule(
    id="R-WIN",
    title=Text(
        id="Tiga bulan sebelum sampai tiga bulan setelah sertifikat berakhir",
        en="From three months before to three months after the certificate's end",
    ),
    reading=Text(
        id="Rentang [E − 3 bulan, E + 3 bulan], kedua ujungnya termasuk, bulan kalender dengan pembulatan ke "
        "akhir bulan, keduanya dihitung dari E (hari berlaku terakhir); harinya adalah hari pengajuan "
        "resmi di "
        "Asia/Jakarta. Bacaan lain disimpan dalam `window_mode`. Terlalu awal: draf disimpan dan diingatkan. "
        "Kelas yang dimulai setelah rentang: pengecualian.",
        en="Inclusive window [E − 3 months, E + 3 months], calendar months with end-of-month clamp, both "
        "counted from E (the last valid day); the day is that of formal submission in Asia/Jakarta. Other "
        "readings are kept in `window_mode`. Too early: the draft is kept and a reminder sent. A class that "
        "starts after the window: an exception.",
    ),
    mark=("S", "D"),
    bases=("LB-2",),
    citation="[S] Persyaratan Peserta 2: minimal 3 bulan sebelum atau maksimal 3 bulan setelah berakhir; "
    "[D] § 5; PP 10/2018 (LB-2)",
    per="participant",
    parameters=("window_months", "window_mode"),
    sentences={
        "inside": yes(
            "Hari pengajuan {day} berada dalam rentang {first} sampai {last}.",
            "The submission day {day} lies within {first} to {last}.",
        ),
        "early": no(
            "Terlalu awal: rentang sertifikasi ulang dibuka pada {first}.",
            "Too early: the recertification window opens on {first}.",
            "Draf disimpan; Anda diingatkan ketika rentang dibuka.",
            "The draft is kept; you are reminded when the window opens.",
        ),
        "late": no(
            "Terlambat: rentang sertifikasi ulang ditutup pada {last}.",
            "Too late: the recertification window closed on {last}.",
            "Ikuti pelatihan asesor kompetensi sebagai peserta baru.",
            "Take the assessor training as a new participant.",
        ),
        "between": no(
            "Hari pengajuan {day} tidak termasuk dalam rentang sertifikasi ulang.",
            "The submission day {day} is not within the recertification window.",
            "Ajukan setelah {until}, paling lambat {last}.",
            "Send it after {until}, no later than {last}.",
        ),
        "class_after": ask_human(
            "Kelas dimulai pada {start}, setelah rentang sertifikasi ulang ditutup pada {last}.",
            "The class starts on {start}, after the recertification window closes on {last}.",
            "Verifikator memutuskan pengecualian, atau kelas dimajukan.",
            "A verifier decides on an exception, or the class is brought forward.",
        ),
        "class_refused": no(
            "Kelas dimulai pada {start}, setelah rentang ditutup pada {last}; pengecualian ditolak.",
            "The class starts on {start}, after the window closes on {last}; an exception was refused.",
            "Pilih kelas yang dimulai paling lambat {last}.",
            "Choose a class that starts no later than {last}.",
        ),
        "new": beside(
            "Rentang ini hanya berlaku untuk sertifikasi ulang.",
            "The window applies to recertification only.",
        ),
        "unknown": ask_human(
            "Jalur, hari pengajuan, atau akhir masa berlaku sertifikat asesor belum diketahui.",
            "The track, the submission day or the end of the assessor certificate is not known.",
            "Isi hari berlaku terakhir sertifikat asesor.",
            "Give the last valid day of the assessor certificate.",
        ),
    },
)
def r_win(facts: Facts, participant: ParticipantFacts) -> list[Verdict]:
    """Was the application sent from three months before to three months after the certificate's last day?

    [S] Persyaratan Peserta 2; [D] both ends inclusive, clamped, counted from the last valid day.
    """
    if facts.track == "new":
        return [r_win.say("new", participant)]
    until, day = participant.assessor_certificate_until, facts.submission_day
    if facts.track is None or until is None or day is None:
        return [r_win.say("unknown", participant)]
    first, last = window(until, facts.policy)
    seen = {"day": day, "until": until, "first": first, "last": last}
    if not _in_window(day, until, facts.policy):
        return [
            r_win.say("early" if day < first else "late" if day > last else "between", participant, **seen)
        ]
    after = class_after_window(facts, participant)
    return [after] if after else [r_win.say("inside", participant, **seen)]


def class_after_window(facts: Facts, participant: ParticipantFacts) -> Verdict | None:
    """Does the participant's class start after the window? None: no, or a person excused it, or the track is
    not recertification. For the submit, and for a class that moves (§ 6)."""
    class_, until = facts.class_of(participant), participant.assessor_certificate_until
    if facts.track != "recertification" or class_ is None or not class_.days or until is None:
        return None
    start, (_, last) = min(class_.days), window(until, facts.policy)
    if start <= last or participant.exception == "accepted":
        return None
    sentence = "class_refused" if participant.exception == "refused" else "class_after"
    return r_win.say(sentence, participant, start=start, last=last, until=until)


@rule(
    id="R-KIT",
    title=Text(id="Kelengkapan pelatihan", en="Training kit"),
    reading=Text(
        id="Peserta baru: selalu. Sertifikasi ulang: R-WIN, R-Q3, R-TECH, atau R-REC yang gagal "
        "menolak; bila "
        "semua lulus dan daftar `direct_evidence` lengkap, langsung asesmen tanpa kelengkapan; selain "
        "itu kelas "
        "peningkatan, dengan kelengkapan. Yang kurang saat registrasi ulang menjadi tugas, bukan penolakan.",
        en="New participants: always. Recertification: R-WIN, R-Q3, R-TECH or R-REC failing refuses; all "
        "passing and the list `direct_evidence` complete: straight to assessment, no kit; otherwise the "
        "upgrading class, with kit. What is missing at check-in is a task, not a refusal.",
    ),
    mark=("S", "D"),
    bases=("LB-6",),
    citation="[S] Persyaratan Peserta: membawa kelengkapan pelatihan; [D] § 5; PP 31/2006 (LB-6)",
    per="participant",
    parameters=("kit", "direct_evidence"),
    sentences={
        "training": yes(
            "Peserta baru mengikuti pelatihan dan membawa kelengkapan: {kit}.",
            "A new participant takes the training and brings the kit: {kit}.",
        ),
        "direct": yes(
            "Persyaratan sertifikasi ulang terpenuhi: langsung asesmen, tanpa kelengkapan pelatihan.",
            "The requirements of recertification are met: straight to assessment, without the training kit.",
        ),
        "upgrading": yes(
            "Peserta mengikuti kelas peningkatan dan membawa kelengkapan: {kit}.",
            "The participant takes the upgrading class and brings the kit: {kit}.",
        ),
        "refused": no(
            "Persyaratan sertifikasi ulang tidak terpenuhi: {failing}.",
            "Requirements of recertification are not met: {failing}.",
            "Penuhi persyaratan itu, atau ikuti pelatihan sebagai peserta baru.",
            "Meet them, or take the training as a new participant.",
        ),
        "open": ask_human(
            "Persyaratan sertifikasi ulang masih harus diputuskan: {open}.",
            "Requirements of recertification still to be decided: {open}.",
            "Tunggu keputusan atas persyaratan itu.",
            "Wait until they are decided.",
        ),
        "brought": yes("Kelengkapan pelatihan sudah lengkap.", "The training kit is complete."),
        "missing": ask_human(
            "Kelengkapan pelatihan belum lengkap: {missing}.",
            "Missing from the training kit: {missing}.",
            "Lengkapi sebelum kelas berakhir.",
            "Bring it before the class ends.",
        ),
        "no_kit": beside(
            "Tidak diperlukan kelengkapan: peserta langsung mengikuti asesmen.",
            "No kit is needed: the participant goes straight to assessment.",
        ),
        "unknown": ask_human(
            "Jalur peserta belum diketahui.",
            "The participant's track is not known.",
            "Pilih jalur: baru atau sertifikasi ulang.",
            "Choose the track: new or recertification.",
        ),
    },
)
def r_kit(facts: Facts, participant: ParticipantFacts) -> list[Verdict]:
    """Which way does the participant go, and is the kit that it asks for there?

    [S] Persyaratan Peserta: membawa kelengkapan pelatihan (jika belum memenuhi seluruh persyaratan
    sertifikasi ulang); [D] what those requirements are.
    """
    if facts.moment == "check_in":
        return [_check_in(facts, participant)]
    if facts.track is None:
        return [r_kit.say("unknown", participant)]
    kit = facts.policy.kit
    if facts.track == "new":
        return [r_kit.say("training", participant, kit=kit)]
    asked: tuple[Rule, ...] = (r_win, r_q3, r_tech, r_rec)
    verdicts = [verdict for asked_rule in asked for verdict in asked_rule(facts, participant)]
    failing = _ids(verdicts, Outcome.FAIL)
    if failing:
        return [r_kit.say("refused", participant, failing=failing)]
    still_open = _ids(verdicts, Outcome.NEEDS_HUMAN)
    if still_open:
        return [r_kit.say("open", participant, open=still_open)]
    wanted = facts.policy.direct_evidence
    # An empty list would let everybody past the class: it lets nobody.
    if wanted and set(wanted) <= set(participant.evidence):
        return [r_kit.say("direct", participant)]
    return [r_kit.say("upgrading", participant, kit=kit)]


def _ids(verdicts: list[Verdict], outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(v.rule for v in verdicts if v.outcome is outcome))


def _check_in(facts: Facts, participant: ParticipantFacts) -> Verdict:
    if participant.way == "direct":
        return r_kit.say("no_kit", participant)
    missing = [item for item in facts.policy.kit if item not in participant.kit]
    return r_kit.say("missing" if missing else "brought", participant, missing=missing)
