"""The pages on which tasks are done: the list, the task, its decision, and what is typed before it."""

import re
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import event

from db.people_tables import Account
from db.vault import case_owner
from domain import commands as c
from domain.errors import Unknown
from domain.roles import Role
from tests.api.conftest import Dispatched, Product
from tests.api.test_desk import several, submitted
from tests.api.test_pages import OURS, enter
from tests.api.test_pictures import RED, pdf
from tests.support.journeys import APPLICATION, CANDIDATE, REVIEWER, JourneyWorld
from tests.support.programmes import APPROVER, OPERATIONS, ORGANISER, VERIFIER, World, participant

LIMIT = 150 * 1024


def form_of(page: Response, decision: str) -> str:
    """The HTML of one decision's form."""
    forms = re.findall(r'<form method="post" action="/tasks/[^"]+/complete".*?</form>', page.text, re.S)
    (found,) = [form for form in forms if f'name="decision" value="{decision}"' in form]
    return str(found)


def key_in(html: str) -> str:
    found = re.search(r'name="key" value="([0-9a-z]+)"', html)
    assert found is not None
    return found[1]


async def post(product: Product, path: str, page: Response, decision: str, **more: Any) -> Response:
    sent = {"key": key_in(form_of(page, decision)), "decision": decision, **more}
    return await product.client.post(path, data=sent, headers=OURS)


async def claimed(product: Product, world: World | None = None) -> tuple[World, str]:
    """A verifier's own task, with the verifier signed in."""
    world, task = await submitted(product) if world is None else (world, world.task("verify_programme").id)
    await enter(product, "verifier")
    return world, task


async def test_what_was_refused_stands_in_its_own_form_alone(product: Product, sent: Dispatched) -> None:
    _, task = await claimed(product)
    page = await product.client.get(f"/tasks/{task}")
    answer = await post(product, f"/tasks/{task}/complete", page, "reject", reason="x" * 4001)
    assert answer.status_code == 422
    assert "x" * 4001 in form_of(answer, "reject")
    assert "xxxx" not in form_of(answer, "recommend")
    assert "xxxx" not in form_of(answer, "send_back")
    assert '<details class="choice" open>' in answer.text
    assert answer.text.count('<details class="choice" open>') == 1
    assert sent.commands == []


async def test_what_cannot_be_undone_is_asked_once_more(product: Product, sent: Dispatched) -> None:
    _, task = await claimed(product)
    page = await product.client.get(f"/tasks/{task}")
    once = await post(product, f"/tasks/{task}/complete", page, "reject", reason="Skema belum dilisensi.")
    assert (once.status_code, sent.commands) == (200, [])
    assert "Ini tidak dapat dibatalkan." in form_of(once, "reject")
    assert "Skema belum dilisensi." in form_of(once, "reject")
    twice = await post(
        product, f"/tasks/{task}/complete", once, "reject", reason="Skema belum dilisensi.", confirmed="yes"
    )
    assert (twice.status_code, len(sent.commands)) == (303, 1)
    assert twice.headers["location"].endswith(f"last={task}")


