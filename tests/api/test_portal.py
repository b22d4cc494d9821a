"""The organiser's portal: from an empty dashboard to a submitted request, and every refusal on the way."""

import re
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response

from api.roster_xlsx import MEDIA_TYPE
from db import registry
from db.drafts import expire_idle
from db.people_tables import Draft
from domain import commands as c
from tests.api.conftest import PDF, Dispatched, Product, draft_of, roster, submitted
from tests.api.test_pages import OURS, enter, title
from tests.support.programmes import ORGANISER, VERIFIER, World, sealed


def key_in(page: Response, form: str) -> str:
    found = re.search(rf'action="{re.escape(form)}".*?name="key" value="([0-9a-z]+)"', page.text, re.S)
    assert found is not None, form
    return found[1]


def version_in(page: Response) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found is not None
    return found[1]


async def post(product: Product, page: str, form: str, data: dict[str, Any], **more: Any) -> Response:
    """The form at `form` of the page at `page`, as a browser sends it."""
    shown = await product.client.get(page)
    assert shown.status_code == 200, shown.text
    sent = {"key": key_in(shown, form), **data}
    if 'name="version"' in shown.text:
        sent.setdefault("version", version_in(shown))
    return await product.client.post(form, data=sent, headers=OURS, **more)


async def begun(product: Product) -> str:
    """A draft made by its page."""
    await enter(product, "organiser")
    made = await post(
        product,
        "/programmes/new",
        "/programmes/new",
        {
            "basis.scheme": registry.DEFAULT_SCHEME,
            "basis.track": "new",
            "basis.venue": "TUK-1",
            "basis.zone": "WIB",
        },
    )
    assert made.status_code == 303, made.text
    return made.headers["location"].partition("?")[0]


CLASS = {"was": "", "classes.label": "A", "classes.days.0": "2026-05-04", "classes.days.1": "2026-05-05"}


async def test_the_portal_is_the_organisers_first_page(product: Product) -> None:
    await enter(product, "organiser")
    assert (await product.client.get("/home")).headers["location"] == "/programmes"
    page = await product.client.get("/programmes")
    assert title(page) == "Program – Asesor"
    assert page.text.count('href="/programmes/new"') == 1
    assert "Mulai program pertama" in page.text
    assert "R-NOTICE" in page.text


@pytest.mark.parametrize("who", ["candidate", "verifier", "operations"])
async def test_the_portal_is_for_organisers(product: Product, who: str) -> None:
    await enter(product, who)
    for path in (
        "/programmes",
        "/programmes/new",
        "/programmes/calendar",
        "/assessors",
        "/programmes/x",
        "/programmes/x/basis",
        "/programmes/x/classes",
        "/programmes/x/participants/new",
        "/programmes/x/import",
        "/programmes/x/roster",
        "/programmes/x/documents",
        "/programmes/x/check",
        "/programmes/x/classes/k",
        "/programmes/x/classes/k/check-in",
        "/programmes/x/report",
    ):
        page = await product.client.get(path)
        assert (path, page.status_code) == (path, 403)
        assert "A-ROLE" in page.text


async def with_class(product: Product, draft: str) -> str:
    """The draft with one class; gives the address of the class's page."""
    added = await post(product, f"{draft}/classes/new", f"{draft}/classes", CLASS)
    assert added.status_code == 303, added.text
    return str(added.headers["location"].partition("?")[0])


async def with_people(product: Product, draft: str, **changes: Any) -> Response:
    await with_class(product, draft)
    return await post(
        product,
        f"{draft}/import",
        f"{draft}/import",
        {},
        files={"file": ("daftar.xlsx", roster(**changes), MEDIA_TYPE)},
    )


def seats_in(page: Response) -> list[str]:
    return re.findall(r'/participants/([0-9a-f-]{36})/remove"', page.text)


