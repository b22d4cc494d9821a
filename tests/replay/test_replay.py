"""Every stored history still replays, in the sandbox and outside it: a change that would break a running
case is found here. A stored history is never taken away or replaced; new branches add new ones."""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from activities.converter import PayloadConverter
from activities.plugin import workflow_runner
from tools.record_histories import FOLDER, ending, kind, read, written
from worker import WORKFLOWS

HISTORIES = sorted(FOLDER.glob("*.json.gz"))


@cache
def stored(path: Path) -> WorkflowHistory:
    """The history in that file, read once."""
    return read(path)


def replayer(*, sandbox: bool) -> Replayer:
    return Replayer(
        workflows=WORKFLOWS,
        data_converter=DataConverter(payload_converter_class=PayloadConverter),
        workflow_runner=workflow_runner(sandbox=sandbox),
    )


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: p.name.removesuffix(".json.gz"))
async def test_a_stored_history_replays_with_the_sandbox_on_and_off(path: Path) -> None:
    for sandbox in (True, False):
        await replayer(sandbox=sandbox).replay_workflow(stored(path))


ENDINGS = (
    *(f"programme ends {x}" for x in ("completed", "expired", "rejected", "cancelled", "draft")),
    *(f"journey ends {x}" for x in ("certified", "closed", "expired", "withdrawn")),
    "certificate ends expired",
)
BRANCHES = {
    # the request
    "sent back three times": {"programme_sent_back send_back": 3, "programme_resubmitted": 3},
    "returned to its verifier": {"programme_returned_to_verifier": 1},
    "rejected by the approver": {"programme_recommended": 2, "programme_rejected reject": 1},
    "a participant refused": {"seat_refused": 1},
    "approved without some": {"programme_approved approve_without": 1},
    "a correction that never came": {"task_reminded": 2, "programme_expired": 1},
    "cancelled instead of corrected": {"programme_cancelled cancel": 1, "programme ends cancelled": 1},
    "an equivalence accepted": {"equivalence_accepted accept": 1},
    "a participant whom another request has": {"pairs_taken R-DUP": 1},
    # places
    "an offer not answered twice": {"offer_unanswered": 2},
    "an offer declined": {"offer_declined decline": 1},
    "a reserve promoted": {"offer_accepted accept_offer": 1},
    "a seat given up": {"programme seat_withdrawn": 1, "programme seat_withdrawn withdraw": 1},
    "a seat given up, seen by its journey": {"journey seat_closed": 1, "journey ends withdrawn": 1},
    "a no-show at the class": {"class_moved": 1, "journey seat_closed": 1, "journey ends closed": 1},
    "one of two applications kept": {"journey_exists_already R-DUP": 1, "application_kept keep": 1},
    "one of two applications given up": {
        "journey_exists_already R-DUP": 1,
        "application_given_up give_up": 1,
    },
    # the class
    "a committee busy elsewhere": {"committee_days_refused R-2": 1},
    "a master assessor busy elsewhere": {"assignment_days_refused R-MA": 1},
    "a master assessor declined": {"programme assignment_declined decline": 1},
    "a letter not answered": {"programme assignment_lapsed": 1},
    "a master assessor replaced": {"assignment_replaced": 1},
    "its journeys told so": {"journey assessors_changed": 1},
    "a class moved": {"class_rescheduled": 1},
    "its journeys told the days": {"journey class_moved": 1},
    "not ready, moved": {"class_not_ready_on_its_day": 1, "class_rescheduled reschedule": 1},
    "not ready, cancelled": {"class_not_ready_on_its_day": 1, "class_cancelled": 1},
    "interrupted and resumed": {"class_interrupted": 1, "class_resumed": 1, "attendance_recorded": 1},
    "a kit incomplete": {"checked_in_kit_incomplete": 1},
    "a report returned": {"report_returned return_report": 1, "programme_completed accept_report": 1},
    # the application
    "given up unsent": {"journey_withdrawn withdraw": 1},
    "given up later": {"application_submitted": 1, "journey journey_withdrawn": 1},
    "never sent": {"journey ends expired": 1, "task_reminded": 2},
    "sent back and corrected": {"application_resubmitted": 1, "documents_accepted": 1},
    "sent back three times, corrected": {"application_sent_back send_back": 3, "application_resubmitted": 3},
    "sent back, never corrected": {"application_sent_back": 1, "journey ends expired": 1},
    "an application rejected": {"application_rejected reject": 1, "journey ends closed": 1},
    "a technical certificate that ended": {"technical_certificate_lapsed": 1},
    # the assessment
    "a certificate that ends too soon": {"schedule_needs_exception": 1, "exception_accepted accept": 1},
    "the class's assessor busy elsewhere": {"assessor_place_refused R-MA": 1},
    "its own assessor busy elsewhere": {"assessor_day_refused R-MA": 1},
    "missed three times": {"candidate_did_not_come no_show": 3, "journey ends closed": 1},
    "moved": {"assessment_rescheduled": 1},
    "interrupted": {"assessment_interrupted": 1, "journey ends certified": 1},
    "a class's assessor lost": {"assessors_changed": 1, "assessment_rescheduled schedule": 1},
    "clarified": {"clarification_asked clarify": 1, "assessment_filed": 2},
    "assessed again by letter": {
        "decided_not_yet_competent": 1,
        "reassessment_scheduled": 1,
        "journey assignment_lapsed": 1,
        "journey assignment_declined decline": 1,
        "journey assignment_accepted accept": 1,
        "journey ends certified": 1,
    },
    "not yet competent, closed": {"decided_not_yet_competent": 1, "journey ends closed": 1},
    "numbers refused": {"numbers_refused": 1, "certificate_issued": 1},
    # the certificate
    "a certificate in its last months": {"certificate_reminded": 2, "certificate ends open": 1},
    # every case
    "late": {"task_reminded": 1, "task_escalated": 1},
    "a cancel request": {"cancel_request_ignored": 1},
    "an errand in trouble": {"reserve failed": 1, "pairs_taken": 1},
    "frozen and thawed": {"ledger_append failed LedgerForked": 1, "signal message": 1, "task_released": 1},
    "gone on in a new run": {"programme ends continued": 1},
    "ended in a new run": {"not the first run": 1, "programme ends rejected": 1},
    **{ending: {ending: 1} for ending in ENDINGS},
}
"""Branch → what one history of it must hold, and how often at least."""


