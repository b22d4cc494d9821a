"""Search over everything for those who watch: cases, tasks, events, refusals, what was revealed. No name is
in any of it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from api import listings, views
from api.routers.work import PERSONAL
from api.runtime import Runtime
from api.sight import HIDDEN, missing
from db import reads, registry
from db.identity import Access
from db.reads import CasesAsked, Days, EventsAsked, TasksAsked
from db.streams import event_from
from domain.event_labels import event_label
from domain.events import GENESIS, digest
from domain.policy import CURRENT
from domain.rules.book import RULES

REASONED = ("access-", "org-", "person-")
"""Chains of rows whose acts are done for a reason that those who watch may read."""
Found = dict[str, Any]
"""`items` and `next`."""
Lister = Callable[[str], Awaitable[Found]]


async def cases(runtime: Runtime, asked: CasesAsked, *, cursor: str = "", limit: int = reads.PAGE) -> Found:
    """Cases of every kind."""
    async with runtime.db.read() as session:
        page = await reads.search_cases(session, asked, cursor=cursor, limit=limit)
        called = await registry.organisation_names(session, [row.organiser for row in page.items])
    return {
        "items": [
            {
                "stream": row.stream,
                "kind": row.kind,
                **views.state_json(row.kind, row.state),
                "organiser": row.organiser,
                "organiser_name": called.get(row.organiser, ""),
                "track": row.track,
                "policy_version": row.policy_version,
                "events": row.seq,
                "hash": row.hash,
                "opened_at": views.moment(row.opened_at),
                "updated_at": views.moment(row.updated_at),
                "closed_at": views.moment(row.closed_at),
            }
            for row in page.items
        ],
        "next": page.next,
    }


async def tasks(runtime: Runtime, asked: TasksAsked, *, cursor: str = "", limit: int = reads.PAGE) -> Found:
    """Tasks of all groups, open and done."""
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        page = await reads.search_tasks(session, asked, now=now, cursor=cursor, limit=limit)
    return {
        "items": [
            {
                "id": row.id,
                "stream": row.stream,
                "kind": row.kind,
                **views.both(CURRENT.task(row.kind).label),
                **views.state_json("task", row.state),
                "group": row.group_role,
                "organiser": row.organiser,
                "opened_at": views.moment(row.opened_at),
                "due_at": views.moment(row.due_at),
                "late": row.late or (row.open and row.due_at < now),
                "decision": row.decision,
                "completed_at": views.moment(row.completed_at),
            }
            for row in page.items
        ],
        "next": page.next,
    }


async def events(
    runtime: Runtime, access: Access, asked: EventsAsked, *, cursor: str = "", limit: int = reads.PAGE
) -> Found:
    """Events of all chains, each whole but for its payload."""
    async with runtime.db.read() as session:
        page = await reads.search_events(session, asked, cursor=cursor, limit=limit)
        called = await listings.usernames(session, [e.actor.account for e in page.items])
    return {
        "items": [
            {"stream": e.stream, **views.event_json(e, access), "username": called.get(e.actor.account, "")}
            for e in page.items
        ],
        "next": page.next,
    }


async def denials(
    runtime: Runtime,
    *,
    account: str = "",
    stream: str = "",
    rule: str = "",
    when: Days,
    cursor: str = "",
    limit: int = reads.PAGE,
) -> Found:
    """Refusals by rule ids: what was refused to whom, never what was said."""
    async with runtime.db.read() as session:
        page = await reads.search_denials(
            session, account=account, stream=stream, rule=rule, when=when, cursor=cursor, limit=limit
        )
        called = await listings.usernames(session, [row.account for row in page.items])
    return {
        "items": [
            {
                **row.model_dump(mode="json", exclude={"workflow_id"}),
                "username": called.get(row.account, ""),
                "titles": [views.both(RULES[r].title) if r in RULES else None for r in row.rules],
            }
            for row in page.items
        ],
        "next": page.next,
    }


async def event(runtime: Runtime, access: Access, stream: str, seq: int) -> dict[str, Any]:
    """One link of a chain, whole, with what its hash is taken over. NotFound.

    `intact`: the hash is that of the body as it is stored; `linked`: the one before has the hash that this
    one names; `reason`: why it was done, of what administrators do and of what is revealed.
    """
    async with runtime.db.read() as session:
        rows = {row.seq: row for row in await reads.link(session, stream, seq)}
        row = rows.get(seq)
        if row is None:
            raise missing()
        called = await listings.usernames(session, [row.actor_account])
        found = event_from(row.body, row.hash)
        sealed = found.payload.get("reason")
        why = sealed["id"] if isinstance(sealed, dict) and found.stream.startswith(REASONED) else ""
        reasons = await runtime.vault.open_texts(session, [why]) if why else {}
    before = rows[seq - 1].hash if seq - 1 in rows else GENESIS
    return {
        "stream": stream,
        **views.event_json(found, access),
        "username": called.get(row.actor_account, ""),
        "reason": reasons.get(why),
        "body": json.loads(row.body),
        "intact": row.hash == digest(json.loads(row.body)),
        "linked": row.prev_hash == before,
        "before": seq - 1 if seq > 1 else None,
        "after": seq + 1 if seq + 1 in rows else None,
    }


async def reveals(runtime: Runtime, *, account: str = "", cursor: str = "") -> Found:
    """What was shown whole to whom and why, and which lists left as files; the latest first."""
    async with runtime.db.read() as session:
        page = await registry.reveals(session, account=account, cursor=cursor)
        called = await listings.usernames(session, [e.actor.account for e in page.items])
        wanted = [e.payload["reason"]["id"] for e in page.items if "reason" in e.payload]
        reasons = await runtime.vault.open_texts(session, wanted)
    return {
        "items": [
            {
                "stream": e.stream,
                "seq": e.seq,
                "at": views.moment(e.at),
                "type": e.type,
                **views.both(event_label(e.type)),
                "account": e.actor.account,
                "username": called.get(e.actor.account, ""),
                "role": e.actor.role.value,
                "person": e.payload.get("person"),
                "fields": e.payload.get("fields", ["nik"] if e.type == "nik_revealed" else []),
                "document": e.payload.get("document"),
                "case": e.payload.get("case"),
                "what": e.payload.get("what"),
                "form": e.payload.get("form"),
                "filters": e.payload.get("filters", {}),
                "reason": reasons.get(e.payload.get("reason", {}).get("id", "")),
            }
            for e in page.items
        ],
        "next": page.next,
    }


async def record_export(
    runtime: Runtime, access: Access, what: str, form: str, filters: Mapping[str, str]
) -> None:
    """That this list leaves as a file, on record before it does. What looks personal among the filters is
    hidden: a field for numbers takes a NIK as well, and the record stands for ever."""
    told = {name: HIDDEN if PERSONAL.search(value) else value for name, value in filters.items()}
    await runtime.db.retrying(
        lambda session: registry.record_export(
            session, actor=access.actor, what=what, form=form, filters=told, at=runtime.now()
        )
    )


async def every(lister: Lister) -> AsyncIterator[dict[str, Any]]:
    """All that a list holds, page after page: no more of it is held than one page."""
    cursor: str | None = ""
    while cursor is not None:
        found = await lister(cursor)
        for item in found["items"]:
            yield item
        cursor = found["next"]
