"""The API and the pages in one application. Wiring only."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api import problems
from api.app import create_app as create_api
from api.denials import record
from api.runtime import DATABASE_DOWN, runtime_of
from domain.errors import DomainError, NotSignedIn, Unknown
from settings import Settings
from web.deps import to_sign_in
from web.pages import (
    account,
    admin,
    admin_accounts,
    applications,
    applying,
    assessing,
    assessors,
    assignments,
    attendance,
    audit,
    audit_chains,
    audit_reveals,
    audit_search,
    bulk,
    case_acts,
    cases,
    check,
    class_days,
    classes,
    components,
    deciding,
    feedback,
    handing_in,
    inbox,
    invitation,
    monitor,
    my_turn,
    participants,
    passwords,
    portal,
    printing,
    programmes,
    public,
    reports,
    rosters,
    sending,
    task_desk,
    tasks,
    tokens,
    trends,
    watched_tasks,
)
from web.render import page

PROGRAMS = ("/v1/", "/health", "/openapi.json", "/codec", "/static")
"""Addresses that programs ask: their errors are problems in JSON."""
Handler = Callable[[Request, Exception], Awaitable[Response]]


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole product of one process."""
    app = create_api(settings)
    for module in (
        public,
        check,
        account,
        inbox,
        task_desk,  # before tasks: what is kept is no act of the task's machine
        tasks,
        cases,
        case_acts,
        monitor,
        watched_tasks,
        bulk,
        trends,
        audit,
        audit_search,  # before the chains: a file of one would be taken for a link of it
        audit_chains,
        audit_reveals,
        admin,
        admin_accounts,
        portal,
        assessors,  # before programmes: its calendar's address would be taken for an id
        programmes,
        classes,
        class_days,
        participants,
        passwords,
        rosters,
        reports,
        tokens,
        applications,
        applying,
        feedback,
        handing_in,
        invitation,
        my_turn,
        sending,
        assignments,
        attendance,
        components,
        assessing,
        printing,
        deciding,
    ):
        app.include_router(module.router)
    for kind in (DomainError, RequestValidationError, HTTPException, *DATABASE_DOWN):
        app.add_exception_handler(kind, _as_page(app.exception_handlers[kind]))
    return app


def _as_page(api: Any) -> Handler:
    """The same refusal: as a page where a person asked."""

    async def handle(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(PROGRAMS):
            answer: Response = await api(request, error)
            return answer
        return await refused(request, error)

    return handle


@dataclass(frozen=True)
class RefusalPage:
    problem: dict[str, Any]
    wait: bool


async def refused(request: Request, error: Exception) -> Response:
    """What went wrong, by which rule, and what to do. Who is not signed in is led to the door."""
    told = _told(error)
    if isinstance(told, NotSignedIn):
        return to_sign_in(request)
    if told is None:
        raise error
    await record(request, told)
    context = RefusalPage(problems.problem_of(told), isinstance(told, Unknown))
    access = getattr(request.state, "access", None)
    return await page(request, runtime_of(request), access, "refusal.html", context, status=told.status)


def _told(error: Exception) -> DomainError | None:
    match error:
        case DomainError():
            return error
        case RequestValidationError():
            return problems.malformed(error)
        case HTTPException():
            return problems.from_http(error)
    return None
