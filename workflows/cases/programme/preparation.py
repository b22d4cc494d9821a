"""Stage 3, Pra Pelaksanaan: letters, answers, venue, committee, dates."""

from typing import Any

from domain.cases import Assignment, Class, Deadline, Errand, Task
from domain.commands import (
    CompleteTask,
    ConfirmVenue,
    Letter,
    LettersForm,
    ReplaceAssignment,
    RescheduleClass,
    RescheduleClassForm,
    SetCommittee,
)
from domain.errors import Forbidden, Malformed, Refused
from domain.ids import day_key, holder_of, pair_key
from domain.rules.matrix import Moment, run
from state_machines.class_ import PREPARED, starts_at
from state_machines.class_facts import (
    BOUND,
    SEATED,
    STANDING,
    days_left,
    lacks_masters,
    override_verdicts,
)
from state_machines.overrides import may_override, nothing_to_override
from state_machines.table import refusal
from state_machines.task import ATTENDANCE
from state_machines.turn import Turn
from workflows.cases.programme.lapses import ask_about_lapses, facts_of_move, tell_new_days
from workflows.cases.programme.seats import ask_to_confirm, start_journey, tell_assessors
from workflows.cases.programme.settling import open_attendance, open_complete_class


def begin_preparation(turn: Turn) -> None:
    """At approval: classes are scheduled with the dates asked for, journeys open, seats are to be
    confirmed, reserves wait, and operations assign the master assessors."""
    programme = turn.case.programme
    for class_ in list(turn.case.classes.values()):
        if class_.state == "PLANNED":
            turn.fire("class", class_.id, "schedule", as_system=True)
            turn.wait("class_start", class_.id, starts_at(class_))
            open_complete_class(turn, class_)
            take_committee_days(turn, class_, class_.committee)
    position = 0
    for seat in list(turn.case.seats.values()):
        if seat.state != "VERIFIED":
            continue
        if seat.kind == "main":
            start_journey(turn, seat)
            ask_to_confirm(turn, seat)
        else:
            position += 1
            turn.fire("seat", seat.id, "waitlist", as_system=True, position=position)
            turn.notify(f"person:{seat.person}", "seat_waitlisted", seat=seat.id, position=position)
    turn.open_task("assign_master_assessors", programme.id)
    turn.notify(f"organisation:{programme.organiser}", "programme_approved", programme=programme.id)


# ---- master assessors -----------------------------------------------------------------------------


def letters_issued(turn: Turn, task: Task, command: CompleteTask) -> str:
    """Surat tugas: each letter assigns one master assessor, whose days are then taken."""
    form = command.form
    if not isinstance(form, LettersForm):
        raise Malformed.because("T-FORM", "Surat tugas tidak disertakan.", "The letters are missing.")
    for letter in form.assignments:
        _assign(turn, letter)
    for letter in form.assignments:  # either of two letters in one act may carry it
        if letter.override is not None:
            _override(turn, letter)
    classes = {letter.class_id for letter in form.assignments}
    for a in list(turn.case.assignments.values()):
        if a.state == "PROPOSED" and a.class_id in classes:
            turn.fire("assignment", a.id, "drop", as_system=True)
    return "master_assessors_assigned"


