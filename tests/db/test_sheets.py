"""Cells of a sheet: sealed, versioned, the last writer who saw the latest, and nothing of what was before."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import sheets
from db.people_tables import SealedText, SheetCell
from db.session import Database
from db.vault import Vault, case_owner
from domain.errors import Conflict
from domain.roles import Actor, Role

AT = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 4, 14, 3, 0, tzinfo=UTC)
VAULT = Vault(b"k" * 32)


def trainer(name: str) -> Actor:
    return Actor(account=f"account-{name}", person=name, role=Role.MASTER_ASSESSOR)


async def put(db: Database, value: Any, version: int, by: str = "m1", **more: Any) -> int:
    async def work(session: AsyncSession) -> int:
        return await sheets.put_cell(
            session,
            VAULT,
            "programme-1",
            "attendance:a",
            "s1/2026-04-14",
            value,
            version=version,
            by=trainer(by),
            at=AT,
            moment=LATER,
            **more,
        )

    return await db.retrying(work)


async def held(db: Database) -> dict[str, sheets.Cell]:
    async with db.read() as session:
        return await sheets.cells(session, VAULT, "programme-1", "attendance:a")


async def test_a_cell_counts_its_changes_and_bears_business_time(db: Database) -> None:
    assert [await put(db, v, n) for n, v in enumerate(("present", "absent", "present"))] == [1, 2, 3]
    assert await put(db, "present", 0, by="m2") == 3, "the same value changes nothing"
    (cell,) = (await held(db)).values()
    assert (cell.value, cell.version, cell.person, cell.at) == ("present", 3, "m1", LATER)


async def test_an_overtaken_writer_is_told_what_stands_there_unless_it_is_words(db: Database) -> None:
    await put(db, "absent", 0)
    with pytest.raises(Conflict) as told:
        await put(db, "present", 0, by="m2")
    assert told.value.violations[0].facts == {"version": 1, "value": "absent"}
    with pytest.raises(Conflict) as told:
        await put(db, "present", 0, by="m2", tell=False)
    assert told.value.violations[0].facts["value"] is None
    assert [c.value for c in (await held(db)).values()] == ["absent"]


async def test_of_two_at_once_one_is_taken_and_the_other_told(db: Database) -> None:
    answers = await asyncio.gather(
        put(db, "present", 0, by="m1"), put(db, "absent", 0, by="m2"), return_exceptions=True
    )
    assert sorted(type(a).__name__ for a in answers) == ["Conflict", "int"]


async def test_nothing_is_kept_of_a_former_value_and_no_value_lies_open(db: Database) -> None:
    for n, value in enumerate(("rahasia satu", "rahasia dua")):
        await put(db, value, n)
    async with db.read() as session:
        texts = list(await session.exec(select(SealedText)))
        rows = (await session.exec(select(func.count()).select_from(SheetCell))).one()
    assert (len(texts), rows) == (1, 1)
    assert texts[0].ciphertext is not None and b"rahasia" not in texts[0].ciphertext


async def test_what_was_erased_with_its_case_is_left_out(db: Database) -> None:
    await put(db, "present", 0)
    async with db.write() as session:
        await VAULT.forget_texts(session, case_owner("programme-1"))
    assert await held(db) == {}


async def test_what_was_seen_changes_with_every_cell(db: Database) -> None:
    empty = sheets.seen(await held(db))
    await put(db, "present", 0)
    first = sheets.seen(await held(db))
    await put(db, "absent", 1)
    assert len({empty, first, sheets.seen(await held(db))}) == 3
