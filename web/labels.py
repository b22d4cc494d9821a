"""What fields of requests are called on pages, and what helps to fill them in.

By the last name of a field's path, or by two names where one is not enough (`letters.kind`). A field that
has no entry here is shown by its own name, and a test fails.
"""

from api.answers import WORDS
from domain.roster.columns import COLUMNS
from domain.text import Text

LABELS: dict[str, Text] = {
    "ak02": Text(id="FR.AK.02 (rekaman asesmen)", en="FR.AK.02 (assessment record)"),
    "ak05": Text(id="FR.AK.05 (laporan asesmen)", en="FR.AK.05 (assessment report)"),
    "apl01": Text(id="FR.APL.01 (permohonan sertifikasi)", en="FR.APL.01 (application)"),
    "apl02": Text(id="FR.APL.02 (asesmen mandiri)", en="FR.APL.02 (self-assessment)"),
    "asked_by_candidate": Text(id="Diminta oleh asesi", en="Asked for by the candidate"),
    "assessor": Text(id="Asesor", en="Assessor"),
    "assignment": Text(id="Penugasan", en="Assignment"),
    "assignments": Text(id="Surat tugas", en="Letters of assignment"),
    "attended": Text(id="Hari hadir", en="Days attended"),
    "blank_number": Text(id="Nomor blangko", en="Blank number"),
    "candidate_refused_to_sign": Text(
        id="Asesi menolak menandatangani hasil", en="The candidate refused to sign the result"
    ),
    "certificate_number": Text(id="Nomor sertifikat", en="Certificate number"),
    "chair": Text(id="Ketua", en="Chair"),
    "class_id": Text(id="Kelas", en="Class"),
    "committee": Text(id="Panitia", en="Committee"),
    "competent": Text(id="Kompeten", en="Competent"),
    "consent_version": Text(
        id="Persetujuan pemrosesan data pribadi", en="Consent to the processing of personal data"
    ),
    "day": Text(id="Tanggal", en="Day"),
    "document": Text(id="Dokumen", en="Document"),
    "days": Text(id="Tanggal-tanggal", en="Days"),
    "decision": Text(id="Keputusan", en="Decision"),
    "evidence": Text(id="Bukti", en="Evidence"),
    "form": Text(id="Formulir", en="Form"),
    "it_declared": Text(
        id="Menyatakan mampu mengoperasikan komputer", en="Declares to be able to use a computer"
    ),
    "kind": Text(id="Sebagai", en="As"),
    "kit": Text(id="Perlengkapan yang dibawa", en="What was brought"),
    "letter_date": Text(id="Tanggal surat", en="Date of the letter"),
    "letter_number": Text(id="Nomor surat", en="Number of the letter"),
    "mapa": Text(id="FR.MAPA.01 (rencana asesmen)", en="FR.MAPA.01 (assessment plan)"),
    "mapa02": Text(id="FR.MAPA.02 (peta instrumen)", en="FR.MAPA.02 (map of instruments)"),
    "members": Text(id="Anggota komite", en="Members of the committee"),
    "minutes_number": Text(id="Nomor berita acara", en="Number of the minutes"),
    "on_behalf": Text(id="Atas nama peserta", en="On behalf of the participant"),
    "override": Text(id="Alasan pelatih boleh mengases (R-SOD)", en="Why a trainer may assess (R-SOD)"),
    "person": Text(id="Orang", en="Person"),
    "points": Text(id="Butir yang harus diperbaiki", en="What must be mended, point by point"),
    "reason": Text(id="Alasan", en="Reason"),
    "reasons": Text(id="Alasan untuk tiap peserta", en="Reason for each participant"),
    "registration_number": Text(id="Nomor registrasi (MET)", en="Registration number (MET)"),
    "renewed": Text(id="Sertifikat teknis yang diperbarui", en="Renewed technical certificate"),
    "renews": Text(id="Hari terakhir sertifikat yang lama", en="Last day of the former certificate"),
    "report": Text(id="Laporan", en="Report"),
    "resolved": Text(id="Persyaratan yang Anda nilai terpenuhi", en="Requirements that you judge as met"),
    "result": Text(id="Hasil", en="Result"),
    "results": Text(id="Hasil tiap unit", en="Result of each unit"),
    "reviewer": Text(id="Penelaah", en="Reviewer"),
    "seat": Text(id="Peserta", en="Participant"),
    "seats": Text(id="Peserta", en="Participants"),
    "start_hour": Text(id="Jam mulai", en="Starting hour"),
    "text": Text(id="Catatan", en="Comment"),
    "to_person": Text(id="Kepada", en="To"),
    "unit": Text(id="Unit kompetensi", en="Unit of competency"),
    "valid_until": Text(id="Berlaku sampai", en="Valid until"),
    "venue": Text(id="TUK", en="Venue"),
    "votes": Text(id="Suara anggota", en="Votes of the members"),
    # ---- a request and its participants
    "basis.venue": Text(id="TUK (kode)", en="Venue (code)"),
    "classes.venue": Text(id="TUK (kode)", en="Venue (code)"),
    "class_label": Text(id="Kelas", en="Class"),
    "dated": Text(id="Tanggal pada dokumen", en="Day on the document"),
    "email": Text(id="Email", en="E-mail"),
    "experience": Text(id="Pengalaman kerja", en="Work experience"),
    "experience.field": Text(id="Bidang", en="Field"),
    "experience.first": Text(id="Hari pertama", en="First day"),
    "experience.last": Text(id="Hari terakhir", en="Last day"),
    "file": Text(id="Berkas", en="File"),
    "full_name": Text(id="Nama lengkap", en="Full name"),
    "label": Text(id="Label kelas", en="Label of the class"),
    "masters": Text(id="Master asesor yang diusulkan", en="Master assessors proposed"),
    "nik": Text(id="NIK", en="NIK (national identity number)"),
    "participant.assessor_certificate_until": Text(
        id="Sertifikat asesor berlaku sampai", en="Assessor certificate valid until"
    ),
    "participant.evidence": Text(id="Bukti langsung yang ada", en="Direct evidence that there is"),
    "evidence.photo": Text(id="Foto dokumen", en="Photograph"),
    "phone": Text(id="Nomor telepon", en="Phone number"),
    "requirement": Text(id="Jenis dokumen", en="Kind of document"),
    "scheme": Text(id="Skema sertifikasi", en="Certification scheme"),
    "track": Text(id="Jalur", en="Track"),
    "zone": Text(id="Zona waktu", en="Time zone"),
    "token.label": Text(id="Nama token", en="Name of the token"),
    "token.scopes": Text(id="Boleh", en="It may"),
    "token.days": Text(id="Berlaku berapa hari", en="Days that it lasts"),
    # ---- values
    "BK": Text(id="BK – belum kompeten", en="BK – not yet competent"),
    "K": Text(id="K – kompeten", en="K – competent"),
    "WIB": Text(id="WIB", en="WIB (western)"),
    "WIT": Text(id="WIT", en="WIT (eastern)"),
    "WITA": Text(id="WITA", en="WITA (central)"),
    "main": Text(id="Utama", en="Main"),
    "new": Text(id="Asesor baru", en="New assessors"),
    "recertification": Text(id="Sertifikasi ulang", en="Recertification"),
    "reserve": Text(id="Cadangan", en="Reserve"),
    "trainer": Text(id="Pelatih", en="Trainer"),
}
LABELS |= {name: text for name, text in WORDS.items() if name not in LABELS}
"""An application's questions are called as its printed forms call them."""
LABELS |= {
    "shown_by": Text(id="Yang membuktikannya", en="What shows it"),
    "units": Text(id="Unit kompetensi", en="Units of competency"),
    "username": Text(id="Nama pengguna", en="User name"),
    "password": Text(id="Kata sandi", en="Password"),
    "again": Text(id="Kata sandi sekali lagi", en="Password again"),
}
LABELS |= {f"participant.{column.key}": column.header for column in COLUMNS}
"""A participant's fields are called as the roster's columns are."""


