"""Reading a roster's cells: a good sheet, and every refusal with its address, rule and both languages."""

from datetime import date, datetime, time

import pytest

from domain.roster.cells import is_empty
from domain.roster.columns import BY_KEY, COLUMNS, Cell
from domain.roster.model import RosterReading
from domain.roster.refusals import REFUSALS
from domain.roster.sheet import ROW_LIMIT, letter, parse_rows
from examples.synthetic import synthetic

HEADER = [Cell(column.header.id, "text") for column in COLUMNS]
AT = {column.key: i for i, column in enumerate(COLUMNS)}
BORN = date(1990, 1, 1)


def nik(serial: int = 9001) -> str:
    return synthetic("317101", BORN, "P", serial)


def row(serial: int = 9001, **changes: Cell) -> list[Cell]:
    good = {
        "no": Cell(1, "number"),
        "full_name": Cell("  Siti  Contoh ", "text"),
        "nik": Cell(nik(serial), "text"),
        "sex": Cell("P", "text"),
        "birth_date": Cell(datetime(1990, 1, 1), "date"),  # noqa: DTZ001 (Excel knows no zone)
        "email": Cell("siti@Example.org", "text"),
        "phone": Cell("0812-0000 0001", "text"),
        "recommending": Cell("lsp-tik", "text"),
        "letter_number": Cell("012/LSP-TIK/II/2026", "text"),
        "letter_date": Cell(date(2026, 2, 16), "date"),
        "signatory": Cell("Budi Contoh", "text"),
        "qualification": Cell("S1", "text"),
        "technical_field": Cell("TIK", "text"),
        "certificate_number": Cell("62010 2512 0000001 2024", "text"),
        "certificate_valid_until": Cell(date(2027, 12, 31), "date"),
        "experience_1_field": Cell("TIK", "text"),
        "experience_1_first": Cell(date(2019, 7, 1), "date"),
        "experience_1_last": Cell(date(2022, 6, 30), "date"),
        "experience_2_field": Cell("TIK", "text"),
        "experience_2_first": Cell(date(2022, 7, 1), "date"),
        "computer_declaration": Cell("Ya", "text"),
        "class_label": Cell("A", "text"),
        "kind": Cell("Utama", "text"),
        **changes,
    }
    return [good.get(column.key, Cell()) for column in COLUMNS]


def read(*rows: list[Cell]) -> RosterReading:
    return parse_rows([HEADER, *rows])


def rules(reading: RosterReading) -> list[str]:
    return [p.violation.rule for p in reading.problems]


def refused(key: str, cell: Cell) -> str:
    """The rule that refuses the cell, after checking its address and that its row is no participant."""
    reading = read(row(9001), row(9002, **{key: cell}))
    (problem,) = reading.problems
    assert (problem.row, problem.column_letter) == (3, letter(AT[key]))
    assert problem.cell == f"{letter(AT[key])}3"
    assert problem.header == BY_KEY[key].header.id
    assert [r.row for r in reading.rows] == [2]
    assert reading.row_ok(2) and not reading.row_ok(3) and not reading.ok
    assert reading.problems_of(3) == (problem,)
    return problem.violation.rule


def test_a_good_sheet_gives_typed_participants() -> None:
    reading = read(row())
    assert reading.ok and reading.row_numbers == (2,)
    (person,) = reading.rows
    assert (person.row, person.no, person.full_name) == (2, 1, "Siti Contoh")
    assert (person.nik, person.birth_date, person.warnings) == (nik(), BORN, ())
    assert (person.email, person.phone) == ("siti@example.org", "+6281200000001")
    assert (person.recommending, person.kind, person.computer_declaration) == ("LSP-TIK", "main", True)
    assert person.kkni_level is None
    assert [(e.first, e.last) for e in person.experience] == [
        (date(2019, 7, 1), date(2022, 6, 30)),
        (date(2022, 7, 1), None),
    ]


