"""Evidence looked at in a page: drawn anew by a process with limits, for whoever may open the document."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from api.pictures import AT_ONCE, DRAWING, WIDTHS, Pictures
from domain.errors import NotFound, UnsupportedMedia
from tests.api.conftest import PDF, Product

RED, BLUE = (200, 30, 30), (30, 30, 200)


def pdf(*colours: tuple[int, int, int]) -> bytes:
    """A PDF with a page, twice as high as wide, of each colour."""
    sheets = [Image.new("RGB", (100, 200), colour) for colour in colours]
    out = BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


def photograph() -> bytes:
    """Lying on its side, as a phone keeps it, with words beside the picture that nobody is to see."""
    picture = Image.new("RGB", (40, 20), BLUE)
    exif = picture.getexif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010E] = "tempat tinggal"
    out = BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def kept(product: Product, content: bytes, requirement: str = "diploma") -> tuple[str, str]:
    """A document of the organiser's draft; gives the draft, and the address of its pages."""
    id_ = await product.draft()
    path = f"/v1/programmes/{id_}/evidence"
    sent = await product.ask("POST", f"{path}?requirement={requirement}", "organiser", content=content)
    assert sent.status_code == 201, sent.text
    return id_, f"{path}/{sent.json()['items'][0]['id']}/pages"


def drawn(answer: Any) -> Image.Image:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    return Image.open(BytesIO(answer.content), formats=("JPEG",))


def near(picture: Image.Image, colour: tuple[int, int, int]) -> bool:
    seen = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(seen, tuple)
    return all(abs(a - b) < 12 for a, b in zip(seen, colour, strict=True))


async def test_each_page_is_drawn_turned_and_magnified(product: Product) -> None:
    _, path = await kept(product, pdf(RED, BLUE))
    first = await product.ask("GET", f"{path}/1", "organiser")
    assert first.headers["x-pages"] == "2"
    assert near(drawn(first), RED)
    assert drawn(first).size == (WIDTHS[0], 2 * WIDTHS[0])
    second = drawn(await product.ask("GET", f"{path}/2?turn=90&zoom=2", "organiser"))
    assert near(second, BLUE)
    assert second.size == (WIDTHS[1], WIDTHS[1] // 2)


async def test_what_is_shown_runs_nothing_and_is_kept_nowhere(product: Product) -> None:
    _, path = await kept(product, pdf(RED))
    answer = await product.ask("GET", f"{path}/1", "organiser")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == "inline"


async def test_a_photograph_stands_upright_and_carries_nothing_along(product: Product) -> None:
    _, path = await kept(product, photograph(), "photo")
    picture = drawn(await product.ask("GET", f"{path}/1", "organiser"))
    assert picture.height == 2 * picture.width
    assert near(picture, BLUE)
    assert not picture.getexif()


@pytest.mark.parametrize(
    ("who", "status"),
    [("neighbour", 404), ("candidate", 404), ("verifier", 404), ("auditor", 403), ("operations", 200)],
)
async def test_pages_are_for_whoever_may_open_the_document(product: Product, who: str, status: int) -> None:
    _, path = await kept(product, pdf(RED))
    assert (await product.ask("GET", f"{path}/1", who)).status_code == status


async def test_a_page_that_it_does_not_have(product: Product) -> None:
    _, path = await kept(product, pdf(RED))
    answer = await product.ask("GET", f"{path}/2", "organiser")
    assert (answer.status_code, answer.json()["violations"][0]["rule"]) == (404, "D-PAGE")
    for wrong in ("0", "1?turn=45", "1?zoom=9"):
        assert (await product.ask("GET", f"{path}/{wrong}", "organiser")).status_code == 422


async def test_what_cannot_be_drawn_says_so_and_stays_to_be_downloaded(product: Product) -> None:
    _, path = await kept(product, PDF)  # it looks like one from outside
    answer = await product.ask("GET", f"{path}/1", "organiser")
    assert answer.status_code == 415
    (violation,) = answer.json()["violations"]
    assert violation["rule"] == "D-DRAW"
    assert violation["remedy"] and violation["remedy_en"]
    assert (await product.ask("GET", path.removesuffix("/pages"), "organiser")).content == PDF


async def test_a_page_that_would_fill_the_memory_is_not_drawn(product: Product) -> None:
    # one object that says it is a picture of 200,000 × 200,000 and holds nothing
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R"
        b"/Resources<</XObject<</I 5 0 R>>>>>>endobj\n"
        b"4 0 obj<</Length 30>>stream\nq 100 0 0 100 0 0 cm /I Do Q \nendstream endobj\n"
        b"5 0 obj<</Type/XObject/Subtype/Image/Width 200000/Height 200000/BitsPerComponent 8"
        b"/ColorSpace/DeviceRGB/Length 1>>stream\n0\nendstream endobj\n"
        b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF\n"
    )
    _, path = await kept(product, body)
    answer = await product.ask("GET", f"{path}/1", "organiser")
    assert answer.status_code in (200, 415)  # left out, or refused: we are still here to say so
    assert (await product.ask("GET", "/health/live")).status_code == 200


