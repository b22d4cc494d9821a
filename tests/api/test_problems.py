"""Refusals as programs and people read them, and what the edge does with every request."""

import asyncio
import json
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from fastapi import Request

from api import limits
from api.fields import MOST, path_of
from api.middleware import BODY_LIMIT, client_of
from api.routers import health, sessions
from domain.errors import Unknown
from domain.roles import Role
from logs import setup
from settings import Settings
from tests.api.conftest import Product
from tests.support.patience import WITHIN
from tests.support.programmes import ORGANISER, World

PROBLEM = "application/problem+json"


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(product: Product) -> None:
    lost = await product.client.get("/v1/nowhere")
    assert (lost.status_code, lost.headers["content-type"]) == (404, PROBLEM)
    assert lost.json()["title"] == "Tidak ditemukan"
    wrong = await product.client.put("/v1/programmes")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, PROBLEM)
    assert wrong.json()["title_en"] == "This method does not apply here"
    assert wrong.headers["allow"]


async def test_each_wrong_field_is_named_in_both_languages(product: Product) -> None:
    body = {
        "scheme": "tidak sah!",
        "zone": "CET",
        "surprise": 1,
        "classes": [{"label": "A", "days": ["kemarin"], "start_hour": 25}],
    }
    answer = await product.ask("POST", "/v1/programmes", "organiser", json=body)
    assert answer.status_code == 422
    found = {v["subject"]: v for v in answer.json()["violations"]}
    assert set(found) >= {"scheme", "zone", "surprise", "classes[0].days[0]", "classes[0].start_hour"}
    assert found["surprise"]["rule"] == "A-FIELD-UNKNOWN"
    assert found["surprise"]["text"] == "surprise: Isian ini tidak dikenal."
    assert found["zone"]["text_en"] == "zone: It must be one of: 'WIB', 'WITA' or 'WIT'."
    assert found["classes[0].start_hour"]["text"] == "classes[0].start_hour: Paling besar 23."
    assert "kemarin" not in answer.text
    assert [d.what for d in await product.denials("organiser")] == ["create"]


async def test_a_day_far_outside_is_refused_where_it_enters(product: Product) -> None:
    body = {"classes": [{"label": "A", "days": ["2026-11-16", "9999-12-31"]}]}
    answer = await product.ask("POST", "/v1/programmes", "organiser", json=body)
    assert answer.status_code == 422
    assert "classes[0].days[1]" in {v["subject"] for v in answer.json()["violations"]}


async def test_many_errors_are_told_as_fifty_and_a_number(product: Product) -> None:
    body = {"seats": ["ok", *["tidak sah!"] * 400]}
    answer = await product.ask("POST", "/v1/programmes/x/commands/verify_seats", "verifier", json=body)
    assert answer.status_code == 422
    found = answer.json()["violations"]
    assert len(found) == MOST + 1
    assert found[-1]["rule"] == "A-MORE"
    assert found[-1]["text_en"] == f"And {400 - MOST} more errors."
    assert [d.rules for d in await product.denials("verifier")] == [["A-PATTERN", "A-MORE"]]


async def test_fifty_thousand_unknown_fields_are_one_error(product: Product) -> None:
    body = {f"k{n}": n for n in range(50_000)}
    for path in ("/v1/programmes", "/v1/programmes/x/commands/cancel_programme", "/v1/organisations"):
        who = "operations" if path.endswith("organisations") else "organiser"
        answer = await product.ask("POST", path, who, json=body)
        assert answer.status_code == 422
        assert [v["rule"] for v in answer.json()["violations"]] == ["A-LENGTH"]
        assert len(answer.content) < 2_000
    signing_in = await product.client.post("/v1/sessions", json=body)
    assert (signing_in.status_code, len(signing_in.content) < 2_000) == (422, True)


