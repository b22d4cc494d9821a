"""Stages 1 and 2: the request, its verification and its approval. (Its correction: correction.py)"""

from typing import Any

from domain.cases import Sealed, Seat, Task
from domain.commands import (
    ApproveWithoutForm,
    ClassRequest,
    CompleteTask,
    PointsForm,
    RefuseSeat,
    SeatRequest,
    SubmitProgramme,
    VerifySeats,
)
from domain.errors import Conflict, Malformed, Refused
from domain.facts import Facts, ParticipantFacts
from domain.ids import pair_key
from domain.rules.matrix import Moment, run
from domain.rules.organiser import is_external
from domain.text import Text
from domain.verdict import Outcome
from state_machines.turn import Turn
from workflows.cases.programme.ending import close_seat, close_up
from workflows.cases.programme.preparation import begin_preparation
from workflows.cases.programme.share import flag_share

ANSWER_TO = {
    "R-Q3": "equivalence",
    "R-TECH": "field_accepted",
    "R-REC": "recommendation_accepted",
    "R-WIN": "exception",
    "R-ORG": "organiser_answer",
}
"""Rules whose open question a verifier decides, and the field that keeps the answer: the programme's for
R-ORG, else a fact about the participant. The other rules answer themselves later: R-IT is declared with
APL-01, R-DUP is decided by the reservation, a shortage of master assessors is filled by operations."""


def submit(turn: Turn, command: SubmitProgramme) -> str:
    """Take the request in: classes, seats, proposed master assessors, and the rules of the first submit.

    A request that was taken back comes again as a new one, with ids of its own and today as its day.
    """
    distinct(command.seats, command.classes)
    facts = turn.facts
    organiser, scheme = facts.organiser, facts.scheme
    if organiser is None or scheme is None:
        raise Malformed.because(
            "R-ORG",
            "Penyelenggara atau skema tidak dikenal.",
            "The organiser or the scheme is not known.",
        )
    request: dict[str, Any] = {
        "organiser": command.organiser,
        "organiser_kind": organiser.kind.value,
        "track": command.track,
        "scheme": scheme.id,
        "scheme_version": scheme.version,
        "field": scheme.field,
        "units": scheme.units,
        "request_digest": command.request_digest,
    }
    if turn.case.entities["programme"]:  # taken back before, now a draft again
        _taken_back(turn)
        if turn.case.revision >= 1:  # before, the first submission's day stayed in the event
            request |= {"submitted_at": turn.now, "organiser_answer": ""}
        turn.set("programme", command.programme, **request)
    else:
        turn.add("programme", command.programme, submitted_at=turn.now, **request)
    turn.hand("submitter", *sorted(turn.actor.hands))
    for class_ in command.classes:
        add_class(turn, class_)
    for seat in command.seats:
        add_seat(turn, seat, facts)
    for proposal in command.masters:
        turn.add("assignment", turn.new_id("assignment"), **proposal.model_dump())
    count_list(turn)
    flag_share(turn)
    turn.found(run(Moment.programme_submit, facts))
    turn.fire("programme", command.programme, "submit")
    open_questions(turn, Moment.programme_submit, facts)
    turn.open_task("verify_programme", command.programme)
    take_pairs(turn)
    return "programme_submitted"


def _taken_back(turn: Turn) -> None:
    """Is the request a draft again, and everything done that taking it back asked for? (A new run must not
    begin before the last event of the one before.)"""
    if turn.case.state != "DRAFT":
        raise Conflict.because(
            "M-OPEN",
            "Permohonan ini sudah diajukan.",
            "This request has been submitted already.",
            subject=turn.case.programme.id,
        )
    if any(e.state == "ASKED" for e in turn.case.errands.values()):
        raise Conflict.because(
            "M-CLOSING",
            "Penarikan permohonan ini masih diselesaikan; ajukan lagi sebentar lagi.",
            "Taking this request back is still being completed; submit it again in a moment.",
            subject=turn.case.programme.id,
        )


def distinct(seats: tuple[SeatRequest, ...], classes: tuple[ClassRequest, ...]) -> None:
    """One person once a request; every seat in a class of the request."""
    persons = [s.person for s in seats]
    if len(set(persons)) != len(persons):
        raise Refused.because(
            "R-DUP",
            "Seorang peserta tercantum lebih dari sekali dalam permohonan ini.",
            "A participant stands more than once in this request.",
            twice=len(persons) - len(set(persons)),
        )
    known = {c.id for c in classes}
    lost = [s.id for s in seats if s.class_id not in known]
    if lost:
        raise Malformed.because(
            "X-CLASS",
            "Ada peserta yang kelasnya tidak ada dalam permohonan.",
            "A participant's class is not in the request.",
            seats=lost,
        )


