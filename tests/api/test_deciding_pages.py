"""The committee: the dossier, members' own votes, the chair's entry that must say the same, the minutes."""

import re
from typing import Any

import pytest

from api import sitting as sittings
from domain.cases import Case
from domain.roles import Role
from tests.api.conftest import Dispatched, Product
from tests.api.test_pages import OURS, enter, title
from tests.support.journeys import CHAIR, REASON, recommended, votes

API = "/v1/applications/application-1"
PAGE = "/decisions/application-1"


async def members(product: Product) -> None:
    for n in (1, 2, 3, 4):
        await product.person(f"k-{n}", Role.COMMITTEE, person=f"k{n}")
    await product.person("m-3", Role.MASTER_ASSESSOR, person="m3")


async def convened(product: Product) -> Case:
    await members(product)
    return await product.project(recommended().convened())


async def cast(product: Product, who: str, competent: bool = True, **more: Any) -> Any:
    body = {"competent": competent, "reason": f"Alasan {who}.", **more}
    return await product.ask("PUT", f"{API}/votes/mine", who, json=body)


async def sitting(product: Product, who: str) -> Any:
    return (await product.ask("GET", f"{API}/dossier", who)).json()["sitting"]


async def test_each_member_casts_an_own_vote_and_sees_the_others_then(product: Product) -> None:
    case = await convened(product)
    before = await product.events(case.stream)
    assert (await cast(product, "k-1")).json() == {"version": 1}
    unvoted = await sitting(product, "k-2")
    assert unvoted["sealed"] and [m["has_voted"] for m in unvoted["members"]] == [True, False, False]
    assert all(m["vote"] is None for m in unvoted["members"])
    assert (await cast(product, "k-2", False)).status_code == 200
    seen = await sitting(product, "k-2")
    assert [m["vote"] and m["vote"]["competent"] for m in seen["members"]] == [True, False, None]
    assert (await cast(product, "k-2", True, version=1)).json() == {"version": 2}
    assert (await cast(product, "k-2", False, version=1)).status_code == 409
    assert await product.events(case.stream) == before


@pytest.mark.parametrize(
    ("who", "status"), [("k-4", 409), ("m-3", 403), ("operations", 403), ("candidate", 403)]
)
async def test_only_members_of_the_sitting_vote(product: Product, who: str, status: int) -> None:
    await convened(product)
    assert (await cast(product, who)).status_code == status


async def test_a_vote_has_its_reason(product: Product) -> None:
    await convened(product)
    assert (await cast(product, "k-1", reason=" ")).status_code == 422


async def test_nobody_votes_before_or_after_the_sitting(product: Product) -> None:
    await members(product)
    world = recommended()
    await product.project(world)
    assert (await cast(product, "k-1")).status_code == 409
    done = len(world.events)
    world.convened()
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    world.events = world.events[done:]
    await product.project(world)
    assert (await cast(product, "k-1")).json()["violations"][0]["rule"] == "M-STATE"


def entry(*competent: bool) -> dict[str, Any]:
    form = votes(*competent).model_dump(mode="json")
    return {"decision": "decide_competent", "form": form}


async def test_the_chairs_entry_says_what_the_members_cast(product: Product, sent: Dispatched) -> None:
    case = await convened(product)
    task = next(t for t in case.tasks.values() if t.kind == "decide")
    address = f"/v1/tasks/{task.id}/complete"
    await cast(product, "k-2", False)
    wrong = await product.ask("POST", address, "k-1", json=entry(True, True, True))
    assert (wrong.status_code, wrong.json()["violations"][0]["rule"]) == (409, "X-VOTE")
    left_out = entry(True, True, True)
    left_out["form"]["votes"] = [v for v in left_out["form"]["votes"] if v["person"] != "k2"]
    assert (await product.ask("POST", address, "k-1", json=left_out)).status_code == 409
    assert sent.commands == []
    right = await product.ask("POST", address, "k-1", json=entry(True, False, True))
    assert right.status_code == 200, right.text
    assert len(sent.commands) == 1


