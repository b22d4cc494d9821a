"""One command for many cases or tasks: which can be asked for, how it is kept, and what came of each item.

It is run by api/bulk_runner.py. Each item is a command of its own, of the person who asked, under a key of
its own: sent again after a crash it is not done twice, and the ledger and the denials know it as any other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from api import views
from api.fields import violations_of
from api.forecast import judged
from api.offers import COMMANDS
from api.problems import violation_json
from api.runtime import Runtime
from api.schemas.derive import Derived, command_of, request_model, texts
from api.schemas.tasks import CompleteTaskRequest
from db import bulks, reads
from db.bulks import Thing
from db.identity import Access
from db.tables import TaskRow
from db.vault import person_owner
from db.work_tables import Bulk, BulkItem
from domain import commands as c
from domain.cases import Sealed
from domain.errors import DomainError, Forbidden, Malformed
from domain.events import derived_id
from domain.policy import CURRENT, policy

MOST_THINGS = 500
"""Things of one act. More are asked for in parts: each is judged alone, and takes its time."""
JUDGED_AHEAD = 50
"""Things that are judged before it is confirmed."""
OF_TASKS: dict[str, type[c.Model]] = {
    "reassign_task": c.ReassignTask,
    "comment_task": c.CommentTask,
    "complete_task": c.CompleteTask,
}


def command_named(name: str) -> type[c.Model]:
    """The command's class. Malformed (W-COMMAND) for one that cannot be sent to many."""
    cls = OF_TASKS.get(name) or COMMANDS.get(name)
    if cls is None or (name not in OF_TASKS and not for_many(cls)):
        raise Malformed.because(
            "W-COMMAND",
            "Perintah ini tidak dapat diberikan untuk banyak hal sekaligus.",
            "This command cannot be given for many things at once.",
            field="command",
        )
    return cls


def for_many(cls: type[c.Model]) -> bool:
    """Can the same request be sent to any case: does it name nothing that is of one case alone?"""
    model = request_model(cls)
    blank = {name: "x" for name, info in model.model_fields.items() if info.is_required()}
    try:
        return cls is not c.SubmitProgramme and len(texts(model.model_validate(blank))) == len(blank)
    except ValidationError:
        return False


def request_of(name: str, given: Mapping[str, Any]) -> Derived:
    """The request that each thing gets. Malformed, field by field."""
    cls = command_named(name)
    model: type[Derived] = CompleteTaskRequest if cls is c.CompleteTask else request_model(cls)
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise Malformed(violations_of(error.errors())) from None


async def begin(
    session: AsyncSession,
    runtime: Runtime,
    access: Access,
    key: str,
    name: str,
    given: Derived,
    things: Sequence[Thing],
) -> Bulk:
    """Keep what is asked for; its texts are sealed as the asker's own."""
    at = runtime.now()
    sealed = {
        path: await runtime.vault.seal_text(
            session,
            person_owner(access.person),
            text,
            access.account,
            at=at,
            id=derived_id("bulk", access.account, key, path),
        )
        for path, text in texts(given).items()
    }
    return await bulks.begin(
        session,
        by=access.actor,
        command=name,
        given=_without(given.model_dump(mode="json"), sealed),
        texts={path: one.id for path, one in sealed.items()},
        things=things,
        at=at,
        id=bulks.new_id(),
    )


async def given_of(session: AsyncSession, runtime: Runtime, row: Bulk) -> Derived:
    """The request as it was given, its texts opened. Malformed when one was forgotten since."""
    opened = await runtime.vault.open_texts(session, row.texts.values())
    values: dict[str, Any] = dict(row.given)
    for path, id_ in row.texts.items():
        _put(values, path.split("."), opened.get(id_, ""))
    return request_of(row.command, values)


def _without(values: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    for path in paths:
        _put(values, path.split("."), "")
    return values


def _put(into: Any, path: Sequence[str], value: str) -> None:
    """Set what stands at `form.points.0`."""
    for part in path[:-1]:
        into = into[int(part)] if part.isdigit() else into[part]
    last = path[-1]
    into[int(last) if last.isdigit() else last] = value


# ---- before it is confirmed ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ahead:
    """What is known of one thing before anything is sent."""

    thing: Thing
    kind: str
    state: str
    task: str
    task_en: str
    """What the task is called in both languages; empty for a case."""
    violations: tuple[Mapping[str, Any], ...]
    """Why it will be refused, as far as is known now; empty when nothing is known to stand in the way."""


async def ahead(runtime: Runtime, access: Access, given: Derived, things: Sequence[Thing]) -> list[Ahead]:
    """The first things of an act, each judged as it would be now. Nothing is sent, and nothing recorded."""
    found = []
    for thing in things[:JUDGED_AHEAD]:
        async with runtime.db.read() as session:
            case = await reads.case(session, thing.stream)
        if case is None:
            continue
        task = case.tasks.get(thing.task)
        label = policy(case.policy_version).task(task.kind).label if task else None
        blank = dict.fromkeys(texts(given), Sealed(id="", commitment=""))
        violations: Sequence[Any] = ()
        try:
            command = command_of(given, blank, {"task": thing.task} if thing.task else {})
            await judged(runtime.gateway, thing.stream, case, command, access.actor)
        except DomainError as error:
            violations = error.violations
        found.append(
            Ahead(
                thing,
                case.kind,
                case.state,
                *((label.id, label.en) if label else ("", "")),
                tuple(violation_json(v) for v in violations),
            )
        )
    return found


# ---- as answers show it ----------------------------------------------------------------------------------


def bulk_json(row: Bulk, counts: Mapping[str, int]) -> dict[str, Any]:
    """One act with its progress."""
    return {
        "id": row.id,
        "command": row.command,
        "decision": row.given.get("decision"),
        "person": row.person,
        "account": row.account,
        "state": row.state,
        "total": row.total,
        "counts": {state: counts.get(state, 0) for state in (*bulks.AGAIN, bulks.DONE, bulks.WAITING)},
        "created_at": views.moment(row.created_at),
        "ended_at": views.moment(row.ended_at),
    }


def item_json(item: BulkItem, task: TaskRow | None) -> dict[str, Any]:
    """One thing of an act and what came of it; a task by what its policy calls it."""
    return {
        **(views.both(CURRENT.task(task.kind).label) if task else {}),
        "n": item.n,
        "stream": item.stream,
        "task": item.task or None,
        "state": item.state,
        "seq": item.seq,
        "at": views.moment(item.at),
        "violations": item.problems,
    }


def own(row: Bulk, access: Access) -> Bulk:
    """Forbidden (W-OWN) for what somebody else asked for: it is done in that person's name."""
    if row.account != access.account:
        raise Forbidden.because(
            "W-OWN",
            "Hanya yang memintanya dapat menghentikan atau mengulanginya.",
            "Only who asked for it can stop it or try it again.",
        )
    return row
