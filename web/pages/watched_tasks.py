"""Every group's open tasks, for those who watch: what is late, how old it is, and who holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api import watched_tasks as api
from api.deps import Run
from api.runtime import Runtime
from api.schemas.common import Cursor
from api.watched_tasks import AskedTasks
from db.identity import Access
from db.reads import TaskNeed, TaskWatchSort
from domain.errors import DomainError
from domain.policy import CURRENT
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from web import acts, live, saved
from web.pages.monitor import SIZES, Watchers
from web.pages.trends import AGES
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)


async def filters(
    group: Role | Literal[""] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    organiser: Annotated[str, Query(max_length=80)] = "",
    stream: Annotated[str, Query(max_length=80)] = "",
    holder: Literal["", "held", "free"] = "",
    need: TaskNeed | Literal[""] = "",
    age: Annotated[str, Query(pattern="^[0-4]?$")] = "",
    sort: TaskWatchSort = "due",
) -> AskedTasks:
    """What the address says."""
    return AskedTasks(group, kind, organiser, stream, holder, need or None, int(age) if age else None, sort)


Filtered = Annotated[AskedTasks, Depends(filters)]
Size = Annotated[int, Query(ge=1, le=200)]


@dataclass(frozen=True)
class WatchedTasksPage:
    asked: AskedTasks
    limit: int
    sizes: tuple[int, ...]
    groups: tuple[str, ...]
    kinds: tuple[tuple[str, Text], ...]
    ages: tuple[Text, ...]
    items: list[dict[str, Any]]
    total: int
    next: str | None
    prev: str | None
    saved: list[dict[str, Any]]
    kept: Mapping[str, str]
    name: str
    errors: tuple[Violation, ...]
    acts: bool
    key: str


@router.get("/monitor/tasks", name="watched_tasks_page")
async def watched_tasks(
    request: Request, access: Watchers, runtime: Run, asked: Filtered, limit: Size = 50, cursor: Cursor = ""
) -> Response:
    """What people are to do, whoever they are."""
    await caught_up(request, runtime)
    tag = await live.tag_of(request, access, runtime)
    if (same := live.unchanged(request, tag)) is not None:
        return same
    return await _shown(request, access, runtime, asked, limit, cursor=cursor, tag=tag)


@router.post("/monitor/tasks", name="watched_tasks_views")
async def change_views(
    request: Request, access: Watchers, runtime: Run, asked: Filtered, limit: Size = 50
) -> Response:
    """Keep these filters under a name, or rename or delete saved ones."""
    done = await saved.changed(request, access, runtime, "tasks")
    if isinstance(done, Response):
        return done
    name = str((await request.form()).get("name", ""))
    return await _shown(request, access, runtime, asked, limit, name=name, error=done)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    asked: AskedTasks,
    limit: int,
    *,
    cursor: str = "",
    tag: str = "",
    name: str = "",
    error: DomainError | None = None,
) -> Response:
    found = await api.listed(access, runtime, asked, cursor=cursor, limit=limit)
    context = WatchedTasksPage(
        asked=asked,
        limit=limit,
        sizes=SIZES,
        groups=tuple(dict.fromkeys(kind.group.value for kind in CURRENT.tasks)),
        kinds=tuple((kind.kind, kind.label) for kind in CURRENT.tasks),
        ages=AGES,
        items=found.items,
        total=found.total,
        next=found.next,
        prev=found.prev,
        saved=await saved.mine(access, runtime, "tasks"),
        kept=saved.filters_of(request),
        name=name,
        errors=tuple(error.violations) if error else (),
        acts=access.hat.role is Role.OPERATIONS,
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "watched_tasks.html", context, status=status, tag=tag)
