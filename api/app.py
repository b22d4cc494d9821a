"""The application: routers, the edge, and how refusals are told. Wiring only."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from socket import gaierror
from typing import Any

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from activities.plugin import codec
from api import problems
from api.assets import Assets
from api.bulk_runner import run_bulks
from api.codec_server import codec_router
from api.commands import database_down
from api.denials import record
from api.deps import Allow, known_query, signed_in_staff
from api.middleware import Edge
from api.routers import (
    accounts,
    answers,
    applications,
    assessments,
    assignments,
    attendance,
    audit,
    bulk,
    cases,
    certificates,
    desk,
    health,
    invitations,
    jobs,
    notices,
    operations,
    organisations,
    participants,
    persons,
    pictures,
    portal,
    programmes,
    reviewing,
    rosters,
    sessions,
    sittings,
    tasks,
    work,
)
from api.runtime import DATABASE_DOWN, opened
from api.schemas.common import Problem
from domain.errors import DomainError, Malformed
from interpreter import settled
from logs import setup
from settings import Settings, load

COMPRESSED_ALREADY = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
OPEN_TO_ALL = frozenset({"/v1/sessions", "/v1/check/{code}", "/v1/invitations", "/v1/passwords"})
"""Addresses below /v1 that need no sign-in (of the first, POST alone)."""
BAD_CHARACTERS = frozenset({"22021", "22P05"})
"""PostgreSQL's answers to text with a NUL in it (SQLite takes it)."""
TOO_LARGE = frozenset({"22001", "22003"})
"""PostgreSQL's answers to a text longer than its column, and a number larger than its type."""
AWAY = ("08", "57P01", "57P02", "57P03", "53300")
"""SQLSTATEs (or their class) of a PostgreSQL that stops, starts, is lost on the way or has no place left."""
DESCRIPTION = """
Training and certification of competency assessors (Pelatihan dan Sertifikasi Asesor Kompetensi).

Sign in with `POST /v1/sessions`, then send `Authorization: Bearer …`. Who has several hats picks one with
`X-Hat: role[:organisation]`. Every write but signing in and out needs an `Idempotency-Key`:
the same key with another body or file is a conflict. (Changing the hat, ending a token and keeping a draft
of a decision are the same however often they are sent, and keep no key.) After a write, send the receipt's
`seq` as `X-Min-Seq` with the next read of that stream. Refusals are RFC 9457 problems in Indonesian and
English, with every violated rule.
"""

log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The API of one process. `settings` are read from the environment when none are given."""
    settings = settings or load()
    setup(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as runtime:
            app.state.runtime = runtime
            settled()
            running = asyncio.create_task(run_bulks(runtime), name="bulks")
            try:
                yield
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

    app = FastAPI(
        title="Asesor",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # its pages come from a CDN; /docs is ours
        redoc_url=None,
        openapi_url="/openapi.json",
        separate_input_output_schemas=False,
        dependencies=[Depends(known_query)],
    )
    app.state.settings = settings
    for module in (
        accounts,
        sessions,
        organisations,
        rosters,  # before programmes: its template's address would be taken for an id
        participants,
        programmes,
        portal,
        attendance,
        tasks,
        reviewing,
        desk,
        applications,
        answers,
        assessments,
        assignments,
        sittings,
        certificates,
        cases,
        invitations,
        persons,
        pictures,
        operations,
        notices,
        jobs,
        audit,
        bulk,
        work,
        health,
    ):
        app.include_router(module.router)
    app.include_router(
        codec_router(
            codec(settings),
            ui_origin=f"http://127.0.0.1:{settings.temporal_ui_port}",
            staff=signed_in_staff,
            trust_loopback=not settings.production,
        )
    )
    app.mount("/static", Assets(), name="static")
    app.add_exception_handler(DomainError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    for error in DATABASE_DOWN:
        app.add_exception_handler(error, _database_down)
    app.add_middleware(
        GZipMiddleware, minimum_size=1024, compresslevel=5, exclude_content_types=COMPRESSED_ALREADY
    )
    app.add_middleware(Edge, upload_limit=settings.upload_limit, production=settings.production)
    _default_deny(app)
    _document(app)
    return app


# ---- refusals ----------------------------------------------------------------------------------


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    await record(request, error)
    response = problems.answer(error, request)
    extra: dict[str, Any] | None = getattr(error, "extra", None)
    if extra is not None:
        body = problems.problem_of(error, instance=problems.instance_of(request)) | extra
        response = type(response)(body, error.status, {"Cache-Control": "no-store"}, problems.MEDIA_TYPE)
    return response


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _refused(request, problems.malformed(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    ours = problems.from_http(error)
    return problems.plain_http(error, request) if ours is None else await _refused(request, ours)


async def _database_down(request: Request, error: Exception) -> Response:
    """The database cannot be reached: 503, since what was asked for may have happened."""
    if getattr(getattr(error, "orig", None), "sqlstate", "") in BAD_CHARACTERS:
        return await _refused(
            request,
            Malformed.because(
                "A-CHARACTER",
                "Ada karakter yang tidak dapat disimpan.",
                "There is a character that cannot be stored.",
            ),
        )
    if getattr(getattr(error, "orig", None), "sqlstate", "") in TOO_LARGE:
        return await _refused(
            request,
            Malformed.because(
                "A-LENGTH",
                "Ada isian yang terlalu panjang atau bilangan yang terlalu besar.",
                "There is a text that is too long or a number that is too large.",
            ),
        )
    if not _unreachable(error):
        raise error  # a statement that the database refused, a full disk …: a fault, not a pause
    log.warning("database not reached", error=type(error).__name__)
    return problems.answer(database_down(), request)


def _unreachable(error: Exception) -> bool:
    """Is nobody there, or nobody free, to answer?"""
    original = getattr(error, "orig", None)
    if original is None:
        return isinstance(error, ConnectionError | TimeoutError | PoolTimeout | gaierror)
    return (
        bool(getattr(error, "connection_invalidated", False))
        or isinstance(error, OperationalError | InterfaceError)
        or str(getattr(original, "sqlstate", "")).startswith(AWAY)
    )


# ---- what holds for every route ------------------------------------------------------------------


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the routers."""
    for module in app.router.routes:
        inner = getattr(module, "original_router", None)
        for route in inner.routes if inner is not None else [module]:
            if isinstance(route, APIRoute):
                yield route


def _default_deny(app: FastAPI) -> None:
    """Every address below /v1 states its roles, or stands in the list of those that are open to all."""
    for route in api_routes(app):
        if not route.path.startswith("/v1/") or _states_roles(route.dependant):
            continue
        if route.path not in OPEN_TO_ALL or (route.path == "/v1/sessions" and route.methods != {"POST"}):
            raise AssertionError(f"{route.methods} {route.path} states no roles: nobody may use it")


def _states_roles(dependant: Dependant) -> bool:
    return isinstance(dependant.call, Allow) or any(_states_roles(d) for d in dependant.dependencies)


def _document(app: FastAPI) -> None:
    """The problem's schema into the OpenAPI document: it stands in every answer that is not a success."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            model = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(model.pop("$defs", {}))
            schemas["Problem"] = model
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document
