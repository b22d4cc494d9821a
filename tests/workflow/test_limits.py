"""Too many at once, and nobody there to answer: 503 and try again, and what was sent twice happens once."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from starlette.requests import Request

from api import problems
from api.gateway import IN_FLIGHT_A_CASE, Gateway
from domain import commands as c
from domain.cases import Case
from domain.errors import Unknown
from tests.support.stack import Stack
from tests.support.walks import asked
from worker import Parts

PATIENCE = 1.5
"""Seconds that the gateway waits for a whole call here."""


@pytest.fixture
def alone(stack: Stack) -> tuple[Stack, Parts]:
    """The stack with a gateway of little patience, on a queue of its own that no worker polls yet."""
    settings = stack.settings.model_copy(
        update={
            "task_queue": f"{stack.settings.task_queue}-alone",
            "update_timeout": PATIENCE,
            "rpc_timeout": 1.0,
        }
    )
    stack.gateway = Gateway(stack.client, stack.db, stack.vault, settings)
    return stack, replace(stack.parts, settings=settings)


def settled(case: Case) -> bool:
    """Has everything that the submit asked of the world been answered?"""
    return all(s.pair_taken for s in case.seats.values()) and not asked(case)


async def answered(call: Callable[[], Any]) -> Any:
    """The answer, sent again with the same key for as long as it is unknown, as clients are told to."""
    while True:
        with suppress(Unknown):
            return await call()


async def unknown(call: Any) -> str:
    """The rule of a 503 that says when to try again."""
    with pytest.raises(Unknown) as refusal:
        await call
    answer = problems.answer(
        refusal.value, Request({"type": "http", "method": "POST", "path": "/v1/x", "headers": []})
    )
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    (violation,) = refusal.value.violations
    return violation.rule


async def test_a_call_that_nobody_answers_is_503_and_the_same_key_afterwards_is_one_event(
    alone: tuple[Stack, Parts],
) -> None:
    stack, parts = alone
    request = await stack.submission([1, 2])
    who = stack.staff("penyelenggara")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert await unknown(stack.send(who, request.programme, request, key="once")) == "T-TIMEOUT"
    assert loop.time() - begun < PATIENCE + 5
    assert await stack.gateway.case(request.programme) is None
    async with parts.worker():
        receipt = await stack.send(who, request.programme, request, key="once")
        again = await stack.send(who, request.programme, request, key="once")
        assert (again.seq, again.hash) == (receipt.seq, receipt.hash) == (1, receipt.hash)
        case = await stack.until(request.programme, lambda x: all(s.pair_taken for s in x.seats.values()))
        assert len(case.receipts) == 1


async def test_at_most_eight_commands_of_a_case_are_under_way_and_each_happens_once(
    alone: tuple[Stack, Parts], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, parts = alone
    request = await stack.submission([1, 2])
    stream = request.programme
    verifier = stack.staff("verifikator")
    async with parts.worker():
        await stack.send(stack.staff("penyelenggara"), stream, request)
        before = await stack.until(stream, settled)
        task = await stack.task(stream, "verify_programme")
    words = [await stack.seal(stream, f"catatan {n}") for n in range(12)]

    under_way, most = 0, 0
    bounded = stack.gateway._bounded

    async def counted(call: Any) -> Any:
        nonlocal under_way, most
        under_way, most = under_way + 1, max(most, under_way + 1)
        try:
            return await bounded(call)
        finally:
            under_way -= 1

    def comment(n: int) -> Any:
        return stack.send(verifier, stream, c.CommentTask(task=task.id, text=words[n]), key=f"c{n}")

    monkeypatch.setattr(stack.gateway, "_bounded", counted)
    rules = await asyncio.gather(*(unknown(comment(n)) for n in range(12)))
    assert most == IN_FLIGHT_A_CASE == 8
    assert rules.count("T-TIMEOUT") >= IN_FLIGHT_A_CASE
    async with parts.worker():
        for n in range(12):
            await answered(partial(comment, n))
        case = await stack.case(stream)
    texts = [one.commitment for one in case.tasks[task.id].comments]
    assert sorted(texts) == sorted(one.commitment for one in words)
    assert case.seq == before.seq + 12


async def test_who_finds_eight_before_them_is_told_to_come_again(alone: tuple[Stack, Parts]) -> None:
    stack, parts = alone
    request = await stack.submission([1])
    who = stack.staff("penyelenggara")
    async with AsyncExitStack() as held:
        for _ in range(IN_FLIGHT_A_CASE):
            await held.enter_async_context(stack.gateway._place(request.programme))
        assert await unknown(stack.send(who, request.programme, request, key="once")) == "T-BUSY"
        other = await stack.submission([2])  # another case is not held up
        async with parts.worker():
            await stack.send(who, other.programme, other)
    assert not stack.gateway._places
    async with parts.worker():
        assert (await stack.send(who, request.programme, request, key="once")).seq == 1
