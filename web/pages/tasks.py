"""One task: what it judges with the evidence beside it, what changed, who may do it, and its decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from api import changes as changed
from api import eligibility, reviewing
from api.deps import STAFF, Run
from api.pictures import WIDTHS
from api.routers import desk
from api.routers import tasks as api
from api.runtime import Runtime
from api.schemas.derive import request_model
from api.schemas.tasks import Complete
from api.tasks import find
from db import reads
from db.identity import Access
from domain import commands as c
from domain.cases import Case, Task
from domain.decisions import DECISIONS, IRREVERSIBLE
from domain.errors import DomainError
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.choices import choices_of, plain
from web.deciding import Choice, again, choices, values_of
from web.deps import Anybody, go
from web.desk import BESIDE, OnShelf, Shelf, carried, following, listed
from web.evidence_view import Look, Viewer, viewer_of
from web.forms import Choices, Form, form_of, parse
from web.pages.inbox import done_before, place_of
from web.reading import body_of, caught_up
from web.render import page
from web.task_uploads import may_upload

router = APIRouter(include_in_schema=False)
Mapped = Mapping[str, Any]


@dataclass(frozen=True)
class TaskPage:
    task: dict[str, Any]
    about: dict[str, Any]
    """The case that it belongs to, as the one who asks may see it."""
    allowed: Mapping[str, dict[str, Any]]
    """trigger → may I, and why not."""
    shelf: Shelf
    """The list that is worked through, and what stands in it."""
    beside: list[dict[str, Any]]
    ahead: str
    """Id of the task after this one; empty at the end."""
    last: Mapped | None
    """The task that was just done."""
    review: Mapped | None
    """What is judged; None for whom that is not."""
    viewer: Viewer | None
    changes: Mapped | None
    """What came back changed; None where nothing ever came back."""
    eligible: Mapped
    decision: Text | None
    """What was decided, when it is done."""
    choices: tuple[Choice, ...]
    chosen: str
    draft: Mapped | None
    """What was typed before and is restored in the chosen form."""
    confirm: bool
    """The chosen decision cannot be undone, and waits for a second press."""
    phrases: Sequence[Mapped]
    uploads: bool
    place: str
    """Where this kind of task has a page of its own; empty where it has none for this hat."""
    comment: Form
    reassign: Form
    errors: tuple[Violation, ...]
    key: str


def look(
    subject: Annotated[str, Query(max_length=80)] = "",
    doc: Annotated[str, Query(max_length=80)] = "",
    page: Annotated[int, Query(ge=1, le=9999)] = 1,
    turn: Annotated[int, Query(ge=0, le=270, multiple_of=90)] = 0,
    zoom: Annotated[int, Query(ge=1, le=len(WIDTHS))] = 1,
) -> Look:
    return Look(subject, doc, page, turn, zoom)


@dataclass(frozen=True)
class Tried:
    """A form that was sent: what was typed, and why it was not done."""

    values: Mapped
    decision: str = ""
    """Of which decision; empty for a form of another kind."""
    error: DomainError | None = None
    confirm: bool = False


@router.get("/tasks/{task}", name="task_page")
async def task_page(
    task: str,
    request: Request,
    access: Anybody,
    runtime: Run,
    on: OnShelf,
    looked: Annotated[Look, Depends(look)],
    decide: Annotated[str, Query(max_length=40)] = "",
    last: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """One task, with everything that it takes to do it."""
    return await shown(request, access, runtime, task, on=on, looked=looked, decide=decide, last=last)


async def shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    task: str,
    *,
    on: Shelf | None = None,
    looked: Look | None = None,
    decide: str = "",
    last: str = "",
    tried: Tried | None = None,
) -> HTMLResponse:
    await caught_up(request, runtime)
    on = on or Shelf()
    body = body_of(await api.task(task, request, access, runtime))
    case, entry = await _case(runtime, task)
    now = await runtime.gateway.business_now()
    looked, judges = looked or Look(), access.hat.role in STAFF  # others have their own pages of their cases
    review = await reviewing.review(runtime, access, case, entry, looked.subject) if judges else None
    came_back = await changed.changes(runtime, access, case) if judges and _returned(case) else None
    draft = None if tried else (await desk.draft(task, access, runtime))["draft"]
    if draft and decide and draft["decision"] != decide:
        draft = None
    restored = values_of(entry.kind, again(draft)) if draft else None
    chosen = tried.decision if tried else (draft["decision"] if draft else decide)
    able = await eligibility.eligibility(runtime, access, case, entry, now)
    error = tried.error if tried else None
    errors: Sequence[Violation] = error.violations if error else ()
    values = tried.values if tried else restored
    beside = (await listed(access, runtime, on, limit=BESIDE))["items"]
    written = tried.values if tried and not tried.decision and "text" in tried.values else None
    context = TaskPage(
        task=body,
        about={"stream": case.stream, "kind": case.kind, "state": case.state},
        allowed={offer["trigger"]: offer for offer in body["allowed"]},
        shelf=on,
        beside=beside,
        ahead=following(beside, task),
        last=await done_before(request, access, runtime, last),
        review=review,
        viewer=await viewer_of(runtime, access, case, review, looked) if review else None,
        changes=came_back if came_back and came_back["returned_at"] else None,
        eligible=able,
        decision=DECISIONS.get(body["decision"]),
        choices=choices(
            entry.kind,
            body["decisions"],
            await choices_of(runtime, access, case, entry),
            chosen,
            values,
            errors,
        ),
        chosen=chosen,
        draft=draft,
        confirm=bool(tried and tried.confirm),
        phrases=(await desk.phrases(access, runtime, entry.kind))["items"],
        uploads=may_upload(access, case),
        place=place_of(access, body),
        comment=form_of(request_model(c.CommentTask), values=written),
        reassign=_reassigning(able, tried, errors),
        errors=tuple(errors),
        key=acts.new_key(),
    )
    return await page(request, runtime, access, "task.html", context, status=error.status if error else 200)


def _reassigning(able: Mapped, tried: "Tried | None", errors: Sequence[Violation]) -> Form:
    """To whom operations may give it: those of the group whom no rule bars; to nobody is to the group."""
    persons = tuple(plain(p["person"], p.get("name", p["person"][:8])) for p in able["able"])
    sent = tried.values if tried and not tried.decision and "text" not in tried.values else None
    return form_of(
        request_model(c.ReassignTask),
        choices=Choices({"to_person": persons}),
        values=sent,
        violations=errors if sent is not None else (),
    )


def _returned(case: Case) -> bool:
    """Did anything ever go back? Asked before the chain is folded for it."""
    return bool(case.main is not None and getattr(case.main, "send_backs", 0))


async def _case(runtime: Runtime, task: str) -> tuple[Case, Task]:
    """The case behind a task that the API has shown already."""
    async with runtime.db.read() as session:
        row = await reads.task(session, task)
        assert row is not None
        case = await reads.case(session, row.stream)
    assert case is not None
    return case, case.tasks[task]


# ---- doing it ------------------------------------------------------------------------------------


@router.post("/tasks/{task}/complete")
async def complete(task: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """Decide. What was typed stays when it is refused; what cannot be undone is asked once more."""
    sent = await request.form()
    _, _, entry = await find(runtime, access, task)
    on = carried(str(sent.get("list", "")))
    values = values_of(entry.kind, sent)
    decision = values["decision"]
    if sent.get("on_behalf") == "yes":
        values["on_behalf"] = True
    answer = Response()
    try:
        body = acts.validated(Complete, values)
        if (entry.kind, decision) in IRREVERSIBLE and sent.get("confirmed") != "yes":
            tried = Tried(values, decision, confirm=True)
            return await shown(request, access, runtime, task, on=on, tried=tried)
        receipt = await api.complete(task, body, request, answer, access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await shown(request, access, runtime, task, on=on, tried=Tried(values, decision, error))
    return await _onward(request, access, runtime, on, task, receipt)


async def _onward(
    request: Request, access: Access, runtime: Runtime, on: Shelf, task: str, receipt: c.Receipt
) -> Response:
    """One task done leads to the next: of the list that is worked through, else of mine."""
    target = ""
    for shelf in dict.fromkeys((on, Shelf())):
        if shelf.view == "done":
            continue
        items = (await listed(access, runtime, shelf, limit=BESIDE))["items"]
        if target := following(items, task, receipt.stream):
            break
    query = {**(shelf.query if target else on.query), "last": task}
    response = go(_address(f"/tasks/{target}" if target else "/inbox", query))
    acts.note(request, response, receipt)
    return response


def _address(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


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
    on = carried(str(sent.get("list", "")))
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
        return await shown(request, access, runtime, task, on=on, tried=Tried(values, error=error))
    path = f"/tasks/{task}" if act != "reassign" else "/inbox"
    target = go(_address(path, {**on.query, "done": "1"}))
    acts.note(request, target, receipt)
    return target
