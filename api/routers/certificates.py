"""Certificates: for those who work with them, and the check that is open to all."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from api import evidence, sight, views
from api.checking import NOTHING, Checked, look_up
from api.deps import STAFF, Allow, Run
from api.limits import Brake
from api.reading import fresh, one
from api.schemas.common import DEFAULT_LIMIT, PROBLEMS, Cursor, Id, Limit, Problem
from db import reads
from db.identity import Access
from domain.cases import Case
from domain.clock import local_day
from domain.errors import NotFound
from domain.policy import default
from domain.roles import Role
from domain.rules.recertification import window
from logs import bind_case

router = APIRouter(prefix="/v1", tags=["certificates"], responses=PROBLEMS)

Readers = Annotated[Access, Depends(Allow(Role.CANDIDATE, Role.MASTER_ASSESSOR, *STAFF))]
CHECK_BRAKE = Brake(burst=30, every=2.0)
CHECK_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


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
    """Those that end first come first; a holder sees the own ones. `number` is any of the three. `window`:
    the first and the last day for recertification (R-WIN), by the policy of today."""
    whose = person if sight.staff(access) else access.person
    today = local_day(await runtime.gateway.business_now())
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
                **_window(row.valid_until, today),
            }
            for row in page.items
        ],
        "next": page.next,
    }


def _window(until: date, today: date) -> dict[str, Any]:
    first, last = window(until, default(today))
    return {"window": {"first": first.isoformat(), "last": last.isoformat(), "open": first <= today <= last}}


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


@router.get(
    "/check/{code}",
    summary="Check a certificate (open to all)",
    response_model=Checked,
    responses={
        404: {"model": Checked, "description": "No certificate has this code; the same shape, empty."},
        429: {
            "model": Problem,
            "description": "Too often from one address; Retry-After says how many seconds to wait.",
        },
    },
)
async def check(code: str, request: Request, runtime: Run) -> JSONResponse:
    """Valid, expired, suspended or revoked, with the holder's name and the scheme; never the NIK. `checked`
    says how that was found: the certificate's chain in the ledger, and the last signed checkpoint.

    Whatever is not a certificate's code gets one and the same answer, after the same work. The same JSON
    stands at `/check/{code}`, the address of the printed QR, for who sends `Accept: application/json`.
    """
    CHECK_BRAKE.check(request)
    return checked_json(await look_up(runtime, code))


def checked_json(found: Checked | None) -> JSONResponse:
    """The answer of the check, for programs."""
    body = (found or NOTHING).model_dump(mode="json")
    return JSONResponse(body, 200 if found else 404, CHECK_HEADERS)
