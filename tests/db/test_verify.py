"""Whoever falsifies the past is found: in a chain, in the tables, by a checkpoint, or by a history."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from activities.contracts import AppendRequest
from db import ledger, streams
from db.checkpoints import checkpoint, checkpoint_when_due, root, signing_key
from db.findings import Report
from db.projection import table_of
from db.repair import Repair, repair
from db.session import Database
from db.streams import event_values
from db.tables import EventRow
from db.verify import Histories, Witness, verify
from domain.cases import Case
from domain.events import GENESIS, Event
from domain.roles import Actor, Role
from state_machines.evolve import evolve
from tests.db.cases import MONDAY, Chain, grown, tampered

KEY = signing_key(bytes(range(32)))
OTHER_KEY = signing_key(bytes(range(1, 33)))
OF_A_STREAM = (
    "events",
    "streams",
    "cases",
    "programmes",
    "classes",
    "seats",
    "assignments",
    "tasks",
    "outbox",
)
OPERATIONS = Actor(account="acc-b", person="per-b", role=Role.OPERATIONS)


@dataclass
class World:
    """Two programmes and an organisation, whole and checked, with their checkpoint."""

    db: Database
    one: Chain
    two: Chain

    async def sql(self, *statements: str, **values: Any) -> None:
        """What somebody with the database's password can do, triggers or not."""
        async with self.db.write() as session:
            connection = await session.connection()
            for table in ("events", "checkpoints"):
                if self.db.sqlite:
                    for verb in ("update", "delete", "replace"):
                        await connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
                else:
                    await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            for statement in statements:
                await connection.execute(text(statement), values)

    async def insert(self, *events: Any) -> None:
        async with self.db.write() as session:
            connection = await session.connection()
            await connection.execute(table_of(EventRow).insert(), [event_values(e) for e in events])

    async def check(self, histories: Histories | None = None, **options: Any) -> Report:
        options.setdefault("keys", [KEY.public_key()])
        return await verify(self.db, histories, **options)

    async def mend(self, histories: Histories, streams: Sequence[str] | None = None) -> Repair:
        return await repair(self.db, histories, streams)

    async def seal(self, key: Ed25519PrivateKey = KEY) -> None:
        async with self.db.write() as session:
            await checkpoint(session, key)


@pytest.fixture
async def world(db: Database) -> World:
    world = World(db, grown("prog-1"), grown("prog-2"))
    await ledger.commit(db, world.one.request(1, 5))
    await ledger.commit(db, world.one.request(6))
    await ledger.commit(db, world.two.request())
    async with db.write() as session:
        for n in range(3):
            await streams.append_row_event(session, "org-1", "licence_granted", OPERATIONS, {"n": n}, MONDAY)
    await world.seal()
    return world


def told(*requests: AppendRequest, irregular: tuple[str, ...] = ()) -> Histories:
    """Histories with a run for each request."""

    async def witnesses() -> AsyncIterator[Witness]:
        for n, request in enumerate(requests):
            yield Witness(request.workflow_id, f"run-{n}", (request,), irregular)

    return witnesses


def first(report: Report, stream: str) -> tuple[str, int]:
    problem = report.first_broken[stream]
    return problem.kind, problem.seq


async def test_an_honest_ledger_is_found_whole(world: World) -> None:
    report = await world.check(told(world.one.request(1, 6), world.one.request(5), world.two.request()))
    assert report.ok, report.problems
    assert (report.streams, report.events, report.checkpoints, report.witnessed) == (3, 19, 1, 16)


# ---- chains ------------------------------------------------------------------------------------------


async def test_a_changed_body_is_named(world: World) -> None:
    await world.sql(
        "UPDATE events SET body = replace(body, 'seat-1', 'seat-9') WHERE stream='prog-1' AND seq=3"
    )
    report = await world.check()
    assert first(report, "prog-1") == ("body", 3)
    assert "prog-2" not in report.first_broken


