"""The ledger is a prefix of the truth: written once, in order, with everything that follows from it."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col, func, select

from db import ledger, reads, streams
from db.checkpoints import checkpoint, signing_key
from db.ledger import LedgerBehind, LedgerForked
from db.projection import table_of
from db.session import Database
from db.streams import Head
from db.tables import PROJECTED, CaseRow, EventRow, OutboxRow, SeatRow, StreamRow, TaskRow
from domain.events import GENESIS
from domain.roles import SYSTEM, Actor, Role
from tests.db.cases import MONDAY, Chain, grown, opening, tampered

OPERATIONS = Actor(account="acc-b", person="per-b", role=Role.OPERATIONS)


async def everything(db: Database, *, without: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """Every projected row, as plain values."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with db.read() as session:
        connection = await session.connection()
        for model in PROJECTED:
            table = table_of(model)
            rows = await connection.execute(table.select().order_by(*table.primary_key.columns))
            found[table.name] = [
                {k: v for k, v in row.items() if k not in without} for row in rows.mappings()
            ]
    return found


async def rows(db: Database, model: type[SQLModel]) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(model))).one()


async def test_a_batch_becomes_events_rows_and_notices(db: Database) -> None:
    chain = grown()
    head = await ledger.commit(db, chain.request())
    assert head == Head(8, chain.case.head)
    async with db.read() as session:
        assert await reads.case(session, chain.stream) == chain.case
        assert await streams.events_of(session, chain.stream) == chain.events
        row = await reads.case_row(session, chain.stream)
        outbox = (await session.exec(select(OutboxRow).order_by(col(OutboxRow.seq)))).all()
        task = (await session.exec(select(TaskRow))).one()
    assert row is not None
    assert (row.state, row.stage, row.organiser, row.seq) == ("VERIFYING", 2, "org-1", 8)
    assert (row.pending_errands, row.closed_at, row.opened_at) == (1, None, chain.events[0].business_at)
    assert row.next_moment == min(
        chain.case.tasks[task.id].reminders[0], *(d.at for d in chain.case.deadlines.values())
    )
    assert [(o.seq, o.to, o.template, o.state) for o in outbox] == [
        (1, "role:verifier", "task_opened", "PENDING"),
        (3, "person:per-1", "seat_verified", "PENDING"),
        (4, "person:per-1", "seat_verified", "PENDING"),
    ]
    assert (task.state, task.open, task.holder, task.group_role) == ("CLAIMED", True, "per-v", "verifier")


async def test_the_same_batch_again_changes_nothing(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request(1, 5))
    before = await everything(db)
    assert await ledger.commit(db, chain.request(1, 5)) == Head(5, chain.events[4].hash)
    assert await ledger.commit(db, chain.request(2, 3)) == Head(5, chain.events[4].hash)
    assert await everything(db) == before
    assert await rows(db, EventRow) == 5


async def test_an_overlapping_batch_writes_what_is_new(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request(1, 3))
    assert await ledger.commit(db, chain.request(1, 6)) == Head(6, chain.events[5].hash)
    assert await ledger.commit(db, chain.request(5, 8)) == Head(8, chain.events[7].hash)
    async with db.read() as session:
        assert await reads.case(session, chain.stream) == chain.case


async def test_written_one_by_one_or_rebuilt_the_rows_are_the_same(db: Database) -> None:
    chain, other = grown("prog-1"), grown("prog-2")
    for n in range(1, 9):
        await ledger.commit(db, chain.request(n, n))
    await ledger.commit(db, other.request())
    live = await everything(db)
    assert all(live[table] for table in ("cases", "programmes", "classes", "seats", "assignments", "tasks"))
    async with db.write() as session:
        for model in PROJECTED:
            await session.exec(delete(model))
    async with db.write() as session:
        assert await ledger.rebuild_all(session) == 2
    assert await everything(db) == live


async def test_a_rebuild_takes_out_rows_that_no_event_made(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request())
    live = await everything(db)
    async with db.write() as session:
        row = (await session.exec(select(SeatRow).where(SeatRow.id == "seat-1"))).one()
        session.add(SeatRow(**{**row.model_dump(), "id": "made-up"}))
        row.state = "CONFIRMED"
        session.add(row)
    async with db.write() as session:
        await ledger.rebuild(session, chain.stream)
    assert await everything(db) == live


