"""What is typed for a task and not sent yet, phrases used again, and the next task of one's groups."""

import asyncio
from typing import Any

from sqlmodel import select

from db import registry
from db.desk_tables import Phrase, TaskDraft
from domain import commands as c
from domain.roles import Role
from tests.api.conftest import Dispatched, Product
from tests.support.programmes import OPERATIONS, ORGANISER, VERIFIER, World, sealed

TYPED = {"decision": "send_back", "fields": {"form.points.0": ["Surat belum bertanggal."], "evidence": []}}


async def submitted(product: Product) -> tuple[World, str]:
    """A request at the verifier's, and the id of the verifier's task."""
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    return world, world.task("verify_programme").id


async def rows(product: Product, table: Any) -> list[Any]:
    async with product.runtime.db.read() as session:
        return list(await session.exec(select(table)))


async def test_what_was_typed_is_there_again_for_its_own_person_alone(product: Product) -> None:
    _, task = await submitted(product)
    path = f"/v1/tasks/{task}/draft"
    assert (await product.ask("GET", path, "verifier")).json() == {"draft": None}
    kept = await product.ask("PUT", path, "verifier", json=TYPED)
    assert kept.status_code == 200, kept.text
    found = (await product.ask("GET", path, "verifier")).json()["draft"]
    assert found == {**TYPED, "saved_at": kept.json()["saved_at"]}
    again = {**TYPED, "fields": {"form.points.0": ["Lain."]}}
    await product.ask("PUT", path, "verifier", json=again)
    assert (await product.ask("GET", path, "verifier")).json()["draft"]["fields"] == again["fields"]
    assert (await product.ask("GET", path, "operations")).json() == {"draft": None}
    assert (await product.ask("PUT", path, "neighbour", json=TYPED)).status_code == 404
    assert len(await rows(product, TaskDraft)) == 1


async def test_what_was_typed_is_closed_and_goes_with_its_person(product: Product) -> None:
    _, task = await submitted(product)
    await product.ask("PUT", f"/v1/tasks/{task}/draft", "verifier", json=TYPED)
    phrase = {"kind": "verify_programme", "text": "Surat belum bertanggal."}
    assert (await product.ask("POST", "/v1/phrases", "verifier", json=phrase)).status_code == 201
    stored = [*await rows(product, TaskDraft), *await rows(product, Phrase)]
    assert not any(b"Surat" in row.ciphertext for row in stored)
    async with product.runtime.db.write() as session:
        reason = sealed("permintaan")
        await registry.forget_person(
            session,
            product.runtime.vault,
            actor=OPERATIONS,
            person="person-verifier",
            reason=reason,
            at=product.runtime.now(),
        )
    assert [*await rows(product, TaskDraft), *await rows(product, Phrase)] == []


async def test_nothing_is_kept_for_what_is_over(product: Product) -> None:
    world, task = await submitted(product)
    path = f"/v1/tasks/{task}/draft"
    await product.ask("PUT", path, "verifier", json=TYPED)
    world.complete(VERIFIER, "verify_programme", "reject", reason=sealed("sebab"))
    await product.project(world)
    assert (await product.ask("GET", path, "verifier")).json() == {"draft": None}
    late = await product.ask("PUT", path, "verifier", json=TYPED)
    assert (late.status_code, late.json()["violations"][0]["rule"]) == (409, "T-OVER")


async def test_done_is_forgotten(product: Product, sent: Dispatched) -> None:
    _, task = await submitted(product)
    await product.ask("PUT", f"/v1/tasks/{task}/draft", "verifier", json=TYPED)
    done = await product.ask("POST", f"/v1/tasks/{task}/complete", "verifier", json={"decision": "recommend"})
    assert done.status_code == 200, done.text
    assert [type(command) for _, command, _ in sent.commands] == [c.CompleteTask]
    assert await rows(product, TaskDraft) == []


async def test_a_draft_is_thrown_away_when_asked(product: Product) -> None:
    _, task = await submitted(product)
    await product.ask("PUT", f"/v1/tasks/{task}/draft", "verifier", json=TYPED)
    assert (await product.ask("DELETE", f"/v1/tasks/{task}/draft", "verifier")).status_code == 204
    assert await rows(product, TaskDraft) == []


async def test_a_draft_is_no_book(product: Product) -> None:
    _, task = await submitted(product)
    much = {"decision": "send_back", "fields": {f"form.points.{n}": ["x" * 4000] for n in range(60)}}
    assert (await product.ask("PUT", f"/v1/tasks/{task}/draft", "verifier", json=much)).status_code == 422
    long = {"decision": "send_back", "fields": {"reason": ["x" * 4001]}}
    assert (await product.ask("PUT", f"/v1/tasks/{task}/draft", "verifier", json=long)).status_code == 422


