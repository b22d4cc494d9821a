"""The demonstration's organisations, scheme, class and staff. All of them are invented.

No password stands here: whoever seeds the demonstration makes them up and shows them once.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.calendar import Calendar
from domain.clock import Zone
from domain.months import add_months
from domain.reference import ABILITIES
from domain.roles import Role
from domain.text import Text
from examples.synthetic import synthetic

START = date(2026, 3, 2)
"""The business day (WIB) on which the request is submitted; a Monday."""
NOTICE = 25
"""Working days from START to the first class day: R-NOTICE asks for 20, and 5 more may be lost."""
CLASS_LENGTH = 3
FIELD = "TIK"
"""Technical field of the scheme, the master assessors and every candidate."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as BNSP knows it, in the words of domain.facts.OrganiserFacts."""

    code: str
    kind: Literal["bnsp", "lsp", "clsp", "technical_agency"]
    name: str
    licence: Literal["NONE", "IN_PROCESS", "ACTIVE"] = "NONE"
    lsp_kind: Literal["", "P1", "P2", "P3"] = ""
    licensed_schemes: tuple[str, ...] = ()
    verified_schemes: tuple[str, ...] = ()
    approved_to_recommend: bool = False
    """A technical agency that BNSP approved to recommend (R-REC)."""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the scheme: logic keys on `id`; the SKKNI code could not be read."""

    id: str
    title: Text
    code: str | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    code: str
    version: str
    name: Text
    field: str
    units: tuple[Unit, ...]
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Venue:
    """A place of assessment (TUK)."""

    code: str
    kind: Literal["sewaktu", "tempat_kerja", "mandiri"]
    name: str
    zone: Zone


@dataclass(frozen=True, slots=True)
class Staff:
    """A person with an account, or (without a username) a member of the class's committee."""

    username: str
    role: Role | None
    name: str
    organisation: str
    birth_date: date
    sex: Literal["L", "P"]
    serial: int
    duty: str = ""
    """`trainer`, `assessor`, `spare_assessor`, `chair`, `member` or `class_committee`; else empty."""
    certificate_months: int = 0
    """Months from START through which the person's assessor certificate is valid; 0 for none."""

    @property
    def nik(self) -> str:
        """The synthetic NIK."""
        return synthetic("317105", self.birth_date, self.sex, self.serial)

    @property
    def email(self) -> str:
        return f"{self.username or f'panitia{self.serial}'}@example.org"

    def certificate_valid_until(self, start: date = START) -> date | None:
        return add_months(start, self.certificate_months) if self.certificate_months else None


SCHEME = Scheme(
    code="SKEMA-ASKOM",
    version="1",
    name=Text(id="Asesor Kompetensi", en="Competency assessor"),
    field=FIELD,
    units=tuple(Unit(id=a.id, title=a.unit_title) for a in ABILITIES),
)

PROPOSER = "LSP-TIK"
ORGANISATIONS: tuple[Organisation, ...] = (
    Organisation("BNSP", "bnsp", "Badan Nasional Sertifikasi Profesi (simulasi)", email="bnsp@example.org"),
    Organisation(
        "LSP-TIK",
        "lsp",
        "LSP Contoh Teknologi Informasi",
        licence="ACTIVE",
        lsp_kind="P3",
        licensed_schemes=(SCHEME.code,),
        email="lsp-tik@example.org",
    ),
    Organisation(
        "LSP-NUSA",
        "lsp",
        "LSP Contoh Nusantara Telekomunikasi",
        licence="ACTIVE",
        lsp_kind="P2",
        licensed_schemes=(SCHEME.code,),
        email="lsp-nusa@example.org",
    ),
    Organisation(
        "CLSP-DATA", "clsp", "Calon LSP Contoh Data", licence="IN_PROCESS", email="clsp-data@example.org"
    ),
    Organisation(
        "BALAI-KOMDIG",
        "technical_agency",
        "Balai Contoh Komunikasi Digital",
        approved_to_recommend=True,
        email="balai-komdig@example.org",
    ),
)
"""The neighbours may recommend and do not organise: the CLSP has no verified scheme yet."""

