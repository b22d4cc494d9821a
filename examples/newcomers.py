"""The next participants: those whose programmes are still under way when the demonstration has been told.

`story` says what is left undone for each, and so in whose inbox the next act lies (examples/story/office.py).
Invented like everybody here; their numbers go on where examples/people.py leaves room.
"""

from datetime import date

from examples.people import Person, Work

NEWCOMERS: tuple[Person, ...] = (
    # one class that is over, each of its participants at another point after it
    Person(31, "to_issue", "Bagas Wicaksono", "L", date(1987, 1, 14), "317101"),
    Person(32, "to_convene", "Dewi Anjani", "P", date(1990, 3, 8), "327301"),
    Person(33, "to_decide", "Erwin Panggabean", "L", date(1985, 12, 2), "127101"),
    Person(34, "to_assess", "Farida Hanum", "P", date(1992, 7, 25), "737101"),
    Person(35, "to_begin", "Galih Prakoso", "L", date(1988, 9, 30), "340401"),
    Person(36, "late_review", "Hesti Wulandari", "P", date(1991, 4, 17), "357801"),
    Person(37, "to_schedule", "Ivan Sihombing", "L", date(1983, 10, 5), "127101"),
    # one class that is being prepared
    Person(38, "to_review", "Julia Rahayu", "P", date(1989, 2, 11), "317101"),
    Person(39, "returned_documents", "Krisna Mahendra", "L", date(1986, 6, 19), "517103"),
    Person(40, "to_apply", "Laras Kinanti", "P", date(1993, 8, 3), "337401"),
    Person(41, "to_get_reviewer", "Made Suartana", "L", date(1984, 5, 27), "517103"),
    Person(42, "to_apply", "Novi Astuti", "P", date(1990, 11, 9), "327301"),
    # one request that waits for the approver
    Person(43, "to_approve", "Oscar Lumban", "L", date(1987, 3, 21), "127101"),
    Person(44, "to_approve", "Puspita Sari", "P", date(1991, 12, 13), "340401"),
    Person(45, "to_approve", "Rahmat Hidayat", "L", date(1985, 8, 16), "737101"),
    Person(46, "to_approve", "Sinta Maharani", "P", date(1992, 2, 6), "357801"),
    # one that waits for the verifier, a question of equivalence in it
    Person(47, "to_verify", "Teguh Santoso", "L", date(1988, 7, 1), "337401"),
    Person(48, "to_verify", "Utami Dewanti", "P", date(1990, 10, 22), "317101"),
    Person(49, "to_verify", "Vicky Manurung", "L", date(1980, 4, 29), "127101", qualification="SMA",
           work=(Work(140),)),
    Person(50, "to_verify", "Winda Larasati", "P", date(1993, 1, 18), "327301"),
    # one that BNSP sent back to its organiser
    Person(51, "sent_back", "Yoga Permadi", "L", date(1986, 9, 12), "340401"),
    Person(52, "sent_back", "Zahra Amalia", "P", date(1991, 5, 4), "737101"),
    # and one that its organiser is still writing
    Person(53, "drafted", "Arif Budiman", "L", date(1989, 11, 28), "317101"),
    Person(54, "drafted", "Bunga Citra", "P", date(1992, 6, 15), "327301"),
)  # fmt: skip


def with_story(*stories: str) -> tuple[Person, ...]:
    """The newcomers with one of those stories, in the order of their numbers."""
    return tuple(p for p in NEWCOMERS if p.story in stories)
