"""A candidate's whole way in a browser, on a phone: from the invitation to the certificate."""

import email
import email.policy
import io
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.async_api import Page, expect
from sqlmodel import col, delete, select

from db.people_tables import Account, AccountRole
from domain import commands as c
from domain.roles import Actor
from examples import people
from tests.pages.conftest import Screens, sound
from tests.support.certified import decided_on, issued
from tests.support.eligible import days_on, trained
from tests.support.journeys import PLANS
from tests.support.openings import opened
from tests.support.patience import eventually
from tests.support.stack import Stack
from tests.support.stories import (
    accepted,
    convened,
    decided,
    on,
    points,
    reviewer_named,
    scheduled,
)

PARTS = 5
PASSWORD = "tiga kata rahasia"
WORDS = {
    "id": {
        "go": "Simpan dan lanjutkan",
        "add": "Tambahkan halaman ini",
        "send": "Kirim permohonan",
        "sign": "Tanda tangani",
        "open": "Buka akun",
        "feedback": "Kirim umpan balik ini",
        "sent": "Permohonan Anda terkirim",
        "none": "Sekarang tidak ada yang perlu Anda lakukan",
    },
    "en": {
        "go": "Save and go on",
        "add": "Add this page",
        "send": "Send the application",
        "sign": "Sign",
        "open": "Open the account",
        "feedback": "Give this feedback",
        "sent": "Your application is sent",
        "none": "You need not do anything now",
    },
}


async def press(page: Page, words: str) -> None:
    async with page.expect_navigation():
        await page.locator("main button:visible", has_text=words).first.click()


async def looked_at(page: Page, *, script: bool) -> None:
    if script:  # axe needs scripts
        await page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")
        await sound(page)


