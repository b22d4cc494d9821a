"""A class's attendance: marked person by person and day by day, and recorded in one act."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from api import attendance, idempotency
from api.attendance import Mark
from api.deps import STAFF, Allow, Key, Run
from api.routers import tasks
from api.schemas.common import PROBLEMS, Body, Id
from api.schemas.exact import Day, Whole
from api.schemas.tasks import Complete
from api.sight import missing
from db import sheets
from db.identity import Access
from domain.commands import Receipt
from domain.roles import Role

router = APIRouter(
    prefix="/v1/programmes/{programme}/classes/{class_id}/attendance",
    tags=["attendance"],
    responses=PROBLEMS,
)

Readers = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR, Role.ORGANISER, *STAFF))]
Keepers = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR, Role.ORGANISER))]


class Marked(Body):
    """One participant on one day. `version` is that of the cell when it was seen; 0 for an empty one."""

    seat: Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9:_-]+$")]
    day: Day
    value: Mark | None = None
    """Empty: the mark is taken away again."""
    version: Annotated[Whole, Field(ge=0)] = 0


class Seen(Body):
    """The sheet that the one who acts has before their eyes."""

    seen: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="`seen` of the sheet's last answer.")]


@router.get("", summary="The attendance list of a class")
async def attendance_list(programme: Id, class_id: Id, access: Readers, runtime: Run) -> dict[str, Any]:
    """Participants and days, each with its mark: a draft until it is recorded, which `recorded` says."""
    async with runtime.db.read() as session:
        found = await attendance.find(session, runtime, access, programme, class_id)
        return await attendance.view(session, runtime, access, found)


@router.put("/cells", summary="Mark one participant on one day")
async def mark(
    programme: Id,
    class_id: Id,
    body: Marked,
    response: Response,
    access: Keepers,
    key: Key,
    runtime: Run,
) -> dict[str, Any]:
    """Kept as a draft until the list is recorded. The same mark again changes nothing; when somebody else has
    changed the cell since `version`, it is a conflict that holds what stands there now."""
    async with runtime.db.read() as session:
        found = await attendance.find(session, runtime, access, programme, class_id)
    attendance.require_markable(access, found, body.seat, body.day)

    async def work(session: AsyncSession) -> dict[str, Any]:
        version = await sheets.put_cell(
            session,
            runtime.vault,
            programme,
            attendance.sheet_of(class_id),
            attendance.cell_of(body.seat, body.day),
            body.value,
            version=body.version,
            by=access.actor,
            at=runtime.now(),
            moment=found.now,
        )
        return {"version": version}

    asked = body.model_dump(mode="json")
    return await idempotency.write(
        runtime, access, key, f"mark {programme} {class_id}", asked, response, work
    )


@router.post("/record", summary="Record the list and finish the class")
async def record(
    programme: Id,
    class_id: Id,
    body: Seen,
    request: Request,
    response: Response,
    access: Keepers,
    key: Key,
    runtime: Run,
) -> Receipt:
    """One act: the whole list becomes the command that completes your task `record_attendance`. Refused while
    a cell is empty, and a conflict when the list is not the one that you saw."""
    async with runtime.db.read() as session:
        found = await attendance.find(session, runtime, access, programme, class_id)
    task = attendance.task_for(access, found)
    if task is None:
        raise attendance.why_not(access, found) or missing()
    attendance.require_whole(found, body.seen)
    given = Complete.model_validate(
        {"decision": "finish", "form": {"form": "attendance", "attended": found.present}}
    )
    return await tasks.complete(task.id, given, request, response, access, key, runtime)
