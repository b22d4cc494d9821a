"""One command for many cases or tasks: ask for it, follow it, try again what was refused."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field, model_validator
from sqlmodel.ext.asyncio.session import AsyncSession

from api import bulk, idempotency
from api.deps import Key, Operations, Run, Watchers
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Body, Cursor, Id, Limit
from db import bulks, reads
from db.bulks import Thing
from db.work_tables import Bulk
from domain.errors import Malformed

router = APIRouter(prefix="/v1/bulk", tags=["bulk"], responses=PROBLEMS)
Named = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9:_-]+$")]


class One(Body):
    """A case by its stream, or a task by its id."""

    stream: Named | None = None
    task: Named | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "One":
        if (self.stream is None) == (self.task is None):
            raise ValueError("exactly one of stream and task")
        return self


class Ask(Body):
    """What is to be done with which things; `given` is the body that the command itself would take."""

    command: Annotated[str, Field(max_length=40, examples=["reassign_task"])]
    given: dict[str, Any] = Field(default_factory=dict, examples=[{"reason": "Pemegangnya cuti."}])
    things: Annotated[list[One], Field(min_length=1, max_length=bulk.MOST_THINGS)]


@router.post("", status_code=201, summary="Give one command for many things")
async def ask(body: Ask, response: Response, access: Operations, key: Key, runtime: Run) -> dict[str, Any]:
    """Each thing gets a command of its own, in your name, one after another in the background; what one is
    refused for does not keep the others. A thing that is named twice counts once."""
    given = bulk.request_of(body.command, body.given)
    asked = body.model_dump(mode="json")

    async def work(session: AsyncSession) -> dict[str, Any]:
        things = await _things(session, body)
        row = await bulk.begin(session, runtime, access, key, body.command, given, things)
        return {"id": row.id, "total": row.total}

    answer = await idempotency.write(runtime, access, key, "ask_bulk", asked, response, work)
    runtime.bulk_asked.set()
    return answer


async def _things(session: AsyncSession, body: Ask) -> list[Thing]:
    """The cases or tasks, each once. Malformed (W-THING) for a task that there is not, or for cases where the
    command is one for tasks."""
    of_tasks = body.command in bulk.OF_TASKS
    if any((one.task is not None) is not of_tasks for one in body.things):
        raise Malformed.because(
            "W-THING",
            "Perintah ini dan hal yang dipilih tidak cocok.",
            "This command and the things that were chosen do not fit.",
            field="things",
        )
    if not of_tasks:
        return [Thing(stream) for stream in dict.fromkeys(one.stream or "" for one in body.things)]
    wanted = list(dict.fromkeys(one.task or "" for one in body.things))
    rows = await reads.tasks_by_id(session, wanted)
    if missing := [task for task in wanted if task not in rows]:
        raise Malformed.because(
            "W-THING",
            "Tugas ini tidak ada.",
            "There is no such task.",
            field="things",
            tasks=missing[:10],
        )
    return [Thing(rows[task].stream, task) for task in wanted]


@router.get("", summary="Acts on many things, the latest first")
async def acts(
    _access: Watchers, runtime: Run, cursor: Cursor = "", limit: Limit = DEFAULT_LIMIT
) -> dict[str, Any]:
    """Who asked for what, and how far it has come."""
    async with runtime.db.read() as session:
        page = await bulks.bulks(session, cursor=cursor, limit=limit)
        counts = await bulks.counts(session, [row.id for row in page.items])
    return {"items": [bulk.bulk_json(row, counts[row.id]) for row in page.items], "next": page.next}


@router.get("/{bulk_id}", summary="One of them")
async def act(
    bulk_id: Id,
    _access: Watchers,
    runtime: Run,
    state: Literal["", "WAITING", "DONE", "REFUSED", "FAILED", "STOPPED"] = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Its items in their order, each with what came of it: the event (`seq`), or every reason why not."""
    async with runtime.db.read() as session:
        row = await bulks.bulk(session, bulk_id)
        counts = await bulks.counts(session, [row.id])
        page = await bulks.items(session, row.id, state=state, cursor=cursor, limit=limit)
        tasks = await reads.tasks_by_id(session, [item.task for item in page.items if item.task])
        said = await runtime.vault.open_texts(session, row.texts.values())
    return {
        **bulk.bulk_json(row, counts[row.id]),
        "texts": [said[id_] for id_ in row.texts.values() if id_ in said],
        "items": [bulk.item_json(item, tasks.get(item.task)) for item in page.items],
        "next": page.next,
    }


@router.post("/{bulk_id}/again", summary="Try again what was refused or stopped")
async def again(
    bulk_id: Id, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Under the same keys: what was done after all is not done twice. Of one's own alone."""
    return await _changed(bulk_id, response, access, key, runtime, "again")


@router.post("/{bulk_id}/stop", summary="Do nothing more of it")
async def stop(bulk_id: Id, response: Response, access: Operations, key: Key, runtime: Run) -> dict[str, Any]:
    """What is done stays done. Of one's own alone."""
    return await _changed(bulk_id, response, access, key, runtime, "stop")


async def _changed(
    id_: str, response: Response, access: Any, key: str, runtime: Any, what: Literal["again", "stop"]
) -> dict[str, Any]:
    async def work(session: AsyncSession) -> dict[str, Any]:
        row: Bulk = bulk.own(await bulks.bulk(session, id_), access)
        change = bulks.again if what == "again" else bulks.stop
        return {"id": row.id, "items": await change(session, row.id)}

    answer = await idempotency.write(runtime, access, key, f"bulk_{what}", {"bulk": id_}, response, work)
    runtime.bulk_asked.set()
    return answer
