"""What a submit would be refused for, told before anybody presses the button."""

from tests.api.conftest import Product, roster, submitted


async def test_what_a_submit_would_be_refused_for_is_told_and_recorded_nowhere(product: Product) -> None:
    product.runtime.connected = True
    id_ = await product.draft()
    empty = (await product.ask("GET", f"/v1/programmes/{id_}/forecast", "organiser")).json()
    assert [v["rule"] for v in empty["violations"]] == ["A-DRAFT-EMPTY"]
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    foretold = (await product.ask("GET", f"/v1/programmes/{id_}/forecast", "organiser")).json()
    assert await product.denials("organiser") == []
    refused = (await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")).json()
    assert foretold["violations"] == refused["violations"]
    seats = {
        s["id"]
        for s in (await product.ask("GET", f"/v1/programmes/{id_}/participants", "organiser")).json()["items"]
    }
    assert seats & {v["subject"] for v in foretold["violations"]}


async def test_a_stranger_is_told_nothing(product: Product) -> None:
    id_ = await product.draft()
    assert (await product.ask("GET", f"/v1/programmes/{id_}/forecast", "neighbour")).status_code == 404
    assert (await product.ask("GET", f"/v1/programmes/{id_}/forecast", "operations")).status_code == 403


async def test_the_list_says_whose_turn_it_is(product: Product) -> None:
    case = await submitted(product)
    item = (await product.ask("GET", "/v1/programmes", "organiser")).json()["items"][0]
    waiting = item["waiting"][0]
    assert (waiting["kind"], waiting["role"], waiting["count"]) == ("verify_programme", "verifier", 1)
    assert waiting["due_at"] and waiting["yours"] == []
    seen = (await product.ask("GET", "/v1/programmes", "operations")).json()["items"][0]["waiting"][0]
    assert seen["yours"] == [t.id for t in case.tasks.values()]
