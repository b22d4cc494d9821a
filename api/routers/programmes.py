"""Training programmes: drafts, the request, and every command of a programme."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import commands, drafts, idempotency, listings, programmes, views
from api import forecast as forecasts
from api.deps import STAFF, Allow, Anybody, Key, Organiser, Run
from api.problems import violation_json
from api.reading import fresh, one, settled
from api.runtime import Runtime
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Cursor, Id, Limit
from api.schemas.derive import Derived, request_model
from api.schemas.programmes import NewProgramme, ProgrammeChange, Submit
from api.sight import missing
from db import reads, registry, waiting_rosters
from db.identity import Access
from db.people_tables import EXPIRED, Draft
from domain import commands as c
from domain.commands import Receipt
from domain.roles import Role

router = APIRouter(prefix="/v1/programmes", tags=["programmes"], responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(Role.ORGANISER, Role.MASTER_ASSESSOR, Role.CANDIDATE, *STAFF))]


@router.post("", status_code=201, summary="Begin a request (a draft)")
async def create(body: NewProgramme, response: Response, access: Organiser, key: Key, runtime: Run) -> Any:
    """A draft of the organiser that asks. Its id is made of account and key: the same again is the same."""
    programme = str(uuid.uuid5(uuid.NAMESPACE_URL, f"programme/{access.account}/{key}"))
    mark = idempotency.mark(runtime.settings, access, key, "create_programme", body.model_dump(mode="json"))

    async def work(session: AsyncSession) -> dict[str, Any]:
        scheme = await registry.scheme_data(session, body.scheme, body.scheme_version)
        content = drafts.DraftContent(
            track=body.track,
            scheme=scheme.id,
            scheme_version=body.scheme_version,
            venue=body.venue or "",
            zone=body.zone,
        )
        draft = Draft(
            id=programme,
            kind="programme",
            organiser=access.hat.organisation,
            content={},
            created_by=access.account,
            updated_at=runtime.now(),
        )
        content = drafts.with_classes(programme, content, body.classes, version=0)
        await drafts.save(
            session, draft, content, type="draft_created", by=access.actor, at=runtime.now(), new=True
        )
        return {"id": draft.id, "version": draft.version, "state": "DRAFT", "digest": content.digest}

    answer, replayed = await idempotency.once(runtime, mark, work)
    response.headers["Location"] = f"/v1/programmes/{answer['id']}"
    if replayed:
        response.headers[idempotency.REPLAYED] = "true"
    return answer


@router.get("", summary="Programmes")
async def programmes_list(
    access: Annotated[Access, Depends(Allow(Role.ORGANISER, *STAFF))],
    runtime: Run,
    state: Annotated[str, Query(max_length=30)] = "",
    stage: Annotated[int, Query(ge=0, le=4)] = 0,
    track: Annotated[str, Query(max_length=20)] = "",
    organiser: Annotated[str, Query(max_length=80)] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """An organiser sees its own alone. `drafts` holds, on the first page, what is not submitted yet."""
    own = access.hat.organisation if access.hat.role is Role.ORGANISER else organiser
    with_drafts = (
        not cursor
        and state in ("", "DRAFT")
        and access.hat.role
        in (
            Role.ORGANISER,
            Role.OPERATIONS,
            Role.AUDITOR,
        )
    )
    async with runtime.db.read() as session:
        named = [o.id for o in await listings.organisations(session, q=q)] if q else []
        page = await reads.programmes(
            session,
            organiser=own,
            state=state,
            stage=stage,
            track=track,
            q=q,
            q_organisers=named,
            cursor=cursor,
            limit=limit,
        )
        open_ = await listings.open_drafts(session, organiser=own) if with_drafts else []
        names = await registry.organisation_names(
            session, [p.organiser for p in page.items] + [d.organiser for d in open_]
        )
        expired = await reads.expired_requests(session, [p.stream for p in page.items])
        counts = await reads.programme_counts(session, organiser=own) if not cursor else {}
        now = await runtime.gateway.business_now()
        open_tasks = await reads.open_tasks_of(session, [p.stream for p in page.items])
    return {
        "items": [
            {
                **p.model_dump(mode="json", exclude={"workflow_id"}),
                **views.state_json("programme", EXPIRED if p.stream in expired else p.state),
                "organiser_name": names.get(p.organiser, ""),
                "waiting": views.waiting_json(open_tasks.get(p.stream, ()), access, now),
            }
            for p in page.items
        ],
        "drafts": [
            {
                "id": d.id,
                "organiser": d.organiser,
                "organiser_name": names.get(d.organiser, ""),
                "version": d.version,
                "updated_at": views.moment(d.updated_at),
                "track": d.content.get("track"),
                "scheme": d.content.get("scheme"),
                "classes": len(d.content.get("classes", ())),
                "seats": len(d.content.get("seats", ())),
            }
            for d in open_
        ],
        "counts": counts,
        "next": page.next,
    }


@router.get("/venues", summary="Venues that the organisation has used")
async def venues(access: Organiser, runtime: Run) -> dict[str, Any]:
    """Codes of the venues of its classes and drafts, the latest first; BNSP keeps no list of venues."""
    async with runtime.db.read() as session:
        found = await reads.venues_of(session, access.hat.organisation)
        written = await listings.open_drafts(session, organiser=access.hat.organisation)
    codes = [*found, *(str(d.content.get("venue", "")) for d in written)]
    return {"items": [{"code": code} for code in dict.fromkeys(codes) if code]}


@router.get("/{programme}", summary="One programme")
async def programme(programme: Id, request: Request, access: Readers, runtime: Run) -> Response:
    """The draft, or the case with classes, seats, tasks and what you may do. Participants' names are for
    the organiser of the case, BNSP and the engaged master assessors; of the NIK only the last four digits.
    """
    found, projection = await fresh(
        request, runtime, programme, lambda session: programmes.find(session, access, programme)
    )
    return one(request, await programmes.view(runtime, access, found), projection)


@router.patch("/{programme}", summary="Change a draft")
async def change(
    programme: Id, body: ProgrammeChange, response: Response, access: Organiser, key: Key, runtime: Run
) -> dict[str, Any]:
    """While it is a draft, and while the request is being corrected."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        draft, case = await programmes.find_own(session, access, programme)
        drafts.require_editable(case)
        content = _changed(programme, draft, body)
        await registry.scheme_data(session, content.scheme, content.scheme_version)
        await drafts.save(
            session,
            draft,
            content,
            type="draft_changed",
            by=access.actor,
            at=runtime.now(),
            expected=body.version,
        )
        return {"id": draft.id, "version": draft.version, "digest": content.digest}

    # What is not sent is not the same as null.
    asked = body.model_dump(mode="json", exclude_unset=True)
    return await idempotency.write(runtime, access, key, f"change {programme}", asked, response, work)


