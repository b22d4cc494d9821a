"""Participants of a programme's draft, one by one, and the evidence that belongs to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api import (
    drafts,
    evidence,
    idempotency,
    limits,
    programmes,
    rosters,
    views,
)
from api.deps import STAFF, Allow, Key, Organiser, Run, wrong_role
from api.reading import one
from api.schemas.common import PROBLEMS, Id
from api.schemas.programmes import NewParticipant, ParticipantChange
from api.sight import missing, sees_names
from db import registry, waiting_rosters
from db.identity import Access
from db.people_tables import ParticipantRecord
from db.registry import ParticipantData
from domain.clock import local_day
from domain.commands import SeatRequest
from domain.errors import Forbidden, Malformed, Refused
from domain.policy import default, policy
from domain.roles import Role
from state_machines.tables import TABLES

router = APIRouter(prefix="/v1/programmes", tags=["participants"], responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(Role.ORGANISER, *STAFF))]
Uploaders = Annotated[
    Access,
    Depends(Allow(Role.ORGANISER, Role.MASTER_ASSESSOR, Role.VERIFIER, Role.APPROVER, Role.OPERATIONS)),
]


@router.get("/{programme}/participants", summary="Participants of the draft")
async def participants(programme: Id, request: Request, access: Readers, runtime: Run) -> Response:
    """Who is proposed, and what rules see of each; who was taken out and can be put back, the last first; and
    whether a roster waits to be mended."""
    async with runtime.db.read() as session:
        found = await programmes.find(session, access, programme)
        if found.draft is None:
            raise missing()
        content = drafts.content_of(found.draft)
        persons = [s.person for s in (*content.seats, *content.removed)]
        known = await programmes.names(session, runtime, access, persons)
        facts = await registry.participants(
            session, persons, scheme=content.scheme, drafts=[programme], own_streams=[programme]
        )
        waiting = await waiting_rosters.find(session, programme)
    labels = {c.id: c.label for c in content.classes}
    items = [
        {
            **seat.model_dump(mode="json"),
            **views.person_json(seat.person, known),
            "class_label": labels.get(seat.class_id, ""),
            "facts": facts[seat.person].model_dump(
                mode="json", exclude={"person", "seat", "class_id", "kind", "active_elsewhere"}
            ),
        }
        for seat in content.seats
    ]
    gone = [
        {"id": s.id, "class_label": labels.get(s.class_id, ""), **views.person_json(s.person, known)}
        for s in reversed(content.removed)
    ]
    body = {"items": items, "removed": gone, "waiting": waiting is not None, "version": found.draft.version}
    return one(request, body)


@router.post("/{programme}/participants", status_code=201, summary="Add one participant")
async def add(
    programme: Id, body: NewParticipant, response: Response, access: Organiser, key: Key, runtime: Run
) -> dict[str, Any]:
    """Judged exactly like a row of the roster."""
    limits.NAMING.check_for(access.account)
    reading = rosters.reading_of(body)
    more = {
        "assessor_certificate_until": body.assessor_certificate_until,
        "evidence": body.evidence,
        "kit": body.kit,
    }
    mark = idempotency.mark(
        runtime.settings, access, key, f"add_participant {programme}", body.model_dump(mode="json")
    )

    async def work(session: AsyncSession) -> dict[str, Any]:
        draft, case = await programmes.find_own(session, access, programme)
        drafts.require_editable(case)
        answer = await rosters.take(
            session, runtime.vault, draft, reading, by=access.actor, at=runtime.now(), more=more
        )
        return {**answer["rows"][0], "version": answer["version"]}

    answer, replayed = await idempotency.once(runtime, mark, work)
    if replayed:
        response.headers[idempotency.REPLAYED] = "true"
    return answer


@router.patch("/{programme}/participants/{seat}", summary="Change a participant")
async def change(
    programme: Id,
    seat: Id,
    body: ParticipantChange,
    response: Response,
    access: Organiser,
    key: Key,
    runtime: Run,
) -> dict[str, Any]:
    """The organiser, while the request is a draft or was sent back. Fields that are not sent stay as they
    are; what is sent is judged like a row of the roster at submit."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        draft, case = await programmes.find_own(session, access, programme)
        drafts.require_editable(case)
        content = drafts.content_of(draft)
        before = next((s for s in content.seats if s.id == seat), None)
        if before is None:
            raise missing()
        after = _moved(content, before, body)
        record = body.model_dump(exclude_unset=True, exclude={"class_label", "kind"})
        if record:
            await _record(session, runtime.vault, content, draft.id, before.person, record, access, runtime)
        seats = tuple(after if s.id == seat else s for s in content.seats)
        content = content.model_copy(update={"seats": seats})
        await drafts.save(
            session, draft, content, type="participant_changed", by=access.actor, at=runtime.now(), seat=seat
        )
        return {**after.model_dump(mode="json"), "version": draft.version}

    asked = body.model_dump(mode="json", exclude_unset=True)
    return await idempotency.write(
        runtime, access, key, f"change_participant {programme} {seat}", asked, response, work
    )


