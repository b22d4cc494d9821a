"""The roster as an Excel file: an uploaded one read without trusting it, and the template written.

What is uploaded was made by a stranger. Before openpyxl sees it: the size it unpacks to, DOCTYPE, macros
and the real extent of each sheet are looked at. openpyxl then reads row by row (`read_only`), because its
full mode unfolds every merged range and hyperlink cell by cell, and one `A1:XFD1048576` fills the memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

import xlsxwriter
from openpyxl import load_workbook
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string, range_boundaries

from domain.errors import DomainError, TooLarge, UnsupportedMedia
from domain.roster.columns import COLUMNS, EXPERIENCES, Cell, CellKind, CellValue, Column
from domain.roster.model import RosterReading
from domain.roster.sheet import ROW_LIMIT, parse_rows
from domain.text import Text

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = "Peserta"
HELP_SHEET = "Petunjuk"

MAX_UNPACKED = 16 * 1024 * 1024
"""Bytes of all parts unpacked. A full roster has under one; what a part declares binds zipfile too."""
MAX_PARTS = 300
MAX_BESIDE = 4 * 1024 * 1024
"""Bytes of one part that is neither a sheet nor the table of texts: styles, workbook, relations."""
MAX_ELEMENTS = 20_000
"""Elements of one part that are no cells or texts. openpyxl makes objects of each: a million styles would
take minutes and gigabytes."""
MAX_TEXTS = 400_000
"""Elements of cells and texts in a part that is no sheet."""
CONTENT = frozenset({"row", "c", "v", "f", "is", "si", "t", "r"})
TEXTS = "xl/sharedStrings.xml"
MAX_ROWS = 2_000
MAX_COLUMNS = 100
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""First bytes of an Excel file of before 2007, and of every password-protected one."""
XML_MAY_BEGIN = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
NOT_XLSX = "X-NOT-XLSX"


def read(content: bytes) -> RosterReading:
    """The participants in an uploaded .xlsx, or what is wrong with each of its cells. Raises as `grid`."""
    return parse_rows(grid(content))


def grid(content: bytes) -> list[list[Cell]]:
    """The cells of an uploaded .xlsx, row by row from the first.

    Reads the sheet `Peserta`, or the first one. Raises UnsupportedMedia for what is not a plain .xlsx
    (X-NOT-XLSX, X-OLD-EXCEL, X-PASSWORD, X-MACROS), TooLarge for a bomb (X-UNPACKED, X-SHEET-SIZE).
    """
    if content.startswith(OLE):
        raise _password() if "EncryptedPackage".encode("utf-16-le") in content else _old_excel()
    try:
        return _cells(content)
    except DomainError:
        raise
    except Exception:  # openpyxl raises nearly anything on a damaged file, with pieces of it in the message
        raise _not_xlsx() from None


def _cells(content: bytes) -> list[list[Cell]]:
    try:
        archive = ZipFile(BytesIO(content))
    except BadZipFile:
        raise _not_xlsx() from None
    with archive:
        extents = _inspect(archive)
    book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        sheets = book.worksheets
        chosen: Any = next(
            (s for s in sheets if s.title.strip().casefold() == SHEET.casefold()),
            next((s for s in sheets if s.sheet_state == "visible"), sheets[0]),
        )
        # The part that the sheet is stored in is known to openpyxl alone, and it tells nobody.
        extent = extents[chosen._worksheet_path.lstrip("/")]
        if not extent.rows:
            return []
        rows = chosen.iter_rows(min_row=1, max_row=extent.rows, min_col=1, max_col=extent.columns)
        grid = [[_cell(cell) for cell in row] for row in rows]
    finally:
        book.close()
    for row, column in extent.merged():
        grid[row - 1][column - 1] = Cell(None, "merged")
    return grid


def _cell(cell: Any) -> Cell:
    kinds: dict[str, CellKind] = {
        "f": "formula",
        "e": "error",
        "d": "date",
        "b": "boolean",
        "s": "text",
        "inlineStr": "text",
    }
    kind = kinds.get(cell.data_type, "number")
    if kind in ("formula", "error"):
        return Cell(None, kind)
    if cell.value is None:
        return Cell()
    value: CellValue = cell.value if isinstance(cell.value, str | int | float | date | time) else None
    return Cell(value, kind)


