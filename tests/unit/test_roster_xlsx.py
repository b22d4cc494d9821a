"""Excel files from strangers: what is read, and what is refused before it can do harm."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from time import process_time
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from api import roster_xlsx
from api.roster_xlsx import HELP_SHEET, OLE, SHEET, read, template, write
from domain.errors import DomainError, TooLarge, UnsupportedMedia
from domain.roster.columns import COLUMNS
from domain.roster.model import RosterReading
from domain.roster.sheet import ROW_LIMIT
from examples.people import PEOPLE

CELLS = [person.cells() for person in PEOPLE[:3]]
GOOD = write(CELLS)
SHEET_PART = "xl/worksheets/sheet1.xml"


def edited(edit: Callable[[Any], None]) -> bytes:
    book = load_workbook(BytesIO(GOOD))
    edit(book[SHEET])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(**parts: bytes | Callable[[bytes], bytes] | None) -> bytes:
    """GOOD with parts replaced; `__` in a keyword is `/`, `_dot_` a dot."""
    names = {k.replace("__", "/").replace("_dot_", "."): v for k, v in parts.items()}
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(GOOD)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *names]):
            change = names.get(name, b"") if name in names else old.read(name)
            if change is not None:
                new.writestr(name, change(old.read(name)) if callable(change) else change)
    return out.getvalue()


def rules(reading: RosterReading) -> list[tuple[str, str]]:
    return [(p.cell, p.violation.rule) for p in reading.problems]


def refused(content: bytes, kind: type[DomainError]) -> str:
    with pytest.raises(kind) as caught:
        read(content)
    (violation,) = caught.value.violations
    assert violation.remedy is not None and violation.text.id and violation.text.en
    return violation.rule


def test_what_is_written_is_read_again() -> None:
    reading = read(GOOD)
    assert reading.problems == ()
    assert [r.nik for r in reading.rows] == [p.nik for p in PEOPLE[:3]]
    assert [r.full_name for r in reading.rows] == [p.name for p in PEOPLE[:3]]


def test_the_template_is_empty_and_always_the_same() -> None:
    assert template() == template()
    assert rules(read(template())) == [("", "X-SHEET-EMPTY")]


def test_the_template_helps_to_fill_it() -> None:
    book = load_workbook(BytesIO(template()))
    assert book.sheetnames == [SHEET, HELP_SHEET]
    sheet = book[SHEET]
    assert [c.value for c in sheet[1]] == [c.header.id for c in COLUMNS]
    assert all(c.comment is not None for c in sheet[1])
    formats = {c.header.id: sheet.column_dimensions[letter].number_format for c, letter in _letters()}
    assert formats["NIK"] == "@" and formats["Tanggal lahir"] == "yyyy-mm-dd"
    lists = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    assert lists[f"D2:D{ROW_LIMIT + 1}"] == '"L,P"'
    assert len(sheet.data_validations.dataValidation) == len(COLUMNS)
    text = " ".join(str(c.value) for row in book[HELP_SHEET].iter_rows() for c in row if c.value)
    assert all(column.header.id in text and column.header.en in text for column in COLUMNS)


def _letters() -> list[tuple[Any, str]]:
    from domain.roster.sheet import letter

    return [(column, letter(i)) for i, column in enumerate(COLUMNS)]


def _set(address: str, value: object, number_format: str = "General") -> Callable[[Any], None]:
    def edit(sheet: Any) -> None:
        sheet[address].value = value
        sheet[address].number_format = number_format

    return edit


@pytest.mark.parametrize(
    ("address", "value", "rule"),
    [
        ("C3", 3171014101909001, "X-NIK-NUMBER"),
        ("C3", 3.171014101909e15, "X-NIK-NUMBER"),
        ("B3", "=A1", "X-FORMULA"),
        ("B3", "#REF!", "X-ERROR"),
        ("B3", None, "X-EMPTY"),
        ("B3", True, "X-TEXT"),
        ("G3", 81200000001, "X-NUMBER"),
        ("E3", "1990-01-01", "X-DATE-TEXT"),
        ("E3", 32874, "X-DATE-NUMBER"),
        ("E3", datetime(1990, 1, 1, 7, 30), "X-DATE"),  # noqa: DTZ001 (Excel knows no zone)
    ],
)
def test_a_cell_from_excel_is_refused(address: str, value: object, rule: str) -> None:
    dated = isinstance(value, date)
    content = edited(_set(address, value, "yyyy-mm-dd hh:mm" if dated else "General"))
    assert rules(read(content)) == [(address, rule)]


def test_a_formula_is_refused_even_with_a_stored_result_and_as_an_array() -> None:
    def formula(xml: bytes) -> bytes:
        old = xml[xml.index(b'<c r="B2"') : xml.index(b'<c r="C2"')]
        return xml.replace(old, b'<c r="B2" t="str"><f t="array" ref="B2">"x"</f><v>x</v></c>')

    content = repacked(**{"xl__worksheets__sheet1_dot_xml": formula})
    assert rules(read(content)) == [("B2", "X-FORMULA")]


def test_merged_cells_are_refused_in_each_row_they_touch() -> None:
    reading = read(edited(lambda sheet: sheet.merge_cells("H2:I3")))
    assert rules(reading) == [("H2", "X-MERGED"), ("H3", "X-MERGED")]
    assert [r.row for r in reading.rows] == [4]


def test_merged_cells_beside_the_roster_do_not_matter() -> None:
    assert read(edited(lambda sheet: sheet.merge_cells("AZ500:BA600"))).ok


def test_a_huge_merged_range_and_hyperlink_cost_nothing() -> None:
    def merge(xml: bytes) -> bytes:
        huge = b'<mergeCells count="1"><mergeCell ref="A5:XFD1048576"/></mergeCells>'
        link = b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>'
        return xml.replace(b"</sheetData>", b"</sheetData>" + huge + link)

    began = process_time()
    assert read(repacked(**{"xl__worksheets__sheet1_dot_xml": merge})).ok
    assert process_time() - began < 5


def test_formatted_empty_cells_far_below_do_not_matter() -> None:
    tail = b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    content = repacked(**{"xl__worksheets__sheet1_dot_xml": lambda x: x.replace(b"</sheetData>", tail)})
    assert read(content).ok


@pytest.mark.parametrize("address", ["A1048576", "XFD9"])
def test_a_sheet_that_goes_too_far_is_too_large(address: str) -> None:
    number = address.lstrip("XFDA").encode()
    tail = b'<row r="%s"><c r="%s"><v>1</v></c></row></sheetData>' % (number, address.encode())
    content = repacked(**{"xl__worksheets__sheet1_dot_xml": lambda x: x.replace(b"</sheetData>", tail)})
    assert refused(content, TooLarge) == "X-SHEET-SIZE"


def test_a_zip_bomb_is_too_large() -> None:
    bomb = b"<a>" + b" " * (roster_xlsx.MAX_UNPACKED + 1) + b"</a>"
    content = repacked(**{"xl__media__x_dot_xml": bomb})
    assert len(content) < 100_000
    assert refused(content, TooLarge) == "X-UNPACKED"


STYLES = b"<fonts>" + b"<font><b/></font>" * 20_000 + b"</fonts>"


@pytest.mark.parametrize("name", ["xl/styles.xml", "xl/styles.bin", "xl/worksheets/styles.xml", "xl/a.vml"])
def test_a_bomb_of_styles_is_too_large_whatever_its_part_is_called(name: str) -> None:
    parts: dict[str, Any] = {}
    if name == "xl/styles.xml":
        parts[name] = lambda x: x[: x.index(b"<fonts")] + STYLES + x[x.index(b"<fills") :]
    else:
        head = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        parts[name] = head + STYLES + b"</styleSheet>"
    assert refused(repacked(**parts), TooLarge) == "X-UNPACKED"


def test_a_large_part_that_is_no_sheet_is_too_large_and_a_picture_does_not_matter() -> None:
    blank = b" " * (roster_xlsx.MAX_BESIDE + 1)
    assert refused(repacked(**{"xl/styles.xml": lambda x: x + blank}), TooLarge) == "X-UNPACKED"
    assert read(repacked(**{"xl/media/a.png": b"\x89PNG" + blank})).rows


def test_too_many_parts_are_too_large() -> None:
    many = {f"x__{i}_dot_txt": b"" for i in range(roster_xlsx.MAX_PARTS)}
    assert refused(repacked(**many), TooLarge) == "X-UNPACKED"


def test_a_doctype_is_refused() -> None:
    head = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>'
    parts: dict[str, Any] = {
        "xl__worksheets__sheet1_dot_xml": lambda x: head + x[x.index(b"?>") + 2 :],
        "xl__sharedStrings_dot_xml": lambda x: head + x[x.index(b"?>") + 2 :],
    }
    for name, change in parts.items():
        assert refused(repacked(**{name: change}), UnsupportedMedia) == "X-NOT-XLSX"


def test_rows_or_cells_out_of_order_are_refused() -> None:
    for tail in (b'<row r="2"><c r="A2"><v>1</v></c></row>', b'<row r="9"><c r="B9"/><c r="A9"/></row>',
                 b'<row r="9"><c r="B8"/></row>'):  # fmt: skip
        content = repacked(
            **{
                "xl__worksheets__sheet1_dot_xml": lambda x, t=tail: x.replace(
                    b"</sheetData>", t + b"</sheetData>"
                )
            }
        )
        assert refused(content, UnsupportedMedia) == "X-NOT-XLSX"


def test_overlapping_merges_are_refused() -> None:
    merges = b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:Z99"/>' * 50 + b"</mergeCells>"
    content = repacked(**{"xl__worksheets__sheet1_dot_xml": lambda x: x.replace(b"</sheetData>", merges)})
    assert refused(content, UnsupportedMedia) == "X-NOT-XLSX"


@pytest.mark.parametrize(
    "content",
    [b"", b"No,Nama\n1,Siti\n", b"%PDF-1.7", GOOD[: len(GOOD) // 2], b"PK\x03\x04" + b"\0" * 100],
)
def test_what_is_not_xlsx_is_unsupported(content: bytes) -> None:
    assert refused(content, UnsupportedMedia) == "X-NOT-XLSX"


def test_another_zip_and_a_damaged_part_are_unsupported() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert refused(out.getvalue(), UnsupportedMedia) == "X-NOT-XLSX"
    assert refused(repacked(xl__workbook_dot_xml=None), UnsupportedMedia) == "X-NOT-XLSX"
    for part in ("xl__workbook_dot_xml", "xl__styles_dot_xml", "xl__worksheets__sheet1_dot_xml"):
        assert refused(repacked(**{part: b"<a>"}), UnsupportedMedia) == "X-NOT-XLSX"


def test_a_password_and_the_old_format_are_told_apart() -> None:
    assert refused(OLE + "EncryptedPackage".encode("utf-16-le"), UnsupportedMedia) == "X-PASSWORD"
    assert refused(OLE + b"\0" * 512, UnsupportedMedia) == "X-OLD-EXCEL"


def test_macros_are_refused() -> None:
    assert refused(repacked(**{"xl__vbaProject_dot_bin": b"x"}), UnsupportedMedia) == "X-MACROS"


def test_the_sheet_peserta_is_read_wherever_it_stands_and_else_the_first() -> None:
    book = load_workbook(BytesIO(GOOD))
    book.create_sheet("Catatan", 0)["A1"] = "x"
    out = BytesIO()
    book.save(out)
    assert read(out.getvalue()).ok

    other = Workbook()
    sheet: Any = other.active
    sheet.title = "Sheet1"
    for line in load_workbook(BytesIO(GOOD))[SHEET].iter_rows(values_only=True):
        sheet.append(line)
    out = BytesIO()
    other.save(out)
    assert read(out.getvalue()).ok
