"""A sitting of the decision committee: its members, their own votes, and what it decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import views
from api.problems import violation_json
from api.runtime import Runtime
from db import reads, sheets
from db.identity import Access
from domain.cases import Case, Task
from domain.commands import VotesForm
from domain.errors import DomainError, Refused
from domain.events import Event
from domain.facts import Facts
from domain.policy import policy
from domain.roles import Actor, Role
from domain.text import Text
from domain.verdict import Violation
from state_machines.journey_facts import sod
from state_machines.table import Situation
from state_machines.task import OPEN_TASK

DECIDING = "decide"
DECISIONS = frozenset({"decide_competent", "decide_not_yet"})
"""Decisions that votes carry."""
CONVENED = "committee_convened"
DECIDED = ("decided_competent", "decided_not_yet_competent", "clarification_asked")


@dataclass(frozen=True)
class Sitting:
    """The latest sitting. `task` is the chair's; None before the committee was convened."""

    case: Case
    task: Task | None
    cast: sheets.Cells
    """person → the vote that this member cast."""

    @property
    def open(self) -> bool:
        return self.task is not None and self.task.state in OPEN_TASK


def sittings(case: Case) -> list[Task]:
    """The chair's tasks to decide, in their order: each is one sitting."""
    return [t for t in case.tasks.values() if t.kind == DECIDING and t.state in (*OPEN_TASK, "COMPLETED")]


def sheet_of(task: Task) -> str:
    return f"votes:{task.id}"


async def find_all(session: AsyncSession, runtime: Runtime, cases: Sequence[Case]) -> dict[str, Sitting]:
    """The latest sitting of each case, by stream."""
    tasks = {case.stream: next(reversed(sittings(case)), None) for case in cases}
    wanted = [(stream, sheet_of(task)) for stream, task in tasks.items() if task is not None]
    cast = {
        stream: found
        for (stream, _), found in (await sheets.cells_of(session, runtime.vault, wanted)).items()
    }
    return {case.stream: Sitting(case, tasks[case.stream], cast.get(case.stream, {})) for case in cases}


async def find(session: AsyncSession, runtime: Runtime, case: Case) -> Sitting:
    """The latest sitting of this case."""
    return (await find_all(session, runtime, [case]))[case.stream]


def situation(case: Case, actor: Actor, now: datetime) -> Situation:
    """The journey as its rules see it, without a command."""
    rules = policy(case.policy_version)
    return Situation(
        case=case,
        subject=case.journey,
        actor=actor,
        now=max(now, case.business_at),
        facts=Facts(policy=rules, calendar=case.calendar),
        policy=rules,
    )


def involved(case: Case, person: str, actor: Actor, now: datetime) -> list[Violation]:
    """R-SOD: has this person had a hand in a step that is kept apart from the decision?"""
    return sod(situation(case, actor, now), "decision", (person,))


def why_not(access: Access, sitting: Sitting, now: datetime) -> DomainError | None:
    """Why the asker cannot vote now; None: they can."""
    case = sitting.case
    if access.hat.role is not Role.COMMITTEE or access.person not in case.journey.members:
        return Refused.because(
            "M-OWN",
            "Hanya anggota yang diundang ke sidang ini yang memberi suara.",
            "Only those who were invited to this sitting vote.",
            subject=case.stream,
            citation="[D] § 3",
        )
    if not sitting.open:
        return Refused.because(
            "M-STATE",
            "Sidang ini sudah memutuskan.",
            "This sitting has decided.",
            subject=case.stream,
            citation="[D] § 3",
        )
    barred = involved(case, access.person, access.actor, now)
    return Refused(barred) if barred else None


async def require_as_cast(
    session: AsyncSession, runtime: Runtime, case: Case, task: Task, given: Any
) -> None:
    """Refused (X-VOTE) unless the votes that the chair enters are those that members cast themselves. One who
    cast none is entered as before: nobody but the chair says what that vote was."""
    form: Any = getattr(given, "form", None)
    if task.kind != DECIDING or getattr(form, "command", None) is not VotesForm:
        return
    cast = await sheets.cells(session, runtime.vault, case.stream, sheet_of(task))
    entered = {v.person: v.competent for v in form.votes}
    other = sorted(p for p, c in cast.items() if entered.get(p) is not c.value["competent"])
    if not other:
        return
    raise Refused.because(
        "X-VOTE",
        f"{len(other)} suara tidak sama dengan yang diberikan anggotanya sendiri.",
        f"Votes that differ from what their members cast themselves: {len(other)}.",
        subject=case.stream,
        citation="[P] ISO/IEC 17024; [D] § 3",
        remedy=Text(
            id="Muat ulang halaman keputusan: suara diambil dari yang diberikan para anggota.",
            en="Load the page of the decision again: it takes the votes as members cast them.",
        ),
        persons=other,
    )


