"""What pydantic says of a field, as sentences in two languages. Never repeats what somebody typed."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.text import Text
from domain.verdict import Violation

_DATE = ("A-DATE", "Harus tanggal, seperti 2026-11-15.", "It must be a date, such as 2026-11-15.")
_SENTENCES: dict[str, tuple[str, str, str]] = {
    "missing": ("A-REQUIRED", "Wajib diisi.", "This is required."),
    "extra_forbidden": ("A-FIELD-UNKNOWN", "Isian ini tidak dikenal.", "There is no such field."),
    "string_type": ("A-TYPE", "Harus berupa teks.", "It must be text."),
    "string_too_short": (
        "A-LENGTH",
        "Paling sedikit {min_length} karakter.",
        "At least {min_length} characters.",
    ),
    "string_too_long": (
        "A-LENGTH",
        "Paling banyak {max_length} karakter.",
        "At most {max_length} characters.",
    ),
    "string_pattern_mismatch": (
        "A-PATTERN",
        "Bentuknya tidak sesuai: {pattern}",
        "It does not have the form {pattern}",
    ),
    "too_short": ("A-LENGTH", "Paling sedikit {min_length} butir.", "At least {min_length} items."),
    "too_long": ("A-LENGTH", "Paling banyak {max_length} butir.", "At most {max_length} items."),
    "personal": (
        "A-PERSONAL",
        "Ini tampak seperti NIK atau alamat surel; data pribadi tidak disimpan di sini.",
        "This looks like a NIK or an e-mail address; no personal data is kept here.",
    ),
    "too_many_fields": (
        "A-LENGTH",
        "Paling banyak {max_length} isian.",
        "At most {max_length} fields.",
    ),
    "enum": ("A-CHOICE", "Harus salah satu dari: {expected}.", "It must be one of: {expected}."),
    "literal_error": ("A-CHOICE", "Harus salah satu dari: {expected}.", "It must be one of: {expected}."),
    "union_tag_invalid": (
        "A-CHOICE",
        "Harus salah satu dari: {expected_tags}.",
        "It must be one of: {expected_tags}.",
    ),
    "union_tag_not_found": ("A-REQUIRED", "{discriminator} wajib diisi.", "{discriminator} is required."),
    "greater_than_equal": ("A-RANGE", "Paling kecil {ge}.", "At least {ge}."),
    "greater_than": ("A-RANGE", "Harus lebih dari {gt}.", "More than {gt}."),
    "less_than_equal": ("A-RANGE", "Paling besar {le}.", "At most {le}."),
    "less_than": ("A-RANGE", "Harus kurang dari {lt}.", "Less than {lt}."),
    "int_type": ("A-TYPE", "Harus bilangan bulat.", "It must be a whole number."),
    "int_parsing": ("A-TYPE", "Harus bilangan bulat.", "It must be a whole number."),
    "int_from_float": ("A-TYPE", "Harus bilangan bulat.", "It must be a whole number."),
    "bool_type": ("A-TYPE", "Harus ya atau tidak (true/false).", "It must be true or false."),
    "bool_parsing": ("A-TYPE", "Harus ya atau tidak (true/false).", "It must be true or false."),
    "date_type": _DATE,
    "date_parsing": (
        "A-DATE",
        "Harus tanggal, seperti 2026-11-15.",
        "It must be a date, such as 2026-11-15.",
    ),
    "date_from_datetime_parsing": _DATE,
    "datetime_parsing": (
        "A-DATE",
        "Harus saat, seperti 2026-11-15T09:00:00+07:00.",
        "It must be a moment, such as 2026-11-15T09:00:00+07:00.",
    ),
    "timezone_aware": ("A-DATE", "Saat harus menyebut zona waktunya.", "A moment must name its time zone."),
    "far_year": (
        "X-YEAR",
        "Tahunnya harus {ge} sampai {le}.",
        "Its year must be {ge} to {le}.",
    ),
    "list_type": ("A-TYPE", "Harus daftar.", "It must be a list."),
    "tuple_type": ("A-TYPE", "Harus daftar.", "It must be a list."),
    "dict_type": ("A-TYPE", "Harus objek.", "It must be an object."),
    "model_type": ("A-TYPE", "Harus objek.", "It must be an object."),
    "model_attributes_type": ("A-TYPE", "Harus objek.", "It must be an object."),
    "json_invalid": ("A-JSON", "Isi permintaan bukan JSON yang sah.", "The body is not valid JSON."),
}
MOST = 50
"""Errors that one answer tells: what was sent may hold a hundred thousand."""
_OTHERWISE = ("A-VALUE", "Nilainya tidak sah.", "The value is not valid.")
_OURS = frozenset(
    {
        "min_length",
        "max_length",
        "pattern",
        "expected",
        "expected_tags",
        "discriminator",
        "ge",
        "gt",
        "le",
        "lt",
    }
)
"""What the schema says. `ctx` has what was typed, too (`tag`, `error`): that is never repeated."""


def violations_of(errors: Iterable[Mapping[str, Any]]) -> list[Violation]:
    """One violation for each field that is wrong, and one that counts the rest when they are too many;
    `subject` and `facts.field` say which."""
    errors = list(errors)
    found = [_violation(error) for error in errors[:MOST]]
    if more := len(errors) - len(found):
        text = Text(id=f"Dan {more} kesalahan lain.", en=f"And {more} more errors.")
        found.append(Violation(rule="A-MORE", text=text, citation="[D] § 10", facts={"more": more}))
    return found


def _violation(error: Mapping[str, Any]) -> Violation:
    kind = str(error.get("type", ""))
    rule, indonesian, english = _SENTENCES.get(kind, _OTHERWISE)
    said = {key: value for key, value in (error.get("ctx") or {}).items() if key in _OURS}
    field = path_of(error.get("loc", ()))
    try:
        text = Text(id=indonesian, en=english).format(**said)
    except (KeyError, IndexError):
        text = Text(id=_OTHERWISE[1], en=_OTHERWISE[2])
    named = Text(id=f"{field}: {text.id}", en=f"{field}: {text.en}") if field else text
    return Violation(
        rule=rule, text=named, citation="[D] § 10", subject=field, facts={"field": field, "kind": kind}
    )


def path_of(location: Iterable[Any]) -> str:
    """`classes[0].days`; where it stands (body, query …) is left out but for headers and queries."""
    parts = list(location)
    if parts and parts[0] == "body":
        parts = [p for p in parts[1:] if not (isinstance(p, int) and len(parts) == 2)]
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{str(part)[:60]}"
    # JSON may hold halves of a character (\ud800), which no answer can.
    return path.lstrip(".").encode(errors="replace").decode()
