"""Days as people and files give them: what lies far outside a life's work is a slip of the pen.

Checked where days enter (requests, rosters, signals), never where cases are read back: a stored history
must load whatever it holds.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from domain.errors import Malformed
from domain.text import Text

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
"""[D] Nobody alive was born before, and nothing here is planned beyond."""


def require_days(given: BaseModel) -> None:
    """Malformed (X-YEAR), naming every day at fault, when one in it lies outside 1900–2200."""
    absurd = sorted({day.isoformat() for day in _days(given) if not EARLIEST <= day <= LATEST})
    if absurd:
        listed = ", ".join(absurd)
        raise Malformed.because(
            "X-YEAR",
            f"Tanggal di luar tahun {EARLIEST.year}–{LATEST.year}: {listed}.",
            f"Days outside the years {EARLIEST.year}–{LATEST.year}: {listed}.",
            citation="[D]",
            remedy=Text(id="Periksa tahunnya.", en="Check the year."),
            days=absurd,
        )


def _days(value: Any) -> Iterable[date]:
    if isinstance(value, date):  # datetimes are the server's own
        yield value if type(value) is date else EARLIEST
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _days(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _days(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _days(item)
