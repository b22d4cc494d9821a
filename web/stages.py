"""Where something stands among its stages."""

from collections.abc import Iterable
from typing import Literal

from domain.reference import Named
from domain.text import Text

Place = Literal["done", "now", "later"]
Stage = tuple[int, Text, Place]
"""number, name, and whether it is over."""


def stages_of(named: Iterable[Named], now: int | None, *, ended: bool = False) -> tuple[Stage, ...]:
    """The stages in their order; `now` is the number of the present one (None or 0: not begun); what
    has ended got no further than that."""

    def place(number: int) -> Place:
        if number > (now or 0):
            return "later"
        return "done" if ended or number < (now or 0) else "now"

    return tuple(
        (number, Text(id=one.given, en=one.en), place(number)) for number, one in enumerate(named, start=1)
    )
