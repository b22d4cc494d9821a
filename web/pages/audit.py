"""The auditor's pages: search over everything with persons masked, and the state of the ledger. Nothing is
changed here."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from api import audit as api
from api.audit import Found
from api.deps import Run
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from db.identity import Access
from domain.errors import DomainError
from domain.verdict import Violation
from web.audit_lists import LISTS, List
from web.deps import go
from web.pages.monitor import Watchers
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class AuditPage:
    q: str
    found: Found | None
    ledger: dict[str, Any]
    persons: list[str] | None
    """Ids of whom a NIK or an address belongs to; None: nobody was looked for."""
    lists: tuple[List, ...]
    errors: tuple[Violation, ...] = ()


@router.get("/audit", name="audit_page")
async def audit_page(
    request: Request, access: Watchers, runtime: Run, q: Annotated[str, Query(max_length=80)] = ""
) -> HTMLResponse:
    """Search, and how the ledger stands."""
    await caught_up(request, runtime)
    q = q.strip()
    found = await api.search(access, runtime, q) if q else None
    return await _shown(request, access, runtime, q, found)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    q: str = "",
    found: Found | None = None,
    persons: list[str] | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    context = AuditPage(
        q,
        found,
        await api.ledger(access, runtime),
        persons,
        tuple(LISTS.values()),
        tuple(error.violations) if error else (),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "audit.html", context, status=status)


@router.post("/audit/person", name="audit_find_person")
async def find_person(
    request: Request,
    access: Watchers,
    runtime: Run,
    wanted: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """By NIK or e-mail: posted, so that neither stands in an address, and never shown again."""
    try:
        found = await api.find_person(access, runtime, wanted)
    except DomainError as error:
        return await _shown(request, access, runtime, error=error)
    if len(found) == 1:
        return go(f"/audit/persons/{found[0]}")
    return await _shown(request, access, runtime, persons=found)


@router.get("/audit/person", name="audit_no_person")
async def no_person(_access: Watchers) -> Response:
    """What was looked for is not in the address, so there is nothing to show again."""
    return go("/audit")


@dataclass(frozen=True)
class OrganisationPage:
    organisation: dict[str, Any]
    next: str | None


@router.get("/audit/organisations/{organisation}", name="audit_organisation_page")
async def organisation_page(
    organisation: Id, request: Request, access: Watchers, runtime: Run, cursor: Cursor = ""
) -> HTMLResponse:
    """An organiser and its cases."""
    found = await api.of_organisation(access, runtime, organisation, cursor)
    return await page(
        request, runtime, access, "audit_organisation.html", OrganisationPage(found, found["next"])
    )
