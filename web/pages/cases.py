"""One case of any kind: where it stands, what it waits for, what may be done, and how it came here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import Run
from api.routers import cases
from api.runtime import Runtime
from api.schemas.common import Cursor
from api.waiting import WATCHERS
from db import reads
from db.identity import Access
from domain.errors import Unknown
from domain.reference import STAGES
from domain.roles import Role
from domain.rules.book import RULES
from state_machines.tables import TABLES
from web import live
from web.case_offers import Offer, called_in, offers_in, whole
from web.case_people import Somebody, people_of
from web.deps import Anybody
from web.diagram import Diagram, diagram_of
from web.reading import body_of, caught_up
from web.render import page
from web.stages import Stage, stages_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class CasePage:
    head: dict[str, Any]
    body: dict[str, Any]
    """The programme, application or certificate, as the API shows it to the one who asks."""
    stages: tuple[Stage, ...]
    """Empty for what has no stages."""
    diagram: Diagram
    at: str
    """The state that is selected in the picture; empty: none."""
    offers: tuple[Offer, ...]
    reassignable: frozenset[str]
    """Tasks that the one who asks may give to somebody else."""
    people: tuple[Somebody, ...]
    called: Mapping[str, str]
    """What people call the classes, seats and assignments, by id."""
    hitches: list[dict[str, Any]]
    asked: bool
    """Could Temporal be asked what fails in the case? True for whom it was not."""
    telling: str | None
    """The kind of events that the timeline is narrowed to."""
    role: str
    rule: str
    roles: tuple[str, ...]
    rules: tuple[str, ...]
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
    at: Annotated[str, Query(max_length=30)] = "",
    telling: reads.Telling | Literal[""] = "",
    role: Role | Literal[""] = "",
    rule: Annotated[str, Query(pattern=r"^[A-Z0-9-]{0,30}$")] = "",
    cursor: Cursor = "",
) -> Response:
    """Everything about one case that the one who asks may see; `at` is a state of its machine, whose history
    is then shown alone."""
    await caught_up(request, runtime)
    head = body_of(await cases.case(stream, request, access, runtime))
    tag = await live.tag_of(request, access, runtime, stream=stream)
    if (same := live.unchanged(request, tag)) is not None:
        return same
    body = await whole(head["kind"], stream, request, access, runtime)
    table = TABLES[head["kind"]]
    at = at if at in {state.name for state in table.states} else ""
    chain = await cases.timeline(
        stream,
        request,
        access,
        runtime,
        telling=telling or None,
        state=at,
        role=role,
        rule=rule,
        cursor=cursor,
        limit=50,
    )
    told, asked = await _hitches(access, runtime, head)
    incidents = len(told) + (not told and bool(head.get("attention")))
    way = [(m["source"], m["dest"]) for m in head.get("way", ())]
    context = CasePage(
        head=head,
        body=body,
        stages=_stages(head, body),
        diagram=diagram_of(table, head["state"], way, incidents=incidents),
        at=at,
        offers=tuple(offers_in(body)),
        reassignable=frozenset(
            o["id"] for o in body.get("allowed", ()) if o["trigger"] == "reassign" and o["ok"]
        ),
        people=await people_of(access, runtime, head, body),
        called=called_in(body),
        hitches=told,
        asked=asked,
        telling=telling,
        role=role,
        rule=rule,
        roles=tuple(r.value for r in Role),
        rules=tuple(sorted(RULES)),
        timeline=chain["items"],
        next=chain["next"],
        temporal=_temporal(runtime, head),
    )
    return await page(request, runtime, access, "case.html", context, tag=tag)


def _stages(head: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[Stage, ...]:
    """Of a programme and of an application; a certificate has none."""
    if head["kind"] not in ("programme", "journey"):
        return ()
    now = body["stage"] if head["kind"] == "programme" else TABLES["journey"].state(head["state"]).stage
    if not now and head["ended"]:  # an end stands in no stage: it got as far as the last one that it had
        seen = [TABLES[head["kind"]].state(m["source"]).stage for m in head.get("way", ())]
        now = max(seen, default=0)
    return stages_of(STAGES, now, ended=body["ended"])


async def _hitches(
    access: Access, runtime: Runtime, head: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], bool]:
    """What fails in the case now, for those who watch, and whether Temporal could be asked."""
    if access.hat.role not in WATCHERS or head["ended"] or not head.get("workflow"):
        return [], True
    try:
        told: list[dict[str, Any]] = (await cases.case_hitches(head["stream"], access, runtime))["items"]
    except Unknown:
        return [], False
    return told, True


def _temporal(runtime: Runtime, head: Mapping[str, Any]) -> str:
    """In production Temporal's pages stand where the settings say, if they do."""
    settings = runtime.settings
    pages = settings.temporal_ui_address or (
        "" if settings.production else f"http://127.0.0.1:{settings.temporal_ui_port}"
    )
    if not pages or not head.get("workflow"):
        return ""
    namespace, workflow = quote(settings.temporal_namespace, safe=""), quote(head["workflow"], safe="")
    return f"{pages}/namespaces/{namespace}/workflows/{workflow}"
