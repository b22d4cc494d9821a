"""How the Temporal dev server is found: with real, small programs in the places where it looks."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from settings import ROOT
from tests.support.patience import WITHIN
from tools.processes import carrying
from tools.temporal.obtain import VERSION

SCRIPT = ROOT / "tools" / "temporal" / "obtain.py"
GO = """#!/bin/sh
test "$1" = version && { echo "go version go1.26.8 linux/amd64"; exit; }
echo build >> "$BUILDS"
echo "go: downloading example.org/module v1" >&2
test -z "$UNTIL" || until test -e "$UNTIL"; do sleep 0.05; done
for last; do test "$before" = -o && output="$last"; before="$last"; done
printf '#!/bin/sh\\necho "temporal version 1 (Server 1.31.2, UI 2)"\\n' > "$output"
chmod 755 "$output"
"""


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def temporal(folder: Path, server: str) -> Path:
    return program(
        folder, "temporal", f'#!/bin/sh\necho "temporal version 1.0.0 (Server {server}, UI 2.0.0)"\n'
    )


class Machine:
    """A machine with nothing on PATH but what a test puts there, and an empty cache."""

    def __init__(self, tmp_path: Path) -> None:
        self.bin = tmp_path / "bin"
        self.bin.mkdir()
        for tool in ("sleep", "chmod"):
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        self.cached = tmp_path / "cache" / "asesor" / "temporal" / VERSION / "temporal"
        self.builds = tmp_path / "builds"
        self.env = {
            "PATH": str(self.bin),
            "HOME": str(tmp_path),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "ASESOR_TEMPORAL_DOWNLOAD": "0",
            "BUILDS": str(self.builds),
            "UNTIL": "",
        }

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPT)]
        return subprocess.Popen(
            command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def until_building(self) -> None:
        end = time.monotonic() + WITHIN
        while not self.builds.exists():
            assert time.monotonic() < end, "no build was begun"
            time.sleep(0.05)

    def obtain(self) -> tuple[int, str, str]:
        with self.start() as process:
            out, err = process.communicate(timeout=WITHIN)
        return process.returncode, out.strip(), err


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_one_on_path_is_taken_first(machine: Machine) -> None:
    found = temporal(machine.bin, "1.31.0")
    assert machine.obtain() == (0, str(found), "")


def test_one_that_is_too_old_is_passed_over_and_said(machine: Machine) -> None:
    old = temporal(machine.bin, "1.22.4")
    program(machine.bin, "go", GO)
    code, path, said = machine.obtain()
    assert (code, path) == (0, str(machine.cached))
    assert f"{old} does not run or holds a server older than 1.29" in said


def test_the_cache_is_used_without_a_word(machine: Machine) -> None:
    machine.cached.parent.mkdir(parents=True)
    found = temporal(machine.cached.parent, "1.31.2")
    assert machine.obtain() == (0, str(found), "")


def test_a_damaged_copy_in_the_cache_is_replaced(machine: Machine) -> None:
    machine.cached.parent.mkdir(parents=True)
    program(machine.cached.parent, "temporal", "half a file")
    program(machine.bin, "go", GO)
    code, path, said = machine.obtain()
    assert (code, path) == (0, str(machine.cached))
    assert "does not run" in said


def test_a_running_server_needs_nothing(machine: Machine) -> None:
    machine.env["TEMPORAL_ADDRESS"] = "temporal:7233"
    code, path, said = machine.obtain()
    assert (code, path) == (0, "")
    assert "temporal:7233" in said


def test_when_no_way_works_each_says_why_and_the_last_line_says_what_to_install(
    machine: Machine,
) -> None:
    code, path, said = machine.obtain()
    assert (code, path) == (69, "")
    reasons = said.splitlines()
    assert [
        word in line for word, line in zip(["PATH", "cache", "switched off", "Go"], reasons, strict=False)
    ]
    assert len(reasons) == 5
    assert "install Go 1.21 or newer" in reasons[-1]


def test_a_build_that_fails_says_so(machine: Machine) -> None:
    failing = (
        '#!/bin/sh\ntest "$1" = version && echo go1.26.8 && exit\necho "main.go:1: it broke" >&2\nexit 1\n'
    )
    program(machine.bin, "go", failing)
    code, _, said = machine.obtain()
    assert code == 69
    assert "Go could not build it (main.go:1: it broke)" in said
    assert not machine.cached.exists()


def test_a_go_that_is_too_old_is_not_tried(machine: Machine) -> None:
    program(machine.bin, "go", "#!/bin/sh\necho go version go1.20.1 linux/amd64\n")
    code, _, said = machine.obtain()
    assert code == 69
    assert "too old" in said


def test_two_runs_at_once_build_once(machine: Machine) -> None:
    program(machine.bin, "go", GO)
    go_on = machine.builds.with_name("go on")
    machine.env["UNTIL"] = str(go_on)
    with machine.start() as first:
        machine.until_building()
        with machine.start() as second:
            assert second.stderr is not None
            assert any("another run is getting it" in line for line in second.stderr)
            go_on.touch()
            paths = {process.communicate(timeout=WITHIN)[0].strip() for process in (first, second)}
    assert paths == {str(machine.cached)}
    assert machine.builds.read_text().split() == ["build"]
    left = [path.name for path in machine.cached.parent.iterdir()]
    assert sorted(left) == ["lock", "temporal"]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_a_build_that_is_broken_off_leaves_nothing_running(machine: Machine, sign: signal.Signals) -> None:
    program(machine.bin, "go", GO)
    machine.env |= {"UNTIL": "/nowhere", "BUILD_MARK": os.urandom(6).hex()}
    with machine.start() as process:
        machine.until_building()
        process.send_signal(sign)
        _, said = process.communicate(timeout=WITHIN)
    assert process.returncode == 130, said
    assert carrying(f"BUILD_MARK={machine.env['BUILD_MARK']}") == []
    assert [path.name for path in machine.cached.parent.iterdir()] == ["lock"]
