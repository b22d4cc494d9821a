"""What somebody keeps for their own work: filters of lists, under a name."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency, views
from api.deps import Anybody, Key, Run
from api.schemas.common import PROBLEMS, Body, Id
from db import saved_views
from db.work_tables import SavedView

router = APIRouter(prefix="/v1/views", tags=["own work"], responses=PROBLEMS)
PERSONAL = re.compile(r"\d[\d .-]{13,}\d|\S@\S")
"""What looks like a NIK or an e-mail address."""


def _of_nobody(text: str) -> str:
    if PERSONAL.search(text):
        raise PydanticCustomError("personal", "personal data")
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_of_nobody),
    Field(description="Yours to choose; no personal data.", examples=["Terlambat, tahap 2"]),
]
Value = Annotated[str, StringConstraints(max_length=300), AfterValidator(_of_nobody)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}$")]


class Keep(Body):
    """The filters of a page's address under a name."""

    page: Word = Field(examples=["monitor"])
    name: Name
    query: Annotated[dict[Word, Value], Field(max_length=20)] = Field(
        examples=[{"need": "late", "stage": "2"}]
    )


class Rename(Body):
    name: Name


def view_json(row: SavedView) -> dict[str, Any]:
    return {
        "id": row.id,
        "page": row.page,
        "name": row.name,
        "query": row.query,
        "created_at": views.moment(row.created_at),
    }


@router.get("", summary="My saved filters")
async def mine(
    access: Anybody, runtime: Run, page: Annotated[str, Query(max_length=30)] = ""
) -> dict[str, Any]:
    """Of this account alone, by name."""
    async with runtime.db.read() as session:
        rows = await saved_views.views(session, access.account, page)
    return {"items": [view_json(row) for row in rows]}


@router.post("", status_code=201, summary="Save filters")
async def keep(body: Keep, response: Response, access: Anybody, key: Key, runtime: Run) -> dict[str, Any]:
    """Neither the name nor the filters may hold a NIK or an e-mail address."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        row = await saved_views.keep(
            session, access.account, body.page, body.name, body.query, at=runtime.now()
        )
        return view_json(row)

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, "keep_view", asked, response, work)


@router.patch("/{view}", summary="Rename saved filters")
async def rename(
    view: Id, body: Rename, response: Response, access: Anybody, key: Key, runtime: Run
) -> dict[str, Any]:
    """What they filter stays."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        return view_json(await saved_views.rename(session, access.account, view, body.name))

    asked = {"view": view, "name": body.name}
    return await idempotency.write(runtime, access, key, "rename_view", asked, response, work)


@router.delete("/{view}", summary="Delete saved filters")
async def forget(view: Id, response: Response, access: Anybody, key: Key, runtime: Run) -> dict[str, Any]:
    """They are gone; nothing else changes."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        await saved_views.forget(session, access.account, view)
        return {"id": view}

    return await idempotency.write(runtime, access, key, "forget_view", {"view": view}, response, work)