async def test_what_nobody_knows_the_outcome_of_is_sent_again_under_the_same_key(
    product: Product, sent: Dispatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comment that may have been written is not written twice."""
    _, task = await claimed(product)
    keys: list[str] = []

    async def unsure(*, key: str, **_: Any) -> Any:
        keys.append(key)
        raise Unknown.because("T-TIMEOUT", "Belum diketahui.", "Not known.")

    monkeypatch.setattr(product.runtime.gateway, "dispatch", unsure)
    page = await product.client.get(f"/tasks/{task}")
    for _ in range(2):
        (form,) = re.findall(r'<form method="post" action="/tasks/[^"]+/comment".*?</form>', page.text, re.S)
        page = await product.client.post(
            f"/tasks/{task}/comment", data={"key": key_in(form), "text": "Mohon dilihat."}, headers=OURS
        )
        assert page.status_code == 503
        assert "Mohon dilihat." in page.text
    assert len(keys) == 2 and keys[0] == keys[1]


async def test_a_draft_and_phrases_work_without_a_script(product: Product) -> None:
    _, task = await claimed(product)
    page = await product.client.get(f"/tasks/{task}")
    kept = await post(
        product, f"/tasks/{task}/keep", page, "send_back", **{"form.points.0": "Surat belum bertanggal."}
    )
    assert kept.status_code == 303
    again = await product.client.get(kept.headers["location"])
    assert "Surat belum bertanggal." in form_of(again, "send_back")
    (phrase,) = re.findall(r'<option value="([0-9a-f-]+)" data-text', form_of(again, "send_back"))
    put = await post(
        product,
        f"/tasks/{task}/insert",
        again,
        "send_back",
        phrase=phrase,
        **{"form.points.0": "Lain.", "form.points.1": ""},
    )
    filled = form_of(await product.client.get(put.headers["location"]), "send_back")
    assert re.findall(r"<textarea[^>]*>([^<]*)<", filled)[:2] == ["Lain.", "Surat belum bertanggal."]
    gone = await product.client.post(
        f"/tasks/{task}/forget", data={"key": "abcdefgh1", "phrase": phrase}, headers=OURS
    )
    assert gone.status_code == 303
    thrown = await product.client.post(f"/tasks/{task}/discard", data={"key": "abcdefgh2"}, headers=OURS)
    empty = await product.client.get(thrown.headers["location"])
    assert "Surat belum bertanggal." not in empty.text


async def test_an_empty_sentence_is_no_phrase(product: Product) -> None:
    _, task = await claimed(product)
    page = await product.client.get(f"/tasks/{task}")
    refused = await post(product, f"/tasks/{task}/keep", page, "send_back", **{"form.points.0": ""})
    assert refused.status_code == 422
    assert 'class="errors"' in refused.text


async def test_evidence_stands_beside_its_requirement(product: Product) -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    await product.project(world)
    await product.ask(
        "POST", "/v1/applications/application-1/evidence?requirement=diploma", "candidate", content=pdf(RED)
    )
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer=REVIEWER.person)
    )
    await product.project(world)
    await product.person("reviewer", Role.REVIEWER, person=REVIEWER.person)
    await enter(product, "reviewer")
    task = world.task("review_documents").id
    page = await product.client.get(f"/tasks/{task}")
    assert page.status_code == 200, page.text
    (image,) = re.findall(r'<img src="([^"]+)"', page.text)
    shown = await product.client.get(image.replace("&amp;", "&"))
    assert shown.headers["content-type"] == "image/jpeg"
    assert re.search(r'R-Q3</span>.*?outcome \w+">', page.text, re.S)
    assert "[S] Persyaratan Peserta" in page.text
    turned = await product.client.get(f"/tasks/{task}?doc={image.split('/')[5]}&turn=90&zoom=2")
    assert "turn=90&amp;zoom=2" in turned.text
    for wrong in ("turn=45", "zoom=99", "page=0"):
        assert (await product.client.get(f"/tasks/{task}?{wrong}")).status_code == 422


async def test_who_is_barred_is_told_by_which_rule(product: Product) -> None:
    world, verification = await submitted(product)
    seats = tuple(world.case.seats)
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=verification))

    world.send(VERIFIER, c.VerifySeats(seats=seats))
    world.complete(VERIFIER, "verify_programme", "recommend")
    await product.project(world)
    await product.person("approver", Role.APPROVER, person=APPROVER.person)
    await product.person("both", Role.APPROVER, person=VERIFIER.person)
    await enter(product, "both")
    task = world.task("approve_programme").id
    page = await product.client.get(f"/tasks/{task}")
    assert "R-SOD" in page.text
    assert 'id="decide"' not in page.text
    eligible = (await product.ask("GET", f"/v1/tasks/{task}/eligible", "both")).json()
    assert [p["person"] for p in eligible["able"]] == [APPROVER.person]
    assert [p["violations"][0]["rule"] for p in eligible["barred"]] == ["R-SOD"]
    assert eligible["next"]["role"] == "operations"


async def test_nobody_eligible_is_said(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    task = world.task("verify_programme").id
    await product.person("author", Role.VERIFIER, person=ORGANISER.person)
    async with product.runtime.db.write() as session:
        row = await session.get_one(Account, product.accounts["verifier"])
        row.disabled_at = product.runtime.now()
    await enter(product, "operations")
    page = await product.client.get(f"/tasks/{task}")
    assert "Saat ini tidak seorang pun boleh mengerjakan tugas ini." in page.text


async def test_the_list_is_narrowed_by_its_address_and_stands_beside_the_task(product: Product) -> None:
    tasks = await several(product, 3)
    await enter(product, "verifier")
    page = await product.client.get("/inbox?view=groups&number=programme-2")
    assert [t for t in tasks if f"/tasks/{t}?" in page.text] == tasks[2:]
    assert "number=programme-2" in page.text
    beside = await product.client.get(f"/tasks/{tasks[0]}?view=groups")
    assert all(f'href="/tasks/{t}?view=groups"' in beside.text for t in tasks)
    assert 'aria-current="true"' in beside.text


async def test_one_task_done_leads_to_the_next_with_its_receipt(product: Product, sent: Dispatched) -> None:
    tasks = await several(product, 2)
    await enter(product, "verifier")
    page = await product.client.get(f"/tasks/{tasks[0]}?view=groups")
    body = form_of(page, "recommend")
    (on,) = re.findall(r'name="list" value="([^"]*)"', body)
    done = await post(product, f"/tasks/{tasks[0]}/complete", page, "recommend", list=on)
    assert done.headers["location"] == f"/tasks/{tasks[1]}?view=groups&last={tasks[0]}"
    assert len(sent.commands) == 1


async def test_comments_are_read_by_whoever_sees_the_task(product: Product) -> None:
    world, task = await submitted(product)

    async with product.runtime.db.write() as session:
        text = await product.runtime.vault.seal_text(
            session, case_owner("programme-1"), "Tanya TUK.", "x", at=product.runtime.now()
        )
    world.send(VERIFIER, c.CommentTask(task=task, text=text))
    await product.project(world)
    await enter(product, "auditor")  # who may not write one
    page = await product.client.get(f"/tasks/{task}")
    assert "Tanya TUK." in page.text
    assert "comment-f-text" not in page.text
    (comment,) = (await product.ask("GET", f"/v1/tasks/{task}", "verifier")).json()["comments"]
    assert (comment["text"], comment["role"], comment["name"]) == ("Tanya TUK.", "verifier", "Nama verifier")


async def test_a_whole_class_of_participants_fits_on_the_page(product: Product) -> None:
    world = World([participant(n, external=n <= 7) for n in range(1, 25)])
    world.send(ORGANISER, world.submission())
    await product.project(world)
    _, task = await claimed(product, world)
    counted: list[str] = []
    engine = product.runtime.db._reader.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    page = await product.client.get(f"/tasks/{task}?subject=s24")
    assert page.status_code == 200
    assert len(page.content) < LIMIT, len(page.content)
    assert page.text.count("subject=s") >= 24
    one = len([q for q in counted if q.lstrip().upper().startswith("SELECT")])
    assert one < 60, one  # whatever the number of participants


@pytest.mark.parametrize("who", ["neighbour", "candidate"])
async def test_a_strangers_task_is_not_there(product: Product, who: str) -> None:
    _, task = await submitted(product)
    await enter(product, who)
    for path in (f"/tasks/{task}", f"/v1/tasks/{task}/eligible", f"/v1/tasks/{task}/draft"):
        assert (await product.client.get(path)).status_code == 404
    assert (await product.client.get(f"/v1/tasks/{task}/review")).status_code == 403


async def test_a_document_that_is_closed_to_its_reader_is_not_shown(product: Product) -> None:
    world = JourneyWorld()
    await product.project(world)
    path = "/v1/applications/application-1/evidence?requirement=diploma"
    await product.ask("POST", path, "candidate", content=pdf(RED))
    await enter(product, "auditor")
    page = await product.client.get(f"/tasks/{world.task('submit_application').id}")
    assert page.status_code == 200
    assert "G-CLOSED" in page.text
    assert "<img" not in page.text


async def test_operations_give_a_task_to_somebody_of_its_group(product: Product, sent: Dispatched) -> None:
    _, task = await submitted(product)
    await enter(product, "operations")
    page = await product.client.get(f"/tasks/{task}")
    (form,) = re.findall(r'<form method="post" action="/tasks/[^"]+/reassign".*?</form>', page.text, re.S)
    assert "Nama verifier" in form
    body = {"key": key_in(form), "to_person": "person-verifier", "reason": ""}
    refused = await product.client.post(f"/tasks/{task}/reassign", data=body, headers=OURS)
    assert refused.status_code == 422
    given = {**body, "key": key_in(form), "reason": "Penggantinya sakit."}
    done = await product.client.post(f"/tasks/{task}/reassign", data=given, headers=OURS)
    assert done.status_code == 303
    ((_, command, _),) = sent.commands
    assert (type(command), command.to_person) == (c.ReassignTask, "person-verifier")
