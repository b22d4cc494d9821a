"""What is judged in a task: each requirement with what the rules found of it, what was claimed, and the
documents that are to show it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import listings, programmes, views
from api.runtime import Runtime
from api.sight import sees_file
from db import reads, registry
from db.identity import Access
from db.people_tables import Document
from domain.cases import Case, DocumentFinding, Task
from domain.document_names import document_name
from domain.events import Event, Finding
from domain.facts import ParticipantFacts
from domain.finding_labels import REASONS
from domain.policy import policy
from domain.rules.book import RULES
from workflows.cases.programme.request import ANSWER_TO

WORST = ("fail", "needs_human", "pass", "not_applicable")
CLAIMS: dict[str, tuple[str, ...]] = {
    "R-Q3": ("qualification", "kkni_level"),
    "R-TECH": ("technical", "experience"),
    "R-REC": ("recommending", "recommendation"),
    "R-IT": ("it_declared",),
    "R-WIN": ("assessor_certificate_until",),
    "R-KIT": ("way", "evidence", "kit"),
}
"""What a participant said of themselves that each rule judges, by the names of `ParticipantFacts`."""
Found = dict[tuple[str, str], tuple[Event, list[Finding]]]
"""(rule, subject) → the last event in which it was found, and what was found."""


async def review(
    runtime: Runtime, access: Access, case: Case, task: Task, subject: str = ""
) -> dict[str, Any]:
    """Everybody and everything that the task judges, with the worst outcome of every rule; and, of the one
    chosen (`subject`; else where a person has to look first), each requirement in full."""
    async with runtime.db.read() as session:
        events = await reads.chain(session, case.stream, telling="rules")
        documents = await _documents(session, access, case)
        persons = {s.person for s in case.seats.values()} if case.kind == "programme" else set()
        if case.kind == "journey":
            persons = {case.journey.person}
        known = await programmes.names(session, runtime, access, persons)
        named = await registry.organisation_names(session, _institutions(case))
    found = _latest(events)
    subjects = list(_subjects(case, task, known, named))
    lines = {s["id"]: _lines(case, task, s, found, documents, named) for s in subjects}
    chosen = next((s for s in subjects if s["id"] == subject), None) or _first(subjects, lines)
    return {
        "subjects": [
            {**s, "outcomes": {one["requirement"]: one["outcome"] for one in lines[s["id"]]}}
            for s in subjects
        ],
        "subject": chosen["id"] if chosen else "",
        "lines": lines[chosen["id"]] if chosen else [],
        "other": _others(case, chosen, lines[chosen["id"]], documents) if chosen else [],
    }


def _first(
    subjects: Sequence[dict[str, Any]], lines: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any] | None:
    """Whom one looks at first: where something failed or is left to a person, else what stands on top."""
    for subject in subjects:
        if any(line["outcome"] in ("fail", "needs_human") for line in lines[subject["id"]]):
            return subject
    return subjects[0] if subjects else None


def _institutions(case: Case) -> list[str]:
    if case.kind == "journey":
        return [case.journey.organiser, case.journey.facts.recommending]
    if case.kind == "programme":
        return [case.programme.organiser, *(s.recommending for s in case.seats.values())]
    return []


async def _documents(session: AsyncSession, access: Access, case: Case) -> list[Document]:
    """What was handed in for the case, and for a programme's candidate also with the programme's request."""
    rows = await listings.documents_of(session, [case.stream])
    if case.kind == "journey" and case.journey.programme:
        rows += await listings.documents_of(session, [case.journey.programme], person=case.journey.person)
    return [row for row in rows if sees_file(access, row, case)]


def _latest(events: Iterable[Event]) -> Found:
    found: Found = {}
    for event in events:
        fresh: dict[tuple[str, str], list[Finding]] = {}
        for finding in event.findings:
            fresh.setdefault((finding.rule, finding.subject), []).append(finding)
        found |= {key: (event, some) for key, some in fresh.items()}
    return found


def _subjects(
    case: Case, task: Task, known: views.People, named: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    if case.kind == "journey":
        person = views.person_json(case.journey.person, known)
        yield {"kind": "journey", "id": case.stream, **views.state_json("journey", case.state), **person}
        return
    if case.kind != "programme":
        return
    programme = case.programme
    if task.subject not in case.seats:
        yield {
            "kind": "programme",
            "id": programme.id,
            **views.state_json("programme", programme.state),
            "name": named.get(programme.organiser, programme.organiser),
        }
        for class_ in case.classes.values():
            if class_.state != "CANCELLED":
                label = {"label": class_.label, "days": [d.isoformat() for d in class_.days]}
                yield {
                    "kind": "class",
                    "id": class_.id,
                    **views.state_json("class", class_.state),
                    **label,
                }
    for seat in case.seats.values():
        if seat.id == task.subject or (task.subject not in case.seats and seat.state in _JUDGED):
            yield {
                "kind": "seat",
                "id": seat.id,
                **views.state_json("seat", seat.state),
                **views.person_json(seat.person, known),
                "seat_kind": seat.kind,
                "external": seat.external,
            }


_JUDGED = frozenset({"PROPOSED", "VERIFIED", "CONFIRMED", "WAITLISTED", "OFFERED"})
"""Seats that still count."""


def _lines(
    case: Case,
    task: Task,
    subject: Mapping[str, Any],
    found: Found,
    documents: Sequence[Document],
    named: Mapping[str, str],
) -> list[dict[str, Any]]:
    """One line for each rule that looked at this subject or has documents of it, in the book's order."""
    here = {subject["id"]}
    if subject["kind"] in ("programme", "journey"):  # and whatever is not about one of its parts
        here |= {id_ for _, id_ in found} - {*case.seats, *case.classes}
    facts = _facts(case, subject)
    mine = [d for d in documents if d.person == subject.get("person", "")]
    asked = {r.rule: r for r in policy(case.policy_version).requirements} if facts else {}
    checked = {f.requirement: f for f in case.journey.findings} if subject["kind"] == "journey" else {}
    lines = []
    for rule in [*RULES, *(r for r in asked if r not in RULES)]:
        seen = [one for id_ in sorted(here) if (one := found.get((rule, id_))) is not None]
        finding = checked.get(rule)
        if not seen and rule not in asked and finding is None:
            continue
        verdicts = [views.finding_json(f) for _, some in seen for f in some]
        book = RULES.get(rule)
        requirement = asked.get(rule)
        lines.append(
            {
                "requirement": rule,
                **(views.both(book.title, "title") if book else {}),
                "citation": book.citation if book else "[D]",
                "verdicts": verdicts,
                "outcome": _worst([v["outcome"] for v in verdicts], finding),
                "at": max((views.moment(event.business_at) or "" for event, _ in seen), default=None),
                "reasons": _reasons(finding),
                "answer": _answer(case, facts, rule),
                "asked": rule in task.rules,
                "claims": _claims(facts, rule, named),
                "renewals": _renewals(case, rule, mine) if subject["kind"] == "journey" else [],
                "documents": [
                    {
                        "requirement": name,
                        **views.both(document_name(name)),
                        "uploaded": [_document(d) for d in mine if d.requirement == name],
                    }
                    for name in (requirement.documents if requirement else ())
                ],
            }
        )
    return lines


