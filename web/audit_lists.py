"""The lists that an auditor searches: which filters each has, and what its cells say on a page and in a file.

Each cell is made once: the page and the file cannot tell different things, and neither tells a name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from domain.clock import Zone
from domain.event_labels import CASE_EVENTS
from domain.policy import CURRENT
from domain.roles import LABELS, Role
from domain.row_event_labels import ROW_EVENTS
from domain.rules.book import RULES
from domain.text import Text
from state_machines.tables import TABLES
from web import i18n, times
from web.i18n import Language

What = Literal["cases", "tasks", "events", "certificates", "denials"]
CellKind = Literal["text", "code", "moment", "figure", "tag", "rules"]
KINDS: dict[str, Text] = {
    "programme": Text(id="Program", en="Programme"),
    "journey": Text(id="Permohonan sertifikasi", en="Application"),
    "certificate": Text(id="Sertifikat", en="Certificate"),
    "row": Text(id="Catatan", en="Record"),
}
YES_NO: dict[str, Text] = {"true": Text(id="ya", en="yes"), "false": Text(id="tidak", en="no")}


@dataclass(frozen=True)
class Filter:
    """One filter of an address. Without options it is typed."""

    name: str
    label: Text
    options: Mapping[str, Text] | None = None
    day: bool = False


@dataclass(frozen=True)
class Cell:
    """What stands in one cell: the page shows it by its kind, a file has its text."""

    text: str
    href: str = ""
    kind: CellKind = "text"
    raw: Any = None


@dataclass(frozen=True)
class List:
    """One list: its name, its filters, the heads of its columns, and an item's cells."""

    what: What
    title: Text
    lead: Text
    filters: tuple[Filter, ...]
    heads: tuple[Text, ...]
    cells: Callable[[Mapping[str, Any], Language], Sequence[Cell]]


def text(value: Any, href: str = "") -> Cell:
    return Cell(str(value or ""), href)


def code(value: Any, href: str = "") -> Cell:
    return Cell(str(value or ""), href, "code")


def moment(value: Any) -> Cell:
    """WIB, so that a spreadsheet sorts it."""
    found = times.parse(value)
    told = found.astimezone(Zone.WIB.tz).strftime("%Y-%m-%d %H:%M:%S") if found else ""
    return Cell(told, kind="moment", raw=value)


def said(item: Mapping[str, Any], name: str, language: Language) -> str:
    return str(item.get(f"{name}_en" if language == "en" else name) or "")


def tag(item: Mapping[str, Any], language: Language) -> Cell:
    return Cell(said(item, "state_label", language), kind="tag", raw=item)


def role(name: str, language: Language) -> str:
    return i18n.say(language, LABELS[Role(name)]) if name else ""


def yes_no(value: Any, language: Language) -> Cell:
    return Cell(i18n.say(language, YES_NO["true" if value else "false"]))


def _case(item: Mapping[str, Any], language: Language) -> Sequence[Cell]:
    return (
        code(item["stream"], f"/audit/streams/{item['stream']}"),
        text(i18n.say(language, KINDS[item["kind"]])),
        tag(item, language),
        text(
            item["organiser_name"] or item["organiser"],
            f"/audit/organisations/{item['organiser']}" if item["organiser"] else "",
        ),
        moment(item["opened_at"]),
        moment(item["updated_at"]),
        Cell(str(item["events"]), kind="figure", raw=item["events"]),
        code(item["hash"]),
    )


def _task(item: Mapping[str, Any], language: Language) -> Sequence[Cell]:
    return (
        text(said(item, "label", language), f"/tasks/{item['id']}"),
        tag(item, language),
        text(role(item["group"], language)),
        code(item["stream"], f"/audit/streams/{item['stream']}"),
        moment(item["opened_at"]),
        moment(item["due_at"]),
        yes_no(item["late"], language),
        text(item["decision"].replace("_", " ")),
        moment(item["completed_at"]),
    )


