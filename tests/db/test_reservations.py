"""What is scarce is taken once, whoever asks at once (design § 4)."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import Denial, Key, ReleaseRequest, ReserveRequest, Share
from activities.denials import DenialActivities
from activities.scheduling import SchedulingActivities
from db.session import Database
from db.tables import DenialRow, JourneyRow, ReservationRow
from tests.db.cases import MONDAY

PAIR = Key(kind="pair", key="per-1/scheme-1")
DAYS = tuple(Key(kind="master_day", key=f"per-m/2026-05-0{d}") for d in (4, 5, 6))
NUMBER = Key(kind="registration_number", key="MET.000.1")


def wants(holder: str, *keys: Key, all_or_nothing: bool = True) -> ReserveRequest:
    return ReserveRequest(
        stream=holder.split("/")[0], holder=holder, keys=keys, all_or_nothing=all_or_nothing
    )


async def holders(db: Database) -> dict[str, str]:
    async with db.read() as session:
        return {row.key: row.holder for row in await session.exec(select(ReservationRow))}


async def test_of_all_who_want_it_at_once_exactly_one_wins(db: Database, database_url: str) -> None:
    other = Database(database_url)
    try:
        offices = [SchedulingActivities(db), SchedulingActivities(other)]
        answers = await asyncio.gather(*(offices[n % 2].reserve(wants(f"s-{n}/x", PAIR)) for n in range(16)))
    finally:
        await other.dispose()
    winners = [n for n, answer in enumerate(answers) if answer.taken]
    assert len(winners) == 1
    assert all(a.refused == (PAIR,) for n, a in enumerate(answers) if n not in winners)
    assert await holders(db) == {PAIR.key: f"s-{winners[0]}/x"}


async def test_overlapping_wants_in_any_order_leave_one_whole_winner(db: Database) -> None:
    office = SchedulingActivities(db)
    orders = [DAYS, DAYS[::-1], (DAYS[1], DAYS[0], DAYS[2])]
    answers = await asyncio.gather(*(office.reserve(wants(f"s-{n}/x", *orders[n % 3])) for n in range(12)))
    winners = [n for n, answer in enumerate(answers) if not answer.refused]
    assert len(winners) == 1
    assert set((await holders(db)).values()) == {f"s-{winners[0]}/x"}


async def test_the_same_holder_has_it_already(db: Database) -> None:
    office = SchedulingActivities(db)
    first = await office.reserve(wants("s-1/x", PAIR, *DAYS))
    assert await office.reserve(wants("s-1/x", PAIR, *DAYS)) == first
    assert first.taken == (PAIR, *DAYS)
    assert not (await office.reserve(wants("s-2/x", PAIR))).taken


async def test_one_refusal_takes_none_and_keeps_what_was_held(db: Database) -> None:
    office = SchedulingActivities(db)
    await office.reserve(wants("s-1/x", DAYS[2]))
    await office.reserve(wants("s-2/x", DAYS[0]))
    answer = await office.reserve(wants("s-2/x", *DAYS))
    assert (answer.taken, answer.refused) == ((), (DAYS[2],))
    assert await holders(db) == {DAYS[2].key: "s-1/x", DAYS[0].key: "s-2/x"}


async def test_without_all_or_nothing_what_is_free_is_taken(db: Database) -> None:
    office = SchedulingActivities(db)
    await office.reserve(wants("s-1/x", DAYS[1]))
    answer = await office.reserve(wants("s-2/x", *DAYS, all_or_nothing=False))
    assert (answer.taken, answer.refused) == ((DAYS[0], DAYS[2]), (DAYS[1],))


async def test_only_the_holder_gives_back(db: Database) -> None:
    office = SchedulingActivities(db)
    await office.reserve(wants("s-1/x", PAIR, *DAYS))
    await office.release(ReleaseRequest(stream="s-2", holder="s-2/x", keys=(PAIR,)))
    assert len(await holders(db)) == 4
    await office.release(ReleaseRequest(stream="s-1", holder="s-1/x", keys=(DAYS[0],)))
    assert set(await holders(db)) == {PAIR.key, DAYS[1].key, DAYS[2].key}
    for _ in range(2):
        await office.release(ReleaseRequest(stream="s-1", holder="s-1/x"))
    assert await holders(db) == {}


async def test_a_registration_number_belongs_to_the_person(db: Database) -> None:
    async with db.write() as session:
        session.add_all([_journey("j-1", "per-1"), _journey("j-2", "per-1"), _journey("j-3", "per-2")])
    office = SchedulingActivities(db)
    assert (await office.reserve(wants("j-1/j-1", NUMBER))).taken == (NUMBER,)
    assert (await office.reserve(wants("j-2/j-2", NUMBER))).taken == (NUMBER,)
    assert (await office.reserve(wants("j-3/j-3", NUMBER))).refused == (NUMBER,)
    await office.release(ReleaseRequest(stream="j-2", holder="j-2/j-2"))
    await office.release(ReleaseRequest(stream="j-2", holder="j-2/j-2", keys=(NUMBER,)))
    assert await holders(db) == {NUMBER.key: "person:per-1"}
    await office.release(ReleaseRequest(stream="j-1", holder="j-1/j-1", keys=(NUMBER,)))
    assert await holders(db) == {}


async def test_a_person_keeps_the_registration_number_once_given(db: Database) -> None:
    async with db.write() as session:
        session.add_all([_journey("j-1", "per-1"), _journey("j-2", "per-1")])
    office = SchedulingActivities(db)
    second = Key(kind="registration_number", key="MET.000.2")
    blank = Key(kind="blank_number", key="BL 2")
    await office.reserve(wants("j-1/j-1", NUMBER))
    assert (await office.reserve(wants("j-2/j-2", second, blank))).refused == (second,)
    assert await holders(db) == {NUMBER.key: "person:per-1"}
    await office.release(
        ReleaseRequest(stream="j-1", holder="j-1/j-1", keys=(NUMBER,))
    )  # it was a typing error
    assert (await office.reserve(wants("j-2/j-2", second, blank))).taken == (second, blank)


async def test_of_two_numbers_for_one_person_at_once_one_is_taken(db: Database) -> None:
    numbers = [Key(kind="registration_number", key=f"MET.000.{n}") for n in range(6)]
    office = SchedulingActivities(db)
    answers = await asyncio.gather(*(office.reserve(wants("person:per-1", n)) for n in numbers))
    assert sum(bool(a.taken) for a in answers) == 1
    assert len(await holders(db)) == 1


async def test_a_number_for_a_case_that_is_not_written_yet_is_tried_again(db: Database) -> None:
    with pytest.raises(ApplicationError, match="not known yet") as caught:
        await SchedulingActivities(db).reserve(wants("j-9/j-9", NUMBER))
    assert not caught.value.non_retryable
    named = await SchedulingActivities(db).reserve(wants("person:per-9", NUMBER))
    assert named.taken == (NUMBER,)


CLASS = Share(holder="prog/class-a/per-m", places=2)


def sits(journey: str, *days: Key, share: Share = CLASS) -> ReserveRequest:
    """A journey of the class takes a place of the assessor, and the day when it is not the class's own."""
    return ReserveRequest(stream=journey, holder=f"{journey}/class-a", keys=days, share=share)


