"""A class's attendance, cell by cell: a draft until one act records it; and a master assessor's home."""

import re
from typing import Any

import pytest

from db import sheets
from domain import commands as c
from domain.cases import Case
from domain.clock import at
from domain.roles import Role
from tests.api.conftest import Dispatched, Product
from tests.api.test_pages import OURS, enter, title
from tests.support.programmes import OPERATIONS, World, actor
from tests.support.stages import approved, attendance, letters, prepared, running

LIST = "/v1/programmes/programme-1/classes/class-a/attendance"
PAGE = "/attendance/programme-1/class-a"


async def masters(product: Product) -> None:
    for n in (1, 2, 3):
        await product.person(f"m-{n}", Role.MASTER_ASSESSOR, person=f"m{n}")


async def begun(product: Product) -> Case:
    await masters(product)
    return await product.project(running(World()))


def cell(case: Case, n: int = 0, day: int = 0, **more: Any) -> dict[str, Any]:
    seat, days = list(case.seats.values())[n], case.classes["class-a"].days
    return {"seat": seat.id, "day": days[day].isoformat(), "value": "present", "version": 0, **more}


async def mark(product: Product, body: dict[str, Any], who: str = "m-1", key: str = "") -> Any:
    return await product.ask("PUT", f"{LIST}/cells", who, json=body, key=key)


async def whole(product: Product, case: Case, absent: str = "") -> None:
    for seat in case.seats.values():
        for day in case.classes["class-a"].days:
            value = "absent" if seat.id == absent else "present"
            body = {"seat": seat.id, "day": day.isoformat(), "value": value, "version": 0}
            assert (await mark(product, body)).status_code == 200


async def test_a_mark_is_a_draft_that_the_case_knows_nothing_of(product: Product) -> None:
    case = await begun(product)
    before = await product.events(case.stream)
    answer = await mark(product, cell(case))
    assert (answer.status_code, answer.json()) == (200, {"version": 1})
    shown = (await product.ask("GET", LIST, "m-2")).json()
    first = shown["people"][0]["cells"][0]
    assert (first["mark"], first["version"], first["by"]["person"]) == ("present", 1, "m1")
    assert (shown["recorded"], shown["may"], shown["unmarked"]) == (False, True, 11)
    assert await product.events(case.stream) == before


async def test_the_same_mark_again_changes_nothing_and_a_later_one_by_who_saw_it_wins(
    product: Product,
) -> None:
    case = await begun(product)
    first = await mark(product, cell(case), key="k1")
    assert (await mark(product, cell(case), key="k1")).json() == first.json()
    assert (await mark(product, cell(case), who="m-2")).json() == {"version": 1}
    assert (await mark(product, cell(case, value="absent", version=1), who="m-2")).json() == {"version": 2}


async def test_nobody_overwrites_a_colleague_unawares(product: Product) -> None:
    case = await begun(product)
    await mark(product, cell(case))
    late = await mark(product, cell(case, value="absent"), who="m-2")
    assert late.status_code == 409
    (told,) = late.json()["violations"]
    assert (told["rule"], told["facts"]) == ("X-CELL", {"version": 1, "value": "present"})
    assert (await product.ask("GET", LIST, "m-1")).json()["people"][0]["cells"][0]["mark"] == "present"


async def test_marks_lie_sealed_and_the_former_one_is_gone(product: Product) -> None:
    case = await begun(product)
    await mark(product, cell(case))
    await mark(product, cell(case, value="absent", version=1))
    async with product.runtime.db.read() as session:
        held = await sheets.cells(session, product.runtime.vault, case.stream, "attendance:class-a")
    assert [c.value for c in held.values()] == ["absent"]


@pytest.mark.parametrize(
    ("who", "status", "rule"),
    [
        ("m-3", 409, "M-OWN"),
        ("organiser", 200, ""),
        ("neighbour", 404, "A-NONE-SUCH"),
        ("verifier", 403, "A-ROLE"),
        ("candidate", 403, "A-ROLE"),
    ],
)
async def test_trainers_and_the_organiser_keep_the_list(
    product: Product, who: str, status: int, rule: str
) -> None:
    case = await begun(product)
    answer = await mark(product, cell(case), who=who)
    assert answer.status_code == status
    if rule:
        assert answer.json()["violations"][0]["rule"] == rule


