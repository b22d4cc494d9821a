"""Start, watch and stop the processes of an embedded run: Temporal, the worker, the API.

Every child leads a process group of its own, writes to `<log_dir>/<name>.log`, and is ready when a
real condition holds (a port answers, a page comes, a file appears), never after a guessed sleep.
`var/run.json` remembers who was started, so that what a killed supervisor left behind is ended by the
next one, and nobody else: a process is known by its start time and command line, not by its id alone.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from settings import ROOT, Settings
from tools.processes import POLL, Grace, Identity, carrying, claim_port, end, identity, members, signal_group
from tools.readiness import Ready, until

Say = Callable[[str], None]

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)  # waits before the restarts that follow one another
STEADY = 60.0  # a child that ran this long starts again at the first of them
# Not SIGINT: what a shell starts in the background ignores it, and so do the children.
GRACE: Grace = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))
LOG_LIMIT = 20_000_000  # a longer log is put aside at the next start
TAIL_LINES = 15
MARK = "ASESOR_RUN"  # in the environment of every child: which supervisor's it is
READY_FILE = "READY_FILE"  # in the environment of every child: touch this file when ready
ALL_SETTINGS = frozenset(name.upper() for name in Settings.model_fields)
FAILED = 70  # sysexits.h: an internal fault


class ChildFailed(Exception):
    """A child did not become ready, or died more often than it is restarted; with the end of its log."""

    exit_code = FAILED

    def __init__(self, name: str, what: str, log: Path) -> None:
        self.name = name
        self.log = log
        super().__init__(f"{name} {what}; the end of {log}:\n{tail(log)}")


class AlreadyRunning(Exception):
    """Another supervisor holds this VAR_DIR."""

    exit_code = 75  # sysexits.h: try again later


@dataclass(frozen=True)
class Child:
    """One process to run: its command line, what it adds to the environment, and when it is ready."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Ready | None = None
    """Asked again and again until it is true; None: ready as soon as it runs."""
    restart: bool = True
    """Start it again when it dies; False: its death ends `Supervisor.wait()`."""
    ready_within: float = 60.0
    """Seconds until it must be ready after each start."""
    foreign: bool = False
    """Somebody else's program: it gets none of the product's settings, and so none of its keys."""


def _print(line: str) -> None:
    sys.stderr.write(f"asesor: {line}\n")
    sys.stderr.flush()


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented; says so when there is nothing."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 64_000))
            text = file.read().decode(errors="replace")
    except OSError:
        text = ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (nothing was written)"


@contextlib.contextmanager
def ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP cancel the current task, as Ctrl-C does, so that everything is stopped."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    sent = False

    def cancel() -> None:
        nonlocal sent
        if not sent:  # a second one would break off the stopping itself
            sent = True
            task.cancel()

    for sign in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, cancel)
    try:
        yield
    finally:
        for sign in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(sign)


class _Running:
    """A child and what is known about its present process."""

    def __init__(self, child: Child, log: Path, ready_file: Path) -> None:
        self.child = child
        self.log = log
        self.ready_file = ready_file
        self.process: asyncio.subprocess.Process | None = None
        self.identity: Identity | None = None
        self.ready = asyncio.Event()
        self.failed: ChildFailed | None = None
        self.starts = 0
        self.killed = False
        self.was_ready = False
        self.task: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()  # set when it became ready or failed


