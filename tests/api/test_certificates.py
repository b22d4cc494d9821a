"""The check that is open to all: enough to trust a certificate, nothing to learn about people."""

from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.certificates import check_url
from api import limits
from api.checking import Checked
from api.routers import certificates
from db import reads, registry
from db.tables import CertificateRow
from db.vault import PersonData
from domain.roles import SYSTEM, Role
from examples.people import PEOPLE
from tests.api.conftest import Product

CODE = "0123456789ABCDEFGHJKMNPQRS"


async def certificate(product: Product, state: str = "ACTIVE", until: date = date(2099, 1, 1)) -> None:
    now = datetime.now(UTC)
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Siti Contoh", nik=PEOPLE[0].nik)
        await registry.create_person(session, product.runtime.vault, data, by=SYSTEM, at=now, id="siti")
        session.add(
            CertificateRow(
                stream="c1",
                id="c1",
                workflow_id="certificate-c1",
                state=state,
                person="siti",
                scheme=registry.DEFAULT_SCHEME,
                scheme_version="1",
                journey="j1",
                certificate_number="74909 2635 7 0000001 2026",
                registration_number="MET.000.000001 2026",
                blank_number="B-1",
                issued_on=date(2026, 1, 1),
                valid_until=until,
                check_code=CODE,
                pdf_digest="",
                opened_at=now,
                updated_at=now,
            )
        )


