"""Stored policies of the first shape: a length of time could stand in three places, and the documents that a
review asks for stood in the code."""

from collections.abc import Mapping
from typing import Any

from domain.policy.first import REQUIREMENTS
from domain.policy.model import NAMED_TERMS, Policy

_LENGTHS = {"record_attendance": 1, "complete_kit": 0, "sign_agreement": 0, "begin_assessment": 0}
"""What the code held itself, whatever the catalogue said."""


def read(content: Mapping[str, Any]) -> Policy:
    """A stored policy (JSON) of any shape so far, under which its cases go on exactly as they began: of the
    places that one length had, the one that was read is kept. Raises ValidationError for any other shape."""
    if "offer_hours" not in content:
        return Policy.model_validate(content)
    kept = {k: v for k, v in content.items() if k != "offer_hours"}
    terms = content["terms"]
    lengths = {**_LENGTHS, "complete_class": -terms["class_completion_before"]["length"]}
    kept["requirements"] = REQUIREMENTS
    kept["terms"] = {name: terms[name] for name in NAMED_TERMS if name in terms}
    kept["sources"] = {name: source for name, source in content["sources"].items() if name != "offer_hours"}
    kept["tasks"] = [{**task, "due": _due(task, lengths)} for task in content["tasks"]]
    return Policy.model_validate(kept)


def _due(task: Mapping[str, Any], lengths: Mapping[str, int]) -> dict[str, Any]:
    if task["kind"] == "reassess":  # its last day was always that of R-BK's months
        return {"unit": "moment", "of": "last_reassessment_day"}
    return {**task["due"], "length": lengths.get(task["kind"], task["due"]["length"])}
