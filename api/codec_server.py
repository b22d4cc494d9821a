"""Opens payloads for Temporal's own pages: POST /codec/decode and /codec/encode.

Temporal's UI runs in the reader's browser and asks this endpoint, from its own origin, to make payloads
readable. It opens everything that cases hold, so it answers loopback or signed-in staff, and no page of
another origin.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads
from temporalio.converter import PayloadCodec

from domain.errors import Forbidden, Malformed, TooLarge

MAX_BODY = 8 * 1024 * 1024
"""Bytes of one request; a page of Temporal's history is smaller than its 4 MB message limit."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

Staff = Callable[[Request], Awaitable[bool]]


def codec_router(codec: PayloadCodec, *, ui_origin: str, staff: Staff, trust_loopback: bool) -> APIRouter:
    """The two endpoints.

    `ui_origin` is the only origin that gets CORS headers, such as `http://127.0.0.1:8243`. `staff(request)`
    answers whether a signed-in member of staff asks. `trust_loopback` lets this machine in without signing
    in: for the embedded product only, where the machine's user holds the keys anyway.
    """
    router = APIRouter(prefix="/codec", tags=["codec"], include_in_schema=False)
    origin_allowed = ui_origin.rstrip("/")

    def cors(request: Request) -> dict[str, str]:
        headers = {"Vary": "Origin", "Cache-Control": "no-store"}
        if request.headers.get("origin") == origin_allowed:
            headers |= {
                "Access-Control-Allow-Origin": origin_allowed,
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "content-type, x-namespace",
            }
        return headers

    async def admit(request: Request) -> None:
        origin = request.headers.get("origin")
        # CORS only hides the answer from a foreign page; this also refuses to do the work for one.
        if origin is not None and origin != origin_allowed:
            raise _forbidden()
        if trust_loopback and _from_this_machine(request):
            return
        if not await staff(request):
            raise _forbidden()

    async def apply(request: Request, work: Callable[[Any], Awaitable[Any]]) -> Response:
        await admit(request)
        payloads = await run_in_threadpool(_parse, await _body(request))
        answer = Payloads(payloads=await work(payloads.payloads))
        return Response(json_format.MessageToJson(answer), 200, cors(request), "application/json")

    @router.options("/decode")
    @router.options("/encode")
    async def preflight(request: Request) -> Response:
        return Response(status_code=204, headers=cors(request))

    @router.post("/decode")
    async def decode(request: Request) -> Response:
        return await apply(request, codec.decode)

    @router.post("/encode")
    async def encode(request: Request) -> Response:
        return await apply(request, codec.encode)

    return router


def _from_this_machine(request: Request) -> bool:
    """Is the other end this machine itself, and not a proxy on it?"""
    # Behind a proxy on this machine everybody looks like loopback.
    if any(name in request.headers for name in FORWARDED):
        return False
    # DNS rebinding: a foreign page's host name that was made to point here.
    if not _loopback(urlsplit(f"//{request.headers.get('host', '')}").hostname or ""):
        return False
    return request.client is not None and _loopback(request.client.host)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLarge.because(
                "A-SIZE", "Permintaan terlalu besar.", "The request is too large.", limit=MAX_BODY
            )
    return bytes(body)


def _parse(body: bytes) -> Payloads:
    try:
        return json_format.Parse(body, Payloads(), ignore_unknown_fields=True)
    except (json_format.ParseError, UnicodeDecodeError, RecursionError):
        raise Malformed.because(
            "A-BODY", "Isi permintaan bukan payload Temporal.", "The body is not Temporal's payloads."
        ) from None


def _forbidden() -> Exception:
    return Forbidden.because(
        "A-CODEC",
        "Payload hanya dibuka untuk petugas yang masuk, dari halaman Temporal yang terdaftar.",
        "Payloads are opened only for signed-in staff, from the registered Temporal pages.",
    )
