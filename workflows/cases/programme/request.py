"""Stages 1 and 2: the request, its verification and its approval."""

from domain.cases import Task
from domain.commands import (
    ApproveWithoutForm,
    ClassRequest,
    CompleteTask,
    PointsForm,
    RefuseSeat,
    ResubmitProgrammeForm,
    SeatRequest,
    SubmitProgramme,
    VerifySeats,
)
from domain.errors import Forbidden, Malformed, Refused
from domain.facts import Facts, ParticipantFacts
from domain.ids import pair_key
from domain.roles import Role
from domain.rules.matrix import Moment, run
from domain.verdict import Outcome
from state_machines.turn import Turn
from workflows.cases.programme.ending import close_seat, close_up
from workflows.cases.programme.preparation import begin_preparation
from workflows.cases.programme.share import flag_share

ASKED_OF_A_VERIFIER = frozenset({"R-Q3", "R-TECH", "R-REC", "R-ORG", "R-WIN"})
"""Rules whose open question a verifier decides. The others answer themselves later: R-IT is declared with
APL-01, R-DUP is decided by the reservation, a shortage of master assessors is filled by operations."""


def submit(turn: Turn, command: SubmitProgramme) -> str:
    """Take the request in: classes, seats, proposed master assessors, and the rules of the first submit."""
    _distinct(command.seats, command.classes)
    facts = turn.facts
    organiser, scheme = facts.organiser, facts.scheme
    if organiser is None or scheme is None:
        raise Malformed.because(
            "R-ORG",
            "Penyelenggara atau skema tidak dikenal.",
            "The organiser or the scheme is not known.",
        )
    request = {
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
        turn.set("programme", command.programme, **request)
    else:
        turn.add("programme", command.programme, submitted_at=turn.now, **request)
    turn.hand("submitter", *turn.actor.hands)
    for class_ in command.classes:
        _add_class(turn, class_)
    for seat in command.seats:
        _add_seat(turn, seat, facts)
    for proposal in command.masters:
        turn.add("assignment", turn.new_id("assignment"), **proposal.model_dump())
    _count(turn)
    turn.found(run(Moment.programme_submit, facts))
    turn.fire("programme", command.programme, "submit")
    _questions(turn, Moment.programme_submit, facts)
    turn.open_task("verify_programme", command.programme)
    _take_pairs(turn)
    return "programme_submitted"


def _distinct(seats: tuple[SeatRequest, ...], classes: tuple[ClassRequest, ...]) -> None:
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


def _add_class(turn: Turn, request: ClassRequest) -> None:
    turn.add("class", request.id, **request.model_dump(exclude={"id"}))


def _participant(facts: Facts, request: SeatRequest) -> ParticipantFacts:
    return next(
        (p for p in facts.participants if p.person == request.person),
        ParticipantFacts(person=request.person, seat=request.id, kind=request.kind),
    )


def _add_seat(turn: Turn, request: SeatRequest, facts: Facts) -> None:
    turn.add(
        "seat",
        request.id,
        **request.model_dump(exclude={"id"}),
        external=request.recommending != turn.case.programme.organiser,
        facts=_participant(facts, request),
    )


def _count(turn: Turn) -> None:
    """The list as submitted, for R-30 at a later promotion: main participants and the external ones."""
    main = [s for s in turn.case.seats.values() if s.kind == "main" and s.state in ("PROPOSED", "VERIFIED")]
    turn.set(
        "programme",
        turn.case.programme.id,
        submitted_total=len(main),
        submitted_external=sum(s.external for s in main),
    )


def _questions(turn: Turn, moment: Moment, facts: Facts) -> None:
    """What a rule left to a person becomes a verifier's task: equivalence, or another exception."""
    for verdict in run(moment, facts):
        if verdict.outcome is not Outcome.NEEDS_HUMAN or verdict.rule not in ASKED_OF_A_VERIFIER:
            continue
        seat = turn.case.seats.get(verdict.subject)
        if seat is not None and seat.state != "PROPOSED":
            continue
        kind = "resolve_equivalence" if verdict.rule in ("R-Q3", "R-TECH") and seat else "resolve_exception"
        turn.open_task(kind, seat.id if seat else turn.case.programme.id)


def _take_pairs(turn: Turn) -> None:
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
    turn.hand("verifier", *turn.actor.hands)
    return "seats_verified"


def refuse_seat(turn: Turn, command: RefuseSeat) -> str:
    if turn.actor.role is not Role.VERIFIER:
        raise Forbidden.because(
            "M-ROLE",
            "Hanya verifikator yang menolak seorang peserta; penyetuju menyetujui tanpa peserta itu.",
            "Only a verifier refuses a participant; an approver approves without them.",
            subject=command.seat,
        )
    turn.payload["reason"] = command.reason
    turn.fire("seat", command.seat, "refuse")
    turn.hand("verifier", *turn.actor.hands)
    close_seat(turn, turn.get("seat", command.seat))
    return "seat_refused"


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
    if seat is None:
        return "exception_accepted" if accepted else "exception_refused"
    answer = "accepted" if accepted else "refused"
    facts = seat.facts.model_copy(
        update={"equivalence": answer, "field_accepted": answer}
        if task.kind == "resolve_equivalence"
        else {"exception": answer}
    )
    turn.set("seat", seat.id, facts=facts)
    if not accepted:
        turn.fire("seat", seat.id, "refuse", as_system=True)
        close_seat(turn, turn.get("seat", seat.id))
    return f"{task.kind.removeprefix('resolve_')}_{answer}"


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
    _distinct(form.seats, form.classes)
    kept = {s.id for s in form.seats}
    for seat in list(turn.case.seats.values()):
        if seat.id not in kept and seat.state in ("PROPOSED", "VERIFIED"):
            turn.fire("seat", seat.id, "withdraw")
            close_seat(turn, turn.get("seat", seat.id))
    for class_ in form.classes:
        if class_.id in turn.case.classes:
            turn.set("class", class_.id, **class_.model_dump(exclude={"id"}))
        else:
            _add_class(turn, class_)
    for class_id in set(turn.case.classes) - {c.id for c in form.classes}:
        turn.fire("class", class_id, "cancel")
    for request in form.seats:
        known = turn.case.seats.get(request.id)
        if known is None:
            _add_seat(turn, request, turn.facts)
        elif known.state == "PROPOSED":
            fresh = _participant(turn.facts, request).model_copy(
                update={"equivalence": known.facts.equivalence, "field_accepted": known.facts.field_accepted}
            )
            turn.set("seat", request.id, facts=fresh, kind=request.kind, class_id=request.class_id)
    _masters(turn, form)
    turn.set("programme", programme.id, request_digest=form.request_digest)
    _count(turn)
    turn.found(run(Moment.programme_resubmit, turn.facts))
    turn.fire("programme", programme.id, "resubmit")
    _questions(turn, Moment.programme_resubmit, turn.facts)
    _take_pairs(turn)
    turn.open_task("verify_programme", programme.id)
    return "programme_resubmitted"


def _masters(turn: Turn, form: ResubmitProgrammeForm) -> None:
    wanted = {(m.class_id, m.person, m.kind) for m in form.masters}
    for a in list(turn.case.assignments.values()):
        if a.state == "PROPOSED" and (a.class_id, a.person, a.kind) not in wanted:
            turn.fire("assignment", a.id, "drop", as_system=True)
    there = {(a.class_id, a.person, a.kind) for a in turn.case.assignments.values() if a.state == "PROPOSED"}
    for m in form.masters:
        if (m.class_id, m.person, m.kind) not in there:
            turn.add("assignment", turn.new_id("assignment"), **m.model_dump())


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
        for id_ in command.form.seats:
            turn.fire("seat", id_, "refuse")
            close_seat(turn, turn.get("seat", id_))
        flag_share(turn, approving=True)
    turn.fire("programme", programme.id, command.decision)
    begin_preparation(turn)
    return "programme_approved"
