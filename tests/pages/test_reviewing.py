"""A verifier's work in a browser: find the request, take it, look at it, decide."""

import re

import pytest
from playwright.async_api import expect

from tests.pages.conftest import Screens, sound


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", False)])
async def test_a_verifier_finds_takes_and_sends_back_a_request(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    request = await stack.submission([1, 2, 4])
    stream = request.programme
    await stack.send(stack.staff("penyelenggara"), stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    task = (await stack.task(stream, "verify_programme")).id

    async with screens.window("verifikator", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/inbox?view=groups")
        if script:
            await sound(page)
        await page.click(f'a[href="/tasks/{task}"]')
        await page.click("text=Ambil tugas ini" if lang == "id" else "text=Claim this task")
        await stack.until(stream, lambda x: x.tasks[task].state == "CLAIMED")
        if script:
            await sound(page)
        await page.click(
            "summary:has-text('Kembalikan')" if lang == "id" else "summary:has-text('Send back')"
        )
        form = page.locator("form:has(input[value=send_back])")
        await form.locator("button").click()
        await expect(page.locator(".errors")).to_be_visible()
        await expect(page).to_have_title(re.compile("^(Kesalahan|Error): "))
        if script:
            await sound(page)
        form = page.locator("form:has(input[value=send_back])")
        await form.locator("textarea").first.fill("Surat rekomendasi belum bertanggal.")
        await form.locator("button").click()
        await page.wait_for_url("**/inbox*")
        case = await stack.until(stream, lambda x: x.tasks[task].state == "COMPLETED")
        assert case.tasks[task].decision == "send_back"
        correction = await stack.task(stream, "correct_programme")
        assert len(correction.points) == 1

    async with screens.window("petugas", width=width, lang=lang) as page:
        await sound(page)
        await page.click(f'a[href="/cases/{stream}"]')
        await sound(page)
        await expect(page.locator(".box.now text")).to_have_text(
            "perbaikan" if lang == "id" else "correction"
        )
    # the one refusal of this story is an answer that Chromium notes as well
    assert [m for m in screens.said if "409 (Conflict)" not in m] == []
