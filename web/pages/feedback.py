"""FR.AK.03: what the candidate has to say about the assessment."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import Run
from api.routers import applications as api
from api.runtime import Runtime
from api.schemas.common import Id
from db.identity import Access
from domain.application_parts import FEEDBACK, Feedback, PartKind
from domain.errors import DomainError
from domain.verdict import Violation
from web import acts
from web.candidate import Candidate, Mapped, forms
from web.deps import go
from web.forms import Form, form_of, parse, prefixed
from web.pages.applying import PREFIX, endpoint_of
from web.reading import body_of, caught_up
from web.render import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class FeedbackPage:
    id: str
    part: PartKind
    form: Form
    errors: tuple[Violation, ...]
    key: str


@router.get("/applications/{application}/feedback", name="feedback_page")
async def feedback_page(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """The questions, once the assessment has begun."""
    return await _asked(request, access, runtime, application)


async def _asked(
    request: Request,
    access: Access,
    runtime: Runtime,
    application: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    if error is None and FEEDBACK.form not in {w.requirement for w in await forms(access, runtime, body)}:
        return go(f"/applications/{application}")
    errors = prefixed(error.violations, PREFIX) if error else []
    context = FeedbackPage(
        id=application,
        part=FEEDBACK,
        form=form_of(Feedback, values=values, violations=errors, prefix=PREFIX),
        errors=tuple(errors),
        key=acts.new_key(),
    )
    return await page(
        request, runtime, access, "feedback.html", context, status=error.status if error else 200
    )


@router.post("/applications/{application}/feedback")
async def give(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """Given; it is filed as FR.AK.03 at once. What was typed stays when it is refused."""
    sent = await request.form()
    values = parse(Feedback, sent, PREFIX)
    try:
        await endpoint_of(FEEDBACK.key)(
            application=application,
            body=acts.validated(Feedback, values),
            response=Response(),
            access=access,
            key=acts.key_of(sent),
            runtime=runtime,
        )
    except DomainError as error:
        return await _asked(request, access, runtime, application, values, error)
    return go(f"/applications/{application}?done=1")
