"""Looking at every page of the application as everybody: how much each weighs, and what it asks the database.

Pages come from the application's own routes, so that a new one is looked at by itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

from sqlalchemy import Engine, event

from api.app import api_routes
from tests.api.conftest import Product
from tests.api.test_pages import enter
from web.app import PROGRAMS

_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that is run meanwhile, in whatever transaction."""
    found: list[str] = []

    def hear(_connection: Any, _cursor: Any, sql: str, _values: Any, _context: Any, _many: bool) -> None:
        found.append(sql)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@dataclass(frozen=True)
class Look:
    """One page as one person saw it."""

    who: str
    route: str
    which: int
    """Which of the route's addresses it is."""
    address: str
    statements: tuple[str, ...]
    bytes: int
    """Of the page with its style sheets and scripts, as they are before they are compressed."""


def routes(product: Product) -> list[str]:
    """The templates of all addresses that people open."""
    return sorted(
        route.path
        for route in api_routes(product.app)
        if "GET" in (route.methods or ()) and not route.path.startswith(PROGRAMS)
    )


def addresses(route: str, known: Mapping[str, Sequence[str]]) -> list[str]:
    """The route's addresses with what is known in the place of each parameter."""
    names = _PARAMETER.findall(route)
    return [
        _PARAMETER.sub("{}", route).format(*values)
        for values in combinations(*(known.get(name, ()) for name in names))
    ]


async def look(product: Product, people: Sequence[str], known: Mapping[str, Sequence[str]]) -> list[Look]:
    """Every page that these people can open, with what is known of ids."""
    found = []
    for who in people:
        product.client.cookies.clear()
        await enter(product, who)
        for route in routes(product):
            for which, address in enumerate(addresses(route, known)):
                seen = await _look(product, who, route, which, address)
                if seen is not None:
                    found.append(seen)
    return found


async def _look(product: Product, who: str, route: str, which: int, address: str) -> Look | None:
    product.runtime.pulse = None  # what is kept for a second would be read by the first page alone
    product.runtime.checked = None
    with statements() as asked:
        page = await product.client.get(address)
    if page.status_code != 200 or not page.headers["content-type"].startswith("text/html"):
        assert page.status_code < 500, f"{who} at {address}: {page.status_code}"
        return None
    files = set(_FILES.findall(page.text))
    sizes = [len((await product.client.get(name)).content) for name in sorted(files)]
    return Look(who, route, which, address, tuple(asked), len(page.content) + sum(sizes))
