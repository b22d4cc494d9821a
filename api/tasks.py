"""What stands between a task's request and its command: whose act it is, and what the server fills in."""

from typing import Any

from pydantic import BaseModel

from api import drafts, listings
from api.runtime import Runtime
from api.schemas.derive import Derived
from api.sight import missing
from db import registry
from db.identity import Access
from domain import commands as c
from domain.cases import Case, Task
from domain.errors import DomainError, Malformed, Refused
from domain.roles import Actor, Role
from state_machines.table import refusal
from state_machines.task import answers_for, not_on_behalf


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
