"""The columns of a roster, as data: what stands in each, and by which header it is known."""

from collections.abc import Mapping
from datetime import date, time
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from domain.text import Text

EXPERIENCES = 3

CellKind = Literal["empty", "text", "number", "date", "boolean", "formula", "error", "merged"]
ColumnKind = Literal["text", "date", "enum", "nik", "int", "yesno", "email", "phone"]
CellValue = str | int | float | bool | date | time | None


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
