"""What rules leave to a person, and the fact that is the answer (§ 3: it belongs to person, scheme and
policy version)."""

from collections.abc import Iterable

from domain.verdict import Verdict

ASKED = {
    ("R-Q3", "low"): "equivalence",
    ("R-Q3", "unknown"): "equivalence",
    ("R-TECH", "other_field"): "field_accepted",
}
"""Rule and sentence of an open question → the participant's fact that answers it."""


def asked(verdicts: Iterable[Verdict]) -> frozenset[str]:
    """The facts that these verdicts ask for."""
    return frozenset(
        ASKED[question]
        for verdict in verdicts
        if (question := (verdict.rule, str(verdict.facts.get("sentence", "")))) in ASKED
    )
