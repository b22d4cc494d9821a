"""Stage 2: a request that was sent back comes again, or ends (decision 0009)."""

from domain.cases import Class, Task
from domain.commands import CompleteTask, MasterProposal, ResubmitProgrammeForm, SeatRequest
from domain.errors import Malformed, Refused
from domain.rules.matrix import Moment, run
from domain.rules.organiser import is_external
from domain.text import Text
from state_machines.turn import Turn
from workflows.cases.programme.ending import close_seat, close_up
from workflows.cases.programme.request import (
    add_class,
    add_seat,
    count_list,
    distinct,
    open_questions,
    participant_of,
    take_pairs,
)
from workflows.cases.programme.share import flag_share


def corrected(turn: Turn, task: Task, command: CompleteTask) -> str:
    """The organiser's corrected request, or its end. Who stays keeps the seat and its judgement."""
    programme = turn.case.programme
    turn.stop_waiting("correction", programme.id)
    if command.decision == "cancel":
        turn.fire("programme", programme.id, "cancel")
        close_up(turn, "cancelled")
        return "programme_cancelled"
    form = command.form
    if not isinstance(form, ResubmitProgrammeForm):
        raise Malformed.because(
            "T-FORM", "Permohonan yang diperbaiki tidak disertakan.", "The corrected request is missing."
        )
    distinct(form.seats, form.classes)
    stay = _withdraw_who_is_gone(turn, form)
    _classes(turn, form)
    for request in form.seats:
        _seat(turn, request, form)
        if request.person in stay:
            turn.set("seat", request.id, pair_taken=True)
    _masters(turn, form.masters)
    turn.set("programme", programme.id, request_digest=form.request_digest)
    count_list(turn)
    turn.found(run(Moment.programme_resubmit, turn.facts))
    turn.fire("programme", programme.id, "resubmit")
    if programme.organiser_answer == "refused":  # asked again, unless the corrected facts answer it
        turn.set("programme", programme.id, organiser_answer="")
    flag_share(turn)
    if turn.case.revision >= 1:  # a hand more in the event; before, only the first submission left one
        turn.hand("submitter", *sorted(turn.actor.hands))
    open_questions(turn, Moment.programme_resubmit, turn.facts)
    take_pairs(turn)
    turn.open_task("verify_programme", programme.id)
    return "programme_resubmitted"


def _withdraw_who_is_gone(turn: Turn, form: ResubmitProgrammeForm) -> set[str]:
    """Gives the persons who come again under another seat: their pair stays taken, for that seat. (Given back
    and taken again side by side it could be lost, and cases of before did so.)"""
    kept = {s.id for s in form.seats}
    again = {s.person for s in form.seats if s.id not in turn.case.seats and turn.case.revision >= 1}
    stay = set()
    for seat in list(turn.case.seats.values()):
        if seat.id not in kept and seat.state in ("PROPOSED", "VERIFIED"):
            turn.fire("seat", seat.id, "withdraw")
            close_seat(turn, turn.get("seat", seat.id), keep_pair=seat.person in again)
            if seat.pair_taken and seat.person in again:
                turn.set("seat", seat.id, pair_taken=False)
                stay.add(seat.person)
    return stay


def _classes(turn: Turn, form: ResubmitProgrammeForm) -> None:
    """Take classes in, change them, take them out. One that was cancelled before stays as it is."""
    for request in form.classes:
        there: Class | None = turn.case.classes.get(request.id)
        if there is None:
            add_class(turn, request)
        elif there.state != "CANCELLED" or turn.case.revision < 1:  # before, it took the form's fields
            turn.set("class", request.id, **request.model_dump(exclude={"id"}))
    wanted = {c.id for c in form.classes}
    for class_ in list(turn.case.classes.values()):  # in the case's own order: it stands in the event
        if class_.id not in wanted and class_.state == "PLANNED":
            turn.fire("class", class_.id, "cancel")


def _seat(turn: Turn, request: SeatRequest, form: ResubmitProgrammeForm) -> None:
    """Take a participant in, or what the form changes of one who is known: all of it while PROPOSED, only
    the class, where the own one was taken out, once VERIFIED."""
    known = turn.case.seats.get(request.id)
    if known is not None and known.state not in ("PROPOSED", "VERIFIED"):
        return  # left meanwhile
    if known is None:
        _require_open(turn, request.class_id)
        add_seat(turn, request, turn.facts)
    elif known.state == "PROPOSED":
        _require_open(turn, request.class_id)
        fresh = participant_of(turn.facts, request).model_copy(
            update={"equivalence": known.facts.equivalence, "field_accepted": known.facts.field_accepted}
        )
        turn.set("seat", request.id, facts=fresh, kind=request.kind, class_id=request.class_id)
        if turn.case.revision >= 1:  # before, the recommending institution stayed the first one
            turn.set(
                "seat",
                request.id,
                recommending=request.recommending,
                external=is_external(request.recommending, turn.case.programme.organiser),
            )
    elif turn.case.revision >= 1 and known.class_id not in {c.id for c in form.classes}:
        # Before revision 1 the seat stayed in the class that was taken out.
        _require_open(turn, request.class_id)
        turn.set("seat", request.id, class_id=request.class_id)


def _require_open(turn: Turn, class_id: str) -> None:
    """Refused (X-CLASS-CANCELLED) for a class that will not be held. Before revision 1 it took participants,
    who were then never trained."""
    class_: Class = turn.get("class", class_id)
    if class_.state == "CANCELLED" and turn.case.revision >= 1:
        raise Refused.because(
            "X-CLASS-CANCELLED",
            f"Kelas {class_.label} sudah dibatalkan dan tidak menerima peserta.",
            f"Class {class_.label} has been cancelled and takes no participants.",
            remedy=Text(
                id="Pindahkan pesertanya ke kelas lain, atau hapus kelas itu lalu tambahkan lagi.",
                en="Move its participants to another class, or remove that class and add it again.",
            ),
            subject=class_id,
        )


def _masters(turn: Turn, proposals: tuple[MasterProposal, ...]) -> None:
    wanted = {(m.class_id, m.person, m.kind) for m in proposals}
    for a in list(turn.case.assignments.values()):
        if a.state == "PROPOSED" and (a.class_id, a.person, a.kind) not in wanted:
            turn.fire("assignment", a.id, "drop", as_system=True)
    there = {(a.class_id, a.person, a.kind) for a in turn.case.assignments.values() if a.state == "PROPOSED"}
    for m in proposals:
        if (m.class_id, m.person, m.kind) not in there:
            turn.add("assignment", turn.new_id("assignment"), **m.model_dump())
