"""A request to BNSP: begun, its parts in a list of what there is to do, checked, and sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Organiser, Run
from api.routers import organisations
from api.routers import programmes as api
from api.routers import tasks as task_api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.programmes import NewProgramme, ProgrammeChange, Submit
from api.schemas.tasks import Complete
from db.identity import Access
from domain.document_names import document_name
from domain.errors import DomainError
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.draft_forms import PREFIXES, Mapped, basis_form
from web.drafting import Around, Panel, around, around_of, draft_of, panel_of
from web.forms import Form, parse, prefixed
from web.pages.running import programme_page
from web.reading import body_of
from web.render import page
from web.wishes import wanted

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class NewPage:
    form: Form
    venues: tuple[str, ...]
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/new", name="new_programme_page")
async def new_page(
    request: Request,
    access: Organiser,
    runtime: Run,
    track: Literal["new", "recertification"] = "new",
) -> HTMLResponse:
    """The first questions of a request."""
    return await _new(request, access, runtime, {"track": track})


async def _new(
    request: Request,
    access: Access,
    runtime: Runtime,
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    form, errors = await _basis(access, runtime, values, error)
    context = NewPage(form, await venues_of(access, runtime), errors, acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "new_programme.html", context, status=status)


async def _basis(
    access: Access, runtime: Runtime, values: Mapped | None, error: DomainError | None
) -> tuple[Form, tuple[Violation, ...]]:
    schemes = (await organisations.schemes(access, runtime))["items"]
    errors = tuple(prefixed(error.violations, PREFIXES["basis"])) if error else ()
    return basis_form(schemes, values, errors), errors


async def venues_of(access: Access, runtime: Runtime) -> tuple[str, ...]:
    """Venues that the organisation has used, to choose from."""
    return tuple(v["code"] for v in (await api.venues(access, runtime))["items"])


@router.post("/programmes/new")
async def create(request: Request, access: Organiser, runtime: Run) -> Response:
    """A draft; the rest is asked part by part."""
    sent = await request.form()
    values = parse(NewProgramme, sent, PREFIXES["basis"])
    try:
        body = acts.validated(NewProgramme, values)
        made = await api.create(body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _new(request, access, runtime, values, error)
    return go(f"/programmes/{made['id']}?done=1")


# ---- the list of parts ---------------------------------------------------------------------------


@dataclass(frozen=True)
class PartsPage:
    around: Around


@dataclass(frozen=True)
class ExpiredPage:
    name: str


@router.get("/programmes/{programme}", name="draft_page")
async def draft_page(
    programme: Id, request: Request, access: Organiser, runtime: Run, sent: str = ""
) -> HTMLResponse:
    """The parts of the request with their states; once it is submitted, what happens next."""
    body, content = await draft_of(request, access, runtime, programme)
    if content is not None:
        shown = await around_of(request, access, runtime, body, content)
        return await page(request, runtime, access, "request_parts.html", PartsPage(shown))
    if body["kind"] == "draft":
        return await page(request, runtime, access, "request_expired.html", ExpiredPage(body["scheme"]))
    return await programme_page(request, access, runtime, body, just_sent=sent == "1")


# ---- what it is about ----------------------------------------------------------------------------


@dataclass(frozen=True)
class BasisPage:
    around: Around
    form: Form
    venues: tuple[str, ...]
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/basis", name="basis_page")
async def basis(programme: Id, request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """Scheme, track, venue and time zone."""
    return await _basis_page(request, access, runtime, programme)


async def _basis_page(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    shown = await around(request, access, runtime, programme)
    form, errors = await _basis(access, runtime, values or shown.content, error)
    context = BasisPage(shown, form, await venues_of(access, runtime), errors, acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "request_basis.html", context, status=status)


@router.post("/programmes/{programme}/basis")
async def change(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Another scheme, track, venue or time zone."""
    sent = await request.form()
    values = parse(NewProgramme, sent, PREFIXES["basis"])
    try:
        body = acts.validated(ProgrammeChange, {**values, "version": version_of(sent.get("version"))})
        await api.change(programme, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _basis_page(request, access, runtime, programme, values, error)
    return go(f"/programmes/{programme}?done=1")


# ---- what rules would say ------------------------------------------------------------------------


@dataclass(frozen=True)
class VerdictsPage:
    panel: Panel


@router.post("/programmes/{programme}/verdicts", name="verdicts_fragment")
async def verdicts(programme: Id, request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """What rules would say of the form as it stands now, before it is saved: a fragment of a page, which the
    page's script puts into its place. What cannot be read yet is answered by the refusal page."""
    sent = await request.form()
    _, content = await draft_of(request, access, runtime, programme)
    values = wanted(content or {}, sent)
    body = acts.validated(ProgrammeChange, values)
    told = await api.forecast_change(programme, body, access, runtime)
    panel = panel_of(told["verdicts"], (content or {}).get("classes", ()))
    return await page(request, runtime, access, "request_verdicts.html", VerdictsPage(panel))


# ---- check your answers, and send ----------------------------------------------------------------


@dataclass(frozen=True)
class CheckPage:
    around: Around
    documents: Sequence[tuple[Text, int]]
    """How many documents of each kind."""
    last_day: date | None
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/check", name="check_page")
async def check(programme: Id, request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """Every answer in short, with a way back to each, before it goes to BNSP."""
    return await _check(request, access, runtime, programme)


async def _check(
    request: Request, access: Access, runtime: Runtime, programme: str, error: DomainError | None = None
) -> HTMLResponse:
    shown = await around(request, access, runtime, programme)
    kinds: dict[str, set[str]] = {}
    for one in shown.documents:
        kinds.setdefault(one["requirement"], set()).add(one["digest"])
    days = sorted(d for c in shown.content["classes"] for d in c["days"])
    context = CheckPage(
        shown,
        [(document_name(kind), len(files)) for kind, files in kinds.items()],
        date.fromisoformat(days[-1]) if days else None,
        tuple(error.violations) if error else (),
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "request_check.html", context, status=status)


@router.post("/programmes/{programme}/submit")
async def submit(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """To BNSP; what stands in the way is named all at once. A corrected request goes in by its task."""
    sent = await request.form()
    try:
        key, answer = acts.key_of(sent), Response()
        body = body_of(await api.programme(programme, request, access, runtime))
        task = next((t for t in body["tasks"] if t["kind"] == "correct_programme" and not t["ended"]), None)
        if task is not None:
            form = {"form": "resubmit_programme"}
            given = acts.validated(Complete, {"decision": "resubmit", "form": form})
            receipt = await task_api.complete(task["id"], given, request, answer, access, key, runtime)
        else:
            version = acts.validated(Submit, {"version": version_of(sent.get("version"))})
            receipt = await api.submit(programme, request, answer, access, key, runtime, body=version)
    except DomainError as error:
        return await _check(request, access, runtime, programme, error)
    target = go(f"/programmes/{programme}?sent=1")
    acts.note(request, target, receipt)
    return target


def version_of(sent: object) -> object:
    """The draft's version that the page showed; anything else is for the model to refuse."""
    return (
        int(sent) if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) < 9 else sent
    )
