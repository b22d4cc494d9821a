"""The sheet of one assessment: K or BK for each unit with its evidence, filled in cell by cell by its
assessor."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from api import listings, views
from api.attendance import changed
from api.problems import violation_json
from api.runtime import Runtime
from api.sight import staff, stranger
from db import sheets
from db.identity import Access
from db.sheets import Cell
from domain.cases import Case, Journey, Task
from domain.errors import DomainError, Malformed, Refused
from domain.facts import UnitFacts
from domain.policy import policy
from domain.reference import ABILITIES
from domain.roles import Role
from domain.text import Text
from state_machines.journey_facts import recommendation
from state_machines.task import OPEN_TASK

FILING = "file_assessment"
FILED = "filed"
"""The cell that names the forms that were made of the sheet."""
Part = Literal["result", "evidence", "documents", "note", "follow_up", "summary", "refused"]
OF_UNIT: tuple[Part, ...] = ("result", "evidence", "documents", "note", "follow_up")
OF_REPORT: tuple[Part, ...] = ("summary", "refused")
WORDS: frozenset[str] = frozenset({"note", "follow_up", "summary"})
"""Parts that hold free text."""
RESULTS: Mapping[str, Text] = {
    "K": Text(id="kompeten", en="competent"),
    "BK": Text(id="belum kompeten", en="not yet competent"),
}
EVIDENCE: Mapping[str, Text] = {
    "demonstration": Text(id="Observasi demonstrasi", en="Observed demonstration"),
    "portfolio": Text(id="Portofolio", en="Portfolio"),
    "third_party": Text(id="Pernyataan pihak ketiga, pertanyaan wawancara", en="Third party, interview"),
    "oral": Text(id="Pertanyaan lisan", en="Oral questions"),
    "written": Text(id="Pertanyaan tertulis", en="Written questions"),
    "project": Text(id="Proyek kerja", en="Work project"),
    "other": Text(id="Lainnya", en="Other"),
}
"""Kinds of evidence, as FR.AK.02 lists them [P]."""
_TITLES = {ability.id: ability.unit_title for ability in ABILITIES}


@dataclass(frozen=True)
class Sheet:
    """One filing of an assessment. `task` is None before the assessment has begun."""

    case: Case
    task: Task | None
    cells: sheets.Cells

    @property
    def open(self) -> bool:
        return self.task is not None and self.task.state in OPEN_TASK

    def value(self, unit: str, part: str) -> Any:
        held = self.cells.get(cell_of(unit, part))
        return held.value if held else None


def cell_of(unit: str, part: str) -> str:
    return f"{unit}/{part}" if unit else part


def sheet_of(task: Task) -> str:
    return f"assessment:{task.id}"


def filings(case: Case) -> list[Task]:
    """The tasks to file this assessment, in their order: a clarification or a re-assessment opens another."""
    return [t for t in case.tasks.values() if t.kind == FILING and t.state in (*OPEN_TASK, "COMPLETED")]


def require_reader(access: Access, case: Case) -> None:
    """NotFound, recorded, unless the asker is the candidate's assessor or one of BNSP's."""
    role = access.hat.role
    if role in (Role.CANDIDATE, Role.ORGANISER):
        raise stranger()
    if role is Role.MASTER_ASSESSOR and access.person != case.journey.assessor:
        raise stranger()


async def find(session: AsyncSession, runtime: Runtime, case: Case) -> Sheet:
    """The latest sheet of this assessment. A clarification begins with what was filed before."""
    tasks = filings(case)
    if not tasks:
        return Sheet(case, None, {})
    found = await sheets.cells(session, runtime.vault, case.stream, sheet_of(tasks[-1]))
    found.pop(FILED, None)
    wanted = set(case.journey.to_assess)
    if len(tasks) > 1 and tasks[-1].state in OPEN_TASK:
        before = await sheets.cells(session, runtime.vault, case.stream, sheet_of(tasks[-2]))
        kept = {k: replace(c, version=0) for k, c in before.items() if k.partition("/")[0] in wanted}
        found = {**kept, **found}
    return Sheet(case, tasks[-1], found)


async def filed(session: AsyncSession, runtime: Runtime, case: Case) -> Sheet | None:
    """The sheet of which the forms that the case holds were made; None when they were uploaded instead."""
    rules = policy(case.policy_version)
    ak02 = case.journey.forms.get(rules.form("FR.AK.02").key)
    for task in reversed(filings(case)):
        if task.state == "COMPLETED":
            found = await sheets.cells(session, runtime.vault, case.stream, sheet_of(task))
            made = found.pop(FILED, None)
            return Sheet(case, task, found) if made and made.value.get("ak02") == ak02 else None
    return None


def why_not(access: Access, sheet: Sheet) -> DomainError | None:
    """Why the asker cannot fill in the sheet now; None: they can."""
    if access.hat.role is not Role.MASTER_ASSESSOR or access.person != sheet.case.journey.assessor:
        return Refused.because(
            "M-OWN",
            "Lembar ini diisi oleh asesor calon ini.",
            "This sheet is filled in by the candidate's assessor.",
            subject=sheet.case.stream,
            citation="[D] § 2",
        )
    if not sheet.open:
        return Refused.because(
            "M-STATE",
            "Asesmen belum dimulai, atau hasilnya sudah diajukan.",
            "The assessment has not begun, or its result is filed already.",
            subject=sheet.case.stream,
            citation="[P] FR.AK.02",
            remedy=Text(
                id="Tanda tangani FR.AK.01, ajukan FR.MAPA, lalu mulai asesmen pada harinya.",
                en="Sign FR.AK.01, file FR.MAPA, then begin the assessment on its day.",
            ),
        )
    return None


def require_value(sheet: Sheet, unit: str, part: Part, value: Any) -> None:
    """Malformed (X-CELL-VALUE) for a cell that this sheet does not have, or a value that it cannot hold."""
    known = set(sheet.case.journey.to_assess)
    fits = (unit in known and part in OF_UNIT) or (not unit and part in OF_REPORT)
    match part:
        case "result":
            fits = fits and value in (None, "K", "BK")
        case "evidence":
            fits = fits and isinstance(value, list) and set(value) <= set(EVIDENCE)
        case "documents":
            fits = fits and isinstance(value, list)
        case "refused":
            fits = fits and isinstance(value, bool)
        case _:
            fits = fits and isinstance(value, str)
    if not fits:
        raise Malformed.because(
            "X-CELL-VALUE",
            "Isian itu tidak ada pada lembar ini, atau nilainya tidak dapat diterima.",
            "This sheet has no such cell, or the value cannot stand in it.",
            subject=cell_of(unit, part),
        )


def missing(sheet: Sheet) -> list[str]:
    """Units under assessment that have no result, or no kind of evidence."""
    return [
        unit
        for unit in sheet.case.journey.to_assess
        if sheet.value(unit, "result") not in RESULTS or not sheet.value(unit, "evidence")
    ]


def require_whole(sheet: Sheet, seen: str) -> None:
    """Conflict (X-SHEET) when the sheet is another than the one that was seen; Refused (X-SHEET-OPEN) while a
    unit has no result or no evidence."""
    if sheets.seen(sheet.cells) != seen:
        raise changed(sheet.case.stream)
    lacking = missing(sheet)
    if lacking:
        raise Refused.because(
            "X-SHEET-OPEN",
            f"{len(lacking)} unit belum mempunyai hasil (K atau BK) beserta buktinya.",
            f"Units without a result (K or BK) and its evidence: {len(lacking)}.",
            subject=sheet.case.stream,
            citation="[P] FR.AK.02",
            remedy=Text(
                id="Pilih K atau BK dan jenis buktinya untuk setiap unit.",
                en="Choose K or BK, and the kind of evidence, for each unit.",
            ),
            units=lacking,
        )


def unit_title(unit: UnitFacts) -> Text:
    """What a unit is called; our English only where the title is the known one."""
    known = _TITLES.get(unit.ability)
    if not unit.title or (known and known.id == unit.title):
        return known or Text(id=unit.id, en=unit.id)
    return Text(id=unit.title, en=unit.title)


async def documents(session: AsyncSession, access: Access, application: str) -> dict[str, Any]:
    """What was uploaded for the application, by digest: what evidence may name."""
    rows = await listings.documents_of(session, [application])
    return {row.digest: views.document_json(row, whole=staff(access)) for row in reversed(rows)}


def results(j: Journey) -> list[dict[str, Any]]:
    """Every unit with its standing result, as it is recorded."""
    standing = {r.unit: r.result for r in j.results}
    return [
        {"id": u.id, "code": u.code or "", **views.both(unit_title(u), "title"), "result": standing.get(u.id)}
        for u in j.units
    ]


def view(access: Access, sheet: Sheet, known: views.People, uploaded: Mapping[str, Any]) -> dict[str, Any]:
    """The sheet as answers show it: what is draft in its cells, and what is recorded beside them."""
    j = sheet.case.journey
    error = why_not(access, sheet)
    standing = {r.unit: r.result for r in j.results}

    def cells(unit: str, parts: tuple[Part, ...]) -> dict[str, Any]:
        return {part: _cell(sheet.cells.get(cell_of(unit, part)), known) for part in parts}

    return {
        "task": sheet.task.id if sheet.task else "",
        "due_at": views.moment(sheet.task.due_at) if sheet.task else None,
        "recorded": sheet.task is not None and not sheet.open,
        "units": [
            {
                "id": u.id,
                "code": u.code or "",
                **views.both(unit_title(u), "title"),
                "to_assess": u.id in j.to_assess,
                "recorded": standing.get(u.id),
                "cells": cells(u.id, OF_UNIT),
            }
            for u in j.units
        ],
        "report": cells("", OF_REPORT),
        "evidence": [{"id": id_, **views.both(label)} for id_, label in EVIDENCE.items()],
        "documents": list(uploaded.values()),
        "missing": missing(sheet) if sheet.task else [],
        "recommendation": recommendation(j) if j.results else None,
        "seen": sheets.seen(sheet.cells),
        "may": error is None,
        "violations": [violation_json(v) for v in error.violations] if error else [],
    }


def _cell(held: Cell | None, known: views.People) -> dict[str, Any]:
    return {
        "value": held.value if held else None,
        "version": held.version if held else 0,
        "by": views.person_json(held.person, known) if held else None,
        "at": views.moment(held.at) if held else None,
    }