def view(access: Access, sitting: Sitting, known: views.People, now: datetime) -> dict[str, Any]:
    """The sitting for this asker. What others voted is shown to who has voted, and to who does not vote."""
    case, j = sitting.case, sitting.case.journey
    error = why_not(access, sitting, now)
    reads_all = not sitting.open or access.person in sitting.cast or access.person not in j.members
    return {
        "task": sitting.task.id if sitting.task else "",
        "due_at": views.moment(sitting.task.due_at) if sitting.task else None,
        "open": sitting.open,
        "chair": views.person_json(j.chair, known) if j.chair else None,
        "is_chair": bool(j.chair) and access.person == j.chair,
        "quorum": policy(case.policy_version).votes_minimum,
        "members": [
            {
                **views.person_json(p, known),
                "chair": p == j.chair,
                "involved": [violation_json(v) for v in involved(case, p, access.actor, now)],
                "has_voted": p in sitting.cast,
                "vote": _vote(sitting, p)
                if p in sitting.cast and (reads_all or p == access.person)
                else None,
            }
            for p in j.members
        ],
        "decisions": list(policy(case.policy_version).task(DECIDING).decisions),
        "cast": len(sitting.cast),
        "sealed": not reads_all,
        "version": sitting.cast[access.person].version if access.person in sitting.cast else 0,
        "may": error is None,
        "violations": [violation_json(v) for v in error.violations] if error else [],
    }


def _vote(sitting: Sitting, person: str) -> dict[str, Any]:
    held = sitting.cast[person]
    return {**held.value, "at": views.moment(held.at)}


# ---- what was decided --------------------------------------------------------------------------------


async def decided(
    session: AsyncSession, runtime: Runtime, case: Case, known: views.People
) -> list[dict[str, Any]]:
    """Every sitting that ended, the first one first: who was convened, how each voted, what was decided and
    why, with the events' hashes."""
    events = await reads.chain(session, case.stream, types=(CONVENED, *DECIDED))
    found: list[dict[str, Any]] = []
    convened: Event | None = None
    for event in events:
        if event.type == CONVENED:
            convened = event
            continue
        task = next(
            (case.tasks[c.id] for c in event.changes if c.kind == "task" and _decides(case, c.id)), None
        )
        if task is None or convened is None:
            continue
        cast = await sheets.cells(session, runtime.vault, case.stream, sheet_of(task))
        reason = await runtime.vault.open_texts(session, [task.reason.id] if task.reason else [])
        found.append(
            {
                "number": len(found) + 1,
                "decision": task.decision,
                "type": event.type,
                "reason": next(iter(reason.values()), None),
                "votes": _recorded(event, cast, known),
                "minutes_number": _field(event, "minutes_number") or "",
                "members": [views.person_json(p, known) for p in _field(convened, "members") or ()],
                "chair": views.person_json(_field(convened, "chair") or "", known),
                "convened": _signed(convened, known),
                "decided": _signed(event, known),
                "findings": [views.finding_json(f) for f in event.findings],
            }
        )
    return found


def _decides(case: Case, id_: str) -> bool:
    task = case.tasks.get(id_)
    return task is not None and task.kind == DECIDING and task.state == "COMPLETED"


def _field(event: Event, name: str) -> Any:
    return next(
        (c.fields[name] for c in reversed(event.changes) if c.kind == "journey" and name in c.fields), None
    )


def _recorded(event: Event, cast: sheets.Cells, known: views.People) -> list[dict[str, Any]]:
    """The votes as the ledger has them; a reason stands beside the vote that its member cast."""

    def one(vote: Mapping[str, Any]) -> dict[str, Any]:
        own = cast.get(vote["person"])
        same = own is not None and own.value["competent"] is vote["competent"]
        return {
            **views.person_json(vote["person"], known),
            "competent": vote["competent"],
            "reason": own.value["reason"] if own is not None and same else None,
            "cast_at": views.moment(own.at) if own is not None and same else None,
        }

    votes: Sequence[Mapping[str, Any]] = _field(event, "votes") or ()
    return [one(vote) for vote in votes]


def _signed(event: Event, known: views.People) -> dict[str, Any]:
    return {
        "role": event.actor.role.value,
        **views.person_json(event.actor.person, known),
        "at": views.moment(event.business_at),
        "seq": event.seq,
        "hash": event.hash,
    }
