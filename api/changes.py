"""What came back changed: a returned request or application beside what it was when it was returned."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import listings, programmes, views
from api.runtime import Runtime
from api.sight import sees_file
from db import reads
from db.identity import Access
from db.people_tables import Document
from domain.cases import Case, Class, Seat
from domain.document_names import document_name
from domain.events import Event

RETURNED = ("programme_sent_back", "application_sent_back")
CAME_BACK = ("programme_resubmitted", "application_resubmitted")
OPEN_SEAT = frozenset({"PROPOSED", "VERIFIED"})
OPEN_CLASS = frozenset({"PLANNED", "SCHEDULED"})
_CLASS = ("label", "days", "start_hour", "zone", "venue", "committee")
_SEAT = ("class_id", "kind", "recommending")
_FACTS = (
    "qualification",
    "kkni_level",
    "technical",
    "experience",
    "recommendation",
    "it_declared",
    "assessor_certificate_until",
    "evidence",
    "kit",
)


async def changes(runtime: Runtime, access: Access, case: Case) -> dict[str, Any]:
    """The last return that was answered: its points, and every difference since; `returned_at` None when
    nothing ever came back.

    Both sides are folded from the chain: what the case was after the event that returned it, and after the
    one that brought it back.
    """
    async with runtime.db.read() as session:
        events = await reads.chain(session, case.stream, types=(*RETURNED, *CAME_BACK))
        pair = _last_pair(events)
        if pair is None:
            return {"returned_at": None, "items": [], "documents": [], "points": []}
        away, back = pair
        sides = await reads.as_of(session, case.stream, (away.seq, back.seq))
        before, after = sides[away.seq], sides[back.seq]
        known = await programmes.names(session, runtime, access, _persons(before) | _persons(after))
        wanted = _points(before, after)
        points = await runtime.vault.open_texts(session, wanted)
        documents = await _documents(session, access, case, away.at, back.at)
    return {
        "returned_at": views.moment(away.business_at),
        "returned_by": away.actor.role.value,
        "came_back_at": views.moment(back.business_at),
        "points": [points[id_] for id_ in wanted if id_ in points],
        "items": list(_items(before, after, known)),
        "documents": [_document_json(*one, known) for one in documents],
    }


def _last_pair(events: Sequence[Event]) -> tuple[Event, Event] | None:
    """The last return that was answered, and its answer."""
    back = next((e for e in reversed(events) if e.type in CAME_BACK), None)
    away = next((e for e in reversed(events) if back and e.type in RETURNED and e.seq < back.seq), None)
    return (away, back) if away and back else None


def _points(before: Case, after: Case) -> list[str]:
    """Ids of the points that were to be mended, in their order."""
    done = [
        t
        for t in after.tasks.values()
        if t.points and t.id in before.tasks and t.state == "COMPLETED" != before.tasks[t.id].state
    ]
    return [point.id for task in done for point in task.points]


def _persons(case: Case) -> set[str]:
    if case.kind != "programme":
        return {case.journey.person}
    found = {s.person for s in case.seats.values()} | {a.person for a in case.assignments.values()}
    return found | {p for c in case.classes.values() for p in c.committee}


# ---- fields ----------------------------------------------------------------------------------------


def _items(before: Case, after: Case, known: views.People) -> Iterable[dict[str, Any]]:
    if before.kind == "journey":
        fields = [*_differ(_journey(before), _journey(after))]
        if fields:
            yield {
                "kind": "journey",
                "id": after.stream,
                "name": _name(after.journey.person, known),
                "change": "changed",
                "fields": fields,
            }
        return
    labels = {c.id: c.label for case in (before, after) for c in case.classes.values()}
    yield from _bag(
        "class",
        {c.id: _class(c, known) for c in before.classes.values() if c.state in OPEN_CLASS},
        {c.id: _class(c, known) for c in after.classes.values() if c.state in OPEN_CLASS},
        labels,
    )
    seats = {s.id: _name(s.person, known) for case in (before, after) for s in case.seats.values()}
    yield from _bag(
        "seat",
        {s.id: _seat(s, labels) for s in before.seats.values() if s.state in OPEN_SEAT},
        {s.id: _seat(s, labels) for s in after.seats.values() if s.state in OPEN_SEAT},
        seats,
    )
    masters = {a.id: _name(a.person, known) for case in (before, after) for a in case.assignments.values()}
    yield from _bag("assignment", _assigned(before, labels), _assigned(after, labels), masters)


def _bag(
    kind: str,
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
) -> Iterable[dict[str, Any]]:
    for id_ in dict.fromkeys([*before, *after]):
        fields = list(_differ(before.get(id_, {}), after.get(id_, {})))
        if not fields:
            continue
        change = "removed" if id_ not in after else "added" if id_ not in before else "changed"
        yield {"kind": kind, "id": id_, "name": names.get(id_, id_[:8]), "change": change, "fields": fields}


def _differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        if was != now and not (was in _NOTHING and now in _NOTHING):
            yield {"field": name, "before": was, "after": now}


_NOTHING: tuple[Any, ...] = (None, "", [], {})


def _class(class_: Class, known: views.People) -> dict[str, Any]:
    found = class_.model_dump(mode="json", include=set(_CLASS))
    return {
        **{name: found[name] for name in _CLASS},
        "committee": [_name(p, known) for p in class_.committee],
    }


def _seat(seat: Seat, labels: Mapping[str, str]) -> dict[str, Any]:
    found = seat.model_dump(mode="json", include={*_SEAT, "facts"})
    claims = {name: found["facts"].get(name) for name in _FACTS}
    return {
        **{name: found[name] for name in _SEAT},
        "class_id": labels.get(seat.class_id, seat.class_id),
        **_flat(claims),
    }


def _flat(claims: dict[str, Any]) -> dict[str, Any]:
    """The letter's own parts beside the rest; its file is told with the documents."""
    letter = claims.pop("recommendation", None) or {}
    return {**claims, "letter_day": letter.get("day")}


