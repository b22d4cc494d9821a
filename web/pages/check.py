"""The check of a certificate, for anybody who has its code or QR at hand."""

from dataclasses import dataclass
from urllib.parse import quote

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from activities.certificates import check_url, read_code
from api import problems
from api.checking import Checked, look_up
from api.deps import Run
from api.limits import TooOften
from api.routers import certificates
from api.runtime import Runtime
from api.schemas.common import Problem
from web.deps import go
from web.render import page

router = APIRouter(tags=["certificates"])
LONGEST_CODE = 200
"""Characters of what was typed that are shown again."""


@dataclass(frozen=True)
class CheckPage:
    typed: str
    """What stands in the form."""
    asked: bool
    found: Checked | None
    often: int
    """Seconds to wait before the next check; 0: this one was made."""
    address: str
    """Where this very answer is found again, in words and as `qr`."""
    qr: Markup


@router.get("/check", name="check_form", include_in_schema=False)
async def check_form(request: Request, runtime: Run, code: str = "") -> Response:
    """The form for a code that is typed from paper; it leads to the address that the QR holds."""
    if code.strip():
        # The form as it is printed: the same answer stands at one address, however it was typed.
        return go(f"/check/{quote(read_code(code) or code.strip()[:LONGEST_CODE], safe='')}")
    return await _checked(request, runtime, "", None, asked=False)


@router.get(
    "/check/{code:path}",
    name="check_page",
    summary="Check a certificate: the address of the printed QR",
    response_class=HTMLResponse,
    responses={
        200: {
            "description": "A page; with `Accept: application/json` what `/v1/check/{code}` answers.",
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "application/json": {"schema": {"$ref": "#/components/schemas/Checked"}},
            },
        },
        404: {"description": "No certificate has this code; the same for whatever is no code."},
        429: {
            "model": Problem,
            "description": "Too often from one address; Retry-After says how many seconds to wait.",
        },
    },
)
async def check_page(code: str, request: Request, runtime: Run) -> Response:
    """What a certificate is worth, for anybody: a page, or for programs the JSON of `/v1/check/{code}`."""
    json = prefers_json(request.headers.get("accept", ""))
    try:
        certificates.CHECK_BRAKE.check(request)
        found = await look_up(runtime, code)
    except TooOften as often:
        if json:
            return _varying(problems.answer(often, request))
        return await _checked(request, runtime, code, None, often=often)
    if json:
        return _varying(certificates.checked_json(found))
    return await _checked(request, runtime, code, found)


async def _checked(
    request: Request,
    runtime: Runtime,
    code: str,
    found: Checked | None,
    *,
    asked: bool = True,
    often: TooOften | None = None,
) -> HTMLResponse:
    address = check_url(runtime.settings.public_url, read_code(code)) if found else ""
    context = CheckPage(
        typed=code[:LONGEST_CODE],
        asked=asked,
        found=found,
        often=often.retry_after if often else 0,
        address=address,
        qr=_qr(address) if found else Markup(""),
    )
    headers = dict(certificates.CHECK_HEADERS) | ({"Retry-After": str(often.retry_after)} if often else {})
    status = often.status if often else 404 if asked and found is None else 200
    # Nobody's name or hat stands on it: it is shown, and printed, for others.
    answer = await page(request, runtime, None, "check.html", context, status=status, headers=headers)
    _varying(answer)
    return answer


def _varying(answer: Response) -> Response:
    """One address, two kinds of answer: no cache may mix them up."""
    answer.headers["Vary"] = "Accept"
    answer.headers.update({"X-Robots-Tag": "noindex", "Cache-Control": "no-store"})
    return answer


def _qr(address: str) -> Markup:
    """The address as a QR, made of our own text alone."""
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704


def prefers_json(accept: str) -> bool:
    """Does the one who asks name JSON, and want it at least as much as a page? A browser does not, and who
    takes anything gets the page."""
    wanted = {"json": 0.0, "html": 0.0}
    for part in accept.lower().split(","):
        kind, *options = (piece.strip() for piece in part.split(";"))
        quality = next((o[2:] for o in options if o.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            continue
        if kind in ("application/json", "application/problem+json"):
            wanted["json"] = max(wanted["json"], weight)
        elif kind in ("text/html", "application/xhtml+xml"):
            wanted["html"] = max(wanted["html"], weight)
    return wanted["json"] > 0 and wanted["json"] >= wanted["html"]
