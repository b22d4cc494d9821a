"""The decision committee: its sittings, what lies before it, each member's own vote, and the minutes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from api import assessment, idempotency, sitting, views
from api.deps import STAFF, Allow, Key, Run
from api.routers import applications
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Body, Cursor, Id, Limit
from api.schemas.derive import FreeText
from api.schemas.exact import Whole, YesNo
from api.sight import missing
from db import reads, sheets
from db.identity import Access
from domain.cases import Case
from domain.events import Event
from domain.roles import Role
from domain.rules.rule import WORDS
from state_machines.journey_facts import recommendation

router = APIRouter(prefix="/v1", tags=["committee"], responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(*STAFF))]
Members = Annotated[Access, Depends(Allow(Role.COMMITTEE))]
BEFORE = "DECISION"
"""State of an application that a sitting is to decide."""


class OwnVote(Body):
    """A member's own vote. `version` is that of the vote when it was seen; 0 for none."""

    competent: YesNo
    reason: FreeText
    version: Annotated[Whole, Field(ge=0)] = 0


@router.get("/sittings", summary="What lies before the committee")
async def sittings(
    access: Readers,
    runtime: Run,
    state: Annotated[
        str, Query(max_length=30, description="`DECISION`: convened; `RECOMMENDED`: to be convened.")
    ] = BEFORE,
    mine: Annotated[bool, Query(description="Only those to which you were invited.")] = False,
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Applications with the committee, each with its recommendation and how many have voted. Of a page those
    alone that are asked for: it may be short, and `next` goes on."""
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        page = await reads.journeys(session, state=state, cursor=cursor, limit=limit)
        cases = await reads.cases_of(session, [row.stream for row in page.items])
        wanted = [c for c in cases if not mine or access.person in c.journey.members]
        persons = {c.journey.person for c in wanted} | {p for c in wanted for p in c.journey.members}
        known = await views.people(session, runtime.vault, persons, access)
        found = await sitting.find_all(session, runtime, wanted)
        items = [
            {**_head(c, known), "sitting": sitting.view(access, found[c.stream], known, now)} for c in wanted
        ]
    return {"items": items, "next": page.next}


def _head(case: Case, known: views.People) -> dict[str, Any]:
    j = case.journey
    return {
        "id": j.id,
        "stream": case.stream,
        **views.state_json("journey", j.state),
        **views.person_json(j.person, known),
        "scheme": j.scheme,
        "recommendation": recommendation(j) if j.results else None,
        "reassessments": j.reassessments,
    }


@router.get("/applications/{application}/dossier", summary="What the committee decides on")
async def dossier(application: Id, access: Readers, runtime: Run) -> dict[str, Any]:
    """Attendance, results with their evidence, who had a hand in which step, the sitting with R-SOD for each
    member, and every decision before. (Requirements and documents stand with the application.)"""
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
        j = case.journey
        found = await sitting.find(session, runtime, case)
        persons = {j.person, j.assessor, j.reviewer, *j.trainers, *j.members}
        persons |= {p for some in case.hands.values() for p in some}
        for former in await reads.chain(session, application, types=(sitting.CONVENED, *sitting.DECIDED)):
            persons |= {former.actor.person, *_members(former)}
        known = await views.people(session, runtime.vault, persons, access)
        seats = await reads.seats_of_journey(session, application)
        sheet = await assessment.filed(session, runtime, case)
        documents = await assessment.documents(session, access, application)
        before = await sitting.decided(session, runtime, case, known)
    return {
        **_head(case, known),
        "organiser": j.organiser,
        "policy_version": case.policy_version,
        "head": {"seq": case.seq, "hash": case.head},
        "training": {
            "needed": bool(j.class_id),
            "recorded": j.training_recorded,
            "days": [d.isoformat() for d in j.class_days],
            "attended": next((s.attended for s in seats), []),
            "trainers": [views.person_json(p, known) for p in j.trainers],
        },
        "assessor": views.person_json(j.assessor, known) if j.assessor else None,
        "day": j.assessment_day.isoformat() if j.assessment_day else None,
        "assessment": assessment.view(access, sheet, known, documents) if sheet else None,
        "results": assessment.results(j),
        "hands": [
            {
                "step": step,
                **views.both(WORDS[step]),
                "persons": [views.person_json(p, known) for p in some],
            }
            for step, some in case.hands.items()
            if step in WORDS
        ],
        "sitting": sitting.view(access, found, known, now),
        "decisions": before,
    }


def _members(event: Event) -> set[str]:
    return {p for c in event.changes if c.kind == "journey" for p in c.fields.get("members", ())}


@router.put("/applications/{application}/votes/mine", summary="Cast your own vote")
async def vote(
    application: Id, body: OwnVote, response: Response, access: Members, key: Key, runtime: Run
) -> dict[str, Any]:
    """A member of the sitting votes, with a reason, and may change it until the chair enters the decision.
    The chair's entry must say the same."""
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
        found = await sitting.find(session, runtime, case)
    if (error := sitting.why_not(access, found, now)) is not None:
        raise error
    if found.task is None:
        raise missing()
    where = sitting.sheet_of(found.task)

    async def work(session: AsyncSession) -> dict[str, Any]:
        version = await sheets.put_cell(
            session,
            runtime.vault,
            application,
            where,
            access.person,
            {"competent": body.competent, "reason": body.reason},
            version=body.version,
            by=access.actor,
            at=runtime.now(),
            moment=now,
            tell=False,
        )
        return {"version": version}

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, f"vote {application} {where}", asked, response, work)


@router.get("/applications/{application}/minutes", summary="The minutes of the sittings")
async def minutes(application: Id, access: Readers, runtime: Run) -> dict[str, Any]:
    """Every sitting that decided, made from what is recorded: members, votes, decision, reason, hashes."""
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
        persons = {case.journey.person}
        for event in await reads.chain(session, application, types=(sitting.CONVENED, *sitting.DECIDED)):
            persons |= {event.actor.person, *_members(event)}
        known = await views.people(session, runtime.vault, persons, access)
        found = await sitting.decided(session, runtime, case, known)
    return {**_head(case, known), "sittings": found, "simulation": case.clock == "simulation"}
