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
_LEDGER_ALONE = [c.LEDGER_FORKED, c.LEDGER_BEHIND]
"""What no further try mends. Anything else that keeps an event from the ledger may pass by itself."""

LEDGER = Timeouts(
    timedelta(seconds=30),
    RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=0,
        non_retryable_error_types=_LEDGER_ALONE,
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

SUMMARIES: dict[str, str] = {
    c.LEDGER_APPEND: "Mencatat peristiwa di buku besar",
    c.READ_FACTS: "Membaca fakta untuk aturan",
    c.AUTHORISE_SIGNAL: "Memeriksa pengirim sinyal",
    c.RECORD_DENIAL: "Mencatat penolakan",
    c.DELIVER_MESSAGE: "Menyampaikan pesan ke perkara lain",
    c.RESERVE: "Mengambil hari, nomor, atau pasangan orang dan skema",
    c.RELEASE: "Mengembalikan yang pernah diambil",
    c.REVIEW_DOCUMENTS: "Memeriksa kelengkapan berkas",
    c.RENDER_CERTIFICATE: "Membuat berkas sertifikat",
}
"""What Temporal's own pages show beside each activity; never anything of a case."""

AGAIN_AFTER = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=6)


def rest(attempt: int) -> timedelta:
    """How long a case waits, asking for attention, before it asks again what could not be answered.

    Twice as long each time (`attempt` counts from 0): what stays broken for weeks must fill no history.
    """
    return min(AGAIN_AFTER * (1 << min(attempt, 10)), LONGEST_REST)


STALE_AFTER = timedelta(seconds=60)
"""Events that wait longer than this for the ledger set the case's attention."""

LEDGER_PATIENCE = STALE_AFTER + timedelta(seconds=10)
"""How long the ledger is tried before that: the server gives up early when the next try would come later."""

UNUSED_AFTER = timedelta(seconds=2)
"""A programme started by an update that was refused ends by itself after this."""
