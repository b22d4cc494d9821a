"""Programme, class, seat, assignment and task: each row of the domain specification, and no other without
a reason of its own."""

import pytest

from domain.roles import Role
from state_machines.assignment import ASSIGNMENT
from state_machines.class_ import CLASS
from state_machines.programme import PROGRAMME
from state_machines.seat import SEAT
from state_machines.table import Table
from state_machines.task import TASK
from tests.support.rows import Rows, rows, spread

More = dict[str, Rows]
"""Why a row is there that the specification's table does not name → that row."""

# ---- § 2, states of a programme ----------------------------------------------------------------------

BEFORE_THE_START = "VERIFYING CORRECTION AWAITING_APPROVAL PREPARATION READY"
OPEN_PROGRAMME = f"SUBMITTED {BEFORE_THE_START} RUNNING REPORTING"

PROGRAMME_ROWS: Rows = {
    ("DRAFT", "submit", "SUBMITTED", "organiser"),
    ("DRAFT", "expire", "EXPIRED", "system"),
    ("SUBMITTED", "start_verification", "VERIFYING", "verifier"),
    ("SUBMITTED", "withdraw", "DRAFT", "organiser"),
    ("VERIFYING", "send_back", "CORRECTION", "verifier"),
    ("VERIFYING", "recommend", "AWAITING_APPROVAL", "verifier"),
    ("VERIFYING", "reject", "REJECTED", "verifier"),
    ("CORRECTION", "resubmit", "VERIFYING", "organiser"),
    ("CORRECTION", "expire", "EXPIRED", "system"),
    ("AWAITING_APPROVAL", "approve", "PREPARATION", "approver"),
    ("AWAITING_APPROVAL", "approve_without", "PREPARATION", "approver"),
    ("AWAITING_APPROVAL", "return_to_verifier", "VERIFYING", "approver"),
    ("AWAITING_APPROVAL", "reject", "REJECTED", "approver"),
    ("PREPARATION", "make_ready", "READY", "system"),
    ("PREPARATION", "all_cancelled", "CANCELLED", "system"),
    *spread("PREPARATION READY", "start", "RUNNING", "system"),
    ("READY", "lose_readiness", "PREPARATION", "system"),
    ("RUNNING", "conclude", "REPORTING", "system"),
    ("REPORTING", "submit_report", "REPORTING", "organiser"),
    ("REPORTING", "return_report", "REPORTING", "operations"),
    ("REPORTING", "accept_report", "COMPLETED", "operations"),
    # CORRECTION: cancel (organiser), and VERIFYING … READY: cancel (organiser or operations)
    *spread(BEFORE_THE_START, "cancel", "CANCELLED", "operations organiser"),
    *spread(OPEN_PROGRAMME, "suspend", "SUSPENDED", "operations"),
    *{("SUSPENDED", "resume", state, "operations") for state in OPEN_PROGRAMME.split()},
    ("SUSPENDED", "cancel", "CANCELLED", "operations organiser"),
}

# ---- § 2, states of a class --------------------------------------------------------------------------

CLASS_ROWS: Rows = {
    ("PLANNED", "schedule", "SCHEDULED", "system"),
    ("SCHEDULED", "ready", "READY", "system"),
    ("READY", "start", "RUNNING", "system"),
    ("RUNNING", "finish", "DONE", "master_assessor organiser"),
    ("READY", "reschedule", "SCHEDULED", "operations organiser"),
    ("READY", "lose_resource", "SCHEDULED", "system"),
    ("RUNNING", "interrupt", "INTERRUPTED", "master_assessor organiser"),
    ("INTERRUPTED", "resume_class", "RUNNING", "master_assessor organiser"),
    # `system`: two working days not ready, or the programme itself was cancelled
    ("INTERRUPTED", "cancel", "CANCELLED", "master_assessor organiser system"),
    *spread("PLANNED SCHEDULED READY", "cancel", "CANCELLED", "operations organiser system"),
}
CLASS_MORE: More = {
    "READY needs a committee and a confirmed venue: acts that leave the class's state as it is": {
        (state, trigger, state, "operations organiser")
        for state in ("SCHEDULED", "READY")
        for trigger in ("confirm_venue", "set_committee")
    },
    "a class that is not READY yet, on its day too, moves as well: reschedule, before the start": {
        ("SCHEDULED", "reschedule", "SCHEDULED", "operations organiser")
    },
}

# ---- § 2, states of a seat ---------------------------------------------------------------------------

