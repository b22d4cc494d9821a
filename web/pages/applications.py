"""A candidate's applications: what is missing, what happens next and until when; evidence; certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import create_model

from api import evidence
from api.deps import Allow, Run
from api.evidence import Dated, Requirement
from api.routers import applications as api
from api.routers import certificates, organisations, tasks
from api.runtime import Runtime
from api.schemas.common import Body, Cursor, Id
from db.identity import Access
from domain.document_names import document_name
from domain.errors import DomainError, TooLarge, UnsupportedMedia
from domain.policy import policy
from domain.reference import CERTIFICATION_STEPS
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web import acts
from web.deps import go
from web.forms import Form, form_of, parse, prefixed
from web.reading import body_of, caught_up
from web.render import page
from web.stages import Stage, stages_of
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)
Candidate = Annotated[Access, Depends(Allow(Role.CANDIDATE))]
Mapped = Mapping[str, Any]
FILLED_IN = "FR.APL."
"""Forms of this series are the candidate's to fill in and hand in."""
PREFIX = "evidence."
EvidenceOf = create_model("EvidenceOf", __base__=Body, requirement=(Requirement, ...), dated=(Dated, None))
"""What is said of evidence that is handed in."""


APPLYING = frozenset({"submit_application", "correct_application"})
"""Tasks for which a candidate hands documents in."""


@dataclass(frozen=True)
class Wanted:
    """One document that the application needs."""

    requirement: str
    label: Text
    why: Text | None
    """The requirement that it shows."""
    citation: str
    uploaded: tuple[Mapped, ...]
    by_organiser: bool
    """It came with the programme's request."""

    @property
    def missing(self) -> bool:
        return not self.uploaded and not self.by_organiser


@dataclass(frozen=True)
class ApplicationCard:
    body: Mapped
    scheme: Text
    missing: tuple[Wanted, ...]


@dataclass(frozen=True)
class ApplicationsPage:
    turns: Sequence[Mapped]
    items: tuple[ApplicationCard, ...]
    certificates: Sequence[Mapped]
    schemes: Mapping[str, Text]
    next: str | None


@router.get("/applications", name="applications_page")
async def mine(request: Request, access: Candidate, runtime: Run, cursor: Cursor = "") -> HTMLResponse:
    """Everything of mine: what waits for me, my applications and my certificates."""
    await caught_up(request, runtime)
    found = await api.applications(access, runtime, cursor=cursor, limit=10)
    schemes = await _schemes(access, runtime)
    cards = []
    for item in found["items"]:
        body = body_of(await api.application(item["id"], request, access, runtime))
        wanted = await _wanted(access, runtime, body) if _applying(body) else ()
        cards.append(
            ApplicationCard(body, _named(schemes, body["scheme"]), tuple(w for w in wanted if w.missing))
        )
    context = ApplicationsPage(
        turns=(await tasks.inbox(access, runtime, view="mine", limit=20))["items"],
        items=tuple(cards),
        certificates=(await certificates.certificates(access, runtime))["items"],
        schemes=schemes,
        next=found["next"],
    )
    return await page(request, runtime, access, "applications.html", context)


async def _schemes(access: Access, runtime: Runtime) -> dict[str, Text]:
    items = (await organisations.schemes(access, runtime))["items"]
    return {s["id"]: Text(id=s["name_id"], en=s["name_en"]) for s in items}


def _named(schemes: Mapping[str, Text], id_: str) -> Text:
    return schemes.get(id_, Text(id=id_, en=id_))


def _applying(body: Mapped) -> bool:
    """Is it the candidate's turn to hand documents in?"""
    return any(w["kind"] in APPLYING and w["yours"] for w in body["waiting"])


async def _wanted(access: Access, runtime: Runtime, body: Mapped) -> tuple[Wanted, ...]:
    """The forms of the application and the documents of its requirements, and which of them there are."""
    uploaded = (await api.uploaded(body["stream"], access, runtime))["items"]
    given: set[str] = set()
    if body["programme"]:
        listed = await evidence.listed(runtime, access, body["programme"], person=access.person)
        given = {d["requirement"] for d in listed["items"]}

    def one(name: str, label: Text, why: Text | None, citation: str) -> Wanted:
        own = tuple(d for d in uploaded if d["requirement"] == name)
        return Wanted(name, label, why, citation, own, name in given)

    forms = [f for f in policy(body["policy_version"]).forms if f.code.startswith(FILLED_IN)]
    return (
        *(
            one(f.code, Text(id=f"{f.code} {f.title.id}", en=f"{f.code} {f.title.en}"), None, "")
            for f in forms
        ),
        *(
            one(
                d["requirement"],
                document_name(d["requirement"]),
                Text(id=line["title"], en=line["title_en"]) if line.get("title") else None,
                line["citation"],
            )
            for line in body["requirements"]
            for d in line["documents"]
        ),
    )


