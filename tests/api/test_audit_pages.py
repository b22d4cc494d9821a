"""The auditor's pages: everything is found, persons are masked, and nothing personal stands in an address."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from api import audit
from api.limits import Brake
from api.sight import mask_name, mask_nik
from db import registry
from db.tables import CheckpointRow, DenialRow, StreamRow
from db.vault import PersonData
from domain.roles import SYSTEM
from tests.api.conftest import START, Product, submitted
from tests.api.test_pages import OURS, enter, title

NIK = "3171234505900001"


async def known_person(product: Product) -> None:
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Ratna Wulandari", nik=NIK, email="ratna@contoh.id")
        await registry.create_person(
            session, product.runtime.vault, data, by=SYSTEM, at=START, id="person-ratna"
        )


async def test_a_case_is_found_by_the_beginning_of_its_id_and_an_organiser_by_its_name(
    product: Product,
) -> None:
    case = await submitted(product)
    await enter(product, "auditor")
    assert (await product.client.get("/home")).headers["location"] == "/audit"
    page = (await product.client.get(f"/audit?q={case.stream[:6]}")).text
    assert f'href="/cases/{case.stream}"' in page
    page = (await product.client.get("/audit?q=lembaga")).text
    assert 'href="/audit/organisations/LSP-TIK"' in page
    page = (await product.client.get("/audit?q=zzzz")).text
    assert "Tidak ada yang ditemukan" in page
    page = (await product.client.get("/audit/organisations/LSP-TIK")).text
    assert f'href="/cases/{case.stream}"' in page
    assert (await product.client.get("/audit/organisations/LSP-NONE")).status_code == 404


async def test_a_person_is_found_by_nik_or_address_and_shown_masked(product: Product) -> None:
    await known_person(product)
    await enter(product, "auditor")
    for wanted in (NIK, "ratna@contoh.id", f" {NIK[:6]} {NIK[6:]}"):
        sent = await product.client.post("/audit/person", data={"wanted": wanted}, headers=OURS)
        assert (sent.status_code, sent.headers["location"]) == (303, "/audit/persons/person-ratna")
    page = (await product.client.get("/audit/persons/person-ratna")).text
    assert "R••• W•••" in page and f"************{NIK[-4:]}" in page
    assert "Ratna" not in page and NIK not in page
    assert (await product.client.get("/audit/persons/nobody")).status_code == 404


async def test_what_was_looked_for_is_never_shown_again(product: Product) -> None:
    await enter(product, "auditor")
    page = await product.client.post("/audit/person", data={"wanted": "12345"}, headers=OURS)
    assert page.status_code == 422
    assert title(page).startswith("Kesalahan: ")
    assert "12345" not in page.text and 'href="#f-wanted"' in page.text
    page = await product.client.post("/audit/person", data={"wanted": NIK}, headers=OURS)
    assert "Tidak ada orang yang terdaftar" in page.text and NIK not in page.text
    assert (await product.client.get("/audit/person")).headers["location"] == "/audit"


async def test_numbers_are_not_tried_one_after_another(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "LOOKING_UP", Brake(burst=1, every=1000))
    await enter(product, "auditor")
    await product.client.post("/audit/person", data={"wanted": NIK}, headers=OURS)
    page = await product.client.post("/audit/person", data={"wanted": NIK}, headers=OURS)
    assert page.status_code == 429


async def test_a_foreign_page_looks_nobody_up(product: Product) -> None:
    await enter(product, "auditor")
    page = await product.client.post(
        "/audit/person", data={"wanted": NIK}, headers={"Origin": "https://elsewhere.example"}
    )
    assert page.status_code == 403


async def test_a_chain_of_rows_is_told_in_words_too(product: Product) -> None:
    await enter(product, "auditor")
    page = (await product.client.get("/audit/streams/org-LSP-TIK")).text
    assert "Lembaga didaftarkan" in page
    assert (await product.client.get("/audit/streams/none")).status_code == 404
    case = await submitted(product)
    page = (await product.client.get(f"/audit/streams/{case.stream}?telling=moves&lang=en")).text
    assert "The request was submitted" in page


async def test_the_heads_are_listed_and_the_frozen_ones_stand_out(product: Product) -> None:
    case = await submitted(product)
    async with product.runtime.db.write() as session:
        row = await session.get(StreamRow, case.stream)
        assert row is not None
        row.frozen, row.frozen_reason = True, "previous_hash"
        session.add(row)
    await enter(product, "auditor")
    for query, count in (("", 3), ("?kind=programme", 1), ("?frozen=true", 1), ("?q=org-LSP", 2)):
        page = (await product.client.get(f"/audit/streams{query}")).text
        found = re.findall(r'<th scope="row"><a href="/audit/streams/', page)
        assert len(found) >= count if not query else len(found) == count
    assert "previous_hash" in page or "dibekukan" in (await product.client.get("/audit")).text


async def test_checkpoints_and_refusals_come_page_by_page(product: Product) -> None:
    now = datetime.now(UTC)
    async with product.runtime.db.write() as session:
        for n in range(60):
            at = now - timedelta(minutes=n)
            session.add(
                CheckpointRow(
                    id=n + 1,
                    at=at,
                    previous="",
                    root=f"{n:064x}",
                    heads="[]",
                    signature="s",
                    public_key_id="k",
                )
            )
            session.add(
                DenialRow(
                    id=f"d{n}",
                    at=at,
                    account="acc-1" if n % 2 else "acc-2",
                    rules=["R-30"],
                    what="submit",
                    stream="programme-9",
                    workflow_id="w",
                )
            )
    await enter(product, "auditor")
    for path in ("/audit/checkpoints", "/audit/search/denials"):
        rows, address = 0, path
        while address:
            page = (await product.client.get(address)).text
            rows += page.count("<tr>") - 1
            more = re.search(r'class="more"><a href="([^"]+)"', page)
            address = path + more[1].replace("&amp;", "&") if more else ""
        assert rows == 60
    page = (await product.client.get("/audit/search/denials?account=acc-1")).text
    assert page.count("<tr>") == 31
    assert "/admin/rules#R-30" in page


async def test_only_those_who_watch(product: Product) -> None:
    await enter(product, "verifier")
    for path in (
        "/audit",
        "/audit/person",
        "/audit/streams",
        "/audit/streams/x",
        "/audit/checkpoints",
        "/audit/ledger",
        "/audit/reveals",
        "/audit/jobs/x",
        "/audit/documents/x",
        "/audit/streams/x/1",
        "/audit/streams/x/export.csv",
        "/audit/search/cases",
        "/audit/search/cases/export.csv",
        "/audit/persons/p1",
        "/audit/organisations/LSP-TIK",
    ):
        assert (await product.client.get(path)).status_code == 403
    sent = await product.client.post("/audit/person", data={"wanted": NIK}, headers=OURS)
    assert sent.status_code == 403


def test_masks_tell_two_people_apart_and_no_more() -> None:
    assert mask_name("Budi  Santoso") == "B••• S•••"
    assert mask_name("") == ""
    assert mask_nik("1234") == "************1234"
    assert mask_nik("") == ""
