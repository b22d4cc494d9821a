from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from db.calendar_seed import seed, seed_rows
from domain.calendar import Calendar, CalendarYearMissing
from domain.clock import Zone, at, local_day
from domain.errors import Malformed

CALENDAR = seed(range(2026, 2030))
DAYS = st.dates(date(2026, 1, 15), date(2028, 12, 31))
MOMENTS = st.datetimes(
    datetime(2026, 1, 15),  # noqa: DTZ001
    datetime(2028, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, *(zone.tz for zone in Zone)]),
)
COUNTS = st.integers(0, 60)

# The week of 7 September 2026 has no holiday: Monday 7 to Friday 11.
MONDAY, TUESDAY, WEDNESDAY, FRIDAY = (date(2026, 9, n) for n in (7, 8, 9, 11))
SATURDAY, NEXT_MONDAY, NEXT_TUESDAY = (date(2026, 9, n) for n in (12, 14, 15))


# Days


def test_weekends_holidays_and_collective_leave_are_not_working_days() -> None:
    assert CALENDAR.is_working_day(MONDAY)
    assert not CALENDAR.is_working_day(SATURDAY)
    assert not CALENDAR.is_working_day(date(2026, 8, 17))  # Independence Day, a Monday
    assert not CALENDAR.is_working_day(date(2026, 12, 24))  # collective leave, a Thursday


def test_eid_closes_the_week_between_two_weekends() -> None:
    assert CALENDAR.add_working_days(date(2026, 3, 17), 1) == date(2026, 3, 25)
    assert CALENDAR.add_working_days(date(2026, 3, 25), -1) == date(2026, 3, 17)


def test_the_next_working_day_of_a_working_day_is_itself() -> None:
    assert CALENDAR.next_working_day(MONDAY) == MONDAY
    assert CALENDAR.next_working_day(SATURDAY) == NEXT_MONDAY


def test_adding_no_working_day_changes_nothing_even_on_a_weekend() -> None:
    assert CALENDAR.add_working_days(SATURDAY, 0) == SATURDAY


def test_working_days_are_counted_after_the_first_and_including_the_last() -> None:
    assert CALENDAR.working_days_between(MONDAY, FRIDAY) == 4
    assert CALENDAR.working_days_between(FRIDAY, NEXT_MONDAY) == 1
    assert CALENDAR.working_days_between(MONDAY, MONDAY) == 0
    assert CALENDAR.working_days_between(FRIDAY, MONDAY) == 0


def test_notice_of_twenty_working_days_skips_collective_leave() -> None:
    submitted = date(2026, 2, 25)
    assert CALENDAR.add_working_days(submitted, 20) == date(2026, 4, 1)
    assert CALENDAR.working_days_between(submitted, date(2026, 4, 1)) == 20
    assert CALENDAR.working_days_between(submitted, date(2026, 3, 31)) == 19


def test_a_year_that_is_not_in_the_table_is_an_error_and_says_what_to_do() -> None:
    with pytest.raises(CalendarYearMissing) as caught:
        CALENDAR.add_working_days(date(2029, 12, 31), 1)
    (violation,) = caught.value.violations
    assert violation.rule == "C-YEAR"
    assert violation.facts == {"year": 2030, "calendar": CALENDAR.version}
    assert "2030" in violation.text.id and "2030" in violation.text.en
    assert violation.remedy is not None
    assert isinstance(caught.value, Malformed)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: CALENDAR.is_working_day(date(2025, 12, 27)),  # a Saturday, and still no guess
        lambda: CALENDAR.next_working_day(date(2030, 1, 1)),
        lambda: CALENDAR.add_working_days(date(2026, 1, 2), -1),
        lambda: CALENDAR.working_days_between(date(2029, 12, 1), date(2030, 2, 1)),
        lambda: CALENDAR.due(at(date(2029, 12, 31), 17), 1),
        lambda: CALENDAR.working_minutes(at(date(2025, 12, 31), 9), at(date(2026, 1, 5), 9)),
    ],
)
def test_no_method_guesses_a_missing_year(ask: Callable[[], object]) -> None:
    with pytest.raises(CalendarYearMissing):
        ask()


def test_days_outside_the_table_are_not_asked_for_when_they_do_not_count() -> None:
    assert CALENDAR.working_days_between(date(2025, 12, 31), date(2026, 1, 2)) == 1


def test_a_snapshot_takes_the_years_that_it_lacks_and_keeps_the_days_that_it_has() -> None:
    newer = Calendar(
        version="later",
        years=(*CALENDAR.years, 2040),
        non_working=(date(max(CALENDAR.years), 12, 24), date(2040, 1, 2)),
    )
    taken = CALENDAR.with_years_of(newer)
    assert taken.years == (*CALENDAR.years, 2040)
    assert set(taken.non_working) == {*CALENDAR.non_working, date(2040, 1, 2)}
    assert taken.version == "later"
    assert newer.with_years_of(CALENDAR) is newer


def test_a_datetime_is_not_taken_for_a_day() -> None:
    with pytest.raises(ValueError, match="local_day"):
        CALENDAR.is_working_day(datetime(2026, 8, 17, tzinfo=UTC))