async def test_another_event_in_a_taken_place_freezes_the_stream(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request(1, 3))
    request = chain.request(3, 4)
    fork = tampered(chain.events[2], type="other")
    with pytest.raises(LedgerForked, match="other_hash"):
        await ledger.commit(db, request.model_copy(update={"events": (fork,)}))
    async with db.read() as session:
        stream = (await session.exec(select(StreamRow))).one()
        case = (await session.exec(select(CaseRow))).one()
    assert (stream.frozen, stream.frozen_reason, stream.head_seq) == (True, "3:other_hash", 3)
    assert case.attention == ledger.FORKED
    with pytest.raises(LedgerForked, match="frozen"):
        await ledger.commit(db, request)
    assert await rows(db, EventRow) == 3
    # what is there is still acknowledged, and people can let it go on
    assert (await ledger.commit(db, chain.request(1, 3))).seq == 3
    async with db.write() as session:
        await ledger.thaw(session, chain.stream)
    assert (await ledger.commit(db, request)).seq == 4
    async with db.read() as session:
        assert await reads.attention(session) == []


async def test_attention_outlives_later_events_and_rebuilds(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request(1, 3))
    async with db.write() as session:
        (await session.exec(select(CaseRow))).one().attention = "ledger:waiting"
    await ledger.commit(db, chain.request(4))
    async with db.write() as session:
        await ledger.rebuild(session, chain.stream)
    async with db.read() as session:
        assert [c.attention for c in await reads.attention(session)] == ["ledger:waiting"]


@pytest.mark.parametrize("first", [2, 5])
async def test_a_gap_is_named_with_the_head(db: Database, first: int) -> None:
    chain = grown()
    if first == 5:
        await ledger.commit(db, chain.request(1, 3))
    with pytest.raises(LedgerBehind) as caught:
        await ledger.commit(db, chain.request(first))
    assert caught.value.head == (Head(3, chain.events[2].hash) if first == 5 else Head(0, GENESIS))
    assert await rows(db, EventRow) == (3 if first == 5 else 0)


async def test_an_event_that_was_altered_on_the_way_is_refused(db: Database) -> None:
    chain = grown()
    request = chain.request()
    bent = chain.events[1].model_copy(update={"type": "other"})
    with pytest.raises(LedgerForked, match="2: hash"):
        await ledger.commit(db, request.model_copy(update={"events": (chain.events[0], bent)}))
    assert await rows(db, EventRow) == 0


async def test_an_event_that_continues_another_chain_is_refused(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request(1, 3))
    foreign = tampered(chain.events[3], prev_hash="f" * 64)
    with pytest.raises(LedgerForked, match="4: previous_hash"):
        await ledger.commit(db, chain.request(4).model_copy(update={"events": (foreign,)}))


async def test_a_command_is_one_event_on_one_stream(db: Database) -> None:
    one, two = Chain("prog-1"), Chain("prog-2")
    one.submit(command_id="cmd-1")
    two.submit(command_id="cmd-1")
    await ledger.commit(db, one.request())
    with pytest.raises(LedgerForked, match="command_id"):
        await ledger.commit(db, two.request())
    assert await rows(db, StreamRow) == 1
    async with db.read() as session:
        assert await reads.command_event(session, "cmd-1") == one.events[0]
        assert await reads.command_event(session, "cmd-2") is None


async def test_a_stream_needs_its_opening(db: Database) -> None:
    chain = grown()
    with pytest.raises(ValueError, match="the case that they open"):
        await ledger.commit(db, chain.request(with_opening=False))
    assert await rows(db, StreamRow) == 0


@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = 'x'", "DELETE FROM {0}"])
@pytest.mark.parametrize(("table", "column"), [("events", "type"), ("checkpoints", "root")])
async def test_the_witness_is_append_only(db: Database, statement: str, table: str, column: str) -> None:
    await ledger.commit(db, grown().request())
    async with db.write() as session:
        await (await session.connection()).execute(
            text(
                "INSERT INTO checkpoints (id, at, previous, root, heads, signature, public_key_id) "
                "VALUES (1, '2026-03-02 00:00:00+00', '', '', '[]', '', '')"
            )
        )
    with pytest.raises(DBAPIError, match="append-only"):
        async with db.write() as session:
            await (await session.connection()).execute(text(statement.format(table, column)))


