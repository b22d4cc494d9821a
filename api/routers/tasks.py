"""Inboxes, and what people do with their tasks."""

import contextlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api import commands, next_task, sight, sitting, views
from api.deps import Anybody, Key, Run
from api.reading import fresh, one
from api.runtime import DATABASE_DOWN, Runtime
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Cursor, Id, Limit
from api.schemas.derive import Derived, request_model
from api.schemas.tasks import Complete
from api.tasks import actor_for, as_malformed, check_documents, comments_of, filled_for, find
from db import desk, reads, registry
from db.identity import Access
from db.reads import Whose
from db.tables import TaskRow
from domain import commands as c
from domain.clock import local_day
from domain.commands import Receipt
from domain.errors import DomainError
from domain.policy import default
from domain.roles import Role

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], responses=PROBLEMS)

Reassign = request_model(c.ReassignTask)
Comment = request_model(c.CommentTask)
Claim = request_model(c.ClaimTask)
Release = request_model(c.ReleaseTask)


def whose(access: Access) -> Whose:
    """The inbox of the one who asks, in the hat now worn."""
    organiser = access.hat.role is Role.ORGANISER
    return Whose(
        persons=(access.person,),
        roles=() if organiser else (access.hat.role.value,),
        organisation=access.hat.organisation if organiser else "",
    )


