"""Programmes with their classes, seats and assignments."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import DRAFT, EXPIRED, Draft
from db.reads.pages import PAGE, Order, Page, page_of
from db.tables import AssignmentRow, ClassRow, ProgrammeRow, SeatRow

_LAPSED = (col(ProgrammeRow.state) == DRAFT) & col(ProgrammeRow.stream).in_(
    select(Draft.id).where(Draft.state == EXPIRED)
)
"""Taken back, and then left until its draft expired: the case ends as a draft, the request has expired."""


async def programmes(
    session: AsyncSession,
    *,
    organiser: str = "",
    state: str = "",
    stage: int = 0,
    track: str = "",
    q: str = "",
    q_organisers: Sequence[str] = (),
    cursor: str = "",
    limit: int = PAGE,
) -> Page[ProgrammeRow]:
    """Programmes, the latest change first. `q` is looked for in id, scheme and field; `q_organisers` are
    organisers whose names the caller found to match it. `state` EXPIRED finds what `expired_requests` names,
    and DRAFT what it does not."""
    query = select(ProgrammeRow)
    for column, value in (
        (ProgrammeRow.organiser, organiser),
        (ProgrammeRow.state, DRAFT if state == EXPIRED else state),
        (ProgrammeRow.stage, stage),
        (ProgrammeRow.track, track),
    ):
        if value:
            query = query.where(col(column) == value)
    if state in (DRAFT, EXPIRED):
        query = query.where(_LAPSED if state == EXPIRED else ~_LAPSED)
    if q:
        columns = (ProgrammeRow.id, ProgrammeRow.stream, ProgrammeRow.scheme, ProgrammeRow.field)
        query = query.where(
            or_(
                *(col(c).icontains(q, autoescape=True) for c in columns),
                col(ProgrammeRow.organiser).in_(list(q_organisers)),
            )
        )
    order = Order((col(ProgrammeRow.updated_at), col(ProgrammeRow.stream)), (datetime, str), descending=True)
    return await page_of(session, query, order, cursor, limit, lambda r: (r.updated_at, r.stream))


async def programme(session: AsyncSession, stream: str) -> ProgrammeRow | None:
    return (await session.exec(select(ProgrammeRow).where(ProgrammeRow.stream == stream))).one_or_none()


async def expired_requests(session: AsyncSession, streams: Collection[str]) -> set[str]:
    """Which of these programmes were taken back and then left until their draft expired."""
    mine = col(ProgrammeRow.stream).in_(list(streams))
    return set(await session.exec(select(ProgrammeRow.stream).where(mine, _LAPSED)))


async def programme_counts(session: AsyncSession, *, organiser: str = "") -> dict[str, int]:
    """How many programmes are in each state."""
    mine = ProgrammeRow.organiser == organiser if organiser else true()
    query = select(ProgrammeRow.state, func.count()).where(mine).group_by(col(ProgrammeRow.state))
    counts = {state: n for state, n in await session.exec(query)}  # noqa: C416 (rows are not pairs to mypy)
    lapsed = (await session.exec(select(func.count()).select_from(ProgrammeRow).where(mine, _LAPSED))).one()
    if lapsed:
        counts |= {DRAFT: counts[DRAFT] - lapsed, EXPIRED: lapsed}
    return {state: n for state, n in counts.items() if n}


async def classes(session: AsyncSession, stream: str) -> list[ClassRow]:
    found = await session.exec(
        select(ClassRow)
        .where(ClassRow.stream == stream)
        .order_by(col(ClassRow.first_day), col(ClassRow.label), col(ClassRow.id))
    )
    return list(found)


async def venues_of(session: AsyncSession, organiser: str, limit: int = 50) -> list[str]:
    """Codes of the venues of this organiser's classes, the one used last first."""
    used = func.max(ClassRow.last_day)
    found = await session.exec(
        select(ClassRow.venue)
        .where(ClassRow.organiser == organiser)
        .group_by(col(ClassRow.venue))
        .order_by(used.desc(), col(ClassRow.venue))
        .limit(limit)
    )
    return list(found)


async def classes_between(
    session: AsyncSession, organiser: str, first: date, last: date, limit: int = 500
) -> list[ClassRow]:
    """This organiser's classes of which a day may lie between these two days; the earliest first."""
    found = await session.exec(
        select(ClassRow)
        .where(
            ClassRow.organiser == organiser, col(ClassRow.first_day) <= last, col(ClassRow.last_day) >= first
        )
        .order_by(col(ClassRow.first_day), col(ClassRow.stream), col(ClassRow.label))
        .limit(limit)
    )
    return list(found)


async def seats(session: AsyncSession, stream: str, class_id: str = "") -> list[SeatRow]:
    """Seats of a programme (or of one class), main before the waiting list in its order."""
    query = select(SeatRow).where(SeatRow.stream == stream)
    if class_id:
        query = query.where(SeatRow.class_id == class_id)
    found = await session.exec(
        query.order_by(col(SeatRow.class_id), col(SeatRow.kind), col(SeatRow.position), col(SeatRow.id))
    )
    return list(found)


async def seats_of_person(session: AsyncSession, person: str) -> list[SeatRow]:
    found = await session.exec(
        select(SeatRow).where(SeatRow.person == person).order_by(col(SeatRow.stream), col(SeatRow.id))
    )
    return list(found)


async def assignments(session: AsyncSession, stream: str) -> list[AssignmentRow]:
    found = await session.exec(
        select(AssignmentRow)
        .where(AssignmentRow.stream == stream)
        .order_by(col(AssignmentRow.class_id), col(AssignmentRow.kind).desc(), col(AssignmentRow.id))
    )
    return list(found)


async def assignments_of_person(session: AsyncSession, person: str) -> list[AssignmentRow]:
    found = await session.exec(
        select(AssignmentRow)
        .where(AssignmentRow.person == person)
        .order_by(col(AssignmentRow.first_day), col(AssignmentRow.stream), col(AssignmentRow.id))
    )
    return list(found)


async def classes_of(session: AsyncSession, streams: Collection[str]) -> list[ClassRow]:
    """The classes of these programmes."""
    found = await session.exec(
        select(ClassRow)
        .where(col(ClassRow.stream).in_(list(streams)))
        .order_by(col(ClassRow.stream), col(ClassRow.id))
    )
    return list(found)


async def seats_of_journey(session: AsyncSession, journey: str) -> list[SeatRow]:
    """The seat whose application this is; none for a journey without a programme."""
    found = await session.exec(
        select(SeatRow).where(SeatRow.journey == journey).order_by(col(SeatRow.stream), col(SeatRow.id))
    )
    return list(found)
