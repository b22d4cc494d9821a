"""What runs beside the cases: it stops with the worker, and the worker stops with it."""

import asyncio
from typing import NoReturn

import pytest

from tests.support.patience import WITHIN
from worker import together


async def forever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def broken() -> NoReturn:
    raise ValueError("a bug")


async def finished() -> None:
    return None


async def test_side_work_ends_with_the_worker() -> None:
    stop, ended = asyncio.Event(), list[str]()
    running = asyncio.create_task(together(stop, {"a": forever(ended), "b": forever(ended)}))
    await asyncio.sleep(0)
    assert not running.done()
    stop.set()
    await asyncio.wait_for(running, WITHIN)
    assert ended == ["ended", "ended"]


async def test_a_worker_whose_side_work_dies_ends_too() -> None:
    ended: list[str] = []
    with pytest.raises(ValueError, match="a bug"):
        await asyncio.wait_for(together(asyncio.Event(), {"a": forever(ended), "b": broken()}), WITHIN)
    with pytest.raises(RuntimeError, match="b ended by itself"):
        await asyncio.wait_for(together(asyncio.Event(), {"a": forever(ended), "b": finished()}), WITHIN)
    assert ended == ["ended", "ended"]