def _assign(turn: Turn, letter: Letter, *, replacing: bool = False) -> None:
    class_: Class = turn.get("class", letter.class_id)
    if turn.case.revision >= 1:  # letters of before went to any class and person
        _may_get_letters(turn, class_, letter.person, replacing=replacing)
    mine = [
        a
        for a in turn.case.assignments.values()
        if a.class_id == class_.id and a.person == letter.person and a.state in STANDING
    ]
    twin = next((a for a in mine if a.kind != letter.kind and a.state != "PROPOSED"), None)
    if twin is not None and letter.override is None and twin.override is None:
        raise Forbidden.because(
            "R-SOD",
            "Pelatih kelas ini tidak boleh menjadi asesornya.",
            "A trainer of this class may not assess it.",
            citation="[D] pemisahan tugas",
            subject=class_.id,
        )
    if letter.person in class_.committee:
        raise Forbidden.because(
            "R-2",
            "Anggota panitia kelas ini tidak boleh menjadi pelatih atau asesornya.",
            "A member of this class's committee may not train or assess it.",
            subject=class_.id,
        )
    proposed = next((a for a in mine if a.kind == letter.kind and a.state == "PROPOSED"), None)
    if proposed is None:
        if any(a.kind == letter.kind for a in mine):
            return  # assigned already; the same letter sent twice changes nothing
        proposed = turn.add(
            "assignment",
            turn.new_id("assignment"),
            class_id=class_.id,
            person=letter.person,
            kind=letter.kind,
        )
    if twin is not None:
        turn.set("assignment", proposed.id, days_with=twin.days_with or twin.id)
    if letter.override is not None:
        by = turn.actor.person
        turn.set("assignment", proposed.id, override=letter.override, override_by=by)
    turn.fire(
        "assignment",
        proposed.id,
        "assign",
        letter_number=letter.letter_number,
        letter_date=letter.letter_date,
    )
    task = turn.open_task("answer_assignment", proposed.id, person=letter.person)
    turn.wait("assignment", proposed.id, task.due_at)
    _take_master_days(turn, proposed, class_)


def _override(turn: Turn, letter: Letter) -> None:
    """BNSP lets a person train and assess the class (R-SOD): the verdict says by whom and why."""
    here = [
        a
        for a in turn.case.assignments.values()
        if a.class_id == letter.class_id and a.person == letter.person and a.letter_number
    ]
    subject = turn.situation("programme", turn.case.programme.id)
    violations = may_override(subject, letter.person)
    mine = next((a for a in here if a.override == letter.override), None)
    if mine is None or {a.kind for a in here} != {"trainer", "assessor"}:
        violations += nothing_to_override(letter.class_id)
    if violations or mine is None:
        raise refusal(violations)
    turn.found(override_verdicts(subject, mine))


def _may_get_letters(turn: Turn, class_: Class, person: str, *, replacing: bool) -> None:
    """Is the class one that master assessors are assigned to, and the person none of its participants?"""
    situation = turn.situation("programme", turn.case.programme.id)
    if not (replacing or class_.state in PREPARED or lacks_masters(situation, class_)):
        raise Refused.because(
            "M-STATE",
            "Kelas ini tidak sedang menunggu penugasan master asesor.",
            "This class is not waiting for master assessors.",
            subject=class_.id,
            state=class_.state,
        )
    taking_part = (s for s in turn.case.seats.values() if s.class_id == class_.id and s.state in SEATED)
    if any(s.person == person for s in taking_part):
        raise Forbidden.because(
            "R-SOD",
            "Peserta kelas ini tidak boleh menjadi pelatih atau asesornya.",
            "A participant of this class may not train or assess it.",
            citation="[D] pemisahan tugas",
            subject=class_.id,
        )


def _take_master_days(turn: Turn, assignment: Assignment, class_: Class) -> None:
    # Who joins a class that has begun gives it the days that are left; before revision 1 nobody did.
    days = days_left(class_.days, turn.now) if turn.case.revision >= 1 else class_.days
    turn.ask(
        "reserve",
        assignment.id,
        holder=_days_holder(turn, assignment),
        keys=[{"kind": "master_day", "key": day_key(assignment.person, d)} for d in days],
    )


def take_committee_days(turn: Turn, class_: Class, persons: tuple[str, ...]) -> None:
    """Nobody is on two committees on the same day (R-2)."""
    if persons:
        turn.ask(
            "reserve",
            class_.id,
            holder=holder_of(turn.case.stream, class_.id),
            keys=[{"kind": "committee_day", "key": day_key(p, d)} for p in persons for d in class_.days],
            all_or_nothing=False,
        )


