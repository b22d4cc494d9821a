"""A roster into a draft: every row or none, and what is wrong said cell by cell."""

from collections.abc import Callable
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import func, select

from api.roster_xlsx import MEDIA_TYPE
from db.people_tables import ParticipantRecord, Person, RosterConflict
from examples.people import PEOPLE
from logs import setup
from tests.api.conftest import Product, roster

XLSX = {"Content-Type": MEDIA_TYPE}


async def count(product: Product, table: Any) -> int:
    async with product.runtime.db.read() as session:
        return int((await session.exec(select(func.count()).select_from(table))).one())


async def send(product: Product, id_: str, content: bytes, who: str = "organiser", **more: Any) -> Any:
    query = more.pop("query", "")
    return await product.ask(
        "POST", f"/v1/programmes/{id_}/import{query}", who, content=content, headers=XLSX, **more
    )


async def test_a_good_roster_is_taken_whole(product: Product) -> None:
    id_ = await product.draft()
    before = await count(product, Person)
    answer = await send(product, id_, roster())
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["imported"] == 3
    assert [r["ok"] for r in body["rows"]] == [True] * 3
    assert [r["row"] for r in body["rows"]] == [2, 3, 4]
    assert await count(product, Person) == before + 3
    listed = (await product.ask("GET", f"/v1/programmes/{id_}/participants", "organiser")).json()
    assert [i["name"] for i in listed["items"]] == [PEOPLE[n].name for n in (0, 1, 3)]
    assert [i["nik_last4"] for i in listed["items"]] == [PEOPLE[n].nik[-4:] for n in (0, 1, 3)]
    assert listed["items"][1]["facts"]["qualification"] == "D3"
    assert listed["items"][0]["id"] == body["rows"][0]["seat"]
    for shown in (answer.text, str(listed)):
        assert PEOPLE[0].nik not in shown
    assert await product.events(f"draft-{id_}") == ["draft_created", "participants_imported"]


async def test_it_may_come_as_a_form(product: Product) -> None:
    id_ = await product.draft()
    answer = await product.ask(
        "POST",
        f"/v1/programmes/{id_}/import",
        "organiser",
        files={"file": ("daftar.xlsx", roster(), MEDIA_TYPE)},
    )
    assert answer.json()["imported"] == 3


@pytest.mark.parametrize(
    ("changes", "rule", "header"),
    [
        ({"class_label": "Z"}, "X-CLASS-UNKNOWN", "Kelas"),
        ({"recommending": "LSP-TIADA"}, "X-RECOMMENDING", "Kode lembaga rekomendasi"),
        ({"nik": "317101"}, "P-NIK", "NIK"),
        ({"nik": PEOPLE[0].nik}, "X-NIK-TWICE", "NIK"),
        ({"email": "bukan alamat"}, "X-EMAIL", "Email"),
        ({"qualification": "S9"}, "X-ENUM", "Kualifikasi"),
        ({"full_name": None}, "X-EMPTY", "Nama lengkap"),
        ({"letter_date": "2026-02-16"}, "X-DATE-TEXT", "Tanggal surat rekomendasi"),
        ({"phone": 812}, "X-NUMBER", "Nomor telepon"),
    ],
)
async def test_one_wrong_cell_keeps_everything_out(
    product: Product, changes: dict[str, Any], rule: str, header: str
) -> None:
    id_ = await product.draft()
    persons = await count(product, Person)
    answer = await send(product, id_, roster(**changes))
    assert answer.status_code == 422
    body = answer.json()
    assert body["imported"] == 0
    assert body["title"] == "Isian tidak sah"
    bad = [r for r in body["rows"] if not r["ok"]]
    found = [p for r in bad for p in r["problems"]]
    matching = [p for p in found if p["header"] == header]
    assert matching, found
    assert rule in {p["rule"] for p in matching} or rule == "P-NIK"
    assert all(p["text"] and p["text_en"] for p in found)
    assert await count(product, Person) == persons
    assert await count(product, ParticipantRecord) == 0
    assert await product.events(f"draft-{id_}") == ["draft_created"]
    assert [d.what for d in await product.denials("organiser")] == ["import_roster"]
    for secret in (PEOPLE[0].nik, PEOPLE[0].name, "bukan alamat"):
        assert secret not in answer.text