def leaves(journey: str) -> ReleaseRequest:
    return ReleaseRequest(stream=journey, holder=f"{journey}/class-a")


async def test_the_journeys_of_a_class_share_a_day_and_have_a_place_each(db: Database) -> None:
    office = SchedulingActivities(db)
    for journey in ("j-1", "j-2", "j-1"):  # an activity may run twice
        assert (await office.reserve(sits(journey, DAYS[0]))).taken == (DAYS[0],)
    assert (await office.reserve(sits("j-3", DAYS[0]))).refused == (
        Key(kind="assessor_place", key=CLASS.holder),
    )
    assert (await holders(db))[DAYS[0].key] == CLASS.holder
    assert (await office.reserve(wants("s-1/x", DAYS[0]))).refused == (DAYS[0],)  # another class's
    other = Share(holder="prog/class-b/per-m", places=2)
    assert (await office.reserve(sits("j-9", DAYS[0], share=other))).refused == (DAYS[0],)
    assert "prog/class-b/per-m/1" not in await holders(db)  # one refusal takes nothing


async def test_the_day_is_free_when_the_last_journey_has_given_it_back(db: Database) -> None:
    office = SchedulingActivities(db)
    await office.reserve(sits("j-1", DAYS[0], DAYS[1]))
    await office.reserve(sits("j-2", DAYS[0]))
    await office.release(leaves("j-1"))
    kept = await holders(db)
    assert kept[DAYS[0].key] == CLASS.holder
    assert DAYS[1].key not in kept
    assert (await office.reserve(sits("j-3"))).refused == ()  # the place is free for another candidate
    for _ in range(2):
        await office.release(leaves("j-2"))
    assert await holders(db) == {f"{CLASS.holder}/1": "j-3/class-a"}


