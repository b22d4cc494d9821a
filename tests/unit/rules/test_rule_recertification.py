"""R-WIN and R-KIT."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import Zone, local_day
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
from domain.rules.matrix import Moment, run
from domain.rules.recertification import class_after_window, r_kit, r_win, window

END = date(2026, 8, 15)


def win(day: date | None, until: date | None = END, **facts: Any) -> tuple[str, str]:
    participant = ParticipantFacts(person="p", assessor_certificate_until=until)
    known = Facts.model_validate({"track": "recertification", "submitted_on": day, **facts})
    [v] = r_win(known, participant)
    return v.outcome.value, v.facts["sentence"]


@pytest.mark.parametrize(
    ("until", "first", "last"),
    [
        (END, date(2026, 5, 15), date(2026, 11, 15)),
        (date(2026, 5, 31), date(2026, 2, 28), date(2026, 8, 31)),
        (date(2028, 5, 31), date(2028, 2, 29), date(2028, 8, 31)),
        (date(2026, 11, 30), date(2026, 8, 30), date(2027, 2, 28)),
    ],
)
def test_window_of_the_document(until: date, first: date, last: date) -> None:
    assert window(until, CURRENT) == (first, last)


def test_both_ends_are_in() -> None:
    assert win(date(2026, 5, 14)) == ("fail", "early")
    assert win(date(2026, 5, 15)) == ("pass", "inside")
    assert win(date(2026, 11, 15)) == ("pass", "inside")
    assert win(date(2026, 11, 16)) == ("fail", "late")


def test_the_day_is_that_of_jakarta() -> None:
    wib = Zone.WIB.tz
    assert win(local_day(datetime(2026, 11, 15, 23, 30, tzinfo=wib))) == ("pass", "inside")
    assert win(local_day(datetime(2026, 11, 16, 0, 0, tzinfo=wib))) == ("fail", "late")
    assert win(local_day(datetime(2026, 5, 14, 23, 59, tzinfo=wib))) == ("fail", "early")
    assert win(local_day(datetime(2026, 5, 15, 0, 0, tzinfo=wib))) == ("pass", "inside")


def test_window_is_for_recertification_and_needs_its_facts() -> None:
    assert win(END, track="new") == ("not_applicable", "new")
    assert win(END, track=None) == ("needs_human", "unknown")
    assert win(None) == ("needs_human", "unknown")
    assert win(END, None) == ("needs_human", "unknown")


def test_other_readings_are_kept_as_modes() -> None:
    def mode(name: str, day: date) -> tuple[str, str]:
        return win(day, policy=CURRENT.model_copy(update={"window_mode": name}))

    assert mode("until_after_end", date(2025, 1, 1)) == ("pass", "inside")
    assert mode("until_after_end", date(2026, 11, 16)) == ("fail", "late")
    assert mode("early_or_after_end", date(2026, 5, 15)) == ("pass", "inside")
    assert mode("early_or_after_end", date(2026, 5, 16)) == ("fail", "between")
    assert mode("early_or_after_end", date(2026, 8, 16)) == ("pass", "inside")


def test_class_after_the_window_is_an_exception() -> None:
    late = (ClassFacts(id="c", days=(date(2026, 11, 16),)),)
    assert win(END, classes=late) == ("needs_human", "class_after")
    assert win(END, classes=(ClassFacts(id="c", days=(date(2026, 11, 15),)),)) == ("pass", "inside")
    facts = Facts(track="recertification", submitted_on=END, classes=late)
    accepted = ParticipantFacts(person="p", assessor_certificate_until=END, exception="accepted")
    refused = accepted.model_copy(update={"exception": "refused"})
    assert class_after_window(facts, accepted) is None
    assert r_win(facts, refused)[0].outcome == "fail"
    assert class_after_window(facts.model_copy(update={"track": "new"}), refused) is None


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_the_certificates_own_last_day_is_always_inside(until: date) -> None:
    first, last = window(until, CURRENT)
    assert first < until < last
    assert win(until, until) == ("pass", "inside")


# ---- R-KIT


def candidate(**more: Any) -> ParticipantFacts:
    return ParticipantFacts.model_validate(
        {
            "person": "p",
            "assessor_certificate_until": END,
            "qualification": "S1",
            "technical": (TechnicalCertificateFacts(field="it", valid_until=date(2030, 1, 1)),),
            "experience": (PeriodFacts(field="it", first=date(2015, 1, 1)),),
            "recommendation": RecommendationFacts(
                organisation="o", number_given=True, day=END, signatory_given=True, file_digest="d"
            ),
            **more,
        }
    )


def kit(participant: ParticipantFacts, moment: Moment = Moment.choose_track, **facts: Any) -> tuple[str, str]:
    known = Facts.model_validate(
        {
            "track": "recertification",
            "today": END,
            "assessment_day": date(2026, 9, 1),
            "organiser": OrganiserFacts(id="o", kind="LSP", licence="ACTIVE"),
            "participants": (participant,),
            **facts,
        }
    )
    [v] = [v for v in run(moment, known) if v.rule == "R-KIT"]
    return v.outcome.value, v.facts["sentence"]


def test_choice_of_track() -> None:
    assert kit(candidate(), track="new") == ("pass", "training")
    assert kit(candidate()) == ("pass", "upgrading")
    assert kit(candidate(evidence=("assessment_records",))) == ("pass", "direct")
    assert kit(candidate(recommendation=None)) == ("fail", "refused")
    assert kit(candidate(assessor_certificate_until=date(2026, 1, 1))) == ("fail", "refused")
    assert kit(candidate(qualification="SMA")) == ("needs_human", "open")
    assert kit(candidate(), track=None) == ("needs_human", "unknown")


def test_an_empty_list_of_direct_evidence_lets_nobody_past_the_class() -> None:
    open_door = CURRENT.model_copy(update={"direct_evidence": ()})
    assert kit(candidate(), policy=open_door) == ("pass", "upgrading")


def test_refusal_names_the_failing_rules() -> None:
    facts = Facts(track="recertification", moment="choose_track", today=END, assessment_day=END)
    [v] = r_kit(facts, candidate(technical=(), recommendation=None))
    assert v.facts["failing"] == ["R-TECH", "R-REC"]


def test_check_in_asks_for_the_kit_and_never_refuses() -> None:
    assert kit(candidate(kit=CURRENT.kit), Moment.check_in) == ("pass", "brought")
    assert kit(candidate(kit=("laptop",)), Moment.check_in) == ("needs_human", "missing")
    assert kit(candidate(way="direct"), Moment.check_in) == ("not_applicable", "no_kit")
