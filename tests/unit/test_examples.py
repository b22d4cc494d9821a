"""The demonstration's people, organisations and files: consistent, invented, and the same each time."""

from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import puremagic
import pytest
from openpyxl import load_workbook

from api.roster_xlsx import read
from db.calendar_seed import seed
from domain.calendar import Calendar
from domain.months import experience
from domain.nik import Nik
from domain.roles import Role
from examples import expected
from examples.make_examples import FAULTY, MEDIA, Made, make
from examples.organisations import (
    ORGANISATIONS,
    PROPOSER,
    SCHEME,
    STAFF,
    START,
    Staff,
    assessment_day,
    class_days,
    on_duty,
    organisation,
)
from examples.people import PEOPLE, SIGNATORIES, Person, of_story

MAIN = [p for p in PEOPLE if p.kind == "main"]


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return seed([2026, 2027])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("a"))


def test_24_main_and_2_reserve_with_their_own_numbers() -> None:
    assert [p.number for p in PEOPLE] == list(range(1, 27))
    assert len(MAIN) == 24 and [p.story for p in PEOPLE[24:]] == ["promoted", "never_called"]
    for values in ([p.nik for p in PEOPLE] + [s.nik for s in STAFF], [p.name for p in PEOPLE],
                   [p.email for p in PEOPLE] + [s.email for s in STAFF]):  # fmt: skip
        assert len(set(values)) == len(values)


def test_every_nik_is_synthetic_and_fits_the_person() -> None:
    people: list[Person | Staff] = [*PEOPLE, *STAFF]
    for person in people:
        reading = Nik.parse(person.nik, birth_date=person.birth_date, sex=person.sex)
        assert reading.warnings == () and reading.last4 >= "9000"


def test_7_of_24_are_external_and_reserve_2_would_be_the_eighth() -> None:
    external = sum(p.external for p in MAIN)
    assert (external, len(MAIN)) == expected.SHARE_AS_SUBMITTED and 10 * external <= 3 * len(MAIN)
    limit = 3 * len(MAIN) // 10
    leaving = {"never_answers", "withdraws", "refused_participant"}
    staying = [p for p in MAIN if p.story not in leaving]
    taken = sum(p.external for p in staying)
    (first,), (second,) = of_story("promoted"), of_story("never_called")
    assert taken + first.external <= limit < taken + second.external
    after, total = expected.SHARE_AFTER_APPROVAL
    assert (after, total) == (external, len(MAIN) - 1) and 10 * after > 3 * total


def test_every_story_has_an_outcome_and_the_sums_agree() -> None:
    assert {p.story for p in PEOPLE} == set(expected.EXPECTED)
    assert all(len(of_story(s)) == 1 for s in expected.EXPECTED if s != "straightforward")
    outcomes = [expected.EXPECTED[p.story] for p in PEOPLE]
    assert Counter(o.seat for o in outcomes) == expected.SEATS
    assert Counter(o.journey for o in outcomes if o.journey) == expected.JOURNEYS
    assert sum(o.certificate == "ACTIVE" for o in outcomes) == expected.CERTIFICATES
    for outcome in outcomes:
        assert (outcome.certificate is not None) == (outcome.journey == "CERTIFIED")
        assert outcome.seat == "ATTENDED" or outcome.certificate is None
    units = {u.id for u in SCHEME.units}
    assert all(set(failing) < units for failing in expected.FAILING_UNITS.values())


def test_the_readme_shows_the_same_outcomes() -> None:
    lines = (Path(__file__).parents[2] / "examples/README.md").read_text("utf-8").splitlines()
    for person in PEOPLE:
        if person.story != "straightforward":
            outcome = expected.EXPECTED[person.story]
            line = next(x for x in lines if f"| `{person.story}`" in x)
            cells = [c.strip() for c in line.strip("|").split("|")]
            assert cells[0] == str(person.number) and cells[2] == person.recommending
            assert cells[4:] == [outcome.seat, outcome.journey or "–", outcome.certificate or "–"]


def test_the_class_days_worked_out_by_hand(calendar: Calendar) -> None:
    days = class_days(calendar)
    assert days == (date(2026, 4, 14), date(2026, 4, 15), date(2026, 4, 16))
    assert assessment_day(calendar) == date(2026, 4, 23)
    assert expected.latest_send_back(calendar, days[0]) == date(2026, 3, 27)


@pytest.mark.parametrize("weeks", range(0, 40, 3))
def test_any_start_gives_three_days_on_end_with_notice(calendar: Calendar, weeks: int) -> None:
    start = START + timedelta(weeks=weeks)
    days = class_days(calendar, start)
    assert calendar.working_days_between(start, days[0]) >= 20
    assert all(calendar.is_working_day(d) for d in days) and (days[2] - days[0]).days == 2


