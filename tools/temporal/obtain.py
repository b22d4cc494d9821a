"""Find the Temporal dev server, or get it: `obtain()` returns the path of a `temporal` that runs.

The ways, in this order; each that fails says so in one line and the next is tried:

1. `temporal` on PATH, when its server is new enough;
2. our cache, `${XDG_CACHE_HOME:-~/.cache}/asesor/temporal/<version>/temporal`;
3. the Temporal SDK's own download (ASESOR_TEMPORAL_DOWNLOAD=0 skips it);
4. built by Go from go.mod and go.sum beside this file: pinned and checksummed.

With TEMPORAL_ADDRESS set a server is running already and nothing has to be obtained: callers look
at that first. `python tools/temporal/obtain.py` prints the path; exit code 69 when no way worked.
"""

# ruff: noqa: S603, PLW1510  (every command is a list built here, and its exit code is looked at)

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

VERSION = "1.8.2"  # of the Temporal CLI, as in go.mod; it contains server 1.31.2
OLDEST_SERVER = (1, 29)  # the oldest that the product was tried with
OLDEST_GO = (1, 21)  # from here on Go fetches the toolchain that go.mod names by itself
UNAVAILABLE = 69  # sysexits.h: a needed service or tool is missing
HERE = Path(__file__).resolve().parent
DOWNLOAD_LIMIT, DOWNLOAD_STALL = 600.0, 45.0
BUILD_LIMIT = 3600.0
REPORT_EVERY = 10.0

SDK_DOWNLOAD = """
import asyncio, sys
from temporalio.testing import WorkflowEnvironment
async def main():
    environment = await WorkflowEnvironment.start_local(
        download_dest_dir=sys.argv[1], dev_server_download_version="v" + sys.argv[2])
    await environment.shutdown()
asyncio.run(main())
"""


class WayFailed(Exception):
    """Why one way of getting the server did not work, in one line."""


class Unobtainable(Exception):
    """No way worked; the message names the one tool to install."""

    exit_code = UNAVAILABLE


def say(line: str) -> None:
    sys.stderr.write(f"asesor: {line}\n")
    sys.stderr.flush()


