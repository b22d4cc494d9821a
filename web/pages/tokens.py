"""Keys for the organisation's own programs: made and shown once, listed, ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Organiser, Run
from api.routers import sessions as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.people import NewTokenRequest
from db.identity import Access
from domain.errors import DomainError
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.forms import Choices, Form, Option, form_of, parse, prefixed
from web.render import page
from web.times import parse as moment

router = APIRouter(include_in_schema=False)
PREFIX = "token."
SCOPES = (
    Option(
        "read",
        Text(id="Membaca", en="Read"),
        Text(id="program, peserta, tugas", en="programmes, participants, tasks"),
    ),
    Option(
        "write",
        Text(id="Menulis", en="Write"),
        Text(id="mengubah dan mengajukan atas nama Anda", en="change and submit in your name"),
    ),
)


@dataclass(frozen=True)
class TokensPage:
    items: Sequence[Mapping[str, Any]]
    """Each with `over`: it has ended, or its time is up."""
    made: str
    """The secret of a token just made; shown this once."""
    spent: bool
    """Was the same form sent again? Then its secret is not shown any more."""
    address: str
    """Where programs send their requests."""
    form: Form
    errors: tuple[Violation, ...]
    key: str


@router.get("/tokens", name="tokens_page")
async def tokens_page(request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """This account's tokens in the organiser's hat, and the form for a new one."""
    return await _shown(request, access, runtime)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    *,
    made: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    hat = {"role": access.hat.role.value, "organisation": access.hat.organisation}
    errors = tuple(prefixed(error.violations, PREFIX)) if error else ()
    now = runtime.now()
    found = [
        {**one, "over": bool(one["revoked_at"]) or _past(one["expires_at"], now)}
        for one in (await api.tokens(access, runtime))["items"]
        if hat.items() <= one["hat"].items()
    ]
    choices = Choices({"scopes": SCOPES})
    form = form_of(NewTokenRequest, choices=choices, values=values, violations=errors, prefix=PREFIX)
    context = TokensPage(
        sorted(found, key=lambda one: bool(one["over"])),
        str((made or {}).get("secret") or ""),
        made is not None and not made.get("secret"),
        runtime.settings.public_url,
        form,
        errors,
        acts.new_key(),
    )
    status = error.status if error else 201 if context.made else 200
    return await page(request, runtime, access, "tokens.html", context, status=status)


def _past(when: str, now: Any) -> bool:
    end = moment(when)
    return end is not None and end <= now


@router.post("/tokens")
async def make(request: Request, access: Organiser, runtime: Run) -> Response:
    """A new token. Its secret stands in this one answer and is kept nowhere, so there is no address to come
    back to."""
    sent = await request.form()
    values = parse(NewTokenRequest, sent, PREFIX)
    try:
        body = acts.validated(NewTokenRequest, values)
        made = await api.make_token(body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _shown(request, access, runtime, values=values, error=error)
    return await _shown(request, access, runtime, made=made)


@router.post("/tokens/{token}/end")
async def end(token: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """End one; programs that use it are refused from now on."""
    sent = await request.form()
    await api.end_token(token, access, acts.key_of(sent), runtime)
    return go("/tokens?done=1")
