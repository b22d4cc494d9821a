from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import Zone, at, end_of_day, format_wib, local_day, utc

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
ZONES = st.sampled_from(Zone)


@pytest.mark.parametrize(("zone", "hours"), [(Zone.WIB, 7), (Zone.WITA, 8), (Zone.WIT, 9)])
def test_each_zone_is_ahead_of_utc_by_its_own_hours(zone: Zone, hours: int) -> None:
    assert datetime(2026, 6, 1, tzinfo=zone.tz).utcoffset() == timedelta(hours=hours)


def test_half_past_eleven_at_night_in_jakarta_is_still_that_day() -> None:
    assert local_day(datetime(2026, 11, 15, 16, 30, tzinfo=UTC)) == date(2026, 11, 15)


def test_midnight_in_jakarta_is_the_next_day() -> None:
    assert local_day(datetime(2026, 11, 15, 17, 0, tzinfo=UTC)) == date(2026, 11, 16)


def test_the_same_moment_is_another_day_further_east() -> None:
    moment = at(date(2026, 11, 15), 22, 30)
    assert local_day(moment, Zone.WIB) == date(2026, 11, 15)
    assert local_day(moment, Zone.WIT) == date(2026, 11, 16)


def test_an_hour_of_a_day_comes_back_in_utc() -> None:
    moment = at(date(2026, 8, 3), 8, 15, Zone.WITA)
    assert moment == datetime(2026, 8, 3, 0, 15, tzinfo=UTC)
    assert moment.tzinfo is UTC


def test_a_day_ends_at_the_first_instant_of_the_next() -> None:
    assert end_of_day(date(2026, 12, 31)) == datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    assert end_of_day(date(2026, 12, 31), Zone.WIT) == datetime(2026, 12, 31, 15, 0, tzinfo=UTC)


def test_a_moment_is_written_in_wib_with_seconds_cut() -> None:
    assert format_wib(datetime(2026, 11, 15, 16, 59, 59, tzinfo=UTC)) == "2026-11-15 23:59 WIB"
    assert (
        format_wib(datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=9)))) == "2026-01-02 01:04 WIB"
    )


@pytest.mark.parametrize("function", [utc, local_day, format_wib])
def test_a_naive_datetime_is_refused(function: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="naive"):
        function(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_datetime_is_not_taken_for_a_day() -> None:
    with pytest.raises(ValueError, match="local_day"):
        at(datetime(2026, 1, 1, 20, tzinfo=UTC), 8)
    with pytest.raises(ValueError, match="local_day"):
        end_of_day(datetime(2026, 1, 1, 20, tzinfo=UTC))


@pytest.mark.parametrize(("hour", "minute"), [(24, 0), (-1, 0), (8, 60)])
def test_a_time_that_no_clock_shows_is_refused(hour: int, minute: int) -> None:
    with pytest.raises(ValueError, match="must be in"):
        at(date(2026, 1, 1), hour, minute)


@given(DAYS, ZONES, st.integers(0, 23), st.integers(0, 59))
def test_any_hour_of_a_day_falls_on_that_day(day: date, zone: Zone, hour: int, minute: int) -> None:
    moment = at(day, hour, minute, zone)
    assert local_day(moment, zone) == day
    assert moment < end_of_day(day, zone)


@given(DAYS, ZONES)
def test_the_end_of_a_day_is_the_beginning_of_the_next(day: date, zone: Zone) -> None:
    assert end_of_day(day, zone) == at(day + timedelta(days=1), 0, zone=zone)
