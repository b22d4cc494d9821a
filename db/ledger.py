"""The ledger: always a prefix of the truth (design § 4.5).

`append` writes events, projection and outbox in the caller's one transaction. Same seq and hash: skipped.
Same seq, another hash: LedgerForked. A gap: LedgerBehind. `commit` is append with its transaction, and the
freezing that must outlive the refused one.
"""

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy import bindparam, update
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import consequences, projection
from db.folding import begun, fold_stream, openings_of
from db.projection import Folded, stage_of, table_of
from db.session import Database
from db.streams import (
    Head,
    Locked,
    advance,
    create,
    event_of,
    events_of,
    hold,
    insert_events,
    is_row,
    keep_openings,
    lock,
)
from db.tables import CaseRow, EventRow, StreamRow
from domain.cases import Case
from domain.events import GENESIS, Event
from state_machines.evolve import evolve

FORKED = "ledger_forked"
"""`cases.attention` of a frozen case."""


class Batch(Protocol):
    """Events of one stream in order (activities.contracts.AppendRequest has this shape)."""

    @property
    def stream(self) -> str: ...
    @property
    def workflow_id(self) -> str: ...
    @property
    def events(self) -> Sequence[Event]: ...
    @property
    def opening(self) -> Case | None: ...


class LedgerForked(Exception):
    """What came and what is there cannot both be true. The stream freezes; only people can mend it."""

    def __init__(self, stream: str, seq: int, reason: str) -> None:
        self.stream, self.seq, self.reason = stream, seq, reason
        super().__init__(f"{stream} at {seq}: {reason}")


class NotItsOwn(LedgerForked):
    """Another workflow than the stream's own asks. Refused, and the stream does not freeze for it."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch.stream, batch.events[0].seq if batch.events else 0, "workflow_id")


class LedgerBehind(Exception):
    """Events are missing between the ledger's head and the first one that came."""

    def __init__(self, stream: str, head: Head) -> None:
        self.stream, self.head = stream, head
        super().__init__(f"{stream} is at {head.seq}")


# ---- writing -----------------------------------------------------------------------------------------


async def commit(db: Database, batch: Batch) -> Head:
    """Append in a transaction of its own, retried as the database asks.

    Raises LedgerForked, with the stream frozen by a second transaction, NotItsOwn, or LedgerBehind.
    """
    try:
        return await db.retrying(lambda session: append(session, batch))
    except NotItsOwn:
        raise
    except LedgerForked as fork:
        stream, reason = fork.stream, f"{fork.seq}:{fork.reason}"
        await db.retrying(lambda session: freeze(session, stream, reason))
        raise


async def append(session: AsyncSession, batch: Batch) -> Head:
    """Write what is new of the batch; gives the stream's head.

    Raises LedgerForked, NotItsOwn or LedgerBehind (nothing is written then), ValueError for the first events
    of a stream without the case that they open, and whatever `evolve` raises for a move that this code does
    not know (a newer worker's: it is tried again).
    """
    _check(batch)
    stream = await lock(session, batch.stream)
    if stream is None and batch.opening is not None and batch.events:
        stream = await create(session, batch.stream, batch.opening.kind, batch.workflow_id)
    if is_row(batch.stream) or (stream is not None and stream.workflow_id != batch.workflow_id):
        raise NotItsOwn(batch)
    head = Head(stream.head_seq, stream.head_hash) if stream else Head(0, GENESIS)
    await _compare(session, batch, head)
    new = [e for e in batch.events if e.seq > head.seq]
    if not new:
        return head
    if new[0].seq != head.seq + 1:
        raise LedgerBehind(batch.stream, head)
    if stream is None:
        raise ValueError("the first events of a stream need the case that they open")
    if stream.frozen:
        raise LedgerForked(batch.stream, new[0].seq, "frozen")
    if new[0].prev_hash != head.hash:
        raise LedgerForked(batch.stream, new[0].seq, "previous_hash")
    await _unused(session, new)
    folded = await _base(session, stream, batch, head)
    for event in new:
        case = evolve(folded.case, event)
        await consequences.keep(session, event, folded.case, case)
        folded = folded.after(event, case)
    await insert_events(session, new)
    await projection.write(session, folded)
    return await advance(session, batch.stream, new[-1])


async def freeze(session: AsyncSession, stream: str, reason: str) -> None:
    """Take no more events for this stream, and tell operations why; the first reason stays."""
    row = await _locked(session, stream)
    if row is None or row.frozen:
        return
    row.frozen, row.frozen_reason = True, reason
    session.add(row)
    await session.exec(update(CaseRow).where(col(CaseRow.stream) == stream).values(attention=FORKED))


async def thaw(session: AsyncSession, stream: str) -> str:
    """People have looked and mended: take events again. Gives why it was frozen; empty when it was not."""
    row = await _locked(session, stream)
    if row is None or not row.frozen:
        return ""
    why = row.frozen_reason
    row.frozen, row.frozen_reason = False, ""
    session.add(row)
    await session.exec(
        update(CaseRow)
        .where(col(CaseRow.stream) == stream, col(CaseRow.attention) == FORKED)
        .values(attention="")
    )
    return why


# ---- reading back ------------------------------------------------------------------------------------


async def rebuild(session: AsyncSession, stream: str) -> Case | None:
    """Make the stream's projection again from its events alone; None when it has no case."""
    row = await _locked(session, stream)
    if row is None or is_row(stream):
        return None
    folded = await _refold(session, row)
    if folded is None:
        return None
    await projection.write(session, folded, whole=True)
    return folded.case


