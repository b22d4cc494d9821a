"""A file in a posted form: read once, and handed to the API's own function, which reads it piece by piece.

The request keeps its parsed form, so that `api.uploads.chunks` finds the file there, at its beginning, and
every rule on size, kind and quota is the API's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from domain.errors import Malformed
from domain.text import Text
from domain.verdict import Violation

MOST_FIELDS = 600
"""A tick for each participant of the largest request, and the rest."""


@asynccontextmanager
async def file_form(request: Request) -> AsyncIterator[FormData]:
    """What was posted, its file still unread, and put away at the end. TooLarge from the edge."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        yield sent


def require_file(sent: FormData) -> None:
    """Malformed (A-FILE), about the field `file`, when no file was chosen."""
    if any(isinstance(value, UploadFile) and value.size for value in sent.values()):
        return
    text = Text(id="Pilih satu berkas yang tidak kosong.", en="Choose one file that is not empty.")
    raise Malformed(Violation(rule="A-FILE", text=text, citation="[D] § 10", facts={"field": "file"}))
