"""An organisation's assessors: whose certificate ends when, and when each can be certified again; and the
calendar of its classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.deps import Organiser, Run
from api.routers import portal
from domain.clock import local_day
from web import months
from web.months import Month
from web.render import page

router = APIRouter(include_in_schema=False)
SHOWN = 3
"""Months of the calendar on one page."""


@dataclass(frozen=True)
class AssessorsPage:
    items: Sequence[Mapping[str, Any]]
    open: int


@router.get("/assessors", name="assessors_page")
async def assessors_page(request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """Those whom this organisation recommended, the one with the fewest days left first."""
    items = (await portal.my_assessors(access, runtime))["items"]
    context = AssessorsPage(items, sum(1 for one in items if one["window"] == "open"))
    return await page(request, runtime, access, "assessors.html", context)


@dataclass(frozen=True)
class CalendarPage:
    months: tuple[Month, ...]
    items: Sequence[Mapping[str, Any]]
    first: str
    last: str
    before: str
    """The month that the page before begins with, as `YYYY-MM`."""
    after: str


@router.get("/programmes/calendar", name="calendar_page")
async def calendar_page(
    request: Request,
    access: Organiser,
    runtime: Run,
    month: Annotated[str, Query(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$")] = "",
) -> HTMLResponse:
    """The classes of this organisation in months, with holidays by name."""
    today = local_day(await runtime.gateway.business_now())
    begin = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    last = _month(begin, SHOWN)
    items = (await portal.classes(access, runtime, begin, last))["items"]
    events: dict[date, list[Mapping[str, Any]]] = {}
    for one in items:
        for day in one["days"]:
            events.setdefault(date.fromisoformat(day), []).append(one)
    context = CalendarPage(
        await months.grids(runtime, begin, SHOWN, marks={today: "today"}, events=events),
        items,
        begin.isoformat(),
        last.isoformat(),
        f"{_month(begin, -SHOWN):%Y-%m}",
        f"{last:%Y-%m}",
    )
    return await page(request, runtime, access, "calendar.html", context)


def _month(first: date, ahead: int) -> date:
    """The first day of the month so many months ahead."""
    number = first.year * 12 + first.month - 1 + ahead
    return date(number // 12, number % 12 + 1, 1)