def marks(history: WorkflowHistory) -> Counter[str]:
    """What stands in a history: its ledger events (by type, by type and decision or rule, with the kind of
    case before each), its end, the activities that failed, its signals."""
    found, case = Counter[str](), kind(history)
    found[f"{case} ends {ending(history)}"] += 1
    names: dict[int, str] = {}
    for step in history.events:
        asked, failed = (
            step.activity_task_scheduled_event_attributes,
            step.activity_task_failed_event_attributes,
        )
        if step.HasField("activity_task_scheduled_event_attributes"):
            names[step.event_id] = asked.activity_type.name
        if step.HasField("activity_task_failed_event_attributes"):
            name = names[failed.scheduled_event_id]
            found[f"{name} failed"] += 1
            found[f"{name} failed {failed.failure.application_failure_info.type}"] += 1
        if step.HasField("workflow_execution_signaled_event_attributes"):
            found[f"signal {step.workflow_execution_signaled_event_attributes.signal_name}"] += 1
    for event in written(history):
        type_, payload = event["type"], event["payload"]
        more = {"", payload.get("decision") or "", *(payload.get("rules") or ())}
        for words in ((type_, word) for word in more):
            found[" ".join(words).strip()] += 1
            found[" ".join((case, *words)).strip()] += 1
    found["not the first run"] += start_of(history)["case"]["seq"] > 0
    return found


def start_of(history: WorkflowHistory) -> Any:
    start = history.events[0].workflow_execution_started_event_attributes
    return json.loads(start.input.payloads[0].data)


def test_every_branch_of_the_way_has_a_stored_history() -> None:
    """A history of the logic that new cases follow, that is: revision 1 or later."""
    histories = [stored(path) for path in HISTORIES]
    today = [marks(h) for h in histories if start_of(h)["case"].get("revision", 0) >= 1]
    missing = [
        branch
        for branch, wanted in BRANCHES.items()
        if not any(all(found[mark] >= times for mark, times in wanted.items()) for found in today)
    ]
    assert not missing


async def test_a_history_that_the_code_did_not_make_is_refused() -> None:
    """The replay can fail: with the events of one case given to a changed start it does."""
    history = stored(HISTORIES[0])
    changed = [e for e in history.events if not e.HasField("timer_started_event_attributes")]
    kept = [e for e in changed if not e.HasField("activity_task_scheduled_event_attributes")]
    broken = type(history)(history.workflow_id, kept)
    with pytest.raises(Exception):  # noqa: B017 (the SDK's own errors, whichever it is)
        await replayer(sandbox=False).replay_workflow(broken)
