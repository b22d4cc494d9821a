"""Who asks for a page: as for the API, but who is not signed in is led to the door."""

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse

from api.deps import PEOPLE, Allow
from db.identity import Access

Anybody = Annotated[Access, Depends(Allow(*PEOPLE))]


def inside(path: str) -> str:
    """The same address if it is one of ours, else the first page: we send nobody elsewhere."""
    parts = urlsplit(path)
    ours = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return path if ours and "\\" not in path else "/"


def to_sign_in(request: Request) -> RedirectResponse:
    """To the sign-in, and from there back to where one wanted to go."""
    where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = f"?next={quote(where)}" if request.method == "GET" and where != "/" else ""
    return RedirectResponse(f"/sign-in{wanted}", 303)


def go(path: str) -> RedirectResponse:
    """See other: what was posted is done, and reloading does not do it again."""
    return RedirectResponse(path, 303)