async def test_votes_that_nobody_cast_are_entered_as_before(product: Product, sent: Dispatched) -> None:
    case = await convened(product)
    task = next(t for t in case.tasks.values() if t.kind == "decide")
    done = await product.ask("POST", f"/v1/tasks/{task.id}/complete", "k-1", json=entry(True, True, True))
    assert done.status_code == 200 and len(sent.commands) == 1


async def test_the_dossier_says_who_did_what_and_that_no_member_is_barred_by_it(product: Product) -> None:
    await members(product)
    world = recommended()
    world.convened()
    await product.project(world)
    found = (await product.ask("GET", f"{API}/dossier", "k-1")).json()
    assert [bool(m["involved"]) for m in found["sitting"]["members"]] == [False, False, False]
    assert {h["step"] for h in found["hands"]} >= {"submitter", "reviewer", "trainer", "assessor"}
    assert found["recommendation"] == "K"
    assert [u["result"] for u in found["results"]] == ["K", "K", "K"]
    assert found["training"]["recorded"]


# ---- pages -------------------------------------------------------------------------------------------


async def test_a_member_begins_at_the_sittings(product: Product) -> None:
    await members(product)
    await enter(product, "k-1")
    assert (await product.client.get("/home")).headers["location"] == "/decisions"
    assert "Tidak ada sidang yang menunggu" in (await product.client.get("/decisions")).text
    await product.project(recommended().convened())
    page = await product.client.get("/decisions")
    assert f'href="{PAGE}"' in page.text and "Suara Anda belum ada." in page.text
    await enter(product, "k-4")
    assert f'href="{PAGE}"' not in (await product.client.get("/decisions")).text
    assert f'href="{PAGE}"' in (await product.client.get("/decisions?view=all")).text
    await enter(product, "m-3")
    assert (await product.client.get("/decisions")).status_code == 403


async def test_a_vote_without_a_choice_keeps_what_was_typed(product: Product) -> None:
    await convened(product)
    await enter(product, "k-1")
    form = {"key": "a" * 32, "version": "0", "reason": "Bukti cukup."}
    page = await product.client.post(f"{PAGE}/vote", data=form, headers=OURS)
    assert page.status_code == 422 and "Bukti cukup." in page.text
    assert title(page).startswith("Kesalahan: ")
    done = await product.client.post(f"{PAGE}/vote", data={**form, "competent": "yes"}, headers=OURS)
    assert done.headers["location"] == f"{PAGE}?done=1#sitting"


async def test_the_chair_enters_what_the_votes_carry(product: Product, sent: Dispatched) -> None:
    await convened(product)
    for who in ("k-2", "k-3"):
        await cast(product, who)
    await enter(product, "k-1")
    page = await product.client.get(PAGE)
    assert "Beri suara Anda lebih dahulu" in page.text and 'name="vote.k2"' not in page.text
    await cast(product, "k-1", False)
    page = await product.client.get(PAGE)
    fields = dict(re.findall(r'name="(vote\.\w+)" value="(yes|no)"', page.text))
    assert fields == {"vote.k1": "no", "vote.k2": "yes", "vote.k3": "yes"}
    form = {"key": "a" * 32, "decision": "decide_competent", **fields}
    refused = await product.client.post(f"{PAGE}/decide", data=form, headers=OURS)
    assert refused.status_code == 422 and "f-form-minutes_number" in refused.text
    form["form.minutes_number"] = "BA/7"
    swapped = {**form, "key": "b" * 32, "vote.k1": "yes"}
    refused = await product.client.post(f"{PAGE}/decide", data=swapped, headers=OURS)
    assert refused.status_code == 409 and "X-VOTE" in refused.text
    assert 'value="BA/7"' in refused.text
    done = await product.client.post(f"{PAGE}/decide", data={**form, "key": "c" * 32}, headers=OURS)
    assert done.headers["location"] == f"{PAGE}?done=1#decisions"
    ((_, command, actor),) = sent.commands
    assert (actor.person, command.decision, command.form.minutes_number) == ("k1", "decide_competent", "BA/7")
    assert {v.person: v.competent for v in command.form.votes} == {"k1": False, "k2": True, "k3": True}


