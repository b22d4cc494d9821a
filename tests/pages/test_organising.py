"""An organiser's day in a browser: from nothing to a request that BNSP has, its correction, and its class."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from api.roster_xlsx import write
from domain import commands as c
from domain.clock import local_day
from examples import organisations, people
from tests.pages.conftest import Screens, sound
from tests.support.requests import approved as requested
from tests.support.requests import assignment, candidates, letters
from tests.support.stack import Stack
from tests.support.stories import applied, on

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\ntrailer\n<< >>\nstartxref\n50\n%%EOF\n"
WORDS = {
    "id": {
        "go": "Lanjutkan",
        "class": "Tambahkan kelas ini",
        "member": "Tunjuk anggota ini",
        "import": "Impor daftar peserta",
        "mend": "Simpan dan impor",
        "out": "Keluarkan",
        "undo": "Urungkan",
        "hand": "Serahkan dokumen",
        "submit": "Ajukan ke BNSP",
        "again": "Ajukan lagi",
        "venue": "TUK sudah pasti",
        "confirm": "Konfirmasi atas nama peserta",
        "token": "Buat token",
    },
    "en": {
        "go": "Go on",
        "class": "Add the class",
        "member": "Name this member",
        "import": "Import the roster",
        "mend": "Save and import",
        "out": "Take out",
        "undo": "Undo",
        "hand": "Hand it in",
        "submit": "Submit to BNSP",
        "again": "Send it in again",
        "venue": "The venue stands",
        "confirm": "Confirm on behalf",
        "token": "Make the token",
    },
}


async def press(page: Page, words: str) -> None:
    """Press a button and wait for the page that comes."""
    async with page.expect_navigation():
        await page.locator("main button:visible", has_text=words).first.click()


async def looked_at(page: Page, *, script: bool) -> None:
    """Everything of the page, what is folded away too, is sound."""
    if script:  # axe needs scripts
        await page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")
        await sound(page)


def a_roster(tmp_path: Path, **changes: object) -> Path:
    """A roster of five of the demonstration's people; `changes` go to the last."""
    rows: list[dict[str, object]] = [people.PEOPLE[n - 1].cells() for n in (1, 2, 4, 6, 7)]
    rows[3]["kind"] = "Cadangan"
    rows[-1] |= changes
    path = tmp_path / "daftar.xlsx"
    path.write_bytes(write(rows))
    return path


async def sent_back(stack: Stack, stream: str) -> None:
    """BNSP's verifier takes the request, and returns it with one point."""
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    verifier = stack.staff("verifikator")
    point = await stack.seal(stream, "Lampirkan surat yang terbaca.")
    await stack.complete(
        verifier, stream, "verify_programme", "send_back", form=c.PointsForm(points=(point,))
    )
    await stack.until(stream, lambda x: x.state == "CORRECTION")


async def approved(stack: Stack, stream: str) -> None:
    """BNSP finds the corrected request in order."""
    case = await stack.until(stream, lambda x: x.state == "VERIFYING")
    verifier = stack.staff("verifikator")
    proposed = tuple(s.id for s in case.seats.values() if s.state == "PROPOSED")
    await stack.send(verifier, stream, c.VerifySeats(seats=proposed))
    await stack.complete(verifier, stream, "verify_programme", "recommend")
    await stack.complete(stack.staff("penyetuju"), stream, "approve_programme", "approve")
    await stack.until(
        stream,
        lambda x: x.state == "PREPARATION" and not [e for e in x.errands.values() if e.state == "ASKED"],
    )


