"""Master assessors: fields, certificates, and the days and places that are taken."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Account, AccountRole, MasterAssessor
from db.registry.base import batched
from db.streams import append_row_event
from db.tables import AssignmentRow, ReservationRow
from domain.ids import ASSESSOR_PLACE, day_key, holder_of
from domain.roles import Actor


async def put_master_assessor(
    session: AsyncSession,
    *,
    person: str,
    fields: Sequence[str],
    certificate_state: str,
    certificate_valid_until: date | None,
    registration_number: str = "",
    by: Actor,
    at: datetime,
) -> None:
    """Register a master assessor, or change what is known of one."""
    await session.merge(
        MasterAssessor(
            person=person,
            fields=sorted(set(fields)),
            certificate_state=certificate_state,
            certificate_valid_until=certificate_valid_until,
            registration_number=registration_number,
            updated_at=at,
        )
    )
    await session.flush()
    await append_row_event(
        session,
        f"person-{person}",
        "master_assessor_recorded",
        by,
        {
            "fields": sorted(set(fields)),
            "certificate_state": certificate_state,
            "certificate_valid_until": certificate_valid_until,
        },
        at,
    )


async def master_assessors(session: AsyncSession, persons: Iterable[str]) -> dict[str, MasterAssessor]:
    """Those of these persons who are master assessors."""
    rows = await session.exec(
        select(MasterAssessor).where(col(MasterAssessor.person).in_(sorted(set(persons))))
    )
    return {row.person: row for row in rows}


async def busy_days(
    session: AsyncSession,
    kind: str,
    persons: Iterable[str],
    days: Iterable[date],
    *,
    not_holders: Iterable[str] = (),
    not_streams: Iterable[str] = (),
) -> dict[str, tuple[date, ...]]:
    """Which of these days are taken of these persons: kind `master_day` or `committee_day`.

    Days that one of `not_holders`, or anything of `not_streams`, took are left out. Everybody asked about
    is in the answer.
    """
    asked = sorted(set(days))
    keys = {day_key(person, day): (person, day) for person in set(persons) for day in asked}
    taken: dict[str, list[date]] = {person: [] for person in sorted(set(persons))}
    own, streams = set(not_holders), set(not_streams)
    for some in batched(keys):
        rows = await session.exec(
            select(ReservationRow).where(ReservationRow.kind == kind, col(ReservationRow.key).in_(some))
        )
        for row in rows:
            if row.holder not in own and row.stream not in streams:
                person, day = keys[row.key]
                taken[person].append(day)
    return {person: tuple(sorted(found)) for person, found in taken.items()}


async def places_taken(session: AsyncSession, share: str, *, but: str = "") -> int:
    """Cases that have a place of this share (domain.ids.class_assessor), the holder `but` left out."""
    rows = await session.exec(
        select(ReservationRow.holder).where(
            ReservationRow.kind == ASSESSOR_PLACE,
            col(ReservationRow.key).startswith(f"{share}/", autoescape=True),
        )
    )
    return sum(holder != but for holder in rows)


async def class_holders(session: AsyncSession, programme: str, class_id: str) -> tuple[str, ...]:
    """Under which names the assignments of a class hold their days."""
    rows = await session.exec(
        select(AssignmentRow.id).where(AssignmentRow.stream == programme, AssignmentRow.class_id == class_id)
    )
    return tuple(holder_of(programme, assignment) for assignment in rows)


async def members(session: AsyncSession, organisation: str, persons: Iterable[str]) -> tuple[str, ...]:
    """Those of these persons who wear a hat of the organisation, sorted."""
    rows = await session.exec(
        select(Account.person)
        .join(AccountRole, col(AccountRole.account) == col(Account.id))
        .where(AccountRole.organisation == organisation, col(Account.person).in_(sorted(set(persons))))
        .distinct()
    )
    return tuple(sorted(rows))
