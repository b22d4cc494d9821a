"""A request that BNSP has: what happens next and by when; and the programme that comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.runtime import Runtime
from db.identity import Access
from domain.reference import STAGES
from domain.text import Text
from web import acts
from web.draft_forms import Mapped
from web.drafting import scheme_name
from web.offers import Offers
from web.render import page
from web.stages import Stage, stages_of

OPEN_TASKS = ("OFFERED", "CLAIMED")


@dataclass(frozen=True)
class ProgrammePage:
    id: str
    head: Mapped
    name: Text
    stages: tuple[Stage, ...]
    just_sent: bool
    """Was it sent a moment ago? Then the page is the confirmation."""
    mine: Sequence[Mapped]
    """Open tasks of this organiser in it, the earliest due first."""
    classes: Sequence[Mapped]
    """Each with `counts`, the number of its seats by state."""
    certified: int
    offers: Offers
    key: str


async def programme_page(
    request: Request, access: Access, runtime: Runtime, body: Mapping[str, Any], *, just_sent: bool
) -> HTMLResponse:
    """The programme as its organiser works with it."""
    seats = body["seats"]
    classes = [
        {
            **k,
            "seats": [s for s in seats if s["class_id"] == k["id"]],
            "offers": Offers(body).about(k["id"]),
            "masters": [a for a in body["assignments"] if a["class_id"] == k["id"]],
        }
        for k in body["classes"]
    ]
    mine = [t for t in body["tasks"] if t["state"] in OPEN_TASKS and t["for_organisation"]]
    context = ProgrammePage(
        id=body["id"],
        head=body,
        name=await scheme_name(access, runtime, body["scheme"]),
        stages=stages_of(STAGES, body["stage"], ended=body["ended"]),
        just_sent=just_sent,
        mine=sorted(mine, key=lambda t: str(t["due_at"])),
        classes=classes,
        certified=sum(1 for s in seats if s["application_state"] == "CERTIFIED"),
        offers=Offers(body),
        key=acts.new_key(),
    )
    return await page(request, runtime, access, "programme.html", context)
