"""A form asks what the schema of its command says, and what was typed comes back in the schema's shape."""

from typing import Any, get_args

import pytest
from pydantic import BaseModel
from starlette.datastructures import FormData

from api.fields import violations_of
from api.schemas.derive import request_model
from api.schemas.tasks import CompleteTaskRequest
from domain import commands as c
from domain.decisions import DECISIONS, FORMS
from domain.errors import Malformed
from domain.policy import CURRENT
from domain.text import Text
from domain.verdict import Violation
from state_machines.tables import TABLES
from web.acts import key_of, new_key, validated, with_form
from web.commands import COMMANDS, command_of, subject_of
from web.forms import Choices, Field, Option, form_of, parse
from web.labels import LABELS, label_of

FORM_MODELS = sorted(set(FORMS.values()), key=lambda cls: cls.__name__)
EVERY = (*c.PROGRAMME_COMMANDS, *c.JOURNEY_COMMANDS, *c.TASK_COMMANDS, *FORM_MODELS)


def leaves(fields: tuple[Field, ...]) -> list[Field]:
    return [leaf for f in fields for leaf in (f, *leaves(f.fields))]


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_every_field_of_every_command_is_asked_for_and_called_something_in_both_languages(
    cls: type[BaseModel],
) -> None:
    model = request_model(cls)
    if cls is c.CompleteTask:
        return  # one form of many: each is asked for by itself, below
    for field in leaves(form_of(model).fields):
        last = field.name.rpartition(".")[2]
        if not last.isdigit():
            assert last in LABELS, f"{field.name} has no label"


@pytest.mark.parametrize(("kind", "decision"), sorted(FORMS))
def test_each_decision_has_a_form_that_its_task_knows(kind: str, decision: str) -> None:
    assert decision in CURRENT.task(kind).decisions
    model = with_form(CompleteTaskRequest, request_model(FORMS[kind, decision]))
    assert form_of(model, leave_out=["decision"]).fields


def test_every_decision_of_the_policy_has_a_label() -> None:
    asked = {decision for task in CURRENT.tasks for decision in task.decisions}
    assert asked == DECISIONS.keys()


def test_every_form_of_a_task_belongs_to_a_decision() -> None:
    assert set(FORMS.values()) == set(get_args(get_args(c.TaskForm)[0]))


def test_every_command_is_found_from_a_move_that_it_asks_for() -> None:
    found = {command_of(name, row.trigger) for name, table in TABLES.items() for row in table.rows}
    assert set(COMMANDS.values()) <= found


def test_a_command_names_what_it_is_about() -> None:
    assert subject_of(c.CancelClass, "k1") == {"class_id": "k1"}
    assert subject_of(c.VerifySeats, "s1") == {"seats": ["s1"]}
    assert subject_of(c.CancelProgramme, "p1") == {}


def test_what_was_typed_comes_back_in_the_shape_of_the_command() -> None:
    model = request_model(c.RescheduleClass)
    sent = FormData(
        [
            ("class_id", "k1"),
            ("days.0", "2026-11-16"),
            ("days.1", ""),
            ("days.2", "2026-11-17"),
            ("start_hour", "9"),
            ("reason", "  Tempat dipakai. "),
        ]
    )
    values = parse(model, sent)
    assert values == {
        "class_id": "k1",
        "days": ["2026-11-16", "2026-11-17"],
        "start_hour": 9,
        "reason": "Tempat dipakai.",
    }
    assert validated(model, values)


def test_rows_that_the_case_gives_are_shown_and_not_asked() -> None:
    model = with_form(CompleteTaskRequest, request_model(c.VotesForm))
    people = (Option("p1", Text(id="Siti", en="Siti")), Option("p2", Text(id="Budi", en="Budi")))
    choices = Choices(
        {"votes.person": people, "form.votes.person": people},
        {"form.votes": [{"person": "p1"}, {"person": "p2"}]},
    )
    rows = [f for f in leaves(form_of(model, choices=choices).fields) if f.kind == "fixed"]
    assert [(f.name, f.value, f.options[0].label.id) for f in rows] == [
        ("form.votes.0.person", "p1", "Siti"),
        ("form.votes.1.person", "p2", "Budi"),
    ]
    sent = FormData(
        [
            ("decision", "decide_competent"),
            ("form.votes.0.person", "p1"),
            ("form.votes.0.competent", "no"),
            ("form.votes.0.competent", "yes"),
            ("form.votes.1.person", "p2"),
            ("form.votes.1.competent", "no"),
            ("form.minutes_number", "BA/1"),
        ]
    )
    assert parse(model, sent)["form"] == {
        "form": "votes",
        "votes": [{"person": "p1", "competent": True}, {"person": "p2", "competent": False}],
        "minutes_number": "BA/1",
    }


def test_a_table_of_ticks_says_who_was_never_there_too() -> None:
    model = with_form(CompleteTaskRequest, request_model(c.AttendanceForm))
    sent = FormData(
        [
            ("decision", "finish"),
            ("form.attended.s1", ""),
            ("form.attended.s1", "2026-03-02"),
            ("form.attended.s2", ""),
        ]
    )
    assert parse(model, sent)["form"]["attended"] == {"s1": ["2026-03-02"], "s2": []}


def test_what_is_refused_stands_beside_its_field_with_what_was_typed() -> None:
    model = request_model(c.RescheduleClass)
    values = {"class_id": "k1", "days": ["bukan tanggal"], "start_hour": 44}
    with pytest.raises(Malformed) as refused:
        validated(model, values)
    form = form_of(model, values=values, violations=refused.value.violations)
    wrong = {f.name: f for f in leaves(form.fields) if f.errors}
    assert wrong.keys() == {"days", "days.0", "start_hour", "reason"}
    assert wrong["days.0"].value == "bukan tanggal"
    assert wrong["reason"].errors[0].id == "Wajib diisi."


def test_a_number_that_is_none_is_left_to_the_model() -> None:
    model = request_model(c.RescheduleClass)
    for typed in ("delapan", "--8", "²", "1234567890"):
        assert parse(model, FormData([("start_hour", typed)]))["start_hour"] == typed
    assert parse(model, FormData([("start_hour", "-8")]))["start_hour"] == -8


@pytest.mark.parametrize("key", ["", "x", "a b c d e f g h", "k" * 121, "ключключключ"])
def test_a_form_without_a_proper_key_is_refused(key: str) -> None:
    with pytest.raises(Malformed, match="A-KEY-MISSING"):
        key_of(FormData([("key", key)]))


def test_every_form_has_a_key_of_its_own() -> None:
    assert key_of(FormData([("key", new_key())])) != key_of(FormData([("key", new_key())]))


def test_an_unknown_field_is_called_by_its_name() -> None:
    assert label_of("form.something_new") == Text(id="something new", en="something new")


def test_errors_of_lists_are_found_by_their_place() -> None:
    errors: list[Any] = [{"type": "missing", "loc": ("form", "points", 0), "msg": "", "input": None}]
    (violation,) = violations_of(errors)
    assert isinstance(violation, Violation)
    assert violation.facts["field"] == "form.points[0]"
