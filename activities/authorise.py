"""Judging a signal before anything in it is believed (design § 4, Signals).

A signal has no caller to refuse: whoever reaches Temporal may send one. So a message of another case must
bear its HMAC, and `complete_task` an API token whose account may do it. Whatever else comes is written into
the record of denials and changes nothing.
"""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import to_json
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities import contracts as c
from activities.denials import DenialActivities
from activities.facts import business_now, caught_up
from activities.messages import SIGNAL, genuine
from db.facts import facts_for, purpose_of
from db.identity import resolve_token, touch_token
from db.people_tables import SealedText
from db.registry import require_documents
from db.session import Database
from db.vault import Vault
from domain.cases import Sealed
from domain.commands import (
    ApproveWithoutForm,
    CompleteTask,
    Envelope,
    LettersForm,
    PointsForm,
    documents_named,
)
from domain.days import require_days
from domain.errors import DomainError, Forbidden
from domain.ids import command_id

COMPLETE = "complete_task"


class TaskSignal(BaseModel):
    """The body of a `complete_task` signal. Texts in it were sealed through the API before."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: str = Field(repr=False, max_length=200)
    command_id: str = Field(min_length=1, max_length=120)
    """The sender's idempotency key."""
    command: CompleteTask

    @model_validator(mode="before")
    @classmethod
    def _without_nul(cls, given: Any) -> Any:
        """PostgreSQL raises at a NUL in any text that it is asked about, and what raises here is tried again
        for ever. Nothing in a signal is free text, so no honest one holds it."""
        if b"\\u0000" in to_json(given):
            raise ValueError("a NUL")
        return given


class AuthoriseActivities:
    """`authorise_signal`: exactly one of envelope, message or the refusal's rule id."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault
        self._denials = DenialActivities(db)

    @activity.defn(name=c.AUTHORISE_SIGNAL)
    async def authorise(self, request: c.AuthoriseRequest) -> c.Authorised:
        """Who sent this, and may they? Never raises for what a sender can do wrong."""
        if request.problem or request.name not in (SIGNAL, COMPLETE):
            return await self._refuse(request, ("A-SIGNAL",))
        try:
            if request.name == SIGNAL:
                return await self._message(request)
            return await self._task(request)
        except ValidationError:
            return await self._refuse(request, ("A-SIGNAL",))

    async def _message(self, request: c.AuthoriseRequest) -> c.Authorised:
        signed = c.SignedMessage.model_validate(request.body)
        if not genuine(self._vault, signed, arrived_at=request.workflow_id):
            return await self._refuse(request, ("A-FORGED",))
        return c.Authorised(message=signed.message)

    async def _task(self, request: c.AuthoriseRequest) -> c.Authorised:
        signal = TaskSignal.model_validate(request.body)
        account = ""
        try:
            require_days(signal.command)
            async with self._db.read() as session:
                access = await resolve_token(session, signal.token, now=datetime.now(UTC))
            account = access.account
            access.require("write")
            case = await caught_up(self._db, request.stream, request.seq)  # strangers are not waited for
            async with self._db.read() as session:
                await _sealed_here(session, request.stream, signal.command)
                await require_documents(session, request.stream, documents_named(signal.command))
                now = await business_now(session, case)
                facts = await facts_for(
                    session,
                    self._vault,
                    purpose=purpose_of(signal.command, case),
                    case=case,
                    command=signal.command,
                    actor=access.actor,
                    now=now,
                )
        except DomainError as error:
            return await self._refuse(request, tuple(v.rule for v in error.violations), account)
        async with self._db.write() as session:
            await touch_token(session, access, now=datetime.now(UTC))
        return c.Authorised(
            envelope=Envelope(
                command_id=command_id(access.account, request.stream, signal.command_id),
                command=signal.command,
                actor=access.actor,
                facts=facts,
                as_of=datetime.now(UTC),
                business_at=now if case.clock == "simulation" else None,
            )
        )

    async def _refuse(
        self, request: c.AuthoriseRequest, rules: tuple[str, ...], account: str = ""
    ) -> c.Authorised:
        await self._denials.record(
            c.Denial(
                stream=request.stream,
                workflow_id=request.workflow_id,
                # The sender chose the name: only one that we know is repeated.
                what=f"signal:{request.name if request.name in (SIGNAL, COMPLETE) else 'unknown'}",
                rules=rules,
                account=account,
            )
        )
        return c.Authorised(refused=rules[0])


async def _sealed_here(session: AsyncSession, stream: str, command: CompleteTask) -> None:
    """Forbidden (A-TEXT) unless every text that the command names is this case's, with its commitment."""
    named: list[Sealed] = [command.reason] if command.reason else []
    if isinstance(command.form, PointsForm):
        named += command.form.points
    if isinstance(command.form, ApproveWithoutForm):
        named += [r.reason for r in command.form.reasons]
    if isinstance(command.form, LettersForm):
        named += [letter.override for letter in command.form.assignments if letter.override]
    rows: dict[str, Any] = {}
    if named:
        found = await session.exec(
            select(SealedText).where(
                col(SealedText.id).in_([s.id for s in named]),
                SealedText.owner_kind == "case",
                SealedText.owner == stream,
            )
        )
        rows = {row.id: row.commitment for row in found}
    if any(rows.get(sealed.id) != sealed.commitment for sealed in named):
        raise Forbidden.because(
            "A-TEXT",
            "Alasan atau butir itu tidak tersimpan untuk perkara ini.",
            "That reason or point is not kept for this case.",
        )