VENUE = Venue("TUK-JKT-01", "sewaktu", "TUK Contoh Jakarta", Zone.WIB)
CLASS_LABEL = "A"
CLASS_START_HOUR = 8


def _staff(
    username: str,
    role: Role | None,
    name: str,
    serial: int,
    sex: Literal["L", "P"],
    *,
    organisation: str = "BNSP",
    duty: str = "",
    certificate_months: int = 0,
) -> Staff:
    born = date(1972, 1, 15) + timedelta(days=397 * (serial - 9500))
    return Staff(username, role, name, organisation, born, sex, serial, duty, certificate_months)


_MASTER = Role.MASTER_ASSESSOR

STAFF: tuple[Staff, ...] = (
    _staff("penyelenggara", Role.ORGANISER, "Ratna Wibisana", 9500, "P", organisation=PROPOSER),
    _staff("verifikator", Role.VERIFIER, "Hendra Lesmana", 9501, "L"),
    _staff("penyetuju", Role.APPROVER, "Kartika Paramita", 9502, "P"),
    _staff("penelaah", Role.REVIEWER, "Yusuf Hamdani", 9503, "L"),
    _staff("petugas", Role.OPERATIONS, "Dian Puspasari", 9504, "P"),
    _staff("komite1", Role.COMMITTEE, "Bambang Setyawan", 9505, "L", duty="chair"),
    _staff("komite2", Role.COMMITTEE, "Lina Marpaung", 9506, "P", duty="member"),
    _staff("komite3", Role.COMMITTEE, "Ketut Suardana", 9507, "L", duty="member"),
    _staff("master1", _MASTER, "Agus Prayitno", 9508, "L", duty="trainer", certificate_months=24),
    _staff("master2", _MASTER, "Meutia Zahra", 9509, "P", duty="trainer", certificate_months=30),
    _staff("master3", _MASTER, "Robert Sitanggang", 9510, "L", duty="assessor", certificate_months=24),
    _staff("master4", _MASTER, "Endah Kusumawati", 9511, "P", duty="assessor", certificate_months=28),
    _staff("master5", _MASTER, "Faisal Rahmadi", 9512, "L", duty="spare_assessor", certificate_months=26),
    _staff("auditor", Role.AUDITOR, "Sri Handayani", 9513, "P"),
    _staff("", None, "Tono Wijanarko", 9514, "L", organisation=PROPOSER, duty="class_committee"),
    _staff("", None, "Wulan Septiani", 9515, "P", organisation=PROPOSER, duty="class_committee"),
)
"""Different persons throughout, as R-SOD, R-2 and R-MA want it: 2 trainers, 2 assessors for 24, 1 spare."""


def organisation(code: str) -> Organisation:
    """The organisation with that code. Raises KeyError for another."""
    return {o.code: o for o in ORGANISATIONS}[code]


def on_duty(duty: str) -> tuple[Staff, ...]:
    """Everybody with that duty, in order."""
    return tuple(s for s in STAFF if s.duty == duty)


def class_days(calendar: Calendar, start: date = START) -> tuple[date, date, date]:
    """The class's days: the first three working days on end, NOTICE working days after `start` or later.

    Raises CalendarYearMissing when the calendar does not reach so far.
    """
    first = calendar.add_working_days(start, NOTICE)
    while True:
        days = (first, first + timedelta(days=1), first + timedelta(days=2))
        if all(calendar.is_working_day(day) for day in days):
            return days
        first += timedelta(days=1)


def assessment_day(calendar: Calendar, start: date = START) -> date:
    """The planned assessment day: 5 working days after the last class day."""
    return calendar.add_working_days(class_days(calendar, start)[-1], 5)
