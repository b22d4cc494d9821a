"""The ledger for auditors: chains and their links, checkpoints, replays and verifications with progress."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from api import audit as api
from api import audit_search, jobs
from api.deps import Run
from api.routers.audit import Stream
from api.routers.jobs import JobRequest
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from db import reads
from db.identity import Access
from domain.errors import DomainError
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.pages.monitor import Watchers
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
KINDS = ("programme", "journey", "certificate", "row")


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
    people: list[dict[str, Any]]
    """Whom the case is about, masked."""
    documents: list[dict[str, Any]]
    replays: list[dict[str, Any]]
    key: str
    errors: tuple[Violation, ...] = ()


@router.get("/audit/streams/{stream}", name="audit_stream_page")
async def stream_page(
    stream: Stream,
    request: Request,
    access: Watchers,
    runtime: Run,
    telling: reads.Telling | None = None,
    cursor: Cursor = "",
) -> HTMLResponse:
    """One chain, link by link, read-only; a case's with its people, documents and replays."""
    return await _stream_shown(request, access, runtime, stream, telling, cursor)


async def _stream_shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    stream: str,
    telling: reads.Telling | None = None,
    cursor: str = "",
    error: DomainError | None = None,
) -> HTMLResponse:
    await caught_up(request, runtime)
    found = await api.chain(access, runtime, stream, telling=telling, cursor=cursor)
    case = found["kind"] != "row"
    beside = await api.beside(access, runtime, stream) if case else {"people": [], "documents": []}
    replays = await jobs.listed(runtime, kinds=["replay"], subject=stream) if case else {"items": []}
    context = StreamPage(
        found,
        telling,
        found["next"],
        beside["people"],
        beside["documents"],
        replays["items"],
        acts.new_key(),
        tuple(error.violations) if error else (),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "audit_stream.html", context, status=status)


@dataclass(frozen=True)
class EventPage:
    event: dict[str, Any]


@router.get("/audit/streams/{stream}/{seq:int}", name="audit_event_page")
async def event_page(
    stream: Stream,
    seq: Annotated[int, Path(ge=1, le=2**31 - 1)],
    request: Request,
    access: Watchers,
    runtime: Run,
) -> HTMLResponse:
    """One link whole, with its hash computed again."""
    context = EventPage(await audit_search.event(runtime, access, stream, seq))
    return await page(request, runtime, access, "audit_event.html", context)


@dataclass(frozen=True)
class CheckpointsPage:
    items: list[dict[str, Any]]
    next: str | None


@router.get("/audit/checkpoints", name="audit_checkpoints_page")
async def checkpoints_page(
    request: Request, access: Watchers, runtime: Run, cursor: Cursor = ""
) -> HTMLResponse:
    """Signed roots over all heads, each with whether its signature holds."""
    found = await api.checkpoints(runtime, cursor)
    context = CheckpointsPage(found["items"], found["next"])
    return await page(request, runtime, access, "audit_checkpoints.html", context)


@dataclass(frozen=True)
class LedgerPage:
    ledger: dict[str, Any]
    signature: bool | None
    """Does the last checkpoint's signature hold; None without one."""
    runs: list[dict[str, Any]]
    key: str
    errors: tuple[Violation, ...] = ()


@router.get("/audit/ledger", name="audit_ledger_page")
async def ledger_page(request: Request, access: Watchers, runtime: Run) -> HTMLResponse:
    """How the ledger stands, and when it was last verified."""
    return await _ledger_shown(request, access, runtime)


async def _ledger_shown(
    request: Request, access: Access, runtime: Runtime, error: DomainError | None = None
) -> HTMLResponse:
    last = (await api.checkpoints(runtime, ""))["items"]
    runs = await jobs.listed(runtime, kinds=["verify"])
    context = LedgerPage(
        await api.ledger(access, runtime),
        last[0]["holds"] if last else None,
        runs["items"],
        acts.new_key(),
        tuple(error.violations) if error else (),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "audit_ledger.html", context, status=status)


# ---- jobs ------------------------------------------------------------------------------------------


@router.post("/audit/jobs", name="audit_ask_job")
async def ask(
    request: Request,
    access: Watchers,
    runtime: Run,
    kind: Annotated[Literal["replay", "verify"], Form()],
    subject: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Begin a replay or a verification, and go to where its progress is told."""
    sent = await request.form()
    try:
        body = acts.validated(JobRequest, {"kind": kind, "subject": subject})
        begun = await jobs.ask(runtime, access, acts.key_of(sent), body.kind, body.subject, Response())
    except DomainError as error:
        if kind == "replay":
            return await _stream_shown(request, access, runtime, subject, error=error)
        return await _ledger_shown(request, access, runtime, error)
    return go(f"/audit/jobs/{begun['id']}")


@dataclass(frozen=True)
class JobPage:
    job: dict[str, Any]
    key: str


@router.get("/audit/jobs/{job}", name="audit_job_page")
async def job_page(
    job: Id, request: Request, access: Watchers, runtime: Run, cursor: Cursor = ""
) -> HTMLResponse:
    """One job: how far it is, or what came out of it. It goes on when this page is left."""
    context = JobPage(await jobs.one(runtime, job, cursor), acts.new_key())
    return await page(request, runtime, access, "audit_job.html", context)