async def restore(
    session: AsyncSession,
    stream: str,
    kind: str,
    workflow_id: str,
    openings: Mapping[int, Case],
    put_back: Container[int] = (),
) -> None:
    """After events were put back (those seqs): set the stream's head to its last event, add the openings that
    it lacks, rebuild its projection, and keep what those events say of persons."""
    row = await hold(session, stream, kind, workflow_id)
    known = json.loads(row.openings)
    told = {str(seq): case.model_dump(mode="json") for seq, case in openings.items()}
    await keep_openings(session, stream, {**told, **known})
    found = await session.exec(
        select(EventRow).where(EventRow.stream == stream).order_by(col(EventRow.seq).desc()).limit(1)
    )
    await advance(session, stream, event_of(found.one()))
    await rebuild(session, stream)
    before: Case | None = None
    events = await events_of(session, stream)
    openings = {**openings, **openings_of(row)}  # the stream's own come first
    for event, folded in zip(events, fold_stream(openings, events), strict=True):
        if before is not None and event.seq in put_back:
            await consequences.keep(session, event, before, folded.case)
        before = folded.case


async def rebuild_all(session: AsyncSession) -> int:
    """Rebuild every case; gives their number."""
    streams = await session.exec(select(StreamRow.stream))
    return sum([await rebuild(session, s) is not None for s in streams.all() if not is_row(s)])


# ---- within ------------------------------------------------------------------------------------------


def _check(batch: Batch) -> None:
    """Are these intact links of this stream, one after the other?"""
    before: Event | None = None
    for event in batch.events:
        if event.stream != batch.stream:
            raise LedgerForked(batch.stream, event.seq, "stream")
        if not event.intact():
            raise LedgerForked(batch.stream, event.seq, "hash")
        if before is not None and (event.seq != before.seq + 1 or event.prev_hash != before.hash):
            raise LedgerForked(batch.stream, event.seq, "previous_hash")
        before = event


async def _compare(session: AsyncSession, batch: Batch, head: Head) -> None:
    """Is what the ledger has already the same as what came again?"""
    old = {e.seq: e.hash for e in batch.events if e.seq <= head.seq}
    if not old:
        return
    found = await session.exec(
        select(EventRow.seq, EventRow.hash).where(
            EventRow.stream == batch.stream, EventRow.seq >= min(old), EventRow.seq <= max(old)
        )
    )
    there = dict(found.all())
    for seq, hash_ in old.items():
        if there.get(seq) != hash_:
            raise LedgerForked(batch.stream, seq, "other_hash" if seq in there else "removed")


async def _unused(session: AsyncSession, events: Sequence[Event]) -> None:
    """Is each command new to the ledger? A command is one event, on one stream."""
    connection = await session.connection()
    found = await connection.execute(_USED, {"ids": [e.command_id for e in events]})
    used = set(found.scalars())
    for event in events:
        if event.command_id in used:
            raise LedgerForked(event.stream, event.seq, "command_id")
        used.add(event.command_id)


async def _base(session: AsyncSession, stream: Locked, batch: Batch, head: Head) -> Folded:
    """The case that the new events continue; records the opening of a stream's first or next run."""
    present = await _present(session, stream)
    opening = batch.opening
    if opening is None or (opening.seq, opening.head or GENESIS) != head:
        if present is None:
            raise ValueError("the first events of a stream need the case that they open")
        return present
    if present is not None and present.case == opening:  # a run that goes on, not a new one
        return present
    openings = json.loads(stream.openings)
    openings[str(head.seq)] = opening.model_dump(mode="json")
    await keep_openings(session, stream.stream, openings)
    return begun(present, opening)


_CASES = table_of(CaseRow).c
_KNOWN = ("kind", "state", "seq", "hash", "snapshot", "opened_at", "updated_at", "closed_at")
_PRESENT = columns(*(_CASES[name] for name in _KNOWN)).where(_CASES.stream == bindparam("stream"))
"""Without the ORM: this is read for every batch, and half of such a read is making an object of the row."""


async def _present(session: AsyncSession, stream: Locked) -> Folded | None:
    """The case as projected; folded anew when the projection is not at the stream's head."""
    if stream.head_seq == 0:
        return None
    connection = await session.connection()
    row = (await connection.execute(_PRESENT, {"stream": stream.stream})).one_or_none()
    if row is None or (row.seq, row.hash) != (stream.head_seq, stream.head_hash):
        return await _refold(session, stream)
    return Folded(
        case=Case.model_validate_json(row.snapshot),
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
        stage=stage_of(row.kind, row.state),
    )


async def _refold(session: AsyncSession, stream: Locked | StreamRow) -> Folded | None:
    folded: Folded | None = None
    for folded in fold_stream(openings_of(stream), await events_of(session, stream.stream)):  # noqa: B007
        pass
    return replace(folded, touched=None) if folded else None


async def _locked(session: AsyncSession, stream: str) -> StreamRow | None:
    """The stream's row, locked until the transaction ends (SQLite's write transaction locks everything)."""
    found = await session.exec(
        select(StreamRow)
        .where(StreamRow.stream == stream)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.one_or_none()


_USED = columns(table_of(EventRow).c.command_id).where(
    table_of(EventRow).c.command_id.in_(bindparam("ids", expanding=True))
)
