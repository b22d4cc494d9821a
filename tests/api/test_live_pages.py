"""A page that asks whether anything is new is answered cheaply as long as nothing is."""

import time

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from api import listings, monitor, pulse
from tests.api.conftest import Product, submitted
from tests.api.test_monitor_pages import second
from tests.api.test_pages import enter

LIVE = ("/monitor", "/monitor?what=journeys&need=late", "/monitor/tasks", "/cases/programme-1")


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered, and the minute does not end in the middle of a test."""
    monkeypatch.setattr(pulse, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)


async def test_what_has_not_changed_is_not_made_again(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submitted(product)
    await enter(product, "operations")
    for path in LIVE:
        shown = await product.client.get(path)
        tag = shown.headers["etag"]
        assert f'data-tag="{tag}"'.replace('"', "") in shown.text.replace("&#34;", "").replace('"', "")
        again = await product.client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b""), path
        other = await product.client.get(path, headers={"If-None-Match": tag, "Accept-Language": "en"})
        assert other.status_code == 304
    monkeypatch.setattr(monitor, "listed", None)  # 304 is answered before anything is listed
    tag = (await product.client.get("/monitor/tasks")).headers["etag"]
    assert (await product.client.get("/monitor/tasks", headers={"If-None-Match": tag})).status_code == 304


async def test_an_event_a_language_and_another_hat_make_it_new(product: Product) -> None:
    await submitted(product)
    await enter(product, "operations")
    tags = {path: (await product.client.get(path)).headers["etag"] for path in LIVE}
    await second(product)
    for path in LIVE:
        again = await product.client.get(path, headers={"If-None-Match": tags[path]})
        # Of another case the page of a case hears nothing.
        assert again.status_code == (304 if path.startswith("/cases") else 200), path
    tag = (await product.client.get("/monitor")).headers["etag"]
    product.client.cookies.set("asesor-lang", "en")
    assert (await product.client.get("/monitor", headers={"If-None-Match": tag})).status_code == 200
    await enter(product, "auditor")
    assert (await product.client.get("/monitor", headers={"If-None-Match": tag})).status_code == 200


async def test_the_minute_makes_it_new(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    await enter(product, "operations")
    tag = (await product.client.get("/monitor")).headers["etag"]
    monkeypatch.setattr(time, "time", lambda: 1_800_000_060.0)
    assert (await product.client.get("/monitor", headers={"If-None-Match": tag})).status_code == 200


async def test_fifty_screens_ask_the_database_once(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "FRESH_SECONDS", 60.0)
    asked: list[int] = []
    count = listings.ledger_summary

    async def counted(session: AsyncSession) -> tuple[int, int, int]:
        asked.append(1)
        return await count(session)

    monkeypatch.setattr(listings, "ledger_summary", counted)
    for _ in range(50):
        await pulse.pulse(product.runtime)
    assert len(asked) == 1


async def test_who_is_not_signed_in_any_more_is_led_to_the_door(product: Product) -> None:
    assert (await product.client.get("/monitor", headers={"If-None-Match": '"x"'})).status_code == 303
