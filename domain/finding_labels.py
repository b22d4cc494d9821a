"""What the machine's check of an application's documents found wrong, or could not tell, in words."""

from domain.text import Text

REASONS: dict[str, Text] = {
    "missing": Text(id="Dokumen belum ada", en="The document is missing"),
    "kind": Text(id="Jenis berkasnya tidak sesuai", en="The file is of the wrong kind"),
    "dated_ahead": Text(id="Tanggal pada dokumen belum tiba", en="The day on the document has not come yet"),
    "handed_in_by_others": Text(
        id="Berkas yang sama juga diserahkan orang lain", en="Others handed in the very same file"
    ),
    "qualification_not_given": Text(
        id="Kualifikasi tidak disebut dalam permohonan", en="The application names no qualification"
    ),
    "certificate_not_given": Text(
        id="Sertifikat teknis tidak disebut dalam permohonan",
        en="The application names no technical certificate",
    ),
    "certificate_over": Text(
        id="Sertifikat teknis yang disebut sudah berakhir", en="The technical certificate named has ended"
    ),
    "experience_not_given": Text(
        id="Pengalaman kerja tidak disebut dalam permohonan", en="The application names no work experience"
    ),
    "recommendation_not_given": Text(
        id="Rekomendasi tidak disebut dalam permohonan", en="The application names no recommendation"
    ),
    "letter_date_differs": Text(
        id="Tanggal pada surat berbeda dari yang disebut dalam permohonan",
        en="The day on the letter is not the one that the application names",
    ),
    "not_declared": Text(
        id="Kemampuan Word dan Excel tidak dinyatakan", en="Word and Excel were not declared"
    ),
}
"""By the name under which a finding's facts hold it (`domain.cases.DocumentFinding`)."""
