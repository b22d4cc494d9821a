"""The attendance list of a class while it is filled in, and as it was recorded."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlmodel.ext.asyncio.session import AsyncSession

from api import programmes, sight, views
from api.problems import violation_json
from api.runtime import Runtime
from db import sheets
from db.identity import Access
from domain.cases import Case, Class, Seat, Task
from domain.clock import at, local_day
from domain.errors import Conflict, DomainError, Malformed, Refused
from domain.roles import Role
from domain.text import Text
from state_machines.task import ATTENDANCE, OPEN_TASK, trainers_of

Mark = Literal["present", "absent"]
MARKS: tuple[str, ...] = get_args(Mark)
EXPECTED = frozenset({"CONFIRMED", "ATTENDED", "NO_SHOW"})
"""States of those who are, or were, expected in a class that has begun."""
HELD = frozenset({"RUNNING", "INTERRUPTED"})
"""States of a class whose list is being filled in."""


@dataclass(frozen=True)
class List:
    """One class's attendance, for one asker."""

    case: Case
    class_: Class
    seats: tuple[Seat, ...]
    cells: sheets.Cells
    now: datetime

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(sorted(self.class_.days))

    @property
    def present(self) -> dict[str, list[str]]:
        """seat → the days on which it is marked present, as the command names them."""
        return {s.id: [d.isoformat() for d in self.days if self._mark(s, d) == "present"] for s in self.seats}

    @property
    def unmarked(self) -> int:
        """Cells of the list that hold no mark yet."""
        return sum(self._mark(s, d) not in MARKS for s in self.seats for d in self.days)

    def _mark(self, seat: Seat, day: date) -> Any:
        held = self.cells.get(cell_of(seat.id, day))
        return held.value if held else None


def cell_of(seat: str, day: date) -> str:
    return f"{seat}/{day.isoformat()}"


def sheet_of(class_id: str) -> str:
    return f"attendance:{class_id}"


async def find(
    session: AsyncSession, runtime: Runtime, access: Access, programme: str, class_id: str
) -> List:
    """The list, for the organiser of the case, BNSP, and the master assessors who are engaged for it.
    NotFound; a stranger's look is recorded."""
    found = await programmes.find(session, access, programme)
    case = found.case
    if case is None or class_id not in case.classes:
        raise sight.missing()
    if not sight.sees_names(access, case):
        raise sight.stranger()
    class_ = case.classes[class_id]
    seats = tuple(s for s in case.seats.values() if s.class_id == class_id and s.state in EXPECTED)
    cells = await sheets.cells(session, runtime.vault, programme, sheet_of(class_id))
    return List(case, class_, seats, cells, await runtime.gateway.business_now())


def keeps_list(access: Access, found: List) -> bool:
    """Does the asker keep this list: an accepted trainer of the class, or its organiser?"""
    if access.hat.role is Role.MASTER_ASSESSOR:
        return access.person in trainers_of(found.case, found.class_.id)
    return access.hat.role is Role.ORGANISER and access.hat.organisation == found.case.programme.organiser


def why_not(access: Access, found: List) -> DomainError | None:
    """Why the asker cannot mark anybody now; None: they can."""
    if not keeps_list(access, found):
        return Refused.because(
            "M-OWN",
            "Daftar hadir diisi oleh pelatih kelas ini yang menerima surat tugasnya, atau penyelenggaranya.",
            "The list is kept by the class's trainers who accepted their letter, or by its organiser.",
            subject=found.class_.id,
            citation="[D] § 4",
        )
    if found.class_.attendance_recorded:
        return Refused.because(
            "M-ATTEND",
            "Kehadiran kelas ini sudah dicatat.",
            "The attendance of this class is recorded already.",
            subject=found.class_.id,
            citation="[D] § 4",
        )
    if found.class_.state not in HELD:
        return Refused.because(
            "M-EARLY",
            "Kelas ini belum dimulai, atau sudah berakhir.",
            "This class has not begun, or has ended.",
            subject=found.class_.id,
            citation="[S] Pelaksanaan",
            remedy=Text(
                id="Daftar hadir dibuka pada jam sesi pertama kelas yang siap.",
                en="The list opens at the first session's hour of a class that is ready.",
            ),
        )
    return None


