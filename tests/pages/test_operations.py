"""A petugas's day: what is late and whose it is, one act for many, what is stuck and why, lists as files."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from domain import commands as c
from tests.pages.conftest import Screens, sound
from tests.support.stack import Stack

LONG_ENOUGH = 90_000
"""Milliseconds in which a live page has heard of what happened, on a machine busy with other tests."""
SICK = "CREATE TRIGGER away BEFORE INSERT ON reservations BEGIN SELECT RAISE(ABORT, 'away'); END"
WELL = "DROP TRIGGER away"
REFUSED = "status of 422"
"""What the browser says of a form that was refused, as it was meant to be."""


async def run_sql(stack: Stack, statement: str) -> None:
    async with stack.db.write() as session:
        await (await session.connection()).execute(text(statement))


async def submitted(stack: Stack, numbers: list[int]) -> str:
    request = await stack.submission(numbers)
    await stack.send(stack.staff("penyelenggara"), request.programme, request)
    return request.programme


async def two_that_are_late(stack: Stack) -> tuple[str, str]:
    """Requests that nobody has verified for three weeks."""
    first, second = [await submitted(stack, numbers) for numbers in ([1, 2, 4], [5, 6])]
    for stream in (first, second):
        await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    await stack.advance(days=21)
    return first, second


class Petugas:
    """Somebody of BNSP at a window, who reads one of the two languages."""

    def __init__(self, page: Page, address: str, lang: str, *, script: bool) -> None:
        self.page, self.address, self.lang, self.script = page, address, lang, script

    async def sound(self) -> None:
        """What looks into the page is a script of its own, which does not run where none may."""
        if self.script:
            await sound(self.page)

    def say(self, indonesian: str, english: str) -> str:
        return indonesian if self.lang == "id" else english

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self.address}{path}")
        await self.sound()

    async def press(self, indonesian: str, english: str) -> None:
        await self.page.click(f"button:has-text('{self.say(indonesian, english)}')")

    async def finds_what_is_late(self, streams: tuple[str, ...]) -> None:
        await self.go("/monitor")
        card = self.page.locator(".needs a[href*='need=late']")
        await expect(card.locator("strong")).to_have_text(str(len(streams)))
        await card.click()
        await self.page.wait_for_url("**need=late**")
        for stream in streams:
            await expect(self.page.locator(f'th a[href="/cases/{stream}"]')).to_be_visible()

    async def keeps_these_filters(self) -> None:
        await self.page.click(f"summary:has-text('{self.say('Simpan saringan', 'Save these filters')}')")
        await self.page.fill("#f-name", "3174012345678901")
        await self.page.locator(".saved form button").first.click()
        await expect(self.page.locator(".errors")).to_contain_text("A-PERSONAL")
        await self.sound()
        await self.page.fill("#f-name", "Terlambat")
        await self.page.locator(".saved form button").first.click()
        await self.go("/monitor")
        await self.page.click(".saved a:text-is('Terlambat')")
        await self.page.wait_for_url("**need=late**")

    async def takes_the_list_along(self) -> None:
        await self.page.click(f"summary:has-text('{self.say('Kolom', 'Columns')}')")
        await self.page.check("input[name=col][value=seats]")
        await self.press("Tampilkan kolom", "Show these columns")
        await self.page.wait_for_url("**columns=**seats**")
        await self.go("/monitor")  # the choice is kept
        heads = self.page.locator("#live-list thead")
        await expect(heads).to_contain_text(self.say("Peserta", "Participants"))
        for ending in ("CSV", "XLSX"):
            async with self.page.expect_download() as coming:
                await self.page.click(f"a:text-is('{ending}')")
            assert (await coming.value).suggested_filename.endswith(f".{ending.lower()}")

    async def reads_a_case(self, stream: str) -> None:
        await self.go(f"/cases/{stream}")
        await expect(self.page.locator(".timeline > li").last).to_contain_text(
            self.say("Permohonan program diajukan", "The request was submitted")
        )
        every = await self.page.locator(".timeline > li").count()
        await self.page.locator(".machine svg a[href*='at=DRAFT']").click()
        await self.page.wait_for_url("**at=DRAFT**")
        await expect(self.page.locator(".timeline > li")).to_have_count(1)
        assert every > 1
        await self.page.select_option("#rule", "R-30")
        await self.page.locator("#timeline form button").click()
        await self.page.wait_for_url("**rule=R-30**")
        await expect(self.page.locator(".timeline .rule", has_text="R-30").first).to_be_attached()
        await self.sound()

    async def gives_its_task_to_somebody_else(self, stream: str) -> None:
        await self.page.goto(f"{self.address}/cases/{stream}")
        await self.page.click(f".tasks a:has-text('{self.say('Alihkan kepada', 'Give to somebody else')}')")
        await self.sound()
        await self.page.locator("main form button").click()
        await expect(self.page.locator(".errors a[href='#f-reason']")).to_be_visible()
        await self.page.fill("#f-reason", "Pemegangnya cuti.")
        await self.page.locator("main form button").click()
        await self.page.wait_for_url(f"**/cases/{stream}?done=1")
        await expect(self.page.locator(".timeline > li").first).to_contain_text(
            self.say("Petugas BNSP", "BNSP operations")
        )

    async def begins_for_many(self) -> None:
        """As far as the page that says what will be done."""
        await self.go("/monitor/tasks?kind=verify_programme&need=late")
        for box in await self.page.locator("tbody input[name=thing]").all():
            await box.check()
        await self.press("Kerjakan yang dipilih", "Act on the chosen ones")
        await self.sound()
        form = self.page.locator("details.choice", has=self.page.locator("input[value=reassign_task]"))
        if await form.get_attribute("open") is None:
            await form.locator("summary").click()
        await form.locator("textarea").fill("Verifikator cuti.")
        await form.locator("button").click()
        await expect(self.page.locator("tbody tr")).to_have_count(2)
        await expect(self.page.locator("tbody .tag.good")).to_have_count(2)
        await self.sound()

    async def sees_one_done_and_one_refused(self) -> None:
        await self.page.locator("main form button").click()
        await self.page.wait_for_url(re.compile(r"/monitor/bulk/[0-9a-f-]{36}"))
        await self.until_shown(".tag.ended")
        await expect(self.page.locator("tbody .tag.good")).to_have_count(1)
        await expect(self.page.locator("tbody .tag.late")).to_have_count(1)
        await expect(self.page.locator("tbody .reasons .rule")).not_to_have_count(0)
        await self.sound()
        await self.page.click(f".chips a:has-text('{self.say('ditolak', 'refused')}')")
        await expect(self.page.locator("tbody tr")).to_have_count(1)

    async def until_shown(self, what: str) -> None:
        """Until the page shows it by itself; without a script it is loaded again."""
        if self.script:
            await expect(self.page.locator(f"main {what}").first).to_be_visible(timeout=LONG_ENOUGH)
            return
        async with asyncio.timeout(LONG_ENOUGH / 1000):
            while not await self.page.locator(f"main {what}").count():
                await self.page.reload()


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", False)])
async def test_what_is_late_is_found_given_on_and_done_for_many(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    first, second = await two_that_are_late(stack)
    async with screens.window("petugas", width=width, lang=lang, script=script) as page:
        petugas = Petugas(page, screens.address, lang, script=script)
        await petugas.finds_what_is_late((first, second))
        await petugas.keeps_these_filters()
        await petugas.takes_the_list_along()
        await petugas.reads_a_case(first)
        await petugas.gives_its_task_to_somebody_else(first)
        await petugas.begins_for_many()
        await stack.send(stack.staff("penyelenggara"), second, c.WithdrawProgramme())
        await petugas.sees_one_done_and_one_refused()
        await petugas.go("/monitor/bulk")
        await petugas.go("/monitor/trends")
        await expect(page.locator("figure.chart")).to_have_count(2)
        await page.locator("details summary").first.click()
        link = page.locator("td.figure a[href*='opened=']").first
        number = int(await link.inner_text())
        await link.click()
        await expect(page.locator("#live-list tbody tr")).to_have_count(number)
    assert [said for said in screens.said if REFUSED not in said] == []


async def test_what_is_stuck_tells_its_error_and_clears_by_itself(screens: Screens) -> None:
    """The page is never loaded again: it hears of the trouble, and of its end."""
    stack = screens.stack
    async with screens.window("petugas") as page:
        await page.goto(f"{screens.address}/monitor")
        stuck = page.locator(".needs a[href*='need=stuck'] strong")
        await expect(stuck).to_have_text("0")
        await page.mouse.move(0, 0)
        await run_sql(stack, SICK)
        stream = await submitted(stack, [1, 2, 4])
        await expect(stuck).to_have_text("1", timeout=LONG_ENOUGH)
        await expect(page.locator("#attention .said")).to_contain_text("IntegrityError")
        async with screens.window("petugas", width=390, lang="en") as phone:
            await phone.goto(f"{screens.address}/cases/{stream}")
            await expect(phone.locator("#incidents .said")).to_contain_text("IntegrityError")
            await expect(phone.locator(".machine text.incident")).to_have_text("1")
            await sound(phone)
        await run_sql(stack, WELL)
        await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
        await expect(stuck).to_have_text("0", timeout=LONG_ENOUGH)
        await expect(page.locator("#live-status")).to_have_class(re.compile("changed|held"))
    assert screens.said == []
