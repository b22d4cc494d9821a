"""Every refused write of somebody signed in leaves a denial, and so does a stranger's look."""

import re

from fastapi import Request

from api.deps import READS, access_of
from api.runtime import runtime_of
from api.sight import Stranger
from db.identity import Access
from domain.errors import DomainError, NotSignedIn, Unknown

_STREAM = re.compile(r"^[A-Za-z0-9:_-]{1,80}$")


async def record(request: Request, error: DomainError) -> None:
    """Write the refusal down, by rule ids, unless the gateway has done so already."""
    if isinstance(error, Unknown | NotSignedIn) or getattr(request.state, "denied", False):
        return
    if request.method in READS and not isinstance(error, Stranger) and error.status != 403:
        return
    if not hasattr(request.app.state, "runtime"):
        return
    access = await _who(request)
    if access is None:
        return
    request.state.denied = True
    await runtime_of(request).gateway.deny(error, access.actor, stream=_stream(request), what=_what(request))


async def _who(request: Request) -> Access | None:
    """Who asked; looked up here when the body was refused before anybody was asked about."""
    known: Access | None = getattr(request.state, "access", None)
    if known is not None:
        return known
    try:
        return await access_of(request)
    except DomainError:
        return getattr(request.state, "access", None)


def _what(request: Request) -> str:
    """The name of the route, which says what was wanted and of nobody whom."""
    return str(getattr(request.scope.get("route"), "name", "") or "unknown")


def _stream(request: Request) -> str:
    """The id in the address, if it has the shape of one."""
    for name in ("programme", "application", "certificate", "stream", "task", "person", "organisation"):
        value = request.path_params.get(name, "")
        if _STREAM.match(value):
            return str(value)
    return ""