async def test_a_changed_body_with_a_new_hash_breaks_the_next_link(world: World) -> None:
    forged = event_values(tampered(world.one.events[2], type="forged"))
    await world.sql(
        "UPDATE events SET body=:body, hash=:hash, type='forged' WHERE stream='prog-1' AND seq=3",
        body=forged["body"],
        hash=forged["hash"],
    )
    assert first(await world.check(), "prog-1") == ("link", 4)


async def test_a_changed_column_is_named(world: World) -> None:
    await world.sql("UPDATE events SET actor_person='somebody-else' WHERE stream='prog-1' AND seq=2")
    report = await world.check()
    assert first(report, "prog-1") == ("columns", 2)
    assert "actor_person" in report.first_broken["prog-1"].detail


async def test_a_body_that_is_not_an_event_is_named(world: World) -> None:
    await world.sql("UPDATE events SET body='[]' WHERE stream='org-1' AND seq=2")
    assert first(await world.check(), "org-1") == ("body", 2)


async def test_a_removed_event_is_named(world: World) -> None:
    await world.sql("DELETE FROM events WHERE stream='prog-1' AND seq=4")
    report = await world.check()
    assert first(report, "prog-1") == ("gap", 4)
    assert first(report, "prog-1")[1] == 4


async def test_a_removed_end_is_named(world: World) -> None:
    await world.sql("DELETE FROM events WHERE stream='prog-1' AND seq>6")
    assert first(await world.check(), "prog-1")[1] == 7


async def test_a_removed_end_is_named_though_the_head_was_set_back(world: World) -> None:
    six = world.one.events[5]
    await world.sql(
        "DELETE FROM events WHERE stream='prog-1' AND seq>6",
        "UPDATE streams SET head_seq=6, head_hash=:hash WHERE stream='prog-1'",
        hash=six.hash,
    )
    async with world.db.write() as session:
        await ledger.rebuild(session, "prog-1")
    report = await world.check()
    assert first(report, "prog-1") == ("rewound", 7)
    assert report.kinds() == {"rewound"}


async def test_a_removed_stream_is_named_by_the_checkpoint_alone(world: World) -> None:
    tables = [
        "events",
        "streams",
        "cases",
        "stages",
        "programmes",
        "classes",
        "seats",
        "assignments",
        "tasks",
        "outbox",
    ]
    await world.sql(*(f"DELETE FROM {table} WHERE stream='prog-1'" for table in tables))
    report = await world.check()
    assert report.kinds() == {"removed"}
    assert first(report, "prog-1") == ("removed", 1)


async def test_a_removed_head_does_not_hide_its_events(world: World) -> None:
    await world.sql("DELETE FROM streams WHERE stream='prog-1'")
    assert first(await world.check(), "prog-1") == ("head", 1)


async def test_a_command_that_became_two_events_is_named(world: World) -> None:
    if world.db.sqlite:
        pytest.skip("SQLite cannot drop the index of a constraint")
    double = tampered(world.one.events[7], seq=9, prev_hash=world.one.case.head)
    await world.sql("ALTER TABLE events DROP CONSTRAINT uq_events_command_id")
    await world.insert(double)
    await world.sql("UPDATE streams SET head_seq=9, head_hash=:hash WHERE stream='prog-1'", hash=double.hash)
    async with world.db.write() as session:
        await ledger.rebuild(session, "prog-1")
    assert first(await world.check(), "prog-1") == ("command", 9)


async def test_a_frozen_stream_is_named(world: World) -> None:
    async with world.db.write() as session:
        await ledger.freeze(session, "prog-1", "3:other_hash")
    assert first(await world.check(), "prog-1") == ("frozen", 9)


