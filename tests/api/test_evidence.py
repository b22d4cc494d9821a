"""Uploads: what is taken, who may see it, and how it is given out."""

from io import BytesIO

import pytest
from PIL import Image

from domain.roles import Role
from tests.api.conftest import Product, roster
from tests.support.journeys import JourneyWorld
from tests.support.programmes import ORGANISER, VERIFIER, World, sealed


def pdf(text: bytes = b"") -> bytes:
    return b"%PDF-1.4\n" + text + b"\nstartxref\n9\n%%EOF\n"


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    return out.getvalue()


async def seats(product: Product, id_: str) -> list[str]:
    answer = await product.ask("POST", f"/v1/programmes/{id_}/import", "organiser", content=roster())
    return [row["seat"] for row in answer.json()["rows"]]


async def test_one_letter_serves_all_whom_it_recommends(product: Product) -> None:
    id_ = await product.draft()
    some = await seats(product, id_)
    path = f"/v1/programmes/{id_}/evidence?requirement=recommendation_letter&dated=2026-02-16&seats="
    answer = await product.ask("POST", path + ",".join(some), "organiser", content=pdf())
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["items"]) == 3
    listed = (await product.ask("GET", f"/v1/programmes/{id_}/participants", "organiser")).json()
    digests = {i["facts"]["recommendation"]["file_digest"] for i in listed["items"]}
    assert digests == {answer.json()["digest"]}
    lost = await product.ask("POST", path + "tidak-ada", "organiser", content=pdf())
    assert lost.json()["violations"][0]["rule"] == "X-SEAT"


@pytest.mark.parametrize(
    ("content", "status", "rule"),
    [
        (b"MZ\x90\x00\x03 program.exe named letter.pdf", 415, "D-MEDIA"),
        (b"MZ\x90\x00" + pdf(), 415, "D-MEDIA"),
        (pdf()[:20], 415, "D-MEDIA"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "D-MEDIA"),
        (b"", 415, "D-MEDIA"),
        (pdf(b"x" * (11 * 1024 * 1024)), 413, "A-SIZE"),
        (pdf(b"x" * (10 * 1024 * 1024)), 413, "D-SIZE"),
    ],
)
async def test_what_is_no_document_is_refused_and_recorded(
    product: Product, content: bytes, status: int, rule: str
) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/evidence?requirement=diploma"
    for kind, more in (
        ("raw", {"content": content, "headers": {"Content-Type": "application/pdf"}}),
        ("form", {"files": {"file": ("surat.pdf", content, "application/pdf")}}),
    ):
        answer = await product.ask("POST", path, "organiser", **more)
        assert (kind, answer.status_code) == (kind, status)
        assert answer.json()["violations"][0]["rule"] == rule
    assert [d.rules for d in await product.denials("organiser")] == [[rule], [rule]]
    kept = [p for p in product.runtime.store.folder.rglob("*") if p.is_file()]
    assert kept == []


async def test_a_document_comes_back_sandboxed_and_only_to_those_who_may(product: Product) -> None:
    id_ = await product.draft()
    sent = await product.ask(
        "POST",
        f"/v1/programmes/{id_}/evidence?requirement=photo",
        "organiser",
        files={"file": ("../../etc/passwd.html", png(), "text/html")},
    )
    document = sent.json()["items"][0]
    assert document["media_type"] == "image/png"
    path = f"/v1/programmes/{id_}/evidence/{document['id']}"
    got = await product.ask("GET", path, "organiser")
    assert got.content == png()
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-security-policy"].startswith("sandbox;")
    assert got.headers["content-disposition"].startswith('attachment; filename="photo-')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert (await product.ask("GET", path, "neighbour")).status_code == 404
    assert (await product.ask("GET", path, "candidate")).status_code == 403
    assert (await product.ask("GET", path, "operations")).status_code == 200
    assert (await product.ask("GET", path, "auditor")).status_code == 403  # closed until a reason is given
    other = await product.draft("neighbour")
    stolen = await product.ask("GET", f"/v1/programmes/{other}/evidence/{document['id']}", "neighbour")
    assert stolen.status_code == 404


