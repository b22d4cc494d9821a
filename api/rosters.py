"""Participants into a draft: every row of a roster, or none; what is wrong is said row by row and cell by
cell, to the uploader alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api import drafts
from api.drafts import DraftContent, content_of, save
from api.problems import violation_json
from api.schemas.programmes import NewParticipant
from db import registry
from db.people_tables import Draft
from db.registry import ParticipantData
from db.vault import Vault
from domain.commands import SeatRequest
from domain.errors import Malformed
from domain.roles import Actor
from domain.roster.columns import BY_KEY, COLUMNS, Cell
from domain.roster.model import CellProblem, RosterReading, RosterRow
from domain.roster.refusals import CITATION
from domain.roster.sheet import parse_rows
from domain.text import Text
from domain.verdict import Violation

Answer = dict[str, Any]


class RosterRefused(Malformed):
    """A roster that cannot be taken as it is; `extra` is the answer row by row."""

    def __init__(self, violations: Sequence[Violation], extra: Answer | None = None) -> None:
        super().__init__(violations)
        self.extra = extra or {}


@dataclass(frozen=True)
class Taken:
    row: int
    person: str
    seat: str
    warnings: tuple[Violation, ...] = field(default=())


def reading_of(given: NewParticipant) -> RosterReading:
    """The participant read exactly as a sheet's row would be."""
    values = given.model_dump(exclude={"experience", "assessor_certificate_until", "evidence", "kit"})
    for n, period in enumerate(given.experience, start=1):
        values |= {f"experience_{n}_{part}": getattr(period, part) for part in ("field", "first", "last")}
    values["computer_declaration"] = "yes" if given.computer_declaration else "no"
    header = [Cell(column.header.id, "text") for column in COLUMNS]
    return parse_rows([header, [_cell(column.kind, values.get(column.key)) for column in COLUMNS]])


def _cell(kind: str, value: Any) -> Cell:
    if value is None or value == "":
        return Cell()
    if kind == "date":
        return Cell(value, "date")
    return Cell(value, "number") if kind == "int" else Cell(str(value), "text")


async def take(
    session: AsyncSession,
    vault: Vault,
    draft: Draft,
    reading: RosterReading,
    *,
    by: Actor,
    at: datetime,
    replace: bool = False,
    more: dict[str, Any] | None = None,
) -> Answer:
    """Put the participants into the draft; gives the answer row by row.

    RosterRefused, and then nothing is stored, unless every row is in order. `replace`: the roster is the
    whole list, and who is not on it is taken out; seats of who stays are kept. `more` is what the track
    `recertification` adds to one participant.
    """
    content = content_of(draft)
    problems = await judged(session, vault, content, reading, replace=replace)
    if problems or not reading.rows:
        raise refused(reading, problems)
    seats = {seat.person: seat for seat in content.seats}
    kept: dict[str, SeatRequest] = {} if replace else dict(seats)
    by_label = {c.label.casefold(): c.id for c in content.classes}
    taken = []
    for row in reading.rows:
        found = await registry.upsert_person_from_roster(session, vault, row, by=by, at=at, source=draft.id)
        data = ParticipantData.from_roster(
            row, person=found.person, scheme=content.scheme, draft=draft.id, track=content.track
        )
        await registry.put_participant(session, vault, data.model_copy(update=more or {}), by=by, at=at)
        before = seats.get(found.person)
        seat = SeatRequest(
            id=before.id if before else drafts.seat_id(draft.id, found.person, draft.version),
            class_id=by_label[row.class_label.casefold()],
            person=found.person,
            kind=row.kind,
            recommending=row.recommending,
        )
        kept[found.person] = seat
        taken.append(Taken(row.row, found.person, seat.id, row.warnings))
    gone = drafts.without(content, {s.id for s in content.seats if s.person not in kept})
    removed = tuple(s for s in gone.removed if s.person not in kept)
    await save(
        session,
        draft,
        content.model_copy(update={"seats": tuple(kept.values()), "removed": removed}),
        type="participants_imported",
        by=by,
        at=at,
        imported=len(taken),
        replaced=replace,
    )
    return _answer(taken, draft.version)


