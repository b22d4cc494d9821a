"""Walk through the pages as each visitor can: from the first page on, by the links that stand in them.

What the pictures of docs/ and the test of every page share. A page that no link leads to is not found, and
that is the point: nobody else finds it either.
"""

from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI
from fastapi.routing import APIRoute
from playwright.async_api import Error, Page, Response

from api.app import api_routes
from web.app import PROGRAMS

LINKS = """els => els.filter(a => !a.hasAttribute('download'))
  .map(a => [a.getAttribute('href'), a.textContent.trim()])"""
FILES = (".csv", ".xlsx", ".pdf", ".ics", ".svg", ".json", ".jsonl", ".png")
LEADS_ON = ("/home",)
"""What shows nothing of its own, but leads to another page."""
VARIANTS = 3
"""So often is one page looked at by one visitor: with other filters, another task, another case."""


ELSEWHERE = {
    "/sign-in": "test_public.py: who walks is through it already",
    "/check/{code:path}": "test_public.py: nobody who is signed in is led there",
    "/_components": "test_components.py: for whoever builds pages, not in production",
    "/invitation/{secret}": "test_candidate.py: its link comes by mail, once",
    "/password/{secret}": "test_administering.py: its link is made by a form, and shown once",
    "/audit/person": "test_auditing.py: a person is asked for by a form, never by an address",
    "/audit/jobs/{job}": "test_auditing.py: a replay or a verification is begun by a form",
    "/audit/documents/{document}": "test_auditing_pages.py: not every demonstration has a document left",
    "/audit/persons/{person}": "test_auditing.py: a person is asked for by a form, never by an address",
    "/monitor/bulk/{bulk}": "test_operations.py: a command for many is begun by a form",
    "/applications/{application}/check": "test_candidate.py: once every part is written",
    "/applications/{application}/sent": "test_candidate.py: once it is sent",
    "/applications/{application}/feedback": "test_candidate.py: once the assessment is held",
    "/attendance/{programme}/{class_id}/check": "test_assessing.py: while a class is held",
    "/decisions/{application}/minutes": "test_deciding.py: once the committee has decided",
    "/programmes/{programme}/roster": "test_organising.py: nothing waits there once it is in order",
    "/programmes/{programme}/classes/{class_id}/check-in": "test_organising.py: while a class runs",
    "/programmes/{programme}/report": "test_organising.py: once every class is over",
}
"""Pages that no link leads the demonstration's visitors to, and which test looks at them."""


@dataclass(frozen=True)
class Stop:
    """One page at which a visitor arrived."""

    route: str
    """Its address as the application declares it, `/tasks/{task}`."""
    visitor: str
    url: str
    """Path and query."""
    answer: Response | None


def page_routes(app: FastAPI) -> list[APIRoute]:
    """Every address that shows a page to a person; of files and programs none."""
    return [
        r
        for r in api_routes(app)
        if "GET" in (r.methods or ())
        and not r.path.startswith(PROGRAMS)
        and not r.path.endswith((*FILES, ".{ending}"))
        and r.path not in LEADS_ON
    ]


def route_of(url: str, routes: Iterable[APIRoute]) -> str:
    """The declared address of that path; empty for none of these."""
    path = urlsplit(url).path
    return next((r.path for r in routes if r.path_regex.match(path)), "")


async def sign_in(page: Page, address: str, visitor: str, password: str, lang: str = "id") -> None:
    """Through the door, as people do."""
    await page.goto(f"{address}/sign-in?lang={lang}")
    await page.fill("#username", visitor)
    await page.fill("#password", password)
    await page.click("main button")
    await page.wait_for_selector("header .who")


async def walk(
    page: Page,
    address: str,
    visitor: str,
    routes: Sequence[APIRoute],
    *,
    begin: str = "",
    variants: int = VARIANTS,
    wanted: Callable[[str], bool] = lambda _route: True,
) -> AsyncIterator[Stop]:
    """Every page that this visitor can reach, each as often as it says; the page stands there meanwhile."""
    ways: deque[str] = deque([begin or _place(page)])
    known = set(ways)
    seen: Counter[str] = Counter()
    told: set[tuple[str, str]] = set()
    while ways:
        url = ways.popleft()
        route = route_of(url, routes)
        if not route or seen[route] >= variants or not wanted(route):
            continue
        try:
            answer = await page.goto(f"{address}{url}")
        except Error as error:
            if "Download is starting" in str(error):
                continue
            raise
        seen[route] += 1
        yield Stop(route, visitor, url, answer)
        for href, text in await page.eval_on_selector_all("a[href]", LINKS):
            there = _inside(href, url)
            # the same words lead to the same kind of page: one of a long list is enough
            kind = (route_of(there, routes), text)
            if there and there not in known and kind not in told:
                known.add(there)
                told.add(kind)
                ways.append(there)


def _place(page: Page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _inside(href: str, here: str) -> str:
    """The address without its fragment, when it is one of ours and no change of language; else empty."""
    parts = urlsplit(href)
    path = parts.path or urlsplit(here).path
    if parts.scheme or parts.netloc or not path.startswith("/") or path.endswith(FILES):
        return ""
    if "lang" in parse_qs(parts.query) or (not parts.path and not parts.query):
        return ""
    return f"{path}?{parts.query}" if parts.query else path
