"""Policies: versioned data that a case keeps from its first day until BNSP migrates it (§ 5).

`CURRENT` is the product's own policy. A policy made by BNSP later is data too: it is stored as JSON, read
with `former.read` and made known to this process by `adopt`. New cases get it from its day on.
"""

from datetime import date

from domain.errors import Conflict, NotFound
from domain.policy import former
from domain.policy.first import FIRST
from domain.policy.model import Due, FormKind, Mark, MediaType, Policy, Requirement, Source, TaskKind, Term

__all__ = [
    "CURRENT",
    "POLICIES",
    "Due",
    "FormKind",
    "Mark",
    "MediaType",
    "Policy",
    "Requirement",
    "Source",
    "TaskKind",
    "Term",
    "adopt",
    "default",
    "former",
    "policy",
]

CURRENT: Policy = FIRST
POLICIES: dict[str, Policy] = {CURRENT.version: CURRENT}


def policy(version: str) -> Policy:
    """The policy of that version. Raises NotFound when this process does not know it."""
    found = POLICIES.get(version)
    if found is None:
        raise NotFound.because(
            "P-VERSION",
            "Versi kebijakan itu tidak dikenal.",
            "This policy version is not known.",
            version=version,
        )
    return found


def default(day: date | None = None) -> Policy:
    """The policy that a case begun on that day (WIB) starts with: the newest that is effective by then, of
    those that this process knows. Without a day, and before any is effective: the product's own."""
    effective = [p for p in POLICIES.values() if day is not None and p.effective <= day]
    return max(effective, key=lambda p: (p.effective, p.version), default=CURRENT)


def adopt(new: Policy) -> None:
    """Make a stored policy known. Raises Conflict when the version is known with other content: open cases
    were judged under it, so a change needs a new version."""
    if POLICIES.setdefault(new.version, new) != new:
        raise Conflict.because(
            "P-VERSION",
            "Versi kebijakan itu sudah ada dengan isi lain; buat versi baru.",
            "This policy version exists with other content; make a new version.",
            version=new.version,
        )