OPEN_SEAT = "PROPOSED VERIFIED CONFIRMED WAITLISTED OFFERED"
PARTICIPANT = "candidate organiser"
"""The participant, or the organiser on behalf."""

SEAT_ROWS: Rows = {
    ("PROPOSED", "verify", "VERIFIED", "verifier"),
    ("PROPOSED", "refuse", "REJECTED", "system verifier"),
    ("VERIFIED", "refuse", "REJECTED", "approver system"),
    ("VERIFIED", "confirm", "CONFIRMED", PARTICIPANT),
    ("VERIFIED", "waitlist", "WAITLISTED", "system"),
    ("WAITLISTED", "offer", "OFFERED", "system"),
    ("OFFERED", "accept_offer", "CONFIRMED", PARTICIPANT),
    ("OFFERED", "decline", "RELEASED", PARTICIPANT),
    ("OFFERED", "unanswered", "WAITLISTED", "system"),
    ("OFFERED", "unanswered", "RELEASED", "system"),
    ("CONFIRMED", "reconfirm", "VERIFIED", "system"),
    ("CONFIRMED", "attend", "ATTENDED", "system"),
    ("CONFIRMED", "miss", "NO_SHOW", "system"),
    *spread(OPEN_SEAT, "withdraw", "WITHDRAWN", f"{PARTICIPANT} system"),
    *spread("WAITLISTED OFFERED", "release", "RELEASED", "system"),
}
SEAT_MORE: More = {
    "the pair of person and scheme turns out to be another case's when the seat is on the list (R-DUP)": {
        *spread("WAITLISTED OFFERED", "refuse", "REJECTED", "system")
    },
    "R-KIT runs at check-in, which changes no state": {
        ("CONFIRMED", "check_in", "CONFIRMED", "master_assessor organiser")
    },
}

# ---- § 2, assignment of a master assessor ------------------------------------------------------------

ASSIGNMENT_ROWS: Rows = {
    ("PROPOSED", "assign", "ASSIGNED", "operations"),
    ("ASSIGNED", "accept", "ACCEPTED", "master_assessor"),
    ("ASSIGNED", "decline", "DECLINED", "master_assessor"),
    ("ASSIGNED", "lapse", "LAPSED", "system"),
    ("ACCEPTED", "finish", "DONE", "system"),
    # `system`: a class or a programme that ends lets its people go
    ("ACCEPTED", "replace", "REPLACED", "operations system"),
}
ASSIGNMENT_MORE: More = {
    "who was proposed and got no letter does not stay proposed for ever": {
        ("PROPOSED", "drop", "REPLACED", "operations system")
    },
    "a master assessor who has not answered yet falls ill, too (§ 6), or the class ends meanwhile": {
        ("ASSIGNED", "replace", "REPLACED", "operations system")
    },
}

# ---- § 4 ---------------------------------------------------------------------------------------------

PEOPLE = "appeal_panel approver candidate committee master_assessor operations organiser reviewer verifier"

TASK_ROWS: Rows = {
    ("OFFERED", "claim", "CLAIMED", PEOPLE),
    ("CLAIMED", "complete", "COMPLETED", PEOPLE),
    ("CLAIMED", "release", "OFFERED", PEOPLE),
    ("CLAIMED", "reassign", "OFFERED", "operations"),
    ("CLAIMED", "delegate", "CLAIMED", PEOPLE),
    *spread("OFFERED CLAIMED", "cancel", "CANCELLED", "system"),
}
TASK_MORE: More = {
    "operations give a task that nobody took to a person by name": {
        ("OFFERED", "reassign", "OFFERED", "operations")
    },
    "tasks that are done by doing it (complete_class, complete_kit)": {
        *spread("OFFERED CLAIMED", "settle", "COMPLETED", "system")
    },
    "each task carries comments; they change nothing else": {
        ("OFFERED", "comment", "OFFERED", PEOPLE),
        ("CLAIMED", "comment", "CLAIMED", PEOPLE),
    },
}

EVERY = pytest.mark.parametrize(
    ("table", "specified", "more"),
    [
        (PROGRAMME, PROGRAMME_ROWS, {}),
        (CLASS, CLASS_ROWS, CLASS_MORE),
        (SEAT, SEAT_ROWS, SEAT_MORE),
        (ASSIGNMENT, ASSIGNMENT_ROWS, ASSIGNMENT_MORE),
        (TASK, TASK_ROWS, TASK_MORE),
    ],
    ids=lambda x: x.name if isinstance(x, Table) else "",
)


