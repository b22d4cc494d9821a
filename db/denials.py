"""The record of refusals: who was refused what, by rule ids only."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from db.session import Database
from db.tables import DenialRow


async def record_denial(
    db: Database,
    *,
    account: str,
    rules: Sequence[str],
    what: str,
    stream: str = "",
    workflow_id: str = "",
    id: str = "",
) -> None:
    """Write a refusal down, each of its rules once; with an `id`, once however often it is tried. `at` is the
    real time (UTC)."""
    at = datetime.now(UTC)
    key = id or str(uuid.uuid4())

    async def write(session: AsyncSession) -> None:
        if id and await session.get(DenialRow, key) is not None:
            return
        session.add(
            DenialRow(
                id=key,
                at=at,
                account=account,
                rules=list(dict.fromkeys(rules)),
                what=what,
                stream=stream,
                workflow_id=workflow_id,
            )
        )

    await db.retrying(write)
