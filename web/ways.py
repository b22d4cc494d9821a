"""What can be done with many cases or tasks at once: commands that are legal for them, and their forms."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from api import bulk, listings, views
from api.offers import COMMANDS, command_of
from api.runtime import Runtime
from api.schemas.derive import request_model
from api.schemas.tasks import CompleteTaskRequest
from db import reads
from db.bulks import Thing
from db.identity import Access
from domain import commands as c
from domain.cases import Case
from domain.decisions import DECISIONS, FORMS
from domain.policy import CURRENT, policy
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from web import acts
from web.choices import plain
from web.forms import Choices, Form, Option, form_of

LOOKED_AT = 50
"""Things that are asked what they allow, before a command is chosen."""
GENERAL = frozenset({"reviewer"})
"""Fields of a decision's form whose choices are the same in every case."""
TASK_MOVES = {"reassign": c.ReassignTask, "comment": c.CommentTask}


@dataclass(frozen=True)
class Way:
    """One command for all the things, with the form of what it asks."""

    command: str
    decision: str
    label: Text
    form: Form
    legal: int
    """Of the things that were looked at, those that allow it now."""


def model_of(command: str, decision: str, kind: str) -> type[BaseModel]:
    """The request of one way; `kind` is the tasks' own where a decision completes them."""
    if command != "complete_task":
        return request_model(bulk.command_named(command))
    wanted = FORMS.get((kind, decision))
    return acts.with_form(CompleteTaskRequest, request_model(wanted)) if wanted else CompleteTaskRequest


async def ways(
    runtime: Runtime,
    access: Access,
    things: Sequence[Thing],
    *,
    chosen: tuple[str, str] = ("", ""),
    values: Mapping[str, Any] | None = None,
    violations: Sequence[Violation] = (),
) -> tuple[Way, ...]:
    """Every command that at least one of the first things allows the one who asks, the most fitting first.
    What was typed into the `chosen` one (command and decision), and what is wrong with it, stays."""
    cases = await _cases(runtime, things[:LOOKED_AT])
    legal, labels = await _legal(runtime, access, cases)
    kinds = {case.tasks[t.task].kind for t, case in cases if t.task}
    options = await _choices(runtime, access, cases)
    found = []
    for command, decision in legal:
        mine = (command, decision) == chosen
        found.append(
            Way(
                command,
                decision,
                labels[command, decision],
                form_of(
                    model_of(command, decision, next(iter(kinds), "")),
                    choices=options,
                    values=values if mine else None,
                    violations=violations if mine else (),
                    leave_out=_left_out(command, decision, next(iter(kinds), "")),
                ),
                legal[command, decision],
            )
        )
    return tuple(sorted(found, key=lambda way: -way.legal))


async def kind_of(runtime: Runtime, things: Sequence[Thing]) -> str:
    """The kind of the first task among the things; empty for cases."""
    found = await _cases(runtime, [one for one in things if one.task][:1])
    return next((case.tasks[thing.task].kind for thing, case in found), "")


async def _cases(runtime: Runtime, things: Sequence[Thing]) -> list[tuple[Thing, Case]]:
    found = []
    async with runtime.db.read() as session:
        for thing in things:
            case = await reads.case(session, thing.stream)
            if case is not None and (not thing.task or thing.task in case.tasks):
                found.append((thing, case))
    return found


async def _legal(
    runtime: Runtime, access: Access, cases: Sequence[tuple[Thing, Case]]
) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], Text]]:
    """(command, decision) → for how many it is legal now, and what it is called."""
    legal: Counter[tuple[str, str]] = Counter()
    labels: dict[tuple[str, str], Text] = {}
    now = await runtime.gateway.business_now()
    one_kind = len({case.tasks[thing.task].kind for thing, case in cases if thing.task}) == 1
    for thing, case in cases:
        about = thing.task or next(iter(case.bag(case.kind)))
        kind = "task" if thing.task else case.kind
        for offer in runtime.gateway.allowed(case, access.actor, now, of=(kind, about)):
            if not offer.answer.ok:
                continue
            for key, label in _commands(case, thing, offer.answer.trigger, offer.answer.label, one_kind):
                labels[key] = label
                legal[key] += 1
    return legal, labels


def _commands(
    case: Case, thing: Thing, trigger: str, label: Text, one_kind: bool
) -> list[tuple[tuple[str, str], Text]]:
    """The commands that an offered move stands for."""
    if not thing.task:
        cls = command_of(case.kind, trigger)
        name = next((n for n, known in COMMANDS.items() if known is cls), "")
        return [((name, ""), label)] if cls is not None and bulk.for_many(cls) else []
    if trigger in TASK_MOVES:
        return [((f"{trigger}_task", ""), label)]
    task = case.tasks[thing.task]
    # Whoever completes what nobody holds claims it in the same act.
    if one_kind and trigger == ("claim" if task.state == "OFFERED" else "complete"):
        entry = policy(case.policy_version).task(task.kind)
        return [
            (("complete_task", decision), DECISIONS[decision])
            for decision in entry.decisions
            if decision not in (*entry.evidence, *entry.points) and _general(task.kind, decision)
        ]
    return []


def _general(kind: str, decision: str) -> bool:
    """Does this decision ask nothing that differs from case to case?"""
    form = FORMS.get((kind, decision))
    return form is None or set(form.model_fields) - {"form"} <= GENERAL


def _left_out(command: str, decision: str, kind: str) -> list[str]:
    if command != "complete_task":
        return []
    left = ["decision", "evidence"]
    if (kind, decision) not in FORMS:
        left.append("form")
    if decision not in _negative(kind):
        left.append("reason")
    return left


def _negative(kind: str) -> frozenset[str]:
    """The decisions of a task's kind that need a reason, by the policy of today."""
    return frozenset(CURRENT.task(kind).negative) if kind else frozenset()


async def _choices(runtime: Runtime, access: Access, cases: Sequence[tuple[Thing, Case]]) -> Choices:
    """People of the group that all these tasks are for, and reviewers."""
    groups = {case.tasks[thing.task].group for thing, case in cases if thing.task}
    return await people_for(runtime, access, next(iter(groups)) if len(groups) == 1 else "")


async def people_for(runtime: Runtime, access: Access, group: str) -> Choices:
    """To whom a task of this group can be given (empty: to nobody by name), and who can review."""
    async with runtime.db.read() as session:
        reviewers = await listings.persons_in_role(session, Role.REVIEWER)
        members = await listings.persons_in_role(session, group) if group else []
        known = await views.people(session, runtime.vault, {*reviewers, *members}, access)

    def options(persons: Sequence[str]) -> tuple[Option, ...]:
        called = sorted((known.get(p, {}).get("name", p), p) for p in persons)
        return tuple(plain(p, name) for name, p in called)

    return Choices({"to_person": options(members), "reviewer": options(reviewers)})