async def test_phrases_are_an_accounts_own_and_one_for_the_same_words(product: Product) -> None:
    phrase = {"kind": "verify_programme", "text": "Surat belum bertanggal."}
    first = await product.ask("POST", "/v1/phrases", "verifier", json=phrase)
    same = await product.ask("POST", "/v1/phrases", "verifier", json=phrase)
    assert first.json() == same.json()
    listed = (await product.ask("GET", "/v1/phrases?kind=verify_programme", "verifier")).json()["items"]
    assert listed == [{"id": first.json()["id"], **phrase}]
    assert (await product.ask("GET", "/v1/phrases?kind=approve_programme", "verifier")).json()["items"] == []
    assert (await product.ask("GET", "/v1/phrases", "operations")).json()["items"] == []
    path = f"/v1/phrases/{first.json()['id']}"
    assert (await product.ask("DELETE", path, "operations")).status_code == 404
    assert (await product.ask("DELETE", path, "verifier")).status_code == 204
    assert (await product.ask("GET", "/v1/phrases", "verifier")).json()["items"] == []


async def test_a_phrase_is_for_a_kind_of_task_that_there_is(product: Product) -> None:
    wrong = await product.ask("POST", "/v1/phrases", "verifier", json={"kind": "nothing", "text": "x"})
    assert (wrong.status_code, wrong.json()["violations"][0]["rule"]) == (404, "T-KIND")


# ---- claim next ------------------------------------------------------------------------------------


async def several(product: Product, count: int) -> list[str]:
    """So many requests that wait for a verifier, the earliest due first; gives their tasks."""
    tasks = []
    for n in range(count):
        world = World()
        stream = f"programme-{n}"
        world.opening = world.opening.model_copy(
            update={"stream": stream, "workflow_id": f"programme-{stream}"}
        )
        world.case = world.opening
        submission = world.submission().model_copy(update={"programme": stream})
        world.count = 100 * n
        world.send(ORGANISER, submission)
        await product.project(world)
        tasks.append(world.task("verify_programme").id)
    return tasks


async def test_two_who_ask_at_once_get_two_tasks(product: Product, sent: Dispatched) -> None:
    tasks = await several(product, 2)
    await product.person("second", Role.VERIFIER)
    taken: set[str] = set()
    dispatch = sent.__call__

    async def first_come(**given: Any) -> Any:
        from domain.errors import IllegalMove

        if given["command"].task in taken:
            raise IllegalMove.because("M-STATE", "Sudah diambil.", "Taken already.")
        taken.add(given["command"].task)
        await asyncio.sleep(0)
        return await dispatch(**given)

    product.runtime.gateway.dispatch = first_come  # type: ignore[method-assign]
    answers = await asyncio.gather(
        *(product.ask("POST", "/v1/tasks/claim-next", who) for who in ("verifier", "second"))
    )
    assert {a.json()["task"] for a in answers} == set(tasks), [a.text for a in answers]


async def test_the_same_request_again_claims_nothing_more(product: Product, sent: Dispatched) -> None:
    await several(product, 2)
    once = await product.ask("POST", "/v1/tasks/claim-next", "verifier", key="k1")
    again = await product.ask("POST", "/v1/tasks/claim-next", "verifier", key="k1")
    assert once.json()["task"] == again.json()["task"]
    assert len({command.task for _, command, _ in sent.commands}) == 1


async def test_what_a_rule_bars_is_passed_over(product: Product, sent: Dispatched) -> None:
    await several(product, 1)
    await product.person("author", Role.VERIFIER, person=ORGANISER.person)
    answer = await product.ask("POST", "/v1/tasks/claim-next", "author")
    assert (answer.status_code, answer.json()["violations"][0]["rule"]) == (404, "T-NOTHING")
    assert answer.json()["violations"][0]["remedy_en"]
    assert sent.commands == []


async def test_a_case_is_found_by_how_its_number_begins(product: Product) -> None:
    tasks = await several(product, 2)
    found = await product.ask("GET", "/v1/tasks?view=groups&number=programme-1", "verifier")
    assert [t["id"] for t in found.json()["items"]] == tasks[1:]
    none = await product.ask("GET", "/v1/tasks?view=groups&number=%25", "verifier")
    assert none.json()["items"] == []
