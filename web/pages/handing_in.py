"""One document of an application: photographed or chosen from what is there, page by page, and looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import create_model

from api.deps import Run
from api.evidence import Dated, Requirement
from api.routers import applications as api
from api.runtime import Runtime
from api.schemas.common import Body, Id
from db.identity import Access
from domain.errors import DomainError, TooLarge, UnsupportedMedia
from domain.policy import policy
from domain.verdict import Violation
from web import acts
from web.candidate import Candidate, Wanted, applying, documents, forms, next_step, parts
from web.deps import go
from web.forms import Form, form_of, parse, prefixed
from web.reading import body_of, caught_up
from web.render import page
from web.uploads import file_form, require_file

router = APIRouter(include_in_schema=False)
PREFIX = "evidence."
EvidenceOf = create_model("EvidenceOf", __base__=Body, requirement=(Requirement, ...), dated=(Dated, None))
"""What is said of evidence that is handed in."""


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
    then: str
    """Where to go on once all its pages are there."""
    applying: bool
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
    """One document: what of it is there, and the next page, by the camera or as a file."""
    return await _asked(request, access, runtime, application, {"requirement": requirement})


async def _asked(
    request: Request,
    access: Access,
    runtime: Runtime,
    application: str,
    values: Mapping[str, Any],
    error: DomainError | None = None,
) -> Response:
    await caught_up(request, runtime)
    body = body_of(await api.application(application, request, access, runtime))
    of_requirements, filed = await documents(access, runtime, body), await forms(access, runtime, body)
    wanted = next((w for w in (*of_requirements, *filed) if w.requirement == values.get("requirement")), None)
    if wanted is None or body["ended"]:
        return go(f"/applications/{application}")
    way: Literal["photo", "file"] = "photo" if values.get("way") == "photo" else "file"
    errors = tuple(_beside(way, error)) if error else ()
    mine = applying(body) is not None
    then = f"/applications/{application}"
    if mine:
        items = await parts(access, runtime, application, filed)
        then = next_step(application, items, of_requirements, wanted.requirement)
    context = EvidencePage(
        application=application,
        wanted=wanted,
        way=way,
        form=form_of(EvidenceOf, values=values, violations=errors, prefix=PREFIX, leave_out=("requirement",)),
        accept=",".join(policy(body["policy_version"]).upload_types),
        largest=policy(body["policy_version"]).upload_bytes // 2**20,
        then=then,
        applying=mine,
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
    """One page or file handed in; the same page comes again, to look at it and to add the next."""
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
    return go(f"/applications/{application}/evidence?requirement={body['requirement']}&done=1")
