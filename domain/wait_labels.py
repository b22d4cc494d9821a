"""What a case waits for, in words: each deadline with what happens when it passes, and each errand."""

import re

from pydantic import BaseModel, ConfigDict

from domain.text import Text


class Wait(BaseModel):
    """A deadline by its kind: what is waited for, and what the case does when it has not come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Text
    then: Text


def _wait(label: tuple[str, str], then: tuple[str, str]) -> Wait:
    return Wait(label=Text(id=label[0], en=label[1]), then=Text(id=then[0], en=then[1]))


DEADLINES: dict[str, Wait] = {
    "appeal": _wait(
        ("Masa banding", "Time for an appeal"),
        ("Setelah itu keputusan tetap.", "After it the decision is final."),
    ),
    "application": _wait(
        ("Permohonan dari calon", "The candidate's application"),
        ("Tanpa permohonan, undangan kedaluwarsa.", "Without it the invitation expires."),
    ),
    "assignment": _wait(
        ("Jawaban Master Asesor atas penugasan", "The master assessor's answer to the assignment"),
        (
            "Tanpa jawaban, penugasan gugur dan orang lain harus ditunjuk.",
            "Without an answer the assignment lapses and somebody else has to be assigned.",
        ),
    ),
    "class_start": _wait(
        ("Hari dan jam kelas dimulai", "The day and hour on which the class begins"),
        (
            "Kelas yang siap dimulai; untuk yang belum siap, penyelenggara memutuskan.",
            "A class that is ready begins; for one that is not, the organiser decides.",
        ),
    ),
    "class_unresolved": _wait(
        ("Keputusan tentang kelas yang belum siap", "What becomes of the class that is not ready"),
        ("Tanpa keputusan, kelas dibatalkan.", "Without a decision the class is cancelled."),
    ),
    "correction": _wait(
        ("Perbaikan permohonan", "The corrected request"),
        ("Tanpa perbaikan, permohonan kedaluwarsa.", "Without it the request expires."),
    ),
    "expiry": _wait(
        ("Akhir masa berlaku sertifikat", "The end of the certificate's validity"),
        ("Sertifikat menjadi kedaluwarsa.", "The certificate expires."),
    ),
    "offer": _wait(
        ("Jawaban atas tawaran tempat", "The answer to the offer of a place"),
        (
            "Tanpa jawaban, tempat ditawarkan kepada cadangan berikutnya.",
            "Without an answer the place is offered to the next on the waiting list.",
        ),
    ),
    "reassessment_window": _wait(
        ("Masa asesmen ulang", "Time for a re-assessment"),
        (
            "Setelah itu asesmen ulang tidak dapat diminta lagi.",
            "After it no re-assessment can be asked for.",
        ),
    ),
    "reminder": _wait(
        ("Pengingat akhir masa berlaku", "Reminder of the end of validity"),
        ("Pemegang sertifikat diingatkan.", "The holder is reminded."),
    ),
    "technical_lapse": _wait(
        (
            "Akhir masa berlaku sertifikat kompetensi teknis calon",
            "The end of the candidate's technical certificate",
        ),
        (
            "Jadwal asesmen gugur dan dokumen harus ditelaah lagi.",
            "The assessment's day falls and the documents have to be reviewed again.",
        ),
    ),
    "window_opens": _wait(
        ("Pembukaan masa sertifikasi ulang", "The opening of the time for recertification"),
        ("Pemegang sertifikat diberi tahu.", "The holder is told."),
    ),
}

ERRANDS: dict[str, Text] = {
    "message": Text(id="Kabar kepada perkara lain", en="News to another case"),
    "release": Text(id="Pelepasan pemesanan", en="Giving back what was reserved"),
    "render_certificate": Text(id="Pencetakan sertifikat", en="Printing of the certificate"),
    "reserve": Text(id="Pemesanan hari, tempat, atau nomor", en="Reservation of days, places or numbers"),
    "review_documents": Text(id="Pemeriksaan dokumen oleh sistem", en="The system's check of the documents"),
    "start_certificate": Text(id="Pembukaan perkara sertifikat", en="Opening of the certificate's case"),
    "start_journey": Text(id="Pembukaan permohonan sertifikasi", en="Opening of an application"),
}

TROUBLES: dict[str, Text] = {
    "calendar": Text(
        id="Tabel hari libur belum memuat tahun yang diperlukan",
        en="The holiday table lacks a year that the case needs",
    ),
    "errand": Text(
        id="Pekerjaan sistem gagal dan terus dicoba lagi", en="Work of the system fails and is tried again"
    ),
    "facts": Text(id="Fakta untuk langkah sistem tidak dapat dibaca", en="Facts cannot be read"),
    "ledger": Text(id="Catatan belum dapat ditulis", en="The record cannot be written yet"),
    "ledger_forked": Text(
        id="Catatan bertentangan dengan riwayat; perkara dibekukan",
        en="The record contradicts the history; the case is frozen",
    ),
    "notice_failed": Text(id="Pemberitahuan tidak dapat dikirim", en="A notice could not be sent"),
    "signal": Text(id="Sinyal yang tidak dapat dibaca diterima", en="A signal came that could not be read"),
}
"""What a case says when it needs somebody, by the first word of its `attention`."""

REMEDIES: dict[str, Text] = {
    "calendar": Text(
        id="Muat tabel hari libur tahun itu; perkara lalu berjalan sendiri.",
        en="Load the holiday table of that year; the case then goes on by itself.",
    ),
    "errand": Text(
        id="Perbaiki penyebab galatnya (basis data, Temporal, atau penyimpanan berkas); dicoba lagi sendiri.",
        en="Mend what causes the error (database, Temporal or document store); it is tried again by itself.",
    ),
    "facts": Text(
        id="Periksa basis data; tidak ada yang hilang dan dicoba lagi sendiri.",
        en="Look at the database; nothing is lost, and it is tried again by itself.",
    ),
    "ledger": Text(
        id="Periksa basis data. Bila peristiwa lama hilang karena cadangan lama dipulihkan: asesor repair.",
        en="Look at the database. If events are missing, as an older backup was restored: asesor repair.",
    ),
    "ledger_forked": Text(
        id="Orang yang memutuskan: asesor verify menunjukkan selisihnya; lalu asesor repair --thaw.",
        en="People decide: asesor verify shows where they differ; when it is mended, asesor repair --thaw.",
    ),
    "notice_failed": Text(
        id="Periksa pengiriman surat, lalu beri tahu orangnya dengan cara lain.",
        en="Look at the mail's way out, and tell the person by another way.",
    ),
    "signal": Text(
        id="Periksa sistem yang mengirim sinyal; perkara tidak terganggu.",
        en="Look at the system that sent the signal; the case is not harmed.",
    ),
}
"""How it is mended; details stand in docs/operations.md."""


def remedy_of(attention: str) -> Text | None:
    """How what is wrong is mended; None when only the code is known."""
    return REMEDIES.get(attention.partition(":")[0].strip())


def wait_of(kind: str) -> Wait:
    """The words of a deadline's kind (`reminder_90` is a `reminder`); the kind itself for an unknown one."""
    found = DEADLINES.get(kind) or DEADLINES.get(re.sub(r"_\d+$", "", kind))
    return found or _wait((kind.replace("_", " "),) * 2, ("", ""))


def errand_label(kind: str) -> Text:
    """What the case has asked for; the kind itself for an unknown one."""
    return ERRANDS.get(kind) or Text(id=kind.replace("_", " "), en=kind.replace("_", " "))


def trouble_label(attention: str) -> Text | None:
    """What is wrong, in words; None when only the code is known."""
    return TROUBLES.get(attention.partition(":")[0].strip())
