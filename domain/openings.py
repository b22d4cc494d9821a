"""What a case is given when another case opens it: ids, dates and facts, never personal data."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.clock import Zone
from domain.facts import ParticipantFacts, UnitFacts


class Opening(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JourneyOpening(Opening):
    """A programme's seat opens its candidate's journey (in INVITED)."""

    application: str
    """The application's uuid; the journey's stream."""
    workflow_id: str
    person: str
    scheme: str
    scheme_version: str
    field: str
    units: tuple[UnitFacts, ...]
    track: Literal["new", "recertification"]
    organiser: str
    programme: str
    """Stream of the programme."""
    programme_workflow: str
    class_id: str
    seat: str
    facts: ParticipantFacts
    class_days: tuple[date, ...]
    zone: Zone
    venue: str = ""
    # left out when empty: what a programme asked before must stay as it was
    trainers: Annotated[tuple[str, ...], Field(exclude_if=lambda value: not value)] = ()
    """Proposed to accepted trainers of the class: before the training they count as its trainers (R-SOD)."""
    exception_until: Annotated[date | None, Field(exclude_if=lambda value: value is None)] = None
    """The last day that a verifier excused after the class had moved (R-TECH)."""
    hands: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Steps of the programme that bar persons in the journey too (R-SOD)."""


class CertificateOpening(Opening):
    """A journey that was decided K, with its numbers taken, opens its certificate (in PREPARED)."""

    certificate: str
    workflow_id: str
    person: str
    scheme: str
    scheme_version: str
    journey: str
    certificate_number: str
    registration_number: str
    blank_number: str
    issued_on: date
    valid_until: date
