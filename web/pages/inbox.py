"""Inboxes: what there is to do, in the order that one chooses, and the next task with one press."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Run
from api.routers import tasks as api
from api.runtime import Runtime
from api.schemas.common import Cursor
from db.identity import Access
from domain.commands import Receipt
from domain.errors import DomainError, NotFound
from domain.roles import Role
from domain.verdict import Violation
from web import acts, live
from web.candidate import door
from web.deps import Anybody, go
from web.desk import OnShelf, Shelf, carried, kinds_of, listed, organisers_of
from web.forms import Option
from web.places import own_page
from web.reading import body_of, caught_up
from web.render import page

router = APIRouter(include_in_schema=False)

NO_CLAIMING = frozenset({Role.ORGANISER, Role.CANDIDATE, Role.MASTER_ASSESSOR, Role.AUDITOR})
"""Hats whose tasks are bound to a person or an organisation, or that have none: nothing is there to claim."""


@dataclass(frozen=True)
class InboxPage:
    shelf: Shelf
    items: list[dict[str, Any]]
    counts: Mapping[str, int]
    next: str | None
    kinds: tuple[Option, ...]
    organisers: tuple[Option, ...]
    may_claim: bool
    """Has this hat a group whose tasks are claimed?"""
    last: Mapping[str, Any] | None
    """The task that was just done."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/inbox", name="inbox_page")
async def inbox(
    request: Request, access: Anybody, runtime: Run, on: OnShelf, cursor: Cursor = "", last: str = ""
) -> Response:
    """What there is to do. The address holds every filter."""
    await caught_up(request, runtime)
    tag = await live.tag_of(request, access, runtime)
    if (same := live.unchanged(request, tag)) is not None:
        return same
    return await _shown(request, access, runtime, on, cursor=cursor, last=last, tag=tag)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    on: Shelf,
    *,
    cursor: str = "",
    last: str = "",
    tag: str = "",
    error: DomainError | None = None,
) -> HTMLResponse:
    found = await listed(access, runtime, on, cursor=cursor)
    context = InboxPage(
        shelf=on,
        items=found["items"],
        counts=found["counts"],
        next=found["next"],
        kinds=kinds_of(access),
        organisers=await organisers_of(access, runtime),
        may_claim=access.hat.role not in NO_CLAIMING,
        last=await done_before(request, access, runtime, last),
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "inbox.html", context, status=status, tag=tag)


async def done_before(request: Request, access: Access, runtime: Runtime, last: str) -> dict[str, Any] | None:
    """The task that was done last, for its receipt; None where it is not the asker's to see."""
    if not last or len(last) > 80:
        return None
    try:
        return body_of(await api.task(last, request, access, runtime))
    except NotFound:
        return None


@router.post("/inbox/next")
async def claim_next(request: Request, access: Anybody, runtime: Run) -> Response:
    """The most urgent task of my groups becomes mine, and is opened."""
    sent = await request.form()
    on = carried(str(sent.get("list", "")))
    try:
        found = await api.claim_next(request, Response(), access, acts.key_of(sent), runtime, on.kind)
    except DomainError as error:
        return await _shown(request, access, runtime, on, error=error)
    target = go(f"/tasks/{found['task']}?done=1")
    acts.note(request, target, Receipt.model_validate({k: v for k, v in found.items() if k != "task"}))
    return target


def place_of(access: Access, task: Mapping[str, Any]) -> str:
    """The page that was made for doing this kind of task in this hat; empty where there is none."""
    return door(task) if access.hat.role is Role.CANDIDATE else own_page(task)
