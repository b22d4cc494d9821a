"""A certificate from its opening to its end, without a server."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from activities.contracts import RENDER_CERTIFICATE
from domain.cases import Case
from domain.errors import DomainError
from domain.openings import CertificateOpening
from domain.policy import default
from state_machines.evolve import fold
from state_machines.moments import moments
from tests.support.programmes import CALENDAR, DIGEST, START, World
from workflows.cases.certificate import CERTIFICATE_LOGIC, open_certificate
from workflows.errands import errand_call


class CertificateWorld(World):
    logic = CERTIFICATE_LOGIC

    def __init__(self, valid_until: date = date(2029, 3, 2)) -> None:
        super().__init__([])
        self.opening = self.case = Case(
            stream="certificate-1",
            kind="certificate",
            workflow_id="certificate-certificate-1",
            head="",
            policy_version=default().version,
            calendar=CALENDAR,
            clock="simulation",
            business_at=START,
        )
        start = CertificateOpening(
            certificate="certificate-1",
            workflow_id=self.case.workflow_id,
            person="p1",
            scheme="SKEMA-ASKOM",
            scheme_version="1",
            journey="application-1",
            certificate_number="SERT 1",
            registration_number="MET 1",
            blank_number="BL 1",
            issued_on=date(2026, 3, 2),
            valid_until=valid_until,
        )
        self.system(lambda turn: open_certificate(turn, start))

    def rendered(self) -> "CertificateWorld":
        self.answer("render_certificate", "certificate-1", {"digest": DIGEST, "check_code": "ABC"})
        return self


def when(world: CertificateWorld) -> dict[str, datetime]:
    return {d.kind: d.at for d in world.case.deadlines.values()}


def test_it_is_prepared_until_its_document_is_made() -> None:
    world = CertificateWorld()
    assert world.case.state == "PREPARED"
    (errand,) = world.case.errands.values()
    assert errand.kind == "render_certificate"
    assert errand.body["simulation"] is True
    assert "check_code" not in errand.body
    assert moments(world.case) == []
    assert errand_call(errand, world.case)[0] == RENDER_CERTIFICATE


def test_with_its_document_it_is_active_and_carries_digest_and_code() -> None:
    world = CertificateWorld().rendered()
    c = world.case.certificate
    assert (c.state, c.pdf_digest, c.check_code) == ("ACTIVE", DIGEST, "ABC")
    assert world.events[-1].type == "certificate_activated"


def test_its_moments_are_the_reminders_the_window_and_the_day_after_the_last() -> None:
    assert when(CertificateWorld().rendered()) == {
        # 2 December 2028 is 90 days before the last day too: told once, as the window's opening
        "window_opens": datetime(2028, 12, 2, 1, 0, tzinfo=UTC),
        "reminder_60": datetime(2029, 1, 1, 1, 0, tzinfo=UTC),
        "reminder_30": datetime(2029, 1, 31, 1, 0, tzinfo=UTC),
        "reminder_7": datetime(2029, 2, 23, 1, 0, tzinfo=UTC),
        "expiry": datetime(2029, 3, 2, 17, 0, tzinfo=UTC),
    }


def test_a_reminder_at_90_days_of_its_own() -> None:
    moments_ = when(CertificateWorld(date(2029, 8, 31)).rendered())
    assert moments_["reminder_90"] == datetime(2029, 6, 2, 1, 0, tzinfo=UTC)
    assert moments_["window_opens"] == datetime(2029, 5, 31, 1, 0, tzinfo=UTC)


def test_moments_that_are_past_at_the_issue_are_left_out() -> None:
    assert set(when(CertificateWorld(date(2026, 3, 20)).rendered())) == {"reminder_7", "expiry"}


def test_its_whole_life_to_the_end() -> None:
    world = CertificateWorld().rendered()
    types = world.pass_time(datetime(2030, 1, 1, tzinfo=UTC))
    assert types == [
        "recertification_window_opened",
        *["certificate_reminded"] * 3,
        "certificate_expired",
    ]
    assert world.case.state == "EXPIRED"
    assert moments(world.case) == []
    notices: list[Any] = [n.template for e in world.events for n in e.notices]
    assert notices == [
        "certificate_active",
        "recertification_window_open",
        *["certificate_reminder"] * 3,
        "certificate_expired",
    ]
    assert fold(world.opening, world.events) == world.case


def test_it_is_valid_on_its_last_day() -> None:
    world = CertificateWorld().rendered()
    world.pass_time(datetime(2029, 3, 2, 17, 0, tzinfo=UTC) - timedelta(seconds=1))
    assert world.case.state == "ACTIVE"


def test_it_takes_no_messages() -> None:
    world = CertificateWorld()
    with pytest.raises(DomainError):
        world.system(lambda turn: CERTIFICATE_LOGIC.message(turn, object()))


def test_a_last_day_at_the_end_of_the_calendar_stops_no_certificate() -> None:
    """Recorded before there was a longest time: its case goes on, and reminds when it can."""
    world = CertificateWorld(date(9999, 12, 31)).rendered()
    assert world.case.state == "ACTIVE"
    assert when(world)["expiry"] == datetime(9999, 12, 31, 17, tzinfo=UTC)
    assert world.pass_time(datetime(9999, 9, 30, 1, tzinfo=UTC))[-1] == "recertification_window_opened"