async def test_a_request_is_begun_filled_in_and_submitted(product: Product, sent: Dispatched) -> None:
    draft = await begun(product)
    parts = await product.client.get(draft)
    assert [f'{draft}/{name}"' in parts.text for name in ("basis", "classes", "check")] == [True] * 3
    class_page = await with_class(product, draft)
    named = await post(
        product,
        class_page,
        f"{draft}/committee",
        {
            "was": "A",
            "class_id": class_page.split("/")[-2],
            "member.full_name": "Rina Panitia",
            "member.nik": "3171014101909001",
        },
    )
    assert named.status_code == 303, named.text
    page = await product.client.get(class_page)
    assert "Rina Panitia" in page.text
    assert "3171014101909001" not in page.text
    taken = await post(
        product, f"{draft}/import", f"{draft}/import", {}, files={"file": ("d.xlsx", roster(), MEDIA_TYPE)}
    )
    assert taken.headers["location"] == f"{draft}/participants?done=1&taken=3"
    page = await product.client.get(f"{draft}/participants")
    assert page.text.count('<tr class="late">') == 3  # none has a letter yet
    assert "R-NOTICE" in page.text
    seats = seats_in(page)
    letter = await post(
        product,
        f"{draft}/documents",
        f"{draft}/evidence",
        {
            "document.requirement": "recommendation_letter",
            "document.dated": "2026-02-16",
            "document.seats": seats,
        },
        files={"file": ("surat.pdf", PDF, "application/pdf")},
    )
    assert letter.status_code == 303, letter.text
    one = f"{draft}/participants/{seats[0]}"
    moved = await post(product, one, one, {"participant.class_label": "A", "participant.kind": "reserve"})
    assert moved.status_code == 303, moved.text
    assert (await product.client.get(f"{draft}/documents")).text.count("Surat rekomendasi</a>") == 3
    check = await product.client.get(f"{draft}/check")
    assert "Rina Panitia" in check.text
    gone = await post(product, f"{draft}/check", f"{draft}/submit", {})
    assert gone.headers["location"] == f"{draft}?sent=1"
    assert [c.type for _, c, _ in sent.commands] == ["submit_programme"]
    assert "asesor-seen" in gone.headers["set-cookie"]


async def test_who_was_taken_out_is_put_back(product: Product) -> None:
    draft = await begun(product)
    await with_people(product, draft)
    listed = await product.client.get(f"{draft}/participants")
    seats = seats_in(listed)
    out = await post(product, f"{draft}/participants", f"{draft}/participants/{seats[1]}/remove", {})
    assert out.headers["location"] == f"{draft}/participants?removed={seats[1]}"
    page = await product.client.get(out.headers["location"])
    assert seats_in(page) == [seats[0], seats[2]]
    back = await post(product, f"{draft}/participants", f"{draft}/participants/{seats[1]}/restore", {})
    assert back.status_code == 303, back.text
    assert set(seats_in(await product.client.get(f"{draft}/participants"))) == set(seats)
    again = await product.client.post(
        f"{draft}/participants/{seats[1]}/restore", data={"key": "b" * 32}, headers=OURS
    )
    assert again.status_code == 404


async def test_verdicts_stand_beside_the_request_and_follow_the_form(product: Product) -> None:
    draft = await begun(product)
    page = await product.client.get(f"{draft}/basis")
    assert 'data-rule="R-ORG"' in page.text
    class_page = await with_class(product, draft)
    shown = await product.client.get(class_page)
    late = await product.client.post(
        f"{draft}/verdicts",
        data={**CLASS, "part": "classes", "was": "A", "classes.days.0": "2026-03-03"},
        headers=OURS,
    )
    assert late.status_code == 200
    assert re.search(r'class="[a-z_]*" data-rule="R-NOTICE"', shown.text)
    assert 'class="fail" data-rule="R-NOTICE"' in late.text
    assert "<html" not in late.text
    kept = await product.client.get(class_page)
    assert 'value="2026-03-03"' not in kept.text  # asked, not saved
    unread = await product.client.post(
        f"{draft}/verdicts", data={"part": "classes", "was": "A", "classes.label": "A"}, headers=OURS
    )
    assert unread.status_code == 422


async def test_what_a_rule_refuses_at_submit_is_told_on_the_same_page(product: Product) -> None:
    product.runtime.connected = True
    draft = await begun(product)
    await with_people(product, draft)
    page = await post(product, f"{draft}/check", f"{draft}/submit", {})
    assert page.status_code in (403, 409)
    assert title(page).startswith("Kesalahan: ")
    assert 'role="alert"' in page.text
    assert "R-REC" in page.text


