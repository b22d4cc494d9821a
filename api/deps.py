"""Who asks, in which hat, and whether that is enough: every route states its roles, and no roles means no.

Rights are read from the database at each request; a session's cookie is believed on a write only when the
request comes from a page of our own.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from api.fields import MOST, path_of
from api.runtime import Runtime, runtime_of
from db import identity
from db.identity import Access, Hat
from domain.errors import DomainError, Forbidden, Malformed, NotSignedIn
from domain.roles import LABELS, Role
from domain.text import Text
from domain.verdict import Violation
from settings import Settings

READS = frozenset({"GET", "HEAD", "OPTIONS"})
PEOPLE: tuple[Role, ...] = tuple(r for r in Role if r is not Role.SYSTEM)
"""Everybody who can sign in."""
STAFF: tuple[Role, ...] = (
    Role.VERIFIER,
    Role.APPROVER,
    Role.REVIEWER,
    Role.COMMITTEE,
    Role.APPEAL_PANEL,
    Role.OPERATIONS,
    Role.AUDITOR,
)
"""BNSP's own roles: they may read any case."""
TOUCH_EVERY = 300.0

_bearer = HTTPBearer(auto_error=False, description="Secret of a session (`ass_…`) or an API token (`asr_…`).")


def get_runtime(request: Request) -> Runtime:
    return runtime_of(request)


Run = Annotated[Runtime, Depends(get_runtime)]


def cookie_name(settings: Settings) -> str:
    """`__Host-`: in production no other host of the domain can plant one."""
    return "__Host-asesor" if settings.production else "asesor"


def set_session_cookie(response: Response, secret: str, settings: Settings) -> None:
    """Let the browser keep the session: not for scripts, not for foreign pages."""
    response.set_cookie(
        cookie_name(settings),
        secret,
        max_age=int(settings.session_hours * 3600),
        path="/",
        secure=settings.production,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.production, httponly=True, samesite="lax"
    )


async def access_of(request: Request) -> Access:
    """Who asks, under the hat that counts for this request.

    NotSignedIn (A-SESSION, A-TOKEN, A-NONE), Forbidden (A-HAT, A-ORIGIN), Malformed (A-HAT).
    """
    runtime = runtime_of(request)
    secret, by_cookie = _secret(request, runtime.settings)
    async with runtime.db.glance() as session:
        now = runtime.now()
        if secret.startswith(identity.TOKEN_PREFIX):
            access = await identity.resolve_token(session, secret, now=now)
        else:
            access = await identity.resolve_session(session, secret, now=now)
    request.state.access = access  # from here on a refusal is somebody's, and leaves a denial
    structlog.contextvars.bind_contextvars(actor=access.account, role=access.hat.role.value)
    if by_cookie and request.method not in READS and not from_our_own_page(request, runtime.settings):
        raise _foreign_page()
    access = _worn(access, request.headers.get("x-hat", ""))
    request.state.access = access
    structlog.contextvars.bind_contextvars(role=access.hat.role.value)
    if runtime.use_touch(access.key, TOUCH_EVERY):
        touch = identity.touch_token if access.by_token else identity.touch_session
        await runtime.db.retrying(lambda session: touch(session, access, now=now))
    return access


def _secret(request: Request, settings: Settings) -> tuple[str, bool]:
    """The secret that came, and whether the browser sent it by itself."""
    header = request.headers.get("authorization", "")
    if header:
        kind, _, secret = header.partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            raise _not_signed_in()
        return secret.strip(), False
    cookie = request.cookies.get(cookie_name(settings), "")
    if not cookie.startswith(identity.SESSION_PREFIX):
        raise _not_signed_in()
    return cookie, True


def from_our_own_page(request: Request, settings: Settings) -> bool:
    """Was this sent by a page of ours? A foreign page can make a browser send our cookie along."""
    origin = request.headers.get("origin")
    if origin is None:
        # Browsers that leave Origin out still say where a request comes from; programs do not.
        return request.headers.get("sec-fetch-site") == "same-origin"
    ours = urlsplit(settings.public_url)
    given = urlsplit(origin)
    if (given.scheme, given.netloc) == (ours.scheme, ours.netloc):
        return True
    return not settings.production and bool(given.netloc) and given.netloc == request.headers.get("host")


