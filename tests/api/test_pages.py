"""Pages as a browser gets them: the door, the hat, the language, and refusals that a person can read."""

import re
from datetime import UTC, datetime

import pytest
from httpx import Response

from db import identity
from db.identity import Hat
from domain.roles import SYSTEM, Role
from tests.api.conftest import PASSWORD, Product
from web.deps import inside

OURS = {"Origin": "http://127.0.0.1:8000"}


async def enter(product: Product, name: str, **more: str) -> Response:
    return await product.client.post(
        "/sign-in", data={"username": name, "password": PASSWORD, **more}, headers=OURS
    )


def title(page: Response) -> str:
    found = re.search(r"<title>(.*?)</title>", page.text, re.S)
    assert found is not None
    return found[1].strip()


async def test_who_is_not_signed_in_is_led_to_the_door_and_back(product: Product) -> None:
    sent_away = await product.client.get("/inbox?view=done")
    assert (sent_away.status_code, sent_away.headers["location"]) == (
        303,
        "/sign-in?next=/inbox%3Fview%3Ddone",
    )
    door = await product.client.get(sent_away.headers["location"])
    assert 'name="next" value="/inbox?view=done"' in door.text
    entered = await enter(product, "verifier", next="/inbox?view=done")
    assert (entered.status_code, entered.headers["location"]) == (303, "/inbox?view=done")
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert title(await product.client.get("/inbox")) == "Tugas – Asesor"


async def test_a_wrong_password_says_so_and_keeps_the_name(product: Product) -> None:
    page = await product.client.post(
        "/sign-in", data={"username": "verifier", "password": "salah"}, headers=OURS
    )
    assert page.status_code == 401
    assert 'value="verifier"' in page.text
    assert title(page).startswith("Kesalahan: ")
    assert 'role="alert"' in page.text


async def test_nothing_typed_is_told_field_by_field(product: Product) -> None:
    page = await product.client.post("/sign-in", data={}, headers=OURS)
    assert page.status_code == 422
    assert "A-LENGTH" in page.text


async def test_a_foreign_page_signs_nobody_in(product: Product) -> None:
    page = await product.client.post(
        "/sign-in",
        data={"username": "verifier", "password": PASSWORD},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert page.status_code == 403
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize(
    "where", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "elsewhere"]
)
def test_nobody_is_sent_elsewhere(where: str) -> None:
    assert inside(where) == "/"


async def test_the_language_is_kept_once_it_was_chosen(product: Product) -> None:
    page = await product.client.get("/sign-in?lang=en")
    assert '<html lang="en">' in page.text
    assert title(page) == "Sign in – Asesor"
    assert title(await product.client.get("/sign-in")) == "Sign in – Asesor"
    assert title(await product.client.get("/sign-in?lang=id")) == "Masuk – Asesor"


async def test_a_page_for_others_says_for_whom_it_is(product: Product) -> None:
    await enter(product, "verifier")
    page = await product.client.get("/monitor")
    assert page.status_code == 403
    assert "A-ROLE" in page.text
    assert "Petugas BNSP" in page.text


async def test_what_is_not_there_is_a_page_too_and_json_for_programs(product: Product) -> None:
    await enter(product, "verifier")
    page = await product.client.get("/cases/none")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    answer = await product.client.get("/v1/cases/none")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_operations_see_an_empty_monitor_that_says_what_will_be_there(product: Product) -> None:
    await enter(product, "operations")
    assert (await product.client.get("/home")).headers["location"] == "/monitor"
    page = await product.client.get("/monitor")
    assert page.status_code == 200
    assert "Program dimulai ketika penyelenggara mengajukan permohonan" in page.text


async def test_another_hat_of_the_same_person(product: Product) -> None:
    await product.person("both", Role.REVIEWER)
    async with product.runtime.db.write() as session:
        hat = Hat(Role.OPERATIONS)
        await identity.grant(session, product.accounts["both"], hat, by=SYSTEM, at=datetime.now(UTC))
    await enter(product, "both")
    page = await product.client.get("/inbox")
    assert 'name="hat"' in page.text
    changed = await product.client.post("/hat", data={"hat": "operations:"}, headers=OURS)
    assert changed.status_code == 303
    assert (await product.client.get("/monitor")).status_code == 200


async def test_signing_out_ends_the_session(product: Product) -> None:
    await enter(product, "verifier")
    out = await product.client.post("/sign-out", headers=OURS)
    assert out.status_code == 303
    assert (await product.client.get("/inbox")).headers["location"].startswith("/sign-in")


async def test_one_sees_where_one_is_signed_in_and_ends_it(product: Product) -> None:
    await enter(product, "verifier")
    other = dict(product.client.cookies)
    product.client.cookies.clear()
    await enter(product, "verifier")
    page = await product.client.get("/account")
    ids = re.findall(r'name="session" value="([0-9a-f]{64})"', page.text)
    assert len(ids) == 1
    ended = await product.client.post("/sign-out", data={"session": ids[0]}, headers=OURS)
    assert ended.headers["location"] == "/account"
    product.client.cookies.clear()
    product.client.cookies.update(other)
    assert (await product.client.get("/inbox")).status_code == 303
