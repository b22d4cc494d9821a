"""A draft that nobody touches expires; one that somebody works on, or that was submitted, does not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from activities.upkeep import run_drafts
from db import ledger, streams
from db.drafts import BATCH, expire_idle, touch
from db.people_tables import Draft
from db.session import Database
from db.tables import SimClockRow
from tests.db.cases import MONDAY, Chain, grown
from tests.support.patience import eventually

NOW = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TERM = timedelta(days=90)


async def begun(db: Database, *ids: str, touched: datetime, state: str = "DRAFT") -> None:
    async with db.write() as session:
        for id_ in ids:
            session.add(
                Draft(id=id_, organiser="org-1", content={}, state=state, created_by="a1", updated_at=touched)
            )


async def swept(db: Database, now: datetime = NOW) -> int:
    async with db.write() as session:
        return await expire_idle(session, now=now, at=AT)


async def state(db: Database, id_: str) -> str:
    async with db.read() as session:
        return (await session.get_one(Draft, id_)).state


async def test_ninety_idle_days_are_the_end_of_a_draft(db: Database) -> None:
    await begun(db, "old", touched=NOW - TERM)
    await begun(db, "young", touched=NOW - TERM + timedelta(seconds=1))
    await begun(db, "sent", touched=NOW - 2 * TERM, state="SUBMITTED")
    assert [await swept(db), await swept(db)] == [1, 0]
    assert [await state(db, d) for d in ("old", "young", "sent")] == ["EXPIRED", "DRAFT", "SUBMITTED"]
    async with db.read() as session:
        (event,) = await streams.events_of(session, "draft-old")
        assert await streams.events_of(session, "draft-young") == []
    assert (event.type, event.actor.account, event.at, event.business_at) == (
        "draft_expired",
        "system",
        AT,
        NOW,
    )
    assert event.payload == {"version": 1}


async def test_the_end_of_a_draft_is_the_end_of_its_term_however_late_the_sweep_comes(db: Database) -> None:
    await begun(db, "d1", touched=NOW - TERM - timedelta(days=40))
    assert await swept(db) == 1
    async with db.read() as session:
        (event,) = await streams.events_of(session, "draft-d1")
    assert event.business_at == NOW - timedelta(days=40)


async def test_work_on_a_draft_begins_its_idle_time_anew_unless_it_was_over(db: Database) -> None:
    await begun(db, "worked-on", touched=NOW - TERM + timedelta(seconds=1))
    await begun(db, "over", touched=NOW - TERM)
    await begun(db, "sent", touched=NOW - TERM, state="SUBMITTED")
    async with db.write() as session:
        session.add(SimClockRow(id=1, now=NOW, target=NOW))
    async with db.write() as session:
        for id_ in ("worked-on", "over", "sent", "nobody's"):
            await touch(session, id_, at=AT)
    async with db.read() as session:
        ages = {d: NOW - (await session.get_one(Draft, d)).updated_at for d in ("worked-on", "over", "sent")}
    assert ages == {"worked-on": timedelta(0), "over": TERM, "sent": TERM}


async def test_many_idle_drafts_are_swept_in_batches(db: Database) -> None:
    await begun(db, *(f"d{n}" for n in range(BATCH + 1)), touched=NOW - TERM)
    assert [await swept(db), await swept(db), await swept(db)] == [BATCH, 1, 0]


async def test_a_request_with_a_case_is_no_idle_draft(db: Database) -> None:
    """Though its row still says DRAFT: what counts is the case."""
    await begun(db, "prog-1", "prog-2", touched=MONDAY - TERM)
    await ledger.commit(db, grown("prog-1").request())
    back = Chain("prog-2")
    back.submit()
    back.take_back()
    await ledger.commit(db, back.request())
    taken_back = back.events[-1].business_at
    assert await swept(db, taken_back + TERM - timedelta(seconds=1)) == 0, "touched when it was taken back"
    assert await swept(db, taken_back + TERM) == 1
    assert [await state(db, d) for d in ("prog-1", "prog-2")] == ["DRAFT", "EXPIRED"]


async def test_a_draft_that_is_being_changed_is_passed_over(postgresql_url: str) -> None:
    db = Database(postgresql_url)
    try:
        await begun(db, "d1", touched=NOW - TERM)
        async with db.write() as session:
            draft = await session.get_one(Draft, "d1", with_for_update=True)
            assert await swept(db) == 0
            draft.updated_at = NOW
            session.add(draft)
        assert await swept(db) == 0
    finally:
        await db.dispose()


@pytest.mark.parametrize("simulation", [True, False])
async def test_the_worker_sweeps_by_business_time(db: Database, simulation: bool) -> None:
    """In a simulation by its clock alone, however late it is in real life."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    await begun(db, "d1", touched=start)
    async with db.write() as session:
        session.add(SimClockRow(id=1, now=start + TERM, target=start + TERM))
    await begun(db, "d2", touched=start + timedelta(days=1))
    stop = asyncio.Event()
    running = asyncio.create_task(run_drafts(db, stop, simulation=simulation))

    async def expired() -> bool:
        return await state(db, "d1") == "EXPIRED"

    await eventually(expired)
    stop.set()
    await running
    assert await state(db, "d2") == ("DRAFT" if simulation else "EXPIRED")