# ---- before openpyxl ----------------------------------------------------------------------------


@dataclass
class Extent:
    """How far a sheet really goes: the last row and column in which something stands, and its merges.

    Formatted empty cells down to row 1,048,576 are common and harmless, so they do not count.
    """

    rows: int = 0
    columns: int = 0
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First column, first row, last column, last row."""
    _row: int = 0
    _column: int = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take in one opening tag. Raises UnsupportedMedia for rows or cells out of order."""
        local = name.rpartition(" ")[2]
        if local == "row":
            self._move_row(int(attributes.get("r", self._row + 1)))
        elif local == "c":
            self._move_cell(attributes.get("r"))
        elif local in ("v", "is", "f") and self._column:
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
        elif local == "mergeCell":
            first_column, first_row, last_column, last_row = range_boundaries(attributes["ref"])
            self.merges.append((first_column or 1, first_row or 1, last_column or 1, last_row or 1))

    def check(self) -> None:
        """Raises TooLarge when the sheet goes further than a roster ever does."""
        if self.rows > MAX_ROWS or self.columns > MAX_COLUMNS:
            raise TooLarge.because(
                "X-SHEET-SIZE",
                f"Lembar berisi lebih dari {MAX_ROWS} baris atau {MAX_COLUMNS} kolom.",
                f"The sheet has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns.",
                remedy=_use_template(),
                rows=self.rows,
                columns=self.columns,
            )

    def merged(self) -> Iterable[tuple[int, int]]:
        """Row and column of every merged cell as far as the sheet goes."""
        seen = 0
        for first_column, first_row, last_column, last_row in self.merges:
            for row in range(first_row, min(last_row, self.rows) + 1):
                for column in range(first_column, min(last_column, self.columns) + 1):
                    seen += 1
                    if seen > self.rows * self.columns:  # more than the sheet holds: ranges overlap
                        raise _not_xlsx()
                    yield row, column

    def _move_row(self, row: int) -> None:
        # openpyxl drops a row that comes too late, and then a participant would be gone in silence.
        if row <= self._row:
            raise _not_xlsx()
        self._row, self._column = row, 0

    def _move_cell(self, address: str | None) -> None:
        column, row = self._column + 1, self._row
        if address:
            letters, row = coordinate_from_string(address)
            column = column_index_from_string(letters)
        if row != self._row or column <= self._column:
            raise _not_xlsx()
        self._column = column


def _inspect(archive: ZipFile) -> dict[str, Extent]:
    """Every XML part looked through once; the extents of the sheets by part name."""
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise _unpacked(len(parts))
    # Two parts of one name: we would look at the one and openpyxl read the other.
    if len(set(names)) != len(names) or "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise _not_xlsx()
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UnsupportedMedia.because(
            "X-MACROS",
            "Berkas berisi makro.",
            "The file holds macros.",
            remedy=Text(id="Simpan sebagai .xlsx tanpa makro.", en="Save it as .xlsx without macros."),
        )
    extents: dict[str, Extent] = {}
    for part in parts:
        if part.flag_bits & 1:
            raise _password()
        with archive.open(part) as source:
            head = source.read(4096).lstrip(XML_MAY_BEGIN)
        # By content and not by name: which part is what stands inside, and any name will do for openpyxl.
        if head and not head.startswith(b"<"):
            continue
        sheet = part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")
        if part.file_size > MAX_BESIDE and not sheet and part.filename != TEXTS:
            raise _unpacked(len(parts))
        extent = Extent()
        if sheet:
            extents[part.filename] = extent
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = _counting(extent if sheet else None, len(parts))
        try:
            with archive.open(part) as source:
                parser.ParseFile(source)
        except expat.ExpatError:
            if not part.filename.endswith(".vml"):  # Excel's own is not always well-formed; nobody reads it
                raise
        extent.check()
    return extents


