"""A page that keeps itself up to date asks cheaply whether anything in it is new.

The script (`static/asesor.js`) fetches a page with live regions again and again, each time with the tag of
what it shows. The tag is made of what decides the page's content: who asks in which hat and language, the
address, how far all chains have come, and the minute: of business time, by which things get late, and of
real time, in which work of the system fails without any event. Where it has not changed, 304 is answered
before anything else is read: that costs the look at who is signed in.
"""

import time
from datetime import datetime
from hashlib import sha256

from fastapi import Request
from fastapi.responses import Response

from api.pulse import pulse
from api.runtime import Runtime
from db import reads
from db.identity import Access
from web.i18n import language_of


async def tag_of(request: Request, access: Access, runtime: Runtime, *more: object, stream: str = "") -> str:
    """The tag of this page as it would be made now; `more` is what else its content depends on. A page about
    one case alone names its `stream`, and is not made again for what happens in others."""
    minute: datetime = (await runtime.gateway.business_now()).replace(second=0, microsecond=0)
    if stream:
        async with runtime.db.read() as session:
            head = await reads.head(session, stream)
        come = head.seq if head else 0
    else:
        come = await pulse(runtime)
    parts = (
        runtime.settings.build_id,
        access.key,
        access.hat.role.value,
        access.hat.organisation,
        language_of(request),
        request.url.path,
        request.url.query,
        come,
        minute.isoformat(),
        int(time.time() // 60),
        *more,
    )
    return f'"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def unchanged(request: Request, tag: str) -> Response | None:
    """304 for a reader who shows exactly this already; None for anybody else."""
    if request.headers.get("if-none-match", "").removeprefix("W/") != tag:
        return None
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
