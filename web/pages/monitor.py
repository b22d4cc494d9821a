"""Operations' view of everything that runs: how many, where, what is late, what is stuck."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from api.deps import Allow, Run
from api.routers import applications, operations, programmes, tasks
from api.schemas.common import Cursor
from db.identity import Access
from domain.roles import Role
from state_machines.tables import TABLES
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
Watchers = Annotated[Access, Depends(Allow(Role.OPERATIONS, Role.AUDITOR))]


@dataclass(frozen=True)
class MonitorPage:
    what: Literal["programmes", "journeys"]
    state: str
    q: str
    states: list[dict[str, Any]]
    """Every state of the machine with its label and how many stand there now."""
    items: list[dict[str, Any]]
    drafts: list[dict[str, Any]]
    next: str | None
    attention: list[dict[str, Any]]
    asked: bool
    """Could Temporal be asked what its running cases say?"""
    late: list[dict[str, Any]]
    task_counts: Mapping[str, int]


@router.get("/monitor", name="monitor_page")
async def monitor(
    request: Request,
    access: Watchers,
    runtime: Run,
    what: Literal["programmes", "journeys"] = "programmes",
    state: Annotated[str, Query(max_length=30)] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
) -> HTMLResponse:
    """The programmes or journeys that run, by state, with what needs somebody."""
    await caught_up(request, runtime)
    if what == "programmes":
        found = await programmes.programmes_list(access, runtime, state=state, q=q, cursor=cursor)
    else:
        found = await applications.applications(access, runtime, state=state, cursor=cursor)
    late = await tasks.inbox(access, runtime, view="all", late=True, limit=20)
    troubled = await operations.attention(access, runtime)
    table = TABLES["programme" if what == "programmes" else "journey"]
    counts: Mapping[str, int] = found.get("counts", {})
    context = MonitorPage(
        what=what,
        state=state,
        q=q,
        states=[
            {"state": s.name, "label": s.label.id, "label_en": s.label.en, "count": counts.get(s.name)}
            for s in table.states
        ],
        items=found["items"],
        drafts=found.get("drafts", []),
        next=found["next"],
        attention=troubled["items"],
        asked=troubled["running"],
        late=late["items"],
        task_counts=late["counts"],
    )
    return await page(request, runtime, access, "monitor.html", context)
