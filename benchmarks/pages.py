"""`asesor bench pages`: how long the server takes for its pages, beside the bare queries that they run.

    python -m benchmarks.pages [--rounds N] [--only WORD] [--sizes N …] [--keep]

The product's own server in a process of its own, over a PostgreSQL with 1,000 tasks and then with 100,000.
Each page is asked for by one user and by twenty, and in turn with it the very statements that it runs are run
bare, in the same way.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from benchmarks import measure
from benchmarks.bare import Bare, Statement, heard
from benchmarks.browsers import Browser, entered
from benchmarks.database import FOLDER, PROGRAMMES, filled, plain, postgresql
from benchmarks.run import commit, keep, pid_of, print_line
from benchmarks.screens import SCREENS, Screen
from db.session import Database
from settings import Settings
from tools.children import api_child, start_temporal
from tools.cli.parts import connect
from tools.cli.temporal_setup import prepare
from tools.supervise import Supervisor
from web.app import create_app

SMALL, LARGE = sorted(PROGRAMMES)
ROUNDS = 3
ONE = 20
"""Pages of the one user in a round."""
USERS, EACH = 20, 2
"""Pages of each of the users in a round."""
PAUSE = 1.0
"""Seconds that one of several users looks at a page on average; people take longer."""
WARM = 10
FACTOR, PLUS = 3.0, 10.0
"""The aim: p95 under so many times the bare query's, and so many milliseconds."""

Ask = Callable[[int, int], Awaitable[float]]
"""Who (0, 1 …) asks for the how many-th page: seconds."""


@dataclass
class Times:
    """Seconds of one page and of its bare statements, in one way of asking."""

    page: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    cpu: float = 0.0
    """CPU seconds of the server's process, all these pages together."""

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            name: {f"p{p}": _ms(measure.percentile(values, p / 100)) for p in (50, 95)}
            for name, values in (("page_ms", self.page), ("bare_ms", self.bare))
        }
        allowed = FACTOR * found["bare_ms"]["p95"] + PLUS
        return {
            **found,
            "aim_ms": round(allowed, 1),
            "met": found["page_ms"]["p95"] <= allowed,
            "server_cpu_ms": _ms(self.cpu / len(self.page)),
            "pages": len(self.page),
        }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


@dataclass
class Served:
    """The product over one database, and what it is asked for."""

    settings: Settings
    port: int
    pid: int
    database: str
    cookies: dict[str, list[str]]
    """role → sessions, one a user."""
    app: FastAPI
    """The same application in this process, which tells what it asks the database."""

    async def screen(self, screen: Screen, ways: Sequence[str], rounds: int) -> dict[str, Any]:
        """One page, measured in these ways."""
        connection = await asyncpg.connect(self.database)
        addresses = await screen.addresses(connection)
        await connection.close()
        statements, size = await self._looked_through(screen, addresses)
        browsers = [Browser(self.port, cookie) for cookie in self.cookies[screen.role.value]]
        bares = [await Bare.opened(self.database) for _ in range(USERS)]

        async def page(who: int, number: int) -> float:
            answer = await browsers[who].get(addresses[number % len(addresses)])
            if answer.status != 200:
                raise RuntimeError(f"{addresses[number % len(addresses)]}: {answer.status}")
            return answer.seconds

        async def bare(who: int, number: int) -> float:
            return await bares[who].run(statements[number % len(addresses)])

        times = {way: Times() for way in ways}
        for ask in (page, bare):
            for who in range(USERS):
                await ask(who, who)
            await _alone(ask, WARM)
        for _ in range(rounds):
            for way in ways:
                mine = times[way]
                before = measure.cpu_seconds(self.pid)
                mine.page += await WAYS[way](page)
                mine.cpu += measure.cpu_seconds(self.pid) - before
                mine.bare += await WAYS[way](bare)
        for browser in browsers:
            browser.close()
        for one in bares:
            await one.close()
        return {
            "statements": max(map(len, statements)),
            "bytes": size,
            **{way: one.figures() for way, one in times.items()},
        }

    async def _looked_through(
        self, screen: Screen, addresses: Sequence[str]
    ) -> tuple[list[list[Statement]], int]:
        """The statements of each address, from the same application in this process, and the largest page's
        bytes."""
        found, size = [], 0
        cookies = {"asesor": self.cookies[screen.role.value][0]}
        base = f"http://127.0.0.1:{self.port}"
        async with AsyncClient(
            transport=ASGITransport(app=self.app), base_url=base, cookies=cookies
        ) as client:
            await client.get(addresses[0])  # the first use of a session is noted, which is a write
            for address in addresses:
                with heard() as statements:
                    answer = await client.get(address)
                size = max(size, len(answer.content))
                found.append(list(statements))
        return found, size