def _without_nik(sheet: Any) -> None:
    sheet.delete_cols(next(c.column for c in sheet[1] if c.value == "NIK"))


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (_without_nik, "X-COLUMN-MISSING"),
        (lambda sheet: sheet.merge_cells("B2:B3"), "X-MERGED"),
        (lambda sheet: sheet.cell(row=2, column=2, value="=1+1"), "X-FORMULA"),
    ],
)
async def test_a_sheet_of_another_shape_is_refused_and_recorded(
    product: Product, edit: Callable[[Any], None], rule: str
) -> None:
    id_ = await product.draft()
    book = load_workbook(BytesIO(roster()))
    edit(book["Peserta"])
    out = BytesIO()
    book.save(out)
    answer = await send(product, id_, out.getvalue())
    assert answer.status_code == 422
    told = [p for row in answer.json()["rows"] for p in row["problems"]]
    assert rule in {v["rule"] for v in [*answer.json()["violations"], *told]}, answer.text
    assert all(v["text"] and v["text_en"] for v in answer.json()["violations"])
    (denial,) = await product.denials("organiser")
    assert denial.what == "import_roster"
    assert await product.events(f"draft-{id_}") == ["draft_created"]


async def test_who_is_there_already_is_a_problem_unless_the_list_is_replaced(product: Product) -> None:
    id_ = await product.draft()
    first = (await send(product, id_, roster((1, 2)))).json()
    again = await send(product, id_, roster((2, 4)))
    assert again.status_code == 422
    assert [r["problems"][0]["rule"] for r in again.json()["rows"] if not r["ok"]] == ["X-ALREADY"]
    replaced = (await send(product, id_, roster((2, 4)), query="?replace=true")).json()
    assert replaced["imported"] == 2
    assert replaced["rows"][0]["seat"] == first["rows"][1]["seat"]
    listed = (await product.ask("GET", f"/v1/programmes/{id_}/participants", "organiser")).json()
    assert [i["name"] for i in listed["items"]] == [PEOPLE[1].name, PEOPLE[3].name]


async def test_the_same_key_imports_once_and_another_file_under_it_is_a_conflict(product: Product) -> None:
    id_ = await product.draft()
    first = await send(product, id_, roster(), key="i1")
    again = await send(product, id_, roster(), key="i1")
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await send(product, id_, roster((5, 6)), key="i1")
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("content", "status", "rule"),
    [
        (b"MZ\x90\x00 this is a program", 415, "X-NOT-XLSX"),
        (b"PK\x03\x04 broken", 415, "X-NOT-XLSX"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), 415, "X-OLD-EXCEL"),
        (b"", 415, "X-NOT-XLSX"),
        (b"x" * (11 * 1024 * 1024), 413, "A-SIZE"),
    ],
)
async def test_what_is_no_roster_is_refused_and_recorded(
    product: Product, content: bytes, status: int, rule: str
) -> None:
    id_ = await product.draft()
    answer = await send(product, id_, content)
    assert answer.status_code == status
    assert answer.json()["violations"][0]["rule"] == rule
    assert [d.rules for d in await product.denials("organiser")] == [[rule]]


async def test_a_form_without_a_file_is_refused(product: Product) -> None:
    id_ = await product.draft()
    answer = await product.ask(
        "POST", f"/v1/programmes/{id_}/import", "organiser", data={"a": "b"}, files={"x": (None, b"c")}
    )
    assert answer.status_code == 422
    assert answer.json()["violations"][0]["rule"] == "A-FILE"


async def test_nobody_else_imports(product: Product) -> None:
    id_ = await product.draft()
    assert (await send(product, id_, roster(), who="neighbour")).status_code == 404
    assert (await send(product, id_, roster(), who="verifier")).status_code == 403


async def test_who_is_known_keeps_the_id_and_no_name_is_told(product: Product) -> None:
    """A guessed NIK must not tell whose it is: each organiser sees the name that its own roster gave."""
    mine, theirs = await product.draft("organiser"), await product.draft("neighbour")
    known = (await send(product, mine, roster((1,)))).json()["rows"][0]
    answer = await send(product, theirs, roster((1,), full_name="Tebakan Saja"), who="neighbour")
    assert answer.status_code == 200
    assert answer.json()["rows"][0]["person"] == known["person"]
    assert "differ" not in answer.text
    listed = (await product.ask("GET", f"/v1/programmes/{theirs}/participants", "neighbour")).json()
    assert listed["items"][0]["name"] == "Tebakan Saja"
    seen = (await product.ask("GET", f"/v1/programmes/{mine}/participants", "organiser")).json()
    assert seen["items"][0]["name"] == PEOPLE[0].name
    conflicts = (await product.ask("GET", "/v1/roster-conflicts", "operations")).json()["items"]
    assert [c["fields"] for c in conflicts] == [["full_name"]]
    resolved = await product.ask(
        "POST", f"/v1/roster-conflicts/{conflicts[0]['id']}/resolve", "operations", json={"accept": False}
    )
    assert resolved.status_code == 200
    assert await count(product, RosterConflict) == 1
    assert (await product.ask("GET", "/v1/roster-conflicts", "operations")).json()["items"] == []


