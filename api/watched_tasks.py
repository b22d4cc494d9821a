"""The open tasks that operations watch, in every group: how late, how old, held by whom."""

from dataclasses import dataclass
from typing import Any, Literal

from api import views
from api.monitor import SOON, separations
from api.programmes import names
from api.runtime import Runtime
from api.trends import AGES
from db import reads, registry
from db.identity import Access
from db.reads import TaskNeed, TaskWatchSort
from domain.policy import CURRENT


@dataclass(frozen=True)
class AskedTasks:
    """What somebody looks for: the filters of the list's address."""

    group: str = ""
    kind: str = ""
    organiser: str = ""
    stream: str = ""
    holder: Literal["", "held", "free"] = ""
    need: TaskNeed | None = None
    age: int | None = None
    """0 for tasks younger than the first of AGES, 1 for those younger than the second …"""
    sort: TaskWatchSort = "due"


@dataclass(frozen=True)
class ListedTasks:
    items: list[dict[str, Any]]
    next: str | None
    prev: str | None
    total: int


async def listed(
    access: Access, runtime: Runtime, asked: AskedTasks, *, cursor: str = "", limit: int = 50
) -> ListedTasks:
    """One page of them, and how many all pages hold. Who holds one is named: they are staff, or act for an
    organiser."""
    now = await runtime.gateway.business_now()
    watch = reads.TaskWatch(
        now=now,
        soon=now + SOON,
        separations=separations(),
        group=asked.group,
        kind=asked.kind,
        organiser=asked.organiser,
        stream=asked.stream,
        holder=asked.holder,
        need=asked.need,
        opened_after=None if asked.age is None or asked.age >= len(AGES) else now - AGES[asked.age],
        opened_until=None if not asked.age else now - AGES[asked.age - 1],
    )
    async with runtime.db.read() as session:
        page = await reads.watched_tasks(session, watch, sort=asked.sort, cursor=cursor, limit=limit)
        whole = not cursor and page.next is None
        total = len(page.items) if whole else await reads.watched_tasks_count(session, watch)
        called = await registry.organisation_names(session, [row.organiser for row in page.items])
        held = {row.holder or row.for_person for row in page.items} - {""}
        known = await names(session, runtime, access, held)
    return ListedTasks(
        [
            {
                "id": row.id,
                "stream": row.stream,
                "case_kind": row.case_kind,
                "kind": row.kind,
                **views.both(CURRENT.task(row.kind).label),
                **views.state_json("task", row.state),
                "group": row.group_role,
                "organiser": row.organiser,
                "organiser_name": called.get(row.organiser, ""),
                "holder": row.holder,
                "holder_name": known.get(row.holder or row.for_person, {}).get("name"),
                "opened_at": views.moment(row.opened_at),
                "due_at": views.moment(row.due_at),
                "late": row.due_at < now,
            }
            for row in page.items
        ],
        page.next,
        page.prev,
        total,
    )


async def every_id(access: Access, runtime: Runtime, asked: AskedTasks, most: int) -> list[str]:
    """The ids of all that are looked for, `most` at the most."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < most:
        page = await listed(access, runtime, asked, cursor=cursor, limit=reads.MOST)
        found += [one["id"] for one in page.items]
        cursor = page.next
    return found[:most]
