"""A class of a programme that BNSP has approved: its committee, venue and days, its waiting list in words,
confirmations on behalf, and check-in on its days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.deps import Organiser, Run
from api.routers import persons, tasks
from api.routers import programmes as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.people import NewPerson
from api.schemas.tasks import Complete
from db.identity import Access
from domain.commands import Receipt
from domain.document_names import document_name
from domain.errors import DomainError
from domain.policy import policy
from domain.rules.book import RULES
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.draft_forms import PREFIXES, Mapped, Member, member_form
from web.drafting import scheme_name
from web.forms import Form, parse, prefixed
from web.offers import Offer, Offers
from web.reading import body_of, caught_up
from web.render import page
from web.sending import send

router = APIRouter(include_in_schema=False)
OWN_PAGES = ("confirm_venue", "set_committee", "withdraw_seat", "check_in")
"""Commands that have a place of their own on these pages."""


@dataclass(frozen=True)
class ClassDaysPage:
    id: str
    name: Text
    head: Mapped
    one: Mapped
    masters: Sequence[Mapped]
    seats: Sequence[Mapped]
    """Main participants and those who came from the waiting list, with `answer` (what is still to be
    answered) and `withdraw` (the act, or why not)."""
    waiting_list: Sequence[Mapped]
    """In the order in which they are offered a seat."""
    task: Mapped | None
    """What is missing for READY, as a task of this organiser."""
    venue: Offer | None
    committee: Offer | None
    others: Sequence[Offer]
    """What else may be asked for, each on a page of its own."""
    committee_rule: Text
    """What the rule on committees says (R-2)."""
    runs: bool
    member: Form
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/classes/{class_id}", name="class_days_page")
async def class_page(
    programme: Id, class_id: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """Everything that the organiser does for one class."""
    return await _shown(request, access, runtime, programme, class_id)


async def _read(
    request: Request, access: Access, runtime: Runtime, programme: str, class_id: str
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    await caught_up(request, runtime)
    body = body_of(await api.programme(programme, request, access, runtime))
    one = next((k for k in body["classes"] if k["id"] == class_id), None) if body["kind"] == "case" else None
    return body, one


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    class_id: str,
    *,
    typed: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    body, one = await _read(request, access, runtime, programme, class_id)
    if one is None:
        return go(f"/programmes/{programme}")
    offers = Offers(body)
    answers = {a["seat"]: a for a in body["answers"] if a["kind"] != "complete_kit"}
    seats = [
        {**s, "answer": answers.get(s["id"]), "withdraw": offers.find("withdraw_seat", s["id"])}
        for s in body["seats"]
        if s["class_id"] == class_id
    ]
    listed = [s for s in seats if s["state"] in ("WAITLISTED", "OFFERED")]
    errors = tuple(error.violations) if error else ()
    context = ClassDaysPage(
        id=programme,
        name=await scheme_name(access, runtime, body["scheme"]),
        head=body,
        one=one,
        masters=[a for a in body["assignments"] if a["class_id"] == class_id],
        seats=[s for s in seats if s not in listed],
        waiting_list=sorted(listed, key=lambda s: (s["state"] != "OFFERED", s["position"])),
        task=next((t for t in body["tasks"] if t["subject"] == class_id and not t["ended"]), None),
        venue=offers.find("confirm_venue", class_id),
        committee=offers.find("set_committee", class_id),
        others=[o for o in offers.about(class_id) if o.command not in OWN_PAGES],
        committee_rule=RULES["R-2"].reading,
        runs=one["state"] == "RUNNING",
        member=member_form(typed, prefixed(errors, PREFIXES["member"]) if typed is not None else ()),
        errors=tuple(prefixed(errors, PREFIXES["member"])) if typed is not None else errors,
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "class_days.html", context, status=status)


def _done(request: Request, programme: str, class_id: str, receipt: Receipt, part: str = "") -> Response:
    target = go(f"/programmes/{programme}/classes/{class_id}?done=1{part}")
    acts.note(request, target, receipt)
    return target


@router.post("/programmes/{programme}/classes/{class_id}/venue")
async def confirm_venue(
    programme: Id, class_id: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """The venue stands."""
    sent = await request.form()
    try:
        receipt = await send(
            request, access, runtime, programme, "confirm_venue", {"class_id": class_id}, acts.key_of(sent)
        )
    except DomainError as error:
        return await _shown(request, access, runtime, programme, class_id, error=error)
    return _done(request, programme, class_id, receipt)


@router.post("/programmes/{programme}/classes/{class_id}/committee")
async def add_member(
    programme: Id, class_id: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """Somebody is named, and joins the committee."""
    sent = await request.form()
    typed = parse(Member, sent, PREFIXES["member"])
    try:
        key = acts.key_of(sent)
        body = acts.validated(NewPerson, typed)
        named = await persons.name(body, Response(), access, f"{key}n", runtime)
        receipt = await _set(request, access, runtime, programme, class_id, named["person"], "", f"{key}c")
    except DomainError as error:
        return await _shown(request, access, runtime, programme, class_id, typed=typed, error=error)
    return _done(request, programme, class_id, receipt, "#committee")


@router.post("/programmes/{programme}/classes/{class_id}/committee/remove")
async def remove_member(
    programme: Id, class_id: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """Somebody leaves the committee; refused below the least number (R-2)."""
    sent = await request.form()
    try:
        person = str(sent.get("person", ""))
        receipt = await _set(request, access, runtime, programme, class_id, "", person, acts.key_of(sent))
    except DomainError as error:
        return await _shown(request, access, runtime, programme, class_id, error=error)
    return _done(request, programme, class_id, receipt, "#committee")


async def _set(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    class_id: str,
    joins: str,
    leaves: str,
    key: str,
) -> Receipt:
    """The committee with one more and one less than now."""
    _, one = await _read(request, access, runtime, programme, class_id)
    now = [p["person"] for p in (one or {}).get("committee", ()) if p["person"] != leaves]
    committee = [*now, *([joins] if joins and joins not in now else [])]
    values = {"class_id": class_id, "committee": committee}
    return await send(request, access, runtime, programme, "set_committee", values, key)


@router.post("/programmes/{programme}/classes/{class_id}/confirm/{task}")
async def confirm(
    programme: Id, class_id: Id, task: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """A participant comes: confirmed on behalf, and recorded as such."""
    sent = await request.form()
    try:
        body = acts.validated(Complete, {"decision": "confirm", "on_behalf": True})
        receipt = await tasks.complete(task, body, request, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _shown(request, access, runtime, programme, class_id, error=error)
    return _done(request, programme, class_id, receipt, "#participants")


# ---- on the class days, by phone -----------------------------------------------------------------


@dataclass(frozen=True)
class CheckInPage:
    id: str
    one: Mapped
    kit: Sequence[tuple[str, Text]]
    seats: Sequence[Mapped]
    """Confirmed participants; `recorded` says whether it is written down what each has brought."""
    recorded: int
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/classes/{class_id}/check-in", name="check_in_page")
async def check_in_page(
    programme: Id, class_id: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """Who has come, and with which part of the training kit."""
    return await _check_in(request, access, runtime, programme, class_id)


async def _check_in(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    class_id: str,
    error: DomainError | None = None,
) -> Response:
    body, one = await _read(request, access, runtime, programme, class_id)
    if one is None:
        return go(f"/programmes/{programme}")
    lacking = {a["seat"] for a in body["answers"] if a["kind"] == "complete_kit"}
    seats = [
        {**s, "recorded": bool(s["kit"]) or s["id"] in lacking}
        for s in body["seats"]
        if s["class_id"] == class_id and s["state"] in ("CONFIRMED", "ATTENDED", "NO_SHOW")
    ]
    context = CheckInPage(
        programme,
        one,
        [(name, document_name(name)) for name in policy(body["policy_version"]).kit],
        sorted(seats, key=lambda s: (s["recorded"], s.get("name", ""))),
        sum(1 for s in seats if s["recorded"]),
        tuple(error.violations) if error else (),
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "check_in.html", context, status=status)


@router.post("/programmes/{programme}/classes/{class_id}/check-in/{seat}")
async def check_in(
    programme: Id, class_id: Id, seat: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """One participant has come, with what was ticked."""
    sent = await request.form()
    try:
        receipt = await send(
            request, access, runtime, programme, "check_in", _brought(seat, sent), acts.key_of(sent)
        )
    except DomainError as error:
        return await _check_in(request, access, runtime, programme, class_id, error)
    target = go(f"/programmes/{programme}/classes/{class_id}/check-in?done=1#s-{seat}")
    acts.note(request, target, receipt)
    return target


def _brought(seat: str, sent: FormData) -> Mapping[str, Any]:
    return {"seat": seat, "kit": [str(v) for v in sent.getlist("kit")]}
