"""Separation of duties (R-SOD): no person checks own work."""

from collections.abc import Iterable
from typing import Any

from domain.facts import Facts, OverrideFacts
from domain.policy import Policy
from domain.rules.rule import Subject, beside, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict

STEP_OF: dict[str, str] = {
    "programme_submit": "submitter",
    "programme_resubmit": "submitter",
    "application_submit": "submitter",
    "programme_approve": "approver",
    "decide": "decision",
}
"""The step that a moment is, where the facts do not say."""


def separated_from(step: str, policy: Policy, steps: Iterable[str] = ()) -> tuple[str, ...]:
    """The steps whose persons may not take `step`, sorted.

    `steps` are those that the case knows: an uninvolved step (the appeal panel) is kept apart from each."""
    found = {b for a, b in policy.separations if a == step} | {a for a, b in policy.separations if b == step}
    if step in policy.uninvolved:
        found |= set(steps) | {x for pair in policy.separations for x in pair}
    else:
        found |= set(policy.uninvolved)
    return tuple(sorted(found - {step}))


def conflicts(facts: Facts, step: str, persons: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Which of these persons had a hand in a step that is kept apart from `step`: step → persons.

    BNSP's recorded overrides are taken out.
    """
    found = {
        other: tuple(p for p in both if lifted(facts, step, other, p) is None)
        for other, both in _shared(facts, step, persons).items()
    }
    return {other: both for other, both in found.items() if both}


def _shared(facts: Facts, step: str, persons: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The same, overridden or not. Compares persons, never accounts. Before the training record, the class's
    proposed to accepted trainers count as its trainers."""
    hands = {name: set(people) for name, people in facts.hands.items()}
    chosen = [c for c in facts.classes if c.id == facts.class_id or len(facts.classes) == 1]
    for class_ in chosen:
        hands.setdefault("trainer", set()).update(class_.trainers)
    if chosen or not facts.classes:
        hands.setdefault("trainer", set()).update(
            a.person
            for a in facts.assessors
            if a.kind == "trainer" and (not chosen or a.class_id == chosen[0].id)
        )
    acting = sorted({p for p in persons if p})
    found = {
        other: tuple(p for p in acting if p in hands.get(other, ()))
        for other in separated_from(step, facts.policy, hands)
    }
    return {other: both for other, both in found.items() if both}


def lifted(facts: Facts, one: str, other: str, person: str, class_id: str = "") -> OverrideFacts | None:
    """Did BNSP allow this person both steps, with a recorded reason, and may the pair be lifted at all?

    An override for one class counts in that class alone."""
    pair = {one, other}
    if not any(set(p) == pair for p in facts.policy.overridable):
        return None
    here = [o for o in facts.overrides if o.class_id in ("", class_id or facts.class_id)]
    return next((o for o in here if set(o.steps) == pair and o.person == person and o.reason), None)


@rule(
    id="R-SOD",
    title=Text(id="Pemisahan tugas", en="Separation of duties"),
    reading=Text(
        id="Orang yang berpasangan selalu berbeda, bukan akunnya, baik yang bertindak maupun yang diwakili: "
        "pengaju, verifikator, penyetuju; pelatih dan asesor seorang calon (BNSP dapat mengecualikan dengan "
        "alasan tercatat); yang melatih atau mengases tidak memutuskan; tim banding tidak sama dengan "
        "siapa pun "
        "dalam langkah sebelumnya. Sebelum pelatihan, pelatih yang diusulkan sampai yang menerima ikut "
        "dihitung.",
        en="Pairwise different persons, not accounts, for who acts and on whose behalf alike: submitter, "
        "verifier, approver; trainer and assessor of a candidate (BNSP may override with a recorded reason); "
        "whoever trained or assessed does not decide; the appeal panel shares nobody with the earlier steps. "
        "Before training, the class's proposed to accepted trainers count.",
    ),
    mark=("D",),
    bases=("LB-2",),
    citation="[D] § 5: pemisahan tugas; ISO/IEC 17024 [P] asks for safeguards; PP 10/2018 (LB-2)",
    parameters=("separations", "overridable", "uninvolved"),
    sentences={
        "apart": yes(
            "Tidak ada orang yang merangkap langkah yang harus terpisah.",
            "Nobody takes two steps that are kept apart.",
        ),
        "both": no(
            "Orang yang sama tidak boleh mengerjakan langkah “{step}” dan langkah “{other}”.",
            "The same person may not take both the step “{step}” and the step “{other}”.",
            "Minta petugas BNSP menugaskan orang lain.",
            "Ask BNSP operations to assign another person.",
        ),
        "overridden": yes(
            "BNSP mengizinkan orang yang sama mengerjakan langkah “{step}” dan langkah “{other}”, dengan "
            "alasan tercatat.",
            "BNSP lets the same person take both the step “{step}” and the step “{other}”, for a recorded "
            "reason.",
        ),
        "free": beside(
            "Langkah ini tidak termasuk langkah yang harus terpisah.",
            "This act is not one of the steps that are kept apart.",
        ),
        "system": beside(
            "Langkah ini dikerjakan sistem, bukan orang.",
            "This act is the system's, not a person's.",
        ),
    },
)
def r_sod(facts: Facts, _subject: Subject = None) -> list[Verdict]:
    """Did none of the persons who act here, or for whom it is done, take a step kept apart from this one?

    [D] § 5; the document itself lets a master assessor train and assess.
    """
    step = facts.step or STEP_OF.get(facts.moment, "")
    if not facts.actor_hands:
        return [r_sod.say("system", step=step)]
    if not step or not separated_from(step, facts.policy):
        return [r_sod.say("free", step=step)]
    found = [
        r_sod.say("both", step=step, other=other, persons=both)
        for other, both in conflicts(facts, step, facts.actor_hands).items()
    ]
    for other, both in _shared(facts, step, facts.actor_hands).items():
        for leave in filter(None, (lifted(facts, step, other, p) for p in both)):
            seen: dict[str, Any] = {"persons": (leave.person,), "by": leave.by, "reason": leave.reason}
            found.append(r_sod.say("overridden", step=step, other=other, **seen))
    return found or [r_sod.say("apart", step=step)]
