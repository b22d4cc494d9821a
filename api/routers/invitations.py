"""How a participant without an account gets one: by the link in a mail, once."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency, programmes
from api.deps import Allow, Key, Run, from_our_own_page
from api.limits import Brake
from api.routers.sessions import SIGN_IN_BRAKE
from api.runtime import Runtime
from api.schemas.common import PROBLEMS, Body, Id
from api.sight import missing
from api.views import moment
from db import identity
from db.identity import Access
from db.streams import append_row_event
from db.tables import OutboxRow
from domain.errors import Forbidden
from domain.roles import Role

router = APIRouter(prefix="/v1", tags=["sessions"], responses=PROBLEMS)
Inviters = Annotated[Access, Depends(Allow(Role.ORGANISER, Role.OPERATIONS))]
INVITING = Brake(burst=60, every=30)
"""Invitations asked for, for each account: a whole class at once, but nobody's mailbox is filled."""


class Acceptance(Body):
    """The invitation's secret, and the name and password of the account that it opens."""

    invitation: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=400, repr=False)]


def brake(request: Request) -> None:
    """A dependency, since those come before the body is judged."""
    SIGN_IN_BRAKE.check(request)


@router.post("/invitations", status_code=201, summary="Open an account", dependencies=[Depends(brake)])
async def accept(body: Acceptance, request: Request, response: Response, runtime: Run) -> dict[str, Any]:
    """By an invitation, once. The account is the invited person's, in the hat of a candidate; then sign in.
    What is unknown, used or expired gets one and the same answer."""
    if "origin" in request.headers and not from_our_own_page(request, runtime.settings):
        raise Forbidden.because(
            "A-ORIGIN",
            "Permintaan ini tidak datang dari halaman produk ini.",
            "This request does not come from a page of this product.",
        )
    account = await runtime.db.retrying(
        lambda session: identity.accept(
            session, body.invitation, body.username, body.password, at=runtime.now()
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return {"account": account, "username": identity.fold_username(body.username)}


async def until(runtime: Runtime, secret: str) -> str | None:
    """When the invitation of this secret expires (UTC). NotFound (A-INVITATION) for one that is no good."""

    async def look(session: AsyncSession) -> str | None:
        return moment((await identity.invitation(session, secret, now=runtime.now())).expires_at)

    return await runtime.db.retrying(look)


@router.post(
    "/programmes/{programme}/seats/{seat}/invitation",
    status_code=202,
    summary="Invite a participant (again)",
)
async def invite(
    programme: Id, seat: Id, response: Response, access: Inviters, key: Key, runtime: Run
) -> dict[str, Any]:
    """A mail with a link by which the participant opens an account; for who has one, a conflict. Whoever has
    none is invited anyway with the first notice that is sent to them."""
    INVITING.check_for(access.account)
    async with runtime.db.read() as session:
        found = await programmes.find(session, access, programme)
    person = found.case.seats[seat].person if found.case and seat in found.case.seats else ""
    if not person:
        raise missing()

    async def work(session: AsyncSession) -> dict[str, Any]:
        if not await identity.uninvited(session, [person]):
            raise identity.has_account()
        event = await append_row_event(
            session, f"person-{person}", "invitation_asked", access.actor, {"seat": seat}, runtime.now()
        )
        session.add(
            OutboxRow(
                stream=event.stream,
                seq=event.seq,
                n=0,
                to=f"person:{person}",
                template="account_invited",
                data={},
                created_at=event.at,
            )
        )
        return {"seat": seat, "invited": True}

    what = f"invite {programme} {seat}"
    return await idempotency.write(runtime, access, key, what, {"seat": seat}, response, work)
