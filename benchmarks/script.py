"""The eight decisions of one journey of ours: from the candidate's application to the open schedule.

    1 candidate   submits the application        rules judge it, the machine's check of the papers is asked
    2 operations  claim the task "assign a reviewer"
    3 operations  name the reviewer              R-SOD
    4 reviewer    claims the review
    5 reviewer    comments it                    a sealed text
    6 reviewer    accepts the documents          rules judge it; a sealed text
    7 organiser   claims the task "schedule"
    8 organiser   comments it                    a sealed text

Between them the case acts by itself once: the answer of the machine's check is an event, too.
"""

import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from benchmarks.measure import Load, Watcher, timed
from benchmarks.world import Someone, application, filed
from domain.events import derived_id

Act = Literal["claim", "comment", "complete"]
TEXT = "Sudah saya periksa, tinggal menunggu surat rekomendasi yang asli."


@dataclass(frozen=True)
class Decision:
    """One decision: who, what, on which task, with what."""

    who: Someone
    act: Act
    stream: str
    task: str
    decision: str = ""
    form: dict[str, Any] | None = None

    @property
    def grounds(self) -> bool:
        """What a reviewer resolves comes with a reason, which is sealed, and evidence."""
        return bool(self.form and self.form.get("resolved"))


class Way(Protocol):
    """A way into the product."""

    waits: bool
    """Must whoever acts next wait until lists show the task? By its receipt the gateway's caller knows it."""

    async def open(self, person: str) -> str:
        """Start the person's journey; gives its workflow's id."""
        ...

    async def decide(self, decision: Decision) -> int:
        """Gives the receipt's seq."""
        ...


async def journey(way: Way, watcher: Watcher, cast: dict[str, Someone], done: Load) -> None:
    """Open one journey and drive it through its eight decisions.

    A decision on a task that the one before has opened waits, through HTTP, until the projection shows that
    one; through the gateway its id comes with the receipt.
    """
    candidate, operations, reviewer, organiser = (
        cast[name] for name in ("candidate", "operations", "reviewer", "organiser")
    )
    stream = application(candidate.person)
    done.workflows.append(await way.open(candidate.person))
    await watcher.until(stream, 1)

    async def decide(who: Someone, act: Act, task: str, decision: str = "", **form: Any) -> int:
        asked = Decision(who, act, stream, task, decision, form or None)
        seq: int = await timed(done, way.decide(asked))
        seen = watcher.until(stream, seq)
        seen.add_done_callback(lambda f: _note(done, f.result()))
        pending.append(seen)
        return seq

    async def shown() -> None:
        if way.waits:
            await pending[-1]

    pending: list[Any] = []
    apply = task_of(stream, 1)
    seq = await decide(
        candidate,
        "complete",
        apply,
        "submit",
        form="application",
        apl01=filed(stream),
        apl02=filed(stream),
        consent_version="2026-01",
        it_declared=True,
    )
    assign = task_of(stream, seq, after=1)  # the errand was the first new thing of that turn
    await shown()
    await decide(operations, "claim", assign)
    await pending[-1]  # facts for naming a reviewer are read of the case as it stands
    seq = await decide(
        operations, "complete", assign, "assign_reviewer", form="reviewer", reviewer=reviewer.person
    )
    review = task_of(stream, seq)
    await shown()
    await decide(reviewer, "claim", review)
    await decide(reviewer, "comment", review)
    await watcher.errands_done(stream)
    seq = await decide(reviewer, "complete", review, "accept", form="review", resolved=["R-TECH"])
    schedule = task_of(stream, seq)
    await shown()
    await decide(organiser, "claim", schedule)
    await decide(organiser, "comment", schedule)
    for seen in pending:
        await seen


def _note(done: Load, seconds: float) -> None:
    done.visible.append(seconds)
    done.shown = time.monotonic()


def task_of(stream: str, seq: int, after: int = 0) -> str:
    """The id of the task that this event opened; `after` new things of the same turn
    (state_machines.turn.Turn.new_id)."""
    return derived_id(stream, seq, "task", after + 1)
