"""Documents: what is taken, what is refused, and that nothing half-written is ever there."""

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from activities.documents import ENDINGS, SIGNATURES, DocumentStore, Stored
from activities.review import judge
from db.people_tables import Document
from domain.errors import DomainError, Malformed, NotFound, TooLarge, UnsupportedMedia
from domain.facts import ParticipantFacts, PeriodFacts, RecommendationFacts, TechnicalCertificateFacts
from domain.policy import CURRENT, MediaType
from tests.support.patience import WITHIN

PDF = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n"
    b"trailer\n<< /Size 2 /Root 1 0 R >>\nstartxref\n50\n%%EOF\n"
)
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\x00" * 200 + b"PE\x00\x00" + b"\x00" * 200


def picture(kind: str = "PNG", size: tuple[int, int] = (32, 32)) -> bytes:
    made = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(made, kind)
    return made.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of a few kB that unpacks to side × side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    row = b"\x00" * (side // 8 + 2)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


async def stream(data: bytes, size: int = 8192) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path / "documents")


def files(store: DocumentStore) -> list[Path]:
    return [p for p in store.folder.rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PDF, "application/pdf"),
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG", (1200, 900)), "image/png"),
    ],
)
async def test_a_document_is_kept_by_its_digest(store: DocumentStore, data: bytes, media_type: str) -> None:
    stored = await store.put(stream(data))
    assert stored == Stored(sha256(data).hexdigest(), media_type, len(data))  # type: ignore[arg-type]
    with store.open(stored.digest) as file:
        assert file.read() == data
    assert b"".join([piece async for piece in store.read(stored.digest)]) == data
    assert store.has(stored.digest) and store.intact(stored.digest)