async def test_postgresql_refuses_truncate_too(postgresql_url: str) -> None:
    db = Database(postgresql_url)
    try:
        with pytest.raises(DBAPIError, match="append-only"):
            async with db.write() as session:
                await (await session.connection()).execute(text("TRUNCATE events"))
    finally:
        await db.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO events SELECT {0} FROM events WHERE seq = 3",
        "INSERT OR REPLACE INTO events SELECT {0} FROM events, (SELECT 99 AS place) WHERE seq = 3",
        "REPLACE INTO checkpoints SELECT 1, at, previous, 'x', heads, '', '' FROM checkpoints",
        "INSERT INTO events SELECT {0} FROM events WHERE true ON CONFLICT (stream, seq) DO UPDATE SET seq=9",
    ],
)
async def test_sqlite_replaces_nothing_in_the_witness(sqlite_db: Database, statement: str) -> None:
    """Its REPLACE takes the old row out without asking the trigger that refuses DELETE."""
    chain = grown()
    await ledger.commit(sqlite_db, chain.request())
    async with sqlite_db.write() as session:
        await checkpoint(session, signing_key(bytes(range(32))))
    columns = [c.name for c in table_of(EventRow).columns]
    values = {"type": "'forged'"}
    if "99" in statement:  # another place, the same command
        values |= {"seq": "place"}
    listed = ", ".join(values.get(name, name) for name in columns)
    with pytest.raises(DBAPIError, match="append-only"):
        async with sqlite_db.write() as session:
            await (await session.connection()).execute(text(statement.format(listed)))
    with pytest.raises(DBAPIError, match="append-only"):
        async with sqlite_db.write() as session:  # another place and command, but the hidden row number
            await (await session.connection()).execute(
                text(
                    f"INSERT OR REPLACE INTO events (rowid, {', '.join(columns)}) "  # our names
                    "SELECT rowid, 'prog-9', seq, 'other', schema_version, type, at, business_at, "
                    "actor_account, actor_person, actor_role, on_behalf_of, policy_version, body, prev_hash, "
                    "hash FROM events WHERE seq = 3"
                )
            )
    async with sqlite_db.read() as session:
        assert await streams.events_of(session, chain.stream) == chain.events


async def test_only_its_own_workflow_writes_a_stream(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request(1, 5))
    stranger = chain.request(6).model_copy(update={"workflow_id": "programme-other"})
    with pytest.raises(ledger.NotItsOwn):
        await ledger.commit(db, stranger)
    assert (await ledger.commit(db, chain.request(6))).seq == 8, "and the stream is not frozen for it"


@pytest.mark.parametrize("stream", ["person-1", "access-2026-03-02"])
async def test_no_workflow_writes_a_chain_of_rows(db: Database, stream: str) -> None:
    with pytest.raises(ledger.NotItsOwn):
        await ledger.commit(db, grown(stream).request())
    assert await rows(db, StreamRow) == 0


async def test_twenty_at_once_write_each_event_once(db: Database, database_url: str) -> None:
    """Ten that resend one stream's batches over each other, and ten streams of their own; two processes."""
    shared = grown("prog-shared")
    shared.remark(12)
    others = [grown(f"prog-{n}") for n in range(10)]
    worker = Database(database_url)

    async def resend(n: int) -> None:
        database = db if n % 2 else worker
        for last in range(n % 3 + 1, 21, 3):
            while True:
                try:
                    await ledger.commit(database, shared.request(max(1, last - 4), last))
                    break
                except LedgerBehind:  # an earlier batch is still on its way
                    await asyncio.sleep(0.005)

    async def own(n: int) -> None:
        database = db if n % 2 else worker
        for last in (2, 5, 8):
            await ledger.commit(database, others[n].request(last - 2 if last > 2 else 1, last))

    try:
        await asyncio.gather(*(resend(n) for n in range(10)), *(own(n) for n in range(10)))
    finally:
        await worker.dispose()
    assert await rows(db, EventRow) == 20 + 10 * 8
    async with db.read() as session:
        for chain in (shared, *others):
            assert await streams.events_of(session, chain.stream) == chain.events
            assert await reads.case(session, chain.stream) == chain.case
    live = await everything(db)
    async with db.write() as session:
        await ledger.rebuild_all(session)
    assert await everything(db) == live