# ---- tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE cases SET state='COMPLETED' WHERE stream='prog-1'", "projection"),
        (
            "UPDATE cases SET snapshot=replace(snapshot, 'VERIFYING', 'READY') WHERE stream='prog-1'",
            "snapshot",
        ),
        ("UPDATE cases SET snapshot='{}' WHERE stream='prog-1'", "snapshot"),
        ("UPDATE seats SET state='CONFIRMED' WHERE stream='prog-1' AND id='seat-3'", "projection"),
        ("DELETE FROM tasks WHERE stream='prog-1'", "projection"),
        ("UPDATE tasks SET holder='per-x' WHERE stream='prog-1'", "projection"),
        (
            "UPDATE streams SET openings=replace(openings, 'test-1', 'test-2') WHERE stream='prog-1'",
            "snapshot",
        ),
        ("UPDATE streams SET openings='{}' WHERE stream='prog-1'", "fold"),
    ],
)
async def test_tables_that_events_did_not_make_are_named(world: World, statement: str, kind: str) -> None:
    await world.sql(statement)
    report = await world.check()
    assert report.kinds() == {kind}
    assert report.first_broken.keys() == {"prog-1"}


async def test_rows_of_a_case_that_never_was_are_named(world: World) -> None:
    await world.sql("UPDATE seats SET stream='prog-9' WHERE stream='prog-1' AND id='seat-3'")
    report = await world.check()
    assert report.first_broken.keys() == {"prog-1", "prog-9"}


async def test_values_that_no_column_should_hold_are_named(world: World) -> None:
    if not world.db.sqlite:
        pytest.skip("PostgreSQL keeps nothing but what the column is for")
    await world.sql(
        "UPDATE events SET at='x' WHERE stream='prog-1' AND seq=2",
        "UPDATE checkpoints SET at='x'",
        "UPDATE seats SET attended='x' WHERE stream='prog-2' AND id='seat-1'",
    )
    report = await world.check()
    assert first(report, "prog-1") == ("columns", 1)
    assert first(report, "prog-2") == ("columns", 1)
    assert first(report, "checkpoint-1") == ("root", 1)
    assert "org-1" not in report.first_broken


@pytest.mark.parametrize("openings", ["x", "[]", "{}", '{"0": 1}', '{"x": {}}'])
async def test_a_beginning_that_cannot_be_read_is_named(world: World, openings: str) -> None:
    await world.sql("UPDATE streams SET openings=:openings WHERE stream='prog-1'", openings=openings)
    report = await world.check(told(world.one.request(), world.two.request()))
    assert report.kinds() == {"fold"}
    assert report.first_broken.keys() == {"prog-1"}


async def test_a_case_passed_off_as_rows_is_judged_as_a_case(world: World) -> None:
    """Without events of its own in any history, a row's chain is believed: the name decides who is one."""
    await world.sql(
        "UPDATE streams SET kind='row', workflow_id='' WHERE stream='prog-1'",
        "UPDATE cases SET state='COMPLETED' WHERE stream='prog-1'",
    )
    report = await world.check(told(world.two.request()))
    assert {p.kind for p in report.problems if p.stream == "prog-1"} == {"kind", "projection", "ghost"}
    assert report.first_broken.keys() == {"prog-1"}


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE streams SET kind='programme' WHERE stream='org-1'", "kind"),
        ("UPDATE streams SET workflow_id='programme-9' WHERE stream='org-1'", "kind"),
        ("UPDATE streams SET openings='{\"0\": {}}' WHERE stream='org-1'", "kind"),
        ("UPDATE seats SET stream='org-1' WHERE stream='prog-1' AND id='seat-3'", "projection"),
        ("UPDATE streams SET workflow_id='programme-9' WHERE stream='prog-1'", "kind"),
    ],
)
async def test_a_stream_of_two_natures_is_named(world: World, statement: str, kind: str) -> None:
    await world.sql(statement.replace(":", "\\:"))
    assert kind in (await world.check()).kinds()


async def test_rows_of_a_case_whose_events_were_all_taken_are_named(world: World) -> None:
    await world.sql(
        "DELETE FROM events WHERE stream='prog-1'",
        "UPDATE streams SET head_seq=0, head_hash=:genesis WHERE stream='prog-1'",
        genesis=GENESIS,
    )
    report = await world.check()
    assert {p.kind for p in report.problems} == {"projection", "rewound"}
    assert report.first_broken.keys() == {"prog-1"}


