"""The way in for who was invited: choose a name and a password, and the account is open."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Run
from api.routers import invitations, sessions
from api.routers.sessions import SIGN_IN_BRAKE
from api.runtime import Runtime
from api.schemas.people import SignIn
from db.identity import PASSWORD_MIN
from domain.errors import DomainError, Malformed, NotFound
from domain.text import Text
from domain.verdict import Violation
from web.acts import validated
from web.deps import go
from web.render import page

router = APIRouter(include_in_schema=False)
HEADERS = {"X-Robots-Tag": "noindex"}


@dataclass(frozen=True)
class InvitationPage:
    secret: str
    until: str | None
    """When it expires (UTC); None: it does not work."""
    username: str
    shortest: int
    errors: tuple[Violation, ...]


@router.get("/invitation/{secret}", name="invitation_page")
async def invited(secret: str, request: Request, runtime: Run) -> HTMLResponse:
    """The form by which an account is opened, or why there is none."""
    return await _shown(request, runtime, secret)


async def _shown(
    request: Request, runtime: Runtime, secret: str, username: str = "", error: DomainError | None = None
) -> HTMLResponse:
    status = error.status if error else 200
    until = None
    try:
        SIGN_IN_BRAKE.check(request)
        until = await invitations.until(runtime, secret)
    except DomainError as gone:
        error, status = gone, gone.status
    errors = () if until is None and isinstance(error, NotFound) else tuple(error.violations) if error else ()
    context = InvitationPage(secret, until, username, PASSWORD_MIN, errors)
    return await page(request, runtime, None, "invitation.html", context, status=status, headers=HEADERS)


@router.post("/invitation/{secret}")
async def accept(
    secret: str,
    request: Request,
    runtime: Run,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Open the account, sign in, and begin."""
    answer = Response()
    try:
        SIGN_IN_BRAKE.check(request)
        if password != again:
            raise _differs()
        body = validated(
            invitations.Acceptance, {"invitation": secret, "username": username, "password": password}
        )
        await invitations.accept(body, request, Response(), runtime)
        entering = validated(SignIn, {"username": username, "password": password, "cookie": True})
        await sessions.sign_in(entering, request, answer, runtime)
    except DomainError as error:
        return await _shown(request, runtime, secret, username[:80], error)
    target = go("/applications?done=1")
    target.raw_headers += [pair for pair in answer.raw_headers if pair[0] == b"set-cookie"]
    return target


def _differs() -> DomainError:
    return Malformed(
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
