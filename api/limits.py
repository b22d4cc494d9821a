"""How often one address or account may ask, kept in this process: a brake, not a guard."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from math import ceil

from fastapi import Request

from api.middleware import client_of
from domain.errors import DomainError
from domain.text import Text

REMEMBERED = 20_000


class TooOften(DomainError):
    status = 429
    retry_helps = True
    retry_after = 1
    """Seconds until one more is let through."""


@dataclass
class Brake:
    """A bucket for each address (or account): `burst` at once, then one every `every` seconds."""

    burst: int
    every: float
    buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """address → (tokens left, when they were counted)."""

    def spend(self, address: str, now: float | None = None) -> bool:
        """Take one; False when there is none left."""
        now = time.monotonic() if now is None else now
        tokens, since = self.buckets.pop(address, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + (now - since) / self.every)
        enough = tokens >= 1
        self.buckets[address] = (tokens - 1 if enough else tokens, now)
        if len(self.buckets) > REMEMBERED:
            self.buckets.popitem(last=False)
        return enough

    def wait(self, address: str) -> int:
        """Whole seconds until this address has one again, at least 1."""
        tokens, _ = self.buckets.get(address, (float(self.burst), 0.0))
        return max(1, ceil((1 - tokens) * self.every))

    def check(self, request: Request) -> None:
        """TooOften (429) when this address has asked too often."""
        self.check_for(client_of(request))

    def check_for(self, who: str) -> None:
        """TooOften (429) when this address or account has asked too often."""
        if not self.spend(who):
            seconds = self.wait(who)
            error = TooOften.because(
                "A-OFTEN",
                "Terlalu sering; tunggu sebentar lalu coba lagi.",
                "Too often; wait a moment and try again.",
                remedy=Text(id=f"Tunggu {seconds} detik.", en=f"Wait {seconds} seconds."),
            )
            assert isinstance(error, TooOften)
            error.retry_after = seconds
            raise error


NAMING = Brake(burst=120, every=10)
"""Persons named one by one, for each account: several large committees at once, but no trying of numbers."""
ROSTERS = Brake(burst=20, every=30)
"""Rosters sent, for each account."""
