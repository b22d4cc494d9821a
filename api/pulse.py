"""How far everything has come: numbers that change with whatever is written into any chain."""

import time

from api import listings
from api.runtime import Runtime

FRESH_SECONDS = 1.0
"""Within this the number is not read again: however many screens ask, the database is asked once."""


async def pulse(runtime: Runtime) -> int:
    """The number of all events, at most FRESH_SECONDS old."""
    return (await summary(runtime))[1]


async def summary(runtime: Runtime) -> tuple[int, int, int]:
    """The numbers of streams, events and frozen streams, at most FRESH_SECONDS old."""
    known = runtime.pulse
    if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
        async with runtime.beating:
            known = runtime.pulse
            if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
                asked = time.monotonic()
                async with runtime.db.read() as session:
                    known = runtime.pulse = (asked, await listings.ledger_summary(session))
    return known[1]
