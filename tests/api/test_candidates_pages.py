"""A candidate's pages: what is missing, what happens next, evidence from a phone, the certificate."""

import re
from typing import Any

import pytest
from httpx import Response
from sqlmodel import select

from db.candidate_tables import ApplicationPart
from db.tables import CertificateRow
from domain import commands as c
from domain.cases import Case
from domain.roles import Role
from tests.api.conftest import PDF, Product
from tests.api.test_certificates import CODE, certificate
from tests.api.test_pages import OURS, enter, title
from tests.support.journeys import JourneyWorld
from tests.support.programmes import actor

PAGE = "/applications/application-1"


async def invited(product: Product) -> Case:
    """The candidate's application, open and with nothing handed in."""
    world = JourneyWorld()
    task = next(iter(world.case.tasks.values()))
    world.send(actor(Role.CANDIDATE, "p1"), c.ClaimTask(task=task.id))
    case = await product.project(world)
    await enter(product, "candidate")
    return case


async def send(product: Product, requirement: str, file: bytes, **more: str) -> Response:
    form = f"{PAGE}/evidence?requirement={requirement}"
    shown = await product.client.get(form)
    key = re.search(r'name="key" value="(\w+file)"', shown.text)
    assert key is not None
    data = {"key": key[1], "evidence.requirement": requirement, **more}
    return await product.client.post(
        form, data=data, files={"file": ("x.pdf", file, "application/pdf")}, headers=OURS
    )


async def test_a_candidate_begins_at_the_applications(product: Product) -> None:
    await enter(product, "candidate")
    assert (await product.client.get("/home")).headers["location"] == "/applications"
    page = await product.client.get("/applications")
    assert title(page) == "Permohonan saya – Asesor"
    assert "Anda belum mempunyai permohonan" in page.text


@pytest.mark.parametrize("who", ["organiser", "verifier"])
async def test_these_pages_are_for_candidates(product: Product, who: str) -> None:
    await enter(product, who)
    for path in ("/applications", PAGE, f"{PAGE}/evidence", f"{PAGE}/apply", f"{PAGE}/check", "/my-turn/t1"):
        assert (await product.client.get(path)).status_code == 403


async def test_what_is_missing_and_until_when_is_said(product: Product) -> None:
    case = await invited(product)
    task = next(iter(case.tasks.values()))
    page = await product.client.get("/applications")
    assert "Masih kurang:" in page.text
    assert "Ijazah atau sertifikat KKNI" in page.text
    assert f'href="{PAGE}/apply"' in page.text
    assert f'<time datetime="{task.due_at.isoformat()}"' in page.text
    page = await product.client.get(PAGE)
    assert page.text.count("kurang</span>") == 6
    assert 'aria-current="step"' in page.text
    assert "Sekarang giliran Anda" in page.text
    tasks = await product.client.get(f"{PAGE}/apply")
    assert tasks.text.count('<span class="tag todo">') == 11
    assert "belum dapat dimulai" in tasks.text
    assert (await product.client.get(f"/my-turn/{task.id}")).headers["location"] == f"{PAGE}/apply"


async def test_evidence_is_photographed_page_by_page_and_looked_at(product: Product) -> None:
    await invited(product)
    form = f"{PAGE}/evidence?requirement=recommendation_letter"
    page = await product.client.get(form)
    assert 'capture="environment"' in page.text
    assert 'accept="image/*,application/pdf"' in page.text
    more = {"evidence.dated": "2026-02-16"}
    for number, file in enumerate((PDF, PDF.replace(b"Catalog", b"Catalog /Two")), start=1):
        done = await send(product, "recommendation_letter", file, **more)
        assert (done.status_code, done.headers["location"]) == (303, f"{form}&done=1"), done.text
        page = await product.client.get(form)
        assert f"{number} halaman sudah diserahkan" in page.text
    page = await product.client.get(PAGE)
    assert page.text.count("kurang</span>") == 5
    file_ = re.search(r'href="(/v1/applications/application-1/evidence/[^"]+)"', page.text)
    assert file_ is not None
    assert (await product.client.get(file_[1])).content.startswith(b"%PDF-")


async def answer(product: Product, part: str, **answers: str) -> Response:
    """One part, as its page sends it."""
    page = await product.client.get(f"{PAGE}/apply/{part}")
    key = re.search(r'name="key" value="(\w+)"', page.text)
    assert key is not None
    data = {"key": key[1], **{f"part.{name}": value for name, value in answers.items()}}
    return await product.client.post(f"{PAGE}/apply/{part}", data=data, headers=OURS)


