"""Cases as answers show them: what the asker may see of one, and what the asker may do."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api.gateway import Gateway
from api.problems import violation_json
from api.sight import mask_name, sees_masked, sees_names, sees_task
from db import reads
from db.identity import Access
from db.people_tables import Document
from db.tables import TaskRow
from db.vault import Vault
from domain.cases import Assignment, Case, Certificate, Class, Journey, Sealed, Seat, Task
from domain.document_names import document_name
from domain.errors import NotFound
from domain.event_labels import event_label
from domain.events import Event, Finding
from domain.policy import CURRENT, policy
from domain.roles import Role
from domain.rules.book import recall
from domain.text import Text
from state_machines.tables import TABLES

People = Mapping[str, Mapping[str, str]]
"""person → name and the NIK's last four digits, of those whom the asker may know."""


def both(text: Text, name: str = "label") -> dict[str, str]:
    """A sentence in both languages: `label` and `label_en`."""
    return {name: text.id, f"{name}_en": text.en}


def moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


async def people(
    session: AsyncSession, vault: Vault, ids: Iterable[str], access: Access | None
) -> dict[str, dict[str, str]]:
    """Names and last four digits, the names masked for whom they are (None: the public check, which shows
    the holder's); who is unknown or forgotten is left out."""
    opened = await vault.open_persons(session, [i for i in ids if i])
    shown = mask_name if access is not None and sees_masked(access) else str
    return {
        id_: {"name": shown(data.full_name), "nik_last4": (data.nik or "")[-4:]}
        for id_, data in opened.items()
    }


def person_json(id_: str, known: People) -> dict[str, str]:
    """A person by id, with the name when the asker may know it."""
    return {"person": id_, **known.get(id_, {})}


def state_json(machine: str, state: str) -> dict[str, Any]:
    """A state with its label."""
    table = TABLES.get(machine)
    if table is None:
        return {"state": state}
    found = table.state(state)
    return {"state": state, **both(found.label, "state_label"), "ended": found.terminal}


def head_json(case: Case) -> dict[str, Any]:
    """Which case it is, and how far its chain has come."""
    return {
        "stream": case.stream,
        "kind": case.kind,
        "seq": case.seq,
        "hash": case.head,
        "policy_version": case.policy_version,
        "clock": case.clock,
        "business_at": moment(case.business_at),
    }


def class_json(class_: Class, known: People) -> dict[str, Any]:
    return {
        "id": class_.id,
        **state_json("class", class_.state),
        "label": class_.label,
        "days": [d.isoformat() for d in class_.days],
        "start_hour": class_.start_hour,
        "zone": class_.zone.value,
        "venue": class_.venue,
        "venue_confirmed": class_.venue_confirmed,
        "committee": [person_json(p, known) for p in class_.committee],
        "attendance_recorded": class_.attendance_recorded,
    }


def seat_json(seat: Seat, known: People, reasons: Mapping[str, str], *, opens: bool = True) -> dict[str, Any]:
    """A seat; `reasons`: the texts, by id, that the asker may read of why participants were refused;
    `opens`: may the asker open its application? Else nothing is said of it."""
    return {
        "id": seat.id,
        **state_json("seat", seat.state),
        "class_id": seat.class_id,
        **person_json(seat.person, known),
        "kind": seat.kind,
        "recommending": seat.recommending,
        "external": seat.external,
        "pair_taken": seat.pair_taken,
        "position": seat.position,
        "reason": reasons.get(seat.reason.id) if seat.reason else None,
        "application": seat.journey if opens else "",
        "application_state": seat.journey_state if opens else "",
        "attended": [d.isoformat() for d in seat.attended],
        "kit": list(seat.facts.kit),
    }


def override_json(person: str, reason: Sealed, by: str, known: People, reasons: Mapping[str, str]) -> Any:
    """BNSP's leave for one person to train and to assess (R-SOD): whom, by whom, and, for who may read it,
    why."""
    return {
        **person_json(person, known),
        "by": person_json(by, known),
        "reason_id": reason.id,
        "reason": reasons.get(reason.id),
    }