def _moved(content: drafts.DraftContent, seat: SeatRequest, body: ParticipantChange) -> SeatRequest:
    update: dict[str, Any] = {}
    if body.kind is not None:
        update["kind"] = body.kind
    if body.class_label is not None:
        label = body.class_label.casefold()
        class_id = next((c.id for c in content.classes if c.label.casefold() == label), None)
        if class_id is None:
            raise Malformed.because(
                "X-CLASS-UNKNOWN", "Kelas ini tidak ada dalam permohonan.", "The request has no such class."
            )
        update["class_id"] = class_id
    return seat.model_copy(update=update)


async def _record(
    session: AsyncSession,
    vault: Any,
    content: drafts.DraftContent,
    draft: str,
    person: str,
    changes: dict[str, Any],
    access: Access,
    runtime: Any,
) -> None:
    """What the request says of this person, with the changes in it."""
    found = await session.exec(
        select(ParticipantRecord).where(
            ParticipantRecord.person == person,
            ParticipantRecord.scheme == content.scheme,
            ParticipantRecord.draft == draft,
        )
    )
    row = found.first()
    if row is None:
        raise missing()
    said = row.model_dump(include=set(ParticipantData.model_fields))
    details = await registry.participant_details(session, vault, row.id)
    data = ParticipantData.model_validate({**said, **details, **changes})
    await registry.put_participant(session, vault, data, by=access.actor, at=runtime.now())


@router.delete("/{programme}/participants/{seat}", summary="Take a participant out")
async def remove(
    programme: Id, seat: Id, response: Response, access: Organiser, key: Key, runtime: Run
) -> dict[str, Any]:
    """The organiser, while the request is a draft or was sent back. A seat that was judged is withdrawn when
    the correction is submitted."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        draft, case = await programmes.find_own(session, access, programme)
        drafts.require_editable(case)
        content = drafts.content_of(draft)
        content = drafts.without(content, {seat})
        if not any(s.id == seat for s in content.removed):
            raise missing()
        await drafts.save(
            session, draft, content, type="participant_removed", by=access.actor, at=runtime.now(), seat=seat
        )
        return {"id": draft.id, "version": draft.version, "seats": len(content.seats)}

    return await idempotency.write(
        runtime, access, key, f"remove_participant {programme} {seat}", {}, response, work
    )


@router.post("/{programme}/participants/{seat}/restore", summary="Put a participant back")
async def restore(
    programme: Id, seat: Id, response: Response, access: Organiser, key: Key, runtime: Run
) -> dict[str, Any]:
    """Undo a removal, as long as the class is there and the person was not added again. A seat that the case
    has closed meanwhile comes back under another id."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        draft, case = await programmes.find_own(session, access, programme)
        drafts.require_editable(case)
        content = drafts.with_removed(draft, drafts.content_of(draft), seat, case)
        await drafts.save(
            session, draft, content, type="participant_restored", by=access.actor, at=runtime.now(), seat=seat
        )
        return {"id": content.seats[-1].id, "version": draft.version, "seats": len(content.seats)}

    return await idempotency.write(
        runtime, access, key, f"restore_participant {programme} {seat}", {}, response, work
    )


