"""What a participant must bring: qualification, recommendation, computer skills, one application
(R-Q3, R-REC, R-IT, R-DUP). R-TECH stands in `technical.py`."""

from domain.facts import Facts, OrganiserFacts, OrganiserKind, ParticipantFacts
from domain.rules.organiser import is_candidate, licensed_on
from domain.rules.rule import ask_human, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict


@rule(
    id="R-Q3",
    title=Text(id="Kualifikasi 3 atau yang setara", en="Qualification level 3 or equivalent"),
    reading=Text(
        id="KKNI ≥ 3. D1 3, D2 4, D3 5, D4 dan S1 6, profesi 7, S2 8, S3 9, atau sertifikat KKNI ≥ 3. "
        "SMA/SMK "
        "adalah jenjang 2: kesetaraan diputuskan orang, dengan alasan dan bukti, tidak pernah ditolak mesin.",
        en="KKNI ≥ 3. D1 3, D2 4, D3 5, D4 and S1 6, profession 7, S2 8, S3 9, or a KKNI certificate ≥ 3. "
        "SMA/SMK is level 2: equivalence is decided by a person, with reason and evidence, never refused by "
        "the machine.",
    ),
    mark=("S", "D"),
    bases=("LB-8",),
    citation="[S] Persyaratan Peserta: kualifikasi 3 atau yang setara; Kepmenaker 3/2021 (LB-8)",
    per="participant",
    parameters=("qualification_minimum", "qualification_levels"),
    sentences={
        "level": yes(
            "Kualifikasi peserta berjenjang {level}; paling rendah {needed}.",
            "The participant's qualification is of level {level}; at least {needed} is needed.",
        ),
        "equivalent": yes(
            "Kesetaraan dengan jenjang {needed} telah diterima.",
            "Equivalence to level {needed} has been accepted.",
        ),
        "refused": no(
            "Kesetaraan dengan jenjang {needed} telah ditolak.",
            "Equivalence to level {needed} has been refused.",
            "Lampirkan ijazah atau sertifikat KKNI jenjang {needed}.",
            "Attach a diploma or a KKNI certificate of level {needed}.",
        ),
        "low": ask_human(
            "Kualifikasi peserta berjenjang {level}; kesetaraan dengan jenjang {needed} perlu diputuskan.",
            "The participant's qualification is of level {level}; equivalence to level {needed} is to be "
            "decided.",
            "Lampirkan alasan dan bukti kesetaraan.",
            "Attach the reason and the evidence for equivalence.",
        ),
        "unknown": ask_human(
            "Kualifikasi peserta belum diketahui.",
            "The participant's qualification is not known.",
            "Isi pendidikan terakhir atau sertifikat KKNI.",
            "Give the last schooling or a KKNI certificate.",
        ),
    },
)
def r_q3(facts: Facts, participant: ParticipantFacts) -> list[Verdict]:
    """Is the qualification of level 3, or did a person accept it as equivalent?

    [S] Persyaratan Peserta: kualifikasi 3 atau yang setara; [D] never an automatic refusal.
    """
    needed, levels = facts.policy.qualification_minimum, facts.policy.qualification_levels
    schooling = levels.get((participant.qualification or "").upper())
    level = max((x for x in (schooling, participant.kkni_level) if x is not None), default=None)
    if level is not None and level >= needed:
        return [r_q3.say("level", participant, level=level, needed=needed)]
    if participant.equivalence is not None:
        sentence = "equivalent" if participant.equivalence == "accepted" else "refused"
        return [r_q3.say(sentence, participant, level=level, needed=needed)]
    if level is None:
        return [r_q3.say("unknown", participant, needed=needed)]
    return [r_q3.say("low", participant, level=level, needed=needed)]


