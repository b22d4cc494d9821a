"""Pages of their own on which tasks are done, beside the one that every task has."""

from collections.abc import Mapping
from typing import Any

PLACES: Mapping[str, str] = {
    "record_attendance": "/attendance/{stream}/{subject}",
    "begin_assessment": "/assessments/{stream}",
    "file_assessment": "/assessments/{stream}",
    "decide": "/decisions/{stream}",
}


def own_page(task: Mapping[str, Any]) -> str:
    """Where a task of this kind is done; empty for one that has but its own page as a task."""
    return PLACES.get(task["kind"], "").format(**task)
