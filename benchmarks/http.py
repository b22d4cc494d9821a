"""(c) The same journey through HTTP: tokens, keep-alive, one connection a caller, nothing left out.

python -m benchmarks.http FILE      settings by the environment; FILE: people (JSON)
"""

import asyncio
import json
import secrets
import sys
from typing import Any
from urllib.parse import urlsplit

from temporalio.client import Client

from benchmarks import measure, script
from benchmarks.ours import Opener, casts, database_file, run, staff_of
from benchmarks.world import filed
from db import registry
from db.session import Database
from domain.calendar import Calendar
from settings import Settings, load
from worker import connect


class Connections:
    """HTTP/1.1 with keep-alive over plain streams: as small as it can be, since it is not measured."""

    def __init__(self, host: str, port: int) -> None:
        self._where = host, port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, token: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer's JSON; RuntimeError for anything but 200. After a 503 the same is sent again, as it
        asks for."""
        while (answer := await self._once(path, token, key, body)) is None:
            await asyncio.sleep(0.1)
        return answer

    async def _once(self, path: str, token: str, key: str, body: dict[str, Any]) -> dict[str, Any] | None:
        reader, writer = await self._connection()
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._where[0]}:{self._where[1]}\r\n"
            f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        writer.write(head.encode() + data)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        answer = await reader.readexactly(int(fields["content-length"]))
        self._free.append((reader, writer))
        if lines[0].startswith("HTTP/1.1 503 "):
            return None
        if not lines[0].startswith("HTTP/1.1 200 "):
            raise RuntimeError(f"{path}: {lines[0]} {answer.decode()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():  # else the server closed it while it was idle
                return reader, writer
            writer.close()
        return await asyncio.open_connection(*self._where)


class ByHttp(Opener):
    waits = True

    def __init__(self, client: Client, settings: Settings, calendar: Calendar, http: Connections) -> None:
        super().__init__(client, settings, calendar)
        self.http = http

    async def decide(self, decision: script.Decision) -> int:
        body: dict[str, Any] = {}
        if decision.act == "comment":
            body = {"text": script.TEXT}
        elif decision.act == "complete":
            body = {"decision": decision.decision, "form": decision.form}
            if decision.grounds:
                body |= {"reason": script.TEXT, "evidence": [filed(decision.stream)]}
        path = f"/v1/tasks/{decision.task}/{decision.act}"
        answer = await self.http.post(path, decision.who.token, secrets.token_hex(8), body)
        return int(answer["seq"])


async def drive(file: str) -> None:
    settings = load()
    staff = staff_of(file)
    db = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    async with db.read() as session:
        calendar = await registry.calendar(session)
    await db.dispose()
    api = urlsplit(settings.public_url)
    http = Connections(api.hostname or "127.0.0.1", api.port or 80)
    way = ByHttp(await connect(settings), settings, calendar, http)
    watcher = measure.Watcher(database_file(settings))

    async def work(told: dict[str, Any]) -> measure.Load:
        return await measure.load(
            told["callers"],
            casts(told, staff),
            lambda cast, done: script.journey(way, watcher, cast, done),
        )

    await measure.serve(work)


if __name__ == "__main__":
    run(drive(sys.argv[1]))
