"""One command for many: choose it, see what it will do, ask for it, and follow it to its last result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from api import bulk as api
from api import monitor, views, watched_tasks
from api.deps import Operations, Run
from api.routers import bulk as routes
from api.runtime import Runtime
from api.schemas.common import Cursor
from api.schemas.derive import texts
from db import reads
from db.bulks import Thing
from db.identity import Access
from domain.errors import DomainError, Malformed
from domain.roles import Role
from domain.text import Text
from domain.verdict import Violation
from web import acts, live
from web.bulk_words import STATES, act_label
from web.deps import go
from web.forms import parse
from web.pages import watched_tasks as tasks_page
from web.pages.monitor import Filtered, Watchers
from web.reading import caught_up
from web.render import page
from web.ways import LOOKED_AT, Way, kind_of, model_of, ways

router = APIRouter(include_in_schema=False)
Of = Literal["cases", "tasks"]
OWN = ("key", "of", "thing", "command", "decision", "all")
"""Fields of these pages' own, which are no part of the request."""


# ---- what with what --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChoosePage:
    of: Of
    things: tuple[str, ...]
    most: int
    looked_at: int
    ways: tuple[Way, ...]
    chosen: tuple[str, str]
    errors: tuple[Violation, ...]


@router.post("/monitor/bulk/choose", name="bulk_choose")
async def choose_cases(request: Request, access: Operations, runtime: Run, f: Filtered) -> Response:
    """What can be done with the ticked cases, or with all that the address's filters find."""
    sent = await request.form()
    ids = _ticked(sent)
    if sent.get("all") == "yes":
        stuck, ids = await monitor.trouble(access, runtime), []
        async for item in monitor.every(access, runtime, f.asked, stuck):
            ids.append(item["stream"])
            if len(ids) == api.MOST_THINGS:
                break
    return await _choose(request, access, runtime, "cases", ids)


@router.post("/monitor/bulk/tasks", name="bulk_choose_tasks")
async def choose_tasks(
    request: Request, access: Operations, runtime: Run, asked: tasks_page.Filtered
) -> Response:
    """The same for tasks."""
    sent = await request.form()
    ids = _ticked(sent)
    if sent.get("all") == "yes":
        ids = await watched_tasks.every_id(access, runtime, asked, api.MOST_THINGS)
    return await _choose(request, access, runtime, "tasks", ids)


def _ticked(sent: FormData) -> list[str]:
    return list(dict.fromkeys(str(one)[:80] for one in sent.getlist("thing")))[: api.MOST_THINGS]


async def _things(runtime: Runtime, of: str, ids: Sequence[str]) -> list[Thing]:
    if of == "cases":
        return [Thing(id_) for id_ in ids]
    async with runtime.db.read() as session:
        rows = await reads.tasks_by_id(session, ids)
    return [Thing(rows[id_].stream, id_) for id_ in ids if id_ in rows]


