"""People and roles for administrators: search, open, give and end roles, close, unlock, a link for a new
password, sessions. Auditors read; every change takes a reason."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from api import accounts as api
from api.deps import Operations, Run
from api.routers import accounts as routes
from api.routers import organisations
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from db.identity import Access
from domain.errors import DomainError
from domain.roles import LABELS, Role
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.pages.monitor import Watchers
from web.render import page

router = APIRouter(include_in_schema=False)
ROLES = {r.value: text for r, text in LABELS.items() if r is not Role.SYSTEM}
Do = Literal["role", "end-role", "disable", "enable", "link"]


@dataclass(frozen=True)
class AccountsPage:
    q: str
    role: str
    state: str
    organisation: str
    roles: dict[str, Text]
    states: dict[str, Text]
    items: list[dict[str, Any]]
    next: str | None
    may: bool
    """May the one who asks change anything?"""


@router.get("/admin/accounts", name="admin_accounts_page")
async def accounts_page(
    request: Request,
    access: Watchers,
    runtime: Run,
    q: Annotated[str, Query(max_length=80)] = "",
    role: Annotated[str, Query(max_length=20)] = "",
    state: Annotated[str, Query(max_length=10)] = "",
    organisation: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
) -> HTMLResponse:
    """Who may come in, as what."""
    found = await api.listed(runtime, access, api.Asked(q.strip(), role, organisation.strip(), state), cursor)
    context = AccountsPage(
        q, role, state, organisation, ROLES, api.STATES, found["items"], found["next"], _may(access)
    )
    return await page(request, runtime, access, "admin_accounts.html", context)


def _may(access: Access) -> bool:
    return access.hat.role is Role.OPERATIONS


@dataclass(frozen=True)
class NewAccountPage:
    roles: dict[str, Text]
    organisations: list[dict[str, Any]]
    values: Mapping[str, str]
    errors: tuple[Violation, ...]
    key: str


FIELDS = ("username", "full_name", "nik", "email", "person", "role", "organisation", "reason")


@router.get("/admin/accounts/new", name="admin_new_account_page")
async def new_account_page(request: Request, access: Operations, runtime: Run) -> HTMLResponse:
    """A new account's form."""
    return await _new_shown(
        request, access, runtime, {**dict.fromkeys(FIELDS, ""), "role": Role.VERIFIER.value}
    )


async def _new_shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    values: Mapping[str, str],
    error: DomainError | None = None,
) -> HTMLResponse:
    listed = (await organisations.organisations(access, runtime))["items"]
    errors = tuple(error.violations) if error else ()
    context = NewAccountPage(ROLES, listed, values, errors, acts.new_key())
    return await page(
        request, runtime, access, "admin_new_account.html", context, status=error.status if error else 200
    )


@router.post("/admin/accounts/new", name="admin_open_account")
async def open_account(request: Request, access: Operations, runtime: Run) -> Response:
    """Open it, and go to where its link is made."""
    sent = await request.form()
    values = {name: str(sent.get(name, "")).strip() for name in FIELDS}
    try:
        given = {name: value for name, value in values.items() if value}
        body = acts.validated(routes.NewAccount, given)
        made = await routes.open_account(body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _new_shown(request, access, runtime, values, error)
    return go(f"/admin/accounts/{made['id']}?done=1")


@dataclass(frozen=True)
class AccountPage:
    account: dict[str, Any]
    roles: dict[str, Text]
    organisations: list[dict[str, Any]]
    may: bool
    own: bool
    """It is the asker's: its rights are changed by somebody else."""
    link: str
    """The address of the link that was just made, whole; shown this once."""
    reason: str
    open: str
    """The form that was refused, and is open again."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/admin/accounts/{account}", name="admin_account_page")
async def account_page(account: Id, request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """One account, with what may be done."""
    return await _shown(request, access, runtime, account)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    account: str,
    *,
    link: str = "",
    reason: str = "",
    opened: str = "",
    error: DomainError | None = None,
) -> HTMLResponse:
    found = await api.one(runtime, access, account)
    listed = (await organisations.organisations(access, runtime))["items"] if _may(access) else []
    context = AccountPage(
        account=found,
        roles=ROLES,
        organisations=listed,
        may=_may(access),
        own=found["person"] == access.person,
        link=link,
        reason=reason,
        open=opened,
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "admin_account.html", context, status=status)


ACTS: dict[Do, tuple[type[routes.WithReason], Callable[..., Awaitable[dict[str, Any]]]]] = {
    "role": (routes.RoleChange, routes.give_role),
    "end-role": (routes.RoleChange, routes.end_role),
    "disable": (routes.WithReason, routes.disable),
    "enable": (routes.WithReason, routes.enable),
    "link": (routes.WithReason, routes.password_link),
}


@router.post("/admin/accounts/{account}/do/{act}", name="admin_change_account")
async def change(account: Id, act: Do, request: Request, access: Operations, runtime: Run) -> Response:
    """One change, for the reason that came with it. A link is shown on the page that answers, once."""
    sent = await request.form()
    given = {name: str(v) for name, v in sent.items() if name in ("reason", "role", "organisation") and v}
    model, does = ACTS[act]
    try:
        body = acts.validated(model, given)
        done = await does(account, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        reason = given.get("reason", "")[:1000]
        return await _shown(request, access, runtime, account, reason=reason, opened=act, error=error)
    if act == "link" and done["path"]:
        link = f"{runtime.settings.public_url}{done['path']}"
        return await _shown(request, access, runtime, account, link=link)
    return go(f"/admin/accounts/{account}?done=1")


@router.post("/admin/accounts/{account}/sessions", name="admin_end_sessions")
async def end_sessions(
    account: Id, access: Operations, runtime: Run, session: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """End one session, or all of them."""
    if session:
        await routes.end_one_session(account, session, access, "", runtime)
    else:
        await routes.end_all_sessions(account, access, "", runtime)
    return go(f"/admin/accounts/{account}?done=1#sessions")
