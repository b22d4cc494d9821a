"""What every case does alike: take commands, wait, run errands, write the ledger, never fail.

The workflow is the truth; `ledger_append` writes it down afterwards. A person's handler has no await:
it decides, fires, appends to the pending list and answers. One flusher sends what is pending, in order.
"""

import asyncio
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.commands import Envelope, Receipt
    from domain.errors import Conflict, DomainError
    from domain.facts import Facts
    from domain.text import Text
    from domain.verdict import Violation
    from state_machines.moments import moments, pass_moment
    from workflows.case_state import carried
    from workflows.cases.logic import decide, known
    from workflows.errands import Errands, started_children
    from workflows.flusher import Flusher
    from workflows.inbox import Inbox
    from workflows.model import CaseStart, Status
    from workflows.search import SEARCH_ATTRIBUTES
    from workflows.timeouts import UNUSED_AFTER

PASSED = {"remind": "task_reminded", "escalate": "task_escalated"}
"""Event types of what every case does alike at a moment."""

__all__ = ["SEARCH_ATTRIBUTES", "CaseWorkflow"]


def refusal(error: DomainError) -> ApplicationError:
    """A domain refusal as Temporal's failure: the message holds rule ids only; the violations travel as
    (encrypted) details."""
    return ApplicationError(
        str(error),
        [v.model_dump(mode="json") for v in error.violations],
        type=type(error).__name__,
        non_retryable=True,
    )


