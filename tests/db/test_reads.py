"""Lists and inboxes: who sees which row, in which order, page after page."""

import asyncio
from datetime import timedelta

import pytest

from db import ledger, reads
from db.people_tables import Draft
from db.reads import Pending, Place, Whose
from db.session import Database
from db.tables import DenialRow, TaskRow
from domain.errors import Malformed
from tests.db.cases import MONDAY, Chain, grown
from tests.support.patience import WITHIN

VERIFIERS = Whose(persons=("per-v",), roles=("verifier",))
OTHER_VERIFIER = Whose(persons=("per-w",), roles=("verifier",))
OPERATIONS = Whose(persons=("per-b",), roles=("operations",))
ORGANISER = Whose(persons=("per-o",), roles=("organiser",), organisation="org-1")
RIVAL = Whose(persons=("per-r",), roles=("organiser",), organisation="org-2")


async def inbox(db: Database, whose: Whose, box: reads.Box, **filters: object) -> list[str]:
    filters.setdefault("now", MONDAY)
    async with db.read() as session:
        page = await reads.tasks(session, whose, box, **filters)  # type: ignore[arg-type]  # filters vary
    return [row.stream for row in page.items]


async def submitted(db: Database, *names: str) -> list[Chain]:
    chains = []
    for n, name in enumerate(names):
        chain = Chain(name, organiser=f"org-{n % 2 + 1}", start=MONDAY + timedelta(hours=n))
        chain.submit()
        await ledger.commit(db, chain.request())
        chains.append(chain)
    return chains


