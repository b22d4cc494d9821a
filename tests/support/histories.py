"""Histories of the real server: replayed by today's code, kept for tests/replay with KEEP_HISTORIES=1."""

import os

from temporalio.worker import Replayer

from activities.plugin import codec, plugin
from domain.cases import REVISION
from tests.support.stack import Stack
from tools.record_histories import FOLDER, ending, kind, opened, write
from worker import WORKFLOWS


async def replays(stack: Stack, workflow_id: str, *, keep: str | None = None, run: str | None = None) -> None:
    """The history so far replays, in the sandbox and outside it. `keep`: what its file is named
    after, when it is stored, beside the revision, the kind of case and its end; None: it is not."""
    history = await stack.client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
    for sandbox in (True, False):
        replayer = Replayer(workflows=WORKFLOWS, plugins=[plugin(stack.settings, sandbox=sandbox)])
        await replayer.replay_workflow(history)
    if keep is not None and os.environ.get("KEEP_HISTORIES"):
        plain = await opened(history, codec(stack.settings))
        name = (f"r{REVISION}", keep, kind(plain), ending(plain))
        write(FOLDER, "-".join(filter(None, name)), plain)


async def replayed(stack: Stack, workflow_id: str, *, keep: str = "") -> str:
    """The case's end, after its history has been replayed (and kept, when asked for)."""
    result = str(await stack.client.get_workflow_handle(workflow_id, result_type=str).result())
    await replays(stack, workflow_id, keep=keep)
    return result
