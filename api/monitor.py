"""What operations watch: cases by stage and by what they need, and how it went over time."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from api import listings, views
from api.programmes import names
from api.routers import operations
from api.runtime import Runtime
from db import reads, registry
from db.identity import Access
from db.projection import over
from db.reads import Need, Separation, Watch, WatchSort
from db.reads.monitor import Kind
from domain.clock import at
from domain.policy import default
from state_machines.tables import TABLES

SOON = timedelta(days=2)
"""A task that is due within this is about to be late."""


@dataclass(frozen=True)
class Asked:
    """What somebody looks for: the filters of the monitor's address."""

    kind: Kind = "programme"
    running: bool | None = True
    state: str = ""
    stage: int = 0
    track: str = ""
    organiser: str = ""
    q: str = ""
    need: Need | None = None
    sort: WatchSort = "-updated"
    opened: date | None = None
    """Begun in the week from this day on (WIB)."""
    closed: date | None = None
    """Ended in that week."""


@dataclass(frozen=True)
class Trouble:
    """What asks for help, and whether Temporal could be asked."""

    items: list[dict[str, Any]]
    running: bool

    def streams(self, kind: str) -> tuple[str, ...]:
        return tuple(i["stream"] for i in self.items if i["stream"] and i["kind"] == kind)


@dataclass(frozen=True)
class Board:
    """How many cases run in each stage, are in each state, and need somebody."""

    stages: Mapping[int, int]
    states: Mapping[str, int]
    needs: Mapping[Need, int]


@dataclass(frozen=True)
class Listed:
    items: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    prev: str | None = None
    total: int = 0
    """Rows of all pages."""


async def trouble(access: Access, runtime: Runtime) -> Trouble:
    """Cases that operations must look at."""
    told = await operations.attention(access, runtime)
    return Trouble(told["items"], told["running"])


async def board(runtime: Runtime, kind: Kind, stuck: Trouble) -> Board:
    """The counts of one kind of case."""
    watch = await _watch(runtime, Asked(kind), stuck)
    async with runtime.db.read() as session:
        states = await reads.state_counts(session, kind)
        needs = await reads.need_counts(session, watch)
    stages: Counter[int] = Counter()
    for state, count in states.items():
        if not over(kind, state):
            stages[TABLES[kind].state(state).stage] += count
    return Board(stages, states, {**needs, "stuck": len(stuck.streams(kind))})


async def listed(
    access: Access,
    runtime: Runtime,
    asked: Asked,
    stuck: Trouble,
    *,
    cursor: str = "",
    limit: int = 50,
    counted: bool = True,
) -> Listed:
    """One page of the cases that are looked for, and, `counted`, how many all pages hold. Names of candidates
    are there for those who may know them."""
    watch = await _watch(runtime, asked, stuck)
    async with runtime.db.read() as session:
        page = await reads.watched(session, watch, sort=asked.sort, cursor=cursor, limit=limit)
        # Where everything stands on one page it has been counted already.
        whole = not counted or (not cursor and page.next is None)
        total = len(page.items) if whole else await reads.watched_count(session, watch)
        around = await reads.beside(session, [row.stream for row in page.items], watch.now)
        called = await registry.organisation_names(session, [row.organiser for row in page.items])
        persons = [row.person for row in page.items] if asked.kind == "journey" else []
        known = await names(session, runtime, access, persons)
    return Listed(
        [
            {
                **row.model_dump(mode="json", exclude={"workflow_id"}),
                **views.state_json(asked.kind, row.state),
                "organiser_name": called.get(row.organiser, ""),
                "name": known.get(getattr(row, "person", ""), {}).get("name"),
                "stage": around[row.stream].stage,
                "next_moment": views.moment(around[row.stream].next_moment),
                "attention": around[row.stream].attention,
                "tasks": around[row.stream].tasks,
                "late": around[row.stream].late,
            }
            for row in page.items
        ],
        page.next,
        page.prev,
        total,
    )


async def every(
    access: Access, runtime: Runtime, asked: Asked, stuck: Trouble
) -> AsyncIterator[dict[str, Any]]:
    """All the cases that are looked for, page after page: no more of them is held than one page."""
    cursor: str | None = ""
    while cursor is not None:
        page = await listed(access, runtime, asked, stuck, cursor=cursor, limit=reads.MOST, counted=False)
        for item in page.items:
            yield item
        cursor = page.next


async def _watch(runtime: Runtime, asked: Asked, stuck: Trouble) -> Watch:
    now = await runtime.gateway.business_now()
    watch = Watch(
        kind=asked.kind,
        now=now,
        soon=now + SOON,
        separations=separations(),
        running=asked.running,
        state=asked.state,
        stage=asked.stage,
        track=asked.track,
        organisers=(asked.organiser,) if asked.organiser else None,
        q=asked.q,
        need=asked.need,
        stuck=stuck.streams(asked.kind),
        opened=_week(asked.opened),
        closed=_week(asked.closed),
    )
    if asked.q:
        async with runtime.db.read() as session:
            found = await listings.organisations(session, q=asked.q)
        watch = replace(watch, q_organisers=tuple(o.id for o in found))
    return watch


def _week(monday: date | None) -> reads.Span | None:
    if monday is None:
        return None
    begins = at(monday, 0)
    return begins, begins + timedelta(weeks=1)


def separations() -> tuple[Separation, ...]:
    """Kinds of tasks for a group from which a hand in another step bars, with the tasks of those steps."""
    tasks = default().tasks
    found = []
    for kind in tasks:
        after = tuple(t.kind for t in tasks if t.step and t.step in kind.barred)
        if kind.bound == "group" and after:
            found.append(Separation(kind.kind, kind.group.value, after))
    return tuple(found)
