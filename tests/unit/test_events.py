"""What was hashed once stays intact, however much the model of events grows; what is altered does not."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from domain.events import Change, Event, Finding, Move, Notice, _later
from domain.roles import Actor

STORED = """{"actor":{"account":"acc-v","on_behalf_of":"","organisation":"","person":"per-v",
"role":"verifier"},"at":"2026-03-02T02:10:00Z","business_at":"2026-03-02T02:10:00Z","changes":[{"fields":
{"holder":"per-v"},"id":"task-1","kind":"task"}],"command_id":"5b0d6a4e-8f8a-5f0e-9a57-2a6a0d6f5b11","findings":
[{"facts":{"year":2026},"outcome":"ok","rule":"R-26","subject":"seat-1","version":"2026-01"}],"moves":[{"dest":
"CLAIMED","machine":"task","source":"OPEN","subject":"task-1","trigger":"claim"}],"notices":[{"data":
{"seat":"seat-1"},"template":"seat_verified","to":"person:per-1"}],"payload":{"n":1},"policy_version":"2026-01",
"prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","schema_version":1,"seq":1,
"stream":"prog-1","type":"task_claimed"}"""
"""An event as the first version of the product wrote it."""
HASH = "11d826c5a8829445abcfbc8a746ebac050af28471a0da36393f1615bb7f7821d"


def stored(**changes: Any) -> dict[str, Any]:
    return {**json.loads(STORED), "hash": HASH, **changes}


class GrownActor(Actor):
    device: str = ""


class GrownMove(Move):
    why: tuple[str, ...] = ()


class GrownChange(Change):
    old: dict[str, Any] | None = None


class GrownFinding(Finding):
    weight: int = 1


class GrownNotice(Notice):
    urgent: bool = False


class Grown(Event):
    """The model of events after each part got a field."""

    actor: GrownActor
    moves: tuple[GrownMove, ...] = ()
    changes: tuple[GrownChange, ...] = ()
    findings: tuple[GrownFinding, ...] = ()
    notices: tuple[GrownNotice, ...] = ()
    place: str = ""


@pytest.mark.parametrize("model", [Event, Grown])
def test_an_event_of_the_first_version_stays_intact(model: type[Event]) -> None:
    event = model.model_validate(stored())
    assert event.intact()
    assert event.sealed().hash == HASH
    assert event.body() == json.loads(STORED)
    assert model.model_validate(event.model_dump(mode="json")).intact(), "written again by this version"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("place", "Jakarta"),
        ("actor", {**json.loads(STORED)["actor"], "device": "d-1"}),
        ("moves", [{**json.loads(STORED)["moves"][0], "why": ["x"]}]),
        ("changes", [{**json.loads(STORED)["changes"][0], "old": {}}]),
        ("findings", [{**json.loads(STORED)["findings"][0], "weight": 2}]),
        ("notices", [{**json.loads(STORED)["notices"][0], "urgent": True}]),
    ],
)
def test_a_field_that_came_later_is_covered_once_it_is_used(part: str, value: Any) -> None:
    used = Grown.model_validate(stored(**{part: value}))
    assert not used.intact(), "nobody can add it to an event that was hashed without"
    sealed = used.sealed()
    assert sealed.intact()
    assert not sealed.model_copy(update={part: getattr(Grown.model_validate(stored()), part)}).intact()


def test_a_changed_event_is_not_intact() -> None:
    assert not Event.model_validate(stored(type="other")).intact()
    with pytest.raises(ValidationError):
        Event.model_validate(stored(unknown=1))


def test_every_field_of_today_is_in_the_hash() -> None:
    """A field that comes later is left out at its default: it must have one."""
    for model in (Event, Actor, Move, Change, Finding, Notice):
        assert all(not model.model_fields[name].is_required() for name in _later(model))
