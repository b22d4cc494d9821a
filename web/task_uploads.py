"""Evidence that whoever decides a task hands in for it: for the case, of the kind `evidence`."""

from typing import Any, get_args

from fastapi import Request
from fastapi.responses import Response

from api.deps import Allow
from api.routers import applications, participants
from api.runtime import Runtime
from db.identity import Access
from domain.cases import Case
from state_machines.tables import TABLES

REQUIREMENT = "evidence"


def may_upload(access: Access, case: Case) -> bool:
    """Do the API's routes take uploads of this hat for a case of this kind that has not ended?"""
    uploaders: dict[str, Any] = {"programme": participants.Uploaders, "journey": applications.Uploaders}
    if case.kind not in uploaders or case.state in TABLES[case.kind].terminal:
        return False
    (_, depends) = get_args(uploaders[case.kind])
    allow: Allow = depends.dependency
    return access.hat.role in allow.roles


async def upload(request: Request, access: Access, runtime: Runtime, case: Case, key: str) -> None:
    """Keep the file of the form that was sent. Raises what the API refuses."""
    if case.kind == "programme":
        await participants.upload(case.stream, request, Response(), access, key, runtime, REQUIREMENT)
    else:
        await applications.upload(case.stream, request, Response(), access, key, runtime, REQUIREMENT)
