"""R-SOD, R-VOTE, R-BK and the result over all units."""

from datetime import date
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import AssessorFacts, ClassFacts, Facts, OverrideFacts, VoteFacts
from domain.policy import CURRENT
from domain.rules.decisions import majority, r_bk, r_vote, result
from domain.rules.duties import r_sod, separated_from
from domain.rules.matrix import Moment, run
from domain.verdict import Outcome, Verdict


def sod(step: str, *actors: str, **facts: Any) -> list[tuple[str, Any]]:
    known = Facts.model_validate({"step": step, "actor_hands": actors, **facts})
    return [(v.outcome.value, v.facts.get("other", v.facts["sentence"])) for v in r_sod(known)]


@pytest.mark.parametrize(
    ("step", "other"),
    [
        ("verifier", "submitter"),
        ("approver", "submitter"),
        ("approver", "verifier"),
        ("assessor", "trainer"),
        ("trainer", "assessor"),
        ("decision", "trainer"),
        ("decision", "assessor"),
        ("reviewer", "recommender"),
        ("reviewer", "trainer"),
        ("resolver", "submitter"),
        ("decision", "candidate"),
        ("panel", "decision"),
        ("panel", "verifier"),
        ("panel", "issuer"),
    ],
)
def test_pairwise_different_persons(step: str, other: str) -> None:
    hands = {other: ("p1", "p2")}
    assert sod(step, "p1", hands=hands) == [("fail", other)]
    assert sod(step, "p9", hands=hands) == [("pass", "apart")]
    # On whose behalf counts like who acts.
    assert sod(step, "p9", "p2", hands=hands) == [("fail", other)]


def test_same_step_again_and_free_steps() -> None:
    assert sod("verifier", "p1", hands={"verifier": ("p1",)}) == [("pass", "apart")]
    assert sod("issuer", "p1", hands={"verifier": ("p1",)}) == [("pass", "apart")]
    assert sod("issuer", "p1", hands={"panel": ("p1",)}) == [("fail", "panel")]
    assert sod("", "p1") == [("not_applicable", "free")]
    assert sod("verifier", hands={"submitter": ("p1",)}) == [("not_applicable", "system")]


def test_every_collision_is_named() -> None:
    hands = {"submitter": ("p1",), "verifier": ("p1",)}
    assert sod("approver", "p1", hands=hands) == [("fail", "submitter"), ("fail", "verifier")]


def test_the_moment_names_the_step() -> None:
    facts = Facts(actor_hands=("p1",), hands={"verifier": ("p1",)})
    [v] = [v for v in run(Moment.programme_approve, facts) if v.rule == "R-SOD"]
    assert v.outcome == "fail"


def test_before_training_the_proposed_trainers_count() -> None:
    class_ = ClassFacts(id="c1", trainers=("p1",))
    assert sod("assessor", "p1", classes=(class_,)) == [("fail", "trainer")]
    other = ClassFacts(id="c2")
    assert sod("assessor", "p1", classes=(class_, other), class_id="c2") == [("pass", "apart")]
    assert sod("assessor", "p1", classes=(class_, other), class_id="c1") == [("fail", "trainer")]
    assigned = (AssessorFacts(person="p2", kind="trainer", class_id="c1"),)
    assert sod("assessor", "p2", classes=(class_,), assessors=assigned) == [("fail", "trainer")]


def test_only_trainer_and_assessor_can_be_lifted() -> None:
    def leave(a: str, b: str) -> tuple[OverrideFacts, ...]:
        return (OverrideFacts(steps=(a, b), person="p1", reason="r"),)

    trained = {"trainer": ("p1",)}
    allowed = leave("trainer", "assessor")
    assert sod("assessor", "p1", hands=trained, overrides=allowed) == [("pass", "trainer")]
    both = {"trainer": ("p1", "p2")}
    assert sod("assessor", "p1", hands=both, overrides=allowed) == [("pass", "trainer")]
    assert sod("assessor", "p2", hands=both, overrides=allowed) == [("fail", "trainer")]
    assert sod("decision", "p1", hands=trained, overrides=leave("trainer", "decision")) == [
        ("fail", "trainer")
    ]


def test_an_override_says_by_whom_and_why_and_is_for_one_class() -> None:
    leave = OverrideFacts(
        steps=("trainer", "assessor"), person="p1", reason="text-1", by="officer", class_id="c1"
    )

    def asked(class_id: str) -> Verdict:
        facts = Facts(
            step="assessor",
            actor_hands=("p1",),
            hands={"trainer": ("p1",)},
            overrides=(leave,),
            class_id=class_id,
        )
        (verdict,) = r_sod(facts)
        return verdict

    found = asked("c1")
    assert (found.outcome, found.facts["sentence"]) == (Outcome.PASS, "overridden")
    assert (found.facts["persons"], found.facts["by"], found.facts["reason"]) == (["p1"], "officer", "text-1")
    assert "BNSP" in found.text.id and "recorded reason" in found.text.en
    assert asked("c2").outcome is Outcome.FAIL


