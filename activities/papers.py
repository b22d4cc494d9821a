"""A filled-in form as a PDF (FR.AK.02, FR.AK.05): typeset from a sheet, to be filed by its digest.

The same sheet gives the same bytes. The layout is ours and marked as a placeholder: BNSP's printed forms were
not to be had.
"""

from datetime import UTC, datetime
from pathlib import Path

import typst
from pydantic import BaseModel, ConfigDict, Field

from domain.errors import Malformed
from domain.text import Text

TEMPLATE = Path(__file__).parent / "templates" / "form.typ"
PLACEHOLDER = Text(
    id="Tata letak sementara, bukan formulir cetak BNSP.",
    en="Placeholder layout, not BNSP's printed form.",
)


class Fact(BaseModel):
    """A label and what stands beside it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    label: Text
    value: str = Field(repr=False)


class Paper(BaseModel):
    """Everything that stands on the form. `at` is the moment that its file bears (UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: str
    template_version: str
    title: Text
    facts: tuple[Fact, ...]
    columns: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...] = Field(repr=False)
    notes: tuple[Fact, ...] = ()
    signature: Fact
    placeholder: Text = PLACEHOLDER
    simulation: bool
    day: tuple[int, int, int]


def typeset(paper: Paper) -> bytes:
    """The form as PDF. Malformed (C-TYPESET), which repeats nothing of the content, when it cannot be set."""
    try:
        return typst.compile(
            TEMPLATE.read_bytes(),
            format="pdf",
            ignore_system_fonts=True,  # whatever this machine has: the bytes would differ on the next
            sys_inputs={"data": paper.model_dump_json()},
            timestamp=datetime(*paper.day, tzinfo=UTC),
        )
    except typst.TypstError:
        raise Malformed.because(
            "C-TYPESET",
            "Formulir tidak dapat dicetak dari isian ini.",
            "The form cannot be set from what was filled in.",
        ) from None
