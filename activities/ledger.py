"""Writing down what cases have decided (design § 4.5)."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import contracts as c
from db import ledger
from db.session import Database


class LedgerActivities:
    """`ledger_append`: tried again for ever on everything but the two failures that no retry can mend."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn(name=c.LEDGER_APPEND)
    async def append(self, request: c.AppendRequest) -> c.AppendAnswer:
        """Events, projection and outbox in one transaction; what is there already is skipped.

        A workflow asks for itself alone: its own history would otherwise bear witness for any case."""
        if request.workflow_id != activity.info().workflow_id:
            raise ApplicationError(
                f"{request.stream}: asked by another workflow", type=c.LEDGER_FORKED, non_retryable=True
            )
        try:
            head = await ledger.commit(self._db, request)
        except ledger.LedgerForked as fork:
            # ids and rule names only: failures are read by people and kept in histories
            raise ApplicationError(
                str(fork),
                {"seq": fork.seq, "reason": fork.reason},
                type=c.LEDGER_FORKED,
                non_retryable=True,
            ) from None
        except ledger.LedgerBehind as behind:
            raise ApplicationError(
                str(behind),
                {"head_seq": behind.head.seq, "head_hash": behind.head.hash},
                type=c.LEDGER_BEHIND,
                non_retryable=True,
            ) from None
        return c.AppendAnswer(head_seq=head.seq, head_hash=head.hash)
