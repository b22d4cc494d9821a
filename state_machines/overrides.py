"""BNSP's override of R-SOD between trainer and assessor: who may record one, and where."""

from domain.commands import OverrideSeparation
from domain.text import Text
from domain.verdict import Violation
from state_machines.guards import no
from state_machines.journey_facts import journey_of
from state_machines.table import Situation

_PAIR = {"trainer", "assessor"}
_CITATION = "[D] § 5 R-SOD: BNSP may override with a recorded reason"


def may_override(s: Situation, person: str) -> list[Violation]:
    """Does the policy let this pair be lifted, and by somebody else than the one whom it is for?"""
    found: list[Violation] = []
    if not any(set(pair) == _PAIR for pair in s.policy.overridable):
        found += no(
            "R-SOD",
            "Kebijakan ini tidak mengizinkan pelatih menjadi asesor.",
            "This policy lets no trainer assess.",
            subject=s.subject.id,
            citation=_CITATION,
        )
    if person in s.actor.hands:
        found += no(
            "R-SOD",
            "Pengecualian untuk diri sendiri dicatat oleh petugas lain.",
            "An override for oneself is for another officer to record.",
            subject=s.subject.id,
            citation=_CITATION,
            remedy=Text(
                id="Minta petugas BNSP lain mencatatnya.", en="Ask another BNSP officer to record it."
            ),
        )
    return found


def nothing_to_override(subject: str) -> list[Violation]:
    """The refusal of an override that nothing needs."""
    return no(
        "M-OVERRIDE",
        "Orang itu tidak merangkap pelatih dan asesor di sini; tidak ada yang perlu dikecualikan.",
        "That person is not both trainer and assessor here; there is nothing to override.",
        subject=subject,
        citation=_CITATION,
        remedy=Text(id="Kirim tanpa pengecualian.", en="Send it without the override."),
    )


def trainer_may_assess(s: Situation) -> list[Violation]:
    """Is the one named a trainer of this candidate, and may the one who asks let them assess?"""
    j = journey_of(s)
    if not isinstance(s.command, OverrideSeparation):
        return nothing_to_override(j.id)
    person = s.command.person
    trained = {*j.trainers, *s.case.hands.get("trainer", ())}
    return may_override(s, person) + ([] if person in trained else nothing_to_override(j.id))
