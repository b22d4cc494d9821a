"""Signing in and out, the hat that is worn, and one's sessions."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Run, clear_session_cookie, from_our_own_page
from api.routers import sessions
from api.routers.sessions import SIGN_IN_BRAKE
from api.runtime import Runtime
from api.schemas.people import SignIn, WearHat
from db.identity import Access
from domain.errors import DomainError, Forbidden
from domain.verdict import Violation
from web import nav
from web.acts import validated
from web.deps import Anybody, go, inside
from web.render import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class SignInPage:
    next: str
    username: str = ""
    errors: tuple[Violation, ...] = ()


@router.get("/sign-in", name="sign_in_page")
async def sign_in_page(request: Request, runtime: Run, next: str = "/") -> HTMLResponse:
    """The door."""
    return await page(request, runtime, None, "sign_in.html", SignInPage(inside(next)))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    runtime: Run,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """In, with a cookie that scripts cannot read; else the same page with what was wrong."""
    try:
        SIGN_IN_BRAKE.check(request)
        if not from_our_own_page(request, runtime.settings):
            raise Forbidden.because(
                "A-ORIGIN",
                "Permintaan ini tidak datang dari halaman produk ini.",
                "This request does not come from a page of this product.",
            )
        body = validated(SignIn, {"username": username, "password": password, "cookie": True})
        answer = Response()
        await sessions.sign_in(body, request, answer, runtime)
    except DomainError as error:
        context = SignInPage(inside(next), username[:200], tuple(error.violations))
        return await page(request, runtime, None, "sign_in.html", context, status=error.status)
    target = go(inside(next))
    target.raw_headers += [pair for pair in answer.raw_headers if pair[0] == b"set-cookie"]
    return target


@router.get("/home", name="home_page")
async def home(access: Anybody) -> Response:
    """To the first page of the hat that is worn."""
    return go(nav.home(access))


@router.post("/hat", name="change_hat")
async def wear(access: Anybody, runtime: Run, hat: Annotated[str, Form()]) -> Response:
    """Another hat of the same person, for this session."""
    role, _, organisation = hat.partition(":")
    await sessions.wear(validated(WearHat, {"role": role, "organisation": organisation}), access, "", runtime)
    return go("/home")


@dataclass(frozen=True)
class AccountPage:
    me: dict[str, Any]
    sessions: list[dict[str, Any]]
    errors: tuple[Violation, ...]


@router.get("/account", name="account_page")
async def account(request: Request, access: Anybody, runtime: Run) -> HTMLResponse:
    """Who I am here, in which hats, and where I am signed in."""
    return await shown(request, access, runtime)


async def shown(
    request: Request, access: Access, runtime: Runtime, error: DomainError | None = None
) -> HTMLResponse:
    """The page, with why a new password was refused."""
    context = AccountPage(
        me=await sessions.me(access, runtime),
        sessions=(await sessions.sessions(access, runtime))["items"],
        errors=tuple(error.violations) if error else (),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "account.html", context, status=status)


@router.post("/sign-out")
async def sign_out(access: Anybody, runtime: Run, session: Annotated[str, Form()] = "current") -> Response:
    """End this session, or another of mine."""
    answer = Response()
    key = access.key if session == "current" else session
    await sessions.sign_out(key, access, answer, runtime)
    if key != access.key:
        return go("/account")
    target = go("/")
    clear_session_cookie(target, runtime.settings)
    return target
