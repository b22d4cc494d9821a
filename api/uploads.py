"""A file that is sent: as the raw body, or as the one file of a multipart form."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from domain.errors import Malformed

CHUNK = 64 * 1024


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The file in pieces. Malformed (A-FILE) for a form without a file; TooLarge from the edge."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        async for piece in request.stream():
            if piece:
                yield piece
        return
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
            if file is None:
                raise _no_file()
            while piece := await file.read(CHUNK):
                yield piece
    except MultiPartException:
        raise _no_file() from None


async def whole(request: Request) -> bytes:
    """The whole file in memory; the edge bounds its size."""
    return b"".join([piece async for piece in chunks(request)])


def _no_file() -> Exception:
    return Malformed.because(
        "A-FILE", "Sertakan satu berkas dalam isian “file”.", "Send one file in the field “file”."
    )


def body_docs(*media_types: str) -> dict[str, Any]:
    """How OpenAPI describes it."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    form = {"schema": {"type": "object", "properties": {"file": binary["schema"]}, "required": ["file"]}}
    content = {**dict.fromkeys(media_types, binary), "multipart/form-data": form}
    return {"requestBody": {"required": True, "content": content}}
