"""The participant roster: its columns as data, and a sheet's cells read into participants.

Nothing is guessed and nothing is mended in silence: a cell is either what its column asks for or a
problem with its address, and a row with a problem is no participant. No violation holds what stood in a
cell. The rules of the programme (R-30, R-24, R-Q3 …) are not judged here.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from domain.days import EARLIEST, LATEST
from domain.errors import Malformed
from domain.nik import Nik
from domain.text import Text
from domain.verdict import Violation

ROW_LIMIT = 200
"""Participants in one sheet [D]; more classes than that are proposed in parts."""
EXPERIENCES = 3
HEADER_WITHIN = 10
"""The header stands in one of the first rows; a title or a letterhead may stand above it."""
HEADER_MATCHES = 3
"""A row with this many known headers is the header row."""
MAX_TEXT = 200
CITATION = "[D] § 2"

CellKind = Literal["empty", "text", "number", "date", "boolean", "formula", "error", "merged"]
ColumnKind = Literal["text", "date", "enum", "nik", "int", "yesno", "email", "phone"]
CellValue = str | int | float | bool | date | time | None
Qualification = Literal["SMA", "SMK", "D1", "D2", "D3", "D4", "S1", "S2", "S3", "PROFESI", "KKNI"]


class Cell(NamedTuple):
    """A cell as the reader delivers it. A formula, an error and a merged cell carry no value."""

    value: CellValue = None
    kind: CellKind = "empty"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Column(Model):
    """One column of the sheet. `header.id` is what stands in it; `header.en` is read as well."""

    key: str
    header: Text
    required: bool
    kind: ColumnKind
    help: Text
    example: str
    choices: tuple[tuple[str, str], ...] = ()
    """For enum and yesno: what people write, and the value that it means (which is read as well)."""
    pattern: str = ""
    """For text: characters that the number or code may have."""
    lowest: int = 1
    highest: int = 9999


class Experience(Model):
    """A period of work in a field; both days were worked. `last` is None while it still runs (R-TECH)."""

    field: str
    first: date
    last: date | None = None


class RosterRow(Model):
    """One participant as proposed. Personal data: it never goes into a log, a URL or an event."""

    row: int
    """Row number as in the sheet, from 1."""
    no: int | None = None
    full_name: str = Field(repr=False)
    nik: str = Field(repr=False)
    sex: Literal["L", "P"] = Field(repr=False)
    birth_date: date = Field(repr=False)
    email: str = Field(repr=False)
    phone: str = Field(repr=False)
    """In international form, such as `+6281234567890`."""
    recommending: str
    """Code of the recommending organisation, upper case."""
    letter_number: str
    letter_date: date
    signatory: str = Field(repr=False)
    qualification: Qualification
    kkni_level: int | None = None
    technical_field: str
    certificate_number: str = Field(repr=False)
    certificate_valid_until: date
    experience: tuple[Experience, ...]
    computer_declaration: bool
    class_label: str
    kind: Literal["main", "reserve"]
    warnings: tuple[Violation, ...] = ()
    """What looks odd in the NIK and never stands in the way (§ 7)."""


class CellProblem(Model):
    """Why a cell, a row or the sheet cannot be taken, and where. Row 0 is the sheet as a whole."""

    row: int
    column_letter: str = ""
    cell: str = ""
    """Address such as `C7`; empty when it is about more than one cell."""
    header: str = Field(default="", repr=False)
    """The column's Indonesian header; for an unknown column what stands there, for the uploader alone."""
    violation: Violation


class RosterReading(Model):
    """The answer to a sheet: participants, problems, and for every filled row which of the two it is."""

    rows: tuple[RosterRow, ...] = ()
    problems: tuple[CellProblem, ...] = ()
    row_numbers: tuple[int, ...] = ()
    """Every row below the header in which something stands."""

    @property
    def ok(self) -> bool:
        """Can the whole sheet be taken as it is?"""
        return bool(self.rows) and not self.problems

    def row_ok(self, row: int) -> bool:
        """Was that row read as a participant?"""
        return any(r.row == row for r in self.rows)

    def problems_of(self, row: int) -> tuple[CellProblem, ...]:
        """What stands against that row; row 0 for the sheet as a whole."""
        return tuple(p for p in self.problems if p.row == row)