@given(DAYS, COUNTS)
def test_adding_working_days_is_monotone_and_lands_on_working_days(day: date, n: int) -> None:
    later, next_one = CALENDAR.add_working_days(day, n), CALENDAR.add_working_days(day, n + 1)
    assert later < next_one
    assert CALENDAR.is_working_day(next_one)
    assert CALENDAR.add_working_days(day + timedelta(days=1), n) >= later


@given(DAYS, COUNTS)
def test_counting_undoes_adding(day: date, n: int) -> None:
    assert CALENDAR.working_days_between(day, CALENDAR.add_working_days(day, n)) == n


@given(DAYS, COUNTS)
def test_going_forth_and_back_returns_to_a_working_day(day: date, n: int) -> None:
    start = CALENDAR.next_working_day(day)
    assert CALENDAR.add_working_days(CALENDAR.add_working_days(start, n), -n) == start


@given(DAYS, st.integers(0, 400))
def test_counting_agrees_with_looking_at_each_day(first: date, length: int) -> None:
    days = [first + timedelta(days=i) for i in range(1, length + 1)]
    if days and days[-1].year <= 2029:
        expected = sum(CALENDAR.is_working_day(d) for d in days)
        assert CALENDAR.working_days_between(first, days[-1]) == expected


# Due times


@pytest.mark.parametrize(
    ("opened", "due_on"),
    [
        (at(MONDAY, 7), TUESDAY),  # before opening: that day
        (at(MONDAY, 8), TUESDAY),
        (at(MONDAY, 15, 59), TUESDAY),
        (at(MONDAY, 16), WEDNESDAY),  # at closing: the next working day
        (at(MONDAY, 23, 30), WEDNESDAY),
        (at(FRIDAY, 17), NEXT_TUESDAY),
        (at(SATURDAY, 9), NEXT_TUESDAY),
    ],
)
def test_one_working_day_runs_to_closing_time_of_the_day_after_the_opening(
    opened: datetime, due_on: date
) -> None:
    assert CALENDAR.due(opened, 1) == at(due_on, 16)


def test_ten_working_days_skip_the_holiday_between() -> None:
    assert CALENDAR.due(at(date(2026, 8, 10), 9), 10) == at(date(2026, 8, 26), 16)  # 17 and 25 August


@pytest.mark.parametrize("n", [-3, 0])
def test_fewer_than_one_working_day_counts_as_one(n: int) -> None:
    assert CALENDAR.due(at(MONDAY, 9), n) == CALENDAR.due(at(MONDAY, 9), 1)


def test_working_hours_belong_to_the_calendar_and_not_to_the_code() -> None:
    late = CALENDAR.model_copy(update={"closes_hour": 17})
    assert late.due(at(MONDAY, 16, 30), 1) == at(TUESDAY, 17)


def test_a_naive_opening_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        CALENDAR.due(datetime(2026, 9, 7, 9), 1)  # noqa: DTZ001


@given(MOMENTS, COUNTS)
def test_nothing_is_due_before_a_whole_working_day_has_passed(opened: datetime, n: int) -> None:
    due = CALENDAR.due(opened, n)
    assert due.tzinfo is UTC
    assert CALENDAR.working_days_between(local_day(opened), local_day(due)) >= max(n, 1)
    assert CALENDAR.working_minutes(opened, due) >= 8 * 60
    assert due == at(local_day(due), 16)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=30)), COUNTS)
def test_what_opens_later_is_not_due_earlier(opened: datetime, wait: timedelta, n: int) -> None:
    assert CALENDAR.due(opened, n) <= CALENDAR.due((opened.astimezone(UTC) + wait), n)


# Working time, half time and reminders


def test_working_minutes_leave_out_nights_weekends_and_holidays() -> None:
    assert CALENDAR.working_minutes(at(MONDAY, 9), at(MONDAY, 10, 30)) == 90
    assert CALENDAR.working_minutes(at(MONDAY, 15), at(TUESDAY, 9)) == 120
    assert CALENDAR.working_minutes(at(FRIDAY, 15), at(NEXT_MONDAY, 9)) == 120
    assert CALENDAR.working_minutes(at(SATURDAY, 9), at(SATURDAY, 15)) == 0
    assert CALENDAR.working_minutes(at(MONDAY, 0), at(TUESDAY, 0)) == 480
    assert CALENDAR.working_minutes(at(TUESDAY, 9), at(MONDAY, 9)) == 0


def test_half_time_is_half_of_the_working_time() -> None:
    assert CALENDAR.half_time(at(MONDAY, 10), at(TUESDAY, 16)) == at(TUESDAY, 9)
    assert CALENDAR.half_time(at(FRIDAY, 12), at(NEXT_MONDAY, 14)) == at(NEXT_MONDAY, 9)


def test_half_time_at_the_end_of_a_day_stays_on_that_day() -> None:
    assert CALENDAR.half_time(at(MONDAY, 8), at(TUESDAY, 16)) == at(MONDAY, 16)


