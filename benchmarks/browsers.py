"""Who asks for pages: HTTP/1.1 with keep-alive over plain streams, as small as can be, since it is not
measured how one asks."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from benchmarks.filling import PASSWORD, STAFF, quick_hashes
from db import identity
from db.session import Database
from domain.roles import Role


class Answer(NamedTuple):
    """`seconds`: from sending to the first byte, which a page's whole answer comes with."""

    status: int
    seconds: float
    body: bytes


@dataclass
class Browser:
    """One person's signed-in browser, with one connection."""

    port: int
    cookie: str
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, address: str) -> Answer:
        if self._streams is None or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        began = time.perf_counter()
        writer.write(
            f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: asesor={self.cookie}\r\n"
            "Accept: text/html\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        seconds = time.perf_counter() - began
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        return Answer(
            int(head[0].split()[1]), seconds, await reader.readexactly(int(fields["content-length"]))
        )

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


async def entered(db: Database, role: Role, count: int) -> list[str]:
    """The cookies of so many sessions of people in that role, who take turns when there are fewer of them."""
    people = STAFF.get(role, 20)
    with quick_hashes():
        return [
            await identity.sign_in(
                db, f"{role.value}-{number % people}", PASSWORD, now=datetime.now(UTC), address=str(number)
            )
            for number in range(count)
        ]
