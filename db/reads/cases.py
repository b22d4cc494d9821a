"""Cases as a whole: found by stream, workflow or command, and waited for."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, cast

from sqlalchemy import bindparam, func, literal_column
from sqlalchemy import select as columns
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.registry.policies import load_policies
from db.session import Database
from db.streams import Head, event_from
from db.tables import ArchiveStateRow, CaseRow, EventRow, StreamRow
from domain.cases import Case
from domain.events import Event
from domain.policy import POLICIES

POLL_SECONDS = 0.02
AHEAD = 100
"""Events that a receipt may be ahead of the record: two batches of the ledger's."""


class Place(NamedTuple):
    """Where a case is reached."""

    stream: str
    workflow_id: str
    kind: str


# What every command asks, built once: making a statement and an ORM object costs more than the question.
_SNAPSHOT = columns(col(CaseRow.snapshot)).where(col(CaseRow.stream) == bindparam("stream"))
_HEAD = columns(col(StreamRow.head_seq), col(StreamRow.head_hash)).where(
    col(StreamRow.stream) == bindparam("stream")
)
_TROUBLED = col(CaseRow.attention) != literal_column("''")
"""Written out, and not a value sent along: so the database sees that there is an index of exactly these."""
_TAKEN = columns(col(EventRow.body), col(EventRow.hash)).where(col(EventRow.command_id) == bindparam("id"))


async def case(session: AsyncSession, stream: str) -> Case | None:
    """The case as the ledger knows it, which may be a moment behind its workflow."""
    connection = await session.connection()
    snapshot = (await connection.execute(_SNAPSHOT, {"stream": stream})).scalar_one_or_none()
    return await _judgeable(session, snapshot) if snapshot is not None else None


async def _judgeable(session: AsyncSession, snapshot: str) -> Case:
    """The case, its policy known to this process: one that was stored since it last looked is read now."""
    found = Case.model_validate_json(snapshot)
    if found.policy_version not in POLICIES:
        await load_policies(session, but=list(POLICIES))
    return found


async def case_row(session: AsyncSession, stream: str) -> CaseRow | None:
    return (await session.exec(_rows().where(CaseRow.stream == stream))).one_or_none()


def _rows() -> SelectOfScalar[CaseRow]:
    """Rows without the case itself in them, which is a hundred times as large as the rest."""
    snapshot = cast("QueryableAttribute[str]", CaseRow.snapshot)
    return select(CaseRow).options(defer(snapshot, raiseload=True))


async def cases_by_workflow(session: AsyncSession, workflow_id: str) -> list[CaseRow]:
    """Cases that ran under this workflow id, the latest first (a second application of a person for a
    scheme has a stream of its own)."""
    found = await session.exec(
        _rows()
        .where(CaseRow.workflow_id == workflow_id)
        .order_by(col(CaseRow.closed_at).is_(None).desc(), col(CaseRow.opened_at).desc(), col(CaseRow.stream))
    )
    return list(found)


async def case_by_workflow(session: AsyncSession, workflow_id: str) -> Case | None:
    """The open case of this workflow id, or else its latest."""
    rows = await cases_by_workflow(session, workflow_id)
    return await case(session, rows[0].stream) if rows else None


async def head(session: AsyncSession, stream: str) -> Head | None:
    """The end of a stream of either kind of truth; None when there is no such stream."""
    connection = await session.connection()
    row = (await connection.execute(_HEAD, {"stream": stream})).one_or_none()
    return Head(*row) if row else None


async def command_event(session: AsyncSession, command_id: str) -> Event | None:
    """The event that a command became: its old receipt, without asking the workflow."""
    connection = await session.connection()
    row = (await connection.execute(_TAKEN, {"id": command_id})).one_or_none()
    return event_from(*row) if row else None


async def open_cases(session: AsyncSession, kind: str = "") -> list[Place]:
    """Cases that have not ended, by stream."""
    query = select(CaseRow.stream, CaseRow.workflow_id, CaseRow.kind).where(col(CaseRow.closed_at).is_(None))
    if kind:
        query = query.where(CaseRow.kind == kind)
    return [Place(*row) for row in await session.exec(query.order_by(col(CaseRow.stream)))]


async def attention(session: AsyncSession) -> list[CaseRow]:
    """Cases that operations must look at."""
    found = await session.exec(
        _rows().where(_TROUBLED).order_by(col(CaseRow.updated_at), col(CaseRow.stream))
    )
    return list(found)


async def archive_state(session: AsyncSession) -> ArchiveStateRow | None:
    """What the archiver saw when it last looked back; None when it never did."""
    return await session.get(ArchiveStateRow, 1)


async def cases_of_workflows(session: AsyncSession, workflows: Sequence[str]) -> list[CaseRow]:
    """The latest case of each of these workflow ids that has a row, by stream."""
    if not workflows:
        return []
    found = await session.exec(
        _rows().where(col(CaseRow.workflow_id).in_(workflows)).order_by(col(CaseRow.opened_at))
    )
    latest = {row.workflow_id: row for row in found}
    return sorted(latest.values(), key=lambda row: row.stream)


async def cases_of(session: AsyncSession, streams: Sequence[str]) -> list[Case]:
    """These cases as the ledger knows them, in the order of `streams`; those without a row are left out."""
    query = select(CaseRow.stream, CaseRow.snapshot).where(col(CaseRow.stream).in_(list(streams)))
    found = {stream: snapshot for stream, snapshot in await session.exec(query)}  # noqa: C416 (rows are no pairs to mypy)
    return [await _judgeable(session, found[stream]) for stream in streams if stream in found]


async def attention_count(session: AsyncSession) -> int:
    """How many cases operations must look at."""
    query = select(func.count()).select_from(CaseRow).where(_TROUBLED)
    return (await session.exec(query)).one()


async def waiting_longest(session: AsyncSession, *, limit: int) -> list[str]:
    """Workflow ids of running cases that wait for an answer from the world, the longest waiting first."""
    query = (
        select(CaseRow.workflow_id)
        .where(col(CaseRow.closed_at).is_(None), col(CaseRow.pending_errands) > 0)
        .order_by(col(CaseRow.updated_at), col(CaseRow.stream))
        .limit(limit)
    )
    return list(await session.exec(query))


def credible(claimed: int, head: int) -> int:
    """What a reader says to have seen of a stream whose record ends at `head`; 0 where no receipt can have
    said it, so that an invented number is neither waited for nor believed."""
    return claimed if claimed <= head + AHEAD else 0


async def wait_for(db: Database, stream: str, seq: int, timeout: float = 2.0) -> bool:  # noqa: ASYNC109
    """Wait until the ledger has written the stream up to `seq`; False when `timeout` seconds were too few."""
    pause, deadline = POLL_SECONDS, asyncio.get_running_loop().time() + timeout
    while True:
        async with db.glance() as session:
            found = await head(session, stream)
        if found is not None and found.seq >= seq:
            return True
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            return False
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.2)