async def test_each_part_is_saved_by_itself_and_leads_to_the_next(product: Product) -> None:
    await invited(product)
    wrong = await answer(product, "applicant", phone="bukan nomor")
    assert wrong.status_code == 422
    assert title(wrong).startswith("Kesalahan: ")
    assert 'value="bukan nomor"' in wrong.text
    assert 'href="#f-part-address"' in wrong.text
    assert 'autocomplete="tel"' in wrong.text
    saved = await answer(product, "applicant", phone="0812 0000 0001", address="Jalan Contoh 1")
    assert saved.headers["location"] == f"{PAGE}/apply/work"
    assert 'value="Jalan Contoh 1"' in (await product.client.get(f"{PAGE}/apply/applicant")).text
    tasks = await product.client.get(f"{PAGE}/apply")
    assert tasks.text.count('<span class="tag todo">') == 10
    later = await answer(product, "work", employer="PT Contoh", position="Instruktur", **{})
    assert later.headers["location"] == f"{PAGE}/apply/purpose"


async def test_what_is_lacking_is_said_by_rule_before_it_is_sent(product: Product) -> None:
    await invited(product)
    check = await product.client.get(f"{PAGE}/check")
    assert "Yang masih kurang" in check.text
    for rule in ("R-Q3", "R-TECH", "R-REC", "[P] FR.APL.01", "[P] FR.APL.02"):
        assert rule in check.text
    assert "versi 2026-01" in check.text
    key = re.search(r'name="key" value="(\w+)"', check.text)
    assert key is not None
    sent = await product.client.post(f"{PAGE}/check", data={"key": key[1], "consent": "yes"}, headers=OURS)
    assert sent.status_code == 422
    assert sent.text.count("P-PART") == 5
    assert "checked" in sent.text  # what was ticked stays


async def test_answers_are_for_their_candidate_alone_and_stored_sealed(product: Product) -> None:
    await invited(product)
    await answer(product, "applicant", phone="0812 0000 0001", address="Jalan Contoh 1")
    path = "/v1/applications/application-1/answers"
    mine = (await product.ask("GET", path, "candidate")).json()
    assert mine["items"][0]["answers"]["address"] == "Jalan Contoh 1"
    for who in ("organiser", "verifier", "operations"):
        assert (await product.ask("GET", path, who)).status_code == 403
    await product.person("other", Role.CANDIDATE, person="p2")
    assert (await product.ask("GET", path, "other")).status_code == 404
    body = {"it_declared": True}
    first = await product.ask("PUT", f"{path}/computer", "candidate", key="kunci-bagian", json=body)
    again = await product.ask("PUT", f"{path}/computer", "candidate", key="kunci-bagian", json=body)
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    other = {"units": [{"unit": "lain", "result": "K", "shown_by": "-"}]}
    refused = await product.ask("PUT", f"{path}/self_assessment", "candidate", json=other)
    assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (409, "P-UNITS")
    made = await product.ask("POST", "/v1/applications/application-1/forms", "candidate")
    assert {v["subject"] for v in made.json()["violations"]} == {"work", "purpose", "self_assessment"}
    async with product.runtime.db.read() as session:
        rows = list(await session.exec(select(ApplicationPart)))
    assert all(b"Jalan" not in row.ciphertext for row in rows)
    assert (await product.events("draft-application-1")).count("application_part_saved") == 2


async def test_forms_are_made_of_the_answers_the_same_each_time(product: Product) -> None:
    case = await invited(product)
    parts: dict[str, Any] = {
        "applicant": {"address": "Jalan Contoh 1", "phone": "0812 0000 0001"},
        "work": {"employer": "PT Contoh", "position": "Instruktur"},
        "purpose": {"purpose": "certification"},
        "self_assessment": {
            "units": [
                {"unit": u.id, "result": "K", "shown_by": "#eval(1) *tebal*"} for u in case.journey.units
            ]
        },
    }
    for part, body in parts.items():
        path = f"/v1/applications/application-1/answers/{part}"
        assert (await product.ask("PUT", path, "candidate", json=body)).status_code == 200
    forms = "/v1/applications/application-1/forms"
    made = [(await product.ask("POST", forms, "candidate")).json() for _ in range(2)]
    assert set(made[0]) == {"apl01", "apl02"}, made[0]
    assert made[0] == made[1]
    listed = (await product.ask("GET", "/v1/applications/application-1/evidence", "candidate")).json()[
        "items"
    ]
    assert {d["digest"] for d in listed} == set(made[0].values())
    assert {d["requirement"] for d in listed} == {"FR.APL.01", "FR.APL.02"}
    pdf = b"".join([piece async for piece in product.runtime.store.read(made[0]["apl02"])])
    assert pdf.startswith(b"%PDF-")


