"""What Temporal's own pages show of a case: found by opaque attributes, read through the codec alone."""

from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from domain import commands as c
from domain.clock import format_wib
from domain.ids import programme_workflow
from examples import organisations
from state_machines.moments import moments
from tests.support.patience import eventually
from tests.support.stack import Stack
from workflows.search import SEARCH_ATTRIBUTES


async def test_a_case_is_found_by_what_it_waits_for_and_read_by_who_has_the_key(stack: Stack) -> None:
    request = await stack.submission([1, 2])
    stream = request.programme
    await stack.send(stack.staff("penyelenggara"), stream, request)
    task = await stack.task(stream, "verify_programme")
    await stack.send(stack.staff("verifikator"), stream, c.ClaimTask(task=task.id))
    case = await stack.until(
        stream, lambda x: x.state == "VERIFYING" and all(s.pair_taken for s in x.seats.values())
    )
    handle = stack.client.get_workflow_handle(programme_workflow(stream))
    described = await handle.describe()
    found = described.typed_search_attributes
    assert {key.name: found.get(key) for key in SEARCH_ATTRIBUTES} == {
        "AsesorStage": "2",
        "AsesorState": "VERIFYING",
        "AsesorOrganiser": organisations.PROPOSER,
        "AsesorDue": moments(case)[0][0],
        "AsesorTrack": "new",
        "AsesorPolicy": case.policy_version,
        "AsesorAttention": "-",
    }

    # the summary, and the details that follow the case, are sealed on the server and legible here
    assert await described.static_summary() == "Program pelatihan / Training programme"
    sealed = described.raw_description.execution_config.user_metadata.summary
    assert b"encrypted" in sealed.metadata["encoding"]
    assert b"Program pelatihan" not in sealed.SerializeToString()
    shown = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    lines = shown.current_details.splitlines()
    assert lines[0] == "**verifikasi** / verifying (VERIFYING)"
    assert f"sampai {format_wib(task.due_at)}" in shown.current_details
    for seat in request.seats:
        assert seat.person not in shown.current_details


async def test_the_workers_name_their_deployment_and_build(stack: Stack) -> None:
    """Set from the first day on, so that a later roll-out can tell old workers from new ones."""

    async def pollers() -> Any:
        answer = await stack.client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=stack.client.namespace,
                task_queue=TaskQueue(name=stack.settings.task_queue),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            )
        )
        return answer.pollers

    options = [p.deployment_options for p in await eventually(pollers)]
    named = {(o.deployment_name, o.build_id) for o in options}
    assert named == {(stack.settings.deployment_name, stack.settings.build_id)}
