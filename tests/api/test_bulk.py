"""One command for many: each a command of its own, refused and tried again by itself, done once."""

import asyncio
from typing import Any

import pytest

from api import bulk_runner
from db import bulks
from db.work_tables import Bulk
from domain import commands as c
from domain.commands import Receipt
from domain.errors import Conflict, Unknown
from domain.roles import Actor, Role
from tests.api.conftest import Dispatched, Product, submitted
from tests.api.test_monitor_pages import second, shut

REASON = "Pemegangnya cuti sampai akhir bulan."


async def tasks(product: Product) -> list[str]:
    answer = await product.ask("GET", "/v1/tasks?view=all&kind=verify_programme", "operations")
    return sorted(one["id"] for one in answer.json()["items"])


async def asked(product: Product, things: list[dict[str, str]], **more: Any) -> Any:
    body = {"command": "reassign_task", "given": {"reason": REASON}, "things": things, **more}
    return await product.ask("POST", "/v1/bulk", "operations", json=body)


async def done(product: Product, id_: str) -> Any:
    """The act, once nothing of it waits."""
    async with asyncio.timeout(20):
        while True:
            found = (await product.ask("GET", f"/v1/bulk/{id_}", "operations")).json()
            if found["state"] == "ENDED":
                return found
            await bulk_runner.run_one(product.runtime)


@pytest.fixture
async def two(product: Product) -> list[dict[str, str]]:
    await submitted(product)
    await second(product)
    return [{"task": one} for one in await tasks(product)]


async def test_each_thing_gets_a_command_in_the_name_of_who_asked(
    product: Product, two: list[dict[str, str]], sent: Dispatched
) -> None:
    answer = await asked(product, [*two, two[0]])
    assert (answer.status_code, answer.json()["total"]) == (201, 2)
    found = await done(product, answer.json()["id"])
    assert found["counts"]["DONE"] == 2
    assert found["texts"] == [REASON]
    assert [item["task"] for item in found["items"]] == [one["task"] for one in two]
    commands = [command for _, command, _ in sent.commands]
    assert [type(command) for command in commands] == [c.ReassignTask] * 2
    assert {actor.account for _, _, actor in sent.commands} == {product.accounts["operations"]}
    async with product.runtime.db.read() as session:
        said = await product.runtime.vault.open_texts(session, [one.reason.id for one in commands])
        row = await session.get(Bulk, answer.json()["id"])
    assert list(said.values()) == [REASON] * 2
    assert row is not None and REASON not in str(row.given)


class Unsure(Dispatched):
    """Refuses the second thing, and does not know of the first what became of it."""

    def __init__(self, refused: str) -> None:
        super().__init__()
        self.refused, self.unsure = refused, True
        self.keys: list[str] = []

    async def __call__(
        self, *, stream: str, command: Any, actor: Actor, key: str, min_seq: int = 0
    ) -> Receipt:
        self.keys.append(key)
        if command.task == self.refused:
            raise Conflict.because("T-HELD", "Sudah diambil.", "Somebody holds it.")
        if self.unsure:
            self.unsure = False
            raise Unknown.because("T-TIMEOUT", "Belum diketahui.", "Not known.")
        return await super().__call__(stream=stream, command=command, actor=actor, key=key)