@rule(
    id="R-REC",
    title=Text(id="Rekomendasi", en="Recommendation"),
    reading=Text(
        id="Dari LSP terlisensi, CLSP yang sedang proses lisensi, atau Instansi Teknis yang disetujui BNSP; "
        "dengan nomor, tanggal, penanda tangan, dan berkas surat. Menurut `recommendation_mode`, hanya "
        "rekomendasi Instansi Teknis, atau setiap rekomendasi untuk sertifikasi ulang, memerlukan "
        "persetujuan BNSP. Lisensi yang dicabut sesudah peserta diajukan membuka tugas penelaahan.",
        en="From a licensed LSP, a CLSP in the licensing process, or a technical agency approved by "
        "BNSP; with "
        "letter number, date, signatory and file. By `recommendation_mode`, only a technical agency, or "
        "every recommendation for recertification, needs BNSP's approval. A licence revoked after the "
        "participant was submitted opens a review task.",
    ),
    mark=("S", "D"),
    bases=("LB-2", "LB-6"),
    citation="[S] Persyaratan Peserta: rekomendasi; PP 10/2018 (LB-2), PP 31/2006 (LB-6)",
    per="participant",
    parameters=("recommendation_mode",),
    sentences={
        "given": yes(
            "Surat rekomendasi lengkap dan lembaganya berhak merekomendasikan.",
            "The letter of recommendation is complete, and its institution may recommend.",
        ),
        "none": no(
            "Surat rekomendasi belum ada.",
            "There is no letter of recommendation.",
            "Lampirkan surat rekomendasi dengan nomor, tanggal, dan penanda tangan.",
            "Attach a letter of recommendation with number, date and signatory.",
        ),
        "incomplete": no(
            "Surat rekomendasi belum lengkap: {missing}.",
            "The letter of recommendation is incomplete: {missing}.",
            "Lengkapi: {missing}.",
            "Complete it: {missing}.",
        ),
        "future": no(
            "Surat rekomendasi bertanggal {dated}, sesudah hari pengajuan {day}.",
            "The letter of recommendation is dated {dated}, after the submission day {day}.",
            "Perbaiki tanggal surat.",
            "Correct the date of the letter.",
        ),
        "other": no(
            "Surat rekomendasi berasal dari lembaga lain daripada yang tercatat untuk peserta.",
            "The letter comes from another institution than the one recorded for the participant.",
            "Samakan lembaga perekomendasi dengan suratnya.",
            "Make the recommending institution agree with the letter.",
        ),
        "lsp": no(
            "Lisensi LSP perekomendasi tidak aktif.",
            "The recommending LSP's licence is not active.",
            "Minta rekomendasi dari lembaga yang berhak.",
            "Ask an institution that may recommend.",
        ),
        "clsp": no(
            "CLSP perekomendasi tidak sedang dalam proses lisensi.",
            "The recommending CLSP is not in the licensing process.",
            "Minta rekomendasi dari lembaga yang berhak.",
            "Ask an institution that may recommend.",
        ),
        "agency": no(
            "Instansi Teknis perekomendasi belum disetujui BNSP.",
            "The recommending technical agency is not approved by BNSP.",
            "Minta persetujuan BNSP atas Instansi Teknis itu.",
            "Ask BNSP to approve that technical agency.",
        ),
        "bnsp": no(
            "Rekomendasi diberikan oleh LSP, CLSP, atau Instansi Teknis, bukan oleh BNSP.",
            "Recommendations come from an LSP, a CLSP or a technical agency, not from BNSP.",
            "Minta rekomendasi dari lembaga yang berhak.",
            "Ask an institution that may recommend.",
        ),
        "revoked_later": ask_human(
            "Lisensi lembaga perekomendasi tidak lagi aktif setelah peserta ini diusulkan.",
            "The recommending institution's licence is no longer active since this participant was proposed.",
            "Penelaah memutuskan apakah rekomendasi itu tetap diterima.",
            "The reviewer decides whether the recommendation still stands.",
        ),
        "approval": ask_human(
            "Rekomendasi ini belum disetujui BNSP.",
            "BNSP has not approved this recommendation yet.",
            "Tunggu persetujuan BNSP.",
            "Wait for BNSP's approval.",
        ),
        "unknown": ask_human(
            "Lembaga perekomendasi atau hari pengajuannya belum diketahui.",
            "The recommending institution or the submission day is not known.",
            "Isi lembaga perekomendasi.",
            "Give the recommending institution.",
        ),
    },
)
def r_rec(facts: Facts, participant: ParticipantFacts) -> list[Verdict]:
    """Does a complete letter come from an institution that may recommend?

    [S] Persyaratan Peserta: rekomendasi; [D] the mode of track 2's sentence. A licence revoked after the
    submission is a question for a person, whose answer then stands.
    """
    letter, day = participant.recommendation, facts.submission_day
    if letter is None:
        return [r_rec.say("none", participant)]
    found = []
    parts = {
        "number": letter.number_given,
        "date": letter.day is not None,
        "signatory": letter.signatory_given,
        "file": bool(letter.file_digest),
    }
    missing = [name for name, given in parts.items() if not given]
    if missing:
        found.append(r_rec.say("incomplete", participant, missing=missing))
    if letter.day is not None and day is not None and letter.day > day:
        found.append(r_rec.say("future", participant, dated=letter.day, day=day))
    if participant.recommending and participant.recommending != letter.organisation:
        found.append(r_rec.say("other", participant))
    why = _not_entitled(facts, facts.organisation(letter.organisation))
    if why in ("lsp", "clsp", "agency") and _taken_before(facts, participant):
        why = "revoked_later"
    if not why and _needs_approval(facts) and not letter.approved_by_bnsp:
        why = "approval"
    if why in ("revoked_later", "approval", "unknown") and participant.recommendation_accepted == "accepted":
        why = ""
    if why == "approval":
        found.append(r_rec.say(why, participant))
    elif why:
        found.append(r_rec.say(why, participant, organisation=letter.organisation))
    return found or [r_rec.say("given", participant, organisation=letter.organisation)]


