"""What every walk shares: the world's answers, good and bad, early and late, and what holds of any task."""

from typing import Any

from hypothesis import strategies as st

from domain.cases import Case, Errand, Task
from domain.policy import policy
from state_machines.tables import TABLES
from state_machines.task import OPEN_TASK
from state_machines.turn import Turn
from tests.support.programmes import World


def over(case: Case, id_: str) -> bool:
    """Has the entity of this id ended?"""
    return any(
        (entity := case.bag(kind).get(id_)) is not None and entity.state in table.terminal
        for kind, table in TABLES.items()
        if kind in case.entities and kind != "task"
    )


def tasks_hold(case: Case, before: dict[str, Task]) -> None:
    """What is true of every task; `before` are those of an earlier moment."""
    for task in case.tasks.values():
        entry = policy(case.policy_version).task(task.kind)
        assert (task.state == "CLAIMED") == bool(task.holder) or task.state in ("COMPLETED", "CANCELLED")
        if task.state in OPEN_TASK:
            assert not over(case, task.subject), f"{task.kind} is open, and what it is about is over"
            assert task.due_at > task.opened_at
            assert task.completed_at is None
        if task.state == "COMPLETED":
            assert task.completed_at is not None
            assert task.late == (task.completed_at > task.due_at)
            assert task.decision in (*entry.decisions, "done")
            if task.decision in entry.evidence:
                assert task.evidence
    for id_, task in before.items():
        if task.state not in OPEN_TASK:
            assert case.tasks[id_] == task, "what is over does not change"


def answer(world: World, errand: Errand, data: st.DataObject) -> None:
    """The world's answer to one errand, often the good one."""
    keys = errand.body.get("keys", [])
    answers: dict[str, list[dict[str, Any]]] = {
        "reserve": [{"taken": keys, "refused": []}] * 3 + [{"taken": [], "refused": keys}],
        "start_journey": [{"outcome": "started"}] * 3 + [{"outcome": "already_started"}],
        "start_certificate": [{"outcome": "started"}],
        "message": [{"outcome": "delivered"}, {"outcome": "closed"}],
        "release": [{}],
        "review_documents": [
            {"findings": []},
            {"findings": []},
            {"findings": [{"requirement": "R-IT", "outcome": "needs_human", "facts": {}}]},
        ],
    }

    given = data.draw(st.sampled_from(answers[errand.kind]))

    def step(turn: Turn) -> str:
        turn.set("errand", errand.id, state="ANSWERED", answer=given)
        return world.logic.answer(turn, errand, given)

    world.system(step)


def asked(case: Case) -> list[Errand]:
    return [e for e in case.errands.values() if e.state == "ASKED"]


def answers(world: World, data: st.DataObject) -> None:
    """Some of what was asked is answered now, in any order; the rest stays for later."""
    while waiting := asked(world.case):
        if not data.draw(st.integers(0, 5)):
            return
        errand = data.draw(st.sampled_from(waiting))
        answer(world, errand, data)
