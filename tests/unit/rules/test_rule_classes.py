"""R-24, R-2, R-MA."""

from datetime import date
from typing import Any

import pytest

from domain.facts import (
    AssessorFacts,
    ClassFacts,
    CommitteeFacts,
    Facts,
    OverrideFacts,
    ParticipantFacts,
    SchemeFacts,
)
from domain.rules.assessors import needed_assessors
from domain.rules.matrix import Moment, run

DAYS = (date(2026, 7, 1), date(2026, 7, 2))


def heard(rule: str, moment: Moment, **facts: Any) -> list[tuple[str, str]]:
    known = Facts.model_validate(facts)
    return [(v.outcome.value, v.facts["sentence"]) for v in run(moment, known) if v.rule == rule]


def people(count: int, kind: str = "main", class_id: str = "c1") -> tuple[ParticipantFacts, ...]:
    return tuple(
        ParticipantFacts.model_validate({"person": f"{kind}{i}", "kind": kind, "class_id": class_id})
        for i in range(count)
    )


@pytest.mark.parametrize("moment", [Moment.programme_submit, Moment.programme_resubmit])
def test_twenty_four_main_in_a_class(moment: Moment) -> None:
    classes = (ClassFacts(id="c1", days=DAYS), ClassFacts(id="c2", days=DAYS))
    full = people(24) + people(3, "reserve") + people(24, class_id="c2")
    assert heard("R-24", moment, classes=classes, participants=full) == [("pass", "list")] * 2
    over = people(25)
    assert heard("R-24", moment, classes=classes, participants=over) == [
        ("fail", "list_full"),
        ("pass", "list"),
    ]
    assert heard("R-24", moment, participants=over) == [("needs_human", "no_class")]
    lost = people(1, class_id="elsewhere")
    assert heard("R-24", moment, classes=classes, participants=lost)[-1] == ("needs_human", "no_class")


@pytest.mark.parametrize("moment", [Moment.seat_move, Moment.promotion])
def test_the_seat_that_moves_must_fit(moment: Moment) -> None:
    assert heard("R-24", moment, seats_confirmed=20, seats_offered=3) == [("pass", "seat")]
    assert heard("R-24", moment, seats_confirmed=20, seats_offered=4) == [("fail", "full")]
    assert heard("R-24", moment) == [("needs_human", "unknown")]


def test_an_added_participant_counts_in_list_and_seats() -> None:
    one = (ClassFacts(id="c1", days=DAYS),)
    assert heard("R-24", Moment.addition, classes=one, participants=people(24)) == [("pass", "list")]
    assert heard("R-24", Moment.addition, classes=one, participants=people(25)) == [("fail", "list_full")]
    both = heard(
        "R-24",
        Moment.addition,
        classes=one,
        participants=people(25),
        seats_confirmed=24,
        seats_offered=0,
    )
    assert both == [("fail", "list_full"), ("fail", "full")]


def committee(*members: str, moment: Moment = Moment.class_ready, **facts: Any) -> list[tuple[str, str]]:
    class_ = ClassFacts(id="c1", days=DAYS, committee=members, trainers=("t1",), assessors=("a1",))
    others = facts.pop("others", ())
    return heard("R-2", moment, classes=(class_, *others), **facts)


def test_two_distinct_people() -> None:
    assert committee("m1", "m2") == [("pass", "enough")]
    assert committee("m1") == [("fail", "few")]
    assert committee("m1", "m1") == [("fail", "few")]
    assert committee(moment=Moment.committee_removal) == [("fail", "few")]
    assert heard("R-2", Moment.class_ready) == [("needs_human", "no_class")]


@pytest.mark.parametrize("member", ["t1", "a1", "main0", "x1"])
def test_committee_wears_no_other_hat(member: str) -> None:
    assigned = (AssessorFacts(person="x1", kind="trainer", class_id="c1"),)
    facts: dict[str, Any] = {"participants": people(1), "assessors": assigned}
    assert committee("m1", member, **facts) == [("fail", "double")]
    assert committee("m1", "m2", member, **facts) == [("fail", "double")]


def test_committee_is_free_on_the_days() -> None:
    shared = ClassFacts(id="c2", days=(DAYS[1], date(2026, 7, 3)), committee=("m1", "m9"))
    apart = ClassFacts(id="c2", days=(date(2026, 7, 3),), committee=("m1", "m9"))
    assert committee("m1", "m2", others=(shared,))[0] == ("fail", "busy")
    assert committee("m1", "m2", others=(apart,))[0] == ("pass", "enough")
    assert committee("m1", "m2", committee_busy=(CommitteeFacts(person="m2", busy=DAYS),)) == [
        ("fail", "busy")
    ]
    no_days = ClassFacts(id="c1", committee=("m1", "m2"))
    assert heard("R-2", Moment.class_ready, classes=(no_days,)) == [("needs_human", "unknown")]


