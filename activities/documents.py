"""Uploaded evidence in a folder: found by its digest, typed by what it is, never by what it is called."""

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO

import puremagic
from PIL import Image

from domain.errors import DomainError, Malformed, NotFound, TooLarge, UnsupportedMedia
from domain.policy import CURRENT, MediaType, Policy

PIXELS = 50_000_000
"""Largest picture in pixels: a phone's camera, and four bytes each while it is checked."""
SCANS = 50
"""Most scans of a JPEG. A progressive one has about ten."""
PASSES = 10
"""Times that as many pixels as the largest picture has may be gone over: each scan goes over all of them, so
that a file of thousands of nearly empty scans would be decoded for hours."""
EOI, SOS = 0xD9, 0xDA
"""Second bytes of JPEG's markers (ITU-T T.81, table B.1): the picture's end, a scan's start."""
MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
"""A marker that a length follows, or the end. (0xFF 0x00 is a scan's data; the others stand alone.)"""
HEAD = 4096
TAIL = 2048
CHUNK = 64 * 1024

SIGNATURES: dict[MediaType, bytes] = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
ENDINGS: dict[MediaType, str] = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


@dataclass(frozen=True)
class Stored:
    """A document that is on disk: SHA-256 in hex, what it really is, its size in bytes."""

    digest: str
    media_type: MediaType
    size: int


class DocumentStore:
    """A content-addressed folder. The same bytes are kept once; nothing is ever overwritten."""

    def __init__(self, folder: Path, *, limit: int = CURRENT.upload_bytes, pixels: int = PIXELS) -> None:
        """`limit` in bytes, whatever a policy allows; `pixels` for pictures. The folder is made at the
        first `put`."""
        self.folder = folder
        self.limit = limit
        self.pixels = pixels
        self._one_picture = asyncio.Semaphore(1)  # a picture being checked takes hundreds of megabytes

    async def put(self, stream: AsyncIterator[bytes], policy: Policy = CURRENT) -> Stored:
        """Keep a document that the policy takes, written to the disk for good before this returns.

        Raises TooLarge as soon as the limit is passed, UnsupportedMedia for what is not whole or of
        no kind that the policy takes. Then nothing is kept.
        """
        draft = await asyncio.to_thread(self._draft)
        path = Path(draft.name)
        try:
            with draft:
                digest, size = await self._write(stream, draft, min(self.limit, policy.upload_bytes))
            media_type = await asyncio.to_thread(kind_of, path)
            if media_type not in policy.upload_types:
                raise _unsupported("type")
            if media_type != "application/pdf":
                async with self._one_picture:
                    await asyncio.to_thread(_decode_picture, path, media_type, self.pixels)
            await asyncio.to_thread(self._publish, path, digest)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return Stored(digest, media_type, size)

    def open(self, digest: str) -> BinaryIO:
        """The document for reading; NotFound when there is none, Malformed when that is no digest."""
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError:
            raise _missing() from None

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """The document in pieces; raises like `open`."""
        with await asyncio.to_thread(self.open, digest) as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk

    def has(self, digest: str) -> bool:
        """Is that document here?"""
        return self.path(digest).is_file()

    def intact(self, digest: str) -> bool:
        """Do the bytes on disk still give their digest? False when they are gone, too."""
        try:
            with self.open(digest) as file:
                found = sha256()
                while chunk := file.read(CHUNK):
                    found.update(chunk)
        except NotFound:
            return False
        return found.hexdigest() == digest

    def forget(self, digest: str) -> None:
        """Remove the bytes (retention, erasure). Rows and the ledger keep the digest alone."""
        self.path(digest).unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        """Where it is kept. Malformed for anything but 64 hex digits: a digest from outside is no path."""
        if re.fullmatch(r"[0-9a-f]{64}", digest) is None:
            raise Malformed.because(
                "D-DIGEST", "Sidik dokumen tidak sah.", "That is not a document's digest."
            )
        return self.folder / digest[:2] / digest

    # Inside

    def _draft(self) -> IO[bytes]:
        incoming = self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        return tempfile.NamedTemporaryFile(dir=incoming, delete=False)

    async def _write(self, stream: AsyncIterator[bytes], draft: IO[bytes], limit: int) -> tuple[str, int]:
        found, size = sha256(), 0
        async for chunk in stream:
            size += len(chunk)
            if size > limit:
                raise TooLarge.because(
                    "D-SIZE",
                    f"Dokumen lebih besar dari {limit // 1024} KiB.",
                    f"The document is larger than {limit // 1024} KiB.",
                    limit=limit,
                )
            found.update(chunk)
            await asyncio.to_thread(draft.write, chunk)
        await asyncio.to_thread(_sync_file, draft)
        return found.hexdigest(), size

    def _publish(self, draft: Path, digest: str) -> None:
        target = self.path(digest)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        draft.chmod(0o400)
        draft.replace(target)  # the same bytes, when it was there already
        for folder in (target.parent, self.folder):
            _sync_folder(folder)


