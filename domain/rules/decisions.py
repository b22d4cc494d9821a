"""Units, votes and re-assessment (R-BK, R-VOTE)."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.facts import Facts, VoteFacts
from domain.months import add_months
from domain.rules.duties import conflicts
from domain.rules.rule import Subject, ask_human, beside, no, rule, yes
from domain.text import Text
from domain.verdict import Verdict

UnitOutcome = Literal["K", "BK"]


class Result(BaseModel):
    """K or BK over all units, with the units that are not K, in the order they were required."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: UnitOutcome
    failing: tuple[str, ...] = ()


def result(units: Mapping[str, UnitOutcome], required: Iterable[str] = ()) -> Result:
    """Are all required units K? One BK, or a required unit without a result, gives BK and is named.

    `units` maps unit id to its latest result; `required` defaults to its keys. Nothing assessed gives BK
    (domain specification § 3).
    """
    wanted = tuple(dict.fromkeys(required)) or tuple(units)
    failing = tuple(unit for unit in wanted if units.get(unit) != "K")
    return Result(outcome="K" if wanted and not failing else "BK", failing=failing)


def majority(votes: Iterable[VoteFacts]) -> bool | None:
    """Did more than half vote competent (True) or not yet (False)? None when neither did."""
    cast = list(votes)
    competent = sum(v.competent for v in cast)
    if 2 * competent > len(cast):
        return True
    return False if 2 * (len(cast) - competent) > len(cast) else None


@rule(
    id="R-VOTE",
    title=Text(id="Suara komite keputusan", en="Votes of the decision committee"),
    reading=Text(
        id="Suara paling sedikit 3 anggota, mayoritas sederhana, satu suara per orang; tidak seorang pun "
        "melatih atau mengases calon itu; dicatat oleh ketua. “Kompeten” hanya atas rekomendasi K: komite "
        "tidak pernah mengubah BK menjadi K tanpa asesmen baru.",
        en="The votes of at least 3 members, simple majority, one vote a person; none of them trained or "
        "assessed the candidate; entered by the chair. “Competent” only on a recommendation K: a committee "
        "never turns BK into K without a new assessment.",
    ),
    mark=("P", "D"),
    bases=("LB-2",),
    citation="[S] Alur Sertifikasi: Membuat Keputusan Sertifikasi; [P] ISO/IEC 17024; [D] § 3; "
    "PP 10/2018 (LB-2)",
    parameters=("votes_minimum", "separations"),
    sentences={
        "carried": yes(
            "Keputusan didukung {support} dari {votes} suara.",
            "The decision is carried by {support} of {votes} votes.",
        ),
        "quorum": no(
            "Baru ada {votes} suara anggota komite; paling sedikit {needed}.",
            "Votes of committee members: {votes}; at least {needed} are needed.",
            "Tunggu anggota lain, atau undang anggota pengganti.",
            "Wait for other members, or call in a substitute.",
        ),
        "twice": no(
            "Seorang anggota tercatat memberi lebih dari satu suara.",
            "A member is recorded with more than one vote.",
            "Catat satu suara untuk setiap anggota.",
            "Record one vote for each member.",
        ),
        "stranger": no(
            "{count} suara berasal dari orang yang bukan anggota sidang ini.",
            "Votes of people who are not members of this sitting: {count}.",
            "Catat hanya suara anggota yang diundang.",
            "Record the votes of invited members only.",
        ),
        "chair": no(
            "Ketua bukan anggota sidang ini.",
            "The chair is not a member of this sitting.",
            "Tunjuk ketua dari antara anggota.",
            "Name a chair from among the members.",
        ),
        "involved": no(
            "{count} pemilih sudah mengerjakan langkah “{other}” untuk calon ini.",
            "Voters who already took the step “{other}” for this candidate: {count}.",
            "Undang anggota pengganti.",
            "Call in substitutes.",
        ),
        "tie": no(
            "Suara berimbang: {competent} dari {votes} menyatakan kompeten.",
            "The votes are tied: {competent} of {votes} for competent.",
            "Undang satu anggota lagi, atau minta klarifikasi asesor.",
            "Call in one more member, or ask the assessor to clarify.",
        ),
        "against": no(
            "Keputusan berlawanan dengan mayoritas: {competent} dari {votes} menyatakan kompeten.",
            "The decision goes against the majority: {competent} of {votes} for competent.",
            "Catat keputusan sesuai mayoritas.",
            "Record the decision as the majority voted.",
        ),
        "bk": no(
            "Rekomendasi asesor adalah BK; komite tidak dapat menyatakan kompeten tanpa asesmen baru.",
            "The assessor recommended BK; the committee cannot decide competent without a new assessment.",
            "Putuskan belum kompeten, atau minta klarifikasi.",
            "Decide not yet competent, or ask for clarification.",
        ),
        "question": beside(
            "Permintaan klarifikasi tidak memerlukan suara.",
            "Asking for clarification needs no votes.",
        ),
        "unknown": ask_human(
            "Keputusan, anggota sidang, atau rekomendasi asesor belum diketahui.",
            "The decision, the sitting's members or the assessor's recommendation are not known.",
            "Lengkapi berita acara.",
            "Complete the minutes.",
        ),
    },
)
def r_vote(facts: Facts, _subject: Subject = None) -> list[Verdict]:
    """Did at least three uninvolved members carry this decision, and was K recommended if it says competent?

    [P] ISO/IEC 17024; [D] § 3 quorum and majority.
    """
    if facts.decision == "clarify":
        return [r_vote.say("question")]
    found = _sitting(facts)
    votes, competent = len(facts.votes), sum(v.competent for v in facts.votes)
    verdict = majority(facts.votes)
    wants = {"decide_competent": True, "decide_not_yet": False}.get(facts.decision)
    if wants is None or not facts.members or facts.recommendation is None:
        found.append(r_vote.say("unknown"))
    if verdict is None and votes:
        found.append(r_vote.say("tie", competent=competent, votes=votes))
    elif verdict is not None and wants is not None and verdict is not wants:
        found.append(r_vote.say("against", competent=competent, votes=votes))
    if wants and facts.recommendation == "BK":
        found.append(r_vote.say("bk"))
    support = competent if wants else votes - competent
    return found or [r_vote.say("carried", support=support, votes=votes)]


