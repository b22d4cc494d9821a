from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.months import Span, add_months, experience, merge, whole_months

DAYS = st.dates(date(1990, 1, 1), date(2026, 6, 30))
UNTIL = date(2026, 6, 30)


def spans(days: st.SearchStrategy[date]) -> st.SearchStrategy[Span]:
    return st.tuples(days, days).map(lambda pair: Span(first=min(pair), last=max(pair)))


SPANS = st.lists(spans(DAYS), max_size=6)
NEAR = st.lists(spans(st.dates(date(2024, 1, 1), date(2024, 4, 30))), max_size=6)


def days_of(some: Iterable[Span]) -> set[date]:
    return {s.first + timedelta(days=i) for s in some for i in range((s.last - s.first).days + 1)}


# Adding months


@pytest.mark.parametrize(
    ("end", "opens", "closes"),
    [
        (date(2026, 8, 15), date(2026, 5, 15), date(2026, 11, 15)),
        (date(2026, 5, 31), date(2026, 2, 28), date(2026, 8, 31)),
    ],
)
def test_the_window_of_r_win_is_three_months_on_either_side(end: date, opens: date, closes: date) -> None:
    assert (add_months(end, -3), add_months(end, 3)) == (opens, closes)


def test_a_leap_day_is_kept_when_the_year_has_one() -> None:
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2024, 2, 29), 48) == date(2028, 2, 29)
    assert add_months(date(2028, 5, 31), -3) == date(2028, 2, 29)


def test_months_are_counted_from_the_given_day_and_not_from_a_clamped_one() -> None:
    assert add_months(date(2026, 1, 31), 2) == date(2026, 3, 31)
    assert add_months(add_months(date(2026, 1, 31), 1), 1) == date(2026, 3, 28)


def test_a_certificate_of_thirty_six_months_crosses_years() -> None:
    assert add_months(date(2026, 11, 30), 36) == date(2029, 11, 30)
    assert add_months(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert add_months(date(2027, 1, 1), -1) == date(2026, 12, 1)


@given(DAYS, st.integers(-600, 600))
def test_adding_months_keeps_the_day_or_ends_the_month(day: date, n: int) -> None:
    moved = add_months(day, n)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == n
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, st.integers(-50, 50))
def test_adding_months_never_swaps_two_days(a: date, b: date, n: int) -> None:
    a, b = min(a, b), max(a, b)
    assert add_months(a, n) <= add_months(b, n)


# Merging


def test_overlapping_and_touching_periods_become_one() -> None:
    assert merge(
        [
            Span(first=date(2024, 3, 1), last=date(2024, 6, 30)),
            Span(first=date(2024, 1, 1), last=date(2024, 3, 31)),
            Span(first=date(2024, 7, 1), last=date(2024, 7, 31)),
        ]
    ) == (Span(first=date(2024, 1, 1), last=date(2024, 7, 31)),)


def test_one_day_between_keeps_periods_apart() -> None:
    apart = (
        Span(first=date(2024, 1, 1), last=date(2024, 1, 30)),
        Span(first=date(2024, 2, 1), last=date(2024, 2, 29)),
    )
    assert merge(apart) == apart


def test_a_period_inside_another_adds_nothing() -> None:
    year = Span(first=date(2024, 1, 1), last=date(2024, 12, 31))
    assert merge([Span(first=date(2024, 5, 1), last=date(2024, 5, 31)), year]) == (year,)


def test_a_period_that_ends_before_it_begins_is_malformed() -> None:
    with pytest.raises(Malformed) as caught:
        Span(first=date(2024, 1, 2), last=date(2024, 1, 1))
    assert caught.value.violations[0].rule == "R-TECH"


@given(SPANS)
def test_merging_twice_is_merging_once(some: list[Span]) -> None:
    once = merge(some)
    assert merge(once) == once


@given(NEAR)
def test_merging_keeps_every_day_and_leaves_gaps_between(some: list[Span]) -> None:
    merged = merge(some)
    assert days_of(merged) == days_of(some)
    assert all((b.first - a.last).days > 1 for a, b in pairwise(merged))


# Experience


