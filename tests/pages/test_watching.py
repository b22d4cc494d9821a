"""A day of those who watch: the ledger, and the reference data. (The monitor is in test_operations.py.)"""

import re

import pytest
from playwright.async_api import expect

from tests.pages.conftest import Screens, sound


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", True)])
async def test_an_auditor_looks_through_everything_and_operations_through_the_reference_data(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    request = await stack.submission([1, 2, 4])
    stream = request.programme
    await stack.send(stack.staff("penyelenggara"), stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))

    async with screens.window("petugas", width=width, lang=lang, script=script) as page:
        for path in ("", "/organisations", "/schemes", "/policies", "/rules", "/holidays"):
            await page.goto(f"{screens.address}/admin{path}")
            await sound(page)
        await page.goto(f"{screens.address}/admin/policies")
        await page.click("tbody a")
        await sound(page)

    async with screens.window("auditor", width=width, lang=lang, script=script) as page:
        await expect(page).to_have_title(re.compile("^Audit"))
        await page.fill("#q", stream[:8])
        await page.press("#q", "Enter")
        await sound(page)
        await page.click(f'a[href="/audit/streams/{stream}"]')
        await sound(page)
        await expect(page.locator("main form")).to_have_count(0)
        for path in ("streams", "checkpoints", "denials"):
            await page.goto(f"{screens.address}/audit/{path}")
            await sound(page)
    assert screens.said == []