def _changed(programme: str, draft: Draft, body: ProgrammeChange) -> drafts.DraftContent:
    """The request with what is sent in it."""
    given = body.model_dump(exclude_unset=True, exclude={"version", "classes"})
    content = drafts.content_of(draft)
    content = content.model_copy(update={k: v for k, v in given.items() if v is not None})
    if body.classes is not None:
        content = drafts.with_classes(programme, content, body.classes, version=draft.version)
    return content


@router.post("/{programme}/submit", summary="Submit the request to BNSP")
async def submit(
    programme: Id,
    request: Request,
    response: Response,
    access: Organiser,
    key: Key,
    runtime: Run,
    body: Submit | None = None,
) -> Receipt:
    """Everything that the request needs is in the draft. Every rule that fails is named at once."""
    return await _submit(request, response, access, key, runtime, programme, body.version if body else None)


async def _submit(
    request: Request,
    response: Response,
    access: Access,
    key: str,
    runtime: Runtime,
    programme: str,
    version: int | None = None,
) -> Receipt:
    draft, case = await settled(  # a request that was taken back just now must get new ids
        request,
        runtime,
        programme,
        lambda session: programmes.find_own(session, access, programme, lock=False),
    )
    if case is not None and case.state == "DRAFT":  # taken back before
        draft = await runtime.db.retrying(lambda session: _renew(session, access, runtime, programme))
    drafts.require_version(draft, version)
    content = drafts.content_of(draft)
    given = request_model(c.SubmitProgramme)()
    filled = {
        "programme": programme,
        "organiser": draft.organiser,
        "track": content.track,
        **drafts.request_fields(content),
    }
    sent = await commands.send(request, access, key, stream=programme, given=given, filled=filled)
    await _mark(runtime, programme, "SUBMITTED")
    await runtime.db.retrying(lambda session: waiting_rosters.drop(session, [programme]))
    return sent.answer(response)


async def _renew(session: AsyncSession, access: Access, runtime: Runtime, programme: str) -> Draft:
    """The draft with ids that its case has not had yet, kept before anything is sent: so a retry sends the
    same request."""
    draft, case = await programmes.find_own(session, access, programme)
    content = drafts.content_of(draft)
    fresh = drafts.renewed(content, case) if case is not None and case.state == "DRAFT" else content
    if fresh != content:
        await drafts.save(
            session, draft, fresh, type="draft_renumbered", by=access.actor, at=runtime.now(), same=True
        )
    return draft