async def test_what_was_typed_stays_when_a_part_is_refused(product: Product) -> None:
    draft = await begun(product)
    page = await post(product, f"{draft}/classes/new", f"{draft}/classes", {**CLASS, "classes.label": "A/1"})
    assert page.status_code == 422
    assert 'value="A/1"' in page.text
    assert 'href="#f-classes-label"' in page.text
    assert 'id="f-classes-label"' in page.text
    assert "Label kelas: " in page.text


async def test_a_class_is_changed_and_removed(product: Product) -> None:
    draft = await begun(product)
    class_page = await with_class(product, draft)
    changed = await post(
        product,
        class_page,
        f"{draft}/classes",
        {**CLASS, "was": "A", "classes.start_hour": "9", "classes.venue": "TUK-9"},
    )
    assert changed.status_code == 303, changed.text
    assert 'value="TUK-9"' in (await product.client.get(class_page)).text
    await post(
        product, f"{draft}/import", f"{draft}/import", {}, files={"file": ("d.xlsx", roster(), MEDIA_TYPE)}
    )
    kept = await post(product, f"{draft}/classes", f"{draft}/classes/remove", {"was": "A"})
    assert kept.status_code == 409
    assert "X-CLASS-TAKEN" in kept.text


async def test_the_calendar_beside_the_days_names_holidays(product: Product) -> None:
    draft = await begun(product)
    page = await product.client.get(f"{draft}/classes/new")
    assert page.text.count('class="grid"') == 3
    assert "Kelas boleh dimulai" in page.text
    assert '<ul class="holidays"><li>' in page.text


