"""Class days as a calendar that other programs read (iCalendar, RFC 5545)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

MEDIA_TYPE = "text/calendar"
OCTETS = 75
"""The longest line that RFC 5545 allows, without its end."""


def calendar(classes: Iterable[Mapping[str, Any]], *, made: datetime, host: str) -> str:
    """One whole-day event for each class day, since nobody says when a day ends; the hour of beginning stands
    in its name. `made` is UTC. It names no person."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Asesor//Kelas//ID", "CALSCALE:GREGORIAN"]
    stamp = made.strftime("%Y%m%dT%H%M%SZ")
    for one in classes:
        for day in one["days"]:
            first = date.fromisoformat(day)
            name = "Kelas {} {:02d}.00 {}".format(one["label"], one["start_hour"], one["zone"])
            lines += [
                "BEGIN:VEVENT",
                f"UID:{one['id']}-{first:%Y%m%d}@{host}",
                f"DTSTAMP:{stamp}",
                f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
                f"DTEND;VALUE=DATE:{first + timedelta(days=1):%Y%m%d}",
                f"SUMMARY:{_text(name)}",
                f"LOCATION:{_text(one['venue'])}",
                f"STATUS:{'CANCELLED' if one['state'] == 'CANCELLED' else 'CONFIRMED'}",
                "END:VEVENT",
            ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(value: str) -> str:
    """With the characters escaped that mean something in a value."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """The line in pieces of at most OCTETS bytes, none of which cuts a character in two."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > OCTETS:
            pieces.append(piece)
            piece = b" "  # what goes on begins with a space
        piece += octets
    return b"\r\n".join([*pieces, piece]).decode()
