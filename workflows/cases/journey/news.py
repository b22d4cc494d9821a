"""What a programme tells its journeys. The system acts; a message that fits nothing changes nothing."""

from datetime import date
from typing import Any

from domain.cases import DutyOverride
from state_machines.journey_facts import sod
from state_machines.turn import Turn
from workflows.cases.journey.application import give_to_reviewer
from workflows.cases.journey.assessment import assessor_lost, open_scheduling, watch_certificate
from workflows.cases.journey.assignment import own_stands

NO_EFFECT = "message_had_no_effect"


def training_recorded(turn: Turn, body: dict[str, Any]) -> str:
    """The training is recorded, with its trainers (R-SOD) and the class's accepted assessors."""
    j = turn.case.journey
    trainers = tuple(str(p) for p in body.get("trainers", ()))
    days = tuple(date.fromisoformat(str(d)) for d in body.get("class_days", ()))
    turn.set(
        "journey",
        j.id,
        training_recorded=True,
        trainers=trainers,
        assessors=tuple(str(p) for p in body.get("assessors", ())),
        class_days=days or j.class_days,
    )
    _overridden(turn, body)
    turn.hand("trainer", *trainers)
    _reviewer_still_fits(turn)
    open_scheduling(turn)
    return "training_recorded"


def _reviewer_still_fits(turn: Turn) -> None:
    """A reviewer who turns out to train the candidate is replaced (R-SOD)."""
    j = turn.case.journey
    barred = j.reviewer and sod(turn.situation("journey", j.id), "reviewer", (j.reviewer,))
    if j.state == "DOCUMENT_REVIEW" and barred:
        give_to_reviewer(turn)


def seat_closed(turn: Turn, body: dict[str, Any]) -> str:
    """The seat ended: by a no-show at the class, by a withdrawal, or with the class."""
    j = turn.case.journey
    trigger = f"seat_closed_{body.get('reason', '')}"
    if not turn.would("journey", j.id, trigger):
        return NO_EFFECT
    turn.fire("journey", j.id, trigger)
    return "seat_closed"


def assignment_changed(turn: Turn, body: dict[str, Any]) -> str:
    """The class's master assessors changed: `assessors` those who accepted, `trainers` the proposed to
    accepted ones; what the message leaves out stays. A schedule with an assessor who is gone is to be made
    again; who trains the class reviews none of its candidates, and after the training its record counts."""
    j = turn.case.journey
    if "trainers" in body and not j.training_recorded:
        turn.set("journey", j.id, trainers=tuple(str(p) for p in body["trainers"]))
        _reviewer_still_fits(turn)
    assessors = tuple(str(p) for p in body.get("assessors", j.assessors))
    turn.set("journey", j.id, assessors=assessors)
    _overridden(turn, body)
    if j.state == "SCHEDULED" and j.assessor and j.assessor not in assessors and not own_stands(turn):
        assessor_lost(turn)
    return "assessors_changed"


def _overridden(turn: Turn, body: dict[str, Any]) -> None:
    """Whom BNSP lets train and assess the class (R-SOD); the last word for each person counts."""
    told = {o.person: o for o in map(DutyOverride.model_validate, body.get("overrides", ()))}
    if told:
        j = turn.case.journey
        kept = tuple(o for o in j.overrides if o.person not in told)
        turn.set("journey", j.id, overrides=(*kept, *told.values()))


def class_moved(turn: Turn, body: dict[str, Any]) -> str:
    """The class was rescheduled: the application is judged by its new days. `exception_until`: a verifier
    excused that the technical certificate ends before this day (R-TECH)."""
    j = turn.case.journey
    turn.set("journey", j.id, class_days=tuple(date.fromisoformat(str(d)) for d in body["class_days"]))
    if "exception_until" in body:
        turn.set(
            "journey",
            j.id,
            facts=j.facts.model_copy(update={"exception": "accepted"}),
            exception_until=date.fromisoformat(str(body["exception_until"])),
        )
        watch_certificate(turn)
    return "class_moved"
