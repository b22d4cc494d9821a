"""The classes of a request: their days, venue and masters, and the members of their committees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from api import reference
from api.deps import Organiser, Run
from api.routers import persons
from api.routers import programmes as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.people import NewPerson
from api.schemas.programmes import ProgrammeChange
from db.identity import Access
from domain.errors import DomainError
from domain.rules.book import RULES
from domain.text import Text
from domain.verdict import Violation
from web import acts, months
from web.choices import plain
from web.deps import go
from web.draft_forms import PREFIXES, Mapped, Member, class_form, member_form, wishes_of
from web.drafting import Around, around, draft_of
from web.forms import Form, Option, parse, prefixed
from web.months import Month
from web.pages.programmes import venues_of, version_of
from web.render import page
from web.wishes import typed_class, with_class

router = APIRouter(include_in_schema=False)
MONTHS = 3
"""Months of the calendar beside the question for days."""


@dataclass(frozen=True)
class ClassesPage:
    around: Around
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/classes", name="classes_page")
async def classes_page(programme: Id, request: Request, access: Organiser, runtime: Run) -> HTMLResponse:
    """The classes of the request, each with what rules say of it."""
    return await _listed(request, access, runtime, programme)


async def _listed(
    request: Request, access: Access, runtime: Runtime, programme: str, error: DomainError | None = None
) -> HTMLResponse:
    shown = await around(request, access, runtime, programme)
    context = ClassesPage(shown, tuple(error.violations) if error else (), acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "request_classes.html", context, status=status)


@dataclass(frozen=True)
class ClassPage:
    around: Around
    was: str
    """Label of the class; empty for a new one."""
    one: Mapped | None
    form: Form
    member: Form
    known: tuple[Option, ...]
    """Persons of other committees of this request, who can be named again."""
    venues: tuple[str, ...]
    committee_rule: Text
    """What the rule on committees says (R-2)."""
    months: tuple[Month, ...]
    earliest: str
    """The first day that is early enough (R-NOTICE); empty where it does not count or is not known."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/classes/new", name="new_class_page")
