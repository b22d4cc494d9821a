"""Put back what the ledger lost and Temporal's histories still know (design § 4.5).

Nothing that is there is ever changed: where history and ledger differ, only people can decide.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from db import ledger, streams
from db.folding import openings_of
from db.ledger import Batch
from db.projection import table_of
from db.registry import REASON_MIN
from db.session import Database
from db.tables import EventRow, StreamRow
from db.vault import Vault, case_owner
from db.verify import Histories, of_another
from domain.cases import Case
from domain.clock import local_day
from domain.errors import Conflict, Malformed
from domain.events import GENESIS, Event
from domain.roles import Actor


@dataclass
class Repair:
    """What was put back, and what only people can decide."""

    events: int = 0
    streams: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    """stream → why nothing was put back."""


class _Refused(Exception):
    """Nothing is put back into this stream; undoes its transaction."""


async def repair(db: Database, histories: Histories, streams: Collection[str] | None = None) -> Repair:
    """Put back, in order, the events that histories know and the ledger lacks; then make the projection of
    those streams again. Nothing that is there is ever changed: a stream in which history and ledger differ is
    refused. Frozen streams stay frozen.

    First every history is heard, with no transaction open; then each stream is mended in a short one of its
    own, under its lock, so that cases go on meanwhile and one stream's trouble is not another's.
    """
    result = Repair()
    told: dict[str, _Told] = {}
    async for witness in histories():
        for batch in witness.batches:
            if streams is not None and batch.stream not in streams:
                continue
            if batch.stream not in told:
                async with db.read() as session:
                    told[batch.stream] = _Told(batch, await _stored(session, batch.stream))
            heard = told[batch.stream]
            if of_another(witness, batch, heard.workflow_id):
                heard.contradiction = f"{witness.workflow_id} asked to write what is not its own"
            else:
                heard.hear(batch)
    for stream in sorted(told):
        try:
            count = await db.retrying(told[stream].put_back)
        except _Refused as refused:
            result.refused[stream] = str(refused)
        except DBAPIError as error:
            result.refused[stream] = f"the database refused: {type(error.orig).__name__}"
        except Exception as error:  # a fold that this code cannot make must not keep the others from theirs
            result.refused[stream] = f"{type(error).__name__}: {error}"
        else:
            if count is not None:
                result.events += count
                result.streams.add(stream)
    return result


async def thaw(
    session: AsyncSession,
    vault: Vault,
    stream: str,
    reason: str,
    *,
    by: Actor,
    at: datetime,
    held: bool = False,
) -> str:
    """Take events of a frozen stream again, after people have mended it; gives why it was frozen. `held`: its
    case stands still, whatever the row says, and this is its record.

    Who did it and why is on the access stream of the day (`at`, UTC), the reason sealed. Raises Malformed
    (G-REASON) without a reason, Conflict (L-THAW) for a stream that is not frozen and not held.
    """
    reason = " ".join(reason.split())
    if len(reason) < REASON_MIN:
        raise Malformed.because("G-REASON", "Sebutkan alasannya.", "Give a reason.")
    why = await ledger.thaw(session, stream)
    if not why and not held:
        raise Conflict.because(
            "L-THAW", "Aliran ini tidak dibekukan.", "This stream is not frozen.", subject=stream
        )
    sealed = await vault.seal_text(session, case_owner(stream), reason, by.account, at=at)
    told = {"stream": stream, "frozen": why, "reason": sealed.model_dump()}
    day = local_day(at).isoformat()
    await streams.append_row_event(session, f"access-{day}", "stream_thawed", by, told, at)
    return why


Chain = dict[int, tuple[str, str]]
"""seq → (hash, previous hash)."""


class _Told:
    """One stream, as histories tell it beyond what the ledger had when it was first asked."""

    def __init__(self, batch: Batch, stored: tuple[str, Chain]) -> None:
        owner, there = stored
        self.stream = batch.stream
        self.workflow_id = owner or batch.workflow_id
        self.kind = ""
        self.contradiction = ""
        self.openings: dict[int, Case] = {}
        self.events: dict[int, Event] = {}
        """Those that the ledger lacked; the others are kept as hashes only."""
        self._hashes = {seq: hash_ for seq, (hash_, _) in there.items()}
        self._present = frozenset(there)

    def hear(self, batch: Batch) -> None:
        for event in batch.events:
            known = self._hashes.setdefault(event.seq, event.hash)
            if not event.intact() or known != event.hash:
                self.contradiction = f"history and ledger, or two histories, differ at {event.seq}"
            elif event.seq not in self._present:
                self.events[event.seq] = event
        if batch.opening is not None:
            self.openings.setdefault(batch.opening.seq, batch.opening)
            self.kind = self.kind or batch.opening.kind

    async def put_back(self, session: AsyncSession) -> int | None:
        """Put back what is missing now; None when nothing was to do. Raises _Refused."""
        if self.contradiction:
            raise _Refused(self.contradiction)
        if not self._hashes:
            return None
        row = await streams.hold(session, self.stream, self.kind, self.workflow_id)
        owner, chain = await _stored(session, self.stream)
        try:
            begun = openings_of(row).keys() | self.openings.keys()
        except (ValueError, TypeError, AttributeError):
            raise _Refused("the stream's openings cannot be read") from None
        missing = [event for seq, event in sorted(self.events.items()) if seq not in chain]
        if not missing and row.head_seq == max(chain, default=0):
            return None
        if owner != self.workflow_id:
            raise _Refused("the stream is another workflow's")
        if 0 not in begun:
            raise _Refused("no history tells how the stream began")
        joined = chain | {e.seq: (e.hash, e.prev_hash) for e in missing}
        for event in self.events.values():
            if joined[event.seq][0] != event.hash:
                raise _Refused(f"history and ledger differ at {event.seq}")
            if event.prev_hash != (joined.get(event.seq - 1, ("", ""))[0] if event.seq > 1 else GENESIS):
                raise _Refused(f"event {event.seq} does not join the one before it")
            if joined.get(event.seq + 1, ("", event.hash))[1] != event.hash:
                raise _Refused(f"event {event.seq + 1} does not continue the one to be put back")
        if missing:
            await streams.insert_events(session, missing)
        put_back = frozenset(event.seq for event in missing)
        await ledger.restore(session, self.stream, self.kind, self.workflow_id, self.openings, put_back)
        return len(missing)


async def _stored(session: AsyncSession, stream: str) -> tuple[str, Chain]:
    """The workflow that the stream is of (empty when it is not known) and its links."""
    connection = await session.connection()
    events, heads = table_of(EventRow), table_of(StreamRow)
    query = events.select().with_only_columns(events.c.seq, events.c.hash, events.c.prev_hash)
    stored = await connection.execute(query.where(events.c.stream == stream))
    chain = {row.seq: (row.hash, row.prev_hash) for row in stored}
    owner = await connection.scalar(
        heads.select().with_only_columns(heads.c.workflow_id).where(heads.c.stream == stream)
    )
    return owner or "", chain
