"""One case of any kind: where it stands, what it waits for, what may be done, and how it came here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute

from api.deps import Run
from api.routers import applications, cases, certificates, programmes
from api.runtime import Runtime
from api.schemas.common import Cursor
from api.schemas.derive import request_model
from db import reads
from db.identity import Access
from domain import commands as c
from domain.cases import Case
from domain.errors import DomainError
from domain.reference import STAGES
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web import acts
from web.choices import choices_of
from web.commands import COMMANDS, command_of, subject_of
from web.deps import Anybody, go
from web.diagram import Diagram, diagram_of
from web.forms import Form, form_of, parse
from web.reading import body_of, caught_up
from web.render import page
from web.stages import Stage, stages_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Offer:
    """One move that may be asked for here, or why not."""

    command: str
    about: str
    """Id of the class, seat … it is about."""
    called: str
    """What people call that: a class's label, a participant's name."""
    label: Text
    violations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class CasePage:
    head: dict[str, Any]
    body: dict[str, Any]
    """The programme, application or certificate, as the API shows it to the one who asks."""
    stages: tuple[Stage, ...]
    """Empty for what has no stages."""
    diagram: Diagram
    offers: tuple[Offer, ...]
    called: Mapping[str, str]
    """What people call the classes, seats and assignments, by id."""
    telling: str | None
    """The kind of events that the timeline is narrowed to."""
    timeline: list[dict[str, Any]]
    next: str | None
    temporal: str
    """Where Temporal's own pages show this case; empty for whom they are not."""


@router.get("/cases/{stream}", name="case_page")
async def case_page(
    stream: str,
    request: Request,
    access: Anybody,
    runtime: Run,
    telling: reads.Telling | None = None,
    cursor: Cursor = "",
) -> HTMLResponse:
    """Everything about one case that the one who asks may see."""
    await caught_up(request, runtime)
    head = body_of(await cases.case(stream, request, access, runtime))
    body = body_of(await _WHOLE[head["kind"]](stream, request, access, runtime))
    chain = await cases.timeline(stream, request, access, runtime, telling=telling, cursor=cursor, limit=50)
    way = [(m["source"], m["dest"]) for m in head.get("way", ())]
    context = CasePage(
        head=head,
        body=body,
        stages=stages_of(STAGES, body["stage"], ended=body["ended"]) if head["kind"] == "programme" else (),
        diagram=diagram_of(TABLES[head["kind"]], head["state"], way),
        offers=tuple(_offers(body)),
        called=_called(body),
        telling=telling,
        timeline=chain["items"],
        next=chain["next"],
        temporal=_temporal(runtime, head),
    )
    return await page(request, runtime, access, "case.html", context)


def _temporal(runtime: Runtime, head: Mapping[str, Any]) -> str:
    """In production Temporal's pages stand at no address that we know."""
    settings = runtime.settings
    if settings.production or not head.get("workflow"):
        return ""
    namespace, workflow = quote(settings.temporal_namespace, safe=""), quote(head["workflow"], safe="")
    return f"http://127.0.0.1:{settings.temporal_ui_port}/namespaces/{namespace}/workflows/{workflow}"


_WHOLE: dict[str, Any] = {
    "programme": programmes.programme,
    "journey": applications.application,
    "certificate": certificates.certificate,
}


def _called(body: Mapping[str, Any]) -> dict[str, str]:
    """What people call the parts of a case, by their ids."""
    called = {one["id"]: one.get("label") or "" for one in body.get("classes", ())}
    for one in (*body.get("seats", ()), *body.get("assignments", ())):
        called[one["id"]] = one.get("name") or one["id"][:8]
    return called


def _offers(body: Mapping[str, Any]) -> list[Offer]:
    """What has a command of its own; the rest is done in tasks."""
    called = _called(body)
    found = []
    for offer in body.get("allowed", ()):
        cls = command_of(offer["kind"], offer["trigger"])
        if cls is None or cls is c.SubmitProgramme:
            continue
        found.append(
            Offer(
                str(cls.model_fields["type"].default),
                "" if offer["kind"] in ("programme", "journey", "certificate") else offer["id"],
                called.get(offer["id"], ""),
                Text(id=offer["label"], en=offer["label_en"]),
                tuple(offer["violations"]),
            )
        )
    return found


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
    body = body_of(await _WHOLE[head["kind"]](stream, request, access, runtime))
    offer = next((o for o in _offers(body) if o.command == command and o.about == about), None)
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
