"""(b) Our journey through the gateway, as the API's process holds it: rights and facts, rehearsal, update.

python -m benchmarks.ours FILE      settings by the environment; FILE: people (JSON)
"""

import asyncio
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client

from api.gateway import Gateway
from benchmarks import measure, script
from benchmarks.world import Someone, filed, journey_start
from db import registry
from db.session import Database
from db.vault import Vault, case_owner
from domain import commands as c
from domain.calendar import Calendar
from domain.cases import Sealed
from domain.errors import Unknown
from domain.events import derived_id
from interpreter import loop_factory
from settings import Settings, load
from worker import connect
from workflows.search import attributes_at

FORM: TypeAdapter[Any] = TypeAdapter(c.TaskForm)


class Opener:
    """Starts journeys by themselves, as a programme does for its seats."""

    def __init__(self, client: Client, settings: Settings, calendar: Calendar) -> None:
        self.client, self.settings, self.calendar = client, settings, calendar

    async def open(self, person: str) -> str:
        start = journey_start(person, self.calendar)
        handle = await self.client.start_workflow(
            "CertificationJourney",
            start,
            id=start.case.workflow_id,
            task_queue=self.settings.task_queue,
            static_summary=start.summary,
            search_attributes=attributes_at(start),
        )
        return handle.id


class ByGateway(Opener):
    waits = False

    def __init__(self, client: Client, settings: Settings, calendar: Calendar, db: Database) -> None:
        super().__init__(client, settings, calendar)
        self.db, self.vault = db, Vault(settings.keys("vault"))
        self.gateway = Gateway(client, db, self.vault, settings)

    async def decide(self, decision: script.Decision) -> int:
        key = secrets.token_hex(8)
        while True:
            try:
                receipt = await self.gateway.dispatch(
                    stream=decision.stream,
                    command=await self._command(decision, key),
                    actor=decision.who.actor,
                    key=key,
                )
                return receipt.seq
            except Unknown:  # sent again with the same key, as whoever gets it is told to
                await asyncio.sleep(0.1)

    async def _command(self, d: script.Decision, key: str) -> Any:
        if d.act == "claim":
            return c.ClaimTask(task=d.task)
        if d.act == "comment":
            return c.CommentTask(task=d.task, text=await self._sealed(d, key))
        grounds: dict[str, Any] = {}
        if d.grounds:
            grounds = {"reason": await self._sealed(d, key), "evidence": (filed(d.stream),)}
        return c.CompleteTask(task=d.task, decision=d.decision, form=FORM.validate_python(d.form), **grounds)

    async def _sealed(self, d: script.Decision, key: str) -> Sealed:
        """As api.commands seals a free text."""

        async def write(session: AsyncSession) -> Sealed:
            id_ = derived_id("text", d.who.account, key, "text")
            now = await self.gateway.business_now()
            owner = case_owner(d.stream)
            return await self.vault.seal_text(session, owner, script.TEXT, d.who.account, at=now, id=id_)

        return await self.db.retrying(write)


def database_file(settings: Settings) -> Path:
    return Path(settings.database_url.partition(":///")[2])


def casts(told: dict[str, Any], staff: dict[str, list[Someone]]) -> list[dict[str, Someone]]:
    """Who plays in each journey of a round: its candidate, and the staff in turn."""
    return [
        {"candidate": Someone(**one), **{role: some[n % len(some)] for role, some in staff.items()}}
        for n, one in enumerate(told["journeys"])
    ]


def staff_of(file: str) -> dict[str, list[Someone]]:
    told = json.loads(Path(file).read_text())
    return {role: [Someone(**one) for one in some] for role, some in told.items()}


async def drive(file: str) -> None:
    settings = load()
    staff = staff_of(file)
    db = Database(settings.database_url, sqlite_synchronous=settings.sqlite_synchronous)
    async with db.read() as session:
        calendar = await registry.calendar(session)
    way = ByGateway(await connect(settings), settings, calendar, db)
    watcher = measure.Watcher(database_file(settings))

    async def work(told: dict[str, Any]) -> measure.Load:
        return await measure.load(
            told["callers"],
            casts(told, staff),
            lambda cast, done: script.journey(way, watcher, cast, done),
        )

    await measure.serve(work)


def run(work: Any) -> None:
    """Run a driver under the loop that the product would use, and leave without the SDK's last word."""
    with asyncio.Runner(loop_factory=loop_factory(load())) as runner:
        runner.run(work)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    run(drive(sys.argv[1]))
