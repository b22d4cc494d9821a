"""Every component of the pages in one place, with its error state: for whoever builds a page. Not in
production."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.deps import Run
from api.problems import violation_json
from api.schemas.derive import TEXT_LIMIT
from api.sight import missing
from domain.reference import STAGES
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web.charts import Chart, columns, rows
from web.deps import Anybody
from web.diagram import Diagram, diagram_of
from web.forms import Choices, Form, Option, form_of
from web.render import page
from web.stages import Stage, stages_of

router = APIRouter(include_in_schema=False)


class Row(BaseModel):
    unit: str
    result: Literal["K", "BK"]


class Sample(BaseModel):
    """One question of every kind that a command's schema can make."""

    letter_number: str = Field(max_length=80)
    reason: str = Field(max_length=TEXT_LIMIT)
    capacity: int = Field(ge=1, le=24)
    letter_date: date
    it_declared: bool
    decision: Literal["accept", "refuse"]
    venue: str | None = None
    evidence: list[str]
    results: list[Row]
    points: list[str]


@dataclass(frozen=True)
class ComponentsPage:
    plain: Form
    wrong: Form
    violations: tuple[Violation, ...]
    refusals: tuple[dict[str, Any], ...]
    states: tuple[dict[str, Any], ...]
    diagram: Diagram
    stages: tuple[Stage, ...]
    bars: Chart
    weeks: Chart
    waits: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    hitches: tuple[dict[str, Any], ...]
    person: dict[str, Any]
    stranger: dict[str, Any]
    held: dict[str, Any]
    signature: dict[str, Any]


@router.get("/_components", name="components_page")
async def components(request: Request, access: Anybody, runtime: Run) -> HTMLResponse:
    """Every macro of components.html, its error state beside it."""
    if runtime.settings.production:
        raise missing()
    now = await runtime.gateway.business_now()
    due = (now + timedelta(days=2)).isoformat()
    table = TABLES["journey"]
    context = ComponentsPage(
        plain=form_of(Sample, choices=CHOICES),
        wrong=form_of(Sample, choices=CHOICES, values={"letter_number": "ST/1"}, violations=VIOLATIONS),
        violations=VIOLATIONS,
        refusals=tuple(violation_json(v) for v in VIOLATIONS),
        states=tuple(
            {"state": s.name, "state_label": s.label.id, "state_label_en": s.label.en, "ended": s.terminal}
            for s in table.states
        ),
        diagram=diagram_of(
            table, "DOCUMENT_REVIEW", [("INVITED", "RECEIVED"), ("RECEIVED", "DOCUMENT_REVIEW")]
        ),
        stages=stages_of(STAGES, 3),
        bars=rows(["1", "2", "3"], ["median", "p90"], [[2, 5, 9], [4, 8, 15]]),
        weeks=columns(["2/3", "9/3", "16/3", "23/3"], ["+", "–"], [[3, 5, 2, 0], [1, 2, 4, 3]]),
        waits=(
            {**_said("Periksa dokumen", "Review documents"), "role": "reviewer", "due_at": due, "late": False,
             "count": 3, "yours": ()},
            {**_said("Perbaiki permohonan", "Correct the request"), "role": "organiser", "due_at": due,
             "late": True, "count": 1, "yours": ()},
        ),
        events=(
            {**_said("Dokumen diperiksa", "The documents were checked"), "seq": 3, "hash": "0" * 64,
             "business_at": now.isoformat(), "actor": {"role": "system"}, "findings": (), "told": 0,
             "moves": ({"machine": "journey", "source": "INVITED", "trigger": "submit", "dest": "RECEIVED",
                        "subject": ""},)},
        ),
        hitches=(
            {"kind": "activity", "what": "ledger_append", "attempt": 4, "error": "connection refused",
             "next_at": due},
        ),
        person=PERSON,
        stranger={"person": PERSON["person"]},
        held={"days": ("2026-04-14", "2026-04-15"), "start_hour": 8, "zone": "WIB", "venue": "TUK-JKT-01"},
        signature={**PERSON, "role": "master_assessor", "at": now.isoformat(), "seq": 7, "hash": "0" * 64},
    )  # fmt: skip
    return await page(request, runtime, access, "components_page.html", context)


def _said(indonesian: str, english: str) -> dict[str, str]:
    return {"label": indonesian, "label_en": english}


PERSON = {"person": "00000000-0000-0000-0000-000000000000", "name": "Contoh Orang", "nik_last4": "9001"}
CHOICES = Choices(
    options={
        "venue": (
            Option("TUK-01", Text(id="TUK Contoh", en="Example venue"), Text(id="Jakarta", en="Jakarta")),
        ),
        "evidence": (
            Option("a" * 64, Text(id="Ijazah", en="Diploma")),
            Option("b" * 64, Text(id="Sertifikat", en="Certificate")),
        ),
    },
    rows={"results": ({"unit": "plan"}, {"unit": "conduct"})},
)
VIOLATIONS = (
    Violation(
        rule="R-NOTICE",
        text=Text(id="Hari pertama kelas terlalu dekat.", en="The first class day is too near."),
        citation="[P] § 5",
        remedy=Text(id="Pilih hari yang lebih lambat.", en="Choose a later day."),
        facts={"field": "letter_date"},
    ),
    Violation(
        rule="A-REQUIRED",
        text=Text(id="Alasan wajib diisi.", en="A reason is required."),
        facts={"field": "reason"},
    ),
)
"""As rules and the API say them: invented for this page alone."""
