"""What a posted form becomes: the request that a program would send, judged by the same models."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar
from uuid import uuid4

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError, create_model
from starlette.datastructures import FormData

from api.fields import violations_of
from domain.commands import Receipt
from domain.errors import Malformed

M = TypeVar("M", bound=BaseModel)
SEEN = "asesor-seen"
"""Cookie: `stream:seq` of the last receipts, so that the next pages show what was just done."""
REMEMBERED = 4
KEY_LENGTH = 32
"""Characters of a page's key; its forms may add some."""


def new_key() -> str:
    """The Idempotency-Key of a form: made when it is shown, so that pressing twice is done once."""
    return uuid4().hex


def pages_key(key: str) -> str:
    """What `new_key` made for the page, without what a form of it has added; empty for anything else."""
    base = key[:KEY_LENGTH]
    return base if len(base) == KEY_LENGTH and base.isalnum() and base.isascii() else ""


def key_of(sent: FormData) -> str:
    """The form's key; Malformed (A-KEY-MISSING) without one."""
    key = sent.get("key")
    if not isinstance(key, str) or not 8 <= len(key) <= 120 or not key.isalnum() or not key.isascii():
        raise Malformed.because(
            "A-KEY-MISSING",
            "Formulir ini tidak lengkap. Muat ulang halaman, lalu kirim lagi.",
            "This form is not whole. Load the page again, then send it once more.",
        )
    return key


def validated(model: type[M], values: Mapping[str, Any]) -> M:
    """The request; Malformed, field by field, for what it refuses."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Malformed(violations_of(error.errors())) from None


def seen(request: Request) -> dict[str, int]:
    """stream → the last seq that this browser has a receipt for."""
    found: dict[str, int] = {}
    for part in request.cookies.get(SEEN, "").split(",")[-REMEMBERED:]:
        stream, _, seq = part.rpartition(":")
        if stream and seq.isascii() and seq.isdigit() and len(seq) <= 9:
            found[stream] = int(seq)
    return found


def note(request: Request, response: Response, receipt: Receipt) -> None:
    """Let the next pages wait for what this receipt says."""
    found = seen(request)
    found.pop(receipt.stream, None)
    found[receipt.stream] = receipt.seq
    kept = list(found.items())[-REMEMBERED:]
    value = ",".join(f"{stream}:{seq}" for stream, seq in kept)
    response.set_cookie(SEEN, value, max_age=600, path="/", httponly=True, samesite="lax")


@cache
def with_form(model: type[BaseModel], form: type[BaseModel]) -> type[BaseModel]:
    """The same request with one certain form, so that its page asks for nothing else."""
    made: type[BaseModel] = create_model(
        f"{model.__name__}With{form.__name__}", __base__=model, form=(form, ...)
    )
    return made
