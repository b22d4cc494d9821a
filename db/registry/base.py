"""What every part of the registry shares."""

from collections.abc import Iterable

import structlog
from pydantic import BaseModel, ConfigDict

from domain.roles import Role

LETTER = "recommendation_letter"
"""Requirement name of the letter's file among a person's documents."""
REVEALERS = frozenset({Role.OPERATIONS, Role.AUDITOR})
DEFAULT_SCHEME = "asesor-kompetensi"
REASON_MIN = 5

log = structlog.get_logger()


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def batched(keys: Iterable[str], size: int = 500) -> Iterable[list[str]]:
    """The keys in parts: a statement takes only so many values."""
    every = list(keys)
    return (every[start : start + size] for start in range(0, len(every), size))