def _unused(turn: Turn, kind: str, id_: str) -> None:
    if id_ in turn.case.bag(kind):
        raise Conflict.because(
            "X-ID-USED",
            "Permohonan ini memakai nomor kelas atau peserta yang sudah pernah dipakai dalam perkara ini.",
            "This request uses an id of a class or participant that this case has had already.",
            remedy=Text(
                id="Hapus kelas atau peserta itu dari draf, lalu tambahkan lagi.",
                en="Take that class or participant out of the draft, then add it again.",
            ),
            subject=id_,
            kind=kind,
        )


def add_class(turn: Turn, request: ClassRequest) -> None:
    _unused(turn, "class", request.id)
    turn.add("class", request.id, **request.model_dump(exclude={"id"}))


def participant_of(facts: Facts, request: SeatRequest) -> ParticipantFacts:
    return next(
        (p for p in facts.participants if p.person == request.person),
        ParticipantFacts(person=request.person, seat=request.id, kind=request.kind),
    )


def add_seat(turn: Turn, request: SeatRequest, facts: Facts) -> None:
    _unused(turn, "seat", request.id)
    if turn.case.revision >= 1:  # a hand more in the event; before, participants could judge their own list
        turn.hand("candidate", request.person)
    turn.add(
        "seat",
        request.id,
        **request.model_dump(exclude={"id"}),
        external=is_external(request.recommending, turn.case.programme.organiser),
        facts=participant_of(facts, request),
    )


def count_list(turn: Turn) -> None:
    """The list as submitted, for R-30 at a later promotion: main participants and the external ones."""
    main = [s for s in turn.case.seats.values() if s.kind == "main" and s.state in ("PROPOSED", "VERIFIED")]
    turn.set(
        "programme",
        turn.case.programme.id,
        submitted_total=len(main),
        submitted_external=sum(s.external for s in main),
    )


def open_questions(turn: Turn, moment: Moment, facts: Facts) -> None:
    """What a rule left to a person becomes a verifier's task: equivalence, or another exception."""
    for verdict in run(moment, facts):
        if verdict.outcome is not Outcome.NEEDS_HUMAN or verdict.rule not in ANSWER_TO:
            continue
        if verdict.rule == "R-ORG" and _organiser_stays(turn):
            continue
        seat = turn.case.seats.get(verdict.subject)
        if seat is not None and not _still_open(turn, seat, verdict.rule):
            continue
        kind = "resolve_equivalence" if verdict.rule in ("R-Q3", "R-TECH") and seat else "resolve_exception"
        # Before revision 1 one task asked all of a kind, and its answer was taken for every rule.
        rules = (verdict.rule,) if turn.case.revision >= 1 else ()
        turn.open_task(kind, seat.id if seat else turn.case.programme.id, rules=rules)


def _organiser_stays(turn: Turn) -> bool:
    """Has a verifier accepted this organiser before? (Before revision 3 an LSP, whose licence ends before a
    class, was asked about again with every correction.)"""
    return turn.case.revision >= 3 and turn.case.programme.organiser_answer == "accepted"


def _still_open(turn: Turn, seat: Seat, rule: str) -> bool:
    """Is this rule's question still to be asked? A licence may be revoked after a seat was verified."""
    if rule == "R-REC" and seat.state == "VERIFIED":
        return turn.case.revision >= 1
    return seat.state == "PROPOSED"


def take_pairs(turn: Turn) -> None:
    """R-DUP: the (person, scheme) pair is taken for each participant right after the submit."""
    wanted = [s for s in turn.case.seats.values() if s.state == "PROPOSED" and not s.pair_taken]
    if wanted:
        scheme = turn.case.programme.scheme
        turn.ask(
            "reserve",
            turn.case.programme.id,
            holder=turn.case.stream,
            keys=[{"kind": "pair", "key": pair_key(s.person, scheme)} for s in wanted],
            all_or_nothing=False,
        )


def verify_seats(turn: Turn, command: VerifySeats) -> str:
    for id_ in command.seats:
        turn.fire("seat", id_, "verify")
    turn.hand("verifier", *sorted(turn.actor.hands))
    return "seats_verified"