async def test_a_new_field_of_the_case_alters_no_beginning(world: World) -> None:
    """What an earlier version wrote lacks the fields that came since; its history lacks them too."""
    older = {**json.loads(world.one.opening.model_dump_json())}
    del older["revision"], older["clock"]  # both have a default
    await world.sql(
        "UPDATE streams SET openings=:openings WHERE stream='prog-1'", openings=json.dumps({"0": older})
    )
    report = await world.check(told(world.one.request(), world.two.request()))
    assert report.ok, report.problems


# ---- checkpoints -------------------------------------------------------------------------------------


async def test_checkpoints_follow_one_another(world: World) -> None:
    world.one.remark()
    await ledger.commit(world.db, world.one.request(9))
    await world.seal()
    report = await world.check()
    assert report.ok, report.problems
    assert report.checkpoints == 2


async def test_a_checkpoint_is_due_when_time_has_passed_and_something_was_written(world: World) -> None:
    hour = timedelta(hours=1)

    async def look(now: datetime) -> int | None:
        async with world.db.write() as session:
            row = await checkpoint_when_due(session, KEY, hour, now)
            return row.id if row else None

    now = datetime.now(UTC)
    assert await look(now + 2 * hour) is None, "nothing was written since the first"
    world.one.remark()
    await ledger.commit(world.db, world.one.request(9))
    assert await look(now) is None, "the first is not an hour old"
    assert await look(now + 2 * hour) == 2
    assert await look(now + 4 * hour) is None
    report = await world.check()
    assert (report.ok, report.checkpoints) == (True, 2)


async def test_an_empty_ledger_needs_no_checkpoint(db: Database) -> None:
    async with db.write() as session:
        assert await checkpoint_when_due(session, KEY, timedelta(hours=1), datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE checkpoints SET heads='[]' WHERE id=1", "root"),
        ("UPDATE checkpoints SET heads='x' WHERE id=1", "root"),
        ("UPDATE checkpoints SET heads='[1]' WHERE id=1", "root"),
        ("UPDATE checkpoints SET root='00' WHERE id=2", "signature"),
        ("UPDATE checkpoints SET signature='zz' WHERE id=2", "signature"),
        ("DELETE FROM checkpoints WHERE id=1", "sequence"),
    ],
)
async def test_an_altered_checkpoint_is_named(world: World, statement: str, kind: str) -> None:
    await world.seal()
    await world.sql(statement)
    assert kind in (await world.check()).kinds()


async def test_a_checkpoint_of_a_stranger_is_not_believed(world: World) -> None:
    await world.seal(OTHER_KEY)
    assert (await world.check()).kinds() == {"signature"}
    assert (await world.check(keys=[KEY.public_key(), OTHER_KEY.public_key()])).ok


def test_the_root_depends_on_every_head_and_on_nothing_else() -> None:
    leaves = [(f"s-{n}", n, "a" * 64) for n in range(1, 8)]
    assert root(leaves) == root(leaves[::-1])
    assert len({root(leaves[:n]) for n in range(8)}) == 8
    assert root([*leaves[:6], ("s-7", 7, "b" * 64)]) != root(leaves)


# ---- histories ---------------------------------------------------------------------------------------


async def test_an_event_that_no_history_knows_is_a_ghost(world: World) -> None:
    report = await world.check(told(world.one.request(1, 7), world.two.request()))
    assert [(p.kind, p.stream, p.seq) for p in report.problems] == [("ghost", "prog-1", 8)]


async def test_a_forged_chain_whole_in_itself_is_a_ghost(world: World) -> None:
    """Body, hash, head, tables and all: only the other witness can tell."""
    forged = grown("prog-3")
    await ledger.commit(world.db, forged.request())
    report = await world.check(told(world.one.request(), world.two.request()))
    assert report.kinds() == {"ghost"}
    assert first(report, "prog-3") == ("ghost", 1)


async def test_an_event_that_the_ledger_tells_otherwise_is_named(world: World) -> None:
    other = world.one.request().model_copy(
        update={"events": (*world.one.events[:7], tampered(world.one.events[7], type="other"))}
    )
    report = await world.check(told(other, world.two.request()))
    assert [(p.kind, p.stream, p.seq) for p in report.problems] == [("differs", "prog-1", 8)]
    assert (await world.mend(told(other))).refused.keys() == {"prog-1"}


