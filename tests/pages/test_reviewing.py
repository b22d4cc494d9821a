"""A reviewer's day in a browser: the next task, the evidence beside its requirement, points that go back,
what came back changed, a decision by somebody else, and a candidate's documents."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect
from sqlmodel import select

from db import identity
from db.identity import Hat
from db.people_tables import Account
from domain import commands as c
from domain.events import digest
from domain.roles import Role
from examples import organisations
from tests.pages.conftest import Screens, sound
from tests.support.evidence import handed_in, jpeg, pdf
from tests.support.openings import opened as opened_journey
from tests.support.stack import Stack
from tests.support.stories import application, reviewer_named

DAYS = [(1280, "id", True), (390, "en", False)]
WORDS = {
    "id": {
        "next": "Ambil tugas paling mendesak",
        "back": "Kembalikan untuk diperbaiki",
        "draft": "Simpan draf",
        "recommend": "Rekomendasikan",
        "approve": "Setujui",
        "accept": "Terima",
        "phrase": "Simpan tulisan terakhir",
        "put": "Sisipkan",
    },
    "en": {
        "next": "Take the most urgent one",
        "back": "Send back for correction",
        "draft": "Keep as a draft",
        "recommend": "Recommend",
        "approve": "Approve",
        "accept": "Accept",
        "phrase": "Keep what I wrote last",
        "put": "Put it in",
    },
}
POINT = "Surat rekomendasi belum bertanggal."


async def looked_at(page: Page, *, script: bool) -> None:
    """Everything of the page, what is folded away too, is sound."""
    if script:  # axe needs scripts
        await page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")
        await sound(page)


async def opened(page: Page, summary: str) -> None:
    """Open the part behind this summary, if it is closed."""
    part = page.locator("details.choice").filter(has=page.locator("summary", has_text=summary)).first
    if await part.get_attribute("open") is None:
        await part.locator("> summary").click()


async def press(page: Page, within: str, words: str) -> None:
    """Press a button of that part and wait for the page that comes."""
    async with page.expect_navigation():
        await page.locator(f"{within} button:visible", has_text=words).first.click()


async def drawn(page: Page) -> tuple[int, int]:
    """Width and height of the page of the document that is shown, once it is there."""
    image = page.locator("#viewer img")
    await expect(image).to_be_visible()
    for _ in range(200):
        size = await image.evaluate("i => i.complete ? [i.naturalWidth, i.naturalHeight] : [0, 0]")
        if size[0]:
            return size[0], size[1]
        await page.wait_for_timeout(50)
    raise AssertionError("the document never came")


async def turned(page: Page, tool: str) -> tuple[int, int]:
    """Use one of the viewer's tools; what is then shown."""
    before = await page.locator("#viewer img").get_attribute("src")
    await page.click(f"#viewer a[data-tool={tool}]")
    await expect(page.locator("#viewer img")).not_to_have_attribute("src", before or "")
    return await drawn(page)


async def request_of(stack: Stack, numbers: list[int]) -> tuple[str, c.SubmitProgramme]:
    """A request at BNSP with papers that can be looked at."""
    request = await stack.submission(numbers)
    stream = request.programme
    for number in numbers:
        person = stack.candidate(number).person
        await handed_in(stack, stream, person, "diploma", pdf(f"Ijazah {number}", "Transkrip"))
        await handed_in(stack, stream, person, "technical_certificate", jpeg(f"Sertifikat {number}"))
    await stack.send(stack.staff("penyelenggara"), stream, request)
    await stack.until(stream, lambda x: all(s.pair_taken for s in x.seats.values()))
    return stream, request


async def corrected(stack: Stack, stream: str, request: c.SubmitProgramme) -> None:
    """The organiser takes one participant out, brings a new diploma, and sends it again."""
    await handed_in(stack, stream, request.seats[0].person, "diploma", pdf("Ijazah yang diperbarui"))
    (class_,) = request.classes
    form = c.ResubmitProgrammeForm(
        classes=(class_.model_copy(update={"venue": "TUK-2"}),),
        seats=request.seats[:-1],
        masters=request.masters,
        request_digest=digest("corrected"),
    )
    await stack.complete(stack.staff("penyelenggara"), stream, "correct_programme", "resubmit", form=form)