def _worn(access: Access, header: str) -> Access:
    """The access with the hat named in `X-Hat: role[:organisation]`, or the one that is worn anyway."""
    if not header:
        return access
    name, _, organisation = header.strip().partition(":")
    candidates = [
        hat
        for hat in access.hats
        if hat.role.value == name and (not organisation or hat.organisation == organisation)
    ]
    if len(candidates) > 1:
        raise Malformed.because(
            "A-HAT",
            "Sebutkan juga lembaganya: X-Hat: organiser:LSP-…",
            "Name the organisation, too: X-Hat: organiser:LSP-…",
        )
    if not candidates or (access.by_token and candidates[0] != access.hat):
        raise Forbidden.because(
            "A-HAT", "Akun ini tidak mempunyai peran itu.", "This account does not have that role."
        )
    return replace(access, hat=candidates[0])


class Allow:
    """A route's own list of roles: `Depends(Allow(Role.VERIFIER))`. Token scope: read for reads."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    async def __call__(self, request: Request, _documented: Annotated[Any, Depends(_bearer)]) -> Access:
        """Is the one who asks signed in, in one of these roles, with the scope that this needs?"""
        access = await access_of(request)
        access.require("read" if request.method in READS else "write")
        if access.hat.role not in self.roles:
            raise wrong_role(self.roles)
        return access


async def known_query(request: Request) -> None:
    """Is every name in the query one that this route knows? A filter with a typing error would else be
    forgotten in silence, and answer everything. Malformed (A-QUERY-UNKNOWN). For the API alone: a page's
    address collects what others append to it."""
    route: APIRoute = request.scope["route"]
    if not route.path.startswith("/v1"):
        return
    known = {"min_seq", *_query_names(route.dependant)}
    if unknown := [name for name in request.query_params if name not in known][:MOST]:
        raise Malformed([_unknown_name(name) for name in unknown])


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _unknown_name(name: str) -> Violation:
    field = path_of(("query", name))
    return Violation(
        rule="A-QUERY-UNKNOWN",
        text=Text(id=f"{field}: Parameter ini tidak dikenal.", en=f"{field}: There is no such parameter."),
        citation="[D] § 10",
        subject=field,
    )


def wrong_role(roles: frozenset[Role]) -> DomainError:
    who = sorted(roles)
    return Forbidden.because(
        "A-ROLE",
        "Hanya untuk: {}.".format(", ".join(LABELS[r].id for r in who) or "tidak seorang pun"),
        "Only for: {}.".format(", ".join(LABELS[r].en for r in who) or "nobody"),
    )


Anybody = Annotated[Access, Depends(Allow(*PEOPLE))]
Staff = Annotated[Access, Depends(Allow(*STAFF))]
Organiser = Annotated[Access, Depends(Allow(Role.ORGANISER))]
Operations = Annotated[Access, Depends(Allow(Role.OPERATIONS))]
Watchers = Annotated[Access, Depends(Allow(Role.OPERATIONS, Role.AUDITOR))]


async def signed_in_staff(request: Request) -> bool:
    """Does a signed-in member of BNSP's staff ask? For the codec of Temporal's own pages."""
    try:
        return (await access_of(request)).hat.role in STAFF
    except DomainError:
        return False


async def idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Yours to choose, one for each thing you want done. Sending the same again with the "
            "same key never does it twice.",
            examples=["3f0c6a0e-8d5c-4b5e-9f43-0c7f5d2d8a11"],
        ),
    ] = None,
) -> str:
    """The request's Idempotency-Key. Malformed (A-KEY-MISSING) without one, or with one that is no key."""
    key = (idempotency_key or "").strip()
    if not key or len(key) > 120 or not key.isascii() or not key.isprintable():
        raise Malformed.because(
            "A-KEY-MISSING",
            "Header Idempotency-Key wajib ada (1–120 karakter ASCII): dengan itu kiriman ulang tidak "
            "terjadi dua kali.",
            "The header Idempotency-Key is required (1–120 ASCII characters): with it nothing happens twice.",
        )
    return key


Key = Annotated[str, Depends(idempotency_key)]


def _not_signed_in() -> DomainError:
    return NotSignedIn.because("A-NONE", "Silakan masuk terlebih dahulu.", "Please sign in first.")


def _foreign_page() -> DomainError:
    return Forbidden.because(
        "A-ORIGIN",
        "Permintaan ini tidak datang dari halaman produk ini.",
        "This request does not come from a page of this product.",
    )


def hat_json(hat: Hat) -> dict[str, str]:
    """A hat as answers show it."""
    label = LABELS[hat.role]
    return {
        "role": hat.role.value,
        "organisation": hat.organisation,
        "label": label.id,
        "label_en": label.en,
    }
