"""Reading one thing: wait for what the reader has already written, and send it only when it is new."""

from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from api.commands import min_seq_of
from api.runtime import Runtime
from db import reads
from domain.events import canonical

CURRENT = "terkini"
WRITING = "sedang ditulis"
WAIT_SECONDS = 2.0


async def fresh(request: Request, runtime: Runtime, stream: str) -> str:
    """Wait until the ledger has what the reader already knows; says whether it has."""
    seq = min_seq_of(request)
    if not seq or await reads.wait_for(runtime.db, stream, seq, WAIT_SECONDS):
        return CURRENT
    return WRITING


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
