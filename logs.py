"""One set-up of logging for every process: what is written, and what never is.

Logs hold ids, counts, route templates and rule ids. A key that sounds like personal data or a secret is
dropped wherever it stands, and the message of an error is kept only where it cannot repeat what somebody
typed.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from domain.errors import DomainError
from settings import Settings

PRIVATE = re.compile(
    r"(?:^|_)(?:name|names|username|nik|e?_?mail|emails|phone|address|text|texts|reason|comment|comments|birth|"
    r"password|passwords|secret|token|tokens|authorization|cookie|cookies|body|query)(?:_|$)"
)
"""Keys that are dropped. `body` and `query`: what people send."""
KEPT = frozenset({"logger_name", "task_name", "thread_name"})
SPEAKING = (DomainError, OSError, TimeoutError, RuntimeError, AssertionError, ImportError)
"""Errors whose message is ours or the system's. A ValueError or a database's error repeats values."""
QUIET = ("transitions", "aiosqlite", "asyncio", "httpx", "httpcore", "PIL", "multipart", "python_multipart")


def setup(settings: Settings, stream: Any = None) -> None:
    """Configure structlog and the standard library's logging alike; may be called again."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        plain_errors,
        drop_private,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # Its lines hold whole paths and addresses; api/middleware.py writes ours, with route templates.
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate, access.disabled = [], False, True


def bind_case(stream: str, workflow_id: str = "") -> None:
    """From here on every line of this request or task says which case it is about."""
    structlog.contextvars.bind_contextvars(case=stream, **({"workflow": workflow_id} if workflow_id else {}))


def drop_private(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take out every key that sounds like personal data, at any depth."""
    # A format's arguments are values without keys: whoever logs them vouches for them in the message.
    return {key: _clean(value) for key, value in event.items() if not _private(key)}


def _private(key: object) -> bool:
    return isinstance(key, str) and key not in KEPT and PRIVATE.search(key.lower()) is not None


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _clean(inner) for key, inner in value.items() if not _private(key)}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def plain_errors(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the classes and places of the error, without values."""
    info = event.pop("exc_info", None)
    if not info:
        return event
    error = info if isinstance(info, BaseException) else (info if isinstance(info, tuple) else sys.exc_info())
    found = error if isinstance(error, BaseException) else error[1]
    if found is not None:
        event["error"] = described(found)
        event["trace"] = places(found)
    return event


def described(error: BaseException) -> str:
    """The error's class, and its message where that holds no value that somebody gave."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{name}: {error}" if isinstance(error, SPEAKING) else name


def places(error: BaseException) -> list[str]:
    """Where it was raised, outermost first, and where each of its causes was: `file:line function`."""
    found: list[str] = []
    current: BaseException | None = error
    while current is not None and len(found) < 60:
        frames = traceback.extract_tb(current.__traceback__)
        found += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if current is not None:
            found.append(f"caused by {described(current)}")
    return found
