"""Every write takes an Idempotency-Key, and sent twice it is done once."""

import asyncio
from typing import Any

import pytest
from sqlmodel import func, select

from api.app import api_routes
from db.people_tables import ApiToken, Document
from tests.api.conftest import PDF, Product
from tests.api.test_import import participant

WITHOUT = {
    ("POST", "/v1/invitations"),
    ("POST", "/v1/passwords"),  # the link's secret is taken once
    ("POST", "/v1/programmes/{programme}/forecast"),  # asks what a submit would say, and writes nothing
    ("POST", "/v1/sessions"),
    ("DELETE", "/v1/sessions/{id}"),
}
ORGANISATION = {"id": "LSP-BARU", "kind": "LSP", "name": "LSP Baru"}


def _headers(dependant: Any) -> set[str]:
    own = {p.alias for p in dependant.header_params}
    return own.union(*(_headers(d) for d in dependant.dependencies))


async def test_every_write_but_signing_in_and_out_takes_a_key(product: Product) -> None:
    for route in api_routes(product.app):
        for method in (route.methods or set()) - {"GET", "HEAD"}:
            if route.path.startswith("/v1/"):
                takes = "idempotency-key" in _headers(route.dependant)
                assert takes != ((method, route.path) in WITHOUT), (method, route.path)


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "other"),
    [
        ("organiser", "PATCH", "/v1/programmes/{id}", {"version": 1, "venue": "TUK-5"}, {"version": 2}),
        ("operations", "POST", "/v1/organisations", ORGANISATION, {**ORGANISATION, "name": "Lain"}),
        (
            "operations",
            "PATCH",
            "/v1/organisations/LSP-TIK",
            {"version": 1, "name": "Satu"},
            {"version": 2, "name": "Dua"},
        ),
        ("organiser", "POST", "/v1/persons", {"full_name": "Satu"}, {"full_name": "Dua"}),
    ],
)
async def test_a_write_sent_twice_is_done_once_and_another_under_its_key_is_a_conflict(
    product: Product, who: str, method: str, path: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    path = path.format(id=await product.draft())
    first = await product.ask(method, path, who, key="k1", json=body)
    assert first.is_success, first.text
    again = await product.ask(method, path, who, key="k1", json=body)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    conflict = await product.ask(method, path, who, key="k1", json=other)
    assert conflict.status_code == 409
    assert conflict.json()["violations"][0]["rule"] == "A-KEY"
    assert [d.rules for d in await product.denials(who)] == [["A-KEY"]]


async def test_a_participant_is_taken_out_once(product: Product) -> None:
    path = f"/v1/programmes/{await product.draft()}/participants"
    seat = (await product.ask("POST", path, "organiser", json=participant())).json()["seat"]
    first = await product.ask("DELETE", f"{path}/{seat}", "organiser", key="k1")
    again = await product.ask("DELETE", f"{path}/{seat}", "organiser", key="k1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())


async def test_a_tokens_secret_is_shown_once_and_kept_nowhere(product: Product) -> None:
    body = {"label": "absensi", "scopes": ["read"]}
    tokens = {"Authorization": f"Bearer {await _session(product)}"}
    first = await product.ask("POST", "/v1/tokens", key="k1", json=body, headers=tokens)
    again = await product.ask("POST", "/v1/tokens", key="k1", json=body, headers=tokens)
    assert first.json()["secret"].startswith("asr_")
    assert again.json() == {**first.json(), "secret": None}
    async with product.runtime.db.read() as session:
        made = (await session.exec(select(func.count()).where(ApiToken.label == "absensi"))).one()
    assert made == 1


async def _session(product: Product) -> str:
    body = {"username": "organiser", "password": "kata-sandi-uji-1"}
    return str((await product.client.post("/v1/sessions", json=body)).json()["token"])


@pytest.mark.parametrize("other", [{"content": PDF + b"\n"}, {"path": "&dated=2026-02-16"}])
async def test_another_upload_under_the_same_key_is_a_conflict(
    product: Product, other: dict[str, Any]
) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/evidence?requirement=report"
    first = await product.ask("POST", path, "organiser", key="k1", content=PDF)
    again = await product.ask("POST", path, "organiser", key="k1", content=PDF)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    changed = {"content": PDF} | other
    conflict = await product.ask(
        "POST", path + str(changed.pop("path", "")), "organiser", key="k1", **changed
    )
    assert (conflict.status_code, conflict.json()["violations"][0]["rule"]) == (409, "A-KEY")
    async with product.runtime.db.read() as session:
        assert len((await session.exec(select(Document))).all()) == 1


async def test_with_the_quota_used_up_a_key_still_stands_for_one_upload(product: Product) -> None:
    product.runtime.settings = product.runtime.settings.model_copy(update={"programme_documents": 2})
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/evidence?requirement="
    for what in ("report", "minutes"):
        assert (await product.ask("POST", path + what, "organiser", key=what, content=PDF)).status_code == 201
    for what, key, status in (("report", "report", 201), ("report", "new", 201), ("report", "minutes", 409)):
        answer = await product.ask("POST", path + what, "organiser", key=key, content=PDF)
        assert answer.status_code == status, answer.text
    assert answer.json()["violations"][0]["rule"] == "A-KEY"


async def test_a_double_click_on_upload_is_one_document(product: Product) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/evidence?requirement=report"
    answers = await asyncio.gather(*(product.ask("POST", path, "organiser", content=PDF) for _ in range(4)))
    assert [a.status_code for a in answers] == [201] * 4
    assert len({a.json()["items"][0]["id"] for a in answers}) == 1
    async with product.runtime.db.read() as session:
        noted = (await session.exec(select(func.count()).select_from(Document))).one()
    assert noted == 1
