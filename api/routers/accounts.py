"""Accounts and roles, for BNSP operations: every change for a recorded reason. Auditors may look."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from api import accounts, idempotency
from api.deps import Anybody, Key, Operations, Run, Watchers
from api.limits import Brake
from api.runtime import Runtime
from api.schemas.common import PROBLEMS, Body, Cursor, Id
from api.schemas.people import Name, Reason
from db import identity, registry
from db.identity import Hat
from db.vault import PersonData
from domain.errors import Forbidden, Malformed
from domain.roles import Role

router = APIRouter(prefix="/v1", tags=["accounts"], responses=PROBLEMS)
LINK_BRAKE = Brake(burst=20, every=10.0)
Password = Annotated[str, Field(min_length=1, max_length=400, repr=False)]
Key64 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class WithReason(Body):
    """Why it is done; kept sealed, and seen by other administrators and auditors."""

    reason: Reason


class RoleChange(WithReason):
    """A role; an organiser's belongs to one organisation."""

    role: Role
    organisation: Annotated[str, Field(max_length=80)] = ""


class NewAccount(RoleChange):
    """A way in for one person: a known one by id, or a new one by name, NIK and e-mail."""

    username: Annotated[str, Field(min_length=3, max_length=80)]
    person: Annotated[str, Field(max_length=80)] = ""
    full_name: Annotated[Name | None, Field(repr=False)] = None
    nik: Annotated[str | None, Field(pattern=r"^[0-9]{16}$", repr=False)] = None
    email: Annotated[str, Field(max_length=254, repr=False)] = ""


class PasswordChange(Body):
    """The present password, and the new one."""

    current: Password
    password: Password


class NewPassword(Body):
    """The new password that a link's owner chose."""

    secret: Annotated[str, Field(min_length=1, max_length=400, repr=False)]
    password: Password


@router.get("/accounts", summary="Accounts")
async def listed(
    access: Watchers,
    runtime: Run,
    q: Annotated[str, Query(max_length=80)] = "",
    role: Role | Literal[""] = "",
    organisation: Annotated[str, Query(max_length=80)] = "",
    state: Literal["", "active", "locked", "disabled"] = "",
    cursor: Cursor = "",
) -> dict[str, Any]:
    """By the beginning of the user name, role, organisation and state; persons as the asker may see them."""
    asked = accounts.Asked(q, str(role), organisation, state)
    return await accounts.listed(runtime, access, asked, cursor)


@router.get("/accounts/{account}", summary="One account")
async def account(account: Id, access: Watchers, runtime: Run) -> dict[str, Any]:
    """Its roles, where it is signed in, and its tokens for programs."""
    return await accounts.one(runtime, access, account)