def photograph(path: Path, shade: int) -> Path:
    """A page as a phone photographs it; each shade is another one."""
    out = io.BytesIO()
    Image.effect_noise((1200, 1600), shade).convert("RGB").save(out, "JPEG", quality=95)
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize(("width", "lang", "script"), [(390, "id", True), (1280, "en", False)])
async def test_a_candidate_applies_and_follows_the_case_to_the_certificate(
    screens: Screens, tmp_path: Path, width: int, lang: str, script: bool
) -> None:
    stack, say = screens.stack, WORDS[lang]
    who = stack.candidate(1)
    await without_account(stack, people.PEOPLE[0].username)
    stream = await opened(stack, 1)
    path = f"/applications/{stream}"
    link = urlsplit(await eventually(lambda: invitation_in(stack, people.PEOPLE[0].email)))
    context = await screens.browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script
    )
    async with context:
        page = await context.new_page()
        page.on("console", lambda m: screens.said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: screens.said.append(str(e)))

        async def look() -> None:
            await looked_at(page, script=script)

        # From the mail: the account is opened, and the same link opens nothing a second time.
        await page.goto(f"{screens.address}{link.path}?lang={lang}")
        await look()
        await page.fill("#f-username", "calon-baru")
        await page.fill("#f-password", PASSWORD)
        await page.fill("#f-again", "lain sama sekali")
        await press(page, say["open"])
        await expect(page.locator("#f-again-error")).to_be_visible()
        await expect(page.locator("#f-username")).to_have_value("calon-baru")
        await look()
        await page.fill("#f-password", PASSWORD)
        await page.fill("#f-again", PASSWORD)
        await press(page, say["open"])
        await expect(page).to_have_url(re.compile("/applications"))
        used = await page.goto(f"{screens.address}{link.path}")
        assert used is not None
        assert used.status == 404
        await look()
        await page.goto(f"{screens.address}/home")
        await look()
        await page.click(f"main a[href='{path}/apply']")
        await look()
        await expect(page.locator(".tasklist .tag.todo")).to_have_count(PARTS)

        # Nothing typed: the summary has the focus, and what is wrong stands beside the field, too.
        await page.click(f"a[href='{path}/apply/applicant']")
        await press(page, say["go"])
        await expect(page).to_have_title(re.compile("^(Kesalahan|Error): "))
        if script:
            await expect(page.locator(".errors")).to_be_focused()
        await page.fill("#f-part-phone", "0812-0000-0001")
        await press(page, say["go"])
        await expect(page.locator("#f-part-phone")).to_have_value("0812-0000-0001")
        await look()
        await page.fill("#f-part-address", "Jalan Contoh 1, Bandung")
        await press(page, say["go"])

        # Each part is saved by itself: a browser that crashes loses nothing of it.
        await page.goto(f"{screens.address}{path}/apply/applicant")
        await expect(page.locator("#f-part-address")).to_have_value("Jalan Contoh 1, Bandung")
        await press(page, say["go"])
        await page.fill("#f-part-employer", "PT Contoh")
        await page.fill("#f-part-position", "Instruktur")
        await press(page, say["go"])
        await page.select_option("#f-part-purpose", "certification")
        await press(page, say["go"])
        for number in range(3):
            await page.select_option(f"#f-part-units-{number}-result", "K")
            await page.fill(f"#f-part-units-{number}-shown_by", "Rencana asesmen yang saya susun")
        await look()
        await press(page, say["go"])
        await page.check("#f-part-it_declared")
        await press(page, say["go"])
        await expect(page).to_have_url(re.compile(f"{path}/check$"))

        # A document, page by page, with the camera.
        await page.goto(f"{screens.address}{path}/evidence?requirement=diploma")
        await look()
        await press(page, say["add"])
        await expect(page.locator("#f-evidence-photo-error")).to_be_visible()
        for number in (40, 60):
            await page.set_input_files("#f-evidence-photo", photograph(tmp_path / f"{number}.jpg", number))
            await press(page, say["add"])
        await expect(page.locator(".pages li")).to_have_count(3)  # one stood there before
        await page.wait_for_load_state("load")
        assert await page.locator(".pages img").nth(1).evaluate("e => e.naturalWidth") > 0
        await look()

        await page.goto(f"{screens.address}{path}/check")
        await look()
        await press(page, say["send"])
        await expect(page.locator(".errors")).to_contain_text("P-CONSENT")
        await look()
        await page.check("#f-consent_version")
        await press(page, say["send"])
        await expect(page.locator("h1")).to_have_text(say["sent"])
        await look()
        case = await stack.until(stream, lambda x: x.state == "RECEIVED")
        assert case.journey.consent_version == "2026-01"
        assert {form.partition("@")[0] for form in case.journey.forms} == {"FR.APL.01", "FR.APL.02"}

        # The reviewer returns it; the points stand with the parts, and it is sent again.
        await reviewer_named(stack, stream)
        await stack.complete(
            stack.staff("penelaah"),
            stream,
            "review_documents",
            "send_back",
            form=await points(stack, stream),
        )
        await page.goto(f"{screens.address}{path}")
        await look()
        await page.click(".mine a.button")
        await expect(page.locator(".warning")).to_contain_text("Surat belum terbaca.")
        await page.goto(f"{screens.address}{path}/check")
        await page.check("#f-consent_version")
        await press(page, say["send"])
        await stack.until(stream, lambda x: x.state == "DOCUMENT_REVIEW")

        # On the day: FR.AK.01 is signed here, apart from the consent.
        await accepted(stack, stream)
        await trained(stack, stream, who)
        day, master = await days_on(stack, 5), stack.staff("master3")
        await scheduled(stack, stream, master, day)
        await on(stack, day)
        await page.goto(f"{screens.address}{path}")
        await look()
        await page.click(".mine a.button")
        await look()
        await press(page, say["sign"])
        await stack.until(stream, lambda x: who.person in x.journey.signed)
        task = await stack.task(stream, "sign_agreement", person=master.person)
        await stack.send(master, stream, c.CompleteTask(task=task.id, decision="sign"))
        await _assessed(screens, stream, master)
        await page.goto(f"{screens.address}{path}")
        await expect(page.locator(".mine")).to_contain_text(say["none"])
        await expect(page.locator(".results li")).to_have_count(3)
        await look()
        await page.click(f"a[href='{path}/feedback']")
        for question in ("informed", "prepared", "agreed", "heard", "fair", "told"):
            await page.select_option(f"#f-part-{question}", "yes")
        await look()
        await press(page, say["feedback"])
        await expect(page.locator(f"li:has(a[href='{path}/feedback']) .tag.good")).to_be_visible()
        await decided(stack, stream, "decide_competent")
        certificate = await issued(stack, stream, 1)
        await page.goto(f"{screens.address}{path}")
        await expect(page.locator("main")).to_contain_text(certificate.certificate_number)
        await look()
        async with page.expect_download() as download:
            await page.click(f"a[href='/v1/certificates/{certificate.stream}/pdf']")
        printed = await (await download.value).path()
        assert printed.read_bytes().startswith(b"%PDF-")
    assert complaints(screens) == []


