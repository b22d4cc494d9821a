"""The forms of an assessment as pages that print: from what is recorded, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.deps import Run
from api.routers import assessments as api
from api.schemas.common import Id
from web.deps import Anybody
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
Code = Literal["FR.AK.01", "FR.AK.02", "FR.AK.05", "FR.MAPA.01", "FR.MAPA.02"]


@dataclass(frozen=True)
class FormPage:
    form: Mapping[str, Any]
    evidence: Mapping[str, Mapping[str, str]]
    """What kinds of evidence are called."""


@router.get("/forms/{application}/{code}", name="form_page")
async def form_page(
    application: Id, code: Code, request: Request, access: Anybody, runtime: Run
) -> HTMLResponse:
    """One form: on the screen, and on paper."""
    await caught_up(request, runtime)
    found = await api.form(application, code, access, runtime)
    context = FormPage(found, {kind["id"]: kind for kind in found["evidence"]})
    return await page(request, runtime, access, "form.html", context)
