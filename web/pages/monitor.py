"""Operations' view of everything that runs: how many, where, what is late, what is stuck, and as a file."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from api import audit_search
from api import monitor as api
from api.deps import Allow, Run
from api.monitor import Asked, Board
from api.runtime import Runtime
from api.schemas.common import Cursor
from db.identity import Access
from db.reads import Need, WatchSort
from domain.clock import local_day
from domain.errors import DomainError
from domain.reference import STAGES
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web import acts, live, saved
from web.columns import COLUMNS, TRACKS, Column, cell, chosen, heads
from web.deps import go
from web.export import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from web.i18n import YEAR, language_of
from web.reading import caught_up
from web.render import page, with_query

router = APIRouter(include_in_schema=False)
Watchers = Annotated[Access, Depends(Allow(Role.OPERATIONS, Role.AUDITOR))]
What = Literal["programmes", "journeys"]
Show = Literal["", "running", "ended", "all"]
SIZES = (20, 50, 100, 200)
COLUMNS_COOKIE = "asesor-columns-{}"


@dataclass(frozen=True)
class Filters:
    """What the address says: it holds every choice, and can be kept and sent to somebody."""

    what: What
    asked: Asked
    show: Show
    columns: tuple[Column, ...]
    limit: int


async def filters(
    request: Request,
    what: What = "programmes",
    show: Show = "",
    state: Annotated[str, Query(max_length=30)] = "",
    stage: Annotated[str, Query(pattern="^[1-4]?$")] = "",
    track: Literal["", "new", "recertification"] = "",
    organiser: Annotated[str, Query(max_length=80)] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    need: Need | Literal[""] = "",
    opened: date | Literal[""] = "",
    closed: date | Literal[""] = "",
    sort: WatchSort = "-updated",
    columns: Annotated[str, Query(max_length=300)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Filters:
    """Running cases, unless something else is asked for: a certain state, what is stuck, or what came or
    went in a week, is looked for among those that ended too. Columns are those that were chosen last."""
    kind: Literal["programme", "journey"] = "programme" if what == "programmes" else "journey"
    if not show:
        show = "all" if state or need == "stuck" or opened or closed else "running"
    running = {"running": True, "ended": False}.get(show)
    asked = Asked(
        kind,
        running,
        state,
        int(stage or 0),
        track,
        organiser,
        q,
        need or None,
        sort,
        opened or None,
        closed or None,
    )
    columns = columns or request.cookies.get(COLUMNS_COOKIE.format(kind), "")[:300]
    return Filters(what, asked, show, chosen(kind, columns), limit)


Filtered = Annotated[Filters, Depends(filters)]


@dataclass(frozen=True)
class MonitorPage:
    f: Filters
    board: Board
    stages: tuple[tuple[int, Text], ...]
    states: tuple[tuple[str, Text, bool, int], ...]
    """Every state of the machine with its label, whether it is an end, and its stage."""
    all_columns: tuple[Column, ...]
    sizes: tuple[int, ...]
    tracks: Mapping[str, Text]
    items: list[dict[str, Any]]
    total: int
    next: str | None
    prev: str | None
    attention: list[dict[str, Any]]
    asked: bool
    """Could Temporal be asked what its running cases say?"""
    saved: list[dict[str, Any]]
    kept: Mapping[str, str]
    """The filters of this address, as they would be saved."""
    name: str
    """What was typed as a name for them."""
    errors: tuple[Violation, ...]
    acts: bool
    """May the one who asks give commands for many?"""
    key: str


@router.get("/monitor", name="monitor_page")
async def monitor(
    request: Request,
    access: Watchers,
    runtime: Run,
    f: Filtered,
    col: Annotated[list[str] | None, Query(max_length=40)] = None,
    cursor: Cursor = "",
) -> Response:
    """The programmes or applications that run, by stage, with what needs somebody."""
    if col is not None:  # boxes send a name each; the address keeps them as one word, the browser for later
        names = ",".join(col)
        sent = go("/monitor" + with_query(_single(request), columns=names))
        cookie = COLUMNS_COOKIE.format(f.asked.kind)
        sent.set_cookie(cookie, names[:300], max_age=YEAR, samesite="lax", path="/monitor", httponly=True)
        return sent
    await caught_up(request, runtime)
    tag = await live.tag_of(request, access, runtime, f.columns)
    if (same := live.unchanged(request, tag)) is not None:
        return same
    return await _shown(request, access, runtime, f, cursor=cursor, tag=tag)


@router.post("/monitor", name="monitor_views")
async def change_views(request: Request, access: Watchers, runtime: Run, f: Filtered) -> Response:
    """Keep these filters under a name, or rename or delete saved ones."""
    done = await saved.changed(request, access, runtime, "monitor")
    if isinstance(done, Response):
        return done
    name = str((await request.form()).get("name", ""))
    return await _shown(request, access, runtime, f, name=name, error=done)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    f: Filters,
    *,
    cursor: str = "",
    tag: str = "",
    name: str = "",
    error: DomainError | None = None,
) -> Response:
    stuck = await api.trouble(access, runtime)
    found = await api.listed(access, runtime, f.asked, stuck, cursor=cursor, limit=f.limit)
    context = MonitorPage(
        f=f,
        board=await api.board(runtime, f.asked.kind, stuck),
        stages=tuple((n, Text(id=s.given, en=s.en)) for n, s in enumerate(STAGES, start=1)),
        states=tuple((s.name, s.label, s.terminal, s.stage) for s in TABLES[f.asked.kind].states),
        all_columns=COLUMNS[f.asked.kind],
        sizes=SIZES,
        tracks=TRACKS,
        items=found.items,
        total=found.total,
        next=found.next,
        prev=found.prev,
        attention=stuck.items,
        asked=stuck.running,
        saved=await saved.mine(access, runtime, "monitor"),
        kept=saved.filters_of(request),
        name=name,
        errors=tuple(error.violations) if error else (),
        acts=access.hat.role is Role.OPERATIONS,
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "monitor.html", context, status=status, tag=tag)


def _single(request: Request) -> dict[str, str]:
    return {k: v for k, v in request.query_params.items() if k != "col"}


@router.get("/monitor/export.{ending}", name="monitor_export")
async def export(
    ending: Literal["csv", "xlsx"], request: Request, access: Watchers, runtime: Run, f: Filtered
) -> Response:
    """What the table lists, all its pages, with the columns that it shows and nothing besides; on record
    before it leaves."""
    language = language_of(request)
    stuck = await api.trouble(access, runtime)

    async def rows() -> AsyncIterator[list[str | int]]:
        async for item in api.every(access, runtime, f.asked, stuck):
            yield [cell(column, item, language) for column in f.columns]

    await audit_search.record_export(runtime, access, f.what, ending, saved.filters_of(request))
    head = heads(f.columns, language)
    day = local_day(await runtime.gateway.business_now()).isoformat()
    headers = {
        "Content-Disposition": f'attachment; filename="asesor-{f.what}-{day}.{ending}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if ending == "csv":
        return StreamingResponse(as_csv(head, rows()), media_type=CSV_TYPE, headers=headers)
    return StreamingResponse(as_xlsx(f.what, head, rows()), media_type=XLSX_TYPE, headers=headers)
