"""What an auditor looks through: search over everything, persons masked, and the state of the ledger."""

from dataclasses import dataclass
from typing import Any

from activities.verifying import public_keys
from api import listings, views
from api.limits import Brake
from api.routers import applications, certificates, operations, programmes
from api.runtime import Runtime
from api.sight import mask_name, mask_nik, missing, sees_masked
from db import checkpoints as seals
from db import reads, registry
from db.identity import Access
from domain.cases import Case
from domain.errors import Malformed
from domain.nik import LENGTH
from domain.roles import LABELS, Role
from domain.text import Text

LOOKING_UP = Brake(burst=30, every=10)
"""Persons looked up by NIK or e-mail, for each account: no trying of numbers."""
FEW = 20
HOLDER = Text(id="Pemegang", en="Holder")
PARTICIPANT = Text(id="Peserta", en="Participant")
CLASS_COMMITTEE = Text(id="Panitia kelas", en="Class committee")
PRINTED = Text(id="Sertifikat tercetak", en="Printed certificate")
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
    """Signed checkpoints, the latest first; `holds`: one of the known keys signed it."""
    keys = public_keys(runtime.settings)
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
                "holds": seals.holds(row, keys),
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
        called = await listings.usernames(session, [event.actor.account for event in page.items])
    return {
        **stream_json(row),
        "events": [
            {**views.event_json(event, access), "username": called.get(event.actor.account, "")}
            for event in page.items
        ],
        "next": page.next,
    }


async def beside(access: Access, runtime: Runtime, stream: str) -> dict[str, Any]:
    """Whom a case is about, masked, each with the part that they have in it; and its documents."""
    async with runtime.db.read() as session:
        case = await reads.case(session, stream)
        if case is None or case.main is None:
            return {"people": [], "documents": []}
        parts = _parts(case)
        known = await views.people(session, runtime.vault, parts, access)
        documents = await listings.documents_of(session, [stream])
    listed = [views.document_json(row, whole=True) for row in documents]
    if case.kind == "certificate" and case.certificate.pdf_digest:
        listed = [_printed(case)]
    return {
        "people": [
            {"person": id_, "name": mask_name(known.get(id_, {}).get("name", "")), **views.both(part, "part")}
            for id_, part in parts.items()
        ],
        "documents": listed,
    }


def _parts(case: Case) -> dict[str, Text]:
    """person → what they are in the case; who is more than one thing is told by the first."""
    found: dict[str, Text] = {}
    if case.kind == "certificate":
        found[case.certificate.person] = HOLDER
    elif case.kind == "journey":
        journey = case.journey
        found[journey.person] = LABELS[Role.CANDIDATE]
        for id_ in (journey.assessor, *journey.assessors):
            found.setdefault(id_, LABELS[Role.MASTER_ASSESSOR])
        found.setdefault(journey.reviewer, LABELS[Role.REVIEWER])
    else:
        for seat in case.seats.values():
            found[seat.person] = PARTICIPANT
        for assignment in case.assignments.values():
            found.setdefault(assignment.person, LABELS[Role.MASTER_ASSESSOR])
        for one in case.classes.values():
            for id_ in one.committee:
                found.setdefault(id_, CLASS_COMMITTEE)
    found.pop("", None)
    return found


def _printed(case: Case) -> dict[str, Any]:
    """The printed certificate as a document of its case."""
    return {
        "id": case.stream,
        "digest": case.certificate.pdf_digest,
        "media_type": "application/pdf",
        "size": None,
        "person": case.certificate.person,
        "uploaded_at": None,
        **views.both(PRINTED),
    }


async def document(access: Access, runtime: Runtime, id: str) -> dict[str, Any]:
    """A document's record, or a printed certificate's by the certificate's id; `until` when it is open to
    this account for a recorded reason, `path` where it stands. NotFound."""
    async with runtime.db.read() as session:
        row = await listings.documents_by_id(session, id)
        case = await reads.case(session, row.application if row is not None else id)
        printed = row is None and case is not None and case.kind == "certificate" and case.main is not None
        if printed:
            assert case is not None
            told, stream, kind = _printed(case), id, "certificate"
        elif row is not None:
            told, stream = views.document_json(row, whole=True), row.application
            draft = await listings.draft(session, stream) if case is None else None
            kind = case.kind if case is not None else draft.kind if draft is not None else "programme"
        else:
            raise missing("D-MISSING")
        known = await views.people(session, runtime.vault, [told["person"]], access)
        until = await registry.opened(session, account=access.account, document=id, at=runtime.now())
    path = {
        "certificate": f"/v1/certificates/{id}/pdf",
        "journey": f"/v1/applications/{stream}/evidence/{id}",
    }.get(kind, f"/v1/programmes/{stream}/evidence/{id}")
    return {
        **told,
        "case": stream,
        "case_kind": kind,
        "name": mask_name(known.get(told["person"], {}).get("name", "")),
        "masked": sees_masked(access),
        "until": views.moment(until),
        "path": path,
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
