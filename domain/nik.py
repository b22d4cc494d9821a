"""The NIK, the national identity number: read, checked and masked; restricted personal data (§ 7).

Region 6 digits, birth DDMMYY with 40 added to the day for women, serial 4 digits from 0001. No error,
warning or repr made here holds a digit of it.
"""

import re
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.errors import Malformed
from domain.text import Text
from domain.verdict import Violation

RULE = "P-NIK"
CITATION = "[P] § 7"
LENGTH = 16
WOMEN_ADD = 40
DAYS_IN = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Longest length of each month; 29 February only of a year that is a leap year in one century or the other,
since two digits do not tell which."""

PROVINCES = frozenset(
    (*range(11, 20), 21, *range(31, 37), 51, 52, 53, *range(61, 66), *range(71, 77), 81, 82, *range(91, 97))
)
"""First two digits of the region codes in use; an unverified list, so that it only ever warns."""

Sex = Literal["L", "P"]
"""L laki-laki (male), P perempuan (female)."""


class NikReading(BaseModel):
    """What the sixteen digits say. Treat the whole of it as restricted; show only `mask`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    nik: str = Field(repr=False)
    last4: str
    region: str = Field(repr=False)
    """Province, regency and district of first registration, 6 digits."""
    birth_day: int = Field(repr=False)
    birth_month: int = Field(repr=False)
    birth_year2: int = Field(repr=False)
    """Last two digits of the year of birth; the century is not in the number."""
    sex: Sex = Field(repr=False)
    warnings: tuple[Violation, ...] = ()
    """What looks odd and never stands in the way; without any fact about the number."""


class Nik:
    """How a NIK is taken in. Nothing is an instance of it: the number travels as a NikReading."""

    @staticmethod
    def parse(text: str, *, birth_date: date | None = None, sex: str | None = None) -> NikReading:
        """Read a NIK exactly as it is written; `birth_date` and `sex` ("L" or "P") are what the person gave.

        Raises Malformed (P-NIK) unless it is 16 ASCII digits with a possible day and month of birth and
        a serial from 0001, with every fault at once. An unknown region, and a date or sex that is not
        as given, only warn.
        """
        # [0-9], not \d: other scripts' digits look right and would make a second number of one person.
        if re.fullmatch(r"[0-9]{16}", text) is None:
            raise Malformed(_violation(*NOT_16_DIGITS, length=len(text)))
        day, month, year2 = int(text[6:8]), int(text[8:10]), int(text[10:12])
        read_sex: Sex = "P" if day > WOMEN_ADD else "L"
        birth_day = day - WOMEN_ADD if read_sex == "P" else day
        faults = []
        if not 1 <= month <= 12:
            faults.append(_violation(*BAD_MONTH))
        # 2000 was a leap year and 1900 none, so two digits say it: every fourth year, 00 among them
        impossible_leap_day = (birth_day, month) == (29, 2) and year2 % 4 != 0
        longest = DAYS_IN[month - 1] if 1 <= month <= 12 else 31
        if impossible_leap_day or not 1 <= birth_day <= longest:
            faults.append(_violation(*BAD_DAY))
        if text[12:] == "0000":
            faults.append(_violation(*BAD_SERIAL))
        if faults:
            raise Malformed(faults)
        warnings = []
        if int(text[:2]) not in PROVINCES:
            warnings.append(_violation(*UNKNOWN_REGION))
        if birth_date is not None and (birth_day, month, year2) != (
            birth_date.day,
            birth_date.month,
            birth_date.year % 100,
        ):
            warnings.append(_violation(*OTHER_BIRTH_DATE))
        if sex is not None and sex != read_sex:
            warnings.append(_violation(*OTHER_SEX))
        return NikReading(
            nik=text,
            last4=text[-4:],
            region=text[:6],
            birth_day=birth_day,
            birth_month=month,
            birth_year2=year2,
            sex=read_sex,
            warnings=tuple(warnings),
        )


def mask(nik: str) -> str:
    """Twelve asterisks and the last 4 digits; sixteen asterisks for anything that is not 16 long."""
    return "*" * 12 + nik[-4:] if len(nik) == LENGTH else "*" * LENGTH


# Indonesian and English, side by side.
NOT_16_DIGITS = ("NIK harus terdiri atas tepat 16 angka.", "A NIK must be exactly 16 digits.")
BAD_MONTH = ("Bulan lahir dalam NIK tidak mungkin.", "The month of birth in the NIK is impossible.")
BAD_DAY = ("Tanggal lahir dalam NIK tidak mungkin.", "The day of birth in the NIK is impossible.")
BAD_SERIAL = ("Nomor urut dalam NIK tidak boleh 0000.", "The serial in the NIK must not be 0000.")
UNKNOWN_REGION = ("Kode wilayah dalam NIK tidak dikenal.", "The region code in the NIK is unknown.")
OTHER_BIRTH_DATE = (
    "Tanggal lahir dalam NIK berbeda dari yang diisi.",
    "The date of birth in the NIK is not the one given.",
)
OTHER_SEX = (
    "Jenis kelamin dalam NIK berbeda dari yang diisi.",
    "The sex in the NIK is not the one given.",
)


def _violation(indonesian: str, english: str, **facts: int) -> Violation:
    return Violation(
        rule=RULE,
        text=Text(id=indonesian, en=english),
        citation=CITATION,
        remedy=Text(
            id="Periksa kembali dengan KTP atau kartu keluarga.",
            en="Check it against the identity card or family card.",
        ),
        facts=dict(facts),
    )