@pytest.mark.parametrize(
    ("state", "until", "verdict"),
    [
        ("ACTIVE", date(2099, 1, 1), "valid"),
        ("ACTIVE", date(2020, 1, 1), "expired"),
        ("EXPIRED", date(2020, 1, 1), "expired"),
        ("SUSPENDED", date(2099, 1, 1), "suspended"),
        ("REVOKED", date(2099, 1, 1), "revoked"),
        ("REPLACED", date(2099, 1, 1), "expired"),
    ],
)
async def test_anybody_sees_what_a_certificate_is_worth(
    product: Product, state: str, until: date, verdict: str
) -> None:
    await certificate(product, state, until)
    answer = await product.client.get(f"/v1/check/{CODE}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["verdict"], body["name"], body["scheme"]) == (verdict, "Siti Contoh", "Asesor Kompetensi")
    assert PEOPLE[0].nik not in answer.text
    assert PEOPLE[0].nik[-4:] not in answer.text
    assert "siti" not in answer.text


@pytest.mark.parametrize("typed", [CODE.lower(), f" {CODE[:5]}-{CODE[5:]} ", CODE.replace("0", "O")])
async def test_a_code_is_read_as_people_type_it(product: Product, typed: str) -> None:
    await certificate(product)
    for path in ("/v1/check/", "/check/"):
        answer = await product.client.get(f"{path}{quote(typed)}")
        assert answer.status_code == 200, path


@pytest.mark.parametrize(
    ("state", "until", "indonesian", "english"),
    [
        ("ACTIVE", date(2099, 1, 1), "Berlaku", "Valid"),
        ("ACTIVE", date(2020, 1, 1), "Kedaluwarsa", "Expired"),
        ("SUSPENDED", date(2099, 1, 1), "Dibekukan", "Suspended"),
        ("REVOKED", date(2099, 1, 1), "Dicabut", "Revoked"),
    ],
)
async def test_the_printed_qr_leads_to_a_page_for_anybody(
    product: Product, state: str, until: date, indonesian: str, english: str
) -> None:
    await certificate(product, state, until)
    address = check_url("", CODE)  # what is printed
    page, other = await product.client.get(address), await product.client.get(f"{address}?lang=en")
    assert (page.status_code, other.status_code) == (200, 200)
    assert page.headers["content-type"].startswith("text/html")
    assert f"</span> {indonesian}</p>" in page.text
    assert f"</span> {english}</p>" in other.text
    for text in (page.text, other.text):
        assert "Siti Contoh" in text
        assert "MET.000.000001 2026" in text
        assert PEOPLE[0].nik not in text
        assert "<script" not in text
    assert "1 Januari" in page.text
    assert page.headers["x-robots-tag"] == "noindex"


async def test_the_page_of_an_unknown_code_and_of_too_many_tries(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "CHECK_BRAKE", limits.Brake(burst=4, every=60))
    await certificate(product, "PREPARED")
    for path in (f"/check/{CODE}", "/check/lain", "/check/%00", "/check/a/b"):
        page = await product.client.get(path)
        assert page.status_code == 404
        assert "Tidak ada sertifikat dengan kode ini." in page.text
        assert page.headers["x-robots-tag"] == "noindex"
    page = await product.client.get(f"/check/{CODE}")
    assert (page.status_code, page.headers["retry-after"]) == (429, "60")
    assert "Tunggu 60 detik" in page.text
    problem = await product.client.get(f"/check/{CODE}", headers={"Accept": "application/json"})
    assert (problem.status_code, problem.headers["retry-after"]) == (429, "60")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["violations"][0]["rule"] == "A-OFTEN"


async def test_an_unknown_code_has_the_same_shape_and_so_has_a_prepared_certificate(product: Product) -> None:
    await certificate(product, "PREPARED")
    shapes = set()
    for code in (CODE, "lain", "x" * 2000, "%00", CODE[:-1]):
        answer = await product.client.get(f"/v1/check/{code}")
        assert answer.status_code == 404
        assert answer.json()["found"] is False
        shapes.add(answer.text)
    assert len(shapes) == 1
    assert set(answer.json()) == set(Checked.model_fields)


async def test_nobody_tries_all_codes(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "CHECK_BRAKE", limits.Brake(burst=3, every=60))
    codes = [(await product.client.get(f"/v1/check/{n}")).status_code for n in range(5)]
    assert codes == [404, 404, 404, 429, 429]
    answer = await product.client.get("/v1/check/9")
    assert answer.headers["retry-after"]
    assert answer.json()["title"] == "Terlalu sering"


async def test_the_same_address_answers_programs_in_json(product: Product) -> None:
    await certificate(product)
    asked = {"Accept": "application/json, text/html;q=0.8"}
    answer = await product.client.get(f"/check/{CODE}", headers=asked)
    assert (answer.status_code, answer.headers["vary"]) == (200, "Accept")
    same = (await product.client.get(f"/v1/check/{CODE}")).json()
    assert {**answer.json(), "checked": None} == {**same, "checked": None}
    assert (await product.client.get("/check/lain", headers=asked)).json()["found"] is False
    for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, application/json;q=0.9"):
        page = await product.client.get(f"/check/{CODE}", headers={"Accept": accept})
        assert page.headers["content-type"].startswith("text/html"), accept
    schema = (await product.client.get("/openapi.json")).json()
    content = schema["paths"]["/check/{code}"]["get"]["responses"]["200"]["content"]
    assert set(content) == {"text/html", "application/json"}
    assert "checked" in schema["components"]["schemas"]["Checked"]["properties"]


async def test_a_row_that_the_ledger_does_not_know_is_not_to_be_relied_on(product: Product) -> None:
    await certificate(product)  # a row alone, as somebody would make it up
    answer = (await product.client.get(f"/v1/check/{CODE}")).json()
    assert answer["checked"]["ledger"] == "differs"
    page = await product.client.get(f"/check/{CODE}?lang=en")
    assert "does not agree with the ledger" in page.text


async def test_a_typed_code_leads_to_the_address_of_the_qr(product: Product) -> None:
    form = await product.client.get("/check?lang=en")
    assert (form.status_code, '<label for="code">' in form.text) == (200, True)
    typed = await product.client.get("/check", params={"code": f" {CODE[:4].lower()}-{CODE[4:]} "})
    assert (typed.status_code, typed.headers["location"]) == (303, f"/check/{CODE}")
    wrong = await product.client.get("/check", params={"code": "../v1/me?x"})
    assert wrong.headers["location"] == "/check/..%2Fv1%2Fme%3Fx"
    assert (await product.client.get(wrong.headers["location"])).status_code == 404
    assert (await product.client.get("/check", params={"code": "  "})).status_code == 200


async def test_what_is_no_code_costs_the_same_look_as_one_that_nobody_has(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = reads.certificate_by_code

    async def noted(session: AsyncSession, code: str) -> CertificateRow | None:
        asked.append(code)
        return await real(session, code)

    monkeypatch.setattr(reads, "certificate_by_code", noted)
    for code in ("ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "lain", "x" * 2000):
        await product.client.get(f"/v1/check/{code}")
    assert [len(code) for code in asked] == [26, 26, 26]


def test_a_brake_lets_go_again() -> None:
    brake = limits.Brake(burst=2, every=10)
    assert [brake.spend("a", 0), brake.spend("a", 0), brake.spend("a", 0)] == [True, True, False]
    assert brake.spend("b", 0)
    assert not brake.spend("a", 5)
    assert brake.wait("a") == 5
    assert brake.spend("a", 10)


async def test_certificates_are_listed_for_bnsp_and_their_holders(product: Product) -> None:
    await certificate(product)
    await product.person("siti", Role.CANDIDATE, person="siti")
    listed = (await product.ask("GET", "/v1/certificates?number=B-1", "operations")).json()["items"]
    assert [(c["id"], c["name"]) for c in listed] == [("c1", "Siti Contoh")]
    mine = (await product.ask("GET", "/v1/certificates", "siti")).json()["items"]
    assert len(mine) == 1
    assert (await product.ask("GET", "/v1/certificates?person=siti", "candidate")).json()["items"] == []
    assert (await product.ask("GET", "/v1/certificates", "organiser")).status_code == 403