def _column(
    key: str,
    header: tuple[str, str],
    kind: ColumnKind,
    example: str,
    help: tuple[str, str],
    *,
    required: bool = True,
    choices: tuple[tuple[str, str], ...] = (),
    pattern: str = "",
    highest: int = 9999,
) -> Column:
    return Column(
        key=key,
        header=Text(id=header[0], en=header[1]),
        required=required,
        kind=kind,
        help=Text(id=help[0], en=help[1]),
        example=example,
        choices=choices,
        pattern=pattern,
        highest=highest,
    )


def _experience_columns(n: int) -> tuple[Column, ...]:
    first, last = ("2019-07-01", "2022-06-30") if n == 1 else ("2022-07-01", "")
    needed = n == 1
    return (
        _column(
            f"experience_{n}_field",
            (f"Pengalaman {n}: bidang", f"Experience {n}: field"),
            "text",
            "TIK",
            ("Bidang teknis, ditulis sama seperti bidang sertifikat.", "Written as the certificate's field."),
            required=needed,
        ),
        _column(
            f"experience_{n}_first",
            (f"Pengalaman {n}: hari pertama", f"Experience {n}: first day"),
            "date",
            first,
            ("Hari kerja pertama.", "The first day worked."),
            required=needed,
        ),
        _column(
            f"experience_{n}_last",
            (f"Pengalaman {n}: hari terakhir", f"Experience {n}: last day"),
            "date",
            last,
            ("Kosong bila masih berjalan.", "Blank if it is still running."),
            required=False,
        ),
    )


_NUMBER = r"[A-Za-z0-9./ -]{1,60}"
"""As in commands: a letter's or certificate's number is never free text."""

