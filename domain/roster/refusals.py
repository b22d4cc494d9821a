"""What is said of a cell, a row or a sheet that cannot be taken, in both languages."""

from collections.abc import Mapping

from domain.text import Text
from domain.verdict import Violation

CITATION = "[D] § 2"

REFUSALS: Mapping[str, tuple[str, str, str, str]] = {
    "X-SHEET-EMPTY": (
        "Lembar tidak berisi peserta.", "The sheet holds no participants.",
        "Isi satu baris untuk setiap peserta, di bawah baris judul.",
        "Fill one row for each participant, below the header row.",
    ),
    "X-HEADER": (
        "Baris judul kolom tidak ditemukan dalam {within} baris pertama.",
        "No header row was found in the first {within} rows.",
        "Pakai templat terbaru dan jangan mengubah baris judulnya.",
        "Use the current template and leave its header row as it is.",
    ),
    "X-PASTE": (
        "Teks yang ditempel tidak dapat dibaca sebagai baris-baris peserta.",
        "The pasted text cannot be read as rows of participants.",
        "Salin dari Excel bersama baris judulnya, atau tepat {columns} kolom dengan urutan seperti templat.",
        "Copy from Excel with its header row, or exactly {columns} columns in the template's order.",
    ),
    "X-COLUMN-MISSING": (
        "Kolom “{header_id}” tidak ada.", "The column “{header_en}” is missing.",
        "Tambahkan kolom itu, atau pakai templat terbaru.", "Add the column, or use the current template.",
    ),
    "X-COLUMN-UNKNOWN": (
        "Kolom {column} tidak dikenal.", "Column {column} is not known.",
        "Hapus kolom itu, atau perbaiki judulnya seperti dalam templat.",
        "Delete the column, or write its header as in the template.",
    ),
    "X-COLUMN-TWICE": (
        "Kolom “{header_id}” ada lebih dari sekali.", "The column “{header_en}” stands there more than once.",
        "Hapus salah satunya.", "Delete one of them.",
    ),
    "X-ROWS": (
        "Lembar berisi {count} peserta; paling banyak {limit}.",
        "The sheet holds {count} participants; at most {limit} are read.",
        "Bagi menjadi beberapa permohonan.", "Split it into several requests.",
    ),
    "X-MERGED": (
        "Ada sel gabungan (merge) di baris ini.", "There are merged cells in this row.",
        "Pilih sel itu, lalu batalkan penggabungan (Unmerge Cells).", "Select the cells and unmerge them.",
    ),
    "X-FORMULA": (
        "Sel berisi rumus; hanya nilai yang diterima.", "The cell holds a formula; only values are taken.",
        "Salin sel, lalu tempel sebagai nilai (Paste Special, Values).",
        "Copy the cell and paste it as a value (Paste Special, Values).",
    ),
    "X-ERROR": (
        "Sel berisi galat Excel.", "The cell holds an Excel error.",
        "Ganti dengan nilai yang benar.", "Replace it with the right value.",
    ),
    "X-EMPTY": (
        "Sel wajib diisi.", "The cell must be filled.",
        "Isi seperti contoh dalam lembar Petunjuk.", "Fill it as in the example on the sheet Petunjuk.",
    ),
    "X-NUMBER": (
        "Sel berisi angka, padahal kolom ini teks; nol di depan dapat hilang.",
        "The cell holds a number, but the column is text; leading zeros may be lost.",
        "Ubah format sel menjadi Teks, lalu ketik ulang isinya.",
        "Set the cell's format to Text, then type its content again.",
    ),
    "X-NIK-NUMBER": (
        "NIK tersimpan sebagai angka. Excel hanya menyimpan 15 angka penting, sehingga angka ke-16 sudah "
        "berubah menjadi 0 dan tidak dapat dipulihkan.",
        "The NIK is stored as a number. Excel keeps only 15 significant digits, so the 16th has become 0 and "
        "cannot be brought back.",
        "Ubah format sel menjadi Teks, lalu ketik ulang ke-16 angkanya dari KTP; mengubah format saja tidak "
        "cukup.",
        "Set the cell's format to Text, then type all 16 digits again from the identity card; changing the "
        "format alone is not enough.",
    ),
    "X-NIK-TWICE": (
        "NIK ini juga ada di baris {others}.", "The same NIK also stands in row {others}.",
        "Hapus baris ganda, atau perbaiki NIK yang salah ketik.",
        "Delete the double row, or correct the NIK that was mistyped.",
    ),
    "X-TEXT": (
        "Sel harus berisi teks.", "The cell must hold text.",
        "Ubah format sel menjadi Teks, lalu ketik ulang isinya.",
        "Set the cell's format to Text, then type its content again.",
    ),
    "X-CHARACTERS": (
        "Isi sel terlalu panjang atau memuat karakter yang tidak diperbolehkan.",
        "The content is too long or has characters that are not allowed.",
        "Ketik ulang seperti contoh dalam lembar Petunjuk.", "Type it again as in the example on Petunjuk.",
    ),
    "X-DATE-TEXT": (
        "Tanggal tertulis sebagai teks, bukan tanggal Excel.", "The date is text, not an Excel date.",
        "Ubah format sel menjadi Tanggal, lalu ketik ulang tanggalnya.",
        "Set the cell's format to Date, then type the date again.",
    ),
    "X-DATE-NUMBER": (
        "Sel berisi angka, bukan tanggal Excel.", "The cell holds a number, not an Excel date.",
        "Ubah format sel menjadi Tanggal, lalu periksa hasilnya.",
        "Set the cell's format to Date, then check what it shows.",
    ),
    "X-DATE": (
        "Sel harus berisi tanggal tanpa jam, dari tahun 1900 sampai 2200.",
        "The cell must hold a date without a time of day, from the years 1900 to 2200.",
        "Ketik hanya tanggalnya.", "Type the date alone.",
    ),
    "X-ENUM": (
        "Isi harus salah satu dari: {choices}.", "The content must be one of: {choices}.",
        "Pilih dari daftar di sel.", "Choose from the list in the cell.",
    ),
    "X-INT": (
        "Isi harus bilangan bulat {lowest} sampai {highest}.",
        "The content must be a whole number from {lowest} to {highest}.",
        "Perbaiki angkanya.", "Correct the number.",
    ),
    "X-EMAIL": (
        "Alamat email tidak sah.", "The e-mail address is not valid.",
        "Isi satu alamat, misalnya nama@example.org.", "Give one address, such as nama@example.org.",
    ),
    "X-PHONE": (
        "Nomor telepon tidak sah.", "The phone number is not valid.",
        "Awali dengan 0 atau +62; 9 sampai 15 angka.", "Begin with 0 or +62; 9 to 15 digits.",
    ),
    "X-KKNI": (
        "Jenjang KKNI wajib diisi bila kualifikasi KKNI.", "A KKNI level is required for qualification KKNI.",
        "Isi jenjang pada sertifikat KKNI, 1 sampai 9.", "Give the level on the KKNI certificate, 1 to 9.",
    ),
    "X-PERIOD": (
        "Hari terakhir pengalaman {period} mendahului hari pertamanya.",
        "The last day of experience {period} comes before its first.",
        "Perbaiki hari pertama atau hari terakhirnya.", "Correct its first or its last day.",
    ),
    "X-PERIOD-PART": (
        "Pengalaman {period} belum lengkap.", "Experience {period} is not complete.",
        "Isi bidang dan hari pertama, atau kosongkan ketiga selnya.",
        "Fill its field and first day, or leave its three cells blank.",
    ),
}  # fmt: skip

ISO_HINT = Text(
    id="Teksnya sudah berbentuk tahun-bulan-hari: ubah format sel menjadi Tanggal, lalu tekan F2 dan Enter "
    "di sel itu, atau pakai Data > Text to Columns > Tanggal: YMD untuk seluruh kolom.",
    en="The text is already year-month-day: set the cell's format to Date, then press F2 and Enter in the "
    "cell, or use Data > Text to Columns > Date: YMD for the whole column.",
)


def refusal(rule: str, remedy: Text | None = None, **facts: str | int | tuple[int, ...]) -> Violation:
    """The violation of that rule of REFUSALS, its sentences filled with the facts."""
    id, en, remedy_id, remedy_en = REFUSALS[rule]
    shown = {k: ", ".join(map(str, v)) if isinstance(v, tuple) else v for k, v in facts.items()}
    return Violation(
        rule=rule,
        text=Text(id=id, en=en).format(**shown),
        citation=CITATION,
        remedy=remedy or Text(id=remedy_id, en=remedy_en).format(**shown),
        facts=dict(facts),
    )
