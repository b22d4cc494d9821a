"""What operations and auditors watch: refusals, the ledger's heads, cases that need people, the clock."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from sqlmodel.ext.asyncio.session import AsyncSession

from api import idempotency, listings, simulation, views
from api.deps import Anybody, Key, Operations, Run, Watchers
from api.hitches import Hitch, hitches, hitches_json
from api.pulse import summary
from api.routers.health import archive_of
from api.runtime import Runtime
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Body, Cursor, Limit
from api.schemas.exact import Moment, Whole, YesNo
from api.waiting import trouble_json
from db import reads
from domain.clock import utc
from domain.errors import Refused, Unknown

router = APIRouter(prefix="/v1", tags=["operations"], responses=PROBLEMS)


@router.get("/denials", summary="Refusals, the latest first")
async def denials(
    _access: Watchers,
    runtime: Run,
    account: Annotated[str, Query(max_length=80)] = "",
    stream: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """By rule ids only: what was refused to whom, never what was said."""
    async with runtime.db.read() as session:
        page = await reads.denials(session, account=account, stream=stream, cursor=cursor, limit=limit)
    return {
        "items": [row.model_dump(mode="json", exclude={"workflow_id"}) for row in page.items],
        "next": page.next,
    }


@router.get("/attention", summary="Cases that operations must look at")
async def attention(_access: Watchers, runtime: Run) -> dict[str, Any]:
    """What the ledger says of cases (`ledger_forked`, `notice_failed`), what running cases say of themselves
    (`errand:…`, `ledger:…`, `facts:…`, `signal`), and what Temporal says of them (`hitches`: workflow tasks
    that fail, activities that are tried again, with the error); by workflow id alone where the ledger has not
    taken their first event yet. `running` is false when Temporal could not be asked. And the archive: `ok` is
    false when closed runs were not archived half a retention after their end, or when nobody has looked for
    hours."""
    told: dict[str, str] | None = None
    held_up: dict[str, list[Hitch]] = {}
    if runtime.connected:
        with suppress(Unknown):
            told = await runtime.gateway.troubled()
            held_up = await hitches(runtime)
    told = told if told is None else {**dict.fromkeys(held_up, ""), **told}
    async with runtime.db.read() as session:
        rows = await reads.attention(session)
        there = {row.workflow_id for row in rows}
        rows += await reads.cases_of_workflows(session, [w for w in told or () if w not in there])
    unwritten = sorted((told or {}).keys() - {row.workflow_id for row in rows})
    return {
        "items": [
            {
                "stream": row.stream,
                "workflow": row.workflow_id,
                "kind": row.kind,
                **views.state_json(row.kind, row.state),
                **trouble_json(row.attention or (told or {}).get(row.workflow_id, "")),
                "hitches": hitches_json(held_up.get(row.workflow_id, [])),
                "updated_at": views.moment(row.updated_at),
            }
            for row in rows
        ]
        + [
            {
                "stream": None,
                "workflow": w,
                **trouble_json((told or {})[w]),
                "hitches": hitches_json(held_up.get(w, [])),
            }
            for w in unwritten
        ],
        "running": told is not None,
        "archive": await archive_of(runtime),
    }


@router.get("/ledger/head", summary="The ledger's heads")
async def ledger_head(
    _access: Watchers, runtime: Run, stream: Annotated[str, Query(max_length=80)] = ""
) -> dict[str, Any]:
    """How many streams and events there are (as of a second ago at most), the last signed checkpoint, and one
    stream's head."""
    streams, events, frozen = await summary(runtime)
    async with runtime.db.read() as session:
        checkpoint = await listings.last_checkpoint(session)
        row = await listings.stream_row(session, stream) if stream else None
    return {
        "streams": streams,
        "events": events,
        "frozen": frozen,
        "checkpoint": {
            "id": checkpoint.id,
            "at": views.moment(checkpoint.at),
            "root": checkpoint.root,
            "signature": checkpoint.signature,
            "key": checkpoint.public_key_id,
        }
        if checkpoint
        else None,
        "stream": {
            "stream": row.stream,
            "kind": row.kind,
            "seq": row.head_seq,
            "hash": row.head_hash,
            "frozen": row.frozen,
            "frozen_reason": row.frozen_reason,
        }
        if row
        else None,
    }


# ---- the simulation --------------------------------------------------------------------------------


class Advance(Body):
    """How far business time is to move: to a moment, by days, or to what happens next."""

    to: Moment | None = None
    days: Annotated[Whole, Field(ge=1, le=4000)] | None = None
    next: YesNo = False

    @model_validator(mode="after")
    def _one_of_them(self) -> "Advance":
        if (self.to is not None) + (self.days is not None) + self.next != 1:
            raise ValueError("exactly one of to, days and next")
        return self


@router.get("/simulation", summary="The simulation's clock")
async def clock(_access: Anybody, runtime: Run) -> dict[str, Any]:
    """Business time, where an advance under way is going, and the next moment that any case waits for (UTC).
    `simulation` is false in real time."""
    async with runtime.db.read() as session:
        row = await reads.sim_clock(session)
        upcoming = await reads.next_moment(session)
    simulated = runtime.settings.clock == "simulation"
    return {
        "simulation": simulated,
        "now": views.moment(row.now if simulated and row else runtime.now()),
        "target": views.moment(row.target) if simulated and row else None,
        "next": views.moment(upcoming),
    }


@router.post("/simulation/advance", summary="Move business time (simulation only)")
async def advance(
    body: Advance, response: Response, access: Operations, key: Key, runtime: Run
) -> dict[str, Any]:
    """Everything that falls due on the way happens, in its order. Time never goes back. The key stands for
    the moment that was meant when it came first: sent again, time goes no further than there."""
    if runtime.settings.clock != "simulation":
        raise Refused.because(
            "S-REAL",
            "Waktu hanya dapat digerakkan dalam simulasi.",
            "Time can be moved in a simulation only.",
        )
    runtime.require_temporal()
    asked = body.model_dump(mode="json")
    mark = idempotency.mark(runtime.settings, access, key, "advance", asked)
    async with runtime.db.read() as session:
        before = await idempotency.answered(session, mark)
    # Outside the write: to know what comes next, the worker must be able to write what is under way.
    target = await _target(runtime, body) if before is None else datetime.fromisoformat(before["to"])

    async def work(_session: AsyncSession) -> dict[str, Any]:
        return {"to": target.isoformat()}

    kept = await idempotency.write(runtime, access, key, "advance", asked, response, work)
    done = await simulation.advance(runtime.db, runtime.client, datetime.fromisoformat(kept["to"]))
    return {"now": views.moment(done.now), "moments": done.moments, "ticks": done.ticks}


async def _target(runtime: Runtime, body: Advance) -> datetime:
    if body.to is not None:
        return utc(body.to)
    if body.days is not None:
        return await runtime.gateway.business_now() + timedelta(days=body.days)
    upcoming = await simulation.next_moment(runtime.db, runtime.client)
    if upcoming is None:
        raise Refused.because("S-NOTHING", "Tidak ada yang ditunggu.", "Nothing is waited for.")
    return upcoming
