"""Who gets in, in which hat, with which scope; and that nobody else does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from httpx import Response
from sqlmodel import select

from api.app import OPEN_TO_ALL, api_routes
from db import identity
from db.identity import Hat
from db.people_tables import SignInSession
from domain.roles import SYSTEM, Role
from tests.api.conftest import PASSWORD, Product


async def sign_in(product: Product, username: str, password: str = PASSWORD, **more: object) -> Response:
    return await product.client.post(
        "/v1/sessions", json={"username": username, "password": password, **more}
    )


async def test_every_route_denies_who_is_not_signed_in(product: Product) -> None:
    asked = 0
    for route in api_routes(product.app):
        if not route.path.startswith("/v1/") or route.path in OPEN_TO_ALL:
            continue
        path = re.sub(r"\{[^}]+\}", "abc", route.path)
        if "/sessions/" in path:
            path = "/v1/sessions/current"
        for method in (route.methods or set()) - {"HEAD"}:
            answer = await product.ask(method, path, json={} if method != "GET" else None)
            assert answer.status_code in (401, 422), f"{method} {route.path}: {answer.status_code}"
            if answer.status_code == 401:
                asked += 1
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.headers["content-type"] == "application/problem+json"
    assert asked > 40


async def test_signing_in_gives_a_session_with_its_hats(product: Product) -> None:
    answer = await sign_in(product, "verifier")
    assert answer.status_code == 201
    assert answer.json()["hats"] == [
        {"role": "verifier", "organisation": "", "label": "Verifikator", "label_en": "Verifier"}
    ]
    assert "set-cookie" not in answer.headers
    me = await product.client.get("/v1/me", headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert me.json()["username"] == "verifier"
    assert me.json()["simulation"] is False


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(product: Product) -> None:
    wrong, unknown = await sign_in(product, "verifier", "salah-sekali-1"), await sign_in(product, "tidak-ada")
    assert wrong.status_code == unknown.status_code == 401
    plain = [{k: v for k, v in a.json().items() if k != "instance"} for a in (wrong, unknown)]
    assert plain[0] == plain[1]


async def test_after_five_failures_the_right_password_has_to_wait_too(product: Product) -> None:
    for _ in range(5):
        await sign_in(product, "verifier", "salah-sekali-1")
    assert (await sign_in(product, "verifier")).status_code == 401


async def test_an_expired_session_is_over(product: Product) -> None:
    token = (await sign_in(product, "verifier")).json()["token"]
    async with product.runtime.db.write() as session:
        for row in await session.exec(select(SignInSession)):
            row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
            session.add(row)
    answer = await product.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["violations"][0]["rule"] == "A-SESSION"


async def test_signing_out_ends_the_session_and_no_other(product: Product) -> None:
    first = (await sign_in(product, "verifier")).json()["token"]
    second = (await sign_in(product, "verifier")).json()["token"]
    headers = {"Authorization": f"Bearer {first}"}
    listed = (await product.client.get("/v1/sessions", headers=headers)).json()["items"]
    assert [s["current"] for s in listed].count(True) == 1
    assert (await product.client.delete("/v1/sessions/current", headers=headers)).status_code == 204
    assert (await product.client.get("/v1/me", headers=headers)).status_code == 401
    other = {"Authorization": f"Bearer {second}"}
    assert (await product.client.get("/v1/me", headers=other)).status_code == 200


async def test_a_role_taken_away_is_gone_at_the_next_request(product: Product) -> None:
    assert (await product.ask("GET", "/v1/me", "verifier")).status_code == 200
    async with product.runtime.db.write() as session:
        await identity.withdraw(
            session, product.accounts["verifier"], Hat(Role.VERIFIER), by=SYSTEM, at=datetime.now(UTC)
        )
    assert (await product.ask("GET", "/v1/me", "verifier")).status_code == 401


async def test_the_wrong_role_is_refused_in_both_languages_and_leaves_a_denial(product: Product) -> None:
    answer = await product.ask("GET", "/v1/denials", "verifier")
    assert answer.status_code == 403
    problem = answer.json()
    assert problem["title"] == "Tidak berwenang"
    assert problem["title_en"] == "Not allowed for you"
    assert problem["detail"] == "Hanya untuk: Auditor, Petugas BNSP."
    assert problem["detail_en"] == "Only for: Auditor, BNSP operations."
    assert [(d.rules, d.what) for d in await product.denials("verifier")] == [(["A-ROLE"], "denials")]


async def test_a_token_for_reading_does_not_write(product: Product) -> None:
    product.tokens["reader"] = await product.token(
        "organiser", Hat(Role.ORGANISER, "LSP-TIK"), scopes=("read",)
    )
    assert (await product.ask("GET", "/v1/programmes", "reader")).status_code == 200
    answer = await product.ask("POST", "/v1/programmes", "reader", json={"scheme": "asesor-kompetensi"})
    assert answer.status_code == 403
    assert answer.json()["violations"][0]["rule"] == "A-SCOPE"


async def test_a_token_wears_one_hat_and_makes_no_tokens(product: Product) -> None:
    await product.account("both", Hat(Role.VERIFIER), Hat(Role.OPERATIONS))
    product.tokens["both"] = await product.token("both", Hat(Role.VERIFIER))
    answer = await product.ask("GET", "/v1/me", "both", headers={"X-Hat": "operations"})
    assert answer.status_code == 403
    made = await product.ask("POST", "/v1/tokens", "both", json={"label": "x"})
    assert made.status_code == 403


async def test_a_hat_is_chosen_for_one_request_or_for_the_session(product: Product) -> None:
    await product.account("both", Hat(Role.VERIFIER), Hat(Role.OPERATIONS), Hat(Role.ORGANISER, "LSP-TIK"))
    token = (await sign_in(product, "both")).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}
    chosen = await product.client.get("/v1/denials", headers={**headers, "X-Hat": "operations"})
    assert chosen.status_code == 200
    organiser = await product.client.get("/v1/me", headers={**headers, "X-Hat": "organiser"})
    assert organiser.json()["hat"]["organisation"] == "LSP-TIK"
    strange = await product.client.get("/v1/me", headers={**headers, "X-Hat": "organiser:LSP-NUSA"})
    assert strange.status_code == 403
    worn = await product.client.put("/v1/me/hat", headers=headers, json={"role": "operations"})
    assert worn.json()["hat"]["role"] == "operations"
    assert (await product.client.get("/v1/denials", headers=headers)).status_code == 200


async def test_a_token_is_shown_once_works_and_can_be_ended(product: Product) -> None:
    token = (await sign_in(product, "organiser")).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}
    made = (
        await product.client.post(
            "/v1/tokens", headers=headers, json={"label": "absensi", "scopes": ["read"]}
        )
    ).json()
    own = {"Authorization": f"Bearer {made['secret']}"}
    assert (await product.client.get("/v1/programmes", headers=own)).status_code == 200
    listed = (await product.client.get("/v1/tokens", headers=headers)).json()
    assert made["secret"] not in str(listed)
    product.tokens["other"] = product.tokens["neighbour"]
    assert (await product.ask("DELETE", f"/v1/tokens/{made['id']}", "other")).status_code == 404
    assert (await product.client.delete(f"/v1/tokens/{made['id']}", headers=headers)).status_code == 204
    assert (await product.client.get("/v1/programmes", headers=own)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://jahat.example"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
    ],
)
async def test_a_cookie_writes_only_from_our_own_pages(
    product: Product, headers: dict[str, str], status: int
) -> None:
    signed = await sign_in(product, "organiser", cookie=True)
    flags = signed.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    body = {"scheme": "asesor-kompetensi", "venue": "TUK-1"}
    sent = {"Idempotency-Key": "kunci-1", **headers}
    answer = await product.client.post("/v1/programmes", json=body, headers=sent)
    assert answer.status_code == status, answer.text
    assert (await product.client.get("/v1/programmes")).status_code == 200


async def test_signing_in_from_a_foreign_page_is_refused(product: Product) -> None:
    answer = await product.client.post(
        "/v1/sessions",
        json={"username": "organiser", "password": PASSWORD},
        headers={"Origin": "https://jahat.example"},
    )
    assert answer.status_code == 403
