"""The chains themselves: a row a stream, a row an event, each linked to the one before by its hash.

Row truth chains its events here, in the transaction of what they tell; a case's come through `db.ledger`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, update
from sqlalchemy import select as columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.projection import table_of
from db.tables import EventRow, OutboxRow, StreamRow
from domain.clock import utc
from domain.events import GENESIS, Event, canonical, derived_id
from domain.roles import Actor
from state_machines.turn import json_value

ROW_STREAM = "row"
ROW_PREFIXES = ("access-", "calendar-", "draft-", "org-", "person-", "policy-", "scheme-")
"""How the streams of row truth are named. A stream's name says what it is, never its `kind`: the name is in
every event's hash, the kind is not."""


class Head(NamedTuple):
    """The end of a stream; (0, GENESIS) before its first event."""

    seq: int
    hash: str


class Locked(NamedTuple):
    """A stream's row, locked until the transaction ends. No ORM object: every batch asks for it."""

    stream: str
    kind: str
    workflow_id: str
    head_seq: int
    head_hash: str
    frozen: bool
    openings: str


_STREAMS = table_of(StreamRow)
_HEAD = (
    columns(*(_STREAMS.c[name] for name in Locked._fields))
    .where(_STREAMS.c.stream == bindparam("stream"))
    .with_for_update()
)
_FORWARD = (
    update(_STREAMS)
    .where(_STREAMS.c.stream == bindparam("name"))
    .values(head_seq=bindparam("seq"), head_hash=bindparam("hash"))
)
_OPENINGS = update(_STREAMS).where(_STREAMS.c.stream == bindparam("name")).values(openings=bindparam("told"))


# ---- writing -----------------------------------------------------------------------------------------


async def append_row_event(
    session: AsyncSession,
    stream: str,
    type: str,
    actor: Actor,
    payload: Mapping[str, Any],
    at: datetime,
    *,
    business_at: datetime | None = None,
    policy_version: str = "",
    command_id: str = "",
) -> Event:
    """Chain an event onto a stream of row truth (ROW_PREFIXES), in the caller's transaction, under a lock on
    the stream's head until it commits. Raises ValueError for another name.

    `payload` holds ids, digests and commitments only. `at` is UTC; `business_at` differs in a simulation.
    """
    if not is_row(stream):
        raise ValueError("a case's stream is written by its workflow alone")
    row = await hold(session, stream, ROW_STREAM, "")
    seq = row.head_seq + 1
    event = Event(
        stream=stream,
        seq=seq,
        command_id=command_id or derived_id(stream, seq),
        type=type,
        at=utc(at),
        business_at=utc(business_at or at),
        actor=actor,
        policy_version=policy_version,
        payload=json_value(dict(payload)),
        prev_hash=row.head_hash,
    ).sealed()
    await insert_events(session, [event])
    await advance(session, stream, event)
    return event


async def insert_events(session: AsyncSession, events: Sequence[Event]) -> None:
    """Insert the events as they are, and their notices into the outbox (those there already stay)."""
    connection = await session.connection()
    await connection.execute(table_of(EventRow).insert(), [event_values(e) for e in events])
    notices = [
        {
            "stream": event.stream,
            "seq": event.seq,
            "n": n,
            "to": notice.to,
            "template": notice.template,
            "data": notice.data,
            "state": "PENDING",
            "attempts": 0,
            "created_at": event.business_at,
        }
        for event in events
        for n, notice in enumerate(event.notices)
    ]
    if notices:
        await connection.execute(inserting(session, OutboxRow).on_conflict_do_nothing(), notices)


async def hold(session: AsyncSession, stream: str, kind: str, workflow_id: str) -> Locked:
    """The stream's row, locked until the transaction ends; made of these when there is none."""
    return await lock(session, stream) or await create(session, stream, kind, workflow_id)


async def lock(session: AsyncSession, stream: str) -> Locked | None:
    connection = await session.connection()
    row = (await connection.execute(_HEAD, {"stream": stream})).one_or_none()
    return Locked(*row) if row is not None else None


async def create(session: AsyncSession, stream: str, kind: str, workflow_id: str) -> Locked:
    """The row of a new stream, locked; of two who make it at once, the second waits and gets the first's."""
    values = {
        "stream": stream,
        "kind": kind,
        "workflow_id": workflow_id,
        "head_seq": 0,
        "head_hash": GENESIS,
        "frozen": False,
        "frozen_reason": "",
        "openings": "{}",
    }
    await session.exec(inserting(session, StreamRow).on_conflict_do_nothing().values(values))
    row = await lock(session, stream)
    assert row is not None
    return row


async def advance(session: AsyncSession, stream: str, event: Event) -> Head:
    connection = await session.connection()
    await connection.execute(_FORWARD, {"name": stream, "seq": event.seq, "hash": event.hash})
    return Head(event.seq, event.hash)


async def keep_openings(session: AsyncSession, stream: str, openings: Mapping[str, Any]) -> None:
    connection = await session.connection()
    await connection.execute(_OPENINGS, {"name": stream, "told": json.dumps(openings)})


def inserting(session: AsyncSession, model: type[SQLModel]) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table_of(model))


# ---- reading back ------------------------------------------------------------------------------------


def is_row(stream: str) -> bool:
    """Is it a chain of rows (organisations, persons …)? Everything else is a case's."""
    return stream.startswith(ROW_PREFIXES)


def event_values(event: Event) -> dict[str, Any]:
    """The row of an event."""
    return {
        "stream": event.stream,
        "seq": event.seq,
        "command_id": event.command_id,
        "schema_version": event.schema_version,
        "type": event.type,
        "at": event.at,
        "business_at": event.business_at,
        "actor_account": event.actor.account,
        "actor_person": event.actor.person,
        "actor_role": event.actor.role.value,
        "on_behalf_of": event.actor.on_behalf_of,
        "policy_version": event.policy_version,
        "body": canonical(event.body()).decode(),
        "prev_hash": event.prev_hash,
        "hash": event.hash,
    }


def event_of(row: EventRow) -> Event:
    """The event of a row."""
    return event_from(row.body, row.hash)


def event_from(body: str, hash_: str) -> Event:
    """The event of a row's body and hash."""
    return Event.model_validate({**json.loads(body), "hash": hash_})


async def events_of(session: AsyncSession, stream: str, after: int = 0) -> list[Event]:
    """The stream's events with a seq above `after`, in order."""
    found = await session.exec(
        select(EventRow).where(EventRow.stream == stream, EventRow.seq > after).order_by(col(EventRow.seq))
    )
    return [event_of(row) for row in found]
