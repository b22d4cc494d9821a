"""Pages of uploaded documents as pictures: drawn in a child process with limits, and remembered for a while.

They are kept in memory alone. On a disk they would be a second copy of what people handed in, which erasing
the document would have to find.
"""

import asyncio
import contextlib
import json
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from activities.documents import DocumentStore
from api.drawing import NO_PAGE
from domain.errors import DomainError, NotFound, UnsupportedMedia
from domain.text import Text

DRAWING = Path(__file__).with_name("drawing.py")
WITHIN = 20.0
"""Seconds for one page, on a machine that is busy with others."""
AT_ONCE = 2
PIXELS = 6_000_000
"""Largest picture that is shown: a page of A4 at about 240 dots an inch."""
WIDTHS = (720, 1200, 1800, 2400)
"""Pixels across, by zoom from 1."""
REMEMBERED = 32 * 1024 * 1024
"""Bytes of pictures that one process remembers."""


@dataclass(frozen=True)
class Drawn:
    """One page as a JPEG, and how many pages the document has."""

    picture: bytes
    pages: int


class Pictures:
    """Draws pages of what is in the store. One for each process."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, int, int, int], Drawn] = OrderedDict()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """account → its turn: a document that takes long holds up whoever looks at it, and nobody else."""

    async def draw(
        self, digest: str, media_type: str, *, who: str, page: int = 1, turn: int = 0, zoom: int = 1
    ) -> Drawn:
        """The page (from 1), turned clockwise by `turn` degrees, as wide as WIDTHS says for this zoom. For
        each account (`who`) one page is drawn at a time.

        Raises NotFound (D-MISSING; D-PAGE for a page that it does not have), UnsupportedMedia (D-DRAW) for
        what cannot be drawn within the limits.
        """
        asked = (digest, page, turn, zoom)
        # Erased documents are gone at once: opening comes before remembering.
        (await asyncio.to_thread(self._store.open, digest)).close()
        if (known := self._kept.get(asked)) is not None:
            self._kept.move_to_end(asked)
            return known
        async with self._turns.setdefault(who, asyncio.Lock()), self._places:
            if (known := self._kept.get(asked)) is not None:  # the same was asked for twice at once
                return known
            with await asyncio.to_thread(self._store.open, digest) as file:
                width = WIDTHS[min(max(zoom, 1), len(WIDTHS)) - 1]
                drawn = await _draw(file.fileno(), [media_type, page, turn, width, PIXELS])
        self._kept[asked] = drawn
        while sum(len(one.picture) for one in self._kept.values()) > REMEMBERED:
            self._kept.popitem(last=False)
        return drawn


async def _draw(file: int, words: list[str | int]) -> Drawn:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-B",
        str(DRAWING),
        *map(str, words),
        stdin=file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(WITHIN):
            answer, _ = await process.communicate()
    except TimeoutError:
        raise _not_drawn() from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == NO_PAGE:
        raise NotFound.because("D-PAGE", "Halaman itu tidak ada.", "There is no such page.")
    head, newline, picture = answer.partition(b"\n")
    if process.returncode or not newline or not picture:
        raise _not_drawn()
    return Drawn(picture, int(json.loads(head)["pages"]))


def _not_drawn() -> DomainError:
    return UnsupportedMedia.because(
        "D-DRAW",
        "Dokumen ini tidak dapat ditampilkan di halaman.",
        "This document cannot be shown in the page.",
        remedy=Text(
            id="Unduh dokumen aslinya; bila rusak, kembalikan untuk diperbaiki.",
            en="Download the original; if it is damaged, send it back for correction.",
        ),
    )
