"""Every stored history still replays, in the sandbox and outside it: a change that would break a running
case is found here. A stored history is never taken away or replaced; new branches add new ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from activities.contracts import LEDGER_APPEND, AppendRequest
from activities.plugin import workflow_runner
from tools.record_histories import FOLDER, read
from worker import WORKFLOWS

HISTORIES = sorted(FOLDER.glob("*.json.gz"))


def replayer(*, sandbox: bool) -> Replayer:
    return Replayer(
        workflows=WORKFLOWS,
        data_converter=DataConverter(payload_converter_class=PydanticPayloadConverter),
        workflow_runner=workflow_runner(sandbox=sandbox),
    )


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: p.name.removesuffix(".json.gz"))
async def test_a_stored_history_replays_with_the_sandbox_on_and_off(path: Path) -> None:
    for sandbox in (True, False):
        await replayer(sandbox=sandbox).replay_workflow(read(path))


class Overhearing(PydanticPayloadConverter):
    """Keeps the hash of every event that a workflow hands to the ledger while it replays."""

    heard: ClassVar[dict[tuple[str, int], str]] = {}

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        for value in values:
            if isinstance(value, AppendRequest):
                self.heard.update({(e.stream, e.seq): e.hash for e in value.events})
        return super().to_payloads(values)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: p.name.removesuffix(".json.gz"))
async def test_a_replay_makes_the_very_events_that_were_written_down(path: Path) -> None:
    """Temporal compares what a workflow asks for, not with what. An event that came out different, by a new
    field or another sentence, would fork a running case from its ledger at the worker's next restart."""
    history = read(path)
    written = {
        (event.stream, event.seq): event.hash
        for scheduled in (e.activity_task_scheduled_event_attributes for e in history.events)
        if scheduled.activity_type.name == LEDGER_APPEND
        for payload in scheduled.input.payloads
        for event in AppendRequest.model_validate_json(payload.data).events
    }
    Overhearing.heard.clear()
    converter = DataConverter(payload_converter_class=Overhearing)
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=converter,
        workflow_runner=workflow_runner(sandbox=False),
    )
    await replayer.replay_workflow(history)
    assert written
    assert {key: Overhearing.heard.get(key) for key in written} == written


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