async def test_signing_in_is_slowed_down_before_the_body_is_judged(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SIGN_IN_BRAKE", limits.Brake(burst=1, every=60))
    codes = [(await product.client.post("/v1/sessions", json={"x": 1})).status_code for _ in range(2)]
    assert codes == [422, 429]


async def test_half_a_character_is_refused_and_no_fault(product: Product) -> None:
    for body in (b'{"\\ud800": 1}', b'{"scheme": "\\ud800"}', b'{"scheme": "x", "venue": "\\udfff"}'):
        answer = await product.ask(
            "POST",
            "/v1/programmes",
            "organiser",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422, body
        assert all(v["rule"] and v["text"] and v["text_en"] for v in answer.json()["violations"])


async def test_a_body_that_is_no_json_is_refused_and_recorded(product: Product) -> None:
    answer = await product.ask(
        "POST",
        "/v1/programmes",
        "organiser",
        content=b'{"scheme": ',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["violations"][0]["rule"] == "A-JSON"
    assert [d.rules for d in await product.denials("organiser")] == [["A-JSON"]]


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    product: Product, declared: bool
) -> None:
    body = b'{"scheme": "' + b"x" * BODY_LIMIT + b'"}'

    async def pieces() -> Any:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    answer = await product.ask(
        "POST",
        "/v1/programmes",
        "organiser",
        content=body if declared else pieces(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["title"] == "Terlalu besar"
    assert [d.rules for d in await product.denials("organiser")] == [["A-SIZE"]]


async def test_a_photograph_from_the_assessment_may_be_as_large_as_any_upload(product: Product) -> None:
    await product.person("master", Role.MASTER_ASSESSOR)
    answer = await product.ask(
        "POST",
        "/assessments/none/files/direct_evidence",
        "master",
        data={"key": "abcdefgh"},
        files={"file": ("foto.jpg", b"\xff\xd8\xff" + b"x" * 2 * BODY_LIMIT, "image/jpeg")},
    )
    assert answer.status_code == 404  # read whole, and then there is no such application


async def test_what_is_for_one_reader_is_kept_by_no_cache(product: Product) -> None:
    for path in ("/v1/me", "/v1/tasks", "/v1/phrases", "/v1/accounts", "/v1/persons/none", "/v1/simulation"):
        answer = await product.ask("GET", path, "operations")
        assert answer.headers.get_list("cache-control") == ["no-store"], path
    style = await product.ask("GET", "/static/asesor.css")
    assert style.headers.get_list("cache-control") == ["public, no-cache"]


async def test_a_fault_says_nothing_and_logs_no_value(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = StringIO()
    setup(product.runtime.settings.model_copy(update={"log_level": "DEBUG"}), written)

    async def broken(*_: object, **__: object) -> None:
        raise ValueError("Siti Contoh 3171014101909001")

    monkeypatch.setattr("api.listings.organisations", broken)
    answer = await product.ask("GET", "/v1/organisations", "organiser")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["violations"][0]["rule"] == "A-FAULT"
    assert answer.json()["instance"].endswith(answer.headers["x-request-id"])
    assert "Siti" not in answer.text + written.getvalue()
    assert "fault" in written.getvalue()
    assert "ValueError" in written.getvalue()


async def test_what_is_not_known_says_when_to_try_again(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown() -> None:
        raise Unknown.because("T-TIMEOUT", "Belum diketahui.", "Not known.")

    monkeypatch.setattr(product.runtime.gateway, "business_now", unknown)
    answer = await product.ask("GET", "/v1/me", "organiser")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"


async def test_every_answer_carries_the_headers_of_the_edge(product: Product) -> None:
    for path in ("/", "/docs", "/static/public.css", "/openapi.json", "/v1/me", "/nowhere"):
        answer = await product.client.get(path)
        csp = answer.headers["content-security-policy"]
        assert "default-src 'none'" in csp
        assert "unsafe" not in csp
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]


async def test_a_log_line_has_the_routes_template_and_not_its_path(product: Product) -> None:
    written = StringIO()
    setup(Settings(log_format="json", var_dir=product.runtime.settings.var_dir), written)
    await product.client.get("/v1/check/rahasia-sekali?q=Siti")
    await product.client.get("/tidak/ada/rahasia-sekali")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/v1/check/{code}", "-"]
    assert "rahasia" not in written.getvalue()
    assert "Siti" not in written.getvalue()


async def test_a_requests_line_names_its_case_and_who_asks(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    written = StringIO()
    setup(Settings(log_format="json", var_dir=product.runtime.settings.var_dir), written)
    for path in ("programmes/programme-1", "cases/programme-1/timeline"):
        await product.ask("GET", f"/v1/{path}", "organiser")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    for line in lines:
        assert (line["case"], line["workflow"]) == ("programme-1", "programme-programme-1")
        assert (line["actor"], line["role"]) == (product.accounts["organiser"], "organiser")
        assert line["request"]
    assert len(lines) == 2


async def test_health_is_looked_at_once_however_many_ask(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = AsyncMock(return_value={"database": {"ok": True}})
    monkeypatch.setattr(health, "_look", looks)
    await asyncio.gather(*(product.client.get("/health/ready") for _ in range(10)))
    assert looks.await_count == 1
    product.runtime.checked = (0.0, {})
    await product.client.get("/health/ready")
    assert looks.await_count == 2


async def test_a_look_that_takes_longer_than_it_holds_is_still_shared(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    looks = 0

    async def slow(_runtime: Any) -> dict[str, Any]:
        nonlocal looks
        looks += 1
        clock[0] += health.CHECKED_FOR + 1
        return {"database": {"ok": False}}

    monkeypatch.setattr(health, "_look", slow)
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    await asyncio.gather(*(product.client.get("/health/ready") for _ in range(5)))
    assert looks == 1


async def test_what_hangs_does_not_hide_the_rest(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(health, "CHECK_WITHIN", timedelta(seconds=0.5))
    monkeypatch.setattr(health, "_temporal", hangs)
    monkeypatch.setattr(health, "archive_of", hangs)
    async with asyncio.timeout(WITHIN):
        checks = (await product.client.get("/health/ready")).json()["checks"]
    assert checks["database"]["ok"] and checks["projection"]["ok"]
    assert checks["temporal"] == {"ok": False, "error": "TimeoutError"}
    assert checks["archive"] == {"ok": False}


async def test_a_character_that_no_database_keeps_is_no_fault(product: Product) -> None:
    answer = await product.ask("GET", "/v1/organisations?q=%00", "organiser")
    assert answer.status_code in (200, 422)
    body = {"id": "LSP-X", "kind": "LSP", "name": "a\x00b"}
    made = await product.ask("POST", "/v1/organisations", "operations", json=body)
    assert made.status_code in (201, 422)


async def test_signing_in_too_often_is_slowed_down(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SIGN_IN_BRAKE", limits.Brake(burst=2, every=60))
    body = {"username": "tidak-ada", "password": "salah-sekali-1"}
    codes = [(await product.client.post("/v1/sessions", json=body)).status_code for _ in range(3)]
    assert codes == [401, 401, 429]


async def test_the_api_is_alive_and_says_what_it_waits_for(product: Product) -> None:
    for path in ("/health/live", "/healthz"):
        assert (await product.client.get(path)).json() == {"status": "ok"}
    answer = await product.client.get("/health/ready")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["database"]["ok"] is True
    assert checks["temporal"]["ok"] is False
    assert checks["worker"]["ok"] is False


async def test_the_open_pages_need_nothing_from_outside(product: Product) -> None:
    front = await product.client.get("/")
    assert "accounts.txt" in front.text
    page = await product.client.get("/status")
    assert '<html lang="id">' in page.text
    assert "belum tercapai" in page.text
    assert "SQLite, skema" in page.text or "PostgreSQL, skema" in page.text
    assert "kind:" not in page.text
    english = await product.client.get("/status?lang=en")
    assert "not reached" in english.text
    assert "Does not answer" in english.text
    docs = await product.client.get("/docs?lang=en")
    assert "POST /v1/programmes/{programme}/commands/cancel_programme" in docs.text
    for text in (front.text, page.text, english.text, docs.text):
        assert "<script" not in text
        assert "cdn" not in text.lower()


async def test_the_openapi_document_has_the_problem_and_the_commands(product: Product) -> None:
    schema = (await product.client.get("/openapi.json")).json()
    assert "Problem" in schema["components"]["schemas"]
    body = schema["components"]["schemas"]["RescheduleClassRequest"]
    assert set(body["properties"]) == {"class_id", "days", "start_hour", "reason"}
    assert body["properties"]["reason"]["type"] == "string"
    assert "HTTPBearer" in schema["components"]["securitySchemes"]


async def test_every_address_says_who_may_and_what_follows_and_every_write_takes_a_key(
    product: Product,
) -> None:
    schema = (await product.client.get("/openapi.json")).json()
    operations = {
        f"{method} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    assert [name for name, operation in operations.items() if not operation.get("description")] == []
    keyless = {
        name
        for name, operation in operations.items()
        if not name.startswith("get ")
        and "idempotency-key" not in {p["name"].lower() for p in operation.get("parameters", [])}
    }
    assert keyless == {
        "post /v1/invitations",
        "post /v1/passwords",  # its secret is taken once
        "post /v1/programmes/{programme}/forecast",  # it writes nothing
        "post /v1/sessions",
        "delete /v1/sessions/{id}",
    }


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:c000:208", "192.0.2.8"),
        ("testclient", "testclient"),
    ],
)
def test_a_brake_counts_addresses_and_of_ipv6_networks(host: str, client: str) -> None:
    assert client_of(Request({"type": "http", "client": (host, 1)})) == client


def test_a_fields_place_reads_like_a_path() -> None:
    assert path_of(("body", "classes", 0, "days", 1)) == "classes[0].days[1]"
    assert path_of(("query", "limit")) == "query.limit"
    assert path_of(("body", 7)) == ""