async def test_a_refused_day_leaves_no_place_and_no_other_day_behind(db: Database) -> None:
    office = SchedulingActivities(db)
    await office.reserve(wants("s-1/x", DAYS[1]))
    assert (await office.reserve(sits("j-1", DAYS[0], DAYS[1]))).refused == (DAYS[1],)
    assert await holders(db) == {DAYS[1].key: "s-1/x"}


async def test_of_all_who_want_a_place_at_once_no_more_than_there_are_get_one(
    db: Database, database_url: str
) -> None:
    other = Database(database_url)
    share = CLASS.model_copy(update={"places": 12})
    try:
        offices = [SchedulingActivities(db), SchedulingActivities(other)]
        wanted = [offices[n % 2].reserve(sits(f"j-{n}", DAYS[0], share=share)) for n in range(16)]
        answers = await asyncio.gather(*wanted)
    finally:
        await other.dispose()
    assert sum(not a.refused for a in answers) == 12
    taken = await holders(db)
    assert sum(key.startswith(f"{CLASS.holder}/") for key in taken) == 12
    sat = [n for n, a in enumerate(answers) if not a.refused]
    await asyncio.gather(*(offices[0].release(leaves(f"j-{n}")) for n in sat[1:]))
    assert (await holders(db))[DAYS[0].key] == CLASS.holder  # one is still there
    await offices[0].release(leaves(f"j-{sat[0]}"))
    assert await holders(db) == {}


async def test_a_denial_is_written_once_however_often_it_is_tried(db: Database) -> None:
    environment = ActivityEnvironment()
    record = DenialActivities(db).record
    denial = Denial(stream="s-1", workflow_id="w-1", what="signal:x", rules=("A-TOKEN",), account="a-1")
    for _ in range(2):
        await environment.run(record, denial)
    async with db.read() as session:
        row = (await session.exec(select(DenialRow))).one()
    assert (row.rules, row.what, row.account, row.stream) == (["A-TOKEN"], "signal:x", "a-1", "s-1")


def _journey(stream: str, person: str) -> JourneyRow:
    empty: dict[str, Any] = dict.fromkeys(
        ("scheme", "scheme_version", "track", "organiser", "programme", "class_id", "seat", "reviewer"), ""
    )
    return JourneyRow(
        stream=stream,
        id=stream,
        workflow_id=f"journey-{stream}",
        state="COMPETENT",
        person=person,
        assessor="",
        venue="",
        reassessments=0,
        certificate="",
        opened_at=MONDAY,
        updated_at=MONDAY,
        **empty,
    )
