"""An organiser's programmes: whose turn it is in each, a new request, and its basis and submission."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Organiser, Run
from api.routers import organisations, tasks
from api.routers import programmes as api
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from api.schemas.programmes import NewProgramme, ProgrammeChange, Submit
from db.identity import Access
from domain.errors import DomainError
from domain.reference import STAGES
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web import acts
from web.deps import go
from web.draft_forms import PREFIXES, Tried, basis_form
from web.drafting import shown
from web.forms import Form, parse, prefixed
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class ProgrammesPage:
    filters: Mapping[str, str]
    states: list[dict[str, Any]]
    """Every state with its label and how many programmes stand there."""
    stages: tuple[Text, ...]
    turns: list[dict[str, Any]]
    """Open tasks of this organiser, the earliest due first."""
    more_turns: int
    items: list[dict[str, Any]]
    drafts: list[dict[str, Any]]
    schemes: Mapping[str, Text]
    next: str | None


@router.get("/programmes", name="programmes_page")
async def dashboard(
    request: Request,
    access: Organiser,
    runtime: Run,
    state: Annotated[str, Query(max_length=30)] = "",
    stage: Annotated[str, Query(pattern="^[0-4]?$")] = "",
    track: Literal["", "new", "recertification"] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
) -> HTMLResponse:
    """Drafts and programmes of the organiser, and what each waits for. The address holds every filter."""
    await caught_up(request, runtime)
    filters = {"state": state, "stage": stage, "track": track, "q": q}
    found = await api.programmes_list(
        access, runtime, state=state, stage=int(stage or 0), track=track, q=q, cursor=cursor
    )
    mine = await tasks.inbox(access, runtime, view="mine", limit=5)
    ours = await tasks.inbox(access, runtime, view="groups", limit=5)
    turns = sorted([*mine["items"], *ours["items"]], key=lambda t: str(t["due_at"]))
    context = ProgrammesPage(
        filters=filters,
        states=[
            {
                "state": s.name,
                "label": s.label.id,
                "label_en": s.label.en,
                "count": found["counts"].get(s.name),
            }
            for s in TABLES["programme"].states
        ],
        stages=tuple(Text(id=one.given, en=one.en) for one in STAGES),
        turns=turns,
        more_turns=mine["counts"]["mine"] + mine["counts"]["groups"] - len(turns),
        items=found["items"],
        drafts=found["drafts"] if not (stage or track or q) else [],
        schemes=await _schemes(access, runtime),
        next=found["next"],
    )
    return await page(request, runtime, access, "programmes.html", context)


async def _schemes(access: Access, runtime: Runtime) -> dict[str, Text]:
    items = (await organisations.schemes(access, runtime))["items"]
    return {s["id"]: Text(id=s["name_id"], en=s["name_en"]) for s in items}


@dataclass(frozen=True)
class NewPage:
    form: Form
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/new", name="new_programme_page")
async def new_page(request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """The first questions of a request."""
    return await _new(request, access, runtime)


async def _new(
    request: Request,
    access: Access,
    runtime: Runtime,
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    schemes = (await organisations.schemes(access, runtime))["items"]
    errors = prefixed(error.violations, PREFIXES["basis"]) if error else []
    context = NewPage(basis_form(schemes, values, errors), tuple(errors), acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "new_programme.html", context, status=status)


@router.post("/programmes/new")
async def create(request: Request, access: Organiser, runtime: Run) -> Response:
    """A draft; the rest is asked on its own page."""
    sent = await request.form()
    values = parse(NewProgramme, sent, PREFIXES["basis"])
    try:
        body = acts.validated(NewProgramme, values)
        made = await api.create(body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _new(request, access, runtime, values, error)
    return go(f"/programmes/{made['id']}?done=1")


@router.get("/programmes/{programme}", name="draft_page")
async def draft_page(programme: Id, request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """The request as one form in parts; once it is submitted, what happens next."""
    return await shown(request, access, runtime, programme)


@router.post("/programmes/{programme}/basis")
async def change(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Another scheme, track, venue or time zone."""
    sent = await request.form()
    values = parse(NewProgramme, sent, PREFIXES["basis"])
    try:
        body = acts.validated(ProgrammeChange, {**values, "version": version_of(sent.get("version"))})
        await api.change(programme, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("basis", error, values))
    return go(f"/programmes/{programme}?done=1#basis")


@router.post("/programmes/{programme}/submit")
async def submit(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """To BNSP; what stands in the way is named all at once."""
    sent = await request.form()
    try:
        body = acts.validated(Submit, {"version": version_of(sent.get("version"))})
        receipt = await api.submit(
            programme, request, Response(), access, acts.key_of(sent), runtime, body=body
        )
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("submit", error, {}))
    target = go(f"/programmes/{programme}?done=1")
    acts.note(request, target, receipt)
    return target


def version_of(sent: object) -> object:
    """The draft's version that the page showed; anything else is for the model to refuse."""
    return (
        int(sent) if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) < 9 else sent
    )
