"""A request while its organiser fills it in: drafts, their versions, and the submit that is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from api.roster_xlsx import write
from db.drafts import expire_idle
from db.people_tables import Draft, Idempotency
from db.streams import events_of
from db.tables import SimClockRow
from domain import commands as c
from examples.people import PEOPLE
from tests.api.conftest import CLASS, PDF, SCHEME, Product, draft_of, roster
from tests.support.programmes import ORGANISER, World


async def test_a_draft_is_begun_shown_and_changed(product: Product) -> None:
    id_ = await product.draft()
    shown = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    assert (shown["kind"], shown["state"], shown["state_label"], shown["stage"]) == (
        "draft",
        "DRAFT",
        "draf",
        1,
    )
    assert shown["organiser"] == {"id": "LSP-TIK", "name": "Lembaga LSP-TIK"}
    assert shown["classes"][0]["label"] == "A"
    changed = await product.ask(
        "PATCH",
        f"/v1/programmes/{id_}",
        "organiser",
        json={"version": 1, "classes": [CLASS, {**CLASS, "label": "B", "zone": "WIT"}]},
    )
    assert changed.json()["version"] == 2
    again = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    assert [(k["label"], k["zone"]) for k in again["classes"]] == [("A", "WIB"), ("B", "WIT")]
    assert again["classes"][0]["id"] == shown["classes"][0]["id"]
    assert await product.events(f"draft-{id_}") == ["draft_created", "draft_changed"]


async def test_an_expired_draft_is_shown_and_no_longer_changed_or_submitted(product: Product) -> None:
    id_ = await product.draft()
    async with product.runtime.db.write() as session:
        draft = await session.get_one(Draft, id_)
        assert await expire_idle(session, now=draft.updated_at + timedelta(days=90), at=product.runtime.now())
    shown = (await product.ask("GET", f"/v1/programmes/{id_}", "organiser")).json()
    assert (shown["state"], shown["state_label"]) == ("EXPIRED", "kedaluwarsa")
    listed = (await product.ask("GET", "/v1/programmes", "organiser")).json()
    assert listed["drafts"] == []
    for method, path, body in (
        ("PATCH", f"/v1/programmes/{id_}", {"version": 1, "venue": "TUK-9"}),
        ("POST", f"/v1/programmes/{id_}/submit", None),
    ):
        answer = await product.ask(method, path, "organiser", json=body)
        assert answer.status_code == 409, answer.text
        assert answer.json()["violations"][0]["rule"] == "A-DRAFT-EXPIRED"
    assert await product.events(f"draft-{id_}") == ["draft_created", "draft_expired"]


async def test_a_request_taken_back_and_left_is_shown_as_expired(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.send(ORGANISER, c.WithdrawProgramme())
    case = await product.project(world)
    await draft_of(product, world)
    path = f"/v1/programmes/{case.stream}"
    before = (await product.ask("GET", path, "organiser")).json()
    assert (before["state"], "draft" in before, bool(before["allowed"])) == ("DRAFT", True, True)
    async with product.runtime.db.write() as session:
        draft = await session.get_one(Draft, case.stream)
        late = max(draft.updated_at, case.business_at) + timedelta(days=3650)
        assert await expire_idle(session, now=late, at=product.runtime.now()) == 1
    shown = (await product.ask("GET", path, "organiser")).json()
    assert (shown["state"], shown["state_label"], shown["ended"]) == ("EXPIRED", "kedaluwarsa", True)
    assert ("draft" in shown, shown["allowed"]) == (False, [])
    for query, items in (("", [case.stream]), ("?state=EXPIRED", [case.stream]), ("?state=DRAFT", [])):
        listed = (await product.ask("GET", f"/v1/programmes{query}", "organiser")).json()
        assert [p["stream"] for p in listed["items"]] == items
        assert {p["state"] for p in listed["items"]} <= {"EXPIRED"}
        assert (listed["drafts"], listed["counts"]) == ([], {"EXPIRED": 1})


async def test_a_draft_is_over_with_its_term_though_nobody_has_swept_yet(product: Product) -> None:
    """A simulation leaps; whether the sweep or the organiser comes first must not matter."""
    start = datetime(2031, 5, 1, tzinfo=UTC)
    async with product.runtime.db.write() as session:
        session.add(SimClockRow(id=1, now=start, target=start))
    id_ = await product.draft()
    change = ("PATCH", f"/v1/programmes/{id_}", "organiser")
    for days, version, status in ((89, 1, 200), (178, 2, 200), (268, 3, 409)):
        async with product.runtime.db.write() as session:
            clock = await session.get_one(SimClockRow, 1)
            clock.now = start + timedelta(days=days)
            session.add(clock)
        answer = await product.ask(*change, json={"version": version, "venue": f"TUK-{days}"})
        assert answer.status_code == status, answer.text
    assert answer.json()["violations"][0]["rule"] == "A-DRAFT-EXPIRED"


async def test_evidence_for_a_draft_is_work_on_it(product: Product) -> None:
    start = datetime(2031, 5, 1, tzinfo=UTC)
    async with product.runtime.db.write() as session:
        session.add(SimClockRow(id=1, now=start, target=start))
    id_ = await product.draft()
    async with product.runtime.db.write() as session:
        clock = await session.get_one(SimClockRow, 1)
        clock.now = start + timedelta(days=60)
        session.add(clock)
    path = f"/v1/programmes/{id_}/evidence?requirement=request_letter"
    sent = await product.ask("POST", path, "organiser", content=PDF)
    assert sent.status_code == 201, sent.text
    async with product.runtime.db.read() as session:
        draft = await session.get_one(Draft, id_)
    assert (draft.updated_at, draft.version) == (start + timedelta(days=60), 1)


async def test_a_draft_is_touched_at_the_business_moment(product: Product) -> None:
    """A simulation leaps by months: a draft is not idle for the time that lies between two clocks."""
    now = datetime(2031, 5, 1, tzinfo=UTC)
    async with product.runtime.db.write() as session:
        session.add(SimClockRow(id=1, now=now, target=now))
    id_ = await product.draft()
    async with product.runtime.db.read() as session:
        assert (await session.get_one(Draft, id_)).updated_at == now
        (event,) = await events_of(session, f"draft-{id_}")
    assert (event.business_at, event.at > now) == (now, False)


async def test_who_saw_an_older_draft_does_not_overwrite_the_newer(product: Product) -> None:
    id_ = await product.draft()
    for expected in (200, 409):
        body = {"version": 1, "venue": "TUK-9"}
        answer = await product.ask("PATCH", f"/v1/programmes/{id_}", "organiser", json=body)
        assert answer.status_code == expected


async def test_a_draft_is_the_organisers_own(product: Product) -> None:
    id_ = await product.draft()
    for method, path, body in (
        ("GET", f"/v1/programmes/{id_}", None),
        ("PATCH", f"/v1/programmes/{id_}", {"version": 1}),
        ("GET", f"/v1/programmes/{id_}/participants", None),
        ("POST", f"/v1/programmes/{id_}/submit", None),
        ("POST", f"/v1/programmes/{id_}/commands/cancel_programme", {"reason": "x"}),
        ("GET", f"/v1/cases/{id_}", None),
        ("GET", f"/v1/cases/{id_}/timeline", None),
    ):
        strange = await product.ask(method, path, "neighbour", json=body)
        nothing = await product.ask(method, path.replace(id_, "tidak-ada"), "neighbour", json=body)
        assert strange.status_code == nothing.status_code == 404, path
        assert strange.json()["detail"] == nothing.json()["detail"]
    recorded = [d.what for d in await product.denials("neighbour") if d.stream == id_]
    assert recorded == [
        "programme",
        "change",
        "participants",
        "submit",
        "cancel_programme",
        "case",
        "timeline",
    ]
    listed = (await product.ask("GET", "/v1/programmes", "neighbour")).json()
    assert listed["drafts"] == []
    assert len((await product.ask("GET", "/v1/programmes", "organiser")).json()["drafts"]) == 1


@pytest.mark.parametrize("role", ["verifier", "candidate"])
async def test_only_an_organiser_begins_a_request(product: Product, role: str) -> None:
    answer = await product.ask("POST", "/v1/programmes", role, json={"scheme": SCHEME})
    assert answer.status_code == 403


async def test_a_write_needs_its_key(product: Product) -> None:
    for path in ("/v1/programmes", "/v1/programmes/x/submit", "/v1/programmes/x/commands/withdraw_programme"):
        answer = await product.ask("POST", path, "organiser", key="none", json={"scheme": SCHEME})
        assert answer.status_code == 422
        assert "A-KEY-MISSING" in [v["rule"] for v in answer.json()["violations"]], answer.text


async def test_the_same_key_makes_the_same_draft_and_another_body_is_a_conflict(product: Product) -> None:
    body = {"scheme": SCHEME, "venue": "TUK-1"}
    first = await product.ask("POST", "/v1/programmes", "organiser", key="k1", json=body)
    second = await product.ask("POST", "/v1/programmes", "organiser", key="k1", json=body)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    other = await product.ask(
        "POST", "/v1/programmes", "organiser", key="k1", json={**body, "venue": "TUK-2"}
    )
    assert other.status_code == 409
    assert other.json()["violations"][0]["rule"] == "A-KEY"
    neighbours = await product.ask("POST", "/v1/programmes", "neighbour", key="k1", json=body)
    assert neighbours.json()["id"] != first.json()["id"]


async def test_an_unchanged_thing_is_not_sent_again(product: Product) -> None:
    id_ = await product.draft()
    first = await product.ask("GET", f"/v1/programmes/{id_}", "organiser")
    headers = {"If-None-Match": first.headers["etag"]}
    again = await product.ask("GET", f"/v1/programmes/{id_}", "organiser", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    await product.ask("PATCH", f"/v1/programmes/{id_}", "organiser", json={"version": 1, "venue": "TUK-5"})
    changed = await product.ask("GET", f"/v1/programmes/{id_}", "organiser", headers=headers)
    assert changed.status_code == 200


async def test_a_class_with_participants_cannot_be_dropped(product: Product) -> None:
    id_ = await product.draft()
    assert (
        await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    ).status_code == 200
    answer = await product.ask(
        "PATCH",
        f"/v1/programmes/{id_}",
        "organiser",
        json={"version": 2, "classes": [{**CLASS, "label": "B"}]},
    )
    assert answer.json()["violations"][0]["rule"] == "X-CLASS-TAKEN"


async def test_while_temporal_is_not_there_a_submit_is_unknown_and_leaves_nothing(product: Product) -> None:
    id_ = await product.draft()
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser", key="s1")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    async with product.runtime.db.read() as session:
        kept = await session.exec(select(Idempotency).where(Idempotency.key == "s1"))
        assert kept.first() is None


async def test_an_empty_request_is_refused(product: Product) -> None:
    id_ = await product.draft(classes=[])
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert answer.status_code == 409
    assert answer.json()["violations"][0]["rule"] == "A-DRAFT-EMPTY"


async def test_a_refused_submit_names_every_rule_at_once(product: Product) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    id_ = await product.draft()
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert answer.status_code in (403, 409)
    rules = {v["rule"] for v in answer.json()["violations"]}
    assert {"R-REC", "R-NOTICE"} <= rules, rules
    assert all(v["citation"] and v["text"] and v["text_en"] for v in answer.json()["violations"])
    assert len(await product.denials("organiser")) == 1


@pytest.mark.parametrize(
    ("mains", "external", "rule"),
    [(25, 0, "R-24"), (24, 8, "R-30")],
)
async def test_a_25th_seat_and_an_8th_external_of_24_are_refused(
    product: Product, mains: int, external: int, rule: str
) -> None:
    product.runtime.connected = True  # the refusal comes before Temporal is asked
    id_ = await product.draft()
    rows: list[dict[str, object]] = [
        {**one.cells(), "kind": "main", "recommending": "LSP-NUSA" if n < external else "LSP-TIK"}
        for n, one in enumerate(PEOPLE[:mains])
    ]
    imported = await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=write(rows))
    assert imported.status_code == 200, imported.text
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert answer.status_code in (403, 409)
    found = next(v for v in answer.json()["violations"] if v["rule"] == rule)
    assert found["text"] and found["text_en"] and found["citation"]
    (denial,) = await product.denials("organiser")
    assert rule in denial.rules
    assert denial.stream == id_
    assert await product.events(id_) == []


async def test_24_with_7_externals_are_not_too_many(product: Product) -> None:
    product.runtime.connected = True
    id_ = await product.draft()
    rows: list[dict[str, object]] = [
        {**one.cells(), "kind": "main", "recommending": "LSP-NUSA" if n < 7 else "LSP-TIK"}
        for n, one in enumerate(PEOPLE[:24])
    ]
    await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=write(rows))
    answer = await product.ask("POST", f"/v1/programmes/{id_}/submit", "organiser")
    assert not {"R-24", "R-30"} & {v["rule"] for v in answer.json()["violations"]}


async def test_a_class_that_comes_again_is_another_class(product: Product) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}"
    ids = []
    for version, labels in ((1, "AB"), (2, "A"), (3, "AB")):
        body = {"version": version, "classes": [{**CLASS, "label": label} for label in labels]}
        assert (await product.ask("PATCH", path, "organiser", json=body)).status_code == 200
        ids.append(
            {k["label"]: k["id"] for k in (await product.ask("GET", path, "organiser")).json()["classes"]}
        )
    assert ids[0]["A"] == ids[1]["A"] == ids[2]["A"]
    assert ids[0]["B"] != ids[2]["B"]
