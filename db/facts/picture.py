"""How things would stand if the command were taken: its organiser, seats, masters and classes."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from domain import commands as c
from domain.facts import ClassFacts, ParticipantFacts

Track = Literal["new", "recertification"]


@dataclass(frozen=True)
class PlannedSeat:
    id: str
    class_id: str
    person: str
    kind: Literal["main", "reserve"]
    recommending: str
    state: str
    known: ParticipantFacts | None = None
    """What the case was told of the participant before."""


@dataclass(frozen=True)
class PlannedMaster:
    person: str
    kind: Literal["trainer", "assessor"]
    class_id: str
    letter_issued: bool = False
    accepted: bool = False


@dataclass(frozen=True)
class Picture:
    """How things would stand if the command were taken."""

    organiser: str = ""
    track: Track | None = None
    scheme: str = ""
    scheme_version: str = ""
    drafts: tuple[str, ...] = ()
    submitted_on: date | None = None
    organiser_confirmed: bool | None = None
    """A verifier's answer on the organiser, kept by the case; None: ask the rows (R-ORG)."""
    classes: tuple[ClassFacts, ...] = ()
    seats: tuple[PlannedSeat, ...] = ()
    masters: tuple[PlannedMaster, ...] = ()
    class_id: str = ""
    """The class that the act is about."""
    fresh: bool = False
    """Participants are read from rows: this is a submission of theirs."""
    own_holders: tuple[str, ...] = ()
    """Holders whose taken days are this act's own."""
    own_streams: tuple[str, ...] = ()
    """Streams all of whose taken days are this act's own; empty where only `own_holders` are."""
    seat: str = ""
    """The seat that moves."""
    rest: dict[str, Any] = field(default_factory=dict)
    """Further facts, of a journey."""


def planned_classes(
    requests: Iterable[c.ClassRequest], masters: Iterable[c.MasterProposal]
) -> tuple[ClassFacts, ...]:
    proposed = list(masters)
    return tuple(
        ClassFacts(
            id=k.id,
            days=k.days,
            start_hour=k.start_hour,
            zone=k.zone,
            committee=k.committee,
            trainers=tuple(m.person for m in proposed if m.class_id == k.id and m.kind == "trainer"),
            assessors=tuple(m.person for m in proposed if m.class_id == k.id and m.kind == "assessor"),
        )
        for k in requests
    )


def requested_seat(
    seat: c.SeatRequest, known: PlannedSeat | None, classes: Container[str] = ()
) -> PlannedSeat:
    """The seat as the request asks for it; one past PROPOSED as the case has it, in one of these classes."""
    if known is not None and known.state != "PROPOSED":
        return known if known.class_id in classes else replace(known, class_id=seat.class_id)
    return PlannedSeat(
        seat.id,
        seat.class_id,
        seat.person,
        seat.kind,
        seat.recommending,
        known.state if known else "PROPOSED",
        known.known if known and known.person == seat.person else None,
    )


def with_class(picture: Picture, class_id: str, **fields: Any) -> Picture:
    return replace(
        picture,
        classes=tuple(k.model_copy(update=fields) if k.id == class_id else k for k in picture.classes),
    )


def lettered(picture: Picture, form: c.LettersForm) -> Picture:
    """Who gets a letter joins; who was only proposed for those classes and gets none is let go."""
    letters = [PlannedMaster(x.person, x.kind, x.class_id, letter_issued=True) for x in form.assignments]
    classes = {x.class_id for x in letters}
    given = {(x.person, x.kind, x.class_id) for x in letters}
    kept = [
        m
        for m in picture.masters
        if (m.person, m.kind, m.class_id) not in given and (m.letter_issued or m.class_id not in classes)
    ]
    masters = (*kept, *letters)
    for k in picture.classes:
        mine = [m for m in masters if m.class_id == k.id]
        picture = with_class(
            picture,
            k.id,
            trainers=tuple(m.person for m in mine if m.kind == "trainer"),
            assessors=tuple(m.person for m in mine if m.kind == "assessor"),
        )
    return replace(picture, masters=masters)


def focus(picture: Picture) -> Picture:
    """An act about one class is judged by that class: another one's faults must not stop it.

    The other classes still count by the days that they took of people, so own days are told apart by
    holder then, and by stream while the whole request is judged.
    """
    if not picture.class_id or picture.fresh or picture.rest:
        return picture
    return replace(
        picture,
        own_streams=(),
        classes=tuple(k for k in picture.classes if k.id == picture.class_id),
        seats=tuple(s for s in picture.seats if s.class_id == picture.class_id),
        masters=tuple(m for m in picture.masters if m.class_id == picture.class_id),
    )
