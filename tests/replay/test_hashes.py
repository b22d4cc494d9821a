"""Replayed by today's code, every stored case makes the events that it made then, hash by hash.

Temporal compares commands, not what they carry: a change that gives an old case another event would replay,
and then the case would fork from its ledger.
"""

import json
from pathlib import Path

import pytest

from domain.events import Event
from state_machines.turn import Turn
from tests.replay.test_replay import HISTORIES, replayer
from tools.record_histories import read
from workflows.case_state import CaseState


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: p.name.removesuffix(".json.gz"))
async def test_a_replayed_case_makes_the_events_that_its_ledger_holds(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[tuple[str, int], str] = {}
    accept = CaseState._accept

    def kept(self: CaseState, turn: Turn, type_: str) -> Event:
        event = accept(self, turn, type_)
        made[event.stream, event.seq] = event.hash
        return event

    monkeypatch.setattr(CaseState, "_accept", kept)
    history = read(path)
    await replayer(sandbox=False).replay_workflow(history)
    written = {
        (event["stream"], event["seq"]): event["hash"]
        for step in history.events
        if step.activity_task_scheduled_event_attributes.activity_type.name == "ledger_append"
        for event in json.loads(step.activity_task_scheduled_event_attributes.input.payloads[0].data)[
            "events"
        ]
    }
    assert written
    assert {key: made.get(key) for key in written} == written
