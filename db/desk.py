"""Drafts of decisions, kept per person and task, and phrases, kept per account and kind of task."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.desk_tables import Phrase, TaskDraft
from db.tables import TaskRow
from db.vault import Vault
from domain.errors import Refused
from domain.text import Text

MOST_PHRASES = 50
"""Of one account for one kind of task."""


class Typed(BaseModel):
    """What stands in a form that was not sent: which decision, and every field with its values, as typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    decision: str
    fields: dict[str, list[str]] = Field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class KeptPhrase:
    id: str
    text: str


async def keep_draft(
    session: AsyncSession, vault: Vault, person: str, task: str, typed: Typed, *, at: datetime
) -> None:
    """Keep what was typed (at the real moment `at`, UTC) in place of what was kept before. Drafts of this
    person for tasks that are over go: nobody can send them any more."""
    over = select(TaskRow.id).where(col(TaskRow.open).is_(False))
    await session.exec(
        delete(TaskDraft).where(col(TaskDraft.person) == person, col(TaskDraft.task).in_(over))
    )
    closed = await vault.close_for(session, person, _name(task), typed.model_dump())
    row = await session.get(TaskDraft, (person, task), with_for_update=True)
    if row is None:
        session.add(TaskDraft(person=person, task=task, ciphertext=closed, saved_at=at))
    else:
        row.ciphertext, row.saved_at = closed, at
        session.add(row)
    await session.flush()


async def draft(session: AsyncSession, vault: Vault, person: str, task: str) -> tuple[Typed, datetime] | None:
    """What this person typed, and when it was kept (UTC)."""
    row = await session.get(TaskDraft, (person, task))
    if row is None:
        return None
    opened = await vault.open_for(session, person, _name(task), row.ciphertext)
    return Typed.model_validate(opened), row.saved_at


async def drop_drafts(session: AsyncSession, task: str, *, person: str = "") -> None:
    """Forget what was typed for this task: by this person, or by anybody once it is done."""
    mine = [col(TaskDraft.person) == person] if person else []
    await session.exec(delete(TaskDraft).where(col(TaskDraft.task) == task, *mine))


def _name(task: str) -> str:
    return f"task draft {task}"


# ---- phrases ---------------------------------------------------------------------------------------


async def phrases(
    session: AsyncSession, vault: Vault, account: str, kind: str = ""
) -> Sequence[tuple[str, KeptPhrase]]:
    """(kind of task, phrase) of this account, the oldest first."""
    query = select(Phrase).where(Phrase.account == account)
    if kind:
        query = query.where(Phrase.kind == kind)
    rows = await session.exec(query.order_by(col(Phrase.created_at), col(Phrase.id)))
    return [
        (row.kind, KeptPhrase(row.id, await vault.open_for(session, row.person, row.id, row.ciphertext)))
        for row in rows
    ]


async def keep_phrase(
    session: AsyncSession,
    vault: Vault,
    id: str,
    *,
    account: str,
    person: str,
    kind: str,
    text: str,
    at: datetime,
) -> str:
    """Keep a phrase of this account and its person under this id; the same text again is the same phrase, and
    its id is given. Refused (P-PHRASES) when the account has as many as it may for this kind."""
    known = await phrases(session, vault, account, kind)
    if (same := next((one.id for _, one in known if one.text == text), None)) is not None:
        return same
    if len(known) >= MOST_PHRASES:
        raise Refused.because(
            "P-PHRASES",
            f"Anda sudah menyimpan {MOST_PHRASES} frasa untuk jenis tugas ini.",
            f"You have kept {MOST_PHRASES} phrases for this kind of task already.",
            remedy=Text(
                id="Hapus frasa yang tidak terpakai lagi.", en="Delete a phrase that you no longer use."
            ),
        )
    closed = await vault.close_for(session, person, id, text)
    session.add(Phrase(id=id, account=account, person=person, kind=kind, ciphertext=closed, created_at=at))
    await session.flush()
    return id


async def drop_phrase(session: AsyncSession, account: str, id: str) -> bool:
    """Delete one of the account's own phrases; False when it has none of that id."""
    mine = select(func.count()).select_from(Phrase).where(Phrase.id == id, Phrase.account == account)
    found = (await session.exec(mine)).one()
    await session.exec(delete(Phrase).where(col(Phrase.id) == id, col(Phrase.account) == account))
    return bool(found)
