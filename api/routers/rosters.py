"""Participants as a roster: an .xlsx or pasted rows, taken whole or kept until they are in order."""

import asyncio
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import drafts, held_rosters, idempotency, limits, programmes, roster_xlsx, uploads
from api.deps import Key, Organiser, Run
from api.routers.participants import Readers
from api.runtime import Runtime
from api.schemas.common import PROBLEMS, Id
from api.schemas.rosters import Mend, Paste
from api.sight import missing
from db import waiting_rosters
from db.identity import Access
from domain.errors import TooLarge
from domain.roster.columns import Cell
from domain.roster.paste import pasted

router = APIRouter(prefix="/v1/programmes", tags=["participants"], responses=PROBLEMS)


@router.get("/roster-template.xlsx", summary="The empty roster", response_class=Response)
async def template(_access: Readers) -> Response:
    """A sheet with the columns that an import wants, and what may stand in each."""
    content = await asyncio.to_thread(roster_xlsx.template)
    headers = {"Content-Disposition": 'attachment; filename="daftar-peserta.xlsx"'}
    return Response(content, media_type=roster_xlsx.MEDIA_TYPE, headers=headers)


@router.post(
    "/{programme}/import",
    summary="Import a roster (.xlsx)",
    openapi_extra=uploads.body_docs(roster_xlsx.MEDIA_TYPE),
)
async def import_roster(
    programme: Id,
    request: Request,
    response: Response,
    access: Organiser,
    key: Key,
    runtime: Run,
    replace: Annotated[bool, Query(description="The roster is the whole list, not an addition.")] = False,
    hold: Annotated[
        bool, Query(description="What is not in order waits, sealed, to be mended (`…/roster`).")
    ] = False,
) -> dict[str, Any]:
    """All or nothing: unless every row is in order nothing is stored, and the answer (422) says for each
    row and cell what is wrong. With `hold` the cells wait instead, and the answer has `waiting`. 413 above
    the largest upload, 415 for what is not a plain .xlsx."""
    limits.ROSTERS.check_for(access.account)
    content = await uploads.whole(request)
    if len(content) > runtime.settings.upload_limit:
        raise _too_large(runtime.settings.upload_limit)
    asked = {
        "file": hashlib.sha256(content).hexdigest(),
        "replace": replace,
        **({"hold": True} if hold else {}),
    }
    async with runtime.db.read() as session:
        await programmes.find(session, access, programme)  # before a stranger's file is worked on
    async with runtime.rosters:
        grid = await asyncio.to_thread(roster_xlsx.grid, content)
    return await _taken(
        runtime, access, key, response, programme, grid, f"import {programme}", asked, replace, hold
    )


@router.post("/{programme}/paste", summary="Import pasted rows")
async def paste(
    programme: Id, body: Paste, response: Response, access: Organiser, key: Key, runtime: Run
) -> dict[str, Any]:
    """Rows that were copied out of a spreadsheet: cells apart by tabs, with or without the header row. They
    are judged and answered like an .xlsx."""
    limits.ROSTERS.check_for(access.account)
    async with runtime.db.read() as session:
        await programmes.find(session, access, programme)
    grid = await asyncio.to_thread(pasted, body.text, body.dates)
    asked = body.model_dump(mode="json")
    return await _taken(
        runtime, access, key, response, programme, grid, f"paste {programme}", asked, body.replace, body.hold
    )


async def _taken(
    runtime: Runtime,
    access: Access,
    key: str,
    response: Response,
    programme: str,
    grid: list[list[Cell]],
    what: str,
    asked: dict[str, Any],
    replace: bool,
    hold: bool,
) -> dict[str, Any]:
    async def work(session: AsyncSession) -> dict[str, Any]:
        draft, case = await programmes.find_own(session, access, programme)
        drafts.require_editable(case)
        return await held_rosters.take_or_hold(
            session,
            runtime.vault,
            draft,
            grid,
            by=access.actor,
            at=runtime.now(),
            replace=replace,
            hold=hold,
        )

    return await idempotency.write(runtime, access, key, what, asked, response, work)


@router.get("/{programme}/roster", summary="The roster that waits")
async def waiting(programme: Id, response: Response, access: Organiser, runtime: Run) -> dict[str, Any]:
    """Every row that waits to be mended: its cells as they were typed, and what is wrong with each now. 404
    when none waits. For the organiser alone."""
    response.headers["Cache-Control"] = "no-store"
    async with runtime.db.read() as session:
        draft, _ = await programmes.find_own(session, access, programme, lock=False)
        found = await held_rosters.shown(session, runtime.vault, draft)
    if found is None:
        raise missing()
    return found


@router.patch("/{programme}/roster", summary="Mend the roster that waits")
async def mend(
    programme: Id, body: Mend, response: Response, access: Organiser, key: Key, runtime: Run
) -> dict[str, Any]:
    """Corrections, cell by cell; the roster is taken as soon as every row is in order. Nothing is taken
    twice: what was taken waits no more."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        draft, case = await programmes.find_own(session, access, programme)
        drafts.require_editable(case)
        return await held_rosters.mend(session, runtime.vault, draft, body, by=access.actor, at=runtime.now())

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, f"mend {programme}", asked, response, work)


@router.delete("/{programme}/roster", status_code=204, summary="Throw away the roster that waits")
async def discard(programme: Id, access: Organiser, _key: Key, runtime: Run) -> None:
    """Its cells are erased. What is gone stays so: the Idempotency-Key has nothing to do here."""

    async def work(session: AsyncSession) -> None:
        draft, _ = await programmes.find_own(session, access, programme)
        await waiting_rosters.drop(session, [draft.id])

    await runtime.db.retrying(work)


def _too_large(limit: int) -> Exception:
    return TooLarge.because(
        "A-SIZE",
        f"Berkas lebih besar dari {limit // 1024} KiB.",
        f"The file is larger than {limit // 1024} KiB.",
        limit=limit,
    )
