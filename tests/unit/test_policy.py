"""The policy: every number has its source, and the catalogue of tasks is that of § 4."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from domain.calendar import Calendar
from domain.cases import Case
from domain.clock import at, local_day
from domain.errors import Conflict, NotFound
from domain.facts import Facts
from domain.policy import CURRENT, POLICIES, Due, Policy, TaskKind, adopt, default, former, policy
from domain.roles import SYSTEM, Role
from domain.rules.duties import separated_from
from state_machines.turn import Turn

ROOT = Path(__file__).parents[2]
OPENED = datetime(2026, 3, 2, 3, tzinfo=UTC)
CALENDAR = Calendar(version="test", years=(2026,), non_working=())
CASE = Case(
    stream="s",
    kind="programme",
    workflow_id="w",
    head="",
    policy_version=CURRENT.version,
    calendar=CALENDAR,
    business_at=OPENED,
)

# domain specification, § 4: kind → group, bound to, barred, decisions, due
TABLE: dict[str, tuple[str, str, set[str], set[str], str]] = {
    "verify_programme": ("verifier", "group", {"submitter"}, {"recommend", "send_back", "reject"}, "10 wd"),
    "approve_programme": (
        "approver",
        "group",
        {"submitter", "verifier"},
        {"approve", "approve_without", "return_to_verifier", "reject"},
        "5 wd",
    ),
    "correct_programme": ("organiser", "organisation", set(), {"resubmit", "cancel"}, "5 wd"),
    "correct_application": ("candidate", "person", set(), {"resubmit", "withdraw"}, "10 wd"),
    "submit_application": ("candidate", "person", set(), {"submit", "withdraw"}, "10 wd"),
    "confirm_seat": ("candidate", "person", set(), {"confirm", "withdraw"}, "5 wd"),
    "choose_application": ("candidate", "person", set(), {"keep", "give_up"}, "5 wd"),
    "assign_master_assessors": ("operations", "group", set(), {"assign"}, "3 wd"),
    "resolve_equivalence": ("verifier", "group", {"submitter"}, {"accept", "refuse"}, "5 wd"),
    "resolve_exception": ("verifier", "group", {"submitter"}, {"accept", "refuse"}, "5 wd"),
    "answer_assignment": ("master_assessor", "person", set(), {"accept", "decline"}, "3 wd"),
    "complete_class": ("organiser", "organisation", set(), set(), "-3 wd of first_class_day"),
    "answer_offer": ("candidate", "person", set(), {"accept_offer", "decline"}, "24 hours"),
    "resolve_class_day": ("organiser", "organisation", set(), {"reschedule", "cancel"}, "2 wd"),
    "complete_kit": ("candidate", "person", set(), set(), "0 wd of class_end"),
    "record_attendance": ("master_assessor", "person", set(), {"finish"}, "1 wd of class_end"),
    "sign_agreement": ("candidate", "person", set(), {"sign"}, "0 wd of assessment_day"),
    "begin_assessment": (
        "master_assessor",
        "person",
        {"trainer"},
        {"begin", "no_show"},
        "0 wd of assessment_day",
    ),
    "reassess": ("organiser", "organisation", set(), {"reassess"}, "0 wd of last_reassessment_day"),
    "assign_reviewer": ("operations", "group", set(), {"assign_reviewer"}, "2 wd"),
    "convene": ("operations", "group", set(), {"convene"}, "3 wd"),
    "issue_certificate": ("operations", "group", set(), {"issue"}, "5 wd"),
    "accept_report": ("operations", "group", set(), {"accept_report", "return_report"}, "5 wd"),
    "review_documents": (
        "reviewer",
        "person",
        {"recommender", "trainer"},
        {"accept", "send_back", "reject"},
        "5 wd",
    ),
    "schedule_assessment": ("organiser", "organisation", set(), {"schedule"}, "10 wd"),
    "file_assessment": ("master_assessor", "person", {"trainer"}, {"recommend"}, "3 wd"),
    "decide": (
        "committee",
        "person",
        {"trainer", "assessor"},
        {"decide_competent", "decide_not_yet", "clarify"},
        "7 wd",
    ),
    "submit_report": ("organiser", "organisation", set(), {"submit_report"}, "14 wd"),
}


def in_words(due: Due) -> str:
    return f"{due.length} wd of {due.of}" if due.unit == "moment" else f"{due.length} {due.unit}"


def test_catalogue_is_that_of_section_four() -> None:
    found = {
        t.kind: (t.group.value, t.bound, set(t.barred), set(t.decisions), in_words(t.due))
        for t in CURRENT.tasks
    }
    assert found == TABLE


@pytest.mark.parametrize("entry", CURRENT.tasks, ids=lambda t: t.kind)
def test_every_kind_of_task_is_whole(entry: object) -> None:
    task = CURRENT.task(entry.kind)  # type: ignore[attr-defined]  # pytest hands parameters on untyped
    assert task.chain[-1] is Role.OPERATIONS
    assert not set(task.chain) & {Role.ORGANISER, Role.CANDIDATE, Role.MASTER_ASSESSOR, Role.SYSTEM}
    assert {*task.negative, *task.points, *task.evidence} <= set(task.decisions)
    assert {"reject", "refuse", "decide_not_yet", "return_report"} & set(task.decisions) <= set(task.negative)
    assert task.label.id != task.label.en
    assert task.help.id != task.help.en
    assert task.citation
    assert task.priority in (0, 1, 2)
    if task.barred:
        assert set(task.barred) <= set(separated_from(task.step, CURRENT))


def test_every_parameter_has_its_source() -> None:
    assert set(CURRENT.sources) == set(CURRENT.parameters())
    assert all(source.reason for source in CURRENT.sources.values())
    data = CURRENT.model_dump()
    del data["sources"]["class_maximum"]
    with pytest.raises(ValidationError, match="class_maximum"):
        Policy.model_validate(data)


def test_numbers_of_the_document() -> None:
    p = CURRENT
    assert (p.external_parts, p.external_whole, p.class_maximum, p.committee_minimum) == (3, 10, 24, 2)
    assert (p.qualification_minimum, p.experience_months, p.window_months) == (3, 36, 3)
    assert all(p.sources[n].mark == "S" for n in ("external_parts", "class_maximum", "experience_months"))
    assert p.certificate_reminder_days == (90, 60, 30, 7)
    assert p.upload_bytes == 10_485_760
    assert p.status == "placeholder"
    assert not any(source.verified for source in p.sources.values())


@pytest.mark.parametrize("name", CURRENT.terms)
def test_every_term_is_read_by_name(name: str) -> None:
    rooms = ("state_machines", "workflows", "activities", "db", "api")
    code = [path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py")]
    assert any(f'.term("{name}")' in text for text in code)


@pytest.mark.parametrize("entry", CURRENT.tasks, ids=lambda t: t.kind)
def test_a_task_is_due_when_its_own_entry_says(entry: TaskKind) -> None:
    turn = Turn(CASE, actor=SYSTEM, now=OPENED, facts=Facts(policy=CURRENT))
    day = date(2026, 3, 20) if entry.due.unit == "moment" else None
    later = entry.model_copy(update={"due": entry.due.model_copy(update={"length": entry.due.length + 1})})
    if entry.due.unit == "hours":
        assert turn.due(later) - turn.due(entry) == timedelta(hours=1)
        return
    next_day = CALENDAR.add_working_days(local_day(turn.due(entry, day)), 1)
    assert turn.due(later, day) == at(next_day, CALENDAR.closes_hour)


def test_working_hours_end_when_the_calendar_says() -> None:
    early = CASE.model_copy(update={"calendar": CALENDAR.model_copy(update={"closes_hour": 12})})
    turn = Turn(early, actor=SYSTEM, now=OPENED, facts=Facts(policy=CURRENT))
    due = turn.due(CURRENT.task("complete_class"), date(2026, 3, 20))
    assert due == at(date(2026, 3, 17), 12)


def test_a_moment_without_its_day_is_a_bug() -> None:
    turn = Turn(CASE, actor=SYSTEM, now=OPENED, facts=Facts(policy=CURRENT))
    with pytest.raises(AssertionError, match="assessment_day"):
        turn.due(CURRENT.task("sign_agreement"))


def test_no_number_of_the_policy_stands_in_a_sentence() -> None:
    for task in CURRENT.tasks:
        for text in (task.help.id, task.help.en):
            assert not re.search(r"(?<![.\d])\d+(?!\d)", re.sub(r"FR\.[A-Z]+\.\d+", "", text)), text


def test_a_policy_of_the_first_shape_means_what_it_meant() -> None:
    data = CURRENT.model_dump(mode="json")
    mark = {"mark": "D", "reason": "test"}
    data["offer_hours"], data["sources"]["offer_hours"] = 48, mark
    data["terms"] |= {
        "offer": {"length": 48, "unit": "hours", **mark},
        "class_completion_before": {"length": 5, "unit": "wd", **mark},
    }
    del data["requirements"]
    for task in data["tasks"]:
        if task["kind"] == "reassess":
            task["due"] = {"unit": "months", "length": 6, "of": "first_decision"}
        elif task["due"]["unit"] == "moment":
            task["due"]["length"] = 9
    read = former.read(data)
    assert {t.kind: t.due.length for t in read.tasks if t.due.unit == "moment"} == {
        "complete_class": -5,
        "record_attendance": 1,
        "complete_kit": 0,
        "sign_agreement": 0,
        "begin_assessment": 0,
        "reassess": 0,
    }
    assert read.task("answer_offer") == CURRENT.task("answer_offer")
    assert (read.terms, read.requirements) == (CURRENT.terms, CURRENT.requirements)
    assert former.read(read.model_dump(mode="json")) == read


def test_a_policy_is_data() -> None:
    assert Policy.model_validate_json(CURRENT.model_dump_json()) == CURRENT
    assert policy(CURRENT.version) is CURRENT is default()


def test_a_later_policy_is_adopted_once_and_never_altered() -> None:
    later = CURRENT.model_copy(update={"version": "test-later"})
    try:
        adopt(later)
        adopt(later)
        assert policy("test-later") == later
        with pytest.raises(Conflict):
            adopt(later.model_copy(update={"class_maximum": 30}))
    finally:
        del POLICIES["test-later"]


def test_a_policy_counts_for_new_cases_from_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    days = {"test-2028": date(2028, 1, 1), "test-2027": date(2027, 1, 1)}
    for version, day in days.items():
        made = CURRENT.model_copy(update={"version": version, "effective": day})
        monkeypatch.setitem(POLICIES, version, made)
    told = [
        default(date(*day)).version
        for day in ((2020, 1, 1), (2026, 12, 31), (2027, 1, 1), (2027, 12, 31), (2028, 6, 1))
    ]
    assert told == [CURRENT.version, CURRENT.version, "test-2027", "test-2027", "test-2028"]


@pytest.mark.parametrize(
    "ask", [lambda: policy("none"), lambda: CURRENT.task("none"), lambda: CURRENT.term("none")]
)
def test_unknown_names_are_not_found(ask: object) -> None:
    with pytest.raises(NotFound):
        ask()  # type: ignore[operator]  # pytest hands parameters on untyped


def test_forms_are_named_with_their_template() -> None:
    assert CURRENT.form("FR.APL.01").key == "FR.APL.01@2026-01"
    assert len({f.code for f in CURRENT.forms}) == 9
