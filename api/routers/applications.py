"""Candidates' certification journeys. An application is addressed by its uuid, which is its stream."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import commands, evidence, listings, sight, views
from api.deps import PEOPLE, Allow, Key, Run
from api.programmes import names
from api.reading import fresh, one
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Cursor, Id, Limit
from api.schemas.derive import request_model
from db import reads
from db.identity import Access
from domain import commands as c
from domain.cases import Case, DocumentFinding, Task
from domain.commands import Receipt
from domain.document_names import document_name
from domain.errors import Refused
from domain.policy import Requirement, policy
from domain.roles import Role
from domain.rules.book import RULES
from logs import bind_case
from state_machines.tables import TABLES

router = APIRouter(prefix="/v1/applications", tags=["applications"], responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(*PEOPLE))]
Uploaders = Annotated[
    Access,
    Depends(
        Allow(
            Role.CANDIDATE,
            Role.ORGANISER,
            Role.MASTER_ASSESSOR,
            Role.REVIEWER,
            Role.COMMITTEE,
            Role.OPERATIONS,
        )
    ),
]
REFUSED = frozenset({"REJECTED", "NOT_YET_COMPETENT", "APPEAL", "CLOSED"})
NEGATIVE = frozenset({"reject", "decide_not_yet"})


@router.get("", summary="Applications")
async def applications(
    access: Readers,
    runtime: Run,
    state: Annotated[str, Query(max_length=30)] = "",
    programme: Annotated[str, Query(max_length=80)] = "",
    organiser: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """A candidate sees the own ones, an organiser those that it organised, a master assessor those that it
    assesses, BNSP all of them."""
    role = access.hat.role
    async with runtime.db.read() as session:
        if role is Role.MASTER_ASSESSOR:
            rows, following = await listings.journeys_of_assessor(session, access.person), None
        else:
            page = await reads.journeys(
                session,
                person=access.person if role is Role.CANDIDATE else "",
                organiser=access.hat.organisation if role is Role.ORGANISER else organiser,
                programme=programme,
                state=state,
                cursor=cursor,
                limit=limit,
            )
            rows, following = page.items, page.next
        known = await names(session, runtime, access, [row.person for row in rows])
    return {
        "items": [
            {
                **row.model_dump(mode="json", exclude={"workflow_id", "id"}),
                "id": row.stream,
                **views.state_json("journey", row.state),
                **views.person_json(row.person, known),
            }
            for row in rows
        ],
        "next": following,
    }


async def find(session: AsyncSession, access: Access, application: str) -> Case:
    """The application's case, if the asker may see it. NotFound; a stranger's look is recorded."""
    case = await reads.case(session, application)
    if case is None or case.kind != "journey" or case.main is None:
        raise sight.missing()
    if not sight.sees_journey(access, case):
        raise sight.stranger()
    bind_case(case.stream, case.workflow_id)
    return case


@router.get("/{application}", summary="One application")
async def application(application: Id, request: Request, access: Readers, runtime: Run) -> Response:
    """With its requirements, what was found for each, its tasks, and what you may do."""
    case, projection = await fresh(
        request, runtime, application, lambda session: find(session, access, application)
    )
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        journey = case.journey
        named = {journey.person, *filter(None, (journey.assessor,))} | {
            p for o in journey.overrides for p in (o.person, o.by)
        }
        known = await names(session, runtime, access, named)
        reasons: dict[str, str] = {}
        if sight.staff(access) or access.hat.role is Role.ORGANISER:
            reasons = await runtime.vault.open_texts(session, [o.reason.id for o in journey.overrides])
        documents = await listings.documents_of(session, [application])
        rows = await views.task_rows(session, application, now)
        verdict = _verdict(case)
        told = await runtime.vault.open_texts(
            session, [verdict.reason.id] if verdict and verdict.reason else []
        )
    visible = {id_ for id_, row in rows.items() if sight.sees_task(access, row)}
    uploaded = [views.document_json(d, whole=sight.staff(access)) for d in documents]
    offers = views.allowed_json(runtime.gateway, case, access, now)
    asked = policy(case.policy_version).requirements
    body = {
        **views.head_json(case),
        **views.journey_json(journey, known, reasons),
        "requirements": _requirements(asked, journey.findings, uploaded, whole=sight.staff(access)),
        "checking": any(e.kind == "review_documents" and e.state == "ASKED" for e in case.errands.values()),
        "zone": journey.zone.value,
        "assessor_name": known.get(journey.assessor, {}).get("name"),
        "refusal": {
            "decision": verdict.decision,
            "reason": next(iter(told.values()), None),
            "at": views.moment(verdict.completed_at),
        }
        if verdict
        else None,
        "consent_version_now": policy(case.policy_version).consent_version,
        "tasks": [views.task_json(case, t, now) for t in case.tasks.values() if t.id in visible],
        "waiting": views.waiting_json((row for row in rows.values() if row.open), access, now),
        "allowed": [o for o in offers if o["kind"] != "task" or o["id"] in visible],
    }
    return one(request, body, projection)


def _verdict(case: Case) -> Task | None:
    """The task by which the application was refused last, while that stands: its candidate reads why."""
    if case.journey.state not in REFUSED:
        return None
    negative = [t for t in case.tasks.values() if t.decision in NEGATIVE and t.completed_at]
    return max(negative, key=lambda t: t.completed_at or case.business_at, default=None)


def _requirements(
    asked: tuple[Requirement, ...],
    findings: tuple[DocumentFinding, ...],
    uploaded: list[dict[str, Any]],
    *,
    whole: bool,
) -> list[dict[str, Any]]:
    """Each line of the review: its rule, the documents that show it, and what was found. That somebody else
    handed the same bytes in is for BNSP alone."""
    found = {f.requirement: f for f in findings}
    lines = []
    for requirement in asked:
        rule = RULES.get(requirement.rule)
        finding = found.get(requirement.rule)
        lines.append(
            {
                "requirement": requirement.rule,
                **(views.both(rule.title, "title") if rule else {}),
                "citation": rule.citation if rule else "[D]",
                "documents": [
                    {
                        "requirement": name,
                        **views.both(document_name(name)),
                        "uploaded": [d for d in uploaded if d["requirement"] == name],
                    }
                    for name in requirement.documents
                ],
                "finding": _finding(finding, whole=whole) if finding else None,
            }
        )
    return lines


def _finding(finding: DocumentFinding, *, whole: bool) -> dict[str, Any]:
    shown = finding.model_dump(mode="json")
    if not whole:
        shown["facts"].pop("handed_in_by_others", None)
    return shown


@router.post(
    "/{application}/evidence", status_code=201, summary="Upload evidence", openapi_extra=evidence.DOCS
)
async def upload(
    application: Id,
    request: Request,
    response: Response,
    access: Uploaders,
    key: Key,
    runtime: Run,
    requirement: evidence.Requirement,
    dated: evidence.Dated = None,
) -> dict[str, Any]:
    """The answer's `digest` is what forms and decisions name. The candidate's own evidence is the
    candidate's; what an assessor or BNSP files belongs to the application. The same file again for the same
    purpose is the same document, whatever its Idempotency-Key; another file, or
    another purpose, under the same key is a conflict."""
    async with runtime.db.read() as session:
        case = await find(session, access, application)
    if case.journey.state in TABLES["journey"].terminal:
        raise Refused.because(
            "M-CLOSED", "Perkara ini sudah berakhir.", "This case has ended.", state=case.journey.state
        )
    own = access.hat.role in (Role.CANDIDATE, Role.ORGANISER)
    return await evidence.keep(
        request,
        response,
        runtime,
        access,
        key,
        application=application,
        persons=[case.journey.person if own else ""],
        requirement=requirement,
        dated=dated,
        policy=policy(case.policy_version),
    )


@router.get("/{application}/evidence", summary="What was uploaded")
async def uploaded(application: Id, access: Readers, runtime: Run) -> dict[str, Any]:
    """Metadata of the application's documents: requirement, digest, size, and what a machine found."""
    async with runtime.db.read() as session:
        await find(session, access, application)
    return await evidence.listed(runtime, access, application)


