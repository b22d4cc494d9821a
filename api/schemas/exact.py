"""Days, moments, whole numbers and yes/no exactly as JSON has them.

Pydantic is generous: "1", true and 1.0 are a 1, and 0 is a day in 1970. A program that sends such a thing has
made a mistake, and is better told so.
"""

import re
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Strict
from pydantic_core import PydanticCustomError

from domain.days import EARLIEST, LATEST

D = TypeVar("D", bound=date)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_day(given: Any) -> Any:
    if isinstance(given, str) and not _DAY.fullmatch(given):
        raise PydanticCustomError("date_parsing", "not a day")
    return _written(given, "date_type")


def _written_moment(given: Any) -> Any:
    if isinstance(given, str) and not _DAY.match(given):
        raise PydanticCustomError("datetime_parsing", "not a moment")
    return _written(given, "datetime_parsing")


def _written(given: Any, kind: Any) -> Any:
    if not isinstance(given, str | date):  # a datetime is a date, too
        raise PydanticCustomError(kind, "not text")
    return given


def _near(day: D) -> D:
    """Far years break time zones and the holiday table, and are mistakes."""
    if not EARLIEST.year <= day.year <= LATEST.year:
        raise PydanticCustomError("far_year", "a far year", {"ge": EARLIEST.year, "le": LATEST.year})
    return day


Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(_near)]
"""ISO text, such as `2026-11-15`."""
Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment), AfterValidator(_near)]
"""ISO text with its zone, such as `2026-11-15T09:00:00+07:00`."""
Whole = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]
