"""A stranger with a certificate in hand, on a cheap phone: the QR, the typed code, and what they answer."""

import re
from urllib.parse import urlsplit

import pytest
import segno
from playwright.async_api import Page, expect
from sqlmodel import col, update

from api.limits import Brake
from api.routers import certificates
from db.tables import CertificateRow
from examples import people
from tests.pages.conftest import Screens, sound
from tests.support.certified import decided_on, issued

WEIGHT = 30_000
"""Bytes of a whole answer: the page, its styles and its picture."""
WORDS = {
    "id": {
        "valid": "Berlaku",
        "expired": "Kedaluwarsa",
        "suspended": "Dibekukan",
        "revoked": "Dicabut",
        "unknown": "Tidak dikenal",
        "wait": "Tunggu",
        "differs": "tidak sesuai dengan buku besar",
    },
    "en": {
        "valid": "Valid",
        "expired": "Expired",
        "suspended": "Suspended",
        "revoked": "Revoked",
        "unknown": "Unknown",
        "wait": "Wait",
        "differs": "does not agree with the ledger",
    },
}


async def answer(page: Page) -> str:
    """The big answer, without its shape."""
    return (await page.locator(".verdict").inner_text()).split("\n")[-1].strip(" ✓⏱⏸✕?…")


async def looked_at(page: Page, *, script: bool) -> None:
    if script:  # axe needs scripts
        await sound(page)


@pytest.mark.parametrize(("width", "lang", "script"), [(390, "id", True), (1280, "en", False)])
async def test_a_stranger_checks_a_certificate(
    screens: Screens, monkeypatch: pytest.MonkeyPatch, width: int, lang: str, script: bool
) -> None:
    stack, say = screens.stack, WORDS[lang]
    row = await issued(stack, await decided_on(stack, 1), 1)
    holder = people.PEOPLE[0]
    context = await screens.browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script
    )
    page = await context.new_page()
    page.on("console", lambda m: screens.said.append(m.text) if m.type in ("error", "warning") else None)
    try:
        weight: list[int] = []
        page.on("response", lambda r: weight.append(int(r.headers.get("content-length", 0))))

        # From the front by typing, with small letters, spaces and the lookalike O.
        await page.goto(f"{screens.address}/?lang={lang}")
        await looked_at(page, script=script)
        code = row.check_code
        typed = f" {code[:8].lower()} {code[8:16]}-{code[16:].replace('0', 'O').replace('1', 'l')} "
        await page.fill("#code", typed)
        weight.clear()
        await page.click("main form button")
        await page.wait_for_url(f"**/check/{code}")
        assert await answer(page) == say["valid"]
        assert sum(weight) < WEIGHT, weight
        facts = await page.locator("main").inner_text()
        for shown in (holder.name, row.certificate_number, row.registration_number, "WIB"):
            assert shown in facts
        for hidden in (holder.nik, holder.nik[-4:], holder.email):
            assert hidden not in await page.content()
        assert "utuh" in facts or "whole" in facts  # the chain of the real certificate holds
        await looked_at(page, script=script)

        # The QR is the one that is printed, and it is scanned to this address.
        printed = await page.locator(".where a").get_attribute("href")
        assert printed is not None
        assert urlsplit(printed).path == f"/check/{code}"
        drawn = await page.locator(".where svg").evaluate("e => e.outerHTML")
        path = re.search(r' d="([^"]+)"', segno.make(printed, error="m").svg_inline(border=4))
        assert path is not None
        assert path[1] in drawn
        await page.emulate_media(media="print")
        await expect(page.locator(".where svg")).to_be_visible()
        await expect(page.locator(".verdict")).to_be_visible()
        await expect(page.locator("main form")).to_be_hidden()
        await page.emulate_media(media="screen")

        # The same address for a program.
        told = await context.request.get(
            f"{screens.address}/check/{code}", headers={"Accept": "application/json"}
        )
        body = await told.json()
        assert (body["verdict"], body["name"], body["checked"]["ledger"]) == ("valid", holder.name, "holds")

        # A state that was written past the ledger is shown, and said to be so.
        for state, verdict in (("SUSPENDED", "suspended"), ("REVOKED", "revoked"), ("EXPIRED", "expired")):
            async with stack.db.write() as session:
                await session.exec(
                    update(CertificateRow).where(col(CertificateRow.stream) == row.stream).values(state=state)
                )
            await page.goto(f"{screens.address}/check/{code}")
            assert await answer(page) == say[verdict]
            await expect(page.locator("[role=alert]")).to_contain_text(say["differs"])
            await looked_at(page, script=script)

        # Unknown and malformed read alike, but for what was typed.
        texts = set()
        for wrong in ("Z" * 26, "lain"):
            await page.goto(f"{screens.address}/check/{wrong}")
            assert await answer(page) == say["unknown"]
            texts.add(await page.locator("main").inner_text())
            await looked_at(page, script=script)
        assert len(texts) == 1

        monkeypatch.setattr(certificates, "CHECK_BRAKE", Brake(burst=1, every=90))
        await page.goto(f"{screens.address}/check/{code}")
        limited = await page.goto(f"{screens.address}/check/{code}")
        assert limited is not None
        assert (limited.status, limited.headers["retry-after"]) == (429, "90")
        await expect(page.locator("main")).to_contain_text(say["wait"])
        await looked_at(page, script=script)
        for address in ("/status", "/docs", "/sign-in"):
            await page.goto(f"{screens.address}{address}")
            await looked_at(page, script=script)
        await page.goto(f"{screens.address}/")
    finally:
        await context.close()
    # unknown codes and the limit are answers that Chromium notes as well
    assert [m for m in screens.said if "404 (" not in m and "429 (" not in m] == []
