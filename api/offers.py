"""From what `allowed` offers to the command that does it: by their names, so a new one needs nothing here.

A move `reschedule` of a `class` is asked for by `reschedule` or `reschedule_class`, those of a journey's
assessment by `…_assessment`. Moves that a task's decision makes have no command of their own.
"""

from typing import Any

from domain import commands as c

COMMANDS: dict[str, type[c.Model]] = {
    str(cls.model_fields["type"].default): cls for cls in (*c.PROGRAMME_COMMANDS, *c.JOURNEY_COMMANDS)
}
ENDINGS: dict[str, tuple[str, ...]] = {
    "programme": ("programme",),
    "class": ("class",),
    "seat": ("seat", "seats"),
    "journey": ("journey", "assessment"),
    "assignment": ("assignment",),
    "certificate": ("certificate",),
}
SUBJECTS = ("class_id", "seat", "seats", "assignment")
"""Fields of a command that name what it is about."""


def command_of(kind: str, trigger: str) -> type[c.Model] | None:
    """The command that asks for this move of this kind of thing; None when a task's decision makes it."""
    names = [trigger, *(f"{trigger}_{ending}" for ending in ENDINGS.get(kind, ()))]
    return next((COMMANDS[name] for name in names if name in COMMANDS), None)


def subject_of(cls: type[c.Model], id_: str) -> dict[str, Any]:
    """What the command is about, as its own field names it."""
    for name in SUBJECTS:
        if name in cls.model_fields:
            return {name: [id_] if name == "seats" else id_}
    return {}