async def test_somebody_elses_change_is_not_overwritten(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    page = await post(product, f"{draft}/basis", f"{draft}/basis", {"version": "1", "basis.venue": "TUK-2"})
    assert page.status_code == 409
    assert "A-VERSION" in page.text
    assert 'value="TUK-2"' in page.text
    saved = await post(product, f"{draft}/basis", f"{draft}/basis", {"basis.venue": "TUK-2"})
    assert saved.status_code == 303


async def test_no_file_chosen_is_told(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    for nothing in ({"files": {"file": ("", b"", MEDIA_TYPE)}}, {}):
        page = await post(product, f"{draft}/import", f"{draft}/import", {}, **nothing)
        assert (page.status_code, "A-FILE" in page.text) == (422, True)


async def test_a_participant_by_hand_is_judged_as_a_row(product: Product) -> None:
    draft = await begun(product)
    await with_class(product, draft)
    form = f"{draft}/participants/new"
    person = {
        "full_name": "Siti Contoh",
        "nik": "3171014101909001",
        "sex": "P",
        "birth_date": "1990-01-01",
        "email": "siti@example.org",
        "phone": "081200000001",
        "recommending": "LSP-TIK",
        "letter_number": "012/LSP-TIK/II/2026",
        "letter_date": "2026-02-16",
        "signatory": "Budi Contoh",
        "qualification": "S1",
        "technical_field": "TIK",
        "certificate_number": "62010 2512 0000001 2024",
        "certificate_valid_until": "2027-12-31",
        "experience.0.field": "TIK",
        "experience.0.first": "2019-07-01",
        "experience.0.last": "2022-12-31",
        "computer_declaration": "yes",
        "class_label": "A",
        "kind": "main",
    }
    given = {f"participant.{name}": value for name, value in person.items()}
    page = await post(product, form, form, {**given, "participant.nik": "123"})
    assert page.status_code == 422
    assert 'href="#f-participant-nik"' in page.text
    assert 'value="Siti Contoh"' in page.text
    nothing = await post(product, form, form, {})
    assert nothing.status_code == 422
    assert "Nama lengkap: Wajib diisi." in nothing.text
    added = await post(product, form, form, given)
    assert added.headers["location"] == f"{draft}/participants?done=1"
    again = await post(product, form, form, given)
    assert (again.status_code, "X-ALREADY" in again.text) == (422, True)


async def test_no_file_and_a_wrong_file_are_told_beside_it(product: Product) -> None:
    draft = await begun(product)
    given = {"document.requirement": "diploma"}
    for file, status, rule in ((b"", 422, "A-FILE"), (b"MZ\x90 program", 415, "D-MEDIA")):
        page = await post(
            product,
            f"{draft}/documents",
            f"{draft}/evidence",
            given,
            files={"file": ("x.pdf", file, "application/pdf")},
        )
        assert (page.status_code, rule in page.text) == (status, True), page.text
    too_large = await post(
        product,
        f"{draft}/documents",
        f"{draft}/evidence",
        given,
        files={"file": ("x.pdf", b"%PDF-" + b"x" * (11 * 1024 * 1024), "application/pdf")},
    )
    assert (too_large.status_code, "A-SIZE" in too_large.text) == (413, True)


async def test_a_neighbours_request_is_not_there(product: Product) -> None:
    draft = await begun(product)
    await enter(product, "neighbour")
    assert (await product.client.get(draft)).status_code == 404
    refused = await product.client.post(
        f"{draft}/submit", data={"key": "a" * 32, "version": "1"}, headers=OURS
    )
    assert refused.status_code == 404
    foreign = await product.client.post(f"{draft}/submit", data={}, headers={"Origin": "https://x.example"})
    assert foreign.status_code == 403


async def test_a_submitted_programme_says_whose_turn_it_is(product: Product) -> None:
    case = await submitted(product)
    await enter(product, "organiser")
    listed = await product.client.get("/programmes?state=SUBMITTED")
    assert f'href="/programmes/{case.stream}"' in listed.text
    assert '<span class="turn">Verifikator</span>' in listed.text
    none = await product.client.get("/programmes?track=recertification")
    assert "Tidak ada program yang cocok" in none.text
    page = await product.client.get(f"/programmes/{case.stream}")
    assert page.status_code == 200
    assert f'href="/cases/{case.stream}"' in page.text
    assert '<span class="turn">Verifikator</span>' in page.text
    just = await product.client.get(f"/programmes/{case.stream}?sent=1")
    assert title(just) == "Permohonan sudah dikirim – Asesor"


async def test_a_returned_request_is_mended_and_sent_in_again(product: Product, sent: Dispatched) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.answer_all()
    world.complete(VERIFIER, "verify_programme", "send_back", form=c.PointsForm(points=(sealed("perbaiki"),)))
    await draft_of(product, world)
    case = await product.project(world)
    task = next(t for t in case.tasks.values() if t.kind == "correct_programme")
    await enter(product, "organiser")
    page = await product.client.get("/programmes/programme-1")
    assert page.status_code == 200
    assert "BNSP mengembalikan permohonan ini" in page.text
    basis = "/programmes/programme-1/basis"
    saved = await post(product, basis, basis, {"basis.venue": "TUK-7"})
    assert saved.status_code == 303
    again = await post(product, "/programmes/programme-1/check", "/programmes/programme-1/submit", {})
    assert again.status_code == 303, again.text
    stream, command, _ = sent.commands[-1]
    assert (stream, command.task, command.decision) == (case.stream, task.id, "resubmit")


async def test_a_request_that_was_taken_back_is_a_draft_again(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.send(ORGANISER, c.WithdrawProgramme())
    await draft_of(product, world)
    await product.project(world)
    await enter(product, "organiser")
    page = await product.client.get("/programmes/programme-1/check")
    assert 'action="/programmes/programme-1/submit"' in page.text
    assert "X-TWICE" not in page.text


async def test_an_expired_draft_says_what_to_do(product: Product) -> None:
    draft = await begun(product)
    async with product.runtime.db.write() as session:
        row = await session.get_one(Draft, draft.rpartition("/")[2])
        assert await expire_idle(session, now=row.updated_at + timedelta(days=90), at=product.runtime.now())
    page = await product.client.get(draft)
    assert "kedaluwarsa" in page.text
    assert 'href="/programmes/new"' in page.text
    assert "<form" not in page.text.partition("<main")[2]
    refused = await product.client.post(
        f"{draft}/classes", data={"key": "a" * 32, "version": "1"} | CLASS, headers=OURS
    )
    assert refused.status_code in (404, 409)
    assert (await product.client.get(f"{draft}/participants/new")).status_code == 404
