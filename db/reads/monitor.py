"""What operations watch: the cases that run, by stage and by what they need, and what stands beside each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, case, distinct, exists, func, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.people_tables import Account, AccountRole
from db.projection import over
from db.reads.pages import PAGE, Order, Page, page_of
from db.tables import CaseRow, JourneyRow, ProgrammeRow, TaskRow
from domain.clock import utc
from domain.roles import Role
from state_machines.tables import TABLES

S = TypeVar("S")
Kind = Literal["programme", "journey"]
Need = Literal["late", "soon", "nobody", "stuck"]
WatchSort = Literal["-updated", "updated", "-opened", "opened", "organiser", "-organiser", "state", "-state"]
Row = ProgrammeRow | JourneyRow


@dataclass(frozen=True)
class Separation:
    """What bars somebody of a group from a task: having completed another of these kinds in the same case."""

    kind: str
    group: str
    after: tuple[str, ...]


Span = tuple[datetime, datetime]
"""From the first moment on, until before the second (UTC, business time)."""


@dataclass(frozen=True)
class Watch:
    """Which cases are looked for. `now` and `soon` are business moments (UTC): a task is late when it was
    due before `now`, and about to be when it is due before `soon`."""

    kind: Kind
    now: datetime
    soon: datetime
    separations: tuple[Separation, ...] = ()
    running: bool | None = True
    """None: those that have ended too."""
    state: str = ""
    stage: int = 0
    track: str = ""
    organisers: tuple[str, ...] | None = None
    """One of these; None: whoever."""
    q: str = ""
    q_organisers: tuple[str, ...] = ()
    """Organisers whose names the caller found to match `q`."""
    need: Need | None = None
    stuck: tuple[str, ...] = ()
    """Streams that ask for help, for `need="stuck"`."""
    opened: Span | None = None
    closed: Span | None = None


class Beside(NamedTuple):
    """What a list shows of a case beside its own row."""

    stage: int
    next_moment: datetime | None
    attention: str
    tasks: int
    late: int


async def watched(
    session: AsyncSession, watch: Watch, *, sort: WatchSort = "-updated", cursor: str = "", limit: int = PAGE
) -> Page[Any]:
    """The cases that are looked for, as rows of their kind."""
    row = _row(watch.kind)
    query = _looked_for(select(row), watch)
    name = sort.removeprefix("-")
    column = {
        "updated": row.updated_at,
        "opened": row.opened_at,
        "organiser": row.organiser,
        "state": row.state,
    }[name]
    kind = datetime if name in ("updated", "opened") else str
    order = Order((col(column), col(row.stream)), (kind, str), descending=sort.startswith("-"))
    attribute = {"updated": "updated_at", "opened": "opened_at"}.get(name, name)
    return await page_of(session, query, order, cursor, limit, lambda r: (getattr(r, attribute), r.stream))


async def watched_count(session: AsyncSession, watch: Watch) -> int:
    """How many cases are looked for: the rows of all pages of `watched`."""
    row = _row(watch.kind)
    return (await session.exec(_looked_for(select(func.count()).select_from(row), watch))).one()


async def state_counts(session: AsyncSession, kind: Kind) -> dict[str, int]:
    """How many cases of the kind are in each state, those that ended too."""
    query = select(CaseRow.state, func.count()).where(CaseRow.kind == kind).group_by(col(CaseRow.state))
    return {state: n for state, n in await session.exec(query)}  # noqa: C416 (rows are not pairs to mypy)


async def need_counts(session: AsyncSession, watch: Watch) -> dict[Need, int]:
    """How many running cases of the kind have a late task, one that is about to be, and one that nobody
    may do. (Only a case that runs has open tasks.)"""
    names: tuple[Need, ...] = ("late", "soon", "nobody")
    each = (
        columns(*(func.max(case((_needed(name, watch), 1), else_=0)).label(name) for name in names))
        .where(col(TaskRow.open).is_(True), col(TaskRow.case_kind) == watch.kind)
        .group_by(col(TaskRow.stream))
        .subquery()
    )
    query = columns(*(func.coalesce(func.sum(each.c[name]), 0) for name in names))
    found = (await (await session.connection()).execute(query)).one()
    return {name: int(n) for name, n in zip(names, found, strict=True)}


async def beside(session: AsyncSession, streams: Sequence[str], now: datetime) -> dict[str, Beside]:
    """What stands beside the rows of these cases."""
    late = case((col(TaskRow.due_at) < utc(now), 1), else_=0)
    query = (
        columns(
            col(CaseRow.stream),
            col(CaseRow.stage),
            col(CaseRow.next_moment),
            col(CaseRow.attention),
            func.count(col(TaskRow.id)),
            func.coalesce(func.sum(late).filter(col(TaskRow.id).is_not(None)), 0),
        )
        .outerjoin(TaskRow, and_(col(TaskRow.stream) == col(CaseRow.stream), col(TaskRow.open).is_(True)))
        .where(col(CaseRow.stream).in_(streams))
        .group_by(col(CaseRow.stream), col(CaseRow.stage), col(CaseRow.next_moment), col(CaseRow.attention))
    )
    found = await (await session.connection()).execute(query)
    return {stream: Beside(*rest) for stream, *rest in found}


def _row(kind: Kind) -> type[Row]:
    return ProgrammeRow if kind == "programme" else JourneyRow


def _looked_for(query: SelectOfScalar[S], watch: Watch) -> SelectOfScalar[S]:
    if watch.opened is not None or watch.closed is not None:
        query = query.join(CaseRow, col(CaseRow.stream) == col(_row(watch.kind).stream))
    return query.where(*_conditions(watch))


def _conditions(watch: Watch) -> list[ColumnElement[bool]]:
    row = _row(watch.kind)
    found: list[ColumnElement[bool]] = []
    # Whether it runs and its stage follow from its state: so no other table is asked for them.
    states = [s for s in TABLES[watch.kind].states if not watch.stage or s.stage == watch.stage]
    if watch.running is not None:
        states = [s for s in states if over(watch.kind, s.name) is not watch.running]
    if watch.state:
        found.append(col(row.state) == watch.state)
    if len(states) < len(TABLES[watch.kind].states):
        found.append(col(row.state).in_([s.name for s in states]))
    if watch.track:
        found.append(col(row.track) == watch.track)
    if watch.organisers is not None:
        found.append(col(row.organiser).in_(watch.organisers))
    if watch.q:
        found.append(
            or_(
                *(col(c).icontains(watch.q, autoescape=True) for c in (row.id, row.stream, row.scheme)),
                col(row.organiser).in_(watch.q_organisers),
            )
        )
    for column, span in ((CaseRow.opened_at, watch.opened), (CaseRow.closed_at, watch.closed)):
        if span is not None:
            found += [col(column) >= utc(span[0]), col(column) < utc(span[1])]
    if watch.need == "stuck":
        found.append(col(row.stream).in_(watch.stuck))
    elif watch.need is not None:
        tasks = columns(col(TaskRow.stream)).where(
            col(TaskRow.open).is_(True), col(TaskRow.case_kind) == watch.kind, _needed(watch.need, watch)
        )
        found.append(col(row.stream).in_(tasks))
    return found


def _needed(need: Need, watch: Watch) -> ColumnElement[bool]:
    """What an open task is, so that its case needs somebody."""
    now, soon = utc(watch.now), utc(watch.soon)
    if need == "late":
        return col(TaskRow.due_at) < now
    if need == "soon":
        return and_(col(TaskRow.due_at) >= now, col(TaskRow.due_at) < soon)
    return nobody_may(watch.separations)


def nobody_may(separations: Collection[Separation]) -> ColumnElement[bool]:
    """Nobody who can sign in may do this task: by the group, the organisation or the person that it is bound
    to, and by R-SOD as far as completed tasks tell who had a hand in what. (A seat is also confirmed by the
    organiser, so it is never without anybody.) What does not depend on the task is asked once a query, and
    of roles one by one: each is one look into an index, however many accounts there are."""
    able = col(Account.disabled_at).is_(None)
    worn = (col(AccountRole.account) == col(Account.id), able)
    organisations = columns(col(AccountRole.organisation)).where(
        *worn, col(AccountRole.role) == Role.ORGANISER.value
    )
    persons = columns(col(Account.person)).where(able)
    group = or_(
        *(
            and_(
                col(TaskRow.group_role) == role.value,
                ~exists().where(*worn, col(AccountRole.role) == role.value),
            )
            for role in Role
        ),
        *(_all_barred(s, worn) for s in separations),
    )
    bound = or_(
        and_(col(TaskRow.for_person) != "", col(TaskRow.for_person).not_in(persons)),
        and_(col(TaskRow.for_organisation) != "", col(TaskRow.for_organisation).not_in(organisations)),
        and_(col(TaskRow.for_person) == "", col(TaskRow.for_organisation) == "", group),
    )
    return and_(col(TaskRow.kind) != "confirm_seat", bound)


def _all_barred(separation: Separation, worn: tuple[ColumnElement[bool], ...]) -> ColumnElement[bool]:
    """Everybody of the group has completed one of the tasks that bar from this one."""
    done = aliased(TaskRow)
    of_group = (*worn, col(AccountRole.role) == separation.group)
    members = columns(col(Account.person)).where(*of_group)
    number = columns(func.count(distinct(col(Account.person)))).where(*of_group).scalar_subquery()
    barred = (
        columns(func.count(distinct(col(done.completed_by))))
        .where(
            col(done.stream) == col(TaskRow.stream),
            col(done.kind).in_(separation.after),
            col(done.completed_by).in_(members),
        )
        .correlate(TaskRow)
        .scalar_subquery()
    )
    return and_(col(TaskRow.kind) == separation.kind, barred >= number)
