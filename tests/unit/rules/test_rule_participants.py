"""R-Q3, R-REC, R-IT, R-DUP, R-TECH."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import (
    ClassFacts,
    Facts,
    OrganiserFacts,
    ParticipantFacts,
    PeriodFacts,
    RecommendationFacts,
    TechnicalCertificateFacts,
)
from domain.policy import CURRENT
from domain.rules.participants import r_dup, r_it, r_q3, r_rec
from domain.rules.rule import Rule
from domain.rules.technical import r_tech

DAY = date(2026, 6, 1)


def person(**more: Any) -> ParticipantFacts:
    return ParticipantFacts.model_validate({"person": "p1", **more})


def heard(rule: Rule, participant: ParticipantFacts, **facts: Any) -> list[tuple[str, str]]:
    known = Facts.model_validate({"submitted_on": DAY, **facts})
    return [(v.outcome.value, v.facts["sentence"]) for v in rule(known, participant)]


@pytest.mark.parametrize(
    ("schooling", "level"),
    [
        ("D1", 3),
        ("D2", 4),
        ("D3", 5),
        ("D4", 6),
        ("S1", 6),
        ("PROFESI", 7),
        ("S2", 8),
        ("S3", 9),
        ("SMA", 2),
        ("SMK", 2),
    ],
)
def test_level_of_each_schooling(schooling: str, level: int) -> None:
    [v] = r_q3(Facts(), person(qualification=schooling))
    assert v.facts["level"] == level
    assert v.outcome == ("pass" if level >= 3 else "needs_human")


def test_equivalence_is_a_persons_and_never_refused_by_the_machine() -> None:
    assert heard(r_q3, person(qualification="SMA")) == [("needs_human", "low")]
    assert heard(r_q3, person(qualification="SMA", equivalence="accepted")) == [("pass", "equivalent")]
    assert heard(r_q3, person(qualification="SMA", equivalence="refused")) == [("fail", "refused")]
    assert heard(r_q3, person(qualification="SMA", kkni_level=3)) == [("pass", "level")]
    assert heard(r_q3, person(qualification="KKNI", kkni_level=2)) == [("needs_human", "low")]
    assert heard(r_q3, person(qualification="KKNI")) == [("needs_human", "unknown")]
    assert heard(r_q3, person()) == [("needs_human", "unknown")]


def letter(**more: Any) -> RecommendationFacts:
    whole = {
        "organisation": "o2",
        "number_given": True,
        "day": date(2026, 5, 1),
        "signatory_given": True,
        "file_digest": "ab",
    }
    return RecommendationFacts.model_validate({**whole, **more})


@pytest.mark.parametrize(
    ("institution", "expected"),
    [
        ({"kind": "LSP", "licence": "ACTIVE"}, ("pass", "given")),
        ({"kind": "LSP", "licence": "ACTIVE", "licence_valid_until": DAY}, ("pass", "given")),
        ({"kind": "LSP", "licence": "ACTIVE", "licence_valid_until": date(2026, 5, 31)}, ("fail", "lsp")),
        ({"kind": "LSP", "licence": "SUSPENDED"}, ("fail", "lsp")),
        ({"kind": "CLSP", "licence": "IN_PROCESS"}, ("pass", "given")),
        ({"kind": "CLSP", "licence": "NONE", "verified_schemes": ("s",)}, ("fail", "clsp")),
        ({"kind": "CLSP", "licence": "ACTIVE"}, ("pass", "given")),
        ({"kind": "TECHNICAL_AGENCY", "approved_to_recommend": True}, ("pass", "given")),
        ({"kind": "TECHNICAL_AGENCY"}, ("fail", "agency")),
        ({"kind": "BNSP"}, ("fail", "bnsp")),
    ],
)
def test_who_may_recommend(institution: dict[str, Any], expected: tuple[str, str]) -> None:
    known = {"o2": OrganiserFacts.model_validate({"id": "o2", **institution})}
    assert heard(r_rec, person(recommending="o2", recommendation=letter()), organisations=known) == [expected]


def test_letter_must_be_whole_and_of_the_recorded_institution() -> None:
    known = {"o2": OrganiserFacts(id="o2", kind="LSP", licence="ACTIVE")}

    def letters(recommendation: RecommendationFacts | None, **more: Any) -> list[tuple[str, str]]:
        return heard(r_rec, person(recommendation=recommendation, **more), organisations=known)

    assert letters(None) == [("fail", "none")]
    assert letters(letter(number_given=False, day=None)) == [("fail", "incomplete")]
    assert letters(letter(day=date(2026, 6, 2))) == [("fail", "future")]
    assert letters(letter(), recommending="o9") == [("fail", "other")]
    assert letters(letter(organisation="o9")) == [("needs_human", "unknown")]
    [v] = r_rec(Facts(submitted_on=DAY, organisations=known), person(recommendation=letter(file_digest="")))
    assert v.text.id == "Surat rekomendasi belum lengkap: berkas surat."
    assert v.text.en == "The letter of recommendation is incomplete: letter file."


def test_a_licence_revoked_later_is_a_review_task() -> None:
    known = {"o2": OrganiserFacts(id="o2", kind="LSP", licence="REVOKED")}
    seated = person(seat="s1", recommending="o2", recommendation=letter())
    assert heard(r_rec, seated, organisations=known, moment="application_submit") == [
        ("needs_human", "revoked_later")
    ]
    assert heard(r_rec, seated, organisations=known, moment="programme_submit") == [("fail", "lsp")]
    again: dict[str, Any] = {"organisations": known, "moment": "programme_resubmit"}
    assert heard(r_rec, seated, **again) == [("fail", "lsp")]
    again["recommended_before"] = ("s1",)
    assert heard(r_rec, seated, **again) == [("needs_human", "revoked_later")]
    answered = seated.model_copy(update={"recommendation_accepted": "accepted"})
    assert heard(r_rec, answered, **again) == [("pass", "given")]


def test_mode_may_ask_bnsp_to_approve_every_recommendation() -> None:
    strict = CURRENT.model_copy(update={"recommendation_mode": "every_recommendation"})
    known = {"o2": OrganiserFacts(id="o2", kind="LSP", licence="ACTIVE")}
    plain = person(recommendation=letter())
    approved = person(recommendation=letter(approved_by_bnsp=True))
    again: dict[str, Any] = {"organisations": known, "policy": strict, "track": "recertification"}
    assert heard(r_rec, plain, **again) == [("needs_human", "approval")]
    assert heard(r_rec, approved, **again) == [("pass", "given")]
    accepted = plain.model_copy(update={"recommendation_accepted": "accepted"})
    assert heard(r_rec, accepted, **again) == [("pass", "given")]
    # The sentence stands in track 2 alone.
    assert heard(r_rec, plain, **{**again, "track": "new"}) == [("pass", "given")]


def test_a_question_that_was_never_asked_leaves_no_trace_in_an_event() -> None:
    """Facts stand in events: a field of later days must not change the hash of what was there before."""
    assert "recommendation_accepted" not in person().model_dump(mode="json")
    accepted = person(recommendation_accepted="accepted")
    assert ParticipantFacts.model_validate(accepted.model_dump(mode="json")) == accepted


def test_computer_skills_are_declared() -> None:
    assert heard(r_it, person(it_declared=True)) == [("pass", "declared")]
    assert heard(r_it, person(it_declared=False)) == [("fail", "denied")]
    assert heard(r_it, person()) == [("needs_human", "unknown")]


def test_one_active_application_and_no_word_about_others() -> None:
    assert heard(r_dup, person(active_elsewhere=False)) == [("pass", "only")]
    assert heard(r_dup, person()) == [("needs_human", "unknown")]
    [v] = r_dup(Facts(), person(active_elsewhere=True))
    assert v.outcome == "fail"
    assert v.facts == {"sentence": "taken"}
    for word in ("penyelenggara", "organiser", "LSP"):
        assert word not in v.text.id + v.text.en
    twice = (person(seat="a", active_elsewhere=False), person(seat="b", active_elsewhere=False))
    assert heard(r_dup, twice[0], participants=twice) == [("fail", "twice")]


# ---- R-TECH


def technical(until: date, *periods: tuple[str, date, date | None], **more: Any) -> ParticipantFacts:
    return person(
        technical=(TechnicalCertificateFacts(field="it", valid_until=until),),
        experience=tuple(PeriodFacts(field=f, first=a, last=b) for f, a, b in periods),
        **more,
    )


LONG = ("it", date(2020, 1, 1), None)
LAST = date(2026, 8, 1)


def tech(participant: ParticipantFacts, **facts: Any) -> list[tuple[str, str]]:
    return heard(r_tech, participant, **{"assessment_day": LAST, **facts})


def test_certificate_holds_through_the_last_assessment_day() -> None:
    assert tech(technical(LAST, LONG)) == [("pass", "met")]
    assert tech(technical(date(2026, 7, 31), LONG)) == [("fail", "lapses")]
    assert tech(technical(date(2026, 5, 31), LONG)) == [("fail", "expired")]
    assert tech(person(experience=(PeriodFacts(field="it", first=date(2020, 1, 1)),))) == [("fail", "none")]
    assert tech(technical(LAST, LONG), assessment_day=None) == [("needs_human", "unknown_last")]
    assert tech(technical(LAST, LONG), submitted_on=None) == [("needs_human", "unknown")]


def test_last_class_day_stands_in_while_planning_but_not_at_schedule() -> None:
    classes = (ClassFacts(id="c", days=(date(2026, 7, 1), LAST)),)
    planned = {"assessment_day": None, "classes": classes}
    assert tech(technical(LAST, LONG), **planned) == [("pass", "met")]
    assert tech(technical(LAST, LONG), moment="schedule", **planned) == [("needs_human", "unknown_last")]


@pytest.mark.parametrize(
    ("delayed_by", "expected"),
    [
        ("candidate", ("fail", "lapses")),
        ("organiser", ("needs_human", "lapses_excused")),
        ("bnsp", ("needs_human", "lapses_excused")),
        (None, ("needs_human", "lapses_unclear")),
    ],
)
def test_whose_delay_a_lapse_is(delayed_by: str | None, expected: tuple[str, str]) -> None:
    lapsing = technical(date(2026, 7, 31), LONG)
    assert tech(lapsing, moment="reschedule", delayed_by=delayed_by) == [expected]
    excused = lapsing.model_copy(update={"exception": "accepted"})
    assert tech(excused, moment="reschedule", delayed_by=delayed_by) == [("pass", "met")]


def test_thirty_six_months_to_the_day() -> None:
    # Both days worked: 2 June 2023 to 1 June 2026 is 36 months; a day less leaves 35 months and 30 days,
    # which make a month; two days less do not.
    assert tech(technical(LAST, ("it", date(2023, 6, 2), None))) == [("pass", "met")]
    assert tech(technical(LAST, ("it", date(2023, 6, 3), None))) == [("pass", "met")]
    assert tech(technical(LAST, ("it", date(2023, 6, 4), None))) == [("fail", "short")]


def test_periods_that_overlap_count_once() -> None:
    same = ("it", date(2024, 1, 1), date(2025, 12, 31))
    assert tech(technical(LAST, same, same)) == [("fail", "short")]


def test_periods_in_the_future_or_backwards_are_refused() -> None:
    assert tech(technical(LAST, LONG, ("it", date(2026, 6, 2), None))) == [("fail", "future")]
    assert tech(technical(LAST, LONG, ("it", date(2020, 2, 1), date(2020, 1, 1)))) == [("fail", "backwards")]


def test_experience_in_another_field_is_a_persons_to_judge() -> None:
    other = ("hotel", date(2020, 1, 1), None)
    assert tech(technical(LAST, other)) == [("needs_human", "other_field")]
    assert tech(technical(LAST, other, field_accepted="accepted")) == [("pass", "met")]
    assert tech(technical(LAST, other, field_accepted="refused")) == [("fail", "field_refused")]
    assert tech(technical(LAST, ("hotel", date(2025, 1, 1), None), field_accepted="accepted")) == [
        ("fail", "short")
    ]


def test_certificate_and_experience_are_refused_together() -> None:
    assert tech(technical(date(2026, 5, 1))) == [("fail", "expired"), ("fail", "short")]
    assert tech(person()) == [("fail", "none"), ("fail", "short")]


def test_the_valid_certificate_is_the_one_that_counts() -> None:
    two = person(
        technical=(
            TechnicalCertificateFacts(field="old", valid_until=date(2026, 1, 1)),
            TechnicalCertificateFacts(field="it", valid_until=LAST),
        ),
        experience=(PeriodFacts(field="old", first=date(2020, 1, 1)),),
    )
    assert tech(two) == [("needs_human", "other_field")]


@given(st.dates(date(2015, 1, 1), DAY), st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_a_running_period_equals_one_that_ends_on_the_submission_day(first: date, until: date) -> None:
    running = tech(technical(until, ("it", first, None)))
    assert (
        running == tech(technical(until, ("it", first, DAY))) == tech(technical(until, ("it", first, LAST)))
    )
