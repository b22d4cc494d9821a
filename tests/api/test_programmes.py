"""Programmes as each asker may see them."""

import json
from typing import Any

import pytest

from db.given_names import keep_given_name
from domain import commands as c
from domain.roles import Role
from tests.api.conftest import START, Dispatched, Product, submitted
from tests.support.programmes import APPROVER, ORGANISER, VERIFIER, World


async def test_a_case_shows_names_to_its_organiser_and_bnsp_and_to_nobody_else(product: Product) -> None:
    case = await submitted(product)
    async with product.runtime.db.write() as session:
        await keep_given_name(
            session, product.runtime.vault, "p1", "Nama dari daftar", None, by=ORGANISER, at=START
        )
    path = f"/v1/programmes/{case.stream}"
    own = (await product.ask("GET", path, "organiser")).json()
    assert own["kind"] == "case"
    assert own["state_label_en"] == "submitted"
    assert (own["seq"], own["hash"]) == (case.seq, case.head)
    named = next(s for s in own["seats"] if s["person"] == "p1")
    assert named["name"] == "Nama dari daftar"
    assert "name" not in next(s for s in own["seats"] if s["person"] == "p2")
    assert (await product.ask("GET", path, "verifier")).json()["seats"][0]["name"] == "Nama candidate"
    assert (await product.ask("GET", path, "neighbour")).status_code == 404
    mine = (await product.ask("GET", path, "candidate")).json()
    assert [s["person"] for s in mine["seats"]] == ["p1"]
    assert "name" not in mine["seats"][0]
    triggers = {o["trigger"]: o for o in own["allowed"] if o["kind"] == "programme"}
    assert triggers["withdraw"]["ok"] is True
    assert "start_verification" not in triggers


async def test_who_is_left_out_reads_the_own_reason_and_no_other(product: Product, sent: Dispatched) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.send(VERIFIER, c.VerifySeats(seats=tuple(world.case.seats)))
    world.complete(VERIFIER, "verify_programme", "recommend")
    await product.project(world)
    await product.person("approver", Role.APPROVER)
    await product.person("trainer", Role.MASTER_ASSESSOR, person="m1")
    texts = {"s1": "Sertifikat teknis tidak terbaca.", "s2": "Surat rekomendasi palsu."}
    form = {
        "form": "approve_without",
        "seats": ["s1", "s2"],
        "reasons": [{"seat": seat, "reason": text} for seat, text in texts.items()],
    }
    body = {"decision": "approve_without", "reason": "Dua peserta tidak memenuhi syarat.", "form": form}
    path = f"/v1/tasks/{world.task('approve_programme').id}/complete"
    answer = await product.ask("POST", path, "approver", json=body)
    assert answer.status_code == 200, answer.text
    command = sent.commands[0][1]
    assert not any(text in command.model_dump_json() for text in texts.values())
    world.send(APPROVER, command)
    await product.project(world)

    async def read(who: str) -> dict[str, Any]:
        shown = (await product.ask("GET", "/v1/programmes/programme-1", who)).json()
        return {s["id"]: s["reason"] for s in shown["seats"]}

    assert await read("organiser") == {**texts, "s3": None, "s4": None}
    assert await read("candidate") == {"s1": texts["s1"]}
    assert set((await read("trainer")).values()) == {None}


async def test_the_timeline_tells_findings_again_and_its_chain_holds(product: Product) -> None:
    case = await submitted(product)
    body = (
        await product.ask("GET", f"/v1/cases/{case.stream}/timeline?newest_first=false", "organiser")
    ).json()
    event = body["items"][0]
    assert event["type"] == "programme_submitted"
    assert event["hash"] == case.head
    assert {"machine": "programme", "subject": "programme-1", "trigger": "submit"}.items() <= event["moves"][
        0
    ].items() or event["moves"]
    rule = next(f for f in event["findings"] if f["rule"] == "R-30")
    assert rule["text"]
    assert rule["text_en"]
    assert rule["citation"]
    assert "account" not in event["actor"]
    seen = (await product.ask("GET", f"/v1/cases/{case.stream}/timeline", "auditor")).json()
    assert "account" in seen["items"][0]["actor"]


async def test_a_participant_reads_nothing_of_how_others_were_judged(product: Product) -> None:
    case = await submitted(product)
    await product.person("master", Role.MASTER_ASSESSOR, person="m1")
    path = f"/v1/cases/{case.stream}/timeline"
    whole = (await product.ask("GET", path, "organiser")).json()["items"]
    judged = {f["subject"] for event in whole for f in event["findings"]}
    assert {"s1", "s2"} <= judged or {"p1", "p2"} <= judged, judged
    for who, own in (("candidate", {"s1", "p1"}), ("master", {"m1"})):
        items = (await product.ask("GET", path, who)).json()["items"]
        assert [e["hash"] for e in items] == [e["hash"] for e in whole]  # every link is there
        assert {f["subject"] for e in items for f in e["findings"]} <= {*own, "class-a", case.stream}
        seats = {m["subject"] for e in items for m in e["moves"] if m["machine"] == "seat"}
        assert seats <= own
        assert all(f"{kind}2" not in json.dumps(items) for kind in ('"s', '"p'))


async def test_a_read_waits_for_what_its_reader_wrote_and_says_when_it_could_not(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.reading.WAIT_SECONDS", 0.05)
    case = await submitted(product)
    there = await product.ask("GET", f"/v1/cases/{case.stream}?min_seq={case.seq}", "organiser")
    assert there.json()["projection"] == "terkini"
    ahead = await product.ask(
        "GET", f"/v1/cases/{case.stream}", "organiser", headers={"X-Min-Seq": str(case.seq + 1)}
    )
    assert ahead.status_code == 200
    assert ahead.json()["projection"] == ahead.headers["x-projection"] == "sedang ditulis"


async def test_programmes_are_listed_page_by_page(product: Product) -> None:
    await submitted(product)
    await product.draft()
    listed = (await product.ask("GET", "/v1/programmes?limit=1", "organiser")).json()
    assert [p["stream"] for p in listed["items"]] == ["programme-1"]
    assert listed["counts"] == {"SUBMITTED": 1}
    assert len(listed["drafts"]) == 1
    assert (await product.ask("GET", "/v1/programmes", "neighbour")).json()["items"] == []
    bad = await product.ask("GET", "/v1/programmes?cursor=xxxx", "organiser")
    assert bad.status_code == 422
