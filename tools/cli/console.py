"""What every command shares: how it speaks, how it ends, and what its exit code means.

Lines for people go to stderr, the result goes to stdout: one JSON object with `--json`, text without.
"""

import asyncio
import json as json_format
import logging
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import typer

from domain.errors import DomainError, Malformed, Unknown
from domain.text import Text
from settings import UnsafeSettings

Json = Annotated[bool, typer.Option("--json", help="Hasil sebagai JSON – The result as one JSON object.")]


def on_terminal() -> bool:
    """Is a person at the other end, who can look and press Ctrl-C?"""
    return sys.stdin.isatty() and sys.stdout.isatty()


class Exit(IntEnum):
    """Exit codes; those from 64 on as in sysexits.h."""

    OK = 0
    WRONG = 1
    """The command did its work and found something wrong, or a rule said no."""
    USAGE = 2
    UNAVAILABLE = 69
    """A service that the command needs does not answer."""
    FAULT = 70
    """A bug of ours."""
    AGAIN = 75
    """The answer is not known, or somebody is in the way: the same again later may help."""
    CONFIG = 78
    INTERRUPTED = 130


class CommandFailed(Exception):
    """A command cannot go on; says why in both languages and with which exit code."""

    def __init__(self, code: Exit, indonesian: str, english: str) -> None:
        self.code = code
        self.text = Text(id=indonesian, en=english)
        super().__init__(english)


Step = Callable[[int], None]


class Out:
    """Where one command speaks to."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json

    def say(self, line: str) -> None:
        """A line for people, now; never part of the result."""
        sys.stderr.write(f"asesor: {line}\n")
        sys.stderr.flush()

    def result(self, data: Mapping[str, Any], *lines: str) -> None:
        """The result: `data` with --json (moments in ISO 8601, UTC), else the lines."""
        text = json_format.dumps(data, ensure_ascii=False, default=_plain) if self.json else "\n".join(lines)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
        """Columns under their heads, as wide as they need: text that can be copied and searched."""
        cells = [[str(head) for head in heads], *([str(cell) for cell in row] for row in rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
        drawn = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
        return "\n".join([drawn[0], "  ".join("─" * w for w in widths), *drawn[1:]])

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Step]:
        """A bar while something long goes on, on a terminal only; the step says by how much it grew."""
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda n: bar.advance(task, n)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def run(json: bool, work: Callable[[Out], Awaitable[int]]) -> NoReturn:
    """Do a command's work and end it: with the exit code it gives, or the one that its error means."""

    async def awaited(out: Out) -> int:
        return await work(out)

    conclude(json, lambda out: asyncio.run(awaited(out)))


def conclude(json: bool, work: Callable[[Out], int]) -> NoReturn:
    """`run` for work that has an event loop of its own, or none."""
    out = Out(json=json)
    try:
        code = work(out)
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    except Exception as error:
        code, texts = judge(error)
        if code == Exit.FAULT:
            traceback.print_exc()
        _complain(out, code, texts)
    raise typer.Exit(code)


def _complain(out: Out, code: int, texts: Sequence[Text]) -> None:
    """Say why: to people, or with --json as an object on stdout, where a result would have been."""
    if out.json:
        told = [text.model_dump() for text in texts]
        sys.stdout.write(json_format.dumps({"ok": False, "exit_code": int(code), "problems": told}) + "\n")
        return
    for text in texts:
        out.say(text.id if text.id == text.en else f"{text.id} – {text.en}")


def judge(error: BaseException) -> tuple[int, list[Text]]:
    """What an error means to whoever called: an exit code and the reasons. Holds no personal data."""
    if isinstance(error, CommandFailed):
        return error.code, [error.text]
    if isinstance(error, UnsafeSettings):
        return Exit.CONFIG, error.problems
    if isinstance(error, DomainError):
        code = Exit.AGAIN if isinstance(error, Unknown) else Exit.WRONG
        texts = [Text(id=f"{v.rule}: {v.text.id}", en=v.text.en) for v in error.violations]
        return (Exit.USAGE if isinstance(error, Malformed) else code), texts
    told = getattr(error, "exit_code", None)
    if isinstance(told, int):  # tools.supervise and tools.temporal say it of their own errors
        return told, [Text(id=str(error), en=str(error))]
    if (service := _service(error)) is not None:
        return Exit.UNAVAILABLE, [service]
    name = type(error).__name__
    return Exit.FAULT, [Text(id=f"Kesalahan program ({name})", en=f"A fault of the program ({name})")]


def _service(error: BaseException) -> Text | None:
    """Which service does not answer, if that is what the error says; asked without importing drivers."""
    module = type(error).__module__.partition(".")[0]
    if module in ("sqlalchemy", "asyncpg", "aiosqlite", "sqlite3"):
        return Text(
            id="Basis data tidak dapat dipakai; jalankan `asesor migrate` dan periksa DATABASE_URL.",
            en="The database cannot be used; run `asesor migrate` and look at DATABASE_URL.",
        )
    if module == "temporalio" and type(error).__name__ == "RPCError":
        return Text(
            id=f"Server Temporal tidak dapat melayani ({error}).",
            en=f"The Temporal server could not serve this ({error}).",
        )
    if module == "httpx":
        return Text(
            id="API tidak menjawab; jalankan `asesor up` atau periksa PUBLIC_URL.",
            en="The API does not answer; run `asesor up`, or look at PUBLIC_URL.",
        )
    if isinstance(error, ConnectionError | TimeoutError):
        return Text(id="Layanan tidak menjawab.", en="A service does not answer.")
    return None


def leave(code: object) -> NoReturn:
    """End the process with this code and nothing else.

    Temporal's SDK can abort the interpreter while it finalizes (PyGILState_Release); an exit code must
    not hang on that, so what is open is flushed and the interpreter is not asked.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    if "temporalio.bridge.temporal_sdk_bridge" in sys.modules:
        os._exit(code if isinstance(code, int) else int(code is not None))
    sys.exit(code if isinstance(code, int) else int(code is not None))