def _event(item: Mapping[str, Any], language: Language) -> Sequence[Cell]:
    rules = [f"{f['rule']}: {f['outcome']}" for f in item["findings"]]
    return (
        moment(item["at"]),
        text(said(item, "label", language), f"/audit/streams/{item['stream']}/{item['seq']}"),
        Cell(str(item["seq"]), kind="figure", raw=item["seq"]),
        text(role(item["actor"]["role"], language)),
        text(item["username"]),
        code(item["stream"], f"/audit/streams/{item['stream']}"),
        Cell("; ".join(rules), kind="rules", raw=sorted({f["rule"] for f in item["findings"]})),
        text(item["policy_version"]),
        code(item["hash"]),
        code(item["prev_hash"]),
    )


def _certificate(item: Mapping[str, Any], language: Language) -> Sequence[Cell]:
    return (
        text(item["certificate_number"], f"/cases/{item['id']}"),
        tag(item, language),
        text(item["name"] or item["person"][:8], f"/audit/persons/{item['person']}"),
        text(item["registration_number"]),
        text(item["blank_number"]),
        text(item["issued_on"]),
        text(item["valid_until"]),
        code(item["id"], f"/audit/streams/{item['id']}"),
    )


def _denial(item: Mapping[str, Any], _language: Language) -> Sequence[Cell]:
    return (
        moment(item["at"]),
        text(item["username"] or item["account"]),
        code(item["what"]),
        Cell("; ".join(item["rules"]), kind="rules", raw=item["rules"]),
        code(item["stream"], f"/audit/streams/{item['stream']}" if item["stream"] else ""),
    )


SINCE = Filter("since", Text(id="Dari hari", en="From"), day=True)
UNTIL = Filter("until", Text(id="Sampai hari", en="Until"), day=True)
ORGANISER = Filter("organiser", Text(id="Kode penyelenggara", en="Organiser's code"))
STREAM = Filter("stream", Text(id="Rantai", en="Chain"))
ACCOUNT = Filter("account", Text(id="Id akun", en="Account id"))
CHAIN = Text(id="Rantai", en="Chain")
STATE = Text(id="Keadaan", en="State")
ROLES = {r.value: t for r, t in LABELS.items()}
RULE = {id_: Text(id=f"{id_} {r.title.id}", en=f"{id_} {r.title.en}") for id_, r in RULES.items()}


def _states() -> dict[str, Text]:
    """The states of every kind of case; one name is one choice, whatever machine it is of."""
    found: dict[str, Text] = {}
    for machine in ("programme", "journey", "certificate"):
        for one in TABLES[machine].states:
            found.setdefault(one.name, one.label)
    return found