async def test_a_question_to_the_assessor_needs_no_votes(product: Product, sent: Dispatched) -> None:
    await convened(product)
    await cast(product, "k-1")
    await enter(product, "k-1")
    form = {"key": "a" * 32, "decision": "clarify", "reason": "Bukti unit kedua yang mana?"}
    done = await product.client.post(f"{PAGE}/decide", data=form, headers=OURS)
    assert done.status_code == 303, done.text
    ((_, command, _),) = sent.commands
    assert (command.decision, command.form, command.reason is not None) == ("clarify", None, True)


async def test_the_minutes_are_made_of_what_is_recorded(product: Product) -> None:
    await members(product)
    world = recommended(plan="BK").convened()
    await product.project(world)
    await cast(product, "k-1", False)
    await enter(product, "k-1")
    assert "Belum ada berita acara" in (await product.client.get(f"{PAGE}/minutes")).text
    done = len(world.events)
    world.complete(CHAIR, "decide", "decide_not_yet", form=votes(False, False, True), reason=REASON)
    world.events = world.events[done:]
    case = await product.project(world)
    page = await product.client.get(f"{PAGE}/minutes")
    assert "BA/1" in page.text and case.head in page.text
    assert "Alasan k-1." in page.text
    assert page.text.count("dicatat oleh ketua") == 2
    assert "R-VOTE" in page.text
    dossier = await product.client.get(PAGE)
    assert f"{PAGE}/minutes?sitting=1" in dossier.text
    await enter(product, "m-3")
    assert (await product.client.get(f"{PAGE}/minutes")).status_code == 403


async def test_a_reason_that_was_cast_otherwise_is_not_put_beside_the_recorded_vote(
    product: Product,
) -> None:
    await members(product)
    world = recommended().convened()
    await product.project(world)
    await cast(product, "k-3", False)
    done = len(world.events)
    world.complete(CHAIR, "decide", "decide_competent", form=votes(True, True, True))
    world.events = world.events[done:]
    await product.project(world)
    found = (await product.ask("GET", f"{API}/minutes", "k-1")).json()["sittings"][0]
    assert [v["reason"] for v in found["votes"]] == [None, None, None]


async def test_a_journey_without_a_sheet_points_to_its_documents(product: Product) -> None:
    await convened(product)
    await enter(product, "k-2")
    page = await product.client.get(PAGE)
    assert "bukti setiap unit ada di dalamnya" in page.text


async def test_the_chairs_task_leads_to_the_dossier(product: Product) -> None:
    case = await convened(product)
    task = next(t for t in case.tasks.values() if t.kind == "decide")
    await enter(product, "k-1")
    assert f'href="{PAGE}"' in (await product.client.get(f"/tasks/{task.id}")).text


async def test_a_member_who_assessed_is_shown_as_involved_and_does_not_vote(product: Product) -> None:
    await members(product)
    case = recommended().convened().case
    case.hands["assessor"] = (*case.hands["assessor"], "k2")
    now = case.business_at
    chair = CHAIR
    assert sittings.involved(case, "k1", chair, now) == []
    assert [v.rule for v in sittings.involved(case, "k2", chair, now)] == ["R-SOD"]


async def test_a_candidate_who_was_erased_breaks_no_page(product: Product) -> None:
    """The case goes on without the name, by the person's id."""
    case = await convened(product)
    person = case.journey.person
    async with product.runtime.db.write() as session:
        await product.runtime.vault.forget_person(session, person, at=product.runtime.now())
    await enter(product, "k-1")
    for path in ("/decisions", PAGE):
        shown = await product.client.get(path)
        assert shown.status_code == 200, shown.text
        assert person[:8] in shown.text
    await enter(product, "m-3")
    for path in ("/assessments", "/assessments/application-1"):
        shown = await product.client.get(path)
        assert shown.status_code == 200, shown.text
        assert person[:8] in shown.text
