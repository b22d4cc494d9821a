"""Carries out acts on many things, item by item, in the background of each API process.

Rows say what is left (db/bulks.py), so that a process that is killed loses nothing: the next one takes the
act up where it stood. An item that had been sent, but not ended in its row, is sent again under the same key,
and answered with its old receipt.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from api import bulk, commands
from api.problems import violation_json
from api.runtime import DATABASE_DOWN, Runtime
from api.tasks import check_documents, find
from db import bulks, identity
from db.bulks import DONE, FAILED, REFUSED
from db.identity import Hat
from db.work_tables import Bulk, BulkItem
from domain import commands as c
from domain.errors import DomainError, Unknown
from domain.roles import Role

LOOK_EVERY = 5.0
"""Seconds between two looks for what another process left behind."""
ATTEMPTS = 4
"""Tries of an item whose outcome is not known, before it is told so."""
PAUSE = 1.0
"""Seconds before the second of them; twice as many before each further one."""

log = structlog.get_logger()


async def run_bulks(runtime: Runtime) -> None:
    """Carry out what is asked for, until it is cancelled with the process."""
    while True:
        try:
            while runtime.connected and await run_one(runtime):
                pass
        except DATABASE_DOWN as error:
            log.warning("bulk round failed", error=type(error).__name__)
        except Exception:  # a fault of one act must not keep the others, and the API, from going on
            log.exception("bulk fault")
        runtime.bulk_asked.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(runtime.bulk_asked.wait(), LOOK_EVERY)


async def run_one(runtime: Runtime) -> bool:
    """Take up one act and go through what waits in it; False when there is none to take up."""
    row = await runtime.db.retrying(lambda session: bulks.claim(session, at=runtime.now()))
    if row is None:
        return False
    while True:
        async with runtime.db.read() as session:
            item = await bulks.next_item(session, row.id)
        if item is None:
            break
        state, seq, problems = await _outcome(runtime, row, item)
        await _ended(runtime, row.id, item.n, state, seq, problems)
    await runtime.db.retrying(lambda session: bulks.let_go(session, row.id, at=runtime.now()))
    return True


async def _ended(
    runtime: Runtime,
    id_: str,
    n: int,
    state: str,
    seq: int | None,
    problems: Sequence[Mapping[str, Any]],
) -> None:
    await runtime.db.retrying(
        lambda session: bulks.ended(session, id_, n, state, at=runtime.now(), seq=seq, problems=problems)
    )


async def _outcome(
    runtime: Runtime, row: Bulk, item: BulkItem
) -> tuple[str, int | None, Sequence[Mapping[str, Any]]]:
    """State, event and reasons of one item."""
    problems: Sequence[Mapping[str, Any]] = ()
    for attempt in range(ATTEMPTS):
        try:
            receipt = await _send(runtime, row, item)
            return DONE, receipt.seq, ()
        except Unknown as error:
            problems = [violation_json(v) for v in error.violations]
            await asyncio.sleep(PAUSE * 2**attempt)
        except DomainError as error:
            return REFUSED, None, [violation_json(v) for v in error.violations]
        except DATABASE_DOWN:
            raise
        except Exception:
            log.exception("bulk item fault", bulk=row.id, n=item.n)
            return FAILED, None, [violation_json(v) for v in _fault().violations]
    return FAILED, None, problems


async def _send(runtime: Runtime, row: Bulk, item: BulkItem) -> c.Receipt:
    """The item's command, with the rights that the asker has now. Raises DomainErrors."""
    async with runtime.db.read() as session:
        hat = Hat(Role(row.role), row.organisation)
        access = await identity.access_as(session, row.account, hat, until=runtime.now() + bulks.HELD)
        given = await bulk.given_of(session, runtime, row)
    key = f"{row.id}-{item.n}"
    try:
        if item.task:
            await find(runtime, access, item.task)
            await check_documents(runtime, item.stream, given)
        sent = await commands.deliver(
            runtime,
            access,
            key,
            stream=item.stream,
            given=given,
            filled={"task": item.task} if item.task else None,
            of=item.task,
        )
    except commands.Judged as judged:  # the gateway has recorded the denial
        raise judged.error from None
    except Unknown:
        raise
    except DomainError as error:
        await runtime.gateway.deny(error, access.actor, stream=item.stream, what=row.command)
        raise
    return sent.receipt


def _fault() -> DomainError:
    return Unknown.because(
        "S-FAULT",
        "Kesalahan pada sistem. Petugas teknis melihatnya dalam catatan; ulangi kemudian.",
        "A fault of the system. Its log shows it to those who look after it; try again later.",
    )