async def test_a_stranger_reads_no_list(product: Product) -> None:
    await begun(product)
    await product.person("m-9", Role.MASTER_ASSESSOR, person="m9")
    assert (await product.ask("GET", LIST, "m-9")).status_code == 404
    assert (await product.ask("GET", LIST, "candidate")).status_code == 403


@pytest.mark.parametrize("wrong", [{"seat": "s99"}, {"day": "2026-12-24"}, {"value": "late"}])
async def test_what_is_not_of_this_list_is_malformed(product: Product, wrong: dict[str, str]) -> None:
    case = await begun(product)
    assert (await mark(product, {**cell(case), **wrong})).status_code == 422


async def test_before_the_class_begins_nobody_is_marked(product: Product) -> None:
    await masters(product)
    case = await product.project(prepared(World()))
    answer = await mark(product, cell(case))
    assert (answer.status_code, answer.json()["violations"][0]["rule"]) == (409, "M-EARLY")
    await enter(product, "m-1")
    page = await product.client.get(PAGE)
    assert "Kelas ini belum dimulai" in page.text
    assert 'type="radio"' not in page.text


async def test_the_whole_list_is_one_command(product: Product, sent: Dispatched) -> None:
    case = await begun(product)
    seen = (await product.ask("GET", LIST, "m-1")).json()["seen"]
    early = await product.ask("POST", f"{LIST}/record", "m-1", json={"seen": seen})
    assert (early.status_code, early.json()["violations"][0]["rule"]) == (409, "X-SHEET-OPEN")
    absent = list(case.seats)[1]
    await whole(product, case, absent=absent)
    stale = await product.ask("POST", f"{LIST}/record", "m-1", json={"seen": seen})
    assert (stale.status_code, stale.json()["violations"][0]["rule"]) == (409, "X-SHEET")
    assert sent.commands == []
    seen = (await product.ask("GET", LIST, "m-1")).json()["seen"]
    done = await product.ask("POST", f"{LIST}/record", "m-1", json={"seen": seen})
    assert done.status_code == 200, done.text
    ((_, command, actor),) = sent.commands
    assert actor.person == "m1"
    assert case.tasks[command.task].for_person == "m1"
    days = case.classes["class-a"].days
    assert command.form == c.AttendanceForm(attended={s: (() if s == absent else days) for s in case.seats})


async def test_what_is_recorded_is_shown_as_such(product: Product) -> None:
    await masters(product)
    world = running(World())
    world.pass_time(at(world.days[-1], 10))
    missing = next(iter(world.case.seats))
    world.complete(
        actor(Role.MASTER_ASSESSOR, "m1"), "record_attendance", "finish", form=attendance(world, missing)
    )
    await product.project(world)
    shown = (await product.ask("GET", LIST, "m-1")).json()
    assert shown["recorded"] and not shown["may"]
    marks = {p["id"]: [c["mark"] for c in p["cells"]] for p in shown["people"]}
    assert marks.pop(missing) == ["present", "absent", "absent"]
    assert all(m == ["present"] * 3 for m in marks.values())
    await enter(product, "m-1")
    page = await product.client.get(PAGE)
    assert "Tercatat" in page.text and 'type="radio"' not in page.text


async def test_without_scripts_one_button_saves_what_was_changed(product: Product) -> None:
    case = await begun(product)
    await enter(product, "m-1")
    page = await product.client.get(PAGE)
    names = re.findall(r'name="(mark\.[^"]+)" value="present"', page.text)
    assert len(names) == 12
    key = re.search(r'name="key" value="(\w+)"', page.text)
    assert key is not None
    form = {"key": key[1], "day": "", names[0]: "present", names[1]: "absent"}
    saved = await product.client.post(PAGE, data=form, headers=OURS)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PAGE}?done=1")
    await mark(product, cell(case, value="absent", version=1), who="m-2")
    stale = {**form, "key": "b" * 32, names[0]: "present"}
    stale[names[0].replace(".0.", ".1.") + "absent"] = "present"
    refused = await product.client.post(PAGE, data=stale, headers=OURS)
    assert refused.status_code == 409
    assert "X-CELL" in refused.text
    assert title(refused).startswith("Kesalahan: ")


