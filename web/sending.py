"""A command of a programme, sent from a page of its own instead of the case's general form."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.routers import programmes
from api.runtime import Runtime
from api.schemas.derive import request_model
from db.identity import Access
from domain.commands import Receipt
from web import acts
from web.commands import COMMANDS


async def send(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    command: str,
    values: Mapping[str, Any],
    key: str,
) -> Receipt:
    """Let the API's own function of that command do it. Malformed, and whatever the case refuses."""
    body = acts.validated(request_model(COMMANDS[command]), values)
    endpoint = next(
        r.endpoint for r in programmes.router.routes if isinstance(r, APIRoute) and r.name == command
    )
    receipt: Receipt = await endpoint(
        programme=programme,
        body=body,
        request=request,
        response=Response(),
        access=access,
        key=key,
        runtime=runtime,
    )
    return receipt
