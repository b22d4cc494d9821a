"""An application's answers, kept part by part while the candidate fills it in (see `ApplicationPart`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.candidate_tables import ApplicationPart
from db.streams import append_row_event
from db.vault import Vault
from domain.errors import NotFound
from domain.roles import Actor


@dataclass(frozen=True)
class Kept:
    """One part as it was saved last, at the real moment `saved_at` (UTC)."""

    answers: Mapping[str, Any]
    version: int
    saved_at: datetime


async def keep(
    session: AsyncSession,
    vault: Vault,
    *,
    application: str,
    part: str,
    person: str,
    answers: Mapping[str, Any],
    by: Actor,
    at: datetime,
) -> Kept:
    """Keep a part in place of what it said before; the same again changes nothing. NotFound for a person who
    is unknown or forgotten."""
    row = await session.get(ApplicationPart, (application, part), with_for_update=True)
    if row is not None:
        before = await vault.open_for(session, row.person, _name(application, part), row.ciphertext)
        if before == dict(answers):
            return Kept(before, row.version, row.saved_at)
    closed = await vault.close_for(session, person, _name(application, part), dict(answers))
    if row is None:
        row = ApplicationPart(
            application=application, part=part, person=person, ciphertext=closed, saved_at=at
        )
    else:
        row.ciphertext, row.version, row.saved_at = closed, row.version + 1, at
    session.add(row)
    await session.flush()
    told = {"part": part, "version": row.version}
    await append_row_event(session, f"draft-{application}", "application_part_saved", by, told, at)
    return Kept(answers, row.version, row.saved_at)


async def kept(session: AsyncSession, vault: Vault, application: str) -> dict[str, Kept]:
    """Every part that was saved, by its name; what was forgotten is left out."""
    found: dict[str, Kept] = {}
    rows = await session.exec(
        select(ApplicationPart)
        .where(ApplicationPart.application == application)
        .order_by(col(ApplicationPart.part))
    )
    for row in rows:
        try:
            answers = await vault.open_for(session, row.person, _name(application, row.part), row.ciphertext)
        except NotFound:
            continue
        found[row.part] = Kept(answers, row.version, row.saved_at)
    return found


def _name(application: str, part: str) -> str:
    return f"application part {application}/{part}"
