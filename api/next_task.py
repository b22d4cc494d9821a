"""Claim next: the most urgent task of one's groups that one may do, when others ask for it, too."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from fastapi import Request
from sqlmodel.ext.asyncio.session import AsyncSession

from api import commands, idempotency
from api.runtime import Runtime
from api.schemas.derive import request_model
from db import reads
from db.identity import Access
from db.reads import Whose
from domain import commands as c
from domain.commands import Receipt
from domain.errors import DomainError, NotFound, Refused
from domain.events import derived_id
from domain.facts import Facts
from domain.policy import policy
from domain.text import Text
from state_machines.table import Situation, may
from state_machines.task import TASK

TRIES = 20
"""Tasks that others may take from under one's hands before one is told to try again."""
LOOKED_AT = 100
"""Tasks of a list that are asked, the most urgent first, whether one may do them."""
Claim = request_model(c.ClaimTask)


async def claim_next(
    request: Request, access: Access, key: str, runtime: Runtime, whose: Whose, kind: str = ""
) -> tuple[str, Receipt]:
    """The task, and the receipt of its claim. NotFound (T-NOTHING) when nothing is left.

    What is tried is written down before it is sent, under the key and the number of the try: so the same
    request sent again walks the same way, and never claims a second task.
    """
    now = await runtime.gateway.business_now()
    tried: list[str] = []
    for n in range(TRIES):

        async def choose(session: AsyncSession) -> dict[str, Any]:
            return {"task": await _choice(session, access, whose, kind, tried, now)}

        mark = idempotency.mark(
            runtime.settings, access, derived_id("claim next", key, n), "claim_next", {"kind": kind}
        )
        answer, _ = await idempotency.once(runtime, mark, choose)
        task = answer["task"]
        if task is None:
            break
        tried.append(task)
        async with runtime.db.read() as session:
            row = await reads.task(session, task)
        if row is None:
            continue
        try:
            sent = await commands.send(
                request,
                access,
                derived_id("claim next", key, n),
                stream=row.stream,
                given=Claim(),
                filled={"task": task},
                of=task,
            )
        except Refused:
            continue  # somebody was faster, or a rule stands in the way that rows do not know
        return task, sent.receipt
    raise _nothing()


async def _choice(
    session: AsyncSession,
    access: Access,
    whose: Whose,
    kind: str,
    tried: Collection[str],
    now: datetime,
) -> str | None:
    """The most urgent one that nobody holds, that was not tried, and that the rules let this person do."""
    page = await reads.tasks(
        session, whose, "groups", now=now, state="OFFERED", kind=kind, sort="priority", limit=LOOKED_AT
    )
    for row in page.items:
        if row.id in tried:
            continue
        case = await reads.case(session, row.stream)
        task = case.tasks.get(row.id) if case else None
        if case is None or task is None:
            continue
        situation = Situation(
            case=case,
            subject=task,
            actor=access.actor,
            now=max(now, case.business_at),
            facts=Facts(policy=policy(case.policy_version), calendar=case.calendar),
            policy=policy(case.policy_version),
        )
        if not may(TASK, situation, "claim"):
            return row.id
    return None


def _nothing() -> DomainError:
    return NotFound.because(
        "T-NOTHING",
        "Tidak ada tugas kelompok Anda yang dapat Anda ambil sekarang.",
        "There is no task of your groups that you may take now.",
        remedy=Text(
            id="Tugas lain mungkin tertahan oleh pemisahan tugas; bukalah untuk melihat sebabnya.",
            en="Others may be barred by separation of duties; open one to see why.",
        ),
    )
