"""An assessment's sheet, cell by cell; the forms that are made of it, and how they print."""

import re
from typing import Any

import pytest

from db import registry
from domain import commands as c
from domain.cases import Case
from domain.events import digest
from domain.roles import SYSTEM, Role
from tests.api.conftest import PDF, Dispatched, Product
from tests.api.test_pages import OURS, enter, title
from tests.support.journeys import UNITS, JourneyWorld, recommended
from tests.support.programmes import FIELD, SCHEME, START

API = "/v1/applications/application-1"
PAGE = "/assessments/application-1"


async def people(product: Product) -> None:
    for n in (1, 2, 3):
        await product.person(f"m-{n}", Role.MASTER_ASSESSOR, person=f"m{n}")
    await product.person("committee", Role.COMMITTEE, person="k1")
    scheme = registry.SchemeData(
        id=SCHEME.id,
        version=SCHEME.version,
        name_id="Asesor kompetensi",
        name_en="Competency assessor",
        field=FIELD,
        units=SCHEME.units,
    )
    async with product.runtime.db.write() as session:
        await registry.put_scheme(session, scheme, by=SYSTEM, at=START)


async def begun(product: Product) -> Case:
    await people(product)
    return await product.project(JourneyWorld().scheduled().begun())


async def put(product: Product, who: str = "m-3", key: str = "", **body: Any) -> Any:
    return await product.ask("PUT", f"{API}/assessment/cells", who, json={"version": 0, **body}, key=key)


async def whole(product: Product, **results: str) -> str:
    """Every unit judged and shown; gives what is seen then."""
    for unit in UNITS:
        value = results.get(unit, "K")
        assert (await put(product, unit=unit, part="result", value=value)).status_code == 200
        kinds = ["demonstration", "oral"]
        assert (await put(product, unit=unit, part="evidence", value=kinds)).status_code == 200
    note = await put(product, unit=UNITS[0], part="note", value="Rencana disusun sendiri.")
    assert note.status_code == 200
    return str((await product.ask("GET", f"{API}/assessment", "m-3")).json()["seen"])


async def test_a_cell_is_kept_sealed_and_the_case_knows_nothing_of_it(product: Product) -> None:
    case = await begun(product)
    before = await product.events(case.stream)
    done = await put(product, unit=UNITS[0], part="result", value="BK")
    assert (done.status_code, done.json()) == (200, {"version": 1})
    shown = (await product.ask("GET", f"{API}/assessment", "m-3")).json()
    assert shown["units"][0]["cells"]["result"]["value"] == "BK"
    assert shown["units"][0]["recorded"] is None
    assert (shown["may"], shown["recorded"]) == (True, False)
    assert shown["missing"] == list(UNITS)
    assert await product.events(case.stream) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "nothing", "part": "result", "value": "K"},
        {"unit": UNITS[0], "part": "result", "value": "A"},
        {"unit": UNITS[0], "part": "evidence", "value": ["hearsay"]},
        {"unit": UNITS[0], "part": "evidence", "value": "oral"},
        {"unit": UNITS[0], "part": "summary", "value": "x"},
        {"unit": "", "part": "refused", "value": "ya"},
        {"unit": UNITS[0], "part": "note", "value": "x" * 4001},
    ],
)
async def test_what_cannot_stand_in_a_cell_is_malformed(product: Product, wrong: dict[str, Any]) -> None:
    await begun(product)
    assert (await put(product, **wrong)).status_code == 422


async def test_nobodys_words_are_told_to_who_is_overtaken(product: Product) -> None:
    await begun(product)
    await put(product, unit=UNITS[0], part="note", value="satu")
    late = await put(product, unit=UNITS[0], part="note", value="dua")
    assert (late.status_code, "satu" in late.text) == (409, False)
    await put(product, unit=UNITS[0], part="result", value="K")
    late = await put(product, unit=UNITS[0], part="result", value="BK")
    assert late.json()["violations"][0]["facts"] == {"version": 1, "value": "K"}


@pytest.mark.parametrize(
    ("who", "read", "write"),
    [
        ("m-1", 404, 409),
        ("committee", 200, 403),
        ("organiser", 403, 403),
        ("candidate", 403, 403),
        ("neighbour", 403, 403),
    ],
)
async def test_only_the_candidates_assessor_fills_in(
    product: Product, who: str, read: int, write: int
) -> None:
    await begun(product)
    assert (await product.ask("GET", f"{API}/assessment", who)).status_code == read
    assert (await put(product, who=who, unit=UNITS[0], part="result", value="K")).status_code == write


async def test_before_it_has_begun_nothing_is_filled_in(product: Product) -> None:
    await people(product)
    await product.project(JourneyWorld().scheduled())
    refused = await put(product, unit=UNITS[0], part="result", value="K")
    assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (409, "M-STATE")