def refuse_seat(turn: Turn, command: RefuseSeat) -> str:
    turn.payload["reason"] = command.reason
    turn.fire("seat", command.seat, "refuse")
    _why(turn, command.seat, command.reason)
    turn.hand("verifier", *sorted(turn.actor.hands))
    close_seat(turn, turn.get("seat", command.seat))
    return "seat_refused"


def _why(turn: Turn, seat: str, reason: Sealed | None) -> None:
    """Keep the reason with the seat, where the participant reads it. (Before revision 1 it did not.)"""
    if turn.case.revision >= 1 and reason is not None:
        turn.set("seat", seat, reason=reason)


def verification_done(turn: Turn, task: Task, command: CompleteTask) -> str:
    """recommend, send_back(points) or reject(reason)."""
    programme = turn.case.programme
    if command.decision == "send_back":
        assert isinstance(command.form, PointsForm)
        turn.fire("programme", programme.id, "send_back")
        turn.set("programme", programme.id, send_backs=programme.send_backs + 1)
        correction = turn.open_task(
            "correct_programme", programme.id, organisation=programme.organiser, points=command.form.points
        )
        turn.wait("correction", programme.id, correction.due_at)
        return "programme_sent_back"
    turn.fire("programme", programme.id, command.decision)
    if command.decision == "recommend":
        turn.open_task("approve_programme", programme.id)
        return "programme_recommended"
    close_up(turn, "cancelled")
    return "programme_rejected"


def resolved(turn: Turn, task: Task, command: CompleteTask) -> str:
    """A verifier's answer on equivalence or an exception, with reason and evidence; it becomes a fact."""
    seat = turn.case.seats.get(task.subject)
    accepted = command.decision == "accept"
    answer = "accepted" if accepted else "refused"
    if seat is None:
        if "R-ORG" in task.rules:  # an older task does not say what it asks, and its answer stays its own
            turn.set("programme", task.subject, organiser_answer=answer)
        return f"exception_{answer}"
    turn.set("seat", seat.id, facts=seat.facts.model_copy(update=dict.fromkeys(_asked(task), answer)))
    if not accepted:
        turn.fire("seat", seat.id, "refuse", as_system=True)
        _why(turn, seat.id, command.reason)
        close_seat(turn, turn.get("seat", seat.id))
    return f"{task.kind.removeprefix('resolve_')}_{answer}"


def _asked(task: Task) -> tuple[str, ...]:
    """The facts that the answer to this task decides."""
    if task.rules:
        return tuple(ANSWER_TO[rule] for rule in task.rules)
    return ("equivalence", "field_accepted") if task.kind == "resolve_equivalence" else ("exception",)


def approval_done(turn: Turn, task: Task, command: CompleteTask) -> str:
    """approve, approve_without(participants, reasons), return_to_verifier or reject."""
    programme = turn.case.programme
    if command.decision == "return_to_verifier":
        turn.fire("programme", programme.id, "return_to_verifier")
        turn.open_task("verify_programme", programme.id)
        return "programme_returned_to_verifier"
    if command.decision == "reject":
        turn.fire("programme", programme.id, "reject")
        close_up(turn, "cancelled")
        return "programme_rejected"
    turn.found(run(Moment.programme_approve, turn.facts))
    if command.decision == "approve_without":
        if not isinstance(command.form, ApproveWithoutForm):
            raise Malformed.because(
                "T-FORM", "Sebutkan peserta yang tidak disetujui.", "Name the participants left out."
            )
        _leave_out(turn, command.form)
        flag_share(turn, approving=True)
    turn.fire("programme", programme.id, command.decision)
    begin_preparation(turn)
    return "programme_approved"


def _leave_out(turn: Turn, form: ApproveWithoutForm) -> None:
    """Refuse each of these participants, for the own reason where there is one."""
    own = {r.seat: r.reason for r in form.reasons}
    if len(own) < len(form.reasons) or not own.keys() <= set(form.seats):
        raise Malformed.because(
            "T-REASON",
            "Setiap alasan harus tentang satu peserta yang tidak disetujui.",
            "Each reason must be about one of the participants left out.",
            subject=turn.case.programme.id,
        )
    for id_ in form.seats:
        turn.fire("seat", id_, "refuse")
        _why(turn, id_, own.get(id_))  # the decision's own reason may speak of others too
        close_seat(turn, turn.get("seat", id_))
