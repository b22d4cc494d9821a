"""What the garbage collector need not look at again."""

import gc
from functools import cache

YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""Objects made until the youngest are looked at (Python's 700 is a few events), and so on."""


@cache
def settled() -> None:
    """Say, once a process, that what is loaded by now stays: modules, routes, models and statements are most
    of all objects, and each full collection went through them anew, for some 100 ms in the API."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