@router.get("/{application}/evidence/{document}", summary="One document", response_class=Response)
async def document(application: Id, document: Id, access: Readers, runtime: Run) -> Response:
    """As a download, sandboxed. For the candidate, the uploader, BNSP and the candidate's assessor."""
    async with runtime.db.read() as session:
        case = await find(session, access, application)
    return await evidence.file(runtime, access, application, document, case)


def _command_route(cls: type[c.Model]) -> Any:
    model = request_model(cls)
    required = any(info.is_required() for info in model.model_fields.values())

    async def run(
        application: Id,
        request: Request,
        response: Response,
        access: Readers,
        key: Key,
        runtime: Run,
        body: Any = None,
    ) -> Receipt:
        async with runtime.db.read() as session:
            await find(session, access, application)
        given = body if body is not None else model()
        return (await commands.send(request, access, key, stream=application, given=given)).answer(response)

    run.__annotations__["body"] = model if required else model | None
    if required:
        run.__defaults__ = ()  # the body, the only one that has a default
    return run


for _cls in c.JOURNEY_COMMANDS:
    _type = str(_cls.model_fields["type"].default)
    router.add_api_route(
        f"/{{application}}/commands/{_type}",
        _command_route(_cls),
        methods=["POST"],
        name=_type,
        summary=_type.replace("_", " ").capitalize(),
        description=(_cls.__doc__ or "").strip() or None,
        response_model=Receipt,
    )
