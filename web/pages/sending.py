"""Sending an application: all answers once more, the consent, and what happens once it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.answers import lines_of, not_answered
from api.deps import Run
from api.routers import answers, tasks
from api.routers import applications as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.tasks import Complete
from db.identity import Access
from domain.consent import consent_text
from domain.errors import DomainError, Malformed
from domain.policy import policy
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.candidate import Candidate, Mapped, named
from web.deps import go
from web.pages.applying import Applying, being_filled_in, case_of
from web.reading import body_of, caught_up, schemes
from web.render import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class CheckAnswersPage:
    a: Applying
    answered: Mapping[str, Sequence[tuple[Text, str]]]
    """Part → its questions with their answers."""
    consent_version: str
    consent: tuple[Text, ...]
    consented: bool
    errors: tuple[Violation, ...]
    key: str


@router.get("/applications/{application}/check", name="check_answers_page")
async def check(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """All answers and documents once more, what is missing and by which rule, and the consent."""
    return await _check(request, access, runtime, application)


async def _check(
    request: Request,
    access: Access,
    runtime: Runtime,
    application: str,
    *,
    consented: bool = False,
    error: DomainError | None = None,
) -> Response:
    found = await being_filled_in(request, access, runtime, application)
    if found is None:
        return go(f"/applications/{application}")
    case = await case_of(runtime, application)
    version = policy(case.policy_version).consent_version
    context = CheckAnswersPage(
        a=found,
        answered={
            p["part"]: [(line.label, line.value) for line in lines_of(p["part"], p["answers"], case.journey)]
            for p in found.parts
            if p["answered"]
        },
        consent_version=version,
        consent=consent_text(version),
        consented=consented,
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    return await page(
        request, runtime, access, "check_answers.html", context, status=error.status if error else 200
    )


@router.post("/applications/{application}/check")
async def send(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """Send it: the forms are made of the answers, and the task is completed with them and the consent."""
    sent = await request.form()
    consented = sent.get("consent") == "yes"
    found = await being_filled_in(request, access, runtime, application)
    if found is None:
        return go(f"/applications/{application}")
    try:
        if found.lacking:
            raise Malformed(not_answered(list(found.lacking)))
        if not consented:
            raise _no_consent()
        key = acts.key_of(sent)
        made = await answers.make_forms(application, Response(), access, key, runtime)
        case = await case_of(runtime, application)
        computer = next(p for p in found.parts if p["part"] == "computer")
        body = acts.validated(
            Complete,
            {
                "decision": "submit" if found.task["kind"] == "submit_application" else "resubmit",
                "form": {
                    "form": "application",
                    "apl01": made["apl01"],
                    "apl02": made["apl02"],
                    "consent_version": policy(case.policy_version).consent_version,
                    "it_declared": computer["answers"]["it_declared"],
                },
            },
        )
        receipt = await tasks.complete(
            found.task["id"], body, request, Response(), access, f"{key}send", runtime
        )
    except DomainError as error:
        return await _check(request, access, runtime, application, consented=consented, error=error)
    target = go(f"/applications/{application}/sent")
    acts.note(request, target, receipt)
    return target


def _no_consent() -> DomainError:
    return Malformed(
        Violation(
            rule="P-CONSENT",
            text=Text(
                id="Tanpa persetujuan Anda, permohonan tidak dapat diproses.",
                en="Without your consent the application cannot be processed.",
            ),
            citation="[D] § 7; UU 27/2022",
            remedy=Text(
                id="Baca persetujuannya, lalu beri tanda bila Anda setuju.",
                en="Read it, and tick the box if you agree.",
            ),
            facts={"field": "consent_version"},
        )
    )


@dataclass(frozen=True)
class SentPage:
    body: Mapped
    scheme: Text


@router.get("/applications/{application}/sent", name="sent_page")
async def sent_page(application: Id, request: Request, access: Candidate, runtime: Run) -> HTMLResponse:
    """It is sent: what happens next, who has it, and until when."""
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    context = SentPage(body, named(await schemes(access, runtime), body["scheme"]))
    return await page(request, runtime, access, "sent.html", context)