@router.get("", summary="My inbox")
async def inbox(
    access: Anybody,
    runtime: Run,
    view: Annotated[
        Literal["mine", "groups", "done", "all"],
        Query(
            description="`mine`: held by me or for me alone; `groups`: what my groups may claim; "
            "`done`: completed by me; `all`: every task (operations and auditors)."
        ),
    ] = "mine",
    kind: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    late: bool | None = None,
    organiser: Annotated[str, Query(max_length=80)] = "",
    stream: Annotated[str, Query(max_length=80)] = "",
    number: Annotated[str, Query(max_length=80, description="How the case's number begins.")] = "",
    sort: Literal["due", "age", "priority"] = "due",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Open tasks, or with `state` others; due times are UTC, and `late` counts by business time. `counts`
    comes with the first page."""
    now = await runtime.gateway.business_now()
    mine = whose(access)
    async with runtime.db.read() as session:
        if view == "all":
            if access.hat.role not in (Role.OPERATIONS, Role.AUDITOR):
                raise sight.stranger()
            page = await reads.all_tasks(
                session,
                now=now,
                open=None if state else True,
                kind=kind,
                state=state,
                late=late,
                organiser=organiser,
                stream=stream,
                number=number,
                sort=sort,
                cursor=cursor,
                limit=limit,
            )
        else:
            page = await reads.tasks(
                session,
                mine,
                view,
                now=now,
                kind=kind,
                state=state,
                late=late,
                organiser=organiser,
                stream=stream,
                number=number,
                sort=sort,
                cursor=cursor,
                limit=limit,
            )
        counts = await reads.task_counts(session, mine, now=now) if not cursor else {}
        named = await registry.organisation_names(session, {row.organiser for row in page.items})
    return {
        "items": [{**_row(row, now), "organiser_name": named.get(row.organiser, "")} for row in page.items],
        "counts": counts,
        "next": page.next,
        "now": views.moment(now),
    }


def _row(row: TaskRow, now: Any) -> dict[str, Any]:
    entry = next((t for t in default(local_day(now)).tasks if t.kind == row.kind), None)
    return {
        **row.model_dump(mode="json", exclude={"workflow_id", "seen_by", "open"}),
        **views.state_json("task", row.state),
        **(views.both(entry.label) if entry else {}),
        "late": row.late or (row.open and row.due_at < now),
    }


@router.get("/{task}", summary="One task")
async def task(task: Id, request: Request, access: Anybody, runtime: Run) -> Response:
    """With its decisions, its points and comments, and whether you may do it, or why not."""
    stream = (await find(runtime, access, task))[0].stream
    (row, case, found), projection = await fresh(
        request, runtime, stream, lambda _session: find(runtime, access, task)
    )
    now = await runtime.gateway.business_now()
    wanted = [s.id for s in (*found.points, *((found.reason,) if found.reason else ()))]
    async with runtime.db.read() as session:
        opened = await runtime.vault.open_texts(session, wanted)
    body = {
        **views.task_json(case, found, now),
        "case": {**views.head_json(case), "state": case.state},
        "points": [opened.get(s.id) for s in found.points],
        "comments": await comments_of(runtime, access, case, found),
        "reason": opened.get(found.reason.id) if found.reason else None,
        "about_person": row.about_person,
        "allowed": [
            offer
            for offer in views.allowed_json(runtime.gateway, case, access, now, everything=True)
            if offer["kind"] == "task" and offer["id"] == task and offer["trigger"] not in _OWN_MOVES
        ],
    }
    return one(request, body, projection)


_OWN_MOVES = frozenset({"settle", "cancel"})
"""Moves that a task makes by itself."""


@router.post("/claim-next", summary="Claim the most urgent task of my groups")
async def claim_next(
    request: Request,
    response: Response,
    access: Anybody,
    key: Key,
    runtime: Run,
    kind: Annotated[str, Query(max_length=40)] = "",
) -> dict[str, Any]:
    """The receipt of the claim, with the `task`. Who asks at the same moment gets another one. NotFound
    (T-NOTHING) when there is none that you may do."""
    found, receipt = await next_task.claim_next(request, access, key, runtime, whose(access), kind)
    response.headers[commands.SEQ] = str(receipt.seq)
    return {"task": found, **receipt.model_dump(mode="json")}


async def claim(
    task: Id,
    request: Request,
    response: Response,
    access: Anybody,
    key: Key,
    runtime: Run,
    body: Any = None,
) -> Receipt:
    """Take an offered task of your group; nobody else can then complete it."""
    return await _send(runtime, request, response, access, key, task, body or Claim())


async def release(
    task: Id,
    request: Request,
    response: Response,
    access: Anybody,
    key: Key,
    runtime: Run,
    body: Any = None,
) -> Receipt:
    """The holder gives a task back to its group."""
    return await _send(runtime, request, response, access, key, task, body or Release())


async def _send(
    runtime: Runtime, request: Request, response: Response, access: Access, key: str, id_: str, given: Derived
) -> Receipt:
    row, _, _ = await find(runtime, access, id_)
    sent = await commands.send(
        request, access, key, stream=row.stream, given=given, filled={"task": id_}, of=id_
    )
    return sent.answer(response)


async def reassign(
    task: Id, body: Any, request: Request, response: Response, access: Anybody, key: Key, runtime: Run
) -> Receipt:
    """Operations give a task to another person of its group, or back to the group, with a reason: a task of
    one person only when it is a review, or the attendance list of a class with another trainer who accepted
    it. The new holder is held against who may not do it (R-SOD)."""
    return await _send(runtime, request, response, access, key, task, body)


async def comment(
    task: Id, body: Any, request: Request, response: Response, access: Anybody, key: Key, runtime: Run
) -> Receipt:
    """Whoever may do the task writes beside it; nothing else changes."""
    return await _send(runtime, request, response, access, key, task, body)


claim.__annotations__["body"] = Claim | None
release.__annotations__["body"] = Release | None
reassign.__annotations__["body"] = Reassign
comment.__annotations__["body"] = Comment
router.add_api_route("/{task}/claim", claim, methods=["POST"], summary="Claim a task")
router.add_api_route("/{task}/release", release, methods=["POST"], summary="Give a task back")
router.add_api_route("/{task}/reassign", reassign, methods=["POST"], summary="Reassign a task (operations)")
router.add_api_route("/{task}/comment", comment, methods=["POST"], summary="Comment a task")


async def complete(
    task: Id, body: Any, request: Request, response: Response, access: Anybody, key: Key, runtime: Run
) -> Receipt:
    """With one of its decisions; a negative one needs a reason. Completing what nobody holds claims it.

    A resubmitted request is taken from the programme's draft.
    """
    row, case, found = await find(runtime, access, task)
    given = body.command_request()
    await check_documents(runtime, row.stream, given)
    async with runtime.db.read() as session:
        await sitting.require_as_cast(session, runtime, case, found, given)
    filled = {"task": task, **await filled_for(runtime, access, case, given)}
    actor = actor_for(access, case, found, on_behalf=body.on_behalf)
    try:
        sent = await commands.send(
            request, access, key, stream=row.stream, given=given, filled=filled, of=task, actor=actor
        )
    except DomainError as error:
        raise as_malformed(error) from None
    with contextlib.suppress(*DATABASE_DOWN):  # the decision stands; what was typed for it goes later
        await runtime.db.retrying(lambda session: desk.drop_drafts(session, task))
    return sent.answer(response)


complete.__annotations__["body"] = Complete
router.add_api_route("/{task}/complete", complete, methods=["POST"], summary="Complete a task")
