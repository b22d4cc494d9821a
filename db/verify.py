"""Hold the ledger against itself, its checkpoints and Temporal's histories (design §§ 1, 5).

Three witnesses: every chain must be whole and fold to what the tables show; every signed checkpoint must be
found again; and the events that histories recorded and the ledger must be the same, in both directions.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import checkpoints, projection
from db.findings import Hashes, Report
from db.folding import fold_stream, openings_of
from db.ledger import Batch
from db.projection import table_of
from db.session import Database
from db.streams import ROW_STREAM, event_values, is_row
from db.tables import PROJECTED, EventRow, StreamRow
from domain.cases import Case
from domain.events import GENESIS, Event, digest

GRACE = timedelta(seconds=60)
"""How long an accepted event may be on its way to the ledger before it counts as lost."""
BATCH = 200


@dataclass(frozen=True)
class Witness:
    """One run of a workflow as its history tells it: every batch it asked the ledger to write, and what was
    done to the run that is forbidden for cases (`terminated`, `reset`, `failed` …)."""

    workflow_id: str
    run_id: str
    batches: tuple[Batch, ...]
    irregular: tuple[str, ...] = ()


Openings = dict[tuple[str, int], str]
"""(stream, seq after which a run began) → digest of the case that it began from."""
Histories = Callable[[], AsyncIterator[Witness]]
"""Gives every run that Temporal or the archive knows; called anew for each pass."""


@dataclass(frozen=True)
class _Seen:
    """What of the ledger is held against histories, as it was at one moment."""

    hashes: Hashes
    openings: Openings
    owners: Mapping[str, str]
    """stream → the workflow that writes it."""


async def verify(
    db: Database,
    histories: Histories | None = None,
    *,
    keys: Collection[Ed25519PublicKey] = (),
    now: datetime | None = None,
    grace: timedelta = GRACE,
    report: Report | None = None,
) -> Report:
    """Check everything. `keys` are the public keys that may have signed checkpoints; `now` (UTC) is the
    machine's time, against which `grace` is counted; without it every event missing here is lost.

    All of the ledger is seen at one moment, before any history; no transaction is open while histories are
    read, which may take long. `report` is filled while it works; a new one when none is given.
    """
    report = report or Report()
    async with db.read() as session:
        owners = await session.exec(select(StreamRow.stream, StreamRow.workflow_id))
        seen = _Seen({}, {}, dict(owners.all()))
        await _streams(session, report, seen)
        await _orphans(session, report, seen.hashes)
        await checkpoints.check(session, report, seen.hashes, keys)
    if histories is not None:
        await _histories(report, seen, histories, now, grace)
    return report


# ---- chains and tables -------------------------------------------------------------------------------


async def _streams(session: AsyncSession, report: Report, seen: _Seen) -> None:
    last = ""
    while True:
        found = await session.exec(
            select(StreamRow)
            .where(StreamRow.stream > last)
            .order_by(col(StreamRow.stream))
            .limit(BATCH)
            .execution_options(populate_existing=True)
        )
        streams = list(found)
        if not streams:
            return
        last = streams[-1].stream
        names = [s.stream for s in streams]
        events, tables = await _rows_of(session, report, names)
        for stream in streams:
            _stream(report, seen, stream, events.get(stream.stream, []), _there(tables, stream.stream))


async def one(session: AsyncSession, stream: str) -> Report:
    """The same for one stream alone: is its chain whole, and do the tables hold what it says? A stream that
    the ledger does not know is a problem (`removed`)."""
    report, seen = Report(), _Seen({}, {}, {})
    row = await session.get(StreamRow, stream, populate_existing=True)
    if row is None:
        report.add("removed", stream, 1, "the ledger does not know this stream")
        return report
    events, tables = await _rows_of(session, report, [stream])
    _stream(report, seen, row, events.get(stream, []), _there(tables, stream))
    return report


def _there(tables: Mapping[type[SQLModel], "Grouped"], stream: str) -> "Tables":
    return {model: tables[model].get(stream, []) for model in PROJECTED}


def _stream(
    report: Report, seen: _Seen, stream: StreamRow, rows: Sequence[Mapping[str, Any]], there: "Tables"
) -> None:
    """One chain, and the rows that were projected from it."""
    report.streams += 1
    report.events += len(rows)
    seen.hashes[stream.stream] = {row["seq"]: row["hash"] for row in rows}
    whole = _chain(report, stream, rows)
    if is_row(stream.stream):
        _row_stream(report, stream, there)
        return
    try:
        begun = openings_of(stream)
    except (ValueError, TypeError, AttributeError):
        report.add("fold", stream.stream, 1, "the openings cannot be read")
        return
    for seq, opening in begun.items():
        seen.openings[stream.stream, seq] = _told_as(opening)
    _tables(report, stream, begun, whole, there)


def _told_as(opening: Case) -> str:
    """A beginning in one form, whichever version of the product wrote it down."""
    return digest(opening.model_dump(mode="json"))


Grouped = dict[str, list[dict[str, Any]]]
"""stream → rows."""
Tables = Mapping[type[SQLModel], Sequence[Mapping[str, Any]]]
"""The projected rows of one stream."""


def _row_stream(report: Report, stream: StreamRow, there: Tables) -> None:
    """A chain of rows has no workflow, no beginning and no case."""
    if (stream.kind, stream.workflow_id, stream.openings) != (ROW_STREAM, "", "{}"):
        report.add("kind", stream.stream, 1, "a chain of rows that claims to be a case")
    for model, rows in there.items():
        if rows:
            report.add(
                "projection", stream.stream, 1, f"{model.__tablename__}: rows of a stream without a case"
            )


async def _rows_of(
    session: AsyncSession, report: Report, names: Sequence[str]
) -> tuple[Grouped, dict[type[SQLModel], Grouped]]:
    """Events and projected rows of these streams. SQLite keeps whatever it is given: where a value cannot be
    read as what it should be, that stream alone is named."""
    try:
        events = await _grouped(session, EventRow, names, "seq")
        tables = {model: await _grouped(session, model, names, "stream") for model in PROJECTED}
    except (ValueError, TypeError):
        if len(names) == 1:
            report.add("columns", names[0], 1, "a row of this stream cannot be read")
            return {}, {model: {} for model in PROJECTED}
        events, tables = {}, {model: {} for model in PROJECTED}
        for name in names:
            found, rows = await _rows_of(session, report, [name])
            events |= found
            for model in PROJECTED:
                tables[model] |= rows[model]
    return events, tables


async def _grouped(
    session: AsyncSession, model: type[SQLModel], streams: Sequence[str], order: str
) -> Grouped:
    """The rows of these streams as plain values: nothing that the session has cached can hide a change."""
    table = table_of(model)
    connection = await session.connection()
    found = await connection.execute(
        table.select().where(table.c.stream.in_(streams)).order_by(table.c.stream, table.c[order])
    )
    groups: Grouped = {}
    for row in found.mappings():
        groups.setdefault(row["stream"], []).append(dict(row))
    return groups


def _chain(report: Report, stream: StreamRow, rows: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Check each link; gives the events up to the first broken one."""
    whole: list[Event] = []
    sound = True
    before_seq, before_hash = 0, GENESIS

    def bad(kind: str, seq: int, detail: str) -> None:
        nonlocal sound
        sound = False
        report.add(kind, stream.stream, seq, detail)

    for row in rows:
        seq = row["seq"]
        if seq != before_seq + 1:
            bad("gap", before_seq + 1, f"events {before_seq + 1} to {seq - 1} are missing")
        elif row["prev_hash"] != before_hash:
            bad("link", seq, "does not continue the event before it")
        if hashlib.sha256(row["body"].encode()).hexdigest() != row["hash"]:
            bad("body", seq, "the body is not the one that was hashed")
        event = _event(row)
        if event is None:
            bad("body", seq, "the body is not an event")
        else:
            wrong = [k for k, v in event_values(event).items() if k != "body" and row[k] != v]
            if wrong:
                bad("columns", seq, f"columns differ from the body: {', '.join(wrong)}")
            if sound:
                whole.append(event)
        before_seq, before_hash = seq, row["hash"]
    if (stream.head_seq, stream.head_hash) != (before_seq, before_hash):
        bad(
            "head", min(stream.head_seq, before_seq) + 1, f"the head says {stream.head_seq}, not {before_seq}"
        )
    if stream.frozen:
        report.add("frozen", stream.stream, stream.head_seq + 1, stream.frozen_reason)
    return whole


