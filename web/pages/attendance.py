"""One class: its place, its roster, and its attendance, marked on a phone and recorded in one act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Run
from api.routers import attendance as api
from api.routers.attendance import Keepers, Marked, Readers, Seen
from api.runtime import Runtime
from api.schemas.common import Id
from db.identity import Access
from domain.errors import DomainError
from domain.verdict import Violation
from web import acts, sheets
from web.deps import go
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
Mapped = Mapping[str, Any]
MARKS = ("present", "absent")


@dataclass(frozen=True)
class AttendancePage:
    list: Mapped
    address: str
    """Where a cell is saved."""
    owner: str
    only: str
    """The one day that is shown; empty: all of them."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/attendance/{programme}/{class_id}", name="attendance_page")
async def attendance_page(
    programme: Id, class_id: Id, request: Request, access: Readers, runtime: Run, day: str = ""
) -> HTMLResponse:
    """People × days. Each mark is saved as it is tapped; without scripts by one button."""
    return await _shown(request, access, runtime, programme, class_id, only=day)


async def _shown(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    class_id: str,
    *,
    only: str = "",
    errors: Sequence[Violation] = (),
) -> HTMLResponse:
    await caught_up(request, runtime)
    found = await api.attendance_list(programme, class_id, access, runtime)
    days = [d["day"] for d in found["days"]]
    context = AttendancePage(
        list=found,
        address=f"/v1/programmes/{programme}/classes/{class_id}/attendance/cells",
        owner=sheets.owner_of(access),
        only=only if only in days else "",
        errors=tuple(errors),
        key=acts.new_key(),
    )
    status = 409 if errors else 200
    return await page(request, runtime, access, "attendance.html", context, status=status)


@router.post("/attendance/{programme}/{class_id}")
async def save(programme: Id, class_id: Id, request: Request, access: Keepers, runtime: Run) -> Response:
    """The marks that a browser without scripts sends at once: each is judged by itself, as if tapped."""
    sent = await request.form()
    errors: list[Violation] = []
    only = str(sent.get("day", ""))
    try:
        key = acts.key_of(sent)
    except DomainError as error:
        return await _shown(request, access, runtime, programme, class_id, errors=error.violations)
    for n, ((seat, day), version, value) in enumerate(c for c in sheets.changed(sent) if len(c[0]) == 2):
        try:
            body = acts.validated(Marked, {"seat": seat, "day": day, "value": value, "version": version})
            await api.mark(programme, class_id, body, Response(), access, f"{key}{n}", runtime)
        except DomainError as error:
            errors += error.violations
    if errors:
        return await _shown(request, access, runtime, programme, class_id, only=only, errors=errors)
    return go(f"/attendance/{programme}/{class_id}?done=1" + (f"&day={only}" if only else ""))


@dataclass(frozen=True)
class CheckPage:
    list: Mapped
    absent: Sequence[Mapped]
    """Participants who are marked absent on some day."""
    present: int
    """How many are marked present on every day."""
    errors: tuple[Violation, ...]
    key: str


@router.get("/attendance/{programme}/{class_id}/check", name="attendance_check_page")
async def check(programme: Id, class_id: Id, request: Request, access: Keepers, runtime: Run) -> HTMLResponse:
    """Everything that is about to be recorded, before it is."""
    return await _check(request, access, runtime, programme, class_id)


async def _check(
    request: Request,
    access: Access,
    runtime: Runtime,
    programme: str,
    class_id: str,
    error: DomainError | None = None,
) -> HTMLResponse:
    await caught_up(request, runtime)
    found = await api.attendance_list(programme, class_id, access, runtime)
    context = CheckPage(
        list=found,
        present=sum(all(c["mark"] == "present" for c in p["cells"]) for p in found["people"]),
        absent=[p for p in found["people"] if any(c["mark"] == "absent" for c in p["cells"])],
        errors=tuple(error.violations) if error else (),
        key=acts.new_key(),
    )
    status = error.status if error else 200
    return await page(request, runtime, access, "attendance_check.html", context, status=status)


@router.post("/attendance/{programme}/{class_id}/record")
async def record(programme: Id, class_id: Id, request: Request, access: Keepers, runtime: Run) -> Response:
    """The one act: attendance is recorded and the class is done."""
    sent = await request.form()
    try:
        body = acts.validated(Seen, {"seen": sent.get("seen", "")})
        key = acts.key_of(sent)
        receipt = await api.record(programme, class_id, body, request, Response(), access, key, runtime)
    except DomainError as error:
        return await _check(request, access, runtime, programme, class_id, error)
    target = go(f"/attendance/{programme}/{class_id}?done=1")
    acts.note(request, target, receipt)
    return target
