"""Participants of a request: a list, one by hand, one changed, taken out and put back; and the documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import Organiser, Run
from api.rosters import RosterRefused
from api.routers import organisations
from api.routers import participants as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.programmes import NewParticipant, ParticipantChange
from db.identity import Access
from domain.errors import DomainError
from domain.policy import CURRENT
from domain.roster.columns import COLUMNS
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.deps import go
from web.draft_forms import (
    PREFIXES,
    DocumentOf,
    Mapped,
    change_form,
    document_form,
    participant_form,
)
from web.drafting import Around, around
from web.forms import Form, parse, prefixed
from web.render import page
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)
PREFIX = PREFIXES["participant"]
FIELDS = {c.header.id: c.key for c in COLUMNS}
PAGE = 50
"""Participants on one page of the list."""


@dataclass(frozen=True)
class ParticipantsPage:
    around: Around
    filters: Mapping[str, str]
    shown: Sequence[Mapped]
    found: int
    """How many fit the filters."""
    start: int
    size: int
    undo: Mapped | None
    """Who was just taken out."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/participants", name="participants_page")
async def participants_page(
    programme: Id,
    request: Request,
    access: Organiser,
    runtime: Run,
    only: Annotated[str, Query(pattern="^(wrong|main|reserve)?$")] = "",
    of_class: Annotated[str, Query(max_length=20, alias="class")] = "",
    start: Annotated[int, Query(ge=0, le=1000)] = 0,
    removed: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Who is proposed, with what stands in each one's way; and the three ways to add more."""
    filters = {"only": only, "class": of_class}
    return await listed(request, access, runtime, programme, filters=filters, start=start, removed=removed)


async def listed(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    *,
    filters: Mapping[str, str] | None = None,
    start: int = 0,
    removed: str = "",
    error: DomainError | None = None,
) -> Response:
    """The list; with `error`, what was refused on top."""
    shown = await around(request, access, runtime, programme)
    filters = filters or {"only": "", "class": ""}
    only, of_class = filters["only"], filters["class"]
    fitting = [
        p
        for p in shown.people
        if (not of_class or p["class_label"] == of_class)
        and (not only or (bool(p["violations"]) if only == "wrong" else p["kind"] == only))
    ]
    context = ParticipantsPage(
        shown,
        filters,
        fitting[start : start + PAGE],
        len(fitting),
        start,
        PAGE,
        next((p for p in shown.removed if p["id"] == removed), None),
        tuple(error.violations) if error else (),
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "request_participants.html", context, status=status)


# ---- one by hand ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ParticipantPage:
    around: Around
    one: Mapped | None
    """The participant who is changed; None for a new one."""
    form: Form
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/participants/new", name="participant_page")
async def new_page(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """The questions about one participant, as the columns of a roster ask them."""
    return await _asked(request, access, runtime, programme)


async def _asked(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    shown = await around(request, access, runtime, programme)
    known = (await organisations.organisations(access, runtime))["items"]
    errors = tuple(prefixed(_by_field(error), PREFIX)) if error else ()
    form = participant_form(shown.content, known, values, errors)
    context = ParticipantPage(shown, None, form, errors, acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "request_participant.html", context, status=status)


def _by_field(error: DomainError) -> list[Violation]:
    """What is wrong with a roster's only row, field by field; any other refusal as it is."""
    if not isinstance(error, RosterRefused):
        return error.violations
    return [
        Violation(
            rule=one["rule"],
            text=Text(id=one["text"], en=one["text_en"]),
            remedy=Text(id=one["remedy"], en=one["remedy_en"]) if one["remedy"] else None,
            citation=one["citation"],
            facts={"field": _field(FIELDS[one["header"]])} if one["header"] in FIELDS else {},
        )
        for row in error.extra.get("rows", ())
        for one in row["problems"]
    ] or error.violations


def _field(key: str) -> str:
    """Where the column's value stands in the request: `experience_2_first` is `experience.1.first`."""
    head, _, rest = key.partition("_")
    number, _, part = rest.partition("_")
    return f"{head}.{int(number) - 1}.{part}" if head == "experience" and part else key


@router.post("/programmes/{programme}/participants/new")
async def add(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """One participant; judged as a row of a roster."""
    sent = await request.form()
    values = parse(NewParticipant, sent, PREFIX)
    try:
        body = acts.validated(NewParticipant, values)
        await api.add(programme, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _asked(request, access, runtime, programme, values, error)
    return go(f"/programmes/{programme}/participants?done=1")


# ---- one who is in the request already -----------------------------------------------------------


@router.get("/programmes/{programme}/participants/{seat}", name="one_participant_page")
async def one_page(programme: Id, seat: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """One participant: what stands in the way, the class and place, and the way out."""
    return await _one(request, access, runtime, programme, seat)


async def _one(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    seat: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    shown = await around(request, access, runtime, programme)
    one = next((p for p in shown.people if p["id"] == seat), None)
    if one is None:
        return go(f"/programmes/{programme}/participants")
    errors = tuple(prefixed(error.violations, PREFIX)) if error else ()
    now = {
        **one,
        **{name: one["facts"].get(name) for name in ("assessor_certificate_until", "evidence", "kit")},
    }
    form = change_form(shown.content, values or now, errors)
    context = ParticipantPage(shown, one, form, errors, acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "request_participant.html", context, status=status)


@router.post("/programmes/{programme}/participants/{seat}")
async def change(programme: Id, seat: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Another class, main or reserve, and what a recertification asks besides."""
    sent = await request.form()
    values = parse(ParticipantChange, sent, PREFIX)
    if sent.get("recertification"):  # asked, and left empty: taken away
        values = {"assessor_certificate_until": None, "evidence": (), "kit": (), **values}
    try:
        body = acts.validated(ParticipantChange, values)
        await api.change(programme, seat, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await _one(request, access, runtime, programme, seat, values, error)
    return go(f"/programmes/{programme}/participants?done=1")


@router.post("/programmes/{programme}/participants/{seat}/remove")
async def remove(programme: Id, seat: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Out of the request; the next page offers to put them back."""
    sent = await request.form()
    try:
        await api.remove(programme, seat, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await listed(request, access, runtime, programme, error=error)
    return go(f"/programmes/{programme}/participants?removed={seat}")


@router.post("/programmes/{programme}/participants/{seat}/restore")
async def restore(programme: Id, seat: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Back into the request."""
    sent = await request.form()
    try:
        await api.restore(programme, seat, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await listed(request, access, runtime, programme, error=error)
    return go(f"/programmes/{programme}/participants?done=1")


# ---- documents -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class DocumentsPage:
    around: Around
    called: Mapping[str, str]
    """What people call a participant, by person."""
    without: Sequence[Mapped]
    """Participants whose letter of recommendation is not there."""
    form: Form
    accept: str
    file_error: Text | None
    errors: tuple[Violation, ...]
    key: str


@router.get("/programmes/{programme}/documents", name="documents_page")
async def documents_page(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """What was handed in with the request, and for whom."""
    return await _documents(request, access, runtime, programme)


async def _documents(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    values: Mapped | None = None,
    error: DomainError | None = None,
) -> Response:
    shown = await around(request, access, runtime, programme)
    prefix = PREFIXES["document"]
    errors = tuple(prefixed(error.violations, prefix)) if error else ()
    letters = {d["person"] for d in shown.documents if d["requirement"] == "recommendation_letter"}
    without = [p for p in shown.people if p["person"] not in letters]
    if values is None and without:  # the next thing that is missing
        values = {"requirement": "recommendation_letter"}
    context = DocumentsPage(
        shown,
        {p["person"]: p.get("name", p["person"][:8]) for p in shown.people},
        without,
        document_form(shown.people, values, errors),
        ",".join(CURRENT.upload_types),
        next((v.text for v in errors if v.facts.get("field") == f"{prefix}file"), None),
        errors,
        acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "request_documents.html", context, status=status)


@router.post("/programmes/{programme}/evidence")
async def upload(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """A document of the request, or of some of its participants."""
    values: dict[str, Any] = {}
    try:
        async with file_form(request) as sent:
            values = parse(DocumentOf, sent, PREFIXES["document"])
            body = acts.validated(DocumentOf, values).model_dump()
            require_file(sent)
            of = {
                "requirement": body["requirement"],
                "dated": body["dated"],
                "seats": ",".join(body["seats"]),
            }
            await api.upload(programme, request, Response(), access, acts.key_of(sent), runtime, **of)
    except DomainError as error:
        return await _documents(request, access, runtime, programme, values, error)
    return go(f"/programmes/{programme}/documents?done=1")
