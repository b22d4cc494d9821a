"""A candidate's own case: where it stands, who has it, what is mine to do and until when, what was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.answers import unit_name
from api.deps import Run
from api.routers import applications as api
from api.routers import cases, certificates, notices, programmes, tasks
from api.routers.applications import router as commands
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from api.schemas.derive import request_model
from db.identity import Access
from domain.commands import WithdrawJourney
from domain.errors import DomainError, NotFound
from domain.facts import UnitFacts
from domain.reference import CERTIFICATION_STEPS
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web import acts
from web.candidate import Candidate, Mapped, Wanted, applying, documents, door, forms, named
from web.deps import go
from web.forms import Form, form_of, parse
from web.reading import body_of, caught_up, schemes
from web.render import page
from web.stages import Stage, stages_of

router = APIRouter(include_in_schema=False)
Turns = tuple[tuple[Mapped, str], ...]
"""My open tasks, the earliest due first, each with the page on which it is done."""


@dataclass(frozen=True)
class ApplicationCard:
    body: Mapped
    scheme: Text
    missing: tuple[Wanted, ...]


@dataclass(frozen=True)
class ApplicationsPage:
    turns: Turns
    items: tuple[ApplicationCard, ...]
    certificates: Sequence[Mapped]
    schemes: Mapping[str, Text]
    notices: Sequence[Mapped]
    next: str | None


@router.get("/applications", name="applications_page")
async def mine(request: Request, access: Candidate, runtime: Run, cursor: Cursor = "") -> HTMLResponse:
    """Everything of mine: what waits for me, my applications, my certificates, and what I was told."""
    await caught_up(request, runtime)
    found = await api.applications(access, runtime, cursor=cursor, limit=10)
    known = await schemes(access, runtime)
    cards = []
    for item in found["items"]:
        body = body_of(await api.application(item["id"], request, access, runtime))
        wanted = await documents(access, runtime, body) if applying(body) else ()
        cards.append(
            ApplicationCard(body, named(known, body["scheme"]), tuple(w for w in wanted if w.missing))
        )
    context = ApplicationsPage(
        turns=await _turns(access, runtime),
        items=tuple(cards),
        certificates=(await certificates.certificates(access, runtime))["items"],
        schemes=known,
        notices=(await notices.notices(access, runtime, limit=5))["items"],
        next=found["next"],
    )
    return await page(request, runtime, access, "applications.html", context)


async def _turns(access: Access, runtime: Runtime, streams: Sequence[str] = ()) -> Turns:
    rows = (await tasks.inbox(access, runtime, view="mine", limit=50))["items"]
    return tuple((row, door(row)) for row in rows if not streams or row["stream"] in streams)


@dataclass(frozen=True)
class ApplicationPage:
    body: Mapped
    scheme: Text
    steps: tuple[Stage, ...]
    turns: Turns
    waits: Sequence[Mapped]
    """What happens by itself, and when."""
    documents: tuple[Wanted, ...]
    forms: tuple[Wanted, ...]
    class_: Mapped | None
    """The class with its days in the venue's zone, as far as the candidate may see it."""
    seat: Mapped | None
    units: tuple[tuple[Text, str], ...]
    """Unit and its standing result; empty before there is one."""
    withdraw: Mapped | None
    """The offer to withdraw, with why not."""
    certificate: Mapped | None
    timeline: Sequence[Mapped]
    notices: Sequence[Mapped]


@router.get("/applications/{application}", name="application_page")
async def one(application: Id, request: Request, access: Candidate, runtime: Run) -> HTMLResponse:
    """One application: where it stands, what is mine to do now, and everything about it."""
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    head = body_of(await cases.case(application, request, access, runtime))
    programme = await _programme(request, access, runtime, body["programme"])
    chain = await cases.timeline(application, request, access, runtime, limit=50)
    certificate = None
    if body["certificate"]:
        held = await certificates.certificates(access, runtime)
        certificate = next((c for c in held["items"] if c["journey"] == application), None)
    streams = [s for s in (application, body["programme"]) if s]
    context = ApplicationPage(
        body=body,
        scheme=named(await schemes(access, runtime), body["scheme"]),
        steps=stages_of(
            CERTIFICATION_STEPS, TABLES["journey"].state(body["state"]).stage, ended=body["ended"]
        ),
        turns=await _turns(access, runtime, streams),
        waits=head.get("waits", ()),
        documents=await documents(access, runtime, body),
        forms=await forms(access, runtime, body),
        class_=_part(programme, "classes", body["class_id"]),
        seat=_part(programme, "seats", body["seat"]),
        units=_results(body),
        withdraw=_offer(body, "withdraw"),
        certificate=certificate,
        timeline=[e for e in chain["items"] if e["moves"]],
        notices=(await notices.notices(access, runtime, stream=streams, limit=20))["items"],
    )
    return await page(request, runtime, access, "application.html", context)


async def _programme(request: Request, access: Access, runtime: Runtime, programme: str) -> Mapped | None:
    """The programme as its participant may see it; None when there is none, or it is not there to be seen."""
    if not programme:
        return None
    try:
        return body_of(await programmes.programme(programme, request, access, runtime))
    except NotFound:
        return None


def _part(programme: Mapped | None, kind: str, id_: str) -> Mapped | None:
    return next((one for one in programme[kind] if one["id"] == id_), None) if programme else None


def _results(body: Mapped) -> tuple[tuple[Text, str], ...]:
    called = {u["id"]: unit_name(UnitFacts.model_validate(u)) for u in body["units"]}
    return tuple((called[r["unit"]], r["result"]) for r in body["results"] if r["unit"] in called)


def _offer(body: Mapped, trigger: str) -> Mapped | None:
    return next((o for o in body["allowed"] if o["kind"] == "journey" and o["trigger"] == trigger), None)


# ---- giving it up -------------------------------------------------------------------------------

Withdraw: Any = request_model(WithdrawJourney)


@dataclass(frozen=True)
class WithdrawPage:
    body: Mapped
    scheme: Text
    form: Form
    errors: tuple[Violation, ...]
    key: str


@router.get("/applications/{application}/withdraw", name="withdraw_page")
async def withdraw_page(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """What giving it up means, before it is done."""
    return await _withdrawing(request, access, runtime, application)


async def _withdrawing(
    request: Request,
    access: Access,
    runtime: Runtime,
    application: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    if _offer(body, "withdraw") is None:
        return go(f"/applications/{application}")
    context = WithdrawPage(
        body=body,
        scheme=named(await schemes(access, runtime), body["scheme"]),
        form=form_of(Withdraw, values=values, violations=error.violations if error else ()),
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    return await page(
        request, runtime, access, "withdraw.html", context, status=error.status if error else 200
    )


@router.post("/applications/{application}/withdraw")
async def withdraw(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """Give it up. What was typed stays when it is refused."""
    sent = await request.form()
    values = parse(Withdraw, sent)
    try:
        receipt = await _withdraw_endpoint()(
            application=application,
            body=acts.validated(Withdraw, values),
            request=request,
            response=Response(),
            access=access,
            key=acts.key_of(sent),
            runtime=runtime,
        )
    except DomainError as error:
        return await _withdrawing(request, access, runtime, application, values, error)
    target = go(f"/applications/{application}?done=1")
    acts.note(request, target, receipt)
    return target


def _withdraw_endpoint() -> Any:
    """The API's own function of that command."""
    name = str(WithdrawJourney.model_fields["type"].default)
    return next(r.endpoint for r in commands.routes if getattr(r, "name", "") == name)  # type: ignore[attr-defined]
