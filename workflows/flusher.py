"""The flusher: sends what is pending to the ledger, in order, one batch at a time, for ever."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

with workflow.unsafe.imports_passed_through():
    from activities import contracts as c
    from domain.events import Event
    from workflows.case_state import CaseState
    from workflows.timeouts import AGAIN_AFTER, LEDGER_PATIENCE, POLICIES

BATCH_EVENTS = 50
BATCH_BYTES = 256 * 1024
WAITING = "ledger:waiting"


class Flusher(CaseState):
    """The ledger is always a prefix of the truth: it is written after Temporal has taken the decision."""

    async def _flush(self) -> None:
        """Send what is pending to the ledger, in order, one batch at a time, for ever."""
        while True:
            await workflow.wait_condition(lambda: bool(self.pending) and not self.frozen)
            self.shown.show(self.case, self.frozen or self.attention)
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
                    schedule_to_close_timeout=None if self.attention == WAITING else LEDGER_PATIENCE,
                    retry_policy=policy.retry,
                )
            except ActivityError as error:
                kind = error.cause.type if isinstance(error.cause, ApplicationError) else ""
                if error.retry_state is RetryState.TIMEOUT:
                    self.attention = WAITING
                    self.shown.show(self.case, self.frozen or self.attention)
                elif kind == c.LEDGER_FORKED:
                    self.frozen = self.attention = "ledger:forked"
                    self.shown.show(self.case, self.frozen or self.attention)
                else:  # LedgerBehind: `asesor repair` refills it; until then everything waits here
                    self.attention = "ledger:behind"
                    self.shown.show(self.case, self.frozen or self.attention)
                    await workflow.sleep(AGAIN_AFTER)
                continue
            for _event in batch:
                self.pending.popleft()
            if self.attention.startswith("ledger:"):
                self.attention = ""
                self.shown.show(self.case, self.frozen or self.attention)
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
