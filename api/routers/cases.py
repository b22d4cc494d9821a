"""Any case by its stream: where it is, and its chain of events."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import listings, sight, views, waiting
from api.deps import Anybody, Run, Watchers
from api.hitches import hitches_json, hitches_of
from api.reading import WRITING, fresh, one
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Cursor, Id, Limit
from db import reads
from db.identity import Access
from domain.cases import Case
from domain.roles import Role
from logs import bind_case

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=PROBLEMS)


async def _find(session: AsyncSession, access: Access, stream: str) -> Case | None:
    """The case, if the asker may see it; None while a draft of the asker's own is on its way to become
    one."""
    case = await reads.case(session, stream)
    draft = await listings.draft(session, stream) if case is None else None
    if case is not None and not sight.sees_case(access, case):
        raise sight.stranger()
    if case is None and (draft is None or not sight.sees_draft(access, draft)):
        raise sight.missing("M-CASE") if draft is None else sight.stranger()
    bind_case(stream, case.workflow_id if case else "")
    return case


@router.get("/{stream}", summary="One case")
async def case(stream: Id, request: Request, access: Anybody, runtime: Run) -> Response:
    """State, head of the chain, and what you may do."""
    found, projection = await fresh(request, runtime, stream, lambda session: _find(session, access, stream))
    if found is None:
        return one(request, {"stream": stream, "kind": "programme", "state": "DRAFT"}, projection)
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        row = await reads.case_row(session, stream)
        way = await reads.way(session, stream, found.kind)
    body = {
        **views.head_json(found),
        **views.state_json(found.kind, found.state),
        "opened_at": views.moment(row.opened_at) if row else None,
        "updated_at": views.moment(row.updated_at) if row else None,
        "closed_at": views.moment(row.closed_at) if row else None,
        "next_moment": views.moment(row.next_moment) if row else None,
        **waiting.trouble_json(row.attention if row and sight.staff(access) else ""),
        "since": views.moment(way[-1].at if way else row.opened_at if row else None),
        "way": [
            {"source": step.source, "dest": step.dest, "at": views.moment(step.at), "seq": step.seq}
            for step in way
        ],
        **waiting.of_case(found, access),
        "allowed": [
            offer
            for offer in views.allowed_json(runtime.gateway, found, access, now)
            if offer["kind"] == found.kind
        ],
    }
    return one(request, body, projection)


@router.get("/{stream}/timeline", summary="Its events")
async def timeline(
    stream: Id,
    request: Request,
    access: Anybody,
    runtime: Run,
    telling: Annotated[
        reads.Telling | None,
        Query(
            description="Only events with moves, with what rules found, or with messages: people were told, "
            "or another case sent word."
        ),
    ] = None,
    state: Annotated[
        str, Query(max_length=30, description="Only events from when it came into this state to its leaving.")
    ] = "",
    role: Annotated[Role | Literal[""], Query(description="Only acts of somebody in this role.")] = "",
    rule: Annotated[
        str, Query(pattern=r"^[A-Z0-9-]{0,30}$", description="Only events with a finding of this rule.")
    ] = "",
    newest_first: bool = True,
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """The chain, link by link. What rules found is told again from rule and facts; texts are not here."""
    found, projection = await fresh(request, runtime, stream, lambda session: _find(session, access, stream))
    async with runtime.db.read() as session:
        way = await reads.way(session, stream, found.kind) if found and state else []
        page = await reads.timeline(
            session,
            stream,
            telling=telling,
            role=role,
            rule=rule,
            spans=visits(way, state) if state else None,
            newest_first=newest_first,
            cursor=cursor,
            limit=limit,
        )
    own = views.own_parts(found, access) if found else None
    return {
        "stream": stream,
        "items": [views.event_json(event, access, own) for event in page.items],
        "next": page.next,
        "head": {"seq": found.seq, "hash": found.head} if found else None,
        "projection": projection if found else WRITING,
    }


END = 2**31 - 1


def visits(way: Sequence[reads.Step], state: str) -> list[tuple[int, int]]:
    """When a case was in a state, as numbers of events: from the one that led into it to the one that led out
    again, both included; to END while it is still there."""
    found: list[tuple[int, int]] = []
    since: int | None = 1 if way and way[0].source == state else None
    for step in way:
        if step.source == state and since is not None:
            found.append((since, step.seq))
            since = None
        if step.dest == state:
            since = step.seq
    return [*found, (since, END)] if since is not None else found


@router.get("/{stream}/hitches", summary="What fails in it now")
async def case_hitches(stream: Id, access: Watchers, runtime: Run) -> dict[str, Any]:
    """What Temporal says of the case's run: a workflow task that fails, activities that are tried again, each
    with its error. Empty for one that gets on, or has ended."""
    async with runtime.db.read() as session:
        found = await _find(session, access, stream)
    if found is None:
        return {"items": []}
    runtime.require_temporal()
    return {"items": hitches_json(await hitches_of(runtime, found.workflow_id))}
