"""Guards of the committee's decision, and of what is open to a candidate after a negative one."""

from domain.commands import ConveneForm
from domain.verdict import Violation
from state_machines.guards import form_missing, no
from state_machines.journey_facts import (
    failing,
    failures,
    form_of,
    journey_of,
    reassess_verdicts,
    recommendation,
    sod,
    vote_verdicts,
)
from state_machines.table import Guard, Situation

APPEAL = "appeal"
"""Kind of the deadline that ends the time for an appeal."""


def committee_fits(s: Situation) -> list[Violation]:
    """Are there members enough, the chair one of them, and nobody who trained or assessed?"""
    form = form_of(s, ConveneForm)
    if form is None:
        return form_missing(s)
    needed, members = s.policy.votes_minimum, set(form.members)
    found: list[Violation] = []
    if len(members) < needed or len(members) < len(form.members):
        found += no(
            "R-VOTE",
            f"Komite memerlukan paling sedikit {needed} anggota yang berbeda; ada {len(members)}.",
            f"The committee needs at least {needed} different members; there are {len(members)}.",
            subject=s.subject.id,
            citation="[P] ISO/IEC 17024; [D] § 3",
            members=len(members),
            needed=needed,
        )
    if form.chair not in members:
        found += no(
            "R-VOTE",
            "Ketua bukan anggota sidang ini.",
            "The chair is not a member of this sitting.",
            subject=s.subject.id,
            citation="[P] ISO/IEC 17024; [D] § 3",
        )
    return found + sod(s, "decision", members)


def recommended_k(s: Situation) -> list[Violation]:
    """Was K recommended? A committee never turns BK into K without a new assessment."""
    if recommendation(journey_of(s)) == "K":
        return []
    return no(
        "R-VOTE",
        "Rekomendasi asesor adalah BK; komite tidak dapat menyatakan kompeten tanpa asesmen baru.",
        "The assessor recommended BK; the committee cannot decide competent without a new assessment.",
        subject=s.subject.id,
        citation="[D] § 3",
        failing=list(failing(journey_of(s))),
    )


def votes_carry(s: Situation) -> list[Violation]:
    """Do at least the policy's number of uninvolved members carry this very decision?"""
    return [v for v in failures(s, vote_verdicts(s)) if v.facts.get("sentence") != "bk"]


def numbers_taken(s: Situation) -> list[Violation]:
    """Are the three numbers there, and were they taken for this certificate?"""
    j = journey_of(s)
    if j.certificate and len(j.numbers) == 3:
        return []
    return no(
        "M-NUMBERS",
        "Nomor sertifikat, registrasi, dan blangko belum diambil.",
        "The certificate, registration and blank numbers are not taken yet.",
        subject=j.id,
        citation="[D] § 3: three numbers kept apart",
    )


def reassessment_left(s: Situation) -> list[Violation]:
    """Is a re-assessment left, and does this day lie within its time (R-BK)?"""
    return failures(s, reassess_verdicts(s))


def appeal_open(s: Situation) -> list[Violation]:
    """Does the time for an appeal still run, and has there been none against this result?"""
    j = journey_of(s)
    waiting = any(d.kind == APPEAL and d.state == "WAITING" for d in s.case.deadlines.values())
    if waiting and j.appealed_from != j.state:
        return []
    return no(
        "M-APPEAL",
        "Waktu banding sudah lewat, atau banding sudah diputuskan.",
        "The time for an appeal is over, or the appeal has been decided.",
        subject=j.id,
        citation="[D] § 3",
    )


def nothing_left(s: Situation) -> list[Violation]:
    """Is neither an appeal nor a re-assessment possible any more?"""
    found: list[Violation] = []
    if not appeal_open(s):
        found += no(
            "M-APPEAL", "Banding masih mungkin.", "An appeal is still possible.", subject=s.subject.id
        )
    if s.subject.state == "NOT_YET_COMPETENT" and not reassessment_left(s):
        found += no(
            "R-BK",
            "Asesmen ulang masih mungkin.",
            "A re-assessment is still possible.",
            subject=s.subject.id,
        )
    return found


def appealed_from(state: str) -> Guard:
    """Was the appeal against the result of this very state?"""

    def ask(s: Situation) -> list[Violation]:
        if journey_of(s).appealed_from == state:
            return []
        return no(
            "M-APPEAL",
            "Banding diajukan atas keadaan lain.",
            "The appeal was against another state.",
            subject=s.subject.id,
        )

    return Guard(f"appealed_from:{state}", ask, selects=True)


COMMITTEE = Guard("R-VOTE:committee", committee_fits, needs_command=True)
RECOMMENDED_K = Guard("R-VOTE:K", recommended_k)
VOTES = Guard("R-VOTE", votes_carry, needs_command=True)
NUMBERS = Guard("M-NUMBERS", numbers_taken)
REASSESSMENT = Guard("R-BK", reassessment_left)
APPEAL_OPEN = Guard("M-APPEAL", appeal_open)
NOTHING_LEFT = Guard("M-OPEN", nothing_left)