async def new_class(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """The questions about one more class."""
    return await _class(request, access, runtime, programme, "")


@router.get("/programmes/{programme}/classes/{class_id}/edit", name="class_page")
async def edit_class(
    programme: Id, class_id: Id, request: Request, access: Organiser, runtime: Run
) -> Response:
    """One class, and its committee."""
    _, content = await draft_of(request, access, runtime, programme)
    label = next((c["label"] for c in (content or {}).get("classes", ()) if c["id"] == class_id), None)
    if label is None:
        return go(f"/programmes/{programme}")
    return await _class(request, access, runtime, programme, label)


async def _class(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    was: str,
    *,
    typed: Mapped | None = None,
    error: DomainError | None = None,
    part: str = "classes",
) -> HTMLResponse:
    shown = await around(request, access, runtime, programme)
    classes = shown.content["classes"]
    one = next((c for c in classes if c["label"] == was), None)
    errors = tuple(prefixed(error.violations, PREFIXES[part])) if error else ()
    values = typed if typed is not None and part == "classes" else None
    if values is None and one is not None:
        values = next(w for w in wishes_of(shown.content) if w["label"] == was)
    here = {p["person"] for p in one["committee"]} if one else set()
    known = {
        p["person"]: p.get("name", p["person"][:8])
        for c in classes
        for p in c["committee"]
        if p["person"] not in here
    }
    early = await reference.earliest_class_day(runtime) if not shown.correction else None
    context = ClassPage(
        shown,
        was,
        one,
        class_form(await _masters(access, runtime), values, errors if part == "classes" else ()),
        member_form(typed if part == "member" else None, errors if part == "member" else ()),
        tuple(plain(id_, name) for id_, name in sorted(known.items(), key=lambda pair: pair[1])),
        await venues_of(access, runtime),
        RULES["R-2"].reading,
        await months.beside(runtime, one["days"] if one else (), early, MONTHS),
        early.isoformat() if early else "",
        errors,
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "request_class.html", context, status=status)


async def _masters(access: Access, runtime: Runtime) -> tuple[Option, ...]:
    """Whom an organiser may propose, by name, with the fields of each."""
    found = (await persons.master_assessors(access, runtime))["items"]
    return tuple(
        plain(m["person"], f"{m['name'] or m['person'][:8]} ({', '.join(m['fields'])})")
        for m in sorted(found, key=lambda m: m["name"] or "")
    )


@router.post("/programmes/{programme}/classes")
async def put_class(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """A new class, or one that is changed (`was` names it)."""
    sent = await request.form()
    was, typed = str(sent.get("was", "")), typed_class(sent)
    try:
        _, content = await draft_of(request, access, runtime, programme)
        classes = with_class(content or {"classes": ()}, was, typed)
        await _put(access, runtime, programme, sent, classes, acts.key_of(sent))
    except DomainError as error:
        return await _class(request, access, runtime, programme, was, typed=typed, error=error)
    _, content = await draft_of(request, access, runtime, programme)
    made = next((c["id"] for c in (content or {})["classes"] if c["label"] == typed["label"]), "")
    # A new class needs its committee next.
    return go(f"/programmes/{programme}/classes" + ("?done=1" if was else f"/{made}/edit?done=1#committee"))


@router.post("/programmes/{programme}/classes/remove")
async def remove_class(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """One class less; refused while it has participants."""
    sent = await request.form()
    try:
        classes = await _classes(request, access, runtime, programme)
        left = [c for c in classes if c["label"] != sent.get("was")]
        await _put(access, runtime, programme, sent, left, acts.key_of(sent))
    except DomainError as error:
        return await _listed(request, access, runtime, programme, error)
    return go(f"/programmes/{programme}/classes?done=1")


@router.post("/programmes/{programme}/committee")
async def add_member(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Somebody joins the committee of a class: chosen from those who are known (`person`), or named now."""
    sent = await request.form()
    was = str(sent.get("was", ""))
    typed = parse(Member, sent, PREFIXES["member"])
    try:
        key = acts.key_of(sent)
        chosen = str(sent.get("person", ""))
        if not chosen:
            body = acts.validated(NewPerson, typed)
            chosen = (await persons.name(body, Response(), access, f"{key}n", runtime))["person"]
        classes = await _classes(request, access, runtime, programme)
        for one in classes:
            if one["label"] == was and chosen not in one["committee"]:
                one["committee"] = [*one["committee"], chosen]
        await _put(access, runtime, programme, sent, classes, f"{key}c")
    except DomainError as error:
        return await _class(request, access, runtime, programme, was, typed=typed, error=error, part="member")
    return go(f"/programmes/{programme}/classes/{sent.get('class_id', '')}/edit?done=1#committee")


@router.post("/programmes/{programme}/committee/remove")
async def remove_member(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Somebody leaves the committee of a class."""
    sent = await request.form()
    was = str(sent.get("was", ""))
    try:
        classes = await _classes(request, access, runtime, programme)
        for one in classes:
            if one["label"] == was:
                one["committee"] = [p for p in one["committee"] if p != sent.get("person")]
        await _put(access, runtime, programme, sent, classes, acts.key_of(sent))
    except DomainError as error:
        return await _class(request, access, runtime, programme, was, error=error, part="member")
    return go(f"/programmes/{programme}/classes/{sent.get('class_id', '')}/edit?done=1#committee")


async def _classes(
    request: Request, access: Access, runtime: Runtime, programme: str
) -> list[dict[str, Any]]:
    """All classes as the draft has them now (whoever changed them meanwhile is noticed by the version); none
    of a request that cannot be changed, which the API then says."""
    _, content = await draft_of(request, access, runtime, programme)
    return wishes_of(content) if content is not None else []


async def _put(
    access: Access,
    runtime: Runtime,
    programme: str,
    sent: FormData,
    classes: Sequence[Mapped],
    key: str,
) -> None:
    given = {"version": version_of(sent.get("version")), "classes": list(classes)}
    body = acts.validated(ProgrammeChange, given)
    await api.change(programme, body, Response(), access, key, runtime)