def _facts(case: Case, subject: Mapping[str, Any]) -> ParticipantFacts | None:
    if subject["kind"] == "journey":
        return case.journey.facts
    if subject["kind"] == "seat":
        return case.seats[subject["id"]].facts
    return None


def _worst(outcomes: Sequence[str], finding: DocumentFinding | None) -> str:
    """The machine's check of the documents counts beside the rules; nothing found is nobody's yes."""
    every = [*outcomes, *([finding.outcome] if finding else [])]
    return next((one for one in WORST if one in every), "")


def _reasons(finding: DocumentFinding | None) -> list[dict[str, Any]]:
    """Why the machine's check did not pass, with the documents that each reason is about."""
    if finding is None:
        return []
    return [
        {
            "reason": name,
            **views.both(REASONS[name]),
            "about": [views.both(document_name(one)) for one in value if one != finding.requirement],
        }
        for name, value in finding.facts.items()
        if name in REASONS
    ]


def _answer(case: Case, facts: ParticipantFacts | None, rule: str) -> str:
    """What a person decided where the rule left it to one: `accepted`, `refused`, or nothing."""
    field = ANSWER_TO.get(rule, "")
    if rule == "R-ORG" and case.kind == "programme":
        return case.programme.organiser_answer
    return str(getattr(facts, field, None) or "") if facts is not None else ""


def _claims(facts: ParticipantFacts | None, rule: str, named: Mapping[str, str]) -> dict[str, Any]:
    if facts is None:
        return {}
    said = facts.model_dump(mode="json", include=set(CLAIMS.get(rule, ())))
    said = {name: said[name] for name in CLAIMS.get(rule, ()) if said.get(name) not in (None, "", [])}
    if "recommending" in said:
        said["recommending"] = named.get(said["recommending"], said["recommending"])
    if letter := said.pop("recommendation", None):
        said |= {"letter_day": letter["day"]} if letter["day"] else {}
    return said


def _renewals(case: Case, rule: str, mine: Sequence[Document]) -> list[dict[str, Any]]:
    """Technical certificates that were renewed since, each with the document to judge it by."""
    if rule != "R-TECH":
        return []
    by_digest = {d.digest: d for d in mine}
    return [
        {
            "renews": one.renews.isoformat(),
            "valid_until": one.valid_until.isoformat(),
            "document": _document(by_digest[one.document]) if one.document in by_digest else None,
        }
        for one in case.journey.renewed
    ]


def _document(row: Document) -> dict[str, Any]:
    return {**views.document_json(row, whole=True), "application": row.application}


def _others(
    case: Case, subject: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], documents: Sequence[Document]
) -> list[dict[str, Any]]:
    """Documents of the subject that belong to no requirement: forms, the request's letter, evidence of
    staff."""
    shown = {u["id"] for line in lines for d in line["documents"] for u in d["uploaded"]}
    shown |= {r["document"]["id"] for line in lines for r in line["renewals"] if r["document"]}
    persons = {subject.get("person", "")} | ({""} if case.kind == "journey" else set())
    if subject["kind"] == "class":
        return []
    return [_document(d) for d in documents if d.id not in shown and d.person in persons]