def test_english_headers_other_case_a_star_and_a_title_above_are_read() -> None:
    header = [Cell(f" {c.header.en.upper()} *", "text") for c in COLUMNS]
    title = [Cell(None, "merged")] * 3
    reading = parse_rows([title, [Cell()], header, row(), [Cell("  ", "text")], row(9002)])
    assert reading.ok and [r.row for r in reading.rows] == [4, 6]


def test_columns_may_stand_in_another_order() -> None:
    reading = parse_rows([HEADER[::-1], row()[::-1]])
    assert reading.ok and reading.rows[0].nik == nik()


def test_english_choices_and_no_are_read() -> None:
    reading = read(row(kind=Cell("Reserve", "text"), computer_declaration=Cell("no", "text")))
    assert (reading.rows[0].kind, reading.rows[0].computer_declaration) == ("reserve", False)


def test_a_birth_date_or_sex_unlike_the_nik_only_warns() -> None:
    reading = read(row(birth_date=Cell(date(1990, 1, 2), "date"), sex=Cell("L", "text")))
    assert reading.ok and len(reading.rows[0].warnings) == 2


def test_a_row_that_is_only_numbered_is_not_a_participant() -> None:
    reading = read(row(), [Cell(2, "number")])
    assert reading.ok and reading.row_numbers == (2,)


REFUSED = [
    ("full_name", Cell(), "X-EMPTY"),
    ("full_name", Cell("   ", "text"), "X-EMPTY"),
    ("full_name", Cell(7, "number"), "X-NUMBER"),
    ("full_name", Cell(True, "boolean"), "X-TEXT"),
    ("full_name", Cell("Siti\u202eContoh", "text"), "X-CHARACTERS"),
    ("full_name", Cell("x" * 201, "text"), "X-CHARACTERS"),
    ("full_name", Cell(None, "formula"), "X-FORMULA"),
    ("full_name", Cell(None, "error"), "X-ERROR"),
    ("full_name", Cell(None, "merged"), "X-MERGED"),
    ("nik", Cell(3.171014101909e15, "number"), "X-NIK-NUMBER"),
    ("nik", Cell(3171014101909000, "number"), "X-NIK-NUMBER"),
    ("nik", Cell("317101410190900", "text"), "X-NIK"),
    ("nik", Cell("3171014101900000", "text"), "X-NIK"),
    ("nik", Cell(None, "formula"), "X-FORMULA"),
    ("sex", Cell("X", "text"), "X-ENUM"),
    ("sex", Cell(1, "number"), "X-ENUM"),
    ("birth_date", Cell("1 Januari 1990", "text"), "X-DATE-TEXT"),
    ("birth_date", Cell("1990-01-01", "text"), "X-DATE-TEXT"),
    ("birth_date", Cell(32874, "number"), "X-DATE-NUMBER"),
    ("birth_date", Cell(datetime(1990, 1, 1, 7), "date"), "X-DATE"),  # noqa: DTZ001 (Excel knows no zone)
    ("birth_date", Cell(time(7), "date"), "X-DATE"),
    ("birth_date", Cell(date(1899, 12, 31), "date"), "X-DATE"),
    ("birth_date", Cell(True, "boolean"), "X-DATE"),
    ("email", Cell("siti", "text"), "X-EMAIL"),
    ("email", Cell("siti@example", "text"), "X-EMAIL"),
    ("email", Cell("a@example.org, b@example.org", "text"), "X-EMAIL"),
    ("email", Cell("a..b@example.org", "text"), "X-EMAIL"),
    ("phone", Cell(81200000001, "number"), "X-NUMBER"),
    ("phone", Cell("81200000001", "text"), "X-PHONE"),
    ("phone", Cell("0812", "text"), "X-PHONE"),
    ("recommending", Cell("LSP TIK", "text"), "X-CHARACTERS"),
    ("letter_number", Cell("12 <b>", "text"), "X-CHARACTERS"),
    ("certificate_number", Cell(62010, "number"), "X-NUMBER"),
    ("qualification", Cell("S4", "text"), "X-ENUM"),
    ("kkni_level", Cell(10, "number"), "X-INT"),
    ("kkni_level", Cell(3.5, "number"), "X-INT"),
    ("kkni_level", Cell(float("inf"), "number"), "X-INT"),
    ("kkni_level", Cell(float("nan"), "number"), "X-INT"),
    ("kkni_level", Cell("tiga", "text"), "X-INT"),
    ("computer_declaration", Cell("mungkin", "text"), "X-ENUM"),
    ("class_label", Cell("A/B", "text"), "X-CHARACTERS"),
    ("kind", Cell("Tamu", "text"), "X-ENUM"),
    ("experience_1_first", Cell(), "X-EMPTY"),
    ("experience_2_first", Cell(), "X-PERIOD-PART"),
    ("experience_2_field", Cell(), "X-PERIOD-PART"),
    ("experience_1_last", Cell(date(2019, 6, 30), "date"), "X-PERIOD"),
    ("experience_2_last", Cell("sekarang", "text"), "X-DATE-TEXT"),
]


