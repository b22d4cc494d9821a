"""A real Temporal server, a real worker, a real database: what workflow tests run on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.support.stack import Stack
from tools.temporal.obtain import obtain
from workflows.case_workflow import SEARCH_ATTRIBUTES


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[str]:
    """The address of a Temporal dev server that lives as long as the tests do."""
    path = obtain()
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(path) if path else None,
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_extra_args=[
            "--sqlite-pragma",
            "journal_mode=WAL",
            "--sqlite-pragma",
            "synchronous=NORMAL",
        ],
        dev_server_log_level="error",
    )
    client: Client = environment.client
    yield client.service_client.config.target_host
    await environment.shutdown()


@pytest.fixture
async def stack(temporal: str, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    """The demonstration's people on a simulation clock, with a worker of their own."""
    async with Stack.open(temporal, sqlite_url, tmp_path / "var", clock="simulation") as opened:
        yield opened


@pytest.fixture
async def real_time(temporal: str, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    """The same in real time: plain Temporal timers."""
    async with Stack.open(temporal, sqlite_url, tmp_path / "var", clock="real") as opened:
        yield opened
