"""What a page reads: the API's own answers, once the ledger has what this browser has seen acknowledged."""

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from api.reading import WAIT_SECONDS
from api.routers import organisations
from api.runtime import Runtime
from db import reads
from db.identity import Access
from domain.text import Text
from web.acts import seen


async def caught_up(request: Request, runtime: Runtime) -> bool:
    """Wait, a little, until the projection shows what was just done from here; False: it does not yet."""
    for stream, seq in seen(request).items():
        if not await reads.wait_for(runtime.db, stream, seq, WAIT_SECONDS):
            return False
    return True


def body_of(response: Response) -> dict[str, Any]:
    """The JSON of an answer that the API made for programs."""
    found: dict[str, Any] = json.loads(bytes(response.body))
    return found


async def schemes(access: Access, runtime: Runtime) -> dict[str, Text]:
    """What each certification scheme is called, by id."""
    items = (await organisations.schemes(access, runtime))["items"]
    return {s["id"]: Text(id=s["name_id"], en=s["name_en"]) for s in items}
