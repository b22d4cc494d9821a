"""How long each activity may take, and how often it is tried. Every activity names its policy here."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy

from activities import contracts as c


@dataclass(frozen=True)
class Timeouts:
    """`start_to_close` bounds one attempt; `retry` the attempts. Endless retries are the ledger's alone."""

    start_to_close: timedelta
    retry: RetryPolicy
    schedule_to_close: timedelta | None = None


_NEVER_HELPS = ["LedgerForked", "LedgerBehind", "Malformed", "Refused", "Forbidden", "NotFound"]

LEDGER = Timeouts(
    timedelta(seconds=30),
    RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=0,
        non_retryable_error_types=_NEVER_HELPS,
    ),
)
QUICK = Timeouts(
    timedelta(seconds=15),
    RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=20,
        non_retryable_error_types=_NEVER_HELPS,
    ),
    timedelta(minutes=5),
)
SLOW = Timeouts(
    timedelta(seconds=30),
    RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=30),
        maximum_attempts=20,
        non_retryable_error_types=_NEVER_HELPS,
    ),
    timedelta(minutes=30),
)

POLICIES: dict[str, Timeouts] = {
    c.LEDGER_APPEND: LEDGER,
    c.READ_FACTS: QUICK,
    c.AUTHORISE_SIGNAL: QUICK,
    c.RECORD_DENIAL: QUICK,
    c.DELIVER_MESSAGE: QUICK,
    c.RESERVE: QUICK,
    c.RELEASE: QUICK,
    c.REVIEW_DOCUMENTS: SLOW,
    c.RENDER_CERTIFICATE: SLOW,
}

AGAIN_AFTER = timedelta(minutes=1)
"""After an errand's retries are used up the case asks for attention and tries again this much later."""

STALE_AFTER = timedelta(seconds=60)
"""Events that wait longer than this for the ledger set the case's attention."""

LEDGER_PATIENCE = STALE_AFTER + timedelta(seconds=10)
"""How long the ledger is tried before that: the server gives up early when the next try would come later."""

UNUSED_AFTER = timedelta(seconds=2)
"""A programme started by an update that was refused ends by itself after this."""