LISTS: dict[What, List] = {
    "cases": List(
        "cases",
        Text(id="Perkara", en="Cases"),
        Text(
            id="Program, permohonan, dan sertifikat; yang terakhir dibuka lebih dahulu.",
            en="Programmes, applications and certificates; the latest opened first.",
        ),
        (
            Filter("q", Text(id="Awal id atau nomor lengkap", en="Beginning of the id, or a whole number")),
            Filter("kind", Text(id="Jenis", en="Kind"), {k: KINDS[k] for k in list(KINDS)[:3]}),
            Filter("state", STATE, _states()),
            ORGANISER,
            Filter("scheme", Text(id="Kode skema", en="Scheme's code")),
            SINCE,
            UNTIL,
        ),
        (
            Text(id="Perkara", en="Case"),
            Text(id="Jenis", en="Kind"),
            STATE,
            Text(id="Penyelenggara", en="Organiser"),
            Text(id="Dibuka (WIB)", en="Opened (WIB)"),
            Text(id="Peristiwa terakhir (WIB)", en="Last event (WIB)"),
            Text(id="Peristiwa", en="Events"),
            Text(id="Hash terakhir", en="Last hash"),
        ),
        _case,
    ),
    "tasks": List(
        "tasks",
        Text(id="Tugas", en="Tasks"),
        Text(
            id="Tugas semua kelompok, terbuka dan selesai; jatuh tempo terakhir lebih dahulu.",
            en="Tasks of all groups, open and done; the latest due first.",
        ),
        (
            Filter("kind", Text(id="Tugas", en="Task"), {t.kind: t.label for t in CURRENT.tasks}),
            Filter("group", Text(id="Kelompok", en="Group"), ROLES),
            Filter("open", Text(id="Terbuka", en="Open"), YES_NO),
            Filter("late", Text(id="Terlambat", en="Late"), YES_NO),
            STREAM,
            ORGANISER,
            SINCE,
            UNTIL,
        ),
        (
            Text(id="Tugas", en="Task"),
            STATE,
            Text(id="Kelompok", en="Group"),
            Text(id="Perkara", en="Case"),
            Text(id="Dibuka (WIB)", en="Opened (WIB)"),
            Text(id="Jatuh tempo (WIB)", en="Due (WIB)"),
            Text(id="Terlambat", en="Late"),
            Text(id="Keputusan", en="Decision"),
            Text(id="Selesai (WIB)", en="Done (WIB)"),
        ),
        _task,
    ),
    "events": List(
        "events",
        Text(id="Peristiwa", en="Events"),
        Text(
            id="Setiap mata rantai di semua rantai; yang terakhir ditulis lebih dahulu.",
            en="Every link of every chain; the latest written first.",
        ),
        (
            Filter("type", Text(id="Peristiwa", en="Event"), {**CASE_EVENTS, **ROW_EVENTS}),
            Filter("rule", Text(id="Aturan yang menilai", en="Rule that judged"), RULE),
            Filter(
                "role",
                Text(id="Peran pelaku", en="Role of who acted"),
                {r.value: t for r, t in LABELS.items()},
            ),
            STREAM,
            ACCOUNT,
            SINCE,
            UNTIL,
        ),
        (
            Text(id="Waktu (WIB)", en="When (WIB)"),
            Text(id="Peristiwa", en="Event"),
            Text(id="Nomor", en="Number"),
            Text(id="Peran", en="Role"),
            Text(id="Akun", en="Account"),
            CHAIN,
            Text(id="Aturan", en="Rules"),
            Text(id="Kebijakan", en="Policy"),
            Text(id="Hash", en="Hash"),
            Text(id="Hash sebelumnya", en="Previous hash"),
        ),
        _event,
    ),
    "certificates": List(
        "certificates",
        Text(id="Sertifikat", en="Certificates"),
        Text(
            id="Pemegang ditampilkan tersamar; yang lebih dahulu berakhir di atas.",
            en="Holders are masked; those that end first come first.",
        ),
        (
            Filter(
                "number",
                Text(id="Nomor sertifikat, registrasi, atau blangko", en="Certificate, MET or blank number"),
            ),
            Filter("state", STATE, {s.name: s.label for s in TABLES["certificate"].states}),
        ),
        (
            Text(id="Nomor sertifikat", en="Certificate number"),
            STATE,
            Text(id="Pemegang", en="Holder"),
            Text(id="Nomor registrasi (MET)", en="Registration number (MET)"),
            Text(id="Nomor blangko", en="Blank number"),
            Text(id="Terbit", en="Issued"),
            Text(id="Berlaku sampai", en="Valid until"),
            CHAIN,
        ),
        _certificate,
    ),
    "denials": List(
        "denials",
        Text(id="Penolakan", en="Refusals"),
        Text(
            id="Apa yang ditolak, untuk siapa, dan menurut aturan mana; tidak pernah apa yang diketik.",
            en="What was refused to whom and by which rule; never what was typed.",
        ),
        (Filter("rule", Text(id="Aturan", en="Rule")), ACCOUNT, STREAM, SINCE, UNTIL),
        (
            Text(id="Waktu (WIB)", en="When (WIB)"),
            Text(id="Akun", en="Account"),
            Text(id="Yang diminta", en="What was asked"),
            Text(id="Aturan", en="Rules"),
            Text(id="Perkara", en="Case"),
        ),
        _denial,
    ),
}
