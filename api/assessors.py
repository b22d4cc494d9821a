"""The windows in which an organisation's assessors can be certified again (R-WIN)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import programmes, views
from api.runtime import Runtime
from db import reads
from db.identity import Access
from db.tables import CertificateRow
from domain.clock import local_day
from domain.policy import Policy, default
from domain.rules.recertification import window


async def windows(runtime: Runtime, access: Access) -> list[dict[str, Any]]:
    """Assessors whom the asker's organisation recommended: those whose window is open first, by the days that
    are left, then those whose window is still to open, then those whose window has closed, the last first.
    Names are those that the organisation gave itself."""
    today = local_day(await runtime.gateway.business_now())
    async with runtime.db.read() as session:
        rows = await reads.recommended_certificates(session, access.hat.organisation)
        known = await programmes.names(session, runtime, access, {row.person for row in rows})
        again = await _again(session, access, rows)
    policy = default(today)
    found = [
        {
            **_window(row, today, policy),
            **views.person_json(row.person, known),
            "application": again.get(row.person),
        }
        for row in _latest(rows)
    ]
    order = {"open": 0, "later": 1, "closed": 2}
    return sorted(found, key=lambda one: (order[one["window"]], one["days"]))


def _latest(rows: Iterable[CertificateRow]) -> list[CertificateRow]:
    """Of each person and scheme the certificate that ends last."""
    return list({(row.person, row.scheme): row for row in sorted(rows, key=lambda r: r.valid_until)}.values())


def _window(row: CertificateRow, today: date, policy: Policy) -> dict[str, Any]:
    first, last = window(row.valid_until, policy)
    if today < first:
        place, days = "later", (first - today).days
    elif today <= last:
        place, days = "open", (last - today).days
    else:
        place, days = "closed", (today - last).days
    return {
        "certificate": row.stream,
        **views.state_json("certificate", row.state),
        "certificate_number": row.certificate_number,
        "scheme": row.scheme,
        "valid_until": row.valid_until.isoformat(),
        "opens": first.isoformat(),
        "closes": last.isoformat(),
        "window": place,
        "days": days,
    }


async def _again(session: AsyncSession, access: Access, rows: Iterable[CertificateRow]) -> dict[str, str]:
    """person → this organisation's own application of that person which is newer than the certificate."""
    issued = {row.person: row.opened_at for row in rows}
    page = await reads.journeys(session, organiser=access.hat.organisation, limit=reads.MOST)
    return {
        j.person: j.stream
        for j in page.items
        if j.track == "recertification" and j.person in issued and j.opened_at > issued[j.person]
    }
