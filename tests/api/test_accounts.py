"""Accounts and roles: opened, given, ended, closed, unlocked and renewed by operations, each for a reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.limits import Brake
from api.routers import accounts
from db.identity import Hat, administering
from db.identity.devices import device_of
from db.people_tables import Account, SignInSession
from domain.roles import Role
from tests.api.conftest import PASSWORD, Product
from tests.api.test_pages import OURS, enter, title
from web.pages import passwords

WHY = {"reason": "Penugasan baru sejak Senin."}
NEW = "gajah-terbang-7"


@pytest.fixture(autouse=True)
def loose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Links are tried often here."""
    monkeypatch.setattr(accounts, "LINK_BRAKE", Brake(burst=1000, every=1.0))


async def sign_in(product: Product, username: str, password: str = PASSWORD) -> int:
    answer = await product.client.post(
        "/v1/sessions",
        json={"username": username, "password": password},
        headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36"},
    )
    return int(answer.status_code)


async def post(product: Product, path: str, body: dict[str, Any], who: str = "operations") -> Any:
    return await product.ask("POST", path, who, json=body)


async def test_an_account_is_opened_and_its_owner_chooses_the_password_once(product: Product) -> None:
    body = {**WHY, "username": "verifikator.baru", "full_name": "Sari Baru", "role": "verifier"}
    made = (await post(product, "/v1/accounts", body)).json()
    link = (await post(product, f"/v1/accounts/{made['id']}/password-link", WHY)).json()
    secret = link["path"].removeprefix("/password/")
    chosen = await product.client.post("/v1/passwords", json={"secret": secret, "password": NEW})
    assert chosen.status_code == 204
    assert await sign_in(product, "verifikator.baru", NEW) == 201
    again = await product.client.post("/v1/passwords", json={"secret": secret, "password": NEW + "x"})
    assert (again.status_code, again.json()["violations"][0]["rule"]) == (404, "A-LINK")
    told = await product.events(f"person-{made['person']}")
    assert told.count("reason_recorded") == 2 and "password_link_made" in told
    seq = told.index("reason_recorded") + 1
    why = await product.ask("GET", f"/v1/audit/events/person-{made['person']}/{seq}", "auditor")
    assert why.json()["reason"] == WHY["reason"]
    taken = await post(product, "/v1/accounts", body)
    assert taken.status_code == 409


