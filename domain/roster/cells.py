"""One cell read as its column asks for it, or refused. Nothing is guessed."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time

from domain.days import EARLIEST, LATEST
from domain.errors import Malformed
from domain.nik import Nik
from domain.roster.columns import Cell, Column, ColumnKind
from domain.roster.refusals import ISO_HINT, refusal
from domain.verdict import Violation

MAX_TEXT = 200

Read = object
"""What a cell was read as; None for an empty one that may be empty."""


class Refused(Exception):
    """A cell that is not what its column asks for; never leaves this package."""

    def __init__(self, *violations: Violation) -> None:
        self.violations = violations
        super().__init__(", ".join(v.rule for v in violations))


def is_empty(cell: Cell) -> bool:
    """Does nothing stand in it? Spaces are nothing; a formula and a merged cell are something."""
    return cell.kind == "empty" or (cell.kind == "text" and not str(cell.value).strip())


def _as_text(column: Column, cell: Cell) -> str:
    """The text with single spaces, in one form of each character."""
    if cell.kind == "number":
        raise Refused(refusal("X-NIK-NUMBER" if column.kind == "nik" else "X-NUMBER"))
    if cell.kind != "text":
        raise Refused(refusal("X-TEXT"))
    text = " ".join(unicodedata.normalize("NFC", str(cell.value)).split())
    # Invisible and right-to-left marks make one name look like another.
    if len(text) > MAX_TEXT or any(unicodedata.category(c)[0] == "C" for c in text):
        raise Refused(refusal("X-CHARACTERS"))
    return text


def _text(column: Column, cell: Cell) -> Read:
    text = _as_text(column, cell)
    if column.pattern and re.fullmatch(column.pattern, text) is None:
        raise Refused(refusal("X-CHARACTERS"))
    return text


def _nik(column: Column, cell: Cell) -> Read:
    text = _as_text(column, cell)
    try:
        Nik.parse(text)
    except Malformed as error:
        raise Refused(*(v.model_copy(update={"rule": "X-NIK"}) for v in error.violations)) from None
    return text


def _date(_column: Column, cell: Cell) -> Read:
    if cell.kind == "text":
        iso = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(cell.value).strip())
        raise Refused(refusal("X-DATE-TEXT", ISO_HINT if iso else None))
    if cell.kind == "number":
        raise Refused(refusal("X-DATE-NUMBER"))
    value = cell.value
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if cell.kind != "date" or not isinstance(value, date) or isinstance(value, datetime):
        raise Refused(refusal("X-DATE"))
    if not EARLIEST <= value <= LATEST:
        raise Refused(refusal("X-DATE"))
    return value


def _enum(column: Column, cell: Cell) -> Read:
    written = str(cell.value).strip().casefold() if cell.kind == "text" else ""
    for shown, value in column.choices:
        if written in (shown.casefold(), value.casefold()):
            return value
    raise Refused(refusal("X-ENUM", choices=", ".join(shown for shown, _ in column.choices)))


def _yesno(column: Column, cell: Cell) -> Read:
    return _enum(column, cell) == "yes"


def _int(column: Column, cell: Cell) -> Read:
    number: int | None = None
    if cell.kind == "number" and isinstance(cell.value, int | float) and float(cell.value).is_integer():
        number = int(cell.value)
    elif cell.kind == "text" and re.fullmatch(r"[0-9]{1,6}", str(cell.value).strip()):
        number = int(str(cell.value))
    if number is None or not column.lowest <= number <= column.highest:
        raise Refused(refusal("X-INT", lowest=column.lowest, highest=column.highest))
    return number


def _email(column: Column, cell: Cell) -> Read:
    text = _as_text(column, cell)
    local, _, host = text.rpartition("@")
    good_local = re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", local)
    good_host = re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}", host)
    if not good_local or not good_host or len(local) > 64 or len(text) > MAX_TEXT:
        raise Refused(refusal("X-EMAIL"))
    return f"{local}@{host.lower()}"


def phone_number(text: str) -> str:
    """A phone number in one form, `+62…` for one written the Indonesian way; the text as it is when it is
    none, so that the same number is the same wherever it was typed."""
    plain = re.sub(r"[ ().-]", "", text)
    if re.fullmatch(r"(0|\+)[0-9]{8,14}", plain) is None:
        return text
    return "+62" + plain[1:] if plain.startswith("0") else plain


def _phone(column: Column, cell: Cell) -> Read:
    number = phone_number(_as_text(column, cell))
    if not number.startswith("+"):
        raise Refused(refusal("X-PHONE"))
    return number


READERS: Mapping[ColumnKind, Callable[[Column, Cell], Read]] = {
    "text": _text,
    "date": _date,
    "enum": _enum,
    "nik": _nik,
    "int": _int,
    "yesno": _yesno,
    "email": _email,
    "phone": _phone,
}


def read_cell(column: Column, cell: Cell) -> Read:
    """What stands in the cell, as its column asks for it. Raises Refused."""
    if cell.kind == "formula":
        raise Refused(refusal("X-FORMULA"))
    if cell.kind == "error":
        raise Refused(refusal("X-ERROR"))
    if is_empty(cell):
        if column.required:
            raise Refused(refusal("X-EMPTY"))
        return None
    return READERS[column.kind](column, cell)
