"""What a completed task brings along."""

from typing import TypeVar

from domain.commands import CompleteTask
from domain.errors import Malformed

Form = TypeVar("Form")


def need(command: CompleteTask, kind: type[Form]) -> Form:
    """The form of that kind; Malformed (T-FORM) when the command brings another, or none."""
    if isinstance(command.form, kind):
        return command.form
    raise Malformed.because(
        "T-FORM",
        "Formulir untuk keputusan ini belum disertakan.",
        "The form for this decision is missing.",
        form=kind.__name__,
    )