@pytest.mark.parametrize(("width", "lang", "script"), [(1280, "id", True), (390, "en", False)])
async def test_an_organisers_day(
    screens: Screens, tmp_path: Path, width: int, lang: str, script: bool
) -> None:
    stack, say = screens.stack, WORDS[lang]
    today = local_day(await stack.now())
    first = stack.calendar.add_working_days(today, organisations.NOTICE)
    days = [stack.calendar.add_working_days(first, n).isoformat() for n in range(3)]
    letter = tmp_path / "surat.pdf"
    letter.write_bytes(PDF)
    async with screens.window("penyelenggara", width=width, lang=lang, script=script) as page:
        # an empty desk says how to begin
        await page.goto(f"{screens.address}/home")
        await looked_at(page, script=script)
        await page.click("main a[href='/programmes/new']")
        await page.select_option("#f-basis-scheme", organisations.SCHEME.code)
        await page.fill("#f-basis-venue", organisations.VENUE.code)
        await looked_at(page, script=script)
        await press(page, say["go"])
        draft = page.url.partition("?")[0]
        stream = draft.rpartition("/")[2]
        await expect(page.locator(".parts-list > li")).to_have_count(5)
        await looked_at(page, script=script)

        # a class, with the calendar beside the question and the rules beside the form
        await page.goto(f"{draft}/classes/new")
        await page.fill("#f-classes-label", "A")
        await press(page, say["class"])
        await expect(page.locator(".errors")).to_be_visible()
        await expect(page).to_have_title(re.compile("^(Kesalahan|Error): "))
        await expect(page.locator("#f-classes-label")).to_have_value("A")
        await page.fill("#f-classes-days-0", today.isoformat())
        if script:
            await page.locator("#f-classes-days-0").blur()
            await expect(page.locator("[data-rule='R-NOTICE'].fail")).to_be_visible()
            await page.fill("#f-classes-days-0", "")
            await page.click(f"td[data-day='{days[0]}'] button")
            await expect(page.locator("#f-classes-days-0")).to_have_value(days[0])
            await expect(page.locator("[data-rule='R-NOTICE'].pass")).to_be_visible()
        for n, day in enumerate(days):
            await page.fill(f"#f-classes-days-{n}", day)
        trainers = [s.name for s in organisations.on_duty("trainer")]
        for n, trainer in enumerate(trainers[:2]):
            option = page.locator(f"#f-classes-masters-{n}-person option", has_text=trainer)
            await page.select_option(f"#f-classes-masters-{n}-person", await option.get_attribute("value"))
            await page.select_option(f"#f-classes-masters-{n}-kind", "trainer")
        await looked_at(page, script=script)
        await press(page, say["class"])
        for number, name in ((1, "Rina Panitia"), (2, "Dodi Panitia")):
            await page.fill("#f-member-full_name", name)
            await page.fill("#f-member-email", f"panitia{number}@example.org")
            await press(page, say["member"])
        await expect(page.locator("#committee .people > li")).to_have_count(2)
        await expect(page.locator("[data-rule='R-2'].pass")).to_have_count(1)
        await looked_at(page, script=script)
        await page.goto(f"{draft}/classes")
        await looked_at(page, script=script)

        # a wrong file is put right in the page
        await page.goto(f"{draft}/participants")
        await looked_at(page, script=script)
        await page.goto(f"{draft}/import?way=paste")
        await looked_at(page, script=script)
        await page.goto(f"{draft}/import?way=file")
        await looked_at(page, script=script)
        await page.set_input_files("#f-file", a_roster(tmp_path, sex="X", letter_date="16 Februari"))
        await press(page, say["import"])
        await expect(page.locator("td.wrong")).to_have_count(2)
        await looked_at(page, script=script)
        row = page.locator("table.roster tbody tr").first
        await row.locator("select").select_option(label="L")
        await page.locator("input[name$='.letter_date']").fill("2026-02-16")
        await press(page, say["mend"])
        await expect(page.locator("table tbody tr")).to_have_count(5)
        await press(page, say["out"])
        await expect(page.locator("table tbody tr")).to_have_count(4)
        await looked_at(page, script=script)
        await press(page, say["undo"])
        await expect(page.locator("table tbody tr")).to_have_count(5)
        await page.locator("table tbody a").first.click()
        await looked_at(page, script=script)

        # nobody is added by an empty form, and it says why
        await page.goto(f"{draft}/participants/new")
        await press(page, "Tambahkan peserta ini" if lang == "id" else "Add this participant")
        await expect(page.locator("#f-participant-nik-error")).to_be_visible()
        await looked_at(page, script=script)

        # one letter for all, a last look, and off
        await page.goto(f"{draft}/documents")
        await page.select_option("#f-document-requirement", "recommendation_letter")
        for box in await page.locator("#f-document-seats input").all():
            await box.check()
        await page.set_input_files("#f-document-file", letter)
        await press(page, say["hand"])
        await looked_at(page, script=script)
        await page.goto(f"{draft}/check")
        await expect(page.locator("#submit .done")).to_be_visible()
        await looked_at(page, script=script)
        await press(page, say["submit"])
        await expect(page.locator(".confirmation")).to_be_visible()
        await looked_at(page, script=script)
        await stack.until(stream, lambda x: x.state == "SUBMITTED")

        # BNSP wants something mended, and gets it
        await sent_back(stack, stream)
        await page.goto(draft)
        await expect(page.locator("main .warning li")).to_have_text("Lampirkan surat yang terbaca.")
        await looked_at(page, script=script)
        await page.goto(f"{draft}/check")
        await press(page, say["again"])
        await expect(page.locator(".confirmation")).to_be_visible()
        await approved(stack, stream)

        # the class is prepared
        await page.goto(draft)
        await looked_at(page, script=script)
        await page.locator("a[href*='/classes/']").first.click()
        await expect(page.locator("#waiting .people > li")).to_have_count(1)
        await looked_at(page, script=script)
        await press(page, say["venue"])
        await stack.until(stream, lambda x: all(k.venue_confirmed for k in x.classes.values()))
        await expect(page.locator("#venue .tag.good")).to_be_visible()
        await press(page, say["confirm"])
        await stack.until(stream, lambda x: any(s.state == "CONFIRMED" for s in x.seats.values()))
        await page.goto(f"{page.url.partition('?')[0]}/check-in")
        await expect(page.locator(".check-in fieldset")).to_have_count(1)
        await looked_at(page, script=script)

        # over all programmes
        await page.goto(f"{screens.address}/programmes")
        await expect(page.locator(f"a[href='/programmes/{stream}']")).to_be_visible()
        await looked_at(page, script=script)
        await page.goto(f"{screens.address}/programmes/calendar?month={days[0][:7]}")
        await expect(page.locator("main .people > li")).to_have_count(1)
        await looked_at(page, script=script)
        await page.goto(f"{screens.address}/assessors")
        await looked_at(page, script=script)
        await page.goto(f"{screens.address}/tokens")
        await page.fill("#f-token-label", "sistem absensi")
        await page.locator("input[value=read]").check()
        await press(page, say["token"])
        await expect(page.locator("#secret")).to_be_visible()
        await looked_at(page, script=script)
    # the refusals of this story are answers that Chromium notes as well
    assert [m for m in screens.said if "422 (" not in m] == []


