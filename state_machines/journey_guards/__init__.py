"""Guards of a candidate's journey. Each is a question; the empty list means yes.

Asked without a command they decide a button; with one they judge what its form says as well.
"""

from state_machines.journey_guards.application import APPLICATION, REQUIREMENTS, REVIEWER_FREE, SEND_BACKS
from state_machines.journey_guards.assessment import (
    AK01,
    ASSIGNED,
    BOUND,
    CHANCE_LEFT,
    CLASS_ASSESSOR,
    DAY_HAS_COME,
    MAPA,
    SCHEDULE,
    THIRD_NO_SHOW,
    TRAINING,
    UNITS,
    UNSCHEDULED,
)
from state_machines.journey_guards.decision import (
    APPEAL_OPEN,
    COMMITTEE,
    NOTHING_LEFT,
    NUMBERS,
    REASSESSMENT,
    RECOMMENDED_K,
    VOTES,
    appealed_from,
)
from state_machines.journey_guards.ownership import (
    ASSESSOR,
    CANDIDATE,
    CANDIDATE_OR_ORGANISER,
    CHAIR,
    ORGANISER,
    apart,
)

__all__ = [
    "AK01",
    "APPEAL_OPEN",
    "APPLICATION",
    "ASSESSOR",
    "ASSIGNED",
    "BOUND",
    "CANDIDATE",
    "CANDIDATE_OR_ORGANISER",
    "CHAIR",
    "CHANCE_LEFT",
    "CLASS_ASSESSOR",
    "COMMITTEE",
    "DAY_HAS_COME",
    "MAPA",
    "NOTHING_LEFT",
    "NUMBERS",
    "ORGANISER",
    "REASSESSMENT",
    "RECOMMENDED_K",
    "REQUIREMENTS",
    "REVIEWER_FREE",
    "SCHEDULE",
    "SEND_BACKS",
    "THIRD_NO_SHOW",
    "TRAINING",
    "UNITS",
    "UNSCHEDULED",
    "VOTES",
    "apart",
    "appealed_from",
]
