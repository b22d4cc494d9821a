"""Sheets that a browser fills in cell by cell (see static/sheet.js): whose marks wait in it, and what a form
without scripts sends of them."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from starlette.datastructures import FormData

from db.identity import Access

MARK = "mark"
"""Fields are called `mark`, which cell, the version that was seen and what it held, with dots between."""


def owner_of(access: Access) -> str:
    """Under which name marks wait in a browser: another account that uses it sends none of them. No name of
    anybody, and not the account's own id."""
    return sha256(f"sheet/{access.account}".encode()).hexdigest()[:16]


def changed(sent: FormData) -> Iterator[tuple[list[str], int, str]]:
    """The cells that the form changes: which, the version that was seen, and the new value. What was not
    touched is not sent, so that it overwrites nothing."""
    for name, value in sent.items():
        head, *rest = str(name).split(".")
        if head != MARK or len(rest) < 3 or not isinstance(value, str):
            continue
        *where, version, shown = rest
        if value != shown and version.isascii() and version.isdigit() and len(version) < 9:
            yield where, int(version), value


def filled_in(found: Mapping[str, Any], sent: FormData) -> Iterator[dict[str, Any]]:
    """The cells of an assessment's sheet that were filled in otherwise than they stand."""
    report = {"id": "", "cells": found["report"]}
    for unit in (*found["units"], report):
        for part, cell in unit["cells"].items():
            name = f"{unit['id'] or 'report'}.{part}"
            version = sent.get(f"version.{name}")
            if not isinstance(version, str) or not (
                version.isascii() and version.isdigit() and len(version) < 9
            ):
                continue
            value = _value(part, sent, name)
            if value != (cell["value"] if cell["value"] is not None else _EMPTY.get(part)):
                yield {"unit": unit["id"], "part": part, "value": value, "version": int(version)}


_EMPTY: Mapping[str, Any] = {
    "evidence": [],
    "documents": [],
    "note": "",
    "follow_up": "",
    "summary": "",
    "refused": False,
}
"""What a form without an answer sends for a cell that was never filled in."""


def _value(part: str, sent: FormData, name: str) -> Any:
    match part:
        case "evidence" | "documents":
            return [str(v) for v in sent.getlist(name)]
        case "refused":
            return sent.get(name) == "yes"
        case "result":
            return sent.get(name)
        case _:
            return str(sent.get(name, "")).replace("\r\n", "\n").strip()