async def test_the_same_wrong_name_in_two_drafts_stays_what_was_given(product: Product) -> None:
    mine = await product.draft("organiser")
    await send(product, mine, roster((1,)))
    for _ in range(2):
        theirs = await product.draft("neighbour")
        await send(product, theirs, roster((1,), full_name="Tebakan Saja"), who="neighbour")
        listed = await product.ask("GET", f"/v1/programmes/{theirs}/participants", "neighbour")
        assert [i["name"] for i in listed.json()["items"]] == ["Tebakan Saja"]
        shown = await product.ask("GET", f"/v1/programmes/{theirs}", "neighbour")
        assert PEOPLE[0].name not in listed.text + shown.text
    assert await count(product, RosterConflict) == 2  # one for each draft


def participant(number: int = 1, **changes: object) -> dict[str, object]:
    person = PEOPLE[number - 1]
    cells = person.cells()
    body = {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in cells.items()
        if key != "no" and not key.startswith("experience_")
    }
    first = cells["experience_1_first"]
    assert isinstance(first, date)
    return {
        **body,
        "kind": "main",
        "computer_declaration": True,
        "recommending": "LSP-TIK",
        "experience": [{"field": cells["experience_1_field"], "first": first.isoformat()}],
        **changes,
    }


async def test_one_participant_is_judged_like_a_row(product: Product) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/participants"
    added = await product.ask("POST", path, "organiser", json=participant())
    assert added.status_code == 201, added.text
    seat = added.json()["seat"]
    wrong = await product.ask("POST", path, "organiser", json=participant(2, nik="123", email="x"))
    assert wrong.status_code == 422
    assert {p["header"] for p in wrong.json()["rows"][0]["problems"]} == {"NIK", "Email"}
    twice = await product.ask("POST", path, "organiser", json=participant())
    assert twice.json()["rows"][0]["problems"][0]["rule"] == "X-ALREADY"
    moved = await product.ask(
        "PATCH",
        f"{path}/{seat}",
        "organiser",
        json={"kind": "reserve", "assessor_certificate_until": "2026-08-15", "kit": ["laptop"]},
    )
    assert moved.json()["kind"] == "reserve"
    facts = (await product.ask("GET", path, "organiser")).json()["items"][0]["facts"]
    assert facts["assessor_certificate_until"] == "2026-08-15"
    assert facts["kit"] == ["laptop"]
    assert facts["qualification"] == "S1"
    assert facts["recommendation"]["number_given"] is True
    assert (await product.ask("DELETE", f"{path}/{seat}", "neighbour")).status_code == 404
    assert (await product.ask("DELETE", f"{path}/{seat}", "organiser")).json()["seats"] == 0
    back = await product.ask("POST", path, "organiser", json=participant())
    assert back.json()["seat"] != seat


async def test_the_template_is_a_workbook(product: Product) -> None:
    answer = await product.ask("GET", "/v1/programmes/roster-template.xlsx", "organiser")
    assert answer.headers["content-type"] == MEDIA_TYPE
    book = load_workbook(BytesIO(answer.content))
    assert book["Peserta"]["B1"].value == "Nama lengkap"


async def test_no_log_line_of_an_import_holds_anything_of_a_person(product: Product) -> None:
    written = StringIO()
    setup(product.runtime.settings.model_copy(update={"log_level": "DEBUG"}), written)
    id_ = await product.draft()
    await send(product, id_, roster())
    await send(product, id_, roster(email="bukan alamat"))
    text = written.getvalue()
    assert "import" in text
    for person in (PEOPLE[0], PEOPLE[1], PEOPLE[3]):
        for private in (person.nik, person.name, person.email, person.phone):
            assert private not in text
