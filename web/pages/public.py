"""Pages for everybody: the front, what runs, and the list of the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api import parts
from api.deps import Run, access_of
from api.routers.health import state_of
from db.identity import Access
from domain.errors import DomainError
from domain.reference import CERTIFICATION_STEPS
from domain.text import Text
from web.api_list import Operation, operations
from web.render import page

router = APIRouter(include_in_schema=False)


async def somebody(request: Request) -> Access | None:
    """Who looks at a page that is open to all; None when nobody is signed in."""
    try:
        return await access_of(request)
    except DomainError:
        return None


# ---- the front ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FrontPage:
    steps: tuple[Text, ...]
    accounts: str
    """Where the accounts of this machine stand; empty in production."""


@router.get("/", name="front_page")
async def front(request: Request, runtime: Run) -> HTMLResponse:
    """What this is, and the three doors: check a certificate, sign in, follow an invitation."""
    settings = runtime.settings
    context = FrontPage(
        steps=tuple(Text(id=s.given, en=s.en) for s in CERTIFICATION_STEPS),
        accounts="" if settings.production else str(settings.var_dir / "accounts.txt"),
    )
    return await page(request, runtime, await somebody(request), "front.html", context)


# ---- what runs ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    label: Text
    state: Literal["fine", "look", "away"]
    told: Text


@dataclass(frozen=True)
class StatusPage:
    parts: tuple[Part, ...]
    temporal_ui: str
    """Temporal's own pages; empty in production, where they stand at no address that we know."""
    public_url: str


@router.get("/status", name="status_page")
async def status(request: Request, runtime: Run) -> HTMLResponse:
    """What runs, what is waited for, and how programs sign in."""
    settings = runtime.settings
    context = StatusPage(
        parts=tuple(_part(name, check) for name, check in (await state_of(runtime)).items()),
        temporal_ui="" if settings.production else f"http://127.0.0.1:{settings.temporal_ui_port}",
        public_url=settings.public_url,
    )
    return await page(request, runtime, await somebody(request), "status.html", context)


def _part(name: str, check: Mapping[str, Any]) -> Part:
    away: Literal["look", "away"] = "look" if name in parts.LOOKED_AFTER else "away"
    return Part(parts.PARTS[name], "fine" if check["ok"] else away, parts.told(name, dict(check)))


@dataclass(frozen=True)
class DocsPage:
    title: str
    description: str
    groups: Mapping[str, tuple[Operation, ...]]
    shown: str
    """The group whose operations are told with all their fields; empty: all of them by name."""


@router.get("/docs", name="docs")
async def docs(
    request: Request, runtime: Run, group: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """Every address of the API, from its own OpenAPI document; of one group with its fields."""
    schema = request.app.openapi()
    groups = operations(schema)
    shown = group if group in groups else ""
    context = DocsPage(schema["info"]["title"], schema["info"]["description"], groups, shown)
    return await page(request, runtime, await somebody(request), "docs.html", context)
