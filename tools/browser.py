"""A Chromium for the tests of the pages: the one that is there, or the system's package.

In order: CHROMIUM names one; one of its usual names on PATH; `apt-get install chromium`, where we may.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 600


class NoBrowser(Exception):
    """None was found and none could be installed; says what to install."""


def browser() -> str:
    """The path of a Chromium. Raises NoBrowser."""
    if named := os.environ.get("CHROMIUM"):
        return named
    if found := _on_path():
        return found
    with (Path(tempfile.gettempdir()) / "asesor-browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes one installs
        if found := _on_path():
            return found
        failure = _install()
        if found := _on_path():
            return found
    raise NoBrowser(f"no Chromium: not on PATH; {failure}; install chromium, or let CHROMIUM name one")


def _on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _install() -> str:
    """Why it could not be installed; empty when it could."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return "apt-get is not here, or not ours to use"
    sys.stderr.write("asesor: Chromium: installing the system's package\n")
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "-q", "update"], [apt, "-qy", "install", "--no-install-recommends", "chromium"]):
        done = subprocess.run(  # noqa: S603 (words of ours alone)
            command, env=environ, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        if done.returncode:
            return f"{' '.join(command[1:])} ended with {done.returncode}: {done.stderr.strip()[-300:]}"
    return ""
