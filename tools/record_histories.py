"""Keep histories for tests/replay: `python tools/record_histories.py VAR_DIR NAME_PREFIX`.

Takes the archived histories of a folder that a demonstration or a test left behind, opens the payloads with
that folder's key, and writes them as gzipped JSON. Histories hold ids, dates and commitments only (a test
greps for anything else), so the open form may be kept beside the code. A stored history is never replaced:
from the day it is here, every later version of the code must replay it.
"""

import asyncio
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from temporalio.api.common.v1 import Payload  # noqa: E402 (after the path is set)
from temporalio.client import WorkflowHistory  # noqa: E402
from temporalio.converter import PayloadCodec  # noqa: E402

from activities.contracts import LEDGER_APPEND  # noqa: E402

FOLDER = ROOT / "tests" / "replay" / "histories"


def payloads(message: Message) -> Iterator[Payload]:
    """Every payload anywhere inside a protobuf message."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            values = [v for v in value.values() if isinstance(v, Message)]
        elif field.is_repeated:
            values = list(value)
        else:
            values = [value]
        for inner in values:
            yield from payloads(inner)


async def opened(history: WorkflowHistory, codec: PayloadCodec) -> WorkflowHistory:
    """The history with every payload decoded."""
    for event in history.events:
        for payload in payloads(event):
            (plain,) = await codec.decode([payload])
            payload.CopyFrom(_traceless(plain))
    return history


def _traceless(payload: Payload) -> Payload:
    """A failure's text without its stack trace, which names the folders of a machine; no replay needs it."""
    if b'"stack_trace"' not in payload.data:
        return payload
    text = {**json.loads(payload.data), "stack_trace": ""}
    return Payload(metadata=payload.metadata, data=json.dumps(text).encode())


def ending(history: WorkflowHistory) -> str:
    """The state that the case ended in, as its workflow said; `continued` for a run that went on, `open` for
    one that was still running."""
    last = history.events[-1]
    if last.HasField("workflow_execution_completed_event_attributes"):
        result = last.workflow_execution_completed_event_attributes.result.payloads[0]
        return str(json.loads(result.data)).lower()
    went_on = last.HasField("workflow_execution_continued_as_new_event_attributes")
    return "continued" if went_on else "open"


def written(history: WorkflowHistory) -> Iterator[dict[str, Any]]:
    """The events that an opened history sent to the ledger, as they were sent."""
    for step in history.events:
        asked = step.activity_task_scheduled_event_attributes
        if asked.activity_type.name == LEDGER_APPEND:
            yield from json.loads(asked.input.payloads[0].data)["events"]


def kind(history: WorkflowHistory) -> str:
    return history.workflow_id.split("-", 1)[0]


def anonymous(value: Any) -> Any:
    """The same without the names of machines and processes, which no replay needs."""
    if isinstance(value, dict):
        return {k: "worker" if k == "identity" else anonymous(v) for k, v in value.items()}
    return [anonymous(v) for v in value] if isinstance(value, list) else value


def write(folder: Path, name: str, history: WorkflowHistory) -> Path:
    """Write one opened history; a number is added when the name is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    path, n = folder / f"{name}.json.gz", 1
    while path.exists():
        n += 1
        path = folder / f"{name}-{n}.json.gz"
    document: Any = {"workflow_id": history.workflow_id, "history": anonymous(json.loads(history.to_json()))}
    data = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    path.write_bytes(gzip.compress(data, mtime=0))
    return path


def read(path: Path) -> WorkflowHistory:
    """A history that was written here."""
    document = json.loads(gzip.decompress(path.read_bytes()))
    return WorkflowHistory.from_json(document["workflow_id"], document["history"])


async def main(var: Path, prefix: str, each: int) -> None:
    """Keep up to `each` histories of every kind and ending found in the folder's archive."""
    from activities.plugin import codec
    from settings import Settings

    keys = codec(Settings(var_dir=var))
    kept: dict[str, int] = {}
    for file in sorted((var / "archive").rglob("*.json")):
        found = json.loads(file.read_text())
        start = found["events"][0]["workflowExecutionStartedEventAttributes"]
        history = await opened(WorkflowHistory.from_json(start["workflowId"], found), keys)
        name = f"{prefix}-{kind(history)}-{ending(history)}"
        if kept.get(name, 0) < each:
            kept[name] = kept.get(name, 0) + 1
            path = write(FOLDER, name, history)
            sys.stdout.write(f"{path.name} {path.stat().st_size // 1024} KiB\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3))
