"""Reading the facts that a move of the system needs (design § 4.4)."""

from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities import contracts as c
from db import reads
from db.facts import facts_for
from db.session import Database
from db.vault import Vault
from domain.cases import Case
from domain.roles import SYSTEM


class FactsActivities:
    """`read_facts`: the same facts as a person's command gets, for timers and messages."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    @activity.defn(name=c.READ_FACTS)
    async def read_facts(self, request: c.FactsRequest) -> c.FactsAnswer:
        """Facts for `purpose` about `subject`, as of now on the case's own clock."""
        case = await caught_up(self._db, request.stream, request.seq)
        async with self._db.read() as session:
            facts = await facts_for(
                session,
                self._vault,
                purpose=request.purpose,
                case=case,
                command=None,
                actor=SYSTEM,
                now=await business_now(session, case),
                subject=request.subject,
            )
        return c.FactsAnswer(facts=facts)


class ProjectionBehind(Exception):
    """The case's events are not written yet; the activity is tried again."""


async def caught_up(db: Database, stream: str, seq: int) -> Case:
    """The case as projected, with at least its first `seq` events. Raises ProjectionBehind after 10 s."""
    if not await reads.wait_for(db, stream, seq, 10):
        raise ProjectionBehind(stream)
    async with db.read() as session:
        case = await reads.case(session, stream)
    if case is None:
        raise ProjectionBehind(stream)
    return case


async def business_now(session: AsyncSession, case: Case) -> datetime:
    """The programme's own time (UTC): the clock's, or in a simulation the one row's. Never before what the
    case has seen."""
    if case.clock == "simulation":
        row = await reads.sim_clock(session)
        return max(row.now, case.business_at) if row else case.business_at
    return max(datetime.now(UTC), case.business_at)