def reserved(turn: Turn, errand: Errand, answer: dict[str, Any]) -> str:
    """Taken or refused: pairs of participants, days of a master assessor, days of a committee."""
    taken = {(k["kind"], k["key"]) for k in answer["taken"]}
    refused = {(k["kind"], k["key"]) for k in answer["refused"]}
    if errand.subject in turn.case.assignments:
        return _master_days(turn, turn.get("assignment", errand.subject), bool(refused))
    if errand.subject in turn.case.classes:
        return _committee_days(turn, turn.get("class", errand.subject), errand, {key for _, key in refused})
    return _pairs(turn, {key for _, key in taken}, {key for _, key in refused})


def _pairs(turn: Turn, taken: set[str], refused: set[str]) -> str:
    scheme = turn.case.programme.scheme
    for seat in list(turn.case.seats.values()):
        if seat.state not in ("PROPOSED", "VERIFIED"):
            continue
        key = pair_key(seat.person, scheme)
        if key in taken:
            taken.discard(key)
            turn.set("seat", seat.id, pair_taken=True)
        elif key in refused and not seat.pair_taken:
            # R-DUP's neutral sentence: the organiser learns nothing about the other application.
            turn.cancel_tasks(subject=seat.id)
            turn.fire("seat", seat.id, "refuse", as_system=True)
            turn.payload.setdefault("rules", []).append("R-DUP")
            turn.notify(
                f"organisation:{turn.case.programme.organiser}", "seat_refused", seat=seat.id, rule="R-DUP"
            )
            if turn.case.revision >= 1:  # only the person learns that the other application is their own
                turn.notify(f"person:{seat.person}", "applied_twice", seat=seat.id)
    if taken:  # for seats that ended while the answer was on its way: nobody else would give them back
        turn.ask(
            "release",
            turn.case.programme.id,
            holder=turn.case.stream,
            keys=[{"kind": "pair", "key": key} for key in sorted(taken)],
        )
    return "pairs_taken"


def _master_days(turn: Turn, assignment: Assignment, refused: bool) -> str:
    if turn.case.revision >= 1 and assignment.state not in ("ASSIGNED", "ACCEPTED"):
        return "assignment_days_answered"  # it ended while the answer was on its way: so did its days
    if not refused:
        turn.set("assignment", assignment.id, days_taken=True)
        return "assignment_days_taken"
    if assignment.state == "ASSIGNED":
        turn.fire("assignment", assignment.id, "lapse", as_system=True)
    elif assignment.state == "ACCEPTED":
        turn.fire("assignment", assignment.id, "replace", as_system=True)
    _gone(turn, assignment)
    turn.payload["rules"] = ["R-MA"]
    return "assignment_days_refused"


def _committee_days(turn: Turn, class_: Class, errand: Errand, refused: set[str]) -> str:
    if not refused:
        return "committee_days_taken"
    free = tuple(p for p in class_.committee if not any(day_key(p, d) in refused for d in class_.days))
    turn.set("class", class_.id, committee=free)
    gone = {day_key(p, d) for p in set(class_.committee) - set(free) for d in class_.days}
    theirs = [k for k in errand.body["keys"] if k["key"] in gone - refused]
    if theirs and turn.case.revision >= 1:  # the days that they were free on stayed taken before
        turn.ask("release", class_.id, holder=errand.body["holder"], keys=theirs)
    turn.payload["rules"] = ["R-2"]
    turn.notify(f"organisation:{turn.case.programme.organiser}", "committee_busy", class_id=class_.id)
    return "committee_days_refused"


def assignment_answered(turn: Turn, task: Task, command: CompleteTask) -> str:
    assignment: Assignment = turn.get("assignment", task.subject)
    turn.stop_waiting("assignment", assignment.id)
    turn.fire("assignment", assignment.id, command.decision)
    if command.decision == "accept":
        if turn.case.revision >= 1 or _stands_in(turn, assignment):
            _joined(turn, assignment)
        return "assignment_accepted"
    _gone(turn, assignment)
    return "assignment_declined"


