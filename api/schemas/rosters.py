"""Requests about rosters that are pasted, and about those that wait to be mended."""

from typing import Annotated

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from api.schemas.common import Body
from api.schemas.exact import Whole, YesNo
from domain.roster.columns import BY_KEY
from domain.roster.paste import DateOrder

LONGEST = 1_000_000
"""Characters of pasted rows: the most participants with long cells."""
MOST_CELLS = 20_000


class Paste(Body):
    """Rows that were copied out of a spreadsheet. With `hold` a roster that is not in order waits with the
    request, sealed, until it is mended; without it nothing is kept of it."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST, repr=False)]
    dates: DateOrder = "dmy"
    replace: YesNo = False
    hold: YesNo = False

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Nama lengkap\tNIK\nSiti\t3171", "hold": True}]}
    )


class MendedCell(Body):
    """What is to stand in one cell. Empty: the cell is emptied, if it may be."""

    row: Annotated[Whole, Field(ge=2, le=5_000)]
    column: Annotated[str, Field(max_length=40)]
    value: Annotated[str, Field(max_length=400, repr=False)] = ""

    @field_validator("column")
    @classmethod
    def _known(cls, column: str) -> str:
        if column not in BY_KEY:
            raise PydanticCustomError("literal_error", "no such column", {"expected": ", ".join(BY_KEY)})
        return column


class Mend(Body):
    """Corrections of the roster that waits, as it was at `version`. `good_only` takes the rows that are in
    order, and lets the others wait on."""

    version: Whole
    cells: Annotated[tuple[MendedCell, ...], Field(max_length=MOST_CELLS)] = ()
    leave_out: Annotated[tuple[Whole, ...], Field(max_length=2_000)] = ()
    good_only: YesNo = False
