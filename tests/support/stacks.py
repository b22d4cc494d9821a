"""A real Temporal server, a real worker, a real database: what tests of cases and of pages run on."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from activities.contracts import LEDGER_APPEND
from db.session import Database
from db.vault import Vault
from settings import Settings
from tests.support.patience import eventually
from tests.support.ports import free_ports
from tests.support.stack import Stack
from tools.cli.first_filling import for_demonstration
from tools.temporal.obtain import obtain
from workflows import case_state, errands, flusher, timeouts
from workflows.case_workflow import SEARCH_ATTRIBUTES


@asynccontextmanager
async def server(*more: str) -> AsyncIterator[str]:
    """The address of a Temporal dev server of its own; `more`: further arguments of it."""
    path = obtain()
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(path) if path else None,
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_extra_args=[
            "--sqlite-pragma",
            "journal_mode=WAL",
            "--sqlite-pragma",
            "synchronous=NORMAL",
            *more,
        ],
        dev_server_log_level="error",
        port=free_ports(1)[0],
    )
    client: Client = environment.client
    yield client.service_client.config.target_host
    await environment.shutdown()


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[str]:
    """The address of a Temporal dev server that lives as long as the tests do."""
    async with server() as address:
        yield address


@pytest.fixture(scope="session")
async def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database full of the demonstration's people, and its key: copied by each test."""
    var = tmp_path_factory.mktemp("filled")
    shutil.copy(sqlite_template, var / "asesor.db")
    settings = Settings(var_dir=var, clock="simulation")
    db = Database(settings.database_url)
    await for_demonstration(db, Vault(settings.keys("vault")), settings)
    await db.dispose()
    return var


def _own(filled: Path, tmp_path: Path) -> tuple[str, Path]:
    var = tmp_path / "var"
    shutil.copytree(filled, var)
    return f"sqlite+aiosqlite:///{var / 'asesor.db'}", var


@asynccontextmanager
async def _opened(
    address: str, url: str, var: Path, clock: Literal["real", "simulation"], *, sandbox: bool = True
) -> AsyncIterator[Stack]:
    """A stack whose cases end with it: a journey is its person's, and the next test has the same people."""
    async with Stack.open(address, url, var, clock=clock, sandbox=sandbox) as stack:
        try:
            yield stack
        finally:

            async def nothing_runs() -> bool:
                running = f"TaskQueue = '{stack.settings.task_queue}' AND ExecutionStatus = 'Running'"
                left = {run.id async for run in stack.client.list_workflows(running)}
                for id_ in left:
                    with suppress(RPCError):  # it has ended by itself
                        await stack.client.get_workflow_handle(id_).terminate()
                return not left

            await eventually(nothing_runs)


@pytest.fixture
async def stack(temporal: str, filled: Path, tmp_path: Path) -> AsyncIterator[Stack]:
    """The demonstration's people on a simulation clock, with a worker of their own."""
    url, var = _own(filled, tmp_path)
    async with _opened(temporal, url, var, "simulation") as opened:
        yield opened


@pytest.fixture
async def impatient(filled: Path, tmp_path: Path) -> AsyncIterator[Stack]:
    """As `stack`, on a server that asks for a new run after a hundred events instead of thousands."""
    url, var = _own(filled, tmp_path)
    # its history replays like any other: the server's wish stands in it
    option = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=100")
    async with server(*option) as address, Stack.open(address, url, var, clock="simulation") as opened:
        yield opened


@pytest.fixture
async def real_time(temporal: str, filled: Path, tmp_path: Path) -> AsyncIterator[Stack]:
    """The same in real time: plain Temporal timers."""
    url, var = _own(filled, tmp_path)
    async with _opened(temporal, url, var, "real") as opened:
        yield opened


@pytest.fixture
async def hasty(
    temporal: str, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stack]:
    """As `stack`, but two tries instead of twenty, and a fifth of a second's rest instead of minutes."""
    tries = RetryPolicy(maximum_attempts=2, initial_interval=timedelta(milliseconds=50))
    for name, policy in timeouts.POLICIES.items():
        if name != LEDGER_APPEND:
            monkeypatch.setitem(timeouts.POLICIES, name, replace(policy, retry=tries))
    for module in (case_state, errands, flusher):
        monkeypatch.setattr(module, "rest", lambda _attempt: timedelta(seconds=0.2))
    url, var = _own(filled, tmp_path)
    async with _opened(temporal, url, var, "simulation", sandbox=False) as opened:
        yield opened
