"""The decision committee: what lies before it, the dossier on one page, votes, the decision, the minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import STAFF, Allow, Run
from api.routers import applications, tasks
from api.routers import sittings as api
from api.routers.sittings import OwnVote
from api.runtime import Runtime
from api.schemas.common import Cursor, Id
from api.schemas.derive import request_model
from api.schemas.tasks import Complete, CompleteTaskRequest
from db.identity import Access
from domain import commands as c
from domain.decisions import DECISIONS
from domain.errors import DomainError
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.forms import Form, form_of, parse
from web.reading import body_of, caught_up, schemes
from web.render import page
from web.words import OUTCOMES

router = APIRouter(include_in_schema=False)
Readers = Annotated[Access, Depends(Allow(Role.COMMITTEE, Role.OPERATIONS, Role.AUDITOR))]
Members = Annotated[Access, Depends(Allow(Role.COMMITTEE))]
Mapped = Mapping[str, Any]
VOTES = request_model(c.VotesForm)
CARRIED = ("decide_competent", "decide_not_yet")
"""Decisions that votes carry."""


@dataclass(frozen=True)
class DecisionsPage:
    view: Literal["mine", "all", "coming"]
    items: Sequence[Mapped]
    schemes: Mapping[str, Text]
    next: str | None


@router.get("/decisions", name="decisions_page")
async def decisions(
    request: Request,
    access: Readers,
    runtime: Run,
    view: Literal["mine", "all", "coming"] = "mine",
    cursor: Cursor = "",
) -> HTMLResponse:
    """What lies before the committee, and what is to be convened."""
    await caught_up(request, runtime)
    state = "RECOMMENDED" if view == "coming" else "DECISION"
    found = await api.sittings(access, runtime, state=state, mine=view == "mine", cursor=cursor)
    context = DecisionsPage(view, found["items"], await schemes(access, runtime), found["next"])
    return await page(request, runtime, access, "decisions.html", context)


@dataclass(frozen=True)
class Choice:
    """One decision that the chair may enter."""

    decision: str
    label: Text
    form: Form
    votes: bool


@dataclass(frozen=True)
class Tried:
    """What was sent and refused: which form, what was typed, why."""

    which: str
    values: Mapped
    error: DomainError


@dataclass(frozen=True)
class DossierPage:
    body: Mapped
    """The application with its requirements and documents."""
    dossier: Mapped
    scheme: Text
    vote: Form
    choices: tuple[Choice, ...]
    me: str
    """The person who looks."""
    outcomes: Mapping[str, Text]
    tried: str
    errors: tuple[Violation, ...]
    key: str


@router.get("/decisions/{application}", name="dossier_page")
async def dossier_page(application: Id, request: Request, access: Readers, runtime: Run) -> HTMLResponse:
    """Everything on which the committee decides, on one page."""
    return await _shown(request, access, runtime, application)


async def _shown(
    request: Request, access: Access, runtime: Runtime, application: str, tried: Tried | None = None
) -> HTMLResponse:
    await caught_up(request, runtime)
    body = body_of(await applications.application(application, request, access, runtime))
    found = await api.dossier(application, access, runtime)
    errors = tuple(tried.error.violations) if tried else ()
    which = tried.which if tried else ""
    context = DossierPage(
        body=body,
        dossier=found,
        scheme=(await schemes(access, runtime)).get(
            found["scheme"], Text(id=found["scheme"], en=found["scheme"])
        ),
        vote=form_of(
            OwnVote,
            values=tried.values if tried and which == "vote" else _own(access, found),
            violations=errors if which == "vote" else (),
            leave_out=("version", "competent"),
        ),
        choices=_choices(found, tried) if found["sitting"]["is_chair"] and found["sitting"]["open"] else (),
        me=access.person,
        outcomes=OUTCOMES,
        tried=which,
        errors=errors,
        key=acts.new_key(),
    )
    status = tried.error.status if tried else 200
    return await page(request, runtime, access, "dossier.html", context, status=status)


def _own(access: Access, found: Mapped) -> Mapped:
    own = next((m["vote"] for m in found["sitting"]["members"] if m["person"] == access.person), None)
    return {"reason": own["reason"]} if own else {}


def _choices(found: Mapped, tried: Tried | None) -> tuple[Choice, ...]:
    """The chair's decisions: each asks for its reason or question, and for the number of the minutes."""
    return tuple(
        Choice(decision, DECISIONS[decision], _form(decision, tried), decision in CARRIED)
        for decision in found["sitting"]["decisions"]
    )


