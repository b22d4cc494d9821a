"""Calendar months: clamped at a month's end for R-WIN, and experience in a field for R-TECH."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from domain.errors import Malformed
from domain.text import Text
from domain.verdict import Violation

RULE = "R-TECH"
CITATION = "Persyaratan Peserta [S]; [D] § 5"
DAYS_IN_A_MONTH = 30
"""Left-over days that make one more month, over all periods together (R-TECH [D])."""


def add_months(day: date, n: int) -> date:
    """The same day of the month n calendar months later (earlier for a negative n).

    Clamped to the end of a shorter month and always counted from the given day: 2026-05-31 less 3 is
    2026-02-28 (R-WIN [D]). Before the year 1 it is the first day there is, after 9999 the last: an absurd
    date must stop no case.
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + n, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if n > 0 else date.min
    first = date(year, month0 + 1, 1)
    return first.replace(day=min(day.day, monthrange(year, month0 + 1)[1]))


class Span(BaseModel):
    """A period with a first and a last day, both of them in it. Malformed when it ends before it begins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise Malformed(_ends_too_early(self.first, self.last))
        return self


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same days as few spans, in order: those that overlap or follow day on day become one."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.first, s.last)):
        if merged and (span.first - merged[-1].last).days <= 1:
            merged[-1] = Span(first=merged[-1].first, last=max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return tuple(merged)


def whole_months(first: date, last: date) -> int:
    """Whole calendar months from `first` to `last`, both days included: 1 January – 31 March is 3.

    Raises Malformed (R-TECH) when `last` is before `first`.
    """
    return _months_and_days(Span(first=first, last=last))[0]


def experience(spans: Sequence[tuple[date, date | None]], until: date) -> tuple[int, int]:
    """How long somebody worked in a field up to and including `until`, as (months, days 0–29).

    R-TECH's reading [D]: both days of a period were worked; None, or a last day after `until`, ends on
    `until` (the submission day, WIB); overlapping or touching periods merge, so that nothing counts
    twice; each merged period counts its whole calendar months plus days, and 30 days over all make a
    month. Raises Malformed, naming every period at fault by its place (from 1), when one starts after
    `until` or ends before it begins.
    """
    faults = [
        fault
        for place, (first, last) in enumerate(spans, start=1)
        if (fault := _fault(place, first, last, until)) is not None
    ]
    if faults:
        raise Malformed(faults)
    worked = merge(Span(first=first, last=min(last or until, until)) for first, last in spans)
    counted = [_months_and_days(span) for span in worked]
    extra, days = divmod(sum(d for _, d in counted), DAYS_IN_A_MONTH)
    return sum(m for m, _ in counted) + extra, days


def _months_and_days(span: Span) -> tuple[int, int]:
    """Whole months counted from the first day, then the days that are left."""
    after = span.last + timedelta(days=1)
    months = (after.year - span.first.year) * 12 + after.month - span.first.month
    if add_months(span.first, months) > after:
        months -= 1
    return months, (after - add_months(span.first, months)).days


def _fault(place: int, first: date, last: date | None, until: date) -> Violation | None:
    if last is not None and last < first:
        return _ends_too_early(first, last, place)
    if first > until:
        return Violation(
            rule=RULE,
            text=Text(
                id=f"Masa pengalaman dimulai pada {first}, setelah {until}.",
                en=f"A period of experience starts on {first}, after {until}.",
            ),
            citation=CITATION,
            remedy=Text(
                id="Isi hanya masa kerja yang sudah dimulai.", en="Give only work that has already begun."
            ),
            facts={"period": place, "first": first.isoformat(), "until": until.isoformat()},
        )
    return None


def _ends_too_early(first: date, last: date, place: int = 1) -> Violation:
    return Violation(
        rule=RULE,
        text=Text(
            id=f"Masa pengalaman berakhir pada {last}, sebelum dimulai pada {first}.",
            en=f"A period of experience ends on {last}, before it begins on {first}.",
        ),
        citation=CITATION,
        remedy=Text(
            id="Perbaiki hari pertama atau hari terakhirnya.", en="Correct its first or its last day."
        ),
        facts={"period": place, "first": first.isoformat(), "last": last.isoformat()},
    )
