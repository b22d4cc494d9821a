"""Commands that go through the HTTP API, as somebody with a token: the inbox, and the roster's import."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import httpx

from domain.clock import format_wib
from tools.cli.console import CommandFailed, Exit, Out
from tools.cli.parts import present

Box = Literal["mine", "groups", "done", "all"]
LIMIT = httpx.Timeout(30.0, connect=5.0)
PAGES = 20
"""Pages of an inbox that are read; whoever has more than that narrows it."""
ATTEMPTS = 4
PAUSE = 2.0
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 40


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


def refused(response: httpx.Response) -> CommandFailed:
    """What the problem in an answer says, in both languages, and whether trying again helps."""
    problem = _body(response)
    indonesian = problem.get("detail") or f"API menjawab {response.status_code}."
    english = problem.get("detail_en") or f"The API answered {response.status_code}."
    rules = ", ".join(v["rule"] for v in problem.get("violations", []) if "rule" in v)
    code = Exit.WRONG
    if response.status_code in (429, 503):
        code = Exit.AGAIN
    elif response.status_code >= 500:
        code = Exit.UNAVAILABLE
    return CommandFailed(code, f"{rules}: {indonesian}" if rules else indonesian, english)


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


async def tasks(out: Out, *, box: Box, token: str) -> int:
    """`asesor tasks`: the inbox of the token's account, the first due first."""
    found: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    cursor = ""
    async with signed_in(token) as client:
        for _ in range(PAGES):
            response = await client.get("/v1/tasks", params={"view": box, "cursor": cursor, "limit": 100})
            if not response.is_success:
                raise refused(response)
            page = _body(response)
            found += page["items"]
            counts = page.get("counts") or counts
            cursor = page.get("next") or ""
            if not cursor:
                break
    rows = [
        (
            _due(task["due_at"]),
            "TERLAMBAT – LATE" if task.get("late") else task["state"],
            task.get("label") or task["kind"],
            task["stream"],
            task["id"],
        )
        for task in found
    ]
    heads = ("tenggat – due", "keadaan – state", "tugas – task", "perkara – case", "id")
    out.result(
        {"ok": True, "box": box, "counts": counts, "tasks": found, "more": bool(cursor)},
        out.table(heads, rows) if rows else "kosong – empty",
        *(["… masih ada lagi – there are more"] if cursor else []),
    )
    return Exit.OK


def _due(text: str | None) -> str:
    return format_wib(datetime.fromisoformat(text)) if text else "–"


async def import_roster(
    out: Out, file: Path, *, organiser: str, programme: str, token: str, replace: bool
) -> int:
    """`asesor import`: every row or none; 1 with what is wrong, cell by cell, when the roster is refused."""
    content = await asyncio.to_thread(file.read_bytes)
    headers = {"Idempotency-Key": f"import-{uuid.uuid4()}", "Content-Type": XLSX}
    address = f"/v1/programmes/{programme}/import"
    async with signed_in(token, f"organiser:{organiser}") as client:
        for attempt in range(1, ATTEMPTS + 1):
            params = {"replace": "true" if replace else "false"}
            # The same key each time: an answer that was lost on its way must not import twice.
            response = await client.post(address, params=params, content=content, headers=headers)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or attempt == ATTEMPTS:
                break
            await asyncio.sleep(PAUSE)
    body = _body(response)
    if not response.is_success and "rows" not in body:
        raise refused(response)
    rows = body.get("rows", [])
    bad = [row for row in rows if not row["ok"]]
    told = [
        (p.get("cell") or f"baris {row['row']}", p["rule"], p["text"]) for row in bad for p in row["problems"]
    ]
    more = [f"… {len(told) - SHOWN} lagi – more (--json)"] if len(told) > SHOWN else []
    out.result(
        {"ok": response.is_success, "imported": body.get("imported", 0), "rows": rows},
        *(
            [out.table(("sel – cell", "aturan – rule", "masalah – problem"), told[:SHOWN]), *more]
            if told
            else []
        ),
        f"{body.get('imported', 0)} peserta diimpor – participants imported; "
        f"{len(bad)} baris salah – rows are wrong",
    )
    return Exit.OK if response.is_success else Exit.WRONG
