"""An application filled in part by part: each is saved by itself, and the forms are made of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import answers, idempotency, views
from api.deps import Allow, Key, Run
from api.routers.applications import find
from api.runtime import Runtime
from api.schemas.common import PROBLEMS, Id
from db.identity import Access
from domain.application_parts import FEEDBACK, PARTS, Part, PartKind
from domain.cases import Case
from domain.errors import Refused
from domain.roles import Role

router = APIRouter(prefix="/v1/applications", tags=["applications"], responses=PROBLEMS)
Candidate = Annotated[Access, Depends(Allow(Role.CANDIDATE))]


async def _mine(runtime: Runtime, access: Access, application: str) -> Case:
    async with runtime.db.read() as session:
        return await find(session, access, application)


@router.get("/{application}/answers", summary="The application's parts")
async def parts(application: Id, access: Candidate, runtime: Run) -> dict[str, Any]:
    """What FR.APL.01, FR.APL.02 and the declaration ask, part by part, with what was answered last. Answers
    are personal data, stored encrypted: for the candidate alone. `open`: they can be changed now."""
    case = await _mine(runtime, access, application)
    found = await answers.kept(runtime, case)
    return {"open": answers.applying(case), "items": answers.parts_json(found)}


def _save_route(kind: PartKind) -> Any:
    async def save(
        application: Id, body: Part, response: Response, access: Candidate, key: Key, runtime: Run
    ) -> dict[str, Any]:
        case = await _mine(runtime, access, application)

        async def work(session: AsyncSession) -> dict[str, Any]:
            kept = await answers.save(session, runtime, access, case, kind.key, body)
            return {"part": kind.key, "version": kept.version, "saved_at": views.moment(kept.saved_at)}

        what = f"save_part {application} {kind.key}"
        asked = body.model_dump(mode="json")
        answer = await idempotency.write(runtime, access, key, what, asked, response, work)
        if kind is FEEDBACK:  # a form of its own, filed as soon as it is answered
            found = await answers.kept(runtime, case)
            answer["digest"] = await answers.make_form(runtime, access, case, kind.form, found)
        return answer

    save.__annotations__["body"] = kind.model
    return save


for _kind in (*PARTS, FEEDBACK):
    router.add_api_route(
        f"/{{application}}/answers/{_kind.key}",
        _save_route(_kind),
        methods=["PUT"],
        name=f"save_{_kind.key}",
        summary=f"Save a part: {_kind.label.en}",
        description=f"{_kind.citation}. In place of what it said before; refused "
        + ("until the assessment has begun." if _kind is FEEDBACK else "once it is sent."),
    )


@router.post("/{application}/forms", summary="Make FR.APL.01 and FR.APL.02 of the answers")
async def make_forms(
    application: Id, response: Response, access: Candidate, key: Key, runtime: Run
) -> dict[str, Any]:
    """PDFs among the application's documents, by their digests, as `submit` names them. A form of which a
    part is missing is the one that was handed in as a file, if there is one; else 409 names every part."""
    case = await _mine(runtime, access, application)
    answers.require_applying(case)
    found = await answers.kept(runtime, case)
    made: dict[str, str] = {}
    lacking = []
    for name, form in (("apl01", "FR.APL.01"), ("apl02", "FR.APL.02")):
        missing = answers.missing(found, form)
        digest = "" if not missing else await answers.latest(runtime, case, form)
        if missing and not digest:
            lacking += missing
        else:
            made[name] = digest or await answers.make_form(runtime, access, case, form, found)
    if lacking:
        raise Refused(answers.not_answered(lacking))

    async def work(_session: AsyncSession) -> dict[str, Any]:
        return made

    return await idempotency.write(runtime, access, key, f"make_forms {application}", made, response, work)
