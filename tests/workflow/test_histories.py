"""Temporal's history as the second witness: read from a real server, archived, and held against the ledger.

A server of its own: `verify` looks at every run there is.
"""

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlmodel import col, select
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.archive import archive_once, look_back
from activities.contracts import (
    CASE_WORKFLOWS,
    LEDGER_APPEND,
    LEDGER_BEHIND,
    LEDGER_FORKED,
    AppendAnswer,
    AppendRequest,
)
from activities.histories import archived, archived_events, histories, recorded_events
from activities.ledger import LedgerActivities
from activities.plugin import data_converter
from db import reads
from db.repair import repair
from db.session import Database
from db.tables import ArchiveRow, EventRow
from db.verify import Histories, verify
from settings import Settings
from tests.db.cases import grown, tampered
from tests.support.ports import free_ports
from tools.temporal.obtain import obtain
from worker import WORKFLOWS


@workflow.defn(sandboxed=False)
class Writes:
    """Sends batches to the ledger as the flusher does; a second list is left to the run that follows."""

    @workflow.run
    async def run(self, now: list[AppendRequest], later: list[AppendRequest]) -> None:
        for request in now:
            await workflow.execute_activity(
                LEDGER_APPEND,
                request,
                result_type=AppendAnswer,
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=RetryPolicy(maximum_attempts=3),
            )
        if later:
            workflow.continue_as_new(args=[later, []])


@dataclass
class Place:
    client: Client
    db: Database
    queue: str
    folder: Path

    async def write(self, now: list[AppendRequest], later: list[AppendRequest] | None = None) -> None:
        await self.client.execute_workflow(
            Writes.run, args=[now, later or []], id=now[0].workflow_id, task_queue=self.queue
        )

    def histories(self, client: Client | None = None) -> Histories:
        return histories(client or self.client, self.db, self.folder, task_queue=self.queue, types=["Writes"])

    async def problems(self) -> set[tuple[str, int]]:
        report = await verify(self.db, self.histories())
        return {(p.kind, p.seq) for p in report.problems}


