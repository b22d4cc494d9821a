"""Applying, one question group a page: the list of what there is to do, and each part saved by itself."""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.answers import unit_name
from api.deps import Run
from api.routers import answers, tasks
from api.routers import applications as api
from api.runtime import Runtime
from api.schemas.common import Id
from db import reads
from db.identity import Access
from domain.application_parts import BY_KEY, PartKind
from domain.cases import Case
from domain.errors import DomainError
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
)
from web.deps import go
from web.forms import Choices, Field, Form, Option, form_of, parse, prefixed
from web.reading import body_of, caught_up, schemes
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


async def being_filled_in(
    request: Request, access: Access, runtime: Runtime, application: str
) -> Applying | None:
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
    found = await being_filled_in(request, access, runtime, application)
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
    found = await being_filled_in(request, access, runtime, application)
    if kind is None or found is None:
        return go(f"/applications/{application}")
    case = await case_of(runtime, application)
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


async def case_of(runtime: Runtime, application: str) -> Case:
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
        await endpoint_of(part)(
            application=application,
            body=body,
            response=Response(),
            access=access,
            key=acts.key_of(sent),
            runtime=runtime,
        )
    except DomainError as error:
        return await _asked(request, access, runtime, application, part, values, error)
    found = await being_filled_in(request, access, runtime, application)
    if found is None or sent.get("then") == "list":
        return go(f"/applications/{application}/apply?done=1")
    return go(next_step(application, found.parts, found.documents, part))


def endpoint_of(part: str) -> Any:
    """The API's own function that saves this part."""
    return next(
        r.endpoint for r in answers.router.routes if isinstance(r, APIRoute) and r.name == f"save_{part}"
    )
