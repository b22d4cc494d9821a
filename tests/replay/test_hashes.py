"""Replayed by today's code, every stored case makes the events that it made then, hash by hash.

Temporal compares commands, not what they carry: a change that gives an old case another event would replay,
and then the case would fork from its ledger.
"""

from pathlib import Path

import pytest

from domain.events import Event
from state_machines.turn import Turn
from tests.replay.test_replay import HISTORIES, replayer, stored
from tools.record_histories import written
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
    history = stored(path)
    await replayer(sandbox=False).replay_workflow(history)
    appended = {(e["stream"], e["seq"]): e["hash"] for e in written(history)}
    assert appended
    assert {key: made.get(key) for key in appended} == appended
