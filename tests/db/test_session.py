"""One way to the database: what commits, what is undone, who waits for whom."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.session import Database, async_url
from db.tables import DenialRow, OutboxRow, SimClockRow

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def denial(id: str, at: datetime = NOON) -> DenialRow:
    return DenialRow(
        id=id, at=at, account="a-1", rules=["R-30", "R-24"], what="test", stream="s-1", workflow_id="w-1"
    )


async def count(db: Database) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(DenialRow))).one()


async def test_a_write_commits_at_exit(db: Database) -> None:
    async with db.write() as session:
        session.add(denial("d-1"))
    assert await count(db) == 1


async def test_an_exception_undoes_the_whole_write(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.write() as session:
            session.add(denial("d-1"))
            await session.flush()
            raise ZeroDivisionError
    assert await count(db) == 0


async def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        async with db.read() as session:
            session.add(denial("d-1"))
            await session.commit()
    assert await count(db) == 0


async def test_a_reader_sees_one_moment(db: Database) -> None:
    async with db.read() as session:
        before = (await session.exec(select(func.count()).select_from(DenialRow))).one()
        async with db.write() as other:
            other.add(denial("d-1"))
        after = (await session.exec(select(func.count()).select_from(DenialRow))).one()
    assert (before, after) == (0, 0)
    assert await count(db) == 1


async def test_moments_come_back_in_utc(db: Database) -> None:
    wib = timezone(timedelta(hours=7))
    async with db.write() as session:
        session.add(denial("d-1", datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=wib)))
    async with db.read() as session:
        row = (await session.exec(select(DenialRow))).one()
    assert row.at == datetime(2026, 3, 2, 5, 0, 0, 123456, tzinfo=UTC)
    assert row.at.tzinfo is UTC


async def test_a_naive_moment_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with db.write() as session:
            session.add(denial("d-1", datetime(2026, 3, 2)))  # noqa: DTZ001 (that is the point)


async def test_json_comes_back_as_it_was(db: Database) -> None:
    data = {"z": [1, 2.5, None, True], "a": {"ä": "→"}}
    row = OutboxRow(stream="s", seq=1, n=0, to="person:p", template="t", data=data, created_at=NOON)
    async with db.write() as session:
        session.add(row)
    async with db.read() as session:
        found = (await session.exec(select(OutboxRow))).one()
    assert found.data == data


async def test_writers_of_one_process_take_turns(db: Database) -> None:
    async with db.write() as session:
        session.add(SimClockRow(id=1, now=NOON, target=NOON))

    async def tick(session: AsyncSession) -> None:
        row = (await session.exec(select(SimClockRow).where(SimClockRow.id == 1).with_for_update())).one()
        await asyncio.sleep(0)
        row.now += timedelta(seconds=1)
        session.add(row)

    await asyncio.gather(*(db.retrying(tick) for _ in range(30)))
    async with db.read() as session:
        assert (await session.exec(select(SimClockRow))).one().now == NOON + timedelta(seconds=30)


async def test_writers_of_two_processes_take_turns(db: Database, database_url: str) -> None:
    """Two Database objects share nothing but the database, like the API and the worker."""
    other = Database(database_url)
    try:

        async def add(database: Database, id: str) -> None:
            async def fn(session: AsyncSession) -> None:
                await session.exec(select(DenialRow))  # a deferred transaction would fail at the write below
                session.add(denial(id))

            await database.retrying(fn)

        await asyncio.gather(*(add(d, f"{i}-{n}") for n in range(15) for i, d in enumerate((db, other))))
    finally:
        await other.dispose()
    assert await count(db) == 30


async def test_what_the_database_undid_is_tried_again(postgresql_url: str) -> None:
    """Two transactions that lock the same two rows in opposite order: one is undone, and tried again."""
    db = Database(postgresql_url)
    try:
        async with db.write() as session:
            session.add_all([denial("a"), denial("b")])
        tries = 0
        both = asyncio.Barrier(2)

        async def touch(first: str, second: str) -> None:
            met = False

            async def fn(session: AsyncSession) -> None:
                nonlocal met, tries
                tries += 1
                await _touch(session, first)
                if not met:
                    met = True
                    await both.wait()
                await _touch(session, second)

            await db.retrying(fn)

        await asyncio.gather(touch("a", "b"), touch("b", "a"))
        assert tries == 3
    finally:
        await db.dispose()


async def _touch(session: AsyncSession, id: str) -> None:
    row = (await session.exec(select(DenialRow).where(DenialRow.id == id).with_for_update())).one()
    row.what += "+"
    session.add(row)
    await session.flush()


async def test_other_errors_are_not_tried_again(db: Database) -> None:
    tries = 0

    async def fn(session: AsyncSession) -> None:
        nonlocal tries
        tries += 1
        session.add(denial("d-1"))
        await session.flush()
        await (await session.connection()).execute(text("SELECT nonsense FROM nowhere"))

    with pytest.raises(DBAPIError):
        await db.retrying(fn)
    assert tries == 1
    assert await count(db) == 0


async def test_a_write_inside_a_write_is_a_bug_not_a_hang(sqlite_db: Database) -> None:
    with pytest.raises(RuntimeError, match="wait for itself"):
        async with sqlite_db.write(), sqlite_db.write():
            pass


async def test_a_cancelled_write_lets_the_next_one_in(db: Database) -> None:
    async def hang() -> None:
        async with db.write() as session:
            session.add(denial("d-1"))
            await session.flush()
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with db.write() as session:
        session.add(denial("d-2"))
    assert await count(db) == 1


async def test_sqlite_is_set_up(sqlite_url: str) -> None:
    db = Database(sqlite_url, sqlite_synchronous="FULL")
    try:
        async with db.write() as session:
            found = {
                name: (await (await session.connection()).execute(text(f"PRAGMA {name}"))).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
    finally:
        await db.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_databases_that_cannot_work_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"SQLite needs a file|not a supported database"):
        async_url(url)


def test_plain_urls_get_their_driver() -> None:
    assert async_url("postgresql://h/d").drivername == "postgresql+asyncpg"
    assert async_url("sqlite:////tmp/x.db").drivername == "sqlite+aiosqlite"
