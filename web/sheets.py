"""Sheets that a browser fills in cell by cell (see static/sheet.js): whose marks wait in it, and what a form
without scripts sends of them."""

from collections.abc import Iterator
from hashlib import sha256

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
