"""The only caller of the Temporal client for cases: a command goes in, a receipt or a refusal comes out.

Rights come first (api/deps). Here: the facts that guards need, the same decision rehearsed on the
projection (so that a refusal costs no workflow task), then one call to the workflow. A call whose answer
is unknown is `Unknown` (503): sending the same key again is always safe.
"""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from db import reads, registry
from db.denials import record_denial
from db.facts import JUDGED, facts_for, purpose_of
from db.session import Database
from db.vault import Vault
from domain.cases import REVISION, Case, Entity
from domain.clock import local_day
from domain.commands import CompleteTask, Envelope, Receipt, SubmitProgramme
from domain.errors import Conflict, DomainError, NotFound, Unknown, by_name
from domain.events import Event
from domain.facts import Facts
from domain.ids import command_id, programme_workflow
from domain.policy import default, policy
from domain.roles import Actor
from domain.verdict import Violation
from settings import Settings
from state_machines.table import Allowed, Situation, allowed
from state_machines.tables import TABLES
from workflows.cases.kinds import LOGIC
from workflows.cases.logic import decide, known
from workflows.model import CaseStart
from workflows.search import ATTENTION
from workflows.timeouts import UNUSED_AFTER

IN_FLIGHT_A_CASE = 8
"""Temporal refuses more than 10 updates in flight on one workflow; we stop before it does."""
REMEMBERED_HEADS = 10_000
MOST_TROUBLED = 500
"""Running cases in trouble that one answer names."""
CLOSED_WITHIN = 5.0
"""Seconds for which a submit waits until the run of a request that was taken back has ended."""
PROJECTED_WITHIN = 2.0
"""Seconds for which a command waits until a case that was just begun has its first row."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Offer:
    """One trigger of one entity, answered for one person."""

    kind: str
    id: str
    answer: Allowed


class Gateway:
    """The only caller of Temporal's client for cases: brings commands to them, reads what they became, and
    says what may be done next. Holds at most 8 updates of a case in flight. One for each process."""

    def __init__(self, client: Client, db: Database, vault: Vault, settings: Settings) -> None:
        self.client = client
        self.db = db
        self.vault = vault
        self.settings = settings
        self._places: dict[str, asyncio.Semaphore] = {}
        self._heads: dict[str, int] = {}

    def seen(self, stream: str) -> int:
        """The last event of the stream that this process gave a receipt for; 0 when it remembers none."""
        return self._heads.get(stream, 0)

    # ---- writing -------------------------------------------------------------------------

    async def dispatch(
        self, *, stream: str, command: Any, actor: Actor, key: str, min_seq: int = 0
    ) -> Receipt:
        """Bring one command to its case and give its receipt.

        `key` is the Idempotency-Key: with account and case it makes the command id, so a retry is the same
        command and another account's key is another one. Raises a DomainError; Unknown when the outcome
        is not known (send again with the same key).
        """
        id_ = command_id(actor.account, stream, key)
        try:
            return await self._dispatch(stream, command, actor, id_, min_seq)
        except Unknown:
            raise
        except DomainError as error:
            await self.deny(error, actor, stream=stream, what=command.type)
            raise
        except (DBAPIError, PoolTimeout, OSError) as error:
            log.warning("database not reached", error=type(error).__name__, stream=stream)
            raise _unknown("D-DOWN") from None

    async def rehearse(self, *, stream: str, command: Any, actor: Actor, key: str, min_seq: int = 0) -> None:
        """Judge a command before its texts are stored (they stand in it as blanks): raises, and records, what
        `dispatch` would refuse on the projection. What was taken before, or is not known, passes."""
        id_ = command_id(actor.account, stream, key)
        try:
            now = await self.business_now()
            event, case, facts = await self._known(stream, command, actor, id_, now)
            if event is not None or case is None or id_ in case.receipts:
                return
            envelope = Envelope(
                command_id=id_,
                command=command,
                actor=actor,
                facts=facts,
                as_of=datetime.now(UTC),
                business_at=now if self.settings.clock == "simulation" else None,
            )
            self._rehearse(case, envelope, now, min_seq)
        except Unknown:
            raise
        except DomainError as error:
            await self.deny(error, actor, stream=stream, what=command.type)
            raise
        except (DBAPIError, PoolTimeout, OSError) as error:
            log.warning("database not reached", error=type(error).__name__, stream=stream)
            raise _unknown("D-DOWN") from None

    async def _dispatch(self, stream: str, command: Any, actor: Actor, id_: str, min_seq: int) -> Receipt:
        now = await self.business_now()
        seen = max(self._heads.get(stream, 0), min_seq)
        event, case, facts = await self._known(stream, command, actor, id_, now)
        if reads.credible(min_seq, case.seq if case else 0) != min_seq:
            min_seq, seen = 0, self._heads.get(stream, 0)
        if _too_early(command, case, seen):
            # What was acknowledged is on its way to the projection. Being late is no reason to refuse: the
            # workflow judges anyway, but its facts must be those of the case as it is.
            await reads.wait_for(self.db, stream, seen, PROJECTED_WITHIN)
            event, case, facts = await self._known(stream, command, actor, id_, now)
        envelope = Envelope(
            command_id=id_,
            command=command,
            actor=actor,
            facts=facts,
            as_of=datetime.now(UTC),
            business_at=now if self.settings.clock == "simulation" else None,
        )
        if event is not None:
            # Taken before: the ledger answers, without a call.
            if event.payload.get("command_digest") != envelope.command_digest:
                raise _other_body()
            return Receipt(
                stream=event.stream,
                seq=event.seq,
                hash=event.hash,
                state=case.state if case else "",
                command_id=id_,
                command_digest=envelope.command_digest,
            )
        if case is None and not isinstance(command, SubmitProgramme):
            raise NotFound.because("M-CASE", "Perkara itu tidak ada.", "There is no such case.")
        start = None
        if isinstance(command, SubmitProgramme):
            start = await self._start(stream, case, now, seen)
        self._rehearse(start.case if start else case, envelope, now, 0 if start else min_seq)
        async with self._place(stream):
            if start is not None:
                receipt = await self._submit(start, envelope)
            else:
                assert case is not None
                receipt = await self._update(case.workflow_id, envelope)
        if receipt.command_digest != envelope.command_digest:
            raise _other_body()
        self._remember(receipt)
        return receipt

    async def _known(
        self, stream: str, command: Any, actor: Actor, id_: str, now: datetime
    ) -> tuple[Event | None, Case | None, Facts]:
        """What rows know: the event that this command became, the case, and the facts for its guards."""
        async with self.db.read() as session:
            event = await reads.command_event(session, id_)
            case = await reads.case(session, stream)
            facts = await facts_for(
                session,
                self.vault,
                purpose=purpose_of(command, case),
                case=case,
                command=command,
                actor=actor,
                now=now,
            )
        return event, case, facts

    def _rehearse(self, case: Case | None, envelope: Envelope, now: datetime, min_seq: int) -> None:
        """Decide on the projection. A refusal counts only when the projection is not behind what this
        process (or the caller, by `min_seq`) has already seen of the case."""
        if case is None:
            return
        # (A start is behind nothing: there is no case yet that could have moved on.)
        seen = max(self._heads.get(case.stream, 0), reads.credible(min_seq, case.seq))
        behind = 0 < case.seq < seen
        try:
            if known(case, envelope) is None:
                decide(LOGIC[case.kind], case, envelope, now)
        except DomainError:
            if not behind:
                raise

    async def _start(self, stream: str, case: Case | None, now: datetime, seen: int) -> CaseStart:
        """The start of a programme: empty, or, for a draft that was taken back, all that its stream holds.

        A run that began from less than that would write another event where one stands already. So the
        earlier run must have ended, and its last event be read; Unknown while it has not.
        """
        if case is not None:
            case = await self._left_behind(case)
            if case.seq < seen:
                raise _unknown("D-BEHIND")
        else:
            async with self.db.read() as session:
                case = await unborn(session, self.settings, stream, now)
        return CaseStart(case=case, now=now, summary="Program pelatihan / Training programme")

    async def _left_behind(self, case: Case) -> Case:
        """The case as its ended run left it; as it is, when it is no draft (its submit is refused then)."""
        end = asyncio.get_running_loop().time() + CLOSED_WITHIN
        handle = self.client.get_workflow_handle(case.workflow_id)
        while case.state == "DRAFT" and await self._runs(handle):
            if asyncio.get_running_loop().time() > end:
                raise _unknown("T-CLOSING")
            await asyncio.sleep(0.05)
        found = await self.case(case.stream)
        assert found is not None  # rows are never deleted
        return found

    async def _runs(self, handle: WorkflowHandle[Any, Any]) -> bool:
        try:
            described = await handle.describe(rpc_timeout=timedelta(seconds=self.settings.rpc_timeout))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise _unknown(f"T-{error.status.name}") from None
        return described.status is WorkflowExecutionStatus.RUNNING

    async def _submit(self, start: CaseStart, envelope: Envelope) -> Receipt:
        for attempt in (1, 2):
            operation: WithStartWorkflowOperation[Any, str] = WithStartWorkflowOperation(
                "TrainingProgramme",
                start,
                id=start.case.workflow_id,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                task_queue=self.settings.task_queue,
                static_summary=start.summary,
            )
            try:
                receipt: Receipt = await self._bounded(
                    self.client.execute_update_with_start_workflow(
                        "command",
                        envelope,
                        start_workflow_operation=operation,
                        id=envelope.command_id,
                        result_type=Receipt,
                        rpc_timeout=timedelta(seconds=self.settings.rpc_timeout),
                    )
                )
                return receipt
            except WorkflowAlreadyStartedError:
                if attempt == 2 or await self._moved(start.case):
                    raise Conflict.because(
                        "M-OPEN",
                        "Permohonan ini sudah diajukan.",
                        "This request has been submitted already.",
                        subject=start.case.stream,
                    ) from None
                # Perhaps an empty run whose first command was refused: it ends by itself.
                await asyncio.sleep(UNUSED_AFTER.total_seconds() + 0.5)
                if await self._moved(start.case):
                    raise _unknown("D-BEHIND") from None
            finally:
                # The SDK leaves the start's own future unread when the update fails.
                with suppress(BaseException):
                    await asyncio.wait_for(operation.workflow_handle(), 0.05)
        raise AssertionError("unreachable")

    async def _moved(self, start: Case) -> bool:
        """Has the stream gone on since this start was made?"""
        found = await self.case(start.stream)
        return found is not None and found.seq != start.seq

    async def _update(self, workflow_id: str, envelope: Envelope) -> Receipt:
        handle = self.client.get_workflow_handle(workflow_id)
        receipt: Receipt = await self._bounded(
            handle.execute_update(
                "command",
                envelope,
                id=envelope.command_id,
                result_type=Receipt,
                rpc_timeout=timedelta(seconds=self.settings.rpc_timeout),
            )
        )
        return receipt

    async def _bounded(self, call: Any) -> Any:
        """One call with our own bound round the whole of it (`rpc_timeout` covers the first RPC only)."""
        try:
            async with asyncio.timeout(self.settings.update_timeout):
                return await call
        except WorkflowUpdateFailedError as error:
            raise _refused(error) from None
        except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
            raise _unknown("T-TIMEOUT") from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Conflict.because(
                    "M-CLOSED", "Perkara ini sudah berakhir.", "This case has ended."
                ) from None
            raise _unknown(f"T-{error.status.name}") from None

    @asynccontextmanager
    async def _place(self, stream: str) -> Any:
        places = self._places.setdefault(stream, asyncio.Semaphore(IN_FLIGHT_A_CASE))
        try:
            async with asyncio.timeout(self.settings.update_timeout):
                await places.acquire()
        except TimeoutError:
            raise _unknown("T-BUSY") from None
        try:
            yield
        finally:
            places.release()
            if places._value == IN_FLIGHT_A_CASE and not places.locked():
                self._places.pop(stream, None)

    def _remember(self, receipt: Receipt) -> None:
        if len(self._heads) >= REMEMBERED_HEADS:
            self._heads.clear()
        self._heads[receipt.stream] = max(receipt.seq, self._heads.get(receipt.stream, 0))

    async def deny(self, error: DomainError, actor: Actor | None, *, stream: str, what: str) -> None:
        """Record a refusal, by rule ids only. A refusal stays a refusal when its record cannot be written."""
        try:
            await record_denial(
                self.db,
                account=actor.account if actor else "",
                rules=tuple(v.rule for v in error.violations),
                what=what,
                stream=stream,
            )
        except (DBAPIError, PoolTimeout, OSError):
            log.error("denial not recorded", rules=[v.rule for v in error.violations], what=what)

    # ---- reading -------------------------------------------------------------------------

    async def case(self, stream: str) -> Case | None:
        """The case as the projection has it, a moment behind its workflow at worst; None for an unknown
        stream. Rights are the caller's matter."""
        async with self.db.read() as session:
            return await reads.case(session, stream)

    def allowed(
        self, case: Case, actor: Actor, now: datetime, *, of: tuple[str, str] | None = None
    ) -> list[Offer]:
        """Every trigger of every entity that has not ended (or `of` one alone: its kind and id), answered for
        the one who asks: `may`, without a command, at `now` (UTC, business time). Facts from rows are unknown
        here, so that a yes may still be refused when the command comes."""
        return list(self._offers(case, actor, now, of))

    def _offers(self, case: Case, actor: Actor, now: datetime, of: tuple[str, str] | None) -> Iterator[Offer]:
        facts = Facts(policy=policy(case.policy_version), calendar=case.calendar)
        for kind, table in TABLES.items():
            if kind not in case.entities or (of is not None and of[0] != kind):
                continue
            entity: Entity
            for entity in case.bag(kind).values():
                if entity.state in table.terminal or (of is not None and of[1] != entity.id):
                    continue
                situation = Situation(
                    case=case,
                    subject=entity,
                    actor=actor,
                    now=max(now, case.business_at),
                    facts=facts,
                    policy=policy(case.policy_version),
                )
                for answer in allowed(table, situation):
                    yield Offer(kind, entity.id, answer)

    async def troubled(self) -> dict[str, str]:
        """Running cases that ask for attention, as they themselves say: workflow id → what is wrong
        (docs/operations.md). Raises Unknown when Temporal does not answer."""
        query = (
            f"{ATTENTION.name} != '-' AND ExecutionStatus = 'Running' "
            f"AND TaskQueue = '{self.settings.task_queue}'"
        )
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(self.settings.rpc_timeout):
                async for one in self.client.list_workflows(query, limit=MOST_TROUBLED):
                    found[one.id] = one.typed_search_attributes.get(ATTENTION) or ""
        except (RPCError, RuntimeError, TimeoutError):
            raise _unknown("T-LIST") from None
        return found

    async def business_now(self) -> datetime:
        """The programme's own time (UTC): the clock, or, in a simulation, what its one row says."""
        if self.settings.clock == "real":
            return datetime.now(UTC)
        async with self.db.read() as session:
            row = await reads.sim_clock(session)
        if row is None:
            raise _unknown("S-CLOCK")
        return row.now


