"""Who may organise, and how early (R-ORG, R-30, R-NOTICE)."""

from datetime import date

from domain.calendar import CalendarYearMissing
from domain.facts import Facts, OrganiserFacts, OrganiserKind
from domain.policy import Policy
from domain.rules.rule import Subject, ask_human, beside, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict


def licensed_on(organisation: OrganiserFacts, day: date) -> bool:
    """Is its licence active on that day, the last valid day included?"""
    until = organisation.licence_valid_until
    return organisation.licence == "ACTIVE" and (until is None or day <= until)


def is_candidate(organisation: OrganiserFacts) -> bool:
    """Is it a CLSP that has not been licensed yet? Once granted, it is judged as an LSP [D]."""
    return organisation.kind is OrganiserKind.CLSP and organisation.licence in ("NONE", "IN_PROCESS")


def is_external(recommending: str, organiser: str) -> bool:
    """Does another institution than the proposer recommend this participant? (ids; R-30)"""
    return recommending != organiser


def external_limit(total: int, policy: Policy) -> int:
    """How many of so many proposed participants may be external (R-30): 3 of 10, whole numbers."""
    return policy.external_parts * total // policy.external_whole


@rule(
    id="R-ORG",
    title=Text(id="Siapa yang boleh menyelenggarakan", en="Who may organise"),
    reading=Text(
        id="BNSP selalu. LSP: lisensi aktif dan paling sedikit satu skema berlisensi. CLSP: paling sedikit "
        "satu skema yang terverifikasi BNSP. Instansi Teknis: menyebut skema berlisensi; kalau tidak, "
        "seorang "
        "petugas BNSP yang memastikan. Berlaku pada hari pengajuan, saat persetujuan, dan pada setiap hari "
        "kelas.",
        en="BNSP always. An LSP: licence active and at least one licensed scheme. A CLSP: at least one "
        "scheme "
        "verified by BNSP. A technical agency: names a licensed scheme; otherwise a person at BNSP confirms "
        "it. It holds on the submission day, at approval and on every class day.",
    ),
    mark=("S", "D"),
    bases=("LB-2", "LB-3"),
    citation="[S] Penyelenggara Pelatihan; PP 10/2018 (LB-2), KEP. 2171/BNSP/IX/2024 (LB-3)",
    sentences={
        "bnsp": yes("BNSP selalu boleh menyelenggarakan.", "BNSP may always organise."),
        "lsp": yes(
            "Lisensi LSP aktif pada {day} dan ada {schemes} skema berlisensi.",
            "The LSP's licence is active on {day}; licensed schemes: {schemes}.",
        ),
        "clsp": yes(
            "CLSP mempunyai {schemes} skema yang terverifikasi BNSP.",
            "The CLSP has schemes verified by BNSP: {schemes}.",
        ),
        "agency": yes(
            "Instansi Teknis menyebut skema yang berlisensi.",
            "The technical agency names a licensed scheme.",
        ),
        "agency_confirmed": yes(
            "BNSP telah memastikan Instansi Teknis ini sebagai penyelenggara.",
            "BNSP has confirmed this technical agency as organiser.",
        ),
        "licence": no(
            "Lisensi LSP tidak aktif pada {day}.",
            "The LSP's licence is not active on {day}.",
            "Pulihkan atau perpanjang lisensi pada BNSP, lalu ajukan lagi.",
            "Have BNSP restore or renew the licence, then send again.",
        ),
        "scheme": no(
            "LSP belum mempunyai skema yang berlisensi BNSP.",
            "The LSP has no scheme licensed by BNSP yet.",
            "Ajukan lisensi skema kepada BNSP.",
            "Apply to BNSP for a scheme's licence.",
        ),
        "unverified": no(
            "CLSP belum mempunyai skema yang terverifikasi BNSP.",
            "The CLSP has no scheme verified by BNSP yet.",
            "Selesaikan verifikasi skema pada BNSP.",
            "Complete BNSP's verification of a scheme.",
        ),
        "agency_refused": no(
            "BNSP tidak menyetujui Instansi Teknis ini sebagai penyelenggara.",
            "BNSP did not confirm this technical agency as organiser.",
            "Hubungi BNSP, atau minta lembaga lain menyelenggarakan.",
            "Contact BNSP, or let another institution organise.",
        ),
        "agency_open": ask_human(
            "Instansi Teknis tidak menyebut skema berlisensi; petugas BNSP perlu memastikannya.",
            "The technical agency names no licensed scheme; a person at BNSP has to confirm it.",
            "Sebutkan skema berlisensi, atau tunggu kepastian BNSP.",
            "Name a licensed scheme, or wait for BNSP's confirmation.",
        ),
        "ends_before": ask_human(
            "Lisensi LSP berakhir pada {until}, sebelum hari kelas {day}.",
            "The LSP's licence ends on {until}, before the class day of {day}.",
            "Perpanjang lisensi sebelum hari itu, atau majukan jadwal kelas.",
            "Renew the licence before that day, or bring the class forward.",
        ),
        "unknown": ask_human(
            "Data penyelenggara atau tanggalnya belum lengkap.",
            "The facts about the organiser, or the day, are not complete.",
            "Lengkapi data penyelenggara.",
            "Complete the facts about the organiser.",
        ),
    },
)
def r_org(facts: Facts, _subject: Subject = None) -> list[Verdict]:
    """May this organiser hold the training today, and as far as is known on every class day?

    [S] Penyelenggara Pelatihan; [D] the days on which it is asked.
    """
    organiser = facts.organiser
    if organiser is None:
        return [r_org.say("unknown")]
    who = organiser.id
    if organiser.kind is OrganiserKind.BNSP:
        return [r_org.say("bnsp", who)]
    if organiser.kind is OrganiserKind.TECHNICAL_AGENCY:
        return [_agency(facts, organiser)]
    if is_candidate(organiser):
        schemes = len(organiser.verified_schemes)
        return [r_org.say("clsp" if schemes else "unverified", who, schemes=schemes)]
    return _lsp(facts, organiser)


