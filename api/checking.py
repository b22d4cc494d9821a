"""What anybody may know of a certificate whose code is at hand, and how that was found."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.certificates import CODE_LENGTH, read_code
from api import views
from api.runtime import Runtime
from db import checkpoints, reads, registry, verify
from db.tables import CertificateRow
from domain.clock import local_day
from domain.errors import NotFound
from domain.text import Text

Verdict = Literal["valid", "expired", "suspended", "revoked"]
VERDICTS: dict[Verdict, Text] = {
    "valid": Text(id="Berlaku", en="Valid"),
    "expired": Text(id="Kedaluwarsa", en="Expired"),
    "suspended": Text(id="Dibekukan", en="Suspended"),
    "revoked": Text(id="Dicabut", en="Revoked"),
}
UNKNOWN = Text(id="Tidak dikenal", en="Unknown")
NOBODYS = "-" * CODE_LENGTH
"""What is looked for when what was typed cannot be a code: as long as one, and never one."""


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seal(Model):
    """The newest signed checkpoint of the ledger. `at` is UTC."""

    number: int
    at: datetime
    signature: Literal["valid", "invalid"]


class Proof(Model):
    """How the answer was found. `at` is the business moment of the check (UTC).

    `ledger`: `holds` when the certificate's chain of events is whole and says what is shown here, `differs`
    when it does not. `events` and `head` name that chain; `seal` is None before the first checkpoint.
    """

    at: datetime
    ledger: Literal["holds", "differs"]
    events: int
    head: str
    seal: Seal | None


class Checked(Model):
    """The answer of the check. Days are local to Indonesia; `valid_until` is the last valid one."""

    found: bool = False
    verdict: Verdict | None = None
    label: str = UNKNOWN.id
    label_en: str = UNKNOWN.en
    name: str | None = None
    scheme: str | None = None
    scheme_en: str | None = None
    certificate_number: str | None = None
    registration_number: str | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    simulation: bool = False
    checked: Proof | None = None


NOTHING = Checked()
"""The answer for an unknown code, and for what is no code: of the same shape, and empty."""


async def look_up(runtime: Runtime, typed: str) -> Checked | None:
    """What anybody may know of the certificate with this code, as somebody typed it from paper; None when
    there is none. What cannot be a code costs the same look as one that nobody has."""
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        row = await reads.certificate_by_code(session, read_code(typed) or NOBODYS)
        verdict = verdict_of(row, local_day(now)) if row else None
        if row is None or verdict is None:
            return None
        known = await views.people(session, runtime.vault, [row.person], None)
        try:
            scheme = await registry.scheme_data(session, row.scheme, row.scheme_version)
            names = (scheme.name_id, scheme.name_en)
        except NotFound:
            names = (row.scheme, row.scheme)
        return Checked(
            found=True,
            verdict=verdict,
            label=VERDICTS[verdict].id,
            label_en=VERDICTS[verdict].en,
            name=known.get(row.person, {}).get("name"),
            scheme=names[0],
            scheme_en=names[1],
            certificate_number=row.certificate_number,
            registration_number=row.registration_number,
            issued_on=row.issued_on,
            valid_until=row.valid_until,
            simulation=runtime.settings.clock == "simulation",
            checked=await _proof(session, runtime, row.stream, now),
        )


async def _proof(session: AsyncSession, runtime: Runtime, stream: str, now: datetime) -> Proof:
    """The certificate's own chain, which is short, is verified anew each time."""
    report = await verify.one(session, stream)
    head = await reads.head(session, stream)
    keys = [
        checkpoints.signing_key(key.material).public_key()
        for key in runtime.settings.keys(checkpoints.PURPOSE)
    ]
    seal = await checkpoints.newest(session, keys)
    return Proof(
        at=now,
        ledger="holds" if report.ok else "differs",
        events=report.events,
        head=head.hash if head else "",
        seal=Seal(number=seal.id, at=seal.at, signature="valid" if seal.valid else "invalid")
        if seal
        else None,
    )


def verdict_of(row: CertificateRow, today: date) -> Verdict | None:
    """What the certificate is worth today. None: it was never issued."""
    if row.state == "PREPARED":
        return None
    if row.state == "REVOKED":
        return "revoked"
    if row.state == "SUSPENDED":
        return "suspended"
    # The printed day is the truth, even before the case has noticed that it is over.
    return "valid" if row.state == "ACTIVE" and today <= row.valid_until else "expired"
