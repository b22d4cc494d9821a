"""What a rule answers, and what a person is told when the answer is no."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.text import Text


class Outcome(StrEnum):
    """The four values of a rule's verdict (rule book, introduction)."""

    PASS = "pass"  # noqa: S105 (the word of the rule book, not a password)
    FAIL = "fail"
    NEEDS_HUMAN = "needs_human"
    NOT_APPLICABLE = "not_applicable"


class Violation(BaseModel):
    """One reason why something may not be done: which rule, what was seen, what to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    """Rule id: `R-…` from the rule book, or the id of a machine's guard (`M-…`, `T-…`)."""
    text: Text
    citation: str = ""
    remedy: Text | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    """What the software saw: ids, counts and dates only, never names, NIK or free text."""
    subject: str = ""
    """Id of the seat, class or task that it is about; empty for the case itself."""


class Verdict(BaseModel):
    """The answer of one rule about one subject, with the facts it saw and its source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    version: str
    outcome: Outcome
    text: Text
    citation: str
    facts: dict[str, Any] = Field(default_factory=dict)
    remedy: Text | None = None
    subject: str = ""

    @property
    def ok(self) -> bool:
        """True when the rule does not stand in the way (`pass` or `not_applicable`)."""
        return self.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)

    def violation(self) -> Violation:
        """The same finding as a refusal; call it only when `ok` is False."""
        return Violation(
            rule=self.rule,
            text=self.text,
            citation=self.citation,
            remedy=self.remedy,
            facts=self.facts,
            subject=self.subject,
        )
