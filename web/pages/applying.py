"""Applying, one question group a page: the list of what there is to do, each part saved by itself, a check of
all answers, and what happens once it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute

from api.answers import lines_of, not_answered, unit_name
from api.deps import Run
from api.routers import answers, tasks
from api.routers import applications as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.tasks import Complete
from db import reads
from db.identity import Access
from domain.application_parts import BY_KEY, PartKind
from domain.cases import Case
from domain.consent import consent_text
from domain.errors import DomainError, Malformed
from domain.policy import policy
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.candidate import (
    Candidate,
    Mapped,
    Wanted,
    applying,
    documents,
    forms,
    named,
    next_step,
    parts,
    schemes,
)
from web.deps import go
from web.forms import Choices, Field, Form, Option, form_of, parse, prefixed
from web.reading import body_of, caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
PREFIX = "part."
AUTO = {
    "address": "street-address",
    "phone": "tel",
    "email": "email",
    "employer": "organization",
    "position": "organization-title",
}
"""What a browser may fill in: the questions are about the one who types."""


@dataclass(frozen=True)
class Applying:
    """An application that is being filled in."""

    id: str
    scheme: Text
    task: Mapped
    """The task that sends it, with the points of a return."""
    parts: tuple[Mapped, ...]
    documents: tuple[Wanted, ...]
    forms: tuple[Wanted, ...]

    @property
    def lacking(self) -> tuple[PartKind, ...]:
        """Parts without which it cannot be sent."""
        return tuple(BY_KEY[p["part"]] for p in self.parts if not p["answered"] and not p["filed"])

    @property
    def missing(self) -> tuple[Wanted, ...]:
        """Documents without which the reviewer will return it."""
        return tuple(d for d in self.documents if d.missing)


async def _applying(request: Request, access: Access, runtime: Runtime, application: str) -> Applying | None:
    """None when it is not the candidate's turn."""
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    task = applying(body)
    if task is None:
        return None
    shown = body_of(await tasks.task(task["id"], request, access, runtime))
    filed = await forms(access, runtime, body)
    return Applying(
        id=application,
        scheme=named(await schemes(access, runtime), body["scheme"]),
        task=shown,
        parts=tuple(await parts(access, runtime, application, filed)),
        documents=await documents(access, runtime, body),
        forms=filed,
    )


@dataclass(frozen=True)
class TaskListPage:
    a: Applying


@router.get("/applications/{application}/apply", name="apply_page")
async def task_list(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """Every part with its state; each is saved by itself."""
    found = await _applying(request, access, runtime, application)
    if found is None:
        return go(f"/applications/{application}")
    return await page(request, runtime, access, "apply.html", TaskListPage(found))


# ---- one part -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartPage:
    id: str
    part: PartKind
    number: int
    of: int
    form: Form
    file: str
    """The form that may be handed in as a file instead; empty where there is none."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/applications/{application}/apply/{part}", name="part_page")
async def part_page(
    application: Id, part: str, request: Request, access: Candidate, runtime: Run
) -> Response:
    """The questions of one part, with what was answered before."""
    return await _asked(request, access, runtime, application, part)


async def _asked(
    request: Request,
    access: Access,
    runtime: Runtime,
    application: str,
    part: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    kind = BY_KEY.get(part)
    found = await _applying(request, access, runtime, application)
    if kind is None or found is None:
        return go(f"/applications/{application}")
    case = await _case(runtime, application)
    kept = next(p for p in found.parts if p["part"] == part)
    errors = prefixed(error.violations, PREFIX) if error else []
    form = form_of(
        kind.model,
        choices=_choices(case),
        values=values if values is not None else kept["answers"],
        violations=errors,
        prefix=PREFIX,
    )
    keys = list(BY_KEY)
    context = PartPage(
        id=application,
        part=kind,
        number=keys.index(part) + 1,
        of=len(keys),
        form=replace(form, fields=tuple(_own(f) for f in form.fields)),
        file=kind.form,
        errors=tuple(errors),
        key=acts.new_key(),
    )
    return await page(request, runtime, access, "part.html", context, status=error.status if error else 200)


def _own(field: Field) -> Field:
    return replace(field, auto=AUTO.get(field.name.rpartition(".")[2], ""))


async def _case(runtime: Runtime, application: str) -> Case:
    """The case behind an application that the API has shown already."""
    async with runtime.db.read() as session:
        case = await reads.case(session, application)
    assert case is not None
    return case


def _choices(case: Case) -> Choices:
    units = case.journey.units
    called = [Option(u.id, unit_name(u)) for u in units]
    return Choices(options={"unit": called}, rows={f"{PREFIX}units": [{"unit": u.id} for u in units]})


@router.post("/applications/{application}/apply/{part}")
async def save(application: Id, part: str, request: Request, access: Candidate, runtime: Run) -> Response:
    """Save this part; nothing of the others changes. Then on to what is left."""
    kind = BY_KEY.get(part)
    if kind is None:
        return go(f"/applications/{application}")
    sent = await request.form()
    values = parse(kind.model, sent, PREFIX)
    try:
        body = acts.validated(kind.model, values)
        await _endpoint(part)(
            application=application,
            body=body,
            response=Response(),
            access=access,
            key=acts.key_of(sent),
            runtime=runtime,
        )
    except DomainError as error:
        return await _asked(request, access, runtime, application, part, values, error)
    found = await _applying(request, access, runtime, application)
    if found is None or sent.get("then") == "list":
        return go(f"/applications/{application}/apply?done=1")
    return go(next_step(application, found.parts, found.documents, part))


def _endpoint(part: str) -> Any:
    """The API's own function that saves this part."""
    return next(
        r.endpoint for r in answers.router.routes if isinstance(r, APIRoute) and r.name == f"save_{part}"
    )


# ---- check and send -----------------------------------------------------------------------------


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
    found = await _applying(request, access, runtime, application)
    if found is None:
        return go(f"/applications/{application}")
    case = await _case(runtime, application)
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
    found = await _applying(request, access, runtime, application)
    if found is None:
        return go(f"/applications/{application}")
    try:
        if found.lacking:
            raise Malformed(not_answered(list(found.lacking)))
        if not consented:
            raise _no_consent()
        key = acts.key_of(sent)
        made = await answers.make_forms(application, Response(), access, key, runtime)
        case = await _case(runtime, application)
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
