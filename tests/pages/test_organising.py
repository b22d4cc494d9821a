"""An organiser's day in a browser: from nothing to a request that BNSP has."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from api.roster_xlsx import write
from domain.clock import local_day
from examples import organisations, people
from tests.pages.conftest import Screens, sound

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\ntrailer\n<< >>\nstartxref\n50\n%%EOF\n"
WORDS = {
    "id": {
        "go": "Lanjutkan",
        "class": "Tambahkan kelas ini",
        "member": "Tunjuk anggota ini",
        "import": "Impor daftar peserta",
        "hand": "Serahkan dokumen",
        "submit": "Ajukan ke BNSP",
    },
    "en": {
        "go": "Go on",
        "class": "Add the class",
        "member": "Name this member",
        "import": "Import the roster",
        "hand": "Hand it in",
        "submit": "Submit to BNSP",
    },
}


async def press(page: Page, words: str) -> None:
    """Press a button and wait for the page that comes."""
    async with page.expect_navigation():
        await page.locator("main button:visible", has_text=words).first.click()


async def opened(page: Page, summary: str) -> None:
    """Open the part behind this summary, if it is closed."""
    part = page.locator(f"details:has(> summary:has-text('{summary}'))").first
    if await part.get_attribute("open") is None:
        await part.locator("> summary").click()


async def looked_at(page: Page, *, script: bool) -> None:
    """Everything of the page, what is folded away too, is sound."""
    if script:  # axe needs scripts
        await page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")
        await sound(page)


def a_roster(tmp_path: Path, **changes: object) -> Path:
    """A roster of three of the demonstration's people; `changes` go to the last."""
    rows: list[dict[str, object]] = [people.PEOPLE[n - 1].cells() for n in (1, 2, 4)]
    rows[-1] |= changes
    path = tmp_path / "daftar.xlsx"
    path.write_bytes(write(rows))
    return path


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", True)])
async def test_an_organiser_writes_and_submits_a_request(
    screens: Screens, tmp_path: Path, width: int, lang: str, script: bool
) -> None:
    stack, say = screens.stack, WORDS[lang]
    today = local_day(await stack.now())
    first = stack.calendar.add_working_days(today, organisations.NOTICE)
    days = [stack.calendar.add_working_days(first, n).isoformat() for n in range(3)]
    letter = tmp_path / "surat.pdf"
    letter.write_bytes(PDF)
    async with screens.window("penyelenggara", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/home")
        await looked_at(page, script=script)
        await page.click("a[href='/programmes/new']")
        await looked_at(page, script=script)
        await page.select_option("#f-basis-scheme", organisations.SCHEME.code)
        await page.fill("#f-basis-venue", organisations.VENUE.code)
        await press(page, say["go"])
        draft = page.url.partition("?")[0]
        await looked_at(page, script=script)

        await page.fill("#n-f-classes-label", "A")
        await press(page, say["class"])
        await expect(page.locator(".errors")).to_be_visible()
        await expect(page).to_have_title(re.compile("^(Kesalahan|Error): "))
        await expect(page.locator("#f-classes-label")).to_have_value("A")
        for n, day in enumerate(days):
            await page.fill(f"#f-classes-days-{n}", day)
        trainers = [s.name for s in organisations.on_duty("trainer")]
        for n, trainer in enumerate(trainers[:2]):
            option = page.locator(f"#f-classes-masters-{n}-person option", has_text=trainer)
            await page.select_option(f"#f-classes-masters-{n}-person", await option.get_attribute("value"))
            await page.select_option(f"#f-classes-masters-{n}-kind", "trainer")
        await press(page, say["class"])
        for number, name in ((1, "Rina Panitia"), (2, "Dodi Panitia")):
            await opened(page, "Tunjuk anggota panitia" if lang == "id" else "Name a member")
            await page.fill("#f-member-full_name", name)
            await page.fill("#f-member-email", f"panitia{number}@example.org")
            await press(page, say["member"])

        await page.set_input_files("#f-file", a_roster(tmp_path, sex="X"))
        await press(page, say["import"])
        await expect(page.locator("table.roster code")).to_have_text("D4")
        await looked_at(page, script=script)
        await page.set_input_files("#f-file", a_roster(tmp_path))
        await press(page, say["import"])
        await expect(page.locator(".people > li")).to_have_count(3)
        await expect(page.locator("#submit .warning")).to_be_visible()

        await page.click("a[href$='/participants/new']")
        await press(page, "Tambahkan peserta ini" if lang == "id" else "Add this participant")
        await expect(page.locator("#f-participant-nik-error")).to_be_visible()
        await looked_at(page, script=script)
        await page.goto(draft)
        await looked_at(page, script=script)

        await opened(page, "Tambah dokumen" if lang == "id" else "Add a document")
        await page.select_option("#f-document-requirement", "recommendation_letter")
        for box in await page.locator("#f-document-seats input").all():
            await box.check()
        await page.set_input_files("#f-document-file", letter)
        await press(page, say["hand"])
        await expect(page.locator("#submit .done")).to_be_visible()
        await looked_at(page, script=script)
        await press(page, say["submit"])
        stream = draft.rpartition("/")[2]
        await stack.until(stream, lambda x: x.state == "SUBMITTED")
        await expect(page.locator(f"a[href='/cases/{stream}']")).to_be_visible()
        await looked_at(page, script=script)
        await page.goto(f"{screens.address}/programmes")
        await expect(page.locator(f"a[href='/programmes/{stream}']")).to_be_visible()
        await looked_at(page, script=script)
    # the two refusals of this story are answers that Chromium notes as well
    assert [m for m in screens.said if "422 (" not in m] == []
