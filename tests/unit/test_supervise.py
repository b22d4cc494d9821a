"""The supervisor with real processes: it starts, waits, restarts and leaves nothing behind."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from settings import ROOT, Settings
from tests.support.patience import WITHIN, eventually
from tests.support.ports import free_ports
from tools import supervise
from tools.children import start_temporal
from tools.processes import Identity, claim_port, end, identity
from tools.readiness import http_ok
from tools.supervise import AlreadyRunning, Child, ChildFailed, Supervisor

PYTHON = sys.executable
READY = "import os, pathlib, time; pathlib.Path(os.environ['READY_FILE']).touch(); "
STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "import os, pathlib; pathlib.Path(os.environ['READY_FILE']).touch()\n"
    "time.sleep(600)\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (port,) = free_ports(1)  # one that nobody takes as soon as it is given back
    return Settings(
        var_dir=tmp_path / "var", sqlite_synchronous="NORMAL", temporal_address="", temporal_port=port
    )


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
async def supervisor(settings: Settings, lines: list[str]) -> AsyncIterator[Supervisor]:
    async with Supervisor(settings, say=lines.append) as running:
        yield running


def server(supervisor: Supervisor, name: str = "pages", restart: bool = True) -> Child:
    port = supervisor.port(8400)
    folder = supervisor.settings.var_dir
    argv = [PYTHON, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)]
    return Child(name, argv, ready=http_ok(f"http://127.0.0.1:{port}/"), restart=restart)


def script(name: str, code: str, supervisor: Supervisor | None = None, **more: float) -> Child:
    ready = supervisor.touched(name) if supervisor else None
    return Child(name, [PYTHON, "-c", code], ready=ready, ready_within=more.get("within", WITHIN))


def port_of(child: Child) -> int:
    return int(child.argv[3])


def get(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


async def test_a_started_child_answers_and_a_stopped_one_is_gone(supervisor: Supervisor) -> None:
    child = server(supervisor)
    await supervisor.start(child)
    pid = supervisor.pid("pages")
    assert pid is not None
    assert get(port_of(child)) == 200
    assert "GET /" in (supervisor.log_dir / "pages.log").read_text()
    await supervisor.stop()
    assert identity(pid) is None
    assert not (supervisor.settings.var_dir / "run.json").exists()
    await supervisor.stop()


async def test_children_end_in_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    said = tmp_path / "said"
    code = (
        "import os, pathlib, signal, sys, time\n"
        "def bye(*_):\n"
        "    open({said!r}, 'a').write({name!r} + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "pathlib.Path(os.environ['READY_FILE']).touch()\n"
        "time.sleep(600)\n"
    )
    names = ["first", "second", "third"]
    await supervisor.start(
        *(script(name, code.format(said=str(said), name=name), supervisor) for name in names)
    )
    await supervisor.stop()
    assert said.read_text().split() == names[::-1]


async def test_readiness_is_a_condition_and_not_a_guess(supervisor: Supervisor) -> None:
    code = f"import time; time.sleep(0.7); {READY} time.sleep(600)"
    began = time.monotonic()
    await supervisor.start(script("slow", code, supervisor))
    assert time.monotonic() - began >= 0.7


async def test_a_child_that_dies_at_once_is_reported_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match=r"broken ended with exit code 3; .*\n.*no such thing") as failed:
        await supervisor.start(
            script("broken", "import sys; print('no such thing'); sys.exit(3)", supervisor)
        )
    assert failed.value.log == supervisor.log_dir / "broken.log"
    assert supervisor.starts("broken") == 1


async def test_a_child_that_never_gets_ready_is_ended_and_reported(supervisor: Supervisor) -> None:
    says = ["/bin/sh", "-c", "echo still thinking; exec sleep 600"]  # at once, on a busy machine, too
    child = Child("stuck", says, ready=supervisor.touched("stuck"), ready_within=2)
    with pytest.raises(ChildFailed, match=r"not ready within 2 s(?s:.*)still thinking"):
        await supervisor.start(child)
    assert supervisor.pid("stuck") is None


async def test_a_command_that_does_not_exist_is_reported(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match="could not be started"):
        await supervisor.start(Child("missing", ["/nonexistent/program"]))


async def test_a_killed_child_comes_back(supervisor: Supervisor, lines: list[str]) -> None:
    child = server(supervisor)
    await supervisor.start(child)
    killed = supervisor.kill("pages")
    await supervisor.wait_ready("pages", within=WITHIN)
    assert supervisor.pid("pages") not in (None, killed)
    assert get(port_of(child)) == 200
    assert any("SIGKILL, starting it again" in line for line in lines)


async def test_a_child_that_may_not_restart_ends_the_wait(supervisor: Supervisor) -> None:
    await supervisor.start(server(supervisor, restart=False))
    supervisor.kill("pages")
    with pytest.raises(ChildFailed, match="SIGKILL"):
        await asyncio.wait_for(supervisor.wait(), WITHIN)


async def test_restarts_are_bounded(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "BACKOFF", (0.01, 0.02))
    await supervisor.start(script("weak", f"{READY} time.sleep(600)", supervisor))
    for _ in range(3):
        await supervisor.wait_ready("weak", within=WITHIN)
        supervisor.kill("weak")
    with pytest.raises(ChildFailed, match="SIGKILL"):
        await asyncio.wait_for(supervisor.wait(), WITHIN)
    assert supervisor.starts("weak") == 3


async def test_one_that_ignores_signals_is_ended_all_the_same(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = ((signal.SIGTERM, 0.3), (signal.SIGKILL, 5.0))
    monkeypatch.setattr(supervise, "GRACE", quick)
    await supervisor.start(script("stubborn", STUBBORN, supervisor))
    pid = supervisor.pid("stubborn")
    assert pid is not None
    await supervisor.stop()
    assert identity(pid) is None


@pytest.mark.parametrize("own_group", [False, True])
async def test_the_children_of_a_child_are_ended_with_it(
    supervisor: Supervisor, tmp_path: Path, own_group: bool
) -> None:
    noted = tmp_path / "pid"
    code = (
        "import os, pathlib, subprocess, sys, time\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        f"child = subprocess.Popen(sleep, start_new_session={own_group})\n"
        f"pathlib.Path({str(noted)!r}).write_text(str(child.pid))\n"
        "pathlib.Path(os.environ['READY_FILE']).touch()\n"
        "time.sleep(600)\n"
    )
    await supervisor.start(script("parent", code, supervisor))
    grandchild = int(noted.read_text())
    assert identity(grandchild) is not None
    await supervisor.stop()
    assert identity(grandchild) is None


async def test_children_get_the_settings_and_foreign_ones_no_key(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "from-outside")
    code = f"import json, os; print(json.dumps(dict(os.environ))); {READY} time.sleep(600)"
    ours = script("ours", code, supervisor)
    theirs = Child("theirs", ours.argv, ready=supervisor.touched("theirs"), foreign=True)
    await supervisor.start(ours, theirs)

    def environment(name: str) -> dict[str, str]:
        text = (supervisor.log_dir / f"{name}.log").read_text()
        [line] = [line for line in text.splitlines() if line.startswith("{")]
        found: dict[str, str] = json.loads(line)
        return found

    assert environment("ours")["VAR_DIR"] == str(supervisor.settings.var_dir)
    assert environment("ours")["SECRET_KEY"] == ""
    assert not {"VAR_DIR", "SECRET_KEY", "DATABASE_URL"} & environment("theirs").keys()


async def test_a_second_supervisor_of_the_same_folder_is_refused(
    supervisor: Supervisor, settings: Settings
) -> None:
    with pytest.raises(AlreadyRunning, match="VAR_DIR"):
        await Supervisor(settings).open()


ENDED_BY_SIGNAL = """
import asyncio, sys
from settings import Settings
from tools.supervise import Child, Supervisor, ending_on_signals
async def main():
    with ending_on_signals():
        async with Supervisor(Settings(var_dir=sys.argv[1])) as supervisor:
            await supervisor.start(Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"]))
            print(supervisor.pid("sleeper"), flush=True)
            await supervisor.wait()
try:
    asyncio.run(main())
except (asyncio.CancelledError, KeyboardInterrupt):
    sys.exit(130)
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_supervisor_stops_everything(settings: Settings, sign: signal.Signals) -> None:
    command = [PYTHON, "-c", ENDED_BY_SIGNAL, str(settings.var_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.send_signal(sign)
        assert process.wait(timeout=WITHIN) == 130
    assert identity(child) is None
    assert not (settings.var_dir / "run.json").exists()


LEFT_BEHIND = """
import asyncio, os, pathlib, sys
from settings import Settings
from tools.supervise import Child, Supervisor
async def main():
    supervisor = Supervisor(Settings(var_dir=sys.argv[1]))
    code = ("import os, pathlib, time; pathlib.Path(os.environ['READY_FILE']).touch(); time.sleep(600)")
    await supervisor.start(Child("orphan", [sys.executable, "-c", code], ready=supervisor.touched("orphan")))
    print(supervisor.pid("orphan"), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


async def test_what_a_killed_supervisor_left_behind_is_ended_by_the_next_one(settings: Settings) -> None:
    killed = subprocess.Popen(  # noqa: ASYNC220 (it has to die like a process of its own)
        [PYTHON, "-c", LEFT_BEHIND, str(settings.var_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    orphan = int(killed.stdout.readline())
    killed.kill()
    killed.wait()
    killed.stdout.close()
    assert identity(orphan) is not None, "a kill of the supervisor alone leaves its children running"
    lines: list[str] = []
    async with Supervisor(settings, say=lines.append):
        assert identity(orphan) is None
    assert str(orphan) in lines[0]


async def test_a_process_with_a_recycled_id_is_left_alone(settings: Settings) -> None:
    bystander = subprocess.Popen([PYTHON, "-c", "import time; time.sleep(600)"])  # noqa: ASYNC220
    try:
        await eventually(lambda: "sleep" in getattr(identity(bystander.pid), "command", ""))
        now = identity(bystander.pid)
        assert now is not None
        earlier = Identity(now.pid, str(int(now.started) - 1), now.command)
        settings.var_dir.mkdir()
        state = {"mark": "0" * 16, "supervisor": {}, "children": [vars(earlier)]}
        (settings.var_dir / "run.json").write_text(json.dumps(state))
        async with Supervisor(settings):
            pass
        end([earlier], ((signal.SIGKILL, 0.1),))
        assert bystander.poll() is None
        end([now], ((signal.SIGKILL, WITHIN),))
        assert bystander.wait(timeout=WITHIN) == -signal.SIGKILL
    finally:
        bystander.kill()
        bystander.wait()


async def test_damaged_notes_of_an_earlier_run_do_not_matter(settings: Settings) -> None:
    settings.var_dir.mkdir()
    (settings.var_dir / "run.json").write_text("{")
    async with Supervisor(settings) as supervisor:
        await supervisor.start(server(supervisor))


def test_a_taken_port_is_passed_over_and_said() -> None:
    lines: list[str] = []
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        found, claim = claim_port(taken, "127.0.0.1", what="API", say=lines.append)
        claim.close()
    assert found > taken
    assert lines == [f"API: {taken} is taken, using {found}"]


async def test_ports_of_one_run_differ(supervisor: Supervisor) -> None:
    assert supervisor.port(8450) != supervisor.port(8450)


CHOOSES = """
import sys
from tools.processes import claim_port
sys.stdin.readline()
port, claim = claim_port(int(sys.argv[1]), "127.0.0.1")
print(port, flush=True)
sys.stdin.readline()
"""


def test_runs_that_choose_at_the_same_moment_choose_different_ports() -> None:
    """Nobody listens yet: the first one's processes are still loading when the others look."""
    wanted = [PYTHON, "-c", CHOOSES, str(free_ports(1)[0])]
    pipe = subprocess.PIPE
    with contextlib.ExitStack() as held:
        runs = [
            held.enter_context(subprocess.Popen(wanted, cwd=ROOT, stdin=pipe, stdout=pipe, text=True))
            for _ in range(4)
        ]
        for run in runs:
            assert run.stdin is not None
            run.stdin.write("now\n")
            run.stdin.flush()
        said = [run.stdout.readline() for run in runs if run.stdout]  # all of them, before one may end
    assert len(set(said)) == 4, said
    port = int(min(said))
    again, claim = claim_port(port, "127.0.0.1")
    claim.close()
    assert again == port, "what has ended claims nothing"


async def test_the_real_temporal_server_starts_survives_a_kill_and_stops(supervisor: Supervisor) -> None:
    from temporalio.client import Client

    host, _, port = (await start_temporal(supervisor)).partition(":")
    pid = supervisor.pid("temporal")
    assert pid is not None
    client = await Client.connect(f"{host}:{port}", namespace=supervisor.settings.temporal_namespace)
    assert await client.service_client.check_health()
    supervisor.kill("temporal")
    await supervisor.wait_ready("temporal", within=120)
    assert supervisor.pid("temporal") != pid
    await supervisor.stop()
    with contextlib.closing(socket.socket()) as probe:
        assert probe.connect_ex((host, int(port))) != 0
    assert (supervisor.settings.var_dir / "temporal" / "temporal.db").exists()


async def test_a_running_temporal_server_is_used_as_it_is(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, temporal_address="temporal.invalid:7233")
    async with Supervisor(settings) as supervisor:
        assert await start_temporal(supervisor) == "temporal.invalid:7233"


def test_this_process_has_an_identity() -> None:
    me = identity(os.getpid())
    assert me is not None
    assert Path(sys.executable).name in me.command or "pytest" in me.command
