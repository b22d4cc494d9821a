"""A list as a file for spreadsheets, row after row as the rows come. No cell is ever a formula.

A text that begins like a formula (`=`, `+`, `-`, `@`, tab, carriage return) was typed by somebody, and would
be computed on the desk of whoever opens the file. In CSV an apostrophe keeps it text. So it does after a
semicolon or a new line within the text: there Excel begins another cell where Windows speaks Indonesian. In a
workbook each text is written as a text.
"""

import asyncio
import csv
import io
import json
import re
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

CSV_TYPE = "text/csv; charset=utf-8"
JSONL_TYPE = "application/jsonl; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \"]*[=+@\t\r-])")
CHUNK = 64 * 1024
LONGEST = 32_767
"""Characters that a cell of a workbook holds."""
Cells = Sequence[str | int]


def harmless(cell: str | int) -> str | int:
    """The cell as CSV may hold it."""
    return FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell


async def as_csv(head: Cells, rows: AsyncIterator[Cells]) -> AsyncIterator[bytes]:
    """CSV (RFC 4180) in UTF-8 with a byte order mark, without which Excel reads it as something else."""
    yield b"\xef\xbb\xbf" + _line(head)
    async for row in rows:
        yield _line(row)


def _line(row: Cells) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in row])
    return buffer.getvalue().encode()


async def as_jsonl(items: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    """One JSON object a line, for programs."""
    async for item in items:
        yield json.dumps(item, ensure_ascii=False, default=str).encode() + b"\n"


async def as_xlsx(title: str, head: Cells, rows: AsyncIterator[Cells]) -> AsyncIterator[bytes]:
    """A workbook with one sheet. Its rows go to a file as they come, and the file is sent in parts."""
    with tempfile.TemporaryDirectory(prefix="asesor-export-") as folder:
        path = Path(folder) / "export.xlsx"
        book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        _write(sheet, 0, head)
        number = 0
        async for row in rows:
            number += 1
            _write(sheet, number, row)
        await asyncio.to_thread(book.close)
        with path.open("rb") as file:
            while part := await asyncio.to_thread(file.read, CHUNK):
                yield part


def _write(sheet: "xlsxwriter.worksheet.Worksheet", number: int, row: Cells) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int):
            sheet.write_number(number, column, cell)
        else:
            sheet.write_string(number, column, cell[:LONGEST])
