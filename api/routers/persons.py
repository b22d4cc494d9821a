"""Persons: naming one in a request, the whole NIK for a recorded reason, master assessors."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency, limits, listings, views
from api.deps import Allow, Anybody, Key, Operations, Run, Watchers
from api.schemas.common import PROBLEMS, Body, Id
from api.schemas.exact import YesNo
from api.schemas.people import MasterAssessorRecord, NewPerson, RegistrationNumber, Reveal
from db import registry
from db.identity import Access
from db.vault import PersonData
from domain.roles import Role

router = APIRouter(prefix="/v1", tags=["persons"], responses=PROBLEMS)

Namers = Annotated[Access, Depends(Allow(Role.ORGANISER, Role.OPERATIONS))]


@router.post("/persons", status_code=201, summary="Name a person")
async def name(body: NewPerson, response: Response, access: Namers, key: Key, runtime: Run) -> dict[str, Any]:
    """An id for a committee member or a master assessor. Who is known by NIK keeps the id; whether that was
    so is not told, and you go on seeing the name that you gave."""
    limits.NAMING.check_for(access.account)
    data = PersonData(full_name=body.full_name, nik=body.nik, email=body.email, phone=body.phone)

    async def work(session: AsyncSession) -> dict[str, Any]:
        named = await registry.name_person(session, runtime.vault, data, by=access.actor, at=runtime.now())
        return {"person": named}

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, "name_person", asked, response, work)


@router.post("/persons/{person}/reveal", summary="Show the whole NIK, name, e-mail or telephone")
async def reveal(
    person: Id, body: Reveal, response: Response, access: Watchers, key: Key, runtime: Run
) -> dict[str, str]:
    """For operations and auditors, with a reason. The access is on record before anything is shown; sent
    again with the same Idempotency-Key it is shown, and recorded, again: the answer is kept nowhere. Under
    the same key another reason is a conflict."""
    shown: dict[str, str] = {}

    async def work(session: AsyncSession) -> dict[str, Any]:
        nonlocal shown
        shown = await registry.reveal_person(
            session,
            runtime.vault,
            actor=access.actor,
            person=person,
            fields=body.fields,
            reason=body.reason,
            at=runtime.now(),
        )
        return {"person": person}

    asked = body.model_dump(mode="json")
    mark = idempotency.mark(runtime.settings, access, key, f"reveal {person}", asked)
    _, replayed = await idempotency.once(runtime, mark, work)
    if replayed:  # nothing that was shown before is on record for this time
        await runtime.db.retrying(work)
    response.headers["Cache-Control"] = "no-store"
    return {"person": person, **shown}


@router.post("/persons/{person}/registration-number", summary="Correct the registration number")
async def correct_number(
    person: Id,
    body: RegistrationNumber,
    response: Response,
    access: Operations,
    key: Key,
    runtime: Run,
) -> dict[str, Any]:
    """The number (MET) is kept for life; where a wrong one was recorded, operations replace it with a reason.
    The wrong one is free again. Issued certificates keep what is printed on them."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        number = await registry.correct_registration_number(
            session,
            runtime.vault,
            person=person,
            number=body.number,
            reason=body.reason,
            by=access.actor,
            at=runtime.now(),
        )
        return {"person": person, "registration_number": number}

    asked = body.model_dump(mode="json")
    return await idempotency.write(
        runtime, access, key, f"correct_registration_number {person}", asked, response, work
    )


@router.get("/master-assessors", summary="Master assessors")
async def master_assessors(
    access: Anybody, runtime: Run, field: Annotated[str, Query(max_length=80)] = ""
) -> dict[str, Any]:
    """Whom an organiser may propose. Names are shown to those who propose and assign."""
    async with runtime.db.read() as session:
        rows = await listings.all_master_assessors(session)
        rows = [row for row in rows if not field or field in row.fields]
        known: dict[str, dict[str, str]] = {}
        if access.hat.role is not Role.CANDIDATE:
            known = await views.people(session, runtime.vault, [row.person for row in rows], access)
    return {
        "items": [
            {
                "person": row.person,
                "name": known.get(row.person, {}).get("name"),
                "fields": row.fields,
                "certificate_state": row.certificate_state,
                "certificate_valid_until": row.certificate_valid_until.isoformat()
                if row.certificate_valid_until
                else None,
                "registration_number": row.registration_number,
            }
            for row in rows
        ]
    }


@router.put("/master-assessors/{person}", summary="Record a master assessor")
async def record(
    person: Id,
    body: MasterAssessorRecord,
    response: Response,
    access: Operations,
    key: Key,
    runtime: Run,
) -> dict[str, Any]:
    """Operations record fields and certificate of a person who may be assigned (R-MA); sent again it changes
    them."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        await runtime.vault.open_person(session, person)  # NotFound for somebody unknown or forgotten
        await registry.put_master_assessor(
            session,
            person=person,
            fields=body.fields,
            certificate_state=body.certificate_state,
            certificate_valid_until=body.certificate_valid_until,
            registration_number=body.registration_number or "",
            by=access.actor,
            at=runtime.now(),
        )
        return {"person": person}

    asked = body.model_dump(mode="json")
    return await idempotency.write(
        runtime, access, key, f"record_master_assessor {person}", asked, response, work
    )


class Resolution(Body):
    """Take the differing data over, or drop it."""

    accept: YesNo


@router.get("/roster-conflicts", summary="Rosters that said something else of a known person")
async def conflicts(_access: Operations, runtime: Run) -> dict[str, Any]:
    """Which fields differ; their values are opened by whoever resolves it, and are not listed."""
    async with runtime.db.read() as session:
        rows = await listings.conflicts(session)
    return {
        "items": [
            {
                "id": row.id,
                "person": row.person,
                "fields": row.fields,
                "source": row.source,
                "created_at": views.moment(row.created_at),
            }
            for row in rows
        ]
    }


@router.post("/roster-conflicts/{conflict}/resolve", summary="Resolve such a difference")
async def resolve(
    conflict: Id, body: Resolution, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """By BNSP operations, and by another person than who brought it."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        await registry.resolve_conflict(
            session, runtime.vault, conflict, accept=body.accept, by=access.actor, at=runtime.now()
        )
        return {"id": conflict}

    asked = body.model_dump(mode="json")
    return await idempotency.write(
        runtime, access, key, f"resolve_conflict {conflict}", asked, response, work
    )