def kind_of(path: Path) -> MediaType:
    """What the file says it is. Raises UnsupportedMedia unless it is PDF, JPEG or PNG from start to end.

    The signature at the very start decides: a program with a PDF's name, or with a PDF appended, stays
    a program. A second opinion (puremagic) must agree; a picture must then really decode.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(path.stat().st_size - TAIL, 0))
        tail = file.read(TAIL)
    media_type = next((kind for kind, magic in SIGNATURES.items() if head.startswith(magic)), None)
    if media_type is None or media_type not in _second_opinion(head):
        raise _unsupported("type")
    if media_type == "application/pdf":
        if not (re.match(rb"%PDF-[12]\.[0-9]", head) and b"startxref" in tail and b"%%EOF" in tail):
            raise _unsupported("incomplete")
    elif media_type == "image/png" and not tail.rstrip(b"\0").endswith(PNG_END):
        raise _unsupported("incomplete")
    return media_type


def _second_opinion(head: bytes) -> set[str]:
    try:
        return {match.mime_type for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _decode_picture(path: Path, media_type: MediaType, pixels: int) -> None:
    kind = media_type.removeprefix("image/").upper()
    scans = _scans(path.read_bytes()) if kind == "JPEG" else 1
    if scans > SCANS:
        raise _unsupported("scans", limit=SCANS)
    try:
        # The header's size first: a bomb of a few kB must not be unpacked to learn that it is one.
        with Image.open(path, formats=(kind,)) as picture:
            size = picture.width * picture.height
            if size > pixels:
                raise _unsupported("pixels", limit=pixels)
            if size * scans > pixels * PASSES:
                raise _unsupported("scans", limit=pixels * PASSES // size)
            picture.verify()
        with Image.open(path, formats=(kind,)) as picture:
            picture.load()  # verify() alone takes a JPEG that was cut short
    except DomainError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _unsupported("pixels", limit=pixels) from None
    except Exception:  # decoders raise many kinds on hostile bytes; each of them means no
        raise _unsupported("incomplete") from None


def _scans(data: bytes) -> int:
    """How many scans are in the JPEG itself? Counted by its markers up to its end: thumbnails in its segments
    and what a phone appends (a film, a depth map) are not gone over by its decoder."""
    scans, at = 0, 0
    while (marker := MARKER.search(data, at)) is not None:
        kind, at = marker[1][0], marker.end()
        if kind == EOI:
            break
        scans += kind == SOS
        if scans > SCANS:
            break
        at += int.from_bytes(data[at : at + 2])  # the length counts its own two bytes
    return scans


_SENTENCES = {
    "type": (
        "Hanya PDF, JPEG, atau PNG yang diterima; jenisnya dilihat dari isinya, bukan dari namanya.",
        "Only PDF, JPEG or PNG is taken; what it is shows in its content, not in its name.",
    ),
    "incomplete": (
        "Dokumen rusak atau terpotong.",
        "The document is damaged or cut short.",
    ),
    "pixels": (
        "Ukuran gambar (piksel) terlalu besar.",
        "The picture has too many pixels.",
    ),
    "scans": (
        "Gambar JPEG ini disusun dari terlalu banyak lapisan (scan); simpan ulang sebagai JPEG biasa.",
        "This JPEG is made of too many scans; save it again as a plain JPEG.",
    ),
}


def _unsupported(why: str, limit: int = 0) -> DomainError:
    return UnsupportedMedia.because("D-MEDIA", *_SENTENCES[why], why=why, limit=limit)


def _missing() -> DomainError:
    return NotFound.because("D-MISSING", "Dokumen tidak ditemukan.", "There is no such document.")


def _sync_file(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