async def _alone(ask: Ask, count: int = ONE) -> list[float]:
    return [await ask(0, number) for number in range(count)]


async def _users(ask: Ask) -> list[float]:
    """Twenty people, each looking at a page for a while before the next."""
    chance = random.Random(1)
    found: list[float] = []

    async def user(who: int, pauses: Sequence[float]) -> None:
        for number, pause in enumerate(pauses):
            await asyncio.sleep(pause)
            found.append(await ask(who, who + number))

    async with asyncio.TaskGroup() as group:
        for who in range(USERS):
            group.create_task(user(who, [chance.uniform(0, 2 * PAUSE) for _ in range(EACH)]))
    return found


async def _rush(ask: Ask) -> list[float]:
    """Twenty who ask for the next page as soon as they have one: as many as the server can bear."""

    async def user(who: int) -> list[float]:
        return [await ask(who, who + number) for number in range(EACH)]

    return [seconds for one in await asyncio.gather(*map(user, range(USERS))) for seconds in one]


WAYS: dict[str, Callable[[Ask], Awaitable[list[float]]]] = {
    "1 user": _alone,
    "20 users": _users,
    "20 at once": _rush,
}


@asynccontextmanager
async def served(settings: Settings, address: str, say: Callable[[str], None]) -> AsyncIterator[Served]:
    """The product's server as `asesor serve` starts it, and people who are signed in."""
    settings = settings.model_copy(update={"temporal_address": address})
    async with Supervisor(settings, say=say) as supervisor:
        port = supervisor.port(settings.http_port, what="API")
        settings = supervisor.settings = settings.model_copy(
            update={"http_port": port, "public_url": f"http://127.0.0.1:{port}"}
        )
        await supervisor.start(api_child(supervisor, address, port, health="/healthz"))
        db = Database(settings.database_url)
        roles = {screen.role for screen in SCREENS.values()}
        cookies = {role.value: await entered(db, role, USERS) for role in roles}
        await db.dispose()
        app = create_app(settings.model_copy(update={"log_level": "ERROR"}))
        async with app.router.lifespan_context(app):
            await app.state.runtime.warm()
            yield Served(settings, port, pid_of(supervisor, "api"), plain(settings), cookies, app)