def _refused(error: WorkflowUpdateFailedError) -> DomainError:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type and cause.details:
        return by_name(cause.type)([Violation.model_validate(v) for v in cause.details[0]])
    # Not a rule: a bug in the case, an alarm and never a denial (500).
    raise RuntimeError(f"the case failed to judge: {cause!r}") from error


def _too_early(command: Any, case: Case | None, seen: int) -> bool:
    """Are the rows behind what was acknowledged, in a way that matters to this command?"""
    if case is None:
        return seen > 0
    if case.seq >= seen:
        return False
    if isinstance(command, CompleteTask) and command.task not in case.tasks:
        return True  # what the task is for is not known yet, and so not which facts it needs
    return purpose_of(command, case) in JUDGED


def _unknown(rule: str) -> DomainError:
    return Unknown.because(
        rule,
        "Jawabannya belum diketahui. Kirim ulang dengan kunci yang sama; tidak akan terjadi dua kali.",
        "The answer is not known. Send again with the same key; it will not happen twice.",
    )


def _other_body() -> DomainError:
    return Conflict.because(
        "A-KEY",
        "Kunci idempoten ini sudah dipakai untuk perintah lain.",
        "This idempotency key was used for another command.",
    )


async def unborn(session: AsyncSession, settings: Settings, stream: str, now: datetime) -> Case:
    """A programme's case before its first event, as its submit at `now` (UTC, business time) begins it."""
    return Case(
        stream=stream,
        kind="programme",
        workflow_id=programme_workflow(stream),
        head="",
        policy_version=default(local_day(now)).version,
        revision=REVISION,
        calendar=await registry.calendar(session),
        clock=settings.clock,
        business_at=now,
    )
