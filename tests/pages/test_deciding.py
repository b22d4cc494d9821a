"""The committee's day in a browser: dossier, each member's own vote, the chair's entry, the minutes."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.pages.conftest import Screens, sound
from tests.support.eligible import days_on, eligible
from tests.support.stories import begun, convened, on, scheduled


async def press(page: Page, selector: str) -> None:
    """Press, and wait for the page that comes."""
    async with page.expect_navigation():
        await page.locator(selector).first.click()


async def looked_at(page: Page, *, script: bool) -> None:
    """Everything of the page, what is folded away too, is sound."""
    if script:  # axe needs scripts
        await page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")
        await sound(page)


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", False)])
async def test_three_members_vote_and_the_chair_enters_what_they_carry(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    stream, master = await eligible(stack, 1), stack.staff("master3")
    day = await days_on(stack, 3)
    await scheduled(stack, stream, master, day)
    await on(stack, day)
    await begun(stack, stream, stack.candidate(1), master)
    await convened(stack, stream, master)
    await stack.until(stream, lambda x: x.state == "DECISION")
    for name, vote in (("komite2", "yes"), ("komite3", "no")):
        async with screens.window(name, width=width, lang=lang, script=script) as page:
            await page.goto(f"{screens.address}/home")
            await looked_at(page, script=script)
            await press(page, f"a[href='/decisions/{stream}']")
            await looked_at(page, script=script)
            await press(page, "#vote button")
            await expect(page.locator(".errors")).to_be_visible()
            await page.check(f"input[name=competent][value={vote}]")
            await page.fill("#f-reason", f"Alasan {name}.")
            await press(page, "#vote button")
            await expect(page.locator("#sitting")).to_contain_text(f"Alasan {name}.")
    async with screens.window("komite1", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/decisions/{stream}")
        await expect(page.locator("#sitting")).not_to_contain_text("Alasan komite2.")
        await page.check("input[name=competent][value=yes]")
        await page.fill("#f-reason", "Bukti cukup.")
        await press(page, "#vote button")
        await expect(page.locator("#sitting")).to_contain_text("Alasan komite2.")
        await looked_at(page, script=script)
        form = "form:has(input[value=decide_competent])"
        part = page.locator(f"details:has({form})")
        if await part.get_attribute("open") is None:
            await part.locator("> summary").click()
        await press(page, f"{form} button")
        await expect(page.locator(".errors")).to_be_visible()
        await looked_at(page, script=script)
        await page.fill("#f-form-minutes_number", "BA/12/2026")
        await press(page, f"{form} button")
        case = await stack.until(stream, lambda x: x.state == "COMPETENT")
        assert [v.competent for v in case.journey.votes] == [True, True, False]
        await page.goto(f"{screens.address}/decisions/{stream}/minutes")
        await expect(page.locator(".paper")).to_contain_text("BA/12/2026")
        await expect(page.locator(".paper")).to_contain_text("Alasan komite3.")
        await expect(page.locator(".signed").first).to_contain_text(re.compile("[0-9a-f]{64}"))
        await looked_at(page, script=script)
        assert (await page.pdf(format="A4")).startswith(b"%PDF")
    # the refusals of this story are answers that Chromium notes as well
    assert [m for m in screens.said if "422 (" not in m] == []
