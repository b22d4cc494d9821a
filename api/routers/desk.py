"""What somebody has on the desk: a decision that is typed and not sent yet, and phrases used again."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, field_validator
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency
from api.deps import Anybody, Key, Run
from api.runtime import Runtime
from api.schemas.common import PROBLEMS, Body, Id
from api.schemas.derive import TEXT_LIMIT
from api.sight import missing
from api.tasks import find
from api.views import moment
from db import desk
from db.desk import Typed
from db.identity import Access
from domain.cases import Task
from domain.clock import local_day
from domain.errors import Conflict
from domain.policy import default
from state_machines.task import OPEN_TASK

router = APIRouter(prefix="/v1", tags=["tasks"], responses=PROBLEMS)

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Value = Annotated[str, StringConstraints(max_length=TEXT_LIMIT)]
MOST_TYPED = 200_000
"""Characters of one draft."""


class DraftOf(Body):
    """A decision's form as it stands: every field with its values, as they were typed."""

    decision: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,40}$")]
    fields: Annotated[dict[Name, Annotated[list[Value], Field(max_length=500)]], Field(max_length=1000)] = (
        Field(default_factory=dict, examples=[{"form.points.0": ["Surat belum bertanggal."]}])
    )

    @field_validator("fields")
    @classmethod
    def _not_a_book(cls, fields: dict[str, list[str]]) -> dict[str, list[str]]:
        if sum(len(one) for values in fields.values() for one in values) > MOST_TYPED:
            raise ValueError("too much for one decision")
        return fields


class NewPhrase(Body):
    """A sentence to use again in tasks of one kind."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,40}$")] = Field(examples=["verify_programme"])
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_LIMIT)] = (
        Field(description="Stored encrypted; nobody else reads it.", examples=["Surat belum bertanggal."])
    )


async def _open(runtime: Runtime, access: Access, id_: str) -> Task:
    """The task, for who sees it; Conflict (T-OVER) once nothing can be typed for it any more."""
    _, _, task = await find(runtime, access, id_)
    if task.state not in OPEN_TASK:
        raise Conflict.because(
            "T-OVER",
            "Tugas ini sudah selesai; draf tidak disimpan lagi.",
            "This task is over; no draft is kept for it any more.",
            subject=id_,
        )
    return task


@router.get("/tasks/{task}/draft", summary="What I typed for a task")
async def draft(task: Id, access: Anybody, runtime: Run) -> dict[str, Any]:
    """`draft` is null when nothing is kept. Only its own person reads a draft."""
    _, _, found = await find(runtime, access, task)
    async with runtime.db.read() as session:
        kept = await desk.draft(session, runtime.vault, access.person, task)
    if kept is None or found.state not in OPEN_TASK:
        return {"draft": None}
    typed, saved_at = kept
    return {"draft": {**typed.model_dump(), "saved_at": moment(saved_at)}}


@router.put("/tasks/{task}/draft", summary="Keep what I typed for a task")
async def keep_draft(
    task: Id, body: DraftOf, response: Response, access: Anybody, _key: Key, runtime: Run
) -> dict[str, Any]:
    """In place of what was kept before: the same however often it is sent, so that the Idempotency-Key has
    nothing to do. Stored encrypted for this person alone, and forgotten when the task is done."""
    await _open(runtime, access, task)
    at = runtime.now()
    typed = Typed(decision=body.decision, fields=dict(body.fields))
    await runtime.db.retrying(
        lambda session: desk.keep_draft(session, runtime.vault, access.person, task, typed, at=at)
    )
    response.headers["Cache-Control"] = "no-store"
    return {"saved_at": moment(at)}


@router.delete("/tasks/{task}/draft", status_code=204, summary="Throw away what I typed for a task")
async def drop_draft(task: Id, access: Anybody, _key: Key, runtime: Run) -> None:
    """What is gone stays so: the Idempotency-Key has nothing to do."""
    await find(runtime, access, task)
    await runtime.db.retrying(lambda session: desk.drop_drafts(session, task, person=access.person))


@router.get("/phrases", summary="My phrases")
async def phrases(
    access: Anybody, runtime: Run, kind: Annotated[str, Query(max_length=40)] = ""
) -> dict[str, Any]:
    """Sentences that this account kept to use again, of one kind of task or of all, the oldest first."""
    async with runtime.db.read() as session:
        found = await desk.phrases(session, runtime.vault, access.account, kind)
    return {"items": [{"id": one.id, "kind": of, "text": one.text} for of, one in found]}


@router.post("/phrases", status_code=201, summary="Keep a phrase")
async def keep_phrase(
    body: NewPhrase, response: Response, access: Anybody, key: Key, runtime: Run
) -> dict[str, Any]:
    """For this account alone. The same text for the same kind of task is one phrase."""
    default(local_day(runtime.now())).task(body.kind)  # NotFound for a kind that there is not
    id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"phrase/{access.account}/{key}"))

    async def work(session: AsyncSession) -> dict[str, Any]:
        kept = await desk.keep_phrase(
            session,
            runtime.vault,
            id_,
            account=access.account,
            person=access.person,
            kind=body.kind,
            text=body.text,
            at=runtime.now(),
        )
        return {"id": kept, "kind": body.kind}

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, "keep_phrase", asked, response, work)


@router.delete("/phrases/{phrase}", status_code=204, summary="Delete a phrase")
async def drop_phrase(phrase: Id, access: Anybody, _key: Key, runtime: Run) -> None:
    """Mine. What is gone stays so: the Idempotency-Key has nothing to do."""
    if not await runtime.db.retrying(lambda session: desk.drop_phrase(session, access.account, phrase)):
        raise missing("P-PHRASE")
