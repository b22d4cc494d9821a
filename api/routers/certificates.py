"""Certificates: for those who work with them, and the check that is open to all."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.certificates import read_code
from api import evidence, sight, views
from api.deps import STAFF, Allow, Run
from api.limits import Brake
from api.reading import fresh, one
from api.runtime import Runtime
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Cursor, Id, Limit
from db import reads, registry
from db.identity import Access
from db.tables import CertificateRow
from domain.cases import Case
from domain.clock import local_day
from domain.errors import NotFound
from domain.roles import Role
from domain.text import Text
from logs import bind_case

router = APIRouter(prefix="/v1", tags=["certificates"], responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(Role.CANDIDATE, Role.MASTER_ASSESSOR, *STAFF))]
CHECK_BRAKE = Brake(burst=30, every=2.0)
CHECK_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
VERDICTS: dict[str, Text] = {
    "valid": Text(id="Berlaku", en="Valid"),
    "expired": Text(id="Kedaluwarsa", en="Expired"),
    "suspended": Text(id="Dibekukan", en="Suspended"),
    "revoked": Text(id="Dicabut", en="Revoked"),
}
Verdict = Literal["valid", "expired", "suspended", "revoked"]


@router.get("/certificates", summary="Certificates")
async def certificates(
    access: Readers,
    runtime: Run,
    state: Annotated[str, Query(max_length=20)] = "",
    number: Annotated[str, Query(max_length=60)] = "",
    person: Annotated[str, Query(max_length=80)] = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Those that end first come first; a holder sees the own ones. `number` is any of the three."""
    whose = person if sight.staff(access) else access.person
    async with runtime.db.read() as session:
        page = await reads.certificates(
            session, person=whose, state=state, number=number, cursor=cursor, limit=limit
        )
        known = await views.people(session, runtime.vault, [row.person for row in page.items], access)
    return {
        "items": [
            {
                **row.model_dump(mode="json", exclude={"workflow_id", "id", "pdf_digest"}),
                "id": row.stream,
                **views.state_json("certificate", row.state),
                **views.person_json(row.person, known),
                "pdf": bool(row.pdf_digest),
            }
            for row in page.items
        ],
        "next": page.next,
    }


async def _find(session: AsyncSession, access: Access, certificate: str) -> Case:
    case = await reads.case(session, certificate)
    if case is None or case.kind != "certificate" or case.main is None:
        raise sight.missing()
    if not sight.sees_certificate(access, case):
        raise sight.stranger()
    bind_case(case.stream, case.workflow_id)
    return case


@router.get("/certificates/{certificate}", summary="One certificate")
async def certificate(certificate: Id, request: Request, access: Readers, runtime: Run) -> Response:
    """Its state, numbers and days, and what you may do. For its holder and BNSP."""
    case, projection = await fresh(
        request, runtime, certificate, lambda session: _find(session, access, certificate)
    )
    now = await runtime.gateway.business_now()
    async with runtime.db.read() as session:
        known = await views.people(session, runtime.vault, [case.certificate.person], access)
    body = {
        **views.head_json(case),
        **views.certificate_json(case.certificate, known),
        "allowed": views.allowed_json(runtime.gateway, case, access, now),
    }
    return one(request, body, projection)


@router.get("/certificates/{certificate}/pdf", summary="The certificate as PDF", response_class=Response)
async def pdf(certificate: Id, access: Readers, runtime: Run) -> Response:
    """As it was issued, with its QR; the same bytes each time. 404 while it is PREPARED."""
    async with runtime.db.read() as session:
        case = await _find(session, access, certificate)
    found = case.certificate
    if not found.pdf_digest:
        raise NotFound.because(
            "D-MISSING", "Sertifikat ini belum dicetak.", "This certificate has not been printed yet."
        )
    await evidence.require_opened(runtime, access, certificate)
    return evidence.sent(runtime, found.pdf_digest, "application/pdf", f"sertifikat-{found.pdf_digest[:8]}")


@router.get("/check/{code}", summary="Check a certificate (open to all)")
async def check(code: Annotated[str, Path(max_length=200)], request: Request, runtime: Run) -> JSONResponse:
    """Valid, expired, suspended or revoked, with the holder's name and the scheme; never the NIK.

    Whatever is not a certificate's code gets one and the same answer.
    """
    CHECK_BRAKE.check(request)
    found = await look_up(runtime, code)
    return JSONResponse(found or nothing(), 200 if found else 404, CHECK_HEADERS)


def nothing() -> dict[str, Any]:
    """The answer for an unknown code: of the same shape, and empty."""
    return {
        "found": False,
        "verdict": None,
        "label": "Tidak ditemukan",
        "label_en": "Not found",
        "name": None,
        "scheme": None,
        "scheme_en": None,
        "certificate_number": None,
        "registration_number": None,
        "issued_on": None,
        "valid_until": None,
        "simulation": False,
    }


async def look_up(runtime: Runtime, code: str) -> dict[str, Any] | None:
    """What anybody may know of the certificate with this code, as somebody typed it from paper; None when
    there is none."""
    code = read_code(code)
    if not code:
        return None
    today = local_day(await runtime.gateway.business_now())
    async with runtime.db.read() as session:
        row = await reads.certificate_by_code(session, code)
        if row is None:
            return None
        verdict = verdict_of(row, today)
        if verdict is None:
            return None
        known = await views.people(session, runtime.vault, [row.person], None)
        try:
            scheme = await registry.scheme_data(session, row.scheme, row.scheme_version)
            names = (scheme.name_id, scheme.name_en)
        except NotFound:
            names = (row.scheme, row.scheme)
    return {
        "found": True,
        "verdict": verdict,
        **views.both(VERDICTS[verdict]),
        "name": known.get(row.person, {}).get("name"),
        "scheme": names[0],
        "scheme_en": names[1],
        "certificate_number": row.certificate_number,
        "registration_number": row.registration_number,
        "issued_on": row.issued_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "simulation": runtime.settings.clock == "simulation",
    }


def verdict_of(row: CertificateRow, today: Any) -> Verdict | None:
    """What the certificate is worth today. None: it was never issued."""
    if row.state == "PREPARED":
        return None
    if row.state == "REVOKED":
        return "revoked"
    if row.state == "SUSPENDED":
        return "suspended"
    # The printed day is the truth, even before the case has noticed that it is over.
    return "valid" if row.state == "ACTIVE" and today <= row.valid_until else "expired"