async def test_a_stranger_uploads_nothing(product: Product) -> None:
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/evidence?requirement=diploma"
    assert (await product.ask("POST", path, "neighbour", content=pdf())).status_code == 404
    assert (await product.ask("POST", path, "candidate", content=pdf())).status_code == 403
    assert not product.runtime.store.folder.exists()


async def test_participants_evidence_belongs_to_the_request_while_it_is_worked_on(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    path = "/v1/programmes/programme-1/evidence?requirement=diploma"
    for who, rule, status in (("verifier", "A-ROLE", 403), ("organiser", "A-DRAFT", 409)):
        answer = await product.ask("POST", f"{path}&seats=s1", who, content=pdf())
        assert answer.status_code == status
        assert answer.json()["violations"][0]["rule"] == rule
        assert [d.rules for d in await product.denials(who)] == [[rule]]
    assert (await product.ask("POST", path, "verifier", content=pdf())).status_code == 201


async def test_a_master_assessor_uploads_where_engaged_alone(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    await product.project(world)
    await product.person("master", Role.MASTER_ASSESSOR, person="m1")
    path = "/v1/programmes/programme-1/evidence?requirement=attendance"
    answer = await product.ask("POST", path, "master", content=pdf())  # proposed, not assigned yet
    assert answer.status_code == 403
    (violation,) = answer.json()["violations"]
    assert violation["rule"] == "A-ENGAGED"
    assert violation["text"] and violation["text_en"]


async def test_an_ended_programme_takes_no_document(product: Product) -> None:
    world = World()
    world.send(ORGANISER, world.submission())
    world.complete(VERIFIER, "verify_programme", "reject", reason=sealed("sebab"))
    await product.project(world)
    path = "/v1/programmes/programme-1/evidence?requirement=report"
    answer = await product.ask("POST", path, "organiser", content=pdf())
    assert answer.status_code == 409
    assert answer.json()["violations"][0]["rule"] == "M-CLOSED"


async def test_a_case_has_room_for_so_many_documents(product: Product) -> None:
    product.runtime.settings = product.runtime.settings.model_copy(
        update={"programme_documents": 2, "journey_documents": 1}
    )
    id_ = await product.draft()
    world = JourneyWorld()
    await product.project(world)
    for path, who, room in (
        (f"/v1/programmes/{id_}", "organiser", 2),
        (f"/v1/applications/{world.case.stream}", "candidate", 1),
    ):
        for n in range(room + 1):
            sent = pdf(b"%d" % n)
            answer = await product.ask("POST", f"{path}/evidence?requirement=diploma", who, content=sent)
            assert answer.status_code == (201 if n < room else 409), answer.text
        (violation,) = answer.json()["violations"]
        assert violation["rule"] == "D-QUOTA"
        assert violation["text"] and violation["text_en"] and violation["remedy_en"]
        assert [d.rules for d in await product.denials(who)] == [["D-QUOTA"]]
        # What was noted already is not more; for another purpose it is.
        again = await product.ask("POST", f"{path}/evidence?requirement=diploma", who, content=pdf(b"0"))
        assert (again.status_code, len(again.json()["items"])) == (201, 1)
        more = await product.ask("POST", f"{path}/evidence?requirement=report", who, content=pdf(b"0"))
        assert more.status_code == 409
    path = f"/v1/applications/{world.case.stream}/evidence?requirement=FR.IA.01"
    assert (await product.ask("POST", path, "operations", content=pdf(b"form"))).status_code == 201
    kept = [p for p in product.runtime.store.folder.rglob("*") if p.is_file()]
    assert len(kept) == 3  # "0" and "1" of the two, the form; nothing of what was refused