COLUMNS: tuple[Column, ...] = (
    _column("no", ("No", "No."), "int", "1", ("Nomor urut; boleh kosong.", "Running number; may be blank."),
            required=False),
    _column("full_name", ("Nama lengkap", "Full name"), "text", "Siti Contoh",
            ("Seperti pada KTP, tanpa gelar.", "As on the identity card, without titles.")),
    _column("nik", ("NIK", "NIK (national identity number)"), "nik", "3171014101909001",
            ("16 angka, diketik sebagai teks.", "16 digits, typed as text.")),
    _column("sex", ("Jenis kelamin", "Sex"), "enum", "P", ("L laki-laki, P perempuan.", "L male, P female."),
            choices=(("L", "L"), ("P", "P"))),
    _column("birth_date", ("Tanggal lahir", "Date of birth"), "date", "1990-01-01",
            ("Tanggal Excel.", "An Excel date.")),
    _column("email", ("Email", "E-mail"), "email", "siti@example.org",
            ("Satu alamat milik peserta.", "One address of the participant's own.")),
    _column("phone", ("Nomor telepon", "Phone number"), "phone", "081200000001",
            ("Diketik sebagai teks, diawali 0 atau +62.", "Typed as text, beginning with 0 or +62.")),
    _column("recommending", ("Kode lembaga rekomendasi", "Recommending organisation code"), "text", "LSP-TIK",
            ("Kode LSP, CLSP, atau Instansi Teknis pemberi rekomendasi.",
             "Code of the LSP, CLSP or technical agency that recommends."), pattern=r"[A-Za-z0-9_-]{1,40}"),
    _column("letter_number", ("Nomor surat rekomendasi", "Recommendation letter number"), "text",
            "012/LSP-TIK/II/2026", ("Seperti pada surat.", "As on the letter."), pattern=_NUMBER),
    _column("letter_date", ("Tanggal surat rekomendasi", "Recommendation letter date"), "date", "2026-02-16",
            ("Tanggal Excel.", "An Excel date.")),
    _column("signatory", ("Penanda tangan rekomendasi", "Recommendation signatory"), "text", "Budi Contoh",
            ("Nama orang yang menandatangani surat.", "Name of the person who signed the letter.")),
    _column("qualification", ("Kualifikasi", "Qualification"), "enum", "S1",
            ("Pendidikan tertinggi, atau KKNI bila memakai sertifikat KKNI.",
             "Highest education, or KKNI for a KKNI certificate."),
            choices=tuple((q, q) for q in ("SMA", "SMK", "D1", "D2", "D3", "D4", "S1", "S2", "S3",
                                           "PROFESI", "KKNI"))),
    _column("kkni_level", ("Jenjang KKNI", "KKNI level"), "int", "",
            ("1 sampai 9; wajib bila kualifikasi KKNI.", "1 to 9; required for qualification KKNI."),
            required=False, highest=9),
    _column("technical_field", ("Bidang sertifikat teknis", "Technical certificate field"), "text", "TIK",
            ("Bidang pada sertifikat kompetensi teknis.", "Field of the technical competency certificate.")),
    _column("certificate_number", ("Nomor sertifikat teknis", "Technical certificate number"), "text",
            "62010 2512 0000001 2024", ("Diketik sebagai teks.", "Typed as text."), pattern=_NUMBER),
    _column("certificate_valid_until",
            ("Sertifikat teknis berlaku sampai", "Technical certificate valid until"), "date", "2027-12-31",
            ("Hari terakhir berlaku.", "The last valid day.")),
    *(column for n in range(1, EXPERIENCES + 1) for column in _experience_columns(n)),
    _column("computer_declaration", ("Pernyataan komputer", "Computer declaration"), "yesno", "Ya",
            ("Ya bila surat pernyataan mampu Word dan Excel sudah ditandatangani.",
             "Ya (yes) when the declaration on Word and Excel is signed."),
            choices=(("Ya", "yes"), ("Tidak", "no"))),
    _column("class_label", ("Kelas", "Class"), "text", "A",
            ("Label kelas, misalnya A.", "Class label, e.g. A."), pattern=r"[A-Za-z0-9 -]{1,20}"),
    _column("kind", ("Utama/Cadangan", "Main/Reserve"), "enum", "Utama",
            ("Utama, paling banyak 24 sekelas, atau Cadangan.", "Main, at most 24 a class, or reserve."),
            choices=(("Utama", "main"), ("Cadangan", "reserve"))),
)  # fmt: skip

BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}


# ---- refusals: rule id → Indonesian, English, what to do in both -------------------------------

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
        remedy=remedy or Text(id=remedy_id, en=remedy_en),
        facts=dict(facts),
    )


# ---- cells ----------------------------------------------------------------------------------------

Read = object
"""What a cell was read as; None for an empty one that may be empty."""


class _Refused(Exception):
    """A cell that is not what its column asks for; never leaves this module."""

    def __init__(self, *violations: Violation) -> None:
        self.violations = violations
        super().__init__(", ".join(v.rule for v in violations))


