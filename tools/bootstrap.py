"""Set the project up: find or fetch uv, make `.venv`, install exactly what the lock file names.

Needs Python 3.11 or newer and its standard library, nothing else. Running it again costs
milliseconds: a stamp in `.venv` remembers the lock file, the interpreter and the place.
"""

# ruff: noqa: S603, PLW1510  (every command is a list built here, and its exit code is looked at)

import ast
import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LOCK = ROOT / "requirements-dev.txt"
UV_LOCK = ROOT / "requirements-uv.txt"
STAMP = VENV / ".asesor-set-up"
OLDEST_UV = (0, 5)
UNAVAILABLE = 69  # sysexits.h: a needed service or tool is missing
LIMIT = 1800  # seconds for one command; a slow line is fine, a dead one is not


class SetUpFailed(Exception):
    """One line: what failed and what to do about it."""


def say(line: str) -> None:
    sys.stderr.write(f"asesor: {line}\n")
    sys.stderr.flush()


def run(argv: list[str], what: str, remedy: str, env: dict[str, str] | None = None) -> str:
    """Run a command quietly and return what it printed; raise SetUpFailed with its last words."""
    try:
        done = subprocess.run(
            argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        raise SetUpFailed(f"{what} took longer than {LIMIT // 60} minutes: {remedy}") from None
    except OSError as error:
        raise SetUpFailed(f"{what} could not start ({error}): {remedy}") from None
    if done.returncode != 0:
        words = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise SetUpFailed(f"{what} failed ({' / '.join(words[-3:]) or done.returncode}): {remedy}")
    return done.stdout


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Two set-ups at once would write into the same .venv: the second waits for the first."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "set-up.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running here, waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def base_python() -> str:
    """The interpreter outside any virtual environment: venvs are made from it, never from one another."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def uv_version(uv: str | Path) -> tuple[int, ...]:
    """Version of that uv, empty when it does not run."""
    try:
        text = subprocess.run([str(uv), "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else ()


def pip_settings() -> dict[str, str]:
    """Mirror, certificate and trusted hosts from pip's configuration, under the names that uv reads."""
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "trusted-host": "UV_INSECURE_HOST"}
    with contextlib.suppress(OSError, subprocess.TimeoutExpired, SyntaxError, ValueError):
        listed = subprocess.run(
            [base_python(), "-m", "pip", "config", "list"], capture_output=True, text=True, timeout=60
        ).stdout
        pairs = (line.partition("=") for line in listed.splitlines())
        found = {key.rsplit(".", 1)[-1]: ast.literal_eval(value) for key, _, value in pairs if value}
        return {uv: str(found[pip]) for pip, uv in names.items() if pip in found and uv not in os.environ}
    return {}


def find_uv() -> Path:
    """uv from PATH when it is new enough, else our own copy in `.tools/uv`, fetched when missing."""
    on_path = shutil.which("uv")
    if on_path and uv_version(on_path) >= OLDEST_UV:
        return Path(on_path)
    wanted = re.search(r"^uv==(\S+)", UV_LOCK.read_text(), re.MULTILINE)
    if wanted is None:
        raise SetUpFailed(f"{UV_LOCK.name} names no uv version: restore that file")
    pinned = tuple(int(part) for part in wanted[1].split("."))
    own = TOOLS / "uv" / "bin" / "uv"
    if uv_version(own) == pinned:
        return own
    say(f"fetching uv {wanted[1]} into .tools/uv")
    shutil.rmtree(TOOLS / "uv", ignore_errors=True)
    network = "check the network (a mirror can be set with `pip config set global.index-url …`) and run again"
    flags = ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary=:all:"]
    install = ["-m", "pip", "install", *flags, "--require-hashes", "-r", str(UV_LOCK)]
    try:
        run(
            [base_python(), "-m", "venv", str(TOOLS / "uv")],
            "making a virtual environment for uv",
            "install Python's venv module (Debian and Ubuntu: apt install python3-venv)",
        )
        python = str(TOOLS / "uv" / "bin" / "python")
        run([python, *install], "installing uv", network)
    except SetUpFailed as failure:
        # Distributions that leave venv out often still have pip: put the same wheel into a plain folder.
        has_pip = subprocess.run([base_python(), "-m", "pip", "--version"], capture_output=True)
        if "virtual environment" not in str(failure) or has_pip.returncode != 0:
            raise
        say(f"{failure}; using pip without one")
        run([base_python(), *install, "--target", str(TOOLS / "uv")], "installing uv", network)
    if uv_version(own) != pinned:
        raise SetUpFailed("the fetched uv does not run on this machine: install uv by hand and run again")
    return own


