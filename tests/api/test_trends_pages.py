"""Trends: what the charts are drawn from, and that each has its table."""

from datetime import UTC, datetime, timedelta

from sqlmodel import delete, select

from api.trends import by_week
from db import ledger, reads
from db.reads import Life, StageTime
from db.tables import CaseRow, StageRow
from tests.api.conftest import START, Product, submitted
from tests.api.test_pages import enter
from tests.support.programmes import World
from tests.support.stages import running
from web import charts


async def test_trends_have_a_table_behind_each_chart(product: Product) -> None:
    await submitted(product)
    await enter(product, "auditor")
    for what in ("programmes", "journeys"):
        page = (await product.client.get(f"/monitor/trends?what={what}&weeks=52")).text
        assert page.count("<figure") == page.count("Hal yang sama sebagai tabel") == 2
        assert "Verifikator" in page
    assert (await product.client.get("/monitor/trends?weeks=3")).status_code == 422


async def times(product: Product, kind: str = "programme") -> dict[int, StageTime]:
    async with product.runtime.db.read() as session:
        found = await reads.stage_times(session, kind, since=START - timedelta(days=1))
    return {time.stage: time for time in found}


async def test_the_time_in_each_stage_is_that_of_its_moves(product: Product) -> None:
    world = running(World())
    for seq in range(len(world.events)):  # one by one, as they come
        await product.write(world, seq, seq + 1)
    found = await times(product)
    assert set(found) == {1, 2, 3}
    assert found[3].median == found[3].p90 > 20  # prepared at once, begun on the class's first day
    assert found[1].cases == 1
    async with product.runtime.db.write() as session:
        await session.exec(delete(StageRow))
        await ledger.rebuild(session, world.opening.stream)
    assert await times(product) == found


async def test_a_stage_that_is_entered_again_adds_up(product: Product) -> None:
    case = await submitted(product)

    def row(seq: int, stage: int, days: int, stream: str) -> StageRow:
        at = (START + timedelta(days=days)).timestamp()
        return StageRow(stream=stream, seq=seq, kind="programme", stage=stage, at=at)

    async with product.runtime.db.write() as session:
        await session.exec(delete(StageRow))
        found = (await session.exec(select(CaseRow).where(CaseRow.stream == case.stream))).one()
        session.add(CaseRow.model_validate(found.model_dump() | {"stream": "b", "workflow_id": "b"}))
        for seq, (stage, days) in enumerate(((1, 0), (2, 2), (1, 5), (3, 6))):
            session.add(row(seq, stage, days, case.stream))
        for seq, (stage, days) in enumerate(((1, 0), (2, 10), (0, 11))):
            session.add(row(seq, stage, days, "b"))
    assert await times(product) == {1: StageTime(1, 2, 3.0, 10.0), 2: StageTime(2, 2, 1.0, 3.0)}


def test_weeks_begin_on_monday_and_none_is_left_out() -> None:
    monday = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    weeks = by_week(
        [Life(monday, monday + timedelta(days=15)), Life(monday + timedelta(days=6, hours=14), None)],
        monday,
        monday + timedelta(days=20),
    )
    # 14 hours later it is Monday in Jakarta already only after 17:00 UTC of the Sunday
    assert [(w.arrivals, w.ends) for w in weeks] == [(2, 0), (0, 0), (0, 1)]


def test_bars_are_as_long_as_their_numbers() -> None:
    chart = charts.rows(["a", "b"], ["x", "y"], [[1, 2], [4, 0]])
    assert [b.width for b in chart.bars] == [97.5, 390.0, 195.0, 0.0]
    stacked = charts.rows(["a"], ["x", "y"], [[1], [3]], stacked=True)
    assert stacked.bars[0].x + stacked.bars[0].width == stacked.bars[1].x
    empty = charts.columns([], ["x"], [[]])
    assert [b.width for b in empty.bars] == [0]
