"""Tasks as each asker may see them, and what is done with them."""

import json
from datetime import date, timedelta
from typing import Any, get_args

import pytest

from api.schemas.derive import request_model
from domain import commands as c
from domain.cases import Renewal, UnitResult
from tests.api.conftest import PDF, Dispatched, Product, draft_of
from tests.support.journeys import JourneyWorld
from tests.support.programmes import ORGANISER, VERIFIER, World


async def sent_back(product: Product) -> World:
    """A programme that the verifier sent back with two points, which are in the vault."""
    from db.vault import case_owner

    world = World()
    world.send(ORGANISER, world.submission())
    async with product.runtime.db.write() as session:
        points = tuple(
            [
                await product.runtime.vault.seal_text(
                    session, case_owner("programme-1"), text, "x", at=world.now
                )
                for text in ("Surat belum bertanggal.", "Peserta 3 tanpa ijazah.")
            ]
        )
    verifier = VERIFIER.model_copy(update={"person": "person-verifier"})
    world.complete(verifier, "verify_programme", "send_back", form=c.PointsForm(points=points))
    await product.project(world)
    return world


async def test_a_task_is_shown_to_whom_it_is_for_with_its_points(product: Product) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    inbox = (await product.ask("GET", "/v1/tasks?view=groups", "organiser")).json()
    assert [t["id"] for t in inbox["items"]] == [task.id]
    assert inbox["items"][0]["label_en"]
    one = (await product.ask("GET", f"/v1/tasks/{task.id}", "organiser")).json()
    assert one["points"] == ["Surat belum bertanggal.", "Peserta 3 tanpa ijazah."]
    assert [d["decision"] for d in one["decisions"]] == ["resubmit", "cancel"]
    claim = next(o for o in one["allowed"] if o["trigger"] == "claim")
    assert claim["ok"] is True
    assert (await product.ask("GET", f"/v1/tasks/{task.id}", "neighbour")).status_code == 404
    assert (await product.ask("GET", f"/v1/tasks/{task.id}", "candidate")).status_code == 404
    watcher = (await product.ask("GET", f"/v1/tasks/{task.id}", "auditor")).json()
    assert not any(o["ok"] for o in watcher["allowed"])
    assert all(o["violations"] for o in watcher["allowed"])


async def test_a_resubmit_takes_the_corrected_request_from_the_draft(
    product: Product, sent: Dispatched
) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    content = await draft_of(product, world)
    shown = (await product.ask("GET", "/v1/programmes/programme-1", "organiser")).json()
    assert shown["draft"]["digest"] == content.digest
    assert "draft" not in (await product.ask("GET", "/v1/programmes/programme-1", "verifier")).json()
    body = {"decision": "resubmit", "form": {"form": "resubmit_programme"}}
    answer = await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=body)
    assert answer.status_code == 200, answer.text
    command = sent.commands[0][1]
    assert command.task == task.id
    assert command.form.seats == content.seats
    assert command.form.request_digest == content.digest


async def test_evidence_that_was_not_uploaded_is_no_evidence(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    body = {"decision": "cancel", "evidence": ["a" * 64]}
    answer = await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=body)
    assert answer.status_code == 422
    assert answer.json()["violations"][0]["rule"] == "D-UNKNOWN"
    assert sent.commands == []


async def test_a_form_that_was_not_uploaded_is_not_filed(product: Product, sent: Dispatched) -> None:
    """Every digest of a form, not the evidence alone."""
    world = JourneyWorld()
    await product.project(world)
    task = world.task("submit_application")
    path = f"/v1/tasks/{task.id}/complete"
    form = {"form": "application", "apl01": "a" * 64, "consent_version": "2026-01", "it_declared": True}
    uploaded = await product.ask(
        "POST",
        f"/v1/applications/{world.case.stream}/evidence?requirement=FR.APL.02",
        "candidate",
        content=PDF,
    )
    form["apl02"] = uploaded.json()["digest"]
    answer = await product.ask("POST", path, "candidate", json={"decision": "submit", "form": form})
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert (violation["rule"], violation["facts"]["digests"]) == ("D-UNKNOWN", ["a" * 64])
    assert violation["text"] and violation["text_en"] and violation["remedy"]
    assert [d.rules for d in await product.denials("candidate")] == [["D-UNKNOWN"]]
    assert sent.commands == []
    form["apl01"] = form["apl02"]
    answer = await product.ask("POST", path, "candidate", json={"decision": "submit", "form": form})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("form", "digests"),
    [
        (c.BeginForm(mapa="a" * 64), ["a" * 64]),
        (c.BeginForm(mapa="a" * 64, mapa02="b" * 64), ["a" * 64, "b" * 64]),
        (c.ReportForm(report="b" * 64), ["b" * 64]),
        (
            c.ApplicationForm(
                apl01="a" * 64,
                apl02="b" * 64,
                consent_version="1",
                it_declared=True,
                renewed=Renewal(renews=date(2026, 3, 1), valid_until=date(2029, 3, 1), document="c" * 64),
            ),
            ["a" * 64, "b" * 64, "c" * 64],
        ),
        (
            c.UnitsForm(results=(UnitResult(unit="u", result="K"),), ak02="c" * 64, ak05="d" * 64),
            ["c" * 64, "d" * 64],
        ),
        (c.NumbersForm(certificate_number="1", registration_number="2", blank_number="3"), []),
    ],
)
def test_every_form_names_its_documents(form: c.Model, digests: list[str]) -> None:
    body = {"decision": "ok", "form": form.model_dump(mode="json", exclude_none=True)}
    assert c.documents_named(request_model(c.CompleteTask).model_validate(body)) == digests
    assert c.documents_named(form) == digests


