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
    assert "Belum ada program yang diajukan" in page.text


@pytest.mark.parametrize("who", ["candidate", "verifier", "operations"])
async def test_the_portal_is_for_organisers(product: Product, who: str) -> None:
    await enter(product, who)
    for path in ("/programmes", "/programmes/new", "/programmes/x", "/programmes/x/participants/new"):
        page = await product.client.get(path)
        assert (path, page.status_code) == (path, 403)
        assert "A-ROLE" in page.text


async def test_a_request_is_begun_filled_in_and_submitted(product: Product, sent: Dispatched) -> None:
    draft = await begun(product)
    added = await post(product, draft, f"{draft}/classes", CLASS)
    assert added.headers["location"] == f"{draft}?done=1#classes"
    named = await post(
        product,
        draft,
        f"{draft}/committee",
        {"member.full_name": "Rina Panitia", "member.nik": "3171014101909001", "member.class_label": "A"},
    )
    assert named.status_code == 303, named.text
    taken = await post(
        product, draft, f"{draft}/import", {}, files={"file": ("daftar.xlsx", roster(), MEDIA_TYPE)}
    )
    assert taken.status_code == 303, taken.text
    page = await product.client.get(draft)
    assert "Rina Panitia" in page.text
    assert "3171014101909001" not in page.text
    assert page.text.count('<li class="late">') == 3  # none has a letter yet
    assert "R-NOTICE" in page.text
    seats = re.findall(r'/participants/([0-9a-f-]{36})/move"', page.text)
    letter = await post(
        product,
        draft,
        f"{draft}/evidence",
        {
            "document.requirement": "recommendation_letter",
            "document.dated": "2026-02-16",
            "document.seats": seats,
        },
        files={"file": ("surat.pdf", PDF, "application/pdf")},
    )
    assert letter.status_code == 303, letter.text
    moved = await post(
        product, draft, f"{draft}/participants/{seats[0]}/move", {"class_label": "A", "kind": "reserve"}
    )
    assert moved.status_code == 303, moved.text
    out = await post(product, draft, f"{draft}/participants/{seats[1]}/remove", {})
    assert out.status_code == 303, out.text
    page = await product.client.get(draft)
    assert page.text.count("/move") == 2
    assert page.text.count("Surat rekomendasi</a>") == 3
    gone = await post(product, draft, f"{draft}/submit", {})
    assert gone.headers["location"] == f"{draft}?done=1"
    assert [c.type for _, c, _ in sent.commands] == ["submit_programme"]
    assert "asesor-seen" in gone.headers["set-cookie"]


async def test_what_a_rule_refuses_at_submit_is_told_on_the_same_page(product: Product) -> None:
    product.runtime.connected = True
    draft = await begun(product)
    await post(product, draft, f"{draft}/classes", CLASS)
    await post(product, draft, f"{draft}/import", {}, files={"file": ("d.xlsx", roster(), MEDIA_TYPE)})
    page = await post(product, draft, f"{draft}/submit", {})
    assert page.status_code in (403, 409)
    assert title(page).startswith("Kesalahan: ")
    assert 'role="alert"' in page.text
    assert "R-REC" in page.text


async def test_what_was_typed_stays_when_a_part_is_refused(product: Product) -> None:
    draft = await begun(product)
    page = await post(product, draft, f"{draft}/classes", {**CLASS, "classes.label": "A/1"})
    assert page.status_code == 422
    assert 'value="A/1"' in page.text
    assert 'href="#f-classes-label"' in page.text
    assert 'id="f-classes-label"' in page.text
    assert "Label kelas: " in page.text


async def test_a_class_is_changed_and_removed(product: Product) -> None:
    draft = await begun(product)
    await post(product, draft, f"{draft}/classes", CLASS)
    changed = await post(
        product,
        draft,
        f"{draft}/classes",
        {**CLASS, "was": "A", "classes.start_hour": "9", "classes.venue": "TUK-9"},
    )
    assert changed.status_code == 303, changed.text
    assert 'value="TUK-9"' in (await product.client.get(draft)).text
    await post(product, draft, f"{draft}/import", {}, files={"file": ("d.xlsx", roster(), MEDIA_TYPE)})
    kept = await post(product, draft, f"{draft}/classes/remove", {"was": "A"})
    assert kept.status_code == 409
    assert "X-CLASS-TAKEN" in kept.text


async def test_somebody_elses_change_is_not_overwritten(product: Product) -> None:
    draft = await begun(product)
    await post(product, draft, f"{draft}/classes", CLASS)
    page = await post(product, draft, f"{draft}/basis", {"version": "1", "basis.venue": "TUK-2"})
    assert page.status_code == 409
    assert "A-VERSION" in page.text
    assert 'value="TUK-2"' in page.text
    saved = await post(product, draft, f"{draft}/basis", {"basis.venue": "TUK-2"})
    assert saved.status_code == 303


async def test_a_roster_is_answered_cell_by_cell(product: Product) -> None:
    draft = await begun(product)
    await post(product, draft, f"{draft}/classes", CLASS)
    bad = roster(class_label="Z", sex="X")
    page = await post(product, draft, f"{draft}/import", {}, files={"file": ("d.xlsx", bad, MEDIA_TYPE)})
    assert page.status_code == 422
    assert 'class="roster"' in page.text
    assert "Tidak ada yang disimpan" in page.text
    assert re.search(r"<code>D4</code>", page.text)
    for nothing, rule in (({"files": {"file": ("", b"", MEDIA_TYPE)}}, "A-FILE"), ({}, "A-FILE")):
        page = await post(product, draft, f"{draft}/import", {}, **nothing)
        assert (page.status_code, rule in page.text) == (422, True)


async def test_a_participant_by_hand_is_judged_as_a_row(product: Product) -> None:
    draft = await begun(product)
    await post(product, draft, f"{draft}/classes", CLASS)
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
    assert added.headers["location"] == f"{draft}?done=1#participants"
    again = await post(product, form, form, given)
    assert (again.status_code, "X-ALREADY" in again.text) == (422, True)


async def test_no_file_and_a_wrong_file_are_told_beside_it(product: Product) -> None:
    draft = await begun(product)
    given = {"document.requirement": "diploma"}
    for file, status, rule in ((b"", 422, "A-FILE"), (b"MZ\x90 program", 415, "D-MEDIA")):
        page = await post(
            product, draft, f"{draft}/evidence", given, files={"file": ("x.pdf", file, "application/pdf")}
        )
        assert (page.status_code, rule in page.text) == (status, True), page.text
    too_large = await post(
        product,
        draft,
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


async def test_a_returned_request_is_mended_here_and_sent_in_from_its_task(product: Product) -> None:
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
    assert "BNSP mengembalikan permohonan ini." in page.text
    assert page.text.count(f'href="/tasks/{task.id}"') == 2
    assert 'action="/programmes/programme-1/submit"' not in page.text
    saved = await post(
        product, "/programmes/programme-1", "/programmes/programme-1/basis", {"basis.venue": "TUK-7"}
    )
    assert saved.status_code == 303


async def test_a_request_that_was_taken_back_is_a_draft_again(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.send(ORGANISER, c.WithdrawProgramme())
    await draft_of(product, world)
    await product.project(world)
    await enter(product, "organiser")
    page = await product.client.get("/programmes/programme-1")
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
    assert (refused.status_code, "A-DRAFT-EXPIRED" in refused.text) == (409, True)
    assert (await product.client.get(f"{draft}/participants/new")).headers["location"] == draft
