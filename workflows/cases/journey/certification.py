"""From competent to certified: the three numbers are asked for, taken, and then the certificate opens."""

from datetime import date
from typing import Any

from domain import met
from domain.cases import Errand, Task
from domain.clock import local_day
from domain.commands import CompleteTask, NumbersForm
from domain.errors import Refused
from domain.events import derived_id
from domain.ids import certificate_workflow
from domain.months import add_months
from domain.openings import CertificateOpening
from domain.roles import Role
from state_machines.turn import Turn
from workflows.cases.journey.assignment import assignment_of, day_answered, place_answered
from workflows.cases.journey.forms import need

NUMBERS = ("certificate_number", "registration_number", "blank_number")


def numbers_given(turn: Turn, task: Task, command: CompleteTask) -> str:
    """The numbers as BNSP gives them; nobody is certified before all three are taken.

    The registration number (MET) belongs to the person for life, so the activity takes it for the person;
    the others are this journey's.
    """
    form = need(command, NumbersForm)
    if form.valid_until is not None:
        _printed_day_is_sound(turn, form.valid_until)
    numbers = {
        "certificate_number": _plain(form.certificate_number),
        "registration_number": met.normalise(form.registration_number),
        "blank_number": _plain(form.blank_number),
    }
    turn.set("journey", task.subject, numbers=numbers, valid_until=form.valid_until)
    turn.ask(
        "reserve",
        task.subject,
        holder=turn.case.stream,
        keys=[{"kind": kind, "key": numbers[kind]} for kind in NUMBERS],
    )
    return "numbers_requested"


def _printed_day_is_sound(turn: Turn, until: date) -> None:
    """Refused (M-VALID) unless the printed last day is after today and within the policy's longest time."""
    today = local_day(turn.now)
    latest = add_months(today, turn.policy.certificate_months_maximum)
    if until <= today:
        raise Refused.because(
            "M-VALID",
            "Hari berlaku terakhir harus sesudah hari ini.",
            "The last valid day must be after today.",
            subject=turn.case.journey.id,
            valid_until=until.isoformat(),
        )
    # cases from before this limit may hold such a day already
    if turn.case.revision >= 1 and until > latest:
        raise Refused.because(
            "M-VALID",
            f"Hari berlaku terakhir terlalu jauh; paling lambat {latest}. Periksa tahunnya.",
            f"The last valid day is too far ahead; at the latest {latest}. Check the year.",
            subject=turn.case.journey.id,
            citation="[D] certificate_months_maximum",
            valid_until=until.isoformat(),
            latest=latest.isoformat(),
        )


def _plain(number: str) -> str:
    """One writing of a number: a difference in case or spaces makes no second certificate."""
    return " ".join(number.upper().split())


def reserved(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    """Taken or refused: the numbers of the certificate, or an assessor's place or day."""
    assignment = assignment_of(turn, errand.body["holder"])
    if assignment:
        return day_answered(turn, assignment, refused=bool(answer["refused"]))
    if "share" in errand.body:
        return place_answered(turn, errand, answer["refused"])
    if answer["refused"]:
        return _refused(turn, sorted({str(k["kind"]) for k in answer["refused"]}))
    return _issue(turn)


def _refused(turn: Turn, kinds: list[str]) -> str:
    """Somebody has one of the numbers already: operations look at them again."""
    j = turn.case.journey
    turn.set("journey", j.id, numbers={}, valid_until=None)
    turn.payload.update(rules=["M-NUMBERS"], refused=kinds)
    turn.open_task("issue_certificate", j.id)
    turn.notify(f"role:{Role.OPERATIONS.value}", "numbers_refused")
    return "numbers_refused"


def _issue(turn: Turn) -> str:
    j = turn.case.journey
    issued_on = local_day(turn.now)
    until = j.valid_until or add_months(issued_on, turn.policy.certificate_months)
    certificate = derived_id(turn.case.stream, "certificate")
    turn.fire("journey", j.id, "issue", as_system=True, certificate=certificate, valid_until=until)
    opening = CertificateOpening(
        certificate=certificate,
        workflow_id=certificate_workflow(certificate),
        person=j.person,
        scheme=j.scheme,
        scheme_version=j.scheme_version,
        journey=j.id,
        certificate_number=j.numbers["certificate_number"],
        registration_number=j.numbers["registration_number"],
        blank_number=j.numbers["blank_number"],
        issued_on=issued_on,
        valid_until=until,
    )
    turn.ask("start_certificate", j.id, **opening.model_dump(mode="json"))
    return "certificate_issued"