async def test_a_history_that_was_altered_is_named(world: World) -> None:
    bent = world.one.events[7].model_copy(update={"type": "other"})
    other = world.one.request().model_copy(update={"events": (*world.one.events[:7], bent)})
    assert "history" in (await world.check(told(other, world.two.request()))).kinds()


async def test_another_beginning_is_named_though_the_rows_were_made_to_fit(world: World) -> None:
    await world.sql("UPDATE streams SET openings=replace(openings, 'test-1', 't-2') WHERE stream='prog-1'")
    async with world.db.write() as session:
        await ledger.rebuild(session, "prog-1")
    assert (await world.check()).ok
    report = await world.check(told(world.one.request(), world.two.request()))
    assert [(p.kind, p.stream, p.seq) for p in report.problems] == [("opening", "prog-1", 1)]


async def test_what_was_done_to_a_run_is_named(world: World) -> None:
    report = await world.check(told(world.one.request(), world.two.request(), irregular=("terminated",)))
    assert report.kinds() == {"irregular"}
    assert report.first_broken.keys() == {"prog-1", "prog-2"}


async def test_a_workflow_bears_witness_for_its_own_stream_alone(world: World) -> None:
    """Whoever may start a workflow of another id could else make a forged chain look decided."""
    forged = grown("prog-3")
    await ledger.commit(world.db, forged.request())

    async def witnesses() -> AsyncIterator[Witness]:
        for chain in (world.one, world.two):
            yield Witness(chain.opening.workflow_id, "run", (chain.request(),))
        yield Witness("programme-liar", "run", (forged.request(),))
        claimed = forged.request().model_copy(update={"workflow_id": "programme-liar"})
        yield Witness("programme-liar", "run", (claimed,))
        moved = forged.request().model_copy(update={"stream": "prog-2", "workflow_id": "programme-prog-2"})
        yield Witness("programme-prog-2", "run", (moved,))

    report = await world.check(witnesses)
    assert {(p.kind, p.stream) for p in report.problems} == {
        ("ghost", "prog-3"),
        ("irregular", "prog-3"),
        ("irregular", "prog-2"),
    }
    await world.sql("DELETE FROM events WHERE stream='prog-3' AND seq>5")
    result = await world.mend(witnesses)
    assert (result.events, set(result.refused)) == (0, {"prog-2", "prog-3"})


async def test_an_event_on_its_way_is_not_lost(world: World) -> None:
    world.one.remark()
    histories = told(world.one.request(), world.two.request())
    now = world.one.events[-1].at + timedelta(seconds=30)
    report = await world.check(histories, now=now)
    assert (report.ok, report.pending) == (True, 1)
    late = await world.check(histories, now=now + timedelta(seconds=60))
    assert [(p.kind, p.seq) for p in late.problems] == [("lost", 9)]


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM events WHERE stream='prog-1' AND seq=4",),
        ("DELETE FROM events WHERE stream='prog-1' AND seq IN (1, 5, 8)",),
        ("DELETE FROM events WHERE stream='prog-1' AND seq>3",),
        ("DELETE FROM events WHERE stream='prog-1'",),
        ("DELETE FROM streams WHERE stream='prog-1'",),
        tuple(f"DELETE FROM {table} WHERE stream='prog-1'" for table in OF_A_STREAM),
    ],
    ids=["one", "some", "the end", "all events", "the head", "everything"],
)
async def test_what_was_lost_is_put_back(world: World, statements: tuple[str, ...]) -> None:
    histories = told(world.two.request(), world.one.request(1, 6), world.one.request(5))
    await world.sql(*statements)
    assert not (await world.check(histories)).ok
    result = await world.mend(histories)
    assert (result.streams, result.refused) == ({"prog-1"}, {})
    report = await world.check(histories)
    assert report.ok, report.problems
    assert not (await world.mend(histories)).streams


