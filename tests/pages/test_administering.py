"""An administrator's day: open an account and hand its link over, give and end roles, end sessions, move a
licence, read what the product goes by; and everybody's own account."""

import re

import pytest
from playwright.async_api import expect

from tests.pages.conftest import Screens, sound

WHY = "Penugasan baru sejak awal bulan."
PASSWORD = "gajah-terbang-77"


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", False)])
async def test_an_administrators_day(screens: Screens, width: int, lang: str, script: bool) -> None:
    def say(indonesian: str, english: str) -> str:
        return indonesian if lang == "id" else english

    async def look() -> None:
        if script:  # axe is a script itself
            await sound(page)

    async with screens.window("petugas", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/admin")
        await look()
        await page.click('main a[href="/admin/accounts"]')
        await look()
        await page.click('a[href="/admin/accounts/new"]')
        await page.fill("#f-username", "verifikator.baru")
        await page.fill("#f-full_name", "Sari Contoh Baru")
        await page.select_option("#f-role", "verifier")
        await page.fill("#f-reason-new", "x")
        await page.click("main form[action='/admin/accounts/new'] button")
        await look()
        await expect(page).to_have_title(re.compile(say("^Kesalahan", "^Error")))
        await expect(page.locator("#f-full_name")).to_have_value("Sari Contoh Baru")
        await page.fill("#f-reason-new", WHY)
        await page.click("main form[action='/admin/accounts/new'] button")
        await expect(page.locator("h1")).to_have_text("verifikator.baru")
        await look()
        account = page.url.partition("?")[0]

        # The link for a password, shown once and handed over.
        await page.click(f"summary:has-text('{say('Buat tautan kata sandi baru', 'Make a link')}')")
        await page.fill("#f-reason-link", WHY)
        await page.click("form[action$='/do/link'] button")
        link = await page.locator("#password-link").text_content()
        assert link is not None
        await look()
        await page.goto(account)
        await expect(page.locator("#password-link")).to_have_count(0)

        # A role more, and one less.
        await page.click(f"summary:has-text('{say('Beri peran', 'Give a role')}')")
        await page.select_option("form[action$='/do/role'] #f-role", "reviewer")
        await page.fill("#f-reason-role", WHY)
        await page.click("form[action$='/do/role'] button")
        await expect(page.locator("p.done")).to_be_visible()
        await (
            page.locator("form[action$='/do/end-role']").first.locator("xpath=..").locator("summary").click()
        )
        await page.fill("#f-reason-end1", WHY)
        await page.locator("form[action$='/do/end-role'] button").first.click()
        await expect(page.locator("p.done")).to_be_visible()
        await expect(page.locator("form[action$='/do/end-role']")).to_have_count(1)

        # Its owner chooses a password with it, and comes in; the session is seen, and ended.
        where = screens.address + "/password/" + link.rpartition("/")[2]
        owner = await screens.browser.new_context(viewport={"width": width, "height": 900})
        other = await owner.new_page()
        await other.goto(f"{where}?lang={lang}")
        await sound(other)
        await other.fill("#f-password", PASSWORD)
        await other.fill("#f-again", PASSWORD)
        await other.click("main button")
        await other.wait_for_url("**/sign-in**")
        await other.fill("#username", "verifikator.baru")
        await other.fill("#password", PASSWORD)
        await other.click("main button")
        await other.wait_for_selector("header .who")
        await page.goto(account)
        await look()
        await expect(page.locator("#sessions tbody tr")).to_have_count(1)
        await page.click("#sessions tbody button")
        await expect(page.locator("#sessions tbody tr")).to_have_count(0)
        await other.goto(f"{screens.address}/account")
        await other.wait_for_url("**/sign-in**")
        await owner.close()

        # A licence, suspended and reinstated by its machine.
        await page.goto(f"{screens.address}/admin/organisations")
        await look()
        await page.click("tbody a")
        await look()
        await page.locator("details.choice summary").first.click()
        await page.locator("textarea[name=reason]").first.fill(WHY)
        await page.locator("details.choice form button").first.click()
        await expect(page.locator("p.done")).to_be_visible()

        # What the product goes by, to read.
        for path in ("/schemes", "/policies", "/rules", "/holidays"):
            await page.goto(f"{screens.address}/admin{path}")
            await look()
        await page.goto(f"{screens.address}/admin/policies")
        await page.click("tbody a")
        await look()

        # One's own account.
        await page.goto(f"{screens.address}/account")
        await look()
        await expect(page.locator("#sessions tbody")).to_contain_text("Chrome")
        await page.click(f"summary:has-text('{say('Pilih kata sandi baru', 'Choose a new password')}')")
        await page.fill("#f-current", "bukan-yang-benar")
        await page.fill("#f-password", PASSWORD)
        await page.fill("#f-again", PASSWORD)
        await page.click("form[action='/account/password'] button")
        await expect(page.locator(".errors")).to_be_visible()
        await look()
        if script:
            await page.uncheck("#keys-on")
            await page.reload()
            await expect(page.locator("#keys-on")).not_to_be_checked()
    assert [said for said in screens.said if "422" not in said] == []