def _stands_in(turn: Turn, assignment: Assignment) -> bool:
    """Did somebody whose place this may be leave the class? Before revision 1 nobody joined a class that had
    begun; nor was anybody replaced, but for days that they had not got."""
    if assignment.kind == "trainer":
        return not turn.open_tasks(ATTENDANCE, assignment.class_id)  # it went with the one who had it
    return any(
        a.state == "REPLACED" and a.days_taken
        for a in turn.case.assignments.values()
        if (a.class_id, a.kind) == (assignment.class_id, assignment.kind)
    )


def _joined(turn: Turn, assignment: Assignment) -> None:
    """Who accepted for a class that has begun: a trainer records attendance, too, and an assessor is told to
    the journeys that know the former ones."""
    class_: Class = turn.get("class", assignment.class_id)
    if assignment.kind == "trainer" and class_.state in ("RUNNING", "INTERRUPTED"):
        turn.hand("trainer", assignment.person)
        open_attendance(turn, class_, person=assignment.person)
    elif assignment.kind == "assessor" and class_.state == "DONE":
        tell_assessors(turn, class_)


def replaced(turn: Turn, command: ReplaceAssignment) -> str:
    """Somebody else by a surat tugas of their own (§ 6: a master assessor is ill); attendance and results
    stay."""
    old: Assignment = turn.get("assignment", command.assignment)
    class_: Class = turn.get("class", old.class_id)
    turn.payload["reason"] = command.reason
    here = [a for a in turn.case.assignments.values() if a.class_id == class_.id and a.state in BOUND]
    # with BNSP's override a trainer may take an assessor's place, too, and the other way round
    serving = {a.person for a in here if a.kind == old.kind or command.override is None}
    if command.person in serving:
        raise Refused.because(
            "M-SAME",
            "Pengganti harus orang yang belum bertugas di kelas ini.",
            "The replacement must be somebody who does not serve this class yet.",
            subject=old.id,
        )
    turn.fire("assignment", old.id, "replace")
    turn.cancel_tasks("answer_assignment", subject=old.id)
    turn.stop_waiting("assignment", old.id)
    release_days(turn, old)
    for task in turn.open_tasks(ATTENDANCE, class_.id, old.person):
        turn.fire("task", task.id, "cancel", as_system=True)
    letter = Letter(class_id=class_.id, kind=old.kind, **command.model_dump(exclude=_NOT_OF_A_LETTER))
    _assign(turn, letter, replacing=True)
    if letter.override is not None:
        _override(turn, letter)
    if old.kind == "assessor" and class_.state == "DONE":
        tell_assessors(turn, class_)
    return "assignment_replaced"


_NOT_OF_A_LETTER = {"type", "assignment", "reason"}


def assignment_lapsed(turn: Turn, deadline: Deadline) -> str:
    assignment: Assignment = turn.get("assignment", deadline.subject)
    turn.fire("assignment", assignment.id, "lapse", as_system=True)
    _gone(turn, assignment)
    return "assignment_lapsed"


def _gone(turn: Turn, assignment: Assignment) -> None:
    """A master assessor will not come: the days are free again and operations assign another. (In a class
    that has begun, `settling` asks for one where it needs one.)"""
    turn.cancel_tasks("answer_assignment", subject=assignment.id)
    turn.stop_waiting("assignment", assignment.id)
    release_days(turn, assignment)
    preparing = turn.case.classes[assignment.class_id].state in PREPARED
    if preparing or turn.case.revision < 1:  # before, cases that had ended asked, too
        turn.open_task("assign_master_assessors", turn.case.programme.id)


