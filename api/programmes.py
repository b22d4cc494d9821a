"""A programme as its asker may see it: a draft, a case, or a case with the draft that corrects it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import listings, sight, views
from api.drafts import DraftContent, content_of, require_open
from api.runtime import Runtime
from db import reads, registry
from db.drafts import business_moment
from db.given_names import given_names
from db.identity import Access
from db.people_tables import DRAFT, EXPIRED, Draft
from domain.cases import Case
from domain.roles import Role
from logs import bind_case
from state_machines.tables import TABLES
from state_machines.task import answers_for


@dataclass(frozen=True)
class Found:
    """What there is of one programme. At least one of the two is there."""

    draft: Draft | None
    case: Case | None

    @property
    def organiser(self) -> str:
        if self.draft is not None:
            return self.draft.organiser
        assert self.case is not None
        return self.case.programme.organiser


async def find(session: AsyncSession, access: Access, programme: str, *, lock: bool = False) -> Found:
    """The programme, if the asker may see it. NotFound; a stranger's look is recorded."""
    draft = await listings.draft(session, programme, lock=lock)
    if draft is not None and draft.kind != "programme":
        draft = None
    case = await reads.case(session, programme)
    if case is not None and case.kind != "programme":
        case = None
    if case is None and draft is None:
        raise sight.missing()
    seen = (draft is not None and sight.sees_draft(access, draft)) or (
        case is not None and sight.sees_programme(access, case)
    )
    if not seen:
        raise sight.stranger()
    bind_case(programme, case.workflow_id if case else "")
    return Found(draft, case)


async def find_own(
    session: AsyncSession, access: Access, programme: str, *, lock: bool = True
) -> tuple[Draft, Case | None]:
    """The organiser's own draft; locked for a change, unless the session only reads. Refused
    (A-DRAFT-EXPIRED)."""
    found = await find(session, access, programme, lock=lock)
    if found.draft is None or found.draft.organiser != access.hat.organisation:
        raise sight.stranger()
    require_open(found.draft, found.case, await business_moment(session, datetime.now(UTC)))
    return found.draft, found.case


async def view(runtime: Runtime, access: Access, found: Found) -> dict[str, Any]:
    """The whole programme for this asker."""
    if found.case is None or not found.case.bag("programme"):
        assert found.draft is not None
        return await _draft_view(runtime, access, found.draft)
    return await _case_view(runtime, access, found.case, found.draft)


async def _draft_view(runtime: Runtime, access: Access, draft: Draft) -> dict[str, Any]:
    content = content_of(draft)
    async with runtime.db.read() as session:
        organisers = await registry.organisation_names(session, [draft.organiser])
        known = await names(session, runtime, access, _persons(content))
    return {
        "id": draft.id,
        "kind": "draft",
        **views.state_json("programme", EXPIRED if draft.state == EXPIRED else "DRAFT"),
        "stage": 1,
        "organiser": {"id": draft.organiser, "name": organisers.get(draft.organiser, "")},
        "version": draft.version,
        "updated_at": views.moment(draft.updated_at),
        **_content_json(content, known),
        "tasks": [],
        "allowed": [],
    }


def _content_json(content: DraftContent, known: views.People) -> dict[str, Any]:
    """The request as it is being written."""
    return {
        **content.model_dump(mode="json", include={"track", "scheme", "scheme_version", "venue", "zone"}),
        "digest": content.digest,
        "classes": [
            {
                **c.model_dump(mode="json", exclude={"committee"}),
                "committee": [views.person_json(p, known) for p in c.committee],
                "masters": [
                    {"kind": m.kind, **views.person_json(m.person, known)}
                    for m in content.masters
                    if m.class_id == c.id
                ],
            }
            for c in content.classes
        ],
        "seats": [{**s.model_dump(mode="json"), **views.person_json(s.person, known)} for s in content.seats],
    }