# ---- evidence ------------------------------------------------------------------------------------


@router.post(
    "/{programme}/evidence", status_code=201, summary="Upload a document", openapi_extra=evidence.DOCS
)
async def upload(
    programme: Id,
    request: Request,
    response: Response,
    access: Uploaders,
    key: Key,
    runtime: Run,
    requirement: evidence.Requirement,
    dated: evidence.Dated = None,
    seats: Annotated[
        str,
        Query(max_length=20_000, description="Seats that it is for, with commas between; none: the request."),
    ] = "",
) -> dict[str, Any]:
    """A letter that recommends several participants is sent once, with all their seats. The answer's
    `digest` is what commands name as evidence or report. The same file again for the same purpose is the
    same document, whatever its Idempotency-Key; another file, or another purpose, under the same key is
    a conflict."""
    async with runtime.db.read() as session:
        found = await programmes.find(session, access, programme)
    _may_upload(access, found, bool(seats.strip(", ")))
    known = {s.id: s.person for s in drafts.content_of(found.draft).seats} if found.draft else {}
    if found.case is not None:
        known |= {s.id: s.person for s in found.case.seats.values()}
    wanted = [s for s in (part.strip() for part in seats.split(",")) if s]
    if unknown := [s for s in wanted if s not in known]:
        raise Malformed.because(
            "X-SEAT",
            f"{len(unknown)} kursi tidak ada dalam permohonan ini.",
            f"{len(unknown)} seats are not in this request.",
        )
    case = found.case
    today = local_day(await runtime.gateway.business_now())
    judged_by = policy(case.policy_version) if case is not None else default(today)
    return await evidence.keep(
        request,
        response,
        runtime,
        access,
        key,
        application=programme,
        persons=[known[s] for s in wanted] or [""],
        requirement=requirement,
        dated=dated,
        policy=judged_by,
        programme=True,
    )


def _may_upload(access: Access, found: programmes.Found, of_participants: bool) -> None:
    """May this person upload here now? Participants' evidence belongs to the request: its organiser's, while
    the request is being worked on. Anything else: who works on the programme, until it ends.

    Forbidden (A-ROLE, A-ENGAGED), Refused (A-DRAFT, M-CLOSED).
    """
    if of_participants:
        if access.hat.role is not Role.ORGANISER:
            raise wrong_role(frozenset({Role.ORGANISER}))
        drafts.require_editable(found.case)
    case = found.case
    if case is not None and case.state in TABLES["programme"].terminal:
        raise Refused.because(
            "M-CLOSED", "Perkara ini sudah berakhir.", "This case has ended.", state=case.state
        )
    if access.hat.role is Role.MASTER_ASSESSOR and not (case is not None and sees_names(access, case)):
        raise Forbidden.because(
            "A-ENGAGED",
            "Hanya master asesor yang ditugaskan untuk program ini.",
            "Only for the master assessors who are assigned to this programme.",
        )


@router.get("/{programme}/evidence", summary="What was uploaded")
async def uploaded(programme: Id, access: Uploaders, runtime: Run) -> dict[str, Any]:
    """Metadata of what you may see: requirement, digest, size, and whose it is."""
    async with runtime.db.read() as session:
        await programmes.find(session, access, programme)
    return await evidence.listed(runtime, access, programme)


@router.get("/{programme}/evidence/{document}", summary="One document", response_class=Response)
async def document(programme: Id, document: Id, access: Readers, runtime: Run) -> Response:
    """As a download, sandboxed; for whoever may see the request and this document."""
    async with runtime.db.read() as session:
        found = await programmes.find(session, access, programme)
    return await evidence.file(runtime, access, programme, document, found.case)
