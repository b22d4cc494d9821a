"""A candidate's pages: what is missing, what happens next, evidence from a phone, the certificate."""

import re

import pytest
from httpx import Response

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
    for path in ("/applications", PAGE, f"{PAGE}/evidence"):
        assert (await product.client.get(path)).status_code == 403


async def test_what_is_missing_and_until_when_is_said(product: Product) -> None:
    case = await invited(product)
    task = next(iter(case.tasks.values()))
    page = await product.client.get("/applications")
    assert "Masih kurang:" in page.text
    assert "Ijazah atau sertifikat KKNI" in page.text
    assert f'href="/tasks/{task.id}"' in page.text
    assert f'<time datetime="{task.due_at.isoformat()}"' in page.text
    page = await product.client.get(PAGE)
    assert page.text.count("kurang</span>") == 8
    assert 'aria-current="step"' in page.text


async def test_evidence_is_photographed_or_chosen_and_then_offered_by_the_task(product: Product) -> None:
    case = await invited(product)
    page = await product.client.get(f"{PAGE}/evidence?requirement=FR.APL.01")
    assert 'capture="environment"' in page.text
    assert 'accept="image/*,application/pdf"' in page.text
    done = await send(product, "FR.APL.01", PDF)
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=1#documents")
    dated = await send(product, "recommendation_letter", PDF, **{"evidence.dated": "2026-02-16"})
    assert dated.status_code == 303, dated.text
    page = await product.client.get(PAGE)
    assert page.text.count("kurang</span>") == 6
    file = re.search(r'href="(/v1/applications/application-1/evidence/[^"]+)"', page.text)
    assert file is not None
    assert (await product.client.get(file[1])).content == PDF
    task = next(iter(case.tasks.values()))
    assert "FR.APL.01 Permohonan" in (await product.client.get(f"/tasks/{task.id}")).text


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
    for path in (PAGE, f"{PAGE}/evidence?requirement=diploma"):
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
