"""The auditor's pages: search over everything with persons masked, and the state of the ledger. Nothing is
changed here."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from api import audit as api
from api.audit import Found
from api.deps import Run
from api.routers import operations
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from db import reads
from db.identity import Access
from domain.errors import DomainError
from domain.rules.book import RULES
from domain.text import Text
from domain.verdict import Violation
from web.deps import go
from web.pages.monitor import Watchers
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
Stream = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9:._-]+$")]
"""A chain's name: a policy's has its version in it, dots and all."""
KINDS = ("programme", "journey", "certificate", "row")


@dataclass(frozen=True)
class AuditPage:
    q: str
    found: Found | None
    ledger: dict[str, Any]
    persons: list[str] | None
    """Ids of whom a NIK or an address belongs to; None: nobody was looked for."""
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
        q, found, await api.ledger(access, runtime), persons, tuple(error.violations) if error else ()
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
class PersonPage:
    person: dict[str, Any]


@router.get("/audit/persons/{person}", name="audit_person_page")
async def person_page(person: Id, request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """A person, masked, with the cases that they are in."""
    context = PersonPage(await api.person(access, runtime, person))
    return await page(request, runtime, access, "audit_person.html", context)


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


@dataclass(frozen=True)
class StreamsPage:
    q: str
    kind: str
    kinds: tuple[str, ...]
    frozen: bool | None
    items: list[dict[str, Any]]
    next: str | None


@router.get("/audit/streams", name="audit_streams_page")
async def streams_page(
    request: Request,
    access: Watchers,
    runtime: Run,
    q: Annotated[str, Query(max_length=80)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    frozen: bool | None = None,
    cursor: Cursor = "",
) -> HTMLResponse:
    """The heads of the ledger's chains."""
    found = await api.heads(runtime, prefix=q.strip(), kind=kind, frozen=frozen, cursor=cursor)
    context = StreamsPage(q, kind, KINDS, frozen, found["items"], found["next"])
    return await page(request, runtime, access, "audit_streams.html", context)


@dataclass(frozen=True)
class StreamPage:
    chain: dict[str, Any]
    telling: str | None
    next: str | None


@router.get("/audit/streams/{stream}", name="audit_stream_page")
async def stream_page(
    stream: Stream,
    request: Request,
    access: Watchers,
    runtime: Run,
    telling: reads.Telling | None = None,
    cursor: Cursor = "",
) -> HTMLResponse:
    """One chain, link by link, read-only."""
    await caught_up(request, runtime)
    found = await api.chain(access, runtime, stream, telling=telling, cursor=cursor)
    return await page(
        request, runtime, access, "audit_stream.html", StreamPage(found, telling, found["next"])
    )


@dataclass(frozen=True)
class CheckpointsPage:
    items: list[dict[str, Any]]
    next: str | None


@router.get("/audit/checkpoints", name="audit_checkpoints_page")
async def checkpoints_page(
    request: Request, access: Watchers, runtime: Run, cursor: Cursor = ""
) -> HTMLResponse:
    """Signed roots over all heads."""
    found = await api.checkpoints(runtime, cursor)
    context = CheckpointsPage(found["items"], found["next"])
    return await page(request, runtime, access, "audit_checkpoints.html", context)


@dataclass(frozen=True)
class DenialsPage:
    account: str
    stream: str
    items: list[dict[str, Any]]
    titles: dict[str, Text]
    next: str | None


@router.get("/audit/denials", name="audit_denials_page")
async def denials_page(
    request: Request,
    access: Watchers,
    runtime: Run,
    account: Annotated[str, Query(max_length=80)] = "",
    stream: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
) -> HTMLResponse:
    """What was refused to whom, by rules; never what was said."""
    found = await operations.denials(access, runtime, account=account, stream=stream, cursor=cursor)
    titles = {id_: rule.title for id_, rule in RULES.items()}
    context = DenialsPage(account, stream, found["items"], titles, found["next"])
    return await page(request, runtime, access, "audit_denials.html", context)
