"""Conditions that say a process is ready: each looks at the real thing and answers yes or not yet."""

import asyncio
import contextlib
import http.client
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit

Ready = Callable[[], Awaitable[bool]]
POLL = 0.05  # seconds between two looks


async def until(ready: Ready | None) -> None:
    """Ask again and again until the answer is yes; None is ready at once. Callers bound the wait."""
    while ready is not None and not await ready():  # noqa: ASYNC110 (it lives in another process)
        await asyncio.sleep(POLL)


def tcp(host: str, port: int) -> Ready:
    """Ready when something accepts connections there."""

    async def ready() -> bool:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 2)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    return ready


def http_ok(url: str) -> Ready:
    """Ready when a GET of that page is answered with 2xx or 3xx. Proxies of the environment play no part."""
    parts = urlsplit(url)

    def status() -> int:
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=2)
        try:
            connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
            return connection.getresponse().status
        finally:
            connection.close()

    async def ready() -> bool:
        try:
            return 200 <= await asyncio.to_thread(status) < 400
        except (OSError, http.client.HTTPException):
            return False

    return ready


def command_ok(argv: Sequence[str], env: Mapping[str, str] | None = None) -> Ready:
    """Ready when that command ends with 0 within some seconds."""

    async def ready() -> bool:
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return await asyncio.wait_for(process.wait(), 10) == 0
        except TimeoutError:
            return False
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    return ready


def both(first: Ready, second: Ready) -> Ready:
    """Ready when both are; the second is asked only once the first says yes."""

    async def ready() -> bool:
        return await first() and await second()

    return ready