@asynccontextmanager
async def temporal(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[str]:
    """A real Temporal server: the monitor asks it what running cases say of themselves (none runs here)."""
    own = settings.model_copy(update={"temporal_address": "", "var_dir": FOLDER / "temporal"})
    async with Supervisor(own, say=say) as supervisor:
        address = await start_temporal(supervisor)
        await prepare(await connect(settings, address=address, within=30))
        yield address


async def measured(
    rounds: int = ROUNDS, only: str = "", sizes: Sequence[int] = (SMALL, LARGE), say: Any = print_line
) -> dict[str, Any]:
    """Measure, and give the results."""
    began = time.monotonic()
    wanted = [word.strip() for word in only.split(",")]
    screens = [screen for screen in SCREENS.values() if any(word in screen.name for word in wanted)]
    found: dict[str, dict[str, Any]] = {screen.name: {} for screen in screens}
    rows: dict[str, Any] = {}
    async with postgresql() as uri:
        databases = {size: await filled(uri, size, say) for size in sizes}
        busy, all_ = measure.machine_seconds()
        mine = time.process_time()
        async with temporal(databases[sizes[0]], say) as address:
            for size, settings in databases.items():
                rows[str(size)] = await counted(settings)
                ways = list(WAYS) if size == max(sizes) else ["1 user"]
                async with served(settings, address, say) as product:
                    for screen in screens:
                        found[screen.name][str(size)] = await product.screen(screen, ways, rounds)
                        say(f"{size:>7} tasks, {screen.name}: {_line(found[screen.name][str(size)])}")
        busy_now, all_now = measure.machine_seconds()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": measure.machine(),
        "rows": rows,
        "screens": found,
        "machine_busy": round((busy_now - busy) / max(all_now - all_, 0.01), 2),
        "own_cpu_seconds": round(time.process_time() - mine),
        "seconds": round(time.monotonic() - began),
    }


async def counted(settings: Settings) -> dict[str, int]:
    """How many rows of each kind there are."""
    connection = await asyncpg.connect(plain(settings))
    queries = {
        "tasks": "tasks",
        "open tasks": "tasks WHERE open",
        "journeys": "journeys",
        "programmes": "programmes",
        "certificates": "certificates",
        "events": "events",
        "persons": "persons",
    }
    found = {name: await connection.fetchval(f"SELECT count(*) FROM {q}") for name, q in queries.items()}
    await connection.close()
    return found


def _line(found: dict[str, Any]) -> str:
    return (
        "; ".join(
            f"{way} {one['page_ms']['p50']:.0f}/{one['page_ms']['p95']:.0f} bare {one['bare_ms']['p50']:.1f}/"
            f"{one['bare_ms']['p95']:.1f} cpu {one['server_cpu_ms']:.1f}"
            for way, one in found.items()
            if way in WAYS
        )
        + f" ({found['statements']} statements, {found['bytes']} bytes)"
    )


def table(result: dict[str, Any]) -> str:
    """The large database's pages, with what the small one's first byte was."""
    large, small = str(LARGE), str(SMALL)
    lines = [
        f"{'ms (p50/p95)':24}"
        + "".join(f"{way:>14}{'bare':>12}{'aim':>7}{'':>3}" for way in WAYS)
        + "   flat"
    ]
    for name, sizes in result["screens"].items():
        if large not in sizes:
            continue
        line = f"{name:24}"
        for way in WAYS:
            one = sizes[large][way]
            page, bare = one["page_ms"], one["bare_ms"]
            shown, beside = f"{page['p50']:.0f}/{page['p95']:.0f}", f"{bare['p50']:.1f}/{bare['p95']:.1f}"
            line += f"{shown:>14}{beside:>12}{one['aim_ms']:>7.0f}{'  ✓' if one['met'] else '  –'}"
        if small in sizes:
            line += f"{flatness(sizes):>7.2f}"
        lines.append(line)
    return "\n".join(lines)


def flatness(sizes: dict[str, Any]) -> float:
    """The first byte's p50 of one user with the most tasks over that with the fewest."""
    first = [sizes[str(size)]["1 user"]["page_ms"]["p50"] for size in (LARGE, SMALL)]
    return float(round(first[0] / first[1], 2))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", default="", help="pages whose names hold one of these, by commas")
    parser.add_argument("--sizes", type=int, nargs="*", default=[SMALL, LARGE])
    parser.add_argument("--keep", action="store_true", help="write the results down")
    given = parser.parse_args(argv)
    result = asyncio.run(measured(given.rounds, given.only, sorted(given.sizes)))
    print(table(result))
    if given.keep:
        print(keep(result, "pages"))
    else:
        print(json.dumps(result["rows"]), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