def _assigned(case: Case, labels: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {
        a.id: {"kind": a.kind, "class_id": labels.get(a.class_id, a.class_id)}
        for a in case.assignments.values()
        if a.state == "PROPOSED"
    }


def _journey(case: Case) -> dict[str, Any]:
    found = case.journey.model_dump(mode="json", include={"facts", "consent_version"})
    claims = {name: found["facts"].get(name) for name in (*_FACTS, "recommending")}
    renewed = [f"{one.renews.isoformat()} → {one.valid_until.isoformat()}" for one in case.journey.renewed]
    return {**_flat(claims), "consent_version": found["consent_version"], "renewed": renewed}


def _name(person: str, known: views.People) -> str:
    return known.get(person, {}).get("name", person[:8])


# ---- documents -------------------------------------------------------------------------------------


async def _documents(
    session: AsyncSession, access: Access, case: Case, since: datetime, until: datetime
) -> list[tuple[Document, Document | None]]:
    """What was handed in between the two real moments (UTC), each with what it stands in for: the newest of
    the same kind and person before."""
    rows = await listings.documents_of(session, [case.stream])
    rows = [row for row in rows if sees_file(access, row, case)]
    fresh = [row for row in rows if since < row.uploaded_at <= until]
    old = [row for row in rows if row.uploaded_at <= since]
    found = []
    for row in reversed(fresh):
        same = (o for o in old if (o.requirement, o.person) == (row.requirement, row.person))
        found.append((row, next(same, None)))
    return found


def _document_json(row: Document, before: Document | None, known: views.People) -> dict[str, Any]:
    def one(document: Document) -> dict[str, Any]:
        return {**views.document_json(document, whole=True), "application": document.application}

    return {
        "change": "replaced" if before else "added",
        "name": _name(row.person, known) if row.person else "",
        **views.both(document_name(row.requirement)),
        "document": one(row),
        "before": one(before) if before else None,
    }
