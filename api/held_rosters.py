"""A roster that is not in order yet: it waits with its request, is mended cell by cell, and is then taken."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import rosters
from api.drafts import content_of
from api.rosters import Answer
from api.schemas.rosters import Mend
from api.sight import missing
from db import waiting_rosters
from db.people_tables import Draft, WaitingRoster
from db.vault import Vault
from domain.errors import Conflict
from domain.roles import Actor
from domain.roster import held
from domain.roster.columns import BY_KEY, COLUMNS, Cell
from domain.roster.held import Rows
from domain.roster.model import CellProblem, RosterReading
from domain.roster.sheet import parse_rows

KEYS = {column.header.id: column.key for column in COLUMNS}


async def take_or_hold(
    session: AsyncSession,
    vault: Vault,
    draft: Draft,
    grid: list[list[Cell]],
    *,
    by: Actor,
    at: datetime,
    replace: bool,
    hold: bool,
) -> Answer:
    """The answer row by row when every row is in order. Otherwise RosterRefused; or, with `hold`, the cells
    wait in place of those that waited before, and the answer says how many rows are wrong. A sheet whose
    header is not in order is refused in either case: nobody knows which cell is which."""
    reading = parse_rows(grid)
    problems = await rosters.judged(session, vault, content_of(draft), reading, replace=replace)
    rows = held.held(grid) if hold else None
    if problems and rows and reading.row_numbers and not _of_the_sheet(reading, problems):
        kept = {n: rows[n] for n in reading.row_numbers}
        return await _keep(session, vault, draft, kept, reading, problems, replace=replace, by=by, at=at)
    answer = await rosters.take(session, vault, draft, reading, by=by, at=at, replace=replace)
    if hold:
        await waiting_rosters.drop(session, [draft.id])
    return answer


def _of_the_sheet(reading: RosterReading, problems: Iterable[CellProblem]) -> bool:
    return any(problem.row not in reading.row_numbers for problem in problems)


async def _keep(
    session: AsyncSession,
    vault: Vault,
    draft: Draft,
    rows: Rows,
    reading: RosterReading,
    problems: Iterable[CellProblem],
    *,
    replace: bool,
    by: Actor,
    at: datetime,
    imported: int = 0,
) -> Answer:
    row = await waiting_rosters.put(
        session, vault, draft.id, held.dump(rows), replace=replace, by=by.account, at=at
    )
    bad = len({problem.row for problem in problems})
    waiting = {"version": row.version, "rows": len(reading.row_numbers), "bad": bad}
    return {"rows": [], "imported": imported, "version": draft.version, "waiting": waiting}


async def shown(session: AsyncSession, vault: Vault, draft: Draft) -> Answer | None:
    """Everything that waits, as it was typed, and what is wrong with each cell now; None: nothing waits."""
    row = await waiting_rosters.find(session, draft.id)
    if row is None:
        return None
    rows = held.load(await waiting_rosters.cells(session, vault, row))
    _, problems = await _read(session, vault, draft, row, rows)
    by_row: dict[int, list[CellProblem]] = {}
    for problem in problems:
        by_row.setdefault(problem.row, []).append(problem)
    return {
        "version": row.version,
        "replace": row.replace,
        "updated_at": row.updated_at.isoformat(),
        "bad": len(by_row),
        "rows": [_row_json(n, rows[n], by_row.get(n, [])) for n in sorted(rows)],
    }


def _row_json(n: int, row: Mapping[str, Cell], problems: list[CellProblem]) -> Answer:
    wrong: dict[str, list[Any]] = {}
    for problem in problems:
        key = KEYS.get(problem.header, "")
        wrong.setdefault(key, []).append(rosters.cell_json(problem))
        if problem.violation.rule == "X-MERGED":  # said of the first one, true of all
            wrong |= {k: wrong[key] for k, cell in row.items() if cell.kind == "merged"}
    return {
        "row": n,
        "cells": {key: held.shown(cell) for key, cell in row.items()},
        "asked": {key: held.asked(BY_KEY[key], row.get(key, Cell())) for key in BY_KEY},
        "problems": wrong,
    }


async def _read(
    session: AsyncSession, vault: Vault, draft: Draft, row: WaitingRoster, rows: Rows
) -> tuple[RosterReading, list[CellProblem]]:
    reading = parse_rows(held.grid(rows))
    problems = await rosters.judged(session, vault, content_of(draft), reading, replace=row.replace)
    return reading, problems


async def mend(
    session: AsyncSession, vault: Vault, draft: Draft, body: Mend, *, by: Actor, at: datetime
) -> Answer:
    """Put what was typed in the place of the cells, and take the roster if every row is in order now; with
    `good_only` the rows that are, and the others wait on. NotFound when nothing waits; Conflict
    (A-VERSION) when somebody mended it meanwhile: so nothing is taken twice."""
    row = await waiting_rosters.find(session, draft.id, lock=True)
    if row is None:
        raise missing()
    if row.version != body.version:
        raise Conflict.because(
            "A-VERSION",
            "Daftar ini sudah diubah orang lain; muat ulang lalu ulangi.",
            "Somebody changed this list meanwhile; reload and try again.",
            version=row.version,
        )
    rows = held.load(await waiting_rosters.cells(session, vault, row))
    for given in body.cells:
        if given.row in rows:
            cell = rows[given.row].get(given.column, Cell())
            rows[given.row][given.column] = held.mended(BY_KEY[given.column], cell, given.value)
    rows = {n: cells for n, cells in rows.items() if n not in body.leave_out}
    if not rows:
        await waiting_rosters.drop(session, [draft.id])
        return {"rows": [], "imported": 0, "version": draft.version}
    reading, problems = await _read(session, vault, draft, row, rows)
    bad = {problem.row for problem in problems}
    good = tuple(r for r in reading.rows if r.row not in bad)
    if not problems and good:
        answer = await rosters.take(session, vault, draft, reading, by=by, at=at, replace=row.replace)
        await waiting_rosters.drop(session, [draft.id])
        return answer
    imported = 0
    # A list that is to be the whole one is taken whole: half of it would take the others out.
    if body.good_only and good and not row.replace:
        part = RosterReading(rows=good, row_numbers=tuple(r.row for r in good))
        imported = (await rosters.take(session, vault, draft, part, by=by, at=at))["imported"]
        rows = {n: cells for n, cells in rows.items() if n in bad}
        reading, problems = await _read(session, vault, draft, row, rows)
    return await _keep(
        session,
        vault,
        draft,
        rows,
        reading,
        problems,
        replace=row.replace,
        by=by,
        at=at,
        imported=imported,
    )
