"""Every stored history still replays, in the sandbox and outside it: a change that would break a running
case is found here. A stored history is never taken away or replaced; new branches add new ones."""

from pathlib import Path

import pytest
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from activities.converter import PayloadConverter
from activities.plugin import workflow_runner
from tools.record_histories import FOLDER, read
from worker import WORKFLOWS

HISTORIES = sorted(FOLDER.glob("*.json.gz"))


def replayer(*, sandbox: bool) -> Replayer:
    return Replayer(
        workflows=WORKFLOWS,
        data_converter=DataConverter(payload_converter_class=PayloadConverter),
        workflow_runner=workflow_runner(sandbox=sandbox),
    )


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: p.name.removesuffix(".json.gz"))
async def test_a_stored_history_replays_with_the_sandbox_on_and_off(path: Path) -> None:
    for sandbox in (True, False):
        await replayer(sandbox=sandbox).replay_workflow(read(path))


def test_every_branch_of_the_way_has_a_stored_history() -> None:
    stored = {p.name.removesuffix(".json.gz") for p in HISTORIES}
    endings = {name.rsplit("-", 1)[0] if name[-1].isdigit() else name for name in stored}
    wanted = {
        "programme-completed",
        "programme-expired",
        "programme-rejected",
        "programme-cancelled",
        "programme-draft",
        "journey-certified",
        "journey-closed",
        "journey-expired",
        "journey-withdrawn",
        "certificate-expired",
    }
    missing = {w for w in wanted if not any(e.endswith(w) for e in endings)}
    assert not missing


async def test_a_history_that_the_code_did_not_make_is_refused() -> None:
    """The replay can fail: with the events of one case given to a changed start it does."""
    history = read(HISTORIES[0])
    changed = [e for e in history.events if not e.HasField("timer_started_event_attributes")]
    kept = [e for e in changed if not e.HasField("activity_task_scheduled_event_attributes")]
    broken = type(history)(history.workflow_id, kept)
    with pytest.raises(Exception):  # noqa: B017 (the SDK's own errors, whichever it is)
        await replayer(sandbox=False).replay_workflow(broken)
