"""Reference data for whoever administers it: policies with what differs, schemes and holidays by version."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from api.runtime import Runtime
from api.sight import missing
from db import reads, registry
from domain.calendar import CalendarYearMissing
from domain.clock import local_day
from domain.errors import NotFound
from domain.policy import CURRENT, POLICIES, Policy, default

PARTS = ("terms", "retention")


@dataclass(frozen=True)
class Version:
    """One version of the policy."""

    policy: Policy
    in_force: bool
    """New cases begin with it today."""
    own: bool
    """The product's own; the others BNSP stored."""


@dataclass(frozen=True)
class Difference:
    """One value that differs between a version and the one before it; None: not there."""

    part: str
    name: str
    before: str | None
    after: str | None


async def versions(runtime: Runtime) -> list[Version]:
    """Every version of the policy, in the order in which they take effect, the latest first."""
    async with runtime.db.read() as session:
        await registry.load_policies(session, but=list(POLICIES))
        stored = {row.version for row in await registry.stored_policies(session)}
    now = default(local_day(await runtime.gateway.business_now())).version
    found = [p for v, p in POLICIES.items() if v in stored or v == CURRENT.version]
    found.sort(key=lambda p: (p.effective, p.version), reverse=True)
    return [Version(p, p.version == now, p.version == CURRENT.version) for p in found]


def before(all_versions: list[Version], version: str) -> Policy | None:
    """The policy that this one follows; None for the first."""
    names = [v.policy.version for v in all_versions]
    following = all_versions[names.index(version) + 1 :]
    return following[0].policy if following else None


def differences(older: Policy, newer: Policy) -> list[Difference]:
    """Everything that the newer version says otherwise: parameters, terms, tasks, requirements, forms."""
    a, b = _flat(older), _flat(newer)
    keys = [*b, *(key for key in a if key not in b)]
    return [Difference(*key, before=a.get(key), after=b.get(key)) for key in keys if a.get(key) != b.get(key)]


def _flat(policy: Policy) -> dict[tuple[str, str], str]:
    """(part, name) → the value as text."""
    found: dict[tuple[str, str], str] = {
        ("policy", "status"): policy.status,
        ("policy", "note"): policy.note,
        ("policy", "consent_version"): policy.consent_version,
    }
    found |= {("parameter", name): said(value) for name, value in policy.parameters().items()}
    for part in PARTS:
        terms: Mapping[str, Any] = getattr(policy, part)
        found |= {(part, name): f"{term.length} {term.unit}" for name, term in sorted(terms.items())}
    for task in policy.tasks:
        content = task.model_dump(mode="json", exclude={"kind"})
        found |= {("task", f"{task.kind}.{name}"): said(value) for name, value in content.items()}
    for form in policy.forms:
        found[("form", form.code)] = f"{form.key} {form.title.id}"
    for asked in policy.requirements:
        found[("requirement", asked.rule)] = ", ".join(asked.documents)
    return found


def said(value: Any) -> str:
    """A value of the policy as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return ", ".join(" / ".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in value)
    return json.dumps(value, ensure_ascii=False, default=str)


async def schemes(runtime: Runtime) -> list[dict[str, Any]]:
    """Every version of every scheme with its units."""
    async with runtime.db.read() as session:
        rows = await reads.scheme_versions(session)
        units = await reads.scheme_units(session)
    of = {key: list(group) for key, group in groupby(units, key=lambda u: (u.scheme, u.version))}
    return [
        {
            **row.model_dump(mode="json"),
            "units": [u.model_dump(mode="json") for u in of.get((row.id, row.version), [])],
        }
        for row in rows
    ]


async def earliest_class_day(runtime: Runtime) -> date | None:
    """The first class day of a request that is sent today (R-NOTICE); None when the holiday table does not
    reach so far."""
    today = local_day(await runtime.gateway.business_now())
    try:
        async with runtime.db.read() as session:
            table = await registry.calendar(session)
        return table.add_working_days(today, default(today).notice_working_days)
    except (CalendarYearMissing, NotFound):
        return None


async def holidays(runtime: Runtime, version: str, year: int) -> dict[str, Any]:
    """The holiday tables, and one year of one of them: the newest and this year unless others are asked for.
    NotFound for a version or a year that is not there."""
    async with runtime.db.read() as session:
        tables = await reads.calendar_versions(session)
        if not tables:
            return {"tables": [], "version": "", "years": [], "year": year, "days": []}
        table = next((t for t in tables if t.version == (version or tables[0].version)), None)
        if table is None or (year and year not in table.years):
            raise missing()
        today = local_day(await runtime.gateway.business_now())
        chosen = year or (today.year if today.year in table.years else table.years[0])
        days = await reads.holidays(session, table.version, chosen)
    return {
        "tables": [{"version": t.version, "years": t.years, "at": t.created_at} for t in tables],
        "version": table.version,
        "years": table.years,
        "year": chosen,
        "days": [
            {
                "day": h.day.isoformat(),
                "name": h.name,
                "category": h.category,
                "estimated": h.estimated,
            }
            for h in days
        ],
    }
