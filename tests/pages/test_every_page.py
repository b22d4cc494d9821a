"""Every page that anybody can reach by links: sound for WCAG, strict, whole, in both languages and themes."""

import re
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from examples.story.office import DESKS, fill_the_desks
from tests.pages.conftest import Screens, sound
from tools.cli.first_filling import newcomers
from tools.cli.ledger import sealed
from tools.walking import ELSEWHERE, Stop, page_routes, sign_in, walk
from web.app import create_app

DIFFERS = ("/cases/{stream}", "/tasks/{task}", "/inbox")
"""What shows each hat something else: looked at for every visitor, other pages for the first who comes."""


async def test_every_page_is_sound_for_whoever_can_reach_it(screens: Screens, tmp_path: Path) -> None:
    stack = screens.stack
    accounts = await newcomers(stack.db, stack.vault, stack.settings)
    await fill_the_desks(screens.address, accounts, lambda _line: None, tmp_path)
    await sealed(stack.settings, stack.db)
    routes = page_routes(create_app(stack.settings))
    for width, lang, scheme in ((390, "en", "dark"), (1280, "id", "light")):
        looked_at: set[str] = set()
        for visitor, *_ in DESKS:
            size: Any = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
            context = await screens.browser.new_context(**size)
            page = await context.new_page()
            said = complaints(page)
            await sign_in(page, screens.address, visitor, accounts[visitor], lang)
            async for stop in walk(page, screens.address, visitor, routes, variants=2):
                await whole(page, stop, lang)
                if stop.route in DIFFERS or stop.route not in looked_at:
                    await sound(page)
                looked_at.add(stop.route)
                assert said == [], stop
            await context.close()
        assert {r.path for r in routes} - looked_at - set(ELSEWHERE) == set()


def complaints(page: Page) -> list[str]:
    """What this window's console will complain of."""
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: said.append(str(e)))
    return said


async def whole(page: Page, stop: Stop, lang: str) -> None:
    """It came, strict about scripts, in the language asked for, and nothing of the machine shows through."""
    assert stop.answer is not None and stop.answer.status == 200, stop
    policy = stop.answer.headers.get("content-security-policy", "")
    assert "default-src 'none'" in policy or "default-src 'self'" in policy, stop
    assert "unsafe" not in policy, stop
    assert await page.get_attribute("html", "lang") == lang, stop
    assert await page.locator("[style], script:not([src])").count() == 0, stop
    text = await page.inner_text("body")
    nothing = "None|undefined" if lang == "id" else "undefined"  # in English "None" is a word
    assert not re.search(rf"\b({nothing})\b|{{{{|}}}}|<[A-Z]\w+ object", text), stop