def _counting(extent: Extent | None, parts: int) -> Callable[[str, Mapping[str, str]], None]:
    """A handler that raises TooLarge at one element too many, and tells a sheet's extent of each."""
    content = others = 0

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal content, others
        if name.rpartition(" ")[2] in CONTENT:
            content += 1
        else:
            others += 1
        if others > MAX_ELEMENTS or (extent is None and content > MAX_TEXTS):
            raise _unpacked(parts)
        if extent is not None:
            extent.start(name, attributes)

    return start


def _unpacked(parts: int) -> DomainError:
    return TooLarge.because(
        "X-UNPACKED",
        "Isi berkas Excel terlalu besar setelah dibuka.",
        "The Excel file is too large once unpacked.",
        remedy=_use_template(),
        parts=parts,
        limit_bytes=MAX_UNPACKED,
    )


def _refuse_doctype(*_: object) -> None:
    raise _not_xlsx()  # the door to entity bombs; no office program writes one


def _use_template() -> Text:
    return Text(
        id="Salin peserta sebagai nilai ke templat yang baru.",
        en="Copy the participants, as values, into a new template.",
    )


def _not_xlsx() -> DomainError:
    return UnsupportedMedia.because(
        NOT_XLSX,
        "Berkas ini bukan berkas Excel (.xlsx) yang dapat dibaca.",
        "This is not an Excel file (.xlsx) that can be read.",
        remedy=Text(
            id="Buka di Excel, lalu simpan sebagai “Excel Workbook (.xlsx)”.",
            en="Open it in Excel and save it as “Excel Workbook (.xlsx)”.",
        ),
    )


def _old_excel() -> DomainError:
    return UnsupportedMedia.because(
        "X-OLD-EXCEL",
        "Berkas ini berformat lama (.xls) atau bukan berkas Excel.",
        "This file has the old format (.xls), or is no Excel file.",
        remedy=Text(id="Simpan sebagai .xlsx.", en="Save it as .xlsx."),
    )


def _password() -> DomainError:
    return UnsupportedMedia.because(
        "X-PASSWORD",
        "Berkas ini dilindungi kata sandi, sehingga tidak dapat dibaca.",
        "This file is protected by a password and cannot be read.",
        remedy=Text(
            id="Hapus kata sandinya di Excel (File > Info > Protect Workbook), lalu unggah lagi.",
            en="Remove the password in Excel (File > Info > Protect Workbook), then upload it again.",
        ),
    )


# ---- writing ------------------------------------------------------------------------------------


def template() -> bytes:
    """An empty roster: header row with notes, choices, date and text formats, and a sheet of instructions."""
    return write(())


def write(participants: Sequence[Mapping[str, object]]) -> bytes:
    """The template with these participants in it: column key → str, int or date; missing is blank.

    The same participants give the same bytes.
    """
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    # A fixed day of making: bytes that differ each time cannot be compared.
    book.set_properties({"title": "Daftar peserta", "created": datetime(2026, 1, 1)})  # noqa: DTZ001
    _participants_sheet(book, participants)
    _help_sheet(book)
    book.close()
    return out.getvalue()


