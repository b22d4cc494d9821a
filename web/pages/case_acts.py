"""Doing something with a case: the form of one command, and giving one of its tasks to somebody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.deps import Operations, Run
from api.routers import applications, cases, programmes, tasks
from api.runtime import Runtime
from api.schemas.derive import request_model
from db import reads
from db.identity import Access
from domain import commands as c
from domain.cases import Case
from domain.errors import DomainError
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.case_offers import offers_in, whole
from web.choices import choices_of
from web.commands import COMMANDS, subject_of
from web.deps import Anybody, go
from web.forms import Form, form_of, parse
from web.reading import body_of
from web.render import page
from web.ways import people_for

router = APIRouter(include_in_schema=False)


# ---- doing something with it ---------------------------------------------------------------------


@dataclass(frozen=True)
class ActPage:
    stream: str
    command: str
    about: str
    called: str
    label: Text
    form: Form
    errors: tuple[Violation, ...]
    key: str
    action: str
    """Where the form is sent."""


@router.get("/cases/{stream}/do/{command}", name="act_page")
async def act_page(
    stream: str, command: str, request: Request, access: Anybody, runtime: Run, about: str = ""
) -> Response:
    """What one command asks for, before it is sent."""
    return await _act_shown(request, access, runtime, stream, command, about)


async def _act_shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    stream: str,
    command: str,
    about: str,
    *,
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> Response:
    cls = COMMANDS.get(command)
    head = body_of(await cases.case(stream, request, access, runtime))
    if cls is None or head.get("hash") is None:
        return go(f"/cases/{stream}")
    body = await whole(head["kind"], stream, request, access, runtime)
    offer = next((o for o in offers_in(body) if o.command == command and o.about == about), None)
    if offer is None:
        return go(f"/cases/{stream}")
    async with runtime.db.read() as session:
        case = await reads.case(session, stream)
    assert isinstance(case, Case)
    context = ActPage(
        stream=stream,
        command=command,
        about=about,
        called=offer.called,
        label=offer.label,
        form=form_of(
            request_model(cls),
            choices=await choices_of(runtime, access, case),
            values=values,
            violations=error.violations if error else (),
            leave_out=subject_of(cls, about),
        ),
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
        action=f"/cases/{stream}/do/{command}",
    )
    return await page(request, runtime, access, "act.html", context, status=error.status if error else 200)


@router.post("/cases/{stream}/do/{command}")
async def act(stream: str, command: str, request: Request, access: Anybody, runtime: Run) -> Response:
    """Send it. What was typed stays when it is refused."""
    cls = COMMANDS.get(command)
    if cls is None:
        return go(f"/cases/{stream}")
    sent = await request.form()
    about = str(sent.get("about", ""))
    model = request_model(cls)
    values = {**parse(model, sent), **(subject_of(cls, about) if about else {})}
    journey = cls in c.JOURNEY_COMMANDS
    named = {"application": stream} if journey else {"programme": stream}
    try:
        body = acts.validated(model, values)
        receipt = await _endpoint(command, journey=journey)(
            **named,
            body=body,
            request=request,
            response=Response(),
            access=access,
            key=acts.key_of(sent),
            runtime=runtime,
        )
    except DomainError as error:
        return await _act_shown(request, access, runtime, stream, command, about, values=values, error=error)
    target = go(f"/cases/{stream}?done=1")
    acts.note(request, target, receipt)
    return target


def _endpoint(command: str, *, journey: bool) -> Any:
    """The API's own function of that command."""
    router = applications.router if journey else programmes.router
    return next(r.endpoint for r in router.routes if isinstance(r, APIRoute) and r.name == command)


# ---- giving a task to somebody else ----------------------------------------------------------------


@router.get("/cases/{stream}/reassign/{task}", name="reassign_page")
async def reassign_page(
    stream: str, task: str, request: Request, access: Operations, runtime: Run
) -> Response:
    """To whom, and why."""
    return await _reassign_shown(request, access, runtime, stream, task)


async def _reassign_shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    stream: str,
    task: str,
    *,
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> Response:
    shown = body_of(await tasks.task(task, request, access, runtime))
    offer = next((o for o in shown["allowed"] if o["trigger"] == "reassign"), None)
    if offer is None or shown["stream"] != stream:
        return go(f"/tasks/{task}")
    context = ActPage(
        stream=stream,
        command="",
        about=task,
        called="",
        label=Text(id=f"{offer['label']}: {shown['label']}", en=f"{offer['label_en']}: {shown['label_en']}"),
        form=form_of(
            tasks.Reassign,
            choices=await people_for(runtime, access, shown["group"]),
            values=values,
            violations=error.violations if error else (),
        ),
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
        action=f"/cases/{stream}/reassign/{task}",
    )
    return await page(request, runtime, access, "act.html", context, status=error.status if error else 200)


@router.post("/cases/{stream}/reassign/{task}")
async def reassign(stream: str, task: str, request: Request, access: Operations, runtime: Run) -> Response:
    """Give it to somebody of its group, or back to the group. What was typed stays when it is refused."""
    sent = await request.form()
    values = parse(tasks.Reassign, sent)
    try:
        body, key = acts.validated(tasks.Reassign, values), acts.key_of(sent)
        receipt = await tasks.reassign(task, body, request, Response(), access, key, runtime)
    except DomainError as error:
        return await _reassign_shown(request, access, runtime, stream, task, values=values, error=error)
    target = go(f"/cases/{stream}?done=1")
    acts.note(request, target, receipt)
    return target
