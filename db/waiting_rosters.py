"""Rosters that wait to be mended: their cells are personal data of people whom nobody has registered yet, so
they are sealed like any other text of the request, and erased as soon as they are not needed."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import SealedText, WaitingRoster
from db.vault import Vault, case_owner


async def find(session: AsyncSession, draft: str, *, lock: bool = False) -> WaitingRoster | None:
    """The roster that waits in this request."""
    return await session.get(WaitingRoster, draft, with_for_update=lock or None)


async def cells(session: AsyncSession, vault: Vault, row: WaitingRoster) -> dict[str, Any]:
    """What its cells hold. VaultBroken when that was tampered with."""
    found: dict[str, Any] = json.loads(await vault.open_text(session, row.text))
    return found


async def put(
    session: AsyncSession,
    vault: Vault,
    draft: str,
    content: dict[str, Any],
    *,
    replace: bool,
    by: str,
    at: datetime,
) -> WaitingRoster:
    """Keep these cells in place of those that waited before, which are erased. `at` is UTC."""
    before = await find(session, draft, lock=True)
    sealed = await vault.seal_text(
        session, case_owner(draft), json.dumps(content, ensure_ascii=False), by, at=at
    )
    if before is None:
        row = WaitingRoster(draft=draft, text=sealed.id, replace=replace, updated_at=at, updated_by=by)
        session.add(row)
        await session.flush()
        return row
    old, before.text = before.text, sealed.id
    before.version, before.replace = before.version + 1, replace
    before.updated_at, before.updated_by = at, by
    session.add(before)
    await session.flush()
    await _erase(session, [old])
    return before


async def drop(session: AsyncSession, drafts: Iterable[str]) -> None:
    """Erase what waits in these requests; nothing where nothing waits."""
    wanted = col(WaitingRoster.draft).in_(list(drafts))
    texts = list(await session.exec(select(WaitingRoster.text).where(wanted)))
    if texts:
        await session.exec(delete(WaitingRoster).where(wanted))
        await _erase(session, texts)


async def _erase(session: AsyncSession, texts: Iterable[str]) -> None:
    """No event names these texts: they go altogether."""
    await session.exec(delete(SealedText).where(col(SealedText.id).in_(list(texts))))
