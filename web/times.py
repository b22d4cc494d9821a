"""Moments as people read them: how far away first, the exact time in WIB beside it."""

from datetime import date, datetime, timedelta
from functools import cache, lru_cache

from babel.dates import format_date, format_timedelta, get_month_names

from domain.clock import Zone, utc
from web.i18n import Language

LOCALES = {"id": "id_ID", "en": "en_GB"}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def exact(moment: datetime, language: Language) -> str:
    """`16 Nov 2026, 16.00 WIB`, cut to the minute."""
    local = utc(moment).astimezone(Zone.WIB.tz)
    # By hand: a list shows two hundred of these, and Babel reads its locale and its pattern for each.
    return f"{local.day} {_months(language)[local.month]} {local.year}, {local:%H:%M} WIB"


@cache
def _months(language: Language) -> dict[int, str]:
    return dict(get_month_names("abbreviated", locale=LOCALES[language]))


def relative(moment: datetime, now: datetime, language: Language) -> str:
    """`dalam 2 hari`, `3 jam yang lalu`: the largest unit of which there is at least one."""
    apart = utc(moment) - utc(now)
    if abs(apart) < MINUTE:
        return "sekarang" if language == "id" else "now"
    whole = MINUTE if abs(apart) < DAY else timedelta(hours=1)
    return _relative(int(apart / whole) * whole, language)


@lru_cache(maxsize=4096)
def _relative(apart: timedelta, language: Language) -> str:
    return format_timedelta(apart, add_direction=True, threshold=1, locale=LOCALES[language])


def day(value: date, language: Language) -> str:
    """`16 November 2026`."""
    return _day(value, language)


@lru_cache(maxsize=4096)
def _day(value: date, language: Language) -> str:
    return format_date(value, "d MMMM y", locale=LOCALES[language])


def month(value: date, language: Language) -> str:
    """`November 2026`."""
    return format_date(value, "MMMM y", locale=LOCALES[language])


def weekday(value: date, language: Language, *, long: bool = False) -> str:
    """`Sen`, or `Senin`."""
    return format_date(value, "EEEE" if long else "EEE", locale=LOCALES[language])


def parse(value: "str | datetime | None") -> datetime | None:
    """A moment of the API's JSON; None stays None."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value)