async def test_a_ledger_restored_from_an_old_backup_is_filled_up_and_goes_on(world: World) -> None:
    """The flusher was told LedgerBehind; after the repair its batch is taken."""
    six = world.one.events[5]
    await world.sql(
        "DELETE FROM events WHERE stream='prog-1' AND seq>6",
        "UPDATE streams SET head_seq=6, head_hash=:hash WHERE stream='prog-1'",
        hash=six.hash,
    )
    async with world.db.write() as session:
        await ledger.rebuild(session, "prog-1")
    world.one.remark()
    with pytest.raises(ledger.LedgerBehind):
        await ledger.commit(world.db, world.one.request(9))
    result = await world.mend(told(world.one.request(1, 8)), ["prog-1"])
    assert (result.events, result.streams) == (2, {"prog-1"})
    assert (await ledger.commit(world.db, world.one.request(9))).seq == 9
    assert (await world.check(told(world.one.request(), world.two.request()))).ok


async def test_what_does_not_join_is_not_put_back(world: World) -> None:
    await world.sql("DELETE FROM events WHERE stream='prog-1' AND seq>3")
    result = await world.mend(told(world.one.request(6)))
    assert result.refused.keys() == {"prog-1"}
    assert result.events == 0


async def test_what_the_next_event_does_not_continue_is_not_put_back(world: World) -> None:
    """Event 5 was taken away, 6 altered to continue nothing: filling the gap would hide it."""
    six = tampered(world.one.events[5], prev_hash="f" * 64)
    await world.sql(
        "DELETE FROM events WHERE stream='prog-1' AND seq=5",
        "UPDATE events SET body=:body, hash=:hash, prev_hash=:prev WHERE stream='prog-1' AND seq=6",
        body=event_values(six)["body"],
        hash=six.hash,
        prev=six.prev_hash,
    )
    result = await world.mend(told(world.one.request(1, 5)))
    assert result.refused.keys() == {"prog-1"}
    assert "6 does not continue" in result.refused["prog-1"]


async def test_a_stream_that_cannot_be_mended_keeps_no_other_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.sql("DELETE FROM events WHERE seq=5", "DELETE FROM streams WHERE stream='prog-2'")

    def failing(case: Case, event: Event) -> Case:
        if case.stream == "prog-1":
            raise AssertionError("a move of a newer version")
        return evolve(case, event)

    histories = told(world.one.request(), world.two.request())
    monkeypatch.setattr("db.folding.evolve", failing)
    result = await world.mend(histories)
    assert (result.streams, set(result.refused)) == ({"prog-2"}, {"prog-1"})
    monkeypatch.undo()
    assert (await world.mend(histories)).streams == {"prog-1"}
    report = await world.check(histories)
    assert report.ok, report.problems


async def test_a_flusher_that_is_first_undoes_no_repair(world: World) -> None:
    """Histories are heard with no transaction open: meanwhile cases go on, and what they write stays."""
    await world.sql(
        "DELETE FROM events WHERE stream='prog-1' AND seq>6",
        "UPDATE streams SET head_seq=6, head_hash=:hash WHERE stream='prog-1'",
        "DELETE FROM events WHERE stream='prog-2' AND seq=4",
        hash=world.one.events[5].hash,
    )
    async with world.db.write() as session:
        await ledger.rebuild(session, "prog-1")

    async def witnesses() -> AsyncIterator[Witness]:
        async for witness in told(world.one.request(), world.two.request())():
            yield witness
        await ledger.commit(world.db, world.one.request(7, 7))

    result = await world.mend(witnesses)
    assert (result.events, result.streams, result.refused) == (2, {"prog-1", "prog-2"}, {})
    report = await world.check(told(world.one.request(), world.two.request()))
    assert report.ok, report.problems


async def test_a_stream_whose_beginning_nobody_tells_is_not_put_back(world: World) -> None:
    await world.sql("DELETE FROM events WHERE stream='prog-1'", "DELETE FROM streams WHERE stream='prog-1'")
    result = await world.mend(told(world.one.request(with_opening=False)))
    assert result.refused == {"prog-1": "no history tells how the stream began"}