async def _mark(runtime: Runtime, programme: str, state: str) -> None:
    """Note on the draft's row where it is; what counts is the case."""

    async def work(session: AsyncSession) -> None:
        draft = await listings.draft(session, programme, lock=True)
        if draft is not None and draft.state != state:
            draft.state = state
            session.add(draft)

    await runtime.db.retrying(work)


@router.get("/{programme}/forecast", summary="What a submit would be refused for")
async def forecast(programme: Id, access: Organiser, runtime: Run) -> dict[str, Any]:
    """`violations`: every rule that the draft would fail now, each with the class or seat that it is about;
    empty when none is known to stand in the way. `verdicts`: what each rule says, the good answers too.
    Nothing is sent, and nothing is recorded."""
    async with runtime.db.read() as session:
        draft, case = await programmes.find_own(session, access, programme, lock=False)
    found = await forecasts.forecast(runtime.gateway, draft, case, access.actor)
    told = await forecasts.verdicts(runtime.gateway, draft, drafts.content_of(draft), case, access.actor)
    return {
        "version": draft.version,
        "violations": [violation_json(v) for v in found],
        "verdicts": [forecasts.verdict_json(v) for v in told],
    }


@router.post("/{programme}/forecast", summary="What rules would say of a change")
async def forecast_change(
    programme: Id, body: ProgrammeChange, access: Organiser, runtime: Run
) -> dict[str, Any]:
    """`verdicts` of the draft as it would be with this change, which is not kept: no Idempotency-Key."""
    async with runtime.db.read() as session:
        draft, case = await programmes.find_own(session, access, programme, lock=False)
    content = _changed(programme, draft, body)
    told = await forecasts.verdicts(runtime.gateway, draft, content, case, access.actor)
    return {"version": draft.version, "verdicts": [forecasts.verdict_json(v) for v in told]}


@router.get("/{programme}/commands", summary="What can be asked of a programme")
async def command_list(programme: Id, access: Readers, runtime: Run) -> dict[str, Any]:
    """Their names; each is a POST to `…/commands/{name}`. Which of them you may send now, and why not, is in
    `allowed` of the programme."""
    async with runtime.db.read() as session:
        found = await programmes.find(session, access, programme)
    return {
        "items": [_type_of(cls) for cls in c.PROGRAMME_COMMANDS],
        "stream": found.case.stream if found.case else programme,
    }


def _type_of(cls: type[Any]) -> str:
    return str(cls.model_fields["type"].default)


def _command_route(cls: type[c.Model]) -> Callable[..., Awaitable[Receipt]]:
    """The endpoint of one command; its body's schema comes from the command's class."""
    model = request_model(cls)

    async def run(
        programme: str,
        given: Derived | None,
        request: Request,
        response: Response,
        access: Access,
        key: str,
        runtime: Runtime,
    ) -> Receipt:
        if cls is c.SubmitProgramme:
            return await _submit(request, response, access, key, runtime, programme)
        async with runtime.db.read() as session:
            found = await programmes.find(session, access, programme)
        if found.case is None:  # submitted just now, perhaps
            found = await settled(
                request, runtime, programme, lambda session: programmes.find(session, access, programme)
            )
        if found.case is None:
            raise missing("M-CASE")
        sent = await commands.send(
            request, access, key, stream=found.case.stream, given=given if given is not None else model()
        )
        if cls is c.WithdrawProgramme:
            await _mark(runtime, programme, "DRAFT")
        return sent.answer(response)

    needs_body = any(info.is_required() for info in model.model_fields.values())
    if needs_body:

        async def with_body(
            programme: Id,
            body: Any,
            request: Request,
            response: Response,
            access: Anybody,
            key: Key,
            runtime: Run,
        ) -> Receipt:
            return await run(programme, body, request, response, access, key, runtime)

        with_body.__annotations__["body"] = model
        return with_body

    async def maybe_body(
        programme: Id,
        request: Request,
        response: Response,
        access: Anybody,
        key: Key,
        runtime: Run,
        body: Any = None,
    ) -> Receipt:
        return await run(programme, body, request, response, access, key, runtime)

    maybe_body.__annotations__["body"] = model | None
    return maybe_body


for _cls in c.PROGRAMME_COMMANDS:
    router.add_api_route(
        f"/{{programme}}/commands/{_type_of(_cls)}",
        _command_route(_cls),
        methods=["POST"],
        name=_type_of(_cls),
        summary=_type_of(_cls).replace("_", " ").capitalize(),
        description=(_cls.__doc__ or "").strip() or None,
        response_model=Receipt,
    )
