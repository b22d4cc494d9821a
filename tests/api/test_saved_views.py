"""Filters that somebody keeps: under a name, for one account, without personal data."""

import pytest

from db import saved_views
from tests.api.conftest import Product

LATE = {"page": "monitor", "name": "Terlambat", "query": {"need": "late", "stage": "2"}}


async def names(product: Product, who: str) -> list[str]:
    answer = await product.ask("GET", "/v1/views?page=monitor", who)
    return [one["name"] for one in answer.json()["items"]]


async def test_filters_are_kept_renamed_and_deleted(product: Product) -> None:
    made = await product.ask("POST", "/v1/views", "operations", json=LATE)
    assert made.status_code == 201, made.text
    assert made.json()["query"] == LATE["query"]
    path = f"/v1/views/{made.json()['id']}"
    renamed = await product.ask("PATCH", path, "operations", json={"name": "Tahap 2"})
    assert renamed.status_code == 200
    assert await names(product, "operations") == ["Tahap 2"]
    assert (await product.ask("DELETE", path, "operations")).status_code == 200
    assert await names(product, "operations") == []
    assert (await product.ask("DELETE", path, "operations")).status_code == 404


async def test_nobody_sees_or_changes_those_of_another(product: Product) -> None:
    made = await product.ask("POST", "/v1/views", "operations", json=LATE)
    path = f"/v1/views/{made.json()['id']}"
    assert await names(product, "auditor") == []
    assert (await product.ask("PATCH", path, "auditor", json={"name": "x"})).status_code == 404
    assert (await product.ask("DELETE", path, "auditor")).status_code == 404
    assert await names(product, "operations") == ["Terlambat"]


async def test_a_name_is_used_once_and_the_same_key_saves_once(product: Product) -> None:
    first = await product.ask("POST", "/v1/views", "operations", json=LATE, key="kunci-satu")
    again = await product.ask("POST", "/v1/views", "operations", json=LATE, key="kunci-satu")
    assert first.json() == again.json()
    other = await product.ask("POST", "/v1/views", "operations", json=LATE)
    assert (other.status_code, other.json()["violations"][0]["rule"]) == (409, "W-NAME")
    assert (await product.ask("POST", "/v1/views", "auditor", json=LATE)).status_code == 201


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"name": "3174012345678901"}, "A-PERSONAL"),
        ({"name": "punya budi@example.org"}, "A-PERSONAL"),
        ({"query": {"q": "3174 0123 4567 8901"}}, "A-PERSONAL"),
        ({"name": "  "}, "A-LENGTH"),
        ({"query": {"Need!": "late"}}, "A-PATTERN"),
    ],
)
async def test_what_is_no_filter_is_refused(product: Product, change: dict[str, object], rule: str) -> None:
    answer = await product.ask("POST", "/v1/views", "operations", json={**LATE, **change})
    assert answer.status_code == 422
    assert {v["rule"] for v in answer.json()["violations"]} == {rule}


async def test_there_is_an_end_to_it(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    await product.ask("POST", "/v1/views", "operations", json=LATE)
    answer = await product.ask("POST", "/v1/views", "operations", json={**LATE, "name": "lain"})
    assert answer.json()["violations"][0]["rule"] == "W-MOST"
