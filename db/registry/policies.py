"""Policies that BNSP stored."""

from collections.abc import Collection
from datetime import datetime

from pydantic import ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.people_tables import StoredPolicy
from db.registry.base import log
from db.streams import append_row_event
from domain.errors import Conflict
from domain.policy import POLICIES, Policy, adopt, former
from domain.policy import policy as policy_of
from domain.roles import Actor


async def put_policy(session: AsyncSession, policy: Policy, *, by: Actor, at: datetime) -> None:
    """Keep a policy version; the same again changes nothing. Conflict (P-VERSION) with other content."""
    content = policy.model_dump(mode="json")
    row = await session.get(StoredPolicy, policy.version)
    if row is not None:
        if former.read(row.content) == policy:  # an earlier version's text may lack new fields
            return
        raise Conflict.because(
            "P-VERSION",
            "Versi kebijakan itu sudah ada dengan isi lain; buat versi baru.",
            "This policy version exists with other content; make a new version.",
        )
    session.add(
        StoredPolicy(
            version=policy.version,
            content=content,
            effective=policy.effective,
            status=policy.status,
            created_by=by.account,
            created_at=at,
        )
    )
    await session.flush()
    await append_row_event(session, f"policy-{policy.version}", "policy_added", by, {"content": content}, at)


async def load_policies(session: AsyncSession, *, but: Collection[str] = ()) -> int:
    """Make every stored policy known to this process, `but` those versions; gives their number. At start-up,
    and then again and again but for those that are known: BNSP stores new ones while it runs."""
    wanted = select(StoredPolicy).where(col(StoredPolicy.version).not_in(but))
    rows = list(await session.exec(wanted.order_by(col(StoredPolicy.effective))))
    known = 0
    for row in rows:
        try:
            made = former.read(row.content)
        except ValidationError:
            # a newer version's, in the middle of a roll-out: its cases are for those who understand it
            if row.version not in _NOT_UNDERSTOOD:
                log.error("policy not understood", version=row.version)
            _NOT_UNDERSTOOD.add(row.version)
            continue
        adopt(made)
        known += 1
    return known


async def known_policy(session: AsyncSession, version: str) -> Policy:
    """The policy of that version, learnt from the rows when it was stored since this process last looked.
    Raises NotFound (P-VERSION) when nobody stored it, or a newer version of the product did."""
    if version not in POLICIES:
        await load_policies(session, but=list(POLICIES))
    return policy_of(version)


async def stored_policies(session: AsyncSession) -> list[StoredPolicy]:
    """Every stored policy, in the order in which they take effect."""
    query = select(StoredPolicy).order_by(col(StoredPolicy.effective), col(StoredPolicy.version))
    return list(await session.exec(query))


_NOT_UNDERSTOOD: set[str] = set()
"""Named in the log once a process."""
