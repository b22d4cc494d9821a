"""What it takes to decide a task: what is judged, what came back changed, and who else may do it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api import changes as changed
from api import eligibility as eligible
from api import reviewing
from api.deps import STAFF, Allow, Anybody, Run
from api.schemas.common import PROBLEMS, Id
from api.tasks import find
from db.identity import Access

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], responses=PROBLEMS)

Judges = Annotated[Access, Depends(Allow(*STAFF))]


@router.get("/{task}/review", summary="What a task judges")
async def review(
    task: Id,
    access: Judges,
    runtime: Run,
    subject: Annotated[
        str,
        Query(max_length=80, description="Who is told in full; empty: where one looks first."),
    ] = "",
) -> dict[str, Any]:
    """Every participant, class or candidate that it is about, with the worst outcome of each rule; of one of
    them each requirement with verdict, facts, citation, what was claimed, and the documents that show it."""
    _, case, found = await find(runtime, access, task)
    return await reviewing.review(runtime, access, case, found, subject)


@router.get("/{task}/changes", summary="What changed since the last return")
async def changes(task: Id, access: Judges, runtime: Run) -> dict[str, Any]:
    """Fields and documents, before and after; who was added and who is gone. `returned_at` is null when the
    case never came back."""
    _, case, _ = await find(runtime, access, task)
    return await changed.changes(runtime, access, case)


@router.get("/{task}/eligible", summary="Who may do a task")
async def eligible_for(task: Id, access: Anybody, runtime: Run) -> dict[str, Any]:
    """Its group; for BNSP the persons of it, and whom a rule bars; who holds it since when; and who sees it
    next when it is late."""
    _, case, found = await find(runtime, access, task)
    now = await runtime.gateway.business_now()
    return await eligible.eligibility(runtime, access, case, found, now)
