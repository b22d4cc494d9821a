"""`make bench`: one Temporal server, three kinds of load in turn, a table and a file of results.

    python -m benchmarks.run [--rounds N] [--quick] [--only abc] [--profile]

(a) plain, (b) our gateway, (c) our HTTP run after one another in every round, never at the same time:
a b c, a b c, … What is quoted is the median of the rounds; a ratio is taken within its round first.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from benchmarks import measure, world
from benchmarks.measure import DECISIONS
from db.migrate import migrate
from db.session import Database
from db.vault import Vault
from settings import ROOT, Settings
from tools.children import api_child, start_temporal, worker_child
from tools.cli.parts import connect
from tools.cli.temporal_setup import prepare
from tools.supervise import Child, Supervisor

RESULTS = ROOT / "benchmarks" / "results"
KINDS = {"a": "plain SDK", "b": "gateway", "c": "HTTP"}
CALLERS = {20: 40, 1: 3}
"""Callers → journeys of one round of one kind."""
ROUNDS = 5
WARM = 20
"""Journeys of each kind before the first round."""
SAMPLE = 10
"""Journeys of each kind whose histories are measured."""
AIMS = {"b/a": 1.3, "c/a": 1.0}
SETTLED_WITHIN = 60.0


@dataclass
class Round:
    """One kind, once."""

    kind: str
    callers: int
    load: measure.Load
    cpu: dict[str, float]
    """Seconds by process, until everything that the round caused was done."""
    others: float
    """Share of the machine's time that processes of others took."""

    @property
    def decisions(self) -> int:
        return len(self.load.latencies)

    @property
    def rate(self) -> float:
        """Decisions a second, until the last one could be read in the database."""
        return self.decisions / (self.load.shown - self.load.began)


