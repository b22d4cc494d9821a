"""What was once a fault, or taken for something else: each is a refusal that says what is wrong."""

import base64
import json
from typing import Any

import pytest

from tests.api.conftest import CLASS, Product
from tests.api.test_import import participant

TOKEN = {"label": "absensi", "scopes": ["read"]}
SCHEME: dict[str, Any] = {"id": "skema", "version": "1", "name_id": "S", "name_en": "S", "field": "TIK"}


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def assert_refused(answer: Any, rule: str, status: int = 422) -> None:
    assert answer.status_code == status, answer.text
    violations = answer.json()["violations"]
    assert rule in {v["rule"] for v in violations}, violations
    assert all(v["text"] and v["text_en"] for v in violations)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"classes": [{**CLASS, "days": [0]}]}, "A-DATE"),
        ({"classes": [{**CLASS, "days": ["0"]}]}, "A-DATE"),
        ({"classes": [{**CLASS, "days": ["0001-01-01"]}]}, "X-YEAR"),
        ({"classes": [{**CLASS, "start_hour": "8"}]}, "A-TYPE"),
        ({"classes": [{**CLASS, "start_hour": True}]}, "A-TYPE"),
        ({"classes": [{**CLASS, "committee": [f"p{n}" for n in range(11)]}]}, "A-LENGTH"),
        ({"classes": [CLASS, {**CLASS, "label": "a"}]}, "X-CLASS-TWICE"),
        ({"surprise": 1}, "A-FIELD-UNKNOWN"),
    ],
)
async def test_a_draft_is_refused(product: Product, body: dict[str, Any], rule: str) -> None:
    whole = {"scheme": "asesor-kompetensi", "venue": "TUK-1", **body}
    assert_refused(await product.ask("POST", "/v1/programmes", "organiser", json=whole), rule)
    assert [d.rules[0] for d in await product.denials("organiser")] == [rule]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"evidence": None}, "A-TYPE"),
        ({"kit": None}, "A-TYPE"),
        ({"assessor_certificate_until": 5}, "A-DATE"),
    ],
)
async def test_a_participants_change_is_refused(product: Product, body: dict[str, Any], rule: str) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/participants"
    seat = (await product.ask("POST", path, "organiser", json=participant())).json()["seat"]
    assert_refused(await product.ask("PATCH", f"{path}/{seat}", "organiser", json=body), rule)
    assert [d.rules[0] for d in await product.denials("organiser")] == [rule]


@pytest.mark.parametrize(
    ("method", "path", "body", "rule"),
    [
        ("POST", "/v1/tokens", {**TOKEN, "days": "9"}, "A-TYPE"),
        ("POST", "/v1/tokens", {**TOKEN, "days": True}, "A-TYPE"),
        (
            "POST",
            "/v1/organisations",
            {"id": "LSP-X", "kind": "LSP", "name": "X", "licensed_schemes": ["s" * 81]},
            "A-LENGTH",
        ),
        (
            "POST",
            "/v1/organisations",
            {"id": "LSP-X", "kind": "LSP", "name": "X", "bnsp_confirmed": 1},
            "A-TYPE",
        ),
        ("PATCH", "/v1/organisations/LSP-TIK", {"version": 1, "licence_valid_until": "0001-01-01"}, "X-YEAR"),
        (
            "PUT",
            "/v1/master-assessors/p1",
            {"fields": ["TIK"], "certificate_state": "ACTIVE", "registration_number": "9" * 41},
            "A-LENGTH",
        ),
        ("POST", "/v1/schemes", {**SCHEME, "units": [{"id": "u", "ability": "x" * 21}]}, "A-LENGTH"),
        ("POST", "/v1/schemes", {**SCHEME, "units": []}, "A-LENGTH"),
        ("POST", "/v1/simulation/advance", {"to": 5}, "A-DATE"),
        ("POST", "/v1/simulation/advance", {"to": "9999-12-31T23:59:59+00:00"}, "X-YEAR"),
        ("POST", "/v1/simulation/advance", {"days": 3.5}, "A-TYPE"),
    ],
)
async def test_what_operations_send_is_refused(
    product: Product, method: str, path: str, body: dict[str, Any], rule: str
) -> None:
    assert_refused(await product.ask(method, path, "operations", json=body), rule)
    assert [d.rules[0] for d in await product.denials("operations")] == [rule]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/v1/cases/{id}/timeline", (10**30,)),
        ("/v1/cases/{id}/timeline", (True,)),
        ("/v1/denials", ("0001-01-01T00:00:00+23:00", "x")),
        ("/v1/denials", ("2026-01-01T00:00:00+00:00", "\ud800")),
        ("/v1/programmes", ("x",)),
    ],
)
async def test_a_cursor_that_no_page_gave_is_refused(product: Product, path: str, values: tuple[Any]) -> None:
    id_ = await product.draft()
    path = path.format(id=id_)
    assert_refused(await product.ask("GET", f"{path}?cursor={cursor(*values)}", "operations"), "A-CURSOR")


async def test_a_query_that_is_not_known_is_refused(product: Product) -> None:
    answer = await product.ask("GET", "/v1/programmes?stat=DRAFT&limit=5", "organiser")
    assert_refused(answer, "A-QUERY-UNKNOWN")
    assert answer.json()["violations"][0]["subject"] == "query.stat"
    assert (await product.ask("GET", "/v1/programmes?min_seq=1&limit=5", "organiser")).status_code == 200


@pytest.mark.parametrize("given", ["-1", "x", "9999999999", "1.0"])
async def test_a_min_seq_that_is_no_number_of_a_chain_is_refused(product: Product, given: str) -> None:
    id_ = await product.draft()
    answer = await product.ask("GET", f"/v1/programmes/{id_}", "organiser", headers={"X-Min-Seq": given})
    assert_refused(answer, "A-MIN-SEQ")
