"""What it takes to decide: each requirement with its verdict and papers, and what came back changed."""

from datetime import date
from typing import Any

from domain import commands as c
from domain.facts import TechnicalCertificateFacts
from domain.roles import Role
from tests.api.conftest import Product
from tests.api.test_pictures import BLUE, RED, pdf
from tests.support.journeys import APPLICATION, CANDIDATE, POINTS, REVIEWER, JourneyWorld
from tests.support.programmes import (
    DIGEST,
    FIELD,
    OPERATIONS,
    ORGANISER,
    VERIFIER,
    World,
    participant,
    sealed,
)


async def review(product: Product, task: str, who: str = "verifier", subject: str = "") -> dict[str, Any]:
    answer = await product.ask("GET", f"/v1/tasks/{task}/review?subject={subject}", who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def line(found: dict[str, Any], rule: str) -> dict[str, Any]:
    (one,) = [one for one in found["lines"] if one["requirement"] == rule]
    return dict(one)


async def test_every_rule_that_looked_at_the_request_is_told_where_it_belongs(product: Product) -> None:
    people = [participant(n, external=n == 4) for n in range(1, 5)]
    world = World([*people[:3], people[3].model_copy(update={"qualification": "SMA"})])
    world.send(ORGANISER, world.submission())
    await product.project(world)
    task = world.task("verify_programme").id
    assert (await review(product, task))["subject"] == "s4"  # where somebody has to decide
    found = await review(product, task, subject="programme-1")
    assert [s["kind"] for s in found["subjects"]] == ["programme", "class", *["seat"] * 4]
    assert {"R-ORG", "R-30", "R-NOTICE"} <= {one["requirement"] for one in found["lines"]}
    organiser = line(found, "R-ORG")
    assert organiser["outcome"] == "pass"
    assert organiser["citation"] and organiser["verdicts"][0]["text_en"]
    outcomes = {s["id"]: s["outcomes"] for s in found["subjects"]}
    assert outcomes["s4"]["R-Q3"] == "needs_human"
    assert outcomes["s1"]["R-Q3"] == "pass"
    of_class = await review(product, task, subject="class-a")
    assert {"R-24", "R-2", "R-MA"} <= {one["requirement"] for one in of_class["lines"]}
    fourth = line(await review(product, task, subject="s4"), "R-Q3")
    assert fourth["claims"] == {"qualification": "SMA"}
    assert fourth["verdicts"][0]["remedy_en"]
    assert [d["requirement"] for d in fourth["documents"]] == ["diploma"]


async def test_an_open_question_is_about_one_participant_and_its_answer_is_told(product: Product) -> None:
    world = World([participant(1, qualification="SMA"), participant(2)])
    world.send(ORGANISER, world.submission())
    await product.project(world)
    task = world.task("resolve_equivalence").id
    found = await review(product, task)
    assert [s["id"] for s in found["subjects"]] == ["s1"]
    assert line(found, "R-Q3")["asked"] is True
    assert line(found, "R-TECH")["asked"] is False
    assert line(found, "R-Q3")["answer"] == ""
    world.complete(VERIFIER, "resolve_equivalence", "accept", reason=sealed("setara"), evidence=(DIGEST,))
    await product.project(world)
    after = await review(product, world.task("verify_programme").id, subject="s1")
    assert line(after, "R-Q3")["answer"] == "accepted"


async def test_a_candidates_papers_stand_with_those_of_the_programmes_request(product: Product) -> None:
    programme = World([participant(1)])
    programme.send(ORGANISER, programme.submission())
    await product.project(programme)
    world = JourneyWorld()
    world.count = 100  # commands of its own
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    await product.project(world)
    path = "/v1/applications/application-1/evidence?requirement="
    for name, content in (("diploma", pdf(RED)), ("FR.APL.01", pdf(BLUE))):
        sent = await product.ask("POST", path + name, "candidate", content=content)
        assert sent.status_code == 201, sent.text
    world.findings(("R-Q3", "pass"), ("R-REC", "fail"))
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer=REVIEWER.person)
    )
    await product.project(world)
    await product.person("reviewer", Role.REVIEWER, person=REVIEWER.person)
    found = await review(product, world.task("review_documents").id, "reviewer")
    (subject,) = found["subjects"]
    assert subject["kind"] == "journey"
    diploma = line(found, "R-Q3")["documents"][0]
    assert [u["application"] for u in diploma["uploaded"]] == ["application-1"]
    assert line(found, "R-REC")["outcome"] == "fail"  # the machine's check counts beside the rule
    assert [d["requirement"] for d in found["other"]] == ["FR.APL.01"]
    assert line(found, "D-IDENTITY")["documents"][0]["uploaded"] == []