class Driver:
    """A process that makes the load when it is told to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.pid = process.pid

    @staticmethod
    async def start(module: str, *args: str, env: dict[str, str], log: Path) -> "Driver":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *args,
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("ab"),
            limit=64 * 1024 * 1024,
        )
        return Driver(process)

    async def tell(self, **what: Any) -> measure.Load:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write((json.dumps(what) + "\n").encode())
        await self.process.stdin.drain()
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("a driver ended; its log says why")
        return measure.Load(**json.loads(line))

    async def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), 10)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@dataclass
class Bench:
    """Everything that runs, and whose CPU it is."""

    settings: Settings
    client: Client
    plain: Client
    db: Database
    drivers: dict[str, Driver]
    processes: dict[str, dict[str, int]]
    """Kind → name of a process → its id."""
    candidates: dict[str, Iterator[world.Someone]]
    """Kind → people whose journeys nobody has driven yet."""
    plain_count: int = 0
    rounds: list[Round] = field(default_factory=list)

    def journeys(self, kind: str, count: int) -> list[Any]:
        """Journeys that nobody has driven yet."""
        if kind == "a":
            self.plain_count += count
            return [str(n) for n in range(self.plain_count - count, self.plain_count)]
        return [next(self.candidates[kind]).json() for _ in range(count)]

    async def round(self, kind: str, callers: int, count: int) -> Round:
        pids = {"server": self.processes["server"]["server"], **self.processes[kind]}
        pids["caller"] = self.drivers[kind].pid
        before = {name: measure.cpu_seconds(pid) for name, pid in pids.items()}
        busy, all_ = measure.machine_seconds()
        load = await self.drivers[kind].tell(callers=callers, journeys=self.journeys(kind, count))
        await self._settled()
        cpu = {name: measure.cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        busy_now, all_now = measure.machine_seconds()
        others = max(busy_now - busy - sum(cpu.values()), 0) / max(all_now - all_, 0.01)
        return Round(kind, callers, load, cpu, others)

    async def _settled(self) -> None:
        """Until the mails of the round are out: what one kind leaves undone must not burden the next."""
        watcher = measure.Watcher(Path(self.settings.database_url.partition(":///")[2]))
        try:
            async with asyncio.timeout(SETTLED_WITHIN):
                while not watcher.settled():
                    await asyncio.sleep(0.05)
        finally:
            watcher.close()


@asynccontextmanager
async def bench(folder: Path, kinds: str, each: int, say: Callable[[str], None]) -> AsyncIterator[Bench]:
    """The server, both workers, the API and the drivers; everything is ended at the end."""
    settings = Settings(
        var_dir=folder,
        sqlite_synchronous="NORMAL",
        sandbox=False,
        uvloop=True,
        build_id="bench",
    ).check()
    async with Supervisor(settings, say=say) as supervisor:
        await migrate(settings.database_url)
        db = Database(settings.database_url, sqlite_synchronous="NORMAL")
        now = datetime.now(UTC)
        began = time.monotonic()
        await world.reference(db, now)
        counts = {kind: each * (kind in kinds) for kind in "bc"}
        known, staff = await world.people(
            db, Vault(settings.keys("vault")), now, sum(counts.values()), counts["c"]
        )
        by_kind = {"b": iter(known[: counts["b"]]), "c": iter(known[counts["b"] :])}
        say(f"{len(known)} people in {time.monotonic() - began:.0f} s")
        cast = folder / "staff.json"
        cast.write_text(json.dumps({role: [one.json() for one in some] for role, some in staff.items()}))
        address = await start_temporal(supervisor)
        port = supervisor.port(settings.http_port, what="API")
        settings = supervisor.settings = settings.model_copy(
            update={"temporal_address": address, "public_url": f"http://127.0.0.1:{port}", "http_port": port}
        )
        client = await connect(settings, address=address, within=30)
        await prepare(client)
        plain = await Client.connect(address)
        namespace = await _plain_namespace(plain)
        plain = await Client.connect(address, namespace=namespace)
        await supervisor.start(
            worker_child(supervisor, address),
            api_child(supervisor, address, port, health="/healthz"),
            _plain_worker(supervisor, address, namespace, folder / "plain.db"),
        )
        log = folder / "log"
        told = settings.environ()
        drivers = {
            "a": await Driver.start(
                "benchmarks.plain", "drive", address, namespace, env={}, log=log / "drive-a.log"
            ),
            "b": await Driver.start("benchmarks.ours", str(cast), env=told, log=log / "drive-b.log"),
            "c": await Driver.start("benchmarks.http", str(cast), env=told, log=log / "drive-c.log"),
        }
        worker = {"worker": pid_of(supervisor, "worker")}
        processes = {
            "server": {"server": pid_of(supervisor, "temporal")},
            "a": {"worker": pid_of(supervisor, "plain-worker")},
            "b": worker,
            "c": {**worker, "api": pid_of(supervisor, "api")},
        }
        try:
            yield Bench(settings, client, plain, db, drivers, processes, by_kind)
        finally:
            for driver in drivers.values():
                await driver.end()
            await db.dispose()


async def _plain_namespace(client: Client) -> str:
    """A namespace of its own on the same server: our archiver must not fetch plain histories."""
    name = "plain"
    await prepare(await Client.connect(client.service_client.config.target_host, namespace=name), 1)
    return name


def _plain_worker(supervisor: Supervisor, address: str, namespace: str, file: Path) -> Child:
    argv = [sys.executable, "-m", "benchmarks.plain", "worker", address, namespace, str(file)]
    return Child("plain-worker", argv, ready=supervisor.touched("plain-worker"), foreign=True)


def pid_of(supervisor: Supervisor, name: str) -> int:
    pid = supervisor.pid(name)
    assert pid is not None
    return pid


# ---- figures ------------------------------------------------------------------------------------------


def summary(rounds: Sequence[Round]) -> dict[str, Any]:
    """The median of the rounds; latencies over all of them."""
    decisions = sum(r.decisions for r in rounds)
    latencies = [x * 1000 for r in rounds for x in r.load.latencies]
    visible = [x * 1000 for r in rounds for x in r.load.visible]
    names = list(dict.fromkeys(name for r in rounds for name in r.cpu))
    cpu = {name: round(1000 * sum(r.cpu[name] for r in rounds) / decisions, 2) for name in names}
    return {
        "rounds": len(rounds),
        "decisions": decisions,
        "decisions_per_second": round(statistics.median(r.rate for r in rounds), 1),
        "latency_ms": {f"p{p}": round(measure.percentile(latencies, p / 100), 1) for p in (50, 95, 99)},
        "shown_after_ms": {f"p{p}": round(measure.percentile(visible, p / 100), 1) for p in (50, 95, 99)},
        "cpu_ms_per_decision": {**cpu, "all": round(sum(cpu.values()), 2)},
        "each_round": [round(r.rate, 1) for r in rounds],
        "others_share_of_cpu": round(statistics.median(r.others for r in rounds), 3),
    }


def ratios(rounds: Sequence[Round], callers: int) -> dict[str, Any]:
    """b/a and c/a, each taken within its round: the machine's mood then cancels out.

    `by CPU` is the same of decisions a CPU second, all processes together: what the throughput would be if
    nobody else wanted the machine, and steadier where somebody does.
    """
    by_kind = {k: [r for r in rounds if r.kind == k and r.callers == callers] for k in KINDS}
    found: dict[str, Any] = {}
    for over in ("b", "c"):
        each = [x.rate / a.rate for x, a in zip(by_kind[over], by_kind["a"], strict=False)]
        if each:
            found[f"{over}/a"] = round(statistics.median(each), 2)
            found[f"{over}/a each round"] = [round(x, 2) for x in each]
            spent = [_spent(a) / _spent(x) for x, a in zip(by_kind[over], by_kind["a"], strict=False)]
            found[f"{over}/a by CPU"] = round(statistics.median(spent), 2)
    return found


def _spent(round_: Round) -> float:
    """CPU seconds a decision, all processes together."""
    return sum(round_.cpu.values()) / round_.decisions


async def histories(client: Client, workflows: Sequence[str]) -> dict[str, Any]:
    """Events and bytes of a journey's history, on average; how many of each type."""
    events, size = [], []
    types: Counter[str] = Counter()
    sample = workflows[-SAMPLE:]
    for id_ in sample:
        history = await client.get_workflow_handle(id_).fetch_history()
        events.append(len(history.events))
        size.append(sum(e.ByteSize() for e in history.events))
        types.update(EventType.Name(e.event_type).removeprefix("EVENT_TYPE_").lower() for e in history.events)
    return {
        "events": round(statistics.mean(events), 1),
        "bytes": round(statistics.mean(size)),
        "of_type": {name: round(count / len(sample), 1) for name, count in types.most_common()},
    }


