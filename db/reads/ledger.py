"""What the ledger tells besides the cases: timelines, refusals, notices and reservations."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, false, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.folding import fold_stream, openings_of
from db.reads.pages import PAGE, Order, Page, limited, page_of
from db.streams import event_of, events_of
from db.tables import DenialRow, EventRow, OutboxRow, ReservationRow, StreamRow
from domain.cases import Case
from domain.events import Event

Telling = Literal["moves", "rules", "messages"]
"""What an event has to hold to be listed: a move, what a rule found, or news of people or other cases."""


async def timeline(
    session: AsyncSession,
    stream: str,
    *,
    telling: Telling | None = None,
    role: str = "",
    rule: str = "",
    spans: Sequence[tuple[int, int]] | None = None,
    newest_first: bool = True,
    cursor: str = "",
    limit: int = PAGE,
) -> Page[Event]:
    """The events of a stream, of either kind of truth; those alone that hold what is asked for, are of
    somebody in that role, hold a finding of that rule, and whose number lies in one of `spans` (both ends
    included)."""
    query = select(EventRow).where(EventRow.stream == stream)
    if telling is not None:
        query = query.where(_TELLING[telling])
    if role:
        query = query.where(EventRow.actor_role == role)
    if rule:
        query = query.where(_holds(f'"rule":"{rule}"'))
    if spans is not None:
        query = query.where(or_(false(), *(col(EventRow.seq).between(a, b) for a, b in spans)))
    order = Order((col(EventRow.seq),), (int,), descending=newest_first)
    found = await page_of(session, query, order, cursor, limit, lambda r: (r.seq,))
    return Page([event_of(row) for row in found.items], found.next)


async def events_about(session: AsyncSession, stream: str, subject: str) -> list[Event]:
    """The stream's events in which this entity moved, in their order."""
    found = await session.exec(
        select(EventRow)
        .where(EventRow.stream == stream, _holds(f'"subject":"{subject}"'))
        .order_by(col(EventRow.seq))
    )
    events = [event_of(row) for row in found]
    return [e for e in events if any(m.subject == subject for m in e.moves)]


async def chain(
    session: AsyncSession, stream: str, *, telling: Telling | None = None, types: Sequence[str] = ()
) -> list[Event]:
    """Every event of a case that holds what is asked for, or is of one of these types, the first one first.
    For what is read of one case alone: a case has some hundred events."""
    query = select(EventRow).where(EventRow.stream == stream)
    if telling is not None:
        query = query.where(_TELLING[telling])
    if types:
        query = query.where(col(EventRow.type).in_(types))
    return [event_of(row) for row in await session.exec(query.order_by(col(EventRow.seq)))]


async def as_of(session: AsyncSession, stream: str, seqs: Collection[int]) -> dict[int, Case]:
    """The case as it was right after each of these events, folded from its openings; without those that the
    stream does not have."""
    row = await session.get(StreamRow, stream)
    if row is None or not seqs:
        return {}
    events = [e for e in await events_of(session, stream) if e.seq <= max(seqs)]
    return {f.case.seq: f.case for f in fold_stream(openings_of(row), events) if f.case.seq in seqs}


class Step(NamedTuple):
    """A move of a case's main machine: business time, and the number of the event that holds it."""

    source: str
    dest: str
    at: datetime
    seq: int


async def way(session: AsyncSession, stream: str, machine: str) -> list[Step]:
    """The moves of the case's main machine, the first one first."""
    query = (
        select(col(EventRow.body), col(EventRow.business_at), col(EventRow.seq))
        .where(EventRow.stream == stream, _holds(f'"machine":"{machine}"'))
        .order_by(col(EventRow.seq))
    )
    return [
        Step(move["source"], move["dest"], at, seq)
        for body, at, seq in await session.exec(query)
        for move in json.loads(body)["moves"]
        if move["machine"] == machine and move["source"] != move["dest"]
    ]


def _holds(part: str) -> ColumnElement[bool]:
    return col(EventRow.body).contains(part, autoescape=True)


# Bodies are canonical JSON: keys sorted and no spaces, so that what stands beside an empty list is known, and
# no text inside a string can look like it (its quotes are escaped).
_TELLING: dict[Telling, ColumnElement[bool]] = {
    "moves": ~_holds('"moves":[],"notices":['),
    "rules": ~_holds('"findings":[],"moves":['),
    "messages": or_(
        ~_holds('"notices":[],"payload":{'), _holds('"message_id":'), col(EventRow.type) == "message_answered"
    ),
}


async def denials(
    session: AsyncSession,
    *,
    account: str = "",
    stream: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page[DenialRow]:
    """Refusals, the latest first."""
    query = select(DenialRow)
    if account:
        query = query.where(DenialRow.account == account)
    if stream:
        query = query.where(DenialRow.stream == stream)
    order = Order((col(DenialRow.at), col(DenialRow.id)), (datetime, str), descending=True)
    return await page_of(session, query, order, cursor, limit, lambda r: (r.at, r.id))


async def outbox_counts(session: AsyncSession) -> dict[str, int]:
    """How many notices are in each state."""
    found = await session.exec(select(OutboxRow.state, func.count()).group_by(col(OutboxRow.state)))
    return {state: n for state, n in found}  # noqa: C416 (rows are not pairs to mypy)


async def notices_for(
    session: AsyncSession, to: Sequence[str], limit: int = PAGE, *, streams: Sequence[str] = ()
) -> list[OutboxRow]:
    """What these recipients (`person:…`, `role:…`, `organisation:…`) were told, the latest first; with
    `streams`, about these cases alone."""
    about = [col(OutboxRow.stream).in_(list(streams))] if streams else []
    found = await session.exec(
        select(OutboxRow)
        .where(col(OutboxRow.to).in_(list(to)), *about)
        .order_by(col(OutboxRow.created_at).desc(), col(OutboxRow.stream), col(OutboxRow.seq))
        .limit(limited(limit))
    )
    return list(found)


async def reservation(session: AsyncSession, kind: str, key: str) -> ReservationRow | None:
    found = await session.exec(
        select(ReservationRow).where(ReservationRow.kind == kind, ReservationRow.key == key)
    )
    return found.one_or_none()
