"""The record of refusals that happened inside a case (a refused signal): rule ids only."""

from temporalio import activity

from activities import contracts as c
from db.denials import record_denial
from db.session import Database
from domain.events import derived_id


class DenialActivities:
    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn(name=c.RECORD_DENIAL)
    async def record(self, denial: c.Denial) -> c.Done:
        """Write the denial down once, however often the activity is tried."""
        info = activity.info()
        await record_denial(
            self._db,
            account=denial.account,
            rules=denial.rules,
            what=denial.what,
            stream=denial.stream,
            workflow_id=denial.workflow_id,
            id=derived_id("denial", info.workflow_id or "", info.workflow_run_id or "", info.activity_id),
        )
        return c.Done()