def table(result: dict[str, Any]) -> str:
    lines = [
        f"{'':14}{'decisions/s':>12}{'p50 ms':>9}{'p95':>8}{'p99':>8}{'shown p50':>11}  CPU ms a decision",
    ]
    for callers, kinds in result["callers"].items():
        for kind, found in kinds.items():
            if kind not in KINDS:
                continue
            at, cpu = found["latency_ms"], found["cpu_ms_per_decision"]
            by_process = "  ".join(f"{name} {value:.1f}" for name, value in cpu.items())
            lines.append(
                f"{callers:>2} ({kind}) {KINDS[kind]:<11}{found['decisions_per_second']:>9.1f}"
                f"{at['p50']:>9.1f}{at['p95']:>8.1f}{at['p99']:>8.1f}"
                f"{found['shown_after_ms']['p50']:>11.1f}  {by_process}"
            )
        shares = [(k, v, kinds["ratios"].get(f"{k} by CPU")) for k, v in kinds["ratios"].items() if k in AIMS]
        lines += [f"   {k} {v:.2f} (aim {AIMS[k]}), by CPU {cpu:.2f}" for k, v, cpu in shares]
    for kind, found in result["history_of_a_journey"].items():
        lines.append(f"({kind}) history of a journey: {found['events']} events, {found['bytes']} bytes")
    return "\n".join(lines)


