"""Working days and the due times of human tasks, as pure functions of a calendar snapshot.

A case carries its own snapshot, so an edited holiday table never moves a running timer (domain
specification § 6 and § 7). Days are days in WIB; moments go in aware of their zone and come out in UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.clock import Zone, at, local_day, utc
from domain.errors import Malformed
from domain.text import Text
from domain.verdict import Violation

SATURDAY = 5
ONE_DAY = timedelta(days=1)
NO_TIME = timedelta(0)


class CalendarYearMissing(Malformed):
    """C-YEAR: a day was asked for whose year is not in the holiday table; working days are never guessed."""

    status = 422

    @classmethod
    def of(cls, year: int, version: str) -> Self:
        """The refusal for that year and that version of the table."""
        return cls(
            Violation(
                rule="C-YEAR",
                text=Text(
                    id=f"Tabel hari libur tidak memuat tahun {year}, jadi hari kerja tidak dapat dihitung.",
                    en=f"The holiday table does not hold the year {year}, so working days cannot be counted.",
                ),
                citation="[D] § 7",
                remedy=Text(
                    id=f"Petugas BNSP menambahkan hari libur nasional dan cuti bersama tahun {year} "
                    "ke tabel, lalu kirim ulang.",
                    en=f"BNSP operations adds the national holidays and collective leave of {year} "
                    "to the table; then send again.",
                ),
                facts={"year": year, "calendar": version},
            )
        )


class Calendar(BaseModel):
    """One version of the holiday table, for the years that it holds.

    Every method raises CalendarYearMissing when it would have to look at a day of another year, and
    ValueError for a naive datetime, or for a datetime where a day is meant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    years: tuple[int, ...]
    """The years that the table holds, sorted."""
    non_working: tuple[date, ...]
    """National holidays and collective leave, sorted; weekends are known and left out."""
    opens_hour: int = Field(default=8, ge=0, le=23)
    """The hour WIB at which working hours begin [D § 4]."""
    closes_hour: int = Field(default=16, ge=0, le=23)
    """The hour WIB at which working hours end and tasks are due [D § 4]."""

    @field_validator("years")
    @classmethod
    def _sort_years(cls, years: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(years)))

    @field_validator("non_working")
    @classmethod
    def _sort_days(cls, days: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(sorted({d for d in days if d.weekday() < SATURDAY}))

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if any(d.year not in self.years for d in self.non_working):
            raise ValueError("a non-working day lies in a year that the table does not hold")
        if self.opens_hour >= self.closes_hour:
            raise ValueError("working hours must open before they close")
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:  # noqa: ARG002
        """A copy checked like a new calendar: pydantic's own would carry the old days' lookup along."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, **(update or {})})

    def with_years_of(self, newer: "Calendar") -> "Calendar":
        """This snapshot, and of the newer table the years that it lacks. What it holds stays: a changed
        holiday never moves a running timer (§ 6)."""
        more = set(newer.years) - set(self.years)
        if not more:
            return self
        days = (*self.non_working, *(d for d in newer.non_working if d.year in more))
        years = (*self.years, *sorted(more))
        return self.model_copy(update={"version": newer.version, "years": years, "non_working": days})

    @cached_property
    def _holidays(self) -> frozenset[date]:
        return frozenset(self.non_working)

    # Days

    def is_working_day(self, day: date) -> bool:
        """Is it Monday to Friday, and neither a national holiday nor collective leave?"""
        self._require_year(day)
        return day.weekday() < SATURDAY and day not in self._holidays

    def next_working_day(self, day: date) -> date:
        """The day itself when it is a working day, otherwise the first one after it."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after the day; before it for a negative n; the day itself for 0.

        The day itself never counts and need not be a working day.
        """
        step = ONE_DAY if n > 0 else -ONE_DAY
        for _ in range(abs(n)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """How many working days lie strictly after `first`, up to and including `last` (R-NOTICE).

        0 when `last` is not after `first`.
        """
        start = first + ONE_DAY
        if last < start:
            return 0
        for year in range(start.year, last.year + 1):
            self._require_year(date(year, 1, 1))
        weeks, rest = divmod((last - first).days, 7)
        weekdays = 5 * weeks + sum((start.weekday() + i) % 7 < SATURDAY for i in range(rest))
        return weekdays - (bisect_right(self.non_working, last) - bisect_left(self.non_working, start))

    # Moments

    def due(self, opened_at: datetime, working_days: int) -> datetime:
        """When a task opened then is due: at closing time (16:00 WIB) of the n-th working day after.

        Opened at or after closing, or on a non-working day, it counts as opened at the next opening.
        Fewer than one working day counts as one: nothing is due before opening + 1 wd [D § 4].
        """
        day = local_day(opened_at)
        if utc(opened_at) >= at(day, self.closes_hour):
            day += ONE_DAY
        return at(self.add_working_days(self.next_working_day(day), max(working_days, 1)), self.closes_hour)

    def half_time(self, opened_at: datetime, due_at: datetime) -> datetime:
        """The earliest moment by which half of the working time between the two has passed.

        `opened_at` itself when no working time lies between them.
        """
        left = self._working_time(opened_at, due_at) / 2
        moment, day = utc(opened_at), local_day(opened_at)
        if left == NO_TIME:
            return moment
        while True:
            if self.is_working_day(day):
                start = max(moment, at(day, self.opens_hour))
                here = max(at(day, self.closes_hour) - start, NO_TIME)
                if left <= here:
                    return start + left
                left -= here
            day += ONE_DAY

    def one_working_day_before(self, due_at: datetime) -> datetime:
        """The same time of the day in WIB, on the working day before."""
        local = utc(due_at).astimezone(Zone.WIB.tz)
        day = self.add_working_days(local.date(), -1)
        return utc(datetime.combine(day, local.timetz()))

    def reminders(self, opened_at: datetime, due_at: datetime) -> tuple[datetime, ...]:
        """When to remind: at half time and one working day before, in order and each moment once.

        A moment that is not after the opening, or not before the due time, is left out [D § 4].
        """
        wanted = {self.half_time(opened_at, due_at), self.one_working_day_before(due_at)}
        return tuple(sorted(m for m in wanted if utc(opened_at) < m < utc(due_at)))

    def working_minutes(self, a: datetime, b: datetime) -> int:
        """Whole minutes of working hours from `a` to `b`; 0 when `b` is not after `a`."""
        return self._working_time(a, b) // timedelta(minutes=1)

    # Inside

    def _require_year(self, day: date) -> None:
        if isinstance(day, datetime):  # never equal to a date: every holiday would look like a working day
            raise ValueError("a datetime is not a day: take its local_day first")
        if day.year not in self.years:
            raise CalendarYearMissing.of(day.year, self.version)

    def _working_time(self, a: datetime, b: datetime) -> timedelta:
        if utc(b) <= utc(a):
            return NO_TIME
        first, last = local_day(a), local_day(b)
        full_days = self.working_days_between(first - ONE_DAY, last - ONE_DAY)
        whole = timedelta(hours=self.closes_hour - self.opens_hour) * full_days
        return whole + self._worked(last, b) - self._worked(first, a)

    def _worked(self, day: date, until: datetime) -> timedelta:
        """Working time of that day which has passed at `until`."""
        if not self.is_working_day(day):
            return NO_TIME
        opens, closes = at(day, self.opens_hour), at(day, self.closes_hour)
        return max(min(utc(until), closes) - opens, NO_TIME)