async def test_two_who_begin_a_stream_at_once(db: Database) -> None:
    chain = grown()
    heads = await asyncio.gather(*(ledger.commit(db, chain.request(1, n)) for n in (8, 3, 8, 5)))
    assert max(heads) == Head(8, chain.case.head)
    assert await rows(db, EventRow) == 8


async def test_a_request_taken_back_is_closed_and_opens_again(db: Database) -> None:
    chain = Chain()
    chain.submit()
    chain.take_back()
    await ledger.commit(db, chain.request())
    async with db.read() as session:
        row = await reads.case_row(session, chain.stream)
        assert row is not None
        assert (row.state, row.closed_at, row.next_moment) == ("DRAFT", chain.now, None)
        assert await reads.open_cases(session) == []
    turn = chain.turn()
    turn.moves.append(chain._move("submit", "DRAFT", "SUBMITTED"))
    chain.close(turn, "programme_submitted")
    await ledger.commit(db, chain.request(3))
    async with db.read() as session:
        row = await reads.case_row(session, chain.stream)
    assert row is not None
    assert (row.state, row.closed_at, row.opened_at) == ("SUBMITTED", None, chain.events[0].business_at)


async def test_a_run_that_begins_anew_replaces_the_rows_of_the_one_before(db: Database) -> None:
    """The stream's chain goes on from an empty case: a rebuild must begin there again."""
    chain = Chain()
    chain.submit(seats=5)
    chain.take_back()
    await ledger.commit(db, chain.request())
    again = Chain()
    again.opening = again.case = opening(seq=2, head=chain.case.head, receipts=chain.case.receipts)
    again.now = chain.now + timedelta(days=3)
    again.submit(seats=2)
    request = again.request().model_copy(update={"opening": again.opening})
    await ledger.commit(db, request)
    await ledger.commit(db, request)
    assert await rows(db, SeatRow) == 2
    live = await everything(db)
    async with db.write() as session:
        assert await ledger.rebuild(session, chain.stream) == again.case
    assert await everything(db) == live
    async with db.read() as session:
        row = (await session.exec(select(StreamRow))).one()
    assert set(json.loads(row.openings)) == {"0", "2"}


async def test_row_streams_chain_in_the_callers_transaction(db: Database) -> None:
    async def add(n: int) -> None:
        async with db.write() as session:
            await streams.append_row_event(
                session, "org-1", "licence_granted", OPERATIONS, {"n": n, "until": MONDAY.date()}, MONDAY
            )

    await asyncio.gather(*(add(n) for n in range(10)))
    with pytest.raises(ZeroDivisionError):
        async with db.write() as session:
            await streams.append_row_event(session, "org-1", "licence_revoked", OPERATIONS, {}, MONDAY)
            raise ZeroDivisionError
    async with db.read() as session:
        events = await streams.events_of(session, "org-1")
        assert await reads.head(session, "org-1") == Head(10, events[-1].hash)
    assert [e.seq for e in events] == list(range(1, 11))
    assert sorted(e.payload["n"] for e in events) == list(range(10))
    assert all(e.intact() for e in events)
    assert [e.prev_hash for e in events] == [GENESIS, *(e.hash for e in events[:-1])]


async def test_a_cases_stream_is_not_for_rows(db: Database) -> None:
    await ledger.commit(db, grown().request())
    with pytest.raises(ValueError, match="its workflow alone"):
        async with db.write() as session:
            await streams.append_row_event(session, "prog-1", "x", SYSTEM, {}, MONDAY)


async def test_the_projection_is_folded_anew_when_it_is_behind(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request(1, 5))
    async with db.write() as session:
        await session.exec(delete(CaseRow))
    await ledger.commit(db, chain.request(6))
    async with db.read() as session:
        assert await reads.case(session, chain.stream) == chain.case