DIGEST_PATTERN = "^[0-9a-f]{64}$"
FILED = [*get_args(get_args(c.TaskForm)[0]), c.SubmitProgramme, *c.TASK_COMMANDS]


@pytest.mark.parametrize("model", FILED, ids=lambda m: m.__name__)
def test_no_field_for_a_digest_is_overlooked(model: type[c.Model]) -> None:
    """By the JSON schema, which shows a digest wherever it stands; `evidence` is a list of them."""
    digests = [
        name
        for name, schema in model.model_json_schema()["properties"].items()
        if DIGEST_PATTERN in json.dumps(schema)
    ]
    given: dict[str, Any] = {name: ("a" * 64,) if name == "evidence" else "a" * 64 for name in digests}
    assert c.documents_named(model.model_construct(**given)) == ["a" * 64] * len(digests)


async def test_a_decision_outside_the_tasks_set_is_refused_with_those_that_there_are(
    product: Product,
) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    world = await sent_back(product)
    task = world.task("correct_programme")
    answer = await product.ask(
        "POST", f"/v1/tasks/{task.id}/complete", "organiser", json={"decision": "approve"}
    )
    assert answer.status_code == 422
    (violation,) = answer.json()["violations"]
    assert violation["rule"] == "T-DECISION"
    assert "resubmit, cancel" in violation["text"]
    assert "resubmit, cancel" in violation["text_en"]
    assert [d.rules for d in await product.denials("organiser")] == [["T-DECISION"]]


async def test_one_key_for_two_tasks_is_a_conflict(product: Product, sent: Dispatched) -> None:
    """The task stands in the address: the key covers it like the body."""
    world = JourneyWorld().scheduled()
    await product.project(world)
    first, second, *_ = (t.id for t in world.open_tasks())
    claimed = await product.ask("POST", f"/v1/tasks/{first}/claim", "operations", key="k1")
    assert claimed.status_code == 200, claimed.text
    again = await product.ask("POST", f"/v1/tasks/{first}/claim", "operations", key="k1")
    assert again.headers["idempotent-replayed"] == "true"
    other = await product.ask("POST", f"/v1/tasks/{second}/claim", "operations", key="k1")
    assert other.status_code == 409
    assert other.json()["violations"][0]["rule"] == "A-KEY"
    assert len(sent.commands) == 1
    assert [d.rules for d in await product.denials("operations")] == [["A-KEY"]]


async def test_claim_and_release_take_no_other_body(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    for what in ("claim", "release"):
        for body in ({"to_person": "p1"}, [1], "x"):
            answer = await product.ask("POST", f"/v1/tasks/{task.id}/{what}", "organiser", json=body)
            assert answer.status_code == 422, body
    assert sent.commands == []


async def test_nobody_acts_on_behalf_of_just_anybody(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    body = {"decision": "cancel", "on_behalf": True}
    answer = await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=body)
    assert answer.status_code == 403
    assert answer.json()["violations"][0]["rule"] == "A-BEHALF"
    forged = {"decision": "cancel", "on_behalf_of": "p1"}
    assert (
        await product.ask("POST", f"/v1/tasks/{task.id}/complete", "organiser", json=forged)
    ).status_code == 422


async def test_every_task_command_goes_to_the_tasks_case(product: Product, sent: Dispatched) -> None:
    world = await sent_back(product)
    task = world.task("correct_programme")
    for what, body in (
        ("claim", None),
        ("release", None),
        ("comment", {"text": "Sedang disiapkan."}),
        ("reassign", {"reason": "Salah alamat."}),
    ):
        answer = await product.ask("POST", f"/v1/tasks/{task.id}/{what}", "organiser", json=body)
        assert answer.status_code == 200, answer.text
    assert [command.type for _, command, _ in sent.commands] == [
        "claim_task",
        "release_task",
        "comment_task",
        "reassign_task",
    ]
    assert {stream for stream, _, _ in sent.commands} == {"programme-1"}
    assert "Sedang" not in json.dumps([m.model_dump(mode="json") for _, m, _ in sent.commands])


async def test_late_tasks_can_be_asked_for(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await sent_back(product)
    due = world.task("correct_programme").due_at

    async def later() -> Any:
        return due + timedelta(hours=1)

    monkeypatch.setattr(product.runtime.gateway, "business_now", later)
    late = (await product.ask("GET", "/v1/tasks?view=groups&late=true", "organiser")).json()
    assert [t["late"] for t in late["items"]] == [True]
    everything = (await product.ask("GET", "/v1/tasks?view=all", "operations")).json()
    assert len(everything["items"]) == 1
    assert (await product.ask("GET", "/v1/tasks?view=all", "organiser")).status_code == 404
