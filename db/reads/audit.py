"""What an auditor looks through: the heads of the ledger's chains and its checkpoints."""

from datetime import datetime
from typing import cast

from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import Person
from db.reads.pages import PAGE, Order, Page, page_of
from db.tables import CheckpointRow, StreamRow


async def streams(
    session: AsyncSession,
    *,
    prefix: str = "",
    kind: str = "",
    frozen: bool | None = None,
    cursor: str = "",
    limit: int = PAGE,
) -> Page[StreamRow]:
    """Heads of chains by name; those whose name begins so, of that kind, frozen or not."""
    openings = cast(QueryableAttribute[str], StreamRow.openings)  # SQLModel says str of a column
    query = select(StreamRow).options(defer(openings, raiseload=True))
    if prefix:
        query = query.where(col(StreamRow.stream).startswith(prefix, autoescape=True))
    if kind:
        query = query.where(StreamRow.kind == kind)
    if frozen is not None:
        query = query.where(col(StreamRow.frozen).is_(frozen))
    order = Order((col(StreamRow.stream),), (str,))
    return await page_of(session, query, order, cursor, limit, lambda r: (r.stream,))


async def checkpoints(session: AsyncSession, *, cursor: str = "", limit: int = PAGE) -> Page[CheckpointRow]:
    """Signed roots, the latest first. Their heads, which grow with the ledger, are not read."""
    heads = cast(QueryableAttribute[str], CheckpointRow.heads)  # SQLModel says str of a column
    order = Order((col(CheckpointRow.at), col(CheckpointRow.id)), (datetime, int), descending=True)
    return await page_of(
        session, select(CheckpointRow).options(defer(heads)), order, cursor, limit, lambda r: (r.at, r.id)
    )


async def person(session: AsyncSession, id: str) -> Person | None:
    return await session.get(Person, id)
