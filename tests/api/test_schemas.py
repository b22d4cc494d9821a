"""Request models come from the commands, so that no shape is written twice."""

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
