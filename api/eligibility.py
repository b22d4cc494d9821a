"""Who else may do a task: its group, those of it whom a rule bars, who holds it since when, and who sees it
next when it is late."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api import listings, views
from api.problems import violation_json
from api.runtime import Runtime
from api.sight import staff
from db import reads, registry
from db.identity import Access
from domain.calendar import CalendarYearMissing
from domain.cases import Case, Task
from domain.facts import Facts
from domain.policy import policy
from domain.roles import LABELS, Actor, Role
from domain.verdict import Violation
from state_machines.moments import escalation
from state_machines.table import Situation
from state_machines.task import OPEN_TASK, not_barred


async def eligibility(
    runtime: Runtime, access: Access, case: Case, task: Task, now: datetime
) -> dict[str, Any]:
    """Names, and whom a rule bars, are for BNSP; everybody else who sees the task learns the group alone."""
    whole = staff(access)
    async with runtime.db.read() as session:
        persons = await _persons(session, task) if whole else []
        known = await views.people(session, runtime.vault, {*persons, task.holder}, access) if whole else {}
        named = await registry.organisation_names(session, [task.for_organisation])
        claimed = await reads.chain(session, case.stream, types=("task_claimed",)) if task.holder else []
    judged = {p: _barred(case, task, p, now) for p in persons}
    able = [p for p, found in judged.items() if not found]
    return {
        "group": task.group,
        **views.both(LABELS[Role(task.group)], "group_label"),
        "organisation": named.get(task.for_organisation, task.for_organisation),
        "bound": bool(task.for_person),
        "able": [views.person_json(p, known) for p in able],
        "barred": [
            {**views.person_json(p, known), "violations": [violation_json(v) for v in found]}
            for p, found in judged.items()
            if found
        ],
        "nobody": whole and task.state in OPEN_TASK and not able and not task.for_organisation,
        "holder": views.person_json(task.holder, known) if task.holder and whole else None,
        "held": bool(task.holder),
        "held_since": next(
            (
                views.moment(event.business_at)
                for event in reversed(claimed)
                if any(m.subject == task.id for m in event.moves)
            ),
            None,
        ),
        "level": task.level,
        "seen_by": [_group(role) for role in _chain(case, task)[: task.level]],
        "next": _next(case, task),
    }


async def _persons(session: Any, task: Task) -> Sequence[str]:
    """Those who wear the group's hat; of a task that is one person's, that person alone."""
    if task.for_person:
        return [task.for_person]
    if task.for_organisation:
        return []
    return await listings.persons_in_role(session, Role(task.group))


def _barred(case: Case, task: Task, person: str, now: datetime) -> list[Violation]:
    """Would separation of duties keep this person from doing it (R-SOD)?"""
    situation = Situation(
        case=case,
        subject=task,
        actor=Actor(account="", person=person, role=Role(task.group)),
        now=max(now, case.business_at),
        facts=Facts(policy=policy(case.policy_version), calendar=case.calendar),
        policy=policy(case.policy_version),
    )
    return not_barred(situation)


def _chain(case: Case, task: Task) -> tuple[Role, ...]:
    return policy(case.policy_version).task(task.kind).chain


def _group(role: Role) -> dict[str, str]:
    return {"role": role.value, **views.both(LABELS[role])}


def _next(case: Case, task: Task) -> dict[str, Any] | None:
    """Who sees it too if it is not done by then; None when every group does, or when it is over."""
    chain = _chain(case, task)
    if task.state not in OPEN_TASK or task.level >= len(chain):
        return None
    try:
        at = escalation(case, task)
    except CalendarYearMissing:
        return None
    return {"at": views.moment(at), **_group(chain[task.level])}
