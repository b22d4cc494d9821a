"""What the one who asks was told by mail, to be read again here."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from activities.mail import Occasion, sentences
from api import views
from api.deps import Anybody, Run
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Limit
from db import reads
from domain.errors import NotFound
from domain.notices import notice

router = APIRouter(prefix="/v1", tags=["notices"], responses=PROBLEMS)


@router.get("/me/notices", summary="What I was told")
async def notices(
    access: Anybody,
    runtime: Run,
    stream: Annotated[list[str] | None, Query(max_length=20, description="About these cases alone.")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Notices to me as a person, the latest first, in both languages. `at` is business time (UTC);
    `sent`: the mail has gone out. Notices to a group are its tasks."""
    async with runtime.db.read() as session:
        rows = await reads.notices_for(session, [f"person:{access.person}"], limit, streams=stream or ())
        items = []
        for row in rows:
            case = await reads.case_row(session, row.stream)
            occasion = Occasion(
                row=row,
                text=notice(row.template),
                about=None,
                policy_version=case.policy_version if case else "",
                simulation=runtime.settings.clock == "simulation",
            )
            try:
                subject, body = sentences(occasion)
            except (KeyError, NotFound):  # of a policy or a kind that this version has no more
                continue
            items.append(
                {
                    "stream": row.stream,
                    "at": views.moment(row.created_at),
                    "sent": row.state == "SENT",
                    **views.both(subject, "subject"),
                    **views.both(body, "text"),
                }
            )
    return {"items": items}
