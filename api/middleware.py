"""The edge of every request: its id, its headers, its size, and one log line that holds no personal data."""

import re
import time
import uuid
from ipaddress import ip_address, ip_network
from typing import Any

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import fault
from domain.errors import TooLarge

BODY_LIMIT = 1024 * 1024
"""Bytes of a request that uploads nothing."""
FORM_OVERHEAD = 64 * 1024
"""What a multipart form adds to the file in it."""
DRAIN_LIMIT = 4
"""A body up to this many times the limit is read to its end, so that the sender sees the refusal and not a
broken connection."""
UPLOADS = re.compile(r"/(?:import|evidence|paste|files/[A-Za-z0-9._]+)$")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "cache-control": "no-store",  # what is for one reader; a route that knows better says so itself
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000; includeSubDomains"

log = structlog.get_logger()


class Edge:
    """Outermost of all: what goes wrong inside becomes an opaque 500 here."""

    def __init__(self, app: ASGIApp, *, upload_limit: int, production: bool) -> None:
        self.app = app
        self.upload_limit = upload_limit
        self.headers = HEADERS | ({"strict-transport-security": HSTS} if production else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        seen: dict[str, Any] = {"status": 0}
        started = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                present = {key.lower() for key, _ in message.get("headers", [])}
                added = {**self.headers, "x-request-id": request_id}
                message["headers"] = [
                    *message.get("headers", []),
                    *((k.encode(), v.encode()) for k, v in added.items() if k.encode() not in present),
                ]
            await send(message)

        try:
            await self.app(scope, self._limited(scope, receive), sending)
        except Exception:
            log.exception("fault")
            if seen["status"]:
                raise
            await fault(request_id)(scope, receive, sending)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            log.info(
                "request",
                method=scope["method"],
                route=route_of(scope),
                status=seen["status"],
                milliseconds=milliseconds,
            )

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` that raises TooLarge as soon as the body is larger than its route allows."""
        limit = self.upload_limit + FORM_OVERHEAD if UPLOADS.search(scope["path"]) else BODY_LIMIT
        declared = next((v for k, v in scope["headers"] if k == b"content-length"), b"")
        too_long = declared.isdigit() and int(declared) > limit
        size = 0

        async def limited() -> Message:
            nonlocal size
            if too_long:
                await _drain(receive, min(int(declared), limit * DRAIN_LIMIT))
                raise _too_large(limit)
            message = await receive()
            size += len(message.get("body", b"")) if message["type"] == "http.request" else 0
            if size > limit:
                raise _too_large(limit)
            return message

        return limited


async def _drain(receive: Receive, most: int) -> None:
    size = 0
    while size < most:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _too_large(limit: int) -> Exception:
    return TooLarge.because(
        "A-SIZE",
        f"Kiriman lebih besar dari {limit // 1024} KiB.",
        f"What was sent is larger than {limit // 1024} KiB.",
        limit=limit,
    )


def route_of(scope: Scope) -> str:
    """The template of the route (`/v1/programmes/{programme}`), never the path that was asked for."""
    path = getattr(scope.get("route"), "path", "")
    return path or "-"


def client_of(request: Request) -> str:
    """The other end's address, as the server (or the proxy that it trusts, FORWARDED_ALLOW_IPS) knows it; of
    IPv6 the network, since every customer has 2^64 addresses. Not logged."""
    host = request.client.host if request.client else "-"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    # A server that listens on both kinds sees an IPv4 address as ::ffff:…, which are all of one network.
    address = getattr(address, "ipv4_mapped", None) or address
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))