async def held(stack: Stack) -> str:
    """A programme whose only class has begun: everything that it needed was given."""
    request = await requested(stack, [1, 2, 4])
    stream, (class_id,) = request.programme, [k.id for k in request.classes]
    await letters(
        stack,
        stream,
        ("master1", "trainer"),
        ("master2", "trainer"),
        ("master3", "assessor"),
        ("master4", "assessor"),
    )
    for name in ("master1", "master2", "master3", "master4"):
        given = await assignment(stack, stream, name)
        await stack.complete(stack.staff(name), stream, "answer_assignment", "accept", subject=given.id)
    await stack.send(stack.staff("penyelenggara"), stream, c.ConfirmVenue(class_id=class_id))
    for number, seat in candidates(stack, request, (1, 2, 4)).items():
        await stack.complete(stack.candidate(number), stream, "confirm_seat", "confirm", subject=seat)
        application = (await stack.case(stream)).seats[seat].journey
        await applied(stack, application, stack.candidate(number))  # an invitation does not last for ever
    await stack.until(stream, lambda x: x.classes[class_id].state == "READY")
    await on(stack, request.classes[0].days[0])
    await stack.until(stream, lambda x: x.classes[class_id].state == "RUNNING")
    return stream


@pytest.mark.parametrize(("width", "lang", "script"), [(390, "id", True)])
async def test_a_class_day_by_phone_and_the_report(
    screens: Screens, tmp_path: Path, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    organiser, operations = stack.staff("penyelenggara"), stack.staff("petugas")
    stream = await held(stack)
    report = tmp_path / "laporan.pdf"
    report.write_bytes(PDF)
    async with screens.window("penyelenggara", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/programmes/{stream}")
        await page.locator("a[href$='/check-in']").first.click()
        await expect(page.locator(".check-in fieldset")).to_have_count(3)
        await looked_at(page, script=script)
        await page.locator(".check-in input[value=laptop]").first.check()
        await press(page, "Sudah datang")
        await stack.until(stream, lambda x: any(s.facts.kit for s in x.seats.values()))
        await expect(page.locator(".check-in .here")).to_have_count(1)

        # the class cannot go on, and what was held is reported
        (class_id,) = (await stack.case(stream)).classes
        for command in (c.InterruptClass, c.CancelClass):
            reason = await stack.seal(stream, "Gedung banjir.")
            await stack.send(organiser, stream, command(class_id=class_id, reason=reason))
        await stack.until(stream, lambda x: x.state == "REPORTING")
        for answer in ("return_report", "accept_report"):
            await page.goto(f"{screens.address}/programmes/{stream}/report")
            await looked_at(page, script=script)
            await page.set_input_files("#f-file", report)
            await press(page, "Kirim laporan ke BNSP")
            returned = answer == "return_report"
            why = await stack.seal(stream, "Lampiran belum lengkap.") if returned else None
            await stack.complete(operations, stream, "accept_report", answer, reason=why)
            await stack.until(stream, lambda x: x.state != "REPORTING" or not x.programme.report_digest)
            if returned:
                await page.goto(f"{screens.address}/programmes/{stream}/report")
                await expect(page.locator("main .warning")).to_contain_text("Lampiran belum lengkap.")
        await stack.until(stream, lambda x: x.state == "COMPLETED")
        await page.goto(f"{screens.address}/programmes/{stream}")
        await looked_at(page, script=script)
    assert screens.said == []