class CaseWorkflow(Inbox, Errands, Flusher):
    """Base of programme, journey and certificate. A subclass gives its `logic` and a `run` of three lines."""

    async def live(self) -> str:
        """Run the case to its end and give the state that it ended in."""
        if self.case.state in ("", "DRAFT") and await self._never_used():
            return "UNUSED"
        background = [
            asyncio.create_task(self._watched(self._flush())),
            asyncio.create_task(self._watched(self._run_errands())),
        ]
        while not self._finished():
            try:
                await self._wait_and_pass()
            except (asyncio.CancelledError, FailureError) as error:
                if not is_cancelled_exception(error):
                    raise RuntimeError("a failure that nothing expected") from error
                self._ignore_cancel()
            if self.bug is not None:
                # Blocks the case until the code is mended, and shows it: nothing of it is lost.
                raise RuntimeError("a part of the case died") from self.bug
            if self._should_continue_as_new():
                break
        self._silence()
        for task in background:
            task.cancel()
        if not self._finished():
            workflow.continue_as_new(
                CaseStart(case=carried(self.case), now=self._now(), pending=tuple(self.pending))
            )
        return self.case.state

    async def _never_used(self) -> bool:
        """Was the run started together with a first command that was then refused? Nothing ever happened
        here then; a cancel request changes nothing about that."""
        first = self.case.seq
        try:
            await workflow.wait_condition(lambda: self.case.seq > first, timeout=UNUSED_AFTER)
        except TimeoutError:
            await workflow.wait_condition(workflow.all_handlers_finished)
        except asyncio.CancelledError:
            self.cancel_requests += 1
            return await self._never_used()
        if self.case.seq == first:
            return True
        if self.cancel_requests:
            self._ignore_cancel(0)
        return False

    def _ignore_cancel(self, more: int = 1) -> None:
        """Temporal's cancel is forbidden on cases: it is recorded, and the case goes on."""
        self.cancel_requests += more
        turn = self._system_turn(Facts())
        turn.payload["cancel_requests"] = self.cancel_requests
        self._accept(turn, "cancel_request_ignored")

    # ---- commands ------------------------------------------------------------------------

    @workflow.update(name="command")
    def on_command(self, envelope: Envelope) -> Receipt:
        """Take one command: decide, move, append to the pending events, answer with the receipt."""
        try:
            return self._take(envelope)
        except DomainError as error:
            raise refusal(error) from None

    @on_command.validator
    def validate_command(self, envelope: Envelope) -> None:
        """Refuse before anything is written to history; the very same decision as the handler's."""
        try:
            self._check_open()
            if known(self.case, envelope) is None:
                decide(self.logic, self.case, envelope, self._now(envelope))
        except DomainError as error:
            raise refusal(error) from None

    def _take(self, envelope: Envelope) -> Receipt:
        self._check_open()
        before = known(self.case, envelope)
        if before is not None:
            return self._receipt(envelope, *before)
        turn, type_ = decide(self.logic, self.case, envelope, self._now(envelope))
        self.updates += 1
        event = self._accept(turn, type_)
        return self._receipt(envelope, event.seq, event.hash, turn.created)

    def _receipt(
        self, envelope: Envelope, seq: int, hash_: str, created: dict[str, Any] | None = None
    ) -> Receipt:
        return Receipt(
            stream=self.case.stream,
            seq=seq,
            hash=hash_,
            state=self.case.state,
            command_id=envelope.command_id,
            command_digest=envelope.command_digest,
            created=created or {},
        )

    def _check_open(self) -> None:
        if self.frozen:
            raise Conflict(
                Violation(
                    rule="M-FROZEN",
                    text=Text(
                        id="Perkara ini dibekukan karena catatannya bercabang; sedang diperbaiki.",
                        en="This case is frozen because its record forked; operations are mending it.",
                    ),
                    facts={"attention": self.frozen},
                )
            )

    # ---- time ----------------------------------------------------------------------------

    @workflow.update(name="tick")
    async def on_tick(self, to: datetime) -> Status:
        """Simulation only: business time moves to `to` (UTC); answers when all that was due is done."""
        self.ticked = max(self.ticked, to)
        self.version += 1
        await workflow.wait_condition(self._quiet)
        return self.on_status()

    @on_tick.validator
    def validate_tick(self, to: datetime) -> None:
        if self.case.clock != "simulation" or to.tzinfo is None:
            raise ApplicationError("S-CLOCK", type="Refused", non_retryable=True)

    @workflow.query(name="status")
    def on_status(self) -> Status:
        """What the simulation and operations ask: is there anything left to do right now?"""
        upcoming = moments(self.case)
        return Status(
            stream=self.case.stream,
            state=self.case.state,
            seq=self.case.seq,
            head=self.case.head,
            pending=len(self.pending),
            errands=sum(e.state == "ASKED" for e in self.case.errands.values()),
            busy=self.busy,
            next_moment=upcoming[0][0] if upcoming else None,
            attention=self.attention,
            ended=self._ended(),
            cancel_requests=self.cancel_requests,
            children=started_children(self.case),
        )

    def _due(self) -> tuple[datetime, int, str, str] | None:
        if self.frozen:  # nothing more is decided that nobody could read
            return None
        upcoming = moments(self.case)
        return upcoming[0] if upcoming and upcoming[0][0] <= self._now() else None

    def _quiet(self) -> bool:
        return self._settled() and (self._ended() or self._due() is None)

    async def _wait_and_pass(self) -> None:
        """Wait until something is due or has changed; do what is due."""
        due = self._due()
        if due is not None and not self._ended():
            await self._pass(*due)
            return
        seen = self.version
        upcoming = moments(self.case)
        await self._wait_until(
            upcoming[0][0] if upcoming and not self._ended() and not self.frozen else None,
            lambda: self.version != seen,
        )

    async def _wait_until(self, moment: datetime | None, changed: Any) -> None:
        """All waiting for business time goes through here: a plain timer in real time, a condition in a
        simulation (business time moves by `tick` alone)."""

        def ready() -> bool:
            return bool(changed()) or self._finished() or self._should_continue_as_new()

        if moment is None or self.case.clock == "simulation":
            self._silence()
            await workflow.wait_condition(lambda: ready() or (moment is not None and self._now() >= moment))
            return
        alarm = self._alarm_at(moment)
        await workflow.wait_condition(lambda: ready() or alarm.done())

    def _alarm_at(self, moment: datetime) -> asyncio.Task[None]:
        """A timer for that moment. It stays while the next moment stays: each event would else stop one
        timer and start another, and most change nothing about what comes next."""
        if self.alarm is not None and self.alarm[0] == moment and not self.alarm[1].done():
            return self.alarm[1]
        self._silence()
        wait = max((moment - workflow.now()).total_seconds(), 0.001)
        self.alarm = (moment, asyncio.create_task(workflow.sleep(wait, summary="Menunggu saat berikutnya")))
        return self.alarm[1]

    def _silence(self) -> None:
        if self.alarm is not None:
            self.alarm[1].cancel()
            self.alarm = None

    async def _pass(self, at: datetime, order: int, what: str, id_: str) -> None:
        """Do what the case does by itself at a moment. Facts first; then, if it still is due, one step."""
        self.busy += 1
        try:
            facts = Facts()
            if what == "deadline" and self.case.deadlines[id_].kind in self.logic.facts:
                deadline = self.case.deadlines[id_]
                facts = await self._facts(deadline.kind, deadline.subject)
            if (at, order, what, id_) not in moments(self.case):
                return
            turn = self._system_turn(facts)
            try:
                passed = pass_moment(turn, what, id_)
                type_ = self.logic.deadline(turn, passed) if passed else PASSED[what]
            except DomainError as error:
                # an escalation that the calendar does not reach stopped the case before revision 3
                year = self._reaches(error)
                if year is not None:
                    await self._reach(year)  # it is due still, and passes then
                    return
                turn = self._system_turn(facts)
                pass_moment(turn, what, id_)
                turn.payload["rules"] = [v.rule for v in error.violations]
                type_ = "deadline_had_no_effect"
            self._accept(turn, type_)
        finally:
            self.busy -= 1
