"""What becomes of each story, worked out by hand from the rules (examples/README.md shows the working).

The demonstration compares what the software did with this table; nothing here is computed from it.
"""

from dataclasses import dataclass
from datetime import date

from domain.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Outcome:
    """The states at the end. None: there never was a journey, or a certificate."""

    seat: str
    journey: str | None
    certificate: str | None = None


EXPECTED: dict[str, Outcome] = {
    "straightforward": Outcome("ATTENDED", "CERTIFIED", "ACTIVE"),
    "sma_equivalence": Outcome("ATTENDED", "CERTIFIED", "ACTIVE"),
    "returned_documents": Outcome("ATTENDED", "CERTIFIED", "ACTIVE"),
    "never_answers": Outcome("WITHDRAWN", "EXPIRED"),
    "withdraws": Outcome("WITHDRAWN", "WITHDRAWN"),
    "promoted": Outcome("ATTENDED", "CERTIFIED", "ACTIVE"),
    "never_called": Outcome("RELEASED", None),
    "no_show_class": Outcome("NO_SHOW", "CLOSED"),
    "no_show_assessment": Outcome("ATTENDED", "CERTIFIED", "ACTIVE"),
    "bk_then_k": Outcome("ATTENDED", "CERTIFIED", "ACTIVE"),
    "bk_twice": Outcome("ATTENDED", "CLOSED"),
    "refused_participant": Outcome("REJECTED", None),
}

FAILING_UNITS: dict[str, tuple[str, ...]] = {"bk_then_k": ("validate",), "bk_twice": ("conduct",)}
"""Units found BK at each assessment but, for `bk_then_k`, the second."""

SEATS: dict[str, int] = {"ATTENDED": 21, "WITHDRAWN": 2, "NO_SHOW": 1, "REJECTED": 1, "RELEASED": 1}
JOURNEYS: dict[str, int] = {"CERTIFIED": 20, "CLOSED": 2, "WITHDRAWN": 1, "EXPIRED": 1}
CERTIFICATES = 20

SHARE_AS_SUBMITTED = (7, 24)
"""External and total main participants (R-30): 70 ≤ 72."""
SHARE_AFTER_APPROVAL = (7, 23)
"""After `refused_participant`: 70 > 69, so the share is flagged, and nothing is refused for it."""


def latest_send_back(calendar: Calendar, first_class_day: date) -> date:
    """The last day on which `never_answers` may be sent back and still expire before the class starts.

    The candidate has 10 working days, to 16:00 WIB of the last; the class starts in the morning.
    """
    return calendar.add_working_days(first_class_day, -11)