def _not_entitled(facts: Facts, institution: OrganiserFacts | None) -> str:
    """The sentence that says why the institution may not recommend; empty when it may."""
    if institution is None:
        return "unknown"
    if institution.kind is OrganiserKind.BNSP:
        return "bnsp"
    if institution.kind is OrganiserKind.TECHNICAL_AGENCY:
        return "" if institution.approved_to_recommend else "agency"
    if is_candidate(institution):
        return "" if institution.licence == "IN_PROCESS" else "clsp"
    if facts.submission_day is None:
        return "unknown"
    return "" if licensed_on(institution, facts.submission_day) else "lsp"


def _taken_before(facts: Facts, participant: ParticipantFacts) -> bool:
    """Was this recommendation already taken when the programme was submitted, first or last?"""
    if facts.moment == "application_submit":
        return bool(participant.seat)
    return participant.seat in facts.recommended_before


def _needs_approval(facts: Facts) -> bool:
    """Does BNSP approve every recommendation of this track? (The sentence stands in track 2 alone.)"""
    return facts.policy.recommendation_mode == "every_recommendation" and facts.track == "recertification"


@rule(
    id="R-IT",
    title=Text(id="Mampu mengoperasikan komputer", en="Able to use a computer"),
    reading=Text(
        id="Pernyataan yang ditandatangani bahwa peserta mampu memakai paling sedikit Microsoft Word dan "
        "Excel.",
        en="A signed declaration that the participant can use at least Microsoft Word and Excel.",
    ),
    mark=("S",),
    bases=("LB-6",),
    citation="[S] Persyaratan Peserta: mampu mengoperasikan komputer; PP 31/2006 (LB-6)",
    per="participant",
    sentences={
        "declared": yes(
            "Peserta menyatakan mampu memakai Word dan Excel.",
            "The participant declares to be able to use Word and Excel.",
        ),
        "denied": no(
            "Peserta tidak menyatakan mampu memakai Word dan Excel.",
            "The participant does not declare to be able to use Word and Excel.",
            "Tanda tangani pernyataan kemampuan komputer.",
            "Sign the declaration of computer skills.",
        ),
        "unknown": ask_human(
            "Pernyataan kemampuan komputer belum ada.",
            "There is no declaration of computer skills yet.",
            "Tanda tangani pernyataan kemampuan komputer.",
            "Sign the declaration of computer skills.",
        ),
    },
)
def r_it(_facts: Facts, participant: ParticipantFacts) -> list[Verdict]:
    """Did the participant sign the declaration on Word and Excel?

    [S] Persyaratan Peserta: minimal Microsoft Word dan Microsoft Excel.
    """
    declared = participant.it_declared
    sentence = "unknown" if declared is None else ("declared" if declared else "denied")
    return [r_it.say(sentence, participant)]


@rule(
    id="R-DUP",
    title=Text(id="Satu permohonan aktif", en="One active application"),
    reading=Text(
        id="Satu permohonan aktif untuk setiap orang dan skema, lintas penyelenggara; jawabannya tidak "
        "menyebut penyelenggara lain.",
        en="One active application per person and scheme, across organisers; the answer does not tell one "
        "organiser about the other.",
    ),
    mark=("D",),
    bases=("LB-2",),
    citation="[D] § 5: satu permohonan aktif; PP 10/2018 (LB-2)",
    per="participant",
    sentences={
        "only": yes(
            "Tidak ada hambatan permohonan ganda untuk peserta ini.",
            "No duplicate application stands in this participant's way.",
        ),
        "taken": no(
            "Permohonan peserta ini untuk skema tersebut belum dapat diproses.",
            "This participant's application for the scheme cannot be processed at present.",
            "Peserta menerima pemberitahuan dan dapat memilih permohonannya sendiri.",
            "The participant is told, and can choose which application to keep.",
        ),
        "twice": no(
            "Peserta ini tercantum {times} kali dalam daftar yang sama.",
            "This participant stands {times} times in the same list.",
            "Hapus pencantuman yang berlebih.",
            "Remove the surplus entries.",
        ),
        "unknown": ask_human(
            "Pemeriksaan permohonan ganda untuk peserta ini belum selesai.",
            "The check for a duplicate application of this participant is not finished.",
            "Tunggu hasil pemeriksaan.",
            "Wait for the check.",
        ),
    },
)
def r_dup(facts: Facts, participant: ParticipantFacts) -> list[Verdict]:
    """Is this the person's only active application for the scheme?

    [D] one active application per person and scheme; the sentence is the same whoever holds the other.
    """
    times = sum(p.person == participant.person for p in facts.participants)
    found = []
    if times > 1:
        found.append(r_dup.say("twice", participant, times=times))
    if participant.active_elsewhere:
        found.append(r_dup.say("taken", participant))
    if participant.active_elsewhere is None:
        found.append(r_dup.say("unknown", participant))
    return found or [r_dup.say("only", participant)]
