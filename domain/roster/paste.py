"""Rows that were copied out of a spreadsheet and pasted as text: the same grid that an .xlsx gives."""

import csv
import re
from datetime import date
from io import StringIO
from typing import Literal

from domain.errors import Malformed
from domain.roster.columns import COLUMNS, Cell
from domain.roster.refusals import refusal
from domain.roster.sheet import HEADER_MATCHES, known_column

DateOrder = Literal["dmy", "mdy", "ymd"]
"""How days are written: 31/12/2026, 12/31/2026 or 2026/12/31. A year in front is always read as one."""
_DAY = re.compile(r"([0-9]{1,4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,4})")


def pasted(text: str, order: DateOrder) -> list[list[Cell]]:
    """The pasted rows as a grid whose first row is the header.

    Without a header of their own the columns are those of the template, in its order; with one, optional
    columns may be left out. Malformed (X-PASTE) for text that is no table, or has no header and another
    number of columns.
    """
    try:
        rows = [row for row in csv.reader(StringIO(text.strip("\r\n")), "excel-tab", strict=True) if any(row)]
    except csv.Error:  # a quote that nothing closes
        raise Malformed(refusal("X-PASTE", columns=len(COLUMNS))) from None
    header = [known_column(Cell(value, "text")) for value in rows[0]] if rows else []
    if len({column.key for column in header if column}) >= HEADER_MATCHES:
        titles, rows = rows[0], rows[1:]
    elif rows and all(len(row) == len(COLUMNS) for row in rows):
        titles, header = [column.header.id for column in COLUMNS], list(COLUMNS)
    else:
        raise Malformed(refusal("X-PASTE", columns=len(COLUMNS)))
    left_out = [c.header.id for c in COLUMNS if not c.required and c not in header]
    days = {i for i, column in enumerate(header) if column and column.kind == "date"}
    body = [[_cell(value, i in days, order) for i, value in enumerate(row)] for row in rows]
    return [[Cell(title, "text") for title in (*titles, *left_out)], *body]


def _cell(value: str, is_day: bool, order: DateOrder) -> Cell:
    day = day_of(value, order) if is_day else None
    return Cell(day, "date") if day else Cell(value, "text") if value.strip() else Cell()


def day_of(text: str, order: DateOrder) -> date | None:
    """The day that is written so; None for anything else (two digits are no year)."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    named = dict(zip("ymd" if len(found[1]) == 4 else order, found.groups(), strict=True))
    if len(named["y"]) != 4:
        return None
    try:
        return date(int(named["y"]), int(named["m"]), int(named["d"]))
    except ValueError:  # no such day
        return None
