"""The flusher: sends what is pending to the ledger, in order, one batch at a time, for ever."""

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    RetryState,
    TimeoutError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.events import Event
    from workflows.case_state import BEHIND, FAILED, WAITING, CaseState
    from workflows.timeouts import LEDGER_PATIENCE, POLICIES, SUMMARIES, rest

BATCH_EVENTS = 50
BATCH_BYTES = 256 * 1024
LEDGER = "ledger"
"""The source of troubles that the flusher tells of."""


class Flusher(CaseState):
    """The ledger is always a prefix of the truth: it is written after Temporal has taken the decision."""

    async def _flush(self) -> None:
        """Send what is pending to the ledger, in order, one batch at a time, for ever."""
        attempt = 0
        while True:
            await workflow.wait_condition(lambda: bool(self.pending) and not self.frozen)
            self._show()
            batch = self._batch()
            request = c.AppendRequest(
                stream=self.case.stream,
                workflow_id=workflow.info().workflow_id,
                events=batch,
                opening=self.opening if batch[0].seq == 1 else None,
            )
            policy = POLICIES[c.LEDGER_APPEND]
            try:
                # The bound is the server's own and costs no timer in the history: once it has passed, the
                # case asks for attention, and the same is sent without one.
                await workflow.execute_activity(
                    c.LEDGER_APPEND,
                    request,
                    result_type=c.AppendAnswer,
                    start_to_close_timeout=policy.start_to_close,
                    schedule_to_close_timeout=None
                    if self.troubles.get(LEDGER) == WAITING
                    else LEDGER_PATIENCE,
                    retry_policy=policy.retry,
                    summary=SUMMARIES[c.LEDGER_APPEND],
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                cause = error.cause
                kind = cause.type if isinstance(cause, ApplicationError) else ""
                if kind == c.LEDGER_FORKED:
                    self.frozen = c.FORKED
                    self._show()
                    continue
                if error.retry_state is RetryState.TIMEOUT or isinstance(cause, TimeoutError):
                    self._trouble(LEDGER, WAITING)
                    continue
                # Behind: `asesor repair` refills it; until then everything waits here.
                self._trouble(LEDGER, BEHIND if kind == c.LEDGER_BEHIND else FAILED)
                await workflow.sleep(rest(attempt))
                attempt += 1
                continue
            attempt = 0
            for _event in batch:
                self.pending.popleft()
            self._solved(LEDGER)
            self.version += 1

    def _batch(self) -> tuple[Event, ...]:
        batch: list[Event] = []
        size = 0
        for event in self.pending:
            size += len(event.model_dump_json())
            if batch and (len(batch) >= BATCH_EVENTS or size > BATCH_BYTES):
                break
            batch.append(event)
        return tuple(batch)