def stamp(version: tuple[int, ...]) -> str:
    """What `.venv` was made from: the lock, the interpreter's version and the folder."""
    parts = [LOCK.read_bytes(), repr(version).encode(), str(ROOT).encode(), Path(__file__).read_bytes()]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def venv_version() -> tuple[int, ...]:
    """Version of the interpreter in `.venv`, empty when there is none that runs."""
    if Path(sys.prefix) == VENV:
        return tuple(sys.version_info[:3])
    code = "import sys; print(*sys.version_info[:3])"
    try:
        done = subprocess.run(
            [str(VENV / "bin" / "python"), "-c", code], capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(part) for part in done.stdout.split()) if done.returncode == 0 else ()


def is_set_up() -> bool:
    return STAMP.is_file() and STAMP.read_text() == stamp(venv_version())


def install() -> None:
    """Make `.venv` match the lock file, and only it; every file is checked against its hash."""
    began = time.monotonic()
    uv = find_uv()
    env = {**os.environ, **pip_settings(), "UV_NO_PROGRESS": "1"}
    env.setdefault("UV_HTTP_TIMEOUT", "120")
    env.pop("VIRTUAL_ENV", None)  # somebody's activated environment is not ours to fill
    if venv_version() < (3, 11):
        say(f"making .venv with Python {sys.version.split()[0]}")
        shutil.rmtree(VENV, ignore_errors=True)
        run(
            [str(uv), "venv", "--quiet", "--no-python-downloads", "--python", base_python(), str(VENV)],
            "making .venv",
            "see that this folder is writable and has free space, then run again",
            env,
        )
    STAMP.unlink(missing_ok=True)
    say(f"installing the packages of {LOCK.name} (the first time takes a minute or so)")
    # compiled once here: each process that starts would else do it again where Python may not keep it
    sync = [str(uv), "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode"]
    run(
        [*sync, "--python", str(VENV / "bin" / "python"), str(LOCK)],
        "installing the packages",
        "check the network and the disk, then run again",
        env,
    )
    command = VENV / "bin" / "asesor"
    python, script = shlex.quote(str(VENV / "bin" / "python")), shlex.quote(str(ROOT / "cli.py"))
    command.write_text(f'#!/bin/sh\nexec {python} {script} "$@"\n')
    command.chmod(0o755)
    STAMP.write_text(stamp(venv_version()))
    say(f"set up in {time.monotonic() - began:.0f} s")


def lock_uv() -> None:
    """Write requirements-uv.txt again, for the uv that resolved it."""
    uv = find_uv()
    source = TOOLS / "uv.in"
    source.write_text("uv\n")
    flags = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    listed = run(
        [str(uv), "pip", "compile", str(source), *flags, "--no-header", "--no-annotate", "--quiet"],
        "resolving uv",
        "check the network and run again",
        {**os.environ, **pip_settings()},
    )
    first = UV_LOCK.read_text().splitlines()[0]
    UV_LOCK.write_text(f"{first}\n{listed}")


def main(argv: list[str]) -> int:
    """`--uv` prints the path of uv; `--lock-uv` renews its lock; without a flag: set up."""
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 (run before anything is set up)
            raise SetUpFailed("Python 3.11 or newer is needed: install it and run again")
        if not argv and is_set_up():
            return 0
        with only_one():
            if argv == ["--uv"]:
                sys.stdout.write(f"{find_uv()}\n")
            elif argv == ["--lock-uv"]:
                lock_uv()
            elif not is_set_up():
                install()
    except SetUpFailed as failure:
        say(str(failure))
        return UNAVAILABLE
    except OSError as error:
        say(f"set-up stopped ({error}): see that {ROOT} is writable and has free space, then run again")
        return 73
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
