"""How a process of ours runs Python: its event loop, and what its garbage collector leaves alone."""

import asyncio
import gc
from collections.abc import Callable
from functools import cache

from settings import Settings

YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""Objects made until the youngest are looked at (Python's 700 is a few events), and so on."""


@cache
def settled() -> None:
    """Say, once a process, that what is loaded by now stays: modules, routes, models and statements are most
    of all objects, and each full collection went through them anew, for some 100 ms in the API."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def loop_factory(settings: Settings) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop where it is wanted and there is one."""
    if not settings.uvloop:
        return None
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
