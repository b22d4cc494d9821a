"""Saved filters of a list: a form posts to the list's own address, whose filters it keeps under a name."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.routers import work
from api.runtime import Runtime
from db.identity import Access
from domain.errors import DomainError, Malformed
from web import acts
from web.deps import go
from web.render import with_query

FLEETING = ("cursor", "lang", "done", "col", "min_seq")
"""What an address says of the moment, and not of the filters."""


def filters_of(request: Request) -> dict[str, str]:
    """The filters that the address holds."""
    return {k: v for k, v in request.query_params.items() if k not in FLEETING}


async def mine(access: Access, runtime: Runtime, of: str) -> list[dict[str, Any]]:
    """The saved filters of this list."""
    items: list[dict[str, Any]] = (await work.mine(access, runtime, of))["items"]
    return items


async def changed(request: Request, access: Access, runtime: Runtime, of: str) -> Response | DomainError:
    """Keep, rename or delete, as the form says; then on with the same filters. Or why not."""
    sent = await request.form()
    try:
        await _change(request, access, runtime, of, sent)
    except DomainError as error:
        return error
    return go(request.url.path + with_query(filters_of(request), done="1"))


async def _change(request: Request, access: Access, runtime: Runtime, of: str, sent: FormData) -> None:
    key, name, view = acts.key_of(sent), str(sent.get("name", "")), str(sent.get("view", ""))
    match sent.get("act"):
        case "keep":
            keep = acts.validated(work.Keep, {"page": of, "name": name, "query": filters_of(request)})
            await work.keep(keep, Response(), access, key, runtime)
        case "rename":
            rename = acts.validated(work.Rename, {"name": name})
            await work.rename(view, rename, Response(), access, key, runtime)
        case "delete":
            await work.forget(view, Response(), access, key, runtime)
        case _:
            raise Malformed.because("A-VALUE", "Nilainya tidak sah.", "The value is not valid.", field="act")
