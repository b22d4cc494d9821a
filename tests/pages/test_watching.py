"""A day of those who watch: the monitor and its trends, and a case's timeline."""

import pytest
from playwright.async_api import expect

from tests.pages.conftest import Screens, sound


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", True)])
async def test_operations_look_through_what_runs(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    request = await stack.submission([1, 2, 4])
    stream = request.programme
    await stack.send(stack.staff("penyelenggara"), stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))

    def say(indonesian: str, english: str) -> str:
        return indonesian if lang == "id" else english

    async with screens.window("petugas", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/monitor")
        await sound(page)
        await expect(page.locator(".board a").first.locator("strong")).not_to_have_text("0")
        await page.locator(".board a").first.click()
        await page.wait_for_url("**stage=1**")
        await expect(page.locator(f'a[href="/cases/{stream}"]')).to_be_visible()
        await page.click(f"summary:has-text('{say('Kolom', 'Columns')}')")
        await page.check("input[name=col][value=seats]")
        await page.click(f"button:has-text('{say('Tampilkan kolom', 'Show these columns')}')")
        await page.wait_for_url("**columns=**seats**")
        await sound(page)
        async with page.expect_download() as coming:
            await page.click("a:text-is('XLSX')")
        assert (await coming.value).suggested_filename.endswith(".xlsx")
        await page.goto(f"{screens.address}/monitor/trends")
        await sound(page)
        await expect(page.locator("figure.chart")).to_have_count(2)

        await page.goto(f"{screens.address}/cases/{stream}")
        await sound(page)
        await expect(page.locator(".timeline > li").last).to_contain_text(
            say("Permohonan program diajukan", "The request was submitted")
        )
        await page.click(f"#timeline a:text-is('{say('Aturan', 'Rules')}')")
        await page.wait_for_url("**telling=rules**")
        await expect(page.locator(".timeline .rule").first).to_be_visible()
    assert screens.said == []
