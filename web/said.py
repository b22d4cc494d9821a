"""What people claimed and what was changed, as a page says it: field by field, value by value."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.document_names import document_name
from domain.text import Text
from web import i18n
from web.i18n import Language
from web.labels import LABELS, label_of
from web.times import day

YES, NO = Text(id="ya", en="yes"), Text(id="tidak", en="no")
UNTIL = Text(id="berlaku sampai {}", en="valid until {}")
SINCE = Text(id="{} – sekarang", en="{} – now")
NAMES: dict[str, Text] = {
    "way": Text(id="Jalan yang ditempuh", en="Way that was taken"),
    "technical": Text(id="Sertifikat teknis", en="Technical certificate"),
    "letter_day": Text(id="Tanggal surat rekomendasi", en="Day of the letter of recommendation"),
    "recommending": Text(id="Pemberi rekomendasi", en="Recommended by"),
    "it_declared": Text(id="Mampu Word dan Excel", en="Word and Excel"),
    "evidence": Text(id="Bukti langsung", en="Direct evidence"),
    "committee": Text(id="Panitia", en="Committee"),
    "days": Text(id="Hari kelas", en="Class days"),
}
"""Fields of a participant's facts that no form asks for by that name."""
WORDS: dict[str, Text] = {
    "training": Text(id="pelatihan", en="training"),
    "upgrading": Text(id="pelatihan peningkatan", en="upgrading"),
    "direct": Text(id="langsung ke asesmen", en="straight to the assessment"),
    "assessor": Text(id="Asesor", en="Assessor"),
}


def field(name: str) -> Text:
    """What a field of a participant, class or proposal is called."""
    if name in NAMES:
        return NAMES[name]
    return LABELS.get(f"participant.{name}") or label_of(name)


def said(language: Language, name: str, value: Any) -> list[str]:
    """The value, one sentence for each of its parts; nothing for nothing."""
    if value in (None, "", []):
        return []
    if isinstance(value, list):
        return [one for part in value for one in said(language, name, part)]
    if isinstance(value, Mapping):
        return [_period(language, value)]
    if isinstance(value, bool):
        return [i18n.say(language, YES if value else NO)]
    text = str(value)
    if name in ("evidence", "kit"):
        return [i18n.say(language, document_name(text))]
    if (word := WORDS.get(text) or LABELS.get(text)) is not None:
        return [i18n.say(language, word)]
    return [_day(language, text) or text]


def _period(language: Language, value: Mapping[str, Any]) -> str:
    """A certificate with its last day, or work in a field with its first and last."""
    of = str(value.get("field", ""))
    if "valid_until" in value:
        until = _day(language, str(value["valid_until"])) or ""
        return f"{of}, {i18n.say(language, UNTIL).format(until)}"
    first = _day(language, str(value.get("first", ""))) or ""
    last = _day(language, str(value["last"])) if value.get("last") else None
    return f"{of}: {first} – {last}" if last else f"{of}: {i18n.say(language, SINCE).format(first)}"


def _day(language: Language, text: str) -> str | None:
    try:
        return day(date.fromisoformat(text), language) if len(text) == len("2026-01-01") else None
    except ValueError:
        return None
