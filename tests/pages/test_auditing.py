"""An auditor's day: look for a case, see people masked, reveal one for a reason, read the chain, have it
replayed and the ledger verified, take the findings along as files."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.pages.conftest import Screens, sound
from tests.support.patience import WITHIN

REASON = "Uji petik triwulan ketiga atas pengaduan nomor tujuh."


async def verdict(page: Page, screens: Screens, *, script: bool) -> None:
    """Leave the job's page, come back to it, and stay until it says how it ended."""
    job = page.url
    await page.goto(f"{screens.address}/audit")
    await page.goto(job)
    if script:  # the page follows its job by itself
        await expect(page.locator(".verdict .tag.good")).to_be_visible(timeout=WITHIN * 1000)
        return
    async with asyncio.timeout(WITHIN):
        while not await page.locator(".verdict").count():
            await page.reload()
    await expect(page.locator(".verdict .tag.good")).to_be_visible()


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", False)])
async def test_an_auditors_day(screens: Screens, width: int, lang: str, script: bool) -> None:
    stack = screens.stack
    request = await stack.submission([1, 2, 4])
    stream = request.programme
    await stack.send(stack.staff("penyelenggara"), stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))

    def say(indonesian: str, english: str) -> str:
        return indonesian if lang == "id" else english

    async def look() -> None:
        if script:  # axe is a script itself
            await sound(page)

    async with screens.window("auditor", width=width, lang=lang, script=script) as page:
        await expect(page).to_have_title(re.compile("^Audit"))
        await look()
        await page.fill("#q", stream[:8])
        await page.press("#q", "Enter")
        await look()
        await page.click(f'a[href="/audit/streams/{stream}"]')
        await look()

        # People are masked, until a reason is on record; and then once.
        people = page.locator('main a[href^="/audit/persons/"]')
        await expect(people.first).to_contain_text("•••")
        await people.first.click()
        await look()
        await page.click(f"summary:has-text('{say('Buka dengan alasan', 'Reveal with a reason')}')")
        await page.check("input[value=full_name]")
        await page.check("input[value=nik]")
        await page.fill("#f-reason", REASON)
        await page.click("details.choice button")
        await look()
        await expect(page.locator(".revealed dd").nth(1)).to_have_text(re.compile(r"^\d{16}$"))
        await page.click(".revealed a")
        await expect(page.locator(".revealed")).to_have_count(0)
        await expect(page.locator("main dd").first).to_contain_text("•••")
        await page.goto(f"{screens.address}/audit/reveals")
        await look()
        await expect(page.locator("tbody tr").first).to_contain_text(REASON)

        # The chain, link by link, and the programme's page with the same masks.
        await page.goto(f"{screens.address}/audit/streams/{stream}")
        await page.locator(".links .seq").last.click()
        await look()
        await expect(page.locator("main .tag.good")).to_have_count(2)
        await page.goto(f"{screens.address}/cases/{stream}")
        await expect(page.locator("main")).to_contain_text("•••")

        # Its replay: begun from the case, left, come back to, with a verdict that is kept.
        await page.goto(f"{screens.address}/audit/streams/{stream}")
        await page.click("#replay button")
        await page.wait_for_url("**/audit/jobs/**")
        await verdict(page, screens, script=script)
        await look()
        await expect(page.locator("tbody tr")).to_have_count(2)
        await page.goto(f"{screens.address}/audit/streams/{stream}")
        await expect(page.locator("#replay .tag.good")).to_be_visible()

        # The whole ledger, verified against all histories.
        await page.goto(f"{screens.address}/audit/ledger")
        await look()
        await page.click(f"button:has-text('{say('Periksa sekarang', 'Verify now')}')")
        await page.wait_for_url("**/audit/jobs/**")
        await verdict(page, screens, script=script)
        await look()
        await page.goto(f"{screens.address}/audit/ledger")
        await look()

        # Search over everything, and the findings as files.
        for what in ("cases", "tasks", "events", "certificates", "denials"):
            await page.goto(f"{screens.address}/audit/search/{what}")
            await look()
        await page.goto(f"{screens.address}/audit/search/events")
        await page.select_option("#f-role", "organiser")
        await page.fill("#f-stream", stream)
        await page.press("#f-stream", "Enter")
        await page.wait_for_url("**role=organiser**")
        await expect(page.locator("tbody tr")).to_have_count(1)
        for ending in ("csv", "xlsx", "jsonl"):
            async with page.expect_download() as coming:
                await page.click(f".exports a[href*='export.{ending}']")
            assert (await coming.value).suggested_filename.endswith(f".{ending}")
        await page.goto(f"{screens.address}/audit/reveals")
        await expect(page.locator("tbody tr").first).to_contain_text("events.jsonl")
        for path in ("streams", "checkpoints"):
            await page.goto(f"{screens.address}/audit/{path}")
            await look()
    assert screens.said == []