@pytest.mark.parametrize(
    ("first", "last", "counted"),
    [
        (date(2024, 1, 1), date(2024, 1, 1), (0, 1)),  # both days are worked
        (date(2024, 1, 1), date(2024, 1, 31), (1, 0)),
        (date(2024, 1, 1), date(2024, 1, 30), (1, 0)),  # 30 days make a month
        (date(2024, 1, 1), date(2024, 1, 29), (0, 29)),
        (date(2024, 2, 1), date(2024, 2, 29), (1, 0)),
        (date(2024, 1, 15), date(2024, 2, 14), (1, 0)),
        (date(2024, 1, 15), date(2024, 2, 15), (1, 1)),
        (date(2024, 1, 31), date(2024, 2, 29), (1, 1)),
        (date(2021, 3, 1), date(2024, 2, 29), (36, 0)),  # three years to the day
        (date(2021, 3, 1), date(2024, 2, 28), (35, 28)),
    ],
)
def test_a_period_counts_whole_months_and_then_days(
    first: date, last: date, counted: tuple[int, int]
) -> None:
    assert experience([(first, last)], UNTIL) == counted


def test_thirty_days_over_all_periods_make_a_month() -> None:
    spans = [(date(2024, 1, 1), date(2024, 1, 20)), (date(2024, 3, 1), date(2024, 3, 12))]
    assert experience(spans, UNTIL) == (1, 2)


def test_two_jobs_at_once_count_once() -> None:
    year = (date(2024, 1, 1), date(2024, 12, 31))
    assert experience([year, year, (date(2024, 6, 1), date(2025, 6, 30))], UNTIL) == (18, 0)


def test_touching_periods_count_as_one_long_period() -> None:
    parts = [(date(2024, 1, 1), date(2024, 1, 15)), (date(2024, 1, 16), date(2024, 2, 29))]
    assert experience(parts, UNTIL) == (2, 0)


def test_a_job_still_running_or_ending_later_ends_on_the_submission_day() -> None:
    assert experience([(date(2026, 1, 1), None)], UNTIL) == (6, 0)
    assert experience([(date(2026, 1, 1), date(2027, 1, 1))], UNTIL) == (6, 0)


def test_a_job_that_starts_on_the_submission_day_counts_one_day() -> None:
    assert experience([(UNTIL, None)], UNTIL) == (0, 1)


def test_no_job_is_no_experience() -> None:
    assert experience([], UNTIL) == (0, 0)


def test_a_period_in_the_future_is_refused_and_so_is_one_that_ends_before_it_begins() -> None:
    with pytest.raises(Malformed) as caught:
        experience(
            [
                (date(2026, 7, 1), None),
                (date(2024, 1, 1), None),
                (date(2024, 5, 2), date(2024, 5, 1)),
            ],
            UNTIL,
        )
    assert [(v.rule, v.facts["period"]) for v in caught.value.violations] == [("R-TECH", 1), ("R-TECH", 3)]
    assert all(v.text.id and v.text.en and v.remedy for v in caught.value.violations)


def test_whole_months_leave_days_out() -> None:
    assert whole_months(date(2026, 1, 1), date(2026, 3, 31)) == 3
    assert whole_months(date(2026, 1, 1), date(2026, 3, 30)) == 2
    with pytest.raises(Malformed):
        whole_months(date(2026, 1, 2), date(2026, 1, 1))


@given(SPANS)
def test_order_and_repetition_do_not_change_experience(some: list[Span]) -> None:
    pairs = [(s.first, s.last) for s in some]
    assert experience(pairs, UNTIL) == experience(list(reversed(pairs)) + pairs, UNTIL)


@given(spans(DAYS))
def test_one_day_more_is_never_less_experience(span: Span) -> None:
    later = span.last + timedelta(days=1)
    assert experience([(span.first, span.last)], later) <= experience([(span.first, later)], later)


@given(SPANS)
def test_left_over_days_never_reach_a_month(some: list[Span]) -> None:
    months, days = experience([(s.first, s.last) for s in some], UNTIL)
    assert months >= 0
    assert 0 <= days < 30


def test_beyond_the_calendar_is_its_first_or_last_day() -> None:
    assert add_months(date(9999, 12, 31), 3) == date(9999, 12, 31)
    assert add_months(date(9999, 12, 31), -3) == date(9999, 9, 30)
    assert add_months(date(1, 1, 1), -3) == date(1, 1, 1)