# ---- R-MA

SCHEME = SchemeFacts(id="s", field="it")


def master(person: str, kind: str, **more: Any) -> AssessorFacts:
    whole = {
        "person": person,
        "kind": kind,
        "class_id": "c1",
        "fields": ("it",),
        "certificate_state": "ACTIVE",
        "certificate_valid_until": DAYS[1],
        "letter_issued": True,
        "accepted": True,
    }
    return AssessorFacts.model_validate({**whole, **more})


T1, T2, A1 = master("t1", "trainer"), master("t2", "trainer"), master("a1", "assessor")


def masters(
    *assessors: AssessorFacts, moment: Moment = Moment.reschedule, **facts: Any
) -> list[tuple[str, str]]:
    whole = {
        "classes": (ClassFacts(id="c1", days=DAYS),),
        "scheme": SCHEME,
        "participants": people(12),
        "assessors": assessors,
    }
    return heard("R-MA", moment, **{**whole, **facts})


def test_two_trainers_and_an_assessor_for_each_twelve() -> None:
    assert [needed_assessors(n, 12) for n in (0, 1, 12, 13, 24)] == [1, 1, 1, 2, 2]
    assert masters(T1, T2, A1) == [("pass", "fit")]
    assert masters(T1, A1) == [("needs_human", "few_trainers")]
    assert masters(T1, T2, A1, participants=people(13)) == [("needs_human", "few_assessors")]
    assert masters(T1, T2, A1, master("a2", "assessor"), participants=people(24)) == [("pass", "fit")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"fields": ("hotel",)}, ("fail", "field")),
        ({"certificate_state": "SUSPENDED"}, ("fail", "certificate")),
        ({"certificate_valid_until": DAYS[0]}, ("fail", "certificate")),
        ({"certificate_valid_until": None}, ("needs_human", "unknown")),
        ({"certificate_state": ""}, ("needs_human", "unknown")),
        ({"busy": (DAYS[1],)}, ("fail", "busy")),
        ({"busy": (date(2026, 7, 3),)}, ("pass", "fit")),
        ({"letter_issued": False, "accepted": False}, ("pass", "fit")),
    ],
)
def test_each_master_assessor(more: dict[str, Any], expected: tuple[str, str]) -> None:
    assert masters(T1, T2, master("a1", "assessor", **more)) == [expected]


def test_one_assignment_a_day_within_the_request() -> None:
    other = ClassFacts(id="c2", days=(DAYS[1],), trainers=("t1",))
    found = masters(T1, T2, A1, classes=(ClassFacts(id="c1", days=DAYS), other), participants=people(12))
    assert ("fail", "busy") in found


def test_trainer_is_not_assessor_unless_bnsp_recorded_why() -> None:
    both = master("t1", "assessor")
    assert masters(T1, T2, both) == [("fail", "same_person")]
    leave = OverrideFacts(steps=("assessor", "trainer"), person="t1", reason="r1")
    assert masters(T1, T2, both, overrides=(leave,)) == [("pass", "fit")]
    silent = leave.model_copy(update={"reason": ""})
    assert masters(T1, T2, both, overrides=(silent,)) == [("fail", "same_person")]


def test_ready_asks_for_letter_and_acceptance() -> None:
    ready = Moment.class_ready
    assert masters(T1, T2, A1, moment=ready) == [("pass", "ready")]
    assert ("fail", "letter") in masters(T1, T2, master("a1", "assessor", letter_issued=False), moment=ready)
    waiting = masters(T1, master("t2", "trainer", accepted=False), A1, moment=ready)
    assert waiting == [("fail", "answer"), ("fail", "lacks_trainers")]
    assert masters(T1, T2, moment=ready) == [("fail", "lacks_assessors")]


def test_one_assessment_without_a_class() -> None:
    single = master("a1", "assessor", class_id="")
    assert masters(single, moment=Moment.schedule, classes=(), assessment_day=DAYS[1]) == [("pass", "fit")]
    late = {"classes": (), "assessment_day": date(2026, 7, 3)}
    assert masters(single, moment=Moment.schedule, **late) == [("fail", "certificate")]
    assert masters(moment=Moment.schedule, classes=()) == [("needs_human", "unknown")]


def test_people_named_but_not_known_need_a_person() -> None:
    named = (ClassFacts(id="c1", days=DAYS, trainers=("t1", "t2"), assessors=("a1",)),)
    assert masters(classes=named) == [("needs_human", "unknown")]
    assert ("needs_human", "unknown") in masters(T1, T2, A1, scheme=None)
