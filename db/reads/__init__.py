"""Every SELECT that a screen or the API needs of cases. Nothing here writes.

Lists come in pages: `Page.next` is an opaque cursor for the same call with the same filters. Who may see
what is decided by the caller, who passes the organiser or the person that a list is narrowed to.
"""

from db.reads.cases import (
    AHEAD,
    Place,
    archive_state,
    attention,
    attention_count,
    case,
    case_by_workflow,
    case_row,
    cases_by_workflow,
    cases_of_workflows,
    command_event,
    credible,
    head,
    open_cases,
    wait_for,
)
from db.reads.journeys import certificate, certificate_by_code, certificates, journey, journeys
from db.reads.ledger import denials, notices_for, outbox_counts, reservation, timeline
from db.reads.pages import MOST, PAGE, Page
from db.reads.programmes import (
    assignments,
    assignments_of_person,
    classes,
    expired_requests,
    programme,
    programme_counts,
    programmes,
    seats,
    seats_of_person,
)
from db.reads.simulation import Pending, due_at, next_moment, pending, sim_clock, unseen
from db.reads.tasks import Box, TaskSort, Whose, all_tasks, open_tasks_of, task, task_counts, tasks

__all__ = [
    "AHEAD",
    "MOST",
    "PAGE",
    "Box",
    "Page",
    "Pending",
    "Place",
    "TaskSort",
    "Whose",
    "all_tasks",
    "archive_state",
    "assignments",
    "assignments_of_person",
    "attention",
    "attention_count",
    "case",
    "case_by_workflow",
    "case_row",
    "cases_by_workflow",
    "cases_of_workflows",
    "certificate",
    "certificate_by_code",
    "certificates",
    "classes",
    "command_event",
    "credible",
    "denials",
    "due_at",
    "expired_requests",
    "head",
    "journey",
    "journeys",
    "next_moment",
    "notices_for",
    "open_cases",
    "open_tasks_of",
    "outbox_counts",
    "pending",
    "programme",
    "programme_counts",
    "programmes",
    "reservation",
    "seats",
    "seats_of_person",
    "sim_clock",
    "task",
    "task_counts",
    "tasks",
    "timeline",
    "unseen",
    "wait_for",
]
