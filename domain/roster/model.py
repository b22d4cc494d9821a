"""What comes of a sheet: the participants that it proposes, and what stands against it."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.roster.columns import Model
from domain.verdict import Violation

Qualification = Literal["SMA", "SMK", "D1", "D2", "D3", "D4", "S1", "S2", "S3", "PROFESI", "KKNI"]


class Experience(Model):
    """A period of work in a field; both days were worked. `last` is None while it still runs (R-TECH)."""

    field: str
    first: date
    last: date | None = None


class RosterRow(Model):
    """One participant as proposed. Personal data: it never goes into a log, a URL or an event."""

    row: int
    """Row number as in the sheet, from 1."""
    no: int | None = None
    full_name: str = Field(repr=False)
    nik: str = Field(repr=False)
    sex: Literal["L", "P"] = Field(repr=False)
    birth_date: date = Field(repr=False)
    email: str = Field(repr=False)
    phone: str = Field(repr=False)
    """In international form, such as `+6281234567890`."""
    recommending: str
    """Code of the recommending organisation, upper case."""
    letter_number: str
    letter_date: date
    signatory: str = Field(repr=False)
    qualification: Qualification
    kkni_level: int | None = None
    technical_field: str
    certificate_number: str = Field(repr=False)
    certificate_valid_until: date
    experience: tuple[Experience, ...]
    computer_declaration: bool
    class_label: str
    kind: Literal["main", "reserve"]
    warnings: tuple[Violation, ...] = ()
    """What looks odd in the NIK and never stands in the way (§ 7)."""


class CellProblem(Model):
    """Why a cell, a row or the sheet cannot be taken, and where. Row 0 is the sheet as a whole."""

    row: int
    column_letter: str = ""
    cell: str = ""
    """Address such as `C7`; empty when it is about more than one cell."""
    header: str = Field(default="", repr=False)
    """The column's Indonesian header; for an unknown column what stands there, for the uploader alone."""
    violation: Violation


class RosterReading(Model):
    """The answer to a sheet: participants, problems, and for every filled row which of the two it is."""

    rows: tuple[RosterRow, ...] = ()
    problems: tuple[CellProblem, ...] = ()
    row_numbers: tuple[int, ...] = ()
    """Every row below the header in which something stands."""

    @property
    def ok(self) -> bool:
        """Can the whole sheet be taken as it is?"""
        return bool(self.rows) and not self.problems

    def row_ok(self, row: int) -> bool:
        """Was that row read as a participant?"""
        return any(r.row == row for r in self.rows)

    def problems_of(self, row: int) -> tuple[CellProblem, ...]:
        """What stands against that row; row 0 for the sheet as a whole."""
        return tuple(p for p in self.problems if p.row == row)
