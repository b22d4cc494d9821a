"""A simulation's clock never goes back, however many drivers there are."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from api import simulation
from db import reads
from db.session import Database
from domain.errors import Refused

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


async def now(db: Database) -> tuple[datetime, datetime]:
    async with db.read() as session:
        row = await reads.sim_clock(session)
    assert row is not None
    return row.now, row.target


async def test_the_clock_stays_at_the_furthest_of_many(db: Database) -> None:
    await simulation.begin(db, START)
    hours = [5, 1, 9, 3, 7, 2, 8]
    await asyncio.gather(*(simulation._write_now(db, START + timedelta(hours=n)) for n in hours))
    assert (await now(db))[0] == START + timedelta(hours=9)
    await simulation._write_now(db, START)
    assert (await now(db))[0] == START + timedelta(hours=9)


async def test_a_driver_that_read_the_clock_before_another_moved_it_does_not_set_it_back(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two drivers: what the first read is old by the time that it writes."""
    await simulation.begin(db, START)
    async with db.read() as session:
        old = await reads.sim_clock(session)

    async def as_it_was(_session: object) -> object:
        return old

    await simulation._write_now(db, START + timedelta(hours=9))
    monkeypatch.setattr(reads, "sim_clock", as_it_was)
    await simulation._write_now(db, START + timedelta(hours=1))
    with pytest.raises(Refused, match="S-BACK"):
        await simulation._target(db, START + timedelta(hours=1))
    assert await simulation._target(db, START + timedelta(hours=10)) == START + timedelta(hours=10)
    monkeypatch.undo()
    assert await now(db) == (START + timedelta(hours=9), START + timedelta(hours=10))


async def test_a_target_in_the_past_is_refused(db: Database) -> None:
    with pytest.raises(Refused, match="S-CLOCK"):
        await simulation._target(db, START)
    await simulation.begin(db, START)
    with pytest.raises(Refused, match="S-BACK"):
        await simulation._target(db, START - timedelta(seconds=1))
    assert await simulation._target(db, None) == START
