"""Draws one page of an uploaded document, in a process of its own that can do nothing else.

    python -I -B drawing.py KIND PAGE TURN WIDTH PIXELS < document > answer

The answer is a line of JSON, how many pages there are, and after it the page as a JPEG. What was uploaded
may be made to hurt whoever opens it: so the limits are set before a byte of it is read, there is no
environment to read secrets from, and api/pictures.py ends the process when it takes too long. Imports nothing
of ours.
"""

import json
import resource
import sys

SECONDS = 10
"""Of a processor."""
MEMORY = 1024 * 1024 * 1024
UNREADABLE, NO_PAGE = 3, 4
"""Exit codes: not to be drawn, and no such page."""


def limit() -> None:
    """From here on: little time, little memory, nothing written to a disk, no core of what is personal."""
    for what, most in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> int:
    kind, page, turn, width, pixels = sys.argv[1], *map(int, sys.argv[2:6])
    limit()
    draw = _pdf if kind == "application/pdf" else _image
    try:
        pages, picture = draw(sys.stdin.buffer.read(), page, turn, width, pixels)
    except LookupError:
        return NO_PAGE
    except Exception:  # decoders raise many kinds on hostile bytes; each of them means no
        return UNREADABLE
    sys.stdout.buffer.write(json.dumps({"pages": pages}).encode() + b"\n" + picture)
    return 0


def _pdf(content: bytes, page: int, turn: int, width: int, pixels: int) -> tuple[int, bytes]:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    pages = len(document)
    if not 1 <= page <= pages:
        raise LookupError(page)
    sheet = document[page - 1]
    across, down = sheet.get_size()
    if turn in (90, 270):
        across, down = down, across
    if across <= 0 or down <= 0:
        raise ValueError("a page without a size")
    scale = min(width / across, (pixels / (across * down)) ** 0.5)
    drawn = sheet.render(scale=scale, rotation=turn, draw_annots=True)
    return pages, _jpeg(drawn.to_pil())


def _image(content: bytes, page: int, turn: int, width: int, pixels: int) -> tuple[int, bytes]:
    from io import BytesIO

    from PIL import Image, ImageOps

    if page != 1:
        raise LookupError(page)
    Image.MAX_IMAGE_PIXELS = None  # what was kept was counted when it was taken; memory is limited here
    with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as picture:
        picture.draft("RGB", (width * 2, width * 2))  # a JPEG need not be unpacked larger than it is shown
        upright = ImageOps.exif_transpose(picture)
    if turn:
        upright = upright.rotate(-turn, expand=True)
    scale = min(width / upright.width, (pixels / (upright.width * upright.height)) ** 0.5)
    size = (max(1, round(upright.width * scale)), max(1, round(upright.height * scale)))
    return 1, _jpeg(upright.convert("RGBA").resize(size))


def _jpeg(picture: object) -> bytes:
    """Made anew from its pixels: whatever else the upload carried is not in it."""
    from io import BytesIO

    from PIL import Image

    assert isinstance(picture, Image.Image)
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    out = BytesIO()
    paper.save(out, "JPEG", quality=82)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
