"""A master assessor's home: what to answer, what is due, the classes and assessments to come, the letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import STAFF, Allow, Run
from api.routers import assignments as api
from api.routers import tasks
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.tasks import Complete, CompleteTaskRequest
from api.sight import missing
from db.identity import Access
from domain.errors import DomainError
from domain.roles import Role
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.forms import Form, form_of, parse
from web.places import own_page
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
Master = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR))]
Readers = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR, *STAFF))]
Mapped = Mapping[str, Any]
LATER = frozenset({"ACCEPTED"})
SIGNING = "sign_agreement"
"""A task of the candidate's, too, who has no page of assessments."""


def place_of(task: Mapped) -> str:
    """Where a task of a master assessor is done."""
    if task["kind"] == SIGNING:
        return f"/assessments/{task['stream']}"
    return own_page(task) or f"/tasks/{task['id']}"


@dataclass(frozen=True)
class AssignmentsPage:
    due: Sequence[Mapped]
    more: int
    """Tasks of mine that are not in the list."""
    to_answer: Sequence[Mapped]
    coming: Sequence[Mapped]
    past: Sequence[Mapped]
    decline: Form
    tried: str
    """The assignment whose answer was refused."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/assignments", name="assignments_page")
async def home(request: Request, access: Master, runtime: Run) -> HTMLResponse:
    """The day of a master assessor."""
    return await _home(request, access, runtime)


async def _home(
    request: Request,
    access: Access,
    runtime: Runtime,
    tried: str = "",
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    await caught_up(request, runtime)
    found = (await api.assignments(access, runtime))["items"]
    mine = await tasks.inbox(access, runtime, view="mine", limit=50)
    due = [{**t, "place": place_of(t)} for t in mine["items"] if t["kind"] != api.ANSWER]
    errors = tuple(error.violations) if error else ()
    context = AssignmentsPage(
        due=due,
        more=mine["counts"]["mine"] - len(mine["items"]),
        to_answer=[a for a in found if a["task"]],
        coming=[a for a in found if a["state"] in LATER],
        past=[a for a in reversed(found) if a["ended"]],
        decline=form_of(
            CompleteTaskRequest,
            values=values,
            violations=errors,
            leave_out=("decision", "form", "evidence"),
        ),
        tried=tried,
        errors=errors,
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "assignments.html", context, status=status)


@router.post("/assignments/{stream}/{assignment}/{answer}")
async def answer(
    stream: Id,
    assignment: Id,
    answer: Literal["accept", "decline"],
    request: Request,
    access: Master,
    runtime: Run,
) -> Response:
    """Accept, or decline with a reason."""
    sent = await request.form()
    values = {k: v for k, v in parse(CompleteTaskRequest, sent).items() if k == "reason"}
    try:
        body = acts.validated(Complete, {**values, "decision": answer})
        one = await api.assignment(stream, assignment, access, runtime)
        if not one["task"]:  # answered meanwhile, or its time is over: the page says which
            return go("/assignments")
        key = acts.key_of(sent)
        receipt = await tasks.complete(one["task"], body, request, Response(), access, key, runtime)
    except DomainError as error:
        return await _home(request, access, runtime, assignment, values, error)
    target = go("/assignments?done=1")
    acts.note(request, target, receipt)
    return target


@dataclass(frozen=True)
class LetterPage:
    assignment: Mapped
    issued: Mapped
    """The step by which it was issued."""
    steps: Sequence[Mapped]


@router.get("/assignments/{stream}/{assignment}/letter", name="letter_page")
async def letter(stream: Id, assignment: Id, request: Request, access: Readers, runtime: Run) -> HTMLResponse:
    """The surat tugas as it is recorded, to print or keep."""
    found = await api.assignment(stream, assignment, access, runtime)
    issued = next((s for s in found["steps"] if s["trigger"] == "assign"), None)
    if issued is None:
        raise missing()
    context = LetterPage(found, issued, found["steps"])
    return await page(request, runtime, access, "letter.html", context)
