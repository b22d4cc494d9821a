"""Days, hours and zones, as functions of a given moment; nothing here asks what time it is.

Storage is in UTC, deadlines are in WIB, and class sessions are in the venue's own zone
(domain specification § 7).
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

__all__ = ["UTC", "Zone", "at", "end_of_day", "format_wib", "local_day", "utc"]


class Zone(StrEnum):
    """The three time zones of Indonesia, none of which has summer time."""

    WIB = "WIB"
    WITA = "WITA"
    WIT = "WIT"

    @property
    def tz(self) -> ZoneInfo:
        """Asia/Jakarta (UTC+7), Asia/Makassar (UTC+8) or Asia/Jayapura (UTC+9)."""
        return _TZ[self]


# Loaded at import: Temporal's sandbox forbids opening the zone files while a workflow runs. It also wraps
# ZoneInfo in a proxy that datetime refuses, so workflows must pass `domain` through the sandbox.
_TZ = {
    Zone.WIB: ZoneInfo("Asia/Jakarta"),
    Zone.WITA: ZoneInfo("Asia/Makassar"),
    Zone.WIT: ZoneInfo("Asia/Jayapura"),
}


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive datetime, which names no moment."""
    if moment.utcoffset() is None:
        raise ValueError("a naive datetime names no moment: give it a time zone")
    return moment.astimezone(UTC)


def local_day(moment: datetime, zone: Zone = Zone.WIB) -> date:
    """The calendar day on which the moment falls in the zone.

    23:30 WIB on 15 November is still that day, 00:00 WIB is the next (R-WIN's examples).
    Raises ValueError for a naive datetime.
    """
    return utc(moment).astimezone(zone.tz).date()


def at(day: date, hour: int, minute: int = 0, zone: Zone = Zone.WIB) -> datetime:
    """The moment, in UTC, at which clocks in the zone show that hour (0–23) and minute of the day.

    Raises ValueError for an hour or minute that no clock shows, and for a datetime given as the
    day: its date depends on a zone, so take `local_day` of it first.
    """
    if isinstance(day, datetime):
        raise ValueError("a datetime is not a day: take its local_day first")
    return datetime.combine(day, time(hour, minute), tzinfo=zone.tz).astimezone(UTC)


def end_of_day(day: date, zone: Zone = Zone.WIB) -> datetime:
    """The first instant, in UTC, that is no longer that day in the zone.

    A deadline of "the whole day" is kept by every moment strictly before it. Raises ValueError
    for a datetime given as the day.
    """
    return at(day, 0, zone=zone) + timedelta(days=1)


def format_wib(moment: datetime) -> str:
    """The moment in WIB to the minute, such as `2026-11-15 16:00 WIB`, for sentences in either language.

    Seconds are cut, never rounded up into the next day. Raises ValueError for a naive datetime.
    """
    return f"{utc(moment).astimezone(Zone.WIB.tz):%Y-%m-%d %H:%M} WIB"