def letter(index: int) -> str:
    """The letters of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def is_empty(cell: Cell) -> bool:
    """Does nothing stand in it? Spaces are nothing; a formula and a merged cell are something."""
    return cell.kind == "empty" or (cell.kind == "text" and not str(cell.value).strip())


def _as_text(column: Column, cell: Cell) -> str:
    """The text with single spaces, in one form of each character."""
    if cell.kind == "number":
        raise _Refused(refusal("X-NIK-NUMBER" if column.kind == "nik" else "X-NUMBER"))
    if cell.kind != "text":
        raise _Refused(refusal("X-TEXT"))
    text = " ".join(unicodedata.normalize("NFC", str(cell.value)).split())
    # Invisible and right-to-left marks make one name look like another.
    if len(text) > MAX_TEXT or any(unicodedata.category(c)[0] == "C" for c in text):
        raise _Refused(refusal("X-CHARACTERS"))
    return text


def _text(column: Column, cell: Cell) -> Read:
    text = _as_text(column, cell)
    if column.pattern and re.fullmatch(column.pattern, text) is None:
        raise _Refused(refusal("X-CHARACTERS"))
    return text


def _nik(column: Column, cell: Cell) -> Read:
    text = _as_text(column, cell)
    try:
        Nik.parse(text)
    except Malformed as error:
        raise _Refused(*(v.model_copy(update={"rule": "X-NIK"}) for v in error.violations)) from None
    return text


def _date(_column: Column, cell: Cell) -> Read:
    if cell.kind == "text":
        iso = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(cell.value).strip())
        raise _Refused(refusal("X-DATE-TEXT", ISO_HINT if iso else None))
    if cell.kind == "number":
        raise _Refused(refusal("X-DATE-NUMBER"))
    value = cell.value
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if cell.kind != "date" or not isinstance(value, date) or isinstance(value, datetime):
        raise _Refused(refusal("X-DATE"))
    if not EARLIEST <= value <= LATEST:
        raise _Refused(refusal("X-DATE"))
    return value


def _enum(column: Column, cell: Cell) -> Read:
    written = str(cell.value).strip().casefold() if cell.kind == "text" else ""
    for shown, value in column.choices:
        if written in (shown.casefold(), value.casefold()):
            return value
    raise _Refused(refusal("X-ENUM", choices=", ".join(shown for shown, _ in column.choices)))


def _yesno(column: Column, cell: Cell) -> Read:
    return _enum(column, cell) == "yes"


def _int(column: Column, cell: Cell) -> Read:
    number: int | None = None
    if cell.kind == "number" and isinstance(cell.value, int | float) and float(cell.value).is_integer():
        number = int(cell.value)
    elif cell.kind == "text" and re.fullmatch(r"[0-9]{1,6}", str(cell.value).strip()):
        number = int(str(cell.value))
    if number is None or not column.lowest <= number <= column.highest:
        raise _Refused(refusal("X-INT", lowest=column.lowest, highest=column.highest))
    return number


def _email(column: Column, cell: Cell) -> Read:
    text = _as_text(column, cell)
    local, _, host = text.rpartition("@")
    good_local = re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", local)
    good_host = re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}", host)
    if not good_local or not good_host or len(local) > 64 or len(text) > MAX_TEXT:
        raise _Refused(refusal("X-EMAIL"))
    return f"{local}@{host.lower()}"


def phone_number(text: str) -> str:
    """A phone number in one form, `+62…` for one written the Indonesian way; the text as it is when it is
    none, so that the same number is the same wherever it was typed."""
    plain = re.sub(r"[ ().-]", "", text)
    if re.fullmatch(r"(0|\+)[0-9]{8,14}", plain) is None:
        return text
    return "+62" + plain[1:] if plain.startswith("0") else plain


def _phone(column: Column, cell: Cell) -> Read:
    number = phone_number(_as_text(column, cell))
    if not number.startswith("+"):
        raise _Refused(refusal("X-PHONE"))
    return number


READERS: Mapping[ColumnKind, Callable[[Column, Cell], Read]] = {
    "text": _text,
    "date": _date,
    "enum": _enum,
    "nik": _nik,
    "int": _int,
    "yesno": _yesno,
    "email": _email,
    "phone": _phone,
}


def _read(column: Column, cell: Cell) -> Read:
    """What stands in the cell, as its column asks for it. Raises _Refused."""
    if cell.kind == "formula":
        raise _Refused(refusal("X-FORMULA"))
    if cell.kind == "error":
        raise _Refused(refusal("X-ERROR"))
    if is_empty(cell):
        if column.required:
            raise _Refused(refusal("X-EMPTY"))
        return None
    return READERS[column.kind](column, cell)


# ---- the sheet --------------------------------------------------------------------------------


def parse_rows(cells: Sequence[Sequence[Cell]]) -> RosterReading:
    """Read a sheet from its first row on; every filled row below the header gets an answer.

    Gives participants for the rows without any problem, and none at all when the sheet itself has one
    (a missing or unknown column, too many rows): then the cells are still looked at, so that the
    organiser sees everything at once.
    """
    grid = [[Cell(*cell) for cell in row] for row in cells]
    if all(is_empty(cell) for row in grid for cell in row):
        return RosterReading(problems=(CellProblem(row=0, violation=refusal("X-SHEET-EMPTY")),))
    header = _header_row(grid)
    if header is None:
        return RosterReading(
            problems=(CellProblem(row=0, violation=refusal("X-HEADER", within=HEADER_WITHIN)),)
        )
    places, problems = _columns(header, grid[header - 1])
    # A row in which only the running number stands is one that nobody has filled yet.
    numbering = [i for i, column in places.items() if column.key == "no"]
    filled = [
        n
        for n, row in enumerate(grid[header:], start=header + 1)
        if any(not is_empty(cell) for i, cell in enumerate(row) if i not in numbering)
    ]
    if not filled:
        problems.append(CellProblem(row=0, violation=refusal("X-SHEET-EMPTY")))
    if len(filled) > ROW_LIMIT:
        too_many = refusal("X-ROWS", count=len(filled), limit=ROW_LIMIT)
        return RosterReading(
            problems=(CellProblem(row=0, violation=too_many), *problems), row_numbers=tuple(filled)
        )
    sheet_ok = not problems
    values: dict[int, dict[str, object]] = {}
    for n in filled:
        values[n], found = _row(n, grid[n - 1], places)
        problems += found
    problems += _doubles(values, places)
    bad = {p.row for p in problems}
    rows = tuple(_participant(n, values[n]) for n in filled if n not in bad) if sheet_ok else ()
    order = {letter(i): i for i in range(max(len(row) for row in grid))}
    problems.sort(key=lambda p: (p.row, order.get(p.column_letter, -1)))
    return RosterReading(rows=rows, problems=tuple(problems), row_numbers=tuple(filled))


def _known(cell: Cell) -> Column | None:
    """The column with that header, in either language; case, spaces and a closing * do not count."""
    if cell.kind != "text":
        return None
    written = " ".join(str(cell.value).split()).removesuffix("*").rstrip().casefold()
    return next((c for c in COLUMNS if written in (c.header.id.casefold(), c.header.en.casefold())), None)


def _header_row(grid: Sequence[Sequence[Cell]]) -> int | None:
    for n, row in enumerate(grid[:HEADER_WITHIN], start=1):
        if len({column.key for cell in row if (column := _known(cell))}) >= HEADER_MATCHES:
            return n
    return None


def _columns(n: int, row: Sequence[Cell]) -> tuple[dict[int, Column], list[CellProblem]]:
    """Which column stands at which place of the header row."""
    places: dict[int, Column] = {}
    problems: list[CellProblem] = []
    for i, cell in enumerate(row):
        column = _known(cell)
        if cell.kind == "merged":
            problems.append(_problem(n, i, None, refusal("X-MERGED")))
        elif is_empty(cell):
            continue
        elif column is None:
            # Named by its letter: a header typed by hand may be a name or a number of somebody.
            typed = re.sub(r"[0-9]{4,}", "…", str(cell.value))[:40] if cell.kind == "text" else ""
            violation = refusal("X-COLUMN-UNKNOWN", column=letter(i))
            problems.append(_problem(n, i, None, violation).model_copy(update={"header": typed}))
        elif column in places.values():
            problems.append(_problem(n, i, column, _header_refusal("X-COLUMN-TWICE", column)))
        else:
            places[i] = column
    problems += [
        CellProblem(row=n, header=c.header.id, violation=_header_refusal("X-COLUMN-MISSING", c))
        for c in COLUMNS
        if c not in places.values()
    ]
    return places, problems


def _row(
    n: int, row: Sequence[Cell], places: Mapping[int, Column]
) -> tuple[dict[str, object], list[CellProblem]]:
    """Everything that was read of a row by column key, and every problem with it."""
    values: dict[str, object] = {}
    problems: list[CellProblem] = []
    merged = [i for i, cell in enumerate(row) if cell.kind == "merged"]
    if merged:  # what the other cells of a merged row mean is anybody's guess
        return values, [_problem(n, merged[0], places.get(merged[0]), refusal("X-MERGED"))]
    for i, column in places.items():
        try:
            values[column.key] = _read(column, row[i] if i < len(row) else Cell())
        except _Refused as refused:
            problems += [_problem(n, i, column, v) for v in refused.violations]
    at = {column.key: i for i, column in places.items()}
    for key, violation in _across(values, {c.key for c in places.values()}):
        problems.append(_problem(n, at[key], BY_KEY[key], violation))
    return values, problems


def _across(values: Mapping[str, object], present: set[str]) -> list[tuple[str, Violation]]:
    """What no cell shows alone: a level that its qualification needs, a period out of order or in part."""
    found: list[tuple[str, Violation]] = []
    level = values.get("kkni_level", "refused")
    if values.get("qualification") == "KKNI" and level is None:
        found.append(("kkni_level", refusal("X-KKNI")))
    for n in range(1, EXPERIENCES + 1):
        keys = [f"experience_{n}_{part}" for part in ("field", "first", "last")]
        if not all(key in values for key in keys):  # one of them is refused already, or has no column
            continue
        field, first, last = (values[key] for key in keys)
        if isinstance(first, date) and isinstance(last, date) and last < first:
            found.append((keys[2], refusal("X-PERIOD", period=n)))
        if any(v is not None for v in (field, first, last)):
            found += [
                (key, refusal("X-PERIOD-PART", period=n))
                for key, value in ((keys[0], field), (keys[1], first))
                if value is None
            ]
    return [(key, violation) for key, violation in found if key in present]


def _doubles(values: Mapping[int, Mapping[str, object]], places: Mapping[int, Column]) -> list[CellProblem]:
    """Rows that share a NIK; each names the others, and none the number."""
    rows: dict[object, list[int]] = defaultdict(list)
    for n, row in values.items():
        if row.get("nik") is not None:
            rows[row["nik"]].append(n)
    at = next((i for i, column in places.items() if column.key == "nik"), 0)
    return [
        _problem(n, at, BY_KEY["nik"], refusal("X-NIK-TWICE", others=tuple(o for o in same if o != n)))
        for same in rows.values()
        if len(same) > 1
        for n in same
    ]


def _participant(n: int, values: Mapping[str, object]) -> RosterRow:
    parts = {k: v for k, v in values.items() if not k.startswith("experience_")}
    experience = [
        {part: values[f"experience_{i}_{part}"] for part in ("field", "first", "last")}
        for i in range(1, EXPERIENCES + 1)
        if values[f"experience_{i}_field"] is not None
    ]
    birth, sex = values["birth_date"], values["sex"]
    reading = Nik.parse(
        str(values["nik"]), birth_date=birth if isinstance(birth, date) else None, sex=str(sex)
    )
    return RosterRow.model_validate(
        {
            **parts,
            "row": n,
            "recommending": str(values["recommending"]).upper(),
            "experience": experience,
            "warnings": reading.warnings,
        }
    )


def _problem(row: int, index: int, column: Column | None, violation: Violation) -> CellProblem:
    return CellProblem(
        row=row,
        column_letter=letter(index),
        cell=f"{letter(index)}{row}",
        header=column.header.id if column else "",
        violation=violation,
    )


def _header_refusal(rule: str, column: Column) -> Violation:
    return refusal(rule, header_id=column.header.id, header_en=column.header.en)
