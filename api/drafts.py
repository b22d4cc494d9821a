"""A programme's request before its submit, and while it is being corrected: a row, changed in one
transaction together with an event on `draft-{programme}`."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlmodel.ext.asyncio.session import AsyncSession

from api.schemas.derive import COMMITTEE
from api.schemas.exact import Day, Whole
from db.drafts import business_moment, lapses_at
from db.people_tables import EXPIRED, Draft
from db.streams import append_row_event
from domain.cases import Case
from domain.clock import Zone
from domain.commands import ClassRequest, Id, MasterProposal, SeatRequest
from domain.errors import Conflict, Malformed, NotFound, Refused
from domain.events import derived_id, digest
from domain.roles import Actor
from domain.text import Text
from state_machines.tables import TABLES

EDITABLE = frozenset({"", "DRAFT", "CORRECTION"})
"""States of the case in which the organiser works on the request; empty: there is no case yet."""
MOST_REMOVED = 500
Label = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9 -]+$")]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Master(Model):
    """A master assessor proposed for a class."""

    person: Id
    kind: Literal["trainer", "assessor"]


class ClassWish(Model):
    """A class as the organiser wishes it. `days` are local dates of `zone`."""

    label: Label
    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=30)]
    start_hour: Annotated[Whole, Field(ge=0, le=23)] = 8
    venue: Id | None = None
    """Empty: the programme's."""
    zone: Zone | None = None
    committee: Annotated[tuple[Id, ...], COMMITTEE] = ()
    masters: Annotated[tuple[Master, ...], Field(max_length=60)] = ()


class DraftContent(Model):
    """What a programme's draft holds: ids, dates and numbers, never personal data."""

    track: Literal["new", "recertification"] = "new"
    scheme: str = ""
    scheme_version: str = ""
    venue: str = ""
    zone: Zone = Zone.WIB
    classes: tuple[ClassRequest, ...] = ()
    seats: tuple[SeatRequest, ...] = ()
    masters: tuple[MasterProposal, ...] = ()
    removed: tuple[SeatRequest, ...] = ()
    """Who was taken out last and can be put back; no part of the request."""

    @property
    def digest(self) -> str:
        return digest(self.model_dump(mode="json", exclude={"removed"}))


def content_of(draft: Draft) -> DraftContent:
    return DraftContent.model_validate(draft.content)


def with_classes(
    programme: str, content: DraftContent, wishes: Iterable[ClassWish], *, version: int
) -> DraftContent:
    """The draft with these classes; a class keeps its id as long as it keeps its label. One that was taken
    out and comes again gets another id, made of the draft's `version`, since the case remembers the first.

    Malformed (X-CLASS-TWICE, X-VENUE), Refused (X-CLASS-TAKEN) when participants would lose their class.
    """
    wishes = list(wishes)
    labels = [w.label.casefold() for w in wishes]  # as rosters compare them
    if len(set(labels)) != len(labels):
        raise Malformed.because(
            "X-CLASS-TWICE", "Dua kelas memakai label yang sama.", "Two classes have the same label."
        )
    known = {c.label: c.id for c in content.classes}
    classes, masters = [], []
    for wish in wishes:
        venue = wish.venue or content.venue
        if not venue:
            raise Malformed.because(
                "X-VENUE",
                f"Kelas {wish.label} belum mempunyai tempat.",
                f"Class {wish.label} has no venue.",
                subject=wish.label,
            )
        id_ = known.get(wish.label) or class_id(programme, wish.label, version)
        classes.append(
            ClassRequest(
                id=id_,
                label=wish.label,
                days=wish.days,
                start_hour=wish.start_hour,
                zone=wish.zone or content.zone,
                venue=venue,
                committee=wish.committee,
            )
        )
        masters += [MasterProposal(class_id=id_, person=m.person, kind=m.kind) for m in wish.masters]
    lost = {s.class_id for s in content.seats} - {c.id for c in classes}
    if lost:
        raise Refused.because(
            "X-CLASS-TAKEN",
            "Kelas yang masih mempunyai peserta tidak dapat dihapus.",
            "A class that has participants cannot be removed.",
            remedy=Text(
                id="Pindahkan atau hapus pesertanya lebih dahulu.",
                en="Move or remove its participants first.",
            ),
            classes=sorted(lost),
        )
    return content.model_copy(update={"classes": tuple(classes), "masters": tuple(masters)})


def without(content: DraftContent, seats: Collection[str]) -> DraftContent:
    """The request without these seats, which can be put back."""
    gone = tuple(s for s in content.seats if s.id in seats)
    staying = tuple(s for s in content.seats if s.id not in seats)
    return content.model_copy(update={"seats": staying, "removed": (*content.removed, *gone)[-MOST_REMOVED:]})