def cached() -> Path:
    """Where our own copy is kept."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "asesor" / "temporal" / VERSION / "temporal"


def server_version(binary: Path) -> tuple[int, ...]:
    """Version of the server inside that binary; empty when it does not run or is something else."""
    try:
        told = subprocess.run([str(binary), "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"server\s+(\d+)\.(\d+)\.(\d+)", told.stdout, re.IGNORECASE)
    return tuple(int(part) for part in found.groups()) if told.returncode == 0 and found else ()


def obtain() -> Path:
    """The path of a usable `temporal`; raises Unobtainable. May take minutes the first time, and says so."""
    if (found := at_hand()) is not None:
        return found
    with only_one():
        for way in (from_path, from_cache, from_sdk, from_go):
            try:
                return way()
            except WayFailed as failure:
                say(f"Temporal server: {failure}")
    raise Unobtainable(
        "the Temporal server could not be found, downloaded or built; "
        f"install Go {'.'.join(map(str, OLDEST_GO))} or newer and run again, it is then built from source"
    )


def at_hand() -> Path | None:
    """The server if it can be had without waiting, else None."""
    for quick in (from_path, from_cache):
        with contextlib.suppress(WayFailed):
            return quick()
    return None


def from_path() -> Path:
    found = shutil.which("temporal")
    if found is None:
        raise WayFailed("not on PATH")
    version = server_version(Path(found))
    if version < OLDEST_SERVER:
        least = ".".join(map(str, OLDEST_SERVER))
        raise WayFailed(f"{found} does not run or holds a server older than {least}")
    return Path(found)


def from_cache() -> Path:
    if not cached().is_file():
        raise WayFailed(f"not in the cache ({cached()})")
    if not server_version(cached()):
        raise WayFailed(f"the copy in the cache does not run ({cached()})")
    return cached()


def from_sdk() -> Path:
    """Let the SDK download it, in a process of its own: a download cannot be cancelled from outside."""
    if os.environ.get("ASESOR_TEMPORAL_DOWNLOAD", "1").lower() in ("0", "off", "false", "no"):
        raise WayFailed("the SDK's download is switched off (ASESOR_TEMPORAL_DOWNLOAD)")
    if importlib.util.find_spec("temporalio") is None:
        raise WayFailed("the SDK cannot download it: this Python has no temporalio")
    say(f"Temporal server: asking the SDK to download version {VERSION}")
    with scratch() as folder:
        size, changed = 0, time.monotonic()

        def progress(seconds: float) -> str:
            nonlocal size, changed
            now = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
            if now != size:
                size, changed = now, time.monotonic()
            elif time.monotonic() - changed > DOWNLOAD_STALL:
                raise WayFailed(f"the SDK's download stood still for {DOWNLOAD_STALL:.0f} s")
            return f"Temporal server: downloading, {size / 1e6:.0f} MB after {seconds:.0f} s"

        command = [sys.executable, "-c", SDK_DOWNLOAD, str(folder), VERSION]
        code, words = run(command, "the SDK's download", DOWNLOAD_LIMIT, progress)
        for file in folder.iterdir():
            if file.is_file() and server_version(file):
                return keep(file)
    last = next((word for word in reversed(words) if word), f"exit code {code}")
    raise WayFailed(f"the SDK could not download it ({last[:160]})")


def from_go() -> Path:
    """Build it with Go; go.sum fixes every module's content."""
    go = shutil.which("go")
    if go is None:
        raise WayFailed("Go is not installed, so it cannot be built")
    # Asked outside our module: inside it an older Go would fetch the newer toolchain just to answer.
    told = subprocess.run([go, "version"], cwd="/", capture_output=True, text=True, timeout=60).stdout
    match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", told)
    version = tuple(int(part or 0) for part in match.groups()) if match else ()
    if version < OLDEST_GO:
        least = ".".join(map(str, OLDEST_GO))
        raise WayFailed(f"the Go on PATH is too old to build it ({told.strip()}; {least} or newer is needed)")
    say(f"Temporal server: building {VERSION} with Go, once (about 6 minutes and 3.5 GB of Go's caches)")
    # CGO off: no C compiler is needed. GOFLAGS and GOWORK off: somebody's habits must not change the build.
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    needed = re.search(r"^go (\d+)\.(\d+)(?:\.(\d+))?", (HERE / "go.mod").read_text(), re.MULTILINE)
    if needed and version < tuple(int(part or 0) for part in needed.groups()):
        env["GOTOOLCHAIN"] = "auto"  # some distributions set `local`, which would refuse
    package = "github.com/temporalio/cli/"
    ldflags = f"-s -w -X {package}internal/temporalcli.Version={VERSION}"
    with scratch() as folder:
        output = folder / "temporal"
        counts = {"downloaded": 0, "compiled": 0}

        def count(line: str) -> None:
            counts["downloaded" if line.startswith("go: downloading") else "compiled"] += 1

        def progress(seconds: float) -> str:
            done = f"{counts['downloaded']} modules downloaded, {counts['compiled']} packages compiled"
            return f"Temporal server: building for {seconds:.0f} s, {done}"

        flags = ["-v", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", ldflags]
        command = [go, "build", *flags, "-o", str(output), f"{package}cmd/temporal"]
        code, words = run(command, "the build", BUILD_LIMIT, progress, count, env)
        if code == 0 and server_version(output):
            return keep(output)
    problem = next((word for word in reversed(words) if ":" in word), f"exit code {code}")
    raise WayFailed(f"Go could not build it ({problem[:200]})")


def run(
    command: list[str],
    what: str,
    limit: float,
    progress: Callable[[float], str],
    each_line: Callable[[str], None] = lambda _: None,
    env: dict[str, str] | None = None,
) -> tuple[int, list[str]]:
    """Run a long command in its own process group, with a line every 10 s; its exit code and last words."""
    words: list[str] = []

    def read(stream: IO[str]) -> None:
        for line in stream:
            words.append(line.strip())
            del words[:-40]
            each_line(line)

    release = hold_signals()
    try:
        process = subprocess.Popen(
            command,
            cwd=HERE,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except BaseException:
        release()
        raise
    assert process.stdout is not None
    reader = threading.Thread(target=read, args=(process.stdout,), daemon=True)
    began = time.monotonic()
    try:
        release()  # here, where a Ctrl-C that came meanwhile ends the child as well
        reader.start()
        while True:
            try:
                process.wait(timeout=REPORT_EVERY)
                break
            except subprocess.TimeoutExpired:
                seconds = time.monotonic() - began
                if seconds > limit:
                    raise WayFailed(f"{what} took longer than {limit / 60:.0f} minutes") from None
                say(progress(seconds))
    finally:  # also on Ctrl-C: nothing of it goes on in the background
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if reader.is_alive():
            reader.join(timeout=5)
    return process.returncode, words


def hold_signals() -> Callable[[], None]:
    """Keep Ctrl-C and SIGTERM until the function that this gives is called, which then raises
    KeyboardInterrupt for one that came: between a child's start and the line that knows its id, an
    interruption would leave the child behind."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None  # only the main thread is ever interrupted
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _frame: came.append(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }

    def release() -> None:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if came:
            raise KeyboardInterrupt

    return release


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder beside the cached file, so that the finished one can be renamed into place."""
    with tempfile.TemporaryDirectory(prefix=".making-", dir=cached().parent) as folder:
        yield Path(folder)


def keep(file: Path) -> Path:
    """Put a finished binary into the cache in one step: nobody ever sees half of it."""
    file.chmod(0o755)
    file.replace(cached())
    say(f"Temporal server: ready in {cached()}")
    return cached()


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Two runs at once must not build twice: the second waits and then finds the first one's copy."""
    try:
        cached().parent.mkdir(parents=True, exist_ok=True)
        handle = (cached().parent / "lock").open("w")
    except OSError as error:
        raise Unobtainable(
            f"the cache folder cannot be written ({error}): set XDG_CACHE_HOME to one that can"
        ) from None
    with handle:
        began = said = time.monotonic()
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel frees it when we die
                break
            except BlockingIOError:
                if said == began or time.monotonic() - said >= REPORT_EVERY:
                    said = time.monotonic()
                    say(f"Temporal server: another run is getting it, waiting ({said - began:.0f} s)")
                time.sleep(0.2)
        yield


def main() -> int:
    if address := os.environ.get("TEMPORAL_ADDRESS"):
        say(f"Temporal server: TEMPORAL_ADDRESS names a running one ({address}), nothing to obtain")
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end a download or a build with us
    try:
        sys.stdout.write(f"{obtain()}\n")
    except Unobtainable as failure:
        say(str(failure))
        return UNAVAILABLE
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