def _agency(facts: Facts, organiser: OrganiserFacts) -> Verdict:
    if organiser.bnsp_confirmed is False:
        return r_org.say("agency_refused", organiser.id)
    if organiser.bnsp_confirmed:
        return r_org.say("agency_confirmed", organiser.id)
    named = bool(organiser.licensed_schemes) or (facts.scheme is not None and facts.scheme.licensed)
    return r_org.say("agency" if named else "agency_open", organiser.id)


def _lsp(facts: Facts, organiser: OrganiserFacts) -> list[Verdict]:
    who, today = organiser.id, facts.today
    if today is None:
        return [r_org.say("unknown", who)]
    found = []
    if not licensed_on(organiser, today):
        found.append(r_org.say("licence", who, day=today, licence=organiser.licence))
    if not organiser.licensed_schemes:
        found.append(r_org.say("scheme", who))
    last = max((day for c in facts.classes for day in c.days), default=today)
    if not found and not licensed_on(organiser, last):
        found.append(r_org.say("ends_before", who, until=organiser.licence_valid_until, day=last))
    return found or [r_org.say("lsp", who, day=today, schemes=len(organiser.licensed_schemes))]


@rule(
    id="R-30",
    title=Text(
        id="Paling banyak 30% peserta dari lembaga lain",
        en="At most 30% of the participants from other institutions",
    ),
    reading=Text(
        id="10 × peserta luar ≤ 3 × jumlah peserta, bilangan bulat, per usulan, dihitung atas peserta utama "
        "dalam daftar yang diajukan; peserta luar = lembaga perekomendasinya bukan pengusul. Dihitung lagi "
        "saat pengajuan ulang, penambahan, dan penggantian. Saat promosi: peserta luar di antara peserta "
        "utama terverifikasi, yang terkonfirmasi, yang ditawari kursi, dan yang dipromosikan ≤ ⌊3 × jumlah "
        "yang diajukan / 10⌋. Tidak berlaku bagi BNSP.",
        en="10 × external ≤ 3 × total, whole numbers, per proposal, counted over the main participants "
        "of the "
        "list as submitted; external = the recommending institution is not the proposer. Again at resubmit, "
        "addition and substitution. At promotion: external among verified main, confirmed, offered and the "
        "promoted ≤ ⌊3 × submitted total / 10⌋. Not applicable to BNSP.",
    ),
    mark=("S",),
    bases=("LB-2",),
    citation="[S] Penyelenggara Pelatihan: maksimal 30% dari jumlah peserta yang diajukan; PP 10/2018 (LB-2)",
    parameters=("external_parts", "external_whole"),
    sentences={
        "within": yes(
            "{external} dari {total} peserta utama direkomendasikan lembaga lain; batasnya {limit}.",
            "Main participants recommended by other institutions: {external} of {total}; the limit is "
            "{limit}.",
        ),
        "above": no(
            "{external} dari {total} peserta utama direkomendasikan lembaga lain; paling banyak {limit}.",
            "Main participants recommended by other institutions: {external} of {total}; at most {limit}.",
            "Kurangi peserta dari lembaga lain atau tambah peserta sendiri.",
            "Take out participants of other institutions, or add your own.",
        ),
        "promotion": yes(
            "Setelah promosi ada {external} peserta dari lembaga lain; batasnya {limit} dari {total}.",
            "After the promotion, participants of other institutions: {external}; the limit is {limit} of "
            "{total}.",
        ),
        "promotion_above": no(
            "Promosi ini membuat {external} peserta berasal dari lembaga lain; paling banyak {limit} dari "
            "{total}.",
            "This promotion makes {external} participants come from other institutions; at most {limit} of "
            "{total}.",
            "Tawarkan kursi kepada cadangan berikutnya dari pengusul sendiri.",
            "Offer the seat to the next reserve of the proposer's own.",
        ),
        "bnsp": beside(
            "Batas 30% tidak berlaku bagi BNSP sebagai penyelenggara.",
            "The 30% limit does not apply to BNSP as organiser.",
        ),
        "unknown": ask_human(
            "Pengusul, peserta utama, atau lembaga perekomendasinya belum diketahui.",
            "The proposer, the main participants or their recommending institutions are not known.",
            "Lengkapi daftar peserta dengan lembaga perekomendasi masing-masing.",
            "Complete the list with each participant's recommending institution.",
        ),
    },
)
def r_30(facts: Facts, _subject: Subject = None) -> list[Verdict]:
    """Do at most 3 of 10 proposed participants come from another institution than the proposer?

    [S] Penyelenggara Pelatihan; whole numbers, so 7 of 24 pass and 8 fail.
    """
    organiser = facts.organiser
    if organiser is None:
        return [r_30.say("unknown")]
    if organiser.kind is OrganiserKind.BNSP:
        return [r_30.say("bnsp", organiser.id)]
    if facts.moment == "promotion":
        return [_promotion(facts, organiser)]
    main = [p for p in facts.participants if p.kind == "main"]
    if not main or any(not p.recommending for p in main):
        return [r_30.say("unknown", organiser.id)]
    external, total = sum(is_external(p.recommending, organiser.id) for p in main), len(main)
    limit = external_limit(total, facts.policy)
    sentence = "within" if external <= limit else "above"
    return [r_30.say(sentence, organiser.id, external=external, total=total, limit=limit)]


