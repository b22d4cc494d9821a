"""What a page weighs, and what of it is fetched once."""

import re

import pytest

from tests.api.conftest import Product
from tests.api.everything import PEOPLE, cases, people
from tests.api.test_pages import enter
from tests.support.looking import look
from web.api_list import operations

HEAVIEST = 150_000
"""Bytes of a page with its style sheets and scripts, uncompressed; without evidence."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_page_is_heavy(product: Product) -> None:
    await people(product)
    looks = await look(product, PEOPLE, await cases(product, "large", seats=22, others=30))
    assert len({one.route for one in looks}) > 30
    for group in operations(product.app.openapi()):
        page = await product.client.get("/docs", params={"group": group})
        assert len(page.content) < HEAVIEST - 10_000, group
    heavy = {f"{one.who} {one.address}": one.bytes for one in looks if one.bytes >= HEAVIEST}
    assert heavy == {}


async def test_a_file_is_fetched_once_and_kept(product: Product) -> None:
    page = (await product.client.get("/sign-in")).text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert files
    for file in files:
        assert re.search(r"\?v=[0-9a-f]{12}$", file), file
        answer = await product.client.get(file)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    plain = await product.client.get(files[0].partition("?")[0])
    assert plain.headers["cache-control"] == "public, no-cache"
    again = await product.client.get(
        files[0].partition("?")[0], headers={"If-None-Match": plain.headers["etag"]}
    )
    assert again.status_code == 304
    other = await product.client.get(files[0][:-1] + "x")
    assert "immutable" not in other.headers["cache-control"]


async def test_pages_travel_compressed_and_what_is_compressed_already_does_not(product: Product) -> None:
    await enter(product, "operations")
    page = await product.client.get("/monitor", headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < len(page.content) / 3
    plain = await product.client.get("/monitor", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    sheet = await product.client.get("/monitor/export.xlsx", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in sheet.headers
