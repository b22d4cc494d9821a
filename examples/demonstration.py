"""One LSP's programme from an Excel roster to certificates, every role acting over HTTP with its own account.

The story of each participant stands in examples/people.py, what must become of them in examples/expected.py
(worked out by hand in examples/README.md), each stretch of the way in examples/story/. Nothing here looks
into the service: it is a client like any other.
"""

import tempfile
from pathlib import Path

import httpx

from examples import organisations as o
from examples.actors import together
from examples.make_examples import make
from examples.people import PEOPLE
from examples.story.applications import Applications
from examples.story.assessment import Assessment
from examples.story.closing import Closing
from examples.story.request import Request
from examples.story.teller import Say


async def run(base_url: str, accounts: dict[str, str], out: Say, certificates: Path) -> int:
    """Tell the whole story; 0 when every participant ended as worked out by hand, else 1. The certificates'
    files are left in the folder `certificates`."""
    async with httpx.AsyncClient(base_url=base_url, timeout=300) as http:
        with tempfile.TemporaryDirectory(prefix="asesor-contoh-") as folder:
            story = Story(http, accounts, out, make(Path(folder)), Path(folder), certificates)
            await story.tell()
            return await story.compare()


class Story(Request, Applications, Assessment, Closing):
    """What happens, in the order in which it happens."""

    async def tell(self) -> None:
        await self._sign_in()
        await self.request()
        await self.verification()
        await self.approval()
        await self.preparation()
        await self.applications_come()
        await self.waiting_list()
        await self.review()
        await self.training()
        await self.assessments()
        await self.reassessments()
        await self.report()

    async def _sign_in(self) -> None:
        needed = [*(s.username for s in o.STAFF if s.username), *(p.username for p in PEOPLE)]
        await together((self.actors[name].sign_in() for name in needed), at_once=4)
