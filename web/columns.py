"""The columns of the monitor's table: which there are, which are chosen, and their cells in a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from domain.clock import Zone
from domain.text import Text
from web import times
from web.i18n import Language

Kind = Literal["case", "state", "stage", "organiser", "text", "track", "moment", "day", "number"]


@dataclass(frozen=True)
class Column:
    """One column: the item's key, how its cells are shown, and by what it sorts (empty: it does not)."""

    key: str
    kind: Kind
    label: Text
    sort: str = ""
    first: bool = True
    """Shown as long as nobody has chosen."""


CASE = Column("stream", "case", Text(id="Perkara", en="Case"))
STATE = Column("state", "state", Text(id="Keadaan", en="State"), "state")
STAGE = Column("stage", "stage", Text(id="Tahap", en="Stage"))
ORGANISER = Column("organiser", "organiser", Text(id="Penyelenggara", en="Organiser"), "organiser")
SCHEME = Column("scheme", "text", Text(id="Skema", en="Scheme"), first=False)
TRACK = Column("track", "track", Text(id="Jalur", en="Track"), first=False)
NEXT = Column("next_moment", "moment", Text(id="Bergerak sendiri lagi", en="Moves by itself"))
TASKS = Column("tasks", "number", Text(id="Tugas terbuka", en="Open tasks"), first=False)
LATE = Column("late", "number", Text(id="Tugas terlambat", en="Late tasks"))
OPENED = Column("opened_at", "moment", Text(id="Dibuka", en="Opened"), "opened", first=False)
UPDATED = Column("updated_at", "moment", Text(id="Peristiwa terakhir", en="Last event"), "updated")

COLUMNS: dict[str, tuple[Column, ...]] = {
    "programme": (
        CASE,
        STATE,
        STAGE,
        ORGANISER,
        SCHEME,
        TRACK,
        Column("classes", "number", Text(id="Kelas", en="Classes"), first=False),
        Column("seats", "number", Text(id="Peserta", en="Participants"), first=False),
        Column("confirmed", "number", Text(id="Peserta pasti", en="Confirmed"), first=False),
        Column("first_day", "day", Text(id="Hari pertama", en="First day"), first=False),
        NEXT,
        TASKS,
        LATE,
        OPENED,
        UPDATED,
    ),
    "journey": (
        CASE,
        STATE,
        STAGE,
        Column("name", "text", Text(id="Calon asesor", en="Candidate")),
        ORGANISER,
        SCHEME,
        TRACK,
        Column("assessment_day", "day", Text(id="Hari asesmen", en="Day of assessment"), first=False),
        NEXT,
        TASKS,
        LATE,
        OPENED,
        UPDATED,
    ),
}
TRACKS: dict[str, Text] = {
    "new": Text(id="sertifikasi baru", en="new certification"),
    "recertification": Text(id="sertifikasi ulang", en="recertification"),
}


def chosen(kind: str, names: str) -> tuple[Column, ...]:
    """The columns that the address names (`state,late`), in the table's order; the first choice when it names
    none. The case itself always stands first."""
    wanted = {name for name in names.split(",") if name}
    known = COLUMNS[kind]
    if not wanted & {c.key for c in known}:
        return tuple(c for c in known if c.first)
    return tuple(c for c in known if c.key in wanted or c is CASE)


def heads(columns: Sequence[Column], language: Language) -> list[str]:
    """The first row of a file."""
    said = [c.label.en if language == "en" else c.label.id for c in columns]
    return [f"{name} (WIB)" if c.kind == "moment" else name for name, c in zip(said, columns, strict=True)]


def cell(column: Column, item: Mapping[str, Any], language: Language) -> str | int:
    """What a file says where the page shows this cell: days and moments so that they sort."""
    value = item.get(column.key)
    match column.kind:
        case "number":
            return int(value or 0)
        case "state":
            return str(item["state_label_en" if language == "en" else "state_label"])
        case "organiser":
            return str(item.get("organiser_name") or value or "")
        case "track":
            text = TRACKS.get(str(value))
            return (text.en if language == "en" else text.id) if text else str(value or "")
        case "moment":
            moment = times.parse(value)
            return moment.astimezone(Zone.WIB.tz).strftime("%Y-%m-%d %H:%M") if moment else ""
        case "stage":
            return str(value or "")
    return str(value or "")
