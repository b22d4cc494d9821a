"""The forms of a task's decisions: what each asks, what was typed into one of them, and what is at hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import FormData

from api.schemas.derive import request_model
from api.schemas.tasks import CompleteTaskRequest
from domain.decisions import DECISIONS, FORMS
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.forms import Choices, Field, Form, form_of, parse

Mapped = Mapping[str, Any]
BESIDES = frozenset({"key", "decision", "phrase", "list", "confirmed"})
"""Fields of the page's own that are no part of what was typed."""


@dataclass(frozen=True)
class Choice:
    """One decision of a task and what it needs."""

    decision: str
    label: Text
    needs_reason: bool
    needs_evidence: bool
    form: Form
    """The questions of this decision: reason, evidence, and those of its own form."""

    @property
    def writes(self) -> bool:
        """Is there a place for a sentence of one's own?"""
        return bool(places(self.form.fields))


def choices(
    kind: str,
    decisions: Iterable[Mapped],
    given: Choices,
    chosen: str,
    values: Mapped | None = None,
    violations: Sequence[Violation] = (),
) -> tuple[Choice, ...]:
    """Every decision with its form. What was typed, and what is wrong with it, belongs to the `chosen` one
    alone: the reason of one decision never stands in another's form."""
    return tuple(
        Choice(
            one["decision"],
            DECISIONS[one["decision"]],
            one["needs_reason"],
            one["needs_evidence"],
            _needed(
                one,
                form_of(
                    model_of(kind, one["decision"]),
                    choices=given,
                    values=values if one["decision"] == chosen else None,
                    violations=violations if one["decision"] == chosen else (),
                    leave_out=_left_out(one, kind),
                ),
            ),
        )
        for one in decisions
    )


def _needed(one: Mapped, form: Form) -> Form:
    """The form with what this decision needs marked as such: the schema, which serves all, says optional."""
    needs = {"reason": one["needs_reason"], "evidence": one["needs_evidence"]}
    fields = (replace(f, required=f.required or needs.get(f.name, False)) for f in form.fields)
    return replace(form, fields=tuple(fields))


def model_of(kind: str, decision: str) -> type[BaseModel]:
    """The request of one decision: completing, with the form that this decision needs."""
    wanted = FORMS.get((kind, decision))
    if wanted is None:
        return CompleteTaskRequest
    return acts.with_form(CompleteTaskRequest, request_model(wanted))


def _left_out(one: Mapped, kind: str) -> list[str]:
    """Fields that this decision does not ask for."""
    left = ["decision"]
    if (kind, one["decision"]) not in FORMS:
        left.append("form")
    if not one["needs_reason"] and not one["needs_evidence"]:
        left += ["reason", "evidence"]
    return left


def values_of(kind: str, sent: FormData) -> dict[str, Any]:
    """What was typed, in the shape of the request."""
    decision = str(sent.get("decision", ""))
    return {**parse(model_of(kind, decision), sent), "decision": decision}


def typed(sent: FormData) -> dict[str, list[str]]:
    """The same as it stands in the form, to be kept."""
    found: dict[str, list[str]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str) and name not in BESIDES:
            found.setdefault(name, []).append(value)
    return found


def again(draft: Mapped) -> FormData:
    """A kept draft as the form that it was."""
    pairs = [(name, value) for name, values in draft["fields"].items() for value in values]
    return FormData([*pairs, ("decision", draft["decision"])])


def places(fields: Iterable[Field]) -> list[str]:
    """Names of the fields that hold sentences, those of lists included."""
    found = []
    for one in fields:
        if one.kind == "long":
            found.append(one.name)
        found += places(one.fields)
    return found


def place_for(names: Sequence[str], fields: Mapping[str, Sequence[str]]) -> str:
    """Where a phrase goes: the first place that is empty, else the first of all."""
    empty = (name for name in names if not "".join(fields.get(name, ())).strip())
    return next(empty, names[0] if names else "")


def sentence_in(names: Sequence[str], fields: Mapping[str, Sequence[str]]) -> str:
    """The sentence that is to be kept as a phrase: the last that was written."""
    written = [text for name in names if (text := "".join(fields.get(name, ())).strip())]
    return written[-1] if written else ""
