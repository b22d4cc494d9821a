"""What is personal, for auditors: masked, shown whole for a recorded reason, once."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from api import audit as api
from api import audit_search
from api.deps import Run
from api.routers import audit as routes
from api.routers import persons
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from api.schemas.people import Reveal, RevealReason
from db.identity import Access
from domain.errors import DomainError
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.pages.monitor import Watchers
from web.render import page

router = APIRouter(include_in_schema=False)
FIELDS: dict[str, Text] = {
    "full_name": Text(id="Nama", en="Name"),
    "nik": Text(id="NIK", en="NIK"),
    "email": Text(id="Surel", en="E-mail"),
    "phone": Text(id="Telepon", en="Telephone"),
}


@dataclass(frozen=True)
class PersonPage:
    person: dict[str, Any]
    fields: dict[str, Text]
    shown: dict[str, str]
    """What was asked for, whole; empty before."""
    wanted: tuple[str, ...]
    reason: str
    key: str
    errors: tuple[Violation, ...] = ()


@router.get("/audit/persons/{person}", name="audit_person_page")
async def person_page(person: Id, request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """A person, masked, with the cases that they are in."""
    return await _person_shown(request, access, runtime, person)


async def _person_shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    person: str,
    *,
    shown: dict[str, str] | None = None,
    wanted: tuple[str, ...] = (),
    reason: str = "",
    error: DomainError | None = None,
) -> HTMLResponse:
    context = PersonPage(
        await api.person(access, runtime, person),
        FIELDS,
        shown or {},
        wanted,
        reason,
        acts.new_key(),
        tuple(error.violations) if error else (),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "audit_person.html", context, status=status)


@router.post("/audit/persons/{person}", name="audit_reveal_person")
async def reveal_person(person: Id, request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """This page alone shows it, this once: what is revealed stands at no address and in no cache."""
    sent = await request.form()
    wanted, reason = tuple(str(v) for v in sent.getlist("fields")), str(sent.get("reason", ""))
    try:
        body = acts.validated(Reveal, {"fields": wanted, "reason": reason})
        shown = await persons.reveal(person, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _person_shown(
            request, access, runtime, person, wanted=wanted, reason=reason[:1000], error=error
        )
    return await _person_shown(request, access, runtime, person, shown=shown)


@dataclass(frozen=True)
class DocumentPage:
    document: dict[str, Any]
    reason: str
    key: str
    errors: tuple[Violation, ...] = ()


@router.get("/audit/documents/{document}", name="audit_document_page")
async def document_page(document: Id, request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """A document's record; the document itself once a reason is recorded."""
    return await _document_shown(request, access, runtime, document)


async def _document_shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    document: str,
    reason: str = "",
    error: DomainError | None = None,
) -> HTMLResponse:
    context = DocumentPage(
        await api.document(access, runtime, document),
        reason,
        acts.new_key(),
        tuple(error.violations) if error else (),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "audit_document.html", context, status=status)


@router.post("/audit/documents/{document}", name="audit_reveal_document")
async def reveal_document(document: Id, request: Request, access: Watchers, runtime: Run) -> Response:
    """Record the reason; the page then has the way to the document, for a few minutes."""
    sent = await request.form()
    reason = str(sent.get("reason", ""))
    try:
        body = acts.validated(RevealReason, {"reason": reason})
        known = await api.document(access, runtime, document)
        opens = routes.reveal_certificate if known["case_kind"] == "certificate" else routes.reveal_document
        await opens(document, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _document_shown(request, access, runtime, document, reason[:1000], error)
    return go(f"/audit/documents/{document}?done=1")


@dataclass(frozen=True)
class RevealsPage:
    account: str
    items: list[dict[str, Any]]
    fields: dict[str, Text]
    next: str | None


@router.get("/audit/reveals", name="audit_reveals_page")
async def reveals_page(
    request: Request,
    access: Watchers,
    runtime: Run,
    account: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
) -> HTMLResponse:
    """Who saw what whole, when and why, and which lists left as files."""
    found = await audit_search.reveals(runtime, account=account, cursor=cursor)
    context = RevealsPage(account, found["items"], FIELDS, found["next"])
    return await page(request, runtime, access, "audit_reveals.html", context)
