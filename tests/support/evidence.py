"""Documents that can really be looked at: drawn by the test, kept in the product's own store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO

from PIL import Image, ImageDraw

from db import registry
from domain.roles import SYSTEM
from tests.support.stack import Stack


def sheet(words: str, size: tuple[int, int] = (595, 842)) -> Image.Image:
    """A page with these words, a corner marked, so that one sees how it is turned."""
    paper = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(paper)
    pen.rectangle((0, 0, 60, 60), fill=(200, 30, 30))
    for line in range(12):
        pen.line((80, 200 + 40 * line, size[0] - 80, 200 + 40 * line), fill=(150, 150, 150), width=2)
    pen.text((80, 100), words, fill="black", font_size=28)
    return paper


def pdf(*pages: str) -> bytes:
    sheets = [sheet(words) for words in pages]
    out = BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


def jpeg(words: str) -> bytes:
    out = BytesIO()
    sheet(words, (900, 600)).save(out, "JPEG")
    return out.getvalue()


async def handed_in(stack: Stack, stream: str, person: str, requirement: str, content: bytes) -> str:
    """The document of this person for this case; gives its id."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    stored = await stack.parts.store.put(pieces())
    at = datetime.now(UTC)
    async with stack.db.write() as session:
        row = await registry.add_document(
            session,
            digest=stored.digest,
            media_type=stored.media_type,
            size=stored.size,
            requirement=requirement,
            person=person,
            application=stream,
            dated=None,
            by=SYSTEM,
            at=at,
        )
    return row.id
