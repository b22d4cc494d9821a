"""Which pages are measured, by whom they are asked for, and of which rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from domain.roles import Role

ROWS = 10
"""Different rows that a page is asked for in turn, so that no single one is measured."""


@dataclass(frozen=True)
class Screen:
    """One page. `rows`: a query whose one column stands in the address for `{}`."""

    name: str
    role: Role
    address: str
    rows: str = ""

    async def addresses(self, connection: asyncpg.Connection) -> list[str]:
        if not self.rows:
            return [self.address]
        found = await connection.fetch(f"{self.rows} LIMIT {ROWS}")
        return [self.address.format(row[0]) for row in found]


_OPEN_JOURNEYS = (
    "SELECT stream FROM cases WHERE kind = 'journey' AND closed_at IS NULL AND state = 'DECISION' "
    "ORDER BY stream"
)
_PROGRAMMES = "SELECT stream FROM cases WHERE kind = 'programme' AND state = 'RUNNING' ORDER BY stream"
_TASKS = "SELECT id FROM tasks WHERE open AND kind IN ('convene', 'issue_certificate') ORDER BY id"
_NUMBERS = "SELECT certificate_number FROM certificates ORDER BY stream"
_CHAINS = "SELECT substr(stream, 1, 8) FROM streams WHERE kind = 'journey' ORDER BY stream"
_IN_SCHEME = "SELECT substr(id, 1, 6) FROM journeys ORDER BY id"

SCREENS: Mapping[str, Screen] = {
    screen.name: screen
    for screen in (
        Screen("monitor: programmes", Role.OPERATIONS, "/monitor"),
        Screen("monitor: applications", Role.OPERATIONS, "/monitor?what=journeys"),
        Screen("monitor: late", Role.OPERATIONS, "/monitor?what=journeys&need=late"),
        Screen("monitor: nobody", Role.OPERATIONS, "/monitor?what=journeys&need=nobody"),
        Screen("monitor: state", Role.OPERATIONS, "/monitor?what=journeys&state=CERTIFIED&show=all"),
        Screen("monitor: search", Role.OPERATIONS, "/monitor?what=journeys&show=all&q={}", _IN_SCHEME),
        Screen("trends", Role.OPERATIONS, "/monitor/trends?what=journeys&weeks=12"),
        Screen("inbox: mine", Role.REVIEWER, "/inbox"),
        Screen("inbox: groups", Role.OPERATIONS, "/inbox?view=groups"),
        Screen("inbox: all", Role.OPERATIONS, "/inbox?view=all"),
        Screen("inbox: done", Role.REVIEWER, "/inbox?view=done"),
        Screen("task", Role.OPERATIONS, "/tasks/{}", _TASKS),
        Screen("case: application", Role.OPERATIONS, "/cases/{}", _OPEN_JOURNEYS),
        Screen("case: programme", Role.OPERATIONS, "/cases/{}", _PROGRAMMES),
        Screen("programmes", Role.ORGANISER, "/programmes"),
        Screen("search: number", Role.AUDITOR, "/audit?q={}", _NUMBERS),
        Screen("search: chain", Role.AUDITOR, "/audit?q={}", _CHAINS),
    )
}