async def test_a_refused_one_keeps_no_other_and_is_tried_again_under_its_key(
    product: Product, two: list[dict[str, str]], sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsure = Unsure(two[1]["task"])
    monkeypatch.setattr(product.runtime.gateway, "dispatch", unsure)
    monkeypatch.setattr(bulk_runner, "PAUSE", 0.01)
    id_ = (await asked(product, two)).json()["id"]
    found = await done(product, id_)
    assert [item["state"] for item in found["items"]] == ["DONE", "REFUSED"]
    assert found["items"][1]["violations"][0]["rule"] == "T-HELD"
    assert unsure.keys == [f"{id_}-1", f"{id_}-1", f"{id_}-2"]
    unsure.refused = ""
    answer = await product.ask("POST", f"/v1/bulk/{id_}/again", "operations")
    assert answer.json()["items"] == 1
    assert [item["state"] for item in (await done(product, id_))["items"]] == ["DONE", "DONE"]
    assert unsure.keys[3:] == [f"{id_}-2"]


async def test_what_a_killed_process_left_is_taken_up_and_done_once(
    product: Product, two: list[dict[str, str]], sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had sent the first item, and died before it wrote so down."""
    ended = bulk_runner._ended

    async def killed(*_args: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(bulk_runner, "_ended", killed)
    product.runtime.connected = False  # the process's own runner looks away
    id_ = (await asked(product, two)).json()["id"]
    product.runtime.connected = True
    with pytest.raises(asyncio.CancelledError):
        await bulk_runner.run_one(product.runtime)
    assert len(sent.commands) == 1
    monkeypatch.setattr(bulk_runner, "_ended", ended)
    assert not await bulk_runner.run_one(product.runtime)  # still held
    async with product.runtime.db.write() as session:
        row = await session.get(Bulk, id_)
        assert row is not None
        row.claimed_until = product.runtime.now() - bulks.HELD
        session.add(row)
    found = await done(product, id_)
    assert found["counts"]["DONE"] == 2
    assert len(sent.commands) == 2


async def test_rights_are_those_of_the_moment_when_it_is_done(
    product: Product, two: list[dict[str, str]], sent: Dispatched
) -> None:
    product.runtime.connected = False
    id_ = (await asked(product, two)).json()["id"]
    await product.person("chief", Role.OPERATIONS)
    await shut(product, "operations")
    product.runtime.connected = True
    while await bulk_runner.run_one(product.runtime):
        pass
    found = (await product.ask("GET", f"/v1/bulk/{id_}", "chief")).json()
    assert found["counts"]["REFUSED"] == 2
    assert sent.commands == []
    stopping = await product.ask("POST", f"/v1/bulk/{id_}/again", "chief")
    assert (stopping.status_code, stopping.json()["violations"][0]["rule"]) == (403, "W-OWN")


async def test_what_is_done_stays_so_whatever_a_slower_process_hears(
    product: Product, two: list[dict[str, str]]
) -> None:
    """It had the item in hand for longer than it held the act, and another one was answered first."""
    product.runtime.connected = False
    id_ = (await asked(product, two)).json()["id"]
    at = product.runtime.now()
    async with product.runtime.db.write() as session:
        await bulks.ended(session, id_, 1, bulks.DONE, at=at, seq=7)
    async with product.runtime.db.write() as session:
        await bulks.ended(session, id_, 1, bulks.FAILED, at=at, problems=[{"rule": "T-TIMEOUT"}])
    item = (await product.ask("GET", f"/v1/bulk/{id_}", "operations")).json()["items"][0]
    assert (item["state"], item["seq"], item["violations"]) == ("DONE", 7, [])


async def test_it_can_be_stopped(product: Product, two: list[dict[str, str]], sent: Dispatched) -> None:
    product.runtime.connected = False
    id_ = (await asked(product, two)).json()["id"]
    assert (await product.ask("POST", f"/v1/bulk/{id_}/stop", "operations")).json()["items"] == 2
    product.runtime.connected = True
    assert (await done(product, id_))["counts"]["STOPPED"] == 2
    assert sent.commands == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"command": "submit_programme"}, "W-COMMAND"),
        ({"command": "reschedule_class"}, "W-COMMAND"),
        ({"command": "cancel_programme"}, "W-THING"),
        ({"given": {}}, "A-REQUIRED"),
        ({"given": {"reason": ""}}, "A-LENGTH"),
        ({"things": [{"task": "no-such-task"}]}, "W-THING"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    product: Product, two: list[dict[str, str]], change: dict[str, Any], rule: str
) -> None:
    answer = await asked(product, **{"things": two, **change})
    assert answer.status_code == 422
    assert rule in {v["rule"] for v in answer.json()["violations"]}, answer.text


async def test_only_operations_ask_and_only_those_who_watch_look(
    product: Product, two: list[dict[str, str]]
) -> None:
    product.runtime.connected = False
    body = {"command": "reassign_task", "given": {"reason": REASON}, "things": two}
    for who in ("verifier", "organiser", "auditor"):
        assert (await product.ask("POST", "/v1/bulk", who, json=body)).status_code == 403
    await asked(product, two)
    assert len((await product.ask("GET", "/v1/bulk", "auditor")).json()["items"]) == 1
    assert (await product.ask("GET", "/v1/bulk", "verifier")).status_code == 403
