"""A page asks the database as often for many rows as for few."""

from collections import Counter

import pytest

from tests.api.conftest import Product
from tests.api.everything import PEOPLE, cases, people
from tests.support.looking import Look, look

LISTS = {
    "/inbox",
    "/monitor",
    "/monitor/tasks",
    "/audit",
    "/audit/streams",
    "/audit/streams/{stream}",
    "/audit/persons/{person}",
    "/audit/organisations/{organisation}",
    "/programmes",
    "/applications",
    "/cases/{stream}",
    "/tasks/{task}",
}
"""Pages that must be among those that were looked at: a test that sees nothing proves nothing."""


EACH = {"/applications"}
"""Pages that ask for each of their rows, which are few by their nature: a person's applications."""


def by_page(looks: list[Look]) -> dict[tuple[str, str, int], Look]:
    return {(one.who, one.route, one.which): one for one in looks}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_page_asks_as_often_for_many_rows_as_for_few(product: Product) -> None:
    await people(product)
    known = await cases(product, "small", seats=2, others=1)
    await look(product, PEOPLE, known)  # what a process learns once is not asked of a page
    few = by_page(await look(product, PEOPLE, known))
    many = by_page(await look(product, PEOPLE, await cases(product, "large", seats=22, others=12)))
    assert {route for _, route, _ in few} >= LISTS
    assert few.keys() == many.keys()
    grew = [
        f"{one.who} at {one.address}: {len(few[page].statements)} -> {len(one.statements)}, {most(one)}"
        for page, one in many.items()
        if len(one.statements) > len(few[page].statements) and one.route not in EACH
    ]
    assert not grew, "\n".join(grew)


def most(one: Look) -> str:
    """The statement that is run most often."""
    sql, times = Counter(one.statements).most_common(1)[0]
    return f"{times} x {sql[:200]}"