def commit() -> str:
    found = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


# ---- the run --------------------------------------------------------------------------------------------


def print_line(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")
    sys.stderr.flush()


async def measured(
    rounds: int, callers: dict[int, int], kinds: str, say: Callable[[str], None] = print_line
) -> dict[str, Any]:
    """Measure, and give the results; `say` is told what goes on."""
    began = time.monotonic()
    each = WARM + rounds * sum(callers.values())
    with tempfile.TemporaryDirectory(prefix="asesor-bench-", ignore_cleanup_errors=True) as folder:
        try:
            async with bench(Path(folder), kinds, each, say) as running:
                for kind in kinds:
                    await running.round(kind, WARM, WARM)
                say(f"warm after {time.monotonic() - began:.0f} s")
                for number in range(rounds):
                    for many, count in callers.items():
                        for kind in kinds:
                            done = await running.round(kind, many, count)
                            running.rounds.append(done)
                            say(
                                f"round {number + 1}/{rounds}, {many:>2} callers, ({kind}) {KINDS[kind]}: "
                                f"{done.rate:.1f} decisions/s"
                            )
                last = {
                    k: [w for r in running.rounds if r.kind == k for w in r.load.workflows] for k in kinds
                }
                history = {
                    k: await histories(running.plain if k == "a" else running.client, last[k]) for k in kinds
                }
                result = {
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "commit": commit(),
                    "machine": measure.machine(),
                    "server": (
                        await running.client.workflow_service.get_system_info(_system_info())
                    ).server_version,
                    "decisions_per_journey": DECISIONS,
                    "journeys_per_round": {str(k): v for k, v in callers.items()},
                    "ours": {"sandbox": "off", "uvloop": "on", "sqlite_synchronous": "NORMAL"},
                    "callers": {
                        str(many): {
                            **{
                                k: summary([r for r in running.rounds if r.kind == k and r.callers == many])
                                for k in kinds
                            },
                            "ratios": ratios(running.rounds, many),
                        }
                        for many in callers
                    },
                    "history_of_a_journey": history,
                    "seconds": round(time.monotonic() - began),
                }
        except BaseException:
            for log in sorted((Path(folder) / "log").glob("*.log")):
                say(f"the end of {log.name}:\n{log.read_text()[-3000:]}")
            raise
    return result


def _system_info() -> Any:
    from temporalio.api.workflowservice.v1 import GetSystemInfoRequest

    return GetSystemInfoRequest()


def keep(result: dict[str, Any], of: str = "") -> Path:
    """Write the results down; gives the file, which `latest.json` repeats (`pages-latest.json`)."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    prefix = f"{of}-" if of else ""
    file = RESULTS / f"{prefix}{datetime.now(UTC):%Y-%m-%d-%H%M%S}.json"
    for path in (file, RESULTS / f"{prefix}latest.json"):
        path.write_text(text)
    return file.relative_to(ROOT)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of a, b and c (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="two short rounds, nothing is kept")
    parser.add_argument("--only", default="abc", help="which kinds (default abc)")
    parser.add_argument("--callers", default="", help="only with so many callers (20 or 1)")
    given = parser.parse_args(argv)
    callers = {k: v for k, v in CALLERS.items() if given.callers in ("", str(k))}
    rounds = 2 if given.quick else given.rounds
    result = asyncio.run(measured(rounds, callers, given.only))
    print(table(result))
    if given.only != "abc":
        print(json.dumps(result["history_of_a_journey"], indent=1))
    if given.quick or given.only != "abc" or given.callers:
        return 0
    print(f"kept: {keep(result)}; {result['seconds']} s")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the SDK may abort the interpreter while it finalizes