@pytest.mark.parametrize(("key", "cell", "rule"), REFUSED, ids=lambda v: v if isinstance(v, str) else "")
def test_a_cell_is_refused(key: str, cell: Cell, rule: str) -> None:
    assert refused(key, cell) == rule


def test_qualification_kkni_needs_a_level() -> None:
    reading = read(row(qualification=Cell("KKNI", "text")))
    assert rules(reading) == ["X-KKNI"]
    assert reading.problems[0].cell == f"{letter(AT['kkni_level'])}2"
    assert read(row(qualification=Cell("KKNI", "text"), kkni_level=Cell("3", "text"))).rows[0].kkni_level == 3


def test_a_level_that_is_refused_already_is_not_also_missing() -> None:
    bad = row(qualification=Cell("KKNI", "text"), kkni_level=Cell(0, "number"))
    assert rules(read(bad)) == ["X-INT"]


def test_iso_text_is_refused_with_the_way_to_make_it_a_date() -> None:
    iso = read(row(letter_date=Cell("2026-03-01", "text"))).problems[0].violation
    other = read(row(letter_date=Cell("1/3/2026", "text"))).problems[0].violation
    assert iso.rule == other.rule == "X-DATE-TEXT"
    assert iso.remedy is not None and "YMD" in iso.remedy.id and "YMD" in iso.remedy.en
    assert other.remedy is not None and "YMD" not in other.remedy.id


def test_a_nik_as_a_number_explains_the_fifteen_digits() -> None:
    violation = read(row(nik=Cell(3171014101909001, "number"))).problems[0].violation
    assert "15" in violation.text.id and "15" in violation.text.en


def test_double_niks_name_both_rows_and_never_the_number() -> None:
    reading = read(row(9001), row(9002), row(9001, full_name=Cell()), row(9001))
    doubles = [p for p in reading.problems if p.violation.rule == "X-NIK-TWICE"]
    assert [(p.row, p.cell, p.violation.facts["others"]) for p in doubles] == [
        (2, "C2", (4, 5)),
        (4, "C4", (2, 5)),
        (5, "C5", (2, 4)),
    ]
    assert "4, 5" in doubles[0].violation.text.id
    assert [r.row for r in reading.rows] == [3]
    assert nik() not in reading.model_dump_json(include={"problems"})


def test_no_problem_repeats_what_stood_in_a_cell() -> None:
    secret = "9876543210123456"
    cells = {c.key: Cell(f"<{secret}>\u202e", "text") for c in COLUMNS}
    reading = read([cells[c.key] for c in COLUMNS])
    assert len(reading.problems) == len(COLUMNS)
    assert secret not in reading.model_dump_json()
    assert secret not in repr(read(row(nik=Cell(secret, "text"))))
    assert nik() not in repr(read(row()))


def test_all_problems_of_a_row_come_at_once_in_the_order_of_the_sheet() -> None:
    reading = read(row(9001), row(9002, kind=Cell("?", "text"), full_name=Cell(), nik=Cell("1", "text")))
    assert [p.cell for p in reading.problems] == ["B3", "C3", f"{letter(AT['kind'])}3"]