HELPS: dict[str, Text] = {
    "shown_by": Text(
        id="Misalnya pekerjaan, pelatihan, atau dokumen yang Anda serahkan.",
        en="Such as work, training, or documents that you hand in.",
    ),
    "phone": Text(id="Diawali 0 atau +62.", en="Beginning with 0 or +62."),
    "dated": Text(
        id="Bila dokumen bertanggal, misalnya surat rekomendasi.",
        en="If the document has a date, such as a letter of recommendation.",
    ),
    "experience": Text(
        id="Mulai dari yang terbaru. Hari terakhir kosong bila masih berjalan.",
        en="The latest first. Leave the last day empty if it is still running.",
    ),
    "label": Text(
        id="Pendek, misalnya A; daftar peserta menyebut kelas dengan label ini.",
        en="Short, such as A; rosters name the class by it.",
    ),
    "token.label": Text(
        id="Nama program yang memakainya, misalnya sistem absensi.",
        en="The program that uses it, such as the attendance system.",
    ),
    "token.days": Text(id="1 sampai 366; setelah itu buat yang baru.", en="1 to 366; then make a new one."),
    "member.nik": Text(
        id="16 angka; disimpan terenkripsi dan tidak ditampilkan lagi.",
        en="16 digits; stored encrypted and not shown again.",
    ),
    "basis.venue": Text(
        id="Untuk setiap kelas yang tidak menyebut TUK sendiri. Pilih yang pernah dipakai, atau ketik "
        "kodenya: huruf, angka dan tanda hubung, misalnya TUK-BANDUNG.",
        en="For every class that names no venue of its own. Choose one that you have used, or type its "
        "code: letters, digits and hyphens, such as TUK-BANDUNG.",
    ),
    "classes.venue": Text(
        id="Kosong: TUK permohonan ini. Pilih yang pernah dipakai, atau ketik kodenya.",
        en="Empty: the request's venue. Choose one that you have used, or type its code.",
    ),
    "document.seats": Text(
        id="Kosong: dokumen untuk seluruh permohonan. Satu surat dapat untuk beberapa peserta.",
        en="None: the document is for the whole request. One letter may serve several participants.",
    ),
    "masters": Text(
        id="Usulan; BNSP yang menugaskan. Pelatih dan asesor tidak boleh orang yang sama (R-SOD).",
        en="A proposal; BNSP assigns. Trainers and assessors must be different persons (R-SOD).",
    ),
    "days": Text(id="Tanggal menurut zona waktu kelas.", en="Days in the time zone of the class."),
    "letter_number": Text(
        id="Nomor seperti tertulis pada surat; tanpa nama orang.",
        en="The number as it stands on the letter; no name of a person.",
    ),
    "minutes_number": Text(
        id="Nomor seperti tertulis pada berita acara.", en="The number as it stands on the minutes."
    ),
    "reason": Text(
        id="Disimpan terenkripsi; riwayat perkara hanya memuat sidiknya.",
        en="Stored encrypted; the case's history holds its fingerprint only.",
    ),
    "registration_number": Text(
        id="Melekat pada orangnya seumur hidup.", en="It belongs to the person for life."
    ),
    "start_hour": Text(id="0–23, menurut zona waktu kelas.", en="0–23, in the time zone of the class."),
    "text": Text(
        id="Disimpan terenkripsi; tidak mengubah keadaan tugas.",
        en="Stored encrypted; the state of the task stays.",
    ),
    "valid_until": Text(
        id="Kosong: dihitung dari tanggal terbit menurut kebijakan yang berlaku.",
        en="Empty: counted from the day of issue, by the policy in force.",
    ),
}

FOR_SHEETS = ("class_label", "sex", "birth_date", "letter_date", "certificate_number", "recommending")
"""Columns whose help speaks of cells."""
HELPS |= {f"participant.{column.key}": column.help for column in COLUMNS if column.key not in FOR_SHEETS}
HELPS |= {
    "participant.nik": Text(id="16 angka, seperti pada KTP.", en="16 digits, as on the identity card."),
    "participant.phone": Text(id="Diawali 0 atau +62.", en="Beginning with 0 or +62."),
}


def _entry(table: dict[str, Text], path: str) -> Text | None:
    names = [part for part in path.split(".") if not part.isdigit()]
    for key in (".".join(names[-2:]), *names[-1:]):
        if key in table:
            return table[key]
    return None


def label_of(path: str) -> Text:
    """What the field is called: the entry of its last two names, of its last, or that name itself."""
    last = path.rpartition(".")[2]
    if last.isdigit():
        return Text(id=str(int(last) + 1), en=str(int(last) + 1))
    return _entry(LABELS, path) or Text(id=last.replace("_", " "), en=last.replace("_", " "))


def help_of(path: str) -> Text | None:
    """The line of help under it, where there is one."""
    return _entry(HELPS, path)