async def judged(
    session: AsyncSession, vault: Vault, content: DraftContent, reading: RosterReading, *, replace: bool
) -> list[CellProblem]:
    """Everything that stands against the rows: what cells say, and what the request and the register say."""
    problems = list(reading.problems)
    problems += await _unknown_places(session, content, reading.rows)
    if not replace:
        problems += await _already_there(session, vault, content, reading.rows)
    return problems


async def _unknown_places(
    session: AsyncSession, content: DraftContent, rows: Iterable[RosterRow]
) -> list[CellProblem]:
    """Classes that the draft does not have, and recommending organisations that nobody knows."""
    rows = list(rows)
    labels = {c.label.casefold() for c in content.classes}
    known = await registry.organisation_names(session, {r.recommending for r in rows})
    found = []
    for row in rows:
        if row.class_label.casefold() not in labels:
            found.append(
                _problem(
                    row.row,
                    "class_label",
                    "X-CLASS-UNKNOWN",
                    Text(id="Kelas ini tidak ada dalam permohonan.", en="The request has no such class."),
                    Text(
                        id="Tambahkan kelasnya, atau perbaiki label.", en="Add the class, or mend the label."
                    ),
                )
            )
        if row.recommending not in known:
            found.append(
                _problem(
                    row.row,
                    "recommending",
                    "X-RECOMMENDING",
                    Text(
                        id="Lembaga pemberi rekomendasi tidak dikenal.",
                        en="The recommending organisation is not known.",
                    ),
                    Text(id="Periksa kodenya.", en="Check its code."),
                )
            )
    return found


async def _already_there(
    session: AsyncSession, vault: Vault, content: DraftContent, rows: Iterable[RosterRow]
) -> list[CellProblem]:
    """Participants whom this very request has already."""
    rows = list(rows)
    there = {seat.person for seat in content.seats}
    known = await vault.find_by_niks(session, (row.nik for row in rows)) if there else {}
    return [
        _problem(
            row.row,
            "nik",
            "X-ALREADY",
            Text(
                id="Peserta ini sudah ada dalam permohonan ini.",
                en="This request has this participant already.",
            ),
            Text(
                id="Hapus barisnya, atau impor dengan mengganti seluruh daftar.",
                en="Delete the row, or import the roster in place of the whole list.",
            ),
        )
        for row in rows
        if known.get(row.nik) in there
    ]


def _problem(row: int, key: str, rule: str, text: Text, remedy: Text) -> CellProblem:
    return CellProblem(
        row=row,
        header=BY_KEY[key].header.id,
        violation=Violation(rule=rule, text=text, remedy=remedy, citation=CITATION),
    )


def refused(reading: RosterReading, problems: Sequence[CellProblem]) -> RosterRefused:
    """The answer to a roster that is not taken, row by row and cell by cell."""
    by_row: dict[int, list[CellProblem]] = {n: [] for n in reading.row_numbers}
    for problem in problems:
        by_row.setdefault(problem.row, []).append(problem)
    rows = [
        {
            "row": n,
            "ok": not found,
            "person": None,
            "seat": None,
            "problems": [cell_json(p) for p in found],
        }
        for n, found in sorted(by_row.items())
    ]
    bad = sum(1 for r in rows if not r["ok"])
    summary = Violation(
        rule="X-ROSTER",
        text=Text(
            id=f"{bad} baris belum benar; tidak ada peserta yang disimpan.",
            en=f"{bad} rows are not in order; no participant was stored.",
        ),
        citation=CITATION,
        facts={"rows": len(reading.row_numbers), "bad": bad},
    )
    rules = {p.violation.rule: p.violation.model_copy(update={"facts": {}}) for p in problems}
    return RosterRefused([summary, *rules.values()], {"rows": rows, "imported": 0})


def cell_json(problem: CellProblem) -> Answer:
    """What is wrong with one cell, and where it stands."""
    return {
        "cell": problem.cell,
        "column": problem.column_letter,
        "header": problem.header,
        **violation_json(problem.violation),
    }


def _answer(taken: Iterable[Taken], version: int) -> Answer:
    rows = [
        {
            "row": t.row,
            "ok": True,
            "person": t.person,
            "seat": t.seat,
            "problems": [],
            "warnings": [violation_json(w) for w in t.warnings],
        }
        for t in taken
    ]
    return {"rows": rows, "imported": len(rows), "version": version}
