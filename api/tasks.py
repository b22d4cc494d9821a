"""What stands between a task's request and its command: which task, whose act it is, and what the server
fills in."""

from typing import Any

from pydantic import BaseModel

from api import drafts, listings, views
from api.programmes import names
from api.runtime import Runtime
from api.schemas.derive import Derived
from api.sight import missing, sees_task, stranger
from db import reads, registry
from db.identity import Access
from db.tables import TaskRow
from domain import commands as c
from domain.cases import Case, Task
from domain.errors import DomainError, Malformed, Refused
from domain.roles import LABELS, Actor, Role
from logs import bind_case
from state_machines.table import refusal
from state_machines.task import answers_for, not_on_behalf


async def find(runtime: Runtime, access: Access, id_: str) -> tuple[TaskRow, Case, Task]:
    """The task and its case, if the asker may see it. NotFound; a stranger's look is recorded."""
    async with runtime.db.read() as session:
        row = await reads.task(session, id_)
        case = await reads.case(session, row.stream) if row is not None else None
    if row is None or case is None or id_ not in case.tasks:
        raise missing("T-NONE")
    if not sees_task(access, row) and not answers_for(case, case.tasks[id_], access.actor):
        raise stranger()
    bind_case(case.stream, case.workflow_id)
    return row, case, case.tasks[id_]


async def comments_of(runtime: Runtime, access: Access, case: Case, task: Task) -> list[dict[str, Any]]:
    """What was written beside the task, the first one first: by whom (the name for who may know it), in which
    role, and when (business time). One that was erased is left with an empty text."""
    if not task.comments:
        return []
    async with runtime.db.read() as session:
        written = {
            comments[-1]["id"]: event
            for event in await reads.chain(session, case.stream, types=("task_commented",))
            for change in event.changes
            if change.kind == "task" and change.id == task.id and (comments := change.fields.get("comments"))
        }
        opened = await runtime.vault.open_texts(session, [s.id for s in task.comments])
        known = await names(session, runtime, access, {e.actor.person for e in written.values()})
    return [
        {
            "text": opened.get(s.id),
            "role": event.actor.role.value,
            **views.both(LABELS[event.actor.role], "role_label"),
            "name": known.get(event.actor.person, {}).get("name", ""),
            "at": views.moment(event.business_at),
        }
        for s in task.comments
        if (event := written.get(s.id)) is not None
    ]


def actor_for(access: Access, case: Case, task: Task, *, on_behalf: bool) -> Actor:
    """The one who acts; on behalf of its participant where the organiser of the case confirms for one.

    Forbidden (A-BEHALF) for anything else.
    """
    actor = access.actor
    if not on_behalf:
        return actor
    if not answers_for(case, task, actor):
        raise refusal(not_on_behalf(task))
    return actor.model_copy(update={"on_behalf_of": task.for_person})


async def filled_for(runtime: Runtime, access: Access, case: Case, given: Derived) -> dict[str, Any]:
    """What the server puts into the form: a resubmitted request comes from the programme's draft."""
    form = getattr(given, "form", None)
    if not isinstance(form, Derived) or form.command is not c.ResubmitProgrammeForm:
        return {}
    async with runtime.db.read() as session:
        draft = await listings.draft(session, case.stream)
    if draft is None or access.hat.role is not Role.ORGANISER or draft.organiser != access.hat.organisation:
        raise missing()
    fields = drafts.request_fields(drafts.content_of(draft))
    return {f"form.{name}": value for name, value in fields.items()}


def as_malformed(error: DomainError) -> DomainError:
    """A decision that the task does not have is a mistake of the request, whatever the case's state: 422."""
    if error.status == Refused.status and any(v.rule == "T-DECISION" for v in error.violations):
        return Malformed(error.violations)
    return error


async def check_documents(runtime: Runtime, stream: str, given: BaseModel) -> None:
    """Was every document that is named uploaded for this case? Malformed (D-UNKNOWN)."""
    async with runtime.db.read() as session:
        await registry.require_documents(session, stream, c.documents_named(given))
