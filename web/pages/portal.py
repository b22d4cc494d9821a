"""An organiser's first page: whose turn it is in each programme, what is late, and what is about to end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.deps import Organiser, Run
from api.routers import portal, tasks
from api.routers import programmes as api
from api.schemas.common import Cursor
from domain.reference import STAGES
from domain.text import Text
from state_machines.tables import TABLES
from web.draft_forms import Mapped
from web.reading import caught_up, schemes
from web.render import page

router = APIRouter(include_in_schema=False)
TURNS = 5


@dataclass(frozen=True)
class PortalPage:
    organisation: str
    filters: Mapping[str, str]
    states: list[dict[str, Any]]
    """Every state with its label and how many programmes stand there."""
    stages: tuple[Text, ...]
    turns: list[dict[str, Any]]
    """Open tasks of this organiser, the earliest due first."""
    more_turns: int
    late: int
    ending: Sequence[Mapped]
    """What ends soon: the licence, windows of the organiser's assessors."""
    items: list[dict[str, Any]]
    """Each with `next`, the first of what it waits for."""
    with_bnsp: int
    """How many of the programmes shown wait for BNSP."""
    drafts: list[dict[str, Any]]
    schemes: Mapping[str, Text]
    next: str | None
    nothing: bool
    """Is there nothing at all yet?"""


@router.get("/programmes", name="programmes_page")
async def dashboard(
    request: Request,
    access: Organiser,
    runtime: Run,
    state: Annotated[str, Query(max_length=30)] = "",
    stage: Annotated[str, Query(pattern="^[0-4]?$")] = "",
    track: Literal["", "new", "recertification"] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
) -> HTMLResponse:
    """Drafts and programmes of the organiser, and what each waits for. The address holds every filter."""
    await caught_up(request, runtime)
    filters = {"state": state, "stage": stage, "track": track, "q": q}
    found = await api.programmes_list(
        access, runtime, state=state, stage=int(stage or 0), track=track, q=q, cursor=cursor
    )
    mine = await tasks.inbox(access, runtime, view="mine", limit=TURNS)
    ours = await tasks.inbox(access, runtime, view="groups", limit=TURNS)
    turns = sorted([*mine["items"], *ours["items"]], key=lambda t: str(t["due_at"]))
    items = [{**i, "next": next(iter(i["waiting"]), None)} for i in found["items"]]
    drafts = found["drafts"] if not (stage or track or q) else []
    context = PortalPage(
        organisation=access.hat.organisation,
        filters=filters,
        states=[
            {
                "state": s.name,
                "label": s.label.id,
                "label_en": s.label.en,
                "count": found["counts"].get(s.name),
            }
            for s in TABLES["programme"].states
        ],
        stages=tuple(Text(id=one.given, en=one.en) for one in STAGES),
        turns=turns,
        more_turns=mine["counts"]["mine"] + mine["counts"]["groups"] - len(turns),
        late=ours["counts"]["late"],
        ending=(await portal.ending(access, runtime))["items"],
        items=items,
        with_bnsp=sum(1 for i in items if i["next"] and i["next"]["role"] not in ("organiser", "candidate")),
        drafts=drafts,
        schemes=await schemes(access, runtime),
        next=found["next"],
        nothing=not (items or found["drafts"] or turns or cursor or any(filters.values())),
    )
    return await page(request, runtime, access, "portal.html", context)
