"""Signing in and out, hats, and tokens for programs."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import accounts, idempotency, listings
from api.deps import (
    Anybody,
    Key,
    Run,
    clear_session_cookie,
    from_our_own_page,
    hat_json,
    set_session_cookie,
)
from api.limits import Brake
from api.middleware import client_of
from api.schemas.common import PROBLEMS, Id
from api.schemas.people import NewTokenRequest, SignIn, WearHat
from api.sight import missing
from api.views import moment
from db import identity
from db.identity import Access, Hat
from domain.errors import Forbidden, Malformed
from domain.roles import Role

router = APIRouter(prefix="/v1", tags=["sessions"], responses=PROBLEMS)

SIGN_IN_BRAKE = Brake(burst=60, every=1.0)  # an office behind one address signs in at eight


def brake(request: Request) -> None:
    """A dependency, since those come before the body is judged."""
    SIGN_IN_BRAKE.check(request)


@router.post("/sessions", status_code=201, summary="Sign in", dependencies=[Depends(brake)])
async def sign_in(body: SignIn, request: Request, response: Response, runtime: Run) -> dict[str, Any]:
    """The secret of a session (`token`), and the hats that it may wear."""
    if "origin" in request.headers and not from_our_own_page(request, runtime.settings):
        raise Forbidden.because(
            "A-ORIGIN",
            "Permintaan ini tidak datang dari halaman produk ini.",
            "This request does not come from a page of this product.",
        )
    secret = await identity.sign_in(
        runtime.db,
        body.username,
        body.password,
        now=runtime.now(),
        hours=runtime.settings.session_hours,
        agent=request.headers.get("user-agent", "")[:400],
        address=client_of(request),
    )
    async with runtime.db.read() as session:
        access = await identity.resolve_session(session, secret, now=runtime.now())
    if body.cookie:
        set_session_cookie(response, secret, runtime.settings)
    response.headers["Cache-Control"] = "no-store"
    return {"token": secret, "expires_at": moment(access.expires_at), **_me(access)}


@router.get("/me", summary="Who am I?")
async def me(access: Anybody, runtime: Run) -> dict[str, Any]:
    """The account that asks, its hats, and the business time that counts."""
    async with runtime.db.read() as session:
        account = await listings.account(session, access.account)
    return {
        **_me(access),
        "username": account.username if account else "",
        "scopes": sorted(access.scopes),
        "expires_at": moment(access.expires_at),
        "business_now": moment(await runtime.gateway.business_now()),
        "simulation": runtime.settings.clock == "simulation",
    }


@router.put("/me/hat", summary="Change the session's hat")
async def wear(body: WearHat, access: Anybody, _key: Key, runtime: Run) -> dict[str, Any]:
    """The same hat again changes nothing, so that the Idempotency-Key has nothing to do here."""
    try:
        hat = Hat(Role(body.role), body.organisation)
    except ValueError:
        raise Malformed.because(
            "A-HAT", "Peran itu tidak ada.", "There is no such role.", choices=[r.value for r in Role]
        ) from None
    return _me(await runtime.db.retrying(lambda s: identity.wear(s, access, hat, now=runtime.now())))


@router.get("/sessions", summary="My sessions")
async def sessions(access: Anybody, runtime: Run) -> dict[str, Any]:
    """Where this account is signed in now, and which of them asks. Moments are UTC."""
    async with runtime.db.read() as session:
        rows = await listings.sessions_of(session, access.account, runtime.now())
    return {"items": [accounts.session_json(row, access.key) for row in rows]}


@router.delete("/sessions/{id}", status_code=204, summary="Sign out")
async def sign_out(
    id: Annotated[str, Path(pattern=r"^([0-9a-f]{64}|current)$")],
    access: Anybody,
    response: Response,
    runtime: Run,
) -> None:
    """End one of my sessions; `current` is the one that asks."""
    key = access.key if id == "current" else id
    async with runtime.db.read() as session:
        mine = {row.id_hash for row in await listings.sessions_of(session, access.account, runtime.now())}
    if access.by_token or key not in mine:
        raise missing()
    ended = replace(access, key=key)
    await runtime.db.retrying(lambda s: identity.sign_out(s, ended, now=runtime.now()))
    if key == access.key:
        clear_session_cookie(response, runtime.settings)


@router.post("/tokens", status_code=201, summary="Make a token for a program")
async def make_token(
    body: NewTokenRequest, response: Response, access: Anybody, key: Key, runtime: Run
) -> dict[str, Any]:
    """`secret` is shown once and kept nowhere: sent again with the same key, the answer has null there. Then
    end that token and make another."""
    if access.by_token:
        raise Forbidden.because("A-TOKEN", "Token tidak dapat membuat token.", "A token cannot make tokens.")
    now = runtime.now()
    expires = now + timedelta(days=body.days)
    shown: dict[str, str] = {}

    async def work(session: AsyncSession) -> dict[str, Any]:
        made = await identity.create_token(
            session,
            account=access.account,
            label=body.label,
            scopes=body.scopes,
            hat=access.hat,
            expires_at=expires,
            by=access.actor,
            at=now,
        )
        shown[made.id] = made.secret
        return {"id": made.id, "expires_at": moment(expires), "hat": hat_json(access.hat)}

    asked = body.model_dump(mode="json")
    answer = await idempotency.write(runtime, access, key, "make_token", asked, response, work)
    response.headers["Cache-Control"] = "no-store"
    return {**answer, "secret": shown.get(answer["id"])}


@router.get("/tokens", summary="My tokens")
async def tokens(access: Anybody, runtime: Run) -> dict[str, Any]:
    """This account's tokens for programs, without their secret, which is shown once only."""
    async with runtime.db.read() as session:
        rows = await listings.tokens_of(session, access.account)
    return {
        "items": [
            {
                "id": row.id,
                "label": row.label,
                "scopes": row.scopes,
                "hat": hat_json(Hat(Role(row.role), row.organisation)),
                "created_at": moment(row.created_at),
                "last_used_at": moment(row.last_used_at),
                "expires_at": moment(row.expires_at),
                "revoked_at": moment(row.revoked_at),
            }
            for row in rows
        ]
    }


@router.delete("/tokens/{id}", status_code=204, summary="End a token")
async def end_token(id: Id, access: Anybody, _key: Key, runtime: Run) -> None:
    """Mine; operations may end anybody's. What has ended stays so: the Idempotency-Key has nothing to do."""
    async with runtime.db.read() as session:
        mine = {row.id for row in await listings.tokens_of(session, access.account)}
    if id not in mine and access.hat.role is not Role.OPERATIONS:
        raise missing("A-TOKEN")
    await runtime.db.retrying(lambda s: identity.revoke_token(s, id, by=access.actor, at=runtime.now()))


def _me(access: Access) -> dict[str, Any]:
    return {
        "account": access.account,
        "person": access.person,
        "hat": hat_json(access.hat),
        "hats": [hat_json(h) for h in access.hats],
    }
