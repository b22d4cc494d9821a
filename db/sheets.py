"""Sheets that people fill in cell by cell, over a bad connection, before one act records them.

A cell is a draft and no truth: it is sealed for its case, changed in place and leaves no event. What counts
is the command that is made of the sheet in the end; the ledger then holds that.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import tuple_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import SealedText, SheetCell
from db.vault import Vault, case_owner
from domain.errors import Conflict, DomainError
from domain.events import digest
from domain.roles import Actor
from domain.text import Text


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: any JSON value, how often it was changed, by whom and when (UTC, business
    time)."""

    value: Any
    version: int
    person: str
    at: datetime


Cells = Mapping[str, Cell]


async def cells(session: AsyncSession, vault: Vault, stream: str, sheet: str) -> dict[str, Cell]:
    """Every cell of the sheet that was ever filled in; those whose text was erased are left out."""
    return (await cells_of(session, vault, [(stream, sheet)]))[stream, sheet]


async def cells_of(
    session: AsyncSession, vault: Vault, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Cell]]:
    """The cells of many sheets at once, by (stream, sheet)."""
    mine = tuple_(col(SheetCell.stream), col(SheetCell.sheet)).in_(list(wanted))
    rows = list(await session.exec(select(SheetCell).where(mine).order_by(col(SheetCell.cell))))
    opened = await vault.open_texts(session, [row.text for row in rows])
    found: dict[tuple[str, str], dict[str, Cell]] = {key: {} for key in wanted}
    for row in rows:
        if row.text in opened:
            cell = Cell(json.loads(opened[row.text]), row.version, row.person, row.at)
            found[row.stream, row.sheet][row.cell] = cell
    return found


def seen(found: Cells) -> str:
    """A digest of the sheet as it stands: who acts on it says with this what was before their eyes."""
    return digest({cell: one.version for cell, one in found.items()})


async def put_cell(
    session: AsyncSession,
    vault: Vault,
    stream: str,
    sheet: str,
    cell: str,
    value: Any,
    *,
    version: int,
    by: Actor,
    at: datetime,
    moment: datetime,
    tell: bool = True,
) -> int:
    """Fill in a cell of which the writer has seen `version` (0: empty); gives its version now.

    The last writer who saw the latest value wins; whoever did not is told (Conflict X-CELL, with the value
    that stands there when `tell`), so that nobody overwrites a colleague unawares. The same value again
    changes nothing, whichever version was seen. `at` is the real moment, `moment` the business one (UTC).
    """
    key = (stream, sheet, cell)
    row = await session.get(SheetCell, key, with_for_update=True, populate_existing=True)
    if row is None:
        sealed = await vault.seal_text(session, case_owner(stream), json.dumps(value), by.account, at=at)
        made = SheetCell(
            stream=stream, sheet=sheet, cell=cell, version=1, text=sealed.id, person=by.person, at=moment
        )
        try:
            async with session.begin_nested():
                session.add(made)
        except IntegrityError:  # two people at once: the other one was first
            row = await session.get(SheetCell, key, with_for_update=True, populate_existing=True)
            assert row is not None
        else:
            return 1
    standing = json.loads(await vault.open_text(session, row.text))
    if standing == value:
        return row.version
    if row.version != version:
        raise _overtaken(cell, row, standing if tell else None)
    former = row.text
    sealed = await vault.seal_text(session, case_owner(stream), json.dumps(value), by.account, at=at)
    row.version, row.text, row.person, row.at = row.version + 1, sealed.id, by.person, moment
    session.add(row)
    await session.flush()
    await session.exec(delete(SealedText).where(col(SealedText.id) == former))  # no event names it
    return row.version


def _overtaken(cell: str, row: SheetCell, standing: Any) -> DomainError:
    return Conflict.because(
        "X-CELL",
        "Isian ini sudah diubah orang lain sejak Anda melihatnya.",
        "Somebody else has changed this since you saw it.",
        subject=cell,
        citation="[D] § 10",
        remedy=Text(
            id="Lihat isi yang sekarang, lalu putuskan yang mana yang benar.",
            en="Look at what stands there now, then decide which is right.",
        ),
        version=row.version,
        value=standing,
    )
