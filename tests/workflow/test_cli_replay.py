"""`asesor replay`: what the real server recorded is held against today's code."""

import json

from temporalio.client import WorkflowHistory

from activities.replaying import replay_histories, stored_histories
from activities.verifying import verified
from domain import commands as c
from tests.support.patience import eventually
from tests.support.stack import Stack
from tools.cli.ledger import lines_of


async def all_of(stack: Stack) -> list[WorkflowHistory]:
    """Every history of this stack's cases; visibility may be a moment late."""

    async def stored() -> list[WorkflowHistory]:
        return [h async for h in stored_histories(stack.settings, stack.db, stack.client)]

    return list(await eventually(stored))


async def test_every_history_replays_with_the_sandbox_on_and_off(stack: Stack) -> None:
    request = await stack.submission([1, 2])
    await stack.send(stack.staff("penyelenggara"), request.programme, request)
    task = await stack.task(request.programme, "verify_programme")
    await stack.send(stack.staff("verifikator"), request.programme, c.ClaimTask(task=task.id))
    await stack.until(request.programme, lambda x: x.state == "VERIFYING")
    histories = await all_of(stack)
    results = [r async for r in replay_histories(histories, stack.settings)]
    assert [r.sandbox for r in results] == [True, False] * len(histories)
    assert [r.problem for r in results if not r.ok] == []
    assert results[0].workflow_id == f"programme-{request.programme}"
    assert results[0].events == len(histories[0].events)

    report = await verified(stack.settings, stack.db, None)
    assert report.ok, lines_of(report, ledger_only=True)


async def test_a_history_that_the_code_did_not_make_is_found(stack: Stack) -> None:
    request = await stack.submission([1])
    await stack.send(stack.staff("penyelenggara"), request.programme, request)
    await stack.until(request.programme, lambda x: x.seq >= 1)
    histories = await all_of(stack)
    forged = json.loads(histories[0].to_json())
    for event in forged["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes")
        if scheduled:
            scheduled["activityType"]["name"] = "something_else"
    bad = WorkflowHistory.from_json(histories[0].workflow_id, json.dumps(forged))
    good = histories[0]
    results = [r async for r in replay_histories([good, bad, good], stack.settings)]
    assert [r.ok for r in results] == [True, True, False, False, True, True]
    assert all(r.nondeterministic for r in results if not r.ok), results