def assignment_json(assignment: Assignment, known: People, reasons: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": assignment.id,
        **state_json("assignment", assignment.state),
        **person_json(assignment.person, known),
        "kind": assignment.kind,
        "class_id": assignment.class_id,
        "letter_number": assignment.letter_number,
        "letter_date": assignment.letter_date.isoformat() if assignment.letter_date else None,
        "override": override_json(
            assignment.person, assignment.override, assignment.override_by, known, reasons
        )
        if assignment.override
        else None,
    }


async def task_rows(session: AsyncSession, stream: str, now: datetime) -> dict[str, TaskRow]:
    """Every task of a case as inboxes list it, by id: it says who may see it."""
    rows: dict[str, TaskRow] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = await reads.all_tasks(
            session, now=now, open=None, stream=stream, cursor=cursor, limit=reads.MOST
        )
        rows |= {row.id: row for row in page.items}
        cursor = page.next
    return rows


def task_json(case: Case, task: Task, now: datetime) -> dict[str, Any]:
    """A task with its catalogue entry; no texts (see `opened`)."""
    entry = policy(case.policy_version).task(task.kind)
    return {
        "id": task.id,
        "stream": case.stream,
        **state_json("task", task.state),
        "kind": task.kind,
        **both(entry.label),
        **both(entry.help, "help"),
        "citation": entry.citation,
        "subject": task.subject,
        "rules": list(task.rules),
        "group": task.group,
        "for_person": task.for_person,
        "for_organisation": task.for_organisation,
        "holder": task.holder,
        "opened_at": moment(task.opened_at),
        "due_at": moment(task.due_at),
        "late": task.late or (task.completed_at is None and not task.decision and now > task.due_at),
        "level": task.level,
        "priority": task.priority,
        "decision": task.decision,
        "completed_at": moment(task.completed_at),
        "completed_by": task.completed_by,
        "evidence": list(task.evidence),
        "decisions": [
            {
                "decision": decision,
                "needs_reason": decision in entry.negative and decision not in entry.points,
                "needs_points": decision in entry.points,
                "needs_evidence": decision in entry.evidence,
            }
            for decision in entry.decisions
        ],
    }