def test_half_time_without_working_time_is_the_opening() -> None:
    assert CALENDAR.half_time(at(SATURDAY, 9), at(SATURDAY, 12)) == at(SATURDAY, 9)


def test_one_working_day_before_keeps_the_hour_in_wib() -> None:
    assert CALENDAR.one_working_day_before(at(NEXT_MONDAY, 16)) == at(FRIDAY, 16)
    assert CALENDAR.one_working_day_before(at(date(2026, 3, 25), 6, 30)) == at(date(2026, 3, 17), 6, 30)


def test_a_task_is_reminded_of_at_half_time_and_a_working_day_before() -> None:
    opened = at(MONDAY, 8)
    due = CALENDAR.due(opened, 5)
    assert due == at(NEXT_MONDAY, 16)
    assert CALENDAR.reminders(opened, due) == (at(WEDNESDAY, 16), at(FRIDAY, 16))


def test_two_reminders_at_the_same_moment_are_one() -> None:
    assert CALENDAR.reminders(at(MONDAY, 8), at(TUESDAY, 16)) == (at(MONDAY, 16),)


def test_a_reminder_that_is_not_after_the_opening_is_left_out() -> None:
    # A working day before is Tuesday 14:00, an hour before it opened.
    assert CALENDAR.reminders(at(TUESDAY, 15), at(WEDNESDAY, 14)) == (at(WEDNESDAY, 10, 30),)


def test_an_offer_over_the_weekend_is_not_reminded_of() -> None:
    assert CALENDAR.reminders(at(SATURDAY, 9), at(SATURDAY, 9) + timedelta(hours=24)) == ()


@given(MOMENTS, COUNTS)
def test_half_time_leaves_as_much_working_time_as_has_passed(opened: datetime, n: int) -> None:
    due = CALENDAR.due(opened, n)
    half = CALENDAR.half_time(opened, due)
    assert opened <= half < due
    before, after = CALENDAR.working_minutes(opened, half), CALENDAR.working_minutes(half, due)
    assert abs(before - after) <= 1  # each is cut to whole minutes


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_reminders_lie_between_the_opening_and_the_due_time_in_order(
    opened: datetime, length: timedelta
) -> None:
    opened = opened.astimezone(UTC)
    reminders = CALENDAR.reminders(opened, opened + length)
    assert len(reminders) <= 2
    assert list(reminders) == sorted(set(reminders))
    assert all(opened < moment < opened + length for moment in reminders)


@given(st.lists(MOMENTS, min_size=3, max_size=3))
def test_working_minutes_add_up(moments: list[datetime]) -> None:
    a, b, c = sorted(moments)
    parts = CALENDAR.working_minutes(a, b) + CALENDAR.working_minutes(b, c)
    assert 0 <= CALENDAR.working_minutes(a, c) - parts <= 1  # each part is cut to whole minutes


# The value


def test_days_are_sorted_without_doubles_or_weekends() -> None:
    calendar = Calendar(
        version="t",
        years=(2027, 2026, 2026),
        non_working=(date(2027, 1, 1), date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 3)),
    )
    assert calendar.years == (2026, 2027)
    assert calendar.non_working == (date(2026, 1, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"non_working": (date(2027, 1, 1),)},
        {"opens_hour": 16},
        {"closes_hour": 24},
        {"holidays": ()},
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Calendar.model_validate({"version": "t", "years": (2026,), "non_working": (), **wrong})


def test_a_calendar_never_changes() -> None:
    with pytest.raises(ValidationError):
        CALENDAR.version = "other"  # type: ignore[misc]


def test_a_calendar_survives_a_round_trip_through_json_and_stays_equal_after_use() -> None:
    used = seed([2026])
    used.is_working_day(MONDAY)
    assert Calendar.model_validate_json(used.model_dump_json()) == used
    assert set(used.model_dump()) == set(Calendar.model_fields)


def test_a_copy_with_other_days_does_not_keep_the_old_lookup() -> None:
    used = Calendar(version="1", years=(2026,), non_working=(MONDAY,))
    assert not used.is_working_day(MONDAY)
    assert used.model_copy(update={"non_working": ()}).is_working_day(MONDAY)


# The seed


def test_the_seed_names_its_package_and_years() -> None:
    package, country, years = CALENDAR.version.split("/")
    assert package.startswith("holidays-")
    assert (country, years) == ("ID", "2026-2029")
    assert seed([2026]).version.endswith("/ID/2026")
    assert seed([2028, 2026]).version.endswith("/ID/2026,2028")


def test_the_seed_keeps_kind_and_doubt_of_each_day() -> None:
    rows = {row.day: row for row in seed_rows([2026, 2028])}
    assert rows[date(2026, 8, 17)].category == "public"
    assert rows[date(2026, 12, 24)].category == "government"
    eid = rows[date(2028, 2, 27)]
    assert eid.estimated
    assert eid.name == "Hari Raya Idul Fitri"
    assert not rows[date(2026, 3, 21)].estimated


def test_a_year_of_which_the_package_knows_nothing_is_not_seeded_as_a_year_without_holidays() -> None:
    with pytest.raises(CalendarYearMissing):
        seed([2026, 2500])
