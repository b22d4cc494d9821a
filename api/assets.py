"""What pages are made of beside themselves: style sheets, scripts and pictures. Each is asked for once, by an
address that holds what it contains, and then kept for a year: a page that is opened again is one request."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from settings import ROOT

STATIC = Path(ROOT) / "web" / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"
_NAMED = re.compile(r'(?<=")/static/([\w.-]+)(?=")')


@cache
def version_of(name: str) -> str:
    """The beginning of the file's SHA-256; empty for a file that is not there."""
    file = STATIC / name
    return sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""


def stamped(source: str) -> str:
    """The template's source with the version in the address of every file that it names."""
    return _NAMED.sub(lambda match: f"{match[0]}?v={version_of(match[1])}", source)


class Assets(StaticFiles):
    """The files. Who asks by the version that is there keeps it; any other address is asked again (ETag)."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        asked: Any = scope.get("query_string", b"")
        known = version_of(path) and asked == f"v={version_of(path)}".encode()
        response.headers["Cache-Control"] = FOR_EVER if known else ASK_AGAIN
        return response
