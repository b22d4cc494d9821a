"""Words for closed lists that pages show: kinds of organisations, licences, outcomes, units of time."""

from domain.text import Text

ORGANISER_KINDS: dict[str, Text] = {
    "BNSP": Text(id="BNSP", en="BNSP"),
    "LSP": Text(id="LSP (lembaga sertifikasi profesi)", en="LSP (certification body)"),
    "CLSP": Text(id="CLSP (calon LSP)", en="CLSP (future certification body)"),
    "TECHNICAL_AGENCY": Text(id="Instansi teknis", en="Technical agency"),
}
LICENCES: dict[str, Text] = {
    "NONE": Text(id="tidak ada", en="none"),
    "IN_PROCESS": Text(id="dalam proses", en="in process"),
    "ACTIVE": Text(id="berlaku", en="active"),
    "SUSPENDED": Text(id="dibekukan", en="suspended"),
    "REVOKED": Text(id="dicabut", en="revoked"),
    "EXPIRED": Text(id="kedaluwarsa", en="expired"),
}
OUTCOMES: dict[str, Text] = {
    "pass": Text(id="terpenuhi", en="met"),
    "fail": Text(id="tidak terpenuhi", en="not met"),
    "needs_human": Text(id="diputuskan orang", en="a person decides"),
    "not_applicable": Text(id="tidak berlaku", en="does not apply"),
}
UNITS: dict[str, Text] = {
    "wd": Text(id="hari kerja", en="working days"),
    "days": Text(id="hari", en="days"),
    "months": Text(id="bulan", en="months"),
    "hours": Text(id="jam", en="hours"),
}
MEANINGS: dict[tuple[str, str], Text] = {
    ("confirm_seat", "confirm"): Text(
        id="Tempat Anda di kelas ini menjadi pasti. Anda harus hadir setiap hari kelas.",
        en="Your place in this class is then certain. You must attend every class day.",
    ),
    ("confirm_seat", "withdraw"): Text(
        id="Tempat Anda ditawarkan kepada cadangan, dan permohonan sertifikasi Anda di sini berakhir. "
        "Ini tidak dapat dibatalkan.",
        en="Your place is offered to a reserve, and your application for certification here ends. This "
        "cannot be undone.",
    ),
    ("answer_offer", "accept_offer"): Text(
        id="Anda mendapat tempat di kelas ini, dan permohonan sertifikasi Anda dibuka.",
        en="You get a place in this class, and your application for certification opens.",
    ),
    ("answer_offer", "decline"): Text(
        id="Tempat ini ditawarkan kepada orang berikutnya, dan Anda keluar dari daftar tunggu.",
        en="The place is offered to the next person, and you leave the waiting list.",
    ),
    ("choose_application", "keep"): Text(
        id="Permohonan ini berjalan terus; yang lain tidak diteruskan.",
        en="This application goes on; the other one does not.",
    ),
    ("choose_application", "give_up"): Text(
        id="Permohonan ini berakhir, agar yang lain dapat berjalan.",
        en="This application ends, so that the other one can go on.",
    ),
    ("sign_agreement", "sign"): Text(
        id="Anda menyetujui rencana asesmen dan menjaga kerahasiaan bahan asesmen. Asesor Anda "
        "menandatanganinya juga; baru sesudah itu asesmen dapat dimulai.",
        en="You agree to the assessment's plan and keep its material confidential. Your assessor signs it, "
        "too; only then can the assessment begin.",
    ),
}
"""What a candidate's answer leads to (task kind and decision)."""
