"""What every part of a case's workflow shares: the case, its pending events, and how they change."""

import asyncio
from collections import deque
from datetime import datetime
from typing import Any, ClassVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.cases import Case
    from domain.commands import Envelope, Receipt
    from domain.events import Event
    from domain.facts import Facts
    from domain.roles import SYSTEM
    from state_machines.tables import TABLES
    from state_machines.turn import Turn, evolve
    from workflows.cases.logic import CaseLogic
    from workflows.model import CaseStart
    from workflows.search import Shown
    from workflows.timeouts import POLICIES

UPDATES_A_RUN = 500


class CaseState:
    """The state of one case's workflow: its start input, and what happened since."""

    logic: ClassVar[CaseLogic]

    def begin(self, start: CaseStart) -> None:
        """Called by the subclass's `@workflow.init`."""
        self.case: Case = start.case
        self.opening: Case | None = start.case if start.case.seq == 0 else None
        self.ticked: datetime = max(start.now, start.case.business_at)
        self.pending: deque[Event] = deque()
        self.in_flight: set[str] = set()
        self.version = 0
        self.updates = 0
        self.busy = 0
        self.frozen = ""
        self.attention = ""
        self.cancel_requests = 0
        self.shown = Shown()
        self.alarm: tuple[datetime, asyncio.Task[None]] | None = None
        if start.opening is not None and start.case.seq == 0 and self.logic.open is not None:
            turn = self._system_turn(Facts())
            self._accept(turn, self.logic.open(turn, start.opening))

    def _now(self, envelope: Envelope | None = None) -> datetime:
        """Business time (UTC): the workflow's clock, or, in a simulation, what it was told."""
        if self.case.clock == "real":
            return workflow.now()
        stamped = envelope.business_at if envelope and envelope.business_at else self.ticked
        return max(self.ticked, stamped, self.case.business_at)

    def _settled(self) -> bool:
        return (
            not self.pending
            and not self.busy
            and not self.in_flight
            and not any(e.state == "ASKED" for e in self.case.errands.values())
        )

    def _accept(self, turn: Turn, type_: str) -> Event:
        """The decision is made: the event joins the chain and the pending list."""
        event = turn.close(type_, workflow.now())
        self.case = evolve(self.case, event)
        self.pending.append(event)
        self.version += 1
        return event

    def _take(self, envelope: Envelope) -> Receipt:
        """Take a person's command; the updates' part and the signals' part both call it."""
        raise NotImplementedError

    def _system_turn(self, facts: Facts) -> Turn:
        return Turn(self.case, actor=SYSTEM, now=self._now(), facts=facts)

    async def _facts(self, purpose: str, subject: str) -> Facts:
        answer: c.FactsAnswer = await self._call(
            c.READ_FACTS,
            c.FactsRequest(
                stream=self.case.stream,
                kind=self.case.kind,
                purpose=purpose,
                subject=subject,
                seq=self.case.seq,
            ),
            c.FactsAnswer,
        )
        return answer.facts

    async def _call(self, name: str, request: Any, result: type[Any]) -> Any:
        policy = POLICIES[name]
        return await workflow.execute_activity(
            name,
            request,
            result_type=result,
            start_to_close_timeout=policy.start_to_close,
            schedule_to_close_timeout=policy.schedule_to_close,
            retry_policy=policy.retry,
        )

    def _ended(self) -> bool:
        state = self.case.state
        # A request taken back before verification is a draft again: its workflow ends too.
        return bool(state) and (
            state in TABLES[self.case.kind].terminal or (self.case.kind == "programme" and state == "DRAFT")
        )

    def _finished(self) -> bool:
        return self._ended() and self._settled() and workflow.all_handlers_finished()

    def _should_continue_as_new(self) -> bool:
        return (
            (workflow.info().is_continue_as_new_suggested() or self.updates >= UPDATES_A_RUN)
            and self._settled()
            and workflow.all_handlers_finished()
            and not self._ended()
        )
