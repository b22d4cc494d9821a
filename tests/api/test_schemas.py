"""Request models come from the commands, so that no shape is written twice."""

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from api.schemas.derive import FILLED, command_of, request_model, texts
from domain import commands as c
from domain.cases import Sealed

COMMANDS = (*c.PROGRAMME_COMMANDS, *c.JOURNEY_COMMANDS, *c.TASK_COMMANDS)


@pytest.mark.parametrize("cls", COMMANDS, ids=lambda cls: cls.__name__)
def test_a_request_has_the_commands_fields_but_what_the_server_fills(cls: type[c.Model]) -> None:
    expected = set(cls.model_fields) - FILLED.get(cls, frozenset()) - {"type"}
    assert set(request_model(cls).model_fields) == expected


def test_every_sealed_text_is_found_and_comes_back_sealed() -> None:
    given = request_model(c.CompleteTask).model_validate(
        {"decision": "send_back", "reason": " sebab ", "form": {"form": "points", "points": ["satu", "dua"]}}
    )
    found = texts(given)
    assert found == {"reason": "sebab", "form.points.0": "satu", "form.points.1": "dua"}
    sealed = {path: Sealed(id=path, commitment="x") for path in found}
    command = command_of(given, sealed, {"task": "t1"})
    assert isinstance(command, c.CompleteTask)
    assert command.task == "t1"
    assert command.reason == Sealed(id="reason", commitment="x")
    assert isinstance(command.form, c.PointsForm)
    assert [p.id for p in command.form.points] == ["form.points.0", "form.points.1"]


def test_an_optional_text_may_be_left_out() -> None:
    given = request_model(c.WithdrawSeat).model_validate({"seat": "s1"})
    assert texts(given) == {}
    assert command_of(given, {}, {}) == c.WithdrawSeat(seat="s1")


@pytest.mark.parametrize(
    "body",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * 4001},
        {"reason": {"id": "a", "commitment": "b"}},
        {"reason": "x", "type": "cancel_programme"},
        {"reason": "x", "extra": 1},
        {},
    ],
)
def test_a_text_is_a_plain_string_of_1_to_4000_characters_and_nothing_else_is_taken(
    body: dict[str, object],
) -> None:
    with pytest.raises(ValidationError):
        request_model(c.CancelProgramme).model_validate(body)


def test_nobody_can_send_what_the_server_fills() -> None:
    for field in FILLED[c.ResubmitProgrammeForm]:
        body = {"decision": "resubmit", "form": {"form": "resubmit_programme", field: []}}
        with pytest.raises(ValidationError, match="extra_forbidden"):
            request_model(c.CompleteTask).model_validate(body)


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (c.RescheduleClass, {"days": [0]}),
        (c.RescheduleClass, {"days": ["0"]}),
        (c.RescheduleClass, {"days": ["2026-05-04T00:00:00"]}),
        (c.RescheduleClass, {"days": ["0001-01-01"]}),
        (c.RescheduleClass, {"days": ["9999-12-31"]}),
        (c.RescheduleClass, {"start_hour": "8"}),
        (c.RescheduleClass, {"start_hour": True}),
        (c.RescheduleClass, {"start_hour": 8.0}),
        (c.SetCommittee, {"committee": [f"p{n}" for n in range(11)]}),
    ],
)
def test_days_and_numbers_are_what_json_calls_so(command: type[c.Model], body: dict[str, object]) -> None:
    right: dict[str, object] = {"class_id": "a"}
    if command is c.RescheduleClass:
        right |= {"days": ["2026-05-04"], "start_hour": 8, "reason": "sebab"}
    else:
        right |= {"committee": ["p1"]}
    given = request_model(command).model_validate(right)
    assert command_of(given, {"reason": Sealed(id="a", commitment="b")}, {})
    with pytest.raises(ValidationError):
        request_model(command).model_validate(right | body)


def test_what_is_nested_in_a_form_is_exact_too() -> None:
    def form(form: Mapping[str, object]) -> dict[str, object]:
        return {"decision": "ok", "form": form}

    model = request_model(c.CompleteTask)
    vote = {"form": "votes", "minutes_number": "BA/1"}
    given = model.model_validate(form(vote | {"votes": [{"person": "k1", "competent": True}]}))
    assert isinstance(command_of(given, {}, {"task": "t"}).form, c.VotesForm)
    schedule = {"form": "schedule", "assessor": "m", "venue": "v", "day": "2026-05-04"}
    assert command_of(model.model_validate(form(schedule)), {}, {"task": "t"}).form.day.year == 2026
    for wrong in (vote | {"votes": [{"person": "k1", "competent": "yes"}]}, schedule | {"day": 20260504}):
        with pytest.raises(ValidationError):
            model.model_validate(form(wrong))
