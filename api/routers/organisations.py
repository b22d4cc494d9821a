"""Organisations and certification schemes: row truth that operations keep."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency, listings, views
from api.deps import Anybody, Key, Operations, Run
from api.reading import one
from api.schemas.common import PROBLEMS, Id
from api.schemas.people import LicenceMove, NewOrganisation, NewScheme, OrganisationChange
from db import registry
from db.people_tables import Organisation
from db.registry import OrganisationData, SchemeData
from domain.clock import local_day
from domain.errors import Conflict

router = APIRouter(prefix="/v1", tags=["organisations and schemes"], responses=PROBLEMS)


@router.get("/organisations", summary="Organisations")
async def organisations(
    _access: Anybody,
    runtime: Run,
    kind: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=80)] = "",
) -> dict[str, Any]:
    """Whoever is registered, by kind or by a part of the name. Open to everybody who is signed in."""
    async with runtime.db.read() as session:
        rows = await listings.organisations(session, kind=kind, q=q)
    return {"items": [_short(row) for row in rows]}


@router.get("/organisations/{organisation}", summary="One organisation")
async def organisation(organisation: Id, request: Request, access: Anybody, runtime: Run) -> Response:
    """Licence, schemes, and the `version` that a change has to name."""
    async with runtime.db.read() as session:
        body = await _whole(session, organisation)
    moves = [
        {
            "trigger": row.trigger,
            **views.both(row.label),
            "dest": row.dest,
            "citation": row.why,
            "needs_day": row.trigger in registry.DATED,
        }
        for row in registry.licence_moves(body["licence"], access.hat.role)
    ]
    return one(request, {**body, "licence_moves": moves})


@router.post("/organisations", status_code=201, summary="Register an organisation")
async def register(
    body: NewOrganisation, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Operations only. It is an event on the organisation's own stream; its licence is recorded as BNSP gave
    it."""
    data = OrganisationData(**body.model_dump())

    async def work(session: AsyncSession) -> dict[str, Any]:
        if await listings.organisation(session, data.id) is not None:
            raise Conflict.because(
                "G-ORG-TWICE", "Lembaga ini sudah terdaftar.", "This organisation is registered already."
            )
        await registry.put_organisation(session, data, by=access.actor, at=runtime.now(), expected=0)
        return await _whole(session, data.id)

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, "register_organisation", asked, response, work)


@router.patch("/organisations/{organisation}", summary="Change an organisation")
async def change(
    organisation: Id,
    body: OrganisationChange,
    response: Response,
    access: Operations,
    key: Key,
    runtime: Run,
) -> dict[str, Any]:
    """Fields that are not sent stay as they are; `licence_valid_until: null` takes the end away."""
    given = body.model_dump(exclude_unset=True, exclude={"version"})

    async def work(session: AsyncSession) -> dict[str, Any]:
        before = await registry.organisation_data(session, organisation)
        data = OrganisationData.model_validate({**before.model_dump(), **_named(given)})
        await registry.put_organisation(
            session, data, by=access.actor, at=runtime.now(), expected=body.version
        )
        return await _whole(session, organisation)

    asked = body.model_dump(mode="json", exclude_unset=True)
    return await idempotency.write(
        runtime, access, key, f"change_organisation {organisation}", asked, response, work
    )


@router.post("/organisations/{organisation}/licence", summary="Move an organisation's licence")
async def move_licence(
    organisation: Id, body: LicenceMove, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Grant, suspend, reinstate, revoke or renew it, as `licence_moves` of the organisation offers; for a
    reason."""
    today = local_day(await runtime.gateway.business_now())

    async def work(session: AsyncSession) -> dict[str, Any]:
        await registry.move_licence(
            session,
            runtime.vault,
            organisation,
            body.trigger,
            valid_until=body.valid_until,
            reason=body.reason,
            expected=body.version,
            today=today,
            by=access.actor,
            at=runtime.now(),
        )
        return await _whole(session, organisation)

    asked = body.model_dump(mode="json")
    return await idempotency.write(
        runtime, access, key, f"move_licence {organisation}", asked, response, work
    )


@router.get("/schemes", summary="Schemes, in their current version")
async def schemes(_access: Anybody, runtime: Run) -> dict[str, Any]:
    """What can be applied for, with units. `verified: false`: BNSP has not confirmed it."""
    async with runtime.db.read() as session:
        found = [await registry.scheme_data(session, id_, v) for id_, v in await listings.schemes(session)]
    return {"items": [scheme.model_dump(mode="json") for scheme in found]}


@router.get("/schemes/{scheme}", summary="One scheme")
async def scheme(
    scheme: Id,
    request: Request,
    _access: Anybody,
    runtime: Run,
    version: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Its current version, or the one that is asked for: a case keeps the version that it began with."""
    async with runtime.db.read() as session:
        found = await registry.scheme_data(session, scheme, version)
    return one(request, found.model_dump(mode="json"))


@router.post("/schemes", status_code=201, summary="Add a scheme's version")
async def add_scheme(
    body: NewScheme, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Operations only. A version is never changed: what changes is a new one."""
    data = SchemeData(**body.model_dump())

    async def work(session: AsyncSession) -> dict[str, Any]:
        await registry.put_scheme(session, data, by=access.actor, at=runtime.now())
        return data.model_dump(mode="json")

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, "add_scheme", asked, response, work)


def _named(given: dict[str, Any]) -> dict[str, Any]:
    """Null means "as it was", but where it is a value of its own."""
    nullable = ("licence_valid_until", "bnsp_confirmed")
    return {name: value for name, value in given.items() if value is not None or name in nullable}


def _short(row: Organisation) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "licence": row.licence,
        "licence_valid_until": row.licence_valid_until.isoformat() if row.licence_valid_until else None,
        "approved_to_recommend": row.approved_to_recommend,
        "version": row.version,
    }


async def _whole(session: AsyncSession, id_: str) -> dict[str, Any]:
    data = await registry.organisation_data(session, id_)
    row = await listings.organisation(session, id_)
    return {**data.model_dump(mode="json"), "version": row.version if row else 0}
