"""The processes that the product consists of, as children of a Supervisor."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from settings import ROOT, Settings
from tools.readiness import both, command_ok, http_ok, tcp
from tools.supervise import ALL_SETTINGS, Child, Supervisor
from tools.temporal.obtain import Unobtainable, at_hand


def temporal_child(
    binary: Path, settings: Settings, port: int, ui_port: int | None = None, codec_endpoint: str = ""
) -> Child:
    """The embedded Temporal server on loopback, its data in VAR_DIR; without `ui_port` without its pages.

    Ready when the namespace of the cases can be described, not merely when the port is open.
    """
    data = settings.var_dir / "temporal"
    data.mkdir(parents=True, exist_ok=True)
    address = f"127.0.0.1:{port}"
    pages = ["--headless"]
    if ui_port is not None:
        pages = ["--ui-port", str(ui_port), "--ui-ip", "127.0.0.1", "--ui-disable-news-fetch"]
        pages += ["--ui-codec-endpoint", codec_endpoint] if codec_endpoint else []
    argv = [str(binary), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), *pages]
    argv += ["--db-filename", str(data / "temporal.db"), "--namespace", settings.temporal_namespace]
    argv += ["--sqlite-pragma", "journal_mode=WAL"]
    argv += ["--sqlite-pragma", f"synchronous={settings.sqlite_synchronous}"]
    argv += ["--log-level", "warn", "--log-format", "json" if settings.log_format == "json" else "text"]
    # Nobody's own Temporal settings (a cloud address, a key) may reach the embedded server or its probe.
    own = ["--disable-config-env", "--disable-config-file"]
    argv += own
    describe = [str(binary), "operator", "namespace", "describe", "-n", settings.temporal_namespace]
    env = {name: value for name, value in os.environ.items() if name not in ALL_SETTINGS}
    probe = command_ok([*describe, "--address", address, "--command-timeout", "5s", *own], env)
    answers = both(tcp("127.0.0.1", port), probe)
    return Child("temporal", argv, ready=answers, ready_within=120, foreign=True)


async def _obtained() -> Path:
    """Get the server in a process of its own: a build in a thread could not be broken off by Ctrl-C."""
    env = {name: value for name, value in os.environ.items() if name != "TEMPORAL_ADDRESS"}
    script = str(ROOT / "tools" / "temporal" / "obtain.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        path, _ = await process.communicate()
    except asyncio.CancelledError:
        process.send_signal(signal.SIGTERM)
        await process.wait()
        raise
    if process.returncode != 0:
        raise Unobtainable("there is no Temporal server to start; the lines above say what to install")
    return Path(path.decode().strip())


async def start_temporal(
    supervisor: Supervisor, ports: tuple[int, int] | None = None, codec_endpoint: str = ""
) -> str:
    """Make sure that a Temporal server runs; its `host:port`. Raises Unobtainable or ChildFailed.

    With TEMPORAL_ADDRESS set it is that one and nothing is started; else the embedded one is
    obtained (minutes, the very first time) and started as the child `temporal`. `ports`: its own and its
    pages', as the supervisor gave them; without them one is taken here, and there are no pages.
    """
    settings = supervisor.settings
    if settings.temporal_address:
        return settings.temporal_address
    binary = await asyncio.to_thread(at_hand) or await _obtained()
    await supervisor.open()
    port, ui_port = ports or (supervisor.port(settings.temporal_port, what="Temporal"), None)
    await supervisor.start(temporal_child(binary, settings, port, ui_port, codec_endpoint))
    return f"127.0.0.1:{port}"


def worker_child(supervisor: Supervisor, temporal_address: str) -> Child:
    """`python worker.py`, ready when it has touched READY_FILE."""
    env = {"TEMPORAL_ADDRESS": temporal_address}
    return Child("worker", [sys.executable, "worker.py"], env, ready=supervisor.touched("worker"))


def api_child(
    supervisor: Supervisor,
    temporal_address: str,
    port: int,
    app: str = "web.app:create_app",
    health: str = "/healthz",
) -> Child:
    """The API and the pages under uvicorn, ready when the page `health` answers well."""
    host = supervisor.settings.http_host
    argv = [sys.executable, "-m", "uvicorn", "--factory", app, "--host", host, "--port", str(port)]
    near = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 (compared, not bound)
    env = supervisor.settings.environ(temporal_address=temporal_address, http_port=port)
    return Child("api", argv, env, ready=http_ok(f"http://{near}:{port}{health}"))