def test_a_missing_column_is_named_and_the_other_cells_are_still_looked_at() -> None:
    keep = [i for i, c in enumerate(COLUMNS) if c.key not in ("nik", "kkni_level")]
    cells = [[r[i] for i in keep] for r in (HEADER, row(email=Cell("x", "text")))]
    reading = parse_rows(cells)
    assert rules(reading) == ["X-COLUMN-MISSING", "X-COLUMN-MISSING", "X-EMAIL"]
    assert [p.header for p in reading.problems[:2]] == ["NIK", "Jenjang KKNI"]
    assert "“NIK”" in reading.problems[0].violation.text.id
    assert reading.rows == () and reading.row_numbers == (2,)


def test_an_unknown_column_is_refused_by_its_letter_and_long_digits_are_hidden() -> None:
    extra = letter(len(COLUMNS))
    reading = parse_rows([[*HEADER, Cell("Catatan 3171014101909001", "text")], [*row(), Cell("x", "text")]])
    (problem,) = reading.problems
    assert (problem.violation.rule, problem.cell, problem.header) == (
        "X-COLUMN-UNKNOWN",
        f"{extra}1",
        "Catatan …",
    )
    assert extra in problem.violation.text.id and "Catatan" not in problem.violation.model_dump_json()
    assert reading.rows == ()


def test_a_column_twice_and_a_merged_header_are_refused() -> None:
    assert rules(parse_rows([[*HEADER, HEADER[2]], row()])) == ["X-COLUMN-TWICE"]
    merged = [Cell(None, "merged") if i == AT["email"] else c for i, c in enumerate(HEADER)]
    assert sorted(rules(parse_rows([merged, row()]))) == ["X-COLUMN-MISSING", "X-MERGED"]


def test_a_merged_row_is_one_problem() -> None:
    reading = read(row(full_name=Cell(None, "merged"), nik=Cell(None, "merged"), sex=Cell("?", "text")))
    assert rules(reading) == ["X-MERGED"]


@pytest.mark.parametrize("cells", [[], [[]], [[Cell()], [Cell(" ", "text")]], [HEADER]])
def test_an_empty_sheet_is_refused(cells: list[list[Cell]]) -> None:
    assert rules(parse_rows(cells)) == ["X-SHEET-EMPTY"]


def test_a_sheet_without_a_header_is_refused() -> None:
    reading = parse_rows([row(), row(9002)])
    assert rules(reading) == ["X-HEADER"] and reading.problems[0].row == 0


def test_the_limit_of_rows() -> None:
    people = [row(9001 + i) for i in range(ROW_LIMIT + 1)]
    assert len(read(*people[:-1]).rows) == ROW_LIMIT
    reading = read(*people)
    assert rules(reading) == ["X-ROWS"] and reading.rows == ()
    assert reading.problems[0].violation.facts == {"count": ROW_LIMIT + 1, "limit": ROW_LIMIT}


def test_short_rows_and_plain_tuples_are_taken() -> None:
    reading = parse_rows([HEADER, [(1, "number"), ("x", "text")]])  # type: ignore[list-item]  # a plain pair is a cell
    assert reading.row_numbers == (2,) and "X-EMPTY" in rules(reading)


def test_every_refusal_says_what_to_do_in_both_languages() -> None:
    for rule, sentences in REFUSALS.items():
        assert rule.startswith("X-") and len(sentences) == 4 and all(sentences)


def test_every_refusal_is_tested_here() -> None:
    tested = {rule for _, _, rule in REFUSED} | {
        "X-SHEET-EMPTY",
        "X-HEADER",
        "X-PASTE",
        "X-COLUMN-MISSING",
        "X-COLUMN-UNKNOWN",
        "X-COLUMN-TWICE",
        "X-ROWS",
        "X-NIK-TWICE",
        "X-KKNI",
    }
    assert set(REFUSALS) <= tested


def test_letters_and_empty_cells() -> None:
    assert [letter(i) for i in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
    assert is_empty(Cell()) and is_empty(Cell("\u00a0", "text")) and not is_empty(Cell(0, "number"))
    assert not is_empty(Cell(None, "formula")) and not is_empty(Cell(None, "merged"))
