"""The certificate as a PDF: typeset once from what its case says, kept by its digest, found by its code.

The same request gives the same bytes: fonts are typst's own, and every date inside is the day of issue. The
person's name is opened for the page alone; no error and no log repeats it.
"""

import asyncio
import io
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from urllib.parse import quote

import segno
import typst
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import contracts as c
from activities.documents import DocumentStore
from db.registry import SchemeData, scheme_data
from db.session import Database
from db.tables import ReservationRow
from db.vault import Vault
from domain.facts import UnitFacts
from domain.notices import day_in_words
from domain.policy import Policy, default, policy
from domain.reference import ABILITIES
from domain.text import Text
from settings import Settings

TEMPLATE = Path(__file__).parent / "templates" / "certificate.typ"
FORM = "SERTIFIKAT"
"""Code of the certificate's form in a policy; the page is marked as a specimen until BNSP verified it."""

CODE_KIND = "check_code"
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which people read as something else."""
CODE_LENGTH = 26
"""130 bits: a code cannot be guessed, so a page that shows a name to whoever has it is no register."""

UNITS_ON_FACE = 4
LINE = 110
"""Characters that surely stand in one line, whichever they are; with longer ones the units need a page."""

WORDMARK = Text(id="Sertifikasi Asesor Kompetensi", en="Certification of competency assessors")
SPECIMEN = Text(
    id="CONTOH – nomor dan format belum diverifikasi BNSP",
    en="SPECIMEN – numbers and format not yet verified by BNSP",
)

_UNIT_TITLES = {ability.id: ability.unit_title for ability in ABILITIES}


class Unit(BaseModel):
    model_config = ConfigDict(frozen=True)

    code: str
    title: Text
    verified: bool


class Sheet(BaseModel):
    """Everything that the template puts on the page."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    title: str
    """The file's own title: the certificate's number, never the person's name."""
    programme: Text
    name: str = Field(repr=False)
    scheme: Text
    units: tuple[Unit, ...]
    units_apart: bool
    """On a page of their own: the first one has no room for them."""
    certificate_number: str
    registration_number: str
    blank_number: str
    day: tuple[int, int, int]
    issued_on: Text
    valid_until: Text
    """Last valid day."""
    check_url: str
    qr: str
    """SVG."""
    specimen: Text | None
    simulation: bool


class CertificateActivities:
    """What a certificate's workflow asks of the world."""

    def __init__(self, db: Database, vault: Vault, store: DocumentStore, settings: Settings) -> None:
        self._db, self._vault, self._store, self._settings = db, vault, store, settings

    @activity.defn(name=c.RENDER_CERTIFICATE)
    async def render(self, request: c.RenderRequest) -> c.RenderAnswer:
        """Make the PDF and keep it; a repetition finds the same code and makes the same document.

        NotFound for a scheme or policy that is not known and for a person who is not or was forgotten;
        ApplicationError `NotTypeset` when a name has letters that the fonts lack.
        """
        code = await self._db.retrying(lambda session: check_code(session, request.stream))
        async with self._db.read() as session:
            person = await self._vault.open_person(session, request.person)
            scheme = await scheme_data(session, request.scheme, request.scheme_version)
        issued = date.fromisoformat(request.issued_on)
        rules = policy(request.policy_version) if request.policy_version else default(issued)
        content = sheet(request, code, person.full_name, scheme, rules, self._settings.public_url)
        pdf = await asyncio.to_thread(typeset, content)
        stored = await self._store.put(_once(pdf))
        return c.RenderAnswer(digest=stored.digest, check_code=code)


