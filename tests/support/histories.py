"""Histories of the real server: replayed by today's code, kept for tests/replay with KEEP_HISTORIES=1."""

import os

from temporalio.worker import Replayer

from activities.plugin import codec, plugin
from tests.support.stack import Stack
from tools.record_histories import FOLDER, ending, kind, opened, write
from worker import WORKFLOWS


async def replays(stack: Stack, workflow_id: str, *, keep: str = "", run: str | None = None) -> None:
    """The history so far replays, in the sandbox and outside it. `keep`: the stored file's prefix."""
    history = await stack.client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
    for sandbox in (True, False):
        replayer = Replayer(workflows=WORKFLOWS, plugins=[plugin(stack.settings, sandbox=sandbox)])
        await replayer.replay_workflow(history)
    if keep and os.environ.get("KEEP_HISTORIES"):
        plain = await opened(history, codec(stack.settings))
        write(FOLDER, f"{keep}-{kind(plain)}-{ending(plain)}", plain)


async def replayed(stack: Stack, workflow_id: str, *, keep: str = "r1") -> str:
    """The case's end, after its history has been replayed (and kept, when asked for)."""
    result = str(await stack.client.get_workflow_handle(workflow_id, result_type=str).result())
    await replays(stack, workflow_id, keep=keep)
    return result
