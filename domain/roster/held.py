"""Rows of a roster that wait to be put in order: what was typed, cell by cell, and how a cell is mended."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from domain.roster.columns import BY_KEY, COLUMNS, Cell, CellKind, Column
from domain.roster.paste import day_of
from domain.roster.sheet import places_of

Row = Mapping[str, Cell]
"""Column key → cell."""
Rows = Mapping[int, Row]
"""Number of the row, as in the sheet that it came from → row."""


def held(grid: Sequence[Sequence[Cell]]) -> dict[int, dict[str, Cell]] | None:
    """The filled rows by column; None for a sheet whose header is not in order."""
    found = places_of(grid)
    if found is None:
        return None
    header, places = found
    rows = {
        n: {column.key: Cell(*row[i]) for i, column in places.items() if i < len(row)}
        for n, row in enumerate(grid[header:], start=header + 1)
    }
    return {n: row for n, row in rows.items() if any(cell.kind != "empty" for cell in row.values())}


def grid(rows: Rows) -> list[list[Cell]]:
    """The rows as a sheet again, under the template's header, each at its number."""
    header = [Cell(column.header.id, "text") for column in COLUMNS]
    numbers = range(2, max(rows, default=1) + 1)
    return [header, *([rows.get(n, {}).get(column.key, Cell()) for column in COLUMNS] for n in numbers)]


def mended(column: Column, cell: Cell, typed: str) -> Cell:
    """The cell with what was typed into the page in its place. Nothing typed empties a cell that may be
    empty; one that must not be keeps what it holds, so that it is still shown beside its refusal."""
    typed = typed.strip()
    if not typed:
        return cell if column.required else Cell()
    if typed == asked(column, cell):
        return cell
    if column.kind == "date" and (day := day_of(typed, "ymd")):
        return Cell(day, "date")
    return Cell(typed, "text")


def shown(cell: Cell) -> str:
    """What stands in the cell, as its writer would know it; formulas, errors and merged cells have no
    value."""
    match cell.value:
        case None:
            return ""
        case datetime() as moment:
            return moment.isoformat(" ")
        case date() as day:
            return day.isoformat()
        case float() as number if number.is_integer():
            return str(int(number))
        case value:
            return str(value)


def asked(column: Column, cell: Cell) -> str:
    """What the page's field begins with. A number where text is wanted has lost digits already: it is typed
    again, not passed on. A day that is none is chosen again."""
    if cell.kind in ("number", "boolean") and column.kind != "int":
        return ""
    if column.kind == "date":
        return shown(cell) if cell.kind == "date" and not isinstance(cell.value, datetime) else ""
    return shown(cell)


# ---- as JSON, which is then sealed ----------------------------------------------------------------


def dump(rows: Rows) -> dict[str, Any]:
    """The rows as JSON: row → column → [kind, value]."""
    return {
        str(n): {key: [cell.kind, _plain(cell)] for key, cell in row.items() if cell.kind != "empty"}
        for n, row in rows.items()
    }


def load(stored: Mapping[str, Any]) -> dict[int, dict[str, Cell]]:
    """What `dump` made."""
    return {
        int(n): {key: _cell(kind, value) for key, (kind, value) in row.items() if key in BY_KEY}
        for n, row in stored.items()
    }


def _plain(cell: Cell) -> str | int | float | bool | None:
    return cell.value if isinstance(cell.value, str | int | float | None) else shown(cell)


def _cell(kind: CellKind, value: Any) -> Cell:
    if kind != "date":
        return Cell(value, kind)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:  # a time of day alone, which is no day
        return Cell(str(value), "text")
    return Cell(moment if "T" in str(value) or " " in str(value) else moment.date(), "date")
