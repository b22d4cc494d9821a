"""A page that keeps itself up to date asks cheaply whether anything in it is new.

The script (`static/asesor.js`) fetches a page with live regions again and again, each time with the tag of
what it shows. The tag is made of what decides the page's content: who asks in which hat and language, the
address, how far all chains have come, and the minute (of business time, by which things get late). Where it
has not changed, 304 is answered before anything else is read: that costs the look at who is signed in.
"""

from datetime import datetime
from hashlib import sha256

from fastapi import Request
from fastapi.responses import Response

from api.pulse import pulse
from api.runtime import Runtime
from db.identity import Access
from web.i18n import language_of


async def tag_of(request: Request, access: Access, runtime: Runtime, *more: object) -> str:
    """The tag of this page as it would be made now; `more` is what else its content depends on."""
    minute: datetime = (await runtime.gateway.business_now()).replace(second=0, microsecond=0)
    parts = (
        runtime.settings.build_id,
        access.key,
        access.hat.role.value,
        access.hat.organisation,
        language_of(request),
        request.url.path,
        request.url.query,
        await pulse(runtime),
        minute.isoformat(),
        *more,
    )
    return f'"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def unchanged(request: Request, tag: str) -> Response | None:
    """304 for a reader who shows exactly this already; None for anybody else."""
    if request.headers.get("if-none-match", "").removeprefix("W/") != tag:
        return None
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
