"""Moments as people read them: how far away first, the exact time in WIB beside it."""

from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime, format_timedelta

from domain.clock import Zone, utc
from web.i18n import Language

LOCALES = {"id": "id_ID", "en": "en_GB"}


def exact(moment: datetime, language: Language) -> str:
    """`16 Nov 2026, 16.00 WIB`, cut to the minute."""
    local = utc(moment).astimezone(Zone.WIB.tz)
    return f"{format_datetime(local, 'd MMM y, HH:mm', locale=LOCALES[language])} WIB"


def relative(moment: datetime, now: datetime, language: Language) -> str:
    """`dalam 2 hari`, `3 jam yang lalu`: the largest unit of which there is at least one."""
    apart = utc(moment) - utc(now)
    if abs(apart) < timedelta(minutes=1):
        return "sekarang" if language == "id" else "now"
    return format_timedelta(apart, add_direction=True, threshold=1, locale=LOCALES[language])


def day(value: date, language: Language) -> str:
    """`16 November 2026`."""
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
