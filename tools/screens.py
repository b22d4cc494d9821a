"""Photograph the pages of the demonstration: `make screens` writes docs/screens/ again where it is stale.

    python tools/screens.py [--all]

A page is stale when its template changed since it was photographed (docs/screens/screens.json keeps the
digest that each picture was made from); `--all` takes every picture again, as after a change of the look.
"""

import argparse
import asyncio
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 (after the path is set: the project is not a package)
from fastapi import FastAPI  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.async_api import Browser, Page, async_playwright  # noqa: E402

from examples.actors import Actor  # noqa: E402
from examples.demonstration import run  # noqa: E402
from examples.story.office import DESKS, fill_the_desks  # noqa: E402
from settings import load  # noqa: E402
from tools.browser import browser as chromium  # noqa: E402
from tools.cli.console import Out  # noqa: E402
from tools.cli.demo import emptied, overrides  # noqa: E402
from tools.cli.shape import for_demonstration, for_visitors  # noqa: E402
from tools.cli.stack import Stack, stack  # noqa: E402
from tools.walking import ELSEWHERE, page_routes, sign_in, walk  # noqa: E402
from web.app import create_app  # noqa: E402

FOLDER = ROOT / "docs" / "screens"
INDEX = FOLDER / "screens.json"
WIDTHS = (1280, 390)
TALL = 2400
"""Pictures end here (CSS pixels): a long list says no more below."""
COLOURS = 64
TEMPLATES = ROOT / "web" / "templates"
COMMON = {"layout.html", "components.html"}
DIFFERS = ("/cases/{stream}", "/tasks/{task}", "/inbox")
"""What shows each hat something else has a picture for each."""


def name_of(route: str) -> str:
    """The picture's name: `/tasks/{task}` is `tasks-task`."""
    return re.sub(r":\w+|[{}]", "", route.strip("/")).replace("/", "-") or "front"


def digest_of(endpoint: Any) -> str:
    """What a page's picture was made from: the templates that its module names, and what these bring in.
    The common look is not counted: it changes every picture, and `--all` takes them."""
    names = _quoted(Path(sys.modules[endpoint.__module__].__file__ or ""))
    while more := {n for name in names for n in _quoted(TEMPLATES / name)} - names:
        names |= more
    whole = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in sorted(names))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _quoted(file: Path) -> set[str]:
    found = re.findall(r'"(\w+\.html)"', file.read_text(encoding="utf-8"))
    return {name for name in found if name not in COMMON and (TEMPLATES / name).exists()}


def wanted_digests(app: FastAPI) -> dict[str, str]:
    """route → the digest that its picture must have been made from."""
    return {r.path: digest_of(r.endpoint) for r in page_routes(app)}


def stale(app: FastAPI) -> list[str]:
    """Routes of pages that have no picture and could have one, or one of before their template changed."""
    kept = json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else {}
    wanted = wanted_digests(app).items()
    return sorted(
        r
        for r, digest in wanted
        if kept.get(r, {}).get("digest") != digest and (r in kept or r not in ELSEWHERE)
    )


# ---- taking them ---------------------------------------------------------------------------------------