def waiting_json(rows: Iterable[TaskRow], access: Access, now: datetime) -> list[dict[str, Any]]:
    """Whose turn it is in a case: its open tasks by kind, the earliest due first, with who is to act and by
    when. `yours` holds the ids of those that the asker may see."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        entry = CURRENT.task(row.kind)
        line = found.setdefault(
            row.kind,
            {
                "kind": row.kind,
                **both(entry.label),
                "role": row.group_role or entry.group.value,
                "due_at": moment(row.due_at),
                "late": now > row.due_at,
                "count": 0,
                "yours": [],
            },
        )
        line["count"] += 1
        if sees_task(access, row):
            line["yours"].append(row.id)
    return list(found.values())


def allowed_json(
    gateway: Gateway, case: Case, access: Access, now: datetime, *, everything: bool = False
) -> list[dict[str, Any]]:
    """What the asker may do now, and why not. What is only another role's is left out, unless
    `everything` is asked for."""
    found = []
    for offer in gateway.allowed(case, access.actor, now):
        violations = offer.answer.violations
        if not everything and any(v.rule == "M-ROLE" for v in violations):
            continue
        found.append(
            {
                "kind": offer.kind,
                "id": offer.id,
                "trigger": offer.answer.trigger,
                **both(offer.answer.label),
                "ok": offer.answer.ok,
                "violations": [violation_json(v) for v in violations],
            }
        )
    return found


def journey_json(journey: Journey, known: People, reasons: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": journey.id,
        **state_json("journey", journey.state),
        **person_json(journey.person, known),
        "scheme": journey.scheme,
        "scheme_version": journey.scheme_version,
        "track": journey.track,
        "organiser": journey.organiser,
        "programme": journey.programme,
        "class_id": journey.class_id,
        "seat": journey.seat,
        "units": [u.model_dump(mode="json") for u in journey.units],
        "submitted_at": moment(journey.submitted_at),
        "forms": dict(journey.forms),
        "consent_version": journey.consent_version,
        "reviewer": journey.reviewer,
        "send_backs": journey.send_backs,
        "training_recorded": journey.training_recorded,
        "assessor": journey.assessor,
        "overrides": [override_json(o.person, o.reason, o.by, known, reasons) for o in journey.overrides],
        "assessment_day": journey.assessment_day.isoformat() if journey.assessment_day else None,
        "venue": journey.venue,
        "signed": list(journey.signed),
        "results": [r.model_dump(mode="json") for r in journey.results],
        "reassessments": journey.reassessments,
        "decided_at": moment(journey.decided_at),
        "minutes_number": journey.minutes_number,
        "certificate": journey.certificate,
        "numbers": dict(journey.numbers),
        "valid_until": journey.valid_until.isoformat() if journey.valid_until else None,
    }


def certificate_json(certificate: Certificate, known: People) -> dict[str, Any]:
    return {
        "id": certificate.id,
        **state_json("certificate", certificate.state),
        **person_json(certificate.person, known),
        "scheme": certificate.scheme,
        "scheme_version": certificate.scheme_version,
        "application": certificate.journey,
        "certificate_number": certificate.certificate_number,
        "registration_number": certificate.registration_number,
        "blank_number": certificate.blank_number,
        "issued_on": certificate.issued_on.isoformat(),
        "valid_until": certificate.valid_until.isoformat(),
        "check_code": certificate.check_code,
        "pdf": bool(certificate.pdf_digest),
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """What a rule found, with its sentences made again from rule and facts."""
    shown: dict[str, Any] = {
        "rule": finding.rule,
        "version": finding.version,
        "outcome": finding.outcome,
        "subject": finding.subject,
        "facts": finding.facts,
    }
    try:
        verdict = recall(finding.rule, finding.facts, finding.subject)
    except (NotFound, KeyError, ValueError):  # a rule, or a sentence, that this version has no more
        return shown
    return {
        **shown,
        **both(verdict.text, "text"),
        "citation": verdict.citation,
        **(both(verdict.remedy, "remedy") if verdict.remedy else {}),
    }


def own_parts(case: Case, access: Access) -> frozenset[str] | None:
    """Ids of what in a programme is this reader's own; None when all of it may be read.

    A participant, and a master assessor who is not engaged, may read where the programme stands and what
    concerns themselves, and not how others were judged.
    """
    if case.kind != "programme" or sees_names(access, case):
        return None
    own = {s.id for s in case.seats.values() if s.person == access.person}
    own |= {a.id for a in case.assignments.values() if a.person == access.person}
    own |= {t.id for t in case.tasks.values() if t.for_person == access.person}
    return frozenset({access.person, *own, case.stream, *case.classes})


def event_json(event: Event, access: Access, own: frozenset[str] | None = None) -> dict[str, Any]:
    """One link of a chain. Accounts of others are for BNSP's operations and auditors; with `own`, what
    concerns others is left out."""
    shown = "" if own is not None and event.actor.person not in own else event.actor.person
    whole = access.hat.role in (Role.OPERATIONS, Role.AUDITOR)
    return {
        "seq": event.seq,
        "type": event.type,
        **both(event_label(event.type)),
        "at": moment(event.at),
        "business_at": moment(event.business_at),
        "actor": {
            "role": event.actor.role.value,
            "person": shown,
            "organisation": event.actor.organisation,
            "on_behalf_of": event.actor.on_behalf_of
            if own is None or event.actor.on_behalf_of in own
            else "",
            **({"account": event.actor.account} if whole else {}),
        },
        "policy_version": event.policy_version,
        "moves": [m.model_dump(mode="json") for m in event.moves if own is None or m.subject in own],
        "findings": [finding_json(f) for f in event.findings if own is None or f.subject in own],
        # How many people and groups were told, and which case sent the word that this event answers.
        **({"told": len(event.notices), "from": event.payload.get("sender", "")} if own is None else {}),
        "command_id": event.command_id,
        "prev_hash": event.prev_hash,
        "hash": event.hash,
    }


def document_json(document: Document, *, whole: bool) -> dict[str, Any]:
    """Metadata of an upload; whose bytes were the same before is for BNSP alone."""
    return {
        "id": document.id,
        "digest": document.digest,
        "media_type": document.media_type,
        "size": document.size,
        "requirement": document.requirement,
        **both(document_name(document.requirement)),
        "person": document.person,
        "dated": document.dated.isoformat() if document.dated else None,
        "uploaded_at": moment(document.uploaded_at),
        **({"duplicate_of": document.duplicate_of} if whole else {}),
    }
