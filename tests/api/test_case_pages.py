"""The page of a case tells its timeline in words, narrows it, and says what is waited for."""

import re
from datetime import UTC, datetime

from api.routers.cases import END, visits
from db.reads import Step
from db.tables import CaseRow
from domain import commands as c
from domain.roles import Role
from tests.api.conftest import Dispatched, Product, submitted
from tests.api.test_pages import OURS, enter
from tests.support.programmes import ORGANISER, VERIFIER, World


def told(page: str) -> list[str]:
    """The sentences of the timeline, the latest first."""
    return re.findall(r'<span class="seq">\d+</span> <strong>([^<]+)</strong>', page)


async def test_the_timeline_is_told_in_both_languages(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "operations")
    page = await product.client.get(f"/cases/{case.stream}")
    assert told(page.text)[-1] == "Permohonan program diajukan"
    page = await product.client.get(f"/cases/{case.stream}?lang=en")
    assert told(page.text)[-1] == "The request was submitted"
    assert "programme_submitted" not in page.text


async def test_the_timeline_is_narrowed_and_the_picture_keeps_the_whole_way(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.answer_all()
    case = await product.project(world)
    kinds = {
        "moves": [e.seq for e in world.events if e.moves],
        "rules": [e.seq for e in world.events if e.findings],
        "messages": [e.seq for e in world.events if e.notices or e.payload.get("message_id")],
    }
    assert len(set(map(tuple, kinds.values()))) > 1
    await enter(product, "operations")
    for kind, seqs in kinds.items():
        answer = await product.ask(
            "GET", f"/v1/cases/{case.stream}/timeline?telling={kind}&newest_first=false", "operations"
        )
        assert [e["seq"] for e in answer.json()["items"]] == seqs
        page = await product.client.get(f"/cases/{case.stream}?telling={kind}")
        assert len(told(page.text)) == len(seqs)
        assert "draf → diajukan" in page.text
    assert (await product.client.get(f"/cases/{case.stream}?telling=gossip")).status_code == 422


async def test_what_is_waited_for_stands_with_its_end_and_what_comes_then(product: Product) -> None:
    case = await submitted(product)
    answer = (await product.ask("GET", f"/v1/cases/{case.stream}", "operations")).json()
    asked = [e for e in case.errands.values() if e.state == "ASKED"]
    assert len(answer["errands"]) == len(asked) > 0
    assert answer["workflow"] == case.workflow_id
    await enter(product, "operations")
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert "Verifikasi permohonan" in page
    assert "Pemesanan hari, tempat, atau nomor" in page
    assert f"/namespaces/default/workflows/{case.workflow_id}" in page


async def test_an_organiser_sees_neither_errands_nor_the_workflow(product: Product) -> None:
    case = await submitted(product)
    answer = (await product.ask("GET", f"/v1/cases/{case.stream}", "organiser")).json()
    assert "errands" not in answer and "workflow" not in answer
    await enter(product, "organiser")
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert "/namespaces/" not in page


async def test_a_stranger_is_told_that_there_is_nothing(product: Product) -> None:
    case = await submitted(product)
    await product.person("other", Role.ORGANISER, "LSP-NUSA")
    await enter(product, "other")
    assert (await product.client.get(f"/cases/{case.stream}")).status_code == 404


async def test_the_history_follows_the_state_that_is_chosen_in_the_picture(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.answer_all()
    case = await product.project(world)
    moves = {m.dest: e.seq for e in world.events for m in e.moves if m.machine == "programme"}
    await enter(product, "operations")
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert re.search(r'<a href="\?at=SUBMITTED#timeline"', page)
    assert "at=READY" not in page  # it was never there
    found = (await product.client.get(f"/cases/{case.stream}?at=SUBMITTED")).text
    seqs = [int(n) for n in re.findall(r'<span class="seq">(\d+)</span>', found)]
    assert seqs == list(range(moves["VERIFYING"], moves["SUBMITTED"] - 1, -1))
    last = (await product.client.get(f"/cases/{case.stream}?at=VERIFYING")).text
    assert re.findall(r'<span class="seq">(\d+)</span>', last)[0] == str(world.events[-1].seq)


async def test_the_timeline_is_narrowed_to_a_role_and_to_a_rule(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "operations")
    page = (await product.client.get(f"/cases/{case.stream}?role=organiser")).text
    assert told(page) == ["Permohonan program diajukan"]
    page = (await product.client.get(f"/cases/{case.stream}?rule=R-30")).text
    assert told(page) == ["Permohonan program diajukan"]
    assert told((await product.client.get(f"/cases/{case.stream}?rule=R-WIN")).text) == []
    assert (await product.client.get(f"/cases/{case.stream}?rule=%25")).status_code == 422


def test_visits_end_with_the_event_that_leads_out() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    way = [Step("A", "B", at, 1), Step("B", "A", at, 4), Step("A", "B", at, 7)]
    assert visits(way, "A") == [(1, 1), (4, 7)]
    assert visits(way, "B") == [(1, 4), (7, END)]
    assert visits(way, "C") == []


async def test_a_task_is_given_to_somebody_else_from_the_case(product: Product, sent: Dispatched) -> None:
    case = await submitted(product)
    task = next(t for t in case.tasks.values() if t.kind == "verify_programme")
    await enter(product, "operations")
    assert (
        f'href="/cases/{case.stream}/reassign/{task.id}"'
        in (await product.client.get(f"/cases/{case.stream}")).text
    )
    form = f"/cases/{case.stream}/reassign/{task.id}"
    page = (await product.client.get(form)).text
    assert "Nama verifier" in page
    key = re.findall(r'name="key" value="([^"]+)"', page)[-1]
    refused = await product.client.post(form, data={"key": key, "reason": ""}, headers=OURS)
    assert refused.status_code == 422 and 'href="#f-reason"' in refused.text
    done = await product.client.post(form, data={"key": key, "reason": "Cuti."}, headers=OURS)
    assert (done.status_code, done.headers["location"]) == (303, f"/cases/{case.stream}?done=1")
    assert [type(command) for _, command, _ in sent.commands] == [c.ReassignTask]
    await enter(product, "verifier")
    assert (await product.client.get(form)).status_code == 403


async def test_what_is_wrong_stands_with_how_it_is_mended(product: Product) -> None:
    case = await submitted(product)
    async with product.runtime.db.write() as session:
        row = await session.get(CaseRow, case.stream)
        assert row is not None
        row.attention = "ledger_forked"
        session.add(row)
    await enter(product, "operations")
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert "asesor repair --thaw" in page
    assert 'class="incident"' in page
    assert "Temporal tidak menjawab" not in page  # it is told by the ledger, whoever answers


async def test_people_stand_with_their_parts(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "operations")
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert "Pelatih (master asesor)" in page and "Panitia" in page
    await product.person("participant", Role.CANDIDATE, person="p2")
    await enter(product, "participant")
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert "Panitia" not in page


async def test_temporals_pages_stand_where_the_settings_say(product: Product) -> None:
    case = await submitted(product)
    product.runtime.settings = product.runtime.settings.model_copy(
        update={"temporal_ui_address": "https://temporal.example.go.id"}
    )
    await enter(product, "operations")
    page = (await product.client.get(f"/cases/{case.stream}")).text
    assert f'href="https://temporal.example.go.id/namespaces/default/workflows/{case.workflow_id}"' in page
