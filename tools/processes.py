"""Processes by who they are, not by their number: find, recognise and end them; find free ports.

A process id is used again by the kernel, so nothing here signals one without having looked at its
start time and command line. Written for Linux's /proc; elsewhere `ps` tells the same about single
processes, and what needs a look at all of them finds none.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Grace = Sequence[tuple[signal.Signals, float]]
POLL = 0.05  # seconds between two looks


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same id."""

    pid: int
    started: str
    command: str


def identity(pid: int) -> Identity | None:
    """Who that process is, or None when it is gone (a zombie is gone)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        command = (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        )
    except OSError:
        return None if Path("/proc/self/stat").exists() else _identity_by_ps(pid)
    fields = stat.rpartition(")")[2].split()  # the name, in parentheses, may hold blanks and parentheses
    return None if fields[0] in "ZX" else Identity(pid, fields[19], command)


def _identity_by_ps(pid: int) -> Identity | None:
    """The same where there is no /proc (macOS)."""
    told = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", "stat=,lstart=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C"},
    ).stdout.split(maxsplit=6)
    if len(told) < 7 or told[0].startswith("Z"):
        return None
    return Identity(pid, " ".join(told[1:6]), told[6].strip())


def carrying(variable: str) -> list[Identity]:
    """All living processes whose environment holds that `NAME=value` (Linux; elsewhere none are seen)."""
    found = []
    wanted = variable.encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            carries = wanted in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if carries and (who := identity(int(folder.name))) is not None:
            found.append(who)
    return found


def end(processes: Sequence[Identity], grace: Grace) -> None:
    """End exactly these, gently at first; one whose id now belongs to somebody else is left alone."""
    left = [who for who in processes if who.pid != os.getpid()]
    for sign, patience in grace:
        left = [who for who in left if identity(who.pid) == who]
        for who in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(who.pid, sign)
        until = time.monotonic() + patience
        while left and time.monotonic() < until:
            time.sleep(POLL)
            left = [who for who in left if identity(who.pid) == who]


def signal_group(group: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)


def members(group: int) -> list[int]:
    """Living members of a process group; a zombie does not count."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] not in "ZX":
                found.append(int(stat.parent.name))
    return found


def claim_port(
    preferred: int,
    host: str,
    *,
    upto: int = 0,
    what: str = "port",
    say: Callable[[str], None] = lambda _: None,
) -> tuple[int, socket.socket]:
    """The preferred port, or the next one (up to `upto`, 199 on when not given) on which we could listen, and
    the claim to it: no other run chooses that port until the claim is closed, or its owner is dead. Says so
    when it is another one.

    Who will listen there takes seconds to load, and until then the port looks free. Its UDP namesake
    is the claim: it has one owner at a time and is in nobody's way. Raises OSError when none is free.
    """
    for port in range(preferred, min(upto or preferred + 199, 65535) + 1):
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            _could_listen(host, port)
        except OSError:
            claim.close()
            continue
        if port != preferred:
            say(f"{what}: {preferred} is taken, using {port}")
        return port, claim
    raise OSError(f"{what}: no free port from {preferred} on")


def _could_listen(host: str, port: int) -> None:
    """OSError when somebody listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
