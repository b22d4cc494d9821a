"""Trends: what the charts are drawn from, and that each has its table."""

from datetime import UTC, datetime, timedelta

from api.trends import StageTime, by_week, percentile, stage_times
from db import reads
from db.reads import Entered, Life
from state_machines.tables import TABLES
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


async def test_the_time_in_each_stage_is_that_of_its_moves(product: Product) -> None:
    world = running(World())
    await product.project(world)
    async with product.runtime.db.read() as session:
        moves = await reads.entered(
            session,
            "programme",
            {s.name: 0 if s.terminal else s.stage for s in TABLES["programme"].states},
            since=START - timedelta(days=1),
        )
    moved = [[m for m in e.moves if m.machine == "programme"] for e in world.events]
    stages = [{TABLES["programme"].state(m.dest).stage for m in event} for event in moved if event]
    assert all(move.stage in stage for move, stage in zip(moves, stages, strict=True))
    found = {t.stage: t for t in stage_times(moves)}
    assert set(found) == {1, 2, 3}
    assert found[3].median == found[3].p90 > 20  # prepared at once, begun on the class's first day
    assert found[1].cases == 1


def test_a_stage_that_is_entered_again_adds_up() -> None:
    def at(days: int) -> datetime:
        return START + timedelta(days=days)

    moves = [
        Entered("a", at(0), at(0), 1),
        Entered("a", at(0), at(2), 2),
        Entered("a", at(0), at(5), 1),
        Entered("a", at(0), at(6), 3),
        Entered("b", at(0), at(10), 2),
        Entered("b", at(0), at(11), 0),
    ]
    assert stage_times(moves) == (StageTime(1, 2, 3.0, 10.0), StageTime(2, 2, 1.0, 3.0))


def test_weeks_begin_on_monday_and_none_is_left_out() -> None:
    monday = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    weeks = by_week(
        [Life(monday, monday + timedelta(days=15)), Life(monday + timedelta(days=6, hours=14), None)],
        monday,
        monday + timedelta(days=20),
    )
    # 14 hours later it is Monday in Jakarta already only after 17:00 UTC of the Sunday
    assert [(w.arrivals, w.ends) for w in weeks] == [(2, 0), (0, 0), (0, 1)]


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert percentile([float(n) for n in range(1, 11)], 0.9) == 9.0


def test_bars_are_as_long_as_their_numbers() -> None:
    chart = charts.rows(["a", "b"], ["x", "y"], [[1, 2], [4, 0]])
    assert [b.width for b in chart.bars] == [97.5, 390.0, 195.0, 0.0]
    stacked = charts.rows(["a"], ["x", "y"], [[1], [3]], stacked=True)
    assert stacked.bars[0].x + stacked.bars[0].width == stacked.bars[1].x
    empty = charts.columns([], ["x"], [[]])
    assert [b.width for b in empty.bars] == [0]
