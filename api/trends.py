"""How it went: the time that stages took, what came and went week by week, and the age of open tasks."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from api.runtime import Runtime
from db import reads
from db.reads import Entered, Life
from db.reads.monitor import Kind
from domain.clock import at, local_day
from state_machines.tables import TABLES

AGES: tuple[timedelta, ...] = tuple(timedelta(days=days) for days in (1, 3, 7, 14))
"""Open tasks are younger than the first of these, than the second …, or older than all."""
DAY = 86_400.0


@dataclass(frozen=True)
class StageTime:
    """How long cases stayed in a stage that they have left, in days."""

    stage: int
    cases: int
    median: float
    p90: float


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
    stages = {s.name: 0 if s.terminal else s.stage for s in TABLES[kind].states}
    async with runtime.db.read() as session:
        moves = await reads.entered(session, kind, stages, since=since)
        lives = await reads.lives(session, kind, since=since)
        ages = await reads.tasks_by_age(session, [now - age for age in AGES])
    return Trends(stage_times(moves), by_week(lives, since, now), backlog(ages))


def stage_times(moves: Iterable[Entered]) -> tuple[StageTime, ...]:
    """Median and ninth decile of the days that cases spent in each stage before they left it. A case that
    comes back to a stage has its times there added up; what is in no stage (suspended) counts for none."""
    spent: dict[int, list[float]] = defaultdict(list)
    for _, of_case in groupby(moves, key=lambda m: m.stream):
        mine: dict[int, float] = defaultdict(float)
        stage, since = 1, None
        for move in of_case:
            since = since or move.opened_at
            if move.stage != stage:
                mine[stage] += (move.at - since).total_seconds() / DAY
                stage, since = move.stage, move.at
        for left, days in mine.items():
            if left not in (0, stage):
                spent[left].append(days)
    return tuple(
        StageTime(stage, len(days), percentile(days, 0.5), percentile(days, 0.9))
        for stage, days in sorted(spent.items())
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest of the values that at least that part of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


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
