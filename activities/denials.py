"""The record of refusals that happened inside a case (a refused signal): rule ids only."""

from datetime import UTC, datetime

from temporalio import activity

from activities import contracts as c
from db.session import Database
from db.tables import DenialRow
from domain.events import derived_id


class DenialActivities:
    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn(name=c.RECORD_DENIAL)
    async def record(self, denial: c.Denial) -> c.Done:
        """Write the denial down once, however often the activity is tried."""
        info = activity.info()
        id_ = derived_id("denial", info.workflow_id or "", info.workflow_run_id or "", info.activity_id)
        at = datetime.now(UTC)
        async with self._db.write() as session:
            if await session.get(DenialRow, id_) is None:
                session.add(
                    DenialRow(
                        id=id_,
                        at=at,
                        account=denial.account,
                        rules=list(denial.rules),
                        what=denial.what,
                        stream=denial.stream,
                        workflow_id=denial.workflow_id,
                    )
                )
        return c.Done()
