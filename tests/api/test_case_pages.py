"""The page of a case tells its timeline in words, narrows it, and says what is waited for."""

import re

from domain import commands as c
from domain.roles import Role
from tests.api.conftest import Product, submitted
from tests.api.test_pages import enter
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
