"""A candidate's task on a page of its own: what is asked, what each answer means, and until when."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import Run
from api.routers import applications, programmes, tasks
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.tasks import Complete, CompleteTaskRequest
from db.identity import Access
from domain.decisions import DECISIONS
from domain.errors import DomainError, NotFound
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.candidate import Candidate, Mapped, door
from web.deps import go
from web.forms import Form, form_of, parse
from web.reading import body_of, caught_up
from web.render import page
from web.words import MEANINGS

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Answer:
    """One decision, what it means for the candidate, and what it asks for."""

    decision: str
    label: Text
    means: Text | None
    form: Form


@dataclass(frozen=True)
class MyTurnPage:
    task: Mapped
    answers: tuple[Answer, ...]
    may: Mapped | None
    """`allowed` of completing it: ok, or why not."""
    class_: Mapped | None
    application: Mapped | None
    errors: tuple[Violation, ...]
    key: str


@router.get("/my-turn/{task}", name="my_turn_page")
async def my_turn(task: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """What is asked of me, with everything that I need to know for the answer."""
    return await _asked(request, access, runtime, task)


async def _asked(
    request: Request,
    access: Access,
    runtime: Runtime,
    task: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    await caught_up(request, runtime)
    shown = body_of(await tasks.task(task, request, access, runtime))
    if (where := door(shown)) != f"/my-turn/{task}":
        return go(where)
    allowed = {offer["trigger"]: offer for offer in shown["allowed"]}
    application, class_ = await _about(request, access, runtime, shown)
    context = MyTurnPage(
        task=shown,
        answers=tuple(
            Answer(
                one["decision"],
                DECISIONS[one["decision"]],
                MEANINGS.get((shown["kind"], one["decision"])),
                form_of(
                    CompleteTaskRequest,
                    values=values if values and values.get("decision") == one["decision"] else None,
                    violations=error.violations if error else (),
                    leave_out=("decision", "form", "evidence", *(() if one["needs_reason"] else ("reason",))),
                ),
            )
            for one in shown["decisions"]
        ),
        may=allowed.get("complete") if shown["state"] == "CLAIMED" else allowed.get("claim"),
        class_=class_,
        application=application,
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    return await page(
        request, runtime, access, "my_turn.html", context, status=error.status if error else 200
    )


async def _about(
    request: Request, access: Access, runtime: Runtime, task: Mapped
) -> tuple[Mapped | None, Mapped | None]:
    """The application that the task belongs to, or the class of the seat that it is about."""
    try:
        return body_of(await applications.application(task["stream"], request, access, runtime)), None
    except NotFound:
        pass
    programme = body_of(await programmes.programme(task["stream"], request, access, runtime))
    seat = next((s for s in programme["seats"] if s["id"] == task["subject"]), None)
    return None, next((c for c in programme["classes"] if seat and c["id"] == seat["class_id"]), None)


@router.post("/my-turn/{task}")
async def answer(task: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """Answer. What was typed stays when it is refused."""
    sent = await request.form()
    values = {**parse(CompleteTaskRequest, sent), "decision": str(sent.get("decision", ""))}
    try:
        body = acts.validated(Complete, values)
        receipt = await tasks.complete(task, body, request, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _asked(request, access, runtime, task, values, error)
    target = go("/applications?done=1")
    acts.note(request, target, receipt)
    return target