def _promotion(facts: Facts, organiser: OrganiserFacts) -> Verdict:
    total, external = facts.submitted_total, facts.external_held
    if total is None or external is None:
        return r_30.say("unknown", organiser.id)
    limit = external_limit(total, facts.policy)
    sentence = "promotion" if external <= limit else "promotion_above"
    return r_30.say(sentence, organiser.id, external=external, total=total, limit=limit)


@rule(
    id="R-NOTICE",
    title=Text(id="Pengajuan 20 hari kerja sebelum kelas", en="20 working days before the class"),
    reading=Text(
        id="Paling lambat 20 hari kerja sebelum hari kelas pertama, menurut kalender Indonesia; cuti bersama "
        "bukan hari kerja. Hari pengajuan tidak dihitung, hari kelas dihitung. Hanya pada pengajuan pertama.",
        en="At least 20 working days before the first class day, by the Indonesian calendar; collective "
        "leave "
        "is not a working day. The submission day does not count, the class day does. First submit only.",
    ),
    mark=("P", "D"),
    bases=("LB-6",),
    citation="[P] prosedur LSP yang dipublikasikan; [D] cuti bersama; PP 31/2006 (LB-6)",
    parameters=("notice_working_days",),
    sentences={
        "early": yes(
            "Ada {days} hari kerja sampai hari kelas pertama, {first}; paling sedikit {needed}.",
            "Working days until the first class day, {first}: {days}; at least {needed} are needed.",
        ),
        "late": no(
            "Hanya ada {days} hari kerja sampai hari kelas pertama, {first}; paling sedikit {needed}.",
            "Working days until the first class day, {first}: only {days}; at least {needed} are needed.",
            "Pilih hari kelas pertama pada atau sesudah {earliest}.",
            "Choose a first class day on or after {earliest}.",
        ),
        "unknown": ask_human(
            "Hari pengajuan, hari kelas, atau kalender belum diketahui.",
            "The submission day, the class days or the calendar are not known.",
            "Isi hari-hari kelas.",
            "Give the class days.",
        ),
        "year": ask_human(
            "Tabel hari libur belum memuat tahun yang diperlukan sampai {first}.",
            "The holiday table does not hold the years needed up to {first}.",
            "Petugas BNSP menambahkan tahun itu ke tabel hari libur.",
            "BNSP operations adds that year to the holiday table.",
        ),
    },
)
def r_notice(facts: Facts, _subject: Subject = None) -> list[Verdict]:
    """Was the request sent at least 20 working days before the first class day?

    [P] an LSP's published procedure; [D] collective leave does not count as working days.
    """
    submitted, calendar, needed = facts.submission_day, facts.calendar, facts.policy.notice_working_days
    days = [day for c in facts.classes for day in c.days]
    if submitted is None or calendar is None or not days:
        return [r_notice.say("unknown")]
    first = min(days)
    try:
        count = calendar.working_days_between(submitted, first)
        if count >= needed:
            return [r_notice.say("early", days=count, first=first, needed=needed)]
        earliest = calendar.add_working_days(submitted, needed)
    except CalendarYearMissing:
        return [r_notice.say("year", first=first)]
    return [r_notice.say("late", days=count, first=first, needed=needed, earliest=earliest)]
