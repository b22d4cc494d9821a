"""Everything that can be refused, as one tree.

    DomainError
    ├── Malformed          422  the shape or a value of the input is wrong
    ├── Refused            409  a rule or a guard says no (the state may change later)
    │   ├── IllegalMove    409  no row of the machine leads from this state by this trigger
    │   ├── Conflict       409  somebody was first; or the same key came with another body
    │   └── Forbidden      403  this person may never do this (role, ownership, separation of duties)
    ├── NotFound           404  no such thing, or not for you to know
    ├── NotSignedIn        401
    ├── TooLarge           413
    ├── UnsupportedMedia   415
    └── Unknown            503  the answer is not known: send again with the same key (retry helps)

Each class knows its HTTP status and whether sending the same again can help.
"""

from collections.abc import Sequence
from typing import ClassVar

from domain.text import Text
from domain.verdict import Violation


class DomainError(Exception):
    """Base of every refusal; carries all violations at once, never only the first."""

    status: ClassVar[int] = 400
    retry_helps: ClassVar[bool] = False

    def __init__(self, violations: Sequence[Violation] | Violation) -> None:
        self.violations: list[Violation] = (
            [violations] if isinstance(violations, Violation) else list(violations)
        )
        # Rule ids only: the message ends up in logs and in Temporal's failures.
        super().__init__(", ".join(v.rule for v in self.violations))

    @classmethod
    def because(
        cls,
        rule: str,
        indonesian: str,
        english: str,
        *,
        citation: str = "",
        remedy: Text | None = None,
        subject: str = "",
        **facts: object,
    ) -> "DomainError":
        """Build the error from one sentence in both languages."""
        return cls(
            Violation(
                rule=rule,
                text=Text(id=indonesian, en=english),
                citation=citation,
                remedy=remedy,
                facts=dict(facts),
                subject=subject,
            )
        )


class Malformed(DomainError):
    status = 422


class Refused(DomainError):
    status = 409


class IllegalMove(Refused):
    status = 409


class Conflict(Refused):
    status = 409


class Forbidden(Refused):
    status = 403


class NotFound(DomainError):
    status = 404


class NotSignedIn(DomainError):
    status = 401


class TooLarge(DomainError):
    status = 413


class UnsupportedMedia(DomainError):
    status = 415


class Unknown(DomainError):
    status = 503
    retry_helps = True


def _subclasses(cls: type[DomainError]) -> list[type[DomainError]]:
    return [cls, *(s for c in cls.__subclasses__() for s in _subclasses(c))]


def by_name(name: str) -> type[DomainError]:
    """The class of that name; `Refused` for a name this version does not know."""
    return next((c for c in _subclasses(DomainError) if c.__name__ == name), Refused)
