"""The organiser's report on a programme that was held: what it says in figures, its file, and what BNSP sent
back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import Organiser, Run
from api.routers import participants, programmes, tasks
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.derive import request_model
from api.schemas.tasks import Complete
from db.identity import Access
from domain import commands as c
from domain.errors import DomainError
from domain.policy import CURRENT
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.draft_forms import Mapped
from web.drafting import scheme_name
from web.reading import body_of, caught_up
from web.render import page
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)
KIND = "report"
"""What the file is uploaded as."""


@dataclass(frozen=True)
class ReportPage:
    id: str
    name: Text
    task: Mapped
    returned: Sequence[str]
    """What BNSP said when it sent the report back."""
    seats: Mapping[str, int]
    """How many participants ended in each state."""
    applications: Mapping[str, int]
    documents: Sequence[Mapped]
    """Reports that were uploaded already."""
    accept: str
    summary: str
    file_error: Text | None
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/report", name="report_page")
async def report_page(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """What happened, in figures; the file to hand in; and what must be mended."""
    return await _shown(request, access, runtime, programme)


async def _task(
    request: Request, access: Access, runtime: Runtime, programme: str
) -> tuple[Mapped, Mapped | None]:
    await caught_up(request, runtime)
    body = body_of(await programmes.programme(programme, request, access, runtime))
    task = next((t for t in body["tasks"] if t["kind"] == "submit_report" and not t["ended"]), None)
    return body, task


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    *,
    summary: str = "",
    error: DomainError | None = None,
) -> Response:
    body, task = await _task(request, access, runtime, programme)
    if task is None:
        return go(f"/programmes/{programme}")
    asked = body_of(await tasks.task(task["id"], request, access, runtime))
    errors = tuple(error.violations) if error else ()
    uploaded = (await participants.uploaded(programme, access, runtime))["items"]
    context = ReportPage(
        programme,
        await scheme_name(access, runtime, body["scheme"]),
        asked,
        body["returned"],
        Counter(s["state"] for s in body["seats"]),
        Counter(s["application_state"] for s in body["seats"] if s["application_state"]),
        [d for d in uploaded if d["requirement"] == KIND],
        ",".join(CURRENT.upload_types),
        summary,
        next((v.text for v in errors if v.facts.get("field") == "file"), None),
        errors,
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "report.html", context, status=status)


@router.post("/programmes/{programme}/report/evidence")
async def hand_in(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """The file is kept, the summary is written beside the task, and the report goes to BNSP."""
    summary = ""
    try:
        async with file_form(request) as sent:
            summary, key = str(sent.get("summary", ""))[:4000].strip(), acts.key_of(sent)
            _, task = await _task(request, access, runtime, programme)
            if task is None:
                return go(f"/programmes/{programme}")
            require_file(sent)
            kept = await participants.upload(
                programme, request, Response(), access, f"{key}u", runtime, requirement=KIND
            )
        if summary:
            note = acts.validated(request_model(c.CommentTask), {"text": summary})
            await tasks.comment(task["id"], note, request, Response(), access, f"{key}n", runtime)
        form = {"form": "report", "report": kept["digest"]}
        body = acts.validated(Complete, {"decision": "submit_report", "form": form})
        receipt = await tasks.complete(task["id"], body, request, Response(), access, key, runtime)
    except DomainError as error:
        return await _shown(request, access, runtime, programme, summary=summary, error=error)
    target = go(f"/programmes/{programme}?done=1#report")
    acts.note(request, target, receipt)
    return target
