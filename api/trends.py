"""How it went: the time that stages took, what came and went week by week, and the age of open tasks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.runtime import Runtime
from db import reads
from db.reads import Life, StageTime
from db.reads.monitor import Kind
from domain.clock import at, local_day

AGES: tuple[timedelta, ...] = tuple(timedelta(days=days) for days in (1, 3, 7, 14))
"""Open tasks are younger than the first of these, than the second …, or older than all."""


@dataclass(frozen=True)
class Week:
    """What began and what ended from that Monday (WIB) on."""

    monday: date
    arrivals: int
    ends: int


@dataclass(frozen=True)
class Backlog:
    """A group's open tasks by age, one number for each of AGES and one for those that are older."""

    group: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Trends:
    stages: tuple[StageTime, ...]
    weeks: tuple[Week, ...]
    backlog: tuple[Backlog, ...]


async def trends(runtime: Runtime, kind: Kind, weeks: int) -> Trends:
    """The last so many weeks of one kind of case, by business time; tasks are those of every kind of case."""
    now = await runtime.gateway.business_now()
    since = at(_monday(now - timedelta(weeks=weeks)), 0)  # whole weeks, whose rows the monitor can list
    async with runtime.db.read() as session:
        stages = await reads.stage_times(session, kind, since=since)
        lives = await reads.lives(session, kind, since=since)
        ages = await reads.tasks_by_age(session, [now - age for age in AGES])
    return Trends(tuple(stages), by_week(lives, since, now), backlog(ages))


def by_week(lives: Iterable[Life], since: datetime, now: datetime) -> tuple[Week, ...]:
    """Arrivals and ends by calendar week (Monday, WIB), weeks without any too."""
    first, last = _monday(since), _monday(now)
    arrivals: dict[date, int] = defaultdict(int)
    ends: dict[date, int] = defaultdict(int)
    for life in lives:
        arrivals[_monday(life.opened_at)] += 1
        if life.closed_at is not None:
            ends[_monday(life.closed_at)] += 1
    count = (last - first).days // 7 + 1
    mondays = [first + timedelta(weeks=n) for n in range(count)]
    return tuple(Week(monday, arrivals[monday], ends[monday]) for monday in mondays)


def backlog(ages: dict[tuple[str, int], int]) -> tuple[Backlog, ...]:
    """Groups with open tasks, those with the most first."""
    groups = {group for group, _ in ages}
    found = [Backlog(g, tuple(ages.get((g, n), 0) for n in range(len(AGES) + 1))) for g in groups]
    return tuple(sorted(found, key=lambda b: (-sum(b.counts), b.group)))


def _monday(moment: datetime) -> date:
    day = local_day(moment)
    return day - timedelta(days=day.weekday())
