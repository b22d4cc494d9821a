"""R-ORG, R-30, R-NOTICE."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar
from domain.facts import ClassFacts, Facts, OrganiserFacts, ParticipantFacts, SchemeFacts
from domain.policy import CURRENT
from domain.rules.matrix import Moment, run
from domain.rules.organiser import external_limit, r_30, r_notice, r_org

TODAY = date(2026, 6, 1)


def organiser(kind: str = "LSP", **more: object) -> OrganiserFacts:
    return OrganiserFacts.model_validate({"id": "o1", "kind": kind, **more})


def org(facts_of: OrganiserFacts | None, *days: date, **more: object) -> list[tuple[str, str]]:
    classes = (ClassFacts(id="c1", days=days),) if days else ()
    facts = Facts.model_validate({"today": TODAY, "organiser": facts_of, "classes": classes, **more})
    return [(v.outcome.value, v.facts["sentence"]) for v in r_org(facts)]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("BNSP", {}, ("pass", "bnsp")),
        ("LSP", {"licence": "ACTIVE", "licensed_schemes": ("s",)}, ("pass", "lsp")),
        ("LSP", {"licence": "ACTIVE"}, ("fail", "scheme")),
        ("LSP", {"licence": "SUSPENDED", "licensed_schemes": ("s",)}, ("fail", "licence")),
        ("CLSP", {"licence": "IN_PROCESS", "verified_schemes": ("s",)}, ("pass", "clsp")),
        ("CLSP", {"licence": "NONE", "verified_schemes": ("s",)}, ("pass", "clsp")),
        ("CLSP", {"licence": "IN_PROCESS", "licensed_schemes": ("s",)}, ("fail", "unverified")),
        ("CLSP", {"licence": "REVOKED", "verified_schemes": ("s",)}, ("fail", "licence")),
        ("TECHNICAL_AGENCY", {"licensed_schemes": ("s",)}, ("pass", "agency")),
        ("TECHNICAL_AGENCY", {}, ("needs_human", "agency_open")),
        ("TECHNICAL_AGENCY", {"bnsp_confirmed": True}, ("pass", "agency_confirmed")),
        (
            "TECHNICAL_AGENCY",
            {"bnsp_confirmed": False, "licensed_schemes": ("s",)},
            ("fail", "agency_refused"),
        ),
    ],
)
def test_who_may_organise(kind: str, more: dict[str, object], expected: tuple[str, str]) -> None:
    assert expected in org(organiser(kind, **more))


def test_agency_may_name_the_programmes_licensed_scheme() -> None:
    assert org(organiser("TECHNICAL_AGENCY"), scheme=SchemeFacts(id="s", licensed=True)) == [
        ("pass", "agency")
    ]


def test_every_reason_is_given_at_once() -> None:
    assert org(organiser(licence="EXPIRED")) == [("fail", "licence"), ("fail", "scheme")]


def test_licence_holds_on_its_last_day_and_not_after() -> None:
    def until(day: date) -> OrganiserFacts:
        return organiser(licence="ACTIVE", licensed_schemes=("s",), licence_valid_until=day)

    assert org(until(TODAY)) == [("pass", "lsp")]
    assert org(until(date(2026, 5, 31))) == [("fail", "licence")]
    assert org(until(date(2026, 7, 1)), date(2026, 7, 1), date(2026, 7, 2)) == [
        ("needs_human", "ends_before")
    ]
    assert org(until(date(2026, 7, 2)), date(2026, 7, 1), date(2026, 7, 2)) == [("pass", "lsp")]


def test_unknown_organiser_or_day_needs_a_person() -> None:
    assert org(None) == [("needs_human", "unknown")]
    assert org(organiser(), today=None) == [("needs_human", "unknown")]


def share(
    external: int, total: int, kind: str = "LSP", moment: str = "", reserves: int = 0
) -> tuple[str, str]:
    people = [
        ParticipantFacts(person=f"p{i}", recommending="o2" if i < external else "o1") for i in range(total)
    ] + [ParticipantFacts(person=f"r{i}", kind="reserve", recommending="o2") for i in range(reserves)]
    [v] = r_30(Facts(moment=moment, organiser=organiser(kind), participants=tuple(people)))
    return v.outcome.value, v.facts["sentence"]


@pytest.mark.parametrize(
    ("external", "total", "outcome"),
    [(3, 10, "pass"), (4, 10, "fail"), (7, 24, "pass"), (8, 24, "fail"), (1, 3, "fail"), (1, 4, "pass")],
)
def test_thirty_percent(external: int, total: int, outcome: str) -> None:
    assert share(external, total)[0] == outcome


def test_reserves_do_not_count_and_bnsp_is_free() -> None:
    assert share(3, 10, reserves=5) == ("pass", "within")
    assert share(10, 10, kind="BNSP") == ("not_applicable", "bnsp")


@given(st.integers(1, 500), st.integers(0, 500))
def test_share_is_whole_numbers(total: int, external: int) -> None:
    external = min(external, total)
    people = tuple(
        ParticipantFacts(person=f"p{i}", recommending="o2" if i < external else "o1") for i in range(total)
    )
    [v] = r_30(Facts(organiser=organiser(), participants=people))
    assert v.ok == (10 * external <= 3 * total) == (external <= v.facts["limit"])


@pytest.mark.parametrize(("held", "outcome"), [(7, "pass"), (8, "fail")])
def test_promotion_keeps_the_share_of_what_was_submitted(held: int, outcome: str) -> None:
    facts = Facts(organiser=organiser(), submitted_total=24, external_held=held)
    assert [v.outcome for v in run(Moment.promotion, facts) if v.rule == "R-30"] == [outcome]


def test_share_with_missing_facts_needs_a_person() -> None:
    assert share(0, 0) == ("needs_human", "unknown")
    [v] = r_30(Facts(organiser=organiser(), participants=(ParticipantFacts(person="p"),)))
    assert v.outcome == "needs_human"
    assert r_30(Facts())[0].outcome == "needs_human"
    assert r_30(Facts(moment="promotion", organiser=organiser()))[0].outcome == "needs_human"


CALENDAR = Calendar(version="t", years=(2026,), non_working=(date(2026, 6, 16), date(2026, 6, 17)))


def notice(
    submitted: date | None, first: date | None, calendar: Calendar | None = CALENDAR
) -> tuple[str, str]:
    classes = (ClassFacts(id="c", days=(first,)),) if first else ()
    [v] = r_notice(Facts(submitted_on=submitted, calendar=calendar, classes=classes))
    return v.outcome.value, v.facts["sentence"]


def test_notice_counts_working_days_with_collective_leave_left_out() -> None:
    # 1 June 2026 is a Monday; 20 working days on, with two days of leave, is 1 July.
    assert notice(date(2026, 6, 1), date(2026, 7, 1)) == ("pass", "early")
    assert notice(date(2026, 6, 1), date(2026, 6, 30)) == ("fail", "late")
    [v] = r_notice(
        Facts(
            submitted_on=date(2026, 6, 1),
            calendar=CALENDAR,
            classes=(ClassFacts(id="c", days=(date(2026, 6, 30),)),),
        )
    )
    assert (v.facts["days"], v.facts["earliest"]) == (19, "2026-07-01")
    assert v.remedy is not None
    assert "1 Juli 2026" in v.remedy.id


def test_notice_never_guesses() -> None:
    assert notice(date(2026, 12, 1), date(2027, 1, 20)) == ("needs_human", "year")
    assert notice(None, date(2026, 7, 1)) == ("needs_human", "unknown")
    assert notice(date(2026, 6, 1), None) == ("needs_human", "unknown")
    assert notice(date(2026, 6, 1), date(2026, 7, 1), None) == ("needs_human", "unknown")


@pytest.mark.parametrize("total", range(1, 61))
def test_the_limit_is_where_whole_numbers_put_it(total: int) -> None:
    limit = external_limit(total, CURRENT)
    assert 10 * limit <= 3 * total < 10 * (limit + 1)


def test_a_policy_with_another_share_moves_the_limit() -> None:
    half = CURRENT.model_copy(update={"external_parts": 1, "external_whole": 2})
    assert [external_limit(n, half) for n in (1, 2, 24)] == [0, 1, 12]
