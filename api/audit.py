"""What an auditor looks through: search over everything, persons masked, and the state of the ledger."""

from dataclasses import dataclass
from typing import Any

from api import listings, views
from api.limits import Brake
from api.routers import applications, certificates, operations, programmes
from api.runtime import Runtime
from api.sight import mask_name, mask_nik, missing
from db import reads
from db.identity import Access
from domain.errors import Malformed
from domain.nik import LENGTH

LOOKING_UP = Brake(burst=30, every=10)
"""Persons looked up by NIK or e-mail, for each account: no trying of numbers."""
FEW = 20
SHORTEST = 4
"""Characters of a stream's name that are enough to look for it."""


@dataclass(frozen=True)
class Found:
    """What one search found; each list cut at FEW."""

    streams: list[dict[str, Any]]
    certificates: list[dict[str, Any]]
    organisations: list[dict[str, Any]]

    @property
    def nothing(self) -> bool:
        return not (self.streams or self.certificates or self.organisations)


async def search(access: Access, runtime: Runtime, q: str) -> Found:
    """Chains whose name begins so, certificates with exactly this number, organisations by id or name."""
    numbered = await certificates.certificates(access, runtime, number=q, limit=FEW)
    async with runtime.db.read() as session:
        page = await reads.streams(session, prefix=q, limit=FEW) if len(q) >= SHORTEST else None
        organisations = await listings.organisations(session, q=q)
    return Found(
        streams=[stream_json(row) for row in page.items] if page else [],
        certificates=[masked(item) for item in numbered["items"]],
        organisations=[{"id": o.id, "name": o.name, "kind": o.kind} for o in organisations[:FEW]],
    )


async def of_organisation(access: Access, runtime: Runtime, id_: str, cursor: str) -> dict[str, Any]:
    """Its record, its programmes page by page, and the latest of the applications that it organised."""
    async with runtime.db.read() as session:
        row = await listings.organisation(session, id_)
    if row is None:
        raise missing()
    its = await programmes.programmes_list(access, runtime, organiser=id_, cursor=cursor)
    journeys = await applications.applications(access, runtime, organiser=id_, limit=FEW)
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "licence": row.licence,
        "programmes": its["items"],
        "next": its["next"],
        "applications": [masked(item) for item in journeys["items"]],
    }


async def find_person(access: Access, runtime: Runtime, wanted: str) -> list[str]:
    """Ids of whom this NIK or e-mail address belongs to. Malformed (A-PERSON) for what is neither."""
    LOOKING_UP.check_for(access.account)
    wanted = wanted.strip()
    async with runtime.db.read() as session:
        if "@" in wanted:
            return await runtime.vault.find_by_email(session, wanted)
        digits = "".join(c for c in wanted if c.isdigit())
        if len(digits) != LENGTH:
            raise Malformed.because(
                "A-PERSON",
                "Tulis NIK (16 angka) atau alamat surel yang lengkap.",
                "Give a whole NIK (16 digits) or a whole e-mail address.",
                field="wanted",
            )
        found = await runtime.vault.find_by_nik(session, digits)
    return [found] if found else []


async def person(access: Access, runtime: Runtime, id_: str) -> dict[str, Any]:
    """A person, masked, with the cases that they are in. NotFound for an unknown id."""
    async with runtime.db.read() as session:
        row = await reads.person(session, id_)
        if row is None:
            raise missing()
        known = await views.people(session, runtime.vault, [id_], access)
        journeys = await reads.journeys(session, person=id_)
        seats = await reads.seats_of_person(session, id_)
    theirs = await certificates.certificates(access, runtime, person=id_)
    return {
        "id": id_,
        "forgotten": id_ not in known,
        "name": mask_name(known.get(id_, {}).get("name", "")),
        "nik": mask_nik(row.nik_last4),
        "consent": row.consent_version,
        "applications": [
            {"stream": j.stream, **views.state_json("journey", j.state), "scheme": j.scheme}
            for j in journeys.items
        ],
        "programmes": [{"stream": s.stream, **views.state_json("seat", s.state)} for s in seats],
        "certificates": [masked(item) for item in theirs["items"]],
    }


async def ledger(access: Access, runtime: Runtime) -> dict[str, Any]:
    """How many chains and events there are, and the last checkpoint."""
    return await operations.ledger_head(access, runtime, stream="")


async def heads(
    runtime: Runtime, *, prefix: str, kind: str, frozen: bool | None, cursor: str
) -> dict[str, Any]:
    """The heads of chains, page by page."""
    async with runtime.db.read() as session:
        page = await reads.streams(session, prefix=prefix, kind=kind, frozen=frozen, cursor=cursor)
    return {"items": [stream_json(row) for row in page.items], "next": page.next}


async def checkpoints(runtime: Runtime, cursor: str) -> dict[str, Any]:
    """Signed checkpoints, the latest first."""
    async with runtime.db.read() as session:
        page = await reads.checkpoints(session, cursor=cursor)
    return {
        "items": [
            {
                "id": row.id,
                "at": views.moment(row.at),
                "root": row.root,
                "previous": row.previous,
                "signature": row.signature,
                "key": row.public_key_id,
            }
            for row in page.items
        ],
        "next": page.next,
    }


async def chain(
    access: Access, runtime: Runtime, stream: str, *, telling: reads.Telling | None, cursor: str
) -> dict[str, Any]:
    """One chain of either kind of truth, with its head. NotFound for an unknown name."""
    async with runtime.db.read() as session:
        row = await listings.stream_row(session, stream)
        if row is None:
            raise missing()
        page = await reads.timeline(session, stream, telling=telling, cursor=cursor)
    return {
        **stream_json(row),
        "events": [views.event_json(event, access) for event in page.items],
        "next": page.next,
    }


def stream_json(row: Any) -> dict[str, Any]:
    """The head of a chain."""
    return {
        "stream": row.stream,
        "kind": row.kind,
        "seq": row.head_seq,
        "hash": row.head_hash,
        "frozen": row.frozen,
        "frozen_reason": row.frozen_reason,
    }


def masked(item: dict[str, Any]) -> dict[str, Any]:
    """The item with its person's name and NIK hidden but for what tells two people apart."""
    hidden = {**item, "name": mask_name(item.get("name") or "")}
    if "nik_last4" in item:
        hidden["nik_last4"] = mask_nik(item["nik_last4"])
    return hidden