def _event(row: Mapping[str, Any]) -> Event | None:
    try:
        return Event.model_validate({**json.loads(row["body"]), "hash": row["hash"]})
    except (ValueError, TypeError):
        return None


def _tables(
    report: Report,
    stream: StreamRow,
    begun: Mapping[int, Case],
    events: Sequence[Event],
    there: Tables,
) -> None:
    """Does the fold of the events give exactly what the tables hold?"""
    name, folded, seq = stream.stream, None, 0
    expected: Mapping[type[SQLModel], Sequence[Mapping[str, Any]]] = {}
    try:
        for folded in fold_stream(begun, events):
            seq = folded.case.seq
        if folded is not None:
            expected = projection.rows(replace(folded, touched=None))
    except Exception as error:
        report.add("fold", name, seq + 1, f"the events cannot be folded: {type(error).__name__}")
        return
    if folded is not None and (folded.case.kind, folded.case.workflow_id) != (
        stream.kind,
        stream.workflow_id,
    ):
        report.add("kind", name, 1, "the stream's row names another kind or workflow than its beginning")
    if len(events) < stream.head_seq:
        return  # the chain is broken: the tables show more than can be judged
    for model, rows in there.items():
        keys = [c.name for c in table_of(model).primary_key.columns]
        found = {tuple(r[k] for k in keys): r for r in rows}
        wanted = {tuple(r[k] for k in keys): r for r in expected.get(model, [])}
        if found.keys() != wanted.keys():
            report.add("projection", name, max(seq, 1), f"{model.__tablename__}: rows are missing or made up")
            continue
        wrong = sorted({c for k, r in wanted.items() for c, v in r.items() if not _same(c, found[k][c], v)})
        if wrong:
            kind = "snapshot" if "snapshot" in wrong else "projection"
            report.add(kind, name, seq, f"{model.__tablename__}: {', '.join(wrong)}")


