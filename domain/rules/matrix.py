"""When each rule runs (domain specification, § 5, “When each runs”), as data with its test."""

from enum import StrEnum

from domain.facts import Facts
from domain.rules.book import RULES
from domain.verdict import Verdict


class Moment(StrEnum):
    """The moments of a case at which rules run."""

    programme_submit = "programme_submit"
    programme_resubmit = "programme_resubmit"
    programme_approve = "programme_approve"
    addition = "addition"
    substitution = "substitution"
    promotion = "promotion"
    seat_move = "seat_move"
    class_ready = "class_ready"
    class_start = "class_start"
    committee_removal = "committee_removal"
    assign = "assign"
    schedule = "schedule"
    reschedule = "reschedule"
    application_submit = "application_submit"
    choose_track = "choose_track"
    check_in = "check_in"
    reassess = "reassess"
    decide = "decide"
    act = "act"


_SUBMIT = (
    "R-ORG",
    "R-30",
    "R-24",
    "R-2",
    "R-Q3",
    "R-TECH",
    "R-REC",
    "R-IT",
    "R-DUP",
    "R-SOD",
    "R-MA",
)
"""A plain “submit” is every formal submission of a list; only R-NOTICE is for the first one."""
_NEW_PARTICIPANT = ("R-30", "R-24", "R-Q3", "R-REC", "R-IT", "R-SOD")

MATRIX: dict[Moment, tuple[str, ...]] = {
    Moment.programme_submit: (*_SUBMIT, "R-NOTICE"),
    Moment.programme_resubmit: _SUBMIT,
    Moment.programme_approve: ("R-ORG", "R-TECH", "R-SOD", "R-MA"),
    Moment.addition: _NEW_PARTICIPANT,
    Moment.substitution: _NEW_PARTICIPANT,
    Moment.promotion: ("R-30", "R-24", "R-SOD"),
    Moment.seat_move: ("R-24", "R-SOD"),
    Moment.class_ready: ("R-2", "R-SOD", "R-MA"),
    Moment.class_start: ("R-ORG", "R-SOD"),
    Moment.committee_removal: ("R-2", "R-SOD"),
    Moment.assign: ("R-SOD",),
    Moment.schedule: ("R-TECH", "R-SOD", "R-MA"),
    Moment.reschedule: ("R-TECH", "R-SOD", "R-MA"),
    Moment.application_submit: ("R-Q3", "R-TECH", "R-REC", "R-IT", "R-WIN", "R-DUP", "R-SOD"),
    Moment.choose_track: ("R-KIT", "R-SOD"),
    Moment.check_in: ("R-KIT", "R-SOD"),
    Moment.reassess: ("R-BK", "R-SOD"),
    Moment.decide: ("R-SOD",),
    Moment.act: ("R-SOD",),
}
"""The paragraph, word for word."""

ALSO: dict[Moment, tuple[str, ...]] = {
    # § 2 and § 6: at a reschedule every date rule again, licence and committee included.
    Moment.reschedule: ("R-ORG", "R-2"),
    # § 2: an assignment takes its days, and § 3: nobody is assigned whose certificate is not ACTIVE.
    Moment.assign: ("R-MA",),
    # An added or substituted participant is submitted then, and must not slip past these two.
    Moment.addition: ("R-TECH", "R-DUP"),
    Moment.substitution: ("R-TECH", "R-DUP"),
    # § 3: votes, quorum and majority.
    Moment.decide: ("R-VOTE",),
}
"""What other sections ask for on top of the paragraph."""


def rules_at(moment: Moment) -> tuple[str, ...]:
    """The ids of the rules that run at this moment, in the order of the book."""
    wanted = {*MATRIX[moment], *ALSO.get(moment, ())}
    return tuple(id for id in RULES if id in wanted)


def moments_of(rule_id: str) -> tuple[Moment, ...]:
    """The moments at which a rule runs."""
    return tuple(moment for moment in Moment if rule_id in rules_at(moment))


def run(moment: Moment, facts: Facts) -> list[Verdict]:
    """Every verdict of every rule of this moment over every subject of the facts.

    Missing facts give `needs_human` verdicts, never an exception.
    """
    known = facts.model_copy(update={"moment": moment.value})
    return [verdict for id in rules_at(moment) for verdict in RULES[id].over(known)]
