"""Waiting for what happens in another task or process: for the thing itself, and long enough for a machine
that is busy with other tests."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

WITHIN = 60.0
"""Seconds for what takes a moment on a quiet machine; whatever takes longer hangs."""


async def eventually(look: Callable[[], Any], *, within: float = WITHIN) -> Any:
    """What `look` finds (a plain function, or one that is awaited), as soon as it finds something."""
    async with asyncio.timeout(within):
        while True:
            found = look()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)
