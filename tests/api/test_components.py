"""The page of components shows every one of them, and production has no such page."""

import re
from pathlib import Path

from tests.api.conftest import Product
from tests.api.test_pages import enter
from web.render import TEMPLATES

MACRO = re.compile(r"^\{% macro (\w+)\(", re.MULTILINE)
WITHIN = {"must", "help", "findings"}
"""Parts of other components, shown with these."""


async def test_every_component_is_shown(product: Product) -> None:
    await enter(product, "verifier")
    shown = await product.client.get("/_components")
    assert shown.status_code == 200
    named = MACRO.findall(Path(TEMPLATES / "components.html").read_text())
    assert len(named) == len(set(named)), "of two macros with one name the later one is meant by every page"
    assert set(named) - WITHIN == set(re.findall(r'id="c-(\w+)"', shown.text))


async def test_production_has_none(product: Product) -> None:
    assert (await product.ask("GET", "/_components", "verifier")).status_code == 200
    product.runtime.settings = product.runtime.settings.model_copy(update={"environment": "production"})
    assert (await product.ask("GET", "/_components", "verifier")).status_code == 404
