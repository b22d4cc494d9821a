"""The demonstration's participants: 24 main, 2 reserve, every one of them invented.

`story` says what the person will do; examples/expected.py says what becomes of it. Dates hang on the
request's day, so that the same table serves every START.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.months import add_months
from examples.organisations import CLASS_LABEL, FIELD, PROPOSER, START
from examples.synthetic import synthetic


@dataclass(frozen=True, slots=True)
class Work:
    """A period of work in the field, in whole months before START; `until` None is still running."""

    since: int
    until: int | None = None

    def days(self, start: date) -> tuple[date, date | None]:
        """First and last day worked."""
        last = None if self.until is None else add_months(start, -self.until) - timedelta(days=1)
        return add_months(start, -self.since), last


@dataclass(frozen=True, slots=True)
class Person:
    """One participant. `number` is the running number in the roster, and in folder and user names."""

    number: int
    story: str
    name: str
    sex: Literal["L", "P"]
    birth_date: date
    region: str
    recommending: str = PROPOSER
    qualification: str = "S1"
    kkni_level: int | None = None
    work: tuple[Work, ...] = (Work(60),)
    kind: Literal["main", "reserve"] = "main"

    @property
    def nik(self) -> str:
        """The synthetic NIK: serial 9001 for number 1."""
        return synthetic(self.region, self.birth_date, self.sex, 9000 + self.number)

    @property
    def username(self) -> str:
        return f"peserta{self.number:02}"

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"

    @property
    def phone(self) -> str:
        return f"0812000000{self.number:02}"

    @property
    def external(self) -> bool:
        """Does somebody else than the proposer recommend the person (R-30)?"""
        return self.recommending != PROPOSER

    @property
    def letter_number(self) -> str:
        return f"{self.number:03}/{self.recommending}/REK/2026"

    @property
    def certificate_number(self) -> str:
        return f"CONTOH 2512 {self.number:07} 2024"

    def letter_date(self, start: date) -> date:
        return start - timedelta(days=14)

    def certificate_valid_until(self, start: date) -> date:
        """Far beyond the last assessment day, re-assessments included (R-TECH)."""
        return add_months(start, 18 + self.number % 6)

    def cells(self, start: date = START) -> dict[str, object]:
        """The person's row in the roster, by column key; blank cells are left out."""
        experience: dict[str, object] = {}
        for i, work in enumerate(self.work, start=1):
            first, last = work.days(start)
            experience |= {f"experience_{i}_field": FIELD, f"experience_{i}_first": first}
            if last:
                experience[f"experience_{i}_last"] = last
        level = {"kkni_level": self.kkni_level} if self.kkni_level else {}
        return {
            "no": self.number,
            "full_name": self.name,
            "nik": self.nik,
            "sex": self.sex,
            "birth_date": self.birth_date,
            "email": self.email,
            "phone": self.phone,
            "recommending": self.recommending,
            "letter_number": self.letter_number,
            "letter_date": self.letter_date(start),
            "signatory": SIGNATORIES[self.recommending],
            "qualification": self.qualification,
            **level,
            "technical_field": FIELD,
            "certificate_number": self.certificate_number,
            "certificate_valid_until": self.certificate_valid_until(start),
            **experience,
            "computer_declaration": "Ya",
            "class_label": CLASS_LABEL,
            "kind": "Utama" if self.kind == "main" else "Cadangan",
        }


SIGNATORIES = {
    "LSP-TIK": "Surya Adinata",
    "LSP-NUSA": "Maria Tambunan",
    "CLSP-DATA": "Irfan Maulana",
    "BALAI-KOMDIG": "Nyoman Astawa",
}

# Who leaves before the class starts comes from the proposer, so that all 7 external places stay taken:
# then R-30 keeps reserve 26, who is external, on the list to the end (examples/README.md).
PEOPLE: tuple[Person, ...] = (
    Person(1, "straightforward", "Aditya Nugroho", "L", date(1988, 4, 12), "317101"),
    Person(2, "straightforward", "Ayu Lestari", "P", date(1991, 9, 3), "327301", qualification="D3"),
    Person(3, "sma_equivalence", "Budi Hartono", "L", date(1979, 11, 27), "337401", qualification="SMA",
           work=(Work(150),)),
    Person(4, "straightforward", "Citra Maharani", "P", date(1986, 2, 18), "357801", qualification="S2"),
    Person(5, "returned_documents", "Dedi Kurniadi", "L", date(1984, 7, 30), "340401"),
    Person(6, "straightforward", "Eka Rahmawati", "P", date(1993, 12, 9), "317101", qualification="D4"),
    Person(7, "never_answers", "Fajar Siregar", "L", date(1990, 5, 21), "127101"),
    Person(8, "straightforward", "Gita Anggraini", "P", date(1987, 10, 1), "327301", work=(Work(84, 40),
           Work(48))),
    Person(9, "withdraws", "Hadi Santosa", "L", date(1982, 3, 15), "337401"),
    Person(10, "straightforward", "Indah Permata", "P", date(1989, 8, 24), "357801", qualification="KKNI",
           kkni_level=4),
    Person(11, "no_show_class", "Joko Purwanto", "L", date(1985, 6, 6), "340401"),
    Person(12, "straightforward", "Komang Sri Dewi", "P", date(1992, 1, 31), "517103", qualification="D1",
           work=(Work(96, 60), Work(58))),
    Person(13, "no_show_assessment", "Lukman Hakim", "L", date(1983, 9, 17), "737101"),
    Person(14, "straightforward", "Maya Simanjuntak", "P", date(1990, 11, 11), "127101"),
    Person(15, "refused_participant", "Nanda Saputra", "L", date(1994, 4, 4), "317101"),
    Person(16, "straightforward", "Olivia Manullang", "P", date(1988, 12, 20), "127101",
           qualification="PROFESI"),
    Person(17, "straightforward", "Putu Aryana", "L", date(1981, 5, 5), "517103"),
    Person(18, "bk_then_k", "Rina Kusuma", "P", date(1987, 7, 19), "327301", "LSP-NUSA"),
    Person(19, "straightforward", "Slamet Widodo", "L", date(1978, 2, 28), "337401", "LSP-NUSA", "D2"),
    Person(20, "straightforward", "Tuti Alawiyah", "P", date(1985, 10, 10), "737101", "LSP-NUSA"),
    Person(21, "bk_twice", "Umar Batubara", "L", date(1989, 3, 23), "127101", "CLSP-DATA"),
    Person(22, "straightforward", "Vina Oktaviani", "P", date(1992, 10, 29), "357801", "CLSP-DATA", "S3"),
    Person(23, "straightforward", "Wahyu Pratama", "L", date(1986, 8, 8), "340401", "BALAI-KOMDIG"),
    Person(24, "straightforward", "Yuliana Tandi", "P", date(1991, 6, 14), "737101", "BALAI-KOMDIG"),
    Person(25, "promoted", "Zaki Ramadhan", "L", date(1990, 2, 2), "317101", kind="reserve"),
    Person(26, "never_called", "Anisa Fitriani", "P", date(1993, 5, 16), "327301", "LSP-NUSA",
           kind="reserve"),
)  # fmt: skip


def of_story(story: str) -> tuple[Person, ...]:
    """Everybody with that story; one person, but for `straightforward`."""
    return tuple(p for p in PEOPLE if p.story == story)
