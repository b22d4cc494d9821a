"""Inboxes, and one task: what it asks, its evidence, and the form of each of its decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from api.deps import Run
from api.routers import tasks as api
from api.runtime import Runtime
from api.schemas.common import Cursor
from api.schemas.derive import request_model
from api.schemas.tasks import Complete, CompleteTaskRequest
from api.tasks import find
from db import reads
from db.identity import Access
from domain import commands as c
from domain.cases import Case, Task
from domain.decisions import DECISIONS, FORMS
from domain.errors import DomainError
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.choices import choices_of
from web.deps import Anybody, go
from web.forms import Form, form_of, parse
from web.reading import body_of, caught_up
from web.render import page

router = APIRouter(include_in_schema=False)

View = Literal["mine", "groups", "done", "all"]
Sort = Literal["due", "age", "priority"]


@dataclass(frozen=True)
class InboxPage:
    view: View
    sort: Sort
    kind: str
    late: bool | None
    items: list[dict[str, Any]]
    counts: Mapping[str, int]
    next: str | None


@router.get("/inbox", name="inbox_page")
async def inbox(
    request: Request,
    access: Anybody,
    runtime: Run,
    view: View = "mine",
    kind: Annotated[str, Query(max_length=40)] = "",
    late: bool | None = None,
    sort: Sort = "due",
    cursor: Cursor = "",
) -> HTMLResponse:
    """What there is to do. The address holds every filter."""
    await caught_up(request, runtime)
    found = await api.inbox(access, runtime, view=view, kind=kind, late=late, sort=sort, cursor=cursor)
    context = InboxPage(view, sort, kind, late, found["items"], found["counts"], found["next"])
    return await page(request, runtime, access, "inbox.html", context)


@dataclass(frozen=True)
class Choice:
    """One decision of a task and what it needs."""

    decision: str
    label: Text
    needs_reason: bool
    needs_evidence: bool
    form: Form
    """The questions of this decision: reason, evidence, and those of its own form."""


@dataclass(frozen=True)
class TaskPage:
    task: dict[str, Any]
    about: dict[str, Any]
    """The case that it belongs to, as the one who asks may see it."""
    allowed: Mapping[str, dict[str, Any]]
    """trigger → may I, and why not."""
    choices: tuple[Choice, ...]
    chosen: str
    comment: Form
    errors: tuple[Violation, ...]
    key: str


@router.get("/tasks/{task}", name="task_page")
async def task_page(task: str, request: Request, access: Anybody, runtime: Run) -> HTMLResponse:
    """One task, with everything that it takes to do it."""
    return await _shown(request, access, runtime, task)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    task: str,
    *,
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    await caught_up(request, runtime)
    shown = body_of(await api.task(task, request, access, runtime))
    case, entry = await _case(runtime, task)
    errors: Sequence[Violation] = error.violations if error else ()
    choices = await choices_of(runtime, access, case, entry)
    context = TaskPage(
        task=shown,
        about=_about(case),
        allowed={offer["trigger"]: offer for offer in shown["allowed"]},
        choices=tuple(
            Choice(
                one["decision"],
                DECISIONS[one["decision"]],
                one["needs_reason"],
                one["needs_evidence"],
                form_of(
                    _model(shown["kind"], one["decision"]),
                    choices=choices,
                    values=values,
                    violations=errors,
                    leave_out=_left_out(one, shown["kind"]),
                ),
            )
            for one in shown["decisions"]
        ),
        chosen=str((values or {}).get("decision", "")),
        comment=form_of(request_model(c.CommentTask), values=values if values and "text" in values else None),
        errors=tuple(errors),
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "task.html", context, status=status)


async def _case(runtime: Runtime, task: str) -> tuple[Case, Task]:
    """The case behind a task that the API has shown already."""
    async with runtime.db.read() as session:
        row = await reads.task(session, task)
        assert row is not None
        case = await reads.case(session, row.stream)
    assert case is not None
    return case, case.tasks[task]


def _about(case: Case) -> dict[str, Any]:
    return {"stream": case.stream, "kind": case.kind, "state": case.state}


def _model(kind: str, decision: str) -> type[BaseModel]:
    """The request of one decision: completing, with the form that this decision needs."""
    wanted = FORMS.get((kind, decision))
    if wanted is None:
        return CompleteTaskRequest
    return acts.with_form(CompleteTaskRequest, request_model(wanted))


def _left_out(one: Mapping[str, Any], kind: str) -> list[str]:
    """Fields that this decision does not ask for."""
    left = ["decision"]
    if (kind, one["decision"]) not in FORMS:
        left.append("form")
    if not one["needs_reason"] and not one["needs_evidence"]:
        left += ["reason", "evidence"]
    return left


@router.post("/tasks/{task}/complete")
async def complete(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """Decide. What was typed stays when it is refused."""
    sent = await request.form()
    _, entry = await _case_seen(runtime, access, task)
    decision = str(sent.get("decision", ""))
    values = parse(_model(entry.kind, decision), sent)
    values["decision"] = decision
    if sent.get("on_behalf") == "yes":
        values["on_behalf"] = True
    answer = Response()
    try:
        body = acts.validated(Complete, values)
        receipt = await api.complete(task, body, request, answer, access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _shown(request, access, runtime, task, values=values, error=error)
    return await _onward(request, access, runtime, receipt)


async def _case_seen(runtime: Runtime, access: Access, task: str) -> tuple[Case, Task]:
    _, case, found = await find(runtime, access, task)
    return case, found


async def _onward(request: Request, access: Access, runtime: Runtime, receipt: c.Receipt) -> Response:
    """One task done leads to the next of mine."""
    mine = await api.inbox(access, runtime, view="mine", limit=5)
    following = next((t["id"] for t in mine["items"] if t["stream"] != receipt.stream), "")
    target = go(f"/tasks/{following}?done=1" if following else "/inbox?done=1")
    acts.note(request, target, receipt)
    return target


_PLAIN: dict[str, tuple[type[BaseModel], Any]] = {
    "claim": (api.Claim, api.claim),
    "release": (api.Release, api.release),
    "comment": (api.Comment, api.comment),
    "reassign": (api.Reassign, api.reassign),
}


@router.post("/tasks/{task}/{act}")
async def act(
    task: str,
    act: Literal["claim", "release", "comment", "reassign"],
    request: Request,
    access: Anybody,
    runtime: Run,
) -> Response:
    """Claim, give back, comment, or (operations) reassign."""
    sent = await request.form()
    model, route = _PLAIN[act]
    values = parse(model, sent)
    answer = Response()
    try:
        body = acts.validated(model, values)
        receipt = await route(
            task=task,
            body=body,
            request=request,
            response=answer,
            access=access,
            key=acts.key_of(sent),
            runtime=runtime,
        )
    except DomainError as error:
        return await _shown(request, access, runtime, task, values=values, error=error)
    target = go(f"/tasks/{task}?done=1" if act != "reassign" else "/inbox?done=1")
    acts.note(request, target, receipt)
    return target