def test_everybody_meets_the_requirements_as_the_stories_want(calendar: Calendar) -> None:
    for person in PEOPLE:
        months, _ = experience([w.days(START) for w in person.work], START)
        assert months >= 48
        assert person.certificate_valid_until(START) > assessment_day(calendar) + timedelta(days=300)
        assert (person.qualification in ("SMA", "SMK")) == (person.story == "sma_equivalence")


def test_who_recommends_may_and_the_proposer_may_organise() -> None:
    recommending = {p.recommending for p in PEOPLE}
    assert recommending == set(SIGNATORIES) <= {o.code for o in ORGANISATIONS}
    for code in recommending:
        found = organisation(code)
        assert (found.kind, found.licence) in {
            ("lsp", "ACTIVE"),
            ("clsp", "IN_PROCESS"),
        } or found.approved_to_recommend
    assert organisation(PROPOSER).licence == "ACTIVE" and organisation(PROPOSER).licensed_schemes == (
        SCHEME.code,
    )


def test_the_scheme_has_three_unverified_units_without_codes() -> None:
    assert [u.id for u in SCHEME.units] == ["plan", "conduct", "validate"]
    assert not SCHEME.verified and all(u.code is None and not u.verified for u in SCHEME.units)


def test_staff_covers_every_duty_with_different_people(calendar: Calendar) -> None:
    roles = Counter(s.role for s in STAFF if s.role)
    assert roles[Role.COMMITTEE] == 3 and roles[Role.MASTER_ASSESSOR] == 5
    assert all(roles[r] == 1 for r in (Role.ORGANISER, Role.VERIFIER, Role.APPROVER, Role.REVIEWER,
                                       Role.OPERATIONS, Role.AUDITOR))  # fmt: skip
    assert len(on_duty("trainer")) == 2 and len(on_duty("class_committee")) == 2
    assert 12 * len(on_duty("assessor")) >= len(MAIN) and len(on_duty("spare_assessor")) == 1
    assert len(on_duty("chair")) == 1 and len({s.name for s in STAFF} | {p.name for p in PEOPLE}) == 42
    for master in (s for s in STAFF if s.role is Role.MASTER_ASSESSOR):
        until = master.certificate_valid_until()
        assert until is not None and until > class_days(calendar)[-1] + timedelta(days=365)


def test_the_roster_is_read_without_a_problem(made: Made) -> None:
    reading = read(made.roster.read_bytes())
    assert reading.problems == () and len(reading.rows) == 26
    assert [(r.nik, r.recommending, r.kind) for r in reading.rows] == [
        (p.nik, p.recommending, p.kind) for p in PEOPLE
    ]
    assert all(r.warnings == () and r.computer_declaration and r.class_label == "A" for r in reading.rows)


def test_the_evidence_is_what_its_name_says(made: Made) -> None:
    folder = made.roster.parent
    for evidence in made.evidence:
        path = folder / evidence.path
        content = path.read_bytes()
        assert sha256(content).hexdigest() == evidence.sha256
        assert puremagic.from_string(content, mime=True) == evidence.media_type == MEDIA[path.suffix]
        assert len(content) < 100_000
    assert {e.media_type for e in made.evidence} == {"application/pdf", "image/jpeg", "image/png"}


def test_everybody_has_six_files_and_one_is_corrected(made: Made) -> None:
    assert all(len(made.of(person)) == 6 for person in PEOPLE)
    assert len({e.sha256 for e in made.evidence}) == len(made.evidence)
    (returned,), (silent,) = of_story("returned_documents"), of_story("never_answers")
    assert set(made.of(returned, "corrected")) == {FAULTY["returned_documents"]}
    assert made.of(silent, "corrected") == {}
    assert sum(e.version == "corrected" for e in made.evidence) == 1


def test_two_runs_give_the_same(made: Made, tmp_path: Path) -> None:
    again = make(tmp_path)
    assert again.evidence == made.evidence
    assert again.roster.read_bytes() == made.roster.read_bytes()

    def cells(path: Path) -> list[tuple[object, ...]]:
        return list(load_workbook(path)["Peserta"].iter_rows(values_only=True))

    assert cells(again.roster) == cells(made.roster)


def test_another_start_moves_the_dates(tmp_path: Path) -> None:
    later = make(tmp_path, START + timedelta(days=365))
    reading = read(later.roster.read_bytes())
    assert reading.ok and reading.rows[0].letter_date == START + timedelta(days=351)
