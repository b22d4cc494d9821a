"""One assessment: its sheet of results and evidence, and the forms of it that are recorded."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field, StringConstraints
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.papers import typeset
from api import assessment, assessment_forms, filed_forms, idempotency, views
from api.assessment import Part
from api.deps import PEOPLE, STAFF, Allow, Key, Run
from api.routers import applications, tasks
from api.routers.attendance import Seen
from api.runtime import Runtime
from api.schemas.common import PROBLEMS, Body, Id
from api.schemas.derive import TEXT_LIMIT
from api.schemas.exact import Whole, YesNo
from api.schemas.tasks import Complete
from db import registry, sheets
from db.identity import Access
from domain.cases import Case
from domain.commands import Receipt
from domain.policy import policy
from domain.roles import Role
from domain.text import Text

router = APIRouter(prefix="/v1/applications/{application}", tags=["assessments"], responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR, *STAFF))]
Master = Annotated[Access, Depends(Allow(Role.MASTER_ASSESSOR))]
Anyone = Annotated[Access, Depends(Allow(*PEOPLE))]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=TEXT_LIMIT)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Filled(Body):
    """One cell of the sheet. `version` is that of the cell when it was seen; 0 for an empty one."""

    unit: Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9:_-]*$")] = ""
    """Empty: a part of the report on the whole assessment."""
    part: Part
    value: YesNo | Words | Annotated[list[Name], Field(max_length=40)] | None = None
    """`result`: K or BK; `evidence`: kinds of FR.AK.02; `documents`: digests; `refused`: yes or no; else
    words, which are stored encrypted."""
    version: Annotated[Whole, Field(ge=0)] = 0


@router.get("/assessment", summary="The sheet of an assessment")
async def sheet(application: Id, access: Readers, runtime: Run) -> dict[str, Any]:
    """Units with result, evidence and follow-up as the assessor has filled them in, each cell with its
    version, and beside them the result that is recorded. For the candidate's assessor and BNSP."""
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
        assessment.require_reader(access, case)
        found = await assessment.find(session, runtime, case)
        known = await views.people(session, runtime.vault, {c.person for c in found.cells.values()}, access)
        documents = await assessment.documents(session, access, application)
    return assessment.view(access, found, known, documents)


@router.put("/assessment/cells", summary="Fill in one cell")
async def fill_in(
    application: Id, body: Filled, response: Response, access: Master, key: Key, runtime: Run
) -> dict[str, Any]:
    """Kept as a draft until the assessment is filed. The same value again changes nothing; a cell that was
    changed since `version` is a conflict."""
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
        found = await assessment.find(session, runtime, case)
    if (error := assessment.why_not(access, found)) is not None:
        raise error
    assessment.require_value(found, body.unit, body.part, body.value)
    assert found.task is not None
    where = assessment.sheet_of(found.task)

    async def work(session: AsyncSession) -> dict[str, Any]:
        version = await sheets.put_cell(
            session,
            runtime.vault,
            application,
            where,
            assessment.cell_of(body.unit, body.part),
            body.value,
            version=body.version,
            by=access.actor,
            at=runtime.now(),
            moment=now,
            tell=body.part not in assessment.WORDS,
        )
        return {"version": version}

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, f"fill {application} {where}", asked, response, work)


@router.post("/assessment/recommend", summary="File the assessment from its sheet")
async def recommend(
    application: Id,
    body: Seen,
    request: Request,
    response: Response,
    access: Master,
    key: Key,
    runtime: Run,
) -> Receipt:
    """FR.AK.02 and FR.AK.05 are made of the sheet, kept as documents of the application, and filed with K or
    BK for each unit by one command. Refused while a unit has no result or no evidence."""
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
        found = await assessment.find(session, runtime, case)
        if found.task is None or access.person != case.journey.assessor:
            raise assessment.why_not(access, found) or AssertionError
        assessment.require_whole(found, body.seen)
        known = await views.people(session, runtime.vault, {case.journey.person, access.person}, access)
        scheme = await registry.scheme_data(session, case.journey.scheme, case.journey.scheme_version)
        documents = await assessment.documents(session, access, application)
    made = assessment_forms.forms(
        found,
        known.get(case.journey.person, {}).get("name", case.journey.person),
        known.get(access.person, {}).get("name", access.person),
        Text(id=scheme.name_id, en=scheme.name_en),
        documents,
    )
    digests = {code: await _keep(runtime, access, case, code, typeset, paper) for code, paper in made.items()}
    given = Complete.model_validate(
        {
            "decision": "recommend",
            "form": {
                "form": "units",
                "results": [{"unit": u, "result": found.value(u, "result")} for u in case.journey.to_assess],
                "ak02": digests["FR.AK.02"],
                "ak05": digests["FR.AK.05"],
                "candidate_refused_to_sign": bool(found.value("", "refused")),
            },
        }
    )
    await _name_forms(runtime, access, found, digests)
    return await tasks.complete(found.task.id, given, request, response, access, key, runtime)


async def _keep(runtime: Runtime, access: Access, case: Case, code: str, make: Any, paper: Any) -> str:
    """Store the form and note it as a document of the application; gives its digest."""
    pdf = await asyncio.to_thread(make, paper)

    async def once() -> AsyncIterator[bytes]:
        yield pdf

    stored = await runtime.store.put(once(), policy(case.policy_version))

    async def note(session: AsyncSession) -> None:
        await registry.add_document(
            session,
            digest=stored.digest,
            media_type=stored.media_type,
            size=stored.size,
            requirement=code,
            person="",
            application=case.stream,
            dated=None,
            by=access.actor,
            at=runtime.now(),
        )

    await runtime.db.retrying(note)
    return stored.digest


async def _name_forms(
    runtime: Runtime, access: Access, found: assessment.Sheet, digests: dict[str, str]
) -> None:
    """Write on the sheet which forms were made of it, so that it is shown beside those alone."""
    assert found.task is not None
    if not found.open:
        return
    where, named = assessment.sheet_of(found.task), {"ak02": digests["FR.AK.02"], "ak05": digests["FR.AK.05"]}

    now = await runtime.gateway.business_now()

    async def work(session: AsyncSession) -> None:
        held = await sheets.cells(session, runtime.vault, found.case.stream, where)
        before = held.get(assessment.FILED)
        await sheets.put_cell(
            session,
            runtime.vault,
            found.case.stream,
            where,
            assessment.FILED,
            named,
            version=before.version if before else 0,
            by=access.actor,
            at=runtime.now(),
            moment=now,
        )

    await runtime.db.retrying(work)


@router.get("/forms/{code}", summary="A form as it is recorded")
async def form(
    application: Id,
    code: Annotated[str, Path(pattern=r"^FR\.[A-Z]{2,4}\.[0-9]{2}$")],
    access: Anyone,
    runtime: Run,
) -> dict[str, Any]:
    """FR.AK.01, FR.AK.02, FR.AK.05, FR.MAPA.01 or FR.MAPA.02: type and template version, what is recorded,
    and who signed or filed it when, with the event's hash. What an assessor wrote is for BNSP and the
    assessor alone."""
    async with runtime.db.read() as session:
        case = await applications.find(session, access, application)
        return await filed_forms.view(session, runtime, access, case, code)
