"""A programme after its approval, as its organiser works with it: the class, check-in, and the report."""

import re
from datetime import timedelta

from db.vault import case_owner
from domain import commands as c
from domain.roles import Role
from state_machines.class_ import starts_at
from tests.api.conftest import PDF, START, Dispatched, Product
from tests.api.test_pages import enter, title
from tests.api.test_portal import post
from tests.support.programmes import DIGEST, OPERATIONS, ORGANISER, World, actor, participant
from tests.support.stages import approved, attendance, prepared, running, tell

PROGRAMME = "/programmes/programme-1"
CLASS = f"{PROGRAMME}/classes/class-a"


async def shown(product: Product, world: World) -> None:
    await product.project(world)
    await enter(product, "organiser")


async def test_a_class_that_is_prepared_says_what_is_missing_and_takes_it(
    product: Product, sent: Dispatched
) -> None:
    world = approved(World())
    await shown(product, world)
    listed = await product.client.get(PROGRAMME)
    assert f'href="{CLASS}"' in listed.text
    page = await product.client.get(CLASS)
    assert title(page) == "Kelas A – Asesor"
    done = await post(product, CLASS, f"{CLASS}/venue", {})
    assert done.headers["location"] == f"{CLASS}?done=1"
    task = next(t for t in world.case.tasks.values() if t.kind == "confirm_seat" and t.state == "OFFERED")
    confirmed = await post(product, CLASS, f"{CLASS}/confirm/{task.id}", {})
    assert confirmed.status_code == 303, confirmed.text
    person = world.case.classes["class-a"].committee[0]
    left = await post(product, CLASS, f"{CLASS}/committee/remove", {"person": person})
    assert left.status_code == 303, left.text
    joined = await post(product, CLASS, f"{CLASS}/committee", {"member.full_name": "Rina Panitia"})
    assert joined.status_code == 303, joined.text
    first, second, third, fourth = (command for _, command, _ in sent.commands)
    assert (first.type, first.class_id) == ("confirm_venue", "class-a")
    assert (second.task, second.decision) == (task.id, "confirm")
    assert sent.commands[1][2].on_behalf_of == task.for_person
    assert third.committee == world.case.classes["class-a"].committee[1:]
    assert len(fourth.committee) == len(world.case.classes["class-a"].committee) + 1
    nameless = await post(product, CLASS, f"{CLASS}/committee", {})
    assert nameless.status_code == 422
    assert 'href="#f-member-full_name"' in nameless.text


async def test_check_in_is_open_while_the_class_runs(product: Product, sent: Dispatched) -> None:
    world = prepared(World())
    await shown(product, world)
    early = await product.client.get(f"{CLASS}/check-in")
    assert "Registrasi ulang dibuka selama kelas berlangsung" in early.text
    assert f'action="{CLASS}/check-in/' in early.text
    assert "<button class" not in early.text.partition("<main")[2]


async def test_who_has_come_is_recorded_with_what_was_brought(product: Product, sent: Dispatched) -> None:
    world = running(World())
    await shown(product, world)
    page = await product.client.get(f"{CLASS}/check-in")
    seat = re.search(rf'action="{CLASS}/check-in/([^"]+)"', page.text)
    assert seat is not None
    form = f"{CLASS}/check-in/{seat[1]}"
    done = await post(product, f"{CLASS}/check-in", form, {"kit": ["laptop"]})
    assert done.headers["location"] == f"{CLASS}/check-in?done=1#s-{seat[1]}"
    _, command, _ = sent.commands[-1]
    assert (command.type, command.seat, command.kit) == ("check_in", seat[1], ("laptop",))


def reporting() -> World:
    world = running(World([participant(1), participant(2)]))
    world.pass_time(starts_at(world.case.classes["class-a"]) + timedelta(days=3))
    trainer = actor(Role.MASTER_ASSESSOR, "m1")
    world.complete(trainer, "record_attendance", "finish", form=attendance(world))
    for seat in ("s1", "s2"):
        tell(world, seat, "CERTIFIED", first_decision=True)
    return world


async def test_the_report_goes_to_bnsp_with_its_file(product: Product, sent: Dispatched) -> None:
    world = reporting()
    assert world.case.state == "REPORTING"
    await shown(product, world)
    assert f'href="{PROGRAMME}/report"' in (await product.client.get(PROGRAMME)).text
    form = f"{PROGRAMME}/report/evidence"
    nothing = await post(product, f"{PROGRAMME}/report", form, {"summary": "Lancar."})
    assert (nothing.status_code, "A-FILE" in nothing.text) == (422, True)
    assert "Lancar." in nothing.text
    given = {"file": ("laporan.pdf", PDF, "application/pdf")}
    done = await post(product, f"{PROGRAMME}/report", form, {"summary": "Lancar."}, files=given)
    assert done.headers["location"] == f"{PROGRAMME}?done=1#report"
    note, report = (command for _, command, _ in sent.commands)
    assert note.type == "comment_task"
    assert (report.decision, len(report.form.report)) == ("submit_report", 64)


async def test_what_bnsp_sent_back_is_told_beside_the_report(product: Product) -> None:
    world = reporting()
    world.complete(ORGANISER, "submit_report", "submit_report", form=c.ReportForm(report=DIGEST))
    async with product.runtime.db.write() as session:
        reason = await product.runtime.vault.seal_text(
            session, case_owner("programme-1"), "Lampiran belum lengkap.", "x", at=START
        )
    world.complete(OPERATIONS, "accept_report", "return_report", reason=reason)
    await shown(product, world)
    page = await product.client.get(f"{PROGRAMME}/report")
    assert title(page) == "Laporan – Asesor"
    assert "Lampiran belum lengkap." in page.text
    await enter(product, "neighbour")
    assert (await product.client.get(f"{PROGRAMME}/report")).status_code == 404


async def test_the_waiting_list_stands_in_its_order(product: Product) -> None:
    people = [*(participant(n) for n in (1, 2, 3, 4)), *(participant(n, kind="reserve") for n in (5, 6))]
    world = approved(World(people))
    assert [s.state for s in world.case.seats.values()].count("WAITLISTED") == 2
    await shown(product, world)
    part = (await product.client.get(CLASS)).text.partition('id="waiting"')[2]
    assert part.index("giliran berikutnya") < part.index("urutan 2")