async def test_the_same_bytes_are_kept_once_also_at_once(store: DocumentStore) -> None:
    first, *others = await asyncio.gather(*(store.put(stream(PDF)) for _ in range(5)))
    assert all(other == first for other in others)
    assert len(files(store)) == 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(EXE, id="an .exe named .pdf"),
        pytest.param(EXE + PDF, id="an .exe with a PDF behind it"),
        pytest.param(b"<html><script>alert(1)</script>" + PDF, id="HTML with a PDF behind it"),
        pytest.param(b"%PDF-1.4\n" + b"x" * 500, id="a PDF's beginning alone"),
        pytest.param(PDF[: len(PDF) // 2], id="a PDF cut short"),
        pytest.param(b"%PDF-" + b"\x00" * 100 + b"startxref\n%%EOF", id="a PDF of no version"),
        pytest.param(b"%!PS-Adobe-3.0\n%%EOF\n", id="PostScript"),
        pytest.param(b"PK\x03\x04" + b"\x00" * 100, id="a zip"),
        pytest.param(b"GIF89a" + b"\x00" * 100, id="a GIF"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(picture("PNG")[:-30], id="a PNG cut short"),
        pytest.param(picture("JPEG", (300, 300))[:2000], id="a JPEG cut short"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, id="a PNG's signature alone"),
        pytest.param(b"\xff\xd8\xff\xe0" + b"\x00" * 100, id="a JPEG's signature alone"),
    ],
)
async def test_what_is_no_whole_document_is_refused_and_not_kept(store: DocumentStore, data: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        await store.put(stream(data))
    assert files(store) == []


async def test_a_picture_that_would_unpack_to_gigabytes_is_refused_unread(store: DocumentStore) -> None:
    small = bomb(20_000)
    assert len(small) < 200_000
    with pytest.raises(UnsupportedMedia) as error:
        await store.put(stream(small))
    assert error.value.violations[0].facts["why"] == "pixels"
    assert files(store) == []


async def test_more_pixels_than_allowed_are_refused(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path, pixels=1000)
    with pytest.raises(UnsupportedMedia):
        await store.put(stream(picture("PNG", (40, 40))))


def layered(scans: int, side: int = 64) -> bytes:
    """A progressive JPEG whose last scan is repeated: each goes over every pixel again."""
    made = io.BytesIO()
    Image.new("L", (side, side), 90).save(made, "JPEG", progressive=True)
    whole = made.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * scans + whole[-2:]


async def test_a_jpeg_of_thousands_of_scans_is_refused_unread(store: DocumentStore) -> None:
    start = asyncio.get_running_loop().time()
    with pytest.raises(UnsupportedMedia) as refused:
        await store.put(stream(layered(20_000, 4000)))
    assert refused.value.violations[0].facts["why"] == "scans"
    assert asyncio.get_running_loop().time() - start < 2
    assert (await store.put(stream(layered(20)))).media_type == "image/jpeg"


async def test_what_a_camera_puts_into_and_behind_its_jpeg_is_no_scan(store: DocumentStore) -> None:
    whole = picture("JPEG")
    film = b"\x00\x00\x00\x18ftypmp42" + b"\xff\xda\x12" * 5000
    thumbnails = b"\xff\xe2\x0f\x02" + b"\xff\xda" * 1920
    motion = whole[:2] + thumbnails + whole[2:] + film
    assert (await store.put(stream(motion))).media_type == "image/jpeg"


async def test_scans_behind_a_segment_and_fill_bytes_are_counted(store: DocumentStore) -> None:
    many = layered(60)
    comment = b"\xff\xfe\x00\x06\xff\xd9\xff\xd9"  # no end of the picture, though it looks like one
    with pytest.raises(UnsupportedMedia) as refused:
        await store.put(stream(many[:2] + comment + many[2:].replace(b"\xff\xda", b"\xff\xff\xff\xda")))
    assert refused.value.violations[0].facts["why"] == "scans"


async def test_many_scans_of_a_large_picture_are_refused(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path, pixels=64 * 64)
    with pytest.raises(UnsupportedMedia) as refused:
        await store.put(stream(layered(11)))
    assert refused.value.violations[0].facts["why"] == "scans"


async def test_a_document_does_not_wait_for_pictures(store: DocumentStore) -> None:
    async with store._one_picture, asyncio.timeout(WITHIN):
        assert (await store.put(stream(PDF))).media_type == "application/pdf"


async def test_eleven_megabytes_are_refused_before_they_are_all_read(store: DocumentStore) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield b"%PDF-1.4\n"
        while True:
            read += 1024 * 1024
            yield b"x" * 1024 * 1024

    with pytest.raises(TooLarge):
        await store.put(endless())
    assert read <= CURRENT.upload_bytes + 1024 * 1024
    assert files(store) == []


async def test_exactly_the_limit_is_taken(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path, limit=len(PDF))
    assert (await store.put(stream(PDF))).size == len(PDF)
    with pytest.raises(TooLarge):
        await store.put(stream(PDF + b"\n"))


async def test_a_sender_who_breaks_off_leaves_nothing(store: DocumentStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PDF
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(broken())
    assert files(store) == []


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_a_digest_from_outside_is_no_path(store: DocumentStore, digest: str) -> None:
    with pytest.raises(Malformed):
        store.open(digest)


async def test_what_is_not_there_or_was_changed(store: DocumentStore) -> None:
    with pytest.raises(NotFound):
        store.open("a" * 64)
    assert not store.has("a" * 64) and not store.intact("a" * 64)
    stored = await store.put(stream(PDF))
    path = store.path(stored.digest)
    path.chmod(0o600)
    path.write_bytes(PDF.replace(b"Catalog", b"catalog"))
    assert not store.intact(stored.digest)
    store.forget(stored.digest)
    store.forget(stored.digest)
    assert not store.has(stored.digest)


async def test_others_on_the_machine_cannot_read_them(store: DocumentStore) -> None:
    stored = await store.put(stream(PDF))
    path = store.path(stored.digest)
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0


def test_an_error_names_nothing_of_the_document() -> None:
    try:
        raise UnsupportedMedia.because("D-MEDIA", "x", "y")
    except DomainError as error:
        assert str(error) == "D-MEDIA"


async def test_the_policy_says_how_large_and_of_which_kind(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path)
    small = CURRENT.model_copy(update={"upload_bytes": len(PDF) - 1})
    with pytest.raises(TooLarge):
        await store.put(stream(PDF), small)
    pictures = CURRENT.model_copy(update={"upload_types": ("image/jpeg", "image/png")})
    with pytest.raises(UnsupportedMedia):
        await store.put(stream(PDF), pictures)
    assert files(store) == []
    bounded = DocumentStore(tmp_path, limit=len(PDF) - 1)
    with pytest.raises(TooLarge):
        await bounded.put(stream(PDF))
    assert (await store.put(stream(PDF))).media_type == "application/pdf"


def test_every_kind_that_can_be_uploaded_is_told_by_its_bytes_and_has_an_ending() -> None:
    assert set(SIGNATURES) == set(ENDINGS) == set(get_args(MediaType))


# ---- the machine's review -------------------------------------------------------------------------

TODAY = date(2026, 3, 2)
FACTS = ParticipantFacts(
    person="p1",
    qualification="S1",
    technical=(TechnicalCertificateFacts(field="TIK", valid_until=date(2027, 1, 1)),),
    experience=(PeriodFacts(field="TIK", first=date(2020, 1, 1)),),
    recommendation=RecommendationFacts(organisation="LSP-TIK", number_given=True, day=date(2026, 2, 16)),
    it_declared=True,
)


def document(requirement: str, **changes: Any) -> Document:
    given = {
        "id": requirement,
        "digest": sha256(requirement.encode()).hexdigest(),
        "media_type": "image/jpeg" if requirement == "photo" else "application/pdf",
        "size": 1000,
        "requirement": requirement,
        "person": "p1",
        "uploaded_by": "a1",
        "uploaded_at": datetime(2026, 2, 20, tzinfo=UTC),
        **changes,
    }
    return Document(**given)


def complete(**changes: Document) -> dict[str, Document]:
    return {name: document(name) for r in CURRENT.requirements for name in r.documents} | changes


def review(
    documents: dict[str, Document], facts: ParticipantFacts = FACTS, others: dict[str, int] | None = None
) -> dict[str, str]:
    return {
        r.rule: judge(r, documents, others or {}, facts, CURRENT, TODAY).outcome for r in CURRENT.requirements
    }


def test_a_complete_application_passes() -> None:
    assert set(review(complete()).values()) == {"pass"}


@pytest.mark.parametrize("missing", [name for r in CURRENT.requirements for name in r.documents])
def test_a_missing_document_fails_its_requirement_only(missing: str) -> None:
    documents = complete()
    del documents[missing]
    [rule] = [r.rule for r in CURRENT.requirements if missing in r.documents]
    found = review(documents)
    assert found.pop(rule) == "fail" and set(found.values()) == {"pass"}


def test_bytes_that_another_person_handed_in_are_for_a_person_to_judge() -> None:
    documents = complete()
    found = review(documents, others={documents["diploma"].digest: 1})
    assert found["R-Q3"] == "needs_human" and found["R-TECH"] == "pass"


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("D-IDENTITY", {"photo": document("photo", media_type="application/pdf")}),
        ("R-Q3", {"diploma": document("diploma", media_type="image/gif")}),
        ("R-Q3", {"diploma": document("diploma", size=11 * 1024 * 1024)}),
        ("R-REC", {"recommendation_letter": document("recommendation_letter", dated=date(2026, 3, 3))}),
    ],
)
def test_a_document_that_is_plainly_wrong_fails(rule: str, changes: dict[str, Document]) -> None:
    assert review(complete(**changes))[rule] == "fail"


def test_a_letter_of_another_day_is_for_a_person_to_judge() -> None:
    letter = document("recommendation_letter", dated=date(2026, 2, 1))
    assert review(complete(recommendation_letter=letter))["R-REC"] == "needs_human"


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("R-TECH", {"technical": (TechnicalCertificateFacts(field="TIK", valid_until=date(2026, 3, 1)),)}),
        ("R-TECH", {"technical": ()}),
        ("R-TECH", {"experience": ()}),
        ("R-Q3", {"qualification": None}),
        ("R-REC", {"recommendation": None}),
        ("R-IT", {"it_declared": None}),
    ],
)
def test_what_the_application_does_not_say_fails(rule: str, changes: dict[str, Any]) -> None:
    assert review(complete(), FACTS.model_copy(update=changes))[rule] == "fail"


def test_a_finding_names_no_person_and_no_file() -> None:
    for requirement in CURRENT.requirements:
        finding = judge(requirement, complete(), {}, FACTS, CURRENT, TODAY)
        assert "p1" not in finding.model_dump_json() and 'a1"' not in finding.model_dump_json()
