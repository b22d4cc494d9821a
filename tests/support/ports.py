"""Ports for the servers of tests: each process of tests has a block of its own, below those that the system
gives to outgoing connections, so that two of them never choose the same one."""

from functools import cache
from itertools import cycle, islice

from tools.processes import claim_port

FIRST, LAST, BLOCK = 20000, 30000, 20


@cache
def _block() -> "cycle[int]":
    """The ports of this process, round and round; the block's first is its claim, kept as long as we live."""
    for first in range(FIRST, LAST, BLOCK):
        try:
            _kept.append(claim_port(first, "127.0.0.1", upto=first)[1])
        except OSError:
            continue
        return cycle(range(first + 1, first + BLOCK))
    raise OSError("every block of ports is taken")


_kept: list[object] = []


def free_ports(count: int) -> list[int]:
    """So many ports on which nobody listens now, and which no other process of tests is given."""
    free = []
    for port in islice(_block(), BLOCK):
        try:
            claim_port(port, "127.0.0.1", upto=port)[1].close()
        except OSError:
            continue
        free.append(port)
        if len(free) == count:
            return free
    raise OSError(f"fewer than {count} ports are free")