async def check_code(session: AsyncSession, stream: str) -> str:
    """The code of the certificate with that stream, made at the first call and kept."""
    if session.get_bind().dialect.name == "postgresql":
        # An attempt that timed out may still run beside its retry: two codes would be one too many.
        # (SQLite: the transaction began IMMEDIATE.)
        await session.exec(
            select(func.pg_advisory_xact_lock(func.hashtextextended(f"{CODE_KIND}/{stream}", 0)))
        )
    kept = await session.exec(
        select(ReservationRow.key).where(ReservationRow.kind == CODE_KIND, ReservationRow.holder == stream)
    )
    if (code := kept.first()) is not None:
        return code
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    session.add(
        ReservationRow(kind=CODE_KIND, key=code, holder=stream, stream=stream, taken_at=datetime.now(UTC))
    )
    return code


def read_code(typed: str) -> str:
    """A code as somebody typed it from paper: spaces, hyphens, small letters and the lookalikes I, L, O are
    forgiven. Gives "" for what cannot be a code."""
    code = "".join(typed.split()).replace("-", "").upper().translate(str.maketrans("ILO", "110"))
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) else ""


def check_url(public_url: str, code: str) -> str:
    """Where anybody can check the certificate with that code."""
    return f"{public_url}/check/{quote(code, safe='')}"


def sheet(
    request: c.RenderRequest, code: str, full_name: str, scheme: SchemeData, rules: Policy, public_url: str
) -> Sheet:
    """What stands on this certificate."""
    issued, until = date.fromisoformat(request.issued_on), date.fromisoformat(request.valid_until)
    url = check_url(public_url, code)
    name, units = " ".join(full_name.split()), tuple(_unit(unit) for unit in scheme.units)
    title = f"Sertifikat kompetensi {request.certificate_number}"
    return Sheet(
        title=f"SIMULASI – {title}" if request.simulation else title,
        programme=WORDMARK,
        name=name,
        scheme=Text(id=scheme.name_id, en=scheme.name_en),
        units=units,
        units_apart=len(units) > UNITS_ON_FACE
        or max(len(name), len(scheme.name_id), len(scheme.name_en)) > LINE
        or any(len(unit.code + unit.title.id + unit.title.en) > LINE for unit in units),
        certificate_number=request.certificate_number,
        registration_number=request.registration_number,
        blank_number=request.blank_number,
        day=(issued.year, issued.month, issued.day),
        issued_on=day_in_words(issued),
        valid_until=day_in_words(until),
        check_url=url,
        qr=_qr(url),
        specimen=None if form_verified(rules) else SPECIMEN,
        simulation=request.simulation,
    )


def form_verified(rules: Policy) -> bool:
    """Has BNSP confirmed how a certificate looks and is numbered?"""
    return any(form.code == FORM and form.verified for form in rules.forms)


def typeset(content: Sheet) -> bytes:
    """The page as PDF/A-2b; the same sheet gives the same bytes on every machine.

    Raises ApplicationError (NotTypeset), which says nothing of what could not be set.
    """
    day = date(*content.day)
    try:
        return typst.compile(
            TEMPLATE.read_bytes(),
            format="pdf",
            pdf_standards=["a-2b"],
            ignore_system_fonts=True,  # whatever this machine has: the bytes would differ on the next
            sys_inputs={"data": content.model_dump_json()},
            timestamp=datetime.combine(day, time(), tzinfo=UTC),
        )
    except typst.TypstError:
        # Its message quotes the text that could not be set: somebody's name.
        raise ApplicationError("C-TYPESET", type="NotTypeset", non_retryable=True) from None


def _unit(unit: UnitFacts) -> Unit:
    known = _UNIT_TITLES.get(unit.ability)
    title = unit.title or (known.id if known else unit.id)
    # Our English is of the known title; it must not stand under another one.
    english = known.en if known and known.id == title else ""
    return Unit(code=unit.code or "", title=Text(id=title, en=english), verified=unit.verified)


def _qr(url: str) -> str:
    """The QR code as SVG, its quiet zone left to the page; paper is stamped and folded, a quarter may go."""
    out = io.BytesIO()
    code = segno.make(url, error="q", micro=False)
    code.save(out, kind="svg", xmldecl=False, nl=False, border=0, dark="#14242e")
    return out.getvalue().decode()


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