@pytest.mark.parametrize(("width", "lang", "script"), DAYS)
async def test_a_verifier_looks_sends_back_and_sees_what_came_back_changed(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack, say = screens.stack, WORDS[lang]
    stream, request = await request_of(stack, [1, 2, 4])
    task = (await stack.task(stream, "verify_programme")).id

    async with screens.window("verifikator", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/inbox?view=groups")
        await expect(page.locator(f'a[href^="/tasks/{task}"]')).to_be_visible()
        await looked_at(page, script=script)
        await press(page, "main", say["next"])
        await page.wait_for_url(f"**/tasks/{task}*")
        await stack.until(stream, lambda x: x.tasks[task].state == "CLAIMED")
        await looked_at(page, script=script)
        # a participant, the diploma beside R-Q3: turned, magnified, its next page
        await page.click(f'.subjects a[href*="subject={request.seats[1].id}"]')
        await expect(page.locator(".subjects [aria-current]")).to_contain_text("Ayu Lestari")
        await page.locator(".files a", has_text="Ijazah" if lang == "id" else "Diploma").first.click()
        await expect(page.locator("#viewer figcaption")).to_contain_text("2")
        upright = await drawn(page)
        assert upright[1] > upright[0]
        across = await turned(page, "right")
        assert across[0] > across[1]
        closer = await turned(page, "in")
        assert closer[0] > across[0]
        await turned(page, "forth")
        assert "page=2" in page.url
        await looked_at(page, script=script)

        form = page.locator("form:has(input[value=send_back])")
        await opened(page, say["back"])
        await press(page, "form:has(input[value=send_back])", say["back"])
        await expect(page.locator(".errors")).to_be_visible()
        await looked_at(page, script=script)
        await form.locator("textarea").first.fill(POINT)
        if script:
            await expect(form.locator("[data-draft-state]")).not_to_be_empty()
        else:
            await press(page, "form:has(input[value=send_back])", say["draft"])

    # the browser is gone; another one has what was typed
    async with screens.window("verifikator", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/tasks/{task}")
        form = page.locator("form:has(input[value=send_back])")
        await expect(form.locator("textarea").first).to_have_value(POINT)
        assert await page.locator("form:has(input[value=reject]) textarea").first.input_value() == ""
        await press(page, "form:has(input[value=send_back])", say["phrase"])
        await expect(form.locator("select[name=phrase] option")).to_have_count(1)
        if script:
            await form.locator("textarea").nth(1).focus()
            await form.locator("[data-insert]").click()
        else:
            await press(page, "form:has(input[value=send_back])", say["put"])
        await expect(form.locator("textarea").nth(1)).to_have_value(POINT)
        await form.locator("textarea").nth(1).fill("Surat tugas panitia belum ada.")
        await looked_at(page, script=script)
        await press(page, "form:has(input[value=send_back])", say["back"])
        case = await stack.until(stream, lambda x: x.tasks[task].state == "COMPLETED")
        assert case.tasks[task].decision == "send_back"
        assert len((await stack.task(stream, "correct_programme")).points) == 2
        await expect(page.locator(".done").first).to_contain_text(say["back"])

        await corrected(stack, stream, request)
        again = (await stack.task(stream, "verify_programme")).id
        kept = [s.id for s in request.seats[:-1]]
        await stack.until(stream, lambda x: all(x.seats[id_].pair_taken for id_ in kept))
        await page.goto(f"{screens.address}/tasks/{again}?view=groups")
        changed = page.locator("#changes")
        await expect(changed).to_contain_text("TUK-2")
        await expect(changed.locator("tr.removed")).to_contain_text("Citra Maharani")
        await expect(changed.locator(".replaced")).to_have_count(1)
        await expect(changed).to_contain_text(POINT)
        await looked_at(page, script=script)
    await stack.send(stack.staff("verifikator"), stream, c.VerifySeats(seats=tuple(kept)))
    async with screens.window("verifikator", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/tasks/{again}")
        await opened(page, say["recommend"])
        await press(page, "form:has(input[value=recommend])", say["recommend"])
        await stack.until(stream, lambda x: x.state == "AWAITING_APPROVAL")
    await decided_by_another(screens, stream, width=width, lang=lang, script=script)
    # the refusals of this story are answers that Chromium notes as well
    assert [m for m in screens.said if "409 (" not in m and "422 (" not in m and "403 (" not in m] == []


async def decided_by_another(screens: Screens, stream: str, *, width: int, lang: str, script: bool) -> None:
    """Who verified cannot approve, and is told by which rule; the approver is asked once more, and does."""
    stack, say = screens.stack, WORDS[lang]
    task = (await stack.task(stream, "approve_programme")).id
    verifier = stack.staff("verifikator")
    async with stack.db.write() as session:
        accounts = await session.exec(select(Account.id).where(Account.person == verifier.person))
        await identity.grant(
            session, accounts.one(), Hat(Role.APPROVER), by=stack.staff("petugas"), at=datetime.now(UTC)
        )
    async with screens.window("verifikator", width=width, lang=lang, script=script) as page:
        await page.select_option("#hat", "approver:")
        async with page.expect_navigation():
            await page.click(".who form button >> nth=0")
        await page.goto(f"{screens.address}/tasks/{task}?view=groups")
        await expect(page.locator("section.warning")).to_contain_text("R-SOD")
        await expect(page.locator("#decide")).to_have_count(0)
        await looked_at(page, script=script)
    async with screens.window("penyetuju", width=width, lang=lang, script=script) as page:
        await page.goto(f"{screens.address}/inbox?view=groups")
        await press(page, "main", say["next"])
        await expect(page.locator("#who")).to_contain_text("Hendra Lesmana")
        await looked_at(page, script=script)
        form = "form:has(input[name=decision][value=approve])"
        await opened(page, say["approve"])
        await press(page, form, say["approve"])
        await expect(page.locator(f"{form} .warning")).to_be_visible()
        assert (await stack.case(stream)).state == "AWAITING_APPROVAL"
        await looked_at(page, script=script)
        await press(page, form, say["approve"])
        await stack.until(stream, lambda x: x.state == "PREPARATION")


@pytest.mark.parametrize(("width", "lang", "script"), DAYS)
async def test_a_reviewer_looks_at_a_candidates_documents_and_accepts(
    screens: Screens, width: int, lang: str, script: bool
) -> None:
    stack, say = screens.stack, WORDS[lang]
    stream = await opened_journey(stack, 1)
    candidate = stack.candidate(1)
    await handed_in(stack, stream, candidate.person, "diploma", pdf("Ijazah"))
    await stack.complete(candidate, stream, "submit_application", "submit", form=application())
    await reviewer_named(stack, stream)
    await stack.until(stream, lambda x: all(e.state == "ANSWERED" for e in x.errands.values()))
    task = (await stack.task(stream, "review_documents")).id
    async with screens.window("penelaah", width=width, lang=lang, script=script) as page:
        await page.click(f'a[href="/tasks/{task}"]')
        await expect(page.locator(".requirement", has_text="R-Q3").locator(".outcome").first).to_be_visible()
        await looked_at(page, script=script)
        await page.locator("#comment-f-text").fill("Ijazah sudah dicocokkan.")
        await press(page, "#comments", "")
        await expect(page.locator(".comment")).to_contain_text("Yusuf Hamdani")
        await opened(page, say["accept"])
        await press(page, "form:has(input[value=accept])", say["accept"])
        await stack.until(stream, lambda x: x.tasks[task].decision == "accept")
        await expect(page.locator(".done").first).to_be_visible()
        await looked_at(page, script=script)
    assert screens.said == []


async def test_two_verifiers_who_press_at_once_get_two_tasks_and_keys_are_at_hand(screens: Screens) -> None:
    stack = screens.stack
    for numbers in ([1, 2, 4], [6, 8, 10]):
        await request_of(stack, numbers)
    second = replace(organisations.STAFF[1], username="verifikator")  # the same person in two windows
    async with screens.window(second.username) as one, screens.window(second.username) as other:
        for page in (one, other):
            await page.goto(f"{screens.address}/inbox?view=groups")
        await asyncio.gather(*(press(page, "main", WORDS["id"]["next"]) for page in (one, other)))
        taken = {page.url.partition("?")[0] for page in (one, other)}
        assert len(taken) == 2, taken
        # by keys alone: the list of help, the next task of the list, and nothing while one types
        await one.goto(f"{screens.address}/inbox")
        await one.keyboard.press("?")
        await expect(one.locator("#keys")).to_be_visible()
        await one.keyboard.press("Escape")
        await one.keyboard.press("j")
        await one.keyboard.press("j")
        async with one.expect_navigation():
            await one.keyboard.press("Enter")
        assert "/tasks/" in one.url
        await one.locator("#comment-f-text").press("j")
        await expect(one.locator("#comment-f-text")).to_have_value("j")
        await one.keyboard.press("Escape")
        await one.locator("h1").click()
        await one.keyboard.press("?")
        await one.uncheck("[data-keys-on]")
        await one.keyboard.press("Escape")
        await one.keyboard.press("?")
        await expect(one.locator("#keys")).to_be_hidden()
    assert uuid.UUID(taken.pop().rpartition("/")[2])
    assert screens.said == []
