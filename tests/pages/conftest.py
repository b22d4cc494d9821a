"""A real Chromium in front of the real product: pages, API, worker and Temporal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.stack import Stack
from tools.browser import browser as chromium
from tools.cli import accounts_file
from tools.cli.first_filling import accounts
from web.app import create_app

ALONE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Chromium asks nobody on the network but the product."""


@dataclass
class Screens:
    """The product at an address, and a browser to look at it."""

    stack: Stack
    browser: Browser
    address: str
    passwords: dict[str, str]
    said: list[str] = field(default_factory=list)
    """What the browser's console complained of."""

    @contextlib.asynccontextmanager
    async def window(
        self, username: str, *, width: int = 1280, lang: str = "id", script: bool = True
    ) -> AsyncIterator[Page]:
        """A signed-in window of somebody of the staff."""
        context: BrowserContext = await self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script
        )
        try:
            page = await context.new_page()
            page.on("console", lambda m: self.said.append(m.text) if m.type in ("error", "warning") else None)
            page.on("pageerror", lambda e: self.said.append(str(e)))
            await page.goto(f"{self.address}/sign-in?lang={lang}")
            await page.fill("#username", username)
            await page.fill("#password", self.passwords[username])
            await page.click("main button")
            await page.wait_for_selector("header .who")
            yield page
        finally:
            await context.close()


async def sound(page: Page) -> None:
    """No violation of WCAG that axe can see, and a title and one heading of the page's own."""
    found = await Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    )
    assert not found.response["violations"], found.generate_report()
    assert await page.locator("h1").count() == 1
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{page.url} is {width} px wider than its window"


@pytest.fixture
async def screens(stack: Stack) -> AsyncIterator[Screens]:
    """The pages of a product whose staff can sign in."""
    passwords = accounts_file.read(accounts(stack.settings))
    app = create_app(stack.settings)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(30):
        while not server.started:  # uvicorn has no event for it
            await asyncio.sleep(0.05)
        await app.state.runtime.warm()
    port = server.servers[0].sockets[0].getsockname()[1]
    async with async_playwright() as playwright:
        window = await playwright.chromium.launch(executable_path=chromium(), args=ALONE)
        try:
            yield Screens(stack, window, f"http://127.0.0.1:{port}", passwords)
        finally:
            await window.close()
            server.should_exit = True
            await serving
