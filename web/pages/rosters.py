"""Many participants at once: pasted rows or an .xlsx, and the table in which wrong cells are put right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.deps import Organiser, Run
from api.rosters import RosterRefused
from api.routers import rosters as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.rosters import Mend, Paste
from db.identity import Access
from domain.errors import DomainError, NotFound
from domain.roster.columns import BY_KEY, COLUMNS, Column
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.draft_forms import Mapped
from web.drafting import Around, around
from web.forms import Option
from web.pages.programmes import version_of
from web.render import page
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)
ROWS = 25
"""Rows on one page of the table."""
MOST_FIELDS = 4000
"""Fields of one page of the table: every cell of its rows, and the rest."""
ORDERS = (
    Option("dmy", Text(id="hari/bulan/tahun, 31/12/2026", en="day/month/year, 31/12/2026")),
    Option("mdy", Text(id="bulan/hari/tahun, 12/31/2026", en="month/day/year, 12/31/2026")),
    Option("ymd", Text(id="tahun-bulan-hari, 2026-12-31", en="year-month-day, 2026-12-31")),
)


@dataclass(frozen=True)
class ImportPage:
    around: Around
    way: Literal["paste", "file"]
    text: str
    dates: str
    replace: bool
    orders: Sequence[Option]
    columns: Sequence[Column]
    rows: Sequence[Mapped]
    """Where nothing could be kept: what is wrong with the sheet, cell by cell."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/import", name="import_page")
async def import_page(
    programme: Id,
    request: Request,
    access: Organiser,
    runtime: Run,
    way: Literal["paste", "file"] = "file",
) -> Response:
    """An .xlsx to choose, or rows to paste."""
    return await _import(request, access, runtime, programme, way)


async def _import(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    way: Literal["paste", "file"],
    *,
    text: str = "",
    dates: str = "dmy",
    replace: bool = False,
    error: DomainError | None = None,
) -> Response:
    rows = error.extra.get("rows", ()) if isinstance(error, RosterRefused) else ()
    context = ImportPage(
        await around(request, access, runtime, programme),
        way,
        text,
        dates,
        replace,
        ORDERS,
        COLUMNS,
        [row for row in rows if not row["ok"]],
        tuple(error.violations) if error else (),
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "request_import.html", context, status=status)


@router.post("/programmes/{programme}/import")
async def import_file(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """An .xlsx: taken when every row is in order, else kept to be put right."""
    replace = False
    try:
        async with file_form(request) as sent:
            replace = sent.get("replace") == "yes"
            require_file(sent)
            answer = await api.import_roster(
                programme,
                request,
                Response(),
                access,
                acts.key_of(sent),
                runtime,
                replace=replace,
                hold=True,
            )
    except DomainError as error:
        return await _import(request, access, runtime, programme, "file", replace=replace, error=error)
    return _onward(programme, answer)


@router.post("/programmes/{programme}/paste")
async def import_pasted(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Pasted rows, in the same way."""
    sent = await request.form()
    given = {"text": str(sent.get("text", "")), "dates": str(sent.get("dates", "dmy"))}
    replace = sent.get("replace") == "yes"
    try:
        body = acts.validated(Paste, {**given, "replace": replace, "hold": True})
        answer = await api.paste(programme, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _import(
            request, access, runtime, programme, "paste", **given, replace=replace, error=error
        )
    return _onward(programme, answer)


def _onward(programme: str, answer: Mapping[str, Any]) -> Response:
    if answer.get("waiting"):
        return go(f"/programmes/{programme}/roster?taken={answer['imported']}")
    return go(f"/programmes/{programme}/participants?done=1&taken={answer['imported']}")


# ---- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RosterPage:
    around: Around
    version: int
    replace: bool
    total: int
    bad: int
    view: str
    whole: int
    """The row of which every cell is asked; 0 for none."""
    start: int
    found: int
    size: int
    rows: Sequence[Mapped]
    columns: Sequence[Column]
    """The columns in which something on this page is wrong; all of them when one row is asked as a whole."""
    taken: int
    """How many participants the last import took."""
    summary: Sequence[Mapped]
    """Every wrong cell of this page, for the summary on top."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/roster", name="roster_page")
async def roster_page(
    programme: Id,
    request: Request,
    access: Organiser,
    runtime: Run,
    view: Annotated[str, Query(pattern="^(wrong|all)$")] = "wrong",
    row: Annotated[int, Query(ge=0, le=5000)] = 0,
    start: Annotated[int, Query(ge=0, le=1000)] = 0,
    taken: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> Response:
    """What waits to be put right: each wrong cell as a field with its message, beside what was typed."""
    return await _table(request, access, runtime, programme, view=view, row=row, start=start, taken=taken)


async def _table(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    *,
    view: str = "wrong",
    row: int = 0,
    start: int = 0,
    taken: int = 0,
    error: DomainError | None = None,
) -> Response:
    try:
        waiting = await api.waiting(programme, Response(), access, runtime)
    except NotFound:
        return go(f"/programmes/{programme}/participants")
    rows = [r for r in waiting["rows"] if view == "all" or r["problems"]]
    if row:
        rows = [r for r in waiting["rows"] if r["row"] == row]
    shown = rows[start : start + ROWS]
    wrong = {key for r in shown for key in r["problems"]}
    context = RosterPage(
        await around(request, access, runtime, programme),
        waiting["version"],
        waiting["replace"],
        len(waiting["rows"]),
        waiting["bad"],
        view,
        row,
        start,
        len(rows),
        ROWS,
        shown,
        COLUMNS if row else [c for c in COLUMNS if c.key in wrong],
        taken,
        [
            {"row": r["row"], "column": BY_KEY[key], "problem": problem}
            for r in shown
            for key, problems in r["problems"].items()
            for problem in problems[:1]
            if key in BY_KEY
        ],
        tuple(error.violations) if error else (),
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "request_roster.html", context, status=status)


@router.post("/programmes/{programme}/roster")
async def mend(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """What was typed into the cells; the list is taken as soon as every row is in order."""
    async with request.form(max_fields=MOST_FIELDS) as sent:
        try:
            body = acts.validated(
                Mend,
                {
                    "version": version_of(sent.get("version")),
                    "cells": _cells(sent),
                    "leave_out": _numbers(sent, "leave_out"),
                    "good_only": sent.get("do") == "good",
                },
            )
            answer = await api.mend(programme, body, Response(), access, acts.key_of(sent), runtime)
        except DomainError as error:
            return await _table(request, access, runtime, programme, error=error)
    return _onward(programme, answer)


def _cells(sent: FormData) -> list[dict[str, Any]]:
    """Fields named `cell.ROW.COLUMN`."""
    found = []
    for name, value in sent.multi_items():
        head, _, rest = name.partition(".")
        row, _, column = rest.partition(".")
        if head == "cell" and row.isascii() and row.isdigit() and len(row) < 6 and isinstance(value, str):
            found.append({"row": int(row), "column": column, "value": value})
    return found


def _numbers(sent: FormData, name: str) -> list[int]:
    return [
        int(v)
        for v in sent.getlist(name)
        if isinstance(v, str) and v.isascii() and v.isdigit() and len(v) < 6
    ]


@router.post("/programmes/{programme}/roster/discard")
async def discard(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Throw it away: nothing of it is kept."""
    sent = await request.form()
    await api.discard(programme, access, acts.key_of(sent), runtime)
    return go(f"/programmes/{programme}/participants?done=1")