async def test_the_sheet_becomes_two_forms_and_one_command(product: Product, sent: Dispatched) -> None:
    case = await begun(product)
    file = f"{API}/assessment/recommend"
    seen = (await product.ask("GET", f"{API}/assessment", "m-3")).json()["seen"]
    early = await product.ask("POST", file, "m-3", json={"seen": seen})
    assert early.json()["violations"][0]["rule"] == "X-SHEET-OPEN"
    seen = await whole(product, **{UNITS[1]: "BK"})
    stale = await product.ask("POST", file, "m-3", json={"seen": "0" * 64})
    assert stale.json()["violations"][0]["rule"] == "X-SHEET"
    assert sent.commands == []
    done = await product.ask("POST", file, "m-3", key="k1", json={"seen": seen})
    assert done.status_code == 200, done.text
    again = await product.ask("POST", file, "m-3", key="k1", json={"seen": seen})
    assert (again.status_code, again.json()) == (200, done.json())
    ((_, command, actor),) = sent.commands
    form = command.form
    assert actor.person == "m3" and isinstance(form, c.UnitsForm)
    assert {r.unit: r.result for r in form.results} == {u: "BK" if u == UNITS[1] else "K" for u in UNITS}
    uploaded = (await product.ask("GET", f"{API}/evidence", "m-3")).json()["items"]
    kept = {d["requirement"]: d for d in uploaded}
    assert (kept["FR.AK.02"]["digest"], kept["FR.AK.05"]["digest"]) == (form.ak02, form.ak05)
    pdf = await product.ask("GET", f"{API}/evidence/{kept['FR.AK.02']['id']}", "m-3")
    assert pdf.content.startswith(b"%PDF-")
    assert case.state == "ASSESSMENT"


async def filed(product: Product, sent: Dispatched) -> Case:
    """The same sheet, filed: the command that it became is taken by the case."""
    await people(product)
    world = JourneyWorld().scheduled().begun()
    await product.project(world)
    seen = await whole(product, **{UNITS[1]: "BK"})
    answer = await product.ask("POST", f"{API}/assessment/recommend", "m-3", json={"seen": seen})
    assert answer.status_code == 200, answer.text
    ((_, command, actor),) = sent.commands
    done = len(world.events)
    world.send(actor, command)
    world.events = world.events[done:]
    return await product.project(world)


async def test_a_form_prints_what_is_recorded_with_who_and_the_ledgers_hash(
    product: Product, sent: Dispatched
) -> None:
    case = await filed(product, sent)
    await enter(product, "m-3")
    page = await product.client.get("/forms/application-1/FR.AK.02")
    assert title(page) == "FR.AK.02 Rekaman asesmen kompetensi – Asesor"
    assert "FR.AK.02@2026-01" in page.text and "bukan formulir cetak BNSP" in page.text
    assert re.findall(r"<td>(K|BK)</td>", page.text) == ["K", "BK", "K"]
    assert "Observasi demonstrasi" in page.text and "Rencana disusun sendiri." in page.text
    assert case.head in page.text
    agreement = await product.client.get("/forms/application-1/FR.AK.01")
    assert agreement.text.count('class="signed"') == 2
    assert "Rencana disusun" not in agreement.text
    for code in ("FR.MAPA.01", "FR.MAPA.02", "FR.AK.05"):
        page = await product.client.get(f"/forms/application-1/{code}")
        assert page.status_code == 200 and page.text.count('class="signed"') == 1
    assert (await product.client.get("/forms/application-1/FR.APL.01")).status_code == 422


async def test_what_the_assessor_wrote_is_not_for_the_candidate(product: Product, sent: Dispatched) -> None:
    await filed(product, sent)
    await enter(product, "candidate")
    page = await product.client.get("/forms/application-1/FR.AK.02")
    assert page.status_code == 200
    assert re.findall(r"<td>(K|BK)</td>", page.text) == ["K", "BK", "K"]
    assert "Rencana disusun" not in page.text and "Observasi" not in page.text
    await enter(product, "neighbour")
    assert (await product.client.get("/forms/application-1/FR.AK.02")).status_code == 404


async def test_forms_that_were_uploaded_are_shown_without_a_sheet(product: Product) -> None:
    await people(product)
    await product.project(recommended())
    shown = (await product.ask("GET", f"{API}/forms/FR.AK.02", "m-3")).json()
    assert [u["result"] for u in shown["units"]] == ["K", "K", "K"]
    assert "evidence" not in shown["units"][0]
    assert shown["filed"] == digest("request")


# ---- pages -------------------------------------------------------------------------------------------