async def test_pages_hold_every_programme_once_the_latest_first(db: Database) -> None:
    chains = [grown(f"prog-{n}", start=MONDAY + timedelta(hours=n // 2)) for n in range(7)]
    for chain in chains:
        await ledger.commit(db, chain.request())
    found: list[str] = []
    cursor: str | None = ""
    async with db.read() as session:
        while cursor is not None:
            page = await reads.programmes(session, cursor=cursor, limit=3)
            found += [row.stream for row in page.items]
            cursor = page.next
    assert found == [f"prog-{n}" for n in (6, 5, 4, 3, 2, 1, 0)]


async def test_programmes_are_narrowed(db: Database) -> None:
    await submitted(db, "prog-a", "prog-b", "prog-c")

    async def found(**filters: object) -> list[str]:
        async with db.read() as session:
            page = await reads.programmes(session, **filters)  # type: ignore[arg-type]  # filters vary
        return sorted(row.stream for row in page.items)

    assert await found(organiser="org-1") == ["prog-a", "prog-c"]
    assert await found(state="SUBMITTED", stage=1) == ["prog-a", "prog-b", "prog-c"]
    assert await found(state="READY") == []
    assert await found(q="OG-B") == ["prog-b"]
    assert await found(q="%") == []
    assert await found(q="nothing", q_organisers=["org-2"]) == ["prog-b"]
    async with db.read() as session:
        assert await reads.programme_counts(session) == {"SUBMITTED": 3}
        assert await reads.programme_counts(session, organiser="org-2") == {"SUBMITTED": 1}


async def test_a_request_taken_back_counts_as_expired_with_its_draft(db: Database) -> None:
    backs = [Chain("prog-a"), Chain("prog-b")]
    for back in backs:
        back.submit()
        back.take_back()
        await ledger.commit(db, back.request())
    async with db.write() as session:
        for stream, state in (("prog-a", "EXPIRED"), ("prog-b", "DRAFT")):
            session.add(Draft(id=stream, content={}, state=state, created_by="a1", updated_at=MONDAY))
    async with db.read() as session:
        assert await reads.expired_requests(session, ["prog-a", "prog-b"]) == {"prog-a"}
        assert await reads.programme_counts(session) == {"DRAFT": 1, "EXPIRED": 1}
        for state, stream in (("DRAFT", "prog-b"), ("EXPIRED", "prog-a")):
            page = await reads.programmes(session, state=state)
            assert [row.stream for row in page.items] == [stream]


@pytest.mark.parametrize("cursor", ["x", "e30", "WzFd", "WyJ4IiwieSJd", "é"])
async def test_a_cursor_of_somewhere_else_is_refused(sqlite_db: Database, cursor: str) -> None:
    async with sqlite_db.read() as session:
        with pytest.raises(Malformed, match="A-CURSOR"):
            await reads.programmes(session, cursor=cursor)


async def test_a_group_sees_its_open_tasks_until_somebody_holds_them(db: Database) -> None:
    one, _ = await submitted(db, "prog-a", "prog-b")
    assert await inbox(db, VERIFIERS, "groups") == ["prog-a", "prog-b"]
    assert await inbox(db, ORGANISER, "groups") == []
    assert await inbox(db, OPERATIONS, "groups") == []
    one.claim()
    await ledger.commit(db, one.request())
    assert await inbox(db, VERIFIERS, "groups") == ["prog-b"]
    assert await inbox(db, VERIFIERS, "mine") == ["prog-a"]
    assert await inbox(db, OTHER_VERIFIER, "mine") == []
    async with db.read() as session:
        counts = await reads.task_counts(session, VERIFIERS, now=MONDAY + timedelta(days=60))
    assert counts == {"mine": 1, "groups": 1, "late": 2, "done": 0}


async def test_an_escalated_task_is_seen_by_the_next_group_too(db: Database) -> None:
    (chain,) = await submitted(db, "prog-a")
    chain.claim()
    turn = chain.turn()
    turn.set("task", next(iter(chain.case.tasks)), level=len(_chain(chain)))
    chain.close(turn, "task_escalated")
    await ledger.commit(db, chain.request())
    assert await inbox(db, OPERATIONS, "groups") == ["prog-a"]
    assert await inbox(db, VERIFIERS, "mine") == ["prog-a"]
    assert await inbox(db, OTHER_VERIFIER, "groups") == []


def _chain(chain: Chain) -> tuple[object, ...]:
    from domain.policy import policy

    return policy(chain.case.policy_version).task("verify_programme").chain


async def test_what_is_bound_to_a_person_or_an_organisation_is_theirs_alone(db: Database) -> None:
    chain = Chain("prog-a")
    chain.submit()
    turn = chain.turn()
    turn.open_task("confirm_seat", "seat-1", person="per-1")
    turn.open_task("correct_programme", "prog-a", organisation="org-1")
    chain.close(turn, "opened")
    await ledger.commit(db, chain.request())
    participant = Whose(persons=("per-1",), roles=("candidate",))
    assert await inbox(db, participant, "mine", kind="confirm_seat") == ["prog-a"]
    assert await inbox(db, participant, "groups") == []
    assert await inbox(db, Whose(persons=("per-2",), roles=("candidate",)), "mine") == []
    assert await inbox(db, Whose(persons=("per-2",), roles=("candidate",)), "groups") == []
    assert await inbox(db, ORGANISER, "groups") == ["prog-a"]
    assert await inbox(db, RIVAL, "groups") == []
    async with db.read() as session:
        page = await reads.all_tasks(session, now=MONDAY, subject="seat-1")
        assert [(t.about_person, t.for_person) for t in page.items] == [("per-1", "per-1")]
        row = await reads.task(session, page.items[0].id)
    assert row is not None
    assert (row.stream, row.workflow_id) == ("prog-a", "programme-prog-a")


async def test_nobody_and_no_role_see_nothing(db: Database) -> None:
    await submitted(db, "prog-a")
    for box in ("mine", "groups", "done"):
        assert await inbox(db, Whose(persons=("",)), box) == []


async def test_tasks_are_sorted_and_filtered(db: Database) -> None:
    await submitted(db, "prog-a", "prog-b", "prog-c")
    due = (await _all(db))[0].due_at
    assert await inbox(db, VERIFIERS, "groups", sort="age") == ["prog-a", "prog-b", "prog-c"]
    assert len(await inbox(db, VERIFIERS, "groups", sort="priority")) == 3
    assert await inbox(db, VERIFIERS, "groups", organiser="org-2") == ["prog-b"]
    assert await inbox(db, VERIFIERS, "groups", late=True) == []
    assert len(await inbox(db, VERIFIERS, "groups", late=True, now=due + timedelta(days=1))) == 3
    assert len(await inbox(db, VERIFIERS, "groups", late=False)) == 3
    assert await inbox(db, VERIFIERS, "groups", state="CLAIMED") == []


@pytest.mark.parametrize("sort", ["due", "age", "priority"])
async def test_every_sort_pages(db: Database, sort: reads.TaskSort) -> None:
    await submitted(db, *(f"prog-{n}" for n in range(5)))
    found: list[str] = []
    cursor: str | None = ""
    async with db.read() as session:
        while cursor is not None:
            page = await reads.tasks(
                session, VERIFIERS, "groups", now=MONDAY, sort=sort, cursor=cursor, limit=2
            )
            found += [row.stream for row in page.items]
            cursor = page.next
    assert sorted(found) == [f"prog-{n}" for n in range(5)]


async def _all(db: Database) -> list[TaskRow]:
    async with db.read() as session:
        return (await reads.all_tasks(session, now=MONDAY)).items


async def test_what_i_completed_is_in_done(db: Database) -> None:
    (chain,) = await submitted(db, "prog-a")
    chain.claim()
    task = next(iter(chain.case.tasks))
    turn = chain.turn()
    turn.fire("task", task, "settle", as_system=True, completed_at=chain.now, completed_by="per-v")
    chain.close(turn, "settled")
    await ledger.commit(db, chain.request())
    assert await inbox(db, VERIFIERS, "done") == ["prog-a"]
    assert await inbox(db, VERIFIERS, "mine") == []
    assert await inbox(db, OTHER_VERIFIER, "done") == []


async def test_the_timeline_is_the_stream(db: Database) -> None:
    chain = grown()
    await ledger.commit(db, chain.request())
    async with db.read() as session:
        newest = await reads.timeline(session, chain.stream, limit=5)
        rest = await reads.timeline(session, chain.stream, limit=5, cursor=newest.next or "")
        forward = await reads.timeline(session, chain.stream, newest_first=False)
    assert [*newest.items, *rest.items] == chain.events[::-1]
    assert forward.items == chain.events
    assert rest.next is None


async def test_denials_are_listed_the_latest_first(db: Database) -> None:
    async with db.write() as session:
        for n in range(3):
            session.add(
                DenialRow(
                    id=f"d-{n}",
                    at=MONDAY + timedelta(minutes=n),
                    account=f"a-{n % 2}",
                    rules=["R-30"],
                    what="x",
                    stream="s",
                    workflow_id="w",
                )
            )
    async with db.read() as session:
        assert [d.id for d in (await reads.denials(session)).items] == ["d-2", "d-1", "d-0"]
        assert [d.id for d in (await reads.denials(session, account="a-1")).items] == ["d-1"]


async def test_the_simulation_finds_what_is_next(db: Database) -> None:
    early, late = await submitted(db, "prog-a", "prog-b")
    async with db.read() as session:
        moment = await reads.next_moment(session)
        assert moment is not None
        assert await reads.due_at(session, moment - timedelta(seconds=1)) == []
        due = await reads.due_at(session, moment)
        assert due[0] == Place("prog-a", "programme-prog-a", "programme")
        assert len(await reads.due_at(session, moment + timedelta(days=90))) == 2
        assert await reads.pending(session) == Pending(errands=0, outbox=2)
        assert await reads.outbox_counts(session) == {"PENDING": 2}
        assert [p.stream for p in await reads.open_cases(session)] == ["prog-a", "prog-b"]
    early.ask()
    late.take_back()
    for chain in (early, late):
        await ledger.commit(db, chain.request())
    async with db.read() as session:
        assert (await reads.pending(session)).errands == 1
        assert [p.stream for p in await reads.open_cases(session, "programme")] == ["prog-a"]
        assert [p.stream for p in await reads.due_at(session, moment + timedelta(days=90))] == ["prog-a"]


async def test_a_reader_waits_until_its_own_write_is_there(db: Database) -> None:
    chain = grown()
    assert not await reads.wait_for(db, chain.stream, 1, timeout=0.05)
    waiting = asyncio.create_task(reads.wait_for(db, chain.stream, 8, timeout=WITHIN))
    await ledger.commit(db, chain.request(1, 4))
    assert not waiting.done()
    await ledger.commit(db, chain.request(5))
    assert await waiting


async def test_a_case_is_found_by_its_workflow(db: Database) -> None:
    (chain,) = await submitted(db, "prog-a")
    async with db.read() as session:
        assert await reads.case_by_workflow(session, "programme-prog-a") == chain.case
        assert await reads.case_by_workflow(session, "programme-none") is None
        assert [c.id for c in await reads.classes(session, "prog-a")] == ["class-1"]
        assert [s.id for s in await reads.seats(session, "prog-a")] == ["seat-1", "seat-2", "seat-3"]
        assert [s.id for s in await reads.seats_of_person(session, "per-2")] == ["seat-2"]
        assert [a.first_day for a in await reads.assignments_of_person(session, "per-m")] == [
            chain.case.classes["class-1"].days[0]
        ]
