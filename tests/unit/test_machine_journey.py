"""Journey, certificate and licence: each row of the domain specification, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.cases import Case, Certificate
from domain.facts import Facts
from domain.policy import default
from domain.roles import SYSTEM, Actor, Role
from state_machines.certificate import CERTIFICATE
from state_machines.journey import JOURNEY
from state_machines.licence import LICENCE
from state_machines.table import Situation, Table, allowed, check, may
from tests.support.journeys import ASSESSOR, CANDIDATE, CHAIR, REVIEWER, JourneyWorld
from tests.support.programmes import CALENDAR, OPERATIONS, ORGANISER, actor
from tests.support.rows import Rows, rows, spread

OPEN_SEAT = "INVITED RECEIVED DOCUMENT_REVIEW CORRECTION ELIGIBLE"

JOURNEY_ROWS: Rows = {
    *spread("DRAFT INVITED", "submit", "RECEIVED", "candidate"),
    ("INVITED", "expire", "EXPIRED", "system"),
    *spread(OPEN_SEAT, "seat_closed_no_show", "CLOSED", "system"),
    *spread(OPEN_SEAT, "seat_closed_withdrawn", "WITHDRAWN", "system"),
    *spread(OPEN_SEAT, "seat_closed_cancelled", "CLOSED", "system"),
    ("RECEIVED", "assign_reviewer", "DOCUMENT_REVIEW", "operations"),
    ("DOCUMENT_REVIEW", "accept", "ELIGIBLE", "reviewer"),
    ("DOCUMENT_REVIEW", "send_back", "CORRECTION", "reviewer"),
    ("DOCUMENT_REVIEW", "reject", "REJECTED", "reviewer"),
    ("CORRECTION", "resubmit", "DOCUMENT_REVIEW", "candidate"),
    ("CORRECTION", "expire", "EXPIRED", "system"),
    ("ELIGIBLE", "schedule", "SCHEDULED", "organiser"),
    ("ELIGIBLE", "lapse", "DOCUMENT_REVIEW", "system"),
    # [D] beyond § 3: a schedule whose assessor fell away waits as an eligible candidate does (§ 6)
    ("SCHEDULED", "lapse", "DOCUMENT_REVIEW", "system"),
    ("SCHEDULED", "begin", "ASSESSMENT", "master_assessor"),
    ("SCHEDULED", "no_show", "ELIGIBLE", "master_assessor"),
    ("SCHEDULED", "no_show", "CLOSED", "master_assessor"),
    ("SCHEDULED", "reschedule", "SCHEDULED", "organiser"),
    ("ASSESSMENT", "recommend", "RECOMMENDED", "master_assessor"),
    ("ASSESSMENT", "interrupt", "SCHEDULED", "master_assessor"),
    # R-SOD: trainer and assessor of a candidate, where BNSP overrides with a recorded reason
    *((s, "override_separation", s, "operations") for s in ("ELIGIBLE", "SCHEDULED", "NOT_YET_COMPETENT")),
    ("RECOMMENDED", "convene", "DECISION", "operations"),
    ("DECISION", "decide_competent", "COMPETENT", "committee"),
    ("DECISION", "decide_not_yet", "NOT_YET_COMPETENT", "committee"),
    ("DECISION", "clarify", "ASSESSMENT", "committee"),
    ("COMPETENT", "issue", "CERTIFIED", "operations system"),
    ("NOT_YET_COMPETENT", "reassess", "SCHEDULED", "organiser"),
    *spread("NOT_YET_COMPETENT REJECTED", "appeal", "APPEAL", "candidate"),
    *spread("NOT_YET_COMPETENT REJECTED", "close", "CLOSED", "system"),
    ("APPEAL", "dismissed", "NOT_YET_COMPETENT", "system"),
    ("APPEAL", "dismissed", "REJECTED", "system"),
    ("APPEAL", "upheld", "SCHEDULED", "system"),
    ("APPEAL", "upheld", "DOCUMENT_REVIEW", "system"),
    *spread(
        f"DRAFT {OPEN_SEAT} SCHEDULED ASSESSMENT RECOMMENDED", "withdraw", "WITHDRAWN", "candidate organiser"
    ),
}

CERTIFICATE_ROWS: Rows = {
    ("PREPARED", "record", "ACTIVE", "operations system"),
    *spread("ACTIVE SUSPENDED", "expire", "EXPIRED", "system"),
    ("ACTIVE", "suspend", "SUSPENDED", "operations"),
    ("SUSPENDED", "reinstate", "ACTIVE", "operations"),
    *spread("ACTIVE SUSPENDED", "revoke", "REVOKED", "operations"),
    ("ACTIVE", "replace", "REPLACED", "operations system"),
    ("ACTIVE", "renew", "RENEWED", "operations system"),
}

LICENCE_ROWS: Rows = {
    ("IN_PROCESS", "grant", "ACTIVE", "operations"),
    ("ACTIVE", "suspend", "SUSPENDED", "operations"),
    ("SUSPENDED", "reinstate", "ACTIVE", "operations"),
    *spread("ACTIVE SUSPENDED", "revoke", "REVOKED", "operations"),
    *spread("ACTIVE SUSPENDED", "expire", "EXPIRED", "system"),
    *spread("ACTIVE EXPIRED", "renew", "ACTIVE", "operations"),
}


@pytest.mark.parametrize(
    ("table", "expected"), [(JOURNEY, JOURNEY_ROWS), (CERTIFICATE, CERTIFICATE_ROWS), (LICENCE, LICENCE_ROWS)]
)
def test_the_rows_are_those_of_the_specification(table: Table, expected: Rows) -> None:
    assert rows(table) == expected
    assert len(table.rows) == len(expected)


def test_where_a_journey_begins_and_ends() -> None:
    assert JOURNEY.initial == ("DRAFT", "INVITED")
    assert JOURNEY.terminal == {"CERTIFIED", "WITHDRAWN", "EXPIRED", "CLOSED"}
    assert CERTIFICATE.initial == ("PREPARED",)
    assert CERTIFICATE.terminal == {"EXPIRED", "REVOKED", "REPLACED", "RENEWED"}


# ---- buttons: may, without a command -------------------------------------------------------------


def ask(world: JourneyWorld, who: Actor, trigger: str) -> list[str]:
    return [v.rule for v in may(JOURNEY, situation(world, who), trigger)]


def situation(world: JourneyWorld, who: Actor) -> Situation:
    return Situation(
        case=world.case,
        subject=world.journey,
        actor=who,
        now=world.now,
        facts=Facts(),
        policy=default(),
    )


def test_only_the_candidate_submits_and_withdraws() -> None:
    world = JourneyWorld()
    assert ask(world, CANDIDATE, "submit") == []
    assert ask(world, actor(Role.CANDIDATE, "p2"), "submit") == ["M-OWN"]
    assert ask(world, actor(Role.CANDIDATE, "p2"), "withdraw") == ["M-OWN"]
    assert ask(world, CANDIDATE, "withdraw") == []


def test_the_organiser_withdraws_its_own_candidates_only() -> None:
    world = JourneyWorld()
    assert ask(world, ORGANISER, "withdraw") == []
    assert ask(world, actor(Role.ORGANISER, organisation="LSP-NUSA"), "withdraw") == ["M-OWN"]


def test_the_begin_button_says_what_is_missing_without_a_command() -> None:
    world = JourneyWorld().scheduled()
    assert ask(world, ASSESSOR, "begin") == ["M-EARLY", "M-AK01"]
    world.to_the_day()
    world.sign()
    assert ask(world, ASSESSOR, "begin") == []
    assert [v.rule for v in check(JOURNEY, situation(world, ASSESSOR), "begin")] == ["M-MAPA"]
    assert ask(world, actor(Role.MASTER_ASSESSOR, "m4"), "begin") == ["M-OWN"]


def test_the_competent_button_is_shut_on_a_recommendation_bk() -> None:
    world = JourneyWorld().in_decision(plan="BK")
    assert ask(world, CHAIR, "decide_competent") == ["R-VOTE"]
    assert ask(world, CHAIR, "decide_not_yet") == []
    assert ask(world, actor(Role.COMMITTEE, "k2"), "decide_not_yet") == ["M-OWN"]


def test_every_button_of_every_state_can_be_asked_by_anyone() -> None:
    """No guard breaks on a case of another state, another actor or empty facts."""
    world = JourneyWorld()
    everyone = (CANDIDATE, REVIEWER, ASSESSOR, CHAIR, OPERATIONS, ORGANISER, SYSTEM)
    for state in JOURNEY.states:
        subject = world.journey.model_copy(update={"state": state.name})
        for who in everyone:
            for answer in allowed(
                JOURNEY,
                situation(world, who).__class__(
                    case=world.case,
                    subject=subject,
                    actor=who,
                    now=world.now,
                    facts=Facts(),
                    policy=default(),
                ),
            ):
                assert answer.label.id


# ---- certificate -------------------------------------------------------------------------------------


def certificate(**changes: object) -> Certificate:
    values: dict[str, object] = {
        "id": "c",
        "state": "PREPARED",
        "person": "p1",
        "scheme": "s",
        "scheme_version": "1",
        "journey": "j",
        "certificate_number": "1",
        "registration_number": "2",
        "blank_number": "3",
        "issued_on": "2026-03-02",
        "valid_until": "2029-03-02",
        "check_code": "code",
        "pdf_digest": "d",
    }
    return Certificate.model_validate({**values, **changes})


def certificate_rules(subject: Certificate, trigger: str, now: datetime) -> list[str]:
    case = Case(
        stream="c",
        kind="certificate",
        workflow_id="certificate-c",
        head="",
        policy_version=default().version,
        calendar=CALENDAR,
        business_at=now,
        entities={"certificate": {"c": subject}},
    )
    about = Situation(case=case, subject=subject, actor=SYSTEM, now=now, facts=Facts(), policy=default())
    return [v.rule for v in check(CERTIFICATE, about, trigger)]


def test_a_certificate_is_active_only_with_three_numbers_and_its_document() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert certificate_rules(certificate(), "record", now) == []
    for missing in ("certificate_number", "registration_number", "blank_number", "pdf_digest", "check_code"):
        assert certificate_rules(certificate(**{missing: ""}), "record", now) == ["M-NUMBERS"]


def test_the_last_day_is_valid_to_its_end_in_wib() -> None:
    midnight = datetime(2029, 3, 2, 17, 0, tzinfo=UTC)
    active = certificate(state="ACTIVE")
    assert certificate_rules(active, "expire", midnight - timedelta(seconds=1)) == ["M-EARLY"]
    assert certificate_rules(active, "expire", midnight) == []
