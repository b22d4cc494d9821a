"""Commands that go through the HTTP API, as somebody with a token: the inbox, and the roster's import."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from domain.clock import format_wib
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import present

LIMIT = httpx.Timeout(30.0, connect=5.0)
PAGES = 20
"""Pages of an inbox that are read; whoever has more than that narrows it."""


@asynccontextmanager
async def signed_in(token: str, hat: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A client that acts by the token, at the product's own address. CommandFailed (2) without a token."""
    if not token:
        raise CommandFailed(
            Exit.USAGE,
            "Token diperlukan: --token atau ASESOR_TOKEN (buat dengan `asesor user token`).",
            "A token is needed: --token or ASESOR_TOKEN (make one with `asesor user token`).",
        )
    headers = {"Authorization": f"Bearer {token}", **({"X-Hat": hat} if hat else {})}
    async with httpx.AsyncClient(base_url=present().public_url, headers=headers, timeout=LIMIT) as client:
        yield client


def answer(response: httpx.Response) -> Any:
    """The answer's JSON, or CommandFailed with what the problem says in both languages."""
    if response.is_success:
        return response.json()
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    indonesian = problem.get("detail") or f"API menjawab {response.status_code}."
    english = problem.get("detail_en") or f"The API answered {response.status_code}."
    rules = ", ".join(v["rule"] for v in problem.get("violations", []) if "rule" in v)
    code = Exit.WRONG
    if response.status_code in (429, 503):
        code = Exit.AGAIN
    elif response.status_code >= 500:
        code = Exit.UNAVAILABLE
    raise CommandFailed(code, f"{rules}: {indonesian}" if rules else indonesian, english)
