"""A sheet read into participants: the header, the rows, and what no cell shows alone."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from domain.nik import Nik
from domain.roster.cells import Refused, is_empty, read_cell
from domain.roster.columns import BY_KEY, COLUMNS, EXPERIENCES, Cell, Column
from domain.roster.model import CellProblem, RosterReading, RosterRow
from domain.roster.refusals import refusal
from domain.verdict import Violation

ROW_LIMIT = 500
"""Participants in one sheet [D]: as many as one request may hold."""
MOST_NAMED = 10
"""Rows with the same NIK that are named; of a column that was filled down there would be hundreds."""
HEADER_WITHIN = 10
"""The header stands in one of the first rows; a title or a letterhead may stand above it."""
HEADER_MATCHES = 3
"""A row with this many known headers is the header row."""


def letter(index: int) -> str:
    """The letters of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


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


def known_column(cell: Cell) -> Column | None:
    """The column with that header, in either language; case, spaces and a closing * do not count."""
    if cell.kind != "text":
        return None
    written = " ".join(str(cell.value).split()).removesuffix("*").rstrip().casefold()
    return next((c for c in COLUMNS if written in (c.header.id.casefold(), c.header.en.casefold())), None)


def _header_row(grid: Sequence[Sequence[Cell]]) -> int | None:
    for n, row in enumerate(grid[:HEADER_WITHIN], start=1):
        if len({column.key for cell in row if (column := known_column(cell))}) >= HEADER_MATCHES:
            return n
    return None


def places_of(cells: Sequence[Sequence[Cell]]) -> tuple[int, dict[int, Column]] | None:
    """Number of the header row, and which column stands at which place of it; None unless each stands there
    once and nothing else does."""
    grid = [[Cell(*cell) for cell in row] for row in cells]
    header = _header_row(grid)
    if header is None:
        return None
    places, problems = _columns(header, grid[header - 1])
    return None if problems else (header, places)


def _columns(n: int, row: Sequence[Cell]) -> tuple[dict[int, Column], list[CellProblem]]:
    """Which column stands at which place of the header row."""
    places: dict[int, Column] = {}
    problems: list[CellProblem] = []
    for i, cell in enumerate(row):
        column = known_column(cell)
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
            values[column.key] = read_cell(column, row[i] if i < len(row) else Cell())
        except Refused as refused:
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
        _problem(
            n, at, BY_KEY["nik"], refusal("X-NIK-TWICE", others=tuple(o for o in same if o != n)[:MOST_NAMED])
        )
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