def complaints(screens: Screens) -> list[str]:
    """What the console said, without refusals, which Chromium notes as well: the used link is a 404, and so
    are the papers of these stories, which are rows alone."""
    return [m for m in screens.said if "422 (" not in m and "404 (" not in m]


async def without_account(stack: Stack, username: str) -> None:
    """A participant of whom nothing but the roster is known yet."""
    async with stack.db.write() as session:
        account = (await session.exec(select(Account).where(Account.username == username))).one()
        await session.exec(delete(AccountRole).where(col(AccountRole.account) == account.id))
        await session.delete(account)


def invitation_in(stack: Stack, address: str) -> str:
    """The link in the latest mail to that address; empty until there is one."""
    for path in sorted(stack.settings.mail_folder.glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = mail.get_body()
        if address in str(mail["To"]) and body is not None:
            found = re.search(r"https?://\S+/invitation/\S+", str(body.get_content()))
            if found:
                return found[0]
    return ""


async def _assessed(screens: Screens, stream: str, master: Actor) -> None:
    """The assessor begins and files K for every unit; the committee is convened."""
    await screens.stack.complete(master, stream, "begin_assessment", "begin", form=PLANS)
    await convened(screens.stack, stream, master)


@pytest.mark.parametrize(("width", "lang", "script"), [(390, "en", False), (1280, "id", True)])
async def test_a_candidate_who_is_not_yet_competent_reads_why_and_what_can_be_done(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack = screens.stack
    unit = "plan"
    stream = await decided_on(stack, 2, **{unit: "BK"})
    await stack.until(stream, lambda x: x.state == "NOT_YET_COMPETENT")
    async with screens.window(people.PEOPLE[1].username, width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/applications/{stream}")
        await expect(page.locator("blockquote")).to_have_text("Satu unit belum kompeten.")
        await expect(page.locator(".results .tag.late")).to_have_count(1)
        await expect(page.locator("a[href$='requirement=FR.AK.04']")).to_be_visible()
        await looked_at(page, script=script)
    assert complaints(screens) == []


async def test_a_candidate_withdraws_knowing_what_it_means(screens: Screens) -> None:
    stack = screens.stack
    stream = await opened(stack, 3)
    async with screens.window(people.PEOPLE[2].username, width=390) as page:
        await page.goto(f"{screens.address}/applications/{stream}")
        await page.click(f"a[href='/applications/{stream}/withdraw']")
        await looked_at(page, script=True)
        await page.click("main a.quiet")
        await page.click(f"a[href='/applications/{stream}/withdraw']")
        await press(page, "Ya, mengundurkan diri")
        await stack.until(stream, lambda x: x.state == "WITHDRAWN")
        await expect(page.locator(".mine h2")).to_have_text("Permohonan ini sudah berakhir.")
        await looked_at(page, script=True)
    assert complaints(screens) == []
