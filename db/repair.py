"""Put back what the ledger lost and Temporal's histories still know (design § 4.5).

Nothing that is there is ever changed: where history and ledger differ, only people can decide.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlmodel.ext.asyncio.session import AsyncSession

from db import ledger
from db.ledger import Batch
from db.projection import table_of
from db.tables import EventRow, StreamRow
from db.verify import Histories
from domain.cases import Case
from domain.events import GENESIS, Event


@dataclass
class Repair:
    """What was put back, and what only people can decide."""

    events: int = 0
    streams: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    """stream → why nothing was put back."""


async def repair(
    session: AsyncSession, histories: Histories, streams: Collection[str] | None = None
) -> Repair:
    """Put back, in order, the events that histories know and the ledger lacks; then make the projection of
    those streams again. Use a write session. Nothing that is there is ever changed: a stream in which history
    and ledger differ is refused. Frozen streams stay frozen.
    """
    result = Repair()
    told: dict[str, _Told] = {}
    async for witness in histories():
        for batch in witness.batches:
            if streams is not None and batch.stream not in streams:
                continue
            if batch.stream not in told:
                told[batch.stream] = await _told(session, batch)
            told[batch.stream].hear(batch)
    for stream in sorted(told):
        heard = told[stream]
        if why := heard.objection():
            result.refused[stream] = why
        elif heard.missing or heard.headless:
            missing = [heard.missing[seq] for seq in sorted(heard.missing)]
            if missing:
                await ledger.insert_events(session, missing)
            await ledger.restore(
                session, stream, heard.kind, heard.workflow_id, heard.openings, frozenset(heard.missing)
            )
            result.events += len(missing)
            result.streams.add(stream)
    return result


@dataclass
class _Told:
    """One stream, as the ledger has it and as histories tell it."""

    workflow_id: str
    kind: str
    chain: dict[int, str]
    """seq → hash: what the ledger has, and what histories add."""
    begun: frozenset[int]
    """Openings that the ledger has."""
    headless: bool
    missing: dict[int, Event] = field(default_factory=dict)
    openings: dict[int, Case] = field(default_factory=dict)
    contradiction: str = ""

    def hear(self, batch: Batch) -> None:
        for event in batch.events:
            there = self.chain.setdefault(event.seq, event.hash)
            if not event.intact() or there != event.hash:
                self.contradiction = f"history and ledger, or two histories, differ at {event.seq}"
            elif event.seq not in self.missing and event.seq not in self.present:
                self.missing[event.seq] = event
        if batch.opening is not None and batch.opening.seq not in self.begun:
            self.openings[batch.opening.seq] = batch.opening
            self.kind = self.kind or batch.opening.kind

    def __post_init__(self) -> None:
        self.present = frozenset(self.chain)

    def objection(self) -> str:
        """Why nothing can be put back; empty when it can."""
        if self.contradiction:
            return self.contradiction
        for seq, event in self.missing.items():
            if event.prev_hash != (self.chain.get(seq - 1, "") if seq > 1 else GENESIS):
                return f"event {seq} does not join the one before it"
        if 0 not in self.begun | self.openings.keys():
            return "no history tells how the stream began"
        return ""


async def _told(session: AsyncSession, batch: Batch) -> _Told:
    connection = await session.connection()
    events, heads = table_of(EventRow), table_of(StreamRow)
    query = events.select().with_only_columns(events.c.seq, events.c.hash)
    stored = await connection.execute(query.where(events.c.stream == batch.stream))
    chain: dict[int, str] = {row.seq: row.hash for row in stored}
    found = await connection.execute(heads.select().where(heads.c.stream == batch.stream))
    row = found.mappings().one_or_none()
    return _Told(
        workflow_id=batch.workflow_id,
        kind=row["kind"] if row else "",
        chain=chain,
        begun=frozenset(int(seq) for seq in json.loads(row["openings"])) if row else frozenset(),
        headless=bool(chain) and (row is None or row["head_seq"] != max(chain)),
    )
