"""The two numbers of a person: NIK, and MET."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import met
from domain.errors import Malformed
from domain.nik import Nik, NikReading, mask
from examples.synthetic import synthetic

REGION = "317106"
BORN = date(1990, 8, 17)
MAN = synthetic(REGION, BORN, "L", 9001)
WOMAN = synthetic(REGION, BORN, "P", 9002)

DAYS = st.dates(date(1930, 1, 1), date(2010, 12, 31))


def faults(text: str) -> list[str]:
    with pytest.raises(Malformed) as caught:
        Nik.parse(text)
    assert all(v.rule == "P-NIK" and v.text.id and v.text.en for v in caught.value.violations)
    return [v.text.en for v in caught.value.violations]


# NIK


def test_a_mans_nik_is_read() -> None:
    reading = Nik.parse(MAN)
    assert (reading.nik, reading.last4, reading.region) == (MAN, "9001", REGION)
    assert (reading.birth_day, reading.birth_month, reading.birth_year2) == (17, 8, 90)
    assert reading.sex == "L"
    assert reading.warnings == ()


def test_a_womans_day_of_birth_has_forty_added() -> None:
    assert WOMAN[6:8] == "57"
    reading = Nik.parse(WOMAN)
    assert (reading.birth_day, reading.sex) == (17, "P")


@pytest.mark.parametrize(
    "text",
    [
        "",
        MAN[:-1],
        MAN + "1",
        MAN[:-1] + "x",
        f" {MAN}",
        f"{MAN}\n",
        "3171 0617 0890 9001",
        MAN.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),  # digits, and not ASCII
        MAN.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ],
)
def test_anything_but_sixteen_ascii_digits_is_refused(text: str) -> None:
    assert faults(text) == ["A NIK must be exactly 16 digits."]


@pytest.mark.parametrize("day", ["00", "32", "40", "72", "99"])
def test_an_impossible_day_is_refused(day: str) -> None:
    assert faults(f"{REGION}{day}01909001") == ["The day of birth in the NIK is impossible."]


@pytest.mark.parametrize("day_month", ["3002", "7002", "3104", "7106", "3111"])
def test_a_day_that_the_month_does_not_have_is_refused(day_month: str) -> None:
    assert faults(f"{REGION}{day_month}909001") == ["The day of birth in the NIK is impossible."]


@pytest.mark.parametrize("day", ["01", "31", "41", "71"])
def test_the_first_and_last_days_of_a_month_are_read(day: str) -> None:
    assert Nik.parse(f"{REGION}{day}01909001").birth_day in (1, 31)


@pytest.mark.parametrize("day", ["29", "69"])
@pytest.mark.parametrize("year", ["00", "04", "96"])
def test_the_leap_day_is_read_of_a_year_that_is_a_leap_year_in_one_century(day: str, year: str) -> None:
    assert Nik.parse(f"{REGION}{day}02{year}9001").birth_day == 29


@pytest.mark.parametrize("day", ["29", "69"])
@pytest.mark.parametrize("year", ["01", "90", "99"])
def test_the_leap_day_of_a_year_that_is_none_in_either_century_is_refused(day: str, year: str) -> None:
    with pytest.raises(Malformed) as error:
        Nik.parse(f"{REGION}{day}02{year}9001")
    assert [v.rule for v in error.value.violations] == ["P-NIK"]


@pytest.mark.parametrize("month", ["00", "13", "99"])
def test_an_impossible_month_is_refused(month: str) -> None:
    assert faults(f"{REGION}17{month}909001") == ["The month of birth in the NIK is impossible."]


def test_the_serial_starts_at_one() -> None:
    assert faults(f"{REGION}1708900000") == ["The serial in the NIK must not be 0000."]


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(f"{REGION}9913900000")) == 3


def test_what_differs_from_what_was_given_only_warns() -> None:
    assert Nik.parse(WOMAN, birth_date=BORN, sex="P").warnings == ()
    reading = Nik.parse(WOMAN, birth_date=date(1990, 8, 18), sex="L")
    assert [w.text.en for w in reading.warnings] == [
        "The date of birth in the NIK is not the one given.",
        "The sex in the NIK is not the one given.",
    ]


def test_an_unknown_region_only_warns() -> None:
    (warning,) = Nik.parse(synthetic("990101", BORN, "L", 9003)).warnings
    assert warning.rule == "P-NIK"


@given(st.text(max_size=20) | st.from_regex(r"[0-9]{16}", fullmatch=True))
def test_no_error_or_warning_holds_the_number(text: str) -> None:
    try:
        found = list(Nik.parse(text, birth_date=BORN, sex="L").warnings)
    except Malformed as refusal:
        found = refusal.violations
        assert str(refusal) in {"P-NIK", "P-NIK, P-NIK", "P-NIK, P-NIK, P-NIK"}
    for violation in found:
        assert violation.facts in ({}, {"length": len(text)})
        assert "{" not in violation.text.id + violation.text.en


def test_a_reading_shows_only_the_last_four_digits_and_no_error_shows_more() -> None:
    assert MAN not in repr(Nik.parse(MAN))
    assert REGION not in repr(Nik.parse(MAN))
    with pytest.raises(ValidationError) as caught:
        NikReading.model_validate({**Nik.parse(MAN).model_dump(), "region": None, "birth_day": MAN})
    assert MAN not in str(caught.value)


def test_a_mask_leaves_the_last_four_digits() -> None:
    assert mask(MAN) == "************9001"
    assert mask("123") == "*" * 16


@given(DAYS, st.sampled_from("LP"), st.integers(9000, 9999))
def test_a_synthetic_nik_says_what_it_was_made_of(born: date, sex: str, serial: int) -> None:
    reading = Nik.parse(synthetic(REGION, born, sex, serial), birth_date=born, sex=sex)
    assert reading.warnings == ()
    assert reading.last4 == str(serial)


@pytest.mark.parametrize(
    "wrong", [("31710", "L", 9001), ("31710٦", "L", 9001), (REGION, "X", 9001), (REGION, "L", 1)]
)
def test_a_synthetic_nik_cannot_look_like_a_real_one(wrong: tuple[str, str, int]) -> None:
    region, sex, serial = wrong
    with pytest.raises(ValueError, match=r"digits|sex|serial"):
        synthetic(region, BORN, sex, serial)


# MET


def test_a_met_number_is_stored_in_one_form() -> None:
    assert met.normalise("  met.000.001234  2026 ") == "MET.000.001234 2026"
    assert met.normalise("ＭＥＴ．１") == "MET.1"


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 41, "MET\n1", "MET\t1", "MET\u200b1", "\u202eMET", "MET\u2028"]
)
def test_what_cannot_be_a_met_number_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        met.normalise(text)
    (violation,) = caught.value.violations
    assert violation.rule == "P-MET"
    assert set(violation.facts) <= {"length", "limit"}


def test_forty_characters_are_allowed() -> None:
    assert met.normalise("x" * 40) == "X" * 40


@given(st.text(max_size=30))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    try:
        once = met.normalise(text)
    except Malformed:
        return
    assert met.normalise(once) == once
