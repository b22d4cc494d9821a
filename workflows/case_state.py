"""What every part of a case's workflow shares: the case, its pending events, and how they change."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from datetime import datetime
from typing import Any, ClassVar

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.calendar import CalendarYearMissing
    from domain.cases import Case
    from domain.commands import Envelope, Receipt
    from domain.errors import DomainError
    from domain.events import Event
    from domain.facts import CALENDAR_ALONE, Facts
    from domain.roles import SYSTEM
    from state_machines.evolve import evolve
    from state_machines.tables import TABLES
    from state_machines.turn import Turn
    from workflows.cases.logic import CaseLogic
    from workflows.model import CaseStart
    from workflows.search import Shown
    from workflows.timeouts import POLICIES, SUMMARIES, rest

UPDATES_A_RUN = 500
MOST_UPDATES_A_RUN = 1000
"""Under a steady load something is always on its way to the ledger; then the next run takes it along.
Temporal itself stops at 2,000."""
WAITING, BEHIND, FAILED = "ledger:waiting", "ledger:behind", "ledger:failed"
GRAVITY = (c.FORKED, BEHIND, FAILED, WAITING)
"""What is shown first of several troubles; any other comes after these, in the order of its name."""


class CaseState:
    """The state of one case's workflow: its start input, and what happened since."""

    logic: ClassVar[CaseLogic]

    def begin(self, start: CaseStart) -> None:
        """Called by the subclass's `@workflow.init`."""
        self.case: Case = start.case
        self.opening: Case | None = start.case if start.case.seq == 0 else None
        self.ticked: datetime = max(start.now, start.case.business_at)
        self.pending: deque[Event] = deque(start.pending)
        self.in_flight: set[str] = set()
        self.resting: set[str] = set()
        """Errands that failed and wait for their next try."""
        self.bug: Exception | None = None
        """What a background task died of: the case must not go on as if nothing had happened."""
        self.version = 0
        self.updates = 0
        self.busy = 0
        self.frozen = ""
        self.troubles: dict[str, str] = {}
        """Source → what is wrong; each source takes back its own."""
        self.cancel_requests = 0
        # Runs of before wrote all of them again at their first step, whatever they began with.
        told = workflow.info().typed_search_attributes if start.case.revision else None
        self.shown = Shown(told)
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

    # ---- what asks for attention ---------------------------------------------------------------

    @property
    def attention(self) -> str:
        """The gravest of what is wrong; empty when nothing is."""
        if self.frozen:
            return self.frozen
        return min(self.troubles.values(), key=_gravity, default="")

    def _trouble(self, source: str, what: str) -> None:
        if self.troubles.get(source) != what:
            self.troubles[source] = what
            self._show()

    def _solved(self, source: str) -> None:
        if self.troubles.pop(source, None) is not None:
            self._show()

    def _show(self) -> None:
        if self.case.state:  # before its first event a case has nothing to show
            self.shown.show(self.case, self.attention)

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

    def _system_turn(self, facts: Facts, *, told: datetime | None = None) -> Turn:
        """A turn of the system's; `told`: the business time at which another case sent what it is about."""
        now = self._now()
        return Turn(self.case, actor=SYSTEM, now=max(now, told) if told else now, facts=facts)

    async def _facts(self, purpose: str, subject: str) -> Facts:
        answer: c.FactsAnswer = await self._insist(
            f"facts:{purpose}",
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

    async def _reach(self, year: int) -> None:
        """Have the case's calendar hold this year: ask for the newer table, until operations have completed
        it. Nothing that counts working days is given up for want of a year."""
        attempt = 0
        while year not in self.case.calendar.years:
            facts = await self._facts(CALENDAR_ALONE, "")
            newer = facts.calendar
            if newer is None or year not in newer.years:
                self._trouble("calendar", "calendar")
                await workflow.sleep(rest(attempt))
                attempt += 1
            elif year not in self.case.calendar.years:
                turn = self._system_turn(facts)
                turn.extend_calendar(newer)
                self._accept(turn, "calendar_extended")
        self._solved("calendar")

    def _reaches(self, error: DomainError) -> int | None:
        """The year that the calendar lacks, if that is all that the error says and waiting for it mends it.
        (Before revision 3 what met it had no effect.)"""
        if isinstance(error, CalendarYearMissing) and self.case.revision >= 3:
            return int(error.violations[0].facts["year"])
        return None

    async def _watched(self, work: Awaitable[None]) -> None:
        """Background work. What it dies of is kept for `live`, which stops the case there: an exception that
        no code expects must block the case visibly, and never end one of its parts in silence."""
        try:
            await work
        except Exception as error:
            if not is_cancelled_exception(error):
                self.bug = error
                self.version += 1

    async def _insist(self, what: str, name: str, request: Any, result: type[Any]) -> Any:
        """Ask until there is an answer: what a case needs to go on is never given up. Raises only when it
        was cancelled itself."""
        attempt = 0
        while True:
            try:
                answer = await self._call(name, request, result)
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                self._trouble(what, what)
                await workflow.sleep(rest(attempt))
                attempt += 1
            else:
                self._solved(what)
                return answer

    async def _call(self, name: str, request: Any, result: type[Any]) -> Any:
        """Ask once, within the activity's policy. Raises FailureError when that is used up."""
        policy = POLICIES[name]
        return await workflow.execute_activity(
            name,
            request,
            result_type=result,
            start_to_close_timeout=policy.start_to_close,
            schedule_to_close_timeout=policy.schedule_to_close,
            retry_policy=policy.retry,
            summary=SUMMARIES[name],
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
            and (not self.pending or self.updates >= MOST_UPDATES_A_RUN)
            and not self.frozen
            and not self.busy
            # An errand that only waits for its next try is asked again by the next run: errands may be.
            and all(e.id in self.resting for e in self.case.errands.values() if e.state == "ASKED")
            and self.in_flight <= self.resting
            and workflow.all_handlers_finished()
            and not self._ended()
        )


def _gravity(trouble: str) -> tuple[int, str]:
    return (GRAVITY.index(trouble) if trouble in GRAVITY else len(GRAVITY), trouble)


def carried(case: Case) -> Case:
    """What the next run is given of a case: errands that were answered and deadlines that are over stay
    behind, for they never matter again and a large programme has hundreds (2 MB bound an input)."""

    def matters(kind: str, entity: Any) -> bool:
        if kind == "errand":  # a child that was started is named to the simulation (Status.children)
            return bool(entity.state == "ASKED" or entity.answer.get("outcome") == "started")
        return kind != "deadline" or bool(entity.state == "WAITING")

    entities = {
        kind: {k: e for k, e in bag.items() if matters(kind, e)} for kind, bag in case.entities.items()
    }
    return case.model_copy(update={"entities": entities})