async def test_my_assessments_are_listed_by_what_they_wait_for(product: Product) -> None:
    await people(product)
    await enter(product, "m-3")
    assert "Belum ada asesmen yang dijadwalkan" in (await product.client.get("/assessments")).text
    await product.project(JourneyWorld().scheduled())
    page = await product.client.get("/assessments")
    assert 'href="/assessments/application-1"' in page.text
    await enter(product, "verifier")
    assert (await product.client.get("/assessments")).status_code == 403


async def test_on_the_day_it_is_signed_planned_and_begun(product: Product, sent: Dispatched) -> None:
    await people(product)
    world = JourneyWorld().scheduled()
    world.to_the_day()
    await product.project(world)
    await enter(product, "m-3")
    page = await product.client.get(PAGE)
    assert "Ajukan kedua formulir rencana" in page.text
    for code in ("FR.MAPA.01", "FR.MAPA.02"):
        file = {"file": ("x.pdf", PDF + code.encode(), "application/pdf")}
        kept = await product.client.post(
            f"{PAGE}/files/{code}", data={"key": code.replace(".", "") * 2}, files=file, headers=OURS
        )
        assert kept.status_code == 303, kept.text
    signed = await product.client.post(f"{PAGE}/do/sign", data={"key": "a" * 32}, headers=OURS)
    assert signed.headers["location"] == f"{PAGE}?done=1"
    page = await product.client.get(PAGE)
    fields = dict(re.findall(r'name="(mapa|mapa02)" value="([0-9a-f]{64})"', page.text))
    started = await product.client.post(f"{PAGE}/do/begin", data={"key": "b" * 32, **fields}, headers=OURS)
    assert started.status_code == 303, started.text
    absent = await product.client.post(f"{PAGE}/do/no_show", data={"key": "c" * 32}, headers=OURS)
    assert absent.headers["location"] == "/assessments?done=1"
    assert [command.decision for _, command, _ in sent.commands] == ["sign", "begin", "no_show"]
    assert sent.commands[1][1].form == c.BeginForm(**fields)


async def test_a_plan_without_a_file_is_refused_on_the_same_page(product: Product) -> None:
    await people(product)
    await product.project(JourneyWorld().scheduled())
    await enter(product, "m-3")
    page = await product.client.post(
        f"{PAGE}/files/FR.MAPA.01", data={"key": "a" * 32}, files={"file": ("", b"")}, headers=OURS
    )
    assert page.status_code == 422 and "A-FILE" in page.text
    assert title(page).startswith("Kesalahan: ")


async def test_without_scripts_one_button_saves_the_answers(product: Product) -> None:
    await begun(product)
    await enter(product, "m-3")
    page = await product.client.get(f"{PAGE}/sheet")
    versions = dict(re.findall(r'name="(version\.[^"]+)" value="(\d+)"', page.text))
    form: dict[str, Any] = {**versions, "key": "a" * 32}
    for unit in UNITS:
        form |= {f"{unit}.result": "K", f"{unit}.evidence": ["oral", "written"]}
    form[f"{UNITS[0]}.note"] = "Baik."
    saved = await product.client.post(f"{PAGE}/sheet", data=form, headers=OURS)
    assert saved.headers["location"] == f"{PAGE}/sheet?done=1"
    shown = (await product.ask("GET", f"{API}/assessment", "m-3")).json()
    assert shown["missing"] == []
    filled = {p: x["version"] for p, x in shown["units"][0]["cells"].items()}
    assert filled == {"result": 1, "evidence": 1, "documents": 0, "note": 1, "follow_up": 0}
    stale = {**form, "key": "b" * 32, f"{UNITS[0]}.note": "Baik sekali."}
    refused = await product.client.post(f"{PAGE}/sheet", data=stale, headers=OURS)
    assert refused.status_code == 409 and "X-CELL" in refused.text
    assert ">Baik sekali.</textarea>" in refused.text
    again = (
        stale | dict(re.findall(r'name="(version\.[^"]+)" value="(\d+)"', refused.text)) | {"key": "c" * 32}
    )
    assert (await product.client.post(f"{PAGE}/sheet", data=again, headers=OURS)).status_code == 303


async def test_the_filing_is_checked_first(product: Product, sent: Dispatched) -> None:
    await begun(product)
    await enter(product, "m-3")
    assert "belum lengkap" in (await product.client.get(f"{PAGE}/check")).text
    await whole(product)
    page = await product.client.get(f"{PAGE}/check")
    assert "K: kompeten" in page.text
    fields = dict(re.findall(r'name="(key|seen)" value="(\w+)"', page.text))
    wrong = await product.client.post(f"{PAGE}/recommend", data={**fields, "seen": "0" * 64}, headers=OURS)
    assert wrong.status_code == 409 and "X-SHEET" in wrong.text
    done = await product.client.post(f"{PAGE}/recommend", data=fields, headers=OURS)
    assert done.headers["location"] == f"{PAGE}?done=1"
    assert len(sent.commands) == 1