def require_markable(access: Access, found: List, seat: str, day: date) -> None:
    """Refused, or Malformed (X-ATTEND), unless the asker can mark this participant on this day now."""
    if (error := why_not(access, found)) is not None:
        raise error
    if seat not in {s.id for s in found.seats} or day not in found.days:
        raise Malformed.because(
            "X-ATTEND",
            "Daftar hadir memuat kursi atau hari yang bukan milik kelas ini.",
            "The attendance names seats or days that are not this class's.",
            subject=seat,
        )
    if day > local_day(found.now, found.class_.zone):
        raise Refused.because(
            "M-EARLY",
            "Hari itu belum tiba di zona tempat kelas.",
            "That day has not come yet in the zone of the class.",
            subject=seat,
            citation="[D] § 6",
            day=day.isoformat(),
        )


def task_for(access: Access, found: List) -> Task | None:
    """The asker's own task to record this list: the open one, else the one that was completed."""
    mine = [
        t
        for t in found.case.tasks.values()
        if t.kind == ATTENDANCE
        and t.subject == found.class_.id
        and (
            t.for_person == access.person
            if access.hat.role is Role.MASTER_ASSESSOR
            else bool(t.for_organisation) and t.for_organisation == access.hat.organisation
        )
    ]
    return next((t for t in mine if t.state in OPEN_TASK), mine[-1] if mine else None)


def require_whole(found: List, seen: str) -> None:
    """Conflict (X-SHEET) when the list is another than the one that was seen; Refused (X-SHEET-OPEN) while
    somebody is not marked: who is left out would count as absent."""
    if sheets.seen(found.cells) != seen:
        raise changed(found.class_.id)
    if found.unmarked:
        raise Refused.because(
            "X-SHEET-OPEN",
            f"{found.unmarked} isian daftar hadir belum diberi tanda.",
            f"Cells of the list without a mark: {found.unmarked}.",
            subject=found.class_.id,
            citation="[D] § 4",
            remedy=Text(
                id="Tandai setiap peserta pada setiap hari: hadir atau tidak hadir.",
                en="Mark every participant on every day: present or absent.",
            ),
            unmarked=found.unmarked,
        )


def changed(subject: str) -> DomainError:
    """The sheet is another than the one that was seen."""
    return Conflict.because(
        "X-SHEET",
        "Lembar ini berubah sejak Anda melihatnya.",
        "This sheet has changed since you saw it.",
        subject=subject,
        citation="[D] § 10",
        remedy=Text(id="Periksa lagi, lalu ulangi.", en="Look at it again, then repeat."),
    )


async def view(session: AsyncSession, runtime: Runtime, access: Access, found: List) -> dict[str, Any]:
    """The list as answers show it: what is draft, and what is recorded."""
    class_ = found.class_
    persons = {s.person for s in found.seats} | {c.person for c in found.cells.values()}
    known = await programmes.names(session, runtime, access, persons)
    task, error = task_for(access, found), why_not(access, found)
    today = local_day(found.now, class_.zone)
    return {
        "programme": found.case.stream,
        "class": views.class_json(class_, {}),
        "recorded": class_.attendance_recorded,
        "recordable_from": views.moment(at(max(class_.days), class_.start_hour, zone=class_.zone)),
        "days": [{"day": d.isoformat(), "come": d <= today, "today": d == today} for d in found.days],
        "people": [
            {
                **views.seat_json(s, known, {}),
                "cells": [_cell_json(found, s, d, known) for d in found.days],
            }
            for s in found.seats
        ],
        "unmarked": found.unmarked,
        "seen": sheets.seen(found.cells),
        "task": task.id if task else "",
        "may": error is None,
        "violations": [violation_json(v) for v in error.violations] if error else [],
    }


def _cell_json(found: List, seat: Seat, day: date, known: views.People) -> dict[str, Any]:
    if found.class_.attendance_recorded:
        mark = "present" if day in seat.attended else "absent"
        return {"day": day.isoformat(), "mark": mark, "version": 0}
    held = found.cells.get(cell_of(seat.id, day))
    return {
        "day": day.isoformat(),
        "mark": held.value if held else None,
        "version": held.version if held else 0,
        "by": views.person_json(held.person, known) if held else None,
        "at": views.moment(held.at) if held else None,
    }
