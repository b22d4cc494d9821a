"""A new password: by its owner, who knows the present one, or by the link that an administrator made."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Run, clear_session_cookie
from api.routers import accounts as api
from api.runtime import Runtime
from domain.errors import DomainError, Malformed, NotFound
from domain.text import Text
from domain.verdict import Violation
from web.acts import validated
from web.deps import Anybody, go
from web.pages import account
from web.render import page

router = APIRouter(include_in_schema=False)
HEADERS = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
Typed = Annotated[str, Form(max_length=400)]


@router.post("/account/password", name="change_password")
async def change(
    request: Request,
    access: Anybody,
    runtime: Run,
    current: Typed = "",
    password: Typed = "",
    again: Typed = "",
) -> Response:
    """Change one's own; all sessions end, and the door is shown."""
    try:
        _same(password, again)
        body = validated(api.PasswordChange, {"current": current, "password": password})
        await api.change_mine(body, access, "", runtime)
    except DomainError as error:
        return await account.shown(request, access, runtime, error)
    target = go("/sign-in?done=1")
    clear_session_cookie(target, runtime.settings)
    return target


@dataclass(frozen=True)
class PasswordPage:
    username: str
    """Empty: the link does not work."""
    errors: tuple[Violation, ...]


@router.get("/password/{secret}", name="password_page")
async def choose_page(secret: str, request: Request, runtime: Run) -> HTMLResponse:
    """The form that a link leads to, or why there is none."""
    return await _shown(request, runtime, secret)


async def _shown(
    request: Request, runtime: Runtime, secret: str, error: DomainError | None = None
) -> HTMLResponse:
    username, status = "", error.status if error else 200
    errors = tuple(error.violations) if error else ()
    try:
        api.LINK_BRAKE.check(request)
        username = await api.linked(runtime, secret)
    except NotFound as gone:
        status, errors = gone.status, ()
    except DomainError as often:
        status, errors = often.status, tuple(often.violations)
    context = PasswordPage(username, errors)
    return await page(request, runtime, None, "password.html", context, status=status, headers=HEADERS)


@router.post("/password/{secret}", name="choose_password")
async def choose(
    secret: str, request: Request, runtime: Run, password: Typed = "", again: Typed = ""
) -> Response:
    """Set it, and show the door."""
    try:
        _same(password, again)
        body = validated(api.NewPassword, {"secret": secret, "password": password})
        await api.choose(body, runtime)
    except DomainError as error:
        return await _shown(request, runtime, secret, error)
    return go("/sign-in?done=1")


def _same(password: str, again: str) -> None:
    """Malformed (A-AGAIN) when the second is not the first."""
    if password != again:
        raise Malformed(
            Violation(
                rule="A-AGAIN",
                text=Text(
                    id="Kata sandi kedua berbeda dari yang pertama.",
                    en="The second password is not the first one.",
                ),
                citation="[D] § 10",
                facts={"field": "again"},
            )
        )