async def photograph(running: Stack, accounts: dict[str, str], routes: set[str], app: FastAPI) -> list[str]:
    """Take the pictures of these routes; gives the routes at which nobody arrived."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    digests = wanted_digests(app)
    taken: dict[str, dict[str, Any]] = {}
    bare: set[str] = set()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for width in WIDTHS:
            async for route, who, page in _stops(browser, running.url, accounts, width, app):
                name = f"{name_of(route)}{f'-{who}' if route in DIFFERS else ''}-{width}.png"
                entry = taken.setdefault(route, {"digest": digests[route], "pictures": []})
                if route not in routes or (name in entry["pictures"] and name not in bare):
                    continue
                # a list that is empty is photographed only where no other one is found
                empty = await page.locator("main .empty").count() > 0
                if name in bare and empty:
                    continue
                (FOLDER / name).write_bytes(await _picture(page))
                entry["title"] = (await page.title()).removesuffix(" – Asesor")
                if name not in entry["pictures"]:
                    entry["pictures"].append(name)
                (bare.add if empty else bare.discard)(name)
        await browser.close()
    kept = json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else {}
    _keep(
        {r: taken[r] if r in routes and r in taken else kept[r] for r in digests if r in taken or r in kept}
    )
    return sorted(routes - taken.keys() - ELSEWHERE.keys())


def _keep(index: dict[str, Any]) -> None:
    """Write the index and the gallery; pictures that neither names go."""
    INDEX.write_text(json.dumps(index, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    (FOLDER / "README.md").write_text(gallery(index), encoding="utf-8")
    named = {name for entry in index.values() for name in entry["pictures"]}
    for picture in FOLDER.glob("*.png"):
        if picture.name not in named:
            picture.unlink()


async def _stops(
    browser: Browser, address: str, accounts: dict[str, str], width: int, app: FastAPI
) -> AsyncIterator[tuple[str, str, Page]]:
    """Every page as a stranger and as each visitor of the demonstration sees it."""
    routes = page_routes(app)
    size: Any = {"width": width, "height": 900}
    stranger = await browser.new_context(viewport=size)
    page = await stranger.new_page()
    for route, path in (
        ("/", "/"),
        ("/sign-in", "/sign-in"),
        ("/check/{code:path}", f"/check/{await _code(address, accounts)}"),
    ):
        await page.goto(f"{address}{path}")
        yield route, "", page
    await stranger.close()
    for visitor, *_ in DESKS:
        context = await browser.new_context(viewport=size)
        page = await context.new_page()
        await sign_in(page, address, visitor, accounts[visitor])
        if visitor == "petugas":
            await page.goto(f"{address}/_components")
            yield "/_components", visitor, page
            await page.goto(f"{address}/home")
        async for stop in walk(page, address, visitor, routes, variants=3):
            yield stop.route, visitor, page
        await context.close()


async def _code(address: str, accounts: dict[str, str]) -> str:
    """The check code of one of the demonstration's certificates."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        petugas = Actor(http, "petugas", accounts["petugas"])
        found = await petugas.get("/v1/certificates", limit=1)
    return str(found["items"][0]["check_code"])


async def _picture(page: Page) -> bytes:
    height = await page.evaluate("document.documentElement.scrollHeight")
    width = (page.viewport_size or {"width": WIDTHS[0]})["width"]
    shot = await page.screenshot(
        full_page=True, clip={"x": 0, "y": 0, "width": width, "height": min(height, TALL)}
    )
    out = BytesIO()
    Image.open(BytesIO(shot)).convert("RGB").quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def gallery(index: dict[str, Any]) -> str:
    """docs/screens/README.md: every page with its pictures."""
    parts = [
        "# Every page\n\nPhotographed from the demonstration (invented people, simulated time) by "
        "`make screens`; a test fails when a page's template changed after its picture was taken.\n"
    ]
    for route, entry in sorted(index.items()):
        shots = " ".join(f"[{n.removesuffix('.png')}]({n})" for n in entry["pictures"])
        parts.append(f"- `{route}` {entry['title']}: {shots}\n")
    return "\n".join((parts[0], "".join(parts[1:])))


async def _run(*, everything: bool) -> int:
    app = create_app()
    routes = set(wanted_digests(app)) if everything else set(stale(app))
    if not routes:
        return 0
    out = Out()
    own = overrides(load(), resume=False) | {"var_dir": load().var_dir / "screens"}
    async with stack(own, out, for_demonstration, empty=emptied) as running:
        with tempfile.TemporaryDirectory(prefix="asesor-layar-") as folder:
            await run(running.url, running.accounts, out.say, Path(folder) / "certificates")
            accounts = await for_visitors(running.settings)
            await fill_the_desks(running.url, accounts, out.say, Path(folder))
        never = await photograph(running, accounts, routes, app)
    for route in never:
        out.say(f"tidak tercapai – nobody arrived at {route}")
    return 1 if never else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every picture, stale or not")
    return asyncio.run(_run(everything=parser.parse_args().all))


if __name__ == "__main__":
    sys.exit(main())
