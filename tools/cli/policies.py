"""`asesor policy …`: versions of BNSP's policy, for whoever may reach the database of this machine."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from db import reads, registry
from domain.clock import local_day
from domain.errors import Malformed
from domain.policy import CURRENT, Policy, adopt, default, former
from domain.policy.check import written
from tools.cli.console import Exit, Out
from tools.cli.first_filling import BY
from tools.cli.parts import database, present

LARGEST = 1024 * 1024
"""Bytes of a policy's file; the product's own takes about 40 thousand."""


async def load(out: Out, file: Path) -> int:
    """`policy load`: store a version. It counts for new cases from its effective day on; the same again
    changes nothing."""
    content = _content(file)

    async def work(session: AsyncSession) -> tuple[Policy, bool]:
        known = {row.version: row.content for row in await registry.stored_policies(session)}
        version = content.get("version") if isinstance(content, dict) else None
        day = await _today(session)
        if version in known:  # sent again, maybe long after its day: judged by what is stored alone
            day = min(day, former.read(known[version]).effective)
        policy = written(content, today=day)
        adopt(policy)  # Conflict for a version that is taken, the product's own included
        await registry.put_policy(session, policy, by=BY, at=datetime.now(UTC))
        return policy, policy.version not in known and policy.version != CURRENT.version

    async with database(present()) as db:
        policy, new = await db.retrying(work)
    told = "disimpan – stored" if new else "sudah ada – there already"
    out.result(
        {"ok": True, "version": policy.version, "effective": policy.effective.isoformat(), "stored": new},
        f"{policy.version}: {told}; berlaku untuk perkara baru mulai – for new cases from {policy.effective}",
    )
    return Exit.OK


async def list_all(out: Out) -> int:
    """`policy list`: every version, and which one new cases begin with today."""
    async with database(present()) as db, db.read() as session:
        rows = await registry.stored_policies(session)
        now_in_force = default(await _today(session)).version
    stored = {row.version: row for row in rows}
    versions = [
        {
            "version": version,
            "effective": effective.isoformat(),
            "status": status,
            "in_force": version == now_in_force,
            "stored_at": stored[version].created_at if version in stored else None,
        }
        for version, effective, status in sorted(
            {(CURRENT.version, CURRENT.effective, str(CURRENT.status))}
            | {(r.version, r.effective, r.status) for r in rows},
            key=lambda one: (one[1], one[0]),
        )
    ]
    heads = ("versi – version", "berlaku mulai – effective", "status", "kini – now")
    lines = [(v["version"], v["effective"], v["status"], "✓" if v["in_force"] else "") for v in versions]
    out.result({"ok": True, "policies": versions}, out.table(heads, lines))
    return Exit.OK


async def show(out: Out, version: str) -> int:
    """`policy show`: a version as the file that `load` takes; without one, the one in force today."""
    async with database(present()) as db, db.read() as session:
        day = await _today(session)
        policy = await registry.known_policy(session, version) if version else default(day)
    content = policy.model_dump(mode="json")
    out.result(content, json.dumps(content, ensure_ascii=False, indent=2))
    return Exit.OK


def _content(file: Path) -> object:
    try:
        if file.stat().st_size > LARGEST:
            raise ValueError
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:  # neither UTF-8 nor JSON, or far too large
        raise Malformed.because(
            "P-POLICY",
            "Berkas kebijakan harus berupa JSON (UTF-8), paling besar 1 MiB.",
            "A policy's file must be JSON (UTF-8) of at most 1 MiB.",
        ) from None


async def _today(session: AsyncSession) -> date:
    """The business day (WIB): of the simulation's clock where there is one."""
    clock = await reads.sim_clock(session)
    return local_day(clock.now if clock else datetime.now(UTC))