def _sitting(facts: Facts) -> list[Verdict]:
    """Quorum, one vote a person, members only, nobody involved."""
    found, voters = [], [v.person for v in facts.votes]
    needed = facts.policy.votes_minimum
    if len(set(voters)) < needed:
        found.append(r_vote.say("quorum", votes=len(set(voters)), needed=needed))
    if len(set(voters)) < len(voters):
        found.append(r_vote.say("twice"))
    strangers = sorted(set(voters) - set(facts.members)) if facts.members else []
    if strangers:
        found.append(r_vote.say("stranger", count=len(strangers), persons=strangers))
    if facts.members and facts.chair not in facts.members:
        found.append(r_vote.say("chair"))
    for other, persons in conflicts(facts, "decision", voters).items():
        found.append(r_vote.say("involved", other=other, count=len(persons), persons=persons))
    return found


@rule(
    id="R-BK",
    title=Text(id="Asesmen ulang", en="Re-assessment"),
    reading=Text(
        id="Paling banyak 2 kali, hanya unit yang belum kompeten, dalam 6 bulan sejak keputusan "
        "pertama; hari "
        "terakhirnya termasuk, dan hari asesmennya sendiri harus di dalamnya.",
        en="At most 2, failing units only, within 6 months of the first decision; the last day counts, "
        "and the "
        "assessment itself must lie within.",
    ),
    mark=("D",),
    bases=("LB-2",),
    citation="[D] § 3, § 5: asesmen ulang; PP 10/2018 (LB-2)",
    parameters=("reassessments_maximum", "reassessment_months"),
    sentences={
        "possible": yes(
            "Asesmen ulang ke-{number} untuk {units} unit, paling lambat {last}.",
            "Re-assessment number {number}, units: {units}, no later than {last}.",
        ),
        "used_up": no(
            "Asesmen ulang sudah dilakukan {held} kali; paling banyak {limit}.",
            "Re-assessments already held: {held}; at most {limit}.",
            "Ajukan permohonan sertifikasi baru.",
            "Send a new application for certification.",
        ),
        "late": no(
            "Batas asesmen ulang adalah {last}; harinya {day}.",
            "Re-assessment is possible until {last}; the day is {day}.",
            "Pilih hari paling lambat {last}, atau ajukan permohonan baru.",
            "Choose a day no later than {last}, or send a new application.",
        ),
        "units": no(
            "{count} unit yang diminta tidak termasuk unit yang belum kompeten.",
            "Units asked for that are not failing: {count}.",
            "Pilih hanya unit yang belum kompeten.",
            "Choose failing units only.",
        ),
        "none_failing": no(
            "Tidak ada unit yang belum kompeten.",
            "No unit is failing.",
            "Asesmen ulang tidak diperlukan.",
            "There is nothing to re-assess.",
        ),
        "unknown": ask_human(
            "Hari keputusan pertama atau hari asesmen ulang belum diketahui.",
            "The day of the first decision, or of the re-assessment, is not known.",
            "Isi hari asesmen ulang.",
            "Give the day of the re-assessment.",
        ),
    },
)
def r_bk(facts: Facts, _subject: Subject = None) -> list[Verdict]:
    """Is a re-assessment left, of failing units only, within six months of the first decision?

    [D] §§ 3 and 5. Without `requested_units`, all failing units are meant.
    """
    policy, found = facts.policy, []
    if facts.reassessments >= policy.reassessments_maximum:
        found.append(r_bk.say("used_up", held=facts.reassessments, limit=policy.reassessments_maximum))
    wanted = facts.requested_units or facts.failing_units
    outside = sorted(set(wanted) - set(facts.failing_units))
    if outside:
        found.append(r_bk.say("units", count=len(outside), outside=outside))
    if not wanted:
        found.append(r_bk.say("none_failing"))
    day = facts.assessment_day or facts.today
    if facts.first_decision_on is None or day is None:
        return [*found, r_bk.say("unknown")]
    last = add_months(facts.first_decision_on, policy.reassessment_months)
    if day > last:
        found.append(r_bk.say("late", last=last, day=day))
    return found or [r_bk.say("possible", number=facts.reassessments + 1, units=len(set(wanted)), last=last)]
