"""My assessments: agreement, plan, begin, K or BK for each unit with its evidence, and the filing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Allow, Run
from api.routers import applications, tasks
from api.routers import assessments as api
from api.routers.assessments import Filled
from api.routers.attendance import Seen
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.tasks import Complete
from api.sight import missing
from db.identity import Access
from domain.errors import DomainError, Refused
from domain.policy import policy
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from web import acts, sheets
from web.deps import go
from web.reading import body_of, caught_up, schemes
from web.render import page
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)
Master = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR))]
Mapped = Mapping[str, Any]
OPEN = frozenset({"OFFERED", "CLAIMED"})
PLANS = {"FR.MAPA.01": "mapa", "FR.MAPA.02": "mapa02"}
"""The forms of the plan, and the field of the act that names each."""
SEEN = "direct_evidence"
"""What an assessor photographs or files during the assessment."""
Act = Literal["sign", "begin", "no_show"]
TASK_OF: Mapping[Act, str] = {
    "sign": "sign_agreement",
    "begin": "begin_assessment",
    "no_show": "begin_assessment",
}


@dataclass(frozen=True)
class AssessmentsPage:
    coming: Sequence[Mapped]
    """Scheduled, the next day first."""
    held: Sequence[Mapped]
    """Begun, and to be filed."""
    filed: Sequence[Mapped]
    schemes: Mapping[str, Text]


@router.get("/assessments", name="assessments_page")
async def mine(request: Request, access: Master, runtime: Run) -> HTMLResponse:
    """Everybody whom I assess, or assessed."""
    await caught_up(request, runtime)
    items = (await applications.applications(access, runtime))["items"]
    context = AssessmentsPage(
        coming=sorted(
            (i for i in items if i["state"] == "SCHEDULED"), key=lambda i: str(i["assessment_day"])
        ),
        held=[i for i in items if i["state"] == "ASSESSMENT"],
        filed=[i for i in items if i["state"] not in ("SCHEDULED", "ASSESSMENT")],
        schemes=await schemes(access, runtime),
    )
    return await page(request, runtime, access, "assessments.html", context)


@dataclass(frozen=True)
class AssessmentPage:
    body: Mapped
    """The application, as the API shows it to its assessor."""
    tasks: Mapping[str, Mapped]
    """My open tasks here, by kind."""
    plans: Mapping[str, Sequence[Mapped]]
    """Each form of the plan: what was uploaded as it, the newest first."""
    sheet: Mapped
    interrupt: Mapped | None
    accept: str
    errors: tuple[Violation, ...]
    key: str


@router.get("/assessments/{application}", name="assessment_page")
async def one(application: Id, request: Request, access: Master, runtime: Run) -> HTMLResponse:
    """One assessment, step by step."""
    return await _one(request, access, runtime, application)


async def _one(
    request: Request, access: Access, runtime: Runtime, application: str, error: DomainError | None = None
) -> HTMLResponse:
    await caught_up(request, runtime)
    body = body_of(await applications.application(application, request, access, runtime))
    if body["assessor"] != access.person:
        raise missing()
    uploaded = (await applications.uploaded(application, access, runtime))["items"]
    context = AssessmentPage(
        body=body,
        tasks=_mine(access, body),
        plans={code: [d for d in uploaded if d["requirement"] == code] for code in PLANS},
        sheet=await api.sheet(application, access, runtime),
        interrupt=next((o for o in body["allowed"] if o["trigger"] == "interrupt"), None),
        accept=",".join(policy(body["policy_version"]).upload_types),
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "assessment.html", context, status=status)


def _mine(access: Access, body: Mapped) -> dict[str, Mapped]:
    return {t["kind"]: t for t in body["tasks"] if t["for_person"] == access.person and t["state"] in OPEN}


@router.post("/assessments/{application}/do/{act}")
async def act(application: Id, act: Act, request: Request, access: Master, runtime: Run) -> Response:
    """Sign FR.AK.01, begin with FR.MAPA, or record that the candidate did not come."""
    sent = await request.form()
    try:
        body = body_of(await applications.application(application, request, access, runtime))
        task = _mine(access, body).get(TASK_OF[act])
        if task is None:  # done meanwhile: the page says what comes now
            return go(f"/assessments/{application}")
        values: dict[str, Any] = {"decision": act}
        if act == "begin":
            values["form"] = {"form": "begin", **{f: str(sent.get(f, "")) for f in PLANS.values()}}
        given = acts.validated(Complete, values)
        key = acts.key_of(sent)
        receipt = await tasks.complete(task["id"], given, request, Response(), access, key, runtime)
    except DomainError as error:
        return await _one(request, access, runtime, application, error)
    target = go(f"/assessments/{application}?done=1" if act != "no_show" else "/assessments?done=1")
    acts.note(request, target, receipt)
    return target


@router.post("/assessments/{application}/files/{requirement}")
async def upload(
    application: Id,
    requirement: Literal["FR.MAPA.01", "FR.MAPA.02", "direct_evidence"],
    request: Request,
    access: Master,
    runtime: Run,
) -> Response:
    """A form of the plan, or what was seen at the assessment, from the phone's camera or its files."""
    try:
        async with file_form(request) as sent:
            require_file(sent)
            await applications.upload(
                application, request, Response(), access, acts.key_of(sent), runtime, requirement=requirement
            )
    except DomainError as error:
        shown = _sheet if requirement == SEEN else _one
        return await shown(request, access, runtime, application, error)
    return go(f"/assessments/{application}{'/sheet' if requirement == SEEN else ''}?done=1")