async def test_feedback_is_given_after_the_assessment_began_and_filed_as_its_form(
    product: Product,
) -> None:
    await product.project(JourneyWorld().scheduled().begun())
    await enter(product, "candidate")
    page = await product.client.get(f"{PAGE}/feedback")
    assert "FR.AK.03" in page.text
    key = re.search(r'name="key" value="(\w+)"', page.text)
    assert key is not None
    names = ("informed", "prepared", "agreed", "heard", "fair", "told")
    told = {f"part.{name}": "yes" for name in names} | {"key": key[1], "part.remarks": "Ruangannya bising."}
    wrong = await product.client.post(f"{PAGE}/feedback", data=told | {"part.fair": ""}, headers=OURS)
    assert wrong.status_code == 422
    assert "Ruangannya bising." in wrong.text
    given = await product.client.post(f"{PAGE}/feedback", data=told, headers=OURS)
    assert given.headers["location"] == f"{PAGE}?done=1", given.text
    listed = (await product.ask("GET", "/v1/applications/application-1/evidence", "candidate")).json()[
        "items"
    ]
    assert [d["requirement"] for d in listed] == ["FR.AK.03"]


async def test_there_is_no_feedback_before_the_assessment(product: Product) -> None:
    await invited(product)
    assert (await product.client.get(f"{PAGE}/feedback")).headers["location"] == PAGE
    body = dict.fromkeys(("informed", "prepared", "agreed", "heard", "fair", "told"), "yes")
    path = "/v1/applications/application-1/answers/feedback"
    refused = await product.ask("PUT", path, "candidate", json=body)
    assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (409, "A-FEEDBACK")


async def test_what_i_was_told_can_be_read_again_by_me_alone(product: Product) -> None:
    await invited(product)
    told = (await product.ask("GET", "/v1/me/notices", "candidate")).json()["items"]
    assert told[0]["subject"].startswith("Tugas baru: ")
    assert (await product.ask("GET", "/v1/me/notices", "verifier")).json()["items"] == []
    elsewhere = await product.ask("GET", "/v1/me/notices?stream=elsewhere", "candidate")
    assert elsewhere.json()["items"] == []
    assert "Tugas baru: " in (await product.client.get(PAGE)).text


async def test_giving_it_up_says_what_it_means_first(product: Product) -> None:
    await invited(product)
    page = await product.client.get(f"{PAGE}/withdraw")
    assert "tidak dapat dibuka lagi" in page.text
    assert "daftar tunggu" in page.text
    assert (await product.client.get(PAGE)).text.count(f'href="{PAGE}/withdraw"') == 1


@pytest.mark.parametrize(
    ("file", "status", "rule"),
    [
        (b"", 422, "A-FILE"),
        (b"MZ\x90 program", 415, "D-MEDIA"),
        (b"%PDF-" + b"x" * (10 * 1024 * 1024), 413, "D-SIZE"),
        (b"%PDF-" + b"x" * (11 * 1024 * 1024), 413, "A-SIZE"),
    ],
)
async def test_what_is_no_document_is_told_on_the_same_page(
    product: Product, file: bytes, status: int, rule: str
) -> None:
    await invited(product)
    page = await send(product, "diploma", file)
    assert (page.status_code, rule in page.text) == (status, True)
    assert title(page).startswith("Kesalahan: ")
    assert "Ijazah atau sertifikat KKNI" in page.text
    assert 'id="f-evidence-file-error"' in page.text


async def test_what_is_not_asked_for_is_not_taken(product: Product) -> None:
    await invited(product)
    shown = await product.client.get(f"{PAGE}/evidence?requirement=something_else")
    assert shown.headers["location"] == PAGE
    foreign = await product.client.post(
        f"{PAGE}/evidence", data={"key": "a" * 32}, headers={"Origin": "https://elsewhere.example"}
    )
    assert foreign.status_code == 403


async def test_anothers_application_is_not_there(product: Product) -> None:
    await product.project(JourneyWorld())
    await product.person("other", Role.CANDIDATE, person="p2")
    await enter(product, "other")
    for path in (PAGE, f"{PAGE}/evidence?requirement=diploma", f"{PAGE}/apply/work", f"{PAGE}/withdraw"):
        assert (await product.client.get(path)).status_code == 404


async def test_a_holder_downloads_the_certificate(product: Product) -> None:
    await certificate(product)
    await product.person("siti", Role.CANDIDATE, person="siti")
    await enter(product, "siti")
    page = await product.client.get("/applications")
    assert "74909 2635 7 0000001 2026" in page.text
    assert "/v1/certificates/c1/pdf" not in page.text  # it is not printed yet
    async with product.runtime.db.write() as session:
        row = await session.get(CertificateRow, "c1")
        assert row is not None
        row.pdf_digest = "0" * 64
        session.add(row)
    page = await product.client.get("/applications")
    assert 'href="/v1/certificates/c1/pdf" download' in page.text
    assert f'href="/check/{CODE}"' in page.text
