"""What goes into a case's workflow and what can be asked of it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.cases import Case
from domain.events import Event
from domain.openings import CertificateOpening, JourneyOpening


class CaseStart(BaseModel):
    """The input of every case's workflow.

    `case` is empty (seq 0) for a new case, or what the earlier run carried over. A draft that was taken
    back and is submitted again comes with the stream's head and the command ids already used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    case: Case
    now: datetime
    """Business time (UTC) at the start; counts in a simulation only."""
    pending: tuple[Event, ...] = ()
    """Events of the run before that the ledger may not have taken yet; it skips those that it has."""
    opening: JourneyOpening | CertificateOpening | None = None
    summary: str = ""


class Status(BaseModel):
    """Answer of the `status` query."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: str
    state: str
    seq: int
    head: str
    pending: int
    errands: int
    busy: int
    next_moment: datetime | None
    attention: str
    ended: bool
    cancel_requests: int
    children: tuple[str, ...] = ()
    """Streams of the cases that this one has started: each has its first row a moment later."""