@router.post("/accounts", status_code=201, summary="Open an account")
async def open_account(
    body: NewAccount, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Nobody can sign in by it before its owner has chosen a password by the link: ask for one. For others
    than oneself."""
    hat = _hat(body)
    if bool(body.person) == bool(body.full_name):
        raise Malformed.because(
            "A-WHO",
            "Sebutkan id orang yang sudah dikenal, atau nama lengkap orang baru.",
            "Give a known person's id, or a new person's full name.",
            field="person",
        )

    async def work(session: AsyncSession) -> dict[str, Any]:
        now, person = runtime.now(), body.person
        if hat.organisation:
            await registry.organisation_data(session, hat.organisation)
        if not person:
            data = PersonData(full_name=body.full_name or "", nik=body.nik, email=body.email)
            person = await registry.create_person(session, runtime.vault, data, by=access.actor, at=now)
        made = await identity.open_account(
            session,
            runtime.vault,
            person=person,
            username=body.username,
            hat=hat,
            reason=body.reason,
            by=access.actor,
            at=now,
        )
        return {"id": made, "person": person}

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, "open_account", asked, response, work)


@router.post("/accounts/{account}/roles", summary="Give a role")
async def give_role(
    account: Id, body: RoleChange, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """By somebody else than its owner."""
    hat = _hat(body)

    async def work(session: AsyncSession) -> dict[str, Any]:
        if hat.organisation:
            await registry.organisation_data(session, hat.organisation)
        await identity.give_role(
            session, runtime.vault, account, hat, reason=body.reason, by=access.actor, at=runtime.now()
        )
        return {"id": account}

    return await _write(runtime, access, key, f"give_role {account}", body, response, work)


@router.post("/accounts/{account}/roles/end", summary="End a role")
async def end_role(
    account: Id, body: RoleChange, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Sessions and tokens that wear it stop at their next request."""
    hat = _hat(body)

    async def work(session: AsyncSession) -> dict[str, Any]:
        await identity.end_role(
            session, runtime.vault, account, hat, reason=body.reason, by=access.actor, at=runtime.now()
        )
        return {"id": account}

    return await _write(runtime, access, key, f"end_role {account}", body, response, work)


@router.post("/accounts/{account}/disable", summary="Close an account")
async def disable(
    account: Id, body: WithReason, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Its sessions and tokens end now."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        await identity.close_account(
            session, runtime.vault, account, reason=body.reason, by=access.actor, at=runtime.now()
        )
        return {"id": account}

    return await _write(runtime, access, key, f"disable {account}", body, response, work)


@router.post("/accounts/{account}/enable", summary="Unlock or reopen an account")
async def enable(
    account: Id, body: WithReason, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """With its password as it was. By somebody else than its owner."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        await identity.reopen_account(
            session, runtime.vault, account, reason=body.reason, by=access.actor, at=runtime.now()
        )
        return {"id": account}

    return await _write(runtime, access, key, f"enable {account}", body, response, work)


@router.post("/accounts/{account}/password-link", summary="Make a link for a new password")
async def password_link(
    account: Id, body: WithReason, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """`path` is shown once and kept nowhere: sent again with the same key it is null. It works once, for a
    day; give it to the account's owner by a way that you trust. For others than oneself."""
    shown: dict[str, str] = {}

    async def work(session: AsyncSession) -> dict[str, Any]:
        secret, until = await identity.password_link(
            session, runtime.vault, account, reason=body.reason, by=access.actor, at=runtime.now()
        )
        shown["path"] = f"/password/{secret}"
        return {"id": account, "expires_at": until.isoformat()}

    answer = await _write(runtime, access, key, f"password_link {account}", body, response, work)
    response.headers["Cache-Control"] = "no-store"
    return {**answer, "path": shown.get("path")}


@router.delete("/accounts/{account}/sessions", summary="Sign an account out everywhere")
async def end_all_sessions(account: Id, access: Operations, _key: Key, runtime: Run) -> dict[str, Any]:
    """What has ended stays so: the Idempotency-Key has nothing to do."""
    ended = await runtime.db.retrying(
        lambda s: identity.end_sessions(s, account, by=access.actor, at=runtime.now())
    )
    return {"ended": ended}


@router.delete("/accounts/{account}/sessions/{session}", summary="End one session of an account")
async def end_one_session(
    account: Id, session: Key64, access: Operations, _key: Key, runtime: Run
) -> dict[str, Any]:
    """The one with this id, as `/v1/accounts/{account}` lists it."""
    ended = await runtime.db.retrying(
        lambda s: identity.end_sessions(s, account, only=session, by=access.actor, at=runtime.now())
    )
    return {"ended": ended}


@router.put("/me/password", status_code=204, summary="Change my password")
async def change_mine(body: PasswordChange, access: Anybody, _key: Key, runtime: Run) -> None:
    """Every session and token of this account ends, the one that asks too: sign in anew."""
    if access.by_token:
        raise Forbidden.because(
            "A-TOKEN", "Token tidak dapat mengganti kata sandi.", "A token cannot change the password."
        )
    LINK_BRAKE.check_for(access.account)
    await identity.change_own_password(
        runtime.db, access.account, body.current, body.password, by=access.actor, at=runtime.now()
    )


async def linked(runtime: Runtime, secret: str) -> str:
    """The user name of the account of a link that works. NotFound (A-LINK)."""
    row = await runtime.db.retrying(
        lambda s: identity.follow_link(s, runtime.vault, secret, now=runtime.now())
    )
    return row.username


async def brake(request: Request) -> None:
    """A dependency, since those come before the body is judged."""
    LINK_BRAKE.check(request)


@router.post(
    "/passwords", status_code=204, summary="Choose a password by a link", dependencies=[Depends(brake)]
)
async def choose(body: NewPassword, runtime: Run) -> None:
    """Open to all: the secret of the link says whose. It works once."""
    await runtime.db.retrying(
        lambda s: identity.use_link(s, runtime.vault, body.secret, body.password, at=runtime.now())
    )


def _hat(body: RoleChange) -> Hat:
    return Hat(body.role, body.organisation)


async def _write(
    runtime: Any, access: Any, key: str, what: str, body: Body, response: Response, work: Any
) -> dict[str, Any]:
    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, what, asked, response, work)
