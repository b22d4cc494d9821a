"""Lines of activities, workflows and requests name their case and workflow, in both formats."""

import json
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from temporalio import workflow
from temporalio.testing import ActivityEnvironment

from activities.contracts import AppendRequest
from activities.log_context import LogContext, stream_of
from domain.openings import JourneyOpening
from logs import setup
from settings import Settings
from tests.support.journeys import JourneyWorld
from workflows.model import CaseStart

REQUEST = AppendRequest(stream="case-1", workflow_id="programme-case-1", events=())


class Logs:
    """Stands where the activity or workflow would run, and logs a line."""

    async def execute_activity(self, _input: Any) -> None:
        structlog.get_logger().info("at work")

    execute_workflow = handle_signal = handle_update_handler = execute_activity


def lines(written: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


async def test_an_activitys_lines_name_its_case(tmp_path: Any) -> None:
    for format_ in ("json", "console"):
        written = StringIO()
        setup(Settings(log_format=format_, var_dir=tmp_path), written)
        inbound = LogContext().intercept_activity(Logs())  # type: ignore[arg-type]
        input_: Any = SimpleNamespace(args=[REQUEST])
        await ActivityEnvironment().run(inbound.execute_activity, input_)
        for said in ("at work", "case-1", "test", "activity"):
            assert said in written.getvalue()
    written = StringIO()
    setup(Settings(log_format="json", var_dir=tmp_path), written)
    await ActivityEnvironment().run(inbound.execute_activity, input_)
    (line,) = lines(written)
    assert (line["case"], line["workflow"], line["attempt"]) == ("case-1", "test", 1)


@pytest.mark.parametrize("what", ["execute_workflow", "handle_signal", "handle_update_handler"])
async def test_a_workflows_lines_name_it(what: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "info", lambda: SimpleNamespace(workflow_id="programme-case-1"))
    written = StringIO()
    setup(Settings(log_format="json", var_dir=tmp_path), written)
    inbound = LogContext().workflow_interceptor_class(None)(Logs())  # type: ignore[arg-type]
    await getattr(inbound, what)(SimpleNamespace(args=[REQUEST], signal="command", id="u1"))
    (line,) = lines(written)
    assert line["workflow"] == "programme-case-1"


@pytest.mark.parametrize(
    ("name", "bound"),
    [("message", "message"), ("complete_task", "complete_task"), ("Budi 3201010101010001", "unknown")],
)
async def test_the_name_that_a_stranger_gives_a_signal_is_not_logged(
    name: str, bound: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "info", lambda: SimpleNamespace(workflow_id="programme-case-1"))
    written = StringIO()
    setup(Settings(log_format="json", var_dir=tmp_path), written)
    inbound = LogContext().workflow_interceptor_class(None)(Logs())  # type: ignore[arg-type]
    await inbound.handle_signal(SimpleNamespace(args=[], signal=name))  # type: ignore[arg-type]
    (line,) = lines(written)
    assert line["signal"] == bound


@pytest.mark.parametrize(
    ("given", "bound"),
    [
        ("3f0c8a52-5d1c-5b6e-9a52-0d8d1f4a7b11", "3f0c8a52-5d1c-5b6e-9a52-0d8d1f4a7b11"),
        ("Budi 3201010101010001", "unknown"),
        ("3f0c8a52-5d1c-5b6e-9a52-0d8d1f4a7b11 Budi", "unknown"),
    ],
)
async def test_the_id_that_a_stranger_gives_an_update_is_not_logged(
    given: str, bound: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "info", lambda: SimpleNamespace(workflow_id="programme-case-1"))
    written = StringIO()
    setup(Settings(log_format="json", var_dir=tmp_path), written)
    inbound = LogContext().workflow_interceptor_class(None)(Logs())  # type: ignore[arg-type]
    await inbound.handle_update_handler(SimpleNamespace(args=[], id=given))  # type: ignore[arg-type]
    (line,) = lines(written)
    assert line["update"] == bound


def test_the_case_is_found_in_whatever_a_run_is_given() -> None:
    world = JourneyWorld()
    opening: JourneyOpening = world.start()
    start = CaseStart(case=world.case, now=world.now, summary="")
    assert stream_of(REQUEST) == "case-1"
    assert stream_of(start) == world.case.stream
    assert stream_of(opening) == opening.application
    assert stream_of("x") == stream_of(None) == ""