async def _choose(
    request: Request,
    access: Access,
    runtime: Runtime,
    of: Of,
    ids: Sequence[str],
    *,
    chosen: tuple[str, str] = ("", ""),
    values: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> Response:
    if not ids:
        error = error or Malformed.because(
            "W-NONE",
            "Belum ada yang dipilih. Kembali, lalu centang baris yang dimaksud.",
            "Nothing is chosen yet. Go back and tick the rows that you mean.",
        )
    things = await _things(runtime, of, ids)
    context = ChoosePage(
        of=of,
        things=tuple(ids),
        most=api.MOST_THINGS,
        looked_at=min(len(things), LOOKED_AT),
        ways=await ways(
            runtime,
            access,
            things,
            chosen=chosen,
            values=values,
            violations=error.violations if error else (),
        ),
        chosen=chosen,
        errors=tuple(error.violations) if error else (),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "bulk_choose.html", context, status=status)


# ---- before it is sent -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckPage:
    of: Of
    things: tuple[str, ...]
    label: Text
    command: str
    decision: str
    fields: tuple[tuple[str, str], ...]
    """What was typed, as the form sent it: it is sent once more with the confirmation."""
    said: tuple[str, ...]
    """The free texts among it."""
    ahead: tuple[api.Ahead, ...]
    going: int
    """Of those that were judged, how many nothing is known to stand against."""
    key: str


@router.post("/monitor/bulk/check", name="bulk_check")
async def check(request: Request, access: Operations, runtime: Run) -> Response:
    """What will be done, thing by thing, and what will be refused by which rule, as far as is known now."""
    sent = await request.form()
    of, ids, command, decision = _asked(sent)
    things = await _things(runtime, of, ids)
    values: dict[str, Any] = {}
    try:
        values = await _values(runtime, things, command, decision, sent)
        given = api.request_of(command, values)
        if not things:
            return await _choose(request, access, runtime, of, ids)
    except DomainError as error:
        chosen = (command, decision)
        return await _choose(request, access, runtime, of, ids, chosen=chosen, values=values, error=error)
    judged = await api.ahead(runtime, access, given, things)
    context = CheckPage(
        of=of,
        things=tuple(ids),
        label=act_label(command, decision),
        command=command,
        decision=decision,
        fields=tuple((k, str(v)) for k, v in sent.multi_items() if k not in OWN),
        said=tuple(texts(given).values()),
        ahead=tuple(judged),
        going=sum(not one.violations for one in judged),
        key=acts.new_key(),
    )
    return await page(request, runtime, access, "bulk_check.html", context)


def _asked(sent: FormData) -> tuple[Of, list[str], str, str]:
    of: Of = "tasks" if sent.get("of") == "tasks" else "cases"
    return of, _ticked(sent), str(sent.get("command", "")), str(sent.get("decision", ""))


async def _values(
    runtime: Runtime, things: Sequence[Thing], command: str, decision: str, sent: FormData
) -> dict[str, Any]:
    """The request that each thing gets. Malformed for a command that cannot be given for many."""
    api.command_named(command)
    values = parse(model_of(command, decision, await kind_of(runtime, things)), sent)
    return {**values, "decision": decision} if command == "complete_task" else values


@router.post("/monitor/bulk/do", name="bulk_do")
async def do(request: Request, access: Operations, runtime: Run) -> Response:
    """Ask for it; its own page shows how it goes."""
    sent = await request.form()
    of, ids, command, decision = _asked(sent)
    values: dict[str, Any] = {}
    try:
        things = await _things(runtime, of, ids)
        values = await _values(runtime, things, command, decision, sent)
        named = [{"task": one} if of == "tasks" else {"stream": one} for one in ids]
        body = acts.validated(routes.Ask, {"command": command, "given": values, "things": named})
        made = await routes.ask(body, Response(), access, acts.key_of(sent), runtime)
    except DomainError as error:
        chosen = (command, decision)
        return await _choose(request, access, runtime, of, ids, chosen=chosen, values=values, error=error)
    return go(f"/monitor/bulk/{made['id']}")


# ---- how it goes -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BulksPage:
    items: list[dict[str, Any]]
    labels: Mapping[str, Text]
    next: str | None


@router.get("/monitor/bulk", name="bulks_page")
async def bulks_page(request: Request, access: Watchers, runtime: Run, cursor: Cursor = "") -> HTMLResponse:
    """Everything that was asked for many, the latest first."""
    found = await routes.acts(access, runtime, cursor=cursor)
    labels = {one["id"]: act_label(one["command"], one["decision"] or "") for one in found["items"]}
    context = BulksPage(found["items"], labels, found["next"])
    return await page(request, runtime, access, "bulks.html", context)


@dataclass(frozen=True)
class BulkPage:
    bulk: dict[str, Any]
    label: Text
    who: str
    states: Mapping[str, Text]
    state: str
    mine: bool
    ended: int
    """Items of which something has become."""
    key: str


@router.get("/monitor/bulk/{bulk}", name="bulk_page")
async def bulk_page(
    bulk: str,
    request: Request,
    access: Watchers,
    runtime: Run,
    state: Literal["", "WAITING", "DONE", "REFUSED", "FAILED", "STOPPED"] = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Its progress and its results. It goes on whether anybody looks or not."""
    await caught_up(request, runtime)
    found = await routes.act(bulk, access, runtime, state=state, cursor=cursor)
    tag = await live.tag_of(request, access, runtime, found["state"], sorted(found["counts"].items()))
    if (same := live.unchanged(request, tag)) is not None:
        return same
    async with runtime.db.read() as session:
        known = await views.people(session, runtime.vault, [found["person"]], access)
    context = BulkPage(
        bulk=found,
        label=act_label(found["command"], found["decision"] or ""),
        who=known.get(found["person"], {}).get("name", ""),
        states=STATES,
        state=state,
        mine=found["account"] == access.account and access.hat.role is Role.OPERATIONS,
        ended=found["total"] - found["counts"]["WAITING"],
        key=acts.new_key(),
    )
    return await page(request, runtime, access, "bulk.html", context, tag=tag)


@router.post("/monitor/bulk/{bulk}/{act}", name="bulk_act")
async def change(
    bulk: str, act: Literal["again", "stop"], request: Request, access: Operations, runtime: Run
) -> Response:
    """Try again what was refused or stopped, or do nothing more of it."""
    sent = await request.form()
    route = routes.again if act == "again" else routes.stop
    await route(bulk, Response(), access, acts.key_of(sent), runtime)
    return go(f"/monitor/bulk/{bulk}")
