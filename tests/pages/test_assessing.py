"""A master assessor's day in a browser: the answer, attendance while it is cut off, the assessment."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from domain import commands as c
from domain.clock import at
from tests.pages.conftest import Screens, sound
from tests.support.eligible import days_on, eligible
from tests.support.requests import approved, assignment, letters
from tests.support.stack import Stack
from tests.support.stories import answered, applied, on, scheduled

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\ntrailer\n<< >>\nstartxref\n50\n%%EOF\n"
CUT = "ERR_INTERNET_DISCONNECTED"
"""What Chromium notes of each try without a connection: it is what this story is about."""


async def press(scope: Page | Locator, selector: str) -> None:
    """Press, and wait for the page that comes."""
    page = scope if isinstance(scope, Page) else scope.page
    async with page.expect_navigation():
        await scope.locator(selector).first.click()


async def looked_at(page: Page, *, script: bool) -> None:
    """Everything of the page, what is folded away too, is sound."""
    if script:  # axe needs scripts
        await page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")
        await sound(page)


async def invited(stack: Stack) -> c.SubmitProgramme:
    """An approved programme whose letters are issued; only the first trainer has not answered."""
    request = await approved(stack, [1, 2, 4])
    stream = request.programme
    await letters(
        stack,
        stream,
        ("master1", "trainer"),
        ("master2", "trainer"),
        ("master3", "assessor"),
        ("master4", "assessor"),
    )
    for name in ("master2", "master3", "master4"):
        given = await assignment(stack, stream, name)
        await stack.complete(stack.staff(name), stream, "answer_assignment", "accept", subject=given.id)
    await stack.send(stack.staff("penyelenggara"), stream, c.ConfirmVenue(class_id=request.classes[0].id))
    for number in (1, 2, 4):
        who = stack.candidate(number)
        seat = next(s.id for s in request.seats if s.person == who.person)
        await stack.complete(who, stream, "confirm_seat", "confirm", subject=seat)
        await applied(stack, (await stack.case(stream)).seats[seat].journey, who)
    return request


async def ready_on_its_last_day(stack: Stack, request: c.SubmitProgramme) -> None:
    stream, class_ = request.programme, request.classes[0]
    assert (await answered(stack, stream)).state == "READY"
    await on(stack, class_.days[0])
    await stack.until(stream, lambda x: x.state == "RUNNING")
    await stack.advance(to=at(class_.days[-1], 16))


def cell(page: Page, seat: str, day: object) -> Locator:
    return page.locator(f'[data-cell*="{seat}"][data-cell*="{day}"]')


async def tap(page: Page, seat: str, day: object, value: str) -> None:
    await cell(page, seat, day).locator(f"label.mark.{value}").click()


async def met_a_colleague(screens: Screens, page: Page, seat: str, day: object, saved: str) -> None:
    """The other trainer has marked the same cell meanwhile: nobody is overwritten until somebody says so."""
    async with screens.window("master2") as other:
        await other.goto(page.url)
        await tap(other, seat, day, "absent")
        await expect(cell(other, seat, day)).to_have_attribute("data-state", "saved")
    await tap(page, seat, day, "present")
    met = cell(page, seat, day)
    await expect(met).to_have_attribute("data-state", "conflict")
    await expect(met.locator(".cell-act")).to_have_count(2)
    await page.reload()
    await expect(met).to_have_attribute("data-state", "conflict")
    await met.locator(".cell-act").first.click()
    await expect(met.locator(".cell-state")).to_have_text(saved)


async def marked_on_a_phone(
    screens: Screens, page: Page, request: c.SubmitProgramme, saved: str, waiting: str
) -> None:
    """Marks, some of them while there is no connection, the page closed meanwhile."""
    class_, (first, second, third) = request.classes[0], [s.id for s in request.seats]
    address = page.url
    for day in class_.days:
        await tap(page, first, day, "present")
    for day in class_.days:
        await expect(cell(page, first, day).locator(".cell-state")).to_have_text(saved)
    await page.context.set_offline(True)
    for day in class_.days:
        await tap(page, second, day, "present")
        await expect(cell(page, second, day).locator(".cell-state")).to_have_text(waiting)
    await expect(page.locator(".sheet-state")).to_have_attribute("data-state", "waiting")
    with pytest.raises(Exception, match=CUT):
        await page.reload()
    await page.context.set_offline(False)
    await page.goto(address)  # what waited in the browser is sent now
    for day in class_.days:
        await expect(cell(page, second, day).locator(".cell-state")).to_have_text(saved)
        await expect(cell(page, second, day).locator("input[value=present]")).to_be_checked()
    await met_a_colleague(screens, page, third, class_.days[0], saved)
    for day in class_.days[1:]:
        await tap(page, third, day, "absent")
    for day in class_.days:
        await expect(cell(page, third, day).locator(".cell-state")).to_have_text(saved)
    await expect(page.locator("[data-unmarked]")).to_have_text("0")


@pytest.mark.parametrize(("width", "lang", "script"), [(390, "id", True), (1280, "en", False)])
async def test_a_trainer_answers_and_marks_a_class_over_a_bad_connection(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    request = await invited(stack)
    stream, class_ = request.programme, request.classes[0]
    seats = [s.id for s in request.seats]
    saved, waiting = ("✓ tersimpan", "… menunggu") if lang == "id" else ("✓ saved", "… waiting")
    async with screens.window("master1", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/home")
        await expect(page.locator("a[href$='/letter']")).to_be_visible()
        await looked_at(page, script=script)
        await page.click("a[href$='/letter']")
        await expect(page.locator(".signed .hash").first).to_be_visible()
        await looked_at(page, script=script)
        await page.goto(f"{screens.address}/assignments")
        await press(page, "form[action$='/accept'] button")
        await stack.until(stream, lambda x: all(a.state == "ACCEPTED" for a in x.assignments.values()))
        await ready_on_its_last_day(stack, request)
        await page.goto(f"{screens.address}/assignments")
        await press(page, f"a[href='/attendance/{stream}/{class_.id}']")
        await looked_at(page, script=script)
        if script:
            await marked_on_a_phone(screens, page, request, saved, waiting)
        else:
            for seat in seats:
                for n, day in enumerate(class_.days):
                    value = "absent" if seat == seats[-1] and n else "present"
                    await page.check(f'input[name^="mark.{seat}.{day}"][value={value}]', force=True)
            await press(page, "button[data-without-script]")
        await press(page, "a[data-after-sheet]")
        await looked_at(page, script=script)
        await press(page, "form[action$='/record'] button")
        case = await stack.until(stream, lambda x: x.classes[class_.id].state == "DONE")
        assert [len(case.seats[s].attended) for s in seats] == [3, 3, 1]
        assert [case.seats[s].state for s in seats] == ["ATTENDED", "ATTENDED", "NO_SHOW"]
        await page.goto(f"{screens.address}/attendance/{stream}/{class_.id}")
        await expect(page.locator(".marked.absent")).to_have_count(2)
        await looked_at(page, script=script)
    # a colleague's mark is an answer that Chromium notes as well
    assert [m for m in screens.said if CUT not in m and "409 (Conflict)" not in m] == []


@pytest.mark.parametrize(("width", "lang", "script"), [(390, "id", True), (1280, "en", False)])
async def test_an_assessor_signs_plans_judges_and_files(
    screens: Screens, tmp_path: Path, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    stream, candidate = await eligible(stack, 1), stack.candidate(1)
    day = await days_on(stack, 3)
    await scheduled(stack, stream, stack.staff("master3"), day)
    await on(stack, day)
    task = await stack.task(stream, "sign_agreement", person=candidate.person)
    await stack.send(candidate, stream, c.CompleteTask(task=task.id, decision="sign"))
    saved, waiting = ("✓ tersimpan", "… menunggu") if lang == "id" else ("✓ saved", "… waiting")
    file = tmp_path / "rencana.pdf"
    async with screens.window("master3", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/home")
        await page.click(f"a[href='/assessments/{stream}'] >> nth=0")
        await looked_at(page, script=script)
        await press(page, "form[action$='/do/sign'] button")
        await expect(page.locator("form[action$='/do/sign']")).to_have_count(0)
        for code in ("FR.MAPA.01", "FR.MAPA.02"):
            file.write_bytes(PDF.replace(b"Catalog", b"Catalog /" + code.encode()))
            form = page.locator(f"form[action$='/files/{code}']")
            await form.locator("input[type=file]").set_input_files(file)
            await press(form, "button")
        await press(page, "form[action$='/do/begin'] button")
        await stack.until(stream, lambda x: x.state == "ASSESSMENT")
        await press(page, "a[href$='/sheet']")
        await looked_at(page, script=script)
        units = [u.id for u in (await stack.case(stream)).journey.units]
        if script:
            await page.context.set_offline(True)
        for unit in units:
            if script:
                await page.locator(f'[data-cell*="{unit}"][data-cell*="result"] label.mark.k').click()
            else:
                await page.check(f'input[name="{unit}.result"][value=K]', force=True)
            await page.check(f'input[name="{unit}.evidence"][value=demonstration]')
        result = page.locator('[data-cell*="result"] .cell-state')
        if script:
            await expect(result.first).to_have_text(waiting)
            with pytest.raises(Exception, match=CUT):
                await page.reload()
            await page.context.set_offline(False)
            await page.goto(f"{screens.address}/assessments/{stream}/sheet")
            for n in range(len(units)):
                await expect(result.nth(n)).to_have_text(saved)
        await page.fill(f'textarea[name="{units[0]}.note"]', "Rencana disusun sendiri.")
        await page.locator("h1").click()
        if script:
            note = page.locator(f'[data-cell*="{units[0]}"][data-cell*="note"] .cell-state')
            await expect(note).to_have_text(saved)
        else:
            await press(page, "button[data-without-script]")
        await press(page, "a[data-after-sheet]")
        await looked_at(page, script=script)
        await press(page, "form[action$='/recommend'] button")
        case = await stack.until(stream, lambda x: x.state == "RECOMMENDED")
        assert {r.result for r in case.journey.results} == {"K"}
        for code in ("FR.AK.01", "FR.AK.02", "FR.AK.05", "FR.MAPA.01", "FR.MAPA.02"):
            await page.goto(f"{screens.address}/forms/{stream}/{code}")
            await expect(page.locator(".signed").first).to_contain_text(re.compile("[0-9a-f]{64}"))
            await looked_at(page, script=script)
            await page.emulate_media(media="print")
            await expect(page.locator("header.top nav")).to_be_hidden()
            assert (await page.pdf(format="A4")).startswith(b"%PDF")
            await page.emulate_media(media="screen")
        await page.goto(f"{screens.address}/forms/{stream}/FR.AK.02")
        await expect(page.locator(".paper")).to_contain_text("Rencana disusun sendiri.")
        await page.goto(f"{screens.address}/assessments")
        await looked_at(page, script=script)
    assert [m for m in screens.said if CUT not in m] == []