def _form(decision: str, tried: Tried | None) -> Form:
    mine = tried if tried and tried.which == decision else None
    values = mine.values if mine else {}
    violations = mine.error.violations if mine else ()
    asked = form_of(
        CompleteTaskRequest,
        values=values,
        violations=violations,
        leave_out=("decision", "form", "evidence", *(("reason",) if decision == "decide_competent" else ())),
    )
    if decision not in CARRIED:
        return asked
    number = form_of(
        VOTES,
        values=values.get("form", {}),
        violations=violations,
        prefix="form.",
        leave_out=("form", "votes"),
    )
    return Form((*asked.fields, *number.fields), asked.errors)


@router.post("/decisions/{application}/vote")
async def vote(application: Id, request: Request, access: Members, runtime: Run) -> Response:
    """My own vote, with its reason."""
    sent = await request.form()
    version, competent = str(sent.get("version", "")), sent.get("competent")
    values: dict[str, Any] = {
        **parse(OwnVote, sent),
        "version": int(version) if version.isascii() and version.isdigit() and len(version) < 9 else version,
    }
    values.pop("competent", None)
    if competent in ("yes", "no"):
        values["competent"] = competent == "yes"
    try:
        body = acts.validated(OwnVote, values)
        await api.vote(application, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _shown(request, access, runtime, application, Tried("vote", values, error))
    return go(f"/decisions/{application}?done=1#sitting")


@router.post("/decisions/{application}/decide")
async def decide(application: Id, request: Request, access: Members, runtime: Run) -> Response:
    """The chair enters the decision, with the votes as the members cast them."""
    sent = await request.form()
    decision = str(sent.get("decision", ""))
    values: dict[str, Any] = {"decision": decision}
    if sent.get("reason"):
        values["reason"] = str(sent["reason"])
    if decision in CARRIED:
        votes = [
            {"person": name.removeprefix("vote."), "competent": value == "yes"}
            for name, value in sent.items()
            if name.startswith("vote.")
        ]
        number = str(sent.get("form.minutes_number", ""))
        values["form"] = {"form": "votes", "votes": votes, **({"minutes_number": number} if number else {})}
    try:
        found = await api.dossier(application, access, runtime)
        task, key = found["sitting"]["task"], acts.key_of(sent)
        body = acts.validated(Complete, values)
        receipt = await tasks.complete(task, body, request, Response(), access, key, runtime)
    except DomainError as error:
        return await _shown(request, access, runtime, application, Tried(decision, values, error))
    target = go(f"/decisions/{application}?done=1#decisions")
    acts.note(request, target, receipt)
    return target


@dataclass(frozen=True)
class MinutesPage:
    minutes: Mapped
    sitting: Mapped | None
    scheme: Text


@router.get("/decisions/{application}/minutes", name="minutes_page")
async def minutes(
    application: Id,
    request: Request,
    access: Annotated[Access, Depends(Allow(*STAFF))],
    runtime: Run,
    sitting: Annotated[int, Query(ge=0, le=99)] = 0,
) -> HTMLResponse:
    """The minutes (berita acara) of a sitting, of the latest unless another is asked for; to print."""
    await caught_up(request, runtime)
    found = await api.minutes(application, access, runtime)
    chosen = next((s for s in found["sittings"] if s["number"] == sitting), None)
    if chosen is None and found["sittings"]:
        chosen = found["sittings"][-1]
    named = (await schemes(access, runtime)).get(
        found["scheme"], Text(id=found["scheme"], en=found["scheme"])
    )
    return await page(request, runtime, access, "minutes.html", MinutesPage(found, chosen, named))