# ---- the sheet ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetPage:
    body: Mapped
    sheet: Mapped
    uploaded: Sequence[Mapped]
    """What evidence may name."""
    address: str
    owner: str
    accept: str
    errors: tuple[Violation, ...]
    key: str


@router.get("/assessments/{application}/sheet", name="sheet_page")
async def sheet_page(application: Id, request: Request, access: Master, runtime: Run) -> HTMLResponse:
    """K or BK for each unit, with evidence and follow-up. Each cell is saved as it is tapped."""
    return await _sheet(request, access, runtime, application)


async def _sheet(
    request: Request,
    access: Access,
    runtime: Runtime,
    application: str,
    error: DomainError | None = None,
    typed: Sequence[Mapped] = (),
) -> HTMLResponse:
    await caught_up(request, runtime)
    body = body_of(await applications.application(application, request, access, runtime))
    found = await api.sheet(application, access, runtime)
    units = {u["id"]: u["cells"] for u in found["units"]}
    for cell in typed:  # what was refused stays, to be sent again by who has seen what stands there
        units.get(cell["unit"], found["report"])[cell["part"]]["value"] = cell["value"]
    context = SheetPage(
        body=body,
        sheet=found,
        uploaded=[d for d in found["documents"] if not d["requirement"].startswith("FR.")],
        address=f"/v1/applications/{application}/assessment/cells",
        owner=sheets.owner_of(access),
        accept=",".join(policy(body["policy_version"]).upload_types),
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "sheet.html", context, status=status)


@router.post("/assessments/{application}/sheet")
async def save(application: Id, request: Request, access: Master, runtime: Run) -> Response:
    """The cells that a browser without scripts sends at once: each is judged by itself, as if tapped."""
    sent = await request.form()
    refused: list[Violation] = []
    typed: list[Mapped] = []
    try:
        key = acts.key_of(sent)
        found = await api.sheet(application, access, runtime)
    except DomainError as error:
        return await _sheet(request, access, runtime, application, error)
    for n, cell in enumerate(sheets.filled_in(found, sent)):
        try:
            body = acts.validated(Filled, cell)
            await api.fill_in(application, body, Response(), access, f"{key}{n}", runtime)
        except DomainError as error:
            refused += error.violations
            typed.append(cell)
    if refused:
        return await _sheet(request, access, runtime, application, Refused(refused), typed)
    return go(f"/assessments/{application}/sheet?done=1")


@dataclass(frozen=True)
class FilingPage:
    body: Mapped
    sheet: Mapped
    outcome: Literal["K", "BK", ""]
    """What the sheet would recommend; empty while it is not whole."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/assessments/{application}/check", name="filing_page")
async def check(application: Id, request: Request, access: Master, runtime: Run) -> HTMLResponse:
    """Everything that is about to be filed, before it is."""
    return await _check(request, access, runtime, application)


async def _check(
    request: Request, access: Access, runtime: Runtime, application: str, error: DomainError | None = None
) -> HTMLResponse:
    await caught_up(request, runtime)
    body = body_of(await applications.application(application, request, access, runtime))
    found = await api.sheet(application, access, runtime)
    context = FilingPage(
        body=body,
        sheet=found,
        outcome=_outcome(found),
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "filing.html", context, status=status)


def _outcome(found: Mapped) -> Literal["K", "BK", ""]:
    """One BK gives BK; units that are not assessed now count by what is recorded of them."""
    if found["missing"] or not found["task"]:
        return ""
    results = [u["cells"]["result"]["value"] if u["to_assess"] else u["recorded"] for u in found["units"]]
    return "K" if all(r == "K" for r in results) else "BK"


@router.post("/assessments/{application}/recommend")
async def recommend(application: Id, request: Request, access: Master, runtime: Run) -> Response:
    """The one act: FR.AK.02 and FR.AK.05 are made of the sheet and filed."""
    sent = await request.form()
    try:
        body = acts.validated(Seen, {"seen": sent.get("seen", "")})
        receipt = await api.recommend(
            application, body, request, Response(), access, acts.key_of(sent), runtime
        )
    except DomainError as error:
        return await _check(request, access, runtime, application, error)
    target = go(f"/assessments/{application}?done=1")
    acts.note(request, target, receipt)
    return target
