"""Refusals as people and programs read them: RFC 9457 `application/problem+json`, in two languages."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.fields import violations_of
from domain.errors import DomainError, Malformed, NotFound
from domain.text import Text
from domain.verdict import Violation

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "2"
"""Seconds after which a request whose outcome is unknown may be sent again with the same key."""

TITLES: dict[str, Text] = {
    "Malformed": Text(id="Isian tidak sah", en="The input is not valid"),
    "Refused": Text(id="Tidak dapat dilakukan", en="This cannot be done"),
    "IllegalMove": Text(id="Tidak berlaku dalam keadaan ini", en="Not possible in the present state"),
    "Conflict": Text(id="Didahului atau bertentangan", en="A conflict with something earlier"),
    "Forbidden": Text(id="Tidak berwenang", en="Not allowed for you"),
    "NotFound": Text(id="Tidak ditemukan", en="Not found"),
    "NotSignedIn": Text(id="Belum masuk", en="Not signed in"),
    "TooLarge": Text(id="Terlalu besar", en="Too large"),
    "UnsupportedMedia": Text(id="Jenis berkas tidak diterima", en="This kind of file is not accepted"),
    "TooOften": Text(id="Terlalu sering", en="Too often"),
    "Unknown": Text(id="Jawaban belum diketahui", en="The answer is not known"),
}
_NO_METHOD = Text(id="Metode tidak berlaku di alamat ini", en="This method does not apply here")
_FAULT = Text(id="Kesalahan pada sistem", en="A fault of the system")
_STATUS_NAMES = {
    401: "NotSignedIn",
    403: "Forbidden",
    404: "NotFound",
    413: "TooLarge",
    415: "UnsupportedMedia",
}


def problem_of(error: DomainError, *, instance: str = "") -> dict[str, Any]:
    """The body of the answer to a refusal, with every violation at once."""
    name = next(c.__name__ for c in type(error).__mro__ if c.__name__ in TITLES)
    return _problem(name, error.status, TITLES[name], error.violations, instance)


def _problem(
    name: str, status: int, title: Text, violations: Sequence[Violation], instance: str
) -> dict[str, Any]:
    return {
        "type": f"urn:asesor:problem:{name}",
        "title": title.id,
        "title_en": title.en,
        "status": status,
        "detail": " ".join(v.text.id for v in violations[:5]),
        "detail_en": " ".join(v.text.en for v in violations[:5]),
        "instance": instance,
        "violations": [violation_json(v) for v in violations],
    }


def violation_json(violation: Violation) -> dict[str, Any]:
    """One reason, as `violations[]` and the `allowed` of a case show it."""
    return {
        "rule": violation.rule,
        "citation": violation.citation,
        "text": violation.text.id,
        "text_en": violation.text.en,
        "remedy": violation.remedy.id if violation.remedy else None,
        "remedy_en": violation.remedy.en if violation.remedy else None,
        "subject": violation.subject,
        "facts": violation.model_dump(mode="json")["facts"],
    }


def answer(error: DomainError, request: Request | None = None) -> JSONResponse:
    """The whole answer: status, body, Retry-After where trying again helps."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_helps:
        headers["Retry-After"] = str(getattr(error, "retry_after", RETRY_AFTER))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = problem_of(error, instance=instance_of(request) if request else "")
    return JSONResponse(body, error.status, headers, MEDIA_TYPE)


def instance_of(request: Request) -> str:
    """This very occurrence: the request id that the log has, too."""
    id_ = getattr(request.state, "request_id", "")
    return f"urn:asesor:request:{id_}" if id_ else ""


def fault(request_id: str) -> JSONResponse:
    """500: says nothing but under which id the log tells more."""
    violation = Violation(
        rule="A-FAULT",
        text=Text(
            id="Terjadi kesalahan pada sistem. Laporkan nomor permintaan ini kepada petugas.",
            en="The system made a fault. Report this request's number to operations.",
        ),
    )
    body = _problem("Fault", 500, _FAULT, [violation], f"urn:asesor:request:{request_id}")
    return JSONResponse(body, 500, {"Cache-Control": "no-store"}, MEDIA_TYPE)


def malformed(error: RequestValidationError) -> Malformed:
    """A request that does not have its shape, field by field."""
    return Malformed(violations_of(error.errors()))


def from_http(error: HTTPException) -> DomainError | None:
    """The refusal behind a framework's error; None for one that has no class of ours."""
    cause = error.__cause__
    if isinstance(cause, DomainError):  # raised while the body was read, and wrapped by FastAPI
        return cause
    if error.status_code == 404:
        return NotFound.because("A-ADDRESS", "Alamat ini tidak ada.", "There is no such address.")
    if error.status_code in (400, 422):
        return Malformed.because(
            "A-BODY", "Isi permintaan tidak dapat dibaca.", "The request's body cannot be read."
        )
    return None


def plain_http(error: HTTPException, request: Request) -> JSONResponse:
    """Any other error of the framework (405 above all)."""
    name = _STATUS_NAMES.get(error.status_code, "Method" if error.status_code == 405 else "Request")
    title = TITLES.get(name, _NO_METHOD if error.status_code == 405 else TITLES["Malformed"])
    violation = Violation(rule=f"A-{error.status_code}", text=title)
    body = _problem(name, error.status_code, title, [violation], instance_of(request))
    return JSONResponse(body, error.status_code, dict(error.headers or {}), MEDIA_TYPE)