@given(st.sampled_from(sorted({x for pair in CURRENT.separations for x in pair})))
def test_separation_is_mutual(step: str) -> None:
    for other in separated_from(step, CURRENT):
        assert step in separated_from(other, CURRENT, (step,))


# ---- units and votes


def test_all_units_k_gives_k_and_one_bk_gives_bk() -> None:
    assert result({"plan": "K", "conduct": "K"}).outcome == "K"
    mixed = result({"plan": "K", "conduct": "BK"})
    assert (mixed.outcome, mixed.failing) == ("BK", ("conduct",))
    short = result({"plan": "K"}, required=("plan", "conduct", "validate"))
    assert (short.outcome, short.failing) == ("BK", ("conduct", "validate"))
    assert result({}).outcome == "BK"


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(("K", "BK")), min_size=1))
def test_result_names_exactly_the_units_that_are_not_k(units: dict[str, Literal["K", "BK"]]) -> None:
    found = result(units)
    assert set(found.failing) == {u for u, r in units.items() if r == "BK"}
    assert (found.outcome == "K") == (not found.failing)


def ballot(*votes: bool) -> tuple[VoteFacts, ...]:
    return tuple(VoteFacts(person=f"m{i}", competent=v) for i, v in enumerate(votes))


def vote(
    votes: tuple[VoteFacts, ...], decision: str = "decide_competent", **facts: Any
) -> list[tuple[str, str]]:
    whole = {
        "votes": votes,
        "decision": decision,
        "members": tuple(f"m{i}" for i in range(5)),
        "chair": "m0",
        "recommendation": "K",
    }
    known = Facts.model_validate({**whole, **facts})
    return [(v.outcome.value, v.facts["sentence"]) for v in r_vote(known)]


def test_simple_majority_of_at_least_three() -> None:
    assert vote(ballot(True, True, False)) == [("pass", "carried")]
    assert vote(ballot(False, False, True), "decide_not_yet") == [("pass", "carried")]
    assert vote(ballot(True, True)) == [("fail", "quorum")]
    assert vote(ballot(True, True, False, False)) == [("fail", "tie")]
    assert vote(ballot(True, False, False)) == [("fail", "against")]
    assert majority(()) is None


def test_a_committee_never_turns_bk_into_k() -> None:
    assert vote(ballot(True, True, True), recommendation="BK") == [("fail", "bk")]
    assert vote(ballot(False, False, False), "decide_not_yet", recommendation="K") == [("pass", "carried")]


def test_the_sitting_is_checked() -> None:
    yes = ballot(True, True, True)
    assert vote((*yes, yes[0])) == [("fail", "twice")]
    assert vote(yes, members=("m0", "m1", "m8")) == [("fail", "stranger")]
    assert vote(yes, chair="m9") == [("fail", "chair")]
    assert vote(yes, hands={"trainer": ("m1",)}) == [("fail", "involved")]
    assert vote((), "clarify") == [("not_applicable", "question")]
    assert vote(yes, "", recommendation=None) == [("needs_human", "unknown")]


# ---- R-BK

FAILING = ("u1", "u2")


def again(**facts: Any) -> list[tuple[str, str]]:
    whole = {
        "failing_units": FAILING,
        "requested_units": FAILING,
        "first_decision_on": date(2026, 8, 31),
        "today": date(2026, 9, 1),
    }
    known = Facts.model_validate({**whole, **facts})
    return [(v.outcome.value, v.facts["sentence"]) for v in r_bk(known)]


def test_two_reassessments_of_failing_units_within_six_months() -> None:
    assert again() == [("pass", "possible")]
    assert again(reassessments=1) == [("pass", "possible")]
    assert again(reassessments=2) == [("fail", "used_up")]
    assert again(requested_units=("u1",)) == [("pass", "possible")]
    assert again(requested_units=("u3",)) == [("fail", "units")]
    assert again(requested_units=()) == [("pass", "possible")]
    assert again(requested_units=(), failing_units=()) == [("fail", "none_failing")]
    assert again(first_decision_on=None) == [("needs_human", "unknown")]


def test_six_months_clamp_to_the_end_of_february() -> None:
    assert again(assessment_day=date(2027, 2, 28)) == [("pass", "possible")]
    assert again(assessment_day=date(2027, 3, 1)) == [("fail", "late")]
