"""The auditor's searches: five lists by one page, each as a file too. Filters stand in the address: none of
them is personal. Every file that leaves is on record."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from api import audit as people
from api import audit_search as api
from api.deps import Run
from api.routers import certificates
from api.routers.audit import Stream
from api.runtime import Runtime
from api.schemas.common import Cursor
from db.identity import Access
from db.reads import PAGE, CasesAsked, Days, EventsAsked, TasksAsked
from domain.clock import local_day
from domain.errors import Malformed
from web.audit_lists import LISTS, Cell, List, What
from web.export import CSV_TYPE, JSONL_TYPE, XLSX_TYPE, as_csv, as_jsonl, as_xlsx
from web.i18n import Language, language_of, say
from web.pages.monitor import Watchers
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
Ending = Literal["csv", "xlsx", "jsonl"]
MOST = 200
"""Items that a file asks for at once."""


async def asked_for(request: Request, what: What) -> dict[str, str]:
    """The list's filters as the address gives them, cut to what a filter may hold; the rest is left alone."""
    given = {f.name: request.query_params.get(f.name, "").strip()[:80] for f in LISTS[what].filters}
    return {name: value for name, value in given.items() if value}


Asked = Annotated[dict[str, str], Depends(asked_for)]


async def found(
    access: Access, runtime: Runtime, what: What, asked: dict[str, str], cursor: str, limit: int
) -> dict[str, Any]:
    """One page of the list, persons masked. Malformed (A-DAY) for a day that is none."""
    when = Days(_day(asked, "since"), _day(asked, "until"))
    text = {f.name: asked.get(f.name, "") for f in LISTS[what].filters}
    match what:
        case "cases":
            cases = CasesAsked(
                text["q"], text["kind"], text["state"], text["organiser"], text["scheme"], when
            )
            return await api.cases(runtime, cases, cursor=cursor, limit=limit)
        case "tasks":
            tasks = TasksAsked(
                text["kind"],
                text["group"],
                text["stream"],
                text["organiser"],
                _yes(text["open"]),
                _yes(text["late"]),
                when,
            )
            return await api.tasks(runtime, tasks, cursor=cursor, limit=limit)
        case "events":
            events = EventsAsked(
                text["type"], text["rule"], text["role"], text["stream"], text["account"], when
            )
            return await api.events(runtime, access, events, cursor=cursor, limit=limit)
        case "certificates":
            listed = await certificates.certificates(
                access, runtime, state=text["state"], number=text["number"], cursor=cursor, limit=limit
            )
            return {**listed, "items": [people.masked(item) for item in listed["items"]]}
        case "denials":
            return await api.denials(
                runtime,
                account=text["account"],
                stream=text["stream"],
                rule=text["rule"],
                when=when,
                cursor=cursor,
                limit=limit,
            )


def _yes(value: str) -> bool | None:
    return {"true": True, "false": False}.get(value)


def _day(asked: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(asked[name]) if name in asked else None
    except ValueError:
        raise Malformed.because(
            "A-DAY", "Tulis hari sebagai TTTT-BB-HH.", "Write a day as YYYY-MM-DD.", field=name
        ) from None


@dataclass(frozen=True)
class ListPage:
    shape: List
    others: dict[What, List]
    asked: dict[str, str]
    rows: list[list[Cell]]
    next: str | None


@router.get("/audit/search/{what}", name="audit_list_page")
async def list_page(
    what: What, request: Request, access: Watchers, runtime: Run, asked: Asked, cursor: Cursor = ""
) -> HTMLResponse:
    """One of the lists."""
    await caught_up(request, runtime)
    listed = await found(access, runtime, what, asked, cursor, PAGE)
    language = language_of(request)
    rows = [list(LISTS[what].cells(item, language)) for item in listed["items"]]
    context = ListPage(LISTS[what], LISTS, asked, rows, listed["next"])
    return await page(request, runtime, access, "audit_list.html", context)


@router.get("/audit/search/{what}/export.{ending}", name="audit_export")
async def export(
    what: What, ending: Ending, request: Request, access: Watchers, runtime: Run, asked: Asked
) -> Response:
    """All that the list holds, masked as on the page, as a file; on record before it leaves."""

    async def lister(cursor: str) -> dict[str, Any]:
        return await found(access, runtime, what, asked, cursor, MOST)

    await lister("")  # what cannot be listed is refused before anything is on record
    await api.record_export(runtime, access, what, ending, asked)
    return await as_file(runtime, LISTS[what], ending, lister, language_of(request), what)


@router.get("/audit/streams/{stream}/export.{ending}", name="audit_chain_export")
async def export_chain(
    stream: Stream,
    ending: Ending,
    request: Request,
    access: Watchers,
    runtime: Run,
) -> Response:
    """A chain's events as a file, the latest first, each whole in JSON lines."""
    await people.chain(access, runtime, stream, telling=None, cursor="")
    asked = {"stream": stream}

    async def lister(cursor: str) -> dict[str, Any]:
        return await found(access, runtime, "events", asked, cursor, MOST)

    await api.record_export(runtime, access, "timeline", ending, asked)
    return await as_file(runtime, LISTS["events"], ending, lister, language_of(request), stream[:20])


async def as_file(
    runtime: Runtime, shape: List, ending: Ending, lister: api.Lister, language: Language, name: str
) -> Response:
    """The list as CSV, as a workbook, or as one JSON object a line."""
    day = local_day(await runtime.gateway.business_now()).isoformat()
    headers = {
        "Content-Disposition": f'attachment; filename="asesor-audit-{name}-{day}.{ending}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    items = api.every(lister)
    if ending == "jsonl":
        return StreamingResponse(as_jsonl(items), media_type=JSONL_TYPE, headers=headers)

    async def rows() -> AsyncIterator[list[str | int]]:
        async for item in items:
            yield [c.raw if c.kind == "figure" else c.text for c in shape.cells(item, language)]

    head = [say(language, h) for h in shape.heads]
    if ending == "csv":
        return StreamingResponse(as_csv(head, rows()), media_type=CSV_TYPE, headers=headers)
    return StreamingResponse(as_xlsx(shape.what, head, rows()), media_type=XLSX_TYPE, headers=headers)
