"""The auditor's day page by page: searches and their files, what is revealed for a reason, links, jobs."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest

from api import job_process
from db import jobs
from db.job_tables import Job
from db.tables import CheckpointRow
from domain.clock import local_day
from tests.api.conftest import START, Product, submitted
from tests.api.test_audit_pages import NIK, known_person
from tests.api.test_audit_search import document_of
from tests.api.test_pages import OURS, enter, title

REASON = "Uji petik atas pengaduan nomor tujuh."
LISTS = ("cases", "tasks", "events", "certificates", "denials")


def key_in(page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


async def recorded(product: Product) -> list[str]:
    return [
        e
        for e in await product.events(f"access-{local_day(datetime.now(UTC))}")
        if e not in ("signed_in", "hat_changed", "signed_out")
    ]


@pytest.mark.parametrize("what", LISTS)
async def test_every_list_is_narrowed_and_leaves_as_a_file_on_record(product: Product, what: str) -> None:
    await submitted(product)
    await enter(product, "auditor")
    for lang in ("id", "en"):
        page = await product.client.get(f"/audit/search/{what}?lang={lang}")
        assert page.status_code == 200 and len(page.content) < 150_000
    assert (await product.client.get(f"/audit/search/{what}?since=&until=&stream=")).status_code == 200
    if what != "certificates":
        wrong = await product.client.get(f"/audit/search/{what}?since=kemarin")
        assert wrong.status_code == 422
    before = await recorded(product)
    for ending in ("csv", "xlsx", "jsonl"):
        file = await product.client.get(f"/audit/search/{what}/export.{ending}?lang=id")
        assert file.status_code == 200 and file.headers["cache-control"] == "no-store"
        assert f"asesor-audit-{what}-" in file.headers["content-disposition"]
    assert await recorded(product) == before + ["list_exported"] * 3
    assert (await product.client.get(f"/audit/search/{what}/export.pdf")).status_code == 422


async def test_a_file_tells_what_the_page_tells_and_computes_nothing(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "auditor")
    sheet = (await product.client.get("/audit/search/cases/export.csv?organiser=LSP-TIK&lang=en")).text
    rows = list(csv.reader(io.StringIO(sheet.removeprefix("\ufeff"))))
    assert rows[0][:4] == ["Case", "Kind", "State", "Organiser"]
    assert rows[1][:4] == [case.stream, "Programme", "submitted", "Lembaga LSP-TIK"] and len(rows) == 2
    lines = (await product.client.get(f"/audit/streams/{case.stream}/export.jsonl")).text.splitlines()
    assert [json.loads(line)["type"] for line in lines][-1] == "programme_submitted"
    assert all(json.loads(line)["hash"] for line in lines)
    book = (await product.client.get(f"/audit/streams/{case.stream}/export.xlsx")).content
    with ZipFile(io.BytesIO(book)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    page = (await product.client.get("/audit/reveals?lang=en")).text
    assert "timeline.jsonl" in page and f"stream={case.stream}" in page and "organiser=LSP-TIK" in page
    assert (await product.client.get("/audit/streams/none/export.csv")).status_code == 404


async def test_a_person_is_revealed_once_for_a_reason_and_the_next_look_is_masked(product: Product) -> None:
    await known_person(product)
    await enter(product, "auditor")
    page = (await product.client.get("/audit/persons/person-ratna")).text
    key = key_in(page)
    form = {"key": key, "fields": ["full_name", "email"], "reason": REASON}
    shown = await product.client.post("/audit/persons/person-ratna", data=form, headers=OURS)
    assert shown.status_code == 200 and shown.headers["cache-control"] == "no-store"
    assert "Ratna Wulandari" in shown.text and "ratna@contoh.id" in shown.text and NIK not in shown.text
    again = (await product.client.get("/audit/persons/person-ratna")).text
    assert "Ratna" not in again and "ratna@" not in again
    assert await recorded(product) == ["person_revealed"]
    page = (await product.client.get("/audit/reveals")).text
    assert REASON in page and "/audit/persons/person-ratna" in page and "auditor" in page


async def test_without_a_reason_nothing_is_shown_and_what_was_chosen_stays(product: Product) -> None:
    await known_person(product)
    await enter(product, "auditor")
    key = key_in((await product.client.get("/audit/persons/person-ratna")).text)
    for form in ({"key": key, "fields": ["nik"], "reason": " a "}, {"key": key, "reason": REASON}):
        page = await product.client.post("/audit/persons/person-ratna", data=form, headers=OURS)
        assert page.status_code == 422 and title(page).startswith("Kesalahan: ")
        assert NIK not in page.text
        assert ('value="nik" checked' in page.text) == ("fields" in form)
        assert (REASON in page.text) == (form["reason"] == REASON)
    assert await recorded(product) == []


async def test_one_link_is_shown_whole(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "auditor")
    page = (await product.client.get(f"/audit/streams/{case.stream}?lang=en")).text
    assert f'href="/audit/streams/{case.stream}/1"' in page
    assert "R-ORG" in page and "<cite>" in page
    assert "Participant" in page and "/audit/persons/" in page
    page = (await product.client.get(f"/audit/streams/{case.stream}/1")).text
    assert "the hash is that of its content" in page and "linked to the one before" in page
    assert case.head[:16] in page or "prev_hash" in page
    assert (await product.client.get(f"/audit/streams/{case.stream}/99")).status_code == 404


async def test_a_replay_is_asked_for_from_the_case_and_its_verdict_kept(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(job_process, "start", lambda _settings, job: started.append(job))
    case = await submitted(product)
    await enter(product, "auditor")
    key = key_in((await product.client.get(f"/audit/streams/{case.stream}")).text)
    form = {"key": key, "kind": "replay", "subject": case.stream}
    sent = await product.client.post("/audit/jobs", data=form, headers=OURS)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/audit/jobs/{started[0]}")
    page = (await product.client.get(f"/audit/jobs/{started[0]}?lang=en")).text
    assert "data-poll" in page and "/static/jobs.js" in page and "waiting" in page
    async with product.runtime.db.write() as session:
        await jobs.beat(session, started[0], done=1, total=4, at=datetime.now(UTC))
    page = (await product.client.get(f"/audit/jobs/{started[0]}")).text
    assert '<progress id="progress" max="4" value="1">' in page
    detail = {"events": 30, "sandbox": True, "problem": "NondeterminismError: another activity"}
    async with product.runtime.db.write() as session:
        await jobs.end(
            session,
            started[0],
            state=jobs.DONE,
            at=datetime.now(UTC),
            result={"ok": False, "runs": 1, "events": 30, "failed": 1, "histories": True},
            items=[jobs.Item("run-1", False, detail), jobs.Item("run-1", True, {**detail, "problem": ""})],
        )
    page = (await product.client.get(f"/audit/jobs/{started[0]}")).text
    assert "data-poll" not in page and "NondeterminismError: another activity" in page
    assert page.count("it differs") == 2 and page.count("the same decisions") == 1
    page = (await product.client.get(f"/audit/streams/{case.stream}")).text
    assert f"/audit/jobs/{started[0]}" in page and "it differs" in page
    missing = await product.client.post("/audit/jobs", data={**form, "subject": "none"}, headers=OURS)
    assert missing.status_code == 404


async def test_the_ledger_says_when_it_was_verified_and_how_it_ended(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(job_process, "start", lambda _settings, job: started.append(job))
    async with product.runtime.db.write() as session:
        session.add(
            CheckpointRow(
                id=1, at=START, previous="", root="0" * 64, heads="[]", signature="00", public_key_id="k"
            )
        )
    await enter(product, "auditor")
    page = (await product.client.get("/audit/ledger?lang=en")).text
    assert "It has never been verified from here." in page and "does not hold" in page
    await product.client.post("/audit/jobs", data={"key": key_in(page), "kind": "verify"}, headers=OURS)
    await job_process.work(product.runtime.settings, started[0])
    page = (await product.client.get("/audit/ledger")).text
    assert "something is broken" in page  # the checkpoint above was signed by nobody
    page = (await product.client.get(f"/audit/jobs/{started[0]}")).text
    assert "signed with a key that is not known" in page and "Temporal did not answer" in page
    key = key_in((await product.client.get("/audit/ledger")).text)
    await product.client.post("/audit/jobs", data={"key": key, "kind": "verify"}, headers=OURS)
    async with product.runtime.db.write() as session:
        row = await session.get(Job, started[1])
        assert row is not None
        row.beat_at -= timedelta(hours=1)
    page = (await product.client.get(f"/audit/jobs/{started[1]}")).text
    assert "It was interrupted" in page and "data-poll" not in page


async def test_a_document_is_opened_from_its_page_for_a_reason(product: Product) -> None:
    draft, document = await document_of(product)
    await enter(product, "auditor")
    page = (await product.client.get(f"/audit/documents/{document}")).text
    path = f"/v1/programmes/{draft}/evidence/{document}"
    assert path not in page
    refused = await product.client.post(
        f"/audit/documents/{document}", data={"key": key_in(page), "reason": ""}, headers=OURS
    )
    assert refused.status_code == 422 and path not in refused.text
    sent = await product.client.post(
        f"/audit/documents/{document}", data={"key": key_in(page), "reason": REASON}, headers=OURS
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"/audit/documents/{document}?done=1")
    assert path in (await product.client.get(f"/audit/documents/{document}")).text
    assert (await product.client.get(path)).content.startswith(b"%PDF")
    assert (await product.client.get("/audit/documents/none")).status_code == 404