async def test_a_renewed_certificate_stands_with_its_paper(product: Product) -> None:
    ends = date(2026, 4, 10)
    candidate = participant(1, technical=(TechnicalCertificateFacts(field=FIELD, valid_until=ends),))
    world = JourneyWorld(candidate)
    await product.project(world)
    sent = await product.ask(
        "POST",
        "/v1/applications/application-1/evidence?requirement=technical_certificate",
        "candidate",
        content=pdf(RED),
    )
    renewal = {"renews": ends, "valid_until": date(2028, 4, 10), "document": sent.json()["digest"]}
    form = c.ApplicationForm.model_validate({**APPLICATION.model_dump(), "renewed": renewal})
    world.complete(CANDIDATE, "submit_application", "submit", form=form)
    world.answer_all()
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer=REVIEWER.person)
    )
    await product.project(world)
    await product.person("reviewer", Role.REVIEWER, person=REVIEWER.person)
    found = line(await review(product, world.task("review_documents").id, "reviewer"), "R-TECH")
    (told,) = found["renewals"]
    assert (told["renews"], told["valid_until"]) == ("2026-04-10", "2028-04-10")
    assert told["document"]["digest"] == sent.json()["digest"]
    assert found["outcome"] == "needs_human"


# ---- what came back ----------------------------------------------------------------------------------


async def changes(product: Product, task: str, who: str) -> dict[str, Any]:
    answer = await product.ask("GET", f"/v1/tasks/{task}/changes", who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_nothing_that_never_came_back_has_changed(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    found = await changes(product, world.task("verify_programme").id, "verifier")
    assert found["returned_at"] is None
    assert (await product.ask("GET", "/v1/tasks/x/changes", "organiser")).status_code == 403


async def test_a_request_that_came_back_is_told_field_by_field(product: Product) -> None:
    world = World()
    first = world.submission()
    world.send(ORGANISER, first)
    world.answer_all()
    world.send(VERIFIER, c.ClaimTask(task=world.task("verify_programme").id))
    world.complete(VERIFIER, "verify_programme", "send_back", form=POINTS)
    world.people = [
        world.people[0].model_copy(update={"qualification": "S2"}),
        *world.people[1:3],
        participant(5),
    ]
    again = world.submission()
    (class_,) = again.classes
    form = c.ResubmitProgrammeForm(
        classes=(class_.model_copy(update={"venue": "TUK-9"}),),
        seats=again.seats,
        masters=again.masters[1:],
        request_digest=DIGEST,
    )
    world.complete(ORGANISER, "correct_programme", "resubmit", form=form)
    await product.project(world)
    found = await changes(product, world.task("verify_programme").id, "verifier")
    told = {(i["kind"], i["id"]): i for i in found["items"]}
    assert told["class", "class-a"]["fields"] == [{"field": "venue", "before": "TUK-1", "after": "TUK-9"}]
    assert told["seat", "s1"]["fields"] == [{"field": "qualification", "before": "S1", "after": "S2"}]
    assert told["seat", "s4"]["change"] == "removed"
    assert told["seat", "s5"]["change"] == "added"
    assert [i["change"] for i in found["items"] if i["kind"] == "assignment"] == ["removed"]
    assert ("seat", "s2") not in told
    assert found["returned_by"] == "verifier"


async def test_an_application_that_came_back_is_told_too(product: Product) -> None:
    world = JourneyWorld()
    world.complete(CANDIDATE, "submit_application", "submit", form=APPLICATION)
    world.answer_all()
    world.complete(
        OPERATIONS, "assign_reviewer", "assign_reviewer", form=c.ReviewerForm(reviewer=REVIEWER.person)
    )
    world.complete(REVIEWER, "review_documents", "send_back", form=POINTS)
    renewal = {"renews": date(2028, 1, 1), "valid_until": date(2031, 1, 1), "document": DIGEST}
    later = c.ApplicationForm.model_validate({**APPLICATION.model_dump(), "renewed": renewal})
    world.complete(CANDIDATE, "correct_application", "resubmit", form=later)
    await product.project(world)
    await product.person("reviewer", Role.REVIEWER, person=REVIEWER.person)
    found = await changes(product, world.task("review_documents").id, "reviewer")
    (item,) = found["items"]
    told = {f["field"]: (f["before"], f["after"]) for f in item["fields"]}
    assert told["renewed"] == ([], ["2028-01-01 → 2031-01-01"])
    assert found["came_back_at"] >= found["returned_at"]
