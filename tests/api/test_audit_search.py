"""Search over everything, one link of a chain, and what is personal: masked, until a reason is on record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api import audit_search, listings, roster_xlsx
from db import registry
from db.identity import Hat
from db.reads import Days
from db.registry import revealing
from db.tables import CaseRow, DenialRow, EventRow
from db.vault import PersonData
from domain.clock import local_day
from domain.roles import SYSTEM, Role
from tests.api.conftest import PASSWORD, PDF, START, Product, roster, submitted
from tests.support.programmes import SCHEME

REASON = {"reason": "Uji petik triwulan kedua."}


async def get(product: Product, path: str, who: str = "auditor", status: int = 200) -> Any:
    answer = await product.ask("GET", path, who)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?q=programme", True),
        ("?q=zzz", False),
        ("?kind=programme", True),
        ("?kind=journey", False),
        ("?state=SUBMITTED&organiser=LSP-TIK", True),
        ("?organiser=LSP-NUSA", False),
        (f"?scheme={SCHEME.id}", True),
        ("?scheme=lain", False),
        ("?until=2020-01-01", False),
    ],
)
async def test_cases_are_found_by_what_narrows_them(product: Product, query: str, found: bool) -> None:
    case = await submitted(product)
    items = (await get(product, f"/v1/audit/cases{query}"))["items"]
    assert [item["stream"] for item in items] == ([case.stream] if found else [])
    if found:
        assert items[0]["organiser_name"] == "Lembaga LSP-TIK"


async def test_days_are_whole_days_in_wib(product: Product) -> None:
    case = await submitted(product)
    async with product.runtime.db.write() as session:
        row = await session.get(CaseRow, case.stream)
        assert row is not None
        row.opened_at = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)  # 00.30 WIB on the second
    assert (await get(product, "/v1/audit/cases?since=2026-03-02&until=2026-03-02"))["items"]
    assert not (await get(product, "/v1/audit/cases?since=2026-03-01&until=2026-03-01"))["items"]


async def test_tasks_and_events_are_found_across_cases(product: Product) -> None:
    case = await submitted(product)
    tasks = (await get(product, "/v1/audit/tasks?open=true"))["items"]
    assert tasks and {t["stream"] for t in tasks} == {case.stream}
    kind, group = tasks[0]["kind"], tasks[0]["group"]
    assert (await get(product, f"/v1/audit/tasks?kind={kind}&group={group}&organiser=LSP-TIK"))["items"]
    assert not (await get(product, "/v1/audit/tasks?open=false"))["items"]
    late = len((await get(product, "/v1/audit/tasks?late=true"))["items"])
    assert late + len((await get(product, "/v1/audit/tasks?late=false"))["items"]) == len(tasks)

    events = (await get(product, f"/v1/audit/events?stream={case.stream}"))["items"]
    assert [e["type"] for e in events][-1] == "programme_submitted"
    assert (await get(product, "/v1/audit/events?type=programme_submitted&role=organiser"))["items"]
    rule = next(f["rule"] for e in events for f in e["findings"])
    found = (await get(product, f"/v1/audit/events?rule={rule}"))["items"]
    assert found and all(rule in {f["rule"] for f in e["findings"]} for e in found)
    assert not (await get(product, "/v1/audit/events?role=committee"))["items"]
    await get(product, "/v1/audit/events?role=nobody", status=422)


async def test_lists_come_page_by_page(product: Product) -> None:
    await submitted(product)
    whole = [(e["stream"], e["seq"]) for e in (await get(product, "/v1/audit/events?limit=200"))["items"]]
    seen, cursor = [], ""
    while cursor is not None:
        page = await get(product, f"/v1/audit/events?limit=2&cursor={cursor}")
        seen += [(e["stream"], e["seq"]) for e in page["items"]]
        cursor = page["next"]
    assert seen == whole and len(seen) > 4


async def test_one_link_is_shown_whole_and_a_forged_one_is_seen(product: Product) -> None:
    chain = "person-person-auditor"
    link = await get(product, f"/v1/audit/events/{chain}/2")
    assert link["intact"] and link["linked"] and (link["before"], link["after"]) == (1, 3)
    assert link["body"]["type"] == link["type"] == "account_created"
    await get(product, f"/v1/audit/events/{chain}/999", status=404)
    async with product.runtime.db.read() as session:
        row = await session.get(EventRow, (chain, 2))
        assert row is not None
        forged = EventRow(
            **{
                **row.model_dump(),
                "stream": "person-forged",
                "seq": 1,
                "command_id": "forged",
                "prev_hash": "1" * 64,
                "body": row.body.replace('"seq":2', '"seq":1'),
            }
        )
    async with product.runtime.db.write() as session:
        session.add(forged)
    link = await get(product, "/v1/audit/events/person-forged/1")
    assert (link["intact"], link["linked"]) == (False, False)


async def test_an_auditor_sees_names_masked_everywhere_and_operations_do_not(product: Product) -> None:
    draft = await product.draft()
    sent = await product.ask(
        "POST",
        f"/v1/programmes/{draft}/import",
        "organiser",
        content=roster(),
        headers={"Content-Type": roster_xlsx.MEDIA_TYPE},
    )
    assert sent.status_code == 200, sent.text
    whole = await get(product, f"/v1/programmes/{draft}", "operations")
    masked = await get(product, f"/v1/programmes/{draft}")
    named = [s["name"] for s in whole["seats"]]
    assert named and all("•" not in name for name in named)
    for shown, name in zip(masked["seats"], named, strict=True):
        assert shown["name"].startswith(f"{name[0]}•••") and name.split()[0] not in shown["name"]
    masters = await get(product, "/v1/master-assessors")
    assert all("•" in m["name"] for m in masters["items"])


async def person(product: Product) -> None:
    async with product.runtime.db.write() as session:
        data = PersonData(full_name="Ratna Wulandari", nik="3171234505900001", email="ratna@contoh.id")
        await registry.create_person(
            session, product.runtime.vault, data, by=SYSTEM, at=START, id="person-ratna"
        )


async def test_what_is_shown_whole_is_chosen_recorded_and_seen_by_other_auditors(product: Product) -> None:
    await person(product)
    body = {**REASON, "fields": ["full_name", "email", "phone"]}
    answer = await product.ask("POST", "/v1/persons/person-ratna/reveal", "auditor", json=body)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "person": "person-ratna",
        "full_name": "Ratna Wulandari",
        "email": "ratna@contoh.id",
        "phone": "",
    }
    told = (await get(product, "/v1/audit/reveals", "operations"))["items"][0]
    assert (told["username"], told["type"], told["person"]) == ("auditor", "person_revealed", "person-ratna")
    assert (told["fields"], told["reason"]) == (["full_name", "email", "phone"], REASON["reason"])
    assert await product.events(f"access-{local_day(datetime.now(UTC))}") == ["person_revealed"]
    for wrong in ({"fields": ["email"]}, {**REASON, "fields": []}, {**REASON, "fields": ["address"]}):
        answer = await product.ask("POST", "/v1/persons/person-ratna/reveal", "auditor", json=wrong)
        assert answer.status_code == 422


async def document_of(product: Product) -> tuple[str, str]:
    draft = await product.draft()
    sent = await product.ask(
        "POST",
        f"/v1/programmes/{draft}/evidence?requirement=recommendation_letter",
        "organiser",
        content=PDF,
        headers={"Content-Type": "application/pdf"},
    )
    assert sent.status_code == 201, sent.text
    async with product.runtime.db.read() as session:
        (row,) = await listings.documents_of(session, [draft])
    return draft, row.id


async def test_a_document_is_closed_to_an_auditor_until_a_reason_is_on_record(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, document = await document_of(product)
    path = f"/v1/programmes/{draft}/evidence/{document}"
    refused = await product.ask("GET", path, "auditor")
    assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (403, "G-CLOSED")
    assert (await product.ask("GET", path, "operations")).status_code == 200
    opened = await product.ask("POST", f"/v1/documents/{document}/reveal", "auditor", json=REASON)
    assert opened.status_code == 200
    assert (await product.ask("GET", path, "auditor")).content == PDF
    told = (await get(product, "/v1/audit/reveals"))["items"][0]
    assert (told["document"], told["case"], told["reason"]) == (document, draft, REASON["reason"])
    monkeypatch.setattr(revealing, "OPEN_FOR", timedelta(0))
    assert (await product.ask("GET", path, "auditor")).status_code == 403
    answer = await product.ask("POST", "/v1/documents/none/reveal", "auditor", json=REASON)
    assert answer.status_code == 404
    assert (
        await product.ask("POST", f"/v1/documents/{document}/reveal", "organiser", json=REASON)
    ).status_code == 403


async def test_refusals_are_found_by_rule_and_day(product: Product) -> None:
    async with product.runtime.db.write() as session:
        for n, rule in enumerate(("R-30", "R-SOD")):
            session.add(
                DenialRow(
                    id=f"d{n}",
                    at=START + timedelta(days=n),
                    account="acc",
                    rules=[rule, "R-2"],
                    what="submit",
                    stream="s",
                    workflow_id="w",
                )
            )

    async def ids(**narrowed: Any) -> list[str]:
        found = await audit_search.denials(product.runtime, **{"when": Days(), **narrowed})
        return [item["id"] for item in found["items"]]

    assert await ids() == ["d1", "d0"]
    assert await ids(rule="R-30") == ["d0"]
    assert await ids(rule="R-2") == ["d1", "d0"]
    assert await ids(when=Days(last=local_day(START))) == ["d0"]


async def test_only_those_who_watch(product: Product) -> None:
    for path in ("cases", "tasks", "events", "reveals", "events/x/1"):
        for who in ("organiser", "verifier", "candidate"):
            await get(product, f"/v1/audit/{path}", who, status=403)


async def test_a_candidates_user_name_is_masked_like_the_name_and_staff_answer_by_theirs(
    product: Product,
) -> None:
    for name, hat in (("siti@contoh.id", Hat(Role.CANDIDATE)), ("petugas.baru", Hat(Role.OPERATIONS))):
        await product.account(name, hat, person=f"person-{hat.role.value}-9")
        signed_in = await product.client.post("/v1/sessions", json={"username": name, "password": PASSWORD})
        assert signed_in.status_code == 201
    account = product.accounts["siti@contoh.id"]
    for path in ("/v1/audit/events?type=signed_in", "/v1/accounts", f"/v1/accounts/{account}"):
        told = (await product.ask("GET", path, "auditor")).text
        assert "siti@" not in told and "s•••" in told, path
    assert "petugas.baru" in (await product.ask("GET", "/v1/audit/events?type=signed_in", "auditor")).text
    assert "siti@contoh.id" in (await product.ask("GET", f"/v1/accounts/{account}", "operations")).text
