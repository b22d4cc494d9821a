"""Participants of a request: by hand, as a roster, moved, taken out; and the documents that go with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import Organiser, Run
from api.rosters import RosterRefused
from api.routers import organisations
from api.routers import participants as api
from api.runtime import Runtime
from api.schemas.common import Id
from api.schemas.programmes import NewParticipant, ParticipantChange
from db.identity import Access
from domain.document_names import document_name
from domain.errors import DomainError
from domain.policy import CURRENT
from domain.roster.columns import COLUMNS
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.choices import plain
from web.deps import go
from web.draft_forms import PREFIXES, DocumentOf, Tried
from web.drafting import draft_of, shown
from web.forms import Choices, Form, Option, form_of, parse, prefixed
from web.render import page
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)
PREFIX = "participant."
SEXES = (
    Option("L", Text(id="L – laki-laki", en="L – male")),
    Option("P", Text(id="P – perempuan", en="P – female")),
)
ONLY_RECERTIFICATION = ("assessor_certificate_until", "evidence", "kit")
FIELDS = {c.header.id: c.key for c in COLUMNS}


@dataclass(frozen=True)
class ParticipantPage:
    id: str
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
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> Response:
    _, content = await draft_of(request, access, runtime, programme)
    if content is None:
        return go(f"/programmes/{programme}")
    known = (await organisations.organisations(access, runtime))["items"]
    choices = {
        "sex": SEXES,
        "recommending": tuple(plain(o["id"], f"{o['name']} ({o['id']})") for o in known),
        "class_label": tuple(plain(c["label"], c["label"]) for c in content["classes"]),
        "kit": tuple(Option(name, document_name(name)) for name in CURRENT.kit),
        "evidence": tuple(Option(name, document_name(name)) for name in CURRENT.direct_evidence),
    }
    errors = tuple(prefixed(_by_field(error), PREFIX)) if error else ()
    form = form_of(
        NewParticipant,
        choices=Choices(choices),
        values=values,
        violations=errors,
        prefix=PREFIX,
        leave_out=() if content["track"] == "recertification" else ONLY_RECERTIFICATION,
    )
    context = ParticipantPage(programme, form, errors, acts.new_key())
    status = error.status if error else 200
    return await page(request, runtime, access, "participant.html", context, status=status)


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
    return go(f"/programmes/{programme}?done=1#participants")


@router.post("/programmes/{programme}/import")
async def import_roster(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """A roster: every row or none, and each cell that is not in order beside what is wrong with it."""
    try:
        async with file_form(request) as sent:
            require_file(sent)
            replace = sent.get("replace") == "yes"
            await api.import_roster(
                programme, request, Response(), access, acts.key_of(sent), runtime, replace=replace
            )
    except DomainError as error:
        rows = error.extra.get("rows", ()) if isinstance(error, RosterRefused) else ()
        bad = tuple(row for row in rows if not row["ok"])
        return await shown(request, access, runtime, programme, Tried("participants", error, {}, rows=bad))
    return go(f"/programmes/{programme}?done=1#participants")


@router.post("/programmes/{programme}/participants/{seat}/move")
async def move(programme: Id, seat: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """To another class, or between main and reserve."""
    sent = await request.form()
    values = {name: sent.get(name) for name in ("class_label", "kind") if sent.get(name)}
    try:
        body = acts.validated(ParticipantChange, values)
        await api.change(programme, seat, body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("participants", error, {}))
    return go(f"/programmes/{programme}?done=1#participants")


@router.post("/programmes/{programme}/participants/{seat}/remove")
async def remove(programme: Id, seat: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """Out of the request."""
    sent = await request.form()
    try:
        await api.remove(programme, seat, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("participants", error, {}))
    return go(f"/programmes/{programme}?done=1#participants")


@router.post("/programmes/{programme}/evidence")
async def upload(programme: Id, request: Request, access: Organiser, runtime: Run) -> Response:
    """A document of the request, or of some of its participants."""
    values: dict[str, Any] = {}
    try:
        async with file_form(request) as sent:
            values = parse(DocumentOf, sent, PREFIXES["documents"])
            body = acts.validated(DocumentOf, values).model_dump()
            require_file(sent)
            of = {
                "requirement": body["requirement"],
                "dated": body["dated"],
                "seats": ",".join(body["seats"]),
            }
            await api.upload(programme, request, Response(), access, acts.key_of(sent), runtime, **of)
    except DomainError as error:
        return await shown(request, access, runtime, programme, Tried("documents", error, values))
    return go(f"/programmes/{programme}?done=1#documents")