@EVERY
def test_the_rows_are_those_of_the_specification(table: Table, specified: Rows, more: More) -> None:
    named = specified.union(*more.values())
    assert rows(table) == named
    assert len(table.rows) == len(named)


def test_where_they_begin_and_end() -> None:
    found = {t.name: (t.initial, set(t.terminal)) for t in (PROGRAMME, CLASS, SEAT, ASSIGNMENT, TASK)}
    assert found == {
        "programme": (("DRAFT",), {"COMPLETED", "REJECTED", "CANCELLED", "EXPIRED"}),
        "class": (("PLANNED",), {"DONE", "CANCELLED"}),
        "seat": (("PROPOSED",), {"ATTENDED", "NO_SHOW", "REJECTED", "RELEASED", "WITHDRAWN"}),
        "assignment": (("PROPOSED",), {"DECLINED", "LAPSED", "DONE", "REPLACED"}),
        "task": (("OFFERED",), {"COMPLETED", "CANCELLED"}),
    }


def test_an_auditor_changes_nothing() -> None:
    tables = (PROGRAMME, CLASS, SEAT, ASSIGNMENT, TASK)
    assert not [r for t in tables for r in t.rows if Role.AUDITOR in r.roles]


# The guards that make a row of the specification what it is: its words, and the rule or guard that asks.
CONDITIONS = [
    (PROGRAMME, "VERIFYING", "send_back", "M-SENDBACK", "while fewer than 3 times"),
    (PROGRAMME, "VERIFYING", "recommend", "M-SEATS", "no seat PROPOSED and no resolve_* task open"),
    (PROGRAMME, "AWAITING_APPROVAL", "approve", "rules:programme_approve", "R-ORG, R-TECH, R-MA again"),
    (PROGRAMME, "AWAITING_APPROVAL", "approve", "R-SOD:approver", "never the verifier"),
    (PROGRAMME, "AWAITING_APPROVAL", "approve_without", "R-SOD:approver", "never the verifier"),
    (PROGRAMME, "DRAFT", "submit", "rules:programme_submit", "when each rule runs"),
    (PROGRAMME, "CORRECTION", "resubmit", "rules:programme_resubmit", "when each rule runs"),
    (PROGRAMME, "RUNNING", "conclude", "M-CLASSES", "every class DONE or CANCELLED, first decisions"),
    (PROGRAMME, "REPORTING", "accept_report", "M-REPORT", "submit_report; then accept_report"),
    (CLASS, "SCHEDULED", "ready", "M-READY", "`ready` needs …"),
    (CLASS, "READY", "start", "M-EARLY", "the first session's hour in the venue's zone"),
    (CLASS, "READY", "start", "rules:class_start", "R-ORG on every class day"),
    (CLASS, "READY", "reschedule", "rules:reschedule", "every date rule runs again"),
    (CLASS, "RUNNING", "finish", "M-ATTEND", "finish needs the last day's attendance"),
    (SEAT, "VERIFIED", "confirm", "rules:seat_move", "R-24 at every seat move"),
    (SEAT, "VERIFIED", "waitlist", "kind:reserve", "VERIFIED reserve"),
    (SEAT, "WAITLISTED", "offer", "rules:promotion", "keeps R-30"),
    (SEAT, "WAITLISTED", "offer", "rules:seat_move", "R-24"),
    (SEAT, "WAITLISTED", "offer", "M-STARTED", "before the start"),
    (SEAT, "OFFERED", "accept_offer", "rules:seat_move", "R-24"),
    (ASSIGNMENT, "PROPOSED", "assign", "R-MA:letter", "with surat tugas"),
    (ASSIGNMENT, "ASSIGNED", "accept", "M-OWN", "the master assessor"),
    (TASK, "OFFERED", "claim", "R-SOD", "who may not do it"),
    (TASK, "CLAIMED", "complete", "R-SOD", "who may not do it"),
    (TASK, "CLAIMED", "complete", "T-DECISION", "a negative decision needs a reason"),
    (TASK, "CLAIMED", "reassign", "R-SOD", "who may not do it"),
]


@pytest.mark.parametrize(("table", "source", "trigger", "guard", "_words"), CONDITIONS)
def test_a_row_asks_what_the_specification_says(
    table: Table, source: str, trigger: str, guard: str, _words: str
) -> None:
    for row in table.by_trigger[(source, trigger)]:
        assert guard in {g.id for g in row.guards}
