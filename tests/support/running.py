"""A request under way on the real server: what its workflow says of itself, and what was refused."""

from sqlmodel import select
from temporalio.client import WorkflowHandle

from db.tables import DenialRow
from domain import commands as c
from tests.support.patience import eventually
from tests.support.stack import Stack
from workflows.model import Status


async def denials(stack: Stack) -> list[DenialRow]:
    async with stack.db.read() as session:
        return list(await session.exec(select(DenialRow)))


async def status(handle: WorkflowHandle[object, object]) -> Status:
    found: Status = await handle.query("status", result_type=Status)
    return found


async def until_denied(stack: Stack, count: int) -> list[DenialRow]:
    async def enough() -> list[DenialRow]:
        found = await denials(stack)
        return found if len(found) >= count else []

    return list(await eventually(enough))


async def submitted(stack: Stack) -> c.SubmitProgramme:
    request = await stack.submission([1, 2, 4])
    await stack.send(stack.staff("penyelenggara"), request.programme, request)
    return request