@pytest.fixture
async def place(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Place]:
    """Payloads are encrypted as in the product."""
    path = obtain()
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(path) if path else None,
        dev_server_log_level="error",
        port=free_ports(1)[0],
        data_converter=data_converter(Settings(var_dir=tmp_path / "var")),
    )
    worker = Worker(
        environment.client,
        task_queue="writes",
        workflows=[Writes],
        activities=[LedgerActivities(sqlite_db).append],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        yield Place(environment.client, sqlite_db, "writes", tmp_path / "archive")
    await environment.shutdown()


async def test_histories_tell_every_batch_of_every_run(place: Place) -> None:
    chain = grown()
    batches = [chain.request(1, 3), chain.request(4, 6), chain.request(7)]
    await place.write(batches[:2], batches[2:])
    assert await recorded_events(place.client, batches[0].workflow_id) == batches
    assert await recorded_events(place.client, "programme-none") == []
    assert await place.problems() == set()


async def test_the_archive_holds_what_the_server_held_and_is_made_once(place: Place) -> None:
    chain = grown()
    await place.write([chain.request(1, 3)], [chain.request(4)])
    assert await archive_once(place.client, place.db, place.folder) == 2
    assert await archive_once(place.client, place.db, place.folder) == 0
    async with place.db.read() as session:
        rows = list(await session.exec(select(ArchiveRow).order_by(col(ArchiveRow.closed_at))))
    assert [row.status for row in rows] == ["CONTINUED_AS_NEW", "COMPLETED"]
    told = [await archived_events(place.folder, row, place.client.data_converter) for row in rows]
    assert told == [[chain.request(1, 3)], [chain.request(4)]]
    assert b"programme_submitted" not in (place.folder / rows[0].path).read_bytes()
    assert await place.problems() == set()


async def test_what_closed_long_ago_and_is_not_archived_is_an_alarm(place: Place) -> None:
    """Half a retention after its end a run must be in the archive, or Temporal may forget it unheard."""
    await place.write([grown().request()])
    now = datetime.now(UTC) + timedelta(seconds=5)
    young = await look_back(place.client, place.db, timedelta(days=90), now)
    assert (young.overdue, young.oldest) == (0, None)
    late = await look_back(place.client, place.db, timedelta(0), now)
    assert late.overdue == 1 and late.oldest is not None
    await archive_once(place.client, place.db, place.folder)
    await look_back(place.client, place.db, timedelta(0), now)
    async with place.db.read() as session:
        kept = await reads.archive_state(session)
    assert kept is not None and (kept.overdue, kept.oldest) == (0, None)


async def test_a_round_of_the_archiver_asks_for_what_closed_since(place: Place) -> None:
    await place.write([grown().request()])
    assert (
        await archive_once(place.client, place.db, place.folder, datetime.now(UTC) + timedelta(hours=1)) == 0
    )
    assert (
        await archive_once(place.client, place.db, place.folder, datetime.now(UTC) - timedelta(hours=1)) == 1
    )


async def test_an_altered_archive_is_not_believed(place: Place) -> None:
    chain = grown()
    await place.write([chain.request()])
    await archive_once(place.client, place.db, place.folder)
    async with place.db.read() as session:
        row = (await session.exec(select(ArchiveRow))).one()
    file = place.folder / row.path
    file.write_bytes(file.read_bytes().replace(b"a", b"b", 1))
    with pytest.raises(ValueError, match="altered"):
        archived(place.folder, row)
    assert await place.problems() == {("irregular", 0)}, "named, and the server still tells the events"


async def test_what_the_ledger_lost_comes_back_from_the_histories(place: Place) -> None:
    chain = grown()
    await place.write([chain.request(1, 5)], [chain.request(6)])
    await archive_once(place.client, place.db, place.folder)
    async with place.db.write() as session:
        await (await session.connection()).execute(text("DROP TRIGGER events_no_delete"))
        await session.exec(delete(EventRow).where(col(EventRow.seq).in_([2, 7, 8])))
    assert {("lost", 2), ("lost", 7), ("lost", 8)} <= await place.problems()
    result = await repair(place.db, place.histories())
    assert (result.events, result.refused) == (3, {})
    assert await place.problems() == set()


async def test_forks_and_gaps_end_the_activity_for_good(place: Place) -> None:
    chain = grown()
    await place.write([chain.request(1, 3)])
    gap = chain.request(5)
    fork = chain.request(3, 3).model_copy(update={"events": (tampered(chain.events[2], type="x"),)})
    for request, kind in ((gap, LEDGER_BEHIND), (fork, LEDGER_FORKED)):
        with pytest.raises(WorkflowFailureError) as caught:
            await place.write([request])
        error = caught.value.cause.cause  # type: ignore[attr-defined]  # an activity's failure
        assert isinstance(error, ApplicationError)
        assert (error.type, error.non_retryable) == (kind, True)
    details: Any = error.details[0]
    assert details == {"seq": 3, "reason": "other_hash"}
    assert {("irregular", 0), ("differs", 3), ("frozen", 4), ("lost", 5)} <= await place.problems()


async def test_what_others_do_bears_no_witness(place: Place, tmp_path: Path) -> None:
    """A workflow of another type or queue, however well it tells; and one whose payloads nobody closed."""
    chain, plain = grown(), grown("prog-2")
    await place.write([chain.request()])
    by_type = histories(place.client, place.db, place.folder, task_queue=place.queue)
    assert (await verify(place.db, by_type)).kinds() == {"ghost"}
    by_queue = histories(place.client, place.db, place.folder, task_queue="other", types=["Writes"])
    assert (await verify(place.db, by_queue)).kinds() == {"ghost"}
    await archive_once(place.client, place.db, place.folder)
    assert (await verify(place.db, by_queue)).kinds() == {"ghost"}, "from the archive neither"

    open_converter = dataclasses.replace(place.client.data_converter, payload_codec=None)
    host = place.client.service_client.config.target_host
    stranger = await Client.connect(host, data_converter=open_converter)
    async with Worker(
        stranger,
        task_queue="plain",
        workflows=[Writes],
        activities=[LedgerActivities(place.db).append],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await stranger.execute_workflow(
            Writes.run, args=[[plain.request()], []], id=plain.opening.workflow_id, task_queue="plain"
        )
    plainly = histories(place.client, place.db, place.folder, task_queue="plain", types=["Writes"])
    problems = (await verify(place.db, plainly)).problems
    assert {p.kind for p in problems if p.stream == "prog-2"} == {"ghost"}
    assert [p.detail.split()[-1] for p in problems if p.kind == "irregular"] == ["Unencrypted"]
    assert (await repair(place.db, plainly)).events == 0


async def test_a_workflow_writes_for_itself_alone(place: Place) -> None:
    chain = grown()
    with pytest.raises(WorkflowFailureError) as caught:
        await place.client.execute_workflow(
            Writes.run, args=[[chain.request()], []], id="programme-stranger", task_queue=place.queue
        )
    assert caught.value.cause.cause.type == LEDGER_FORKED  # type: ignore[attr-defined]  # an activity's failure
    async with place.db.read() as session:
        assert list(await session.exec(select(EventRow))) == []


def test_the_cases_workflows_are_those_that_the_worker_runs() -> None:
    assert {workflow._Definition.must_from_class(w).name for w in WORKFLOWS} == set(CASE_WORKFLOWS)


async def test_a_terminated_run_is_named(place: Place) -> None:
    chain = grown()
    await place.write([chain.request()])
    handle = await place.client.start_workflow(
        Writes.run,
        args=[[], []],
        id="programme-other",
        task_queue=place.queue,
        start_delay=timedelta(hours=1),
    )
    await handle.terminate()
    assert await place.problems() == {("irregular", 0)}


async def test_a_run_that_cannot_be_read_hides_no_other(place: Place, tmp_path: Path) -> None:
    chain = grown()
    await place.write([chain.request()])
    stranger = await Client.connect(
        place.client.service_client.config.target_host,
        data_converter=data_converter(Settings(var_dir=tmp_path / "other-keys")),
    )
    report = await verify(place.db, place.histories(stranger))
    assert report.kinds() == {"irregular", "ghost"}