async def _case_view(runtime: Runtime, access: Access, case: Case, draft: Draft | None) -> dict[str, Any]:
    programme = case.programme
    expired = draft is not None and draft.state == EXPIRED and case.state == DRAFT
    seats = list(case.seats.values())
    if access.hat.role is Role.CANDIDATE:  # a participant sees the own seat, not the others
        seats = [s for s in seats if s.person == access.person]
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        organisers = await registry.organisation_names(session, [programme.organiser])
        known: dict[str, dict[str, str]] = {}
        if sight.sees_names(access, case):
            persons = {s.person for s in seats} | {a.person for a in case.assignments.values()}
            persons |= {p for c in case.classes.values() for p in c.committee}
            persons |= {a.override_by for a in case.assignments.values()}
            known = await names(session, runtime, access, persons)
        returned = [t for t in case.tasks.values() if t.decision == "return_report"]
        reasons: dict[str, str] = {}
        if access.hat.role is not Role.MASTER_ASSESSOR:  # who was refused, and why, is no matter of theirs
            wanted = [s.reason.id for s in seats if s.reason]
            if sight.sees_names(access, case):
                wanted += [a.override.id for a in case.assignments.values() if a.override]
                wanted += [t.reason.id for t in returned if t.reason]
            reasons = await runtime.vault.open_texts(session, wanted)
        rows = await views.task_rows(session, case.stream, now)
    tasks = [
        views.task_json(case, task, now)
        for task in case.tasks.values()
        if task.id in rows and sight.sees_task(access, rows[task.id])
    ]
    shown = {s.id for s in seats} | {t["id"] for t in tasks} | set(case.classes) | {programme.id}
    allowed = [
        offer
        for offer in views.allowed_json(runtime.gateway, case, access, now)
        if not expired and (offer["kind"] not in ("seat", "task") or offer["id"] in shown)
    ]
    body: dict[str, Any] = {
        "id": programme.id,
        **views.head_json(case),
        "kind": "case",
        **views.state_json("programme", EXPIRED if expired else programme.state),
        "stage": _stage(case),
        "organiser": {
            "id": programme.organiser,
            "kind": programme.organiser_kind,
            "name": organisers.get(programme.organiser, ""),
        },
        "track": programme.track,
        "scheme": programme.scheme,
        "scheme_version": programme.scheme_version,
        "field": programme.field,
        "submitted_at": views.moment(programme.submitted_at),
        "submitted_total": programme.submitted_total,
        "submitted_external": programme.submitted_external,
        "share_flagged": programme.share_flagged,
        "send_backs": programme.send_backs,
        "request_digest": programme.request_digest,
        "report_digest": programme.report_digest,
        "returned": [reasons[t.reason.id] for t in returned if t.reason and t.reason.id in reasons],
        "classes": [views.class_json(c, known) for c in case.classes.values()],
        "seats": [
            views.seat_json(s, known, reasons, opens=sight.sees_application_of(access, case, s))
            for s in seats
        ],
        "assignments": [views.assignment_json(a, known, reasons) for a in case.assignments.values()],
        "tasks": tasks,
        "waiting": views.waiting_json((row for row in rows.values() if row.open), access, now),
        "answers": [] if access.hat.role is Role.CANDIDATE else _answers(case, access),
        "allowed": allowed,
    }
    correctable = case.state in ("DRAFT", "CORRECTION") and not expired
    if draft is not None and correctable and sight.sees_draft(access, draft):
        content = content_of(draft)
        async with runtime.db.read() as session:
            known = await names(session, runtime, access, _persons(content))
        body["draft"] = {"version": draft.version, **_content_json(content, known)}
    return body


ANSWERS = ("confirm_seat", "answer_offer", "complete_kit")


def _answers(case: Case, access: Access) -> list[dict[str, Any]]:
    """What participants have still to answer: about which seat, and until when. `task` where the asker may
    answer on behalf."""
    return [
        {
            "seat": task.subject,
            "kind": task.kind,
            "due_at": views.moment(task.due_at),
            "task": task.id if answers_for(case, task, access.actor) else None,
        }
        for task in case.tasks.values()
        if task.kind in ANSWERS and task.state in ("OFFERED", "CLAIMED")
    ]


async def names(
    session: AsyncSession, runtime: Runtime, access: Access, persons: Collection[str]
) -> dict[str, dict[str, str]]:
    """Names and last digits for who may see them; an organiser sees those that it gave itself (else a
    guessed NIK would tell whose it is), and the names of master assessors, which every organiser may list.
    """
    if access.hat.role is not Role.ORGANISER:
        return await views.people(session, runtime.vault, persons, access)
    given = await given_names(session, runtime.vault, access.hat.organisation, persons)
    masters = await registry.master_assessors(session, set(persons) - given.keys())
    listed = await views.people(session, runtime.vault, masters, access)
    return {**{person: {"name": one["name"]} for person, one in listed.items()}, **given}


def _persons(content: DraftContent) -> set[str]:
    persons = {s.person for s in content.seats} | {m.person for m in content.masters}
    return persons | {p for c in content.classes for p in c.committee}


def _stage(case: Case) -> int:
    state = case.programme.suspended_from or case.programme.state
    return TABLES["programme"].state(state).stage
