"""Many at once, through the pages: tick, choose, check, confirm, follow."""

import asyncio
import html
import re
from typing import Any

import pytest
from httpx import Response

from api import bulk_runner
from domain import commands as c
from tests.api.conftest import Dispatched, Product, submitted
from tests.api.test_bulk import REASON, Unsure, tasks
from tests.api.test_monitor_pages import second
from tests.api.test_pages import OURS, enter


def fields(page: Response, action: str) -> list[tuple[str, str]]:
    """The hidden fields of the form that posts there."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}">(.*?)</form>', page.text, re.S)
    assert form is not None, page.text
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
    return [(name, html.unescape(value)) for name, value in found]


async def post(product: Product, path: str, data: list[tuple[str, str]]) -> Response:
    sent: dict[str, Any] = {}
    for name, value in data:
        sent.setdefault(name, []).append(value)
    return await product.client.post(path, data=sent, headers=OURS)


@pytest.fixture
async def two(product: Product) -> list[str]:
    await submitted(product)
    await second(product)
    return await tasks(product)


async def test_tasks_are_reassigned_in_one_go_and_the_refused_one_says_why(
    product: Product, two: list[str], sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsure = Unsure(two[1])
    unsure.unsure = False
    monkeypatch.setattr(product.runtime.gateway, "dispatch", unsure)
    await enter(product, "operations")
    chosen = await post(product, "/monitor/bulk/tasks", [("thing", one) for one in two])
    assert "Alihkan" in chosen.text
    asked = [("of", "tasks"), ("command", "reassign_task"), ("decision", ""), ("reason", REASON)]
    checked = await post(product, "/monitor/bulk/check", [*asked, *(("thing", one) for one in two)])
    assert checked.status_code == 200
    assert checked.text.count("Verifikasi permohonan") == 2
    assert REASON in checked.text
    assert sent.commands == []
    done = await post(product, "/monitor/bulk/do", fields(checked, "/monitor/bulk/do"))
    assert done.status_code == 303
    address = done.headers["location"]
    async with asyncio.timeout(20):
        while "/again" not in (page := await product.client.get(address)).text:
            await bulk_runner.run_one(product.runtime)
    assert "ditolak 1" in page.text
    assert "T-HELD" in page.text and "Sudah diambil." in page.text
    assert {type(command) for _, command, _ in unsure.commands} == {c.ReassignTask}
    refused = await product.client.get(f"{address}?state=REFUSED")
    assert two[1] in refused.text and two[0] not in refused.text
    unsure.refused = ""
    again = await post(product, f"{address}/again", fields(page, f"{address}/again"))
    assert again.status_code == 303
    async with asyncio.timeout(20):
        while "selesai 2" not in (await product.client.get(address)).text:
            await bulk_runner.run_one(product.runtime)


async def test_all_that_a_filter_finds_are_taken_and_no_more(product: Product, two: list[str]) -> None:
    await enter(product, "operations")
    every = await post(product, "/monitor/bulk/tasks?kind=verify_programme", [("all", "yes")])
    assert every.text.count(f'name="thing" value="{two[0]}"') == every.text.count('name="of"')
    assert "2 tugas" in every.text
    none = await post(product, "/monitor/bulk/tasks?kind=convene", [("all", "yes")])
    assert none.status_code == 422
    cases = await post(product, "/monitor/bulk/choose?what=programmes", [("all", "yes")])
    assert "2 perkara" in cases.text


async def test_nothing_ticked_and_nothing_typed_are_told(product: Product, two: list[str]) -> None:
    await enter(product, "operations")
    assert "W-NONE" in (await post(product, "/monitor/bulk/tasks", [("all", "")])).text
    asked = [("of", "tasks"), ("command", "reassign_task"), ("decision", ""), ("reason", "")]
    page = await post(product, "/monitor/bulk/check", [*asked, ("thing", two[0])])
    assert page.status_code == 422
    assert 'href="#f-reason"' in page.text
    wrong = [("of", "tasks"), ("command", "submit_programme"), ("thing", two[0])]
    assert "W-COMMAND" in (await post(product, "/monitor/bulk/check", wrong)).text


async def test_what_would_be_refused_is_told_before(product: Product, two: list[str]) -> None:
    """A request whose verification has not begun is taken back, not cancelled."""
    await enter(product, "operations")
    asked = [("of", "cases"), ("command", "cancel_programme"), ("decision", ""), ("reason", REASON)]
    page = await post(product, "/monitor/bulk/check", [*asked, ("thing", "programme-1")])
    assert page.status_code == 200
    assert '<span class="rule">' in page.text
    assert await product.denials("operations") == []


async def test_only_operations_act_and_auditors_look(product: Product, two: list[str]) -> None:
    await enter(product, "auditor")
    assert 'name="thing"' not in (await product.client.get("/monitor/tasks")).text
    for path in ("choose", "tasks", "check", "do"):
        assert (await post(product, f"/monitor/bulk/{path}", [("thing", two[0])])).status_code == 403
    assert (await product.client.get("/monitor/bulk")).status_code == 200
    assert (await product.client.get("/monitor/bulk/none")).status_code == 404