def with_removed(draft: Draft, content: DraftContent, seat: str, case: Case | None) -> DraftContent:
    """The request with a seat that was taken out. NotFound for one that cannot be put back; Refused
    (X-CLASS-UNKNOWN, X-ALREADY) when its class is gone, or its person was added again."""
    found = next((s for s in content.removed if s.id == seat), None)
    if found is None:
        raise NotFound.because(
            "A-NONE-SUCH", "Tidak ada, atau bukan untuk Anda.", "There is no such thing for you."
        )
    if found.class_id not in {c.id for c in content.classes}:
        raise Refused.because(
            "X-CLASS-UNKNOWN", "Kelas ini tidak ada dalam permohonan.", "The request has no such class."
        )
    if any(s.person == found.person for s in content.seats):
        raise Refused.because(
            "X-ALREADY",
            "Peserta ini sudah ada dalam permohonan ini.",
            "This request has this participant already.",
        )
    if case is not None and seat in case.seats and case.seats[seat].state in TABLES["seat"].terminal:
        found = found.model_copy(update={"id": seat_id(draft.id, found.person, draft.version)})
    left = tuple(s for s in content.removed if s.id != seat)
    return content.model_copy(update={"seats": (*content.seats, found), "removed": left})


def renewed(content: DraftContent, case: Case) -> DraftContent:
    """The request with new ids for every class and seat that the case has had: what was taken back comes
    again as a new submission. The same draft and case give the same ids."""
    used = {*case.classes, *case.seats}

    def fresh(id_: str) -> str:
        return derived_id(case.stream, "again", case.seq, id_) if id_ in used else id_

    return content.model_copy(
        update={
            "removed": (),
            "classes": tuple(c.model_copy(update={"id": fresh(c.id)}) for c in content.classes),
            "seats": tuple(
                s.model_copy(update={"id": fresh(s.id), "class_id": fresh(s.class_id)}) for s in content.seats
            ),
            "masters": tuple(m.model_copy(update={"class_id": fresh(m.class_id)}) for m in content.masters),
        }
    )


def class_id(programme: str, label: str, version: int) -> str:
    return derived_id(programme, "class", label, version)


def seat_id(programme: str, person: str, version: int) -> str:
    """A seat's id; who was removed and comes again gets another one, since the case remembers the first."""
    return derived_id(programme, "seat", person, version)


async def save(
    session: AsyncSession,
    draft: Draft,
    content: DraftContent,
    *,
    type: str,
    by: Actor,
    at: datetime,
    expected: int | None = None,
    new: bool = False,
    same: bool = False,
    **payload: Any,
) -> Draft:
    """Write the draft and its event. Conflict (A-VERSION) when somebody changed it since `expected`.

    `at` is real time; the draft counts as touched at the business moment, which differs in a simulation.
    `same`: nothing changed that a person wrote, so the version that people hold stays good.
    """
    require_version(draft, expected)
    draft.content = content.model_dump(mode="json")
    if not same:
        draft.version = 1 if new else draft.version + 1
    draft.updated_at = await business_moment(session, at)
    session.add(draft)
    await session.flush()
    told = {"version": draft.version, "digest": content.digest, **payload}
    await append_row_event(session, f"draft-{draft.id}", type, by, told, at, business_at=draft.updated_at)
    return draft


def require_version(draft: Draft, expected: int | None) -> None:
    """Conflict (A-VERSION) when the draft is not the version that the asker saw; None asks nothing."""
    if expected is not None and expected != draft.version:
        raise Conflict.because(
            "A-VERSION",
            "Draf ini sudah diubah orang lain; muat ulang lalu ulangi.",
            "Somebody changed this draft meanwhile; reload and try again.",
            version=draft.version,
        )


def require_open(draft: Draft, case: Case | None, now: datetime) -> None:
    """Refused (A-DRAFT-EXPIRED) for a draft that nobody touched for the policy's term at the business moment
    `now` (UTC), whether the sweep has come by yet or not."""
    touched = max(draft.updated_at, case.business_at if case else draft.updated_at)
    over = draft.state == EXPIRED or lapses_at(touched, now) <= now
    if over and (case is None or case.state in ("", "DRAFT")):
        raise Refused.because(
            "A-DRAFT-EXPIRED",
            "Draf ini kedaluwarsa karena lama tidak disentuh.",
            "This draft has expired: nobody touched it for long.",
            remedy=Text(id="Buat permohonan baru.", en="Begin a new request."),
            subject=draft.id,
        )


def require_editable(case: Case | None) -> None:
    """Refused (A-DRAFT) while the request is with BNSP."""
    state = case.state if case is not None else ""
    if state not in EDITABLE:
        raise Refused.because(
            "A-DRAFT",
            "Permohonan sudah diajukan; isinya hanya dapat diubah selama perbaikan.",
            "The request has been submitted; it can be changed only while it is being corrected.",
            state=state,
        )


def request_fields(content: DraftContent) -> dict[str, Any]:
    """What the server puts into a submit or a resubmit. Refused (A-DRAFT-EMPTY) for an empty request."""
    if not content.classes or not content.seats:
        raise Refused.because(
            "A-DRAFT-EMPTY",
            "Permohonan memerlukan paling sedikit satu kelas dan satu peserta.",
            "A request needs at least one class and one participant.",
            classes=len(content.classes),
            seats=len(content.seats),
        )
    return {
        "classes": content.classes,
        "seats": content.seats,
        "masters": content.masters,
        "request_digest": content.digest,
    }
