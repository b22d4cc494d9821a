"""Short words that the catalogue of human tasks is written in (domain specification, § 4)."""

from domain.policy.model import Due
from domain.roles import Role

OPS = (Role.OPERATIONS,)
"""The shortest chain: late tasks are shown to BNSP operations."""
CITED = "[D] § 4"


def wd(length: int) -> Due:
    """Due so many working days after the opening."""
    return Due(unit="wd", length=length)


def moment(of: str, length: int = 0) -> Due:
    """Due so many working days after (negative: before) the moment of that name."""
    return Due(unit="moment", length=length, of=of)
