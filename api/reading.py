"""Reading one thing: wait for what the reader has already written, and send it only when it is new."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.commands import min_seq_of
from api.runtime import Runtime
from db import reads
from domain.errors import Unknown
from domain.events import canonical

T = TypeVar("T")

CURRENT = "terkini"
WRITING = "sedang ditulis"
WAIT_SECONDS = 2.0


async def fresh(
    request: Request, runtime: Runtime, stream: str, find: Callable[[AsyncSession], Awaitable[T]]
) -> tuple[T, str]:
    """What `find` gives once the ledger has what the reader already knows, and whether it has.

    `find` judges the right to see it, and is asked before anything is waited for: how long a stranger waits
    must not tell how far a case has come.
    """
    async with runtime.db.read() as session:
        found = await find(session)
        seq = min_seq_of(request)
        if not seq:
            return found, CURRENT
        head = await reads.head(session, stream)
    if not reads.credible(seq, head.seq if head else 0):
        return found, WRITING
    projection = CURRENT if await reads.wait_for(runtime.db, stream, seq, WAIT_SECONDS) else WRITING
    async with runtime.db.read() as session:
        return await find(session), projection


async def settled(
    request: Request, runtime: Runtime, stream: str, find: Callable[[AsyncSession], Awaitable[T]]
) -> T:
    """What `find` gives once the ledger has all that was acknowledged, for a write that must not be judged by
    less. The right is judged first, as in `fresh`. Unknown (503, D-BEHIND) when it is still behind."""
    claimed = min_seq_of(request)
    async with runtime.db.read() as session:
        head = await reads.head(session, stream)
        found = await find(session)
    written = head.seq if head else 0
    seen = max(reads.credible(claimed, written), runtime.gateway.seen(stream))
    if written >= seen:
        return found
    if not await reads.wait_for(runtime.db, stream, seen, WAIT_SECONDS):
        raise Unknown.because(
            "D-BEHIND",
            "Catatan perkara ini sedang ditulis. Kirim ulang dengan kunci yang sama.",
            "The record of this case is being written. Send again with the same key.",
        )
    async with runtime.db.read() as session:
        return await find(session)


def one(request: Request, body: dict[str, Any], projection: str = CURRENT) -> Response:
    """200 with an ETag over everything that is shown, or 304 when the reader has that already.

    The body holds the head of the case, and what its reader may do: so the tag changes with either.
    """
    body = {**body, "projection": projection}
    tag = f'"{sha256(canonical(body)).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Cookie, X-Hat",
        "X-Projection": projection,
    }
    known = [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]
    if projection == CURRENT and (tag in known or "*" in known):
        return Response(status_code=304, headers=headers)
    return JSONResponse(body, headers=headers)