async def test_erased_is_not_remembered(product: Product) -> None:
    _, path = await kept(product, pdf(RED))
    assert (await product.ask("GET", f"{path}/1", "organiser")).status_code == 200
    (stored,) = [p for p in product.runtime.store.folder.rglob("*") if p.is_file()]
    product.runtime.store.forget(stored.name)
    assert (await product.ask("GET", f"{path}/1", "organiser")).status_code == 404


async def test_looking_again_draws_nothing_again(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path = await kept(product, pdf(RED))
    before = await product.ask("GET", f"{path}/1", "organiser")
    monkeypatch.setattr("api.pictures.DRAWING", "/nowhere")
    assert (await product.ask("GET", f"{path}/1", "organiser")).content == before.content
    assert (await product.ask("GET", f"{path}/1?turn=180", "organiser")).status_code == 415


async def test_a_drawing_that_takes_too_long_is_ended(
    product: Product, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    _, path = await kept(product, pdf(RED))
    for_ever = tmp_path / "drawing.py"
    for_ever.write_text("while True: pass")
    monkeypatch.setattr("api.pictures.DRAWING", for_ever)
    monkeypatch.setattr("api.pictures.WITHIN", 0.5)
    started = asyncio.get_running_loop().time()
    assert (await product.ask("GET", f"{path}/1", "organiser")).status_code == 415
    assert asyncio.get_running_loop().time() - started < 10


async def test_one_account_never_takes_every_place(
    product: Product, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    id_, path = await kept(product, pdf(*[RED] * (AT_ONCE + 1)))
    document = path.split("/")[-2]
    slow = tmp_path / "drawing.py"
    slow.write_text("while True: pass")
    monkeypatch.setattr("api.pictures.DRAWING", slow)
    monkeypatch.setattr("api.pictures.WITHIN", 3.0)
    busy = [
        asyncio.create_task(product.ask("GET", f"{path}/{n}", "organiser")) for n in range(1, AT_ONCE + 2)
    ]
    pictures = product.runtime.pictures
    async with asyncio.timeout(10):
        while not pictures._places._value < AT_ONCE:
            await asyncio.sleep(0.01)
    monkeypatch.setattr("api.pictures.DRAWING", DRAWING)
    other = f"/v1/programmes/{id_}/evidence/{document}/pages/1?turn=90"
    assert near(drawn(await product.ask("GET", other, "operations")), RED)
    assert not all(task.done() for task in busy)
    await asyncio.gather(*busy)


async def test_a_digest_that_nobody_stored(product: Product) -> None:
    pictures = Pictures(product.runtime.store)
    with pytest.raises(NotFound):
        await pictures.draw("0" * 64, "application/pdf", who="")


async def test_a_kind_is_never_guessed(product: Product) -> None:
    id_, _ = await kept(product, pdf(RED))
    digest = (await product.ask("GET", f"/v1/programmes/{id_}/evidence", "organiser")).json()["items"][0]
    with pytest.raises(UnsupportedMedia):
        await product.runtime.pictures.draw(digest["digest"], "image/jpeg", who="")
