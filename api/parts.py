"""What `/health/ready` finds of each part of the product, in sentences."""

from datetime import datetime
from typing import Any

from domain.clock import format_wib
from domain.text import Text

PARTS: dict[str, Text] = {
    "database": Text(id="Basis data", en="Database"),
    "temporal": Text(id="Temporal", en="Temporal"),
    "worker": Text(id="Pekerja", en="Worker"),
    "projection": Text(id="Penulisan buku besar", en="Writing of the ledger"),
    "archive": Text(id="Arsip riwayat", en="Archive of histories"),
}
"""What the parts are called."""
LOOKED_AFTER = frozenset({"archive", "projection"})
"""Parts that are there even when something is wrong with them: people must look."""


def told(name: str, check: dict[str, Any]) -> Text:
    """What `/health/ready` found of one part, as a sentence: what is there, or what is waited for."""
    if "error" in check or (name == "database" and not check["ok"]):
        return UNREACHED_PARTS[name]
    match name:
        case "database":
            kind = DATABASES.get(check["kind"], check["kind"])
            return Text(
                id=f"{kind}, skema {check['revision']}.",
                en=f"{kind}, schema {check['revision']}.",
            )
        case "temporal":
            return Text(id="Server menjawab.", en="The server answers.")
        case "worker":
            if not check["ok"]:
                return UNREACHED_PARTS[name]
            return Text(
                id=f"{check['pollers']} penerima kerja mendengarkan antrean.",
                en=f"Listeners on the queue: {check['pollers']}.",
            )
        case "projection":
            if check["seconds"] is None:
                return UNREACHED_PARTS[name]
            seconds = check["seconds"]
            return Text(
                id=f"Tertinggal {f'{seconds:.1f}'.replace('.', ',')} detik; pemberitahuan menunggu: "
                f"{check['outbox']}; perkara yang perlu dilihat petugas: {check['attention']}.",
                en=f"{seconds:.1f} s behind; notices waiting: {check['outbox']}; cases that operations must "
                f"look at: {check['attention']}.",
            )
        case _:
            if check.get("looked_at") is None:
                return UNREACHED_PARTS[name] if not check["ok"] else NEVER_LOOKED
            looked = format_wib(datetime.fromisoformat(check["looked_at"]))
            return Text(
                id=f"Diperiksa {looked}; terlambat diarsipkan: {check['overdue']}.",
                en=f"Looked at {looked}; overdue: {check['overdue']}.",
            )


DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
NEVER_LOOKED = Text(id="Belum ada yang perlu diarsipkan.", en="Nothing to archive yet.")
UNREACHED_PARTS = {
    "database": Text(
        id="Tidak terjangkau, atau belum disiapkan (`asesor migrate`).",
        en="Cannot be reached, or is not prepared yet (`asesor migrate`).",
    ),
    "temporal": Text(
        id="Tidak menjawab; dicoba lagi terus.", en="Does not answer; it is tried again all the time."
    ),
    "worker": Text(
        id="Tidak ada yang mendengarkan antrean: perkara menunggu.",
        en="Nobody listens to the queue: cases wait.",
    ),
    "projection": Text(
        id="Tidak diketahui selama basis data tidak terjangkau.",
        en="Not known while the database cannot be reached.",
    ),
    "archive": Text(
        id="Tidak diketahui selama basis data tidak terjangkau.",
        en="Not known while the database cannot be reached.",
    ),
}
