"""Replays and verifications as jobs: asked for by those who watch, watched, and never lost in silence."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api import job_process
from db import jobs
from db.job_tables import Job
from db.tables import StreamRow
from tests.api.conftest import Product, submitted


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the jobs for which a process would have been started."""
    found: list[str] = []
    monkeypatch.setattr(job_process, "start", lambda _settings, job: found.append(job))
    return found


async def ask(product: Product, body: dict[str, Any], who: str = "auditor", key: str = "") -> Any:
    return await product.ask("POST", "/v1/jobs", who, key=key, json=body)


async def test_a_verification_is_worked_on_and_told(product: Product, started: list[str]) -> None:
    await submitted(product)
    answer = await ask(product, {"kind": "verify"})
    assert answer.status_code == 202
    asked = answer.json()
    assert (asked["state"], asked["username"], asked["ended"]) == ("WAITING", "auditor", False)
    assert started == [asked["id"]]
    await job_process.work(product.runtime.settings, asked["id"])
    told = (await product.ask("GET", f"/v1/jobs/{asked['id']}", "operations")).json()
    assert (told["state"], told["done"]) == ("DONE", told["total"])
    assert told["result"]["ok"] and told["result"]["histories"] is False and told["result"]["events"] > 0
    assert told["items"] == []
    listed = (await product.ask("GET", "/v1/jobs?kind=verify", "auditor")).json()
    assert [one["id"] for one in listed["items"]] == [asked["id"]]


async def test_what_was_forged_is_named_link_by_link(product: Product, started: list[str]) -> None:
    case = await submitted(product)
    async with product.runtime.db.write() as session:
        head = await session.get(StreamRow, case.stream)
        assert head is not None
        head.head_hash = "0" * 64
    await ask(product, {"kind": "verify"})
    await job_process.work(product.runtime.settings, started[0])
    told = (await product.ask("GET", f"/v1/jobs/{started[0]}", "auditor")).json()
    assert told["result"]["ok"] is False and told["result"]["problems"] == len(told["items"])
    assert {(i["subject"], i["detail"]["kind"]) for i in told["items"]} >= {(case.stream, "head")}


async def test_a_replay_without_any_history_is_no_good_verdict(product: Product, started: list[str]) -> None:
    case = await submitted(product)
    await ask(product, {"kind": "replay", "subject": case.stream})
    await job_process.work(product.runtime.settings, started[0])
    told = (await product.ask("GET", f"/v1/jobs/{started[0]}", "auditor")).json()
    assert told["state"] == "DONE"
    assert told["result"] == {"ok": False, "runs": 0, "events": 0, "failed": 0, "histories": False}
    await job_process.work(product.runtime.settings, "no-such-job")


async def test_the_same_is_not_begun_twice_and_the_machine_is_not_flooded(
    product: Product, started: list[str]
) -> None:
    case = await submitted(product)
    first = (await ask(product, {"kind": "verify"}, key="kunci-1")).json()
    assert (await ask(product, {"kind": "verify"}, key="kunci-1")).json()["id"] == first["id"]
    assert (await ask(product, {"kind": "verify"}, "operations")).json()["id"] == first["id"]
    await ask(product, {"kind": "replay", "subject": case.stream})
    assert len(started) == 2
    async with product.runtime.db.write() as session:
        row = await session.get(Job, started[1])
        assert row is not None
        row.subject = "another-case"
    refused = await ask(product, {"kind": "replay", "subject": case.stream})
    assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (409, "J-BUSY")


async def test_what_nobody_works_on_any_more_is_told_as_interrupted(
    product: Product, started: list[str]
) -> None:
    await ask(product, {"kind": "verify"})
    async with product.runtime.db.write() as session:
        row = await session.get(Job, started[0])
        assert row is not None
        row.beat_at -= jobs.LOST_AFTER + timedelta(seconds=1)
    told = (await product.ask("GET", f"/v1/jobs/{started[0]}", "auditor")).json()
    assert (told["state"], told["state_label_en"], told["ended"]) == ("INTERRUPTED", "interrupted", True)
    await ask(product, {"kind": "verify"})
    assert len(started) == 2


async def test_work_that_breaks_says_so(
    product: Product, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any) -> None:
        raise OSError("disk")

    monkeypatch.setattr(job_process, "WORKS", {"verify": breaks})
    await ask(product, {"kind": "verify"})
    await job_process.work(product.runtime.settings, started[0])
    told = (await product.ask("GET", f"/v1/jobs/{started[0]}", "auditor")).json()
    assert (told["state"], told["result"]) == ("FAILED", {"error": "OSError"})


async def test_a_database_that_is_away_for_a_while_ends_no_work(
    product: Product, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()

    async def away(*_: Any, **__: Any) -> None:
        tried.set()
        raise OSError("the database")

    async def works(*_: Any) -> None:
        await asyncio.wait_for(tried.wait(), 10)

    monkeypatch.setattr(jobs, "beat", away)
    monkeypatch.setattr(job_process, "WORKS", {"verify": works})
    await ask(product, {"kind": "verify"})
    await job_process.work(product.runtime.settings, started[0])
    assert (await product.ask("GET", f"/v1/jobs/{started[0]}", "auditor")).json()["state"] == "DONE"


async def test_only_those_who_watch_and_only_what_there_is(product: Product, started: list[str]) -> None:
    for who in ("organiser", "verifier", "candidate"):
        assert (await ask(product, {"kind": "verify"}, who)).status_code == 403
        assert (await product.ask("GET", "/v1/jobs", who)).status_code == 403
    assert (await ask(product, {"kind": "replay", "subject": "none"})).status_code == 404
    assert (await ask(product, {"kind": "replay"})).status_code == 422
    assert (await ask(product, {"kind": "verify", "subject": "x"})).status_code == 422
    assert (await product.ask("GET", "/v1/jobs/none", "auditor")).status_code == 404
    assert started == []