class Supervisor:
    """Starts children in order, keeps them running, and ends them in reverse order.

    Use it as `async with`: entering ends what an earlier run left behind and takes the lock of this
    VAR_DIR (raises AlreadyRunning); leaving stops everything.
    """

    def __init__(self, settings: Settings, log_dir: Path | None = None, say: Say = _print) -> None:
        self.settings = settings
        self.log_dir = log_dir or settings.var_dir / "log"
        self.say = say
        self._state = settings.var_dir / "run.json"
        self._ready_dir = settings.var_dir / "ready"
        self._mark = secrets.token_hex(8)
        self._lock: IO[str] | None = None
        self._running: dict[str, _Running] = {}
        self._claims: list[socket.socket] = []
        self._fault: asyncio.Future[None] | None = None
        self._stopping = False

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def open(self) -> None:
        """Take the lock and end the orphans of an earlier run. `start` does it when nobody did."""
        if self._lock is not None:
            return
        for folder in (self.settings.var_dir, self.log_dir, self._ready_dir):
            folder.mkdir(parents=True, exist_ok=True)
        lock = (self.settings.var_dir / "run.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel frees it when we are killed
        except BlockingIOError:
            lock.close()
            raise AlreadyRunning(
                f"this folder is in use by another run ({self.settings.var_dir}); "
                "stop that one, or give another VAR_DIR"
            ) from None
        self._lock = lock
        self._fault = asyncio.get_running_loop().create_future()
        self._fault.add_done_callback(lambda future: future.exception())  # looked at, even if nobody waits
        await asyncio.to_thread(self._end_orphans)
        self._remember()

    def _end_orphans(self) -> None:
        try:
            state = json.loads(self._state.read_text())
            recorded = [Identity(**child) for child in state["children"]]
            mark = str(state["mark"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        known = [who for who in recorded if identity(who.pid) == who]
        orphans = {who.pid: who for who in [*known, *carrying(f"{MARK}={mark}")]}
        if orphans:
            names = ", ".join(f"{who.pid} ({who.command[:40]})" for who in orphans.values())
            self.say(f"ending what an earlier run left behind: {names}")
            end(list(orphans.values()), ((signal.SIGTERM, 8.0), (signal.SIGKILL, 3.0)))

    def _remember(self) -> None:
        """Write down who is ours, in one step; before the first child too, so that its mark is known."""
        children = [running.identity for running in self._running.values() if running.identity]
        state = {
            "mark": self._mark,
            "supervisor": vars(identity(os.getpid()) or Identity(os.getpid(), "", "")),
            "children": [vars(who) for who in children],
        }
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps(state, indent=1))
        draft.replace(self._state)

    def port(self, preferred: int, host: str = "127.0.0.1", what: str = "port") -> int:
        """A free port for a child of this run; no run, not even this one, gets it again before we stop."""
        port, claim = claim_port(preferred, host, what=what, say=self.say)
        self._claims.append(claim)
        return port

    def touched(self, name: str) -> Ready:
        """Ready when the child of that name has touched the file that its READY_FILE names."""

        async def ready() -> bool:
            return (self._ready_dir / name).exists()

        return ready

    async def start(self, *children: Child) -> None:
        """Start these one after another, each when the one before is ready; raises ChildFailed."""
        await self.open()
        for child in children:
            if child.name in self._running:
                raise ValueError(f"{child.name} is running already")
            log = self.log_dir / f"{child.name}.log"
            running = _Running(child, log, self._ready_dir / child.name)
            self._running[child.name] = running
            running.task = asyncio.create_task(self._keep(running), name=f"supervise {child.name}")
            await self.wait_ready(child.name)

    async def wait_ready(self, name: str, within: float | None = None) -> None:
        """Wait until the present process of that child is ready; raises ChildFailed.

        After `kill(name)` it waits for the next process. `within` (seconds) bounds the whole wait,
        restarts included; None leaves it to the child's own limits.
        """
        running = self._running[name]
        try:
            async with asyncio.timeout(within):
                while not running.ready.is_set() and running.failed is None:
                    running.changed.clear()
                    await running.changed.wait()
        except TimeoutError:
            raise ChildFailed(name, f"was not ready within {within:.0f} s", running.log) from None
        if running.failed is not None:
            raise running.failed

    def kill(self, name: str) -> int:
        """SIGKILL to the child and its group, as a crash would; its former process id."""
        running = self._running[name]
        process = running.process
        if process is None or process.returncode is not None:
            raise ProcessLookupError(f"{name} is not running")
        running.killed = True  # it may be about to be found ready: that would be the past
        running.ready.clear()
        signal_group(process.pid, signal.SIGKILL)
        return process.pid

    def pid(self, name: str) -> int | None:
        """Process id of that child, None while it is down."""
        process = self._running[name].process
        return process.pid if process is not None and process.returncode is None else None

    def starts(self, name: str) -> int:
        """How often that child was started."""
        return self._running[name].starts

    async def wait(self) -> None:
        """Wait until a child is given up (raises ChildFailed), or until `stop()` was called elsewhere."""
        assert self._fault is not None, "nothing was started"
        await asyncio.shield(self._fault)

    async def remove(self, name: str) -> None:
        """Stop one child for good."""
        running = self._running.pop(name)
        await self._stop_one(running)
        self._remember()

    async def stop(self) -> None:
        """End everything that was started, the last first; safe to call twice."""
        if self._lock is None or self._stopping:
            return
        self._stopping = True
        try:
            for running in reversed(list(self._running.values())):
                await self._stop_one(running)
            strays = carrying(f"{MARK}={self._mark}")  # what left its process group
            await asyncio.to_thread(end, strays, GRACE)
            self._running.clear()
            if self._fault is not None and not self._fault.done():
                self._fault.set_result(None)
            self._state.unlink(missing_ok=True)
        finally:
            self._lock.close()
            self._lock = None
            self._stopping = False
            while self._claims:
                self._claims.pop().close()

    # ── one child ──

    async def _keep(self, running: _Running) -> None:
        """Start, watch, start again: until it is stopped or given up.

        A child that was never ready is not tried again: its command or its settings are wrong, and
        the sooner somebody reads its log the better.
        """
        child, attempt = running.child, 0
        while True:
            began = time.monotonic()
            try:
                await self._spawn(running)
                problem = await self._watch(running)
            except OSError as error:
                problem = f"could not be started ({error})"
            running.ready.clear()
            await self._signals(running, GRACE[1:])  # nothing of a dead child's group stays behind
            attempt = 0 if time.monotonic() - began >= STEADY else attempt
            if not (child.restart and running.was_ready) or attempt >= len(BACKOFF):
                running.failed = ChildFailed(child.name, problem, running.log)
                running.changed.set()
                if self._fault is not None and not self._fault.done():
                    self._fault.set_exception(running.failed)
                return
            self.say(f"{child.name} {problem}, starting it again in {BACKOFF[attempt]:g} s")
            await asyncio.sleep(BACKOFF[attempt])
            attempt += 1

    async def _spawn(self, running: _Running) -> None:
        child = running.child
        running.ready_file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            if running.log.stat().st_size > LOG_LIMIT:
                running.log.replace(running.log.with_suffix(".log.1"))
        marks = {MARK: self._mark, READY_FILE: str(running.ready_file), "PYTHONUNBUFFERED": "1"}
        with running.log.open("ab") as log:
            log.write(f"── {time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(child.argv)}\n".encode())
            log.flush()
            running.process = await asyncio.create_subprocess_exec(
                *child.argv,
                cwd=ROOT,
                env=self._environ(child) | marks,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running.starts += 1
        running.killed = False
        running.identity = identity(running.process.pid)
        self._remember()

    def _environ(self, child: Child) -> dict[str, str]:
        ours = self.settings.environ()
        outside = {name: value for name, value in os.environ.items() if name not in ALL_SETTINGS}
        return {**outside, **({} if child.foreign else ours), **child.env}

    async def _watch(self, running: _Running) -> str:
        """Wait for readiness, then for the end; why it is over, as the rest of a sentence."""
        assert running.process is not None
        ended = asyncio.ensure_future(running.process.wait())
        ready = asyncio.ensure_future(until(running.child.ready))
        try:
            within = running.child.ready_within
            await asyncio.wait({ended, ready}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return f"ended with {_exit(ended.result())}"
            if not ready.done():
                return f"was not ready within {within:g} s"
            ready.result()
            # Right after exec the command line is the child's own; the one seen at the fork may not be.
            running.identity = identity(running.process.pid)
            self._remember()
            if not running.killed:
                running.was_ready = True
                running.ready.set()
                running.changed.set()
            return f"ended with {_exit(await ended)}"
        finally:
            for future in (ended, ready):
                future.cancel()
            await asyncio.gather(ended, ready, return_exceptions=True)

    async def _stop_one(self, running: _Running) -> None:
        if running.task is not None:
            running.task.cancel()
            await asyncio.gather(running.task, return_exceptions=True)
        await self._signals(running, GRACE)
        running.ready.clear()
        running.ready_file.unlink(missing_ok=True)

    async def _signals(self, running: _Running, grace: Grace) -> None:
        """SIGTERM, then SIGKILL to the group, each with a bounded wait for all of its members."""
        process = running.process
        if process is None:
            return
        for sign, patience in grace:
            if process.returncode is not None and not await asyncio.to_thread(members, process.pid):
                break
            signal_group(process.pid, sign)
            until = time.monotonic() + patience
            while time.monotonic() < until:
                if process.returncode is not None and not await asyncio.to_thread(members, process.pid):
                    break
                await asyncio.sleep(POLL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 2)
        running.identity = None


def _exit(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
