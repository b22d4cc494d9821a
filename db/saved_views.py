"""Filters that somebody of the staff keeps under a name. Each belongs to one account."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.work_tables import SavedView
from domain.errors import Conflict, NotFound, Refused

MOST_VIEWS = 50
"""Saved filters of one account."""


async def views(session: AsyncSession, account: str, page: str = "") -> list[SavedView]:
    """The account's own, by name; of one page alone when it is given."""
    query = select(SavedView).where(SavedView.account == account)
    if page:
        query = query.where(SavedView.page == page)
    return list(await session.exec(query.order_by(col(SavedView.name), col(SavedView.id))))


async def keep(
    session: AsyncSession, account: str, page: str, name: str, query: Mapping[str, str], *, at: datetime
) -> SavedView:
    """Save it. Conflict (W-NAME) when the name is taken, Refused (W-MOST) when there are too many."""
    mine = select(func.count()).select_from(SavedView).where(SavedView.account == account)
    if (await session.exec(mine)).one() >= MOST_VIEWS:
        raise Refused.because(
            "W-MOST",
            f"Paling banyak {MOST_VIEWS} saringan disimpan. Hapus yang tidak dipakai lagi.",
            f"At most {MOST_VIEWS} filters are kept. Delete those that are not used any more.",
        )
    await _free(session, account, page, name)
    row = SavedView(
        id=str(uuid.uuid4()), account=account, page=page, name=name, query=dict(query), created_at=at
    )
    session.add(row)
    await session.flush()
    return row


async def rename(session: AsyncSession, account: str, id: str, name: str) -> SavedView:
    """Give it another name. NotFound (A-NONE-SUCH) for what is not one's own; Conflict (W-NAME)."""
    row = await _own(session, account, id)
    if row.name != name:
        await _free(session, account, row.page, name)
        row.name = name
        session.add(row)
        await session.flush()
    return row


async def forget(session: AsyncSession, account: str, id: str) -> None:
    """Delete it. NotFound (A-NONE-SUCH) for what is not one's own."""
    await session.delete(await _own(session, account, id))
    await session.flush()


async def _own(session: AsyncSession, account: str, id: str) -> SavedView:
    row = await session.get(SavedView, id)
    if row is None or row.account != account:
        raise NotFound.because(
            "A-NONE-SUCH", "Tidak ada, atau bukan untuk Anda.", "There is no such thing for you."
        )
    return row


async def _free(session: AsyncSession, account: str, page: str, name: str) -> None:
    taken = select(SavedView.id).where(
        SavedView.account == account, SavedView.page == page, SavedView.name == name
    )
    if (await session.exec(taken)).first() is not None:
        raise Conflict.because(
            "W-NAME",
            "Nama ini sudah dipakai untuk saringan lain. Pilih nama lain.",
            "This name is used for another filter. Choose another one.",
            field="name",
        )
