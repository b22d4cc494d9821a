"""Every number of the monitor, of the tasks and of the trends leads to as many rows."""

import html
import re
from urllib.parse import urljoin

import pytest

from tests.api.conftest import Product, submitted
from tests.api.test_monitor_pages import second, shut, verified_by
from tests.api.test_pages import enter
from tests.support.journeys import competent
from tests.support.programmes import ORGANISER, World

LINK = re.compile(r'<a[^>]* href="([^"#]+)"[^>]*>(.*?)</a>', re.S)
ROW = re.compile(r"<tr>.*?</tr>", re.S)


def numbers(page: str, here: str) -> list[tuple[str, int]]:
    """Links whose words are, or end in, a number: where to, and which."""
    found = []
    for to, words in LINK.findall(page):
        plain = re.sub(r"<[^>]+>", " ", words).strip()
        last = re.search(r"(?:^|\s)(\d+)$", plain) or re.match(r"(\d+)\s", plain)
        if last and "/export" not in to and "cursor" not in to:
            found.append((urljoin(here, html.unescape(to)), int(last[1])))
    return found


async def rows_at(product: Product, address: str) -> int:
    page = (await product.client.get(address)).text
    body = re.search(r"<tbody>(.*?)</tbody>", page.partition('id="live-list"')[2], re.S)
    return len(ROW.findall(body[1])) if body else 0


async def filled(product: Product) -> None:
    """Programmes in two stages, one of them stuck for want of people, and an application."""
    world = World()
    world.count = 1000  # no command of one case has the id of another's
    world.send(ORGANISER, world.submission())
    await product.project(world)
    await product.project(verified_by("verifier-2"))
    await product.project(competent())


@pytest.mark.parametrize("path", ["/monitor", "/monitor?what=journeys", "/monitor/tasks"])
async def test_each_number_is_that_of_the_rows_behind_it(product: Product, path: str) -> None:
    await filled(product)
    await shut(product, "verifier")
    await enter(product, "operations")
    page = (await product.client.get(f"{path}{'&' if '?' in path else '?'}columns=stream,tasks,late")).text
    page = page.partition("<main")[2]
    page = page if path == "/monitor/tasks" else page.replace('class="number">', 'class="number">Tahap ')
    found = [(to, n) for to, n in numbers(page, "http://x/monitor") if "/cases/" not in to]
    assert found or path == "/monitor/tasks"
    for to, number in found:
        assert await rows_at(product, to.removeprefix("http://x")) == number, to


async def test_each_number_of_the_trends_is_that_of_the_rows_behind_it(product: Product) -> None:
    await filled(product)
    await enter(product, "operations")
    for what in ("programmes", "journeys"):
        here = f"/monitor/trends?what={what}&weeks=52"
        page = (await product.client.get(here)).text.partition("<main")[2]
        found = [(to, n) for to, n in numbers(page, "http://x/monitor/trends") if "/monitor" in to]
        assert any("opened=" in to for to, _ in found) and any("age=" in to for to, _ in found)
        for to, number in found:
            assert await rows_at(product, to.removeprefix("http://x")) == number, to


async def test_there_and_back_through_the_pages_of_a_list(product: Product) -> None:
    await submitted(product)
    await second(product)
    await enter(product, "operations")

    def shown(page: str) -> list[str]:
        return re.findall(r'<th scope="row"><a href="/cases/([^"]+)"', page)

    def link(page: str, rel: str) -> str | None:
        found = re.search(rf'<a href="([^"]+)" rel="{rel}"', page)
        return "/monitor" + html.unescape(found[1]) if found else None

    first = (await product.client.get("/monitor?limit=1&sort=opened")).text
    assert link(first, "prev") is None
    following = link(first, "next")
    assert following is not None
    last = (await product.client.get(following)).text
    assert link(last, "next") is None
    assert {*shown(first), *shown(last)} == {"programme-1", "programme-2"}
    back = link(last, "prev")
    assert back is not None
    again = (await product.client.get(back)).text
    assert shown(again) == shown(first)
    assert link(again, "next") is not None and link(again, "prev") is None