def release_days(turn: Turn, assignment: Assignment, *, moved: bool = False) -> None:
    """The days of an assignment that ended, or whose class `moved`, are free again; those that the person's
    other assignment to the class shares stay taken while that one stands."""
    holder = _days_holder(turn, assignment)
    sharing = (a for a in turn.case.assignments.values() if _days_holder(turn, a) == holder)
    if not moved and any(a.id != assignment.id and a.state in ("ASSIGNED", "ACCEPTED") for a in sharing):
        return
    turn.ask("release", assignment.id, holder=holder)


def _days_holder(turn: Turn, assignment: Assignment) -> str:
    return holder_of(turn.case.stream, assignment.days_with or assignment.id)


# ---- venue, committee, dates ----------------------------------------------------------------------


def confirm_venue(turn: Turn, command: ConfirmVenue) -> str:
    turn.require("class", command.class_id, "confirm_venue")
    turn.set("class", command.class_id, venue_confirmed=True)
    return "venue_confirmed"


def set_committee(turn: Turn, command: SetCommittee) -> str:
    """Replace the class's committee; R-2 runs again for a list that names fewer."""
    class_: Class = turn.require("class", command.class_id, "set_committee")
    persons = tuple(dict.fromkeys(command.committee))
    turn.found(run(Moment.committee_removal, turn.facts))
    turn.ask("release", class_.id, holder=holder_of(turn.case.stream, class_.id))
    turn.set("class", class_.id, committee=persons)
    take_committee_days(turn, class_, persons)
    return "committee_set"


def reschedule(turn: Turn, command: RescheduleClass) -> str:
    turn.payload["reason"] = command.reason
    return rescheduled(turn, command.class_id, command)


def rescheduled(turn: Turn, class_id: str, to: RescheduleClass | RescheduleClassForm) -> str:
    """New dates: every date rule runs again, days are taken again, people confirm again."""
    class_: Class = turn.get("class", class_id)
    # Before revision 1 an exception excused every later move.
    facts = facts_of_move(turn, to.days) if turn.case.revision >= 1 else turn.facts
    turn.found(run(Moment.reschedule, facts))
    turn.fire("class", class_id, "reschedule")
    turn.set("class", class_id, days=to.days, start_hour=to.start_hour)
    if turn.case.revision >= 1:  # confirmed for other days; a class from before kept it
        turn.set("class", class_id, venue_confirmed=False)
    class_ = turn.get("class", class_id)
    if starts_at(class_) <= turn.now:
        raise Refused.because(
            "M-EARLY",
            "Tanggal baru sudah lewat.",
            "The new dates are past.",
            subject=class_id,
        )
    turn.cancel_tasks("resolve_class_day", "complete_class", subject=class_id)
    turn.stop_waiting("class_unresolved", class_id)
    turn.wait("class_start", class_id, starts_at(class_))
    open_complete_class(turn, class_)
    for a in list(turn.case.assignments.values()):
        if a.class_id == class_id and a.state in ("ASSIGNED", "ACCEPTED"):
            release_days(turn, a, moved=True)
            _take_master_days(turn, a, class_)
    turn.ask("release", class_id, holder=holder_of(turn.case.stream, class_id))
    take_committee_days(turn, class_, class_.committee)
    for seat in list(turn.case.seats.values()):
        if seat.class_id != class_id:
            continue
        if seat.state == "CONFIRMED":
            turn.fire("seat", seat.id, "reconfirm", as_system=True)
            ask_to_confirm(turn, turn.get("seat", seat.id))
        elif seat.state == "VERIFIED" and turn.case.revision >= 1:  # asked anew, with the new days' due time
            turn.cancel_tasks("confirm_seat", subject=seat.id)
            ask_to_confirm(turn, seat)
    if turn.case.revision >= 1:  # before, journeys kept the former days and lapses went unasked
        tell_new_days(turn, class_)
        ask_about_lapses(turn, class_)
    return "class_rescheduled"
