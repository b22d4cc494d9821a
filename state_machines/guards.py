"""Guards that more than one machine asks. Each is a question; the empty list means yes."""

from collections.abc import Callable, Iterable
from typing import Any

from domain.facts import Facts
from domain.roles import Role
from domain.rules.duties import lifted
from domain.rules.duties import separated_from as steps_apart
from domain.rules.matrix import Moment, run
from domain.text import Text
from domain.verdict import Outcome, Violation
from state_machines.table import Guard, Situation


def no(
    rule: str,
    indonesian: str,
    english: str,
    *,
    subject: str = "",
    citation: str = "",
    remedy: Text | None = None,
    **facts: Any,
) -> list[Violation]:
    """One reason why not."""
    return [
        Violation(
            rule=rule,
            text=Text(id=indonesian, en=english),
            subject=subject,
            citation=citation,
            remedy=remedy,
            facts=facts,
        )
    ]


def rules(*moments: Moment, needs_command: bool = True) -> Guard:
    """Does any rule of these moments fail? `needs_human` does not stop a move: it opens a task."""

    def ask(s: Situation) -> list[Violation]:
        return [
            v.violation() for moment in moments for v in run(moment, judged(s)) if v.outcome is Outcome.FAIL
        ]

    return Guard("rules:" + ",".join(m.value for m in moments), ask, needs_command=needs_command)


def judged(s: Situation) -> Facts:
    """The facts under the policy that the case keeps, with the hands and overrides that it knows itself."""
    known = {"policy": s.policy, "hands": dict(s.case.hands), "overrides": s.case.overrides}
    return s.facts.model_copy(update=known)


def own_organisation(organiser_of: Callable[[Situation], str]) -> Guard:
    """Does an organiser act on its own case? (Every other role passes: the row's roles judge it.)"""

    def ask(s: Situation) -> list[Violation]:
        if s.actor.role is not Role.ORGANISER or s.actor.organisation == organiser_of(s):
            return []
        return no(
            "M-OWN",
            "Hanya penyelenggara dari perkara ini yang dapat melakukannya.",
            "Only this case's own organiser can do this.",
            subject=s.subject.id,
        )

    return Guard("M-OWN", ask)


def shared_hands(s: Situation, steps: Iterable[str], *, step: str = "") -> list[Violation]:
    """R-SOD: which of these steps has one of the actor's persons had a hand in? `step`: the one that this
    act is, which BNSP may have let that person take all the same."""

    def barred(other: str) -> bool:
        mine = s.actor.hands & set(s.case.hands.get(other, ()))
        return any(lifted(judged(s), step, other, person) is None for person in mine)

    found = [other for other in steps if barred(other)]
    if not found:
        return []
    return no(
        "R-SOD",
        "Orang yang sama tidak boleh mengerjakan langkah ini setelah langkah: {}.".format(
            ", ".join(STEP_NAMES.get(f, f) for f in found)
        ),
        "The same person may not take this step after: {}.".format(", ".join(found)),
        subject=s.subject.id,
        citation="[D] separation of duties; ISO/IEC 17024 asks for safeguards of impartiality",
        remedy=Text(
            id="Minta petugas BNSP menugaskan orang lain.",
            en="Ask BNSP operations to assign another person.",
        ),
        steps=found,
    )


def separated_from(step: str, *, before: tuple[str, ...] = ()) -> Guard:
    """Has none of the actor's persons had a hand in a step that the policy keeps apart from this one (R-SOD)?

    `before`: the steps that cases begun before revision 1 are held against, whatever the policy says.
    """

    def ask(s: Situation) -> list[Violation]:
        apart = steps_apart(step, s.policy, s.case.hands) if s.case.revision >= 1 else before
        return shared_hands(s, apart)

    return Guard(f"R-SOD:{step}", ask)


VERIFIES = separated_from("verifier", before=("submitter",))
APPROVES = separated_from("approver", before=("submitter", "verifier"))

STEP_NAMES = {
    "submitter": "pengajuan",
    "verifier": "verifikasi",
    "approver": "persetujuan",
    "trainer": "pelatihan",
    "assessor": "asesmen",
    "recommender": "rekomendasi",
    "reviewer": "kaji dokumen",
    "decision": "keputusan",
    "candidate": "keikutsertaan sebagai peserta",
    "resolver": "keputusan atas kesetaraan atau pengecualian",
    "panel": "sidang banding",
}


def form_missing(s: Situation) -> list[Violation]:
    return no("T-FORM", "Formulir belum diisi.", "The form is not filled in.", subject=s.subject.id)