async def test_a_check_stands_before_the_record(product: Product, sent: Dispatched) -> None:
    case = await begun(product)
    await whole(product, case, absent=next(iter(case.seats)))
    await enter(product, "m-1")
    page = await product.client.get(f"{PAGE}/check")
    fields = dict(re.findall(r'name="(key|seen)" value="(\w+)"', page.text))
    assert "Tidak hadir pada salah satu hari" in page.text
    wrong = await product.client.post(f"{PAGE}/record", data={**fields, "seen": "0" * 64}, headers=OURS)
    assert wrong.status_code == 409 and "X-SHEET" in wrong.text
    done = await product.client.post(f"{PAGE}/record", data=fields, headers=OURS)
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=1")
    assert len(sent.commands) == 1


# ---- the home ----------------------------------------------------------------------------------------


async def assigned(product: Product) -> Case:
    await masters(product)
    world = approved(World())
    world.complete(OPERATIONS, "assign_master_assessors", "assign", form=letters())
    world.answer_all()
    return await product.project(world)


async def test_a_master_assessor_begins_at_the_assignments(product: Product) -> None:
    await masters(product)
    await enter(product, "m-1")
    assert (await product.client.get("/home")).headers["location"] == "/assignments"
    page = await product.client.get("/assignments")
    assert title(page) == "Penugasan – Asesor"
    assert "Anda belum mempunyai kelas" in page.text


async def test_an_assignment_is_answered_with_its_letter_before_the_eyes(
    product: Product, sent: Dispatched
) -> None:
    case = await assigned(product)
    mine = next(a for a in case.assignments.values() if a.person == "m1")
    listed = (await product.ask("GET", "/v1/assignments", "m-1")).json()["items"]
    assert [(a["id"], a["class"]["zone"], bool(a["task"])) for a in listed] == [(mine.id, "WIB", True)]
    await enter(product, "m-1")
    page = await product.client.get("/assignments")
    assert "ST/1/2026" in page.text and "08.00 WIB" in page.text
    address = f"/assignments/{case.stream}/{mine.id}"
    blank = await product.client.post(f"{address}/decline", data={"reason": "Sakit."}, headers=OURS)
    assert blank.status_code == 422 and "A-KEY-MISSING" in blank.text and "Sakit." in blank.text
    assert sent.commands == []
    form = {"key": "c" * 32, "reason": "Ada tugas lain."}
    done = await product.client.post(f"{address}/decline", data=form, headers=OURS)
    assert done.headers["location"] == "/assignments?done=1"
    ((_, command, _),) = sent.commands
    assert (command.decision, command.reason is not None) == ("decline", True)
    letter = await product.client.get(f"{address}/letter")
    assert "ST/1/2026" in letter.text
    assert re.search(r'<code class="hash">[0-9a-f]{64}</code>', letter.text)


async def test_anothers_assignment_is_not_there(product: Product) -> None:
    case = await assigned(product)
    other = next(a for a in case.assignments.values() if a.person == "m2")
    await enter(product, "m-1")
    assert (await product.client.get(f"/assignments/{case.stream}/{other.id}/letter")).status_code == 404
    await enter(product, "verifier")
    assert (await product.client.get("/assignments")).status_code == 403


async def test_who_has_no_mark_is_not_counted_as_present(product: Product) -> None:
    await begun(product)
    await enter(product, "m-1")
    page = await product.client.get(f"{PAGE}/check")
    counted = re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page.text)
    assert dict(counted) == {"Peserta": "4", "Hadir setiap hari": "0", "Tanpa tanda": "12"}