def _participants_sheet(book: Any, participants: Sequence[Mapping[str, object]]) -> None:
    sheet = book.add_worksheet(SHEET)
    base = {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "locked": True}
    required = book.add_format({**base, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
    optional = book.add_format({**base, "bg_color": "#D9E2EC"})
    formats = {
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "int": book.add_format({"num_format": "0"}),
    }
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 45)
    for i, column in enumerate(COLUMNS):
        form = formats.get(column.kind, formats["text"])
        sheet.set_column(i, i, max(12, min(28, len(column.header.id) + 2)), form)
        sheet.write_string(0, i, column.header.id, required if column.required else optional)
        sheet.write_comment(0, i, _note(column), {"author": "", "x_scale": 1.6, "y_scale": 1.3})
        sheet.data_validation(1, i, ROW_LIMIT, i, _validation(column, i))
        for n, participant in enumerate(participants, start=1):
            value = participant.get(column.key)
            if isinstance(value, date):
                sheet.write_datetime(n, i, value, form)
            elif isinstance(value, int):
                sheet.write_number(n, i, value, form)
            elif value is not None:
                sheet.write_string(n, i, str(value), form)


def _note(column: Column) -> str:
    needed = "Wajib / Required" if column.required else "Boleh kosong / May be blank"
    example = f"\nContoh / Example: {column.example}" if column.example else ""
    return f"{column.header.en}\n{needed}\n{column.help.id}\n{column.help.en}{example}"


def _validation(column: Column, index: int) -> dict[str, object]:
    """What Excel itself lets people type. A help only: `read` trusts nothing of it."""
    shown: dict[str, object] = {
        "ignore_blank": True,
        "input_title": column.header.id[:32],
        "input_message": column.help.id[:255],
        "error_title": "Periksa isi sel",
        "error_message": column.help.id[:255],
    }
    first = f"{xlsxwriter.utility.xl_col_to_name(index)}2"
    rules: dict[str, dict[str, object]] = {
        "date": {"validate": "date", "criteria": ">=", "value": date(1900, 3, 1)},
        "int": {
            "validate": "integer",
            "criteria": "between",
            "minimum": column.lowest,
            "maximum": column.highest,
        },
        "nik": {"validate": "custom", "value": f"=AND(ISTEXT({first}),LEN({first})=16)"},
    }
    if column.choices:
        return {**shown, "validate": "list", "source": [written for written, _ in column.choices]}
    return {**shown, **rules.get(column.kind, {"validate": "any"})}


INSTRUCTIONS: tuple[Text, ...] = (
    Text(
        id="Isi lembar Peserta, satu baris untuk setiap peserta; jangan mengubah baris judulnya.",
        en="Fill the sheet Peserta, one row for each participant; leave its header row as it is.",
    ),
    Text(
        id="Ketik NIK sebagai teks: Excel hanya menyimpan 15 angka, dan angka ke-16 menjadi 0.",
        en="Type the NIK as text: Excel keeps 15 significant digits only and turns the 16th into 0.",
    ),
    Text(
        id="Hanya nilai: tanpa rumus, tanpa sel gabungan, tanpa kolom lain. Tanggal adalah tanggal Excel.",
        en="Values only: no formulas, no merged cells, no further columns. Dates are Excel dates.",
    ),
    Text(
        id=f"Paling banyak {ROW_LIMIT} peserta; sekelas paling banyak 24 peserta Utama [S].",
        en=f"At most {ROW_LIMIT} participants; a class has at most 24 main ones [S].",
    ),
    Text(
        id="Peserta Utama dari LSP/CLSP/Instansi Teknis lain paling banyak 30% dari yang diajukan [S].",
        en="Main participants of other LSPs, CLSPs and technical agencies: at most 30% of the proposed [S].",
    ),
    Text(
        id=f"Pengalaman teknis minimal 3 tahun [S], dalam satu sampai {EXPERIENCES} masa kerja.",
        en=f"At least 3 years of technical experience [S], in one to {EXPERIENCES} periods.",
    ),
)


def _help_sheet(book: Any) -> None:
    sheet = book.add_worksheet(HELP_SHEET)
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    for i, width in enumerate((34, 34, 14, 60, 60, 28)):
        sheet.set_column(i, i, width)
    sheet.write_string(0, 0, "Petunjuk / Instructions", bold)
    for n, line in enumerate(INSTRUCTIONS, start=1):
        sheet.write_string(n, 0, f"{n}. {line.id}")
        sheet.write_string(n, 4, line.en)
    top = len(INSTRUCTIONS) + 2
    titles = ("Kolom", "Column", "Wajib", "Isi", "Content", "Contoh / Example")
    for i, title in enumerate(titles):
        sheet.write_string(top, i, title, bold)
    for n, column in enumerate(COLUMNS, start=top + 1):
        needed = "Ya" if column.required else "Tidak"
        choices = f" ({' / '.join(written for written, _ in column.choices)})" if column.choices else ""
        cells = (
            column.header.id,
            column.header.en,
            needed,
            column.help.id + choices,
            column.help.en + choices,
            column.example,
        )
        for i, text in enumerate(cells):
            sheet.write_string(n, i, text, wrap)
