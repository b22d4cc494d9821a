"""Reference data to read: organisations, schemes, policies with what differs, rules, holidays."""

from typing import Any

from api.reference import differences
from db import registry
from domain import policy
from domain.policy import CURRENT, Policy
from domain.roles import SYSTEM
from domain.rules.book import RULES
from tests.api.conftest import START, Product
from tests.api.test_pages import enter


def newer() -> Policy:
    content: dict[str, Any] = CURRENT.model_dump(mode="json")
    content |= {"version": "bnsp-2027", "effective": "2027-01-01", "class_maximum": 20}
    content["forms"] = content["forms"][:-1]
    first = next(iter(content["terms"]))
    content["terms"][first]["length"] += 1
    return Policy.model_validate(content)


async def test_every_page_opens_in_both_languages(product: Product) -> None:
    await enter(product, "operations")
    for path in (
        "/admin",
        "/admin/organisations",
        "/admin/organisations/LSP-TIK",
        "/admin/schemes",
        "/admin/policies",
        f"/admin/policies/{CURRENT.version}",
        "/admin/rules",
        "/admin/holidays",
    ):
        for lang in ("id", "en"):
            page = await product.client.get(f"{path}?lang={lang}")
            assert page.status_code == 200, path
            assert len(page.content) < 150_000


async def test_organisations_are_narrowed(product: Product) -> None:
    await enter(product, "auditor")
    page = (await product.client.get("/admin/organisations?q=nusa")).text
    assert "LSP-NUSA" in page and "LSP-TIK" not in page
    page = (await product.client.get("/admin/organisations?kind=CLSP")).text
    assert "LSP-NUSA" not in page
    assert (await product.client.get("/admin/organisations/none")).status_code == 404


async def test_a_policy_shows_what_differs(product: Product) -> None:
    made = newer()
    async with product.runtime.db.write() as session:
        await registry.put_policy(session, made, by=SYSTEM, at=START)
    try:
        await enter(product, "operations")
        page = (await product.client.get("/admin/policies")).text
        assert "bnsp-2027" in page and CURRENT.version in page
        page = (await product.client.get("/admin/policies/bnsp-2027")).text
        assert f"<del>{CURRENT.class_maximum}</del>" in page and "<ins>20</ins>" in page
        assert (await product.client.get("/admin/policies/none")).status_code == 404
    finally:
        policy.POLICIES.pop("bnsp-2027", None)


def test_what_differs_is_named_part_by_part() -> None:
    found = {(d.part, d.name): (d.before, d.after) for d in differences(CURRENT, newer())}
    assert found[("parameter", "class_maximum")] == (str(CURRENT.class_maximum), "20")
    assert found[("form", CURRENT.forms[-1].code)][1] is None
    assert sorted(part for part, _ in found) == ["form", "parameter", "terms"]
    assert differences(CURRENT, CURRENT) == []


async def test_every_rule_stands_in_the_book(product: Product) -> None:
    await enter(product, "auditor")
    page = (await product.client.get("/admin/rules")).text
    for rule in RULES.values():
        assert f'<section id="{rule.id}">' in page


async def test_holidays_by_year_and_version(product: Product) -> None:
    await enter(product, "operations")
    page = (await product.client.get("/admin/holidays?year=2027")).text
    assert "Hari libur 2027" in page
    assert "17 Agustus 2027" in page
    assert (await product.client.get("/admin/holidays?year=1999")).status_code == 404
    assert (await product.client.get("/admin/holidays?version=none")).status_code == 404


async def test_only_those_who_watch(product: Product) -> None:
    await enter(product, "organiser")
    for path in ("/admin", "/admin/organisations", "/admin/policies", "/admin/rules", "/admin/holidays"):
        assert (await product.client.get(path)).status_code == 403
