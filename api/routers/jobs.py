"""Long work: asked for, watched, with its results. Replays and verifications change nothing."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator

from api import jobs
from api.deps import Key, Run, Watchers
from api.schemas.common import PROBLEMS, Body, Cursor, Id

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS)


class JobRequest(Body):
    """A case to be replayed, or the whole ledger to be verified."""

    kind: Literal["replay", "verify"]
    subject: Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9:_-]*$")] = ""

    @model_validator(mode="after")
    def _about_a_case(self) -> "JobRequest":
        if (self.kind == "replay") != bool(self.subject):
            raise ValueError("a replay is of one case, a verification of everything")
        return self


@router.post("", status_code=202, summary="Ask for a replay or a verification")
async def ask(
    body: JobRequest, response: Response, access: Watchers, key: Key, runtime: Run
) -> dict[str, Any]:
    """`replay`: every run of the case (`subject`: its stream) against the present code, with the sandbox on
    and off. `verify`: chains, tables, checkpoints and all histories. What is under way already is told, not
    begun again. Look at `/v1/jobs/{job}` until `ended`."""
    return await jobs.ask(runtime, access, key, body.kind, body.subject, response)


@router.get("", summary="Jobs, the latest first")
async def listed(
    _access: Watchers,
    runtime: Run,
    kind: Annotated[str, Query(max_length=40)] = "",
    subject: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
) -> dict[str, Any]:
    """With who asked and how far each has come; `INTERRUPTED`: the server stopped meanwhile, ask again."""
    return await jobs.listed(runtime, kinds=[kind] if kind else (), subject=subject, cursor=cursor)


@router.get("/{job}", summary="One job")
async def job(job: Id, _access: Watchers, runtime: Run, cursor: Cursor = "") -> dict[str, Any]:
    """`result` as a whole, and the results one by one (`items`), page by page."""
    return await jobs.one(runtime, job, cursor)