async def test_a_link_is_void_when_it_is_late_forged_or_the_password_changed(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = product.accounts["verifier"]

    async def secret() -> str:
        made = (await post(product, f"/v1/accounts/{account}/password-link", WHY)).json()
        return str(made["path"]).removeprefix("/password/")

    async def use(link: str) -> int:
        answer = await product.client.post("/v1/passwords", json={"secret": link, "password": NEW})
        return int(answer.status_code)

    first, second = await secret(), await secret()
    forged = first[:-1] + ("1" if first.endswith("0") else "0")
    for wrong in ("", "asp_", "asp_x.y", forged, "asp_" + "é" * 5):
        assert await use(wrong) in (404, 422)
    assert await use(second) == 204
    assert await use(first) == 404
    monkeypatch.setattr(administering, "LINK_VALID", timedelta(seconds=-1))
    assert await use(await secret()) == 404
    monkeypatch.undo()
    last = await secret()
    await post(product, f"/v1/accounts/{account}/disable", WHY)
    assert await use(last) == 404


async def test_roles_are_given_and_ended_for_a_reason_and_never_ones_own(product: Product) -> None:
    account, own = product.accounts["verifier"], product.accounts["operations"]
    role = {**WHY, "role": "reviewer"}
    assert (await post(product, f"/v1/accounts/{account}/roles", role)).status_code == 200
    told = (await product.ask("GET", f"/v1/accounts/{account}", "auditor")).json()
    assert [r["role"] for r in told["roles"]] == ["verifier", "reviewer"] or [
        r["role"] for r in told["roles"]
    ] == ["reviewer", "verifier"]
    assert "•" in told["name"]
    assert (await post(product, f"/v1/accounts/{account}/roles/end", role)).status_code == 200
    told = (await product.ask("GET", f"/v1/accounts/{account}", "operations")).json()
    assert [r["role"] for r in told["roles"]] == ["verifier"] and "•" not in told["name"]
    for path in ("roles", "roles/end"):
        refused = await post(product, f"/v1/accounts/{own}/{path}", {**WHY, "role": "operations"})
        assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (403, "G-SELF")
    assert (await post(product, f"/v1/accounts/{own}/disable", WHY)).status_code == 403
    assert (await post(product, f"/v1/accounts/{account}/roles", {"role": "reviewer"})).status_code == 422
    lost = await post(product, f"/v1/accounts/{account}/roles", {**WHY, "role": "organiser"})
    assert lost.status_code == 422
    lost = await post(
        product, f"/v1/accounts/{account}/roles", {**WHY, "role": "organiser", "organisation": "LSP-X"}
    )
    assert lost.status_code == 404


async def test_nobody_gets_rights_by_a_second_account_or_a_way_into_ones_own(product: Product) -> None:
    me = (await product.ask("GET", "/v1/me", "operations")).json()
    body = {**WHY, "username": "petugas.kedua", "person": me["person"], "role": "approver"}
    other = await product.account("petugas.lain", Hat(Role.COMMITTEE), person=me["person"])
    asked = [("/v1/accounts", body)]
    asked += [(f"/v1/accounts/{own}/enable", WHY) for own in (me["account"], other)]
    asked += [(f"/v1/accounts/{own}/password-link", WHY) for own in (me["account"], other)]
    for path, sent in asked:
        refused = await post(product, path, sent)
        assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (403, "G-SELF"), path


async def test_a_closed_account_is_out_at_once_and_comes_back_when_it_is_reopened(product: Product) -> None:
    account = product.accounts["verifier"]
    assert await sign_in(product, "verifier") == 201
    assert (await post(product, f"/v1/accounts/{account}/disable", WHY)).status_code == 200
    assert (await product.ask("GET", "/v1/me", "verifier")).status_code == 401
    assert await sign_in(product, "verifier") == 401
    found = (await product.ask("GET", "/v1/accounts?state=disabled", "operations")).json()["items"]
    assert [one["username"] for one in found] == ["verifier"]
    assert (await post(product, f"/v1/accounts/{account}/enable", WHY)).status_code == 200
    assert await sign_in(product, "verifier") == 201


async def test_accounts_are_found_by_name_role_organisation_and_state(product: Product) -> None:
    async with product.runtime.db.write() as session:
        row = await session.get(Account, product.accounts["candidate"])
        assert row is not None
        row.locked_until = datetime.now(UTC) + timedelta(hours=1)

    async def names(query: str) -> list[str]:
        found = (await product.ask("GET", f"/v1/accounts?{query}", "operations")).json()["items"]
        return [one["username"] for one in found]

    assert await names("q=NEIGH") == ["neighbour"]
    assert await names("role=organiser") == ["neighbour", "organiser"]
    assert await names("organisation=LSP-TIK") == ["organiser"]
    assert await names("state=locked") == ["candidate"]
    assert "candidate" not in await names("state=active")


async def test_sessions_are_listed_with_their_device_and_ended_one_by_one_or_all(product: Product) -> None:
    account = product.accounts["verifier"]
    for _ in range(3):
        assert await sign_in(product, "verifier") == 201
    told = (await product.ask("GET", f"/v1/accounts/{account}", "operations")).json()
    assert [s["device"] for s in told["sessions"]] == ["Chrome · Android"] * 3
    one = told["sessions"][0]["id"]
    ended = await product.ask("DELETE", f"/v1/accounts/{account}/sessions/{one}", "operations")
    assert ended.json() == {"ended": 1}
    ended = await product.ask("DELETE", f"/v1/accounts/{account}/sessions", "operations")
    assert ended.json() == {"ended": 2}
    assert (await product.ask("DELETE", f"/v1/accounts/{account}/sessions", "operations")).json() == {
        "ended": 0
    }
    async with product.runtime.db.read() as session:
        row = await session.get(SignInSession, one)
        assert row is not None and row.revoked_at is not None


async def test_ones_own_password_takes_the_present_one(product: Product) -> None:
    await enter(product, "verifier")

    async def change(current: str, password: str, again: str = "") -> Any:
        form = {"current": current, "password": password, "again": again or password}
        return await product.client.post("/account/password", data=form, headers=OURS)

    wrong = await change("bukan-ini-9", NEW)
    assert wrong.status_code == 422 and title(wrong).startswith("Kesalahan: ") and NEW not in wrong.text
    assert (await change(PASSWORD, NEW, NEW + "x")).status_code == 422
    assert (await change(PASSWORD, "aaaa")).status_code == 422
    done = await change(PASSWORD, NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in?done=1")
    assert (await product.client.get("/account")).headers["location"] == "/sign-in?next=/account"
    assert await sign_in(product, "verifier") == 401
    assert await sign_in(product, "verifier", NEW) == 201


async def test_administrators_pages_do_all_of_it(product: Product) -> None:
    await enter(product, "operations")
    page = await product.client.get("/admin/accounts?role=organiser&lang=en")
    assert "neighbour" in page.text and "verifier</a>" not in page.text
    assert (await product.client.get("/admin/accounts/new")).status_code == 200
    form = {"key": "a" * 32, "username": "baru", "role": "verifier", "full_name": "Orang Baru", "reason": ""}
    refused = await product.client.post("/admin/accounts/new", data=form, headers=OURS)
    assert refused.status_code == 422 and 'value="Orang Baru"' in refused.text
    made = await product.client.post(
        "/admin/accounts/new", data={**form, "username": "baru.sekali", **WHY}, headers=OURS
    )
    assert made.status_code == 303, made.text
    path = made.headers["location"].partition("?")[0]
    assert (await product.client.get(path)).status_code == 200
    link = await product.client.post(f"{path}/do/link", data={"key": "b" * 32, **WHY}, headers=OURS)
    assert link.status_code == 200 and "/password/asp_" in link.text
    assert "/password/asp_" not in (await product.client.get(path)).text
    given = {"key": "c" * 32, "role": "reviewer", "organisation": "", **WHY}
    assert (await product.client.post(f"{path}/do/role", data=given, headers=OURS)).status_code == 303
    refused = await product.client.post(
        f"{path}/do/end-role", data={**given, "key": "d" * 32, "reason": "x"}, headers=OURS
    )
    assert refused.status_code == 422
    assert "Penelaah" in (await product.client.get(f"{path}?lang=id")).text
    assert (await product.client.post(f"{path}/sessions", headers=OURS)).status_code == 303
    own = (await product.client.get(f"/admin/accounts/{product.accounts['operations']}")).text
    assert "/do/disable" not in own


async def test_a_link_leads_to_a_form_that_keeps_the_address_to_itself(product: Product) -> None:
    account = product.accounts["verifier"]
    path = (await post(product, f"/v1/accounts/{account}/password-link", WHY)).json()["path"]
    page = await product.client.get(path)
    assert page.status_code == 200 and "<strong>verifier</strong>" in page.text
    assert page.headers["referrer-policy"] == "no-referrer" and page.headers["cache-control"] == "no-store"
    unlike = await product.client.post(path, data={"password": NEW, "again": "lain"}, headers=OURS)
    assert unlike.status_code == 422
    done = await product.client.post(path, data={"password": NEW, "again": NEW}, headers=OURS)
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in?done=1")
    gone = await product.client.get(path)
    assert gone.status_code == 404 and "Tautan ini tidak berlaku" in gone.text
    assert passwords.HEADERS["X-Robots-Tag"] == "noindex"


async def test_a_licence_moves_by_its_machine_for_a_reason(product: Product) -> None:
    path = "/v1/organisations/LSP-TIK"
    told = (await product.ask("GET", path, "operations")).json()
    assert [m["trigger"] for m in told["licence_moves"]] == ["suspend", "revoke", "renew"]
    assert (await product.ask("GET", path, "auditor")).json()["licence_moves"] == []
    body = {**WHY, "trigger": "suspend", "version": told["version"]}
    moved = await post(product, f"{path}/licence", body)
    assert moved.status_code == 200 and moved.json()["licence"] == "SUSPENDED"
    assert "licence_moved" in await product.events("org-LSP-TIK")
    stale = await post(product, f"{path}/licence", {**body, "trigger": "reinstate"})
    assert (stale.status_code, stale.json()["violations"][0]["rule"]) == (409, "A-VERSION")
    twice = await post(product, f"{path}/licence", {**body, "version": told["version"] + 1})
    assert (twice.status_code, twice.json()["violations"][0]["rule"]) == (409, "M-STATE")
    await enter(product, "operations")
    page = (await product.client.get("/admin/organisations/LSP-TIK?lang=en")).text
    assert "Reinstate" in page
    form = {"key": "e" * 32, "trigger": "reinstate", "version": str(told["version"] + 1), **WHY}
    sent = await product.client.post("/admin/organisations/LSP-TIK/licence", data=form, headers=OURS)
    assert sent.status_code == 303
    form = {"key": "f" * 32, "trigger": "renew", "version": str(told["version"] + 2), **WHY}
    for day in ("", "2020-01-01"):
        sent = await product.client.post(
            "/admin/organisations/LSP-TIK/licence", data={**form, "valid_until": day}, headers=OURS
        )
        assert sent.status_code == 422 and WHY["reason"] in sent.text
    sent = await product.client.post(
        "/admin/organisations/LSP-TIK/licence", data={**form, "valid_until": "2035-12-31"}, headers=OURS
    )
    assert sent.status_code == 303
    told = (await product.ask("GET", path, "operations")).json()
    assert (told["licence"], told["licence_valid_until"]) == ("ACTIVE", "2035-12-31")


async def test_nobody_else_administers(product: Product) -> None:
    account = product.accounts["candidate"]
    for who in (Role.AUDITOR.value, "organiser", "verifier", "candidate"):
        for path in ("roles", "roles/end", "disable", "enable", "password-link"):
            answer = await post(product, f"/v1/accounts/{account}/{path}", {**WHY, "role": "reviewer"}, who)
            assert answer.status_code == 403
        assert (await product.ask("DELETE", f"/v1/accounts/{account}/sessions", who)).status_code == 403
    for who in ("organiser", "verifier"):
        assert (await product.ask("GET", "/v1/accounts", who)).status_code == 403
    await enter(product, "auditor")
    page = (await product.client.get(f"/admin/accounts/{account}")).text
    assert "/do/" not in page
    assert (await product.client.get("/admin/accounts/new")).status_code == 403


def test_a_device_is_told_in_a_few_words() -> None:
    assert device_of("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/126.0 Safari/537.36 Edg/126.0") == (
        "Edge · Windows"
    )
    assert device_of("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17 Safari/604.1") == (
        "Safari · iPhone"
    )
    assert device_of("python-httpx/0.27") == "python-httpx"
    assert device_of("") == ""
