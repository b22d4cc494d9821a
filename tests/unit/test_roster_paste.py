"""Pasted rows become the same grid as a sheet, and cells that wait keep what was typed."""

from datetime import date, datetime, time

import pytest

from domain.errors import Malformed
from domain.roster import held
from domain.roster.columns import BY_KEY, COLUMNS, Cell
from domain.roster.paste import DateOrder, day_of, pasted
from domain.roster.sheet import parse_rows

HEADER = [column.header.id for column in COLUMNS]


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("31/12/2026", "dmy", date(2026, 12, 31)),
        ("01-02-2026", "dmy", date(2026, 2, 1)),
        ("01/02/2026", "mdy", date(2026, 1, 2)),
        ("2026-02-01", "dmy", date(2026, 2, 1)),
        ("2026.02.01", "mdy", date(2026, 2, 1)),
        ("31/12/26", "dmy", None),
        ("31/02/2026", "dmy", None),
        ("12/31/2026", "dmy", None),
        ("1 Januari 2026", "dmy", None),
        ("", "dmy", None),
    ],
)
def test_days_are_read_as_their_order_says(text: str, order: DateOrder, day: date | None) -> None:
    assert day_of(text, order) == day


def test_columns_may_be_in_another_order_and_optional_ones_left_out() -> None:
    needed = [c for c in reversed(COLUMNS) if c.required]
    values = {c.key: c.example for c in COLUMNS}
    text = "\r\n".join(["\t".join(c.header.en for c in needed), "\t".join(values[c.key] for c in needed)])
    reading = parse_rows(pasted(text, "ymd"))
    assert reading.ok, reading.problems
    assert reading.rows[0].certificate_valid_until == date(2027, 12, 31)


def test_a_cell_with_a_line_break_is_one_cell() -> None:
    row = ["", '"Siti\nContoh"', *["x"] * (len(HEADER) - 2)]
    grid = pasted("\t".join(HEADER) + "\n" + "\t".join(row), "dmy")
    assert len(grid) == 2
    assert grid[1][1] == Cell("Siti\nContoh", "text")


@pytest.mark.parametrize("text", ["", "\n\n", "Siti\t123", '"Siti\t123', "\t".join(HEADER[:2])])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        pasted(text, "dmy")
    (violation,) = refused.value.violations
    assert violation.rule == "X-PASTE"
    assert violation.remedy is not None
    assert str(len(COLUMNS)) in violation.remedy.id


def test_cells_that_wait_are_the_same_when_they_come_back() -> None:
    row = {
        "full_name": Cell(" Siti ", "text"),
        "nik": Cell(3171014101909001.0, "number"),
        "birth_date": Cell(date(1990, 1, 1), "date"),
        "letter_date": Cell(datetime(2026, 2, 16, 8), "date"),  # noqa: DTZ001 (Excel knows no zone)
        "email": Cell(None, "formula"),
        "kkni_level": Cell(3, "number"),
        "sex": Cell(None, "merged"),
        "computer_declaration": Cell(True, "boolean"),
    }
    back = held.load(held.dump({7: row}))
    assert back == {7: row}
    assert held.grid(back)[6][1] == Cell(" Siti ", "text")
    assert held.load(held.dump({2: {"birth_date": Cell(time(8), "date")}}))[2]["birth_date"].kind == "text"


@pytest.mark.parametrize(
    ("key", "cell", "typed", "after"),
    [
        ("sex", Cell("X", "text"), "P", Cell("P", "text")),
        ("sex", Cell("X", "text"), "", Cell("X", "text")),
        ("experience_1_last", Cell("sekarang", "text"), "", Cell()),
        ("experience_1_last", Cell("sekarang", "text"), "2026-01-31", Cell(date(2026, 1, 31), "date")),
        ("nik", Cell(3171014101909000, "number"), "", Cell(3171014101909000, "number")),
        ("nik", Cell(3171014101909000, "number"), "3171014101909001", Cell("3171014101909001", "text")),
        ("kkni_level", Cell(12, "number"), "12", Cell(12, "number")),
        ("birth_date", Cell(date(1990, 1, 1), "date"), "1990-01-01", Cell(date(1990, 1, 1), "date")),
    ],
)
def test_a_cell_is_mended_by_what_is_typed(key: str, cell: Cell, typed: str, after: Cell) -> None:
    assert held.mended(BY_KEY[key], cell, typed) == after


def test_rows_are_held_under_their_numbers_and_only_under_a_good_header() -> None:
    title = [Cell("Daftar peserta", "text")]
    header = [Cell(h, "text") for h in HEADER]
    empty = [Cell()] * len(HEADER)
    filled = [Cell(1, "number"), Cell("Siti", "text")]
    assert held.held([title, header, empty, filled]) == {
        4: {"no": Cell(1, "number"), "full_name": Cell("Siti", "text")}
    }
    assert held.held([header[:-1], filled]) is None
    assert held.held([filled]) is None
