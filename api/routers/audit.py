"""What auditors look through: search over everything, one link of a chain, what was revealed and why."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import audit, audit_search, idempotency, views
from api.deps import Key, Run, Watchers
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Cursor, Id, Limit
from api.schemas.exact import Day
from api.schemas.people import RevealReason
from api.sight import missing
from db import reads, registry
from db.reads import CasesAsked, Days, EventsAsked, TasksAsked
from domain.roles import Role

router = APIRouter(prefix="/v1", tags=["audit"], responses=PROBLEMS)
Short = Annotated[str, Query(max_length=80)]
Stream = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9:._-]+$")]
"""A chain's name: a policy's has its version in it, dots and all."""
Kind = Literal["", "programme", "journey", "certificate"]


async def days(
    since: Annotated[Day | None, Query(description="First day (WIB).")] = None,
    until: Annotated[Day | None, Query(description="Last day (WIB).")] = None,
) -> Days:
    """The days that a search is narrowed to."""
    return Days(since, until)


When = Annotated[Days, Depends(days)]


@router.get("/audit/cases", summary="Search cases")
async def cases(
    _access: Watchers,
    runtime: Run,
    when: When,
    q: Short = "",
    kind: Kind = "",
    state: Short = "",
    organiser: Short = "",
    scheme: Short = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """By the beginning of the id or the whole of a number, kind, state, organiser, scheme, and the days on
    which they were opened."""
    asked = CasesAsked(q, kind, state, organiser, scheme, when)
    return await audit_search.cases(runtime, asked, cursor=cursor, limit=limit)


@router.get("/audit/tasks", summary="Search tasks")
async def tasks(
    _access: Watchers,
    runtime: Run,
    when: When,
    kind: Short = "",
    group: Role | Literal[""] = "",
    stream: Short = "",
    organiser: Short = "",
    open: bool | None = None,
    late: bool | None = None,
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Of all groups, open and done; the days are those on which they are due."""
    asked = TasksAsked(kind, str(group), stream, organiser, open, late, when)
    return await audit_search.tasks(runtime, asked, cursor=cursor, limit=limit)


@router.get("/audit/events", summary="Search events")
async def events(
    access: Watchers,
    runtime: Run,
    when: When,
    type: Short = "",
    rule: Short = "",
    role: Role | Literal[""] = "",
    stream: Short = "",
    account: Short = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Of all chains, by kind, by a rule that found something, by the role of who acted, and by day."""
    asked = EventsAsked(type, rule, str(role), stream, account, when)
    return await audit_search.events(runtime, access, asked, cursor=cursor, limit=limit)


@router.get("/audit/events/{stream}/{seq}", summary="One link of a chain")
async def event(
    stream: Stream, seq: Annotated[int, Path(ge=1, le=2**31 - 1)], access: Watchers, runtime: Run
) -> dict[str, Any]:
    """Whole: `body` is what the hash is taken over; `intact` and `linked` say whether it fits."""
    return await audit_search.event(runtime, access, stream, seq)


@router.get("/audit/reveals", summary="What was revealed, and what was exported")
async def reveals(
    _access: Watchers, runtime: Run, account: Short = "", cursor: Cursor = ""
) -> dict[str, Any]:
    """Who saw what whole, when and why; which lists left as files. The latest first."""
    return await audit_search.reveals(runtime, account=account, cursor=cursor)


@router.get("/audit/documents/{document}", summary="A document's record")
async def document(document: Id, access: Watchers, runtime: Run) -> dict[str, Any]:
    """Whose it is (masked), of which case, its digest; `until`: it is open to you for a recorded reason. A
    printed certificate is named by its certificate's id."""
    return await audit.document(access, runtime, document)


@router.post("/documents/{document}/reveal", summary="Open a document for a recorded reason")
async def reveal_document(
    document: Id, body: RevealReason, response: Response, access: Watchers, key: Key, runtime: Run
) -> dict[str, Any]:
    """For auditors a document is closed: with this it may be opened by the same account for a few minutes.
    The reason is on record first."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        now = runtime.now()
        await registry.reveal_document(
            session, runtime.vault, actor=access.actor, document=document, reason=body.reason, at=now
        )
        return {"document": document, "until": views.moment(now + registry.OPEN_FOR)}

    asked = body.model_dump(mode="json")
    return await idempotency.write(runtime, access, key, f"reveal_document {document}", asked, response, work)


@router.post("/certificates/{certificate}/reveal", summary="Open a printed certificate, likewise")
async def reveal_certificate(
    certificate: Id, body: RevealReason, response: Response, access: Watchers, key: Key, runtime: Run
) -> dict[str, Any]:
    """As for a document: its page has the holder's name."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        now = runtime.now()
        case = await reads.case(session, certificate)
        if case is None or case.kind != "certificate":
            raise missing()
        await registry.reveal_certificate(
            session,
            runtime.vault,
            actor=access.actor,
            certificate=certificate,
            person=case.certificate.person,
            reason=body.reason,
            at=now,
        )
        return {"document": certificate, "until": views.moment(now + registry.OPEN_FOR)}

    asked = body.model_dump(mode="json")
    return await idempotency.write(
        runtime, access, key, f"reveal_certificate {certificate}", asked, response, work
    )
