"""A form that was answered on screen, as a PDF: the same bytes for the same answers."""

import io
from datetime import datetime
from pathlib import Path

import typst
from pydantic import BaseModel, ConfigDict, Field

from domain.errors import Malformed
from domain.text import Text

TEMPLATE = Path(__file__).parent / "templates" / "filled_form.typ"


class Line(BaseModel):
    """One question and what was answered."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    label: Text
    value: str = Field(repr=False)


class Group(BaseModel):
    """Answers under one heading."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    label: Text
    lines: tuple[Line, ...]


class FilledForm(BaseModel):
    """Everything that the template puts on the pages."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: str
    template_version: str
    title: Text
    application: str
    """The application's opaque id."""
    groups: tuple[Group, ...]
    saved: str
    """When the last of the answers was saved, in WIB."""
    simulation: bool


def typeset(form: FilledForm, at: datetime) -> bytes:
    """The form as PDF; `at` (UTC) is the moment that stands inside it. Malformed (C-TYPESET), which says
    nothing of what could not be set."""
    out = io.BytesIO()
    try:
        out.write(
            typst.compile(
                TEMPLATE.read_bytes(),
                format="pdf",
                ignore_system_fonts=True,  # whatever this machine has: the bytes would differ on the next
                sys_inputs={"data": form.model_dump_json()},
                timestamp=at.replace(microsecond=0),
            )
        )
    except typst.TypstError:
        # Its message quotes the text that could not be set.
        raise Malformed.because(
            "C-TYPESET",
            "Formulir tidak dapat dicetak; periksa apakah ada huruf yang tidak biasa.",
            "The form cannot be printed; look for unusual letters.",
        ) from None
    return out.getvalue()