def _same(column: str, found: Any, wanted: Any) -> bool:
    if column in projection.KEPT:
        return True
    if column == "snapshot":
        try:
            return Case.model_validate_json(found) == Case.model_validate_json(wanted)
        except ValueError:
            return False
    return bool(found == wanted)


async def _orphans(session: AsyncSession, report: Report, hashes: Hashes) -> None:
    """Events and rows of streams that have no head any more; commands that became two events."""
    events = await session.exec(select(EventRow.stream, EventRow.seq, EventRow.hash))
    orphans: Hashes = {}
    for stream, seq, hash_ in events:
        if stream not in hashes:
            orphans.setdefault(stream, {})[seq] = hash_
    for stream, there in orphans.items():
        report.add("head", stream, min(there), "the stream's head was taken away")
    hashes.update(orphans)
    for model in PROJECTED:
        table = table_of(model)
        connection = await session.connection()
        for (stream,) in await connection.execute(
            table.select().with_only_columns(table.c.stream).distinct()
        ):
            if stream not in hashes:
                report.add("projection", stream, 1, f"{model.__tablename__}: rows of a stream without events")
    # the database's unique index refuses this; an index can be dropped
    commands: dict[str, str] = {}
    for stream, seq, command in await session.exec(
        select(EventRow.stream, EventRow.seq, EventRow.command_id).order_by(
            col(EventRow.command_id), col(EventRow.stream), col(EventRow.seq)
        )
    ):
        if command in commands:
            report.add("command", stream, seq, f"the command is an event of {commands[command]} too")
        commands = {command: stream}


# ---- histories ---------------------------------------------------------------------------------------


def of_another(witness: Witness, batch: Batch, owner: str) -> bool:
    """Did the run ask to write what is not its own? `owner` is the stream's workflow, empty when the ledger
    does not know the stream. A workflow tells about its own stream alone: else whoever may start workflows
    could bear witness for any case."""
    return (
        not witness.workflow_id == batch.workflow_id == (owner or batch.workflow_id)
        or is_row(batch.stream)
        or any(event.stream != batch.stream for event in batch.events)
    )


async def _histories(
    report: Report, seen: _Seen, histories: Histories, now: datetime | None, grace: timedelta
) -> None:
    known: dict[str, set[int]] = {}
    owners = dict(seen.owners)
    async for witness in histories():
        name = f"{witness.workflow_id} {witness.run_id}"
        for what in witness.irregular:
            streams = {b.stream for b in witness.batches} or {witness.workflow_id}
            for stream in sorted(streams):
                report.add("irregular", stream, 0, f"{name}: {what}")
        for batch in witness.batches:
            if of_another(witness, batch, owners.get(batch.stream, "")):
                report.add("irregular", batch.stream, 0, f"{name}: asked to write what is not its own")
                continue
            owners.setdefault(batch.stream, batch.workflow_id)
            told = known.setdefault(batch.stream, set())
            if batch.opening is not None:
                ours = seen.openings.get((batch.stream, batch.opening.seq))
                if ours not in (None, _told_as(batch.opening)):
                    detail = "history and ledger tell different beginnings"
                    report.add("opening", batch.stream, batch.opening.seq + 1, detail)
            for event in batch.events:
                _compare(report, seen.hashes.get(batch.stream, {}), event, told, now, grace)
                told.add(event.seq)
    for stream, there in seen.hashes.items():
        if is_row(stream):
            continue
        for seq in sorted(there.keys() - known.get(stream, set())):
            report.add("ghost", stream, seq, "no history knows this event")


def _compare(
    report: Report,
    there: Mapping[int, str],
    event: Event,
    seen: Collection[int],
    now: datetime | None,
    grace: timedelta,
) -> None:
    found = there.get(event.seq)
    if not event.intact():
        report.add("history", event.stream, event.seq, "the history's event is not the one that was hashed")
    elif found == event.hash:
        report.witnessed += event.seq not in seen  # a batch may have been asked for twice
    elif found is not None:
        report.add("differs", event.stream, event.seq, "history and ledger tell different events")
    elif event.seq in seen:
        return  # named already
    elif now is not None and event.seq > max(there, default=0) and event.at > now - grace:
        report.pending += 1
    else:
        report.add("lost", event.stream, event.seq, "a history knows this event, the ledger does not")