@dataclass(frozen=True)
class ApplicationPage:
    body: Mapped
    scheme: Text
    steps: tuple[Stage, ...]
    applying: bool
    wanted: tuple[Wanted, ...]
    certificate: Mapped | None


@router.get("/applications/{application}", name="application_page")
async def one(application: Id, request: Request, access: Candidate, runtime: Run) -> HTMLResponse:
    """One application: where it stands, what is missing, what happens next and until when."""
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    certificate = None
    if body["certificate"]:
        held = await certificates.certificates(access, runtime)
        certificate = next((c for c in held["items"] if c["journey"] == application), None)
    context = ApplicationPage(
        body=body,
        scheme=_named(await _schemes(access, runtime), body["scheme"]),
        steps=stages_of(
            CERTIFICATION_STEPS, TABLES["journey"].state(body["state"]).stage, ended=body["ended"]
        ),
        applying=_applying(body),
        wanted=await _wanted(access, runtime, body),
        certificate=certificate,
    )
    return await page(request, runtime, access, "application.html", context)


@dataclass(frozen=True)
class EvidencePage:
    application: str
    wanted: Wanted
    way: Literal["photo", "file"]
    """The form that was sent, by the camera or with a file."""
    form: Form
    accept: str
    largest: int
    """MiB that a file may have."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/applications/{application}/evidence", name="evidence_page")
async def evidence_page(
    application: Id,
    request: Request,
    access: Candidate,
    runtime: Run,
    requirement: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """One document to hand in: photographed, or chosen from what is there."""
    return await _asked(request, access, runtime, application, {"requirement": requirement})


async def _asked(
    request: Request,
    access: Access,
    runtime: Runtime,
    application: str,
    values: Mapped,
    error: DomainError | None = None,
) -> Response:
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    every = await _wanted(access, runtime, body)
    wanted = next((w for w in every if w.requirement == values.get("requirement")), None)
    if wanted is None:
        return go(f"/applications/{application}")
    way: Literal["photo", "file"] = "photo" if values.get("way") == "photo" else "file"
    errors = tuple(_beside(way, error)) if error else ()
    context = EvidencePage(
        application=application,
        wanted=wanted,
        way=way,
        form=form_of(EvidenceOf, values=values, violations=errors, prefix=PREFIX, leave_out=("requirement",)),
        accept=",".join(policy(body["policy_version"]).upload_types),
        largest=policy(body["policy_version"]).upload_bytes // 2**20,
        errors=errors,
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "evidence.html", context, status=status)


def _beside(way: Literal["photo", "file"], error: DomainError) -> list[Violation]:
    """What is wrong, about the fields of the form that was sent; a file that is not taken, about the file."""

    def about(violation: Violation) -> Violation:
        field = violation.facts.get("field", "")
        if field == "file" or (not field and isinstance(error, TooLarge | UnsupportedMedia)):
            return violation.model_copy(update={"facts": {**violation.facts, "field": way}})
        return violation

    return prefixed([about(v) for v in error.violations], PREFIX)


@router.post("/applications/{application}/evidence")
async def upload(application: Id, request: Request, access: Candidate, runtime: Run) -> Response:
    """One document handed in; the forms of the application's tasks then offer it."""
    values: dict[str, Any] = {}
    try:
        async with file_form(request) as sent:
            values = parse(EvidenceOf, sent, PREFIX)
            body = acts.validated(EvidenceOf, values).model_dump()
            require_file(sent)
            await api.upload(application, request, Response(), access, acts.key_of(sent), runtime, **body)
    except DomainError as error:
        # What was too large was never read: which document it was to be, and by which way,
        # stands in the address.
        asked = {**request.query_params, **values}
        return await _asked(request, access, runtime, application, asked, error)
    return go(f"/applications/{application}?done=1#documents")
