"""A certificate's decisions: it is made, watched over, and expires the day after its printed last day."""

from datetime import datetime, timedelta
from typing import Any

from domain.cases import Certificate, Deadline, Errand
from domain.clock import at, end_of_day
from domain.errors import Refused
from domain.openings import CertificateOpening
from domain.rules.recertification import window
from state_machines.turn import Turn
from workflows.cases.logic import CaseLogic

REMINDER_HOUR = 8
"""Reminders go out when working hours begin (WIB) [D § 4]."""
WINDOW_OPENS = "window_opens"
EXPIRY = "expiry"


def open_certificate(turn: Turn, start: CertificateOpening) -> str:
    """The first event: the numbers are taken, the document is still to be made.

    The check code is made where the document is (an activity with secrets), never in a workflow.
    """
    turn.add(
        "certificate",
        start.certificate,
        **start.model_dump(exclude={"certificate", "workflow_id"}),
    )
    c = turn.case.certificate
    turn.ask(
        "render_certificate",
        c.id,
        person=c.person,
        scheme=c.scheme,
        scheme_version=c.scheme_version,
        certificate_number=c.certificate_number,
        registration_number=c.registration_number,
        blank_number=c.blank_number,
        issued_on=c.issued_on.isoformat(),
        valid_until=c.valid_until.isoformat(),
        policy_version=turn.case.policy_version,
        simulation=turn.case.clock == "simulation",
    )
    return "certificate_opened"


def rendered(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    """The document is there: the certificate is active, and its whole life is in the calendar."""
    c = turn.case.certificate
    turn.fire(
        "certificate",
        c.id,
        "record",
        as_system=True,
        pdf_digest=str(answer["digest"]),
        check_code=str(answer["check_code"]),
    )
    for kind, moment in lifetime(turn, c).items():
        turn.wait(kind, c.id, moment)
    turn.notify(f"person:{c.person}", "certificate_active", valid_until=c.valid_until)
    return "certificate_activated"


def lifetime(turn: Turn, c: Certificate) -> dict[str, datetime]:
    """What will happen by itself, by kind (UTC): reminders, the window's opening day, the expiry.

    A reminder that is past already, or that coincides with the window's opening, is not sent.
    """
    opens = at(window(c.valid_until, turn.policy)[0], REMINDER_HOUR)
    found = {WINDOW_OPENS: opens} if opens > turn.now else {}
    for days in turn.policy.certificate_reminder_days:
        moment = at(c.valid_until - timedelta(days=days), REMINDER_HOUR)
        if moment > turn.now and moment != opens:
            found[f"reminder_{days}"] = moment
    return {**found, EXPIRY: end_of_day(c.valid_until)}


def moment_came(turn: Turn, deadline: Deadline) -> str:
    """A reminder, the opening of the recertification window, or the end."""
    c = turn.case.certificate
    if deadline.kind == EXPIRY:
        turn.fire("certificate", c.id, "expire", as_system=True)
        turn.stop_waiting()
        turn.notify(f"person:{c.person}", "certificate_expired", valid_until=c.valid_until)
        return "certificate_expired"
    turn.set("certificate", c.id, reminded=(*c.reminded, deadline.kind))
    if deadline.kind == WINDOW_OPENS:
        last = window(c.valid_until, turn.policy)[1]
        turn.notify(
            f"person:{c.person}", "recertification_window_open", valid_until=c.valid_until, until=last
        )
        return "recertification_window_opened"
    turn.notify(f"person:{c.person}", "certificate_reminder", valid_until=c.valid_until)
    return "certificate_reminded"


def _answer(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    if errand.kind == "render_certificate":
        return rendered(turn, errand, answer)
    return f"{errand.kind}_answered"


def _message(_turn: Turn, _message: Any) -> str:
    raise Refused.because(
        "M-MESSAGE", "Sertifikat tidak menerima pesan ini.", "A certificate takes no such message."
    )


CERTIFICATE_LOGIC = CaseLogic(
    kind="certificate",
    handlers={},
    completions={},
    deadline=moment_came,
    answer=_answer,
    message=_message,
    open=open_certificate,
)
